//! What is remembered here and what is open, asked of the store once: all that `status` tells.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Context;
use super::knowledge::{Memory, memory};
use crate::git::{Head, Repository};
use crate::hook;
use crate::learn;
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::pattern::Stage;
use crate::model::record::Outcome;
use crate::model::time::Timestamp;
use crate::store::{BadLine, LEARNING, NOTES, OpenRun, Review, Store};
use crate::ui::Failure;

/// What is remembered here, and what is open.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    v: u32,
    pub(super) replica: String,
    /// The branch or commit that is checked out.
    pub(super) head: String,
    pub(super) executions: usize,
    pub(super) passed: usize,
    /// When the latest execution began.
    #[serde(skip)]
    pub(super) latest: Option<Timestamp>,
    #[serde(rename = "bad_lines", serialize_with = "number")]
    pub(super) bad: Vec<BadLine>,
    /// How many are in each stage.
    pub(super) patterns: BTreeMap<&'static str, usize>,
    pub(super) refs: BTreeMap<&'static str, Option<Oid>>,
    /// Full names.
    pub(super) learning_branches: Vec<String>,
    #[serde(flatten)]
    pub(super) review: InReview,
    /// Changed patterns that no learning branch has yet.
    pub(super) not_learned_yet: usize,
    /// Events in the spool.
    pub(super) waiting: usize,
    /// Executions that a fetch has seen at a remote.
    pub(super) not_joined_yet: BTreeMap<String, usize>,
    /// Remotes that were added after the hooks: a plain fetch brings nothing of theirs.
    pub(super) not_followed: Vec<String>,
    #[serde(serialize_with = "ids")]
    pub(super) open_runs: Vec<Open>,
    pub(super) marketplaces: Vec<String>,
}

/// What waits for others to merge it, where they do.
#[derive(Debug, Default, Serialize)]
pub(super) struct InReview {
    /// Whether others merge.
    #[serde(skip)]
    pub(super) is_on: bool,
    /// Learning branches (short names) that wait at the remote.
    pub(super) in_review: Vec<String>,
    /// Those of ours that went from there unmerged.
    pub(super) declined: Vec<String>,
    /// Whether there is more to be pushed.
    #[serde(skip)]
    pub(super) has_more: bool,
}

/// A run that is not finished or not applied.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) run: OpenRun,
    /// `None`: it did not end.
    pub(super) outcome: Option<Outcome>,
    /// HEAD has its result.
    pub(super) is_applied: bool,
}

fn number<S: serde::Serializer>(bad: &[BadLine], to: S) -> Result<S::Ok, S::Error> {
    bad.len().serialize(to)
}

fn ids<S: serde::Serializer>(runs: &[Open], to: S) -> Result<S::Ok, S::Error> {
    runs.iter().map(|open| open.run.id).collect::<Vec<RecordId>>().serialize(to)
}

impl Overview {
    /// Asks for all of it. What can't be read of the learning is named and passed over.
    pub(super) fn of(cx: &Context, repo: &Repository, store: &Store<'_>) -> Result<Self, Failure> {
        let memory = memory(cx, store)?;
        let Memory { reading, committed, library } = &memory;
        let past = reading.summary()?;
        let mut patterns = BTreeMap::<&str, usize>::new();
        for pattern in library.with_evidence() {
            let stage = Stage::of(library.pattern_tally(pattern), pattern.requests.len(), &library.policy);
            *patterns.entry(stage.as_str()).or_default() += 1;
        }
        let proposed = library.proposals().len();
        if proposed > 0 {
            patterns.insert("proposed", proposed);
        }
        let not_learned_yet = learn::changes(committed, library).len();
        let branches = store.learning_branches()?;
        Ok(Self {
            v: 1,
            replica: store.replica.clone(),
            head: head(repo)?,
            executions: past.executions,
            passed: past.passed,
            latest: past.latest,
            bad: reading.bad()?.to_vec(),
            patterns,
            refs: BTreeMap::from([(NOTES, repo.tip(NOTES)?), (LEARNING, repo.tip(LEARNING)?)]),
            learning_branches: branches.into_iter().map(|(name, _)| name).collect(),
            review: InReview::of(store, &memory, not_learned_yet > 0)?,
            not_learned_yet,
            waiting: store.waiting()?,
            not_joined_yet: store.unjoined(reading)?.into_iter().collect(),
            not_followed: hook::not_followed(repo)?,
            open_runs: open_runs(repo, store, &memory)?,
            marketplaces: store.settings.marketplaces.keys().cloned().collect(),
        })
    }
}

impl InReview {
    fn of(store: &Store<'_>, memory: &Memory<'_>, is_unlearned: bool) -> Result<Self, Failure> {
        if store.settings.review == Review::Off {
            return Ok(Self::default());
        }
        let remote = &store.settings.remote;
        let Memory { reading, committed, library } = memory;
        let is_ours = is_unlearned && store.is_ours_to_tell(&reading.noted()?.records, committed, library);
        Ok(Self {
            is_on: true,
            in_review: store.in_review(remote)?,
            declined: store.declined(remote)?,
            has_more: is_ours || !store.proposals(remote)?.is_empty(),
        })
    }
}

fn head(repo: &Repository) -> Result<String, Failure> {
    Ok(match repo.head()? {
        Head::Branch { name, .. } => name.trim_start_matches("refs/heads/").to_owned(),
        Head::Unborn { name } => format!("{} (no commit yet)", name.trim_start_matches("refs/heads/")),
        Head::Detached { tip } => format!("{} (detached)", tip.short()),
    })
}

fn open_runs(repo: &Repository, store: &Store<'_>, memory: &Memory<'_>) -> Result<Vec<Open>, Failure> {
    let head = repo.head()?.tip();
    let mut open = Vec::new();
    for run in store.open_runs()? {
        let outcome = memory.reading.outcome(run.id)?;
        let is_applied = head.is_some_and(|head| repo.is_ancestor(run.tip, head).unwrap_or(false));
        open.push(Open { run, outcome, is_applied });
    }
    Ok(open)
}
