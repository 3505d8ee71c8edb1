//! What the records tell of patterns and components: everything that any of them could have brought into
//! a library, whether or not it still counts; and so what a library says that nobody told.

use std::collections::{BTreeMap, BTreeSet};

use super::counts::request_hash;
use super::evidence::{Cells, Slot};
use super::id::{ComponentId, PatternId};
use super::library::Library;
use super::pattern::{Pattern, Shape};
use super::plugin_file::{ComponentRecord, Issue};
use super::record::{Execution, Outcome, Record, StepOutcome};
use super::recount::{Records, recount};
use super::text::visible;
use super::time::Timestamp;

/// The library that `records` show beside what `library` decided. An execution that only it says to count
/// raises nothing, unless it is in a library `before`.
pub(crate) fn recounted(records: &Records, library: &Library, before: &Library) -> Library {
    let fresh = Library { epoch: library.epoch.clone(), ..Library::default() };
    let mut told = recount(records, &fresh).decisions;
    told.join(&before.decisions);
    let decisions = library.decisions.clone().without_untold_raises(&told);
    recount(records, &Library { decisions, ..fresh })
}

/// The first thing that `library` says beyond `before` and no record tells, in words. Where nothing is
/// known from before, only its cells have to be told: records that somebody mended tell other words.
pub(crate) fn untold(library: &Library, records: &Records, before: Option<&Library>) -> Option<String> {
    let nothing = Library::default();
    untold_cell(library, &recounted(records, library, before.unwrap_or(&nothing)), before)
        .or_else(|| untold_text(library, records, before?))
}

fn untold_cell(library: &Library, counted: &Library, before: Option<&Library>) -> Option<String> {
    let untold = |cells: &Cells, told: [Option<&Cells>; 2]| {
        let told = |slot: &Slot| told.iter().flatten().map(|cells| cells.get(slot)).max().unwrap_or(0);
        let mut raised = cells.iter().filter(|(slot, says)| *says > told(slot));
        raised.next().map(|(slot, says)| (slot.clone(), says, told(slot)))
    };
    let words = |id: &str, (slot, says, told): (Slot, u64, u64)| {
        let Slot { replica, month, outcome } = &slot;
        let cell = format!("{replica} {} {}", month.as_str(), outcome.as_str());
        format!("the cell {cell} of {id} says {says}, the notes here say {told}")
    };
    let patterns = library.patterns.iter().find_map(|(id, pattern)| {
        let told = [Some(counted), before].map(|it| it?.patterns.get(id).map(|it| &it.cells));
        Some(words(id.as_str(), untold(&pattern.cells, told)?))
    });
    patterns.or_else(|| {
        library.components.iter().find_map(|(id, record)| {
            let told = [Some(counted), before].map(|it| it?.components.get(id).map(|it| &it.cells));
            Some(words(id.as_str(), untold(&record.cells, told)?))
        })
    })
}

fn untold_text(library: &Library, records: &Records, before: &Library) -> Option<String> {
    let fresh = Library { epoch: library.epoch.clone(), ..Library::default() };
    let new = library.decisions.beyond(&before.decisions);
    let new = new.beyond(&recount(records, &fresh).decisions);
    let told = Told::by(records).and(before);
    let of_execution = new.claims().next().map(|claim| ("forgotten", claim.id.to_string()));
    let of_pattern = || {
        let of = |it: &Pattern| Some((*told.untold_of_pattern(it).first()?, it.id.to_string()));
        library.patterns.values().find_map(of)
    };
    let of_component = || {
        let of = |id: &ComponentId, it| Some((*told.untold_of_component(id, it).first()?, id.to_string()));
        library.components.iter().find_map(|(id, record)| of(id, record))
    };
    let (field, of) = of_execution.or_else(of_pattern).or_else(of_component)?;
    Some(format!("no note here tells what `{field}` says of {of}"))
}

/// What is told of patterns and components.
#[derive(Debug, Default)]
pub(crate) struct Told {
    patterns: BTreeMap<PatternId, Tales>,
    components: BTreeMap<ComponentId, Tales>,
}

/// What is told of one of them.
#[derive(Debug, Default)]
struct Tales {
    updated: BTreeSet<(Timestamp, String)>,
    requests: BTreeSet<String>,
    words: BTreeSet<String>,
    contents: BTreeSet<String>,
    issues: BTreeSet<Issue>,
}

impl Told {
    /// What `records` tell.
    pub(crate) fn by(records: &Records) -> Self {
        let mut told = Self::default();
        for record in records.values().flatten() {
            if let Record::Execution(execution) = record {
                told.add(execution);
            }
        }
        told
    }

    /// What a library says already: who adds to it need not tell it again.
    pub(crate) fn and(mut self, known: &Library) -> Self {
        for (id, pattern) in &known.patterns {
            let tales = self.patterns.entry(id.clone()).or_default();
            tales.updated.insert((pattern.updated, pattern.replica.clone()));
            tales.requests.extend(pattern.requests.iter().cloned());
            tales.words.extend(pattern.words.iter().cloned());
        }
        for (id, record) in &known.components {
            let tales = self.components.entry(id.clone()).or_default();
            tales.updated.insert((record.updated, record.replica.clone()));
            tales.contents.extend(record.content.clone());
            tales.issues.extend(record.issues.iter().cloned());
        }
        self
    }

    fn add(&mut self, execution: &Execution) {
        let visible = |text: &str| visible(text).into_owned();
        let stamp = (execution.at, visible(&execution.replica));
        // A correction may have made it pass or fail: what was skipped then is part of the shape or not.
        let version = |outcome| Execution { outcome, ..execution.clone() };
        let has_skipped = execution.steps.iter().any(|step| step.outcome == StepOutcome::Skipped);
        let versions =
            if has_skipped { vec![Outcome::Passed, Outcome::Failed] } else { vec![execution.outcome] };
        for shape in versions.into_iter().filter_map(|outcome| Shape::of(&version(outcome))) {
            let tales = self.patterns.entry(shape.id()).or_default();
            tales.updated.insert(stamp.clone());
            tales.requests.extend(request_hash(execution));
            tales.words.extend(execution.words.iter().map(|word| visible(word)));
        }
        for step in execution.steps.iter().filter(|step| step.outcome != StepOutcome::Skipped) {
            let tales = self.components.entry(step.component.clone()).or_default();
            tales.updated.insert(stamp.clone());
            tales.contents.extend(step.content.as_deref().map(visible));
            let fix = step.fix.as_deref().map(visible);
            tales.issues.extend(step.error.as_deref().map(|error| Issue { error: visible(error), fix }));
        }
    }

    /// What a pattern says that nobody told: the fields.
    pub(crate) fn untold_of_pattern(&self, pattern: &Pattern) -> Vec<&'static str> {
        let nothing = Tales::default();
        let tales = self.patterns.get(&pattern.id).unwrap_or(&nothing);
        let told = [
            ("updated", tales.has(pattern.updated, &pattern.replica)),
            ("requests", pattern.requests.is_subset(&tales.requests)),
            ("words", pattern.words.iter().all(|word| tales.words.contains(word))),
        ];
        told.into_iter().filter(|(_, told)| !told).map(|(field, _)| field).collect()
    }

    /// What a component's record says that nobody told: the fields.
    pub(crate) fn untold_of_component(
        &self,
        id: &ComponentId,
        record: &ComponentRecord,
    ) -> Vec<&'static str> {
        let nothing = Tales::default();
        let tales = self.components.get(id).unwrap_or(&nothing);
        let told = [
            ("updated", tales.has(record.updated, &record.replica)),
            ("content", record.content.as_ref().is_none_or(|it| tales.contents.contains(it))),
            ("issues", record.issues.iter().all(|issue| tales.issues.contains(issue))),
        ];
        told.into_iter().filter(|(_, told)| !told).map(|(field, _)| field).collect()
    }
}

impl Tales {
    /// Whether it was updated then; what was only counted, never was.
    fn has(&self, updated: Timestamp, replica: &str) -> bool {
        (updated == Timestamp::default() && replica.is_empty())
            || self.updated.contains(&(updated, replica.to_owned()))
    }
}
