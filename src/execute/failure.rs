//! Why an attempt at a step failed.

use std::path::Path;

use super::order::Blame;
use super::process::{End, Ended};
use super::signature;
use crate::git::GitError;

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) blame: Blame,
    /// The error's signature, or what we found ourselves.
    pub(super) message: String,
    /// The last lines of what was printed.
    pub(super) output: Vec<String>,
}

impl Failure {
    /// A gate or the write scope said no.
    pub(super) fn gate(message: String) -> Self {
        Self { blame: Blame::Gate, message, output: Vec::new() }
    }

    /// A program could not be started.
    pub(super) fn start(program: &str, error: &std::io::Error) -> Self {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let blame = if missing { Blame::Runner } else { Blame::Environment };
        Self { blame, message: format!("cannot start {program}: {error}"), output: Vec::new() }
    }

    /// The machine did not let us work.
    pub(super) fn environment(message: impl Into<String>) -> Self {
        Self { blame: Blame::Environment, message: message.into(), output: Vec::new() }
    }

    /// A git command of ours failed in this work tree.
    pub(super) fn git(error: &GitError, worktree: &Path) -> Self {
        Self::environment(signature::steady(&error.to_string(), worktree))
    }

    /// What a script left can't be read as a tree: a repository in it without a commit, files
    /// without permission to read. Just before, git could.
    pub(super) fn snapshot(error: &GitError, worktree: &Path) -> Self {
        let failure = Self::git(error, worktree);
        Self { blame: blame_of(None, &failure.message), ..failure }
    }

    /// A script ended badly. `None` if it was not its own doing: the run is being interrupted.
    pub(super) fn script(ended: &Ended, limit: std::time::Duration, worktree: &Path) -> Option<Self> {
        let said = signature::signature(&ended.stdout, &ended.stderr, worktree);
        let output = signature::last_lines(&ended.stdout, &ended.stderr);
        let (blame, message) = match ended.end {
            End::Interrupted => return None,
            End::TimedOut => (Blame::Timeout, format!("stopped after {} s", limit.as_secs_f32())),
            End::Exited(status) => {
                let how =
                    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"));
                (blame_of(status.code(), &ended.stderr), said.unwrap_or(how))
            }
        };
        Some(Self { blame, message, output })
    }
}

/// A full disk and a missing program are not the component's fault. `sh` exits 127 for a program
/// that it does not find.
fn blame_of(code: Option<i32>, stderr: &str) -> Blame {
    if stderr.contains("No space left on device") {
        Blame::Environment
    } else if code == Some(127) && stderr.contains("not found") {
        Blame::Runner
    } else {
        Blame::Component
    }
}
