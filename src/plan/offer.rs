//! A candidate that may serve a need: covered well enough, known to the catalog, and weighed.

use crate::model::component::{Card, Catalog};
use crate::model::id::ComponentId;

use super::task::Candidate;
use super::track::Track;

/// A candidate must cover more of a need than this, by idf mass. Search counts a word that only a
/// component's text mentions half, so mentions alone never suffice.
const COVERED: f64 = 0.5;

/// A candidate with its component.
#[derive(Clone, Copy)]
pub(super) struct Offer<'a> {
    pub(super) component: &'a Card,
    pub(super) candidate: &'a Candidate,
    /// Retrieval score times what the track record says.
    pub(super) score: f64,
}

impl<'a> Offer<'a> {
    /// The offers for one need, best first.
    pub(super) fn of(candidates: &'a [Candidate], catalog: &'a Catalog, track: Track<'_>) -> Vec<Self> {
        let offer = |candidate: &'a Candidate| {
            let component = catalog.get(&candidate.component)?;
            // A check that said no did its work.
            let factor = if component.is_check() { 1.0 } else { track.factor(&component.id) };
            let score = candidate.score * factor;
            (candidate.coverage > COVERED && candidate.score > 0.0 && score.is_finite()).then_some(Self {
                component,
                candidate,
                score,
            })
        };
        let mut offers: Vec<Self> = candidates.iter().filter_map(offer).collect();
        offers.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.component.id.cmp(&b.component.id)));
        offers
    }

    /// Whether it can run here without an agent.
    pub(super) fn runs_alone(&self) -> bool {
        self.component.contract.is_some()
    }

    /// Whether `id` does the same work: the component itself, its twin, its declared fallback, or
    /// what it is the declared fallback of.
    pub(super) fn stands_for(&self, id: &ComponentId, catalog: &Catalog) -> bool {
        let fallback = |of: &Card, is: &ComponentId| catalog.fallback_of(of).is_some_and(|it| it.id == *is);
        self.component.id == *id
            || self.candidate.also.contains(id)
            || fallback(self.component, id)
            || catalog.get(id).is_some_and(|primary| fallback(primary, &self.component.id))
    }
}
