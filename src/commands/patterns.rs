//! `patterns`: what worked, best trusted first; behind it, what is only proposed.

use serde::Serialize;

use super::knowledge;
use super::{Context, DONE, Ended};
use crate::model::evidence::Tally;
use crate::model::library::Library;
use crate::model::pattern::{Category, Inferred, Pattern, Stage};
use crate::model::time::Timestamp;
use crate::ui::{Failure, ago, clip, count, exit, tally};

/// List the patterns that executions showed, best trusted first
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Example:
  git orchestrate patterns --stage discovered

Shown is the join of the merged library, of every learning branch here, and of
executions that were recorded and are in neither yet. Proposals come last: what
the texts of components suggest, and nobody ran yet. No plan follows them."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Only patterns of this form
    #[arg(long, value_name = "CATEGORY", value_parser = ["sequential", "parallel", "composite"])]
    category: Option<String>,
    /// Only patterns that have come this far
    #[arg(long, value_name = "STAGE", value_parser = ["proposed", "discovered", "validated", "learned", "retired"])]
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
    /// Why it is proposed, as long as it never ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    inferred: Option<&'a Inferred>,
}

impl Shown<'_> {
    /// `proposed`, or the stage that its evidence calls for.
    fn standing(&self) -> &'static str {
        if self.inferred.is_some() { PROPOSED } else { self.stage.as_str() }
    }
}

/// Where a pattern stands that never ran.
const PROPOSED: &str = "proposed";
/// How many proposals are listed behind what has run.
const SHOWN: usize = 10;

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let library = knowledge::library(cx, &store)?;
    let mut patterns: Vec<Shown<'_>> =
        library.patterns.values().map(|pattern| shown(&library, pattern)).collect();
    patterns.sort_by(|a, b| {
        let trust = |it: &Shown<'_>| {
            (it.inferred.is_none(), it.inferred.map(|inferred| inferred.score), it.stage, it.lower_bound)
        };
        trust(b).partial_cmp(&trust(a)).unwrap_or(std::cmp::Ordering::Equal).then_with(|| a.id.cmp(b.id))
    });
    if let Some(Verb::Show { id }) = &args.verb {
        return show_one(cx, &library, find(id, &patterns)?);
    }
    patterns.retain(|it| args.stage.as_deref().is_none_or(|stage| it.standing() == stage));
    patterns
        .retain(|it| args.category.as_deref().is_none_or(|category| category_word(it.category) == category));
    if cx.ui.is_json() {
        cx.ui.json(&patterns);
        return DONE;
    }
    list(cx, &library, &patterns, args.stage.is_some())
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
        inferred: pattern.proposal(),
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

fn list(cx: &Context, library: &Library, patterns: &[Shown<'_>], whole: bool) -> Ended {
    if patterns.is_empty() {
        cx.ui.line(if library.patterns.is_empty() { "no patterns yet" } else { "no patterns like that" });
        cx.ui.hint("`git orchestrate run \"what you want\"` shows the first");
        return DONE;
    }
    let now = Timestamp(cx.host.now_ms());
    let shape = |it: &Shown<'_>| {
        let pattern = library.patterns.values().find(|pattern| pattern.id.as_str() == it.id);
        pattern.map(|pattern| (pattern.phases.to_string(), ago(pattern.updated, now))).unwrap_or_default()
    };
    let hash = |it: &Shown<'_>| it.id.rsplit('-').next().unwrap_or(it.id).to_owned();
    let (ran, proposed): (Vec<_>, Vec<_>) = patterns.iter().partition(|it| it.inferred.is_none());
    let row = |it: &&Shown<'_>| {
        let (shape, when) = shape(it);
        vec![hash(it), it.stage.as_str().to_owned(), tally(it.tally), when, clip(&shape, 48)]
    };
    if !ran.is_empty() {
        let rows: Vec<Vec<String>> = ran.iter().map(row).collect();
        cx.ui.table(&["pattern", "stage", "record", "last", "shape"], &rows, &[]);
    }
    if proposed.is_empty() {
        return DONE;
    }
    if !ran.is_empty() {
        cx.ui.gap();
    }
    let most = if whole { proposed.len() } else { SHOWN };
    cx.ui.headline("proposed, never run");
    let row = |it: &&Shown<'_>| {
        let score = it.inferred.map_or(0.0, Inferred::share);
        vec![hash(it), format!("{score:.2}"), clip(&shape(it).0, 60)]
    };
    let rows: Vec<Vec<String>> = proposed.iter().take(most).map(row).collect();
    cx.ui.table(&["pattern", "score", "shape"], &rows, &[1]);
    if proposed.len() > most {
        let more = count(proposed.len() - most, "more proposal");
        cx.ui.hint(format!("`git orchestrate patterns --stage proposed` lists {more}"));
    }
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
    let record = if it.inferred.is_some() { "never run".to_owned() } else { tally(it.tally) };
    cx.ui.line(format!("{}, {}: {record}{bound}", it.standing(), category_word(it.category)));
    if let Some(inferred) = it.inferred {
        cx.ui.line(format!("score     {:.2}", inferred.share()));
        cx.ui.line(format!("because   {}", inferred.reason));
    }
    cx.ui.line(format!("file      {}", it.path));
    if !it.words.is_empty() {
        cx.ui.line(format!("about     {}", it.words.join(", ")));
    }
    if it.inferred.is_none() {
        cx.ui.line(format!("requests  {} distinct", it.requests));
    }
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
