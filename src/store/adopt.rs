//! Taking in what a remote remembers: fetched beside ours, read, then joined with ours.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Store;
use super::error::StoreError;
use super::executions::{NOTES, note_lines};
use super::learning::{LEARNING, unless_lost, with_notes};
use crate::git::{NewCommit, NotesTree, RefEdit, Writer};
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::recount;
use crate::model::time::Timestamp;

/// What a remote had for us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Adopted {
    /// Executions that are known here now and were not before.
    pub(crate) executions: usize,
    /// Patterns that are known here now and were not before.
    pub(crate) patterns: usize,
    /// Lines of the remote's notes that are no records; they are kept and passed over.
    pub(crate) bad_lines: usize,
}

impl Store<'_> {
    /// Fetches notes and learning from `remote` and joins them with ours. `None`: it has neither.
    pub(crate) fn adopt(
        &self,
        remote: &str,
        describe: &dyn Fn(&str, &Library, &Library) -> String,
    ) -> Result<Option<Adopted>, StoreError> {
        let found = self.repo.ls_remote(remote, &[NOTES, LEARNING])?;
        if found.is_empty() {
            return Ok(None);
        }
        let seen_notes = format!("refs/orchestrate/remotes/{remote}/notes");
        let seen_learning = format!("refs/orchestrate/remotes/{remote}/learning");
        let seen = |name: &str| if name == NOTES { &seen_notes } else { &seen_learning };
        let refspecs: Vec<String> = found.iter().map(|(name, _)| format!("+{name}:{}", seen(name))).collect();
        self.repo.fetch(remote, &refspecs)?;
        let mut adopted = Adopted::default();
        if let Some(theirs) = self.repo.tip(&seen_notes)? {
            let before = self.noted()?.records.len();
            self.join_notes(theirs)?;
            adopted.executions = self.noted()?.records.len().saturating_sub(before);
            adopted.bad_lines = self.noted_at(theirs)?.bad.len();
        }
        if let Some(theirs) = self.repo.tip(&seen_learning)? {
            let before = self.library()?.library.patterns.len();
            self.join_learning(theirs, remote, describe)?;
            adopted.patterns = self.library()?.library.patterns.len().saturating_sub(before);
        }
        Ok(Some(adopted))
    }

    /// Joins the notes at `theirs` with ours: the union of lines, object by object.
    pub(crate) fn join_notes(&self, theirs: Oid) -> Result<(), StoreError> {
        let identity = self.repo.identity(self.host);
        let at = Timestamp(self.host.now_ms());
        Ok(self.repo.write(self.host, || {
            let ours = self.repo.tip(NOTES)?;
            let Some(tip) = ours else {
                return self.repo.move_refs(&[RefEdit::to(NOTES, theirs, None)], "orchestrate: adopt");
            };
            if tip == theirs || self.repo.is_ancestor(theirs, tip)? {
                return Ok(());
            }
            if self.repo.is_ancestor(tip, theirs)? {
                return self.repo.move_refs(&[RefEdit::to(NOTES, theirs, ours)], "orchestrate: adopt");
            }
            let writer = Writer::new(self.repo);
            let mut notes = NotesTree::open(&writer, ours)?;
            for (object, blob) in self.repo.notes(theirs)? {
                let text = self.repo.blob(blob)?;
                let known = notes.get(object)?.unwrap_or_default();
                let union = union_of_lines(&known, &text);
                if union != known {
                    notes.set(object, &union)?;
                }
            }
            let commit = notes.commit(&NewCommit {
                tree: self.repo.empty_tree(),
                parents: &[tip, theirs],
                message: "Join executions of another clone\n",
                author: &identity,
                at,
            })?;
            writer.sync()?;
            self.repo.move_refs(&[RefEdit::to(NOTES, commit, ours)], "orchestrate: join notes")
        })?)
    }

    fn join_learning(
        &self,
        theirs: Oid,
        remote: &str,
        describe: &dyn Fn(&str, &Library, &Library) -> String,
    ) -> Result<(), StoreError> {
        // Read before anything is joined: a format that we don't know must not touch ours.
        let known = self.library_at(theirs)?.library;
        let at = Timestamp(self.host.now_ms());
        self.repo.write(self.host, || {
            let attempt = || -> Result<(), StoreError> {
                let Some(tip) = self.learning_tip()? else {
                    let edit = RefEdit::to(LEARNING, theirs, None);
                    return Ok(self.repo.move_refs(&[edit], "orchestrate: adopt")?);
                };
                if tip == theirs || self.repo.is_ancestor(theirs, tip)? {
                    return Ok(());
                }
                if self.repo.is_ancestor(tip, theirs)? {
                    // A merge of two that already know each other would call for one of that, for ever.
                    let edit = RefEdit::to(LEARNING, theirs, Some(tip));
                    return Ok(self.repo.move_refs(&[edit], "orchestrate: adopt")?);
                }
                let notes = self.notes_tip()?;
                let records = notes.map(|tip| self.noted_at(tip)).transpose()?.unwrap_or_default().records;
                let ours = self.library_at(tip)?.library;
                let mut joined = ours.clone();
                joined.join(&known);
                joined.join(&recount::recount(&records, &joined));
                let writer = Writer::new(self.repo);
                let message = with_notes(&describe(remote, &ours, &joined), notes);
                let commit = self.commit_library(&writer, &joined, &[tip, theirs], &message, at)?;
                let edit = RefEdit::to(LEARNING, commit, Some(tip));
                Ok(self.repo.move_refs(&[edit], "orchestrate: join learning")?)
            };
            unless_lost(attempt())
        })?
    }
}

/// Every line of both notes, sorted, each once; corrupt ones too.
fn union_of_lines(ours: &[u8], theirs: &[u8]) -> Vec<u8> {
    let lines: BTreeSet<&[u8]> = note_lines(ours).chain(note_lines(theirs)).collect();
    let mut union = Vec::with_capacity(ours.len() + theirs.len());
    for line in lines {
        union.extend_from_slice(line);
        union.push(b'\n');
    }
    union
}
