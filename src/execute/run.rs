//! A plan's phases one after the other, from the order to what came of it.

use std::collections::BTreeMap;
use std::thread;

use super::carry::Carry;
use super::crew::{Crew, Report};
use super::error::ExecuteError;
use super::event::Event;
use super::failure::Failure;
use super::history::History;
use super::interrupt::Interrupt;
use super::order::{Blame, Order, Ran, Stop};
use super::step::{self, Performed, Site, StepEnd, Task};
use super::{tasks, test_counts};
use crate::git::{GitError, Repository, Worktrees};
use crate::host::{Host, Stopwatch};
use crate::model::id::ComponentId;
use crate::model::record::{Outcome, Step, StepOutcome, Tests};

/// Runs a plan, until `interrupt` says to end. What fails in it is an outcome; an error means that
/// nothing ran.
pub(crate) fn execute(
    interrupt: &Interrupt,
    repo: &Repository,
    host: &Host,
    order: &Order<'_>,
    watch: &mut dyn FnMut(Event),
) -> Result<Ran, ExecuteError> {
    let phases = tasks::phases(order)?;
    // What a killed run left is no reason not to run.
    drop(repo.prune_worktrees(&order.worktrees));
    let worktrees = Worktrees::open(repo, &order.worktrees, order.id)?;
    let carry = Carry::find(repo, order)?;
    let clock = Stopwatch::start();
    let site = Site { order, worktrees: &worktrees, carry: &carry, interrupt, clock };
    let mut run = Run::begin(repo, host, &site, watch)?;
    for (tasks, number) in phases.iter().zip(1..) {
        run.phase(number, tasks);
    }
    Ok(run.end()?)
}

/// A run under way.
struct Run<'a, 'w> {
    site: &'a Site<'a>,
    history: History<'a>,
    watch: &'w mut dyn FnMut(Event),
    steps: Vec<Step>,
    tests: Option<Tests>,
    stop: Option<Stop>,
    /// The machine failed: nothing more starts, not even beside what runs.
    halted: bool,
    interrupted: bool,
}

/// Whether a step's result could be put on top of the others.
enum Landing {
    Done,
    /// It conflicts with another step's, so it has to run again upon that one.
    Again(Performed),
}

impl<'a, 'w> Run<'a, 'w> {
    fn begin(
        repo: &'a Repository,
        host: &'a Host,
        site: &'a Site<'a>,
        watch: &'w mut dyn FnMut(Event),
    ) -> Result<Self, GitError> {
        let history = History::begin(repo, host, site.order)?;
        let (steps, tests, stop) = (Vec::new(), None, None);
        Ok(Self { site, history, watch, steps, tests, stop, halted: false, interrupted: false })
    }

    /// Runs the steps of a phase beside each other, and lands their results in the plan's order as
    /// soon as that allows: so equal runs make equal histories, and a killed one loses little.
    fn phase(&mut self, number: usize, tasks: &[Task<'_>]) {
        if self.stop.is_some() || self.must_stop() {
            self.skip(tasks);
            return;
        }
        let steps = tasks.iter().map(|task| task.step.id.clone()).collect();
        (self.watch)(Event::PhaseStarted { phase: number, steps });
        let (site, base) = (self.site, self.history.tip());
        let mut ended = BTreeMap::new();
        let mut conflicted: BTreeMap<usize, Performed> = BTreeMap::new();
        let mut next = 0;
        thread::scope(|scope| {
            let mut crew = Crew::new(scope, site, tasks, base);
            while let Some(report) = crew.next(self.must_stop()) {
                match report {
                    Report::Event(event) => (self.watch)(event),
                    Report::Ended(index, performed) => drop(ended.insert(index, performed)),
                    Report::Silence => {}
                }
                while let Some(performed) = ended.remove(&next) {
                    match self.land(&tasks[next], performed, conflicted.remove(&next)) {
                        Landing::Done => next += 1,
                        Landing::Again(performed) => {
                            conflicted.insert(next, performed);
                            crew.again(next, self.history.tip());
                            break;
                        }
                    }
                }
            }
        });
        for (index, task) in tasks.iter().enumerate().skip(next) {
            match ended.remove(&index).or_else(|| conflicted.remove(&index)) {
                Some(performed) => self.land_last(task, performed),
                None => self.skip(std::slice::from_ref(task)),
            }
        }
    }

    /// Enters a result; `earlier` is that of the same step before it conflicted.
    fn land(&mut self, task: &Task<'_>, mut performed: Performed, earlier: Option<Performed>) -> Landing {
        let runs_again = earlier.is_some();
        if let Some(earlier) = earlier {
            continue_from(&earlier.entries, &mut performed.entries);
        }
        match self.try_land(task, &performed) {
            Err(GitError::Conflict { paths }) if !runs_again && !self.must_stop() => {
                (self.watch)(Event::StepConflicted { step: task.step.id.clone(), paths });
                return Landing::Again(performed);
            }
            landed => self.enter(task, performed, landed.err()),
        }
        Landing::Done
    }

    /// Enters a result that nothing can run after any more.
    fn land_last(&mut self, task: &Task<'_>, performed: Performed) {
        let landed = self.try_land(task, &performed);
        self.enter(task, performed, landed.err());
    }

    fn try_land(&mut self, task: &Task<'_>, performed: &Performed) -> Result<(), GitError> {
        let StepEnd::Passed { component, change } = &performed.end else { return Ok(()) };
        if let Some(landed) = self.history.land(task.step, component, change)? {
            let step = task.step.id.clone();
            (self.watch)(Event::Committed { step, oid: landed.oid, subject: landed.subject });
        }
        Ok(())
    }

    fn enter(&mut self, task: &Task<'_>, mut performed: Performed, not_landed: Option<GitError>) {
        if let (Some(error), Some(entry)) = (not_landed, performed.entries.last_mut()) {
            performed.end = self.not_landed(entry, &error);
        }
        if let StepEnd::Failed { component, failure } = performed.end {
            self.halted |= matches!(failure.blame, Blame::Environment | Blame::Runner);
            self.stop.get_or_insert_with(|| stop(task, component, failure));
        }
        let seen = [self.tests.take(), performed.tests].into_iter().flatten();
        self.tests = seen.reduce(|one, other| test_counts::sum(&one, &other));
        self.steps.extend(performed.entries);
    }

    fn not_landed(&mut self, entry: &mut Step, error: &GitError) -> StepEnd {
        let failure = match error {
            // It would have run again, had the run not been stopped: no fault of the component.
            GitError::Conflict { .. } if self.must_stop() => {
                entry.outcome = StepOutcome::Skipped;
                entry.error = Some(error.to_string());
                return StepEnd::Interrupted;
            }
            GitError::Conflict { .. } => Failure::gate(error.to_string()),
            _ => Failure::git(error, &self.site.order.worktrees),
        };
        let end = step::fail(entry, failure, self.site.interrupt);
        if let (StepEnd::Failed { component, failure }, Some(step)) = (&end, &entry.id) {
            let (step, component, error) = (step.clone(), component.clone(), failure.message.clone());
            (self.watch)(Event::StepFailed { step, component, error, next: None });
        }
        end
    }

    fn skip(&mut self, tasks: &[Task<'_>]) {
        self.steps.extend(tasks.iter().map(|task| task.entry(task.planned())));
    }

    /// Whether nothing more may start.
    fn must_stop(&mut self) -> bool {
        if !self.interrupted && self.site.interrupt.is_raised() {
            self.interrupted = true;
            (self.watch)(Event::Interrupted);
        }
        self.interrupted || self.halted
    }

    fn end(mut self) -> Result<Ran, GitError> {
        self.must_stop();
        let outcome = match &self.stop {
            _ if self.interrupted => Outcome::Aborted,
            Some(stop) if matches!(stop.blame, Blame::Environment | Blame::Runner) => Outcome::Environment,
            Some(_) => Outcome::Failed,
            None => Outcome::Passed,
        };
        Ok(Ran {
            outcome,
            steps: self.steps,
            tip: self.history.tip(),
            commits: self.history.commits().to_vec(),
            duration_ms: self.site.clock.elapsed_ms(),
            tests: self.tests,
            changed: self.history.changed()?,
            stop: self.stop,
        })
    }
}

fn stop(task: &Task<'_>, component: ComponentId, failure: Failure) -> Stop {
    let Failure { blame, message, output } = failure;
    Stop { step: task.step.id.clone(), component, blame, message, output }
}

/// A step that ran again has one entry for both times, with all attempts and all the time they took.
fn continue_from(earlier: &[Step], later: &mut [Step]) {
    let Some(first) = later.first_mut() else { return };
    let attempts: u32 = earlier.iter().filter_map(|entry| entry.attempts).sum();
    let took: u64 = earlier.iter().filter_map(|entry| entry.duration_ms).sum();
    first.attempts = Some(first.attempts.unwrap_or(0) + attempts);
    first.duration_ms = first.duration_ms.map(|duration| duration + took);
    first.started_ms = earlier.first().and_then(|entry| entry.started_ms).or(first.started_ms);
}
