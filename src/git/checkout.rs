//! The user's own work tree, and git commands in it.

use std::path::PathBuf;

use super::command::Git;
use super::diff::paths;
use super::error::GitError;
use super::repository::Repository;

/// How many arguments one command is given.
const CHUNK: usize = 500;

impl Repository {
    /// A git command in the work tree. Where git would not find this repository from there (`GIT_DIR`
    /// and `GIT_WORK_TREE` were given), it is told where both are.
    pub(super) fn in_work_tree(&self) -> Result<Git, GitError> {
        let (git_dir, work_dir) = (self.git_dir(), self.require_work_dir()?);
        let git = Git::within(&work_dir);
        if work_dir.join(".git").canonicalize().is_ok_and(|found| found == git_dir) {
            return Ok(git);
        }
        Ok(git.env("GIT_DIR", git_dir).env("GIT_WORK_TREE", work_dir))
    }

    /// The first few tracked files with changes that are not committed.
    pub(crate) fn dirty_paths(&self) -> Result<Vec<String>, GitError> {
        let status = ["--no-optional-locks", "status", "--porcelain=v1", "-z", "--untracked-files=no"];
        let listing = self.in_work_tree()?.args(status).arg("--no-renames").output()?;
        let entries = listing.split(|byte| *byte == 0).filter(|entry| entry.len() > 3);
        Ok(entries.take(10).map(|entry| String::from_utf8_lossy(&entry[3..]).into_owned()).collect())
    }

    /// Ignored files of the work tree that these globs (as in `.gitignore`) match, a folder's name
    /// standing for all that is in it; relative paths.
    pub(crate) fn ignored_files(&self, globs: &[String]) -> Result<Vec<PathBuf>, GitError> {
        if globs.is_empty() {
            return Ok(Vec::new());
        }
        let listing = self
            .in_work_tree()?
            .args(["ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--"])
            .args(globs.iter().map(|glob| format!(":(top,glob){glob}")))
            .output()?;
        Ok(paths(&listing).collect())
    }

    /// Those of `wanted` where the work tree has files that git does not track, ignored ones too: a
    /// merge would refuse to overwrite the former, and not even ask about the latter.
    pub(crate) fn untracked_conflicts(&self, wanted: &[PathBuf]) -> Result<Vec<PathBuf>, GitError> {
        let mut found = Vec::new();
        for some in wanted.chunks(CHUNK) {
            let list = ["--literal-pathspecs", "ls-files", "--others", "-z", "--"];
            let listing = self.in_work_tree()?.args(list).args(some).output()?;
            found.extend(paths(&listing));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    #[test]
    fn tracked_changes_are_dirty_and_untracked_files_only_in_the_way() {
        let repo = TestRepo::new().commit("a.txt", "1").commit(".gitignore", "*.log\n");
        for name in ["new", "old.log"] {
            std::fs::write(repo.path().join(name), "").expect("written");
        }
        let open = repo.open();
        assert_eq!(open.dirty_paths().expect("reads"), Vec::<String>::new());
        let result = ["a.txt", "new", "old.log", "other"].map(PathBuf::from);
        let found = open.untracked_conflicts(&result).expect("reads");
        assert_eq!(found, ["new", "old.log"].map(PathBuf::from));
        std::fs::write(repo.path().join("a.txt"), "2").expect("written");
        assert_eq!(open.dirty_paths().expect("reads"), ["a.txt"]);
    }

    #[test]
    fn a_file_whose_name_is_not_text_is_in_the_way_too() {
        use std::os::unix::ffi::OsStringExt;
        let repo = TestRepo::new().commit("a.txt", "1");
        let name = PathBuf::from(std::ffi::OsString::from_vec(b"n\xff".to_vec()));
        std::fs::write(repo.path().join(&name), "mine").expect("written");
        assert_eq!(repo.open().untracked_conflicts(std::slice::from_ref(&name)).expect("reads"), [name]);
    }
}
