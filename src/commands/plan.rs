//! `plan`: a workflow for a request, without running it.

use super::knowledge::Knowledge;
use super::lore::lore;
use super::planner::{self, Known, Planned};
use super::{Context, DONE, Ended};
use crate::model::component::Catalog;
use crate::model::id::ComponentId;
use crate::model::pattern::{Pattern, Shape};
use crate::model::plan::{Plan, PlannedStep};
use crate::model::redact::redact;
use crate::model::time::Timestamp;
use crate::store::Store;
use crate::ui::{Failure, clip, count, percent, quoted, seconds, share, tally};

/// Columns of a terminal that everything fits.
const WIDTH: usize = 80;
/// The longest name of a component that is shown whole, in characters.
const NAME: usize = 44;
/// The longest reason for a step that is shown whole, in characters.
const WHY: usize = 300;
/// In front of what is told under a row.
const MARGIN: &str = "       ";

/// Plan a request without running it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate plan \"add a readme and a changelog\"
  git orchestrate plan --explain \"add a changelog\"")]
pub(crate) struct Args {
    /// What you want, in your words
    #[arg(value_name = "REQUEST")]
    request: String,
    /// How to print the plan
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    format: String,
    /// Plan as if nothing had been learned
    #[arg(long)]
    without_learning: bool,
    /// Say of each step what else could have done it
    #[arg(long)]
    explain: bool,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let known = Knowledge::read(cx, &store)?;
    let Planned { plan, catalog, .. } = make(cx, &store, &known, &args.request, !args.without_learning)?;
    if cx.ui.is_json() || args.format == "json" {
        cx.ui.json(&plan);
        return DONE;
    }
    show(cx, &plan, &known);
    if args.explain {
        explain(cx, &plan);
    }
    let runnable = plan.steps.iter().all(|step| runs_here(&step.component, &catalog));
    if runnable {
        cx.ui.hint(format!("`git orchestrate run {}` runs it", quoted(&plan.request)));
    } else {
        cx.ui.hint("steps without a script need an agent, which this version can't drive yet");
    }
    DONE
}

/// Makes a plan: needs, components for each, and the workflow. Secrets stay outside: what is planned,
/// shown, run and recorded from here on is the redacted request.
pub(super) fn make(
    cx: &Context,
    store: &Store<'_>,
    known: &Knowledge<'_>,
    request: &str,
    learning: bool,
) -> Result<Planned, Failure> {
    let redacted = redact(request);
    if redacted != request {
        cx.ui.warn("the request holds what looks like a secret: it is left out, also for components");
    }
    let lore = if learning { lore(store, known)? } else { None };
    let now = Timestamp(store.host.now_ms());
    let (library, executions) = (&known.library, known.executions.as_slice());
    planner::plan(&redacted, &known.stocks, lore.as_ref(), Known { library, executions, now, learning })
}

/// Whether a component says how to run it without an agent.
pub(super) fn runs_here(id: &ComponentId, catalog: &Catalog) -> bool {
    catalog.get(id).is_some_and(|component| component.contract.is_some())
}

/// Shows a plan: the headline, the steps, what was decided and why.
pub(super) fn show(cx: &Context, plan: &Plan, known: &Knowledge<'_>) {
    let ui = &cx.ui;
    ui.headline(format!(
        "Plan: {} in {}",
        count(plan.steps.len(), "step"),
        count(plan.phases.len(), "phase")
    ));
    ui.line(format!("for \"{}\"", clip(&plan.request, 200)));
    ui.gap();
    let rows: Vec<Vec<String>> = plan.steps.iter().map(|step| row(step, known)).collect();
    let under: Vec<Vec<String>> = plan.steps.iter().map(under).collect();
    ui.table_with(&["phase", "step", "gates", "record here"], &rows, &[0, 2], &under);
    ui.gap();
    for step in plan.steps.iter().filter(|step| !step.fallbacks.is_empty()) {
        let names: Vec<&str> = step.fallbacks.iter().map(ComponentId::name).collect();
        ui.line(format!("if {} fails: {}", step.component.name(), names.join(", then ")));
    }
    for avoided in &plan.avoided {
        let (bad, good) = (avoided.component.name(), avoided.instead.name());
        ui.doubtful("avoided:", format!("{bad} ({good} instead)"));
        ui.line(format!("  it {}", avoided.cause));
    }
    for need in &plan.uncovered {
        ui.bad("not covered:", format!("\"{}\": no component does that", clip(need, 120)));
    }
    if let Some(pattern) = plan.pattern.as_ref().and_then(|id| known.library.patterns.get(id)) {
        let record = tally(known.library.pattern_tally(pattern));
        ui.line(format!("follows the pattern {}: {record}", pattern.id));
    } else if let Some(proposal) = proposal(plan, known) {
        ui.line(format!("has the shape of {}: proposed, never run", proposal.id));
    }
    ui.line(expectation(plan));
}

/// The pattern of the plan's shape that texts propose and that never ran.
fn proposal<'k>(plan: &Plan, known: &'k Knowledge<'_>) -> Option<&'k Pattern> {
    let phase = |number: usize| {
        plan.steps.iter().filter(|step| step.phase == number).map(|step| step.component.clone()).collect()
    };
    let shape = Shape::new((1..=plan.phases.len()).map(phase).collect());
    known.library.patterns.get(&shape.id()).filter(|pattern| pattern.proposal().is_some())
}

/// What was found besides the steps that the plan has.
fn explain(cx: &Context, plan: &Plan) {
    cx.ui.gap();
    for step in &plan.steps {
        let name = clip(step.component.name(), NAME);
        if step.considered.is_empty() {
            cx.ui.line(format!("{name}: nothing else speaks of that"));
            continue;
        }
        cx.ui.line(format!("{name}, rather than"));
        for other in &step.considered {
            let record = match other.runs {
                0 => "no runs yet".to_owned(),
                runs => format!(
                    "passed {} of {} here",
                    other.passed,
                    count(usize::try_from(runs).unwrap_or(usize::MAX), "run")
                ),
            };
            let covers = share(other.coverage.get());
            cx.ui.line(format!("  {}: covers {covers}, {record}", clip(other.component.name(), NAME)));
        }
    }
}

/// What the plan expects of itself, in one line.
fn expectation(plan: &Plan) -> String {
    let predictions = &plan.predictions;
    let runs = count(usize::try_from(predictions.evidence_runs).unwrap_or(usize::MAX), "run");
    let success = predictions.success_probability.map_or_else(
        || format!("not enough evidence ({runs})"),
        |p| format!("{} (from {runs})", percent(p.get())),
    );
    let time = predictions
        .duration_s
        .map_or_else(|| "unknown".to_owned(), |s| format!("about {}", seconds(s.get())));
    let context = match predictions.context_share.get() {
        // A shell has no window to fill.
        0.0 => String::new(),
        most => format!("; context: at most {}", share(most)),
    };
    format!("success: {success}; time: {time}{context}")
}

/// A step as it is called in the course of a run.
fn row(step: &PlannedStep, known: &Knowledge<'_>) -> Vec<String> {
    let record = tally(known.library.component_tally(&step.component));
    let name = clip(step.component.name(), NAME);
    vec![step.phase.to_string(), name, step.gates.len().to_string(), record]
}

/// Where a step's component comes from, what it is there for, and why it was chosen; the first two on one line
/// if there is room.
fn under(step: &PlannedStep) -> Vec<String> {
    let id = &step.component;
    let from = format!("{MARGIN}{} of {}/{}", id.kind(), id.marketplace(), id.plugin());
    let both = format!("{from}: {}", step.purpose);
    let mut lines = if both.chars().count() <= WIDTH {
        vec![both]
    } else {
        vec![from, format!("{MARGIN}for: {}", clip(&step.purpose, WIDTH - MARGIN.len() - "for: ".len()))]
    };
    if !step.why.is_empty() {
        lines.extend(filled(&format!("why: {}", clip(&step.why, WHY))));
    }
    lines
}

/// The words of `text` in as many lines as they need.
fn filled(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{MARGIN}{word}")),
        }
    }
    lines
}
