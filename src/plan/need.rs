//! Needs: the parts of a request that are looked for one by one.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::model::text::{clip, one_line};
use crate::model::words;

use super::clause::{self, Clause};
use super::error::PlanError;

/// The most needs that are looked for; what is beyond them becomes one need without words, which
/// nothing covers, so that the plan names it.
const MAX_NEEDS: usize = 24;

/// The longest text of a need, in characters; its words are those of the whole clause.
const MAX_TEXT: usize = 400;

/// One part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// As the user wrote it, on one line.
    pub(crate) text: String,
    /// Its keywords.
    pub(crate) words: Vec<String>,
}

/// Verbs that say nothing without what they are done to. Verbs that name a work of their own
/// (test, lint, deploy) are not among them, nor are forms that may be nouns (reviews, changes).
const BARE: &str = "add analyse analyze change check close configure convert create debug decode decrypt \
    delete design develop edit encode encrypt ensure explain export fetch find fix \
    generate implement import improve inspect install investigate load modify open \
    optimise optimize parse plan prepare read receive refactor remove rename replace \
    review run save send set start stop update upgrade validate verify write";

/// Words that lead into a clause and are no part of what it wants.
const LEAD: &[&str] = &["afterwards", "also", "and", "finally", "first", "lastly", "next", "please", "then"];

/// The needs of a request, in its order, each once.
pub(crate) fn decompose(request: &str) -> Result<Vec<Need>, PlanError> {
    if request.trim().is_empty() {
        return Err(PlanError::EmptyRequest);
    }
    let mut known = BTreeSet::new();
    let mut needs: Vec<Need> = spans(request)
        .into_iter()
        .map(|span| Need::of(&request[span]))
        .filter(|need| need.words.is_empty() || known.insert(need.words.clone()))
        .collect();
    if needs.is_empty() {
        return Err(PlanError::NoWork { request: clip(&one_line(request), MAX_TEXT) });
    }
    if needs.len() > MAX_NEEDS {
        let rest = needs.split_off(MAX_NEEDS);
        needs.push(beyond(&rest));
    }
    Ok(needs)
}

impl Need {
    fn of(text: &str) -> Self {
        Self { text: clip(&one_line(bare_text(text)), MAX_TEXT), words: words::keywords(text) }
    }
}

fn beyond(rest: &[Need]) -> Need {
    let first = rest.first().map_or("", |need| &need.text);
    Need { text: format!("{} more parts, from \"{first}\" on", rest.len()), words: Vec::new() }
}

/// Clauses that say something; one that is only a verb is joined with the clause that says of what.
fn spans(request: &str) -> Vec<Range<usize>> {
    let says = |clause: &Clause| says_something(bare_text(&request[clause.span.clone()]));
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut verb: Option<Range<usize>> = None;
    let mut open = false;
    for Clause { span, closed } in clause::clauses(request).into_iter().filter(says) {
        let from = verb.take().map_or(span.start, |verb| verb.start);
        let joined = from..span.end;
        if !is_bare(&request[span]) {
            spans.push(joined);
        } else if !closed {
            verb = Some(joined);
        } else {
            join_before(&mut spans, joined, open);
        }
        open = !closed;
    }
    if let Some(verb) = verb {
        join_before(&mut spans, verb, open);
    }
    spans
}

/// "find the bug and fix": nothing follows the verb, so it belongs to what is before.
fn join_before(spans: &mut Vec<Range<usize>>, verb: Range<usize>, open: bool) {
    match spans.last_mut() {
        Some(before) if open => before.end = verb.end,
        _ => spans.push(verb),
    }
}

fn is_bare(clause: &str) -> bool {
    let is_verb = |word: &str| BARE.split(' ').any(|verb| verb.eq_ignore_ascii_case(word));
    let says_little = |word: &str| is_verb(word) || words::stems(word).is_empty();
    clause.split(|c: char| !c.is_alphanumeric()).all(says_little)
}

/// Content words, or letters that the stop words say nothing of.
fn says_something(text: &str) -> bool {
    !words::stems(text).is_empty() || text.chars().any(|c| !c.is_ascii() && c.is_alphanumeric())
}

/// The clause without lead words and punctuation around it.
fn bare_text(clause: &str) -> &str {
    let mut text = clause;
    loop {
        text = text.trim_matches(|c: char| c.is_whitespace() || ",;:.!?".contains(c));
        let lead = text.split_whitespace().next().unwrap_or_default();
        let word = lead.trim_end_matches([',', ':']).to_lowercase();
        if !LEAD.contains(&word.as_str()) {
            return text;
        }
        text = &text[lead.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(request: &str) -> Vec<String> {
        decompose(request).expect("a request").into_iter().map(|need| need.text).collect()
    }

    #[test]
    fn a_list_of_things_becomes_one_need_each() {
        assert_eq!(
            texts("set up a Rust library with tests, CI, a licence and a changelog"),
            ["set up a Rust library", "tests", "CI", "a licence", "a changelog"]
        );
        assert_eq!(texts("build a REST API with auth and caching"), ["build a REST API", "auth", "caching"]);
        assert_eq!(
            texts("review the security of the payments API and write tests for it"),
            ["review the security of the payments API", "write tests for it"]
        );
        assert_eq!(texts("add a licence and a changelog"), ["add a licence", "a changelog"]);
    }

    #[test]
    fn a_bare_verb_keeps_its_object() {
        assert_eq!(texts("read and write files"), ["read and write files"]);
        assert_eq!(texts("review, fix and document the parser"), ["review, fix and document the parser"]);
        assert_eq!(texts("find the bug and fix it. Add tests"), ["find the bug and fix it", "Add tests"]);
        assert_eq!(texts("lint, test and deploy"), ["lint", "test", "deploy"]);
        assert_eq!(texts("review"), ["review"]);
    }

    #[test]
    fn what_says_nothing_is_dropped() {
        assert_eq!(texts("Please, could you? Add CI. Then, finally, a licence!"), ["Add CI", "a licence"]);
        assert_eq!(texts("tests, and with it tests"), ["tests"]);
    }

    #[test]
    fn quoted_text_stays_whole() {
        assert_eq!(
            texts(r#"add a page "Terms, and conditions" and CI"#),
            [r#"add a page "Terms, and conditions""#, "CI"]
        );
    }

    #[test]
    fn other_languages_have_needs_too() {
        assert_eq!(texts("ajoute une licence, des tests"), ["ajoute une licence", "des tests"]);
        assert_eq!(texts("添加许可证，编写测试。"), ["添加许可证", "编写测试"]);
    }

    #[test]
    fn nothing_to_do_is_an_error() {
        assert_eq!(decompose(" \n"), Err(PlanError::EmptyRequest));
        assert_eq!(
            decompose("please do it!"),
            Err(PlanError::NoWork { request: "please do it!".to_owned() })
        );
    }

    #[test]
    fn what_is_beyond_the_bound_is_named() {
        let many: Vec<String> = (10..50).map(|n| format!("part{n}")).collect();
        let needs = decompose(&many.join(", ")).expect("a request");
        assert_eq!(needs.len(), MAX_NEEDS + 1);
        assert_eq!(needs[MAX_NEEDS].text, "16 more parts, from \"part34\" on");
        assert_eq!(needs[MAX_NEEDS].words, Vec::<String>::new());
    }

    #[test]
    fn a_huge_request_ends_soon() {
        for piece in ["replace a with b ", "(a and ", "'x 'y ", "\"a, ", "read and ", "wörd", ", ", "\n- "] {
            let needs =
                decompose(&format!("start {}", piece.repeat(100_000 / piece.len()))).expect("a request");
            assert!(
                needs.len() <= MAX_NEEDS + 1
                    && needs.iter().all(|need| need.text.chars().count() <= MAX_TEXT + 40)
            );
        }
    }
}
