//! A work tree of our own, detached at an explicit commit.
//!
//! Guarantee: making, resetting and reading it runs no hook of the hooks folder and touches neither
//! the user's work tree nor their index, whatever a script did to the `.git` file, HEAD or index in
//! it. Limit: hooks from configuration (git 2.54) for `post-index-change` do run.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::command::{DURABLE, Git};
use super::diff::{self, ChangedFile, paths};
use super::error::GitError;
use super::registry::Registry;
use super::snapshot::copy_index;
use crate::model::oid::Oid;

/// A linked work tree; it is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Worktree {
    path: PathBuf,
    registry: Registry,
    /// Its own git folder, below the common one.
    git_dir: PathBuf,
    /// Our index of it. Scripts change or lock the other one.
    index: PathBuf,
}

impl Worktree {
    /// Makes a work tree with the files of `base`.
    pub(super) fn add(registry: Registry, path: PathBuf, base: Oid) -> Result<Self, GitError> {
        // Without a checkout no post-checkout hook runs, from wherever it is configured.
        registry.change(&["add", "--quiet", "--detach", "--no-checkout"], &path, &[&base.to_string()])?;
        let mut worktree = Self { git_dir: PathBuf::new(), index: PathBuf::new(), path, registry };
        worktree.git_dir = linked_git_dir(&worktree.path)?;
        worktree.index = worktree.git_dir.join("orchestrate-index");
        worktree.check_out(base)?;
        let head = worktree.git().args(["rev-parse", "HEAD"]).text()?;
        if head != base.to_string() {
            return Err(GitError::Failed {
                command: "worktree".to_owned(),
                stderr: format!("{} is at {head} instead of {base}", worktree.path.display()),
            });
        }
        Ok(worktree)
    }

    /// Its folder, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what is in the folder as a tree: all but ignored files, with modes and symbolic links.
    /// Its objects are durable.
    pub(crate) fn snapshot(&self) -> Result<Oid, GitError> {
        let git = || DURABLE.iter().fold(self.indexed(), |git, setting| git.config(setting));
        git().args(["add", "--all", "--sparse", "."]).output()?;
        let tree = git().arg("write-tree").text()?;
        tree.parse().map_err(|_| unexpected("write-tree", &tree))
    }

    /// Files that differ from one snapshot to another, by path; no renames.
    pub(crate) fn changed_files(&self, old: Oid, new: Oid) -> Result<Vec<ChangedFile>, GitError> {
        diff::changed_files(self.git(), old, new)
    }

    /// Goes back to a commit as if freshly made. Ignored files stay: they are carried, or caches.
    pub(crate) fn reset_to(&self, base: Oid) -> Result<(), GitError> {
        for lock in ["index.lock", "HEAD.lock"] {
            drop(std::fs::remove_file(self.git_dir.join(lock)));
        }
        // A script may have switched to a branch; that branch must not be moved.
        self.git().args(["update-ref", "--no-deref", "HEAD", &base.to_string()]).output()?;
        self.check_out(base)?;
        self.git().args(["clean", "-ffdq"]).output()?;
        Ok(())
    }

    /// Makes the folder what it was at a snapshot; ignored files stay.
    pub(crate) fn restore(&self, tree: Oid) -> Result<(), GitError> {
        self.indexed().args(["read-tree", "--reset", "-u", &tree.to_string()]).output()?;
        self.indexed().args(["clean", "-ffdq"]).output()?;
        Ok(())
    }

    /// Files that are neither tracked nor ignored, relative.
    pub(crate) fn untracked(&self) -> Result<Vec<PathBuf>, GitError> {
        let listing = self.git().args(["ls-files", "--others", "--exclude-standard", "-z"]).output()?;
        Ok(paths(&listing).collect())
    }

    fn take_away(&self) -> Result<(), GitError> {
        remove_folder(&self.path).map_err(GitError::io("remove", &self.path))?;
        unregister(&self.registry, &self.path)
    }

    fn check_out(&self, base: Oid) -> Result<(), GitError> {
        self.git().args(["reset", "--quiet", "--hard", &base.to_string()]).output()?;
        copy_index(&self.git_dir.join("index"), &self.index)
            .map_err(GitError::io("copy the index to", &self.index))
    }

    /// A git command here. Git folder and work tree are given: a script may have replaced `.git`.
    fn git(&self) -> Git {
        let git = Git::within(&self.path).quiet();
        git.env("GIT_DIR", &self.git_dir).env("GIT_WORK_TREE", &self.path)
    }

    fn indexed(&self) -> Git {
        self.git().env("GIT_INDEX_FILE", &self.index)
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        // A later run sweeps up what could not be removed.
        drop(self.take_away());
    }
}

/// Removes a folder, also where a script has taken the right to write from folders in it.
pub(super) fn remove_folder(dir: &Path) -> std::io::Result<()> {
    let removed = match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            make_writable(dir);
            std::fs::remove_dir_all(dir)
        }
        ended => ended,
    };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        ended => ended,
    }
}

/// Makes git forget a work tree whose folder is gone or may go.
pub(super) fn unregister(registry: &Registry, path: &Path) -> Result<(), GitError> {
    drop(remove_folder(path));
    registry.change(&["remove", "--force", "--force"], path, &[])
}

fn make_writable(dir: &Path) {
    drop(std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)));
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.for_each(|folder| make_writable(&folder.path()));
}

fn linked_git_dir(path: &Path) -> Result<PathBuf, GitError> {
    let file = path.join(".git");
    let text = std::fs::read_to_string(&file).map_err(GitError::io("read", &file))?;
    let dir = text.strip_prefix("gitdir: ").ok_or_else(|| unexpected("worktree", &text))?;
    Ok(PathBuf::from(dir.trim_end_matches('\n')))
}

fn unexpected(command: &str, said: &str) -> GitError {
    GitError::Failed { command: command.to_owned(), stderr: format!("unexpected output `{said}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Worktrees;
    use crate::git::samples::TestRepo;
    use crate::model::id::RecordId;

    fn sample() -> (TestRepo, Worktrees) {
        let repo = TestRepo::new().commit("a.txt", "one");
        let run =
            Worktrees::open(&repo.open(), &repo.temp("root"), RecordId::from_parts(1, 1)).expect("opens");
        (repo, run)
    }

    #[test]
    fn a_snapshot_keeps_modes_links_and_strange_names_and_leaves_ignored_files_out() {
        let (repo, run) = sample();
        let tree = run.add("step", repo.head()).expect("made");
        let write = |name: &str| std::fs::write(tree.path().join(name), name).expect("written");
        for name in ["run me.sh", "new\nline", ".gitignore"] {
            write(name);
        }
        std::fs::write(tree.path().join(".gitignore"), "target/\n").expect("written");
        std::fs::create_dir(tree.path().join("target")).expect("made");
        write("target/out");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(tree.path().join("run me.sh"), executable).expect("set");
        std::os::unix::fs::symlink("a.txt", tree.path().join("link")).expect("linked");
        let oid = tree.snapshot().expect("written").to_string();
        let listing = repo.git(["ls-tree", "-r", "-z", "--format=%(objectmode) %(path)", &oid]);
        let entries: Vec<&str> = listing.split_terminator('\0').collect();
        assert_eq!(
            entries,
            ["100644 .gitignore", "100644 a.txt", "120000 link", r#"100644 "new\nline""#, "100755 run me.sh"]
        );
    }

    #[test]
    fn a_script_that_plays_with_head_index_and_git_file_does_not_mislead_us() {
        let (repo, run) = sample();
        let base = repo.head();
        let tree = run.add("step", base).expect("made");
        repo.git_in(tree.path(), &["checkout", "-q", "-b", "theirs"]);
        std::fs::write(tree.path().join("b.txt"), "two").expect("written");
        repo.git_in(tree.path(), &["add", "."]);
        repo.git_in(tree.path(), &["commit", "-q", "-m", "theirs"]);
        let theirs = repo.git(["rev-parse", "theirs"]);
        repo.git_in(tree.path(), &["update-index", "--assume-unchanged", "a.txt"]);
        std::fs::write(tree.git_dir.join("index.lock"), "").expect("written");
        std::fs::write(tree.path().join("a.txt"), "two").expect("written");
        let snapshot = tree.snapshot().expect("written");
        assert_eq!(repo.git(["show", &format!("{snapshot}:a.txt")]), "two");
        std::fs::write(tree.path().join(".git"), "gitdir: /nowhere\n").expect("written");
        tree.reset_to(base).expect("reset");
        assert_eq!(tree.snapshot().expect("written"), repo.open().tree_of(base).expect("a tree"));
        assert_eq!(repo.git(["rev-parse", "theirs"]), theirs);
        drop(tree);
        assert_eq!(repo.git(["worktree", "list"]).lines().count(), 1);
    }

    #[test]
    fn no_hook_runs_when_a_work_tree_is_made() {
        let (repo, run) = sample();
        for hook in ["post-checkout", "post-index-change", "reference-transaction"] {
            repo.hook(hook, "touch \"$(git rev-parse --git-common-dir)/hook-ran\"");
        }
        let tree = run.add("step", repo.head()).expect("made");
        tree.snapshot().expect("written");
        assert!(!repo.path().join(".git/hook-ran").exists());
    }

    #[test]
    fn a_restored_snapshot_is_the_same_snapshot() {
        let (repo, run) = sample();
        let tree = run.add("step", repo.head()).expect("made");
        std::fs::write(tree.path().join("b.txt"), "b").expect("written");
        let snapshot = tree.snapshot().expect("written");
        std::fs::write(tree.path().join("a.txt"), "changed").expect("written");
        std::fs::remove_file(tree.path().join("b.txt")).expect("removed");
        std::fs::write(tree.path().join("c.txt"), "c").expect("written");
        tree.restore(snapshot).expect("restored");
        assert!(!tree.path().join("c.txt").exists());
        assert_eq!(tree.snapshot().expect("written"), snapshot);
    }

    #[test]
    fn folders_without_write_permission_are_removed_too() {
        let (repo, run) = sample();
        let tree = run.add("step", repo.head()).expect("made");
        let cache = tree.path().join("cache");
        std::fs::create_dir(&cache).expect("made");
        std::fs::write(cache.join("module"), "").expect("written");
        std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o555)).expect("set");
        let path = tree.path().to_path_buf();
        drop(tree);
        assert!(!path.exists());
    }
}
