//! What is to be run, and what came of it.

use std::path::PathBuf;
use std::time::Duration;

use crate::git::Identity;
use crate::model::component::{Card, Catalog};
use crate::model::id::{ComponentId, RecordId};
use crate::model::oid::Oid;
use crate::model::plan::Plan;
use crate::model::record::{Outcome, Step, Tests};

/// A plan and the circumstances in which it runs.
#[derive(Clone, Debug)]
pub(crate) struct Order<'a> {
    /// The id of the record that will tell of the run.
    pub(crate) id: RecordId,
    pub(crate) plan: &'a Plan,
    /// Has every component of the plan.
    pub(crate) catalog: &'a Catalog,
    /// Whether a component is still what was approved; asked right before something of it runs.
    pub(crate) unchanged: fn(&Card) -> bool,
    /// The commit that the run starts from; an empty root commit where there is none yet.
    pub(crate) base: Oid,
    pub(crate) project: String,
    /// Whether step commits say what they are for, in the words of the request.
    pub(crate) quotes_request: bool,
    /// Author and committer of the step commits.
    pub(crate) identity: Identity,
    /// How many steps run at once.
    pub(crate) jobs: usize,
    /// How often one component is tried again before its fallback.
    pub(crate) retries: u32,
    /// Time limit of a script or gate whose contract sets none.
    pub(crate) timeout: Duration,
    /// Globs of ignored files that each work tree gets a copy of.
    pub(crate) carry: Vec<String>,
    /// The folder for the work trees of runs.
    pub(crate) worktrees: PathBuf,
}

impl Order<'_> {
    /// The ref that follows the run's last commit; whoever applies or discards the run deletes it.
    pub(crate) fn checkpoint(&self) -> String {
        format!("refs/orchestrate/runs/{}", self.id)
    }
}

/// What came of an order.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    /// Tries in order, by phase and then by the plan's order of steps.
    pub(crate) steps: Vec<Step>,
    /// The last step's commit; the base if no step changed anything.
    pub(crate) tip: Oid,
    /// One for each step that changed something, oldest first.
    pub(crate) commits: Vec<Oid>,
    pub(crate) duration_ms: u64,
    /// Counts that test runners printed, if any did.
    pub(crate) tests: Option<Tests>,
    /// Paths that differ from base to tip.
    pub(crate) changed: Vec<PathBuf>,
    /// The first step that failed for good.
    pub(crate) stop: Option<Stop>,
}

/// Why a run stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) step: String,
    pub(crate) component: ComponentId,
    pub(crate) blame: Blame,
    pub(crate) message: String,
    /// The last lines of what was printed, redacted.
    pub(crate) output: Vec<String>,
}

/// What is to blame for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// Its script exited with an error.
    Component,
    /// Its script was content, but a gate or the write scope was not.
    Gate,
    /// A program that it needs is not installed.
    Runner,
    /// The machine: disk, permissions, git.
    Environment,
    /// It took longer than it may.
    Timeout,
}
