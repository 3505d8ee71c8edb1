//! What a remote remembers of ours, fetched beside ours.

use super::Store;
use super::error::StoreError;
use super::executions::NOTES;
use super::learning::{LARGEST, LEARNING};
use crate::git::{GitError, RefEdit};
use crate::model::oid::Oid;

/// The tips that a remote had when it was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Theirs {
    pub(super) notes: Option<Oid>,
    pub(super) learning: Option<Oid>,
}

impl Theirs {
    /// Whether there is nothing of ours.
    pub(super) fn is_empty(&self) -> bool {
        self.notes.is_none() && self.learning.is_none()
    }
}

/// No fetch brings more notes, in bytes.
const MOST: u64 = 2 << 30;

/// What git says where the other side is to blame.
const UNREACHABLE: &[&str] = &[
    "Could not read from remote",
    "unable to access",
    "hung up",
    "early EOF",
    "remote error",
    "Connection",
    "unable to connect",
];

impl Store<'_> {
    /// Fetches notes and learning from `remote`.
    pub(super) fn fetch_ours(&self, remote: &str) -> Result<Theirs, StoreError> {
        let fetch = |names: &[&str]| {
            let refspec = |name: &&str| format!("+{name}:{}", Self::seen(remote, name));
            let refspecs: Vec<String> = names.iter().map(refspec).collect();
            self.repo.fetch(self.host, remote, &refspecs)
        };
        let seen = |name: &str| self.repo.tip(&Self::seen(remote, name));
        let ours = [NOTES, LEARNING];
        // Who had both most likely has both: to ask once and not twice is what wins races.
        if ours.iter().all(|name| matches!(seen(name), Ok(Some(_)))) {
            match fetch(&ours) {
                Err(GitError::Failed { stderr, .. }) if stderr.contains("find remote ref") => {}
                ended => {
                    ended.map_err(not_here)?;
                    return Ok(Theirs { notes: seen(NOTES)?, learning: seen(LEARNING)? });
                }
            }
        }
        let found = self.repo.ls_remote(remote, &ours).map_err(unreachable)?;
        let found: Vec<&str> =
            ours.into_iter().filter(|name| found.iter().any(|(there, _)| there == name)).collect();
        for name in ours.into_iter().filter(|name| !found.contains(name)) {
            self.forget_seen(&Self::seen(remote, name))?;
        }
        if !found.is_empty() {
            fetch(&found).map_err(not_here)?;
        }
        Ok(Theirs { notes: seen(NOTES)?, learning: seen(LEARNING)? })
    }

    /// Nothing that fetched notes have beyond ours is too large to be read: a few bytes on the way can be
    /// very many here.
    pub(super) fn require_readable(&self, notes: Oid) -> Result<(), StoreError> {
        let new = match self.notes_tip()? {
            Some(ours) => self.repo.changed_notes(ours, notes)?.new,
            None => self.repo.notes(notes)?,
        };
        let mut all = 0;
        for (object, blob) in new {
            let size = self.repo.size_of(blob)?;
            all += size;
            if size > LARGEST {
                let what = format!("the note of {}", object.short());
                return Err(StoreError::NoteTooLarge { what, size });
            }
        }
        if all > MOST {
            let what = format!("what is new in the notes at {}", notes.short());
            return Err(StoreError::NoteTooLarge { what, size: all });
        }
        Ok(())
    }

    /// Forgets what was seen at a remote that does not have it any more: it is another one now, or
    /// somebody took it away, and then it is shared again.
    pub(super) fn forget_seen(&self, below: &str) -> Result<(), StoreError> {
        let mut gone: Vec<RefEdit> = Vec::new();
        for (name, tip) in self.repo.refs_under(below)? {
            gone.push(RefEdit::delete(name, tip));
        }
        Ok(self.repo.move_refs(&gone, "orchestrate: fetch")?)
    }
}

/// A fetch failed: what git says tells whether the other side is to blame.
fn not_here(error: GitError) -> StoreError {
    match error {
        GitError::Failed { ref stderr, .. } if UNREACHABLE.iter().any(|it| stderr.contains(it)) => {
            unreachable(error)
        }
        error => error.into(),
    }
}

/// The other side is to blame, in git's words.
pub(super) fn unreachable(error: GitError) -> StoreError {
    match error {
        GitError::Failed { .. } => StoreError::Unreachable { reason: error.to_string() },
        error => error.into(),
    }
}
