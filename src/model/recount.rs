//! Recounting: the library that the records of the notes show, and nothing but the records.
//!
//! Every line of an execution *claims* cells, as it is and with every outcome that a correction ever
//! gave it. One line counts (of two lines with one id the greater bytes do); what else was claimed is
//! dropped. So a cell only ever grows with what is known, the maximum of two counts never exceeds
//! what a recount of both would tell, and what was dropped is subtracted when it is read.

use std::collections::{BTreeMap, BTreeSet};

use super::decision::{Claim, Decision, Decisions};
use super::evidence::Slot;
use super::id::{ComponentId, RecordId};
use super::library::{Issue, Library};
use super::pattern::{Pattern, Shape};
use super::record::{Amendment, AmendmentKind, Execution, Outcome, Record, StepOutcome};
use super::text::visible;

/// The most keywords that a pattern keeps.
const MAX_WORDS: usize = 24;
/// The most error signatures that a component keeps.
const MAX_ISSUES: usize = 5;

/// Records of the notes by id. More than one under an id: lines that differ, the winner last.
pub(crate) type Records = BTreeMap<RecordId, Vec<Record>>;

/// The executions that count, with corrections applied and forgotten ones left out.
pub(crate) fn executions(records: &Records) -> Vec<Execution> {
    let amendments = Amendments::of(records);
    records.values().filter_map(|lines| amendments.applied(as_execution(lines.last()?)?)).collect()
}

/// The library that `records` show on top of what `known` says was decided and since when.
pub(crate) fn recount(records: &Records, known: &Library) -> Library {
    let mut library = Library { epoch: known.epoch.clone(), ..Library::default() };
    let claims = Claims::of(records, &known.decisions);
    let mut executions = executions(records);
    executions.sort_by(|a, b| (a.at, &a.replica, a.id).cmp(&(b.at, &b.replica, b.id)));
    for execution in &executions {
        describe(&mut library, execution);
    }
    for ((subject, slot), ids) in claims.counted {
        if slot.month >= library.epoch {
            set_cell(&mut library, &claims.subjects[&subject], slot, ids.len() as u64);
        }
    }
    library.decisions = claims.decisions;
    library.decisions.since(&library.epoch);
    keep_common_words(&mut library, executions);
    library
}

/// Who a cell belongs to.
#[derive(Clone, PartialEq, Eq)]
enum Subject {
    Pattern(Shape),
    Component(ComponentId),
}

impl Subject {
    fn name(&self) -> String {
        match self {
            Self::Pattern(shape) => shape.id().to_string(),
            Self::Component(id) => id.to_string(),
        }
    }
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
        // What was decided elsewhere is in cells that other clones counted, known here or not.
        for Claim { id, slot, subject } in known.claims() {
            if claims.subjects.contains_key(subject) {
                claims.counted.entry((subject.clone(), slot.clone())).or_default().insert(*id);
            }
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

/// The cells that an execution is counted in: its pattern's, and one for each outcome of each of
/// its components.
fn cells_of(execution: &Execution) -> Vec<(Subject, Slot)> {
    let replica = visible(&execution.replica);
    let slot = |outcome| Slot { replica: replica.clone(), month: execution.at.month(), outcome };
    let pattern = Shape::of(execution).map(|shape| (Subject::Pattern(shape), slot(execution.outcome)));
    let steps = execution.steps.iter().filter_map(|step| {
        let outcome = match step.outcome {
            StepOutcome::Passed => Outcome::Passed,
            StepOutcome::Failed => Outcome::Failed,
            StepOutcome::Environment => Outcome::Environment,
            StepOutcome::Skipped => return None,
        };
        Some((Subject::Component(step.component.clone()), slot(outcome)))
    });
    pattern.into_iter().chain(steps).collect()
}

fn set_cell(library: &mut Library, subject: &Subject, slot: Slot, count: u64) {
    let cells = match subject {
        Subject::Pattern(shape) => {
            let pattern = library.patterns.entry(shape.id());
            &mut pattern.or_insert_with(|| Pattern::new(shape.clone())).cells
        }
        Subject::Component(id) => &mut library.components.entry(id.clone()).or_default().cells,
    };
    cells.raise(slot, count);
}

/// The fields beside the cells: from the latest execution that says something.
fn describe(library: &mut Library, execution: &Execution) {
    if execution.at.month() < library.epoch {
        return;
    }
    let stamp = (execution.at, visible(&execution.replica));
    if let Some(shape) = Shape::of(execution) {
        let pattern = library.patterns.entry(shape.id()).or_insert_with(|| Pattern::new(shape));
        pattern.requests.extend(request_hash(execution));
        pattern.trim_requests();
        if stamp > (pattern.updated, pattern.replica.clone()) {
            (pattern.updated, pattern.replica) = stamp.clone();
        }
    }
    for step in execution.steps.iter().filter(|step| step.outcome != StepOutcome::Skipped) {
        let record = library.components.entry(step.component.clone()).or_default();
        if stamp > (record.updated, record.replica.clone()) {
            (record.updated, record.replica) = stamp.clone();
            record.content = step.content.as_deref().map(visible);
        }
        if let Some(error) = step.error.as_deref().filter(|_| step.outcome == StepOutcome::Failed) {
            let issue = Issue { error: visible(error), fix: step.fix.as_deref().map(visible) };
            record.issues.retain(|known| known.error != issue.error);
            record.issues.insert(0, issue);
            record.issues.truncate(MAX_ISSUES);
        }
    }
}

/// BLAKE3 of the request, 16 hex digits: of its text without case and spacing, else of its keywords.
pub(super) fn request_hash(execution: &Execution) -> Option<String> {
    let text = execution.request.as_deref().map_or_else(
        || execution.words.join(" "),
        |request| request.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "),
    );
    (!text.is_empty()).then(|| blake3::hash(text.as_bytes()).to_hex()[..16].to_owned())
}

/// Gives every pattern the most common keywords of the executions that showed it.
fn keep_common_words(library: &mut Library, executions: Vec<Execution>) {
    let mut counts = BTreeMap::<_, BTreeMap<String, usize>>::new();
    for execution in executions {
        if let Some(shape) = Shape::of(&execution).filter(|_| execution.at.month() >= library.epoch) {
            let words = counts.entry(shape.id()).or_default();
            execution.words.iter().for_each(|word| *words.entry(visible(word)).or_default() += 1);
        }
    }
    for (id, words) in counts {
        let mut ranked: Vec<(String, usize)> = words.into_iter().collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut common: Vec<String> = ranked.into_iter().take(MAX_WORDS).map(|(word, _)| word).collect();
        common.sort_unstable();
        if let Some(pattern) = library.patterns.get_mut(&id) {
            pattern.words = common;
        }
    }
}
