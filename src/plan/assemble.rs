//! The plan of a task: choices, steps, order, predictions.

use std::collections::BTreeSet;

use crate::model::json::Number;
use crate::model::pattern::{self, Shape};
use crate::model::plan::{Avoided, Considered, Plan, PlannedContext, PlannedStep};

use super::advice::Advice;
use super::advised;
use super::choice::Choices;
use super::error::PlanError;
use super::fallback::fallbacks;
use super::merge::{self, Job};
use super::offer::Offer;
use super::order::Order;
use super::precedent::Precedent;
use super::prediction::{self, LARGE_SHARE};
use super::relation;
use super::task::Task;
use super::track::Track;

/// The plan format that this version writes.
const VERSION: u32 = 1;
/// The most components that a step names besides its own.
const CONSIDERED: usize = 3;
/// The longest step id, in bytes, without the number that makes it unique.
const MAX_ID: usize = 40;

/// Makes the plan of a task: a pure function, equal tasks make equal plans.
pub(crate) fn assemble(task: &Task<'_>) -> Result<Plan, PlanError> {
    let track = Track::of(task);
    let Layout { jobs, order, precedents, uncovered } = match &task.advice {
        Some(advice) => proposed(task, track, advice),
        None => chosen(task, track),
    };
    let uncovered: Vec<String> = uncovered.into_iter().map(|need| task.needs[need].0.text.clone()).collect();
    if jobs.is_empty() {
        return Err(PlanError::NothingCovered { needs: uncovered });
    }
    let (steps, phases) = steps(task, &jobs, &order, track);
    let shape = shape(&steps, &phases);
    let precedent = precedents.into_iter().find(|precedent| precedent.pattern.phases == shape);
    Ok(Plan {
        v: VERSION,
        request: task.request.to_owned(),
        predictions: prediction::predictions(task, &steps, precedent.as_ref()),
        steps,
        phases,
        pattern: precedent.map(|precedent| precedent.pattern.id.clone()),
        uncovered,
        avoided: avoided(&jobs),
    })
}

/// Who does what in which order.
struct Layout<'a> {
    jobs: Vec<Job<'a>>,
    order: Order,
    /// Patterns that it may follow.
    precedents: Vec<Precedent<'a>>,
    /// Indexes of needs.
    uncovered: Vec<usize>,
}

/// A component for every need, in the order that components declare and runs showed.
fn chosen<'a>(task: &Task<'a>, track: Track<'a>) -> Layout<'a> {
    let Choices { made, precedent, uncovered } = Choices::of(task, track);
    let jobs = merge::jobs(made, task.catalog);
    let components: Vec<_> = jobs.iter().map(|job| job.component).collect();
    let executions = if task.learning { task.executions } else { &[] };
    let order = Order::of(jobs.len(), relation::edges(&components, executions));
    Layout { jobs, order, precedents: precedent.into_iter().collect(), uncovered }
}

/// What past runs propose.
fn proposed<'a>(task: &Task<'a>, track: Track<'a>, advice: &Advice<'a>) -> Layout<'a> {
    let precedents = track.library().map_or_else(Vec::new, |library| Precedent::of(task, library));
    let uncovered = advice.uncovered().to_vec();
    Layout { jobs: advised::jobs(advice, task, track), order: advised::order(advice), precedents, uncovered }
}

/// The steps and their ids by phase, both in the order in which they run.
fn steps(
    task: &Task<'_>,
    jobs: &[Job<'_>],
    order: &Order,
    track: Track<'_>,
) -> (Vec<PlannedStep>, Vec<Vec<String>>) {
    let phases = order.phases();
    let mut ids = vec![String::new(); jobs.len()];
    let mut taken = BTreeSet::new();
    for &index in phases.iter().flatten() {
        ids[index] = unique_id(jobs[index].component.id.name(), &mut taken);
    }
    let named = |indexes: &[usize]| indexes.iter().map(|&index| ids[index].clone()).collect::<Vec<_>>();
    let step = |&index: &usize| {
        let job = &jobs[index];
        let context = prediction::context(task.request, job.component);
        PlannedStep {
            id: ids[index].clone(),
            component: job.component.id.clone(),
            phase: order.phase[index],
            needs: named(&order.needs[index]),
            purpose: purpose(task, job),
            gates: job.component.contract.as_ref().map_or_else(Vec::new, |contract| contract.gates.clone()),
            fallbacks: fallbacks(job, jobs, task.catalog, track),
            why: why(task, job, &context),
            considered: considered(task, job),
            context,
            probability: prediction::probability(task, &job.component.id),
        }
    };
    (phases.iter().flatten().map(step).collect(), phases.iter().map(|phase| named(phase)).collect())
}

/// The slug of `name`, with `-2`, `-3` and so on where it is taken.
fn unique_id(name: &str, taken: &mut BTreeSet<String>) -> String {
    let slug = Some(pattern::slug(name, MAX_ID)).filter(|slug| !slug.is_empty());
    let slug = slug.unwrap_or_else(|| "step".to_owned());
    let numbered = (2..).map(|number| format!("{slug}-{number}"));
    let mut free = std::iter::once(slug.clone()).chain(numbered).filter(|id| !taken.contains(id));
    let id = free.next().expect("there are more numbers than steps");
    taken.insert(id.clone());
    id
}

fn purpose(task: &Task<'_>, job: &Job<'_>) -> String {
    let texts: Vec<&str> = job.choices.iter().map(|choice| task.needs[choice.need].0.text.as_str()).collect();
    texts.join("; ")
}

fn why(task: &Task<'_>, job: &Job<'_>, context: &PlannedContext) -> String {
    let matched =
        unique(job.choices.iter().filter(|choice| !choice.followed).flat_map(|choice| &choice.matched));
    let mut why = unique(job.choices.iter().filter_map(|choice| choice.why.as_ref()));
    if !matched.is_empty() {
        why.insert(0, format!("matches {}", matched.join(", ")));
    }
    let tally = task.library.component_tally(&job.component.id);
    if task.learning && tally.runs() > 0 {
        why.push(format!("passed {} of {} runs here", tally.passed, tally.runs()));
    }
    let share = context.share.get();
    if share >= LARGE_SHARE {
        why.push(format!(
            "its text takes {:.0} % of a model's window ({} tokens)",
            share * 100.0,
            context.tokens
        ));
    }
    why.join("; ")
}

/// The best of what else was found for any need of the job.
fn considered(task: &Task<'_>, job: &Job<'_>) -> Vec<Considered> {
    let mut seen = BTreeSet::from([&job.component.id]);
    let mut offers: Vec<_> = job.choices.iter().flat_map(|choice| &choice.offers).collect();
    offers.sort_by(|a, b| b.candidate.coverage.total_cmp(&a.candidate.coverage));
    offers.retain(|offer| seen.insert(&offer.component.id));
    let considered = |offer: &Offer<'_>| {
        let tally = task.library.component_tally(&offer.component.id);
        let coverage = Number::new((offer.candidate.coverage * 100.0).round() / 100.0)?;
        let component = offer.component.id.clone();
        Some(Considered { component, coverage, passed: tally.passed, runs: tally.runs() })
    };
    offers.into_iter().take(CONSIDERED).filter_map(considered).collect()
}

/// Each text once, in order of first appearance.
fn unique<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts.filter(|text| seen.insert(*text)).cloned().collect()
}

fn shape(steps: &[PlannedStep], phases: &[Vec<String>]) -> Shape {
    let phase = |number: usize| {
        steps.iter().filter(|step| step.phase == number).map(|step| step.component.clone()).collect()
    };
    Shape::new((1..=phases.len()).map(phase).collect())
}

/// Each component once, in the order of the request.
fn avoided(jobs: &[Job<'_>]) -> Vec<Avoided> {
    let mut all: Vec<(usize, &Avoided)> = jobs
        .iter()
        .flat_map(|job| &job.choices)
        .filter_map(|choice| Some((choice.need, choice.avoided.as_ref()?)))
        .collect();
    all.sort_by_key(|(need, _)| *need);
    let mut seen = BTreeSet::new();
    all.retain(|(_, avoided)| seen.insert(&avoided.component));
    all.into_iter().map(|(_, avoided)| avoided.clone()).collect()
}
