//! Small catalogs, candidates and past runs that the room's tests build upon.

use std::collections::BTreeMap;

use crate::model::component::{Card, Catalog, Contract, RunnerKind, TokenCost};
use crate::model::library::Library;
use crate::model::pattern::Pattern;
use crate::model::plan::{Plan, PlannedStep};
use crate::model::record::{Execution, Outcome, Record, Step, StepOutcome};
use crate::model::recount::{Records, recount};
use crate::model::samples;
use crate::model::words;

use super::asked::asked_for;
use super::assemble::assemble;
use super::error::PlanError;
use super::need::{Need, decompose};
use super::task::{Candidate, Task};

/// A component without a contract: it needs an agent.
pub(super) fn agent(name: &str) -> Card {
    Card {
        id: samples::component(name),
        description: String::new(),
        contract: None,
        content: String::new(),
        folder: "/plugin".into(),
        file: "/plugin/SKILL.md".into(),
        roots: Default::default(),
        tokens: TokenCost { always: 50, on_invoke: 1_000 },
    }
}

/// A component that reads and writes these globs, and runs without an agent.
pub(super) fn skill(name: &str, inputs: &[&str], outputs: &[&str]) -> Card {
    let globs = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect();
    let contract = Contract {
        runner: RunnerKind::Shell,
        script: "run.sh".into(),
        inputs: globs(inputs),
        outputs: globs(outputs),
        gates: Vec::new(),
        fallback: None,
        timeout: None,
    };
    Card { contract: Some(contract), ..agent(name) }
}

/// `component` with a declared fallback.
pub(super) fn with_fallback(mut component: Card, name: &str) -> Card {
    if let Some(contract) = &mut component.contract {
        contract.fallback = Some(name.to_owned());
    }
    component
}

/// A request with what research found for its needs, and what was run before.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) request: String,
    pub(super) catalog: Vec<Card>,
    pub(super) candidates: BTreeMap<String, Vec<Candidate>>,
    pub(super) executions: Vec<Execution>,
    /// Patterns that texts propose.
    pub(super) proposals: Vec<Pattern>,
    pub(super) learning: bool,
    /// Days from the sample executions to now.
    pub(super) days: i64,
}

impl Case {
    pub(super) fn new(request: &str, catalog: impl IntoIterator<Item = Card>) -> Self {
        Self {
            request: request.to_owned(),
            catalog: catalog.into_iter().collect(),
            candidates: BTreeMap::new(),
            executions: Vec::new(),
            proposals: Vec::new(),
            learning: true,
            days: 0,
        }
    }

    /// The starter plugins, and what research finds in them.
    pub(super) fn starter(request: &str) -> Self {
        let manifests = ["Cargo.toml", "package.json"];
        let catalog = [
            skill("rust-library", &["LICENSE"], &["Cargo.toml", "src/lib.rs", "tests/public_api.rs"]),
            skill("ci-workflow", &["Cargo.toml", "package.json", "tests/**"], &[".github/workflows/ci.yml"]),
            skill("licence", &["package.json"], &["LICENSE"]),
            with_fallback(skill("changelog", &[], &["CHANGELOG.md"]), "changelog-plain"),
            skill("changelog-plain", &[], &["CHANGELOG.md"]),
            skill(
                "readme",
                &[manifests[0], manifests[1], "LICENSE", "src/**", "CHANGELOG.md"],
                &["README.md"],
            ),
            skill("secret-scan", &["**/*"], &[]),
        ];
        Self::new(request, catalog)
            .finds("set up a Rust library", &[("rust-library", 9.0), ("ci-workflow", 2.0)])
            .finds("tests", &[("rust-library", 4.0), ("ci-workflow", 3.0)])
            .finds("CI", &[("ci-workflow", 6.0)])
            .finds("a licence", &[("licence", 6.0), ("readme", 2.0)])
            .finds("a changelog", &[("changelog", 6.0), ("changelog-plain", 5.0)])
            .finds("a readme", &[("readme", 6.0)])
            .finds("scan for secrets", &[("secret-scan", 6.0)])
    }

    /// Research finds these components with these scores for the need.
    pub(super) fn finds(mut self, need: &str, found: &[(&str, f64)]) -> Self {
        let matched = words::stems(need);
        let candidate = |&(name, score): &(&str, f64)| Candidate {
            component: samples::component(name),
            score,
            coverage: 1.0,
            matched: matched.clone(),
            also: Vec::new(),
        };
        self.candidates.insert(need.to_owned(), found.iter().map(candidate).collect());
        self
    }

    /// Every candidate of the need covers this share of it.
    pub(super) fn covers(mut self, need: &str, coverage: f64) -> Self {
        self.candidates.entry(need.to_owned()).or_default().iter_mut().for_each(|it| it.coverage = coverage);
        self
    }

    /// The control arm.
    pub(super) fn control(mut self) -> Self {
        self.learning = false;
        self
    }

    /// This ran before.
    pub(super) fn ran(mut self, mut execution: Execution) -> Self {
        let n = self.executions.len() as u64;
        execution.id = samples::execution(n).id;
        self.executions.push(execution);
        self
    }

    pub(super) fn library(&self) -> Library {
        let records: Records = self
            .executions
            .iter()
            .map(|execution| (execution.id, vec![Record::Execution(Box::new(execution.clone()))]))
            .collect();
        let mut library = recount(&records, &Library::default());
        library.propose(self.proposals.iter().cloned());
        library
    }

    fn needs(&self) -> Result<Vec<(Need, Vec<Candidate>)>, PlanError> {
        let found = |need: &Need| self.candidates.get(&need.text).cloned().unwrap_or_default();
        Ok(decompose(&self.request)?.into_iter().map(|need| (need.clone(), found(&need))).collect())
    }

    /// The same with no more of the catalog than a plan asks for, and fallbacks of that.
    pub(super) fn asked_for(mut self) -> Self {
        let mut ahead = asked_for(&self.needs().expect("a request"), &self.library());
        let mut kept = Vec::new();
        while let Some(id) = ahead.pop() {
            let found = self.catalog.iter().position(|component| component.id == id);
            if let Some(component) = found.map(|place| self.catalog.swap_remove(place)) {
                ahead.extend(component.fallback());
                kept.push(component);
            }
        }
        Self { catalog: kept, ..self }
    }

    pub(super) fn try_plan(&self) -> Result<Plan, PlanError> {
        let needs = self.needs()?;
        let catalog: Catalog = self.catalog.iter().cloned().collect();
        let mut now = samples::execution(0).at;
        now.0 += self.days * 86_400_000;
        assemble(&Task {
            request: &self.request,
            needs: &needs,
            catalog: &catalog,
            library: &self.library(),
            executions: &self.executions,
            now,
            learning: self.learning,
            advice: None,
        })
    }

    pub(super) fn plan(&self) -> Plan {
        self.try_plan().expect("a plan")
    }
}

/// What a run of `plan` leaves: every step passes after `ms` milliseconds, but for `failing`, which
/// fails with `error`, so that its first fallback passes for it.
pub(super) fn run(plan: &Plan, ms: u64, failing: Option<(&str, &str)>) -> Execution {
    let entry = |step: &PlannedStep, outcome| Step {
        id: Some(step.id.clone()),
        needs: Some(step.needs.clone()),
        phase: Some(step.phase as u32),
        component: step.component.clone(),
        duration_ms: Some(ms),
        ..samples::step("x", outcome)
    };
    let tries = |step: &PlannedStep| match failing {
        Some((name, error)) if step.component.name() == name => {
            let mut failed = entry(step, StepOutcome::Failed);
            failed.error = Some(error.to_owned());
            let stand_in = step
                .fallbacks
                .first()
                .map(|fallback| Step { component: fallback.clone(), ..entry(step, StepOutcome::Passed) });
            std::iter::once(failed).chain(stand_in).collect()
        }
        _ => vec![entry(step, StepOutcome::Passed)],
    };
    let saved = |step: &PlannedStep| {
        failing.is_none_or(|it| it.0 != step.component.name()) || !step.fallbacks.is_empty()
    };
    Execution {
        request: Some(plan.request.clone()),
        words: words::keywords(&plan.request),
        outcome: if plan.steps.iter().all(saved) { Outcome::Passed } else { Outcome::Failed },
        steps: plan.steps.iter().flat_map(tries).collect(),
        ..samples::execution(0)
    }
}

/// Phases by component names: `a + b → c`.
pub(super) fn shown(plan: &Plan) -> String {
    let name =
        |id: &String| plan.steps.iter().find(|step| step.id == *id).map_or("?", |step| step.component.name());
    let phase = |phase: &Vec<String>| phase.iter().map(name).collect::<Vec<_>>().join(" + ");
    plan.phases.iter().map(phase).collect::<Vec<_>>().join(" → ")
}
