//! What a run came to, told to the user.

use serde_json::{Value, json};

use super::{Context, Ended};
use crate::execute::{Blame, Ran, Stop};
use crate::model::oid::Oid;
use crate::model::plan::Plan;
use crate::model::record::{Execution, Outcome, StepOutcome};
use crate::store::Learned;
use crate::ui::{count, duration, exit};

/// The most changed files that are listed.
const LISTED: usize = 12;

/// A run with everything that followed from it.
pub(super) struct Carried {
    pub(super) plan: Plan,
    pub(super) ran: Ran,
    pub(super) applied: Applied,
    pub(super) execution: Execution,
    /// `None`: nothing new was learned, or learning was not wanted.
    pub(super) learned: Option<Learned>,
}

/// What became of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// HEAD has it.
    Merged { head: Oid },
    /// A branch has it; `refused` says why it could not be merged.
    Branch { name: String, tip: Oid, refused: Option<String> },
    /// Only the run's own ref has it, as the user wanted.
    Left { name: String, tip: Oid },
    /// The run did not pass; its own ref has the steps that did.
    Unfinished { name: String },
    /// No step changed anything.
    Nothing,
}

impl Applied {
    /// The commit that has the result.
    pub(super) fn commit(&self) -> Option<Oid> {
        match self {
            Self::Merged { head } => Some(*head),
            Self::Branch { tip, .. } | Self::Left { tip, .. } => Some(*tip),
            Self::Unfinished { .. } | Self::Nothing => None,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Merged { head } => json!({"how": "merge", "commit": head}),
            Self::Branch { name, tip, refused } => {
                json!({"how": "branch", "branch": name, "commit": tip, "refused": refused})
            }
            Self::Left { name, tip } => json!({"how": "none", "ref": name, "commit": tip}),
            Self::Unfinished { name } => json!({"how": "none", "ref": name, "commit": null}),
            Self::Nothing => json!({"how": "none", "ref": null, "commit": null}),
        }
    }
}

/// Tells it, and gives the exit code.
pub(super) fn tell(cx: &Context, carried: &Carried) -> Ended {
    if cx.ui.is_json() {
        let learned = carried.learned.as_ref().map(|it| json!({"branch": it.branch, "commit": it.commit}));
        cx.ui.json(&json!({
            "v": 1,
            "plan": carried.plan,
            "execution": carried.execution,
            "applied": carried.applied.json(),
            "learned": learned,
        }));
    } else {
        tell_in_words(cx, carried);
    }
    Ok(match (carried.ran.outcome, &carried.applied) {
        (Outcome::Passed, Applied::Branch { refused: Some(_), .. }) => exit::FAILED,
        (Outcome::Passed, _) => exit::DONE,
        (Outcome::Failed, _) => exit::FAILED,
        (Outcome::Environment, _) => exit::ENVIRONMENT,
        (Outcome::Aborted, _) => exit::INTERRUPTED,
    })
}

fn tell_in_words(cx: &Context, carried: &Carried) {
    let ui = &cx.ui;
    ui.headline(headline(carried));
    if let Some(stop) = &carried.ran.stop {
        tell_stop(cx, stop);
    }
    tell_applied(cx, carried);
    if let Some(tests) = &carried.ran.tests {
        ui.line(format!("tests     {} passed, {} failed", tests.passed, tests.failed));
    }
    let on = carried.execution.commit.map_or_else(String::new, |commit| format!(" on {}", commit.short()));
    ui.line(format!("recorded  execution {}{on}", carried.execution.id));
    if let Some(learned) = &carried.learned {
        let subject = learned.message.lines().next().unwrap_or_default();
        ui.line(format!("learned   {subject}"));
        ui.line(format!("          on {}", learned.branch.trim_start_matches("refs/heads/")));
        ui.hint("`git orchestrate show` tells of this run, `merge` takes what it taught into the library");
    }
}

/// What git said, on one line: where it names conflicts, those.
fn reason(said: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let conflicts: Vec<&str> = lines().filter(|line| line.starts_with("CONFLICT")).collect();
    if conflicts.is_empty() { lines().collect::<Vec<_>>().join("; ") } else { conflicts.join("; ") }
}

fn headline(carried: &Carried) -> String {
    let passed =
        |outcome: StepOutcome| carried.execution.steps.iter().filter(|step| step.outcome == outcome).count();
    let took = duration(carried.ran.duration_ms);
    let total = count(carried.plan.steps.len(), "step");
    let skipped = match passed(StepOutcome::Skipped) {
        0 => String::new(),
        number => format!(", {number} skipped"),
    };
    let done = passed(StepOutcome::Passed);
    let stumbled = match passed(StepOutcome::Failed) {
        0 => String::new(),
        1 => " (one by its fallback)".to_owned(),
        number => format!(" ({number} by their fallbacks)"),
    };
    match carried.ran.outcome {
        Outcome::Passed if done == 0 => format!("Nothing to do: every gate was green already ({total})"),
        Outcome::Passed => format!("Passed: {done} of {total}{stumbled}{skipped} in {took}"),
        Outcome::Failed => format!("Failed: {done} of {total} passed in {took}"),
        Outcome::Environment => format!("Stopped by the environment after {took}: {done} of {total} passed"),
        Outcome::Aborted => format!("Interrupted after {took}: {done} of {total} passed"),
    }
}

fn tell_stop(cx: &Context, stop: &Stop) {
    let blame = match stop.blame {
        // The message begins with the gate's name.
        Blame::Gate => "",
        Blame::Component => "its script failed: ",
        Blame::Runner => "a program is missing: ",
        Blame::Environment => "the environment is to blame: ",
        Blame::Timeout => "it took too long: ",
    };
    cx.ui.bad("failed", format!("   {}: {blame}{}", stop.component.name(), stop.message));
    // One line that is the message again tells nothing.
    if stop.output.len() > 1 || !stop.output.iter().any(|line| line.contains(&stop.message)) {
        stop.output.iter().for_each(|line| cx.ui.aside(format!("          {line}")));
    }
}

fn tell_applied(cx: &Context, carried: &Carried) {
    let ui = &cx.ui;
    let commits = count(carried.ran.commits.len(), "commit");
    match &carried.applied {
        Applied::Merged { head } => ui.good("merged", format!("   {commits}, HEAD is at {}", head.short())),
        Applied::Branch { name, refused: None, .. } => {
            ui.line(format!("branch    {name} ({commits})"));
            ui.hint(format!("`git merge {name}` takes the result into your branch"));
        }
        Applied::Branch { name, refused: Some(why), .. } => {
            ui.bad("refused", format!("  the merge: {}", reason(why)));
            ui.line(format!("branch    {name} ({commits}) has the result"));
            ui.hint(format!("clear the way, then `git merge {name}`"));
        }
        Applied::Left { name, .. } => {
            ui.line(format!("kept      {name} ({commits})"));
            ui.hint(format!("`git merge {name}` takes the result into your branch"));
        }
        Applied::Unfinished { name } => {
            ui.line("your work tree is as it was");
            ui.hint(format!("the steps that passed are at {name} ({commits})"));
        }
        Applied::Nothing => ui.line("your work tree is as it was"),
    }
    if carried.applied.commit().is_some() {
        let changed = &carried.ran.changed;
        let more = changed.len().saturating_sub(LISTED);
        let named = changed.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        ui.line(format!("files     {named}{rest}"));
    }
}
