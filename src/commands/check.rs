//! `check`: audits what the refs hold.

use std::fs::OpenOptions;
use std::io::Write;

use super::summary::{annotations, summary};
use super::{Context, Ended};
use crate::check::{Status, Verdict, audit};
use crate::store::Secrets;
use crate::ui::{Format, Ui, exit};

/// Audit notes and learning: exit 1 names what is wrong, exit 3 what could not be checked
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate check
  git orchestrate check --format github

A range is BASE..TIP or BASE...TIP. A REF alone, and every learning branch, is
looked at from where it left the learning ref, commit by commit; the learning
ref itself as it is.

Rules for notes: every line is a record (format), one line per id
(one-bytes-per-id). For a tree: every file can be read (format), every pattern is
where its evidence places it (folder), every cell equals a recount of the notes
that were counted (cells), every file has its canonical form (bytes), every entry
is a plain file (paths), nothing is hidden in a text (characters), nothing that
was known is lost (join), nothing is later than its commit (months). For a range
as well: all of it is here (history), the notes tell all that is new (evidence),
nothing new looks like a secret (secrets).

Noticed, and never a failure: other thresholds (policy), success that fell with
confidence (fallen), patterns that moved to another stage.

With --format github stdout has workflow commands that annotate files, and the
file that GITHUB_STEP_SUMMARY names gets a summary.")]
pub(crate) struct Args {
    /// Refs or ranges; default: the learning ref and every learning branch here
    #[arg(value_name = "REF|RANGE")]
    refs: Vec<String>,
    /// Whom the output is for
    #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
    format: Option<For>,
}

/// Whom the output of an audit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum For {
    /// A person
    Text,
    /// A program; the same as --json
    Json,
    /// GitHub Actions: annotations and a Markdown summary
    Github,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let verdict = audit(&store.remembered(&args.refs, Secrets::Sought)?);
    match args.format {
        Some(For::Github) => tell_github(cx, &verdict),
        Some(For::Json) => show_json(&Ui::new(Format::Json), &verdict),
        None if cx.ui.is_json() => show_json(&cx.ui, &verdict),
        None | Some(For::Text) => show(cx, &verdict),
    }
    Ok(match verdict.status {
        Status::Passed | Status::Noticed => exit::DONE,
        Status::Failed => exit::FAILED,
        Status::NotChecked => exit::NOT_CHECKED,
    })
}

fn show_json(ui: &Ui, verdict: &Verdict) {
    ui.json(&serde_json::json!({
        "v": 1, "status": verdict.status, "findings": verdict.findings, "moves": verdict.moves
    }));
}

fn show(cx: &Context, verdict: &Verdict) {
    for finding in &verdict.findings {
        let text = format!("{}: {}: {}", finding.rule, finding.object, finding.message);
        match finding.status {
            Status::Passed => cx.ui.good("passed", text),
            Status::Noticed => cx.ui.doubtful("noticed", text),
            Status::NotChecked => cx.ui.doubtful("not checked", text),
            Status::Failed => cx.ui.bad("failed", text),
        }
    }
    verdict.moves.iter().for_each(|it| cx.ui.line(format!("moved {}", it.words())));
    let number = |status| verdict.findings.iter().filter(|it| it.status == status).count();
    let (passed, not_checked) = (number(Status::Passed), number(Status::NotChecked));
    cx.ui.talk(format!("{passed} passed, {not_checked} not checked, {} failed", number(Status::Failed)));
    verdict.cures().iter().for_each(|cure| cx.ui.hint(cure));
}

/// Annotations in the log, and the summary where the runner wants it.
fn tell_github(cx: &Context, verdict: &Verdict) {
    annotations(verdict).iter().for_each(|command| cx.ui.line(command));
    let summary = summary(verdict);
    if let Some(path) = cx.host.env("GITHUB_STEP_SUMMARY") {
        let file = OpenOptions::new().append(true).create(true).open(&path);
        match file.and_then(|mut file| file.write_all(summary.as_bytes())) {
            Ok(()) => return,
            // The verdict stands whether or not it can be told there.
            Err(error) => cx.ui.warn(format!("the summary could not be written: {error}")),
        }
    }
    summary.lines().for_each(|line| cx.ui.line(line));
}
