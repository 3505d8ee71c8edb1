//! `reconcile`: records follow commits that were picked, applied or squashed.

use serde_json::json;

use super::{Context, DONE, Ended, drain};
use crate::git::Head;
use crate::model::succession::Because;
use crate::store::{Reconciled, Store};
use crate::ui::{Failure, count, exit};

/// Attach records to the commits that stand for picked, applied or squashed ones
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate reconcile HEAD

Records on commits that are not in the history of RANGE are copied to the commit
of RANGE that names their execution in a trailer, or has the same tree, the same
change, or the change of the whole branch (branches, remote branches and reflogs
are looked at). Where that could be several, nothing is attached. In CI, after a
squash merge: `reconcile --squash TIP --into COMMIT`.")]
pub(crate) struct Args {
    /// Commits that may stand for others, at most the 1000 newest
    #[arg(value_name = "RANGE", default_value = "HEAD")]
    range: String,
    /// This was squashed
    #[arg(long, value_name = "TIP", requires = "into", conflicts_with = "range")]
    squash: Option<String>,
    /// Into this commit
    #[arg(long, value_name = "COMMIT", requires = "squash")]
    into: Option<String>,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    drain::beforehand(cx, &store);
    let outcome = match (&args.squash, &args.into) {
        (Some(tip), Some(into)) => store.reconcile_squash(repo.resolve(tip)?, repo.resolve(into)?)?,
        _ => by_range(&args.range, &store)?,
    };
    if cx.ui.is_json() {
        let mut shown = json!(outcome);
        shown["v"] = 1.into();
        cx.ui.json(&shown);
        return DONE;
    }
    tell(cx, &outcome);
    DONE
}

fn by_range(range: &str, store: &Store<'_>) -> Result<Reconciled, Failure> {
    if range.starts_with('-') {
        return Err(Failure::new(exit::USAGE, format!("`{range}` is no range of commits"))
            .hint("give a revision or A..B"));
    }
    if range == "HEAD" && matches!(store.repo.head()?, Head::Unborn { .. }) {
        return Ok(Reconciled::default());
    }
    Ok(store.reconcile(range)?)
}

fn tell(cx: &Context, outcome: &Reconciled) {
    for it in &outcome.attached {
        let because = match it.because {
            Because::Trailer => "its message names the execution",
            Because::Tree => "it has the same tree",
            Because::Patch => "it makes the same change",
            Because::Squash => "it makes the change of the whole branch",
        };
        let records = count(it.records, "record");
        cx.ui.line(format!("{records} of {} on {}: {because}", it.from.short(), it.to.short()));
    }
    for it in &outcome.ambiguous {
        let among: Vec<String> = it.candidates.iter().map(crate::model::oid::Oid::short).collect();
        cx.ui.warn(format!(
            "the records of {} are attached to nothing: it could be any of {}",
            it.from.short(),
            among.join(", ")
        ));
        cx.ui.hint(format!(
            "`git orchestrate reconcile --squash {} --into COMMIT` says which",
            it.from.short()
        ));
    }
    if outcome.attached.is_empty() && outcome.ambiguous.is_empty() {
        cx.ui.line("nothing to attach");
    }
    if outcome.without_successor > 0 {
        cx.ui.line(format!(
            "{} with records without a successor here",
            count(outcome.without_successor, "commit")
        ));
    }
}
