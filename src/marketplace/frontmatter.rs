//! Splits a document into frontmatter and body, and reads the frontmatter however broken it is.
//!
//! Strict YAML first, under budgets that stop alias bombs and deep nesting; then line by line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::diagnostic::{Severity, shown};
use super::repair;

/// Frontmatter beyond this many bytes is read line by line only.
const MAX_YAML: usize = 64 << 10;

/// A document, taken apart.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The frontmatter's fields; empty without frontmatter.
    pub(super) fields: Map<String, Value>,
    /// The text behind the frontmatter.
    pub(super) body: String,
    /// What was assumed on the way.
    pub(super) repairs: Vec<Repair>,
    /// Line of the first `orchestrate:` in the frontmatter.
    pub(super) contract_line: Option<usize>,
    /// Lines of the fields.
    pub(super) lines: BTreeMap<String, usize>,
    /// Whether there is frontmatter, even if nothing of it could be read.
    pub(super) has_front: bool,
    /// Whether the frontmatter had to be read line by line, so that nested fields are lost.
    pub(super) flat: bool,
    /// The text that the fields were read from.
    pub(super) front: String,
    /// The line, from 1, on which it starts; 0 where there is none.
    pub(super) front_line: usize,
    /// The line, from 1, on which the body starts; 0 where its lines are not those of the file.
    pub(super) body_line: usize,
}

/// What came of the frontmatter of documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fronts {
    /// Documents that have any.
    pub(crate) present: usize,
    /// Those that are not valid YAML and were read line by line.
    pub(crate) repaired: usize,
    /// Those of which a field that starts a line was not read.
    pub(crate) lost: usize,
}

impl Fronts {
    pub(super) fn count(&mut self, document: &Document) {
        let lost = document.lines.keys().any(|key| !document.fields.contains_key(key));
        self.present += usize::from(document.has_front);
        self.repaired += usize::from(document.has_front && document.flat);
        self.lost += usize::from(document.has_front && lost);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.present += other.present;
        self.repaired += other.repaired;
        self.lost += other.lost;
    }
}

/// One thing that was wrong in a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repair {
    pub(super) severity: Severity,
    pub(super) line: usize,
    pub(super) message: String,
}

/// Takes a document apart.
pub(super) fn parse(text: &str) -> Document {
    let Some(split) = split(text) else {
        return Document { body: text.to_owned(), body_line: 1, ..Document::default() };
    };
    let before_body = &text[..text.len() - split.body.len()];
    let mut document = Document {
        body: split.body.to_owned(),
        front: split.front.to_owned(),
        front_line: split.line + 1,
        body_line: 1 + before_body.matches('\n').count(),
        contract_line: contract_line(split.front).map(|line| line + split.line),
        lines: repair::lines(split.front).map(|(key, line)| (key.to_owned(), line + split.line)).collect(),
        has_front: true,
        ..Document::default()
    };
    if !split.closed {
        let message = "frontmatter is not closed by `---`; it was taken to end at the first empty line";
        document.repair(Severity::Warning, split.line, message);
    }
    document.read(&split);
    if document.fields.is_empty() && !split.front.trim().is_empty() && document.lines.is_empty() {
        return rule(text, split.line);
    }
    document
}

/// A text that opens with a rule, and not with frontmatter.
fn rule(text: &str, line: usize) -> Document {
    let mut document = Document { body: text.to_owned(), body_line: 1, ..Document::default() };
    let message = "opens with `---`, but no field follows; it was read as text without frontmatter";
    document.repair(Severity::Info, line, message);
    document
}

impl Document {
    /// The line that a field of the frontmatter starts on.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        self.lines.get(key).copied()
    }

    fn read(&mut self, split: &Split<'_>) {
        match yaml(split.front) {
            Ok(fields) => self.fields = fields,
            Err((line, reason)) => {
                self.flat = true;
                self.fields = repair::fields(split.front);
                let message =
                    format!("frontmatter is not valid YAML ({}); it was read line by line", shown(&reason));
                self.repair(Severity::Warning, split.line + line, message);
            }
        }
    }

    fn repair(&mut self, severity: Severity, line: usize, message: impl Into<String>) {
        self.repairs.push(Repair { severity, line, message: message.into() });
    }
}

/// Where frontmatter and body lie in a text.
struct Split<'a> {
    front: &'a str,
    body: &'a str,
    /// Line of the opening `---`.
    line: usize,
    closed: bool,
}

/// `None` when the text does not open with a line `---`.
fn split(text: &str) -> Option<Split<'_>> {
    let start = text.trim_start_matches(['\n', ' ', '\t']);
    let line = 1 + text[..text.len() - start.len()].matches('\n').count();
    let (first, rest) = start.split_once('\n')?;
    if first.trim_end() != "---" {
        return None;
    }
    let (front, body, closed) = match until(rest, |line| matches!(line.trim_end(), "---" | "...")) {
        Some((front, body)) => (front, body, true),
        None => {
            let (front, body) = until(rest, |line| line.trim().is_empty()).unwrap_or((rest, ""));
            (front, body, false)
        }
    };
    Some(Split { front, body, line, closed })
}

/// What lies before and behind the first line for which `ends` holds.
fn until(text: &str, ends: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if ends(line) {
            return Some((&text[..at], &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// Line of the first `orchestrate:`, counted from 1 inside the frontmatter.
fn contract_line(front: &str) -> Option<usize> {
    front.lines().position(|line| line.trim_start().starts_with("orchestrate:")).map(|index| index + 1)
}

/// The fields, or the line (from 1) and reason for which they are not strict YAML.
fn yaml(front: &str) -> Result<Map<String, Value>, (usize, String)> {
    if front.len() > MAX_YAML {
        return Err((1, format!("it is longer than {} KiB", MAX_YAML >> 10)));
    }
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 24,
            max_nodes: 5_000,
            max_events: 20_000,
            max_aliases: 100,
            max_anchors: 100,
            max_documents: 1,
            max_total_scalar_bytes: MAX_YAML,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 5_000 },
    };
    match serde_saphyr::from_str_with_options::<Value>(front, options) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err((1, "it is not a map of fields".to_owned())),
        Err(error) => {
            let line = error.location().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
            let message = error.to_string();
            // Its own line counts from the frontmatter, not from the file.
            let reason = message.split(" at line ").next().unwrap_or_default();
            Err((line, reason.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        let document = parse(text);
        let repairs: Vec<String> =
            document.repairs.iter().map(|repair| format!("{}: {}", repair.line, repair.message)).collect();
        let fields = serde_json::to_string(&document.fields).expect("JSON");
        format!("{fields}\n{:?}\n{}", document.body, repairs.join("\n"))
    }

    #[test]
    fn valid_frontmatter_needs_no_repair() {
        insta::assert_snapshot!(read("---\nname: yes\nmetadata:\n  a: [1, two]\n---\n# Body\n"), @r##"
        {"metadata":{"a":[1,"two"]},"name":"yes"}
        "# Body\n"
        "##);
    }

    #[test]
    fn a_colon_inside_a_description_is_repaired_and_located() {
        insta::assert_snapshot!(read("---\nname: x\ndescription: Use when: always\n---\nBody"), @r#"
        {"description":"Use when: always","name":"x"}
        "Body"
        3: frontmatter is not valid YAML (mapping values are not allowed in this context); it was read line by line
        "#);
    }

    #[test]
    fn frontmatter_that_never_ends_stops_at_the_first_empty_line() {
        insta::assert_snapshot!(read("\n---\nname: x\n\nBody"), @r#"
        {"name":"x"}
        "Body"
        2: frontmatter is not closed by `---`; it was taken to end at the first empty line
        "#);
    }

    #[test]
    fn a_text_without_frontmatter_is_all_body() {
        insta::assert_snapshot!(read("# Title\n---\nx: y\n---\n"), @r##"
        {}
        "# Title\n---\nx: y\n---\n"
        "##);
    }

    #[test]
    fn an_alias_bomb_is_read_line_by_line() {
        let mut bomb = "---\na: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (this, last) in ('b'..='i').zip('a'..) {
            let aliases = vec![format!("*{last}"); 9].join(", ");
            bomb.push_str(&format!("{this}: &{this} [{aliases}]\n"));
        }
        let document = parse(&(bomb + "name: bomb\n---\n"));
        assert!(document.flat);
        assert_eq!(document.fields["name"], "bomb");
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        for open in ["[", "{a: ", "- "] {
            let document = parse(&format!("---\nname: deep\nx: {}\n---\n", open.repeat(20_000)));
            assert!(document.flat, "{open}");
            assert_eq!(document.fields["name"], "deep");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            parse(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_frontmatter_is_read_without_panic(front in "[-a-c:#'\"|>&*!%@`\\[\\]{},? \t\n.]{0,200}") {
            let document = parse(&format!("---\n{front}\n---\nbody"));
            prop_assert!(document.body.ends_with("body"));
        }
    }
}
