//! A count that goes up in place while somebody watches, where the work takes long enough to wonder.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::{Format, Ui, thousands};
use crate::host::Stopwatch;

/// Work that takes no longer says nothing, in milliseconds.
const PATIENCE: u64 = 500;
/// Back to where the count stands, and away with it.
const START_OF_LINE: &str = "\r\u{1b}[2K";
/// Between two counts, in milliseconds.
const PAUSE: u64 = 100;

/// Counts what is done. Threads share it; when it is dropped, nothing of it is left on the terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    watched: bool,
    doing: &'static str,
    noun: &'static str,
    watch: Stopwatch,
    done: AtomicUsize,
    /// When the count was last shown, in milliseconds since the start; 0: never.
    shown: AtomicU64,
}

impl Ui {
    /// Starts to count: `doing` 1,234 `noun`.
    pub(crate) fn progress(&self, doing: &'static str, noun: &'static str) -> Progress {
        let watched = self.format == Format::Text && io::stderr().is_terminal();
        let (done, shown) = (AtomicUsize::new(0), AtomicU64::new(0));
        Progress { watched, doing, noun, watch: Stopwatch::start(), done, shown }
    }
}

impl Progress {
    /// One more is done.
    pub(crate) fn step(&self) {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        if !self.watched {
            return;
        }
        let (now, shown) = (self.watch.elapsed_ms(), self.shown.load(Ordering::Relaxed));
        // Of several that find it due whoever comes first shows it.
        if is_due(now, shown)
            && self.shown.compare_exchange(shown, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            drop(write!(io::stderr().lock(), "{START_OF_LINE}{}", self.line(done)));
        }
    }

    fn line(&self, done: usize) -> String {
        format!("{} {} {}", self.doing, thousands(done as u64), self.noun)
    }
}

/// Whether a count is to be shown now that was last shown then, in milliseconds.
fn is_due(now: u64, shown: u64) -> bool {
    now > PATIENCE && now > shown + PAUSE
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.load(Ordering::Relaxed) > 0 {
            drop(write!(io::stderr().lock(), "{START_OF_LINE}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_shown_after_a_while_and_then_now_and_again() {
        let shown: Vec<u64> = (0..1_000).step_by(40).fold(Vec::new(), |mut shown, now| {
            if is_due(now, shown.last().copied().unwrap_or(0)) {
                shown.push(now);
            }
            shown
        });
        assert_eq!(shown, [520, 640, 760, 880]);
        let progress = Ui::new(Format::Text).progress("reading:", "components");
        (0..3).for_each(|_| progress.step());
        assert_eq!(progress.line(progress.done.load(Ordering::Relaxed) + 1_231), "reading: 1,234 components");
    }
}
