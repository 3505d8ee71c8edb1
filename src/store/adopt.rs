//! Taking in what a remote remembers: fetched beside ours, read, then joined with ours.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Store;
use super::audit::Remembered;
use super::counted::with_notes;
use super::error::{StoreError, Unread};
use super::executions::NOTES;
use super::learning::{LEARNING, unless_lost};
use super::noted::note_lines;
use super::theirs::Theirs;
use crate::git::{ChangedNotes, GitError, NewCommit, NotesTree, RefEdit, Writer, without_password};
use crate::host::Stopwatch;
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::record::Record;
use crate::model::recount;
use crate::model::time::Timestamp;

/// What a remote had for us.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Adopted {
    /// Executions that are known here now and were not before.
    pub(crate) executions: usize,
    /// Replicas of which there are records that were not known here, where any were.
    #[serde(skip)]
    pub(crate) from: BTreeSet<String>,
    /// Patterns that are known here now and were not before.
    pub(crate) patterns: usize,
    /// Plugins of which the catalog tells something here that it did not tell before.
    pub(crate) cataloged: usize,
    /// Lines of the remote's notes that are no records; they are kept and passed over.
    pub(crate) bad_lines: usize,
    /// Learning branches (short names) that are gone here, because the remote's learning ref has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reviewed: Vec<String>,
    /// How long it took to join the notes, in milliseconds.
    #[serde(skip)]
    pub(crate) join_ms: f64,
}

/// A ref of a remote that is not what its name says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refused {
    /// Its name there.
    pub(crate) name: String,
    /// Where it is kept here, to be looked at.
    pub(crate) kept: String,
    pub(crate) reason: String,
}

/// What became of a look at a remote.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Adoption {
    /// It remembers nothing.
    Empty,
    /// Something there is not what it should be: nothing of ours was touched.
    Refused(Vec<Refused>),
    Joined(Adopted),
}

/// How often a remote is looked at again whose refs don't fit together, as long as they move.
const LOOKS: u32 = 5;

impl Store<'_> {
    /// Fetches notes and learning from `remote`, looks at them, and joins them with ours. `object` says
    /// what speaks against a fetched learning tree, if anything does.
    pub(crate) fn adopt(
        &self,
        remote: &str,
        object: &dyn Fn(&Remembered) -> Option<String>,
        describe: &dyn Fn(&str, &Library, &Library) -> String,
    ) -> Result<Adoption, StoreError> {
        // First: the learning that is fetched after it has all that was merged from branches that are gone.
        let branches = self.fetch_branches(remote)?;
        let mut theirs = self.fetch_ours(remote)?;
        if theirs.is_empty() {
            match branches.filter(|there| !there.is_empty()) {
                Some(there) => self.mirror(remote, &there)?,
                None => self.forget_seen(&Self::kept(remote, ""))?,
            }
            return Ok(Adoption::Empty);
        }
        let mut refused = self.look_at(remote, &theirs, object)?;
        for _ in 0..LOOKS {
            if refused.is_empty() {
                break;
            }
            // A remote's refs are read one after the other: what was pushed meanwhile may lack its notes.
            let now = self.fetch_ours(remote)?;
            if now == theirs {
                break;
            }
            theirs = now;
            refused = self.look_at(remote, &theirs, object)?;
        }
        if !refused.is_empty() {
            return Ok(Adoption::Refused(refused));
        }
        let mut adopted = Adopted::default();
        if let Some(theirs) = theirs.notes {
            adopted.bad_lines = self.noted_at(theirs)?.bad.len();
            adopted.from = self.replicas_beyond(theirs)?;
            let before = self.noted()?.executions();
            let watch = Stopwatch::start();
            self.join_notes(theirs)?;
            adopted.join_ms = watch.elapsed().as_secs_f64() * 1000.0;
            adopted.executions = self.noted()?.executions().saturating_sub(before);
        }
        if let Some(theirs) = theirs.learning {
            let (before, _) = self.library()?;
            self.join_learning(theirs, &without_password(remote), describe)?;
            let (after, _) = self.library()?;
            adopted.patterns = after.with_evidence().count().saturating_sub(before.with_evidence().count());
            let is_new = |(plugin, analysis): &(_, _)| before.analyses.get(*plugin) != Some(*analysis);
            adopted.cataloged = after.analyses.iter().filter(is_new).count();
        }
        if let Some(there) = branches {
            self.mirror(remote, &there)?;
            adopted.reviewed = self.settle(remote)?;
        }
        Ok(Adoption::Joined(adopted))
    }

    /// What speaks against what was fetched.
    fn look_at(
        &self,
        remote: &str,
        theirs: &Theirs,
        object: &dyn Fn(&Remembered) -> Option<String>,
    ) -> Result<Vec<Refused>, StoreError> {
        let mut refused = Vec::new();
        let mut refuse = |name: &str, reason: String| {
            refused.push(Refused { name: name.to_owned(), kept: Self::seen(remote, name), reason });
        };
        let notes = theirs.notes.map(|tip| (NOTES, self.look_at_notes(tip)));
        let learning = theirs.learning.map(|tip| (LEARNING, self.look_at_learning(tip)));
        let mut is_sound = true;
        for (name, looked) in notes.into_iter().chain(learning) {
            let Err(error) = looked else { continue };
            let reason = Unread::why(error)?;
            if let Unread::Missing(_) = reason {
                return Err(StoreError::Unreachable { reason: reason.reason().to_owned() });
            }
            refuse(name, reason.reason().to_owned());
            is_sound = false;
        }
        if let Some(tip) = theirs.learning.filter(|_| is_sound)
            && !self.is_known(tip)?
            && let Some(reason) = object(&self.fetched(&Self::seen(remote, LEARNING), tip)?)
        {
            refuse(LEARNING, reason);
        }
        Ok(refused)
    }

    /// The replicas whose records the notes at `theirs` have and ours do not.
    fn replicas_beyond(&self, theirs: Oid) -> Result<BTreeSet<String>, StoreError> {
        let Some(ours) = self.notes_tip()? else { return Ok(BTreeSet::new()) };
        let lines = self.lines_beyond(theirs, Some(ours))?;
        let records = lines.iter().filter_map(|line| Record::parse(line).ok());
        Ok(records.filter_map(|record| record.replica().map(str::to_owned)).collect())
    }

    /// Whether the learning ref has this commit: nothing of it would be joined.
    fn is_known(&self, learning: Oid) -> Result<bool, StoreError> {
        let ours = self.learning_tip()?;
        Ok(ours.map(|ours| self.repo.is_ancestor(learning, ours)).transpose()?.unwrap_or(false))
    }

    /// Notes are a commit of a tree that has notes, or nothing; other files beside them are git's to
    /// pass over, but a project is no notes tree.
    fn look_at_notes(&self, tip: Oid) -> Result<(), StoreError> {
        let tree = self.repo.commit(tip)?.tree;
        if self.repo.notes(tip)?.is_empty() && tree != self.repo.empty_tree() {
            return Err(GitError::WrongKind { oid: tip, wanted: "notes tree" }.into());
        }
        self.require_readable(tip)
    }

    fn look_at_learning(&self, tip: Oid) -> Result<(), StoreError> {
        self.repo.commit(tip)?;
        match self.library_at(tip)?.files.contains_key("format") {
            true => Ok(()),
            false => Err(StoreError::NoLibrary { commit: tip }),
        }
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
            // Later notes that have less are joined like any others: what somebody took out, others know.
            if self.repo.is_ancestor(tip, theirs)? && self.lines_beyond(tip, Some(theirs))?.is_empty() {
                return self.repo.move_refs(&[RefEdit::to(NOTES, theirs, ours)], "orchestrate: adopt");
            }
            let writer = Writer::new(self.repo);
            let mut notes = NotesTree::open(&writer, ours)?;
            let ChangedNotes { gone, new } = self.repo.changed_notes(tip, theirs)?;
            let known: BTreeMap<Oid, Oid> = gone.into_iter().collect();
            for (object, blob) in new {
                if known.get(&object) == Some(&blob) {
                    continue;
                }
                // Read through the tree that is built: theirs may have several notes of an object.
                match notes.get(object)? {
                    None => notes.set_blob(object, blob)?,
                    Some(known) => {
                        let union = union_of_lines(&known, &self.repo.blob(blob)?);
                        if union != known {
                            notes.set(object, &union)?;
                        }
                    }
                }
            }
            let commit = notes.commit(&NewCommit {
                tree: self.repo.empty_tree(),
                parents: &[tip, theirs],
                message: "Join executions of another clone\n",
                author: &identity,
                at,
            })?;
            writer.move_refs(&[RefEdit::to(NOTES, commit, ours)], "orchestrate: join notes")
        })?)
    }

    fn join_learning(
        &self,
        theirs: Oid,
        remote: &str,
        describe: &dyn Fn(&str, &Library, &Library) -> String,
    ) -> Result<(), StoreError> {
        let known = self.library_at(theirs)?;
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
                let mut both = self.library_at(tip)?.library.clone();
                both.join(&known.library);
                if self.repo.is_ancestor(tip, theirs)? && both == known.library {
                    // A merge of two that already know each other would call for one of that, for ever.
                    let edit = RefEdit::to(LEARNING, theirs, Some(tip));
                    return Ok(self.repo.move_refs(&[edit], "orchestrate: adopt")?);
                }
                let notes = self.notes_tip()?;
                let noted = notes.map(|tip| self.noted_at(tip)).transpose()?.unwrap_or_default();
                let ours = self.library_at(tip)?;
                let mut joined = ours.library.clone();
                joined.join(&known.library);
                joined.join(&recount::recount(&noted.records, &joined));
                let writer = Writer::new(self.repo);
                let named = self.to_name(notes, &noted.records, &[tip, theirs], &joined)?;
                let message = with_notes(&describe(remote, &ours.library, &joined), &named);
                let parents = [tip, theirs];
                // Also where they taught us nothing: only who has their history can push over it.
                let Some(commit) = self.commit_library(&writer, &joined, &parents, &parents, &message, at)?
                else {
                    return Ok(());
                };
                let edit = RefEdit::to(LEARNING, commit, Some(tip));
                Ok(writer.move_refs(&[edit], "orchestrate: join learning")?)
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
