//! What becomes of a run's result: merged, a branch, or left where it is.

use super::Context;
use super::outcome::Applied;
use crate::execute::Ran;
use crate::git::{Merged, RefEdit, merge_into_head, untracked_conflicts};
use crate::model::id::RecordId;
use crate::model::pattern::slug;
use crate::model::record::Outcome;
use crate::store::{Apply, RUNS, Store};
use crate::ui::{Failure, exit};

/// What is wanted of a result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    /// The request, if branches and merges may say it.
    pub(super) request: Option<&'a str>,
    /// Where it goes, if that was said.
    pub(super) apply: Option<Apply>,
    /// The run starts from uncommitted work.
    pub(super) uncommitted: bool,
}

/// Finds out before anything runs whether the result could go where it is wanted.
pub(super) fn require_target(wish: Wish<'_>, store: &Store<'_>) -> Result<(), Failure> {
    if wish.apply == Some(Apply::Merge) {
        store
            .repo
            .require_work_dir()
            .map_err(|error| Failure::from(error).hint("`--apply branch` works here"))?;
        if wish.uncommitted {
            return Err(Failure::new(
                exit::USAGE,
                "the result of `--base worktree` can't be merged into the same uncommitted work",
            )
            .hint("`--apply branch` keeps it as a branch"));
        }
    }
    Ok(())
}

/// Applies the result of a run that passed; of any other run nothing is applied.
pub(super) fn apply(
    wish: Wish<'_>,
    cx: &Context,
    store: &Store<'_>,
    ran: &Ran,
    id: RecordId,
) -> Result<Applied, Failure> {
    if ran.commits.is_empty() {
        store.close_run(id)?;
        return Ok(Applied::Nothing);
    }
    if ran.outcome != Outcome::Passed {
        return Ok(Applied::Unfinished { name: format!("{RUNS}{id}") });
    }
    match target(wish, cx, store) {
        Apply::Merge => merge(wish, store, ran, id),
        Apply::Branch => branch(wish, store, ran, id, None),
        Apply::None => Ok(Applied::Left { name: format!("{RUNS}{id}"), tip: ran.tip }),
    }
}

fn target(wish: Wish<'_>, cx: &Context, store: &Store<'_>) -> Apply {
    let can_merge = store.repo.work_dir().is_some() && !wish.uncommitted;
    let asked = || {
        let answer =
            cx.ui.ask("The result is there. Merge it, keep it as a branch, or leave it for now?", "Mbl");
        answer.map(|letter| match letter {
            'm' => Apply::Merge,
            'l' => Apply::None,
            _ => Apply::Branch,
        })
    };
    let wanted = wish.apply.or(store.settings.apply);
    wanted.or_else(|| if can_merge { asked() } else { None }).unwrap_or(Apply::Branch)
}

/// An ordinary git merge, with the user's hooks and signing. What git refuses becomes a branch.
fn merge(wish: Wish<'_>, store: &Store<'_>, ran: &Ran, id: RecordId) -> Result<Applied, Failure> {
    let work_dir = store.repo.require_work_dir()?;
    let in_the_way = untracked_conflicts(&work_dir, &ran.changed)?;
    if !in_the_way.is_empty() {
        let why = format!("untracked files are in the way: {}", in_the_way.join(", "));
        return branch(wish, store, ran, id, Some(why));
    }
    let what = wish.request.map_or_else(|| "a run".to_owned(), |it| format!("\"{}\"", short_request(it)));
    let message = format!("Merge the result of {what}\n\nOrchestrate-Execution: {id}\n");
    match merge_into_head(&work_dir, ran.tip, &message)? {
        Merged::Done { head } => {
            store.close_run(id)?;
            Ok(Applied::Merged { head })
        }
        Merged::Refused { stderr } => branch(wish, store, ran, id, Some(stderr)),
    }
}

fn branch(
    wish: Wish<'_>,
    store: &Store<'_>,
    ran: &Ran,
    id: RecordId,
    refused: Option<String>,
) -> Result<Applied, Failure> {
    let title = wish.request.map(|request| slug(request, 40)).filter(|slug| !slug.is_empty());
    let name = format!("orchestrate/{}-{}", title.as_deref().unwrap_or("run"), id.short());
    let checkpoint = format!("{RUNS}{id}");
    let mut edits = vec![RefEdit::to(format!("refs/heads/{name}"), ran.tip, None)];
    edits.extend(store.repo.tip(&checkpoint)?.map(|tip| RefEdit::delete(checkpoint, tip)));
    store.repo.move_refs(&edits, "orchestrate: run")?;
    Ok(Applied::Branch { name, tip: ran.tip, refused })
}

/// The request on one line, short enough for a subject.
fn short_request(request: &str) -> String {
    let line = request.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::ui::clip(&crate::ui::clean(&line), 48)
}
