//! Links by what executions showed: who ran after whom, and who ran beside whom.

use std::collections::{BTreeMap, HashMap};

use super::link::{Ground, Kind, Link, Way};
use super::node::{Node, number};
use crate::model::id::ComponentId;
use crate::model::pattern::Shape;
use crate::model::record::{Execution, Outcome};

/// Executions from which on an order that nearly all of them agree on rules out the other one.
const ENOUGH: u32 = 3;
/// The share of them that has to agree.
const AGREED: f32 = 0.8;
/// Of an execution of more steps only so many are looked at.
const MOST_STEPS: usize = 64;

/// What executions that passed showed of two components, the lesser index first.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Executions that had both.
    both: u32,
    /// How often the first ran in an earlier phase, in the same, in a later one.
    before: u32,
    beside: u32,
    after: u32,
    /// How often one ran right before the other.
    right_before: u32,
    right_after: u32,
}

/// What is known of pairs that ran together.
#[derive(Debug, Default)]
pub(super) struct Past(BTreeMap<(u32, u32), Seen>);

impl Past {
    /// Reads the executions that passed.
    pub(super) fn of(nodes: &[Node], executions: &[Execution]) -> Self {
        let index: HashMap<&ComponentId, u32> =
            nodes.iter().enumerate().map(|(index, node)| (&node.card.id, number(index))).collect();
        let mut past = Self::default();
        for execution in executions.iter().filter(|it| it.outcome == Outcome::Passed) {
            let Some(shape) = Shape::of(execution) else { continue };
            let phases = shape.phases().iter().enumerate();
            let placed = phases.flat_map(|(phase, ids)| ids.iter().map(move |id| (id, phase)));
            let placed = placed.filter_map(|(id, phase)| Some((*index.get(id)?, phase)));
            let mut first: BTreeMap<u32, usize> = BTreeMap::new();
            placed.take(MOST_STEPS).for_each(|(node, phase)| {
                first.entry(node).or_insert(phase);
            });
            for (one, phase) in &first {
                for (other, later) in first.range(one + 1..) {
                    past.0.entry((*one, *other)).or_default().add(*phase, *later);
                }
            }
        }
        past
    }

    /// The links that it shows.
    pub(super) fn links(&self) -> Vec<Link> {
        self.0.iter().flat_map(|((one, other), seen)| seen.links(*one, *other)).collect()
    }

    /// Whether executions speak against this link, which texts told.
    pub(super) fn denies(&self, link: &Link) -> bool {
        let Some(seen) = self.0.get(&(link.from.min(link.to), link.from.max(link.to))) else { return false };
        let (against, with) = match link.kind {
            Kind::CanFollow if link.from < link.to => (seen.after, seen.before),
            Kind::CanFollow => (seen.before, seen.after),
            Kind::Conflicts => (seen.beside, 0),
            _ => return false,
        };
        against >= ENOUGH && against as f32 >= AGREED * (against + with) as f32
    }
}

impl Seen {
    fn add(&mut self, one: usize, other: usize) {
        self.both += 1;
        match one.cmp(&other) {
            std::cmp::Ordering::Less => self.before += 1,
            std::cmp::Ordering::Equal => self.beside += 1,
            std::cmp::Ordering::Greater => self.after += 1,
        }
        self.right_before += u32::from(one + 1 == other);
        self.right_after += u32::from(other + 1 == one);
    }

    fn links(self, one: u32, other: u32) -> impl Iterator<Item = Link> {
        let ways = [
            (Kind::CanFollow, one, other, self.right_before),
            (Kind::CanFollow, other, one, self.right_after),
            (Kind::CanRunBeside, one, other, self.beside),
        ];
        ways.into_iter().filter(|(.., seen)| *seen > 0).map(move |(kind, from, to, seen)| Link {
            kind,
            way: Way::Runs,
            from,
            to,
            score: (seen + 1) as f32 / (self.both + 2) as f32,
            ground: Ground::Runs { seen, of: self.both },
        })
    }
}
