//! Runs that are not finished or not applied yet: `refs/orchestrate/runs/<execution>`.

use super::Store;
use super::error::StoreError;
use crate::git::RefEdit;
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// The prefix of run refs.
pub(crate) const RUNS: &str = "refs/orchestrate/runs/";

/// A run whose result is not in any branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenRun {
    pub(crate) id: RecordId,
    pub(crate) tip: Oid,
    /// When its last commit was made.
    pub(crate) at: Timestamp,
}

impl Store<'_> {
    /// The open runs, the oldest first. Refs that are no run of ours are left alone.
    pub(crate) fn open_runs(&self) -> Result<Vec<OpenRun>, StoreError> {
        let mut runs = Vec::new();
        for (name, tip) in self.repo.refs_under(RUNS)? {
            if let Some(id) = name.strip_prefix(RUNS).and_then(|id| id.parse().ok()) {
                runs.push(OpenRun { id, tip, at: self.repo.commit(tip)?.at });
            }
        }
        runs.sort_by_key(|run| (run.at, run.id));
        Ok(runs)
    }

    /// Forgets the checkpoint of a run: it was applied, or has nothing worth keeping.
    pub(crate) fn close_run(&self, id: RecordId) -> Result<(), StoreError> {
        let name = format!("{RUNS}{id}");
        if let Some(tip) = self.repo.tip(&name)? {
            self.repo.move_refs(&[RefEdit::delete(name, tip)], "orchestrate: run ended")?;
        }
        Ok(())
    }
}
