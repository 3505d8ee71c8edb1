//! `log`: past executions, the latest first.

use std::collections::BTreeSet;

use super::{Context, DONE, Ended};
use crate::model::oid::Oid;
use crate::model::record::{Commit, Execution, Outcome, Record, StepOutcome};
use crate::model::time::Timestamp;
use crate::store::{BadLine, Listed, Noted, Store};
use crate::ui::{ago, clip, duration};

/// Every way in which an execution ends.
const OUTCOMES: [Outcome; 4] = [Outcome::Passed, Outcome::Failed, Outcome::Environment, Outcome::Aborted];

/// List past executions, the latest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate log -n 5

`--json` prints one record a line, as it is stored.")]
pub(crate) struct Args {
    /// At most this many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    max_count: usize,
    /// Only executions that ended so
    #[arg(long, value_name = "OUTCOME", value_parser = OUTCOMES.map(Outcome::as_str))]
    outcome: Option<String>,
    /// List what commits changed instead, as the post-commit hook measured it
    #[arg(long, conflicts_with = "outcome")]
    commits: bool,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let reading = store.reading(None)?;
    warn_of_bad_lines(cx, reading.bad()?);
    if args.commits {
        return commits(args, cx, &store, reading.noted()?);
    }
    let found = reading.latest(args.max_count, args.outcome.as_deref().and_then(outcome))?;
    if cx.ui.is_json() {
        found.iter().for_each(|listed| cx.ui.json(&listed.execution));
        return DONE;
    }
    if let Some(outcome) = args.outcome.as_ref().filter(|_| found.is_empty()) {
        cx.ui.line(format!("no execution ended {outcome}"));
        return DONE;
    }
    if found.is_empty() {
        cx.ui.line("no executions yet");
        cx.ui
            .hint("`git orchestrate run \"what you want\"` makes one, `record` keeps one that ran elsewhere");
        return DONE;
    }
    let now = Timestamp(cx.host.now_ms());
    let rows: Vec<Vec<String>> = found.iter().map(|listed| row(listed, now)).collect();
    cx.ui.table(&["execution", "when", "outcome", "steps", "took", "commit", "request"], &rows, &[3, 4]);
    DONE
}

/// The outcome that a word of the command line names.
fn outcome(word: &str) -> Option<Outcome> {
    OUTCOMES.into_iter().find(|outcome| outcome.as_str() == word)
}

fn commits(args: &Args, cx: &Context, store: &Store<'_>, noted: &Noted) -> Ended {
    let as_commit = |lines: &'_ Vec<Record>| match lines.last() {
        Some(Record::Commit(commit)) => Some(commit.clone()),
        _ => None,
    };
    let mut found: Vec<Box<Commit>> = noted.records.values().filter_map(as_commit).collect();
    let replaced: BTreeSet<Oid> = found.iter().flat_map(|commit| commit.replaces.iter().copied()).collect();
    found.retain(|commit| !replaced.contains(&commit.commit));
    found.sort_by_key(|commit| std::cmp::Reverse((commit.at, commit.id)));
    found.truncate(args.max_count);
    if cx.ui.is_json() {
        found.iter().for_each(|commit| cx.ui.json(commit));
        return DONE;
    }
    if found.is_empty() {
        cx.ui.line("no commits were measured yet");
        super::status::hint_at_spool(cx, store.waiting()?);
        return DONE;
    }
    let now = Timestamp(cx.host.now_ms());
    let row = |commit: &Commit| {
        let languages: Vec<&str> = commit.languages.keys().map(String::as_str).collect();
        vec![
            commit.commit.short(),
            ago(commit.at, now),
            commit.files.to_string(),
            format!("+{}", commit.insertions),
            format!("-{}", commit.deletions),
            clip(&languages.join(", "), 30),
            commit.agents.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(|commit| row(commit)).collect();
    cx.ui.table(&["commit", "when", "files", "added", "deleted", "languages", "agents"], &rows, &[2, 3, 4]);
    DONE
}

/// Names how many lines of the notes could not be read.
pub(super) fn warn_of_bad_lines(cx: &Context, bad: &[BadLine]) {
    if let Some(first) = bad.first() {
        cx.ui.warn(format!(
            "{} of the notes could not be read, the first on {}; `git orchestrate check` names them",
            crate::ui::count(bad.len(), "line"),
            first.object.short()
        ));
    }
}

fn row(Listed { execution, object }: &Listed, now: Timestamp) -> Vec<String> {
    vec![
        execution.id.short(),
        ago(execution.at, now),
        outcome_word(execution).to_owned(),
        execution.steps.len().to_string(),
        execution.duration_ms().map_or_else(|| "-".to_owned(), duration),
        object.map_or_else(|| "-".to_owned(), |object| object.short()),
        clip(execution.request.as_deref().unwrap_or("(not kept)"), 40),
    ]
}

/// The outcome, and whether a fallback had to help.
pub(super) fn outcome_word(execution: &Execution) -> &'static str {
    let stumbled = execution.steps.iter().any(|step| step.outcome == StepOutcome::Failed);
    match execution.outcome {
        Outcome::Passed if stumbled => "passed with a fallback",
        other => other.as_str(),
    }
}
