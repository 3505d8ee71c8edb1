//! `status`: one screen of what is remembered here, and what to do next.

use std::collections::BTreeMap;

use super::overview::{InReview, Open, Overview};
use super::{Context, DONE, Ended};
use crate::git::without_password;
use crate::model::oid::Oid;
use crate::model::record::Outcome;
use crate::model::time::Timestamp;
use crate::store::{LEARNING, NOTES, RUNS};
use crate::ui::{ago, count, quoted};

/// Show what is remembered here, what is open, and what to do next
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate status")]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let overview = Overview::of(cx, &repo, &store)?;
    if cx.ui.is_json() {
        cx.ui.json(&overview);
        return DONE;
    }
    let now = Timestamp(cx.host.now_ms());
    cx.ui.headline(format!("Replica {} on {}", overview.replica, overview.head));
    cx.ui.table(&[], &rows(&overview, now), &[]);
    super::log::warn_of_bad_lines(cx, &overview.bad);
    cx.ui.gap();
    overview.open_runs.iter().for_each(|open| hint_at_run(cx, open, now));
    hint_at_first_steps(cx, &overview);
    hint_at_spool(cx, overview.waiting);
    hint_at_remotes(cx, &overview, &store.settings.remote);
    hint_at_learning(cx, &overview, &without_password(&store.settings.remote));
    DONE
}

fn rows(overview: &Overview, now: Timestamp) -> Vec<Vec<String>> {
    let latest = overview.latest.map(|at| format!(", the last {}", ago(at, now))).unwrap_or_default();
    let executions = match overview.executions {
        0 => "none yet".to_owned(),
        number => format!("{number} ({} passed{latest})", overview.passed),
    };
    let short = |name: &String| name.trim_start_matches("refs/heads/").to_owned();
    let tip = |name| {
        let tip: Option<Oid> = overview.refs[name];
        tip.map_or_else(|| "not there yet".to_owned(), |tip| tip.short())
    };
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    vec![
        row("executions", executions),
        row("patterns", pattern_counts(&overview.patterns)),
        row("marketplaces", or_none(overview.marketplaces.iter().cloned())),
        row("learning branches", or_none(overview.learning_branches.iter().map(short))),
        row("open runs", or_none(overview.open_runs.iter().map(|open| open.run.id.to_string()))),
        row(NOTES, tip(NOTES)),
        row(LEARNING, tip(LEARNING)),
    ]
}

fn hint_at_first_steps(cx: &Context, overview: &Overview) {
    if overview.marketplaces.is_empty() {
        cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
    } else if overview.executions == 0 {
        cx.ui.hint("`git orchestrate run \"what you want\"` plans, asks, and runs");
    }
}

/// How many events wait in the spool, and what makes notes of them.
pub(super) fn hint_at_spool(cx: &Context, waiting: usize) {
    if waiting > 0 {
        let wait = if waiting == 1 { "waits" } else { "wait" };
        cx.ui.hint(format!("{} {wait} in the spool: `git orchestrate drain`", count(waiting, "event")));
    }
}

/// What remotes have for us, and of which nobody hears.
fn hint_at_remotes(cx: &Context, overview: &Overview, usual: &str) {
    for (remote, number) in &overview.not_joined_yet {
        let named = if remote == usual { String::new() } else { format!(" {}", quoted(remote)) };
        let remote = without_password(remote);
        let are = if *number == 1 { "is" } else { "are" };
        let executions = count(*number, "execution");
        cx.ui.hint(format!(
            "{remote} has {executions} that {are} not joined yet: `git orchestrate sync{named}`"
        ));
    }
    hint_at_new_remotes(cx, &overview.not_followed);
}

/// Remotes of which a plain fetch brings nothing of ours.
pub(super) fn hint_at_new_remotes(cx: &Context, remotes: &[String]) {
    for remote in remotes {
        cx.ui.hint(format!(
            "`git fetch` does not bring what {remote} remembers: `git orchestrate hooks install` lets it"
        ));
    }
}

/// What is not in the library yet, here or at `remote`.
fn hint_at_learning(cx: &Context, overview: &Overview, remote: &str) {
    if overview.review.is_on {
        return hint_at_review(cx, &overview.review, remote);
    }
    let waiting = match (overview.not_learned_yet, overview.learning_branches.len()) {
        (0, 0) => return,
        (0, branches) => count(branches, "learning branch"),
        (unlearned, _) => count(unlearned, "changed pattern"),
    };
    cx.ui.hint(format!("`git orchestrate merge` takes {waiting} into the library"));
}

/// What waits for others to merge it, and what does not reach them.
fn hint_at_review(cx: &Context, review: &InReview, remote: &str) {
    if let Some(waiting) = super::sync::in_review(&review.in_review, remote) {
        cx.ui.hint(format!("{waiting}: `git orchestrate sync` takes in what was merged"));
    }
    for name in &review.declined {
        cx.ui.hint(format!("{name} was taken away from {remote} unmerged: it is not pushed again as it is"));
    }
    if review.has_more {
        cx.ui.hint(format!("`git orchestrate sync` pushes what was learned to {remote}, to be reviewed"));
    }
}

/// How to take an open run's result, and how to discard it; nothing where HEAD has it already.
fn hint_at_run(cx: &Context, Open { run, outcome, is_applied }: &Open, now: Timestamp) {
    if *is_applied {
        return;
    }
    let (name, when) = (format!("{RUNS}{}", run.id), ago(run.at, now));
    cx.ui.hint(match *outcome {
        Some(Outcome::Passed) => format!("`git merge {name}` applies the run from {when}"),
        Some(outcome) => {
            format!("`git merge {name}` takes what passed in the {} run from {when}", told(outcome))
        }
        None => format!("`git merge {name}` takes what passed in the run from {when}, which did not end"),
    });
    cx.ui.hint(format!("`git update-ref -d {name}` discards it"));
}

fn told(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed | Outcome::Failed => outcome.as_str(),
        Outcome::Environment => "stopped",
        Outcome::Aborted => "interrupted",
    }
}

fn pattern_counts(stages: &BTreeMap<&str, usize>) -> String {
    let parts: Vec<String> = stages.iter().map(|(stage, number)| format!("{number} {stage}")).collect();
    if parts.is_empty() { "none yet".to_owned() } else { parts.join(", ") }
}

fn or_none(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
