//! `drain`: what waits in the spool becomes git notes.

use serde_json::json;

use super::{Context, DONE, Ended};
use crate::store::{Drained, Store};
use crate::ui::{Failure, count};

/// Write what waits in the spool into the notes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate drain

Hooks and `record --spool` only leave a small file in the spool; reading verbs
see whole records there. `record`, `run`, `merge` and this verb write all of it into the
notes, as one commit. While a commit, rebase or cherry-pick is under way nothing
is drained. Files that never can be read are moved to spool/bad, never deleted.")]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let drained = store.drain()?;
    if cx.ui.is_json() {
        let mut shown = json!(drained);
        shown["v"] = 1.into();
        cx.ui.json(&shown);
        return DONE;
    }
    name_bad_files(cx, &drained);
    let nothing = Drained { left: drained.left.clone(), ..Drained::default() };
    if let Some(why) = &drained.busy {
        cx.ui.line(format!("nothing was drained: {why}"));
        cx.ui.hint("the next command after it drains what waits");
    } else if drained == nothing {
        let waits =
            if drained.left.is_empty() { "nothing waits in the spool" } else { "nothing was drained" };
        cx.ui.line(waits);
    } else {
        cx.ui.line(format!(
            "drained {}, {}, and the records of {}",
            count(drained.records, "record"),
            count(drained.commits, "commit"),
            count(drained.rewritten, "rewritten commit")
        ));
    }
    DONE
}

/// Drains before a verb that writes. What goes wrong stays in the spool and is said, and the verb goes
/// on.
pub(super) fn beforehand(cx: &Context, store: &Store<'_>) {
    match store.drain() {
        Ok(drained) => name_bad_files(cx, &drained),
        Err(error) => cx.ui.warn(format!("the spool waits: {}", Failure::from(error).message)),
    }
}

fn name_bad_files(cx: &Context, drained: &Drained) {
    for bad in &drained.bad {
        cx.ui.warn(format!("a file of the spool is set aside in spool/bad: {bad}"));
    }
    for left in &drained.left {
        cx.ui.warn(format!("a file of the spool waits for the next time: {left}"));
    }
}
