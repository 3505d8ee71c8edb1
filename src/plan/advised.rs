//! Jobs and their order as advice has them.

use crate::model::component::Card;

use super::advice::Advice;
use super::choice::Choice;
use super::learned::planner::Reason;
use super::merge::Job;
use super::offer::Offer;
use super::order::Order;
use super::relation::{Edge, Strength};
use super::task::Task;
use super::track::Track;

/// A job for every step.
pub(super) fn jobs<'a>(advice: &Advice<'a>, task: &Task<'a>, track: Track<'a>) -> Vec<Job<'a>> {
    let job = |(component, reason): &(&'a Card, Reason)| {
        let candidates = &task.needs[reason.need].1;
        let found = candidates.iter().find(|candidate| candidate.component == component.id);
        let choice = Choice {
            need: reason.need,
            component,
            offers: Offer::of(candidates, task.catalog, track),
            followed: false,
            avoided: None,
            matched: found.map_or_else(Vec::new, |candidate| candidate.matched.clone()),
            why: advice.why(reason),
        };
        Job { component, choices: vec![choice] }
    };
    advice.steps().iter().map(job).collect()
}

/// The order of the steps.
pub(super) fn order(advice: &Advice<'_>) -> Order {
    let edge = |&(from, to): &(usize, usize)| Edge { strength: Strength::Learned, from, to };
    Order::of(advice.steps().len(), advice.links().iter().map(edge).collect())
}
