//! Which notes a learning commit says were counted: its trailers, and counting them again.
//!
//! A commit names every notes commit that its cells come from: ours, and those of another clone that
//! are not part of ours. So who has not all of them can tell what is wrong from what is not known.

use std::collections::BTreeSet;

use super::Store;
use super::error::{StoreError, Unread};
use crate::git::GitError;
use crate::model::oid::Oid;
use crate::model::record::Record;
use crate::model::recount::Records;

/// The trailer that names a notes commit whose records were counted.
const TRAILER: &str = "Orchestrate-Notes: ";
/// The most notes commits that a message names: whose notes never arrive would add one each time.
const MOST: usize = 8;

/// The records that a library was counted from.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) records: Records,
    /// Why there are more of them than can be had here.
    pub(crate) missing: Vec<Gap>,
}

/// What an audit needs and can't have here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    /// This commit, of which others are made, is missing.
    History { commit: Oid },
    /// This notes commit that was counted is missing.
    Notes { commit: Oid },
    /// This many records are of a kind or version that only a newer program reads.
    Newer { records: usize },
    /// Something else, in words.
    Other { reason: String },
}

impl Store<'_> {
    /// The records that were counted at `tip` or at one of `earlier`: who takes some of them away
    /// counts less, and has to be told.
    pub(super) fn counted(&self, tip: Oid, earlier: &[Oid]) -> Result<Counted, StoreError> {
        let mut counted = Counted::default();
        let mut named = |commits: &[Oid]| -> Result<Vec<Oid>, StoreError> {
            let mut here = Vec::new();
            for commit in commits {
                match self.counted_at(*commit)? {
                    Ok(notes) => here.extend(notes),
                    Err(gap) => counted.missing.push(gap),
                }
            }
            here.sort_unstable();
            here.dedup();
            here.retain(|notes| {
                let is_here = self.repo.commit(*notes).is_ok();
                if !is_here {
                    counted.missing.push(Gap::Notes { commit: *notes });
                }
                is_here
            });
            Ok(here)
        };
        let (mut notes, earlier) = (named(&[tip])?, named(earlier)?);
        if earlier.iter().any(|it| !notes.contains(it)) {
            let beyond = self.repo.ancestry(&earlier, &notes)?;
            let left: Vec<Oid> = earlier.into_iter().filter(|it| beyond.contains_key(it)).collect();
            notes.extend(self.repo.independent(&left)?);
        }
        for notes in notes {
            self.add_records(notes, &mut counted)?;
        }
        counted.missing.sort();
        counted.missing.dedup();
        Ok(counted)
    }

    fn add_records(&self, notes: Oid, counted: &mut Counted) -> Result<(), StoreError> {
        let noted = match self.noted_at(notes) {
            Ok(noted) => noted,
            Err(StoreError::Git(GitError::Missing { .. })) => {
                counted.missing.push(Gap::Notes { commit: notes });
                return Ok(());
            }
            // A commit of ours names notes: somebody else wrote this.
            Err(error) => {
                counted.missing.push(Gap::Other { reason: Unread::why(error)?.reason().to_owned() });
                return Ok(());
            }
        };
        if let Some(bad) = noted.bad.iter().find(|bad| bad.is_whole_note()) {
            let reason = format!("the note of {} was counted: {}", bad.object.short(), bad.reason);
            counted.missing.push(Gap::Other { reason });
        }
        let foreign = |lines: &&Vec<Record>| lines.iter().any(|it| matches!(it, Record::Foreign(_)));
        let records = noted.records.values().filter(foreign).count();
        if records > 0 {
            counted.missing.push(Gap::Newer { records });
        }
        for (id, lines) in &noted.records {
            // Who knows more lines under an id knows which of them counts.
            let known = counted.records.entry(*id).or_default();
            if known.len() < lines.len() {
                known.clone_from(lines);
            }
        }
        Ok(())
    }

    /// The notes commits that a learning commit on top of `parents` has to name, besides `ours`, whose
    /// records it counts: those that the parents counted and that are not part of ours.
    pub(super) fn to_name(&self, ours: Option<Oid>, parents: &[Oid]) -> Result<Vec<Oid>, StoreError> {
        let mut named: Vec<Oid> = ours.into_iter().collect();
        for parent in parents {
            for notes in self.named(*parent)? {
                if !named.contains(&notes) && !self.is_part_of(notes, ours)? {
                    named.push(notes);
                }
            }
        }
        named.truncate(MOST);
        Ok(named)
    }

    fn is_part_of(&self, notes: Oid, ours: Option<Oid>) -> Result<bool, StoreError> {
        let Some(ours) = ours else { return Ok(false) };
        Ok(self.repo.commit(notes).is_ok() && self.repo.is_ancestor(notes, ours)?)
    }

    /// The notes commits that the nearest commits of ours name, as far as that is known here.
    pub(super) fn named(&self, commit: Oid) -> Result<Vec<Oid>, StoreError> {
        Ok(self.counted_at(commit)?.unwrap_or_default())
    }

    /// The notes commits that the nearest commits of ours name; `Err` inside: why nobody knows here.
    fn counted_at(&self, commit: Oid) -> Result<Result<Vec<Oid>, Gap>, StoreError> {
        let (mut open, mut seen, mut found) = (vec![commit], BTreeSet::from([commit]), Vec::new());
        while let Some(commit) = open.pop() {
            let info = match self.repo.commit(commit) {
                Ok(info) => info,
                Err(GitError::Missing { oid }) => return Ok(Err(Gap::History { commit: oid })),
                Err(error) => return Err(error.into()),
            };
            let named = counted_notes(&info.message);
            // A merge that somebody made with git names none, and has what its parents counted.
            if named.is_empty() {
                open.extend(info.parents.iter().filter(|parent| seen.insert(**parent)));
            }
            found.extend(named);
        }
        Ok(Ok(found))
    }
}

/// Adds the trailers that say which notes were counted.
pub(super) fn with_notes(message: &str, notes: &[Oid]) -> String {
    let mut message = message.trim_end().to_owned();
    // Trailers are one block: only a message that has none yet needs the blank line.
    let last_block = message.rsplit("\n\n").next().unwrap_or_default();
    let has_trailers =
        message.contains("\n\n") && last_block.lines().all(|line| line.starts_with("Orchestrate-"));
    if !notes.is_empty() && !has_trailers {
        message.push('\n');
    }
    notes.iter().for_each(|notes| message.push_str(&format!("\n{TRAILER}{notes}")));
    message + "\n"
}

/// The notes commits that a learning commit's message says were counted.
fn counted_notes(message: &str) -> Vec<Oid> {
    let named = message.lines().filter_map(|line| line.strip_prefix(TRAILER));
    named.filter_map(|text| text.trim().parse().ok()).collect()
}
