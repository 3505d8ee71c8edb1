//! What becomes of a run's result: merged, a branch, or left where it is.

use super::Context;
use super::outcome::{Applied, names};
use crate::execute::Ran;
use crate::git::{Merged, RefEdit};
use crate::model::id::RecordId;
use crate::model::pattern::slug;
use crate::model::record::Outcome;
use crate::model::text::one_line;
use crate::store::{Apply, RUNS, Store};
use crate::ui::{Failure, clean, clip, exit};

/// What is wanted of a result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// Where it goes, if an argument or the setting says that.
    pub(super) apply: Option<Apply>,
    /// The run starts from uncommitted work.
    pub(super) uncommitted: bool,
}

/// The branches that results become, `orchestrate/...`, can't be beside a branch of this name.
const FOLDER: &str = "orchestrate";

/// Finds out before anything runs whether the result could go where it is wanted.
pub(super) fn require_target(wish: Wish, store: &Store<'_>) -> Result<(), Failure> {
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
    if wish.apply != Some(Apply::None) && store.repo.tip(&format!("refs/heads/{FOLDER}"))?.is_some() {
        return Err(Failure::new(
            exit::REPOSITORY,
            format!("the branch {FOLDER} is in the way of the branches {FOLDER}/... that results become"),
        )
        .hint(format!("rename it: `git branch -m {FOLDER} {FOLDER}-old`"))
        .hint("`--apply none` leaves the result under refs/orchestrate/runs"));
    }
    Ok(())
}

/// Where the result will go. Asked before anything runs: once there is a result, nothing stands
/// between it and its record.
pub(super) fn target(wish: Wish, cx: &Context, store: &Store<'_>) -> Apply {
    let can_merge = store.repo.work_dir().is_some() && !wish.uncommitted;
    let asked = || {
        let answer =
            cx.ui.ask("If it passes: merge the result, keep it as a branch, or leave it for now?", "Mbl");
        answer.map(|letter| match letter {
            'm' => Apply::Merge,
            'l' => Apply::None,
            _ => Apply::Branch,
        })
    };
    wish.apply.or_else(|| if can_merge { asked() } else { None }).unwrap_or(Apply::Branch)
}

/// Applies the result of a run that passed; of any other run nothing is applied. What goes wrong
/// leaves the result under the run's own ref: there is always something to record.
pub(super) fn apply(
    request: Option<&str>,
    target: Apply,
    cx: &Context,
    store: &Store<'_>,
    ran: &Ran,
    id: RecordId,
) -> Applied {
    let name = format!("{RUNS}{id}");
    if ran.commits.is_empty() {
        close(cx, store, id);
        return Applied::Nothing;
    }
    if ran.outcome != Outcome::Passed {
        return Applied::Unfinished { name };
    }
    let applied = match target {
        Apply::Merge => merge(request, cx, store, ran, id),
        Apply::Branch => branch(request, store, ran, id, None),
        Apply::None => return Applied::Left { name, tip: ran.tip, reason: None },
    };
    applied.unwrap_or_else(|failure| Applied::Left { name, tip: ran.tip, reason: Some(failure.message) })
}

/// Forgets the run's own ref; where that fails, there is a ref too many and nothing is lost.
fn close(cx: &Context, store: &Store<'_>, id: RecordId) {
    if let Err(error) = store.close_run(id) {
        cx.ui.warn(format!("{RUNS}{id} could not be deleted: {error}"));
    }
}

/// An ordinary git merge, with the user's hooks and signing. What git refuses becomes a branch.
fn merge(
    request: Option<&str>,
    cx: &Context,
    store: &Store<'_>,
    ran: &Ran,
    id: RecordId,
) -> Result<Applied, Failure> {
    let in_the_way = store.repo.untracked_conflicts(&ran.changed)?;
    if !in_the_way.is_empty() {
        let why = format!("untracked files are in the way: {}", names(&in_the_way));
        return branch(request, store, ran, id, Some(why));
    }
    let what = request.map_or_else(|| "a run".to_owned(), |it| format!("\"{}\"", short_request(it)));
    let message = format!("Merge the result of {what}\n\nOrchestrate-Execution: {id}\n");
    match store.repo.merge_into_head(ran.tip, &message)? {
        Merged::Done { head } => {
            close(cx, store, id);
            Ok(Applied::Merged { head })
        }
        Merged::Refused { stderr } => branch(request, store, ran, id, Some(stderr)),
    }
}

fn branch(
    request: Option<&str>,
    store: &Store<'_>,
    ran: &Ran,
    id: RecordId,
    refused: Option<String>,
) -> Result<Applied, Failure> {
    let title = request.map(|request| slug(request, 40)).filter(|slug| !slug.is_empty());
    let name = format!("{FOLDER}/{}-{}", title.as_deref().unwrap_or("run"), id.short());
    let checkpoint = format!("{RUNS}{id}");
    let mut edits = vec![RefEdit::to(format!("refs/heads/{name}"), ran.tip, None)];
    edits.extend(store.repo.tip(&checkpoint)?.map(|tip| RefEdit::delete(checkpoint, tip)));
    match store.repo.move_refs(&edits, "orchestrate: run") {
        Ok(()) => Ok(Applied::Branch { name, tip: ran.tip, refused }),
        Err(error) => {
            let before = refused.map(|why| format!("{why}; ")).unwrap_or_default();
            Err(Failure::new(exit::REPOSITORY, format!("{before}{error}")))
        }
    }
}

/// The request on one line, short enough for a subject.
fn short_request(request: &str) -> String {
    clip(&one_line(&clean(request)), 48)
}
