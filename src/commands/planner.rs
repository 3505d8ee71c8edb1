//! The one way in which every verb makes plans: what search finds, with what past runs propose.

use super::lore::Lore;
use super::shelf::Shelf;
use crate::model::component::Catalog;
use crate::model::library::Library;
use crate::model::plan::Plan;
use crate::model::record::Execution;
use crate::model::time::Timestamp;
use crate::plan::{Advice, Candidate, Need, PlanError, Task, asked_for, assemble, decompose};
use crate::research::search::Hit;
use crate::ui::Failure;

/// The most components that are looked at for one need.
const CANDIDATES: usize = 20;

/// What is known when a plan is made, besides what was learned from.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    pub(super) library: &'k Library,
    pub(super) executions: &'k [Execution],
    pub(super) now: Timestamp,
    /// `false` is the control arm.
    pub(super) learning: bool,
}

/// A plan, all components that it may come to (its steps', their fallbacks, and those of these), and what is
/// expected of it.
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) catalog: Catalog,
    /// How probably its components are exactly the right ones, where past runs or words propose it.
    pub(super) right: Option<f64>,
}

/// Plans a request, in which nothing is secret any more.
pub(super) fn plan(
    request: &str,
    shelf: &impl Shelf,
    lore: Option<&Lore>,
    known: Known<'_>,
) -> Result<Planned, Failure> {
    let mut needs: Vec<(Need, Vec<Candidate>)> = Vec::new();
    for need in decompose(request)? {
        let hits = shelf.search(&need.text, CANDIDATES)?;
        needs.push((need, hits.into_iter().map(candidate).collect()));
    }
    if shelf.is_empty()? {
        return Err(PlanError::EmptyCatalog.into());
    }
    let Known { library, executions, now, learning } = known;
    let proposed = lore.and_then(|lore| {
        Some((lore, lore.propose(request, needs.iter().map(|(need, _)| need.text.as_str()))?))
    });
    let mut asked = asked_for(&needs, library);
    if let Some((lore, proposal)) = &proposed {
        asked
            .extend(proposal.outline.parts().iter().filter_map(|part| lore.ids.get(*part as usize)).cloned());
    }
    let catalog = shelf.catalog(asked)?;
    let right = proposed.as_ref().map(|(_, proposal)| proposal.right);
    let advice = proposed.and_then(|(lore, proposal)| Advice::of(proposal, &lore.ids, &catalog, &lore.runs));
    let right = advice.as_ref().and(right);
    let (needs, components) = (&needs, &catalog);
    let task = Task { request, needs, catalog: components, library, executions, now, learning, advice };
    let plan = assemble(&task)?;
    Ok(Planned { plan, catalog, right })
}

fn candidate(hit: Hit) -> Candidate {
    let Hit { component, score, coverage, matched, also } = hit;
    Candidate { component, score, coverage, matched, also }
}
