//! New learning: what the notes teach beyond what is merged and open, as a commit on this replica's
//! learning branch.
//!
//! A branch that says what was taken out of the notes since then is not built upon: it is learned anew.

use super::Store;
use super::counted::with_notes;
use super::error::StoreError;
use super::learning::{Held, unless_lost};
use super::settings::Review;
use crate::git::{RefEdit, Writer};
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::recount::{self, Records};
use crate::model::time::Timestamp;

/// A new commit of learning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Learned {
    /// The full name of the learning branch.
    pub(crate) branch: String,
    pub(crate) commit: Oid,
    pub(crate) message: String,
}

/// What a new commit of learning starts from.
struct Start {
    /// The open learning branch that it moves; none: it opens one.
    open: Option<(String, Oid)>,
    /// Learning branches of ours that say what no notes tell any more. They give way.
    outdated: Vec<(String, Oid)>,
    /// Its parent.
    base: Oid,
}

/// What a new commit is made from.
pub(super) struct Ground<'h> {
    /// Its parent.
    base: Oid,
    held: &'h Held,
    /// The library of its parent, with what branches that give way say beside evidence.
    pub(super) carried: Library,
}

/// The message and the library of a new commit; `None`: there is nothing to commit.
pub(super) type Change<'c> = dyn Fn(&Ground<'_>) -> Result<Option<(String, Library)>, StoreError> + 'c;

impl Store<'_> {
    /// Commits what the notes teach beyond the open learning branch, or nothing if that is nothing.
    /// `describe` words the commit message from the library before and after.
    pub(crate) fn learn(
        &self,
        describe: &dyn Fn(&Library, &Library) -> String,
    ) -> Result<Option<Learned>, StoreError> {
        self.advance("orchestrate: learn", &|ground| {
            let notes = self.notes_tip()?;
            let noted = notes.map(|tip| self.noted_at(tip)).transpose()?.unwrap_or_default();
            let before = &ground.held.library;
            let mut after = ground.carried.clone();
            after.join(&recount::recount(&noted.records, &after));
            let is_known = after == *before && ground.held.is_canonical();
            if is_known || !self.is_ours_to_tell(&noted.records, before, &after) {
                return Ok(None);
            }
            let named = self.to_name(notes, &noted.records, &[ground.base], &after)?;
            Ok(Some((with_notes(&describe(before, &after), &named), after)))
        })
    }

    /// Commits what `change` makes of the ground to the open learning branch, which is opened where there is
    /// none.
    pub(super) fn advance(&self, why: &str, change: &Change<'_>) -> Result<Option<Learned>, StoreError> {
        self.require_free_prefix()?;
        let at = Timestamp(self.host.now_ms());
        self.repo.write(self.host, || {
            // Everything is read inside: what is retried is a function of the current state.
            let attempt = || -> Result<Option<Learned>, StoreError> {
                let writer = Writer::new(self.repo);
                let Start { open, outdated, base } = self.start(&writer)?;
                let held = self.library_at(base)?;
                let mut carried = held.library.clone();
                for (_, tip) in &outdated {
                    carried.join(&self.library_at(*tip)?.library.without_evidence());
                }
                let mut edits: Vec<RefEdit> =
                    outdated.into_iter().map(|(name, tip)| RefEdit::delete(name, tip)).collect();
                let mut learned = None;
                if let Some((message, after)) = change(&Ground { base, held: &held, carried })?
                    && let Some(commit) =
                        self.commit_library(&writer, &after, &[base], &[base], &message, at)?
                {
                    let (branch, tip) = match open {
                        Some((name, tip)) => (name, Some(tip)),
                        None => (self.new_branch(at)?, None),
                    };
                    edits.push(RefEdit::to(branch.clone(), commit, tip));
                    learned = Some(Learned { branch, commit, message });
                }
                writer.move_refs(&edits, why)?;
                Ok(learned)
            };
            unless_lost(attempt())
        })?
    }

    fn start(&self, writer: &Writer<'_>) -> Result<Start, StoreError> {
        let merged = self.learning_tip()?;
        let outdated = self.outdated_branches(merged)?;
        let open = self.open_branch()?.filter(|open| !outdated.contains(open));
        let base = match (&open, merged) {
            (Some((_, tip)), _) => *tip,
            (None, Some(merged)) => merged,
            (None, None) => self.root(writer)?,
        };
        Ok(Start { open, outdated, base })
    }

    /// Learning branches of this replica that say something beyond what is `merged` and the notes don't tell
    /// any more. What a work tree has checked out is somebody's work.
    fn outdated_branches(&self, merged: Option<Oid>) -> Result<Vec<(String, Oid)>, StoreError> {
        let mut outdated = Vec::new();
        for (name, tip) in self.own_branches()? {
            if self.is_outdated(tip, merged)? && !self.repo.checked_out()?.contains(&name) {
                outdated.push((name, tip));
            }
        }
        Ok(outdated)
    }

    /// Under review every clone proposes what it recorded itself; what else the notes hold is for others
    /// to propose.
    pub(crate) fn is_ours_to_tell(&self, records: &Records, before: &Library, after: &Library) -> bool {
        if self.settings.review == Review::Off {
            return true;
        }
        let mut others = records.clone();
        for lines in others.values_mut() {
            lines.retain(|line| line.replica() != Some(&self.replica));
        }
        others.retain(|_, lines| !lines.is_empty());
        let mut without_ours = before.clone();
        without_ours.join(&recount::recount(&others, before));
        !has_same_evidence(&without_ours, after)
    }

    /// A branch that is named as the prefix, or as one of its folders, would block learning branches.
    fn require_free_prefix(&self) -> Result<(), StoreError> {
        let prefix = self.settings.learning_prefix.trim_end_matches('/');
        let mut name = String::new();
        for part in prefix.split('/') {
            name = if name.is_empty() { part.to_owned() } else { format!("{name}/{part}") };
            if self.repo.tip(&format!("refs/heads/{name}"))?.is_some() {
                return Err(StoreError::PrefixTaken { name });
            }
        }
        Ok(())
    }
}

/// Whether both count the same, whatever else they say.
fn has_same_evidence(one: &Library, other: &Library) -> bool {
    let (patterns, components) = (one.patterns.iter(), one.components.iter());
    one.decisions == other.decisions
        && patterns.map(|it| (it.0, &it.1.cells)).eq(other.patterns.iter().map(|it| (it.0, &it.1.cells)))
        && components.map(|it| (it.0, &it.1.cells)).eq(other.components.iter().map(|it| (it.0, &it.1.cells)))
}
