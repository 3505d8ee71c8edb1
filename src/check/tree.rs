//! Rules for what a learning tree is made of: its entries, their names, and characters that nobody sees.

use std::collections::BTreeMap;

use super::{Finding, Subject};
use crate::model::text::{is_hidden, is_layout};
use crate::store::{EntryKind, TreeEntry};

/// Every entry is a plain file with a name that every system takes.
pub(super) fn paths(subject: &Subject<'_>) -> Vec<Finding> {
    let entries = &subject.tree.entries;
    let mut findings: Vec<Finding> = entries
        .iter()
        .filter_map(|entry| {
            let path = String::from_utf8_lossy(&entry.path);
            let finding = Finding::failed("paths", subject.object(&path), fault(entry)?, subject.revert());
            Some(finding.in_file(&path))
        })
        .collect();
    let mut seen = BTreeMap::<&[u8], usize>::new();
    entries.iter().for_each(|entry| *seen.entry(&entry.path).or_default() += 1);
    for (path, times) in seen.iter().filter(|(_, times)| **times > 1) {
        let path = String::from_utf8_lossy(path);
        let message = format!("the tree names it {times} times");
        findings
            .push(Finding::failed("paths", subject.object(&path), message, subject.revert()).in_file(&path));
    }
    findings.extend(alike(subject, seen.into_keys()));
    if findings.is_empty() {
        return vec![Finding::passed(
            "paths",
            &subject.name,
            "every entry is a plain file with a plain name",
        )];
    }
    findings
}

/// What is wrong with an entry.
fn fault(entry: &TreeEntry) -> Option<String> {
    match entry.kind {
        EntryKind::File => {}
        EntryKind::Executable => return Some("it is executable, and nothing in a library runs".to_owned()),
        EntryKind::Link => return Some("it is a symbolic link, not a file".to_owned()),
        EntryKind::Submodule => return Some("it is a submodule, not a file".to_owned()),
    }
    let Ok(path) = std::str::from_utf8(&entry.path) else { return Some("its name is no text".to_owned()) };
    let bad = |name: &&str| {
        matches!(*name, "" | "." | "..") || name.contains('\\') || name.eq_ignore_ascii_case(".git")
    };
    let name = path.split('/').find(bad)?;
    Some(format!("`{name}` is no name of a file or folder"))
}

/// Names that differ in case only: right where two plugins are named so, and worth knowing.
fn alike<'a>(subject: &Subject<'_>, paths: impl Iterator<Item = &'a [u8]>) -> Vec<Finding> {
    let mut by_lower = BTreeMap::<String, Vec<String>>::new();
    for path in paths {
        let path = String::from_utf8_lossy(path).into_owned();
        by_lower.entry(path.to_lowercase()).or_default().push(path);
    }
    let collisions = by_lower.into_values().filter(|paths| paths.len() > 1);
    let noticed = |paths: Vec<String>| {
        let message =
            format!("differs from {} in case only: some systems can't check out both", paths[1..].join(", "));
        Finding::noticed("paths", subject.object(&paths[0]), message).in_file(&paths[0])
    };
    collisions.map(noticed).collect()
}

/// No text and no name holds what nobody sees: it says something else than it shows.
pub(super) fn characters(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in &subject.tree.entries {
        let path = String::from_utf8_lossy(&entry.path);
        if let Some(found) = hidden(&path, |_| false) {
            let message = format!("its name holds {found}, which nobody sees");
            let finding = Finding::failed("characters", subject.object(&path), message, subject.revert());
            findings.push(finding.in_file(&path));
        }
    }
    for (path, bytes) in subject.files() {
        let plain = |b: &u8| (0x20..0x7f).contains(b) || matches!(b, b'\n' | b'\t');
        if bytes.iter().all(plain) {
            continue;
        }
        if let Some(found) = hidden(&String::from_utf8_lossy(bytes), is_layout) {
            let message = format!("it holds {found}, which nobody sees");
            let finding = Finding::failed("characters", subject.object(path), message, subject.revert());
            findings.push(finding.in_file(path));
        }
    }
    for step in subject.steps() {
        if let Some(found) = hidden(&step.message, is_layout) {
            let object = format!("the message of commit {}", step.commit.short());
            let message = format!("it holds {found}, which nobody sees");
            findings.push(Finding::failed("characters", object, message, subject.anew()));
        }
    }
    if findings.is_empty() {
        return vec![Finding::passed("characters", &subject.name, "no text holds what nobody sees")];
    }
    findings
}

/// The first character that nobody sees, by number and line.
fn hidden(text: &str, is_allowed: impl Fn(char) -> bool) -> Option<String> {
    let (line, found) = text.lines().enumerate().find_map(|(index, line)| {
        line.chars().find(|c| is_hidden(*c) && !is_allowed(*c)).map(|c| (index + 1, c))
    })?;
    Some(format!("U+{:04X} (line {line})", u32::from(found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_character_is_named_with_its_line() {
        let found = |text| hidden(text, is_layout).unwrap_or_default();
        assert_eq!(found("a\n\tb\u{202e}c"), "U+202E (line 2)");
        assert_eq!(found("\u{1b}[31m"), "U+001B (line 1)");
        assert_eq!(found("zero\u{200b}width"), "U+200B (line 1)");
        assert_eq!(found("a\rb"), "U+000D (line 1)");
        assert_eq!(found("é → “x” 😀\n\tb"), "");
        assert_eq!(hidden("a\tb", |_| false).as_deref(), Some("U+0009 (line 1)"));
    }
}
