//! The run's linear history: one commit for each step that changed something.
//!
//! Guarantee: every commit is durable before the checkpoint ref names it, and the ref is only moved
//! from where the run left it.

use std::path::PathBuf;

use super::attempt::Change;
use super::message;
use super::order::Order;
use crate::git::{GitError, NewCommit, RefEdit, Repository, Writer};
use crate::host::Host;
use crate::model::id::ComponentId;
use crate::model::oid::Oid;
use crate::model::plan::PlannedStep;
use crate::model::time::Timestamp;

/// The commits of a run so far.
pub(super) struct History<'a> {
    repo: &'a Repository,
    host: &'a Host,
    order: &'a Order<'a>,
    tip: Oid,
    commits: Vec<Oid>,
}

/// A step's commit.
pub(super) struct Landed {
    pub(super) oid: Oid,
    pub(super) subject: String,
}

impl<'a> History<'a> {
    /// Begins at the order's base, and creates the checkpoint ref there.
    pub(super) fn begin(
        repo: &'a Repository,
        host: &'a Host,
        order: &'a Order<'a>,
    ) -> Result<Self, GitError> {
        repo.move_refs(&[RefEdit::to(order.checkpoint(), order.base, None)], "orchestrate: start")?;
        Ok(Self { repo, host, order, tip: order.base, commits: Vec::new() })
    }

    /// The last commit.
    pub(super) fn tip(&self) -> Oid {
        self.tip
    }

    /// The commits, oldest first.
    pub(super) fn commits(&self) -> &[Oid] {
        &self.commits
    }

    /// Paths that differ from base to tip.
    pub(super) fn changed(&self) -> Result<Vec<PathBuf>, GitError> {
        let (base, tip) = (self.repo.tree_of(self.order.base)?, self.repo.tree_of(self.tip)?);
        Ok(self.repo.changed_files(base, tip)?.into_iter().map(|file| file.path).collect())
    }

    /// Puts a change on top, joined with what others changed since its step began. `None`: there is
    /// nothing to commit.
    pub(super) fn land(
        &mut self,
        step: &PlannedStep,
        component: &ComponentId,
        change: &Change,
    ) -> Result<Option<Landed>, GitError> {
        let top = self.repo.tree_of(self.tip)?;
        let tree = self.repo.merge_trees(change.before, top, change.after)?;
        if tree == top {
            return Ok(None);
        }
        let purpose = if self.order.quotes_request { step.purpose.as_str() } else { "" };
        let message = message::message(component, purpose, &change.files, self.order.id);
        let writer = Writer::new(self.repo);
        let oid = writer.commit(&NewCommit {
            tree,
            parents: &[self.tip],
            message: &message,
            author: &self.order.identity,
            at: Timestamp(self.host.now_ms()),
        })?;
        let checkpoint = RefEdit::to(self.order.checkpoint(), oid, Some(self.tip));
        writer.move_refs(&[checkpoint], &format!("orchestrate: {}", step.id.escape_default()))?;
        self.tip = oid;
        self.commits.push(oid);
        let subject = message.lines().next().unwrap_or_default().to_owned();
        Ok(Some(Landed { oid, subject }))
    }
}
