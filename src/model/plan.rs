//! Plans, version 1: the workflow for a request, as `plan --json` prints it.

use serde::Serialize;
use serde_json::{Value, json};

use super::component::Gate;
use super::id::{ComponentId, PatternId};
use super::json::{self, Number};

/// The workflow for a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Plan {
    pub(crate) v: u32,
    pub(crate) request: String,
    pub(crate) steps: Vec<PlannedStep>,
    /// Step ids; the steps of one phase may run in parallel.
    pub(crate) phases: Vec<Vec<String>>,
    pub(crate) predictions: Predictions,
    /// The pattern that the plan follows.
    pub(crate) pattern: Option<PatternId>,
    /// Needs that no component covers.
    pub(crate) uncovered: Vec<String>,
    /// Components that were passed over for what executions taught.
    pub(crate) avoided: Vec<Avoided>,
}

/// One component at work for one or more needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PlannedStep {
    pub(crate) id: String,
    pub(crate) component: ComponentId,
    /// Counted from 1.
    pub(crate) phase: usize,
    /// Ids of steps that come before.
    pub(crate) needs: Vec<String>,
    /// The part of the request that it serves.
    pub(crate) purpose: String,
    pub(crate) gates: Vec<Gate>,
    /// Components that may stand in, best first.
    pub(crate) fallbacks: Vec<ComponentId>,
    pub(crate) context: PlannedContext,
    /// Probability that the step succeeds; `None` below the evidence bound.
    pub(crate) probability: Option<Number>,
    /// Why this component, in one line.
    pub(crate) why: String,
    /// Other components that speak of the same, best first.
    pub(crate) considered: Vec<Considered>,
}

/// A component that could have done a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Considered {
    pub(crate) component: ComponentId,
    /// The share of what was asked for that it speaks of, 0 to 1.
    pub(crate) coverage: Number,
    /// How many of its runs here passed.
    pub(crate) passed: u64,
    pub(crate) runs: u64,
}

/// What a step will take of a model's window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PlannedContext {
    pub(crate) tokens: u64,
    pub(crate) window: u64,
    pub(crate) share: Number,
}

/// What the plan expects of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Predictions {
    /// `None`: not enough evidence.
    pub(crate) success_probability: Option<Number>,
    /// Past executions behind the probability.
    pub(crate) evidence_runs: u64,
    /// Expected wall time in seconds, from past executions of the components.
    pub(crate) duration_s: Option<Number>,
    /// The largest share of a model's window that one step takes.
    pub(crate) context_share: Number,
}

/// A component that would have been chosen, had it not failed before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Avoided {
    pub(crate) component: ComponentId,
    pub(crate) instead: ComponentId,
    /// What executions showed, in one line.
    pub(crate) cause: String,
}

impl Plan {
    /// BLAKE3 of what would run, 16 hex digits: what a record says it ran. No word of the request is in
    /// it, so that nobody can find out by guessing what it was.
    pub(crate) fn digest(&self) -> String {
        let step = |it: &PlannedStep| json!([it.component, it.phase, it.gates, it.fallbacks]);
        let steps: Vec<Value> = self.steps.iter().map(step).collect();
        let ran = json!({"v": self.v, "steps": steps, "pattern": self.pattern});
        blake3::hash(json::canonical(&ran).as_bytes()).to_hex()[..16].to_owned()
    }
}
