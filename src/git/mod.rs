//! The only room that touches gix or starts git.
//!
//! It hands out plain values and knows nothing of executions, patterns or settings.

mod apply;
mod bulk;
mod checkout;
mod command;
mod config;
mod config_file;
mod diff;
mod edits;
mod error;
mod history;
mod journal;
mod later;
mod leftovers;
mod lock;
mod loose;
mod measure;
mod merge;
mod notes;
mod objects;
mod opening;
mod pack;
mod parameters;
mod place;
mod push;
mod refs;
mod registry;
mod remote;
mod repository;
mod running;
mod snapshot;
mod texts;
mod trees;
mod unattended;
mod upstream;
mod version;
mod worktree;
mod worktrees;
mod writer;
mod written;

#[cfg(test)]
pub(crate) mod samples;

pub(crate) use apply::Merged;
pub(crate) use command::{Git, HOOK_GUARD, LOCATION};
pub(crate) use diff::{ChangedFile, FileChange};
pub(crate) use edits::RefEdit;
pub(crate) use error::GitError;
pub(crate) use measure::{Compared, FileNumbers};
pub(crate) use notes::{ChangedNotes, NotesTree};
pub(crate) use objects::{CommitInfo, Identity};
pub(crate) use place::Place;
pub(crate) use push::{PushEdit, Pushed};
pub(crate) use remote::{is_same_place, without_password};
pub(crate) use repository::{Head, Repository};
pub(crate) use running::Running;
pub(crate) use texts::Text;
pub(crate) use trees::{Changed, Entry, Kind};
pub(crate) use upstream::{Shelf, Wanted};
pub(crate) use version::Version;
pub(crate) use worktree::Worktree;
pub(crate) use worktrees::Worktrees;
pub(crate) use writer::{NewCommit, Writer};
