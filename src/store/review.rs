//! Review: this replica's learning branches are pushed as they are, and count when the learning ref of
//! the remote has them.
//!
//! Under `refs/orchestrate/remotes/<remote>/`, `branches/` mirrors the remote's learning branches, and
//! `declined/` remembers those of ours that went from there without having been merged: they are not
//! pushed again until something is added. A branch here is deleted when it is merged there, so nothing
//! that was learned is ever in neither.

use super::Store;
use super::error::{StoreError, Unread};
use super::learning::{LEARNING, unless_lost};
use super::seen::REMOTES;
use super::settings::Review;
use super::theirs::unreachable;
use crate::git::{PushEdit, RefEdit};
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// Where branches are.
const HEADS: &str = "refs/heads/";

impl Store<'_> {
    /// Fetches the learning branches of `remote`, and says which there are; `None`: nobody reviews them.
    pub(super) fn fetch_branches(&self, remote: &str) -> Result<Option<Vec<(String, Oid)>>, StoreError> {
        if self.settings.review == Review::Off {
            return Ok(None);
        }
        let all = format!("{HEADS}{}*", self.settings.learning_prefix);
        let mut there = self.repo.ls_remote(remote, &[&all]).map_err(unreachable)?;
        there.retain(|(name, _)| self.is_learning_branch(name));
        let mut news = false;
        for (name, tip) in &there {
            news |= self.repo.tip(&Self::seen(remote, name))? != Some(*tip);
        }
        if news {
            // By a wildcard: whoever merges one deletes it at any time.
            self.repo.fetch(self.host, remote, &[format!("+{all}:{}", Self::seen(remote, &all))])?;
        }
        Ok(Some(there))
    }

    /// Learning branches (short names) that wait at `remote`, as far as the last fetch or push told.
    pub(crate) fn in_review(&self, remote: &str) -> Result<Vec<String>, StoreError> {
        let mut waiting = Vec::new();
        for (name, tip) in self.seen_branches(remote)? {
            if !self.is_merged(tip, remote)? {
                waiting.push(short(&name));
            }
        }
        Ok(waiting)
    }

    /// Learning branches here (short names) that were at `remote`, and went without being merged.
    pub(crate) fn declined(&self, remote: &str) -> Result<Vec<String>, StoreError> {
        let mut declined = Vec::new();
        for (name, tip) in self.learning_branches()? {
            if self.repo.tip(&Self::declined_ref(remote, &name))? == Some(tip) {
                declined.push(short(&name));
            }
        }
        Ok(declined)
    }

    /// What a push to `remote` has to bring, so that everything of ours can be reviewed there.
    pub(crate) fn proposals(&self, remote: &str) -> Result<Vec<PushEdit>, StoreError> {
        let mut proposals = Vec::new();
        for (name, oid) in self.own_branches()? {
            let seen = self.repo.tip(&Self::seen(remote, &name))?;
            let declined = self.repo.tip(&Self::declined_ref(remote, &name))?;
            if ![seen, declined].contains(&Some(oid))
                && !self.is_overtaken(&name, oid)?
                && !self.is_merged(oid, remote)?
            {
                proposals.push(PushEdit { oid, name });
            }
        }
        Ok(proposals)
    }

    /// Opens a branch for what the learning ref here has beyond that of `remote`: what was merged here
    /// before learning was reviewed, or came from another remote.
    pub(crate) fn propose(&self, remote: &str) -> Result<(), StoreError> {
        self.repo.write(self.host, || {
            let attempt = || -> Result<(), StoreError> {
                let Some(tip) = self.learning_tip()? else { return Ok(()) };
                if self.is_merged(tip, remote)? {
                    return Ok(());
                }
                for (name, own) in self.own_branches()? {
                    if !self.is_overtaken(&name, own)? && self.has_all_of(own, tip)? {
                        return Ok(());
                    }
                }
                let name = self.new_branch(Timestamp(self.host.now_ms()))?;
                Ok(self.repo.move_refs(&[RefEdit::to(name, tip, None)], "orchestrate: propose")?)
            };
            unless_lost(attempt())
        })?
    }

    /// Deletes the learning branches here that the learning ref of `remote` has, and names them. What a
    /// work tree has checked out stays.
    pub(super) fn settle(&self, remote: &str) -> Result<Vec<String>, StoreError> {
        self.repo.write(self.host, || {
            let attempt = || -> Result<Vec<String>, StoreError> {
                let (mut edits, mut settled) = (Vec::new(), Vec::new());
                let checked_out = self.repo.checked_out()?;
                for (name, tip) in self.learning_branches()? {
                    if !checked_out.contains(&name) && self.is_merged(tip, remote)? {
                        settled.push(short(&name));
                        edits.push(RefEdit::delete(name, tip));
                    }
                }
                self.repo.move_refs(&edits, "orchestrate: merged after review")?;
                Ok(settled)
            };
            unless_lost(attempt())
        })?
    }

    /// Notes which learning branches `remote` has: those `there`.
    pub(super) fn mirror(&self, remote: &str, there: &[(String, Oid)]) -> Result<(), StoreError> {
        self.repo.write(self.host, || {
            let attempt = || -> Result<(), StoreError> {
                let is_there = |name: &str| there.iter().any(|(known, _)| known == name);
                let mut edits = Vec::new();
                for (name, tip) in self.seen_branches(remote)?.into_iter().filter(|it| !is_there(&it.0)) {
                    edits.push(RefEdit::delete(Self::seen(remote, &name), tip));
                    let declined = Self::declined_ref(remote, &name);
                    if self.repo.tip(&name)?.is_some() && !self.is_merged(tip, remote)? {
                        let before = self.repo.tip(&declined)?;
                        edits.push(RefEdit::to(declined, tip, before));
                    }
                }
                let prefix = Self::declined_ref(remote, HEADS);
                for (declined, tip) in self.repo.refs_under(&prefix)? {
                    let name = format!("{HEADS}{}", &declined[prefix.len()..]);
                    let is_over = is_there(&name) || self.repo.tip(&name)?.is_none();
                    let is_new = edits.iter().any(|edit| edit.name == declined);
                    if !is_new && (is_over || self.is_merged(tip, remote)?) {
                        edits.push(RefEdit::delete(declined, tip));
                    }
                }
                Ok(self.repo.move_refs(&edits, "orchestrate: fetch")?)
            };
            unless_lost(attempt())
        })?
    }

    /// Whether somebody else moved the branch at a remote: ours can't be pushed over theirs, so what is
    /// learned next goes elsewhere.
    pub(super) fn is_overtaken(&self, name: &str, tip: Oid) -> Result<bool, StoreError> {
        if self.settings.review == Review::Off {
            return Ok(false);
        }
        let of_any_remote = format!("/branches/{}", short(name));
        for (seen, theirs) in self.repo.refs_under(REMOTES)? {
            if seen.ends_with(&of_any_remote) && theirs != tip && !self.repo.is_ancestor(theirs, tip)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the learning ref of `remote` has everything that the branch at `tip` holds.
    fn is_merged(&self, tip: Oid, remote: &str) -> Result<bool, StoreError> {
        match self.repo.tip(&Self::seen(remote, LEARNING))? {
            Some(theirs) => self.has_all_of(theirs, tip),
            None => Ok(false),
        }
    }

    /// Whether the learning at `whole` has everything of that at `part`.
    fn has_all_of(&self, whole: Oid, part: Oid) -> Result<bool, StoreError> {
        if part == whole || self.repo.is_ancestor(part, whole)? {
            return Ok(true);
        }
        let (part, whole) = match (self.library_at(part), self.library_at(whole)) {
            (Ok(part), Ok(whole)) => (part, whole),
            (Err(error), _) | (_, Err(error)) => return Unread::why(error).map(|_| false),
        };
        let mut both = whole.library.clone();
        both.join(&part.library);
        Ok(both == whole.library)
    }

    /// The learning branches (full names) that the last fetch or push saw at `remote`.
    fn seen_branches(&self, remote: &str) -> Result<Vec<(String, Oid)>, StoreError> {
        let prefix = Self::seen(remote, HEADS);
        let mut seen = self.repo.refs_under(&prefix)?;
        seen.iter_mut().for_each(|(name, _)| name.replace_range(..prefix.len(), HEADS));
        seen.retain(|(name, _)| self.is_learning_branch(name));
        Ok(seen)
    }

    fn declined_ref(remote: &str, name: &str) -> String {
        Self::kept(remote, &format!("declined/{}", short(name)))
    }
}

/// The name of a branch as people say it.
fn short(name: &str) -> String {
    name.trim_start_matches(HEADS).to_owned()
}
