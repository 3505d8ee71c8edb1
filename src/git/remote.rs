//! Remotes: what they have, and fetching it. The network is the git executable's.

use super::error::GitError;
use super::repository::Repository;
use crate::model::oid::Oid;

impl Repository {
    /// Whether a remote of this name is configured.
    pub(crate) fn has_remote(&self, remote: &str) -> bool {
        self.config(&format!("remote.{remote}.url")).is_some()
    }

    /// Names of the remotes that are configured.
    pub(crate) fn remotes(&self) -> Result<Vec<String>, GitError> {
        Ok(self.git().arg("remote").text()?.lines().map(str::to_owned).collect())
    }

    /// Those of these refs that the remote has.
    pub(crate) fn ls_remote(&self, remote: &str, refs: &[&str]) -> Result<Vec<(String, Oid)>, GitError> {
        let git =
            self.git().env("GIT_TERMINAL_PROMPT", "0").args(["ls-remote", "-q", "--", remote]).args(refs);
        let parse = |line: &str| {
            line.split_once('\t').and_then(|(oid, name)| Some((name.to_owned(), oid.parse().ok()?)))
        };
        Ok(git.text()?.lines().filter_map(parse).collect())
    }

    /// Fetches by these refspecs and nothing else: no tags, no configured refspecs, no `FETCH_HEAD`.
    /// Everything of them, in a partial clone too: gix would not fetch what is missing at need.
    pub(crate) fn fetch(&self, remote: &str, refspecs: &[String]) -> Result<(), GitError> {
        let git = self.git().env("GIT_TERMINAL_PROMPT", "0");
        git.args([
            "fetch",
            "-q",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-filter",
            "--refmap=",
            "--",
            remote,
        ])
        .args(refspecs)
        .output()?;
        Ok(())
    }
}
