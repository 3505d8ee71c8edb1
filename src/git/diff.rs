//! What differs between two trees.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::command::Git;
use super::error::GitError;
use super::repository::Repository;
use crate::model::oid::Oid;

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangedFile {
    /// Relative to the root of the tree, byte for byte as git has it.
    pub(crate) path: PathBuf,
    pub(crate) change: FileChange,
}

impl ChangedFile {
    /// Its path as text; what is not UTF-8 became U+FFFD.
    pub(crate) fn shown(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }
}

/// How a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileChange {
    Added,
    Deleted,
    /// Content, mode or type.
    Modified,
}

impl Repository {
    /// Files that differ from tree `old` to tree `new`, by path; no renames.
    pub(crate) fn changed_files(&self, old: Oid, new: Oid) -> Result<Vec<ChangedFile>, GitError> {
        changed_files(self.git(), old, new)
    }

    /// The stable patch-id of a commit against its first parent; `None` if it changes nothing.
    pub(crate) fn patch_id(&self, commit: Oid) -> Result<Option<Oid>, GitError> {
        let parent = self.commit(commit)?.parents.first().copied();
        let old = parent.map_or_else(|| Ok(self.empty_tree()), |parent| self.tree_of(parent))?;
        let (old, new) = (old.to_string(), self.tree_of(commit)?.to_string());
        // Plumbing ignores the user's diff settings, and a driver's program is not started.
        let diff = ["diff-tree", "-p", "-r", "--full-index", "--no-ext-diff", "--no-textconv", &old, &new];
        let patch = self.git().args(diff).output()?;
        let line = self.git().args(["patch-id", "--stable"]).input(patch).text()?;
        Ok(line.split_whitespace().next().and_then(|id| id.parse().ok()))
    }
}

/// Files that differ, by the git command given: of a repository or of a work tree.
pub(super) fn changed_files(git: Git, old: Oid, new: Oid) -> Result<Vec<ChangedFile>, GitError> {
    if old == new {
        return Ok(Vec::new());
    }
    let (old, new) = (old.to_string(), new.to_string());
    let diff = ["diff-tree", "-r", "-z", "--no-renames", "--name-status", &old, &new];
    let listing = git.args(diff).output()?;
    let mut fields = listing.split(|byte| *byte == 0);
    let mut changed = Vec::new();
    while let (Some(status), Some(path)) = (fields.next().filter(|it| !it.is_empty()), fields.next()) {
        let change = match status {
            b"A" => FileChange::Added,
            b"D" => FileChange::Deleted,
            _ => FileChange::Modified,
        };
        changed.push(ChangedFile { path: as_path(path).to_path_buf(), change });
    }
    Ok(changed)
}

/// The paths of a listing that ends each with NUL.
pub(super) fn paths(listing: &[u8]) -> impl Iterator<Item = PathBuf> {
    let paths = listing.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| as_path(path).to_path_buf())
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    #[test]
    fn files_that_differ_are_named_with_how() {
        let repo = TestRepo::new().commit("a.txt", "1").commit("b c\n", "1");
        let old = repo.head();
        let repo = repo.commit("a.txt", "2").commit("d", "1").remove("b c\n");
        let open = repo.open();
        let trees = |oid| open.tree_of(oid).expect("a tree");
        let changed = open.changed_files(trees(old), trees(repo.head())).expect("diffs");
        let shown: Vec<_> = changed.iter().map(|it| (it.path.to_str().expect("UTF-8"), it.change)).collect();
        let want =
            [("a.txt", FileChange::Modified), ("b c\n", FileChange::Deleted), ("d", FileChange::Added)];
        assert_eq!(shown, want);
    }

    #[test]
    fn a_rebased_commit_and_a_root_commit_have_patch_ids() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let root = repo.head();
        let repo = repo.commit("b.txt", "1");
        let first = repo.head();
        repo.git(["checkout", "-q", "--detach", &root.to_string()]);
        let repo = repo.commit("c.txt", "1");
        repo.git(["cherry-pick", &first.to_string()]);
        let open = repo.open();
        let id = |oid| open.patch_id(oid).expect("readable");
        assert_ne!(first, repo.head());
        assert_eq!(id(first), id(repo.head()));
        assert!(id(root).is_some() && id(root) != id(first));
        repo.git(["commit", "-q", "--allow-empty", "-m", "nothing"]);
        assert_eq!(id(repo.head()), None);
    }
}
