//! Where a request's text comes apart: punctuation, list items and words that start a new part.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// One part of the text, untrimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) span: Range<usize>,
    /// A sentence or a line ends here: what follows is no part of the same thought.
    pub(super) closed: bool,
}

/// `whole` is kept together, `closing` ends a sentence, `soft` and `joint` split within one.
static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| {
    let whole =
        r#""[^"]*"|“[^”]*”|«[^»]*»|‘[^’]*’|`[^`]*`|\B'[^']+'\B|\([^()]*\)|\d,\d|\b(?:e\.g|i\.e|etc|vs)\."#;
    let closing =
        r"[\r\n]+[\s>]*(?:(?:[-*+•–—]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?)?|[.!?](?:\s|\z)|[;；。！？؛•]";
    let joint = r"(?:\A|\s)(?:(?:and|then|plus|with|&|after\s+that|as\s+well\s+as|along\s+with)\s+)+";
    let expression =
        format!(r"(?i)(?P<whole>{whole})|(?P<closing>{closing})|(?P<soft>[,，、،])|(?P<joint>{joint})");
    Regex::new(&expression).expect("a tested expression")
});

/// A bullet or a number in front of the first line; those of later lines are part of a separator.
static FIRST_BULLET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\A\s*(?:[-*+•–—]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?").expect("a tested expression")
});

/// "replace A with B" is one thing to do: `with` belongs to these verbs.
const WITH: &[&str] = &[
    "align",
    "combine",
    "compare",
    "comply",
    "connect",
    "deal",
    "help",
    "integrate",
    "interact",
    "merge",
    "replace",
    "start",
    "swap",
    "sync",
    "work",
];

/// How many words of a clause are looked at for what holds it together: the search stays linear.
const LOOK: usize = 6;

/// The clauses of `text`, in order; some may be blank.
pub(super) fn clauses(text: &str) -> Vec<Clause> {
    let mut start = FIRST_BULLET.find(text).map_or(0, |bullet| bullet.end());
    let mut clauses = Vec::new();
    for found in SEPARATOR.captures_iter(text) {
        let all = found.get_match();
        if all.start() < start || keeps(&found, &text[start..all.start()]) {
            continue;
        }
        clauses.push(Clause { span: start..all.start(), closed: found.name("closing").is_some() });
        start = all.end();
    }
    clauses.push(Clause { span: start..text.len(), closed: true });
    clauses
}

/// Whether the separator `found` is part of the clause that `before` begins.
fn keeps(found: &Captures<'_>, before: &str) -> bool {
    if found.name("whole").is_some() {
        return true;
    }
    let Some(joint) = found.name("joint") else { return false };
    let first = || before.split_whitespace().take(LOOK).map(str::to_lowercase);
    match joint.as_str().trim().to_lowercase().as_str() {
        "with" => first().take(3).any(|word| WITH.contains(&word.as_str())),
        "and" => {
            first().take(3).any(|word| word == "compare")
                || before.split_whitespace().rev().take(LOOK).any(|word| word.eq_ignore_ascii_case("between"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        let spans = clauses(text).into_iter().map(|clause| text[clause.span].trim());
        spans.filter(|part| !part.is_empty()).collect()
    }

    #[test]
    fn punctuation_and_joining_words_split() {
        assert_eq!(
            parts("a, b; c. d and e, and then f plus g & h"),
            ["a", "b", "c", "d", "e", "f", "g", "h"]
        );
        assert_eq!(parts("lint it, after that test it"), ["lint it", "test it"]);
    }

    #[test]
    fn versions_files_numbers_and_names_stay_whole() {
        let text = "bump Cargo.toml to v1.2.3 for 1,000 users of R&D in up-and-running.rs, e.g. ours";
        assert_eq!(
            parts(text),
            ["bump Cargo.toml to v1.2.3 for 1,000 users of R&D in up-and-running.rs", "e.g. ours"]
        );
    }

    #[test]
    fn quoted_and_bracketed_text_stays_whole() {
        for text in [
            r#"add a page "Terms, and conditions""#,
            "rename `a, b and c`",
            "add CI (lint, test and release)",
            "say 'hello, and bye' to them",
        ] {
            assert_eq!(parts(text), [text]);
        }
        assert_eq!(parts("don't panic and don't stop"), ["don't panic", "don't stop"]);
        assert_eq!(parts(r#"a 5" disk and b"#), [r#"a 5" disk"#, "b"]);
    }

    #[test]
    fn list_items_lose_their_bullets() {
        let list = "- tests\n* CI\r\n  1. licence\n12) changelog\n- [ ] readme\n\n• notes";
        assert_eq!(parts(list), ["tests", "CI", "licence", "changelog", "readme", "notes"]);
    }

    #[test]
    fn verbs_keep_the_word_that_completes_them() {
        for text in ["replace moment with dayjs", "move files between disk and cloud", "compare A and B"] {
            assert_eq!(parts(text), [text]);
        }
    }
}
