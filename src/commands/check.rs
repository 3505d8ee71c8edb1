//! `check`: audits what the refs hold.

use std::collections::BTreeSet;

use super::{Context, Ended};
use crate::check::{Status, Verdict, audit};
use crate::ui::exit;

/// Audit notes and learning: exit 1 names what is wrong, exit 3 what could not be checked
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate check

Rules: every line is a record (format), one line per id (one-bytes-per-id),
every cell equals a recount of the notes that were counted (cells), every
pattern is where its evidence places it (folder), every file has its canonical
form (bytes).")]
pub(crate) struct Args {
    /// Refs of learning trees; default: the learning ref and every learning branch here
    #[arg(value_name = "REF")]
    refs: Vec<String>,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let verdict = audit(&store.remembered(&args.refs)?);
    if cx.ui.is_json() {
        cx.ui.json(&serde_json::json!({"v": 1, "status": verdict.status, "findings": verdict.findings}));
    } else {
        show(cx, &verdict);
    }
    Ok(match verdict.status {
        Status::Passed => exit::DONE,
        Status::Failed => exit::FAILED,
        Status::NotChecked => exit::NOT_CHECKED,
    })
}

fn show(cx: &Context, verdict: &Verdict) {
    for finding in &verdict.findings {
        let text = format!("{}: {}: {}", finding.rule, finding.object, finding.message);
        match finding.status {
            Status::Passed => cx.ui.good("passed", text),
            Status::NotChecked => cx.ui.doubtful("not checked", text),
            Status::Failed => cx.ui.bad("failed", text),
        }
    }
    let number = |status| verdict.findings.iter().filter(|it| it.status == status).count();
    let (passed, not_checked) = (number(Status::Passed), number(Status::NotChecked));
    cx.ui.talk(format!("{passed} passed, {not_checked} not checked, {} failed", number(Status::Failed)));
    // One cure often helps against several findings.
    let mut cures: Vec<&String> = verdict.findings.iter().filter_map(|it| it.cure.as_ref()).collect();
    let mut told = BTreeSet::new();
    cures.retain(|cure| told.insert(*cure));
    cures.into_iter().for_each(|cure| cx.ui.hint(cure));
}
