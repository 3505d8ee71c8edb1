//! The component chosen for each need, by retrieval, then by what executions taught.

use crate::model::component::{Card, Catalog};
use crate::model::plan::Avoided;

use super::offer::Offer;
use super::precedent::Precedent;
use super::task::Task;
use super::track::Track;

/// From this share of the best score on, a component that runs without an agent is preferred.
const NEARLY: f64 = 0.9;

/// From this share of the best score on, a precedent's component is followed.
const SIMILAR: f64 = 0.5;

/// Why a component was chosen over one that matches better.
const ALONE: &str = "runs without an agent";

/// What was chosen for one need.
pub(super) struct Choice<'a> {
    /// Index of the need.
    pub(super) need: usize,
    pub(super) component: &'a Card,
    /// Everything that could serve the need, best first.
    pub(super) offers: Vec<Offer<'a>>,
    /// The precedent that it follows.
    pub(super) followed: bool,
    pub(super) avoided: Option<Avoided>,
    /// The words by which the best offer matches the need.
    pub(super) matched: Vec<String>,
    /// What else speaks for the component, in a fragment.
    pub(super) why: Option<String>,
}

/// Everything that the task's needs were given: choices, the precedent that some of them follow,
/// and the indexes of needs that nothing covers.
pub(super) struct Choices<'a> {
    pub(super) made: Vec<Choice<'a>>,
    pub(super) precedent: Option<Precedent<'a>>,
    pub(super) uncovered: Vec<usize>,
}

impl<'a> Choices<'a> {
    /// Chooses for every need.
    pub(super) fn of(task: &Task<'a>, track: Track<'a>) -> Self {
        let offers: Vec<Vec<Offer<'a>>> =
            task.needs.iter().map(|(_, candidates)| Offer::of(candidates, task.catalog, track)).collect();
        let precedents = track.library().map_or_else(Vec::new, |library| Precedent::of(task, library));
        let precedent = precedents.into_iter().find(|precedent| {
            offers.iter().any(|offers| followed(offers, precedent, task.catalog).is_some())
        });
        let mut choices = Self { made: Vec::new(), precedent, uncovered: Vec::new() };
        for (need, offers) in offers.into_iter().enumerate() {
            match choices.choose(need, offers, task, track) {
                Some(choice) => choices.made.push(choice),
                None => choices.uncovered.push(need),
            }
        }
        choices
    }

    fn choose(
        &self,
        need: usize,
        offers: Vec<Offer<'a>>,
        task: &Task<'a>,
        track: Track<'a>,
    ) -> Option<Choice<'a>> {
        let best = favourite(&offers, |offer| offer.score)?;
        let cold = favourite(&offers, |offer| offer.candidate.score)?.component;
        let precedent = self.precedent.as_ref();
        let follows = precedent.and_then(|it| Some((it, followed(&offers, it, task.catalog)?)));
        let stand_in = stand_in(best, task.catalog, track);
        let (component, why) = match (follows, stand_in) {
            (Some((precedent, component)), _) => (component, Some(precedent.why())),
            (None, Some(fallback)) => (fallback, Some(format!("stands in for {}", best.component.id.name()))),
            (None, None) => (best.component, (best.score < offers[0].score).then(|| ALONE.to_owned())),
        };
        let passed_over = (component.id != cold.id).then(|| track.against(&cold.id)).flatten();
        let avoided = passed_over.map(|cause| Avoided {
            component: cold.id.clone(),
            instead: component.id.clone(),
            cause,
        });
        let matched = best.candidate.matched.clone();
        Some(Choice { need, component, offers, followed: follows.is_some(), avoided, matched, why })
    }
}

/// The best offer, or the best one that runs alone where it is nearly as good.
fn favourite<'a>(offers: &[Offer<'a>], score: impl Fn(&Offer<'a>) -> f64) -> Option<Offer<'a>> {
    // The first of equals wins: offers are sorted.
    let best_of = |offers: &mut dyn Iterator<Item = &Offer<'a>>| {
        offers.copied().reduce(|best, next| if score(&next) > score(&best) { next } else { best })
    };
    let best = best_of(&mut offers.iter())?;
    let alone = best_of(&mut offers.iter().filter(|offer| offer.runs_alone()));
    Some(alone.filter(|alone| score(alone) >= NEARLY * score(&best)).unwrap_or(best))
}

/// The component of the precedent that serves a need with these offers.
fn followed<'a>(offers: &[Offer<'a>], precedent: &Precedent<'a>, catalog: &'a Catalog) -> Option<&'a Card> {
    let first = offers.first()?;
    let floor = first.score * SIMILAR;
    let near = offers.iter().filter(|offer| offer.score >= floor);
    near.flat_map(|offer| precedent.pattern.phases.components().filter(|id| offer.stands_for(id, catalog)))
        .find_map(|id| catalog.get(id))
        // One check is not taken for another because that one said yes.
        .filter(|component| !first.component.is_check() || component.id == first.component.id)
}

/// The declared fallback, or a twin, that passed where the component itself never did.
fn stand_in<'a>(best: Offer<'a>, catalog: &'a Catalog, track: Track<'_>) -> Option<&'a Card> {
    let component = best.component;
    if component.is_check() || !track.never_passed(&component.id) {
        // That a check never said yes speaks of what it looked at.
        return None;
    }
    let twins = best.candidate.also.iter().filter_map(|id| catalog.get(id));
    catalog.fallback_of(component).into_iter().chain(twins).find(|it| track.proved_itself(&it.id))
}
