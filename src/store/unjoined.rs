//! What fetches brought of remotes and nobody has joined with ours yet.

use std::collections::BTreeSet;

use super::Store;
use super::error::StoreError;
use super::executions::NOTES;
use super::reading::Reading;
use crate::model::id::RecordId;
use crate::model::record::Record;

impl Store<'_> {
    /// Remotes of which a fetch has seen executions that are not in `reading`, with how many. Notes that
    /// can't be read now are none: `sync` says what is wrong with them.
    pub(crate) fn unjoined(&self, reading: &Reading<'_>) -> Result<Vec<(String, usize)>, StoreError> {
        let ours = self.notes_tip()?;
        let mut unjoined = Vec::new();
        let mut remotes = self.repo.remotes()?;
        if !remotes.contains(&self.settings.remote) {
            remotes.push(self.settings.remote.clone());
        }
        for remote in remotes {
            let Some(theirs) = self.repo.tip(&Self::seen(&remote, NOTES))? else { continue };
            if let Some(ours) = ours
                && (ours == theirs || self.repo.is_ancestor(theirs, ours).unwrap_or(false))
            {
                continue;
            }
            if self.require_readable(theirs).is_err() {
                continue;
            }
            let lines = self.lines_beyond(theirs, ours).unwrap_or_default();
            let execution = |line: &Vec<u8>| match Record::parse(line) {
                Ok(Record::Execution(execution)) => Some(execution.id),
                _ => None,
            };
            let mut new: BTreeSet<RecordId> = lines.iter().filter_map(execution).collect();
            for id in new.clone() {
                if reading.knows(id)? {
                    new.remove(&id);
                }
            }
            if !new.is_empty() {
                unjoined.push((remote, new.len()));
            }
        }
        Ok(unjoined)
    }
}
