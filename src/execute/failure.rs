//! Why an attempt at a step failed.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

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

    /// What would run is not what was approved.
    pub(super) fn changed() -> Self {
        Self::environment("its content changed since it was approved")
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

/// What a script exits with where the machine is to blame: `EX_TEMPFAIL` of sysexits.
const TEMPORARY: i32 = 75;
/// How many of the last lines of stderr may say so.
const LAST_LINES: usize = 8;

/// What programs say when disk, network, quota or credentials fail them. Short on purpose: a failure
/// that is wrongly taken for the machine's stops the run and counts against nobody.
static MACHINE: LazyLock<Regex> = LazyLock::new(|| {
    let said = [
        "no space left on device",
        "disk quota exceeded",
        "could not resolve host",
        "temporary failure in name resolution",
        r"connection (?:refused|timed out)",
        "network is unreachable",
        r"rate[ -]limit(?:ed)?\b",
        "too many requests",
        r"quota (?:was |has been )?exceeded",
        r"exceeded your (?:\w+ )?quota",
        r"401:? unauthorized",
        r"403:? (?:forbidden|unauthorized)",
        "authentication failed for",
    ];
    Regex::new(&format!("(?i){}", said.join("|"))).expect("tested signatures")
});

/// A full disk, the network, a quota and a missing program are not the component's fault. `sh` exits
/// 127 for a program that it does not find.
fn blame_of(code: Option<i32>, stderr: &str) -> Blame {
    let mut last = stderr.lines().rev().filter(|line| !line.trim().is_empty()).take(LAST_LINES);
    if code == Some(127) && stderr.contains("not found") {
        Blame::Runner
    } else if code == Some(TEMPORARY) || last.any(|line| MACHINE.is_match(line)) {
        Blame::Environment
    } else {
        Blame::Component
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_did_is_told_from_what_the_component_did() {
        for said in [
            "curl: (6) Could not resolve host: example.org",
            "fatal: unable to access 'https://x/': Failed to connect: Connection refused",
            "HTTP error 429: Too Many Requests",
            "API Error: 401 Unauthorized",
            "error: rate limit reached, try again later",
            "You exceeded your current quota, please check your plan",
            "cp: error writing 'x': No space left on device\n\n",
        ] {
            assert_eq!(blame_of(Some(1), said), Blame::Environment, "{said}");
        }
        for said in ["error: no ink", "undefined: rate_limit", "expected 401, got 200", ""] {
            assert_eq!(blame_of(Some(1), said), Blame::Component, "{said}");
        }
        let long_ago = format!("connection refused, retrying\n{}", "compiling\n".repeat(20));
        assert_eq!(blame_of(Some(1), &long_ago), Blame::Component);
        assert_eq!(blame_of(Some(75), "try later"), Blame::Environment);
        assert_eq!(blame_of(Some(127), "run.sh: 1: x: not found"), Blame::Runner);
    }
}
