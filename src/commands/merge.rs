//! `merge`: learning branches into the learning ref.

use serde::Serialize;

use super::{Context, DONE, Ended, drain};
use crate::git::Repository;
use crate::learn;
use crate::model::oid::Oid;
use crate::store::{Merged, Review, Store};
use crate::ui::{Failure, count};

/// Merge learning branches into the pattern library
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate merge

First commits what recorded executions teach to this clone's learning branch,
then merges every learning branch here into refs/orchestrate/learning. Merging
twice changes nothing. `git log refs/orchestrate/learning` is the journal.

Under `orchestrate.review=branch` it merges nothing: `git orchestrate sync` pushes
the learning branch, and whoever reviews merges it in a clone where that is off.")]
pub(crate) struct Args {}

/// What merging came to, as programs read it.
#[derive(Debug, Serialize)]
struct Shown {
    v: u32,
    #[serde(flatten)]
    merged: Merged,
    /// This clone's learning branches (full names), where others merge them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    for_review: Vec<String>,
}

pub(crate) fn run(_args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    drain::beforehand(cx, &store);
    store.learn(&learn::catch_up)?;
    if store.settings.review == Review::Branch {
        return leave_to_review(cx, &store);
    }
    let merged = store.merge(&learn::merge)?;
    if cx.ui.is_json() {
        cx.ui.json(&Shown { v: 1, merged, for_review: Vec::new() });
        return DONE;
    }
    match (&merged.tip, merged.merged.len()) {
        (None, _) => {
            cx.ui.line("nothing to merge: no executions and no learning branches here");
            cx.ui.hint("`git orchestrate run \"what you want\"` makes the first");
        }
        (Some(tip), 0) => {
            cx.ui.line(format!("already merged: refs/orchestrate/learning is at {}", tip.short()));
        }
        (Some(tip), branches) => {
            cx.ui.headline(format!(
                "Merged {} into refs/orchestrate/learning ({})",
                count(branches, "branch"),
                tip.short()
            ));
            tell(cx, &repo, *tip, branches)?;
        }
    }
    for problem in &merged.unread {
        cx.ui.warn(format!("the branch {} stays as it is: {}", problem.path, problem.reason));
    }
    for name in &merged.kept {
        cx.ui.warn(format!("the branch {name} is merged and stays, because a work tree has it checked out"));
    }
    DONE
}

/// Nothing is merged past those who review: says what waits for them.
fn leave_to_review(cx: &Context, store: &Store<'_>) -> Ended {
    let branches: Vec<String> = store.own_branches()?.into_iter().map(|(name, _)| name).collect();
    if cx.ui.is_json() {
        let merged = Merged { tip: store.learning_tip()?, ..Merged::default() };
        cx.ui.json(&Shown { v: 1, merged, for_review: branches });
        return DONE;
    }
    if branches.is_empty() {
        cx.ui.line("nothing was merged, and nothing waits for review");
        return DONE;
    }
    cx.ui.line("nothing was merged: orchestrate.review leaves that to others");
    for name in &branches {
        cx.ui.line(format!("  {} waits for them", name.trim_start_matches("refs/heads/")));
    }
    cx.ui.hint("`git orchestrate sync` pushes it, and takes in what they merged");
    DONE
}

/// What each of the last merges taught, the first merge first.
fn tell(cx: &Context, repo: &Repository, tip: Oid, merges: usize) -> Result<(), Failure> {
    let mut messages = Vec::new();
    let mut next = Some(tip);
    while let Some(commit) = next.filter(|_| messages.len() < merges) {
        let info = repo.commit(commit)?;
        next = info.parents.first().copied();
        messages.push(info.message);
    }
    for message in messages.iter().rev() {
        let told = message.lines().skip(2).take_while(|line| !line.starts_with("Orchestrate-"));
        told.filter(|line| !line.is_empty()).for_each(|line| cx.ui.line(format!("  {line}")));
    }
    Ok(())
}
