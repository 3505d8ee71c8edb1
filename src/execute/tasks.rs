//! From a plan to steps that can run; whatever can't is refused before anything does.

use super::error::ExecuteError;
use super::gate;
use super::order::Order;
use super::scope::Scope;
use super::step::{Candidate, Task};
use crate::model::component::Card;
use crate::model::id::ComponentId;
use crate::model::plan::PlannedStep;

/// The steps of each phase.
pub(super) fn phases<'a>(order: &'a Order<'a>) -> Result<Vec<Vec<Task<'a>>>, ExecuteError> {
    let phases = order.plan.phases.iter().zip(1..);
    phases.map(|(steps, phase)| steps.iter().map(|step| task(order, phase, step)).collect()).collect()
}

fn task<'a>(order: &'a Order<'a>, phase: usize, id: &str) -> Result<Task<'a>, ExecuteError> {
    let step = order.plan.steps.iter().find(|step| step.id == id);
    let step = step.ok_or_else(|| ExecuteError::NoStep { phase, step: id.to_owned() })?;
    let planned = candidate(order, step, &step.component)?;
    // A fallback that can't run must not keep the planned component from running.
    let fallbacks = step.fallbacks.iter().filter_map(|id| candidate(order, step, id).ok());
    Ok(Task { step, phase, candidates: std::iter::once(planned).chain(fallbacks).collect() })
}

fn candidate<'a>(
    order: &'a Order<'a>,
    step: &PlannedStep,
    id: &ComponentId,
) -> Result<Candidate<'a>, ExecuteError> {
    let (step, missing) = (|| step.id.clone(), || id.clone());
    let component = order
        .catalog
        .get(id)
        .ok_or_else(|| ExecuteError::NoComponent { step: step(), component: missing() })?;
    let contract = component
        .contract
        .as_ref()
        .ok_or_else(|| ExecuteError::NoRunner { step: step(), component: missing() })?;
    if gate::script(&component.folder, &contract.script).is_none() {
        return Err(outside(component, &contract.script));
    }
    Ok(Candidate { component, scope: Scope::of(component)? })
}

fn outside(component: &Card, script: &std::path::Path) -> ExecuteError {
    ExecuteError::ScriptOutside { component: component.id.clone(), path: script.to_path_buf() }
}
