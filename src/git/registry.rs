//! git's registrations of linked work trees, changed by one of us at a time.
//!
//! `git worktree add` reads the registrations of all others and fails on one that is half written
//! ("failed to read .../commondir: Success"), so adding, removing and listing wait for each other. The
//! system releases the lock of a process that ends.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use super::command::Git;
use super::error::GitError;
use super::repository::Repository;

/// Where registrations are changed, and the lock in front of them.
#[derive(Clone, Debug)]
pub(super) struct Registry {
    git_dir: PathBuf,
    lock: PathBuf,
}

impl Registry {
    /// The registry of a repository.
    pub(super) fn of(repo: &Repository) -> Result<Self, GitError> {
        let dir = repo.own_dir();
        std::fs::create_dir_all(&dir).map_err(GitError::io("create", &dir))?;
        Ok(Self { git_dir: repo.git_dir(), lock: dir.join("worktrees.lock") })
    }

    /// Runs `git worktree` with these arguments and then this path, alone.
    pub(super) fn change(&self, arguments: &[&str], path: &Path, then: &[&str]) -> Result<(), GitError> {
        let _alone = self.alone();
        let git = Git::on(&self.git_dir).quiet().arg("worktree");
        git.args(arguments).arg(path).args(then).output()?;
        Ok(())
    }

    /// What `git worktree list --porcelain -z` says.
    pub(super) fn list(&self) -> Result<String, GitError> {
        let _alone = self.alone();
        let listing = Git::on(&self.git_dir).args(["worktree", "list", "--porcelain", "-z"]).output()?;
        Ok(String::from_utf8_lossy(&listing).into_owned())
    }

    /// `None` where the file system has no locks: then git itself tells of a race.
    fn alone(&self) -> Option<File> {
        let file = OpenOptions::new().create(true).append(true).open(&self.lock).ok()?;
        file.lock().ok()?;
        Some(file)
    }
}
