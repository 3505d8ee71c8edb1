//! What readers ask of notes and spool: answered by the index, and by the notes where it can't.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::rc::Rc;

use super::Store;
use super::error::StoreError;
use super::index::{Index, Listed, Summary};
use super::noted::{BadLine, Noted};
use crate::model::id::RecordId;
use crate::model::library::Library;
use crate::model::record::Outcome;
use crate::model::recount::{executions, recount};
use crate::model::time::Month;

/// The notes and the spool at one moment.
pub(crate) struct Reading<'s> {
    store: &'s Store<'s>,
    index: Option<Index>,
    noted: OnceCell<Rc<Noted>>,
}

impl Store<'_> {
    /// What notes and spool say now, to be counted from `epoch` on if it is to be counted.
    pub(crate) fn reading(&self, epoch: Option<&Month>) -> Result<Reading<'_>, StoreError> {
        // Before the tip is read: what is drained in between is then in both, not in none.
        let spooled = self.spooled()?;
        let index = self.notes_tip()?.and_then(|tip| self.index(tip, &spooled, epoch));
        Ok(Reading { store: self, index, noted: OnceCell::new() })
    }
}

impl Reading<'_> {
    /// Every record, from the notes themselves.
    pub(crate) fn noted(&self) -> Result<&Noted, StoreError> {
        if let Some(noted) = self.noted.get() {
            return Ok(noted);
        }
        let noted = self.store.noted()?;
        Ok(self.noted.get_or_init(|| noted))
    }

    /// The lines of the notes that are no records.
    pub(crate) fn bad(&self) -> Result<&[BadLine], StoreError> {
        match &self.index {
            Some(index) => Ok(&index.head.bad),
            None => Ok(&self.noted()?.bad),
        }
    }

    /// The latest executions, at most `most` of those that ended as `outcome` says.
    pub(crate) fn latest(&self, most: usize, outcome: Option<Outcome>) -> Result<Vec<Listed>, StoreError> {
        if let Some(listed) = self.index.as_ref().and_then(|index| index.latest(most, outcome)) {
            return Ok(listed);
        }
        let noted = self.noted()?;
        let mut found = executions(&noted.records);
        found.retain(|execution| outcome.is_none_or(|outcome| execution.outcome == outcome));
        found.sort_by_key(|execution| Reverse((execution.at, execution.id)));
        found.truncate(most);
        let first = |id| noted.objects.get(&id).and_then(|objects| objects.first()).copied();
        Ok(found.into_iter().map(|it| Listed { object: first(it.id), execution: it }).collect())
    }

    /// How many executions there are.
    pub(crate) fn summary(&self) -> Result<Summary, StoreError> {
        match self.index.as_ref().and_then(Index::summary) {
            Some(summary) => Ok(summary),
            None => Ok(Summary::of(executions(&self.noted()?.records).iter())),
        }
    }

    /// Whether there is a record with this id.
    pub(crate) fn knows(&self, id: RecordId) -> Result<bool, StoreError> {
        match self.index.as_ref().and_then(|index| index.knows(id)) {
            Some(knows) => Ok(knows),
            None => Ok(self.noted()?.records.contains_key(&id)),
        }
    }

    /// How an execution ended; `None`: it is not here, or was forgotten.
    pub(crate) fn outcome(&self, id: RecordId) -> Result<Option<Outcome>, StoreError> {
        match self.index.as_ref().and_then(|index| index.outcome(id)) {
            Some(outcome) => Ok(outcome),
            None => {
                let past = executions(&self.noted()?.records);
                Ok(past.into_iter().find(|execution| execution.id == id).map(|it| it.outcome))
            }
        }
    }

    /// The library that the records show on top of what `known` says was decided and since when.
    pub(crate) fn recount(&self, known: &Library) -> Result<Library, StoreError> {
        match self.index.as_ref().and_then(|index| index.recount(known)) {
            Some(library) => Ok(library),
            None => Ok(recount(&self.noted()?.records, known)),
        }
    }
}
