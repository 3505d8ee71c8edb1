//! `status`: one screen of what is remembered here, and what to do next.

use std::collections::BTreeMap;

use serde_json::json;

use super::knowledge::{self, Memory};
use super::{Context, DONE, Ended};
use crate::git::{Head, Repository, without_password};
use crate::learn;
use crate::model::pattern::Stage;
use crate::model::record::Outcome;
use crate::model::time::Timestamp;
use crate::store::{LEARNING, NOTES, OpenRun, RUNS, Review, Store};
use crate::ui::{Failure, ago, count, quoted};

/// Show what is remembered here, what is open, and what to do next
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate status")]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let Memory { reading, committed, library } = knowledge::memory(cx, &store)?;
    let past = reading.summary()?;
    let mut stages = BTreeMap::<&str, usize>::new();
    for pattern in library.patterns.values() {
        let stage = Stage::of(library.pattern_tally(pattern), pattern.requests.len(), &library.policy);
        *stages.entry(stage.as_str()).or_default() += 1;
    }
    let unlearned = learn::changes(&committed, &library).len();
    let unjoined = store.unjoined(&reading)?;
    let branches = store.learning_branches()?;
    let runs = store.open_runs()?;
    let remote = &store.settings.remote;
    let (mut in_review, mut declined) = (Vec::new(), Vec::new());
    if store.settings.review == Review::Branch {
        (in_review, declined) = (store.in_review(remote)?, store.declined(remote)?);
    }
    let head = match repo.head()? {
        Head::Branch { name, .. } => name.trim_start_matches("refs/heads/").to_owned(),
        Head::Unborn { name } => format!("{} (no commit yet)", name.trim_start_matches("refs/heads/")),
        Head::Detached { tip } => format!("{} (detached)", tip.short()),
    };
    if cx.ui.is_json() {
        cx.ui.json(&json!({
            "v": 1,
            "replica": store.replica,
            "head": head,
            "executions": past.executions,
            "passed": past.passed,
            "bad_lines": reading.bad()?.len(),
            "patterns": stages,
            "refs": {NOTES: repo.tip(NOTES)?, LEARNING: repo.tip(LEARNING)?},
            "learning_branches": branches.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "in_review": in_review,
            "declined": declined,
            "not_learned_yet": unlearned,
            "waiting": store.waiting()?,
            "not_joined_yet": unjoined.iter().cloned().collect::<BTreeMap<String, usize>>(),
            "open_runs": runs.iter().map(|run| run.id).collect::<Vec<_>>(),
            "marketplaces": store.settings.marketplaces.keys().collect::<Vec<_>>(),
        }));
        return DONE;
    }
    let now = Timestamp(cx.host.now_ms());
    cx.ui.headline(format!("Replica {} on {head}", store.replica));
    let latest = past.latest.map(|at| format!(", the last {}", ago(at, now))).unwrap_or_default();
    let mut rows = vec![
        vec![
            "executions".to_owned(),
            match past.executions {
                0 => "none yet".to_owned(),
                number => format!("{number} ({} passed{latest})", past.passed),
            },
        ],
        vec!["patterns".to_owned(), pattern_counts(&stages)],
        vec!["marketplaces".to_owned(), or_none(store.settings.marketplaces.keys().cloned())],
    ];
    let short = |name: &String| name.trim_start_matches("refs/heads/").to_owned();
    rows.push(vec!["learning branches".to_owned(), or_none(branches.iter().map(|(name, _)| short(name)))]);
    rows.push(vec!["open runs".to_owned(), or_none(runs.iter().map(|run| run.id.to_string()))]);
    for name in [NOTES, LEARNING] {
        rows.push(vec![
            name.to_owned(),
            repo.tip(name)?.map_or_else(|| "not there yet".to_owned(), |tip| tip.short()),
        ]);
    }
    cx.ui.table(&[], &rows, &[]);
    super::log::warn_of_bad_lines(cx, reading.bad()?);
    cx.ui.gap();
    for run in &runs {
        hint_at(cx, &repo, run, reading.outcome(run.id)?, now)?;
    }
    if store.settings.marketplaces.is_empty() {
        cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
    } else if past.executions == 0 {
        cx.ui.hint("`git orchestrate run \"what you want\"` plans, asks, and runs");
    }
    hint_at_spool(cx, &store)?;
    for (remote, number) in &unjoined {
        let named =
            if *remote == store.settings.remote { String::new() } else { format!(" {}", quoted(remote)) };
        let remote = without_password(remote);
        let are = if *number == 1 { "is" } else { "are" };
        let executions = count(*number, "execution");
        cx.ui.hint(format!(
            "{remote} has {executions} that {are} not joined yet: `git orchestrate sync{named}`"
        ));
    }
    if store.settings.review == Review::Branch {
        let more = unlearned > 0 && store.is_ours_to_tell(&reading.noted()?.records, &committed, &library);
        hint_at_review(cx, &store, &in_review, &declined, more)?;
    } else if !branches.is_empty() || unlearned > 0 {
        let waiting = if unlearned > 0 {
            count(unlearned, "changed pattern")
        } else {
            count(branches.len(), "learning branch")
        };
        cx.ui.hint(format!("`git orchestrate merge` takes {waiting} into the library"));
    }
    DONE
}

/// How many events wait in the spool, and what makes notes of them.
pub(super) fn hint_at_spool(cx: &Context, store: &Store<'_>) -> Result<(), Failure> {
    let waiting = store.waiting()?;
    if waiting > 0 {
        let wait = if waiting == 1 { "waits" } else { "wait" };
        cx.ui.hint(format!("{} {wait} in the spool: `git orchestrate drain`", count(waiting, "event")));
    }
    Ok(())
}

/// What waits for others to merge it, and what does not reach them.
fn hint_at_review(
    cx: &Context,
    store: &Store<'_>,
    in_review: &[String],
    declined: &[String],
    more: bool,
) -> Result<(), Failure> {
    let remote = &without_password(&store.settings.remote);
    if let Some(waiting) = super::sync::in_review(in_review, remote) {
        cx.ui.hint(format!("{waiting}: `git orchestrate sync` takes in what was merged"));
    }
    for name in declined {
        cx.ui.hint(format!("{name} was taken away from {remote} unmerged: it is not pushed again as it is"));
    }
    if more || !store.proposals(remote)?.is_empty() {
        cx.ui.hint(format!("`git orchestrate sync` pushes what was learned to {remote}, to be reviewed"));
    }
    Ok(())
}

/// How to take an open run's result, and how to discard it; nothing where HEAD has it already.
fn hint_at(
    cx: &Context,
    repo: &Repository,
    run: &OpenRun,
    outcome: Option<Outcome>,
    now: Timestamp,
) -> Result<(), Failure> {
    let head = repo.head()?.tip();
    if head.is_some_and(|head| repo.is_ancestor(run.tip, head).unwrap_or(false)) {
        return Ok(());
    }
    let (name, when) = (format!("{RUNS}{}", run.id), ago(run.at, now));
    cx.ui.hint(match outcome {
        Some(Outcome::Passed) => format!("`git merge {name}` applies the run from {when}"),
        Some(outcome) => {
            format!("`git merge {name}` takes what passed in the {} run from {when}", told(outcome))
        }
        None => format!("`git merge {name}` takes what passed in the run from {when}, which did not end"),
    });
    cx.ui.hint(format!("`git update-ref -d {name}` discards it"));
    Ok(())
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
