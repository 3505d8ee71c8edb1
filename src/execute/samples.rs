//! Plans of small shell components upon a real repository, for the scenarios.

use std::path::PathBuf;
use std::time::Duration;

use super::error::ExecuteError;
use super::event::Event;
use super::interrupt::Interrupt;
use super::order::{Order, Ran};
use super::run::execute;
use crate::git::Repository;
use crate::git::samples::TestRepo;
use crate::host::Host;
use crate::model::component::{Card, Catalog, Contract, Gate, GateTest, RunnerKind, TokenCost};
use crate::model::id::RecordId;
use crate::model::json::Number;
use crate::model::oid::Oid;
use crate::model::plan::{Plan, PlannedContext, PlannedStep, Predictions};
use crate::model::samples::component;

/// A repository, skills, and a plan of them.
pub(crate) struct Scene {
    pub(crate) repo: TestRepo,
    pub(crate) request: String,
    pub(crate) base: Oid,
    pub(crate) retries: u32,
    pub(crate) timeout: Duration,
    pub(crate) carry: Vec<String>,
    pub(crate) interrupt: Interrupt,
    /// Where the user is.
    pub(crate) place: PathBuf,
    pub(crate) unchanged: fn(&Card) -> bool,
    skills: Vec<Card>,
    steps: Vec<PlannedStep>,
    phases: Vec<Vec<String>>,
}

/// The file exists and is not empty.
pub(crate) fn exists(path: &str) -> Gate {
    Gate { name: format!("{path} exists"), test: GateTest::File { path: path.to_owned() } }
}

/// The shell line succeeds.
pub(crate) fn holds(line: &str) -> Gate {
    let argv = ["sh", "-c", line].map(str::to_owned).to_vec();
    Gate { name: line.to_owned(), test: GateTest::Command { argv } }
}

impl Scene {
    /// A repository with one commit of `a.txt`.
    pub(crate) fn new() -> Self {
        Self::of(TestRepo::new().commit("a.txt", "one\n"))
    }

    /// A repository, from its HEAD.
    pub(crate) fn of(repo: TestRepo) -> Self {
        Self {
            base: repo.head(),
            place: repo.path(),
            repo,
            request: "do it".to_owned(),
            retries: 0,
            timeout: Duration::from_secs(20),
            carry: Vec::new(),
            interrupt: Interrupt::deaf(),
            unchanged: |_| true,
            skills: Vec::new(),
            steps: Vec::new(),
            phases: Vec::new(),
        }
    }

    /// With a skill that runs this script.
    pub(crate) fn skill(mut self, name: &str, script: &str, outputs: &[&str], gates: &[Gate]) -> Self {
        let folder = self.repo.temp("skills").join(name);
        std::fs::create_dir_all(&folder).expect("made");
        std::fs::write(folder.join("run.sh"), script).expect("written");
        let contract = Contract {
            runner: RunnerKind::Shell,
            script: "run.sh".into(),
            inputs: Vec::new(),
            outputs: outputs.iter().map(|&glob| glob.to_owned()).collect(),
            gates: gates.to_vec(),
            fallback: None,
            timeout: None,
        };
        self.skills.push(Card {
            id: component(name),
            description: String::new(),
            contract: Some(contract),
            content: format!("content of {name}"),
            file: folder.join("SKILL.md"),
            roots: Default::default(),
            folder,
            tokens: TokenCost::default(),
        });
        self
    }

    /// With a phase of steps, each named for the skill that it runs.
    pub(crate) fn phase(mut self, names: &[&str]) -> Self {
        for name in names {
            let skill = self.skills.iter().find(|skill| skill.id == component(name));
            self.steps.push(PlannedStep {
                id: (*name).to_owned(),
                component: component(name),
                phase: self.phases.len() + 1,
                needs: Vec::new(),
                purpose: format!("serve {name}"),
                gates: skill.and_then(|it| it.contract.clone()).map_or_else(Vec::new, |it| it.gates),
                fallbacks: Vec::new(),
                context: PlannedContext { tokens: 0, window: 0, share: Number::new(0.0).expect("finite") },
                probability: None,
                why: String::new(),
                considered: Vec::new(),
            });
        }
        self.phases.push(names.iter().map(|&name| name.to_owned()).collect());
        self
    }

    /// With a fallback of the last step.
    pub(crate) fn fallback(mut self, name: &str) -> Self {
        self.steps.last_mut().expect("a step").fallbacks.push(component(name));
        self
    }

    /// With a change of the last skill.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Card)) -> Self {
        change(self.skills.last_mut().expect("a skill"));
        self
    }

    /// The folder of the run's work trees.
    pub(crate) fn worktrees(&self) -> PathBuf {
        self.repo.temp("worktrees")
    }

    /// Runs the plan, and expects it to start.
    pub(crate) fn run(&self) -> Ran {
        self.watch(&mut |_| {}).expect("starts")
    }

    /// Runs the plan and shows its events.
    pub(crate) fn watch(&self, watch: &mut dyn FnMut(Event)) -> Result<Ran, ExecuteError> {
        let catalog: Catalog = self.skills.iter().cloned().collect();
        let zero = Number::new(0.0).expect("finite");
        let plan = Plan {
            v: 1,
            request: self.request.clone(),
            steps: self.steps.clone(),
            phases: self.phases.clone(),
            predictions: Predictions {
                success_probability: None,
                evidence_runs: 0,
                duration_s: None,
                context_share: zero,
            },
            pattern: None,
            uncovered: Vec::new(),
            avoided: Vec::new(),
        };
        let host = Host::new();
        let repo = Repository::discover(&self.place, &host).expect("a repository");
        let order = Order {
            id: self.id(),
            plan: &plan,
            catalog: &catalog,
            unchanged: self.unchanged,
            base: self.base,
            project: "sample".to_owned(),
            quotes_request: true,
            identity: repo.identity(&host),
            jobs: 4,
            retries: self.retries,
            timeout: self.timeout,
            carry: self.carry.clone(),
            worktrees: self.worktrees(),
        };
        execute(&self.interrupt, &repo, &host, &order, watch)
    }

    /// The id of the run.
    pub(crate) fn id(&self) -> RecordId {
        RecordId::from_parts(1_795_161_600_000, 7)
    }

    /// Expects that nothing of the run is left but its commits and checkpoint.
    pub(crate) fn expect_no_trace(&self) {
        assert!(!self.worktrees().exists());
        assert_eq!(self.repo.git(["worktree", "list"]).lines().count(), 1);
        assert!(
            std::fs::read_dir(self.repo.path().join(".git/worktrees")).map_or(true, |it| it.count() == 0)
        );
    }
}
