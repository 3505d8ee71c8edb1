//! One file per verb: its arguments, its help, and what it does, told from top to bottom.

pub(crate) mod analyze;
mod apply;
mod approval;
pub(crate) mod backtest;
pub(crate) mod catalog;
mod cataloging;
pub(crate) mod check;
pub(crate) mod deinit;
pub(crate) mod demo;
pub(crate) mod drain;
mod elsewhere;
mod facts;
mod graph;
pub(crate) mod hook;
pub(crate) mod hooks;
pub(crate) mod init;
mod knowledge;
pub(crate) mod log;
mod lore;
pub(crate) mod marketplace;
pub(crate) mod merge;
mod origin;
mod outcome;
mod outside;
mod overview;
pub(crate) mod patterns;
pub(crate) mod plan;
mod planner;
pub(crate) mod reconcile;
pub(crate) mod record;
mod reliability;
mod renewal;
pub(crate) mod research;
pub(crate) mod run;
pub(crate) mod settings;
mod sharing;
mod shelf;
pub(crate) mod show;
pub(crate) mod status;
mod stocks;
mod stocktaking;
mod summary;
pub(crate) mod sync;
mod template;
mod turn;

use std::path::PathBuf;

use crate::git::Repository;
use crate::host::Host;
use crate::store::Store;
use crate::ui::{Failure, Format, Ui, exit};

/// What every verb is given.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    pub(crate) host: Host,
    /// The folder that we were started in.
    pub(crate) dir: PathBuf,
}

/// How a verb ends: an exit code, or a failure to show.
pub(crate) type Ended = Result<u8, Failure>;

impl Context {
    /// The same terminal and machine, in another folder.
    pub(crate) fn inside(&self, dir: PathBuf) -> Self {
        Self { ui: self.ui, host: self.host.clone(), dir }
    }

    /// The same machine, without a word where a program reads: for a verb that is part of another.
    pub(crate) fn as_part(&self) -> Self {
        let ui = if self.ui.is_json() { Ui::new(Format::Silent) } else { self.ui };
        Self { ui, host: self.host.clone(), dir: self.dir.clone() }
    }

    /// The repository that we were started in.
    pub(crate) fn repository(&self) -> Result<Repository, Failure> {
        Ok(Repository::discover(&self.dir, &self.host)?)
    }

    /// The store of `repo`. Settings that mean nothing are named, once per command.
    pub(crate) fn store<'a>(&'a self, repo: &'a Repository) -> Result<Store<'a>, Failure> {
        let store = Store::open(repo, &self.host)?;
        for key in &store.settings.unknown {
            self.ui.warn(format!("the setting {key} means nothing to this version"));
        }
        Ok(store)
    }

    /// A path as the user typed it, seen from the folder that we were started in.
    pub(crate) fn path(&self, typed: &std::path::Path) -> PathBuf {
        self.dir.join(typed)
    }
}

/// The exit code of work that went well.
pub(crate) const DONE: Ended = Ok(exit::DONE);
