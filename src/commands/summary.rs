//! What a pull request shows of an audit: annotations and a Markdown summary, for GitHub Actions.

use std::collections::BTreeMap;

use crate::check::{Finding, Move, Status, Verdict};
use crate::ui::github::{Level, annotation, markdown};

/// The most lines of one list: a summary has to be short to be read, and may be 1 MiB.
const MOST: usize = 50;

/// Workflow commands: an error for what failed, a warning for what was not checked.
pub(super) fn annotations(verdict: &Verdict) -> Vec<String> {
    let annotated = |finding: &Finding| {
        let level = match finding.status {
            Status::Passed => return None,
            Status::Noticed => Level::Notice,
            Status::NotChecked => Level::Warning,
            Status::Failed => Level::Error,
        };
        let title = format!("{}: {}", word(finding.status), finding.rule);
        let what = format!("{}: {}", finding.object, finding.message);
        let lines: Vec<&str> = [what.as_str()].into_iter().chain(finding.cure.as_deref()).collect();
        Some(annotation(level, &title, finding.file.as_deref(), &lines))
    };
    verdict.findings.iter().filter_map(annotated).collect()
}

/// The verdict, the rules with their counts, what is wrong, and what to do.
pub(super) fn summary(verdict: &Verdict) -> String {
    let mut text = format!("## Learning: {}\n\n", word(verdict.status));
    text.push_str(&rules(&verdict.findings));
    let moves: Vec<String> = verdict.moves.iter().map(Move::words).collect();
    text.push_str(&section("Promotions and retirements", &moves));
    for status in [Status::Failed, Status::NotChecked, Status::Noticed] {
        let found = verdict.findings.iter().filter(|it| it.status == status);
        let lines: Vec<String> =
            found.map(|it| format!("{}: {}: {}", it.rule, it.object, it.message)).collect();
        text.push_str(&section(heading(status), &lines));
    }
    text.push_str(&section("What to do", &verdict.cures()));
    text
}

fn rules(findings: &[Finding]) -> String {
    let mut counts = BTreeMap::<&str, BTreeMap<Status, usize>>::new();
    for finding in findings {
        *counts.entry(finding.rule).or_default().entry(finding.status).or_default() += 1;
    }
    let columns = [Status::Passed, Status::Noticed, Status::NotChecked, Status::Failed];
    let mut table = format!("| rule | {} |\n", columns.map(word).join(" | "));
    table.push_str("| :--- | ---: | ---: | ---: | ---: |\n");
    for (rule, counts) in counts {
        let cells = columns.map(|status| counts.get(&status).copied().unwrap_or_default().to_string());
        table.push_str(&format!("| {} | {} |\n", markdown(rule), cells.join(" | ")));
    }
    table
}

fn section(heading: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("\n### {heading}\n\n");
    lines.iter().take(MOST).for_each(|line| text.push_str(&format!("- {}\n", markdown(line))));
    if lines.len() > MOST {
        text.push_str(&format!("- and {} more\n", lines.len() - MOST));
    }
    text
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Noticed => "noticed",
        Status::NotChecked => "not checked",
        Status::Failed => "failed",
    }
}

fn heading(status: Status) -> &'static str {
    match status {
        Status::Passed => "Passed",
        Status::Noticed => "Worth a look",
        Status::NotChecked => "Not checked",
        Status::Failed => "Failed",
    }
}
