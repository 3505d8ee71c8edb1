//! Everything that the notes at one tip say, read from the objects themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Store;
use super::spool::{Found, Waiting};
use crate::git::GitError;
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::record::Record;
use crate::model::recount::Records;

/// A line of a note that is no record; it is skipped and kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    pub(crate) records: Records,
    /// The objects that carry each record; a copied note makes more than one.
    pub(crate) objects: BTreeMap<RecordId, BTreeSet<Oid>>,
    pub(crate) bad: Vec<BadLine>,
}

/// A line of a note that is a record.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: RecordId,
    pub(super) text: Vec<u8>,
    /// The annotated object.
    pub(super) object: Oid,
    pub(super) record: Record,
}

/// The lines of some notes.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// By id; what differs under one id by its bytes.
    pub(super) records: Vec<Line>,
    pub(super) bad: Vec<BadLine>,
}

impl Store<'_> {
    /// The lines of these notes, each given by what it annotates and its blob. A note that can't be read
    /// is named and passed over.
    pub(super) fn read_lines(&self, notes: &[(Oid, Oid)]) -> Lines {
        let blobs: Vec<Oid> = notes.iter().map(|(_, blob)| *blob).collect();
        let read = self.repo.read_blobs(&blobs, self.host.cores(), |place, text| lines(notes[place].0, text));
        let mut lines = Lines::default();
        for read in read.into_iter().flatten() {
            match read {
                Ok(line) => lines.records.push(line),
                Err(bad) => lines.bad.push(bad),
            }
        }
        lines.bad.sort_unstable();
        lines.records.sort_by(|a, b| (a.id, &a.text).cmp(&(b.id, &b.text)));
        lines
    }
}

/// Every line of one note.
pub(super) fn lines(object: Oid, text: Result<Vec<u8>, GitError>) -> Vec<Result<Line, BadLine>> {
    let text = match text {
        Ok(text) => text,
        Err(error) => return vec![Err(BadLine { object, line: 0, reason: error.to_string() })],
    };
    let line = |(index, line): (usize, &[u8])| match Record::parse(line) {
        Ok(record) => Ok(Line { id: record.id(), text: line.to_vec(), object, record }),
        Err(error) => Err(BadLine { object, line: index + 1, reason: error.to_string() }),
    };
    note_lines(&text).enumerate().map(line).collect()
}

/// The lines of a note that say something: git joins copied notes with a blank line. What is no
/// object keeps its spaces too: it is somebody's, and kept byte for byte.
pub(super) fn note_lines(note: &[u8]) -> impl Iterator<Item = &[u8]> {
    let trimmed = |line: &'_ [u8]| line.trim_ascii().starts_with(b"{") && line.trim_ascii().ends_with(b"}");
    note.split(|&b| b == b'\n')
        .map(move |line| if trimmed(line) { line.trim_ascii() } else { line })
        .filter(|line| !line.trim_ascii().is_empty())
}

impl Noted {
    /// What these lines say together.
    pub(super) fn of(lines: Lines) -> Self {
        let mut noted = Self { bad: lines.bad, ..Self::default() };
        let mut last: Option<(RecordId, Vec<u8>)> = None;
        for Line { id, text, object, record } in lines.records {
            noted.objects.entry(id).or_default().insert(object);
            // Sorted by bytes: the greatest comes last, and counts.
            if last.as_ref().is_none_or(|last| (last.0, &last.1) != (id, &text)) {
                noted.records.entry(id).or_default().push(record);
                last = Some((id, text));
            }
        }
        noted
    }

    /// How many executions there are, whatever amends them; commits and amendments are none.
    pub(crate) fn executions(&self) -> usize {
        let is_one = |lines: &&Vec<Record>| matches!(lines.last(), Some(Record::Execution(_)));
        self.records.values().filter(is_one).count()
    }

    /// Takes in what waits in the spool, as draining will.
    pub(super) fn take_in(&mut self, spooled: &Found) {
        for Waiting { object, line, .. } in spooled.records() {
            if let Ok(record) = Record::parse(line.as_bytes()) {
                let id = record.id();
                self.records.entry(id).or_insert_with(|| vec![record]);
                self.objects.entry(id).or_default().insert(*object);
            }
        }
        let next = successors(spooled);
        for objects in self.objects.values_mut().filter(|_| !next.is_empty()) {
            follow(objects, &next);
        }
    }
}

/// The commits that were made instead of each, as the spool tells.
pub(super) fn successors(spooled: &Found) -> BTreeMap<Oid, Vec<Oid>> {
    let mut next = BTreeMap::<Oid, Vec<Oid>>::new();
    spooled.pairs().for_each(|(.., old, new)| next.entry(old).or_default().push(new));
    next
}

/// Adds everything that was made instead of one of `objects`.
pub(super) fn follow(objects: &mut BTreeSet<Oid>, next: &BTreeMap<Oid, Vec<Oid>>) {
    let mut open: Vec<Oid> = objects.iter().copied().collect();
    while let Some(object) = open.pop() {
        let new = next.get(&object).into_iter().flatten();
        open.extend(new.filter(|new| objects.insert(**new)));
    }
}
