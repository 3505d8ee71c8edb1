//! One writer at a time, where that is cheap to have; and the retry loop that makes it correct.
//!
//! The lock only keeps writers from doing work in vain. What makes a write correct is that it moves
//! refs from the values that it read; so a holder that hangs delays others by ten seconds and no
//! more, and a missing lock file harms nothing. Limit: an attempt that creates a ref under a name of
//! its own races with nobody; two of them without the lock make two refs.
//!
//! The lock's file says what its holder is about, see [`Journal`], and is empty when that is done: who
//! gets the lock and finds something in it clears away what was left.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::error::GitError;
use super::journal::{Hold, Journal};
use super::repository::Repository;
use crate::host::Host;

/// How long to wait for the holder of the lock before going on without it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a lost race is tried again.
const MAX_TRIES: u32 = 40;
/// How often an attempt is made again that missed an object.
const MAX_LOSSES: u32 = 5;

/// The lock, until it is dropped; or the knowledge that it could not be had in time.
#[must_use]
pub(crate) struct WriteLock<'r> {
    repo: &'r Repository,
    /// Taken while this process had it already.
    within: bool,
}

impl Drop for WriteLock<'_> {
    fn drop(&mut self) {
        if !self.within
            && let Some(Hold::Locked(journal)) = self.repo.held.take()
        {
            journal.close();
        }
    }
}

impl Repository {
    /// Waits for the write lock, for ten seconds at most; not at all where this process has it.
    pub(crate) fn lock(&self) -> Result<WriteLock<'_>, GitError> {
        if self.held.borrow().is_some() {
            return Ok(WriteLock { repo: self, within: true });
        }
        let dir = self.own_dir();
        std::fs::create_dir_all(&dir).map_err(GitError::io("create", &dir))?;
        let path = self.lock_path();
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(GitError::io("open", &path))?;
        let file = match file.try_lock() {
            Ok(()) => Some(file),
            Err(TryLockError::WouldBlock) => wait(file),
            // A file system without locks (some network mounts): compare-and-swap alone.
            Err(TryLockError::Error(_)) => None,
        };
        let hold = match file {
            Some(file) => {
                let mut journal = Journal::of(file);
                if let Some(unfinished) = journal.unfinished().map_err(GitError::io("read", &path))? {
                    self.clear(&unfinished);
                }
                journal.begin().map_err(GitError::io("write", &path))?;
                Hold::Locked(journal)
            }
            None => Hold::Unlocked,
        };
        self.held.replace(Some(hold));
        Ok(WriteLock { repo: self, within: false })
    }

    /// The file of the write lock.
    pub(super) fn lock_path(&self) -> PathBuf {
        self.own_dir().join("write.lock")
    }

    /// Runs `attempt` under the lock until it loses neither a race nor an object. An attempt reads the current
    /// state, builds on it, and moves refs from what it read.
    pub(crate) fn write<T>(
        &self,
        host: &Host,
        mut attempt: impl FnMut() -> Result<T, GitError>,
    ) -> Result<T, GitError> {
        let _lock = self.lock()?;
        let mut tries = 1;
        loop {
            match attempt() {
                Err(GitError::LostRace { name }) if tries >= MAX_TRIES => {
                    return Err(GitError::Contended { name, tries });
                }
                Err(GitError::LostRace { .. }) => thread::sleep(pause(host, tries)),
                // A gc took what this attempt had written and no ref named yet: it is written again.
                Err(GitError::Missing { .. }) if tries < MAX_LOSSES => {}
                ended => return ended,
            }
            tries += 1;
        }
    }
}

/// A random time that grows with the number of tries, up to a quarter of a second.
fn pause(host: &Host, tries: u32) -> Duration {
    let longest = u64::from(tries.min(50)) * 5;
    Duration::from_micros(u64::try_from(host.random() % 1000).unwrap_or(0) * longest)
}

/// Blocks on the lock in a thread of its own, so that there is an end to the patience.
fn wait(file: File) -> Option<File> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        if file.lock().is_ok() {
            // Nobody may be waiting any more; then the lock is dropped with the message.
            drop(sender.send(file));
        }
    });
    receiver.recv_timeout(PATIENCE).ok()
}
