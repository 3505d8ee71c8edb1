//! Merging learning branches into the learning ref: our join, a commit of two parents, never a
//! fast-forward, and nothing at all the second time.

use serde::Serialize;

use super::Store;
use super::error::StoreError;
use super::learning::{LEARNING, unless_lost, with_notes};
use crate::git::{RefEdit, Writer};
use crate::model::library::Library;
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
}

impl Store<'_> {
    /// Merges every learning branch here into the learning ref and deletes it, in one transaction.
    pub(crate) fn merge(
        &self,
        describe: &dyn Fn(&str, &Library, &Library) -> String,
    ) -> Result<Merged, StoreError> {
        let at = Timestamp(self.host.now_ms());
        let checked_out = self.repo.checked_out()?;
        self.repo.write(self.host, || {
            let attempt = || -> Result<Merged, StoreError> {
                let branches = self.learning_branches()?;
                let before = self.learning_tip()?;
                if branches.is_empty() {
                    return Ok(Merged { tip: before, ..Merged::default() });
                }
                let notes = self.notes_tip()?;
                let records = notes.map(|tip| self.noted_at(tip)).transpose()?.unwrap_or_default().records;
                let writer = Writer::new(self.repo);
                let mut tip = before.map_or_else(|| self.root(&writer), Ok)?;
                let mut outcome = Merged::default();
                let mut edits = Vec::new();
                for (name, branch) in &branches {
                    let short = name.trim_start_matches("refs/heads/").to_owned();
                    if branch != &tip && !self.repo.is_ancestor(*branch, tip)? {
                        let ours = self.library_at(tip)?.library;
                        let mut joined = ours.clone();
                        joined.join(&self.library_at(*branch)?.library);
                        joined.join(&recount::recount(&records, &joined));
                        let message = with_notes(&describe(&short, &ours, &joined), notes);
                        tip = self.commit_library(&writer, &joined, &[tip, *branch], &message, at)?;
                        outcome.merged.push(short.clone());
                    } else {
                        outcome.nothing_new.push(short.clone());
                    }
                    if checked_out.contains(name) {
                        outcome.kept.push(short);
                    } else {
                        edits.push(RefEdit::delete(name.clone(), *branch));
                    }
                }
                if before != Some(tip) {
                    writer.sync()?;
                    edits.insert(0, RefEdit::to(LEARNING, tip, before));
                }
                self.repo.move_refs(&edits, "orchestrate: merge")?;
                outcome.tip = Some(tip);
                Ok(outcome)
            };
            unless_lost(attempt())
        })?
    }
}
