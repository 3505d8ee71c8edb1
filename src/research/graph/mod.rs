//! The compatibility graph: which components can follow each other, run side by side, need each other,
//! conflict, or do the same, and which facts say so.
//!
//! A pure function of components, classes and executions; no text is read for it. What runs showed rules out what texts say where they
//! disagree. Members of a class have their links together, and of each kind at
//! most [`MOST`]: the strongest. It takes time in proportion to the number of components: of who speaks of
//! a popular thing only the nearest are compared. Limit: what a text does not say, as files say it or names
//! or verbs, is not known here; that two have no link is no proof that they don't go together.

mod files;
mod link;
mod mention;
mod naming;
mod node;
mod opposite;
mod past;
mod pool;
mod propose;
mod token;
mod told;
mod work;

#[cfg(test)]
mod proposed;
#[cfg(test)]
mod scenarios;

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

pub(crate) use self::link::{Edge, Kind, Said, Way};
pub(crate) use self::node::Part;
pub(crate) use self::propose::propose;
pub(crate) use self::told::told;

use self::link::{Ground, Link};
use self::mention::Mention;
use self::node::{Node, nodes, number};
use self::past::Past;
use super::classes::Class;
use super::facts::verbs::third;
use crate::model::capability::{Claim, Fact, Form, Place};
use crate::model::id::ComponentId;
use crate::model::record::Execution;
use crate::model::text::one_line;

/// The most links of one kind that one class of components has, in each direction.
pub(crate) const MOST: usize = 20;
/// Links below this score are not worth a look.
const LEAST: f32 = 0.15;

/// Components and their links.
#[derive(Debug)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    /// What each text says of others.
    mentions: Vec<Vec<Mention>>,
    /// The strongest first.
    links: Vec<Link>,
}

impl Graph {
    /// The graph of these components, which come by id and are in these classes.
    pub(crate) fn of(parts: Vec<Part>, classes: &[Class], executions: &[Execution]) -> Self {
        let nodes = nodes(parts, classes, executions);
        let mentions = naming::read(&nodes);
        let past = Past::of(&nodes, executions);
        let (by_files, by_work) = rayon::join(|| files::links(&nodes), || work::links(&nodes));
        let mut links =
            [naming::links(&nodes, &mentions), opposite::links(&nodes), by_files, by_work].concat();
        links.retain(|link| !past.denies(link));
        links.extend(past.links());
        links.extend(same(&nodes, classes));
        let links = strongest(&nodes, links);
        Self { nodes, mentions, links }
    }

    /// How many components there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The facts of a component, as executions corrected them.
    pub(crate) fn facts(&self, id: &ComponentId) -> &[Fact] {
        self.node(id).map_or(&[], |node| &node.facts)
    }

    /// The links of all components but those between copies, the strongest first.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        self.links.iter().filter(|link| link.way != Way::Text).map(|link| self.edge(link))
    }

    /// How many links there are of each kind, but for those between copies.
    pub(crate) fn counts(&self) -> Vec<(Kind, usize)> {
        let kinds = [Kind::CanFollow, Kind::CanRunBeside, Kind::Needs, Kind::Conflicts, Kind::Similar];
        kinds
            .map(|kind| {
                (kind, self.links.iter().filter(|link| link.kind == kind && link.way != Way::Text).count())
            })
            .to_vec()
    }

    /// The links of a component and of what is the same, the strongest first.
    pub(crate) fn edges_of(&self, id: &ComponentId) -> Vec<Edge<'_>> {
        let Some(class) = self.node(id).map(|node| node.class) else { return Vec::new() };
        let of = |index: u32| self.nodes[index as usize].class == class;
        self.links.iter().filter(|link| of(link.from) || of(link.to)).map(|link| self.edge(link)).collect()
    }

    /// Whether both are the same component, or of one class.
    pub(crate) fn is_one(&self, one: &ComponentId, other: &ComponentId) -> bool {
        let class = |id| self.node(id).map(|node: &Node| node.class);
        one == other || class(one).is_some_and(|it| class(other) == Some(it))
    }

    fn node(&self, id: &ComponentId) -> Option<&Node> {
        let place = self.nodes.binary_search_by(|node| node.card.id.cmp(id)).ok()?;
        self.nodes.get(place)
    }

    fn id(&self, index: u32) -> &ComponentId {
        &self.nodes[index as usize].card.id
    }

    fn edge(&self, link: &Link) -> Edge<'_> {
        Edge {
            kind: link.kind,
            from: self.id(link.from),
            to: self.id(link.to),
            score: (f64::from(link.score) * 1000.0).round() / 1000.0,
            way: link.way,
            because: self.because(link),
        }
    }

    fn because(&self, link: &Link) -> Vec<Said<'_>> {
        let said =
            |index, says: String, place| Said { component: self.id(index), says: one_line(&says), place };
        let line = |line: u32| Place::line(line as usize);
        match link.ground {
            Ground::Facts(from, to) => [(link.from, from), (link.to, to)]
                .into_iter()
                .filter_map(|(index, fact)| {
                    let fact: &Fact = self.nodes[index as usize].facts.get(usize::from(fact))?;
                    Some(said(index, in_words(&fact.claim), fact.place.clone()))
                })
                .collect(),
            Ground::Requires(fact) => {
                let fact = self.nodes[link.from as usize].facts.get(usize::from(fact));
                let needs = fact.map(|it| said(link.from, in_words(&it.claim), it.place.clone()));
                let called = said(link.to, format!("is called {}", self.id(link.to).name()), Place::Path);
                needs.into_iter().chain([called]).collect()
            }
            Ground::Calls { caller, first, second } => [(link.from, first), (link.to, second)]
                .map(|(index, at)| said(caller, format!("starts {}", self.id(index).name()), line(at)))
                .to_vec(),
            Ground::Named { by, line: at } => {
                let named = if by == link.from { link.to } else { link.from };
                let name = self.id(named).name();
                vec![
                    said(by, format!("names {name}"), line(at)),
                    said(named, format!("is called {name}"), Place::Path),
                ]
            }
            Ground::Runs { seen, of } => {
                let place = Place::Runs { seen: u64::from(seen), of: u64::from(of) };
                let says = if link.kind == Kind::CanRunBeside { "ran beside" } else { "ran right before" };
                vec![said(link.from, format!("{says} {}", self.id(link.to).name()), place)]
            }
            Ground::Whole if link.way == Way::Text => {
                let share = (link.score * 100.0).floor();
                let says = if share < 100.0 {
                    format!("has {share} % of the text")
                } else {
                    "has the same text".to_owned()
                };
                vec![said(link.to, says, Place::Path)]
            }
            Ground::Whole => [link.from, link.to]
                .map(|index| said(index, format!("is called {}", self.id(index).name()), Place::Path))
                .to_vec(),
        }
    }
}

/// A claim as what a component does.
fn in_words(claim: &Claim) -> String {
    match claim {
        Claim::Does { verb, artifact } => format!("{} {artifact}", third(verb)),
        Claim::Output(thing) if thing.form == Form::File => format!("writes {}", thing.name),
        Claim::Output(thing) => format!("leaves {}", thing.name),
        Claim::Input(thing) if thing.form == Form::File => format!("reads {}", thing.name),
        Claim::Input(thing) => format!("takes {}", thing.name),
        other => format!("{} {other}", other.kind()),
    }
}

/// Members of one class, each with the first.
fn same(nodes: &[Node], classes: &[Class]) -> Vec<Link> {
    let index: HashMap<&ComponentId, u32> =
        nodes.iter().enumerate().map(|(index, node)| (&node.card.id, number(index))).collect();
    let of_class = classes.iter().flat_map(|class| {
        let (index, from) = (&index, index.get(&class.first).copied());
        class.twins.iter().filter_map(move |twin| {
            let (from, to, score) = (from?, *index.get(&twin.component)?, twin.likeness);
            Some(Link { kind: Kind::Similar, way: Way::Text, from, to, score, ground: Ground::Whole })
        })
    });
    of_class.collect()
}

/// The strongest links, each pair of classes once for each kind, and of each class not too many.
fn strongest(nodes: &[Node], links: Vec<Link>) -> Vec<Link> {
    let mut links: Vec<Link> = links
        .into_iter()
        .map(Link::settled)
        .filter(|link| link.score >= LEAST && link.from != link.to)
        .collect();
    links.par_sort_unstable_by(|a, b| {
        let key = |it: &Link| (it.way, it.kind, it.from, it.to);
        let ground = |it: &Link| format!("{:?}", it.ground);
        b.score.total_cmp(&a.score).then_with(|| key(a).cmp(&key(b))).then_with(|| ground(a).cmp(&ground(b)))
    });
    let class = |index: u32| nodes[index as usize].class;
    let mut seen: HashSet<(Kind, u32, u32)> = HashSet::new();
    let mut degrees: HashMap<(Kind, bool, u32), usize> = HashMap::new();
    links.retain(|link| {
        let (from, to) = (class(link.from), class(link.to));
        if from == to {
            return link.way == Way::Text;
        }
        let pair = if link.kind.is_mutual() { (from.min(to), from.max(to)) } else { (from, to) };
        // Of a mutual link either end is one of two.
        let out = (link.kind, true, from);
        let into = (link.kind, link.kind.is_mutual(), to);
        let room = |key| degrees.get(key).copied().unwrap_or(0) < MOST;
        // Of an artifact's way there and back only the better one tells something.
        let back = link.way == Way::Artifact && seen.contains(&(link.kind, to, from));
        let is_kept = !back && room(&out) && room(&into) && seen.insert((link.kind, pair.0, pair.1));
        if is_kept {
            *degrees.entry(out).or_default() += 1;
            *degrees.entry(into).or_default() += 1;
        }
        is_kept
    });
    links
}
