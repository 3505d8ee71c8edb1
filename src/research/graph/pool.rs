//! Who says something of one thing, and the few of them that are nearest to a given component.

use super::node::{Node, number};

/// Of more than this many only the nearest are looked at.
const ALL: usize = 64;
/// How many of one plugin, of one domain, and of the surest of all.
const OF_EACH: usize = 24;

/// A fact that speaks of the thing: its component and its index there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Use {
    pub(super) node: u32,
    pub(super) fact: u16,
    pub(super) sure: f32,
}

/// All that speak of one thing.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    /// The surest first, then by index.
    uses: Vec<Use>,
    /// Places in `uses` in the order of their plugin, and of their domain, where they are many.
    by_plugin: Vec<u32>,
    by_domain: Vec<u32>,
}

impl Pool {
    /// Adds one more.
    pub(super) fn add(&mut self, one: Use) {
        self.uses.push(one);
    }

    /// All that speak of it, the surest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Use> {
        self.uses.iter()
    }

    /// How many speak of it.
    pub(super) fn len(&self) -> usize {
        self.uses.len()
    }

    /// Ends adding.
    pub(super) fn settle(&mut self, nodes: &[Node]) {
        self.uses.sort_by(|a, b| b.sure.total_cmp(&a.sure).then((a.node, a.fact).cmp(&(b.node, b.fact))));
        if self.uses.len() > ALL {
            let places = || (0..number(self.uses.len())).collect::<Vec<u32>>();
            (self.by_plugin, self.by_domain) = (places(), places());
            let of = |place: &u32| &nodes[self.uses[*place as usize].node as usize];
            let node = |place: &u32| self.uses[*place as usize].node;
            self.by_plugin.sort_by_key(|place| (of(place).plugin, node(place)));
            self.by_domain.sort_by_key(|place| (of(place).domain, node(place)));
        }
    }

    /// All of them where they are few; else some of the plugin of the component at `index`, some of its
    /// domain, those that stand around it, and some of the surest.
    pub(super) fn nearest(&self, index: u32, nodes: &[Node]) -> Vec<Use> {
        if self.uses.len() <= ALL {
            return self.uses.clone();
        }
        let own = &nodes[index as usize];
        let node = |place: &u32| &nodes[self.uses[*place as usize].node as usize];
        let at = |place: &u32| self.uses[*place as usize].node;
        let plugin = ring(&self.by_plugin, |place| (node(place).plugin, at(place)).cmp(&(own.plugin, index)));
        let of_plugin = plugin.filter(|place| node(place).plugin == own.plugin);
        let domain = ring(&self.by_domain, |place| (node(place).domain, at(place)).cmp(&(own.domain, index)));
        let of_domain = domain.filter(|place| node(place).domain == own.domain);
        let mut places: Vec<u32> = of_plugin.chain(of_domain).collect();
        places.extend(0..number(OF_EACH));
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| self.uses[place as usize]).collect()
    }
}

/// The places around where something would stand: half of them behind it, half before.
fn ring(places: &[u32], order: impl Fn(&u32) -> std::cmp::Ordering) -> impl Iterator<Item = u32> {
    let at = places.partition_point(|place| order(place).is_lt());
    let first = at.saturating_sub(OF_EACH / 2);
    let last = (at + OF_EACH / 2 + 1).min(places.len());
    places[first..last].iter().copied()
}

/// How rare a thing is that `with` of `all` components speak of, from 0 (all do) to nearly 1: its share of
/// the information that there is.
pub(super) fn rarity(with: usize, all: usize) -> f32 {
    information(with, all) / libm::logf(all.max(FEW) as f32)
}

/// How much it tells, in natural logarithms, that a component speaks of a thing that `with` of `all` speak of:
/// ln(all / with), the inverse document frequency of Spärck Jones, "A Statistical Interpretation of Term
/// Specificity", 1972. In a small catalog two are no crowd.
pub(super) fn information(with: usize, all: usize) -> f32 {
    libm::logf(all.max(FEW) as f32 / with.max(1) as f32).max(0.0)
}

/// A catalog is taken to have at least this many components when rarity is told.
const FEW: usize = 1000;
