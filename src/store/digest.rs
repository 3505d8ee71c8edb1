//! The digest: what readers need of the notes, without the notes.
//!
//! A record whose only line nothing amends is *plain*: it is counted once and for all, and its line is
//! kept only while it is among the latest. Whatever is amended, amends, or has several lines is
//! *contested*: all its lines are kept, and looked at anew each time. So lines can be added to a digest
//! and nothing of what it was made from has to be read again. What can't be added (a plain record that
//! is amended) or taken away makes a digest from scratch, by whoever can.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use serde::{Deserialize, Serialize};

use super::noted::{BadLine, Line, Lines};
use crate::model::counts::Counts;
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::record::{Outcome, Record};
use crate::model::recount::Records;
use crate::model::time::{Month, Timestamp};

/// How many of the latest plain executions are kept with their lines.
pub(super) const RECENT: usize = if cfg!(test) { 4 } else { 128 };

/// Fewer records are counted and freed on the spot.
const MANY: usize = if cfg!(test) { 2 } else { 10_000 };

/// What readers need of the notes at one tip.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Digest {
    pub(super) head: Head,
    pub(super) counts: Counts,
    /// The latest plain executions, the latest last.
    pub(super) recent: Vec<Recent>,
    pub(super) contested: Contested,
    /// Every record, sorted by id.
    pub(super) known: Vec<Known>,
}

/// What nearly every reader needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The notes commit.
    pub(super) tip: Oid,
    /// The month before which nothing is counted.
    pub(super) epoch: Month,
    /// Plain executions.
    pub(super) plain: usize,
    /// Those of them that passed.
    pub(super) passed: usize,
    /// When the latest of them began.
    pub(super) latest: Option<Timestamp>,
    pub(super) bad: Vec<BadLine>,
}

/// A plain execution with its line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Recent {
    pub(super) at: Timestamp,
    pub(super) id: RecordId,
    pub(super) line: String,
    pub(super) objects: BTreeSet<Oid>,
}

/// Records that have to be looked at together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Contested {
    records: BTreeMap<RecordId, ContestedRecord>,
    /// What they amend, here or not.
    targets: BTreeSet<RecordId>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ContestedRecord {
    lines: BTreeSet<String>,
    objects: BTreeSet<Oid>,
}

/// What is known of any record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    pub(super) id: RecordId,
    pub(super) kind: Kind,
    /// The beginning of the BLAKE3 hash of its line; nothing where it is contested.
    line: [u8; 16],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Plain(Outcome),
    Contested,
    /// Measured commits, and what this version does not read.
    Other,
}

impl Digest {
    /// Nothing, as if there were no note at `tip`.
    pub(super) fn nothing(tip: Oid, epoch: &Month) -> Self {
        Self {
            head: Head { tip, epoch: epoch.clone(), plain: 0, passed: 0, latest: None, bad: Vec::new() },
            counts: Counts::since(epoch),
            recent: Vec::new(),
            contested: Contested::default(),
            known: Vec::new(),
        }
    }

    /// Adds lines, which are sorted as [`Lines`] are. `None`: that can't be done, because they amend what
    /// was counted already.
    pub(super) fn with(mut self, mut lines: Lines) -> Option<Self> {
        let amended: BTreeSet<RecordId> = lines.records.iter().filter_map(target).collect();
        let is_settled = |id: &RecordId| self.kind(*id).is_some_and(|kind| kind != Kind::Contested);
        if amended.iter().any(is_settled) {
            return None;
        }
        self.contested.targets.extend(amended);
        // What is plain is read where it is counted; for all others it matters whether they are records.
        lines.read(|of_one| !self.contested.leaves(of_one) || self.find(of_one[0].id).is_some());
        let (mut known, mut fresh) = (Vec::new(), Vec::new());
        for of_one in lines.records.chunk_by(|a, b| a.id == b.id) {
            let first = &of_one[0];
            match self.find(first.id).copied() {
                None if self.contested.leaves(of_one) => fresh.push(of_one),
                None => {
                    known.push(Known::new(first, Kind::Contested));
                    self.contested.add(of_one);
                }
                Some(known) if known.kind == Kind::Contested => self.contested.add(of_one),
                // A copy of its note says nothing new but where.
                Some(known) if is_alone(of_one) && known.line == hash(&first.text) => {
                    let recent = self.recent.iter_mut().find(|recent| recent.id == first.id);
                    recent
                        .into_iter()
                        .for_each(|it| it.objects.extend(of_one.iter().map(|line| line.object)));
                }
                Some(_) => return None,
            }
        }
        self.known.extend(known);
        Part::each(&fresh, &self.head.epoch).into_iter().for_each(|part| self.take_in(part));
        self.known.sort_unstable();
        self.recent.sort_unstable();
        self.recent.drain(..self.recent.len().saturating_sub(RECENT));
        self.head.bad.extend(lines.bad);
        self.head.bad.sort_unstable();
        if lines.records.len() > MANY {
            // Nobody has to wait until many records are freed.
            thread::spawn(move || drop(lines.records));
        }
        Some(self)
    }

    fn take_in(&mut self, part: Part<'_>) {
        let Part { counts, passed, known, plain, bad } = part;
        self.counts.join(counts);
        self.head.plain += plain.len();
        self.head.passed += passed;
        self.head.latest = self.head.latest.max(plain.iter().map(|(at, _)| *at).max());
        self.head.bad.extend(bad);
        self.known.extend(known);
        self.recent.extend(latest(plain));
    }

    /// What the notes at a later `tip` say, where `gone` are the lines of the notes that are not as they
    /// were, and `new` those of the notes that are now instead. `None`: that is not only more.
    pub(super) fn moved(mut self, tip: Oid, gone: &Lines, mut new: Lines) -> Option<Self> {
        let mut lost: BTreeSet<(Oid, Vec<u8>)> =
            gone.records.iter().map(|line| (line.object, line.text.to_vec())).collect();
        new.records.retain(|line| !lost.remove(&(line.object, line.text.to_vec())));
        for bad in &gone.bad {
            let place = self.head.bad.iter().position(|it| it == bad).filter(|_| !bad.is_whole_note())?;
            self.head.bad.remove(place);
        }
        self.head.tip = tip;
        lost.is_empty().then_some(self)?.with(new)
    }

    /// Adds places of records that are here already.
    pub(super) fn place(&mut self, change: impl Fn(RecordId, &mut BTreeSet<Oid>)) {
        self.recent.iter_mut().for_each(|recent| change(recent.id, &mut recent.objects));
        self.contested.records.iter_mut().for_each(|(id, record)| change(*id, &mut record.objects));
    }

    fn find(&self, id: RecordId) -> Option<&Known> {
        find(&self.known, id)
    }

    /// What a record is, if it is here.
    pub(super) fn kind(&self, id: RecordId) -> Option<Kind> {
        self.find(id).map(|known| known.kind)
    }
}

/// What some settled records say, each given by its lines, which are the same but for where they are.
struct Part<'l> {
    counts: Counts,
    passed: usize,
    known: Vec<Known>,
    /// Executions, with when they began.
    plain: Vec<(Timestamp, &'l [Line])>,
    bad: Vec<BadLine>,
}

impl<'l> Part<'l> {
    /// Reads and counts all; many of them side by side.
    fn each(all: &[&'l [Line]], epoch: &Month) -> Vec<Self> {
        if all.len() <= MANY {
            return vec![Self::of(all, epoch)];
        }
        let (begin, end) = all.split_at(all.len() / 2);
        thread::scope(|scope| {
            let begin = scope.spawn(|| Self::of(begin, epoch));
            let end = Self::of(end, epoch);
            vec![begin.join().expect("counting does not panic"), end]
        })
    }

    fn of(settled: &[&'l [Line]], epoch: &Month) -> Self {
        let counts = Counts::since(epoch);
        let mut part = Self { counts, passed: 0, known: Vec::new(), plain: Vec::new(), bad: Vec::new() };
        settled.iter().for_each(|of_one| part.add(of_one));
        part
    }

    fn add(&mut self, of_one: &'l [Line]) {
        let first = &of_one[0];
        let read;
        let record = match first.record.as_deref() {
            Some(record) => record,
            None => match first.read() {
                Ok(record) => {
                    read = record;
                    &read
                }
                Err(_) => return self.bad.extend(of_one.iter().filter_map(|line| line.read().err())),
            },
        };
        match record {
            Record::Execution(execution) => {
                self.counts.add(execution);
                self.passed += usize::from(execution.outcome == Outcome::Passed);
                self.known.push(Known::new(first, Kind::Plain(execution.outcome)));
                self.plain.push((execution.at, of_one));
            }
            Record::Amendment(_) | Record::Commit(_) | Record::Foreign(_) => {
                self.known.push(Known::new(first, Kind::Other));
            }
        }
    }
}

/// The latest of these executions, with their lines.
fn latest(mut plain: Vec<(Timestamp, &[Line])>) -> impl Iterator<Item = Recent> {
    plain.sort_unstable_by_key(|(at, of_one)| (*at, of_one[0].id));
    let latest = plain.split_off(plain.len().saturating_sub(RECENT));
    latest.into_iter().map(|(at, of_one)| Recent {
        at,
        id: of_one[0].id,
        line: text(&of_one[0]),
        objects: of_one.iter().map(|line| line.object).collect(),
    })
}

/// Whether all lines are the same but for where they are.
fn is_alone(of_one: &[Line]) -> bool {
    of_one.windows(2).all(|pair| *pair[0].text == *pair[1].text)
}

/// What is known of a record.
pub(super) fn find(known: &[Known], id: RecordId) -> Option<&Known> {
    known.binary_search_by_key(&id, |known| known.id).ok().map(|at| &known[at])
}

/// What a line amends.
fn target(line: &Line) -> Option<RecordId> {
    match line.record.as_deref() {
        Some(Record::Amendment(amendment)) => Some(amendment.target),
        Some(Record::Execution(_) | Record::Commit(_) | Record::Foreign(_)) | None => None,
    }
}

fn text(line: &Line) -> String {
    // Read as JSON, so it is UTF-8, in which nothing is lost.
    String::from_utf8_lossy(&line.text).into_owned()
}

fn hash(line: &[u8]) -> [u8; 16] {
    *blake3::hash(line).as_bytes().first_chunk().expect("a hash is longer")
}

impl Contested {
    fn add(&mut self, lines: &[Line]) {
        for line in lines {
            let record = self.records.entry(line.id).or_default();
            record.lines.insert(text(line));
            record.objects.insert(line.object);
        }
    }

    /// Whether nothing contests a record with these lines.
    fn leaves(&self, of_one: &[Line]) -> bool {
        let first = &of_one[0];
        is_alone(of_one) && target(first).is_none() && !self.targets.contains(&first.id)
    }

    /// The records, as reading the notes gives them.
    pub(super) fn records(&self) -> Records {
        let parsed = |record: &ContestedRecord| {
            record.lines.iter().filter_map(|line| Record::parse(line.as_bytes()).ok()).collect()
        };
        self.records.iter().map(|(id, record)| (*id, parsed(record))).collect()
    }

    /// Whether a record is among them.
    pub(super) fn contains(&self, id: RecordId) -> bool {
        self.records.contains_key(&id)
    }

    /// The first object that carries a record.
    pub(super) fn object(&self, id: RecordId) -> Option<Oid> {
        self.records.get(&id)?.objects.first().copied()
    }
}

impl Known {
    /// Length of the byte form.
    const LENGTH: usize = 33;

    fn new(line: &Line, kind: Kind) -> Self {
        let settled = kind != Kind::Contested;
        Self { id: line.id, kind, line: if settled { hash(&line.text) } else { [0; 16] } }
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        let kind = match self.kind {
            Kind::Contested => 0,
            Kind::Other => 1,
            Kind::Plain(Outcome::Passed) => 2,
            Kind::Plain(Outcome::Failed) => 3,
            Kind::Plain(Outcome::Environment) => 4,
            Kind::Plain(Outcome::Aborted) => 5,
        };
        self.id.bytes().into_iter().chain(self.line).chain([kind])
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk()?;
        let (line, kind) = rest.split_first_chunk()?;
        let kind = match kind {
            [0] => Kind::Contested,
            [1] => Kind::Other,
            [2] => Kind::Plain(Outcome::Passed),
            [3] => Kind::Plain(Outcome::Failed),
            [4] => Kind::Plain(Outcome::Environment),
            [5] => Kind::Plain(Outcome::Aborted),
            _ => return None,
        };
        Some(Self { id: RecordId::from_bytes(*id), kind, line: *line })
    }

    /// The byte form of all: of one length each, because there are many.
    pub(super) fn encode(all: &[Self]) -> Vec<u8> {
        all.iter().flat_map(Self::bytes).collect()
    }

    /// Reads the byte form of all.
    pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Self>> {
        bytes.chunks(Self::LENGTH).map(Self::read).collect()
    }
}
