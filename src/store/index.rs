//! The index: the digest of the notes at one tip, kept in `orchestrate/index`.
//!
//! Guarantee: it is derived and never believed. It answers for the notes tip that it names, or for a
//! later one that only adds to it; where it can't answer, is damaged, or is not there, the notes are read.
//! It is published by a rename and may be deleted at any time. Who can't publish it goes on without.

use std::cell::OnceCell;
use std::cmp::Reverse;

use super::Store;
use super::derived::{Derived, section};
use super::digest::{Contested, Digest, Head, Kind, Known, Recent, find};

use super::noted::{BadLine, Depth, Line, Lines, follow, successors};
use super::spool::{Found, Waiting};
use crate::model::counts::Counts;
use crate::model::id::RecordId;
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::record::{Execution, Outcome, Record};
use crate::model::recount::{Records, completed, executions};
use crate::model::time::{Month, Timestamp};

/// Fewer notes are read as quickly as an index of them.
const WORTH_IT: usize = 300;
/// An index is published again when this share of it is new, or this many notes: until then who reads
/// it reads those notes.
const SHARE: usize = 512;
const MANY: usize = 32;
/// The file that it is kept in.
const INDEX: &str = "index";

/// A digest, of which each part is read when it is asked for. Whatever it is asked: `None` means that
/// the notes have to be read to tell.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) head: Head,
    counts: OnceCell<Counts>,
    recent: OnceCell<Vec<Recent>>,
    contested: OnceCell<Contested>,
    known: OnceCell<Vec<Known>>,
    file: Option<Derived>,
}

/// An execution as it counts, with the first object that carries it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    pub(crate) execution: Execution,
    pub(crate) object: Option<Oid>,
}

/// How many executions there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) executions: usize,
    pub(crate) passed: usize,
    /// When the latest began.
    pub(crate) latest: Option<Timestamp>,
}

impl Summary {
    /// Of these executions.
    pub(super) fn of<'e>(executions: impl Iterator<Item = &'e Execution>) -> Self {
        let mut summary = Self::default();
        for execution in executions {
            summary.executions += 1;
            summary.passed += usize::from(execution.outcome == Outcome::Passed);
            summary.latest = summary.latest.max(Some(execution.at));
        }
        summary
    }
}

impl From<Digest> for Index {
    fn from(digest: Digest) -> Self {
        let Digest { head, counts, recent, contested, known } = digest;
        Self {
            head,
            counts: counts.into(),
            recent: recent.into(),
            contested: contested.into(),
            known: known.into(),
            file: None,
        }
    }
}

impl Index {
    pub(super) fn open(file: Derived) -> Option<Self> {
        Some(Self {
            head: file.value("head")?,
            counts: OnceCell::new(),
            recent: OnceCell::new(),
            contested: OnceCell::new(),
            known: OnceCell::new(),
            file: Some(file),
        })
    }

    /// A part, read when it is first asked for.
    fn part<'i, T>(&'i self, cell: &'i OnceCell<T>, read: impl Fn(&Derived) -> Option<T>) -> Option<&'i T> {
        if let Some(part) = cell.get() {
            return Some(part);
        }
        let part = read(self.file.as_ref()?)?;
        Some(cell.get_or_init(|| part))
    }

    fn counts(&self) -> Option<&Counts> {
        self.part(&self.counts, |file| file.value("counts"))
    }

    fn recent(&self) -> Option<&Vec<Recent>> {
        self.part(&self.recent, |file| file.value("recent"))
    }

    fn contested(&self) -> Option<&Contested> {
        self.part(&self.contested, |file| file.value("contested"))
    }

    fn known(&self) -> Option<&Vec<Known>> {
        self.part(&self.known, |file| Known::decode(&file.bytes("known")?))
    }

    /// All of it, to be added to.
    pub(super) fn digest(&self) -> Option<Digest> {
        Some(Digest {
            head: self.head.clone(),
            counts: self.counts()?.clone(),
            recent: self.recent()?.clone(),
            contested: self.contested()?.clone(),
            known: self.known()?.clone(),
        })
    }

    /// The latest executions, at most `most` of those that ended as `outcome` says.
    pub(super) fn latest(&self, most: usize, outcome: Option<Outcome>) -> Option<Vec<Listed>> {
        let (recent, contested) = (self.recent()?, self.contested()?);
        let mut listed: Vec<Listed> = executions(&contested.records())
            .into_iter()
            .map(|execution| Listed { object: contested.object(execution.id), execution })
            .collect();
        // Of plain executions that are older nothing is known here but that there are some.
        if let Some(oldest) = recent.first().filter(|_| recent.len() < self.head.plain) {
            listed.retain(|it| (it.execution.at, it.execution.id) > (oldest.at, oldest.id));
        }
        let wanted = |execution: &Execution| outcome.is_none_or(|outcome| execution.outcome == outcome);
        listed.retain(|it| wanted(&it.execution));
        let mut plain = 0;
        for Recent { line, objects, .. } in recent.iter().rev() {
            if plain == most {
                break;
            }
            let Ok(Record::Execution(execution)) = Record::parse(line.as_bytes()) else { return None };
            if wanted(&execution) {
                plain += 1;
                listed.push(Listed { object: objects.first().copied(), execution: *execution });
            }
        }
        listed.sort_by_key(|it| Reverse((it.execution.at, it.execution.id)));
        listed.truncate(most);
        (listed.len() == most || recent.len() == self.head.plain).then_some(listed)
    }

    /// How many executions there are.
    pub(super) fn summary(&self) -> Option<Summary> {
        let Head { plain, passed, latest, .. } = self.head;
        let contested = Summary::of(executions(&self.contested()?.records()).iter());
        Some(Summary {
            executions: plain + contested.executions,
            passed: passed + contested.passed,
            latest: latest.max(contested.latest),
        })
    }

    /// Whether there is a record with this id.
    pub(super) fn knows(&self, id: RecordId) -> Option<bool> {
        Some(find(self.known()?, id).is_some())
    }

    /// How an execution ended; `None` inside: it is not here, or was forgotten.
    pub(super) fn outcome(&self, id: RecordId) -> Option<Option<Outcome>> {
        Some(match find(self.known()?, id).map(|known| known.kind) {
            Some(Kind::Plain(outcome)) => Some(outcome),
            Some(Kind::Contested) => {
                let contested = executions(&self.contested()?.records());
                contested.into_iter().find(|it| it.id == id).map(|it| it.outcome)
            }
            Some(Kind::Other) | None => None,
        })
    }

    /// The library that the records show on top of what `known` says was decided and since when.
    pub(super) fn recount(&self, known: &Library) -> Option<Library> {
        let (counts, contested) = (self.counts()?, self.contested()?);
        let mut decided =
            known.decisions.claims().map(|claim| claim.id).filter(|id| !contested.contains(*id));
        let is_plain = |id| Some(matches!(find(self.known()?, id)?.kind, Kind::Plain(_)));
        // Whether a plain record is in the cell that was decided upon only its line tells.
        if self.head.epoch != known.epoch || decided.any(|id| is_plain(id) == Some(true)) {
            return None;
        }
        let records: Records = contested.records();
        Some(completed(counts.clone(), &records, known, |_| None))
    }
}

impl Store<'_> {
    /// The index of the notes at `tip`, with what waits in the spool: read, brought up to date, or made
    /// where that is worth it. Whoever does not care for `epoch` takes any.
    pub(super) fn index(&self, tip: Oid, spooled: &Found, epoch: Option<&Month>) -> Option<Index> {
        let found = self.derived(INDEX).and_then(Index::open);
        let index = match found.filter(|found| epoch.is_none_or(|epoch| *epoch == found.head.epoch)) {
            Some(index) if index.head.tip == tip => index,
            found => match found.and_then(|found| self.later(&found, tip)) {
                Some(later) => later,
                None => self.make_index(tip, epoch)?,
            },
        };
        if spooled.records().next().is_none() && spooled.pairs().next().is_none() {
            return Some(index);
        }
        taken_in(index.digest()?, spooled).map(Index::from)
    }

    /// Makes the index of the notes at `tip` from the notes, and publishes it.
    pub(super) fn make_index(&self, tip: Oid, epoch: Option<&Month>) -> Option<Index> {
        let notes = self.repo.notes(tip).ok()?;
        if notes.len() < WORTH_IT {
            return None;
        }
        let epoch = epoch.map_or_else(|| Some(self.evidence().ok()?.0.epoch), |epoch| Some(epoch.clone()))?;
        let digest = Digest::nothing(tip, &epoch).with(self.read_lines(&notes, Depth::Skimmed))?;
        self.publish_index(&digest);
        Some(digest.into())
    }

    /// What `found` says, and what the notes at `tip` say beyond it. `None`: they do not only add to it.
    fn later(&self, found: &Index, tip: Oid) -> Option<Index> {
        let changed = self.repo.changed_notes(found.head.tip, tip).ok()?;
        let lines = |notes: &[(Oid, Oid)]| self.read_lines(notes, Depth::All);
        let (gone, new) = (lines(&changed.gone), lines(&changed.new));
        let digest = found.digest()?.moved(tip, &gone, new)?;
        let number = changed.new.len();
        if number > MANY.max(digest.known.len() / SHARE) {
            self.publish_index(&digest);
        }
        Some(digest.into())
    }

    /// Publishes the index, if that is possible. What is not there yet but promised or missing may be
    /// there tomorrow under the same tip: then it would tell less than the notes.
    fn publish_index(&self, digest: &Digest) {
        if !digest.head.bad.iter().any(BadLine::is_whole_note) {
            self.publish(INDEX, &file(digest));
        }
    }
}

/// The file that holds a digest.
pub(super) fn file(digest: &Digest) -> Derived {
    let sections = [
        ("head", section(&digest.head)),
        ("recent", section(&digest.recent)),
        ("contested", section(&digest.contested)),
        ("counts", section(&digest.counts)),
        ("known", Known::encode(&digest.known)),
    ];
    Derived::of(sections.map(|(name, bytes)| (name.to_owned(), bytes)).into())
}

/// A digest with what waits in the spool, as draining will take it in.
fn taken_in(mut digest: Digest, spooled: &Found) -> Option<Digest> {
    let mut new = Lines::default();
    for Waiting { object, line, .. } in spooled.records() {
        for line in Lines::of_note(*object, line.as_bytes(), Depth::All).records {
            if digest.kind(line.id).is_some() {
                digest.place(|id, objects| {
                    if id == line.id {
                        objects.extend([*object]);
                    }
                });
            } else {
                // Of two that differ under one id the first counts until draining tells.
                let first = new.records.iter().find(|it| it.id == line.id);
                let text = first.map_or_else(|| line.text.clone(), |first| first.text.clone());
                let record = first.map_or_else(|| line.record.clone(), |first| first.record.clone());
                new.records.push(Line { text, record, ..line });
            }
        }
    }
    new.sort();
    let mut digest = digest.with(new)?;
    let next = successors(spooled);
    if !next.is_empty() {
        digest.place(|_, objects| follow(objects, &next));
    }
    Some(digest)
}
