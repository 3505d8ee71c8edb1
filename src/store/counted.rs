//! Which notes a learning commit says were counted: its trailers, and counting them again.
//!
//! A commit names every notes commit that its cells come from: ours, and those of another clone that
//! are not part of ours. So who has not all of them can tell what is wrong from what is not known.

use super::Store;
use super::error::StoreError;
use crate::git::GitError;
use crate::model::oid::Oid;
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
    pub(crate) missing: Vec<String>,
}

impl Store<'_> {
    /// The records that the nearest commit of ours, from `commit` on, says were counted.
    pub(super) fn counted(&self, commit: Oid) -> Result<Counted, StoreError> {
        let named = match self.counted_at(commit)? {
            Ok(named) => named,
            Err(why) => return Ok(Counted { records: Records::new(), missing: vec![why] }),
        };
        let mut counted = Counted::default();
        for notes in named {
            match self.noted_at(notes) {
                Ok(noted) => {
                    if let Some(bad) = noted.bad.iter().find(|bad| bad.is_whole_note()) {
                        let on = bad.object.short();
                        counted.missing.push(format!("the note of {on} was counted: {}", bad.reason));
                    }
                    for (id, lines) in &noted.records {
                        // Who knows more lines under an id knows which of them counts.
                        let known = counted.records.entry(*id).or_default();
                        if known.len() < lines.len() {
                            known.clone_from(lines);
                        }
                    }
                }
                Err(StoreError::Git(GitError::Missing { .. })) => {
                    let notes = notes.short();
                    counted
                        .missing
                        .push(format!("the notes commit {notes} that was counted is missing here"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(counted)
    }

    /// The notes commits that a learning commit on top of `parents` has to name, besides `ours`, whose
    /// records it counts: those that the parents counted and that are not part of ours.
    pub(super) fn to_name(&self, ours: Option<Oid>, parents: &[Oid]) -> Result<Vec<Oid>, StoreError> {
        let mut named: Vec<Oid> = ours.into_iter().collect();
        for parent in parents {
            for notes in self.counted_at(*parent)?.unwrap_or_default() {
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

    /// The notes commits that the nearest commit of ours names; `Err` inside: why nobody knows here.
    fn counted_at(&self, mut commit: Oid) -> Result<Result<Vec<Oid>, String>, StoreError> {
        loop {
            let info = match self.repo.commit(commit) {
                Ok(info) => info,
                Err(GitError::Missing { oid }) => {
                    return Ok(Err(format!("history ends at commit {}, which is missing here", oid.short())));
                }
                Err(error) => return Err(error.into()),
            };
            let named = counted_notes(&info.message);
            match info.parents.first() {
                Some(parent) if named.is_empty() => commit = *parent,
                // With neither nothing was counted: the root of the library.
                _ => return Ok(Ok(named)),
            }
        }
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
