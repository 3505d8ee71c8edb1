//! Which of two components has to come first, and how surely.

use std::collections::BTreeSet;

use crate::model::component::{Card, Contract};
use crate::model::glob;
use crate::model::id::ComponentId;
use crate::model::pattern::Shape;
use crate::model::record::{Execution, Outcome};

/// How sure an order is; the weaker gives way where a circle would close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// They must not run side by side, and the request names this one first.
    Mention,
    /// Past executions ran them in this order.
    Learned,
    /// One reads what the other writes.
    Artifact,
}

/// An order of two components by their indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) strength: Strength,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Past executions needed before they say anything about an order, and the share that must agree.
const OBSERVED: usize = 3;
const AGREED: f64 = 0.8;

/// What orders `components`, which stand in the order of the request.
pub(super) fn edges(components: &[&Card], executions: &[Execution]) -> Vec<Edge> {
    let past = Past::of(components, executions);
    let mut edges = Vec::new();
    for to in 0..components.len() {
        for from in 0..to {
            edges.extend(artifact(components, from, to));
            edges.extend(past.learned(components, from, to));
            edges.extend(past.learned(components, to, from));
            if collide(components[from], components[to]) {
                edges.push(Edge { strength: Strength::Mention, from, to });
            }
        }
    }
    edges
}

/// The edge from the one that writes to the one that reads, if it is only one way.
fn artifact(components: &[&Card], one: usize, other: usize) -> Option<Edge> {
    let edge = |from, to| Edge { strength: Strength::Artifact, from, to };
    match (feeds(components[one], components[other]), feeds(components[other], components[one])) {
        (true, false) => Some(edge(one, other)),
        (false, true) => Some(edge(other, one)),
        _ => None,
    }
}

/// Whether `writer` can write what `reader` reads. What an agent reads and writes is not known, so it
/// feeds, and is fed by, everything that writes: the request's order decides. A check that does not say what it reads, reads everything.
fn feeds(writer: &Card, reader: &Card) -> bool {
    match (&writer.contract, &reader.contract) {
        (None, _) => true,
        (Some(writer), None) => !writer.is_check(),
        (Some(writer), Some(reader)) if reads_everything(reader) => !writer.is_check(),
        (Some(writer), Some(reader)) => share(&writer.outputs, &reader.inputs),
    }
}

fn reads_everything(contract: &Contract) -> bool {
    contract.is_check() && contract.inputs.is_empty()
}

/// Whether two components must not run side by side although neither reads only from the other.
fn collide(one: &Card, other: &Card) -> bool {
    match (&one.contract, &other.contract) {
        (Some(a), Some(b)) => share(&a.outputs, &b.outputs) || feeds(one, other) && feeds(other, one),
        _ => true,
    }
}

fn share(globs: &[String], others: &[String]) -> bool {
    globs.iter().any(|glob| others.iter().any(|other| glob::overlap(glob, other)))
}

/// The orders that past executions showed.
struct Past(Vec<Vec<Vec<ComponentId>>>);

impl Past {
    /// Of every execution that passed, the phases that at least two of `components` took part in.
    fn of(components: &[&Card], executions: &[Execution]) -> Self {
        let ids: BTreeSet<&ComponentId> = components.iter().map(|component| &component.id).collect();
        let tells = |execution: &&Execution| {
            let ran: BTreeSet<_> = execution.steps.iter().map(|step| &step.component).collect();
            execution.outcome == Outcome::Passed && ran.intersection(&ids).count() > 1
        };
        let shapes = executions.iter().filter(tells).filter_map(Shape::of);
        Self(shapes.map(|shape| shape.phases().to_vec()).collect())
    }

    /// The edge, where nearly all executions with both finished `from` before `to` began.
    fn learned(&self, components: &[&Card], from: usize, to: usize) -> Option<Edge> {
        let phase = |phases: &[Vec<ComponentId>], index: usize| {
            phases.iter().position(|phase| phase.contains(&components[index].id))
        };
        let both = |phases: &Vec<Vec<ComponentId>>| Some((phase(phases, from)?, phase(phases, to)?));
        let seen: Vec<(usize, usize)> = self.0.iter().filter_map(both).collect();
        let agreed = seen.iter().filter(|(first, second)| first < second).count();
        (seen.len() >= OBSERVED && agreed as f64 >= AGREED * seen.len() as f64).then_some(Edge {
            strength: Strength::Learned,
            from,
            to,
        })
    }
}
