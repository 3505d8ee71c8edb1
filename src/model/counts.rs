//! Counts: what executions add up to, one at a time, in any order, so that a later one needs no look at
//! those before it.
//!
//! They hold what is counted once and for all: executions with one line that nothing amends. Taking one
//! back is not possible; `recount` adds what is contested each time anew.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::evidence::{Cells, Slot};
use super::id::{ComponentId, RecordId};
use super::library::Library;
use super::pattern::{Pattern, Shape};
use super::plugin_file::{ComponentRecord, Issue};
use super::record::{Execution, Outcome, Step, StepOutcome};
use super::text::visible;
use super::time::{Month, Timestamp};

/// The most keywords that a pattern keeps.
const MAX_WORDS: usize = 24;
/// The most error signatures that a component keeps.
const MAX_ISSUES: usize = 5;

/// Who a cell belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Pattern(Shape),
    Component(ComponentId),
}

impl Subject {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Pattern(shape) => shape.id().to_string(),
            Self::Component(id) => id.to_string(),
        }
    }
}

/// What executions since `epoch` add up to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    epoch: Month,
    patterns: BTreeMap<Shape, PatternCounts>,
    components: BTreeMap<ComponentId, ComponentCounts>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct PatternCounts {
    requests: BTreeSet<String>,
    /// Every keyword, with the number of executions that have it.
    words: BTreeMap<String, u64>,
    updated: Timestamp,
    replica: String,
    cells: Cells,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ComponentCounts {
    updated: Timestamp,
    replica: String,
    /// The execution that `content` is from.
    by: Option<RecordId>,
    content: Option<String>,
    /// The latest first.
    issues: Vec<Failure>,
    cells: Cells,
}

/// An error signature with where it was seen last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Failure {
    seen: Seen,
    error: String,
    fix: Option<String>,
}

/// A step of an execution, in the order of time: `at`, replica, id, and the step's place.
type Seen = (Timestamp, String, RecordId, usize);

impl Counts {
    /// Nothing yet.
    pub(crate) fn since(epoch: &Month) -> Self {
        Self { epoch: epoch.clone(), patterns: BTreeMap::new(), components: BTreeMap::new() }
    }

    /// Counts one more execution.
    pub(crate) fn add(&mut self, execution: &Execution) {
        let shape = Shape::of(execution);
        let mut slot = slot_of(execution);
        for (place, outcome) in places(execution, shape.as_ref()) {
            slot.outcome = outcome;
            self.raise_at(place, &slot, 1);
        }
        if slot.month >= self.epoch {
            self.tell(execution, shape);
        }
    }

    /// Takes in what others counted, of other executions since the same epoch.
    pub(crate) fn join(&mut self, other: Self) {
        for (shape, theirs) in other.patterns {
            self.patterns.entry(shape).or_default().join(theirs);
        }
        for (id, theirs) in other.components {
            self.components.entry(id).or_default().join(theirs);
        }
    }

    /// The library that these counts are.
    pub(super) fn library(self) -> Library {
        let mut library = Library { epoch: self.epoch, ..Library::default() };
        for (shape, counts) in self.patterns.into_iter().filter(|(_, it)| !it.cells.is_empty()) {
            let PatternCounts { requests, words, updated, replica, cells } = counts;
            let words = most_common(words);
            let pattern = Pattern { requests, words, updated, replica, cells, ..Pattern::new(shape) };
            library.patterns.insert(pattern.id.clone(), pattern);
        }
        for (id, counts) in self.components.into_iter().filter(|(_, it)| !it.cells.is_empty()) {
            let ComponentCounts { updated, replica, content, issues, cells, .. } = counts;
            let issues = issues.into_iter().map(|Failure { error, fix, .. }| Issue { error, fix }).collect();
            library.components.insert(id, ComponentRecord { updated, replica, content, issues, cells });
        }
        library
    }

    /// The subjects that were ever counted, also before the epoch, by name.
    pub(super) fn subjects(&self) -> BTreeMap<String, Subject> {
        let patterns = self.patterns.keys().cloned().map(Subject::Pattern);
        let components = self.components.keys().cloned().map(Subject::Component);
        patterns.chain(components).map(|subject| (subject.name(), subject)).collect()
    }

    /// Adds `more` executions to a cell; the subject is known from then on, whatever the month.
    pub(super) fn raise(&mut self, subject: &Subject, slot: &Slot, more: u64) {
        let place = match subject {
            Subject::Pattern(shape) => Place::Pattern(shape),
            Subject::Component(id) => Place::Component(id),
        };
        self.raise_at(place, slot, more);
    }

    fn raise_at(&mut self, place: Place<'_>, slot: &Slot, more: u64) {
        let is_counted = slot.month >= self.epoch;
        let add = |cells: &mut Cells| {
            if is_counted {
                cells.add(slot, more);
            }
        };
        match place {
            Place::Pattern(shape) => change(&mut self.patterns, shape, |it| add(&mut it.cells)),
            Place::Component(id) => change(&mut self.components, id, |it| add(&mut it.cells)),
        }
    }

    /// Takes in what an execution says beside its cells.
    pub(super) fn describe(&mut self, execution: &Execution) {
        if execution.at.month() >= self.epoch {
            self.tell(execution, Shape::of(execution));
        }
    }

    fn tell(&mut self, execution: &Execution, shape: Option<Shape>) {
        if let Some(shape) = shape {
            self.patterns.entry(shape).or_default().describe(execution);
        }
        let ran = |(_, step): &(usize, &Step)| step.outcome != StepOutcome::Skipped;
        for (place, step) in execution.steps.iter().enumerate().filter(ran) {
            change(&mut self.components, &step.component, |it| it.describe(execution, place, step));
        }
    }
}

/// Changes what is known of `key`, or nothing yet. Nearly always it is known, and then the key is not copied.
fn change<K: Ord + Clone, V: Default>(map: &mut BTreeMap<K, V>, key: &K, change: impl FnOnce(&mut V)) {
    match map.get_mut(key) {
        Some(value) => change(value),
        None => change(map.entry(key.clone()).or_default()),
    }
}

impl PatternCounts {
    fn join(&mut self, other: Self) {
        self.add_requests(other.requests);
        for (word, count) in other.words {
            *self.words.entry(word).or_default() += count;
        }
        if (other.updated, &other.replica) > (self.updated, &self.replica) {
            (self.updated, self.replica) = (other.updated, other.replica);
        }
        other.cells.iter().for_each(|(slot, count)| self.cells.add(slot, count));
    }

    fn add_requests(&mut self, requests: impl IntoIterator<Item = String>) {
        self.requests.extend(requests);
        while self.requests.len() > super::pattern::MAX_REQUESTS {
            self.requests.pop_last();
        }
    }

    fn describe(&mut self, execution: &Execution) {
        self.add_requests(request_hash(execution));
        for word in execution.words.iter().map(|word| visible(word)) {
            match self.words.get_mut(word.as_ref()) {
                Some(count) => *count += 1,
                None => drop(self.words.insert(word.into_owned(), 1)),
            }
        }
        let replica = visible(&execution.replica);
        if (execution.at, replica.as_ref()) > (self.updated, &self.replica) {
            (self.updated, self.replica) = (execution.at, replica.into_owned());
        }
    }
}

impl ComponentCounts {
    fn join(&mut self, other: Self) {
        if other.by.is_some_and(|by| self.is_before(other.updated, &other.replica, by)) {
            (self.updated, self.replica) = (other.updated, other.replica);
            (self.by, self.content) = (other.by, other.content);
        }
        other.issues.into_iter().for_each(|failure| self.fail(failure));
        other.cells.iter().for_each(|(slot, count)| self.cells.add(slot, count));
    }

    /// Whether what is said here is from before this execution; of those of one moment and replica the one
    /// with the least id counts.
    fn is_before(&self, at: Timestamp, replica: &str, id: RecordId) -> bool {
        let order = (at, replica).cmp(&(self.updated, self.replica.as_str()));
        order.then_with(|| Reverse(id).cmp(&Reverse(self.by.unwrap_or(id)))).is_gt()
    }

    fn describe(&mut self, execution: &Execution, place: usize, step: &Step) {
        let Execution { at, replica, id, .. } = execution;
        let replica = visible(replica);
        if self.is_before(*at, &replica, *id) {
            (self.updated, self.by) = (*at, Some(*id));
            self.replica = replica.clone().into_owned();
            self.content = step.content.as_deref().map(|it| visible(it).into_owned());
        }
        if let Some(error) = step.error.as_ref().filter(|_| step.outcome == StepOutcome::Failed) {
            let fix = step.fix.as_deref().map(|it| visible(it).into_owned());
            let seen = (*at, replica.into_owned(), *id, place);
            self.fail(Failure { seen, error: visible(error).into_owned(), fix });
        }
    }

    fn fail(&mut self, failure: Failure) {
        if self.issues.iter().any(|known| known.error == failure.error && known.seen >= failure.seen) {
            return;
        }
        self.issues.retain(|known| known.error != failure.error);
        let place = self.issues.partition_point(|known| known.seen > failure.seen);
        self.issues.insert(place, failure);
        self.issues.truncate(MAX_ISSUES);
    }
}

/// The cells that an execution is counted in: its pattern's, and one for each outcome of each of
/// its components.
pub(super) fn cells_of(execution: &Execution) -> Vec<(Subject, Slot)> {
    let (shape, slot) = (Shape::of(execution), slot_of(execution));
    let cell = |(place, outcome)| {
        let subject = match place {
            Place::Pattern(shape) => Subject::Pattern(Shape::clone(shape)),
            Place::Component(id) => Subject::Component(ComponentId::clone(id)),
        };
        (subject, Slot { outcome, ..slot.clone() })
    };
    places(execution, shape.as_ref()).into_iter().map(cell).collect()
}

/// Who a cell belongs to, while it is looked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'e> {
    Pattern(&'e Shape),
    Component(&'e ComponentId),
}

/// The slot of an execution in its pattern's cells.
fn slot_of(execution: &Execution) -> Slot {
    let replica = visible(&execution.replica).into_owned();
    Slot { replica, month: execution.at.month(), outcome: execution.outcome }
}

/// Whose cells an execution is counted in, and with which outcome, each once.
fn places<'e>(execution: &'e Execution, shape: Option<&'e Shape>) -> Vec<(Place<'e>, Outcome)> {
    let pattern = shape.map(|shape| (Place::Pattern(shape), execution.outcome));
    let steps = execution.steps.iter().filter_map(|step| {
        let outcome = match step.outcome {
            StepOutcome::Passed => Outcome::Passed,
            StepOutcome::Failed => Outcome::Failed,
            StepOutcome::Environment => Outcome::Environment,
            StepOutcome::Skipped => return None,
        };
        Some((Place::Component(&step.component), outcome))
    });
    let mut places: Vec<_> = pattern.into_iter().chain(steps).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// BLAKE3 of the request, 16 hex digits: of its text without case and spacing, else of its keywords.
pub(super) fn request_hash(execution: &Execution) -> Option<String> {
    let text = execution.request.as_deref().map_or_else(
        || execution.words.join(" "),
        |request| request.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "),
    );
    (!text.is_empty()).then(|| blake3::hash(text.as_bytes()).to_hex()[..16].to_owned())
}

/// The most common keywords, sorted.
fn most_common(words: BTreeMap<String, u64>) -> Vec<String> {
    let mut ranked: Vec<(String, u64)> = words.into_iter().collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut common: Vec<String> = ranked.into_iter().take(MAX_WORDS).map(|(word, _)| word).collect();
    common.sort_unstable();
    common
}
