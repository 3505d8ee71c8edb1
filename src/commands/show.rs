//! `show`: one execution, whole.

use super::log::{outcome_word, warn_of_bad_lines};
use super::{Context, DONE, Ended};
use crate::git::{GitError, Head};
use crate::model::id::RecordId;
use crate::model::json::Number;
use crate::model::oid::Oid;
use crate::model::record::{Execution, GateResult, Measure, Step, StepOutcome};
use crate::model::recount::executions;
use crate::model::time::Timestamp;
use crate::store::{Noted, Store};
use crate::ui::{Failure, ago, duration, exit, percent};

/// Show one execution: its steps, gates, times, predicted against actual
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate show HEAD

NAME is the id of an execution (its last characters are enough, as `log` shows
them) or a revision; of several executions on one commit the latest is shown.")]
pub(crate) struct Args {
    /// An execution or a revision
    #[arg(value_name = "NAME", default_value = "HEAD")]
    name: String,
}

/// The fewest last characters of an id that name an execution where no revision has this name.
const SHORTEST: usize = 4;
/// The same where one has: as many as `log` shows.
const SURE: usize = 8;

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let noted = store.noted()?;
    warn_of_bad_lines(cx, &noted.bad);
    let execution = find(&args.name, &store, &noted)?;
    if cx.ui.is_json() {
        cx.ui.json(&execution);
    } else {
        show(cx, &execution);
    }
    DONE
}

fn find(name: &str, store: &Store<'_>, noted: &Noted) -> Result<Execution, Failure> {
    let mut known = executions(&noted.records);
    known.sort_by_key(|execution| (execution.at, execution.id));
    let none = |what: String| {
        Failure::new(exit::FAILED, what).hint("`git orchestrate log` lists the executions that there are")
    };
    if let Ok(id) = name.parse::<RecordId>() {
        let found = known.into_iter().find(|execution| execution.id == id);
        return found.ok_or_else(|| none(format!("no execution has the id {name}")));
    }
    // Revisions come first: `HEAD` and short oids may well end some id.
    let object = revision(name, store)?;
    let on = |execution: &&Execution| {
        object.is_some_and(|object| noted.objects.get(&execution.id).is_some_and(|it| it.contains(&object)))
    };
    if let Some(execution) = known.iter().rev().find(on) {
        return Ok(execution.clone());
    }
    let enough = if object.is_some() { SURE } else { SHORTEST };
    let ending = name.to_ascii_uppercase();
    let by_id =
        |execution: &&Execution| ending.len() >= enough && execution.id.to_string().ends_with(&ending);
    match known.iter().filter(by_id).collect::<Vec<_>>()[..] {
        [one] => Ok(one.clone()),
        [] if object.is_some() => Err(none(format!("no execution is recorded on {name}"))),
        [] => Err(Failure { code: exit::USAGE, ..none(format!("`{name}` is no execution and no revision")) }),
        ref several => {
            let ids: Vec<String> = several.iter().map(|execution| execution.id.to_string()).collect();
            Err(Failure::new(exit::USAGE, format!("`{name}` names more than one execution"))
                .hint(format!("give more of one of these: {}", ids.join(", "))))
        }
    }
}

/// The object that a revision names, if it is one.
fn revision(name: &str, store: &Store<'_>) -> Result<Option<Oid>, Failure> {
    if name == "HEAD" && matches!(store.repo.head()?, Head::Unborn { .. }) {
        return Ok(Some(store.repo.empty_tree()));
    }
    match store.repo.resolve(name) {
        Ok(object) => Ok(Some(object)),
        Err(GitError::UnknownRevision { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn show(cx: &Context, execution: &Execution) {
    let ui = &cx.ui;
    let request = execution.request.as_deref().unwrap_or("(the request was not kept)");
    ui.headline(request);
    let took = execution.duration_ms().map(|ms| format!(" in {}", duration(ms))).unwrap_or_default();
    let when = ago(execution.at, Timestamp(cx.host.now_ms()));
    ui.line(format!("{}{took}, {when}", outcome_word(execution)));
    ui.line(format!("execution {}", execution.id));
    if let Some(commit) = execution.commit {
        ui.line(format!("commit    {commit}"));
    }
    if let Some(pattern) = &execution.pattern {
        ui.line(format!("pattern   {pattern}"));
    }
    ui.gap();
    let rows: Vec<Vec<String>> = execution.steps.iter().map(row).collect();
    ui.table(&["phase", "component", "outcome", "tries", "took", "gates"], &rows, &[0, 3, 4]);
    for step in &execution.steps {
        if let Some(error) = &step.error {
            ui.bad("failed:", format!("{}: {error}", step.component.name()));
        }
        let unchecked =
            step.gates.iter().filter(|gate| step.outcome == StepOutcome::Passed && gate.after.is_none());
        for gate in unchecked {
            ui.doubtful("not evaluated:", format!("{}: gate `{}`", step.component.name(), gate.name));
        }
    }
    if execution.predicted.is_none() && execution.actual.is_none() {
        return;
    }
    ui.gap();
    let predicted = measures("predicted", execution.predicted.as_ref(), "not enough evidence");
    let actual = measures("actual", execution.actual.as_ref(), "-");
    ui.table(&["", "success", "time", "context"], &[predicted, actual], &[1, 2, 3]);
}

fn row(step: &Step) -> Vec<String> {
    let outcome = match step.outcome {
        StepOutcome::Passed => "passed",
        StepOutcome::Failed => "failed",
        StepOutcome::Skipped => "skipped",
        StepOutcome::Environment => "environment",
    };
    vec![
        step.phase.map_or_else(|| "-".to_owned(), |phase| phase.to_string()),
        step.component.to_string(),
        outcome.to_owned(),
        step.attempts.map_or_else(|| "-".to_owned(), |attempts| attempts.to_string()),
        step.duration_ms.map_or_else(|| "-".to_owned(), duration),
        gates(&step.gates),
    ]
}

/// How many gates were green before and after.
fn gates(gates: &[GateResult]) -> String {
    let green =
        |pick: fn(&GateResult) -> Option<bool>| gates.iter().filter(|gate| pick(gate) == Some(true)).count();
    if gates.is_empty() {
        return "-".to_owned();
    }
    format!("{} → {} of {}", green(|gate| gate.before), green(|gate| gate.after), gates.len())
}

fn measures(name: &str, measure: Option<&Measure>, unknown: &str) -> Vec<String> {
    let none = || unknown.to_owned();
    let share = |value: Option<Number>| value.map_or_else(|| "-".to_owned(), |value| percent(value.get()));
    let success = measure.and_then(|it| it.success).map_or_else(none, |value| percent(value.get()));
    let time = measure.and_then(|it| it.duration_ms).map_or_else(|| "-".to_owned(), duration);
    vec![name.to_owned(), success, time, share(measure.and_then(|it| it.context))]
}
