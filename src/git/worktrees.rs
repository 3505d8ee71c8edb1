//! The folder in which one run has its work trees, held by a lock for as long as the run lives.
//!
//! Guarantee: the folder and git's registrations of what is in it are gone when the value is dropped.
//! What a killed run left is taken away by [`Repository::prune_worktrees`], which recognises it by
//! its lock: the system releases a lock with the process that held it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::command::Git;
use super::error::GitError;
use super::registry::Registry;
use super::repository::Repository;
use super::worktree::{self, Worktree};
use crate::model::oid::Oid;

/// How often the folder is made again when another run has just taken the empty root away.
const TRIES: usize = 5;

/// The work trees of one run.
#[derive(Debug)]
pub(crate) struct Worktrees {
    registry: Registry,
    root: PathBuf,
    dir: PathBuf,
    lock: PathBuf,
    held: File,
}

impl Worktrees {
    /// Opens a folder for the run of this name below `root`. Threads may share it.
    pub(crate) fn open(repo: &Repository, root: &Path, run: &str) -> Result<Self, GitError> {
        let name = folder_name(run);
        let root = make_root(root)?;
        let lock = root.join(format!("{name}.lock"));
        let held = OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(&lock)
            .map_err(GitError::io("create", &lock))?;
        // The lock comes before the folder, so that no folder of a live run is ever without one. A
        // file system that has no locks can't tell stale from live: then `prune` finds it free, and
        // a run whose folder is gone fails loudly.
        drop(held.try_lock());
        let theirs = held.metadata().and_then(|file| Ok((file.uid(), root.metadata()?.uid())));
        let (ours, owner) = theirs.map_err(GitError::io("read", &root))?;
        if ours != owner {
            drop(std::fs::remove_file(&lock));
            let source = std::io::Error::other("another user owns it");
            return Err(GitError::Io { doing: "use", path: root, source });
        }
        let dir = root.join(name);
        DirBuilder::new().mode(0o700).create(&dir).map_err(GitError::io("create", &dir))?;
        Ok(Self { registry: Registry::of(repo)?, root, dir, lock, held })
    }

    /// Makes a work tree, detached at `base` and clean.
    pub(crate) fn add(&self, name: &str, base: Oid) -> Result<Worktree, GitError> {
        let name = folder_name(name);
        let taken = |path: &PathBuf| path.symlink_metadata().is_ok();
        let numbered = (2..).map(|number| self.dir.join(format!("{name}-{number}")));
        let path = std::iter::once(self.dir.join(&name)).chain(numbered).find(|path| !taken(path));
        Worktree::add(self.registry.clone(), path.expect("the numbers do not end"), base)
    }
}

impl Drop for Worktrees {
    fn drop(&mut self) {
        drop(worktree::remove_folder(&self.dir));
        drop(std::fs::remove_file(&self.lock));
        drop(self.held.unlock());
        // Only the last run takes the root away: a folder that is not empty stays.
        drop(std::fs::remove_dir(&self.root));
    }
}

impl Repository {
    /// Where this repository's work trees are below the folder for temporary files: outside the
    /// repository, so that no build tool climbs from there into the user's files.
    pub(crate) fn worktree_root(&self, temp_dir: &Path) -> PathBuf {
        let common = blake3::hash(self.common_dir().as_os_str().as_encoded_bytes()).to_hex();
        temp_dir.join(format!("git-orchestrate-{}", &common[..8]))
    }

    /// Branches (full names) that some work tree has checked out: they must not be moved.
    pub(crate) fn checked_out(&self) -> Result<Vec<String>, GitError> {
        let listing = Registry::of(self)?.list()?;
        Ok(listing.split('\0').filter_map(|line| line.strip_prefix("branch ")).map(str::to_owned).collect())
    }

    /// Takes away what killed runs left below `root`, and gives the number of their work trees. Runs
    /// that live keep theirs, and so do work trees that are not ours.
    pub(crate) fn prune_worktrees(&self, root: &Path) -> Result<usize, GitError> {
        // Where temporary files were swept, only git's registrations are left.
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let registry = Registry::of(self)?;
        let listing = registry.list()?;
        let registered = listing.split('\0').filter_map(|line| line.strip_prefix("worktree "));
        let mut pruned = 0;
        for path in registered.map(Path::new) {
            let Some(run) = path.strip_prefix(&root).ok().and_then(|inside| inside.iter().next()) else {
                continue;
            };
            if !is_live(&root, Path::new(run)) {
                worktree::unregister(&registry, path)?;
                pruned += 1;
            }
        }
        for run in folders(&root).into_iter().filter(|run| !is_live(&root, run)) {
            let dir = root.join(&run);
            worktree::remove_folder(&dir).map_err(GitError::io("remove", &dir))?;
            drop(std::fs::remove_file(lock_of(&root, &run)));
        }
        drop(std::fs::remove_dir(&root));
        Ok(pruned)
    }

    /// Ignored files of a work tree that these globs (as in `.gitignore`) match, a folder's name
    /// standing for all that is in it; relative paths.
    pub(crate) fn ignored_files(work_dir: &Path, globs: &[String]) -> Result<Vec<PathBuf>, GitError> {
        if globs.is_empty() {
            return Ok(Vec::new());
        }
        let listing = Git::within(work_dir)
            .args(["ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--"])
            .args(globs.iter().map(|glob| format!(":(top,glob){glob}")))
            .output()?;
        let paths = listing.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(paths.map(|path| PathBuf::from(String::from_utf8_lossy(path).into_owned())).collect())
    }
}

/// Makes the root, for its owner's eyes only, and gives its real path.
fn make_root(root: &Path) -> Result<PathBuf, GitError> {
    let make = || {
        DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        root.canonicalize()
    };
    let mut made = make();
    for _ in 1..TRIES {
        if made.is_ok() {
            break;
        }
        made = make();
    }
    made.map_err(GitError::io("create", root))
}

/// Whether a process holds the run's lock.
fn is_live(root: &Path, run: &Path) -> bool {
    let Ok(lock) = File::open(lock_of(root, run)) else { return false };
    matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock))
}

fn lock_of(root: &Path, run: &Path) -> PathBuf {
    root.join(format!("{}.lock", run.display()))
}

/// Names of the folders in `root`.
fn folders(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| PathBuf::from(entry.file_name())).collect()
}

/// A name as one plain file name: a step's id comes from a plan that anyone may have written.
fn folder_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let name: String = name.chars().take(60).map(plain).collect();
    if name.is_empty() { "step".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    #[test]
    fn work_trees_are_gone_with_their_run() {
        let repo = TestRepo::new().commit("a.txt", "one");
        let root = repo.temp("root");
        let run = Worktrees::open(&repo.open(), &root, "run").expect("opens");
        let (one, two) =
            (run.add("step", repo.head()).expect("made"), run.add("step", repo.head()).expect("made"));
        assert_ne!(one.path(), two.path());
        assert_eq!(repo.git(["worktree", "list"]).lines().count(), 3);
        drop((one, two, run));
        assert_eq!(repo.git(["worktree", "list"]).lines().count(), 1);
        assert!(!root.exists());
    }

    #[test]
    fn what_a_killed_run_left_is_pruned_and_a_live_run_is_not() {
        let repo = TestRepo::new().commit("a.txt", "one");
        let root = repo.temp("root");
        let open = repo.open();
        let live = Worktrees::open(&open, &root, "live").expect("opens");
        let kept = live.add("step", repo.head()).expect("made");
        let killed = Worktrees::open(&open, &root, "killed").expect("opens");
        let left = killed.add("step", repo.head()).expect("made");
        let swept = killed.add("swept", repo.head()).expect("made");
        std::fs::remove_dir_all(swept.path()).expect("as a cleaner of temporary files does");
        killed.held.unlock().expect("as the end of the process does");
        assert_eq!(open.prune_worktrees(&root).expect("prunes"), 2);
        assert!(kept.path().exists() && !left.path().exists() && !root.join("killed.lock").exists());
        assert_eq!(repo.git(["worktree", "list"]).lines().count(), 2);
    }

    #[test]
    fn a_step_id_can_not_leave_the_folder() {
        let repo = TestRepo::new().commit("a.txt", "one");
        let run = Worktrees::open(&repo.open(), &repo.temp("root"), "run").expect("opens");
        let tree = run.add("../../etc/\n", repo.head()).expect("made");
        assert_eq!(tree.path().parent(), Some(run.dir.as_path()));
    }
}
