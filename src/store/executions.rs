//! Executions as notes: `refs/notes/orchestrate`, JSON Lines, one record a line.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

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
    /// Counted from 1; 0 where the whole note could not be read.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl BadLine {
    /// Whether its object is missing or broken, so that nobody knows what the note says.
    pub(crate) fn is_whole_note(&self) -> bool {
        self.line == 0
    }
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

    /// Writes records with new ids as one notes commit.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<Written, StoreError> {
        self.append_given(entries, &BTreeSet::new())
    }

    /// Writes records as one notes commit; nothing at all if one of them contradicts what is there.
    /// The `given` ids may be there already, on whatever object.
    pub(crate) fn append_given(
        &self,
        entries: &[Entry],
        given: &BTreeSet<RecordId>,
    ) -> Result<Written, StoreError> {
        let identity = self.repo.identity(self.host);
        let at = Timestamp(self.host.now_ms());
        self.repo.write(self.host, || {
            let tip = self.repo.tip(NOTES)?;
            let held = match tip {
                Some(tip) if !given.is_empty() => self.lines_of(given, tip)?,
                _ => Held::new(),
            };
            let new = match without_known(entries, held) {
                Ok(new) => new,
                Err(id) => return Ok(Err(StoreError::Changed { id })),
            };
            let writer = Writer::new(self.repo);
            let mut notes = NotesTree::open(&writer, tip)?;
            add_lines(&mut notes, &new)?;
            let written = Written { recorded: new.len(), known: entries.len() - new.len() };
            if new.is_empty() {
                return Ok(Ok(written));
            }
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

    /// The lines of the notes at `tip` that have these ids.
    fn lines_of(&self, ids: &BTreeSet<RecordId>, tip: Oid) -> Result<Held, GitError> {
        let mut held = Held::new();
        for (_, blob) in self.repo.notes(tip)? {
            // What can't be read can't contradict; `check` names it.
            let text = self.repo.blob(blob).unwrap_or_default();
            for line in note_lines(&text) {
                if let Some(id) = canonical_id(line).filter(|id| ids.contains(id)) {
                    held.entry(id).or_default().push(line.to_vec());
                }
            }
        }
        Ok(held)
    }

    /// Every record of the notes. A ref that holds no notes is named as what can't be read.
    pub(crate) fn noted(&self) -> Result<Rc<Noted>, StoreError> {
        let Some(tip) = self.notes_tip()? else { return Ok(Rc::default()) };
        match self.noted_at(tip) {
            Err(StoreError::Git(error @ GitError::WrongKind { .. })) => {
                let bad = vec![BadLine { object: tip, line: 0, reason: error.to_string() }];
                Ok(Rc::new(Noted { bad, ..Noted::default() }))
            }
            noted => noted,
        }
    }

    /// Every record of the notes at `tip`, which is read once.
    pub(crate) fn noted_at(&self, tip: Oid) -> Result<Rc<Noted>, StoreError> {
        if let Some((_, noted)) = self.noted.borrow().as_ref().filter(|(at, _)| *at == tip) {
            return Ok(Rc::clone(noted));
        }
        let noted = Rc::new(self.read_notes(tip)?);
        *self.noted.borrow_mut() = Some((tip, Rc::clone(&noted)));
        Ok(noted)
    }

    /// Every record of the notes at `tip`. A note that can't be read is named and passed over.
    fn read_notes(&self, tip: Oid) -> Result<Noted, StoreError> {
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

/// The lines of a note that say something: git joins copied notes with a blank line. What is no
/// object keeps its spaces too: it is somebody's, and kept byte for byte.
pub(super) fn note_lines(note: &[u8]) -> impl Iterator<Item = &[u8]> {
    let trimmed = |line: &'_ [u8]| line.trim_ascii().starts_with(b"{") && line.trim_ascii().ends_with(b"}");
    note.split(|&b| b == b'\n')
        .map(move |line| if trimmed(line) { line.trim_ascii() } else { line })
        .filter(|line| !line.trim_ascii().is_empty())
}

/// Lines by the id that they open with.
type Held = BTreeMap<RecordId, Vec<Vec<u8>>>;

/// The id of a line in canonical form.
fn canonical_id(line: &[u8]) -> Option<RecordId> {
    let id = line.strip_prefix(b"{\"id\":\"")?.get(..26)?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// The entries that are not among `held` or twice among themselves. `Err`: the id of one that
/// contradicts another line.
fn without_known(entries: &[Entry], mut held: Held) -> Result<Vec<&Entry>, RecordId> {
    let mut new = Vec::new();
    for entry in entries {
        let lines = held.entry(entry.id).or_default();
        if lines.is_empty() {
            new.push(entry);
        } else if !lines.iter().any(|line| says_the_same(line, &entry.line)) {
            return Err(entry.id);
        }
        lines.push(entry.line.clone().into_bytes());
    }
    Ok(new)
}

/// Whether two lines are one record, wherever it is attached: HEAD moves on between two tries to
/// record the same.
fn says_the_same(known: &[u8], new: &str) -> bool {
    let content = |line: &[u8]| {
        let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
        fields.retain(|field, _| !matches!(field.as_str(), "commit" | "tree" | "patch"));
        Some(fields)
    };
    known == new.as_bytes() || content(known).is_some_and(|it| content(new.as_bytes()) == Some(it))
}

/// Adds the entries' lines to their notes, each note a sorted set of lines, as `git notes merge -s
/// cat_sort_uniq` makes it.
fn add_lines(notes: &mut NotesTree<'_, '_>, entries: &[&Entry]) -> Result<(), GitError> {
    let mut by_object = BTreeMap::<Oid, Vec<&Entry>>::new();
    entries.iter().for_each(|entry| by_object.entry(entry.object).or_default().push(entry));
    for (object, entries) in by_object {
        let note = notes.get(object)?.unwrap_or_default();
        let mut lines: BTreeSet<&[u8]> = note_lines(&note).collect();
        lines.extend(entries.iter().map(|entry| entry.line.as_bytes()));
        let added: usize = entries.iter().map(|entry| entry.line.len() + 1).sum();
        let mut text = Vec::with_capacity(note.len() + added);
        for line in lines {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        notes.set(object, &text)?;
    }
    Ok(())
}
