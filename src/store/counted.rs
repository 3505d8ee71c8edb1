//! Which notes a learning commit says were counted: its trailers, and counting them again.
//!
//! A commit names every notes commit that its cells come from: ours, and those of another clone that
//! are not part of ours. So who has not all of them can tell what is wrong from what is not known. Only
//! notes that a notes ref leads to prove anything: what lies about here is known to nobody else.

use std::collections::{BTreeMap, BTreeSet};

use super::Store;
use super::error::{StoreError, Unread};
use super::seen::REMOTES;
use crate::git::GitError;
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::record::Record;
use crate::model::recount::Records;
use crate::model::told::untold;

/// The trailer that names a notes commit whose records were counted.
const TRAILER: &str = "Orchestrate-Notes: ";
/// The most notes commits that a message names: whose notes never arrive would add one each time.
const MOST: usize = 8;

/// The records that a library was counted from.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// It counts these at least.
    pub(crate) records: Records,
    /// Why there are more of them than can be had here.
    pub(crate) missing: Vec<Gap>,
    /// With those, everything that any notes here tell; only where some are missing.
    more: Records,
}

impl Counted {
    /// It counts these at most, as far as anybody here can tell.
    pub(crate) fn told(&self) -> &Records {
        if self.missing.is_empty() { &self.records } else { &self.more }
    }
}

/// What an audit needs and can't have here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    /// This commit, of which others are made, is missing.
    History { commit: Oid },
    /// No notes here have this notes commit that was counted.
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
            let missing = self.missing_notes(&here)?;
            here.retain(|notes| !missing.contains(notes));
            counted.missing.extend(missing.into_iter().map(|commit| Gap::Notes { commit }));
            Ok(here)
        };
        let (mut notes, earlier) = (named(&[tip])?, named(earlier)?);
        if earlier.iter().any(|it| !notes.contains(it)) {
            let beyond: BTreeMap<Oid, Vec<Oid>> = self.repo.beyond(&earlier, &notes)?.into_iter().collect();
            let left: Vec<Oid> = earlier.into_iter().filter(|it| beyond.contains_key(it)).collect();
            notes.extend(self.repo.independent(&left)?);
        }
        for notes in notes {
            self.add_records(notes, &mut counted)?;
        }
        if !counted.missing.is_empty() {
            counted.more = self.told_here(&counted.records)?;
        }
        counted.missing.sort();
        counted.missing.dedup();
        Ok(counted)
    }

    /// Those of these notes commits that no notes ref here leads to.
    fn missing_notes(&self, named: &[Oid]) -> Result<BTreeSet<Oid>, StoreError> {
        // Nearly always they are part of ours, and few.
        let ours = self.notes_tip()?.filter(|ours| self.repo.commit(*ours).is_ok());
        let mut missing: BTreeSet<Oid> = named.iter().copied().collect();
        for notes in named.iter().take(MOST) {
            if self.is_part_of(*notes, ours)? {
                missing.remove(notes);
            }
        }
        if missing.is_empty() {
            return Ok(missing);
        }
        let tips = self.notes_here()?;
        missing.retain(|notes| !tips.contains(notes));
        let here: Vec<Oid> = missing.iter().copied().filter(|it| self.repo.commit(*it).is_ok()).collect();
        if !here.is_empty() {
            let beyond = self.repo.ancestry(&here, &tips)?;
            missing.retain(|it| !here.contains(it) || beyond.contains_key(it));
        }
        Ok(missing)
    }

    /// The tips of ours and of all that was fetched of remotes.
    fn notes_here(&self) -> Result<Vec<Oid>, StoreError> {
        let mut tips: Vec<Oid> = self.notes_tip()?.into_iter().collect();
        let is_notes = |name: &str| name.ends_with("/notes") && !name.contains("/branches/");
        let seen = self.repo.refs_under(REMOTES)?;
        tips.extend(seen.into_iter().filter(|(name, _)| is_notes(name)).map(|(_, tip)| tip));
        // Somebody may have put something else there.
        tips.retain(|tip| self.repo.commit(*tip).is_ok() && self.require_readable(*tip).is_ok());
        tips.dedup();
        Ok(tips)
    }

    /// `records`, and everything that notes here tell. What can't be read tells nothing.
    fn told_here(&self, records: &Records) -> Result<Records, StoreError> {
        let mut told = Counted { records: records.clone(), ..Counted::default() };
        for tip in self.notes_here()? {
            self.add_records(tip, &mut told)?;
        }
        Ok(told.records)
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

    /// The notes commits that a learning commit of `library` on top of `parents` has to name: ours, of which
    /// these are the records, and what its parents counted beside them, as long as it says something that
    /// ours don't tell.
    pub(super) fn to_name(
        &self,
        ours: Option<Oid>,
        records: &Records,
        parents: &[Oid],
        library: &Library,
    ) -> Result<Vec<Oid>, StoreError> {
        let mut named: Vec<Oid> = ours.into_iter().collect();
        for parent in parents {
            for notes in self.named(*parent)? {
                if !named.contains(&notes) && !self.is_part_of(notes, ours)? {
                    named.push(notes);
                }
            }
        }
        let needs_others = named.len() > ours.iter().len() && untold(library, records, None).is_some();
        named.truncate(if needs_others { MOST } else { ours.iter().len() });
        Ok(named)
    }

    fn is_part_of(&self, notes: Oid, ours: Option<Oid>) -> Result<bool, StoreError> {
        let Some(ours) = ours else { return Ok(false) };
        Ok(self.repo.commit(notes).is_ok() && self.repo.is_ancestor(notes, ours)?)
    }

    /// Whether the learning at `tip` names notes that were taken away, and says something beyond that at
    /// `merged` that those that are left don't tell.
    pub(super) fn is_outdated(&self, tip: Oid, merged: Option<Oid>) -> Result<bool, StoreError> {
        if self.missing_notes(&self.named(tip)?)?.is_empty() {
            return Ok(false);
        }
        let merged = merged.map(|merged| self.library_at(merged)).transpose()?;
        let nothing = Library::default();
        let before = merged.as_ref().map_or(&nothing, |held| &held.library);
        let counted = self.counted(tip, &[])?;
        Ok(untold(&self.library_at(tip)?.library, counted.told(), Some(before)).is_some())
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
