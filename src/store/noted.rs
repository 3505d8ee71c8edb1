//! Everything that the notes at one tip say, read from the objects themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, Range};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Store;
use super::spool::{Found, Waiting};
use crate::git::GitError;
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::record::{NotARecord, Record};
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

/// A line of a note that is a record, or was only skimmed.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: RecordId,
    pub(super) text: Text,
    /// The annotated object.
    pub(super) object: Oid,
    /// Counted from 1.
    pub(super) number: usize,
    /// `None`: it is an execution or, as reading it will tell, no record.
    pub(super) record: Option<Box<Record>>,
}

impl Line {
    /// Reads what was only skimmed.
    pub(super) fn read(&self) -> Result<Record, BadLine> {
        Record::parse(&self.text).map_err(|error| bad_line(self.object, self.number, &error))
    }
}

fn bad_line(object: Oid, line: usize, error: &NotARecord) -> BadLine {
    BadLine { object, line, reason: error.to_string() }
}

/// The text of a line; it shares its memory with those that were read beside it.
#[derive(Clone, Debug)]
pub(super) struct Text {
    all: Arc<Vec<u8>>,
    place: Range<usize>,
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.all[self.place.clone()]
    }
}

/// How much of a line is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    All,
    /// Of executions only the ids: who reads very many of them keeps none.
    Skimmed,
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
    pub(super) fn read_lines(&self, notes: &[(Oid, Oid)], depth: Depth) -> Lines {
        let blobs: Vec<Oid> = notes.iter().map(|(_, blob)| *blob).collect();
        let read = |part: &mut Part, place: usize, text: Result<&[u8], GitError>| {
            part.add(notes[place].0, text, depth);
        };
        Lines::of(self.repo.read_blobs(&blobs, self.host.cores(), read))
    }
}

/// Lines while they are read.
#[derive(Debug, Default)]
struct Part {
    texts: Vec<u8>,
    lines: Vec<PartLine>,
    bad: Vec<BadLine>,
}

#[derive(Debug)]
struct PartLine {
    id: RecordId,
    place: Range<usize>,
    object: Oid,
    number: usize,
    record: Option<Box<Record>>,
}

impl Part {
    /// Adds every line of one note.
    fn add(&mut self, object: Oid, text: Result<&[u8], GitError>, depth: Depth) {
        let text = match text {
            Ok(text) => text,
            Err(error) => return self.bad.push(BadLine { object, line: 0, reason: error.to_string() }),
        };
        for (number, line) in (1..).zip(note_lines(text)) {
            let skimmed = Record::skim(line).filter(|_| depth == Depth::Skimmed);
            let (id, record) = match skimmed.map_or_else(|| Record::parse(line).map(Err), |id| Ok(Ok(id))) {
                Ok(Ok(id)) => (id, None),
                Ok(Err(record)) => (record.id(), Some(Box::new(record))),
                Err(error) => {
                    self.bad.push(bad_line(object, number, &error));
                    continue;
                }
            };
            let start = self.texts.len();
            self.texts.extend(line);
            self.lines.push(PartLine { id, place: start..self.texts.len(), object, number, record });
        }
    }
}

impl Lines {
    /// The lines of one note.
    pub(super) fn of_note(object: Oid, text: &[u8], depth: Depth) -> Self {
        let mut part = Part::default();
        part.add(object, Ok(text), depth);
        Self::of(vec![part])
    }

    fn of(parts: Vec<Part>) -> Self {
        let mut lines = Self::default();
        for part in parts {
            let all = Arc::new(part.texts);
            lines.bad.extend(part.bad);
            lines.records.extend(part.lines.into_iter().map(|line| {
                let PartLine { id, place, object, number, record } = line;
                Line { id, text: Text { all: Arc::clone(&all), place }, object, number, record }
            }));
        }
        lines.sort();
        lines
    }

    /// Adds others, in no order.
    pub(super) fn extend(&mut self, others: Self) {
        self.records.extend(others.records);
        self.bad.extend(others.bad);
    }

    /// Puts them into their order.
    pub(super) fn sort(&mut self) {
        self.bad.sort_unstable();
        self.records.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| a.text.cmp(&b.text)));
    }

    /// Reads those skimmed lines of one id that `wanted` wants.
    pub(super) fn read(&mut self, wanted: impl Fn(&[Line]) -> bool) {
        let mut bad = BTreeMap::new();
        for of_one in self.records.chunk_by_mut(|a, b| a.id == b.id).filter(|of_one| wanted(of_one)) {
            for line in of_one.iter_mut().filter(|line| line.record.is_none()) {
                match line.read() {
                    Ok(record) => line.record = Some(Box::new(record)),
                    Err(why) => drop(bad.insert((why.object, why.line), why)),
                }
            }
        }
        if !bad.is_empty() {
            let is_bad = |line: &Line| line.record.is_none() && bad.contains_key(&(line.object, line.number));
            self.records.retain(|line| !is_bad(line));
            self.bad.extend(bad.into_values());
            self.bad.sort_unstable();
        }
    }
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
    pub(super) fn of(mut lines: Lines) -> Self {
        lines.read(|_| true);
        let mut noted = Self { bad: std::mem::take(&mut lines.bad), ..Self::default() };
        noted.add(lines);
        noted
    }

    /// Adds lines of which none has an id that is known here.
    pub(super) fn add(&mut self, lines: Lines) {
        let mut last: Option<(RecordId, Text)> = None;
        for Line { id, text, object, record, .. } in lines.records {
            let Some(record) = record else { continue };
            self.objects.entry(id).or_default().insert(object);
            // Sorted by bytes: the greatest comes last, and counts.
            if last.as_ref().is_none_or(|last| last.0 != id || *last.1 != *text) {
                self.records.entry(id).or_default().push(*record);
                last = Some((id, text));
            }
        }
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
