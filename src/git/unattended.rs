//! Git commands that nobody watches: they ask for nothing, and what still runs can be stopped.
//!
//! Limit: only the git commands that we started are stopped. They stay in the process group of whoever
//! started us, so that an interrupt reaches them too; the ssh of one that was stopped ends when it finds
//! that nobody listens, or when it does not get through in time.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::command::Git;
use super::repository::Repository;
use crate::host::Host;

/// What no password or passphrase is asked for with.
const ASKS_NOTHING: [(&str, &str); 3] =
    [("GIT_TERMINAL_PROMPT", "0"), ("GIT_ASKPASS", "true"), ("SSH_ASKPASS_REQUIRE", "never")];
/// The ssh of those who configured none: one that asks nothing, and that does not wait for minutes.
const SSH: &str = "core.sshCommand=ssh -oBatchMode=yes -oConnectTimeout=5";

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

/// How git commands on a repository run that nobody watches.
#[derive(Debug)]
pub(super) struct Unattended {
    running: Running,
    /// The user configured an ssh: it is theirs to say what that asks.
    has_ssh: bool,
}

impl Unattended {
    pub(super) fn apply(&self, git: Git) -> Git {
        let git = ASKS_NOTHING.iter().fold(git, |git, (name, value)| git.env(name, value));
        let git = if self.has_ssh { git } else { git.config(SSH) };
        git.known_to(self.running.clone())
    }
}

impl Repository {
    /// The same repository, with git commands that ask for nothing and are known to `running`.
    pub(crate) fn unattended(self, host: &Host, running: Running) -> Self {
        let has_ssh = self.config("core.sshCommand").is_some()
            || ["GIT_SSH_COMMAND", "GIT_SSH"].iter().any(|name| host.env(name).is_some());
        Self { unattended: Some(Unattended { running, has_ssh }), ..self }
    }
}
