//! Executions as notes: `refs/notes/orchestrate`, JSON Lines, one record a line.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Store;
use super::error::StoreError;
use crate::git::{GitError, NewCommit, NotesTree, RefEdit, Writer};
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::record::Record;
use crate::model::recount::Records;
use crate::model::time::Timestamp;

/// The notes ref.
pub(crate) const NOTES: &str = "refs/notes/orchestrate";

/// A line for one object's note.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) object: Oid,
    pub(crate) id: RecordId,
    pub(crate) line: String,
}

/// What a batch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Written {
    /// Records that are new.
    pub(crate) recorded: usize,
    /// Records that were there already, byte for byte.
    pub(crate) known: usize,
}

/// A line of a note that is no record; it is skipped and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BadLine {
    /// The annotated object.
    pub(crate) object: Oid,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// Everything that the notes say at one tip.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    pub(crate) records: Records,
    /// The objects that carry each record; a copied note makes more than one.
    pub(crate) objects: BTreeMap<RecordId, BTreeSet<Oid>>,
    pub(crate) bad: Vec<BadLine>,
}

impl Store<'_> {
    /// The tip of the notes ref.
    pub(crate) fn notes_tip(&self) -> Result<Option<Oid>, StoreError> {
        Ok(self.repo.tip(NOTES)?)
    }

    /// Writes records as one notes commit; nothing at all if one of them contradicts what is there.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<Written, StoreError> {
        let identity = self.repo.identity(self.host);
        let at = Timestamp(self.host.now_ms());
        self.repo.write(self.host, || {
            let tip = self.repo.tip(NOTES)?;
            let writer = Writer::new(self.repo);
            let mut notes = NotesTree::open(&writer, tip)?;
            let written = match add_lines(&mut notes, entries)? {
                Ok(written) if written.recorded == 0 => return Ok(Ok(written)),
                Ok(written) => written,
                Err(id) => return Ok(Err(StoreError::Changed { id })),
            };
            let commit = notes.commit(&NewCommit {
                tree: self.repo.empty_tree(),
                parents: tip.as_slice(),
                message: &subject(written.recorded),
                author: &identity,
                at,
            })?;
            writer.sync()?;
            self.repo.move_refs(&[RefEdit::to(NOTES, commit, tip)], "orchestrate: record")?;
            Ok(Ok(written))
        })?
    }

    /// Every record of the notes.
    pub(crate) fn noted(&self) -> Result<Noted, StoreError> {
        self.notes_tip()?.map_or_else(|| Ok(Noted::default()), |tip| self.noted_at(tip))
    }

    /// Every record of the notes at `tip`. A note that can't be read is named and passed over.
    pub(crate) fn noted_at(&self, tip: Oid) -> Result<Noted, StoreError> {
        let mut lines = BTreeMap::<RecordId, BTreeMap<Vec<u8>, Record>>::new();
        let mut noted = Noted::default();
        for (object, blob) in self.repo.notes(tip)? {
            let text = match self.repo.blob(blob) {
                Ok(text) => text,
                Err(error) => {
                    noted.bad.push(BadLine { object, line: 0, reason: error.to_string() });
                    continue;
                }
            };
            for (index, line) in note_lines(&text).enumerate() {
                match Record::parse(line) {
                    Ok(record) => {
                        noted.objects.entry(record.id()).or_default().insert(object);
                        lines.entry(record.id()).or_default().insert(line.to_vec(), record);
                    }
                    Err(error) => {
                        noted.bad.push(BadLine { object, line: index + 1, reason: error.to_string() });
                    }
                }
            }
        }
        // Sorted by bytes: the greatest comes last, and counts.
        noted.records = lines.into_iter().map(|(id, lines)| (id, lines.into_values().collect())).collect();
        Ok(noted)
    }
}

fn subject(recorded: usize) -> String {
    if recorded == 1 { "Record 1 execution\n".to_owned() } else { format!("Record {recorded} executions\n") }
}

/// The lines of a note that say something: git joins copied notes with a blank line.
pub(super) fn note_lines(note: &[u8]) -> impl Iterator<Item = &[u8]> {
    note.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// Adds the entries' lines to their notes, each note a sorted set of lines, as `git notes merge -s
/// cat_sort_uniq` makes it. `Err` inside: the id of a record that contradicts what is there.
fn add_lines(
    notes: &mut NotesTree<'_, '_>,
    entries: &[Entry],
) -> Result<Result<Written, RecordId>, GitError> {
    let mut written = Written { recorded: 0, known: 0 };
    let mut by_object = BTreeMap::<Oid, Vec<&Entry>>::new();
    entries.iter().for_each(|entry| by_object.entry(entry.object).or_default().push(entry));
    for (object, entries) in by_object {
        let note = notes.get(object)?.unwrap_or_default();
        let mut lines: BTreeSet<&[u8]> = note_lines(&note).collect();
        let before = lines.len();
        for entry in &entries {
            let opening = format!("{{\"id\":\"{}\"", entry.id);
            let line = entry.line.as_bytes();
            if lines.iter().any(|known| known.starts_with(opening.as_bytes()) && *known != line) {
                return Ok(Err(entry.id));
            }
            lines.insert(line);
        }
        let added = lines.len() - before;
        written.recorded += added;
        written.known += entries.len() - added;
        if added > 0 {
            let mut text =
                Vec::with_capacity(note.len() + entries.iter().map(|it| it.line.len() + 1).sum::<usize>());
            for line in lines {
                text.extend_from_slice(line);
                text.push(b'\n');
            }
            notes.set(object, &text)?;
        }
    }
    Ok(Ok(written))
}
