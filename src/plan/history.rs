//! What there is to learn of an execution: which components ran in which order, and how it ended.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use crate::model::id::ComponentId;
use crate::model::record::{Execution, Outcome, StepOutcome};

use super::learned::outline::{Outline, Part};
use super::learned::planner::Run;

/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;

/// The run that `execution` shows of the components that have a `number`; `None` if it shows nothing of them, or
/// if it was ended from outside.
pub(crate) fn run<'e>(
    execution: &'e Execution,
    number: impl Fn(&ComponentId) -> Option<Part>,
) -> Option<Run<'e>> {
    let passed = match execution.outcome {
        Outcome::Passed => true,
        Outcome::Failed => false,
        Outcome::Environment | Outcome::Aborted => return None,
    };
    let request = match &execution.request {
        Some(request) => Cow::Borrowed(request.as_str()),
        None if execution.words.is_empty() => return None,
        None => Cow::Owned(execution.words.join(" ")),
    };
    let mut shape = Shape::default();
    for step in execution.steps.iter().filter(|step| step.outcome != StepOutcome::Skipped) {
        let part = number(&step.component);
        shape.add(part, step.id.as_deref(), step.needs.as_deref());
    }
    let failed = execution.steps.iter().filter(|step| step.outcome == StepOutcome::Failed);
    let failed: BTreeSet<Part> = failed.filter_map(|step| number(&step.component)).collect();
    let outline = Outline::new(shape.parts, shape.links)?;
    let day = execution.at.0 as f64 / DAY;
    Some(Run { request, outline, day, passed, failed: failed.into_iter().collect() })
}

/// Parts and links as they come together, step by step.
#[derive(Default)]
struct Shape<'e> {
    parts: Vec<Part>,
    links: BTreeSet<(usize, usize)>,
    /// What a step that needs this one waits for: its place, or what it needs itself if it is not known.
    places: HashMap<&'e str, Vec<usize>>,
    latest: Vec<usize>,
}

impl<'e> Shape<'e> {
    fn add(&mut self, part: Option<Part>, id: Option<&'e str>, needs: Option<&'e [String]>) {
        if let Some(known) = id.and_then(|id| self.places.get(id)) {
            // A further try of the same step: who ran last did the work.
            if let (Some(part), Some(&place)) = (part, known.first()) {
                self.parts[place] = part;
            }
            return;
        }
        let waits: Vec<usize> = match needs {
            None => self.latest.clone(),
            Some(needs) => {
                needs.iter().filter_map(|need| self.places.get(need.as_str())).flatten().copied().collect()
            }
        };
        let own = match part {
            Some(part) => {
                let place = self.parts.len();
                self.links.extend(waits.into_iter().map(|from| (from, place)));
                self.parts.push(part);
                vec![place]
            }
            None => waits,
        };
        self.latest.clone_from(&own);
        if let Some(id) = id {
            self.places.insert(id, own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Step;
    use crate::model::samples;

    fn entry(name: &str, id: &str, needs: &[&str]) -> Step {
        let needs = needs.iter().map(|it| (*it).to_owned()).collect();
        Step { id: Some(id.to_owned()), needs: Some(needs), ..samples::step(name, StepOutcome::Passed) }
    }

    /// Parts by number (`a` is 0), links by place, and the parts that failed.
    type Shown = (Vec<Part>, Vec<(usize, usize)>, Vec<Part>);

    fn shown(steps: Vec<Step>, outcome: Outcome) -> Option<Shown> {
        let known = ["a", "b", "c"].map(samples::component);
        let number = |id: &ComponentId| known.iter().position(|it| it == id).map(|at| at as Part);
        let execution = Execution { steps, outcome, ..samples::execution(0) };
        let run = run(&execution, number)?;
        Some((run.outline.parts().to_vec(), run.outline.places().collect(), run.failed))
    }

    #[test]
    fn steps_without_needs_run_one_after_the_other() {
        let steps = ["a", "b", "a"].map(|name| samples::step(name, StepOutcome::Passed)).to_vec();
        assert_eq!(shown(steps, Outcome::Passed), Some((vec![0, 1, 0], vec![(0, 1), (1, 2)], vec![])));
    }

    #[test]
    fn needs_are_kept_across_a_component_that_is_gone() {
        let steps = vec![
            entry("a", "1", &[]),
            entry("gone", "2", &["1"]),
            entry("b", "3", &[]),
            entry("c", "4", &["2", "3"]),
        ];
        assert_eq!(shown(steps, Outcome::Passed), Some((vec![0, 1, 2], vec![(0, 2), (1, 2)], vec![])));
    }

    #[test]
    fn a_fallback_did_the_work_of_the_step_that_it_stood_in_for() {
        let failed = Step { outcome: StepOutcome::Failed, ..entry("a", "1", &[]) };
        let steps = vec![failed, entry("b", "1", &[]), entry("c", "2", &["1"])];
        assert_eq!(shown(steps, Outcome::Passed), Some((vec![1, 2], vec![(0, 1)], vec![0])));
    }

    #[test]
    fn what_was_ended_from_outside_or_shows_nothing_is_no_lesson() {
        let passed = || vec![samples::step("a", StepOutcome::Passed)];
        assert_eq!(shown(passed(), Outcome::Environment), None);
        assert_eq!(shown(passed(), Outcome::Aborted), None);
        assert_eq!(shown(vec![samples::step("gone", StepOutcome::Passed)], Outcome::Passed), None);
        assert_eq!(shown(vec![samples::step("a", StepOutcome::Skipped)], Outcome::Passed), None);
    }
}
