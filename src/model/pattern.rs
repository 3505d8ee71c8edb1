//! Patterns: the workflow shape that executions showed, and where its evidence places it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::evidence::{Cells, Tally};
use super::id::{ComponentId, PatternId};
use super::policy::Policy;
use super::record::{Execution, Outcome, Step, StepOutcome};
use super::time::Timestamp;

/// The most request hashes that a pattern keeps: enough to tell few requests from many.
pub(crate) const MAX_REQUESTS: usize = 16;

/// Which components ran, phase after phase; components of one phase are sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Shape {
    phases: Vec<Vec<ComponentId>>,
}

impl Shape {
    /// The shape that `execution` showed: a pure function of its steps.
    ///
    /// Of several tries at one step the one that passed counts, else the first. A step that was
    /// skipped is part of the shape only when the execution did not pass (it would have run). An
    /// execution in which nothing ran has no shape.
    pub(crate) fn of(execution: &Execution) -> Option<Self> {
        let steps = tries(&execution.steps);
        let depth = depths(&steps);
        let counts =
            |step: &Step| step.outcome != StepOutcome::Skipped || execution.outcome != Outcome::Passed;
        let mut phases = BTreeMap::<usize, Vec<ComponentId>>::new();
        for (step, depth) in steps.iter().zip(depth).filter(|(step, _)| counts(step.shown)) {
            phases.entry(depth).or_default().push(step.shown.component.clone());
        }
        let ran = steps.iter().any(|step| step.shown.outcome != StepOutcome::Skipped);
        ran.then(|| Self::new(phases.into_values().collect()))
    }

    /// A shape from its phases.
    pub(crate) fn new(mut phases: Vec<Vec<ComponentId>>) -> Self {
        phases.retain(|phase| !phase.is_empty());
        for phase in &mut phases {
            phase.sort_unstable();
        }
        Self { phases }
    }

    /// The phases.
    pub(crate) fn phases(&self) -> &[Vec<ComponentId>] {
        &self.phases
    }

    /// Every component, phase after phase.
    pub(crate) fn components(&self) -> impl Iterator<Item = &ComponentId> {
        self.phases.iter().flatten()
    }

    /// Up to three component names and the first 48 bits of the BLAKE3 hash of the shape.
    pub(crate) fn id(&self) -> PatternId {
        let hash = blake3::hash(super::json::canonical(self).as_bytes()).to_hex();
        let mut parts: Vec<String> = self.components().take(3).map(|it| slug(it.name(), 24)).collect();
        parts.push(hash[..12].to_owned());
        parts.retain(|part| !part.is_empty());
        parts.join("-").parse().expect("slugs and hex digits are valid in a pattern id")
    }

    /// One after the other, side by side, or both.
    pub(crate) fn category(&self) -> Category {
        let parallel = self.phases.iter().any(|phase| phase.len() > 1);
        match (parallel, self.phases.len()) {
            (false, _) => Category::Sequential,
            (true, 1) => Category::Parallel,
            (true, _) => Category::Composite,
        }
    }
}

impl fmt::Display for Shape {
    /// `a → b + c → d`, by component names.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, phase) in self.phases.iter().enumerate() {
            if index > 0 {
                out.write_str(" → ")?;
            }
            let names: Vec<&str> = phase.iter().map(ComponentId::name).collect();
            out.write_str(&names.join(" + "))?;
        }
        Ok(())
    }
}

/// Lower-case letters, digits and single dashes of `text`, at most `longest` bytes.
pub(crate) fn slug(text: &str, longest: usize) -> String {
    let mut slug = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(longest);
    slug.trim_end_matches('-').to_owned()
}

/// The tries at one step of an execution.
struct Tried<'a> {
    id: &'a str,
    needs: Option<&'a [String]>,
    phase: Option<u32>,
    shown: &'a Step,
}

/// Groups the entries of an execution by step id, in order of first appearance.
fn tries(steps: &[Step]) -> Vec<Tried<'_>> {
    let mut grouped: Vec<Tried<'_>> = Vec::new();
    for step in steps {
        let id = step.id.as_deref().unwrap_or_default();
        match grouped.iter_mut().find(|it| !id.is_empty() && it.id == id) {
            Some(seen) if step.outcome == StepOutcome::Passed => seen.shown = step,
            Some(_) => {}
            None => grouped.push(Tried { id, needs: step.needs.as_deref(), phase: step.phase, shown: step }),
        }
    }
    grouped
}

/// The phase of every step: as recorded where all say so, else how deep its needs go. A need that
/// names no earlier step is ignored, so this ends on any input.
fn depths(steps: &[Tried<'_>]) -> Vec<usize> {
    if let Some(phases) = steps.iter().map(|step| step.phase).collect::<Option<Vec<_>>>() {
        return phases.into_iter().map(|phase| phase as usize).collect();
    }
    let mut depths: Vec<usize> = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let depth = match step.needs {
            None => depths.last().map_or(0, |before| before + 1),
            Some(needs) => (0..index)
                .filter(|&earlier| needs.iter().any(|need| need == steps[earlier].id))
                .map(|earlier| depths[earlier] + 1)
                .max()
                .unwrap_or(0),
        };
        depths.push(depth);
    }
    depths
}

/// What a shape looks like; the folder of a discovered pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Category {
    Sequential,
    Parallel,
    Composite,
}

/// How far a pattern has risen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    Retired,
    Discovered,
    Validated,
    Learned,
}

impl Stage {
    /// The word that output and folders use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Discovered => "discovered",
            Self::Validated => "validated",
            Self::Learned => "learned",
        }
    }

    /// Where evidence places a pattern: a pure function of tally, distinct requests and policy.
    pub(crate) fn of(tally: Tally, requests: usize, policy: &Policy) -> Self {
        let rises = |rise: &super::policy::Rise| {
            tally.runs() >= rise.runs
                && requests as u64 >= rise.requests
                && tally.lower_bound() >= rise.lower_bound
        };
        if tally.runs() >= policy.retired.runs && tally.upper_bound() < policy.retired.upper_bound {
            Self::Retired
        } else if rises(&policy.learned) {
            Self::Learned
        } else if rises(&policy.validated) {
            Self::Validated
        } else {
            Self::Discovered
        }
    }
}

/// Why a pattern is proposed that nobody ran yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inferred {
    /// In thousandths, from 0 to 1000: how likely it is, as far as texts tell, that its steps go together.
    pub(crate) score: u16,
    /// The facts that it follows from, in words.
    pub(crate) reason: String,
}

impl Inferred {
    /// A certain score.
    pub(crate) const MOST: u16 = 1000;

    /// The score as a share.
    pub(crate) fn share(&self) -> f64 {
        f64::from(self.score) / f64::from(Self::MOST)
    }
}

/// A pattern with its evidence: one file of the learning tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pattern {
    pub(crate) v: u32,
    pub(crate) id: PatternId,
    pub(crate) phases: Shape,
    /// Hashes of distinct requests: the smallest 16.
    pub(crate) requests: BTreeSet<String>,
    /// The most common keywords of its requests.
    pub(crate) words: Vec<String>,
    /// `at` of the latest execution, and its replica; the later one wins a join of the other fields.
    pub(crate) updated: Timestamp,
    pub(crate) replica: String,
    /// Why it was proposed, where it was: the greater of two counts. It says nothing any more once
    /// there is evidence; see [`Pattern::proposal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) inferred: Option<Inferred>,
    #[serde(default, skip_serializing_if = "Cells::is_empty")]
    pub(crate) cells: Cells,
}

impl Pattern {
    /// A pattern of this shape that nothing is known of yet.
    pub(crate) fn new(shape: Shape) -> Self {
        Self {
            v: 1,
            id: shape.id(),
            phases: shape,
            requests: BTreeSet::new(),
            words: Vec::new(),
            updated: Timestamp::default(),
            replica: String::new(),
            inferred: None,
            cells: Cells::default(),
        }
    }

    /// A pattern of this shape that texts propose.
    pub(crate) fn proposed(shape: Shape, inferred: Inferred) -> Self {
        Self { inferred: Some(inferred), ..Self::new(shape) }
    }

    /// Why it is proposed, as long as it never ran: evidence tells more than any text.
    pub(crate) fn proposal(&self) -> Option<&Inferred> {
        self.inferred.as_ref().filter(|_| self.cells.is_empty())
    }

    /// Whether nothing but the proposal is known of it, or not even that.
    pub(super) fn is_only_proposed(&self) -> bool {
        let Self { requests, words, updated, replica, cells, .. } = self;
        requests.is_empty()
            && words.is_empty()
            && *updated == Timestamp::default()
            && replica.is_empty()
            && cells.is_empty()
    }

    /// Joins what another clone knows of the same pattern.
    pub(crate) fn join(&mut self, other: &Self) {
        self.cells.join(&other.cells);
        self.requests.extend(other.requests.iter().cloned());
        self.trim_requests();
        if other.inferred > self.inferred {
            self.inferred.clone_from(&other.inferred);
        }
        let stamp = |it: &Self| (it.updated, it.replica.clone(), it.words.clone());
        if stamp(other) > stamp(self) {
            (self.updated, self.replica, self.words) = stamp(other);
        }
    }

    /// Keeps the smallest 16 request hashes.
    pub(crate) fn trim_requests(&mut self) {
        while self.requests.len() > MAX_REQUESTS {
            self.requests.pop_last();
        }
    }

    /// The path in the learning tree that this evidence calls for.
    pub(crate) fn path(&self, tally: Tally, policy: &Policy) -> String {
        let folder = match Stage::of(tally, self.requests.len(), policy) {
            Stage::Retired => "retired".to_owned(),
            Stage::Learned => "learned".to_owned(),
            Stage::Validated => format!("validated/{}", band(tally, policy)),
            Stage::Discovered => match self.phases.category() {
                Category::Sequential => "discovered/sequential".to_owned(),
                Category::Parallel => "discovered/parallel".to_owned(),
                Category::Composite => "discovered/composite".to_owned(),
            },
        };
        format!("patterns/{folder}/{}.toml", self.id)
    }
}

/// The band of a validated pattern, by its mean success rate.
fn band(tally: Tally, policy: &Policy) -> &'static str {
    let mean = tally.mean().unwrap_or(0.0);
    if mean >= policy.bands.high {
        "high"
    } else if mean >= policy.bands.medium {
        "medium"
    } else {
        "experimental"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;

    fn shape(steps: &[(&str, &str, Option<&[&str]>, StepOutcome)], outcome: Outcome) -> Option<Shape> {
        let mut execution = samples::execution(1);
        execution.outcome = outcome;
        execution.steps = steps
            .iter()
            .map(|(id, name, needs, outcome)| {
                let mut step = samples::step(name, *outcome);
                step.id = (!id.is_empty()).then(|| (*id).to_owned());
                step.needs = needs.map(|needs| needs.iter().map(|need| (*need).to_owned()).collect());
                step
            })
            .collect();
        Shape::of(&execution)
    }

    use StepOutcome::{Failed, Passed, Skipped};

    #[test]
    fn steps_without_needs_follow_each_other() {
        let shape = shape(&[("", "a", None, Passed), ("", "b", None, Passed)], Outcome::Passed).expect("ran");
        assert_eq!(shape.to_string(), "a → b");
        assert_eq!(shape.category(), Category::Sequential);
    }

    #[test]
    fn the_fallback_that_passed_stands_in_the_shape() {
        let steps = [("x", "a", Some(&[][..]), Failed), ("x", "b", Some(&[][..]), Passed)];
        assert_eq!(shape(&steps, Outcome::Passed).expect("ran").to_string(), "b");
        let steps = [("x", "a", Some(&[][..]), Failed), ("x", "b", Some(&[][..]), Failed)];
        assert_eq!(shape(&steps, Outcome::Failed).expect("ran").to_string(), "a");
    }

    #[test]
    fn needs_make_phases_and_a_circle_of_needs_ends() {
        let steps = [
            ("a", "a", Some(&["c"][..]), Passed),
            ("b", "b", Some(&[][..]), Passed),
            ("c", "c", Some(&["a", "b"][..]), Passed),
        ];
        let shape = shape(&steps, Outcome::Passed).expect("ran");
        assert_eq!(shape.to_string(), "a + b → c");
        assert_eq!(shape.category(), Category::Composite);
    }

    #[test]
    fn what_was_already_green_is_no_part_of_what_worked() {
        let steps = [("a", "a", None, Skipped), ("b", "b", None, Passed)];
        assert_eq!(shape(&steps, Outcome::Passed).expect("ran").to_string(), "b");
        assert_eq!(shape(&[("a", "a", None, Skipped)], Outcome::Passed), None);
    }

    #[test]
    fn the_same_shape_has_the_same_name_however_its_phase_was_written() {
        let component = |name: &str| samples::step(name, Passed).component;
        let one = Shape::new(vec![vec![component("b"), component("a")]]);
        let two = Shape::new(vec![vec![component("a"), component("b")], vec![]]);
        assert_eq!(one.id(), two.id());
        assert_ne!(one.id(), Shape::new(vec![vec![component("a")], vec![component("b")]]).id());
    }

    #[test]
    fn evidence_alone_moves_a_pattern() {
        let policy = Policy::default();
        let stage = |passed, failed, requests| {
            Stage::of(Tally { passed, failed, ..Tally::default() }, requests, &policy).as_str()
        };
        assert_eq!(stage(4, 0, 4), "discovered");
        assert_eq!(stage(5, 0, 2), "discovered");
        assert_eq!(stage(5, 0, 3), "validated");
        assert_eq!(stage(20, 0, 3), "learned");
        assert_eq!(stage(15, 5, 9), "validated");
        assert_eq!(stage(2, 8, 9), "retired");
    }
}
