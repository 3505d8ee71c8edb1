//! What frontmatter, manifests and contracts declare in fields of their own, and what the description says.

use serde_json::Value;

use super::actions;
use super::domains;
use super::found::{Found, cleaned};
use super::programs::{languages, program};
use crate::model::capability::{Claim, Effect, Form, Level, Method, Need, Place, Thing};
use crate::model::component::{Component, Contract, Declared, LabelField};

/// Behind these words a description lists what users say.
const TRIGGERS: &[&str] = &[
    "trigger with",
    "triggers on",
    "trigger phrases",
    "triggers:",
    "trigger:",
    "use this skill when the user says",
];

/// Levels by the words that `difficulty` has.
const LEVELS: &[(&str, Level)] = &[
    ("beginner", Level::Low),
    ("easy", Level::Low),
    ("intermediate", Level::Medium),
    ("advanced", Level::High),
    ("expert", Level::High),
];

/// Reads the fields of `component`.
pub(super) fn read(component: &Component, found: &mut Found) {
    description(component, found);
    name(component, found);
    labels(component, found);
    arguments(&component.declared, found);
    difficulty(&component.declared, found);
    if let Some(contract) = &component.contract {
        self::contract(&component.declared, contract, found);
    }
    if component.id.kind() == "mcp" {
        server(&component.declared, found);
    }
}

/// The lines of the file on which the field `key` of the frontmatter stands, its further lines included.
pub(super) fn lines_of(declared: &Declared, key: &str) -> (usize, usize) {
    let opens = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    let Some(at) = declared.front.lines().position(opens) else {
        return (declared.front_line.max(1), declared.front_line.max(1));
    };
    let more = declared.front.lines().skip(at + 1);
    let more = more
        .take_while(|line| line.starts_with([' ', '\t', '-']))
        .filter(|line| !line.trim().is_empty())
        .count();
    let first = declared.front_line + at;
    (first, first + more)
}

fn place(declared: &Declared, key: &str) -> Place {
    let (first, last) = lines_of(declared, key);
    Place::Lines { first, last }
}

/// Without a description of its own the outline's first paragraph is asked for.
fn description(component: &Component, found: &mut Found) {
    let Some(text) = own_description(component) else { return };
    let place = place(&component.declared, "description");
    let sentence = purpose(text);
    if says_something(sentence) {
        found.add(Claim::Purpose { text: cleaned(sentence) }, place.clone(), Method::Declared);
    }
    let said = before_triggers(text);
    for (verb, artifact) in actions::of_text(said) {
        found.add(Claim::Does { verb, artifact }, place.clone(), Method::Description);
    }
    for language in languages(&said.to_lowercase()) {
        found.add(Claim::Language { name: language }, place.clone(), Method::Description);
    }
}

/// The description, if the frontmatter has one that says something.
pub(super) fn own_description(component: &Component) -> Option<&str> {
    let declared = component.declared.fields.get("description").is_some_and(|value| !value.is_null());
    (declared && component.id.kind() != "mcp" && says_something(&component.description))
        .then_some(&component.description)
}

fn says_something(text: &str) -> bool {
    let lower = text.to_lowercase();
    let placeholder = ["placeholder", "$(", "todo", "tbd", "lorem ipsum"]
        .iter()
        .any(|word| lower.starts_with(word) || lower.ends_with("_placeholder"));
    !placeholder && text.split_whitespace().count() > 1
}

/// The first sentence that says what it is for, rather than when it is used or who it plays.
pub(super) fn purpose(text: &str) -> &str {
    let mut rest = text;
    while !rest.is_empty() {
        let sentence = first_sentence(rest);
        let lower = sentence.to_lowercase();
        if !["use ", "you are ", "your expertise ", "triggers on", "trigger with"]
            .iter()
            .any(|start| lower.starts_with(start))
        {
            return sentence;
        }
        rest = rest[sentence.len()..].trim_start();
    }
    first_sentence(text)
}

/// Up to the first full stop that ends a sentence.
pub(super) fn first_sentence(text: &str) -> &str {
    let end = text
        .match_indices(". ")
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with("e.g") && !text[..*at].ends_with("i.e"));
    end.map_or(text, |at| &text[..=at])
}

fn before_triggers(text: &str) -> &str {
    let lower = text.to_lowercase();
    let end = TRIGGERS.iter().filter_map(|words| lower.find(words)).min();
    // Lower case may have another length: then the whole text is as good.
    end.and_then(|at| text.get(..at)).unwrap_or(text)
}

fn name(component: &Component, found: &mut Found) {
    let name = component.id.name();
    if component.id.kind() == "mcp" {
        return;
    }
    if let Some((verb, artifact)) = actions::of_name(name.rsplit(':').next().unwrap_or(name)) {
        found.add(Claim::Does { verb, artifact }, Place::Path, Method::Name);
    }
    for language in languages(&name.to_lowercase()) {
        found.add(Claim::Language { name: language }, Place::Path, Method::Name);
    }
}

fn labels(component: &Component, found: &mut Found) {
    if let Some(category) = component.declared.fields.get("category").and_then(Value::as_str) {
        let place = place(&component.declared, "category");
        domain(component, category, &place, found);
        found.add(Claim::Category { name: cleaned(category) }, place, Method::Declared);
    }
    for label in component.declared.labels.iter() {
        let place = Place::Manifest { file: cleaned(&label.file) };
        if label.field == LabelField::Category {
            domain(component, &label.text, &place, found);
            found.add(Claim::Category { name: cleaned(&label.text) }, place, Method::Declared);
        }
    }
}

/// A label is its plugin's, or that of many plugins: it counts where the component speaks of it too.
fn domain(component: &Component, label: &str, place: &Place, found: &mut Found) {
    if let Some(name) = domains::of_label(label).filter(|name| domains::speaks_of(component, name)) {
        found.add(Claim::Domain { name }, place.clone(), Method::Declared);
    }
}

/// `argument-hint: "[file] [--fix]"`.
fn arguments(declared: &Declared, found: &mut Found) {
    let hint = match declared.fields.get("argument-hint") {
        Some(Value::String(text)) => text.clone(),
        // Unquoted brackets are a list to YAML.
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(|item| format!("[{item}]"))
            .collect::<Vec<_>>()
            .join(" "),
        _ => return,
    };
    let (line, _) = lines_of(declared, "argument-hint");
    for argument in hinted(&hint) {
        found.input(Form::Argument, &argument, None, line, Method::Argument);
    }
}

/// The arguments of a hint: what stands in brackets, and options; a hint without any is one argument.
fn hinted(hint: &str) -> Vec<String> {
    let mut arguments: Vec<String> = Vec::new();
    let mut rest = hint;
    while let Some(at) = rest.find(['<', '[']) {
        let close = if rest[at..].starts_with('<') { '>' } else { ']' };
        let Some(end) = rest[at..].find(close) else { break };
        arguments.push(rest[at + 1..at + end].trim_matches(['<', '>', '[', ']', '"', ' ']).to_owned());
        rest = &rest[at + end + 1..];
    }
    if arguments.is_empty() {
        arguments.push(hint.trim_matches(['"', '\'', ' ']).to_owned());
    }
    arguments.retain(|argument| argument.chars().any(char::is_alphanumeric));
    arguments
}

fn difficulty(declared: &Declared, found: &mut Found) {
    let word = declared.fields.get("difficulty").and_then(Value::as_str).map(str::to_lowercase);
    let level = word.and_then(|word| LEVELS.iter().find(|(name, _)| *name == word).map(|(_, level)| *level));
    if let Some(level) = level {
        found.add(Claim::Complexity { level }, place(declared, "difficulty"), Method::Declared);
    }
}

fn contract(declared: &Declared, contract: &Contract, found: &mut Found) {
    let place = place(declared, "metadata");
    let thing = |glob: &String| Thing { form: Form::File, name: cleaned(glob), artifact: None };
    for glob in &contract.inputs {
        found.add(Claim::Input(thing(glob)), place.clone(), Method::Declared);
    }
    for glob in &contract.outputs {
        found.add(Claim::Output(thing(glob)), place.clone(), Method::Declared);
    }
    let effect = if contract.is_check() { Effect::ReadsOnly } else { Effect::CreatesFiles };
    found.effect(effect, place, Method::Declared);
}

/// An MCP server's command and environment; values of variables are secrets and not looked at.
fn server(declared: &Declared, found: &mut Found) {
    let place = Place::line(declared.front_line.max(1));
    if let Some(program) = declared.fields.get("command").and_then(Value::as_str).and_then(program) {
        found.requires(Need::Program, program, place.clone(), Method::Server);
    }
    if let Some(Value::Object(variables)) = declared.fields.get("env") {
        variables.keys().for_each(|name| found.requires(Need::Variable, name, place.clone(), Method::Server));
    }
    if ["url", "httpUrl"].iter().any(|key| declared.fields.contains_key(*key)) {
        found.effect(Effect::UsesNetwork, place, Method::Server);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_name_their_arguments() {
        assert_eq!(hinted("<file> [--fix] [--out <dir>]"), ["file", "--fix", "--out <dir"]);
        assert_eq!(hinted("what to build"), ["what to build"]);
        assert_eq!(hinted("[] <>"), Vec::<String>::new());
    }

    #[test]
    fn a_field_stands_on_its_line_and_those_that_belong_to_it() {
        let declared = Declared {
            front: "name: x\ndescription: |\n  a\n  b\ntools: Read\n".to_owned(),
            front_line: 2,
            ..Declared::default()
        };
        assert_eq!(lines_of(&declared, "description"), (3, 5));
        assert_eq!(lines_of(&declared, "tools"), (6, 6));
        assert_eq!(lines_of(&declared, "gone"), (2, 2));
    }

    #[test]
    fn a_purpose_is_one_sentence() {
        assert_eq!(first_sentence("Reads e.g. logs. Use it."), "Reads e.g. logs.");
        assert_eq!(purpose("Use when it rains. Opens umbrellas. Use it."), "Opens umbrellas.");
        assert_eq!(purpose("Use when it rains."), "Use when it rains.");
        assert!(!says_something("DESCRIPTION_PLACEHOLDER") && !says_something("go"));
    }

    #[test]
    fn facts_of_lines_that_nobody_knows_stand_in_their_file() {
        let places = |front_line, body_line, body| {
            let mut component = super::super::samples::component("a", "description: Reviews code\n", body);
            component.declared.front_line = front_line;
            component.declared.body_line = body_line;
            super::super::extract(&component).into_iter().map(|it| it.place).collect::<Vec<_>>()
        };
        let file = Place::Manifest { file: "a/SKILL.md".to_owned() };
        let text = "## Output\n- `a.md`\n";
        assert!(places(2, 4, text).contains(&Place::line(5)));
        assert!(
            places(9, 2, text).contains(&Place::Lines { first: 2, last: 3 }),
            "the description is behind"
        );
        assert!(places(2, 2, "").contains(&Place::line(1)), "nothing is behind `---`");
        for (places, whole) in
            [(places(2, 0, text), &file), (places(0, 0, ""), &file), (places(7, 0, ""), &Place::line(7))]
        {
            assert!(places.contains(whole), "{places:?}");
            assert!(places.iter().all(|place| *place == Place::Path || place == whole), "{places:?}");
        }
    }
}
