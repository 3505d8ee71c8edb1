//! What the holder of the write lock is about, in the lock's own file, so that the next one can clear
//! away what a killed one left.
//!
//! The git that moves refs has this very file as its standard output, and so keeps the lock until it has
//! ended, even when we were killed before. Hence whoever has the lock knows: no git that was told what
//! the file says is alive, and a lock of a ref that it names is of the dead.
//!
//! Limit: without the lock (see [`lock`](super::lock)) nothing is written here, and nothing cleared.

use std::fs::File;
use std::io::{Read, Seek, Write};

use crate::host::changed_ms;

/// Something is being written, and no ref moved yet.
const AT_WORK: &str = "writing";

/// How this process writes.
#[derive(Debug)]
pub(super) enum Hold {
    /// It has the lock.
    Locked(Journal),
    /// It waited for the lock in vain, or there are no locks here.
    Unlocked,
}

/// The lock's file.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    /// When the writing began, as the file system tells the time.
    since: i64,
}

/// What a holder that was killed wanted.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// Moves of refs, as git is told them.
    pub(super) transaction: String,
    /// When the writing began.
    pub(super) since: i64,
    /// When it, or the git that moves refs for it, last said something.
    pub(super) until: i64,
}

impl Journal {
    /// The file of a lock that this process has just got.
    pub(super) fn of(file: File) -> Self {
        Self { file, since: 0 }
    }

    /// Says that something is being written. What a holder before did not finish is forgotten with that.
    pub(super) fn begin(&mut self) -> std::io::Result<()> {
        self.write(AT_WORK)?;
        self.since = changed_ms(&self.file.metadata()?);
        Ok(())
    }

    /// The file, for a git to keep the lock by. What it prints comes after what is said here.
    pub(super) fn share(&self) -> std::io::Result<File> {
        self.file.try_clone()
    }

    /// Says which refs are to be moved.
    pub(super) fn say(&self, transaction: &str) -> std::io::Result<()> {
        self.write(&format!("{}\0{transaction}", self.since))
    }

    /// What a holder before, or a git that was killed, did not finish.
    pub(super) fn unfinished(&self) -> std::io::Result<Option<Unfinished>> {
        let until = changed_ms(&self.file.metadata()?);
        read(&mut &self.file, until)
    }

    /// Says that all is done.
    pub(super) fn close(self) {
        // What stays is cleared once more by the next one, in vain.
        drop(self.file.set_len(0));
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        (&self.file).rewind()?;
        (&self.file).write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)
    }
}

/// What the file says, where it says anything.
fn read(file: &mut (impl Read + Seek), until: i64) -> std::io::Result<Option<Unfinished>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (since, transaction) = text.split_once('\0').unwrap_or_default();
    let since = since.parse().unwrap_or(i64::MAX);
    let unfinished = Unfinished { transaction: transaction.to_owned(), since, until };
    Ok((!text.is_empty()).then_some(unfinished))
}
