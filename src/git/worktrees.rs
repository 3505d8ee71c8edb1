//! The folder in which one run has its work trees, held by a lock for as long as the run lives.
//!
//! Guarantee: the folder and git's registrations of what is in it are gone when the value is dropped.
//! What a killed run left is taken away by [`Repository::prune_worktrees`], which recognises it by
//! its name and its lock: the system releases a lock with the process that held it.
//!
//! The root's name can be guessed, and anyone may make it first in a folder for temporary files: a
//! symbolic link or another user's folder is refused.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::GitError;
use super::registry::Registry;
use super::repository::Repository;
use super::worktree::{self, Worktree};
use crate::model::id::RecordId;
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
    /// Opens a folder for this run below `root`. Threads may share it.
    pub(crate) fn open(repo: &Repository, root: &Path, run: RecordId) -> Result<Self, GitError> {
        let name = run.to_string();
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
            return Err(unusable(root, "another user owns it"));
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
        // Where no other was ever added, this is the only one.
        if !self.common_dir().join("worktrees").exists() {
            return Ok(self.head_branch()?.into_iter().collect());
        }
        let listing = Registry::of(self)?.list()?;
        Ok(listing.split('\0').filter_map(|line| line.strip_prefix("branch ")).map(str::to_owned).collect())
    }

    /// Takes away what killed runs left below `root`, and gives the number of their work trees. Runs
    /// that live keep theirs, and so do work trees that are not ours.
    pub(crate) fn prune_worktrees(&self, root: &Path) -> Result<usize, GitError> {
        let Some(root) = existing_root(root)? else {
            // Where temporary files were swept, only git's registrations are left.
            return self.prune_below(root);
        };
        let pruned = self.prune_below(&root)?;
        for run in folders(&root).into_iter().filter(|run| was_ours(&root, run)) {
            let dir = root.join(&run);
            worktree::remove_folder(&dir).map_err(GitError::io("remove", &dir))?;
            drop(std::fs::remove_file(lock_of(&root, &run)));
        }
        drop(std::fs::remove_dir(&root));
        Ok(pruned)
    }

    /// Makes git forget its work trees of dead runs below `root`, and removes their folders.
    fn prune_below(&self, root: &Path) -> Result<usize, GitError> {
        let registry = Registry::of(self)?;
        let listing = registry.list()?;
        let registered = listing.split('\0').filter_map(|line| line.strip_prefix("worktree "));
        let mut pruned = 0;
        for path in registered.map(Path::new) {
            let Some(run) = path.strip_prefix(root).ok().and_then(|inside| inside.iter().next()) else {
                continue;
            };
            let run = Path::new(run);
            let swept = is_run(run) && root.join(run).symlink_metadata().is_err();
            if swept || was_ours(root, run) {
                worktree::unregister(&registry, path)?;
                pruned += 1;
            }
        }
        Ok(pruned)
    }
}

/// Makes the root, for its owner's eyes only, and gives its real path.
fn make_root(root: &Path) -> Result<PathBuf, GitError> {
    let mut made = Ok(());
    for _ in 0..TRIES {
        made = DirBuilder::new().recursive(true).mode(0o700).create(root);
        if let Some(real) = existing_root(root)? {
            close_to_others(&real).map_err(GitError::io("close to others", &real))?;
            return Ok(real);
        }
    }
    made.and(Err(std::io::ErrorKind::NotFound.into())).map_err(GitError::io("create", root))
}

fn close_to_others(root: &Path) -> std::io::Result<()> {
    if root.metadata()?.permissions().mode() & 0o777 == 0o700 {
        return Ok(());
    }
    std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o700))
}

/// The root's real path, if it is there and no one but us can have put it there.
fn existing_root(root: &Path) -> Result<Option<PathBuf>, GitError> {
    let found = match root.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        found => found.map_err(GitError::io("create", root))?,
    };
    if found.is_symlink() {
        return Err(unusable(root.to_path_buf(), "it is a symbolic link"));
    }
    let ours = gix::sec::identity::is_path_owned_by_current_user(root);
    if !ours.map_err(GitError::io("read", root))? {
        return Err(unusable(root.to_path_buf(), "another user owns it"));
    }
    root.canonicalize().map(Some).map_err(GitError::io("read", root))
}

fn unusable(path: PathBuf, why: &'static str) -> GitError {
    GitError::Io { doing: "use", path, source: std::io::Error::other(why) }
}

/// Whether a folder has the name of a run: nothing else there is ours.
fn is_run(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.parse::<RecordId>().is_ok())
}

/// Whether a run that lives no more left this folder.
fn was_ours(root: &Path, run: &Path) -> bool {
    is_run(run) && lock_of(root, run).symlink_metadata().is_ok_and(|it| it.is_file()) && !is_live(root, run)
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

    fn id(n: u128) -> RecordId {
        RecordId::from_parts(1_795_161_600_000, n)
    }

    #[test]
    fn folders_that_are_not_ours_survive_the_clearing() {
        let repo = TestRepo::new().commit("a.txt", "one");
        let (root, precious) = (repo.temp("root"), repo.temp("precious"));
        let open = repo.open();
        std::fs::create_dir_all(precious.join("work")).expect("made");
        std::fs::create_dir_all(precious.join(id(3).to_string())).expect("made");
        std::os::unix::fs::symlink(&precious, &root).expect("linked");
        let refused = open.prune_worktrees(&root).expect_err("a link");
        assert!(refused.to_string().contains("symbolic link"), "{refused}");
        assert!(Worktrees::open(&open, &root, id(1)).is_err());
        std::fs::remove_file(&root).expect("removed");
        std::fs::rename(&precious, &root).expect("moved");
        std::fs::write(root.join("work.lock"), "").expect("written");
        assert_eq!(open.prune_worktrees(&root).expect("prunes"), 0);
        assert!(root.join("work").is_dir() && root.join(id(3).to_string()).is_dir());
    }

    #[test]
    fn the_root_is_closed_to_others() {
        let repo = TestRepo::new().commit("a.txt", "one");
        let root = repo.temp("root");
        std::fs::create_dir(&root).expect("made");
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o777)).expect("set");
        let run = Worktrees::open(&repo.open(), &root, id(1)).expect("opens");
        assert_eq!(root.metadata().expect("there").mode() & 0o777, 0o700);
        drop(run);
    }

    #[test]
    fn work_trees_are_gone_with_their_run() {
        let repo = TestRepo::new().commit("a.txt", "one");
        let root = repo.temp("root");
        let run = Worktrees::open(&repo.open(), &root, id(1)).expect("opens");
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
        let live = Worktrees::open(&open, &root, id(1)).expect("opens");
        let kept = live.add("step", repo.head()).expect("made");
        let killed = Worktrees::open(&open, &root, id(2)).expect("opens");
        let left = killed.add("step", repo.head()).expect("made");
        let swept = killed.add("swept", repo.head()).expect("made");
        std::fs::remove_dir_all(swept.path()).expect("as a cleaner of temporary files does");
        killed.held.unlock().expect("as the end of the process does");
        assert_eq!(open.prune_worktrees(&root).expect("prunes"), 2);
        assert!(
            kept.path().exists() && !left.path().exists() && !root.join(format!("{}.lock", id(2))).exists()
        );
        assert_eq!(repo.git(["worktree", "list"]).lines().count(), 2);
    }

    #[test]
    fn a_step_id_can_not_leave_the_folder() {
        let repo = TestRepo::new().commit("a.txt", "one");
        let run = Worktrees::open(&repo.open(), &repo.temp("root"), id(1)).expect("opens");
        let tree = run.add("../../etc/\n", repo.head()).expect("made");
        assert_eq!(tree.path().parent(), Some(run.dir.as_path()));
    }
}
