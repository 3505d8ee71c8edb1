//! `backtest`: how well plans would have done, on past runs of this repository or on data from outside.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::knowledge::Knowledge;
use super::lore::Lore;
use super::outside::{Example, Tool, Tools, lines, workflow};
use super::planner::{self, Known};
use super::shelf::Shelf;
use super::{Context, DONE, Ended};
use crate::host::Stopwatch;
use crate::model::id::ComponentId;
use crate::model::library::Library;
use crate::model::plan::Plan;
use crate::model::record::{Execution, Outcome, Record, StepOutcome};
use crate::model::recount::{Records, recount};
use crate::model::redact::redact;
use crate::plan::score::{Calibration, Score, Summary, Workflow};
use crate::ui::{Failure, count, exit, percent};

/// Measure how well plans would have done on past runs
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate backtest
  git orchestrate backtest --last 50 --json

Without files, each of the last runs here that passed is planned again from the
runs before it, and compared with what ran. With files, requests from outside
are planned, and no tool of theirs has to be installed. One JSON object a line:
  tools    {\"id\",\"description\"} and, if known, \"inputs\" and \"outputs\"
  history  {\"id\",\"request\",\"nodes\":[tool],\"links\":[[from,to]]} and, if known,
           \"at\" (RFC 3339) and \"outcome\" (passed or failed)
  cases    the same; nodes and links are what is right
The history may be empty. Without links all nodes stand side by side; a tool may
be in one run more than once.

Node-F1 and link-F1 are means over requests, link-F1 over those whose right plan
has links; accuracy is the share with exactly the right tools.")]
pub(crate) struct Args {
    /// What can be planned with
    #[arg(long, value_name = "FILE", requires_all = ["history", "cases"])]
    tools: Option<PathBuf>,
    /// What is learned from
    #[arg(long, value_name = "FILE", requires = "tools")]
    history: Option<PathBuf>,
    /// What is planned and compared
    #[arg(long, value_name = "FILE", requires = "tools")]
    cases: Option<PathBuf>,
    /// Write one line {"id","nodes","links"} for every case
    #[arg(short, long, value_name = "PREDICTIONS")]
    output: Option<PathBuf>,
    /// Plan the last N runs of this repository again
    #[arg(long, value_name = "N", default_value_t = 200, conflicts_with = "tools")]
    last: usize,
    /// Plan as if nothing had been learned
    #[arg(long)]
    without_learning: bool,
}

/// What came of it.
#[derive(Default)]
struct Results {
    scores: Vec<Score>,
    /// How probably the right components were planned, and whether they were.
    surety: Vec<(f64, bool)>,
    lines: Vec<Value>,
    /// Runs that the last plan was learned from.
    runs: usize,
    milliseconds: f64,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let results = match (&args.tools, &args.history, &args.cases) {
        (Some(tools), Some(history), Some(cases)) => {
            outside([tools, history, cases].map(|it| cx.path(it)), !args.without_learning)?
        }
        _ => here(cx, args)?,
    };
    if let Some(path) = &args.output {
        write(&cx.path(path), &results.lines)?;
    }
    show(cx, &results);
    DONE
}

/// Plans every case from all of the history.
fn outside([tools, history, cases]: [PathBuf; 3], learning: bool) -> Result<Results, Failure> {
    let tools = Tools::of(lines::<Tool>(&tools)?)?;
    let history: Vec<Example> = lines(&history)?;
    let cases: Vec<Example> = lines(&cases)?;
    let executions: Vec<Execution> =
        (0..).zip(&history).map(|(number, run)| tools.execution(number, run)).collect::<Result<_, _>>()?;
    let mut lore = Lore::of(tools.cards());
    for (execution, run) in executions.iter().zip(&history).filter(|_| learning) {
        lore.learn(execution, || format!("run {}", run.id));
    }
    let library = library(&executions);
    let now = executions.iter().map(|it| it.at).max().unwrap_or_default();
    let known = Known { library: &library, executions: &executions, now, learning };
    let mut results = Results { runs: lore.runs.len(), ..Results::default() };
    for case in &cases {
        let name = |planned: &Plan| tools.workflow(planned);
        results.plan((&tools, &lore), &case.request, known, &case.id, &case.workflow(), name)?;
    }
    Ok(results)
}

/// Plans the last runs of this repository, each from those before it.
fn here(cx: &Context, args: &Args) -> Result<Results, Failure> {
    let learning = !args.without_learning;
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let Knowledge { stocks, mut executions, .. } = Knowledge::read(cx, &store)?;
    let cards = stocks.cards()?;
    let known_here: HashSet<&ComponentId> = cards.iter().map(|card| &card.id).collect();
    executions.sort_by_key(|execution| (execution.at, execution.id));
    let mut lore = Lore::of(&cards);
    let mut results = Results::default();
    let first = executions.len().saturating_sub(args.last);
    for (at, execution) in executions.iter().enumerate() {
        let ran = ran(execution);
        let here = execution.steps.iter().all(|step| known_here.contains(&step.component));
        if let Some(request) = execution.request.as_ref().filter(|_| at >= first && here)
            && execution.outcome == Outcome::Passed
        {
            let earlier = &executions[..at];
            let library = library(earlier);
            let known = Known { library: &library, executions: earlier, now: execution.at, learning };
            let id = json!(execution.id);
            let named = |plan: &Plan| workflow(plan, ComponentId::to_string);
            results.plan((&stocks, &lore), request, known, &id, &ran, named)?;
        }
        if learning {
            lore.learn(execution, || format!("run {}", execution.id));
        }
        results.runs = lore.runs.len();
    }
    if results.scores.is_empty() {
        return Err(Failure::new(
            exit::FAILED,
            "there is no run here that passed and whose components are known",
        )
        .hint("`git orchestrate log` lists what was recorded; `backtest --tools` takes data from outside"));
    }
    Ok(results)
}

/// What an execution ran, in the form of a plan.
fn ran(execution: &Execution) -> Workflow {
    let mut workflow = Workflow::default();
    let mut names: HashMap<&str, String> = HashMap::new();
    let mut before: Option<String> = None;
    for step in execution.steps.iter().filter(|step| step.outcome == StepOutcome::Passed) {
        let name = step.component.to_string();
        let from: Vec<String> = match &step.needs {
            Some(needs) => needs.iter().filter_map(|need| names.get(need.as_str()).cloned()).collect(),
            None => before.iter().cloned().collect(),
        };
        workflow.links.extend(from.into_iter().map(|from| (from, name.clone())));
        workflow.nodes.push(name.clone());
        if let Some(id) = &step.id {
            names.insert(id, name.clone());
        }
        before = Some(name);
    }
    workflow
}

fn library(executions: &[Execution]) -> Library {
    let record = |it: &Execution| (it.id, vec![Record::Execution(Box::new(it.clone()))]);
    let records: Records = executions.iter().map(record).collect();
    recount(&records, &Library::default())
}

impl Results {
    fn plan(
        &mut self,
        (shelf, lore): (&impl Shelf, &Lore),
        request: &str,
        known: Known<'_>,
        id: &Value,
        right: &Workflow,
        named: impl Fn(&Plan) -> Workflow,
    ) -> Result<(), Failure> {
        let watch = Stopwatch::start();
        let planned = match planner::plan(&redact(request), shelf, known.learning.then_some(lore), known) {
            Ok(planned) => Some(planned),
            // What nothing does is planned as nothing.
            Err(failure) if [exit::FAILED, exit::USAGE].contains(&failure.code) => None,
            Err(failure) => return Err(failure),
        };
        self.milliseconds += watch.elapsed().as_secs_f64() * 1e3;
        let workflow = planned.as_ref().map_or_else(Workflow::default, |it| named(&it.plan));
        let score = Score::of(&workflow, right);
        if let Some(surety) = planned.and_then(|it| it.right) {
            self.surety.push((surety, score.is_right()));
        }
        self.lines.push(json!({"id": id, "nodes": workflow.nodes, "links": workflow.links}));
        self.scores.push(score);
        Ok(())
    }
}

fn write(path: &Path, lines: &[Value]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(exit::USAGE, format!("{} can't be written: {error}", path.display()))
    };
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    for line in lines {
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.flush().map_err(failed)
}

fn show(cx: &Context, results: &Results) {
    let Summary { cases, nodes, links, accuracy } = Summary::of(&results.scores);
    let calibration = Calibration::of(&results.surety);
    let each = results.milliseconds / cases.max(1) as f64;
    let four = |value: f64| (value * 1e4).round() / 1e4;
    if cx.ui.is_json() {
        cx.ui.json(&json!({
            "v": 1, "cases": cases, "runs": results.runs, "node_f1": four(nodes), "link_f1": links.map(four),
            "accuracy": four(accuracy), "brier": calibration.map(|it| four(it.brier)),
            "ece": calibration.map(|it| four(it.ece)), "ms_per_plan": four(each),
        }));
        return;
    }
    cx.ui.headline(format!("{}, {} to learn from", count(cases, "case"), count(results.runs, "past run")));
    cx.ui.gap();
    let share = |value: Option<f64>| value.map_or_else(|| "no links".to_owned(), |it| format!("{it:.4}"));
    let mut rows = vec![
        vec!["node-F1".to_owned(), share(Some(nodes)), "the right components".to_owned()],
        vec!["link-F1".to_owned(), share(links), "in the right order".to_owned()],
        vec!["accuracy".to_owned(), share(Some(accuracy)), "exactly the right components".to_owned()],
    ];
    if let Some(Calibration { brier, ece }) = calibration {
        let (sure, of) = (results.surety.len(), cases);
        let known = percent(sure as f64 / of.max(1) as f64);
        rows.push(vec![
            "Brier".to_owned(),
            format!("{brier:.4}"),
            format!("how sure of them it was, for {known}"),
        ]);
        rows.push(vec!["ECE".to_owned(), format!("{ece:.4}"), "ten bins of equal mass".to_owned()]);
    }
    rows.push(vec!["per plan".to_owned(), format!("{each:.1} ms"), "in one process".to_owned()]);
    cx.ui.table(&["measure", "value", "of what"], &rows, &[1]);
}
