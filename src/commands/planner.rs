//! The one way in which every verb makes plans: what search finds, with what past runs propose.

use std::collections::HashMap;

use crate::model::component::{Card, Catalog};
use crate::model::id::ComponentId;
use crate::model::library::Library;
use crate::model::plan::Plan;
use crate::model::record::Execution;
use crate::model::time::Timestamp;
use crate::plan::learned::outline::Part;
use crate::plan::learned::planner::{Learned, Proposal};
use crate::plan::learned::weights::Weights;
use crate::plan::{Advice, Candidate, Need, PlanError, Task, asked_for, assemble, decompose, history};
use crate::research::search::Hit;
use crate::ui::Failure;

/// The most components that are looked at for one need.
const CANDIDATES: usize = 20;
/// Days after which a past run says half as much of how things are now.
const HALF_LIFE: f64 = 90.0;

/// Where components are found: in the marketplaces of a repository, or among tools from outside.
pub(super) trait Shelf {
    /// The best components for `words`.
    fn search(&self, words: &str, limit: usize) -> Result<Vec<Hit>, Failure>;
    /// These components, as far as they are there, with their fallbacks and those of their fallbacks.
    fn catalog(&self, ids: Vec<ComponentId>) -> Result<Catalog, Failure>;
    /// Whether there is no component at all.
    fn is_empty(&self) -> Result<bool, Failure>;
}

/// What past runs taught of the components of a shelf.
pub(super) struct Lore {
    ids: Vec<ComponentId>,
    numbers: HashMap<ComponentId, Part>,
    learned: Learned,
    /// What each run that was learned from is called.
    runs: Vec<String>,
}

impl Lore {
    /// Of no run yet, with these components.
    pub(super) fn of<'c>(cards: impl IntoIterator<Item = &'c Card>) -> Self {
        let cards: Vec<&Card> = cards.into_iter().collect();
        let texts = cards.iter().map(|it| (it.id.name(), it.description.as_str()));
        let learned = Learned::new(texts, HALF_LIFE, Weights::shipped());
        let ids: Vec<ComponentId> = cards.iter().map(|card| card.id.clone()).collect();
        let numbers = ids.iter().cloned().zip(0..).collect();
        Self { ids, numbers, learned, runs: Vec::new() }
    }

    /// Learns from one more execution, if there is anything to learn.
    pub(super) fn learn(&mut self, execution: &Execution, called: impl FnOnce() -> String) {
        if let Some(run) = history::run(execution, |id| self.numbers.get(id).copied()) {
            self.learned.add(&run);
            self.runs.push(called());
        }
    }

    /// How many runs it learned from.
    pub(super) fn runs(&self) -> usize {
        self.runs.len()
    }

    fn propose(&self, request: &str, needs: &[(Need, Vec<Candidate>)]) -> Option<Proposal> {
        let ask = self.learned.ask(request, needs.iter().map(|(need, _)| need.text.as_str()));
        self.learned.propose(&ask)
    }
}

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
    let proposed = lore.and_then(|lore| Some((lore, lore.propose(request, &needs)?)));
    let mut asked = asked_for(&needs, library);
    if let Some((lore, proposal)) = &proposed {
        asked.extend(proposal.outline.parts().iter().map(|part| lore.ids[*part as usize].clone()));
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
