//! What the holder of the write lock is about, in the lock's own file, so that the next one can clear
//! away what a killed one left.
//!
//! git reads the moves of refs from this very file, on its standard input, and so keeps the lock until it
//! has ended, even when we were killed before. Hence whoever has the lock knows: no git that was given
//! what the file says is alive, and a lock of a ref that it names is of the dead.
//!
//! Limit: without the lock (see [`lock`](super::lock)) nothing is written here, and nothing cleared.

use std::fs::{File, Metadata};
use std::io::{Read, Seek, Write};

/// Something is being written, and no ref moved yet.
const AT_WORK: &str = "writing\0";

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
}

/// What a holder that was killed wanted.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) text: String,
    pub(super) written: Metadata,
}

impl Journal {
    /// The file of a lock that this process has.
    pub(super) fn of(file: File) -> Self {
        Self { file }
    }

    /// What the holder before did not finish, or a git that was killed did not.
    pub(super) fn unfinished(&self) -> std::io::Result<Option<Unfinished>> {
        let written = self.file.metadata()?;
        if written.len() == 0 {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        (&self.file).rewind()?;
        (&self.file).read_to_end(&mut bytes)?;
        Ok(Some(Unfinished { text: String::from_utf8_lossy(&bytes).into_owned(), written }))
    }

    /// Says that something is being written.
    pub(super) fn begin(&self) -> std::io::Result<()> {
        self.say(AT_WORK)
    }

    /// Says which refs are to be moved, and gives the file, from its start, to the git that does it.
    pub(super) fn hand_over(&self, transaction: &str) -> std::io::Result<File> {
        self.say(transaction)?;
        (&self.file).rewind()?;
        self.file.try_clone()
    }

    /// Says that all is done.
    pub(super) fn close(self) {
        // What stays is cleared once more by the next one, in vain.
        drop(self.file.set_len(0));
    }

    fn say(&self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        (&self.file).rewind()?;
        (&self.file).write_all(text.as_bytes())
    }
}
