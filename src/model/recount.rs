//! Recounting: the library that the records of the notes show, and nothing but the records.
//!
//! Every line of an execution *claims* cells. One line counts (of two lines with one id the greater
//! bytes do); what the others claimed is forgotten. So a cell only ever grows with what is known,
//! and the maximum of two counts is never too high after the forgotten ones are subtracted.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Slot;
use super::id::{ComponentId, RecordId};
use super::library::{Forgotten, Issue, Library};
use super::pattern::{Pattern, Shape};
use super::record::{Amendment, AmendmentKind, Execution, Outcome, Record, StepOutcome};

/// The most keywords that a pattern keeps.
const MAX_WORDS: usize = 24;
/// The most error signatures that a component keeps.
const MAX_ISSUES: usize = 5;

/// Records of the notes by id. More than one under an id: lines that differ, the winner last.
pub(crate) type Records = BTreeMap<RecordId, Vec<Record>>;

/// The executions that count, with corrections applied and forgotten ones left out.
pub(crate) fn executions(records: &Records) -> Vec<Execution> {
    let amendments = Amendments::of(records);
    records
        .iter()
        .filter_map(|(id, lines)| match lines.last() {
            Some(Record::Execution(execution)) => amendments.applied(id, execution),
            _ => None,
        })
        .collect()
}

/// The library that `records` show on top of what `known` says was forgotten and since when.
pub(crate) fn recount(records: &Records, known: &Library) -> Library {
    let mut library = Library { epoch: known.epoch.clone(), ..Library::default() };
    let claims = Claims::of(records, &known.forgotten);
    for execution in executions(records) {
        describe(&mut library, &execution);
    }
    for ((subject, slot), ids) in claims.counted {
        if slot.month >= library.epoch {
            set_cell(&mut library, &claims.subjects[&subject], slot, ids.len() as u64);
        }
    }
    library.forgotten = claims.forgotten.into_iter().filter(|it| it.slot.month >= library.epoch).collect();
    keep_common_words(&mut library, records);
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

/// The amendments in force: per target the latest correction, and who was forgotten.
struct Amendments<'a> {
    corrections: BTreeMap<RecordId, Vec<&'a Amendment>>,
    forgets: BTreeSet<RecordId>,
}

impl<'a> Amendments<'a> {
    fn of(records: &'a Records) -> Self {
        let mut amendments = Self { corrections: BTreeMap::new(), forgets: BTreeSet::new() };
        for record in records.values().filter_map(|lines| lines.last()) {
            let Record::Amendment(amendment) = record else { continue };
            match amendment.kind {
                AmendmentKind::Forget => drop(amendments.forgets.insert(amendment.target)),
                AmendmentKind::Correction => {
                    amendments.corrections.entry(amendment.target).or_default().push(amendment);
                }
            }
        }
        for corrections in amendments.corrections.values_mut() {
            corrections.sort_by_key(|it| (it.at, it.id));
        }
        amendments
    }

    fn corrections(&self, id: &RecordId) -> impl Iterator<Item = Outcome> {
        self.corrections.get(id).into_iter().flatten().filter_map(|it| it.outcome)
    }

    fn applied(&self, id: &RecordId, execution: &Execution) -> Option<Execution> {
        let mut execution = execution.clone();
        execution.outcome = self.corrections(id).last().unwrap_or(execution.outcome);
        (!self.forgets.contains(id)).then_some(execution)
    }
}

/// Which execution is counted in which cell, and which of them are taken back.
struct Claims {
    counted: BTreeMap<(String, Slot), BTreeSet<RecordId>>,
    forgotten: BTreeSet<Forgotten>,
    subjects: BTreeMap<String, Subject>,
}

impl Claims {
    fn of(records: &Records, forgotten: &BTreeSet<Forgotten>) -> Self {
        let mut claims =
            Self { counted: BTreeMap::new(), forgotten: forgotten.clone(), subjects: BTreeMap::new() };
        let amendments = Amendments::of(records);
        for (id, lines) in records {
            let mut versions: Vec<Execution> = lines.iter().filter_map(as_execution).cloned().collect();
            for outcome in amendments.corrections(id) {
                let corrected = versions.last().map(|last| Execution { outcome, ..last.clone() });
                versions.extend(corrected);
            }
            claims.add(*id, &versions, amendments.forgets.contains(id));
        }
        // What was forgotten elsewhere is in cells that other clones counted, known here or not.
        let known: Vec<_> = claims.forgotten.iter().cloned().collect();
        for Forgotten { id, slot, subject } in known {
            if claims.subjects.contains_key(&subject) {
                claims.counted.entry((subject, slot)).or_default().insert(id);
            }
        }
        claims
    }

    /// The last version counts; what earlier ones claimed beyond it is forgotten.
    fn add(&mut self, id: RecordId, versions: &[Execution], forget: bool) {
        let Some((winner, losers)) = versions.split_last() else { return };
        let kept = if forget { Vec::new() } else { cells_of(winner) };
        for (subject, slot) in losers.iter().chain([winner]).flat_map(cells_of) {
            let name = subject.name();
            if !kept.contains(&(subject.clone(), slot.clone())) {
                self.forgotten.insert(Forgotten { id, slot: slot.clone(), subject: name.clone() });
            }
            self.counted.entry((name.clone(), slot)).or_default().insert(id);
            self.subjects.entry(name).or_insert(subject);
        }
    }
}

fn as_execution(record: &Record) -> Option<&Execution> {
    match record {
        Record::Execution(execution) => Some(execution),
        Record::Amendment(_) | Record::Foreign(_) => None,
    }
}

/// The cells that an execution is counted in: its pattern's, and one for each outcome of each of
/// its components.
fn cells_of(execution: &Execution) -> Vec<(Subject, Slot)> {
    let slot = |outcome| Slot { replica: execution.replica.clone(), month: execution.at.month(), outcome };
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
    let stamp = (execution.at, execution.replica.clone());
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
            record.content.clone_from(&step.content);
        }
        if let Some(error) = step.error.clone().filter(|_| step.outcome == StepOutcome::Failed) {
            let issue = Issue { error, fix: step.fix.clone() };
            record.issues.retain(|known| known.error != issue.error);
            record.issues.insert(0, issue);
            record.issues.truncate(MAX_ISSUES);
        }
    }
}

/// BLAKE3 of the request, 16 hex digits: of its text without case and spacing, else of its keywords.
fn request_hash(execution: &Execution) -> Option<String> {
    let text = execution.request.as_deref().map_or_else(
        || execution.words.join(" "),
        |request| request.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "),
    );
    (!text.is_empty()).then(|| blake3::hash(text.as_bytes()).to_hex()[..16].to_owned())
}

/// Gives every pattern the most common keywords of the executions that showed it.
fn keep_common_words(library: &mut Library, records: &Records) {
    let mut counts = BTreeMap::<_, BTreeMap<String, usize>>::new();
    for execution in executions(records) {
        if let Some(shape) = Shape::of(&execution).filter(|_| execution.at.month() >= library.epoch) {
            let words = counts.entry(shape.id()).or_default();
            execution.words.into_iter().for_each(|word| *words.entry(word).or_default() += 1);
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
