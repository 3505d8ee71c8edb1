//! What a plan expects of itself, and of each step, from what was counted.

use std::collections::BTreeMap;

use crate::model::component::Card;
use crate::model::evidence::{ENOUGH_RUNS, Tally};
use crate::model::id::ComponentId;
use crate::model::json::Number;
use crate::model::plan::{PlannedContext, PlannedStep, Predictions};
use crate::model::record::{Execution, StepOutcome};

use super::precedent::Precedent;
use super::task::Task;

/// A model's window in tokens, as long as nothing says otherwise.
const WINDOW: u64 = 200_000;
/// Characters per token, roughly.
const CHARS_PER_TOKEN: u64 = 4;
/// From this share of the window on, a step says so.
pub(super) const LARGE_SHARE: f64 = 0.4;

/// Mean of the Beta posterior over a uniform prior; `None` below the evidence bound.
fn posterior_mean(tally: Tally) -> Option<f64> {
    let mean = (tally.passed + 1) as f64 / (tally.runs() + 2) as f64;
    (tally.runs() >= ENOUGH_RUNS).then_some(mean)
}

/// Four decimals: more would only look exact.
fn rounded(value: f64) -> Option<Number> {
    Number::new((value * 10_000.0).round() / 10_000.0)
}

/// Probability that the component passes; `None` below the evidence bound.
pub(super) fn probability(task: &Task<'_>, component: &ComponentId) -> Option<Number> {
    posterior_mean(task.library.component_tally(component)).and_then(rounded)
}

/// What a step takes of a model's window: nothing where a shell does the work.
pub(super) fn context(request: &str, component: &Card) -> PlannedContext {
    let tokens = match component.contract {
        Some(_) => 0,
        None => {
            let asked = request.chars().count() as u64 / CHARS_PER_TOKEN;
            component.tokens.always + component.tokens.on_invoke + asked
        }
    };
    PlannedContext { tokens, window: WINDOW, share: share(tokens) }
}

fn share(tokens: u64) -> Number {
    rounded(tokens as f64 / WINDOW as f64).expect("a count over a constant is finite")
}

/// What the plan of these steps expects; `precedent` is the one that its shape equals.
pub(super) fn predictions(
    task: &Task<'_>,
    steps: &[PlannedStep],
    precedent: Option<&Precedent<'_>>,
) -> Predictions {
    let alone =
        steps.iter().map(|step| task.library.component_tally(&step.component).runs()).min().unwrap_or(0);
    let whole = precedent.map(|precedent| precedent.tally);
    // The plan as a whole says most; its parts speak where they have been seen more often.
    let (probability, runs) = match whole.filter(|whole| whole.runs() >= ENOUGH_RUNS.min(alone)) {
        Some(whole) => (posterior_mean(whole), whole.runs()),
        None => (product(task, steps), alone),
    };
    let largest = steps.iter().map(|step| step.context.tokens).max().unwrap_or(0);
    Predictions {
        success_probability: probability.and_then(rounded),
        evidence_runs: runs,
        duration_s: duration_ms(task.executions, steps).and_then(|ms| Number::new(ms as f64 / 1000.0)),
        context_share: share(largest),
    }
}

/// The product of what every step comes to with the first fallback that enough is known of; `None`
/// if a step is not known well enough.
fn product(task: &Task<'_>, steps: &[PlannedStep]) -> Option<f64> {
    let mean = |id: &ComponentId| posterior_mean(task.library.component_tally(id));
    let step = |step: &PlannedStep| {
        let first = mean(&step.component)?;
        let second = step.fallbacks.iter().find_map(mean).unwrap_or(0.0);
        Some(first + (1.0 - first) * second)
    };
    steps.iter().map(step).product()
}

/// The slowest step of each phase, summed, from the medians of past passes in milliseconds; `None`
/// if a component never passed with its time known.
fn duration_ms(executions: &[Execution], steps: &[PlannedStep]) -> Option<u64> {
    let mut slowest = BTreeMap::<usize, u64>::new();
    let mut taken: BTreeMap<&ComponentId, Vec<u64>> =
        steps.iter().map(|step| (&step.component, Vec::new())).collect();
    for step in executions.iter().flat_map(|execution| &execution.steps) {
        if let (StepOutcome::Passed, Some(ms), Some(times)) =
            (step.outcome, step.duration_ms, taken.get_mut(&step.component))
        {
            times.push(ms);
        }
    }
    for step in steps {
        let median = median(taken.get_mut(&step.component)?)?;
        let phase = slowest.entry(step.phase).or_default();
        *phase = median.max(*phase);
    }
    Some(slowest.values().fold(0, |sum: u64, ms| sum.saturating_add(*ms)))
}

/// Of an even number the lower one of the two in the middle.
fn median(times: &mut [u64]) -> Option<u64> {
    times.sort_unstable();
    times.get(times.len().checked_sub(1)? / 2).copied()
}
