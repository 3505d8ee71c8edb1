//! `check`: audits what the refs hold.

use super::{Context, Ended};
use crate::check::{Finding, Status, audit};
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
    let verdict = audit(&store, &args.refs)?;
    if cx.ui.is_json() {
        cx.ui.json(&serde_json::json!({"v": 1, "status": verdict.status, "findings": verdict.findings}));
    } else {
        verdict.findings.iter().for_each(|finding| show(cx, finding));
    }
    Ok(match verdict.status {
        Status::Passed => exit::DONE,
        Status::Failed => exit::FAILED,
        Status::NotChecked => exit::NOT_CHECKED,
    })
}

fn show(cx: &Context, finding: &Finding) {
    let text = format!("{}: {}: {}", finding.rule, finding.object, finding.message);
    match finding.status {
        Status::Passed => cx.ui.good("passed", text),
        Status::NotChecked => cx.ui.doubtful("not checked", text),
        Status::Failed => cx.ui.bad("failed", text),
    }
    if let Some(cure) = &finding.cure {
        cx.ui.hint(cure);
    }
}
