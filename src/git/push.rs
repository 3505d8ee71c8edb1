//! Pushing refs, never forced, and what the remote made of each.
//!
//! Limit: a remote that hangs is waited for as long as its transport waits.

use super::command::HOOK_GUARD;
use super::error::GitError;
use super::repository::Repository;
use crate::model::oid::Oid;

/// A ref to be pushed: an object that was built here, and the ref's full name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PushEdit {
    pub(crate) oid: Oid,
    pub(crate) name: String,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// The remote has all of them now.
    Done,
    /// Somebody else was faster, or the remote's lock was held: fetch, join, and push again.
    Raced { name: String, reason: String },
    /// The remote will not take it, however often it is tried.
    Denied { name: String, reason: String },
}

impl Repository {
    /// Pushes these refs and no others to this URL: unforced, without the user's hooks, tags or signing, all of
    /// them or none where the remote can do that.
    pub(crate) fn push(&self, url: &str, edits: &[PushEdit]) -> Result<Pushed, GitError> {
        let atomic = self.push_with(url, edits, &["--atomic"])?;
        match atomic {
            // Old servers and plain HTTP can't: one after the other is as safe, since each of ours
            // can be joined on its own.
            Err(stderr) if stderr.contains("does not support --atomic") => {
                self.push_with(url, edits, &[])?.map_err(|stderr| failed(&stderr))
            }
            other => other.map_err(|stderr| failed(&stderr)),
        }
    }

    /// `Err` inside: git said nothing of any ref, only this.
    fn push_with(
        &self,
        url: &str,
        edits: &[PushEdit],
        options: &[&str],
    ) -> Result<Result<Pushed, String>, GitError> {
        let ended = self
            .network()
            .env(HOOK_GUARD, "1")
            .config("push.followTags=false")
            .args(["push", "--porcelain", "--no-verify", "--no-signed", "--no-thin"])
            .args(["--recurse-submodules=no"])
            .args(options)
            .args(["--", url])
            .args(edits.iter().map(|edit| format!("{}:{}", edit.oid, edit.name)))
            .end()?;
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        match said.lines().find_map(refusal) {
            Some(refused) => Ok(Ok(refused)),
            None if ended.success => Ok(Ok(Pushed::Done)),
            None => Ok(Err(ended.stderr)),
        }
    }
}

fn failed(stderr: &str) -> GitError {
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.is_empty()).take(3).collect();
    GitError::Failed { command: "push".to_owned(), stderr: lines.join("; ") }
}

/// What a line of `git push --porcelain` refuses: `!<TAB>from:to<TAB>[kind] (reason)`. With
/// `--atomic` one refused ref takes the others with it, and those say only that.
fn refusal(line: &str) -> Option<Pushed> {
    let mut fields = line.strip_prefix("!\t")?.split('\t');
    let name = fields.next()?.split_once(':').map(|(_, to)| to.to_owned())?;
    let reason = fields.next().unwrap_or_default().to_owned();
    if reason.contains("atomic push failed") {
        return None;
    }
    let denied =
        ["pre-receive hook declined", "hook declined", "permission", "denied", "protected", "prohibited"];
    let lower = reason.to_lowercase();
    Some(if denied.iter().any(|word| lower.contains(word)) {
        Pushed::Denied { name, reason }
    } else {
        Pushed::Raced { name, reason }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    const REF: &str = "refs/orchestrate/learning";

    fn with_remote() -> (TestRepo, std::path::PathBuf) {
        let repo = TestRepo::new().commit("a", "1");
        let remote = repo.path().with_file_name("remote.git");
        let path = remote.to_str().expect("UTF-8");
        repo.git(["init", "-q", "--bare", path]);
        repo.git(["remote", "add", "origin", path]);
        (repo, remote)
    }

    fn push(repo: &TestRepo, rev: &str) -> Result<Pushed, GitError> {
        let oid = repo.git(["rev-parse", rev]).parse().expect("an oid");
        repo.open().push("origin", &[PushEdit { oid, name: REF.to_owned() }])
    }

    #[test]
    fn a_push_that_is_behind_lost_a_race_and_changes_nothing() {
        let (repo, remote) = with_remote();
        assert_eq!(push(&repo, "HEAD").expect("reached"), Pushed::Done);
        let repo = repo.commit("a", "2");
        assert_eq!(push(&repo, "HEAD").expect("reached"), Pushed::Done);
        assert_eq!(push(&repo, "HEAD").expect("reached"), Pushed::Done);
        assert!(matches!(push(&repo, "HEAD~1"), Ok(Pushed::Raced { name, .. }) if name == REF));
        let there = repo.git(["--git-dir", remote.to_str().expect("UTF-8"), "rev-parse", REF]);
        assert_eq!(there, repo.git(["rev-parse", "HEAD"]));
    }

    #[test]
    fn a_hook_of_the_remote_that_declines_is_not_tried_again() {
        use std::os::unix::fs::PermissionsExt;
        let (repo, remote) = with_remote();
        let hook = remote.join("hooks/pre-receive");
        std::fs::create_dir_all(remote.join("hooks")).expect("made");
        std::fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("written");
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("set");
        assert!(matches!(push(&repo, "HEAD"), Ok(Pushed::Denied { .. })));
    }

    #[test]
    fn a_remote_that_is_gone_is_an_error_that_git_words() {
        let (repo, remote) = with_remote();
        std::fs::remove_dir_all(&remote).expect("removed");
        let error = push(&repo, "HEAD").expect_err("gone").to_string();
        assert!(error.starts_with("git push failed: ") && error.contains("remote.git"), "{error}");
    }
}
