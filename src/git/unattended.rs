//! Git commands that nobody watches: they ask for nothing, and what still runs can be stopped.

use super::command::Git;
use super::running::Running;
use crate::host::Host;

/// What no password or passphrase is asked for with.
const ASKS_NOTHING: [(&str, &str); 3] =
    [("GIT_TERMINAL_PROMPT", "0"), ("GIT_ASKPASS", "true"), ("SSH_ASKPASS_REQUIRE", "never")];
/// The ssh of those who configured none: one that asks nothing, and that does not wait for minutes.
const SSH: &str = "core.sshCommand=ssh -oBatchMode=yes -oConnectTimeout=5";

/// How git commands on a repository run that nobody watches.
#[derive(Debug)]
pub(super) struct Unattended {
    running: Running,
    /// The user configured an ssh: it is theirs to say what that asks.
    has_ssh: bool,
}

impl Unattended {
    /// `configured`: the user's configuration names an ssh.
    pub(super) fn new(configured: bool, host: &Host, running: Running) -> Self {
        let told = || ["GIT_SSH_COMMAND", "GIT_SSH"].iter().any(|name| host.env(name).is_some());
        Self { running, has_ssh: configured || told() }
    }

    pub(super) fn apply(&self, git: Git) -> Git {
        let git = ASKS_NOTHING.iter().fold(git, |git, (name, value)| git.env(name, value));
        let git = if self.has_ssh { git } else { git.config(SSH) };
        git.known_to(self.running.clone())
    }
}
