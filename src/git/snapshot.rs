//! A work tree as it is now, as a tree: uncommitted and untracked files too.

use std::path::Path;

use super::command::{DURABLE, Git};
use super::error::GitError;
use super::repository::Repository;
use crate::model::oid::Oid;

impl Repository {
    /// The tree of everything in the work tree that is not ignored. Neither the work tree nor the
    /// user's index is changed, no hook runs, and its objects are durable.
    pub(crate) fn snapshot(&self) -> Result<Oid, GitError> {
        let dir = self.own_dir();
        std::fs::create_dir_all(&dir).map_err(GitError::io("create", &dir))?;
        let index = dir.join(format!("snapshot-{}.index", std::process::id()));
        // A copy of the index saves reading every file again.
        drop(std::fs::copy(self.git_dir().join("index"), &index));
        let tree = self.snapshot_with(&index);
        drop(std::fs::remove_file(&index));
        tree
    }

    fn snapshot_with(&self, index: &Path) -> Result<Oid, GitError> {
        let git = || -> Result<Git, GitError> {
            let git = self.in_work_tree()?.quiet().env("GIT_INDEX_FILE", index);
            Ok(DURABLE.iter().fold(git, |git, setting| git.config(setting)))
        };
        git()?.args(["add", "-A"]).output()?;
        let tree = git()?.arg("write-tree").text()?;
        tree.parse().map_err(|_| GitError::Failed { command: "write-tree".to_owned(), stderr: tree })
    }
}
