//! Audits what the refs hold. Nothing is assumed to be right because we wrote it.
//!
//! What can't be compared because notes or history are missing is *not checked*, never passed.

mod rules;
mod subject;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::git::GitError;
use crate::store::{NOTES, Store, StoreError};
use subject::Subject;

/// How one rule went for one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Passed,
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
    /// What is wrong, or what was looked at.
    pub(crate) message: String,
    /// What to do, for what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cure: Option<String>,
}

impl Finding {
    fn passed(rule: &'static str, object: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, status: Status::Passed, object: object.into(), message: message.into(), cure: None }
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
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) status: Status,
    pub(crate) findings: Vec<Finding>,
}

/// Audits the notes and these refs; by default the learning ref and every learning branch here.
pub(crate) fn audit(store: &Store<'_>, refs: &[String]) -> Result<Verdict, StoreError> {
    let mut findings = audit_notes(store)?;
    for subject in subject::subjects(store, refs)? {
        match subject {
            Ok(subject) => findings.extend(audit_learning(store, &subject)?),
            Err(unreadable) => findings.push(unreadable),
        }
    }
    if findings.is_empty() {
        let message = "neither notes nor learning are here";
        findings.push(Finding::not_checked("format", NOTES, message));
    }
    let status = findings.iter().map(|finding| finding.status).max().unwrap_or(Status::NotChecked);
    Ok(Verdict { status, findings })
}

fn audit_notes(store: &Store<'_>) -> Result<Vec<Finding>, StoreError> {
    let Some(tip) = store.notes_tip()? else { return Ok(Vec::new()) };
    let noted = match store.noted_at(tip) {
        Err(StoreError::Git(missing @ GitError::Missing { .. })) => {
            return Ok(vec![Finding::not_checked("format", NOTES, missing.to_string())]);
        }
        noted => noted?,
    };
    Ok([rules::notes_format(&noted), rules::one_bytes_per_id(&noted)].concat())
}

fn audit_learning(store: &Store<'_>, subject: &Subject) -> Result<Vec<Finding>, StoreError> {
    let format = rules::learning_format(subject);
    if !subject.files.contains_key("format") {
        return Ok(format);
    }
    let folders = rules::folders(subject);
    let counted = match subject.counted(store)? {
        Ok(records) => rules::cells(subject, &records),
        Err(missing) => vec![Finding::not_checked("cells", &subject.name, missing)],
    };
    // A pattern in the wrong folder is said once, not again for its bytes.
    let named: BTreeSet<&str> =
        [&format, &folders, &counted].into_iter().flatten().map(|it| it.object.as_str()).collect();
    let bytes = rules::canonical_bytes(subject, &named);
    Ok([format, folders, counted, bytes].concat())
}
