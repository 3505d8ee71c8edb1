//! Lists under headings that say what they list: outputs, inputs, requirements; and what is asked for.

use super::artifacts::head;
use super::found::Found;
use super::outline::{Line, Part};
use super::paths::{is_own, pathlike, spans};
use super::programs::{named_programs, services};
use super::section::Section;
use super::shell::is_variable;
use crate::model::capability::{Form, Method, Need, Place};

/// The most words of a thing's name.
const LONGEST: usize = 7;

/// Words that ask for what follows: `Include a summary`.
const ASKING: &[&str] =
    &["provide", "include", "return", "present", "deliver", "show", "list", "a", "an", "the", "your"];

/// Words behind which a name goes into detail.
const DETAILS: &[&str] = &[
    "with",
    "including",
    "that",
    "which",
    "for",
    "so",
    "containing",
    "showing",
    "covering",
    "if",
    "when",
    "where",
    "using",
];

/// Words at the end of an item that say in what state something is.
const STATES: &[&str] = &[
    "active",
    "added",
    "applied",
    "available",
    "complete",
    "completed",
    "configured",
    "created",
    "deployed",
    "documented",
    "enabled",
    "established",
    "generated",
    "identified",
    "implemented",
    "installed",
    "integrated",
    "migrated",
    "passed",
    "passing",
    "ready",
    "resolved",
    "saved",
    "selected",
    "set",
    "shifted",
    "successfully",
    "tested",
    "up",
    "updated",
    "validated",
    "verified",
    "working",
];

/// Words that are no part of a name at its start: what follows is an instruction or a remark.
const REMARKS: &[&str] = &[
    "if",
    "when",
    "always",
    "never",
    "do",
    "don't",
    "not",
    "no",
    "use",
    "ensure",
    "make",
    "be",
    "keep",
    "is",
    "are",
    "it",
    "this",
    "these",
    "all",
    "only",
    "appropriate",
    "actual",
    "clear",
    "proper",
    "optional",
    "optionally",
    "reply",
    "include",
    "of",
    "apply",
    "success",
    "see",
    "you",
    "focus",
    "avoid",
    "add",
    "for",
    "each",
    "any",
];

/// Reads the lists among `lines`.
pub(super) fn read(lines: &[Line<'_>], found: &mut Found) {
    for line in lines {
        match (line.section, line.part) {
            // Where an output has parts under headings of their own, the headings name it.
            (Section::Output, Part::Heading) if line.deeper => thing(line, true, found),
            (Section::Output | Section::Layout, Part::Item { nested: false, .. }) => thing(line, true, found),
            (Section::Input, Part::Item { nested: false, .. }) => thing(line, false, found),
            (Section::Requirements, Part::Item { .. } | Part::Prose) => requirement(line, found),
            _ => {}
        }
    }
}

fn thing(line: &Line<'_>, output: bool, found: &mut Found) {
    let method = Method::Section;
    let mut add = |form, name: &str, artifact| {
        if output {
            found.output(form, name, artifact, line.number, method);
        } else {
            found.input(form, name, artifact, line.number, method);
        }
    };
    let paths: Vec<String> =
        spans(line.text).filter_map(|(_, code)| pathlike(code)).filter(|path| !is_own(path)).collect();
    if !paths.is_empty() {
        paths.iter().for_each(|path| add(Form::File, path, None));
        return;
    }
    let item = line.part != Part::Heading;
    if (item && line.deeper) || (line.section == Section::Layout && !is_part(line)) {
        return;
    }
    if let Some((before, code)) = spans(line.text).next()
        && before.trim_matches(['*', ' ']).is_empty()
        && !output
        && !code.contains(' ')
        && code.starts_with(['-', '<', '[', '$'])
    {
        return add(Form::Argument, code.trim_matches(['<', '>', '[', ']']), None);
    }
    if let Some(name) = name_of(line.text) {
        let lower = name.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        add(Form::Named, &name, head(&words));
    }
}

/// Whether an item of a layout is a part of what is handed over, rather than a field or a rule of style.
fn is_part(line: &Line<'_>) -> bool {
    matches!(line.part, Part::Item { numbered: true, .. }) && line.text.starts_with("**")
}

/// What an item names: the words before a colon, a dash, or what goes into detail.
fn name_of(text: &str) -> Option<String> {
    let plain = text.replace("**", "").replace(['`', '*'], "");
    let lead = plain.split([':', '(', '—', '–', ';', '.']).next()?.split(" - ").next()?;
    let mut words: Vec<&str> = lead.split_whitespace().collect();
    let mut states = false;
    while words.last().is_some_and(|word| STATES.contains(&word.to_lowercase().as_str())) {
        words.pop();
        states = true;
    }
    if states && (words.len() < 2 || words.len() < lead.split_whitespace().count() - 1) {
        // "Cake baked successfully" tells how it went, not what is there.
        return None;
    }
    while words.first().is_some_and(|word| ASKING.contains(&word.to_lowercase().as_str())) {
        words.remove(0);
    }
    if words.iter().any(|word| matches!(word.to_lowercase().as_str(), "successfully" | "fully")) {
        return None;
    }
    let details = words.iter().position(|word| DETAILS.contains(&word.to_lowercase().as_str()));
    if details.is_some_and(|at| at < 2)
        && !matches!(words.first(), Some(word) if head(&[&word.to_lowercase()]).is_some())
    {
        // "Integration with what is there": without its details a single word is no name.
        return None;
    }
    words.truncate(details.unwrap_or(words.len()));
    let first = words.first()?.to_lowercase();
    let name = words.join(" ");
    let name = name.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, ')' | '"' | '+' | '#')));
    let sensible = words.len() <= LONGEST
        && !REMARKS.contains(&first.as_str())
        && name.chars().filter(|c| c.is_alphabetic()).count() > 2;
    (sensible && !name.contains(['|', '{', '[', '<', '?'])).then(|| name.to_owned())
}

fn requirement(line: &Line<'_>, found: &mut Found) {
    let lower = line.text.to_lowercase();
    if ["optional", "not required", "no need", "if you", "recommended"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return;
    }
    let place = Place::line(line.number);
    for program in named_programs(line.text) {
        found.requires(Need::Program, program, place.clone(), Method::Section);
    }
    for service in services(line.text) {
        found.requires(Need::Service, service, place.clone(), Method::Section);
    }
    for (_, code) in spans(line.text) {
        let name = code.split('=').next().unwrap_or(code).trim_start_matches('$');
        if is_variable(name) {
            found.requires(Need::Variable, name, place.clone(), Method::Section);
        }
    }
}

/// Reads the placeholders by which a command takes what is typed behind it. Outside of code `$1` is money.
pub(super) fn arguments(lines: &[Line<'_>], found: &mut Found) {
    for line in lines {
        if has_placeholder(line.text, "$ARGUMENTS") {
            found.input(Form::Argument, "$ARGUMENTS", None, line.number, Method::Argument);
        }
        let told = !matches!(line.part, Part::Code { .. });
        for name in ["$1", "$2", "$3"].into_iter().filter(|_| told) {
            if spans(line.text).any(|(_, code)| has_placeholder(code, name)) {
                found.input(Form::Argument, name, None, line.number, Method::Argument);
            }
        }
    }
}

fn has_placeholder(text: &str, name: &str) -> bool {
    let mut behind = text.match_indices(name).map(|(at, _)| &text[at + name.len()..]);
    // `$1.50` is money, `$ARGUMENTS.` ends a sentence.
    behind.any(|rest| {
        let name_ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let amount = rest.starts_with(['.', ',']) && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        name_ends && !amount
    })
}

#[cfg(test)]
mod tests {
    use super::super::outline::lines;
    use super::*;

    fn facts(body: &str) -> String {
        let lines = lines(body, 1);
        let mut found = Found::default();
        read(&lines, &mut found);
        arguments(&lines, &mut found);
        let line = |fact: &crate::model::capability::Fact| {
            format!("{}: {} {:?}", fact.claim.kind(), fact.claim, fact.place)
        };
        found.ranked().iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn lists_name_what_their_heading_announces() {
        insta::assert_snapshot!(facts("## Output\n- **Audit report**: what was found\n- Include a threat model for the API\n- Never panic\n\
            - `docs/audit.md`\n## Inputs\n- `--deep`: look closer\n- Design documents\n## Prerequisites\n- Node.js 18+, an AWS account\n\
            - `AWS_REGION` set\n- Optional: docker\n## Task\nLook at $ARGUMENTS, worth $10, or $1 and `$2`.\n"), @"
        input: argument --deep Lines { first: 7, last: 7 }
        input: Design documents Lines { first: 8, last: 8 }
        input: argument $ARGUMENTS Lines { first: 14, last: 14 }
        input: argument $2 Lines { first: 14, last: 14 }
        output: Audit report Lines { first: 2, last: 2 }
        output: threat model Lines { first: 3, last: 3 }
        output: file docs/audit.md Lines { first: 5, last: 5 }
        requires: program node Lines { first: 10, last: 10 }
        requires: variable AWS_REGION Lines { first: 11, last: 11 }
        requires: service AWS Lines { first: 10, last: 10 }
        ");
    }
}
