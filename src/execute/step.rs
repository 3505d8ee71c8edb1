//! One step in a work tree of its own: its component, tries of it again, and its fallbacks.

use super::attempt::{Attempt, Bench, Change};
use super::carry::Carry;
use super::event::Event;
use super::failure::Failure;
use super::gate;
use super::interrupt::Interrupt;
use super::order::{Blame, Order};
use super::scope::Scope;
use super::surroundings::Surroundings;
use super::test_counts;
use crate::git::{ChangedFile, GitError, Worktree, Worktrees};
use crate::host::Stopwatch;
use crate::model::component::Card;
use crate::model::id::ComponentId;
use crate::model::oid::Oid;
use crate::model::plan::PlannedStep;
use crate::model::record::{GateResult, Step, StepOutcome, Tests};

/// The most paths that a record's `writes` holds.
const MAX_WRITES: usize = 50;

/// What all steps of a run share.
pub(super) struct Site<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) worktrees: &'a Worktrees,
    pub(super) carry: &'a Carry,
    pub(super) interrupt: &'a Interrupt,
    /// Started with the run.
    pub(super) clock: Stopwatch,
}

/// A step that can be run.
pub(super) struct Task<'a> {
    pub(super) step: &'a PlannedStep,
    /// Counted from 1.
    pub(super) phase: usize,
    /// The planned component, then its fallbacks, best first; never empty.
    pub(super) candidates: Vec<Candidate<'a>>,
}

/// A component that may run a step.
pub(super) struct Candidate<'a> {
    pub(super) component: &'a Card,
    pub(super) scope: Scope,
}

/// What came of a step in its work tree.
#[derive(Debug)]
pub(super) struct Performed {
    /// One for each component that tried.
    pub(super) entries: Vec<Step>,
    pub(super) end: StepEnd,
    pub(super) tests: Option<Tests>,
}

/// How a step ended, and with which component.
#[derive(Debug)]
pub(super) enum StepEnd {
    Passed { component: ComponentId, change: Change },
    AlreadyGreen,
    Failed { component: ComponentId, failure: Failure },
    Interrupted,
}

impl Task<'_> {
    /// The record's entry of one component's try, not yet begun.
    pub(super) fn entry(&self, component: &Card) -> Step {
        Step {
            component: component.id.clone(),
            id: Some(self.step.id.clone()),
            needs: Some(self.step.needs.clone()),
            phase: u32::try_from(self.phase).ok(),
            content: Some(component.content.clone()),
            runner: component.contract.as_ref().map(|contract| contract.runner.as_str().to_owned()),
            model: None,
            outcome: StepOutcome::Skipped,
            attempts: None,
            started_ms: None,
            duration_ms: None,
            gates: Vec::new(),
            context: None,
            cost_usd: None,
            writes: Vec::new(),
            error: None,
            fix: None,
            extra: Default::default(),
        }
    }

    /// The planned component.
    pub(super) fn planned(&self) -> &Card {
        self.candidates[0].component
    }
}

/// Runs a step upon the commit `base`, in a work tree that is gone afterwards.
pub(super) fn perform(site: &Site<'_>, task: &Task<'_>, base: Oid, tell: &dyn Fn(Event)) -> Performed {
    let mut performed = Performed { entries: Vec::new(), end: StepEnd::Interrupted, tests: None };
    let started_ms = site.clock.elapsed_ms();
    let prepared = prepare(site, task, base);
    let (worktree, before) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            let mut entry = task.entry(task.planned());
            entry.started_ms = Some(started_ms);
            let failure = Failure::git(&error, &site.order.worktrees);
            performed.end = fail(&mut entry, failure, site.interrupt);
            tell_failure(tell, task, &performed.end, None);
            performed.entries.push(entry);
            return performed;
        }
    };
    for (number, candidate) in task.candidates.iter().enumerate() {
        let next = task.candidates.get(number + 1);
        let turn = Turn { site, task, candidate, worktree: &worktree, base, before, tell };
        let (entry, end, tests) = turn.take(number > 0);
        performed.entries.push(entry);
        (performed.end, performed.tests) = (end, tests);
        let StepEnd::Failed { component, failure } = &performed.end else { break };
        // A machine that fails one component fails the next one too.
        let help = failure.blame != Blame::Environment && !is_verdict(candidate.component, failure);
        let next = next.filter(|_| help).map(|it| &it.component.id);
        tell_failure(tell, task, &performed.end, next);
        let Some(next) = next else { break };
        tell(Event::StepFellBack { step: task.step.id.clone(), from: component.clone(), to: next.clone() });
    }
    performed
}

fn prepare(site: &Site<'_>, task: &Task<'_>, base: Oid) -> Result<(Worktree, Oid), GitError> {
    let worktree = site.worktrees.add(&task.step.id, base)?;
    site.carry.into(&worktree)?;
    // Not the base's own tree: a checkout can differ from it (line endings), and what differs
    // already is no change of the step.
    let before = worktree.snapshot()?;
    Ok((worktree, before))
}

/// One component's turn at a step.
struct Turn<'a> {
    site: &'a Site<'a>,
    task: &'a Task<'a>,
    candidate: &'a Candidate<'a>,
    worktree: &'a Worktree,
    base: Oid,
    before: Oid,
    tell: &'a dyn Fn(Event),
}

impl Turn<'_> {
    fn take(&self, stands_in: bool) -> (Step, StepEnd, Option<Tests>) {
        let mut entry = self.task.entry(self.candidate.component);
        entry.started_ms = Some(self.site.clock.elapsed_ms());
        let stopwatch = Stopwatch::start();
        let mut bench = self.bench();
        let tried = self.try_all(&mut bench, &mut entry, stands_in);
        entry.duration_ms = Some(stopwatch.elapsed_ms());
        entry.writes = bench.written.iter().take(MAX_WRITES).cloned().collect();
        let end = match tried {
            Ok(Some(Attempt::Passed(change))) => {
                entry.outcome = StepOutcome::Passed;
                StepEnd::Passed { component: entry.component.clone(), change }
            }
            Ok(Some(Attempt::Failed(failure))) => fail(&mut entry, failure, self.site.interrupt),
            Ok(Some(Attempt::Interrupted)) => interrupted(&mut entry),
            Ok(None) => StepEnd::AlreadyGreen,
            Err(error) => fail(&mut entry, Failure::git(&error, self.worktree.path()), self.site.interrupt),
        };
        self.tell_end(&entry, &end);
        (entry, end, test_counts::counts(&bench.printed))
    }

    fn bench(&self) -> Bench<'_> {
        let (order, step, component) = (self.site.order, self.task.step, self.candidate.component);
        Bench {
            component,
            scope: &self.candidate.scope,
            gates: gate::gates(step, self.task.planned(), component),
            around: Surroundings::new(order, step, component, self.worktree.path(), self.site.interrupt),
            worktree: self.worktree,
            carry: self.site.carry,
            before: self.before,
            printed: String::new(),
            written: Vec::new(),
        }
    }

    /// The last attempt; `None` if every gate was green before the first one.
    fn try_all(
        &self,
        bench: &mut Bench<'_>,
        entry: &mut Step,
        stands_in: bool,
    ) -> Result<Option<Attempt>, GitError> {
        if stands_in {
            self.worktree.reset_to(self.base)?;
        }
        let Some(gates) = bench.gates_before()? else { return Ok(Some(Attempt::Interrupted)) };
        entry.gates = gates;
        let green = |gate: &GateResult| gate.before == Some(true);
        let red = |gate: &GateResult| gate.before == Some(false);
        if !stands_in && entry.gates.iter().any(green) && !entry.gates.iter().any(red) {
            return Ok(None);
        }
        let mut attempt = 1;
        loop {
            entry.attempts = Some(attempt);
            let (step, component) = (self.task.step.id.clone(), entry.component.clone());
            (self.tell)(Event::StepStarted { step: step.clone(), component: component.clone(), attempt });
            let ended = bench.attempt(&mut entry.gates)?;
            let Attempt::Failed(failure) = &ended else { return Ok(Some(ended)) };
            let may_help = matches!(failure.blame, Blame::Component | Blame::Gate | Blame::Timeout)
                && !is_verdict(self.candidate.component, failure);
            if !may_help || attempt > self.site.order.retries || self.site.interrupt.is_raised() {
                return Ok(Some(ended));
            }
            (self.tell)(Event::StepRetried { step, component, error: failure.message.clone() });
            self.worktree.reset_to(self.base)?;
            attempt += 1;
        }
    }

    fn tell_end(&self, entry: &Step, end: &StepEnd) {
        let (step, component) = (self.task.step.id.clone(), entry.component.clone());
        match end {
            StepEnd::Passed { change, .. } => (self.tell)(Event::StepPassed {
                step,
                component,
                duration_ms: entry.duration_ms.unwrap_or_default(),
                unchecked: unchecked(entry),
                changed: change.files.iter().map(ChangedFile::shown).collect(),
            }),
            StepEnd::AlreadyGreen => (self.tell)(Event::StepAlreadyGreen { step, component }),
            StepEnd::Failed { .. } | StepEnd::Interrupted => {}
        }
    }
}

/// Whether a check said no: it did its work, and neither another try nor another component is asked
/// for an answer that would please more.
fn is_verdict(component: &Card, failure: &Failure) -> bool {
    component.is_check() && matches!(failure.blame, Blame::Component | Blame::Gate)
}

/// Enters a failure, unless it came of the run being ended: then git commands of ours may have
/// been stopped too.
pub(super) fn fail(entry: &mut Step, failure: Failure, interrupt: &Interrupt) -> StepEnd {
    if failure.blame == Blame::Environment && interrupt.is_raised() {
        return interrupted(entry);
    }
    entry.outcome = match failure.blame {
        Blame::Component | Blame::Gate | Blame::Timeout => StepOutcome::Failed,
        Blame::Runner | Blame::Environment => StepOutcome::Environment,
    };
    entry.error = Some(failure.message.clone());
    StepEnd::Failed { component: entry.component.clone(), failure }
}

/// The gates of a step that passed which could not be evaluated.
fn unchecked(entry: &Step) -> Vec<String> {
    entry.gates.iter().filter(|gate| gate.after.is_none()).map(|gate| gate.name.clone()).collect()
}

/// What was interrupted says nothing about its component.
fn interrupted(entry: &mut Step) -> StepEnd {
    entry.outcome = StepOutcome::Skipped;
    entry.error = Some("interrupted".to_owned());
    StepEnd::Interrupted
}

fn tell_failure(tell: &dyn Fn(Event), task: &Task<'_>, end: &StepEnd, next: Option<&ComponentId>) {
    if let StepEnd::Failed { component, failure } = end {
        tell(Event::StepFailed {
            step: task.step.id.clone(),
            component: component.clone(),
            error: failure.message.clone(),
            next: next.cloned(),
        });
    }
}
