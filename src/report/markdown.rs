//! A report as Markdown, for a pull request, an issue or a wiki.

use super::topic::{Entry, Report};
use crate::model::evidence::{ENOUGH_RUNS, Tally};
use crate::model::id::ComponentId;
use crate::model::text::{clean, clip};

/// The most characters of a description.
const DESCRIPTION: usize = 160;

/// `report` as a page. What others wrote is plain text in it, whatever it looks like.
pub(crate) fn page(report: &Report) -> String {
    let searched = &report.searched;
    let mut page = format!("# {}\n\n", plain(&report.topic));
    page += &format!(
        "Components: {}; marketplaces: {}; executions: {}.\n\n",
        searched.components, searched.marketplaces, searched.executions
    );
    page += &recommended(report);
    if !report.patterns.is_empty() {
        page += "\n## Patterns that have run\n\n| sequence | stage | record | lower bound | median time |\n|---|---|---|---|---|\n";
        for it in &report.patterns {
            let time = it.duration_ms.map_or_else(String::new, |ms| format!("{:.1} s", ms as f64 / 1000.0));
            let (stage, bound) = (it.stage.as_str(), it.lower_bound);
            page += &format!(
                "| {} | {stage} | {} | {bound:.2} | {time} |\n",
                plain(&it.sequence),
                record(it.tally)
            );
        }
    }
    for group in &report.groups {
        page += &format!(
            "\n## {}\n\n| component | does | covers | record | |\n|---|---|---|---|---|\n",
            capital(group.work)
        );
        group.components.iter().for_each(|entry| page += &row(entry));
        if group.more > 0 {
            page += &format!("\nAnd {} more.\n", group.more);
        }
    }
    page += "\n## Next\n\n";
    for next in &report.next {
        page += &format!("- {} {}\n", code(&next.command), plain(&next.does));
    }
    page
}

fn recommended(report: &Report) -> String {
    let it = &report.recommendation;
    let mut text = format!("## Recommended\n\n{}.\n", plain(&capital(&it.verdict)));
    if !it.steps.is_empty() {
        text += "\n| phase | component | for | why |\n|---|---|---|---|\n";
    }
    for step in &it.steps {
        let (component, purpose) = (cell(&step.component), plain(&step.purpose));
        text += &format!("| {} | {component} | {purpose} | {} |\n", step.phase, plain(&step.why));
    }
    if !(it.reasons.is_empty() && it.uncovered.is_empty()) {
        text += "\n";
    }
    it.reasons.iter().for_each(|reason| text += &format!("- {}\n", plain(reason)));
    it.uncovered.iter().for_each(|need| text += &format!("- **not covered**: {}\n", plain(need)));
    text
}

fn row(entry: &Entry) -> String {
    let does = entry.does.as_deref().unwrap_or_default();
    let runs = if entry.runs_here { "without an agent" } else { "" };
    format!(
        "| {} {} | {does} | {:.0} % | {} | {runs} |\n",
        cell(&entry.component),
        plain(&clip(&entry.description, DESCRIPTION)),
        entry.coverage * 100.0,
        record(entry.tally)
    )
}

fn record(tally: Tally) -> String {
    match tally.mean() {
        None => "no runs yet".to_owned(),
        Some(mean) if tally.runs() >= ENOUGH_RUNS => {
            format!("{:.0} % ({} of {})", mean * 100.0, tally.passed, tally.runs())
        }
        Some(_) => format!("not enough evidence ({} of {} passed)", tally.passed, tally.runs()),
    }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + rest.as_str())
}

/// Inline code: CommonMark 0.31, section 6.1, takes a fence longer than any run of backticks inside.
fn code(text: &str) -> String {
    let text = clean(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Inline code within a table: GitHub Flavored Markdown 0.29, section 4.10, unescapes pipes there.
fn cell(id: &ComponentId) -> String {
    code(id.as_str()).replace('|', "\\|")
}

/// `text` as plain text of Markdown, also within a table: what could be markup, HTML, a link or a mention
/// is escaped.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let text = clean(text);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ':' if rest.peek() != Some(&'/') => plain.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~' | '$' => {
                plain.extend(['\\', c]);
            }
            '&' | '@' | ':' => plain.push_str(&format!("&#{};", u32::from(c))),
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_no_markup() {
        for (text, want) in [
            ("a | b\n# c", "a \\| b \\# c"),
            ("<img src=x> *b* [l](https://x)", "\\<img src=x\\> \\*b\\* \\[l\\](https&#58;//x)"),
            ("ask @me & go\u{202e}", "ask &#64;me &#38; go"),
        ] {
            assert_eq!(plain(text), want);
        }
        assert_eq!(code("a`b|c"), "`` a`b|c ``");
        assert_eq!(code("git log"), "`git log`");
    }
}
