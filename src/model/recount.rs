//! Recounting: the library that the records of the notes show, and nothing but the records.
//!
//! Every line of an execution *claims* cells, as it is and with every outcome that a correction ever
//! gave it. One line counts (of two lines with one id the greater bytes do); what else was claimed is
//! dropped. So a cell only ever grows with what is known, the maximum of two counts never exceeds
//! what a recount of both would tell, and what was dropped is subtracted when it is read.

use std::collections::{BTreeMap, BTreeSet};

use super::counts::{Counts, Subject, cells_of};
use super::decision::{Claim, Decision, Decisions};
use super::evidence::Slot;
use super::id::RecordId;
use super::library::Library;
use super::record::{Amendment, AmendmentKind, Execution, Outcome, Record};

/// Records of the notes by id. More than one under an id: lines that differ, the winner last.
pub(crate) type Records = BTreeMap<RecordId, Vec<Record>>;

/// The executions that count, with corrections applied and forgotten ones left out.
pub(crate) fn executions(records: &Records) -> Vec<Execution> {
    let amendments = Amendments::of(records);
    records.values().filter_map(|lines| amendments.applied(as_execution(lines.last()?)?)).collect()
}

/// The library that `records` show on top of what `known` says was decided and since when.
pub(crate) fn recount(records: &Records, known: &Library) -> Library {
    let amended = targets(records);
    let (plain, contested): (Vec<_>, Vec<_>) =
        records.iter().partition(|(id, lines)| is_plain(**id, lines, &amended));
    let mut counts = Counts::since(&known.epoch);
    plain.iter().filter_map(|(_, lines)| as_execution(lines.last()?)).for_each(|it| counts.add(it));
    let contested = contested.into_iter().map(|(id, lines)| (*id, lines.clone())).collect();
    let plain = |id: &RecordId| records.get(id).and_then(|lines| as_execution(lines.last()?));
    completed(counts, &contested, known, plain)
}

/// The ids that some line amends.
pub(crate) fn targets(records: &Records) -> BTreeSet<RecordId> {
    records.values().flatten().filter_map(as_amendment).map(|amendment| amendment.target).collect()
}

/// Whether all that there is to say of an id is one line, which amends nothing and is not amended: it
/// counts once and for all. Everything else is contested.
pub(crate) fn is_plain(id: RecordId, lines: &[Record], amended: &BTreeSet<RecordId>) -> bool {
    matches!(lines, [one] if as_amendment(one).is_none()) && !amended.contains(&id)
}

/// The library of `counts`, which has every plain record, and of everything `contested`. `plain` gives
/// the plain execution with an id.
pub(crate) fn completed<'e>(
    mut counts: Counts,
    contested: &Records,
    known: &Library,
    plain: impl Fn(&RecordId) -> Option<&'e Execution>,
) -> Library {
    let mut claims = Claims::of(contested, &known.decisions);
    claims.subjects.extend(counts.subjects());
    // What was decided elsewhere is in cells that other clones counted, known here or not.
    for Claim { id, slot, subject } in known.decisions.claims() {
        let Some(own) = claims.subjects.get(subject).cloned() else { continue };
        let counted = || plain(id).is_some_and(|it| cells_of(it).contains(&(own, slot.clone())));
        if contested.contains_key(id) || !counted() {
            claims.counted.entry((subject.clone(), slot.clone())).or_default().insert(*id);
        }
    }
    for ((subject, slot), ids) in claims.counted {
        counts.raise(&claims.subjects[&subject], &slot, ids.len() as u64);
    }
    executions(contested).iter().for_each(|execution| counts.describe(execution));
    let mut library = counts.library();
    library.decisions = claims.decisions;
    library.decisions.since(&library.epoch);
    library
}

/// What amendments say of each target.
#[derive(Default)]
struct Amendments<'a> {
    /// The corrections in force.
    corrections: BTreeMap<RecordId, Vec<&'a Amendment>>,
    /// What any line forgets: forgetting is final.
    forgets: BTreeSet<RecordId>,
    /// Every outcome that any line of a correction gives: who knew only that line believed it.
    said: BTreeMap<RecordId, BTreeSet<Outcome>>,
    /// The ids of everything that amends the target in one of its lines.
    by: BTreeMap<RecordId, BTreeSet<RecordId>>,
}

impl<'a> Amendments<'a> {
    fn of(records: &'a Records) -> Self {
        let mut amendments = Self::default();
        for lines in records.values() {
            for amendment in lines.iter().filter_map(as_amendment) {
                amendments.said.entry(amendment.target).or_default().extend(amendment.outcome);
                amendments.by.entry(amendment.target).or_default().insert(amendment.id);
                if amendment.kind == AmendmentKind::Forget {
                    amendments.forgets.insert(amendment.target);
                }
            }
            let winner = lines.last().and_then(as_amendment);
            if let Some(amendment) = winner.filter(|it| it.kind == AmendmentKind::Correction) {
                amendments.corrections.entry(amendment.target).or_default().push(amendment);
            }
        }
        for corrections in amendments.corrections.values_mut() {
            corrections.sort_by_key(|it| (it.at, it.id));
        }
        amendments
    }

    /// The execution as it counts; `None` where it was forgotten.
    fn applied(&self, execution: &Execution) -> Option<Execution> {
        let corrections = self.corrections.get(&execution.id).into_iter().flatten();
        let latest = corrections.rev().find_map(|it| it.outcome);
        let outcome = latest.unwrap_or(execution.outcome);
        (!self.forgets.contains(&execution.id)).then(|| Execution { outcome, ..execution.clone() })
    }

    /// Every cell that the execution ever counted in, for someone who knew only some of the lines.
    fn claims(&self, execution: &Execution) -> Vec<(Subject, Slot)> {
        let said = self.said.get(&execution.id).into_iter().flatten().copied();
        let version = |outcome| Execution { outcome, ..execution.clone() };
        said.chain([execution.outcome]).flat_map(|outcome| cells_of(&version(outcome))).collect()
    }

    /// Whether a claim of `id` holds, as far as these records tell; `None` where it holds and nobody
    /// who knew fewer of them can have dropped it.
    fn decision(&self, records: &Records, id: &RecordId, dropped: bool) -> Option<Decision> {
        if self.forgets.contains(id) {
            return Some(Decision::Forgotten);
        }
        let amending = self.by.get(id).into_iter().flatten().filter(|by| *by != id);
        let known = amending.chain([id]).filter_map(|id| records.get(id));
        let lines = known.map(Vec::len).sum::<usize>() as u64;
        (dropped || lines >= RESTORED).then_some(Decision::Told { lines, dropped })
    }
}

/// From this many lines on, a claim that holds may have been dropped by who knew fewer of them: it
/// takes one line to claim, one to drop and one to restore.
const RESTORED: u64 = 3;

/// Which execution is counted in which cell, and which of them are taken back.
struct Claims {
    counted: BTreeMap<(String, Slot), BTreeSet<RecordId>>,
    decisions: Decisions,
    subjects: BTreeMap<String, Subject>,
}

impl Claims {
    fn of(records: &Records, known: &Decisions) -> Self {
        let mut claims =
            Self { counted: BTreeMap::new(), decisions: known.clone(), subjects: BTreeMap::new() };
        let amendments = Amendments::of(records);
        for (id, lines) in records {
            let winner = lines.last().and_then(as_execution);
            let kept = winner.and_then(|it| amendments.applied(it)).map_or_else(Vec::new, |it| cells_of(&it));
            let claimed = lines.iter().filter_map(as_execution).flat_map(|it| amendments.claims(it));
            let decide = |dropped| amendments.decision(records, id, dropped);
            claimed.for_each(|cell| claims.add(*id, cell.clone(), decide(!kept.contains(&cell))));
        }
        claims
    }

    fn add(&mut self, id: RecordId, (subject, slot): (Subject, Slot), decision: Option<Decision>) {
        let name = subject.name();
        if let Some(decision) = decision {
            self.decisions.decide(Claim { subject: name.clone(), slot: slot.clone(), id }, decision);
        }
        self.counted.entry((name.clone(), slot)).or_default().insert(id);
        self.subjects.entry(name).or_insert(subject);
    }
}

fn as_amendment(record: &Record) -> Option<&Amendment> {
    match record {
        Record::Amendment(amendment) => Some(amendment),
        Record::Execution(_) | Record::Commit(_) | Record::Foreign(_) => None,
    }
}

fn as_execution(record: &Record) -> Option<&Execution> {
    match record {
        Record::Execution(execution) => Some(execution),
        Record::Amendment(_) | Record::Commit(_) | Record::Foreign(_) => None,
    }
}
