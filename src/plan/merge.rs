//! Choices become steps: one component is one step, and a step whose needs others serve is dropped.

use crate::model::component::{Card, Catalog};

use super::choice::Choice;

/// From this share of a need's best score on, a step that is there anyway serves the need too:
/// fewer steps are better.
const SERVES_TOO: f64 = 0.6;

/// A component at work for one or more needs.
pub(super) struct Job<'a> {
    pub(super) component: &'a Card,
    /// In the order of the request; never empty.
    pub(super) choices: Vec<Choice<'a>>,
}

impl Job<'_> {
    fn first_need(&self) -> usize {
        self.choices.first().map_or(usize::MAX, |choice| choice.need)
    }
}

/// The jobs that the choices make, in the order in which the request first mentions them.
pub(super) fn jobs<'a>(choices: Vec<Choice<'a>>, catalog: &Catalog) -> Vec<Job<'a>> {
    let mut jobs: Vec<Job<'a>> = Vec::new();
    for choice in choices {
        match jobs.iter_mut().find(|job| job.component.id == choice.component.id) {
            Some(job) => job.choices.push(choice),
            None => jobs.push(Job { component: choice.component, choices: vec![choice] }),
        }
    }
    // The last first: what is asked for first keeps its own step.
    for index in (0..jobs.len()).rev() {
        if let Some(hosts) = hosts(&jobs, index, catalog) {
            let dissolved = jobs[index].choices.drain(..).collect::<Vec<_>>();
            for (choice, host) in dissolved.into_iter().zip(hosts) {
                let component = jobs[host].component;
                jobs[host].choices.push(Choice { component, avoided: None, why: None, ..choice });
            }
            jobs.remove(index);
        }
    }
    for job in &mut jobs {
        job.choices.sort_by_key(|choice| choice.need);
    }
    jobs.sort_by_key(Job::first_need);
    jobs
}

/// For every need of a job another job that serves it well enough; `None` if one has no such.
fn hosts(jobs: &[Job<'_>], index: usize, catalog: &Catalog) -> Option<Vec<usize>> {
    let job = &jobs[index];
    let good = |choice: &Choice<'_>, host: &Job<'_>| -> Option<f64> {
        let best = choice.offers.first()?.score;
        let serving = |offer: &&super::offer::Offer<'_>| offer.stands_for(&host.component.id, catalog);
        let score = choice.offers.iter().find(serving)?.score;
        let keeps_contract = host.component.contract.is_some() || job.component.contract.is_none();
        (keeps_contract && score >= SERVES_TOO * best).then_some(score)
    };
    let host = |choice: &Choice<'_>| {
        let others = (0..jobs.len()).filter(|&other| other != index);
        let scored = others.filter_map(|other| Some((good(choice, &jobs[other])?, other)));
        // Of equal scores the one that is mentioned first.
        scored.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, other)| other)
    };
    // What a precedent showed to work together stays together.
    let own = job.choices.iter().all(|choice| !choice.followed);
    own.then(|| job.choices.iter().map(host).collect()).flatten()
}
