//! A work tree as it is now, as a tree: uncommitted and untracked files too.

use std::fs::File;
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
        // A copy of the index saves reading every file again; without one all of them are read.
        if copy_index(&self.git_dir().join("index"), &index).is_err() {
            drop(std::fs::remove_file(&index));
        }
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

/// Copies an index with its time: by it git knows which files may have changed, unseen, in the same
/// tick as the index was written.
pub(super) fn copy_index(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::copy(from, to)?;
    let modified = from.metadata()?.modified()?;
    File::options().write(true).open(to)?.set_modified(modified)
}

#[cfg(test)]
mod tests {
    use crate::git::samples::TestRepo;

    #[test]
    fn a_change_in_the_same_tick_and_of_the_same_size_is_seen() {
        let repo = TestRepo::new().commit("a.txt", "one");
        repo.git(["config", "core.trustCtime", "false"]);
        let (file, index) = (repo.path().join("a.txt"), repo.path().join(".git/index"));
        let tick = file.metadata().and_then(|it| it.modified()).expect("a time");
        let tick = tick - std::time::Duration::from_secs(3600);
        let set = |path: &std::path::Path| {
            let file = std::fs::File::options().write(true).open(path).expect("opens");
            file.set_modified(tick).expect("set");
        };
        set(&file);
        repo.git(["update-index", "-q", "--refresh"]);
        std::fs::write(&file, "two").expect("written");
        set(&file);
        set(&index);
        let tree = repo.open().snapshot().expect("a tree");
        assert_eq!(repo.git(["show", &format!("{tree}:a.txt")]), "two");
    }
}
