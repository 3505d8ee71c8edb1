//! Audits what the refs hold. Nothing is assumed to be right because we wrote it.
//!
//! What can't be compared because notes or history are missing is *not checked*, never passed.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::Serialize;

use crate::model::library::{Library, Problem};
use crate::store::{NOTES, Noted, Remembered, Tree, Unread};

/// How one rule went for one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Passed,
    /// Nothing is wrong, and a person should see it.
    Noticed,
    NotChecked,
    Failed,
}

/// The verdict of one rule on one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) status: Status,
    /// A ref, a file of a learning tree (`ref:path`), a note or a record.
    pub(crate) object: String,
    /// The path in the learning tree, where it is about a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// What is wrong, or what was looked at.
    pub(crate) message: String,
    /// What to do, for what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cure: Option<String>,
}

impl Finding {
    fn passed(rule: &'static str, object: impl Into<String>, message: impl Into<String>) -> Self {
        let (object, message) = (object.into(), message.into());
        Self { rule, status: Status::Passed, object, file: None, message, cure: None }
    }

    fn not_checked(rule: &'static str, object: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status: Status::NotChecked, ..Self::passed(rule, object, message) }
    }

    fn failed(
        rule: &'static str,
        object: impl Into<String>,
        message: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self { status: Status::Failed, cure: Some(cure.into()), ..Self::passed(rule, object, message) }
    }

    /// The same, about a file of a learning tree.
    fn in_file(self, path: &str) -> Self {
        Self { file: Some(path.to_owned()), ..self }
    }
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) status: Status,
    pub(crate) findings: Vec<Finding>,
}

impl Verdict {
    /// What to do, each once: one cure often helps against several findings.
    pub(crate) fn cures(&self) -> Vec<String> {
        let mut told = BTreeSet::new();
        let cures = self.findings.iter().filter_map(|finding| finding.cure.clone());
        cures.filter(|cure| told.insert(cure.clone())).collect()
    }
}

/// What speaks against what is remembered: the first failure, if there is one.
pub(crate) fn objection(remembered: &Remembered) -> Option<String> {
    let verdict = audit(remembered);
    let failed = verdict.findings.into_iter().find(|finding| finding.status == Status::Failed);
    failed.map(|finding| format!("{}: {}", finding.object, finding.message))
}

/// Audits notes and learning.
pub(crate) fn audit(remembered: &Remembered) -> Verdict {
    let mut findings = audit_notes(remembered.notes.as_ref());
    for (name, tree) in &remembered.learning {
        match tree {
            Ok(tree) => findings.extend(audit_learning(&Subject { name, tree })),
            Err(unread) => findings.push(rules::unread(name, unread)),
        }
    }
    if findings.is_empty() {
        let message = "neither notes nor learning are here";
        findings.push(Finding::not_checked("format", NOTES, message));
    }
    let worst = findings.iter().map(|finding| finding.status).max().unwrap_or(Status::NotChecked);
    let status = if worst == Status::Noticed { Status::Passed } else { worst };
    Verdict { status, findings }
}

fn audit_notes(notes: Option<&Result<Rc<Noted>, Unread>>) -> Vec<Finding> {
    match notes {
        None => Vec::new(),
        Some(Err(unread)) => vec![rules::unread(NOTES, unread)],
        Some(Ok(noted)) => [rules::notes_format(noted), rules::one_bytes_per_id(noted)].concat(),
    }
}

fn audit_learning(subject: &Subject<'_>) -> Vec<Finding> {
    let format = rules::learning_format(subject);
    if !subject.files().contains_key("format") {
        return format;
    }
    let folders = rules::folders(subject);
    let counted = rules::cells(subject);
    // A pattern in the wrong folder is said once, not again for its bytes.
    let named: BTreeSet<&str> =
        [&format, &folders, &counted].into_iter().flatten().map(|it| it.object.as_str()).collect();
    let bytes = rules::canonical_bytes(subject, &named);
    [format, folders, counted, bytes].concat()
}

/// The learning tree at one ref.
struct Subject<'a> {
    /// The ref, as a person names it.
    name: &'a str,
    tree: &'a Tree,
}

impl Subject<'_> {
    fn library(&self) -> &Library {
        &self.tree.held.library
    }

    fn problems(&self) -> &[Problem] {
        &self.tree.held.problems
    }

    fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.tree.held.files
    }
}
