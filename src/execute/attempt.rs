//! One component at work in a work tree: its gates before, its script, its gates after.

use super::carry::Carry;
use super::failure::Failure;
use super::gate::{self, Evaluated, PlacedGate, Verdict};
use super::process::Ended;
use super::scope::Scope;
use super::surroundings::Surroundings;
use crate::git::{ChangedFile, GitError, Worktree};
use crate::model::component::{Card, RunnerKind};
use crate::model::oid::Oid;
use crate::model::record::GateResult;

/// What a step changed, as snapshots of its work tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) before: Oid,
    pub(super) after: Oid,
    pub(super) files: Vec<ChangedFile>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Passed(Change),
    Failed(Failure),
    Interrupted,
}

/// A component in place.
pub(super) struct Bench<'a> {
    pub(super) component: &'a Card,
    pub(super) scope: &'a Scope,
    pub(super) gates: Vec<PlacedGate<'a>>,
    pub(super) around: Surroundings<'a>,
    pub(super) worktree: &'a Worktree,
    pub(super) carry: &'a Carry,
    /// The snapshot that every attempt starts from.
    pub(super) before: Oid,
    /// All that the script and the gates after it printed in the last attempt.
    pub(super) printed: String,
    /// What the last attempt wrote.
    pub(super) written: Vec<String>,
}

impl Bench<'_> {
    /// The gates before anything runs; a check has none. `None`: the run is to end.
    pub(super) fn gates_before(&self) -> Result<Option<Vec<GateResult>>, GitError> {
        let is_check = self.component.is_check();
        let mut results = Vec::new();
        for placed in &self.gates {
            let mut result = GateResult {
                name: placed.gate.name.clone(),
                before: None,
                after: None,
                extra: Default::default(),
            };
            if !is_check {
                let evaluated = gate::evaluate(*placed, &self.around, self.worktree, self.before)?;
                match evaluated.verdict {
                    Verdict::Interrupted => return Ok(None),
                    Verdict::NotEvaluated => {}
                    verdict => result.before = Some(verdict == Verdict::Green),
                }
            }
            results.push(result);
        }
        Ok(Some(results))
    }

    /// Runs the component. It has passed only if its script exits 0, every gate is green, and all
    /// that it changed is within its scope.
    pub(super) fn attempt(&mut self, results: &mut [GateResult]) -> Result<Attempt, GitError> {
        self.printed.clear();
        self.written.clear();
        results.iter_mut().for_each(|result| result.after = None);
        if let Some(end) = self.run_script() {
            return Ok(end);
        }
        let after = match self.worktree.snapshot() {
            Ok(after) => after,
            Err(_) if self.around.interrupt.is_raised() => return Ok(Attempt::Interrupted),
            Err(error) => return Ok(Attempt::Failed(Failure::snapshot(&error, self.worktree.path()))),
        };
        let files = self.worktree.changed_files(self.before, after)?;
        self.written = files.iter().map(ChangedFile::shown).collect();
        if let Some(failure) = self.outside_scope(&files) {
            return Ok(Attempt::Failed(failure));
        }
        let mut first_red = None;
        for (placed, result) in self.gates.iter().zip(results) {
            let Evaluated { verdict, printed } = gate::evaluate(*placed, &self.around, self.worktree, after)?;
            self.printed.push_str(&printed);
            match verdict {
                Verdict::Green => result.after = Some(true),
                Verdict::Red(failure) => {
                    result.after = Some(false);
                    first_red.get_or_insert(failure);
                }
                Verdict::NotEvaluated => {}
                Verdict::Interrupted => return Ok(Attempt::Interrupted),
            }
        }
        let change = Change { before: self.before, after, files };
        Ok(first_red.map_or(Attempt::Passed(change), Attempt::Failed))
    }

    /// How the attempt ended, if the script ended it.
    fn run_script(&mut self) -> Option<Attempt> {
        let contract = self.component.contract.as_ref()?;
        let RunnerKind::Shell = contract.runner;
        let script = gate::script(&self.component.folder, &contract.script).filter(|it| it.is_file());
        let Some(script) = script else {
            let missing = format!("the script {} is missing", contract.script.display());
            return Some(Attempt::Failed(Failure::environment(missing)));
        };
        if !self.around.is_unchanged(self.component) {
            return Some(Attempt::Failed(Failure::changed()));
        }
        let ended = match self.around.sh(&script) {
            Ok(ended) => ended,
            Err(error) => {
                let message = format!("cannot start sh: {error}");
                return Some(Attempt::Failed(Failure::environment(message)));
            }
        };
        let Ended { stdout, stderr, .. } = &ended;
        self.printed = format!("{stdout}\n{stderr}\n");
        if ended.success() {
            return None;
        }
        let failure = Failure::script(&ended, self.around.limit, self.worktree.path());
        Some(failure.map_or(Attempt::Interrupted, Attempt::Failed))
    }

    fn outside_scope(&self, files: &[ChangedFile]) -> Option<Failure> {
        if let Some(file) = files.iter().find(|file| self.carry.has(&file.path)) {
            let path = file.shown();
            return Some(Failure::gate(format!("write scope: would commit the ignored file {path}")));
        }
        let path = files.iter().find(|file| !self.scope.allows(&file.path))?.shown();
        Some(Failure::gate(format!("write scope: wrote {path}, which is not among its outputs")))
    }
}
