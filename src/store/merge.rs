//! Merging learning branches into the learning ref: our join, a commit of two parents, never a
//! fast-forward, and nothing at all the second time.

use serde::Serialize;

use super::Store;
use super::counted::with_notes;
use super::error::{StoreError, Unread};
use super::learning::{LEARNING, unless_lost};
use crate::git::{RefEdit, Writer};
use crate::model::library::{Library, Problem};
use crate::model::oid::Oid;
use crate::model::recount;
use crate::model::time::Timestamp;

/// What merging came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Merged {
    /// The learning ref afterwards.
    pub(crate) tip: Option<Oid>,
    /// Branches (short names) whose learning is in it now, and was not before.
    pub(crate) merged: Vec<String>,
    /// Branches that held nothing new.
    pub(crate) nothing_new: Vec<String>,
    /// Branches that are merged but stay, because a work tree has them checked out.
    pub(crate) kept: Vec<String>,
    /// Branches that hold no learning tree that this version reads, with the reason; they stay.
    pub(crate) unread: Vec<Problem>,
}

impl Store<'_> {
    /// Merges every learning branch here into the learning ref and deletes it, in one transaction.
    pub(crate) fn merge(
        &self,
        describe: &dyn Fn(&str, &Library, &Library) -> String,
    ) -> Result<Merged, StoreError> {
        let at = Timestamp(self.host.now_ms());
        self.repo.write(self.host, || {
            let attempt = || -> Result<Merged, StoreError> {
                let branches = self.learning_branches()?;
                let before = self.learning_tip()?;
                if branches.is_empty() {
                    return Ok(Merged { tip: before, ..Merged::default() });
                }
                let notes = self.notes_tip()?;
                let noted = notes.map(|tip| self.noted_at(tip)).transpose()?.unwrap_or_default();
                let checked_out = self.repo.checked_out()?;
                let writer = Writer::new(self.repo);
                let mut tip = before.map_or_else(|| self.root(&writer), Ok)?;
                let mut outcome = Merged::default();
                let mut edits = Vec::new();
                for (name, branch) in &branches {
                    let short = name.trim_start_matches("refs/heads/").to_owned();
                    let theirs = match self.library_at(*branch).map_err(Unread::why) {
                        Ok(theirs) => theirs,
                        Err(why) => {
                            let reason = why?.reason().to_owned();
                            outcome.unread.push(Problem { path: short, reason, newer: false });
                            continue;
                        }
                    };
                    let merged = if branch == &tip || self.repo.is_ancestor(*branch, tip)? {
                        None
                    } else {
                        let ours = self.library_at(tip)?;
                        let mut joined = ours.library.clone();
                        joined.join(&theirs.library);
                        joined.join(&recount::recount(&noted.records, &joined));
                        let named = self.to_name(notes, &noted.records, &[tip, *branch], &joined)?;
                        let message = with_notes(&describe(&short, &ours.library, &joined), &named);
                        self.commit_library(&writer, &joined, &[tip, *branch], &[tip], &message, at)?
                    };
                    match merged {
                        Some(commit) => {
                            tip = commit;
                            outcome.merged.push(short.clone());
                        }
                        None => outcome.nothing_new.push(short.clone()),
                    }
                    if checked_out.contains(name) {
                        outcome.kept.push(short);
                    } else {
                        edits.push(RefEdit::delete(name.clone(), *branch));
                    }
                }
                let nothing = outcome.merged.is_empty() && outcome.nothing_new.is_empty();
                if before != Some(tip) && !nothing {
                    edits.insert(0, RefEdit::to(LEARNING, tip, before));
                }
                writer.move_refs(&edits, "orchestrate: merge")?;
                outcome.tip = if nothing { before } else { Some(tip) };
                Ok(outcome)
            };
            unless_lost(attempt())
        })?
    }
}
