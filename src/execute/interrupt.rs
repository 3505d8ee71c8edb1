//! SIGINT and SIGTERM while a plan runs: the first asks for an orderly end, the second for a quick one.
//!
//! Outside a run both have their usual effect. Limit: two signals within some 20 ms count as one.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

use super::error::ExecuteError;

/// How urgently the run is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// Not at all.
    None,
    /// Start nothing new, let what runs end in order.
    Soon,
    /// Now.
    Now,
}

/// Listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Interrupt {
    /// Set by the signal handler, cleared by whoever counts it.
    signalled: Arc<AtomicBool>,
    count: AtomicU8,
    handlers: Vec<SigId>,
}

/// Whether no run listens. A signal then ends the program: the handler below stays installed for
/// good, and without it signals that came after a run would be lost.
static IDLE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

impl Interrupt {
    /// Starts to listen.
    pub(crate) fn listen() -> Result<Self, ExecuteError> {
        Self::try_listen().map_err(ExecuteError::Signals)
    }

    fn try_listen() -> std::io::Result<Self> {
        let idle = default_when_idle()?;
        let mut interrupt = Self::deaf();
        for signal in [SIGINT, SIGTERM] {
            interrupt.handlers.push(flag::register(signal, Arc::clone(&interrupt.signalled))?);
        }
        idle.store(false, Ordering::SeqCst);
        Ok(interrupt)
    }

    /// One that hears no signal, only [`Interrupt::raise`].
    pub(super) fn deaf() -> Self {
        Self { signalled: Arc::default(), count: AtomicU8::new(0), handlers: Vec::new() }
    }

    /// Does what a signal does.
    #[cfg(test)]
    pub(super) fn raise(&self) {
        self.signalled.store(true, Ordering::SeqCst);
    }

    /// How urgently the run is to end.
    pub(super) fn urgency(&self) -> Urgency {
        if self.signalled.swap(false, Ordering::SeqCst) {
            self.count.fetch_add(1, Ordering::SeqCst);
        }
        match self.count.load(Ordering::SeqCst) {
            0 => Urgency::None,
            1 => Urgency::Soon,
            _ => Urgency::Now,
        }
    }

    /// Whether the run is to end.
    pub(super) fn is_raised(&self) -> bool {
        self.urgency() > Urgency::None
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        if !self.handlers.is_empty()
            && let Some(idle) = IDLE.get()
        {
            idle.store(true, Ordering::SeqCst);
        }
        for handler in &self.handlers {
            low_level::unregister(*handler);
        }
    }
}

fn default_when_idle() -> std::io::Result<&'static Arc<AtomicBool>> {
    if let Some(idle) = IDLE.get() {
        return Ok(idle);
    }
    let idle = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, Arc::clone(&idle))?;
    }
    Ok(IDLE.get_or_init(|| idle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_signal_is_more_urgent_than_the_first() {
        let interrupt = Interrupt::deaf();
        assert_eq!(interrupt.urgency(), Urgency::None);
        interrupt.raise();
        assert_eq!((interrupt.urgency(), interrupt.urgency()), (Urgency::Soon, Urgency::Soon));
        interrupt.raise();
        assert_eq!(interrupt.urgency(), Urgency::Now);
    }

    #[test]
    fn a_signal_is_heard_during_a_run_and_ends_the_program_after_it() {
        let program = std::env::current_exe().expect("a path");
        let args = ["--ignored", "--exact", "execute::interrupt::tests::interrupted_twice"];
        let ended = std::process::Command::new(program).args(args).output().expect("starts");
        let signal = std::os::unix::process::ExitStatusExt::signal(&ended.status);
        assert_eq!(signal, Some(SIGINT), "{}", String::from_utf8_lossy(&ended.stdout));
    }

    #[test]
    #[ignore = "ends the program; the test above runs it in one of its own"]
    fn interrupted_twice() {
        let interrupt = Interrupt::listen().expect("listens");
        low_level::raise(SIGINT).expect("raised");
        assert_eq!(interrupt.urgency(), Urgency::Soon);
        drop(interrupt);
        low_level::raise(SIGINT).expect("raised");
    }
}
