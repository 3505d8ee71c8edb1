//! A commit record: what one commit changed, as numbers. No paths and no text are in it, and it is no
//! evidence: recounting passes it over.
//!
//! It speaks of the commit that it names. Where git copied it to another commit's note, it still does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::RecordId;
use super::json;
use super::oid::Oid;
use super::record::Extra;
use super::time::Timestamp;

/// What one commit changed against its first parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Commit {
    pub(crate) id: RecordId,
    pub(crate) v: u32,
    pub(crate) kind: CommitKind,
    /// When the commit was seen.
    pub(crate) at: Timestamp,
    pub(crate) replica: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) author: Option<String>,
    pub(crate) commit: Oid,
    pub(crate) tree: Oid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) patch: Option<Oid>,
    pub(crate) files: u64,
    pub(crate) insertions: u64,
    pub(crate) deletions: u64,
    /// Changed files by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) languages: BTreeMap<String, u64>,
    /// Changed files that are tests.
    pub(crate) tests: u64,
    /// Agents that the message or the environment named, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) agents: Vec<String>,
    /// Executions that the message names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) executions: Vec<RecordId>,
    /// From the first parent's time to this commit's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<u64>,
    /// Commits that an amend or a rebase made it of: their own records count no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) replaces: Vec<Oid>,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// The `kind` of a commit record; one value, so that no other kind parses as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CommitKind {
    Commit,
}

impl Commit {
    /// The canonical line, without a newline.
    pub(crate) fn line(&self) -> String {
        json::canonical(self)
    }
}

/// The trailer that links a commit to an execution.
const EXECUTION: &str = "Orchestrate-Execution:";

/// Executions that a commit's message names, also in messages that a squash quoted, each once.
pub(crate) fn executions_named(message: &str) -> Vec<RecordId> {
    let mut named = Vec::new();
    let ids = message.lines().filter_map(|line| line.trim().strip_prefix(EXECUTION)?.trim().parse().ok());
    for id in ids {
        if !named.contains(&id) {
            named.push(id);
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Record;

    #[test]
    fn a_commit_record_reads_back_to_the_same_bytes() {
        let line = r#"{"id":"01KAFY0000000000000000000A","v":1,"kind":"commit","at":"2026-11-20T08:00:00.000Z","replica":"aaaa","commit":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","tree":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","files":2,"insertions":3,"deletions":1,"languages":{"markdown":1,"rust":1},"tests":1,"agents":["claude-code"],"seconds":60,"weather":"fair"}"#;
        let Record::Commit(commit) = Record::parse(line.as_bytes()).expect("a record") else {
            panic!("a commit record");
        };
        assert_eq!(commit.line(), line);
    }

    #[test]
    fn executions_are_found_in_quoted_messages_too() {
        let one = "01KAFY0000000000000000000A";
        let message = format!(
            "Squash\n\n    work\n\n    {EXECUTION} {one}\n\n{EXECUTION} {one}\n{EXECUTION} nonsense\n"
        );
        assert_eq!(executions_named(&message), [one.parse().expect("an id")]);
    }
}
