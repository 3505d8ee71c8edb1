//! The machine: its clock, environment and randomness. Nothing else in the house reads them.
//!
//! `GIT_ORCHESTRATE_TEST_CLOCK=<milliseconds>` replaces clock and randomness by a clock that starts
//! there and ticks one second at each reading, and by a fixed sequence: with it even object ids are
//! the same from run to run.

mod point;

use std::cell::Cell;
use std::ffi::OsString;
use std::fs::Metadata;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(crate) use point::{Point, pass};

/// Replaces the clock and the randomness in tests.
const TEST_CLOCK: &str = "GIT_ORCHESTRATE_TEST_CLOCK";

/// The machine that the program runs on.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// Shared by clones: they live in one time.
    ticking: Option<Rc<Cell<i64>>>,
}

impl Host {
    /// The real machine, or the ticking one that the environment asks for.
    pub(crate) fn new() -> Self {
        let start = std::env::var(TEST_CLOCK).ok().and_then(|text| text.parse().ok());
        Self { ticking: start.map(|start| Rc::new(Cell::new(start))) }
    }

    /// The present moment: milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn now_ms(&self) -> i64 {
        if let Some(ticks) = &self.ticking {
            ticks.set(ticks.get() + 1000);
            return ticks.get();
        }
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }

    /// 128 random bits.
    pub(crate) fn random(&self) -> u128 {
        let mut bytes = [0; 16];
        match &self.ticking {
            Some(_) => bytes.copy_from_slice(&blake3::hash(&self.now_ms().to_le_bytes()).as_bytes()[..16]),
            None => getrandom::fill(&mut bytes).expect("the operating system gives randomness"),
        }
        u128::from_le_bytes(bytes)
    }

    /// A variable of the environment, if it is set and not empty.
    pub(crate) fn env(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    /// A variable of the environment as it is: set and empty means something to git.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    /// Whether a CI system runs us: all its clones are one replica.
    pub(crate) fn is_ci(&self) -> bool {
        self.env("CI").is_some_and(|value| value != "false" && value != "0")
    }

    /// The folder for files that need not outlive the program.
    pub(crate) fn temp_dir(&self) -> PathBuf {
        std::env::temp_dir()
    }

    /// The folder that the program was started in.
    pub(crate) fn current_dir(&self) -> std::io::Result<PathBuf> {
        std::env::current_dir()
    }

    /// How many programs the machine runs at once.
    pub(crate) fn cores(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

/// How long ago a file was changed, by the machine's clock; nothing if that is yet to come.
pub(crate) fn age(file: &Metadata) -> Duration {
    file.modified().ok().and_then(|changed| changed.elapsed().ok()).unwrap_or_default()
}

/// When a file was changed: milliseconds since 1970-01-01T00:00:00Z.
pub(crate) fn changed_ms(file: &Metadata) -> i64 {
    let changed = file.modified().ok().and_then(|it| it.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    i64::try_from(changed.as_millis()).unwrap_or(i64::MAX)
}

/// The same moment in nanoseconds since 1970-01-01T00:00:00Z.
pub(crate) fn file_time_ns() -> i128 {
    let since_epoch = file_time().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since_epoch.as_nanos()).unwrap_or(i128::MAX)
}

/// The present moment as files are stamped with it.
pub(crate) fn file_time() -> SystemTime {
    SystemTime::now()
}

/// Measures elapsed time, unaffected by changes of the clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// What has passed since the start, in whole milliseconds.
    pub(crate) fn elapsed_ms(self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticking_host_repeats_itself() {
        let host = || Host { ticking: Some(Rc::new(Cell::new(0))) };
        let (one, two) = (host(), host());
        assert_eq!((one.now_ms(), one.random(), one.now_ms()), (two.now_ms(), two.random(), two.now_ms()));
        assert_ne!(one.random(), one.random());
    }
}
