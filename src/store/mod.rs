//! Domain values to refs and back: executions, patterns, settings.
//!
//! Nothing here decides what is worth learning; it only keeps it, durable and without losing a race.

mod adopt;
mod audit;
mod catalog;
mod counted;
mod derived;
mod digest;
mod draft;
mod drain;
mod error;
mod evidence;
mod executions;
mod growth;
mod index;
mod leak;
mod learned;
mod learning;
mod merge;
mod noted;
mod range;
mod reading;
mod reconcile;
mod replica;
mod review;
mod runs;
mod seen;
mod settings;
mod share;
mod spool;
mod theirs;
mod unjoined;

#[cfg(test)]
mod index_laws;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::git::Repository;
use crate::host::Host;
use crate::model::oid::Oid;

pub(crate) use adopt::{Adopted, Adoption, Refused};
pub(crate) use audit::{Elsewhere, EntryKind, Remembered, Tree, TreeEntry};
pub(crate) use catalog::News;
pub(crate) use counted::Gap;
pub(crate) use derived::{Derived, section};
pub(crate) use draft::{Anchor, Defaults, Kind, amend, author_hash, complete, kind, read};
pub(crate) use drain::Drained;
pub(crate) use error::{StoreError, Unread};
pub(crate) use executions::{Entry, NOTES};
pub(crate) use index::Listed;
pub(crate) use learned::Learned;
pub(crate) use learning::LEARNING;
pub(crate) use merge::Merged;
pub(crate) use noted::{BadLine, Noted};
pub(crate) use range::{Secret, Secrets, Step};
pub(crate) use reading::Reading;
pub(crate) use reconcile::Reconciled;
pub(crate) use runs::{OpenRun, RUNS};
pub(crate) use settings::{Apply, HookFailure, Privacy, Review, Settings, TABLE};
pub(crate) use share::Share;
pub(crate) use spool::{Event, Spool, Waiting};

/// What one repository remembers.
pub(crate) struct Store<'a> {
    pub(crate) repo: &'a Repository,
    pub(crate) host: &'a Host,
    pub(crate) settings: Settings,
    /// This clone's id.
    pub(crate) replica: String,
    /// What a commit holds never changes: it is read once.
    noted: RefCell<growth::Kept>,
    held: RefCell<BTreeMap<Oid, Rc<learning::Held>>>,
    files: RefCell<BTreeMap<Oid, Rc<[u8]>>>,
}

impl<'a> Store<'a> {
    /// The store of `repo`, with its settings.
    pub(crate) fn open(repo: &'a Repository, host: &'a Host) -> Result<Self, StoreError> {
        let settings = Settings::read(repo, host)?;
        let replica = replica::replica(repo, host)?;
        Ok(Self {
            repo,
            host,
            settings,
            replica,
            noted: RefCell::default(),
            held: RefCell::default(),
            files: RefCell::default(),
        })
    }
}
