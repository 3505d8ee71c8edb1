//! What a push would share with a remote, looked at before it is shared.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Store;
use super::error::StoreError;
use super::executions::NOTES;
use super::learning::LEARNING;
use super::settings::Review;
use crate::git::PushEdit;
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::record::Record;

/// What a push would share that the remote did not have when it was fetched last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Share {
    /// Records that are new there.
    pub(crate) records: usize,
    /// Those of them that hold the text of a request.
    pub(crate) requests: usize,
    /// Patterns in the library, or in the learning branches that are pushed for review.
    pub(crate) patterns: usize,
    /// Plugins of which the catalog tells, in the same.
    pub(crate) cataloged: usize,
    /// The refs that would be pushed.
    pub(crate) refs: Vec<String>,
    /// What looks like a secret in anything that would be sent: it must not leave.
    pub(crate) secrets: BTreeSet<String>,
    #[serde(skip)]
    pub(crate) edits: Vec<PushEdit>,
}

impl Store<'_> {
    /// What a push to `remote` would share. Refs in `without` are left out: the user pushes them.
    pub(crate) fn share(&self, remote: &str, without: &[String]) -> Result<Share, StoreError> {
        let mut share = Share::default();
        for name in [NOTES, LEARNING] {
            let (ours, theirs) = (self.repo.tip(name)?, self.repo.tip(&Self::seen(remote, name))?);
            let is_for_review = name == LEARNING && self.settings.review == Review::Branch;
            if let Some(oid) = ours
                && !is_for_review
                && !without.iter().any(|given| given == name)
                && !self.is_same(oid, theirs)?
            {
                share.refs.push(name.to_owned());
                share.edits.push(PushEdit { oid, name: name.to_owned() });
            }
        }
        let mut libraries: Vec<Oid> = self.learning_tip()?.into_iter().collect();
        if self.settings.review == Review::Branch {
            let mut proposals = self.proposals(remote)?;
            proposals.retain(|edit| !without.contains(&edit.name));
            libraries = proposals.iter().map(|edit| edit.oid).collect();
            share.refs.extend(proposals.iter().map(|edit| edit.name.clone()));
            share.edits.extend(proposals);
        }
        let mut library = Library::default();
        for tip in libraries {
            library.join(&self.library_at(tip)?.library);
        }
        share.patterns = library.patterns.len();
        share.cataloged = library.analyses.len();
        if let Some(ours) = self.notes_tip()? {
            for line in self.lines_beyond(ours, self.repo.tip(&Self::seen(remote, NOTES))?)? {
                share.look_at(&line);
            }
        }
        share.secrets = self.leaks(remote, &share.edits)?;
        Ok(share)
    }

    /// Whether the remote has what we have: histories that came to the same tree are not joined, so
    /// one of them must not be pushed over the other.
    fn is_same(&self, ours: Oid, theirs: Option<Oid>) -> Result<bool, StoreError> {
        let Some(theirs) = theirs else { return Ok(false) };
        Ok(ours == theirs || self.repo.tree_of(ours)? == self.repo.tree_of(theirs)?)
    }
}

impl Share {
    fn look_at(&mut self, line: &[u8]) {
        let Ok(record) = Record::parse(line) else { return };
        self.records += 1;
        if let Record::Execution(execution) = &record
            && execution.request.is_some()
        {
            self.requests += 1;
        }
    }
}
