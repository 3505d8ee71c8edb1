//! `show`: one execution, whole.

use super::log::{outcome_word, warn_of_bad_lines};
use super::{Context, DONE, Ended};
use crate::git::{GitError, Head};
use crate::model::id::RecordId;
use crate::model::json::Number;
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

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let noted = store.noted()?;
    warn_of_bad_lines(cx, &noted);
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
    let ending = name.to_ascii_uppercase();
    let by_id = |execution: &&Execution| ending.len() >= 4 && execution.id.to_string().ends_with(&ending);
    let matching: Vec<&Execution> = known.iter().filter(by_id).collect();
    if let [one] = matching[..] {
        return Ok(one.clone());
    }
    if matching.len() > 1 {
        let ids: Vec<String> = matching.iter().map(|execution| execution.id.to_string()).collect();
        return Err(Failure::new(exit::USAGE, format!("`{name}` names more than one execution"))
            .hint(format!("give more of one of these: {}", ids.join(", "))));
    }
    let none = |what: String| {
        Failure::new(exit::FAILED, what).hint("`git orchestrate log` lists the executions that there are")
    };
    if name.parse::<RecordId>().is_ok() {
        return Err(none(format!("no execution has the id {name}")));
    }
    let object = if name == "HEAD" && matches!(store.repo.head()?, Head::Unborn { .. }) {
        store.repo.empty_tree()
    } else {
        store.repo.resolve(name).map_err(|error| match error {
            GitError::UnknownRevision { .. } => {
                Failure { code: exit::USAGE, ..none(format!("`{name}` is no execution and no revision")) }
            }
            error => error.into(),
        })?
    };
    let on = |execution: &&Execution| noted.objects.get(&execution.id).is_some_and(|it| it.contains(&object));
    known.iter().rev().find(on).cloned().ok_or_else(|| none(format!("no execution is recorded on {name}")))
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
