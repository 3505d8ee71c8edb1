//! `research`: what is known of a topic, and what to do about it.

use super::knowledge::Knowledge;
use super::plan::{make, runs_here};
use super::planner::Planned;
use super::{Context, DONE, Ended, reliability};
use crate::model::capability::{Claim, Fact};
use crate::model::redact::redact;
use crate::model::words::{keywords, stems};
use crate::report::markdown::page;
use crate::report::topic::{
    self, Candidate, Entry, Group, Next, Recommendation, Recommended, Report, Searched,
};
use crate::research::facts::corrected;
use crate::research::search::Hit;
use crate::store::Store;
use crate::ui::{Failure, clip, count, duration, exit, quoted, share, thousands};

/// Report what is known of a topic: components, patterns, a recommendation
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate research \"REST API with authentication\"
  git orchestrate research --format markdown changelog > report.md

`covers` is the share of the topic's words, by weight, that a component speaks
of. The recommendation is what `plan` would do now.")]
pub(crate) struct Args {
    /// What it is about
    #[arg(value_name = "TOPIC", required = true)]
    topic: Vec<String>,
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "markdown", "json"])]
    format: String,
    /// At most this many components for each kind of work
    #[arg(short = 'n', long, value_name = "N", default_value_t = 3)]
    max_count: usize,
}

/// How many components are looked at.
const HITS: usize = 50;
/// What covers less than this share of what the best covers is noise.
const NEAR: f64 = 0.6;
/// How many facts of one component may say what it does.
const ACTIONS: usize = 16;

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let known = Knowledge::read(cx, &store)?;
    let report = report(cx, &store, &known, &args.topic.join(" "), args.max_count)?;
    match args.format.as_str() {
        _ if cx.ui.is_json() => cx.ui.json(&report),
        "json" => cx.ui.json(&report),
        "markdown" => page(&report).lines().for_each(|line| cx.ui.line(line)),
        _ => show(cx, &report),
    }
    DONE
}

fn report(
    cx: &Context,
    store: &Store<'_>,
    known: &Knowledge<'_>,
    topic: &str,
    most: usize,
) -> Result<Report, Failure> {
    let topic = redact(topic);
    let topic = topic.as_str();
    let mut hits = known.stocks.search(topic, HITS)?;
    let best = hits.iter().map(|hit| hit.coverage).fold(0.0, f64::max);
    hits.retain(|hit| hit.coverage >= best * NEAR);
    let words = keywords(topic);
    let about = |artifact: &str| stems(artifact).iter().any(|stem| words.contains(stem));
    let candidates: Result<Vec<Candidate>, Failure> = hits.iter().map(|hit| candidate(hit, known)).collect();
    let groups = topic::grouped(candidates?, about, most);
    let (recommendation, runnable) = match make(cx, store, known, topic, true) {
        Ok(Planned { plan, catalog, .. }) => {
            let followed = plan.pattern.as_ref().and_then(|id| known.library.patterns.get(id));
            let followed = followed.map(|pattern| (pattern, known.library.pattern_tally(pattern)));
            let runnable = plan.steps.iter().all(|step| runs_here(&step.component, &catalog));
            (topic::recommendation(&plan, followed), runnable)
        }
        // That nothing does it is something to report.
        Err(failure) if failure.code == exit::FAILED => (Recommendation::none(failure.message), false),
        Err(failure) => return Err(failure),
    };
    let patterns = topic::patterns(&known.library, &words, &known.executions);
    let next = next(topic, &recommendation, runnable, &groups);
    let searched = Searched {
        marketplaces: store.settings.marketplaces.len(),
        components: known.stocks.len()?,
        executions: known.executions.len(),
    };
    Ok(Report { v: 1, topic: topic.to_owned(), searched, recommendation, patterns, groups, next })
}

fn candidate(hit: &Hit, known: &Knowledge<'_>) -> Result<Candidate, Failure> {
    let component = known.stocks.card(&hit.component)?;
    let facts = match &component {
        Some(it) => corrected(known.stocks.facts_of(&it.id)?, &it.id, &it.content, &known.executions),
        None => Vec::new(),
    };
    let action = |fact: &Fact| match fact.claim {
        Claim::Does { verb, artifact } => Some((verb, artifact)),
        _ => None,
    };
    let entry = Entry {
        component: hit.component.clone(),
        runs_here: component.as_ref().is_some_and(|it| it.contract.is_some()),
        description: component.map(|it| it.description).unwrap_or_default(),
        coverage: hit.coverage,
        does: None,
        tally: known.library.component_tally(&hit.component),
        same: hit.also.clone(),
    };
    Ok(Candidate { entry, actions: facts.iter().filter_map(action).take(ACTIONS).collect() })
}

/// What a person would do next.
fn next(topic: &str, recommendation: &Recommendation, runnable: bool, groups: &[Group]) -> Vec<Next> {
    let step = |command: String, does: &str| Next { command, does: does.to_owned() };
    let mut next = Vec::new();
    if let Some(chosen) = recommendation.steps.first() {
        next.push(step(
            format!("git orchestrate plan {}", quoted(topic)),
            "shows the plan with gates and fallbacks",
        ));
        if runnable {
            next.push(step(
                format!("git orchestrate run {}", quoted(topic)),
                "runs it in a work tree of its own",
            ));
        }
        next.push(step(
            format!("git orchestrate catalog show {}", quoted(chosen.component.as_str())),
            "shows what is known of the first component, and where it is said",
        ));
    } else if let Some(entry) = groups.first().and_then(|group| group.components.first()) {
        next.push(step(
            format!("git orchestrate catalog show {}", quoted(entry.component.as_str())),
            "shows what is known of the component that comes nearest",
        ));
    }
    if recommendation.steps.is_empty() || !recommendation.uncovered.is_empty() {
        next.push(step(
            "git orchestrate marketplace add OWNER/REPO".to_owned(),
            "brings components that may do it",
        ));
    }
    next
}

fn show(cx: &Context, report: &Report) {
    let ui = &cx.ui;
    let Searched { marketplaces, components, executions } = report.searched;
    ui.headline(format!("Research: {}", clip(&report.topic, 68)));
    ui.line(format!(
        "{} components of {}, {} here",
        thousands(components as u64),
        count(marketplaces, "marketplace"),
        count(executions, "execution")
    ));
    ui.gap();
    recommended(cx, &report.recommendation);
    if !report.patterns.is_empty() {
        ui.gap();
        ui.headline("Patterns that have run");
        let rows: Vec<Vec<String>> = report.patterns.iter().map(pattern_row).collect();
        ui.table(&["sequence", "stage", "record", "time"], &rows, &[3]);
    }
    for group in &report.groups {
        ui.gap();
        ui.headline(group.title());
        group.components.iter().for_each(|entry| show_entry(cx, entry));
        if group.more > 0 {
            ui.aside(format!("  and {} more, with -n", group.more));
        }
    }
    ui.gap();
    ui.headline("Next");
    report.next.iter().for_each(|it| {
        ui.line(format!("  {}", it.command));
        ui.aside(format!("      {}", it.does));
    });
}

fn recommended(cx: &Context, it: &Recommendation) {
    let ui = &cx.ui;
    ui.headline("Recommended");
    ui.line(format!("  {}", it.verdict));
    for step in &it.steps {
        ui.line(format!("  {}. {}", step.phase, step.component));
        ui.aside(format!("     {}", clip(&format!("for \"{}\": {}", step.purpose, step.why), WIDTH - 5)));
    }
    it.reasons.iter().for_each(|reason| ui.line(format!("  {reason}")));
    for need in &it.uncovered {
        ui.bad("  not covered:", format!("\"{}\": no component does that", clip(need, 120)));
    }
}

fn pattern_row(it: &Recommended) -> Vec<String> {
    let time = it.duration_ms.map_or_else(|| "unknown".to_owned(), duration);
    vec![clip(&it.sequence, 36), it.stage.as_str().to_owned(), reliability::rate(it.tally), time]
}

fn show_entry(cx: &Context, entry: &Entry) {
    let ui = &cx.ui;
    ui.line(format!("  {}", entry.component));
    ui.line(format!("    {}", clip(&entry.description, WIDTH - 4)));
    let mut about = vec![format!("covers {}", share(entry.coverage))];
    about.extend(entry.does.as_ref().map(|does| format!("to {does}")));
    if entry.tally.runs() > 0 {
        about.push(reliability::rate(entry.tally));
    }
    if entry.runs_here {
        about.push("runs without an agent".to_owned());
    }
    if !entry.same.is_empty() {
        about.push(format!("{} more like it", entry.same.len()));
    }
    ui.aside(format!("    {}", about.join(", ")));
}

/// Columns of a terminal.
const WIDTH: usize = 80;
