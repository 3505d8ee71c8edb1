//! The git commands that run at the moment, so that they can be stopped.
//!
//! Limit: only what we started ourselves is stopped. It stays in the process group of whoever started us,
//! so that an interrupt reaches it too; the ssh of a git that was stopped ends when it finds that nobody
//! listens, or when it does not get through in time.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// The git commands that run at the moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running(Arc<Mutex<BTreeSet<u32>>>);

impl Running {
    pub(super) fn started(&self, id: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    pub(super) fn ended(&self, id: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Asks all of them to end, and waits for none.
    pub(crate) fn stop(&self) {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !ids.is_empty() {
            let mut kill = Command::new("kill");
            kill.args(["-s", "TERM", "--"]).args(ids.iter().map(u32::to_string));
            // One that has ended by itself is no error of ours.
            drop(kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
        }
    }
}
