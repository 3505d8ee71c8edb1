//! `patterns`: what worked, best trusted first.

use serde::Serialize;

use super::knowledge;
use super::{Context, DONE, Ended};
use crate::model::evidence::Tally;
use crate::model::library::Library;
use crate::model::pattern::{Category, Pattern, Stage};
use crate::model::time::Timestamp;
use crate::ui::{Failure, ago, clip, exit, tally};

/// List the patterns that executions showed, best trusted first
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Example:
  git orchestrate patterns --stage discovered

Shown is the join of the merged library, of every learning branch here, and of
executions that were recorded and are in neither yet."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Only patterns of this form
    #[arg(long, value_name = "CATEGORY", value_parser = ["sequential", "parallel", "composite"])]
    category: Option<String>,
    /// Only patterns that have come this far
    #[arg(long, value_name = "STAGE", value_parser = ["discovered", "validated", "learned", "retired"])]
    stage: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Show one pattern: its phases, its evidence, what it is for
    #[command(after_help = "\
Example:
  git orchestrate patterns show licence")]
    Show {
        /// The pattern's id; its beginning or its last characters are enough
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// A pattern as programs read it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    v: u32,
    id: &'a str,
    category: Category,
    stage: Stage,
    path: String,
    phases: &'a [Vec<crate::model::id::ComponentId>],
    words: &'a [String],
    requests: usize,
    tally: Tally,
    mean: Option<f64>,
    lower_bound: f64,
    updated: String,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let library = knowledge::library(cx, &store)?;
    let mut patterns: Vec<Shown<'_>> =
        library.patterns.values().map(|pattern| shown(&library, pattern)).collect();
    patterns.sort_by(|a, b| {
        let trust = |it: &Shown<'_>| (it.stage, it.lower_bound);
        trust(b).partial_cmp(&trust(a)).unwrap_or(std::cmp::Ordering::Equal).then_with(|| a.id.cmp(b.id))
    });
    if let Some(Verb::Show { id }) = &args.verb {
        return show_one(cx, &library, find(id, &patterns)?);
    }
    patterns.retain(|it| args.stage.as_deref().is_none_or(|stage| it.stage.as_str() == stage));
    patterns
        .retain(|it| args.category.as_deref().is_none_or(|category| category_word(it.category) == category));
    if cx.ui.is_json() {
        cx.ui.json(&patterns);
        return DONE;
    }
    list(cx, &library, &patterns)
}

fn shown<'a>(library: &Library, pattern: &'a Pattern) -> Shown<'a> {
    let tally = library.pattern_tally(pattern);
    Shown {
        v: 1,
        id: pattern.id.as_str(),
        category: pattern.phases.category(),
        stage: Stage::of(tally, pattern.requests.len(), &library.policy),
        path: library.pattern_path(pattern),
        phases: pattern.phases.phases(),
        words: &pattern.words,
        requests: pattern.requests.len(),
        tally,
        mean: tally.mean(),
        lower_bound: tally.lower_bound(),
        updated: pattern.updated.to_string(),
    }
}

fn category_word(category: Category) -> &'static str {
    match category {
        Category::Sequential => "sequential",
        Category::Parallel => "parallel",
        Category::Composite => "composite",
    }
}

fn find<'p, 'a>(id: &str, patterns: &'p [Shown<'a>]) -> Result<&'p Shown<'a>, Failure> {
    let matching: Vec<&Shown<'_>> =
        patterns.iter().filter(|it| it.id == id || it.id.starts_with(id) || it.id.ends_with(id)).collect();
    match matching[..] {
        [one] => Ok(one),
        [] => Err(Failure::new(exit::FAILED, format!("no pattern is named `{id}`"))
            .hint("`git orchestrate patterns` lists them")),
        _ => Err(Failure::new(exit::USAGE, format!("`{id}` names {} patterns", matching.len()))
            .hint("give more of its id, as `git orchestrate patterns` shows it")),
    }
}

fn list(cx: &Context, library: &Library, patterns: &[Shown<'_>]) -> Ended {
    if patterns.is_empty() {
        cx.ui.line(if library.patterns.is_empty() { "no patterns yet" } else { "no patterns like that" });
        cx.ui.hint("`git orchestrate run \"what you want\"` shows the first");
        return DONE;
    }
    let now = Timestamp(cx.host.now_ms());
    let rows: Vec<Vec<String>> = patterns
        .iter()
        .map(|it| {
            let pattern = library.patterns.values().find(|pattern| pattern.id.as_str() == it.id);
            let shape = pattern.map(|pattern| pattern.phases.to_string()).unwrap_or_default();
            let when = pattern.map(|pattern| ago(pattern.updated, now)).unwrap_or_default();
            let hash = it.id.rsplit('-').next().unwrap_or(it.id).to_owned();
            vec![hash, it.stage.as_str().to_owned(), tally(it.tally), when, clip(&shape, 48)]
        })
        .collect();
    cx.ui.table(&["pattern", "stage", "record", "last", "shape"], &rows, &[]);
    DONE
}

fn show_one(cx: &Context, library: &Library, it: &Shown<'_>) -> Ended {
    if cx.ui.is_json() {
        cx.ui.json(it);
        return DONE;
    }
    cx.ui.headline(it.id);
    let bound =
        if it.tally.runs() > 0 { format!(", lower bound {:.2}", it.lower_bound) } else { String::new() };
    cx.ui.line(format!("{}, {}: {}{bound}", it.stage.as_str(), category_word(it.category), tally(it.tally)));
    cx.ui.line(format!("file      {}", it.path));
    if !it.words.is_empty() {
        cx.ui.line(format!("about     {}", it.words.join(", ")));
    }
    cx.ui.line(format!("requests  {} distinct", it.requests));
    cx.ui.gap();
    let mut rows = Vec::new();
    for (index, phase) in it.phases.iter().enumerate() {
        for id in phase {
            rows.push(vec![(index + 1).to_string(), id.to_string(), tally(library.component_tally(id))]);
        }
    }
    cx.ui.table(&["phase", "component", "its own record"], &rows, &[0]);
    DONE
}
