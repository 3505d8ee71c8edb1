//! Who may stand in for a step.

use std::collections::BTreeSet;
use std::iter;

use crate::model::component::Catalog;
use crate::model::id::ComponentId;

use super::merge::Job;
use super::track::Track;

/// The most fallbacks of one step.
const MOST: usize = 2;
/// A runner-up below this share of the best score is no stand-in.
const NEAR: f64 = 0.8;

/// The fallbacks of a job, best first: the declared one, twins, then the runner-up of its first need.
/// Never a step of the plan, and never what ran here and never passed.
pub(super) fn fallbacks(
    job: &Job<'_>,
    jobs: &[Job<'_>],
    catalog: &Catalog,
    track: Track<'_>,
) -> Vec<ComponentId> {
    let declared = catalog.fallback_of(job.component).map(|component| &component.id);
    let mut taken: BTreeSet<&ComponentId> = jobs.iter().map(|job| &job.component.id).collect();
    let mut fallbacks = Vec::new();
    for id in declared.into_iter().chain(twins(job)).chain(runner_up(job)) {
        if catalog.get(id).is_some() && !track.never_passed(id) && taken.insert(id) {
            fallbacks.push(id.clone());
        }
    }
    fallbacks.truncate(MOST);
    fallbacks
}

fn twins<'a>(job: &'a Job<'_>) -> impl Iterator<Item = &'a ComponentId> {
    let own = &job.component.id;
    let offers = job.choices.iter().flat_map(|choice| &choice.offers);
    let classes = offers.map(|offer| iter::once(&offer.component.id).chain(&offer.candidate.also));
    classes.filter(move |class| class.clone().any(|id| id == own)).flatten()
}

fn runner_up<'a>(job: &'a Job<'_>) -> Option<&'a ComponentId> {
    let offers = &job.choices.first()?.offers;
    let floor = offers.first()?.score * NEAR;
    let alike = |contract: bool| contract || job.component.contract.is_none();
    offers
        .iter()
        .filter(|offer| offer.score >= floor && alike(offer.runs_alone()))
        .map(|offer| &offer.component.id)
        .find(|id| **id != job.component.id)
}
