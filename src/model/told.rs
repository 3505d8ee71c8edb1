//! What the records tell of patterns and components beside their cells: everything that any of them
//! could have brought into a library, whether or not it still counts.

use std::collections::{BTreeMap, BTreeSet};

use super::counts::request_hash;
use super::id::{ComponentId, PatternId};
use super::library::{ComponentRecord, Issue, Library};
use super::pattern::{Pattern, Shape};
use super::record::{Execution, Outcome, Record, StepOutcome};
use super::recount::Records;
use super::text::visible;
use super::time::Timestamp;

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
