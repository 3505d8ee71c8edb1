//! What a Markdown text says of itself: its headings and its first paragraph.

/// The most headings that are kept of one text.
const MAX_HEADINGS: usize = 200;

/// The headings of `text` outside fenced code, without their signs.
pub(super) fn headings(text: &str) -> Vec<String> {
    prose(text).filter_map(heading).take(MAX_HEADINGS).map(str::to_owned).collect()
}

/// `First heading: first paragraph`, on one line; whichever of them exists.
pub(super) fn summary(text: &str) -> String {
    let title = prose(text).find_map(heading);
    let paragraph: Vec<&str> = prose(text)
        .map(str::trim)
        .skip_while(|line| !is_words(line))
        .take_while(|line| is_words(line))
        .collect();
    let parts: Vec<String> =
        title.map(str::to_owned).into_iter().chain([paragraph.join(" ")]).filter(|p| !p.is_empty()).collect();
    parts.join(": ")
}

/// The lines of `text` that are not inside a fence.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<&str> = None;
    text.lines().filter(move |line| {
        let line = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(close)) if open == close => fence = None,
            (None, None) => return true,
            _ => {}
        }
        false
    })
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let title = text.trim().trim_end_matches('#').trim_end();
    ((1..=6).contains(&level) && text.starts_with([' ', '\t']) && !title.is_empty()).then_some(title)
}

/// Whether a line is part of a paragraph rather than a heading, rule, table, list or tag.
fn is_words(line: &str) -> bool {
    line.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '*' | '_' | '`' | '"' | '(' | '['))
        && !line.starts_with("* ")
        && !line.starts_with("***")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\n# Code review #\n---\n\nReads **all** of it,\nthen judges.\n\n```sh\n# no heading\n```\n\
                        ## Output\n#tag\n####### seven\n";

    #[test]
    fn headings_are_those_outside_code() {
        assert_eq!(headings(TEXT), ["Code review", "Output"]);
    }

    #[test]
    fn a_text_is_summed_up_by_its_title_and_first_paragraph() {
        assert_eq!(summary(TEXT), "Code review: Reads **all** of it, then judges.");
        assert_eq!(summary("just words"), "just words");
        assert_eq!(summary("# Title"), "Title");
        assert_eq!(summary("```\n~~~\n"), "");
    }
}
