//! Audits what the refs hold. Nothing is assumed to be right because we wrote it.
//!
//! What can't be compared because notes or history are missing is *not checked*, never passed.

mod catalog;
mod change;
mod gap;
mod loss;
mod range;
mod rules;
mod tree;

#[cfg(test)]
mod laws;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::Serialize;

use crate::model::library::{Library, Problem};
use crate::model::oid::Oid;
use crate::model::text::quoted;
use crate::model::told::{recounted, untold};
use crate::store::{Gap, NOTES, Noted, Remembered, Step, Tree, Unread};
pub(crate) use change::Move;
use gap::Around;

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

    fn noticed(rule: &'static str, object: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status: Status::Noticed, ..Self::passed(rule, object, message) }
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

    /// What is wrong with what.
    pub(crate) fn words(&self) -> String {
        format!("{}: {}", self.object, self.message)
    }

    /// The same, about a file of a learning tree.
    fn in_file(self, path: &str) -> Self {
        Self { file: Some(path.to_owned()), ..self }
    }
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) status: Status,
    pub(crate) findings: Vec<Finding>,
    /// Patterns that rose or were retired in the ranges that were asked about.
    pub(crate) moves: Vec<Move>,
}

impl Verdict {
    /// What to do, each once: one cure often helps against several findings.
    pub(crate) fn cures(&self) -> Vec<String> {
        let mut told = BTreeSet::new();
        let cures = self.findings.iter().filter_map(|finding| finding.cure.clone());
        cures.filter(|cure| told.insert(cure.clone())).collect()
    }
}

/// What speaks against joining or sharing what is remembered: the first failure, or the first thing that
/// counts and that no notes here tell. History that was cut off is nobody's fault.
pub(crate) fn objection(remembered: &Remembered) -> Option<Finding> {
    let around = Around::of(remembered);
    let untold = |(name, tree): &(String, Result<Tree, Unread>)| {
        let subject = Subject { name: name.clone(), tree: tree.as_ref().ok()? };
        let is_cut = |gap: &&Gap| matches!(gap, Gap::History { .. });
        let gap = subject.tree.counted.missing.iter().find(|gap| !is_cut(gap))?;
        let untold = subject.untold()?;
        let finding = subject.not_checked("cells", gap, &around);
        Some(Finding { message: format!("{untold}, and {}", finding.message), ..finding })
    };
    let failed = audit(remembered).findings.into_iter().find(|finding| finding.status == Status::Failed);
    failed.or_else(|| remembered.learning.iter().find_map(untold))
}

/// Audits notes and learning.
pub(crate) fn audit(remembered: &Remembered) -> Verdict {
    let around = Around::of(remembered);
    let mut findings = audit_notes(remembered.notes.as_ref(), &around);
    let mut moves = Vec::new();
    for (name, tree) in &remembered.learning {
        match tree {
            Ok(tree) => {
                let subject = Subject { name: name.clone(), tree };
                findings.extend(audit_learning(&subject, &around));
                moves.extend(change::moves(&subject));
            }
            Err(unread) => findings.push(rules::unread(name, unread)),
        }
    }
    if findings.is_empty() {
        let message = "neither notes nor learning are here";
        findings.push(Finding::not_checked("format", NOTES, message));
    }
    let worst = findings.iter().map(|finding| finding.status).max().unwrap_or(Status::NotChecked);
    let status = if worst == Status::Noticed { Status::Passed } else { worst };
    Verdict { status, findings, moves }
}

fn audit_notes(notes: Option<&Result<Rc<Noted>, Unread>>, around: &Around<'_>) -> Vec<Finding> {
    match notes {
        None => Vec::new(),
        Some(Err(unread)) => vec![rules::unread(NOTES, unread)],
        Some(Ok(noted)) => [rules::notes_format(noted, around), rules::one_bytes_per_id(noted)].concat(),
    }
}

fn audit_learning(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let (history, format) = (range::history(subject, around), rules::learning_format(subject));
    let (paths, characters) = (tree::paths(subject), tree::characters(subject));
    if !subject.files().contains_key("format") {
        return [history, format, paths, characters].concat();
    }
    let nothing = Library::default();
    let before = subject.tree.range.as_ref().and_then(|range| range.before.as_ref());
    let before = before.map_or(&nothing, |held| &held.library);
    let counted = recounted(&subject.tree.counted.records, subject.library(), before);
    let folders = rules::folders(subject);
    let cells = rules::cells(subject, &counted, around);
    // A pattern in the wrong folder is said once, not again for its bytes.
    let named: BTreeSet<&str> = [&format, &folders, &cells, &paths]
        .into_iter()
        .flatten()
        .filter(|it| it.status == Status::Failed)
        .map(|it| it.object.as_str())
        .collect();
    let bytes = rules::canonical_bytes(subject, &named);
    [
        history,
        format,
        folders,
        cells,
        bytes,
        paths,
        characters,
        catalog::catalog(subject),
        range::join(subject, &counted),
        range::evidence(subject, around),
        range::months(subject),
        range::secrets(subject),
        change::policy(subject),
        change::fallen(subject),
    ]
    .concat()
}

/// The learning tree at one ref.
struct Subject<'a> {
    /// The ref, as a person names it.
    name: String,
    tree: &'a Tree,
}

impl Subject<'_> {
    fn library(&self) -> &Library {
        &self.tree.held.library
    }

    fn problems(&self) -> &[Problem] {
        &self.tree.held.problems
    }

    fn files(&self) -> &BTreeMap<String, Rc<[u8]>> {
        &self.tree.held.files
    }

    /// What each commit of the range did, parents first.
    fn steps(&self) -> &[Step] {
        self.tree.range.as_ref().map_or(&[], |range| &range.steps)
    }

    /// What was known before the range; `None`: no range was asked about.
    fn before(&self) -> Option<Cow<'_, Library>> {
        let range = self.tree.range.as_ref()?;
        Some(range.before.as_ref().map_or_else(Cow::default, |held| Cow::Borrowed(&held.library)))
    }

    /// Whether all records that were counted are here.
    fn is_known(&self) -> bool {
        self.tree.counted.missing.is_empty()
    }

    /// The first thing that is new and that no notes here tell, in words.
    fn untold(&self) -> Option<String> {
        untold(self.library(), self.tree.counted.told(), self.before().as_deref())
    }

    /// Why it can't be told whether all that is new was counted right.
    fn not_checked(&self, rule: &'static str, gap: &Gap, around: &Around<'_>) -> Finding {
        let finding = around.not_checked(rule, &self.name, gap);
        if !around.has_notes || !matches!(gap, Gap::Notes { .. }) {
            return finding;
        }
        let cure = finding.cure.map(|cure| format!("{cure}; where they were begun anew, {}", self.anew()));
        Finding { cure, ..finding }
    }

    /// A file of the tree, as a person names it.
    fn object(&self, path: &str) -> String {
        format!("{}:{path}", self.name)
    }

    /// The cure for what a commit brought into the tree.
    fn revert(&self) -> String {
        let name = quoted(&self.name);
        format!("`git log -p {name}` shows the commit that brought it; {}", self.take_back("COMMIT"))
    }

    /// The cure for what this commit did.
    fn revert_commit(&self, commit: Oid) -> String {
        self.take_back(&commit.short())
    }

    fn take_back(&self, commit: &str) -> String {
        let name = quoted(&self.name);
        if self.is_branch() {
            return format!("`git revert {commit}` on {name} takes it back");
        }
        format!(
            "`git revert {commit}` in a `git worktree add --detach`, and `git update-ref {name} HEAD` there, take it back"
        )
    }

    /// The cure for what can't be taken back, since history keeps it.
    fn anew(&self) -> String {
        let name = quoted(&self.name);
        if self.is_branch() {
            return format!(
                "drop the branch (`git branch -D {name}`): `git orchestrate merge` learns the same from the notes"
            );
        }
        format!(
            "put {name} back to a commit before it (`git update-ref {name} COMMIT`): \
             `git orchestrate merge` learns the same from the notes"
        )
    }

    fn is_branch(&self) -> bool {
        !self.name.starts_with("refs/")
    }
}
