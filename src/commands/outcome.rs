//! What a run came to, told to the user.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Context, Ended};
use crate::execute::{Blame, Ran, Stop};
use crate::model::oid::Oid;
use crate::model::plan::Plan;
use crate::model::record::{Execution, Outcome, Step, StepOutcome};
use crate::store::Learned;
use crate::ui::{count, duration, exit, quoted};

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
    /// Only the run's own ref has it, as the user wanted or for this reason.
    Left { name: String, tip: Oid, reason: Option<String> },
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
            Self::Left { name, tip, reason } => {
                json!({"how": "none", "ref": name, "commit": tip, "refused": reason})
            }
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
        (
            Outcome::Passed,
            Applied::Branch { refused: Some(_), .. } | Applied::Left { reason: Some(_), .. },
        ) => exit::FAILED,
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
    for step in carried.execution.steps.iter().filter(|step| step.outcome == StepOutcome::Passed) {
        for gate in step.gates.iter().filter(|gate| gate.after.is_none()) {
            ui.doubtful(
                "unchecked",
                format!("{}: gate `{}` can't be evaluated here", step.component.name(), gate.name),
            );
        }
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

/// Paths as text, on one line.
pub(super) fn names<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> String {
    let names: Vec<String> = paths.into_iter().map(|path| path.to_string_lossy().into_owned()).collect();
    names.join(", ")
}

/// What git said, on one line: where it names conflicts, those.
fn said_shortly(said: &str) -> String {
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
    let stumbled = match rescued(&carried.execution.steps) {
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

/// How many steps passed with another component than the one that tried first.
fn rescued(steps: &[Step]) -> usize {
    let by_another = |entry: &&Step| {
        let first = steps.iter().find(|earlier| earlier.id == entry.id);
        entry.outcome == StepOutcome::Passed && first.is_some_and(|first| first.component != entry.component)
    };
    steps.iter().filter(by_another).count()
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
            ui.hint(format!("`git merge {}` takes the result into your branch", quoted(name)));
        }
        Applied::Branch { name, refused: Some(why), .. } => {
            ui.bad("refused", format!("  the merge: {}", said_shortly(why)));
            ui.line(format!("branch    {name} ({commits}) has the result"));
            ui.hint(format!("clear the way, then `git merge {}`", quoted(name)));
        }
        Applied::Left { name, reason, .. } => {
            if let Some(why) = reason {
                ui.bad("refused", format!("  to apply it: {}", said_shortly(why)));
            }
            ui.line(format!("kept      {name} ({commits})"));
            ui.hint(format!("`git merge {}` takes the result into your branch", quoted(name)));
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
        let named = names(changed.iter().take(LISTED));
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        ui.line(format!("files     {named}{rest}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::step;

    #[test]
    fn a_step_that_a_fallback_saved_counts_once_whatever_failed_before() {
        let entry = |id: &str, name: &str, outcome| Step { id: Some(id.to_owned()), ..step(name, outcome) };
        let steps = [
            entry("one", "a", StepOutcome::Failed),
            entry("one", "b", StepOutcome::Failed),
            entry("one", "c", StepOutcome::Passed),
            entry("two", "d", StepOutcome::Environment),
            entry("two", "e", StepOutcome::Passed),
            entry("three", "a", StepOutcome::Passed),
        ];
        assert_eq!(rescued(&steps), 2);
    }
}
