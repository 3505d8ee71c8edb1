//! Links by work: what one makes or finds another takes up, and who does the same.
//!
//! A verb has a stage in the life of the artifact that it is done to: it is planned, made, looked at, mended,
//! shipped, looked after. Who does a later stage can follow who does an earlier one. What nobody makes on
//! purpose, an error or a risk, begins with being found.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::classes::names::TITLES;
use super::super::facts::artifacts::head;
use super::super::facts::verbs::{doer, verb};
use super::super::terms::humps_apart;
use super::link::{Ground, Kind, Link, Way};
use super::node::{Node, number};
use super::pool::{Pool, Use, information, rarity};
use crate::model::capability::{Claim, Fact, Form};
use crate::model::words::stems;

/// A stage in the life of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Planned,
    Made,
    LookedAt,
    Mended,
    Shipped,
    LookedAfter,
}

/// Verbs of the closed list by stage. Those that are missing (`automate`, `manage`, `search`) say nothing
/// about who comes first.
const STAGES: &[(Stage, &[&str])] = &[
    (Stage::Planned, &["design", "plan"]),
    (Stage::Made, &["create", "implement", "integrate", "configure", "convert", "train", "collect"]),
    (
        Stage::LookedAt,
        &["review", "analyze", "test", "validate", "scan", "compare", "estimate", "simulate", "run"],
    ),
    (Stage::Mended, &["fix", "refactor", "optimize", "secure", "migrate", "update"]),
    (Stage::Shipped, &["deploy"]),
    (Stage::LookedAfter, &["monitor", "document", "explain", "summarize", "visualize"]),
];

/// Artifacts that are found, not made.
const FOUND: &[&str] = &[
    "cost",
    "error",
    "incident",
    "memory",
    "performance",
    "risk",
    "security",
    "technical debt",
    "threat model",
    "vulnerability",
];

/// Artifacts that are so common in every field that one component's need not be another's.
const VAGUE: &[&str] = &["file", "project", "feature", "data", "task", "team", "type", "rule", "event"];

/// Of a list of outputs any entry may be a remark: it counts less than what the component says that it does.
const LISTED: f32 = 0.8;

/// A link by artifacts that shares less, in confidence, rarity and nearness, is right less than every other
/// time: of 30 between a fifth and a third that somebody read, 14 were.
const TAKEN_UP: f32 = 0.33;

/// The least overlap of work that makes two alike, the information (natural logarithm) that halves it, and
/// the least that is left of it.
const ALIKE: f32 = 0.5;
const HALF: f32 = 3.0;
const DONE_ALIKE: f32 = 0.195;

/// What the same work counts under names that have no word in common, and how alike names are that say
/// nothing but the work.
const NAMED_OTHERWISE: f32 = 0.2;
const UNNAMED: f32 = 0.5;

/// Links by what components do to artifacts.
pub(super) fn links(nodes: &[Node]) -> Vec<Link> {
    let mut links = stages(nodes);
    links.extend(alike(nodes));
    links
}

/// The artifact that a fact is about, and the stage that it brings it to.
fn stage(fact: &Fact) -> Option<(&'static str, Stage, f32)> {
    let sure = fact.confidence() as f32;
    match &fact.claim {
        Claim::Does { verb, artifact } => {
            let stage = STAGES.iter().find(|(_, verbs)| verbs.contains(verb)).map(|(stage, _)| *stage)?;
            Some((*artifact, stage, sure))
        }
        Claim::Output(thing) if thing.form == Form::Named => {
            Some((thing.artifact?, Stage::Made, sure * LISTED))
        }
        Claim::Input(thing) if thing.form == Form::Named => {
            Some((thing.artifact?, Stage::LookedAt, sure * LISTED))
        }
        _ => None,
    }
}

/// Whether work at `later` can follow work at `earlier` on this artifact.
fn follows(artifact: &str, earlier: Stage, later: Stage) -> bool {
    if FOUND.contains(&artifact) {
        return earlier == Stage::LookedAt && later == Stage::Mended;
    }
    earlier < later && earlier != Stage::Mended
}

fn stages(nodes: &[Node]) -> Vec<Link> {
    let mut pools: BTreeMap<(&str, Stage), Pool> = BTreeMap::new();
    let mut speak: HashMap<&str, u32> = HashMap::new();
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.is_step()) {
        let mut best: BTreeMap<(&str, Stage), Use> = BTreeMap::new();
        for (place, fact) in node.facts.iter().enumerate() {
            if let Some((artifact, stage, sure)) =
                stage(fact).filter(|(artifact, ..)| !VAGUE.contains(artifact))
            {
                let one = Use { node: number(index), fact: place as u16, sure };
                let known = best.entry((artifact, stage)).or_insert(one);
                if known.sure < sure {
                    *known = one;
                }
            }
        }
        let mut artifacts: Vec<&str> = best.keys().map(|(artifact, _)| *artifact).collect();
        artifacts.dedup();
        artifacts.into_iter().for_each(|artifact| *speak.entry(artifact).or_default() += 1);
        best.into_iter().for_each(|(key, one)| pools.entry(key).or_default().add(one));
    }
    pools.values_mut().for_each(|pool| pool.settle(nodes));
    let mut links = Vec::new();
    let company = company(nodes);
    for ((artifact, earlier), ones) in &pools {
        let rare = rarity(speak[artifact] as usize, nodes.len());
        let later = pools
            .iter()
            .filter(|((other, later), _)| other == artifact && follows(artifact, *earlier, *later));
        for (_, others) in later {
            for one in ones.iter() {
                let node = &nodes[one.node as usize];
                links.extend(others.nearest(one.node, nodes).into_iter().filter_map(|two| {
                    let other = &nodes[two.node as usize];
                    let near = node.nearness(other);
                    let told = one.sure * two.sure * rare * near;
                    let apart = one.node != two.node && !is_choice(artifact, node, other, &company);
                    (apart && told >= TAKEN_UP).then_some(Link {
                        kind: Kind::CanFollow,
                        way: Way::Artifact,
                        from: one.node,
                        to: two.node,
                        score: told * Way::Artifact.precision() as f32,
                        ground: Ground::Facts(one.fact, two.fact),
                    })
                }));
            }
        }
    }
    links
}

/// How many components each plugin has.
fn company(nodes: &[Node]) -> HashMap<u32, usize> {
    let mut company = HashMap::new();
    nodes.iter().for_each(|node| *company.entry(node.plugin).or_default() += 1);
    company
}

/// Whether somebody would take one or the other rather than both: they do the same to the artifact, or are
/// the command and the skill of a plugin that has no more.
fn is_choice(artifact: &str, one: &Node, other: &Node, company: &HashMap<u32, usize>) -> bool {
    let does = |node: &Node, verb: &str| {
        let same = |fact: &Fact| matches!(fact.claim, Claim::Does { verb: v, artifact: a } if v == verb && a == artifact);
        node.facts.iter().any(same)
    };
    let both = |fact: &Fact| matches!(fact.claim, Claim::Does { verb, artifact: a } if a == artifact && does(other, verb));
    let pair = one.plugin == other.plugin && company.get(&one.plugin).copied() == Some(2);
    pair || one.facts.iter().any(both)
}

/// Components whose verbs and artifacts are the same, weighed by how rare each pair is.
fn alike(nodes: &[Node]) -> Vec<Link> {
    let mut pools: BTreeMap<(&str, &str), Pool> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for (place, fact) in node.facts.iter().enumerate() {
            if let Claim::Does { verb, artifact } = fact.claim {
                let one = Use { node: number(index), fact: place as u16, sure: fact.confidence() as f32 };
                pools.entry((verb, artifact)).or_default().add(one);
            }
        }
    }
    pools.values_mut().for_each(|pool| pool.settle(nodes));
    let weight = |pool: &Pool| information(pool.len(), nodes.len());
    let mut whole = vec![0.0_f32; nodes.len()];
    for pool in pools.values() {
        pool.iter().for_each(|one| whole[one.node as usize] += weight(pool));
    }
    let mut shared: HashMap<(u32, u32), (f32, f32, Ground)> = HashMap::new();
    for pool in pools.values() {
        let weight = weight(pool);
        for one in pool.iter() {
            for two in pool.nearest(one.node, nodes).iter().filter(|two| two.node > one.node) {
                let ground = Ground::Facts(one.fact, two.fact);
                let known = shared.entry((one.node, two.node)).or_insert((0.0, 0.0, ground));
                if weight * one.sure * two.sure > known.1 {
                    (known.1, known.2) = (weight * one.sure * two.sure, ground);
                }
                known.0 += weight;
            }
        }
    }
    let link = |((from, to), (both, _, ground)): ((u32, u32), (f32, f32, Ground))| {
        let either = whole[from as usize] + whole[to as usize] - both;
        let overlap = both / either.max(f32::MIN_POSITIVE);
        let (one, other) = (&nodes[from as usize], &nodes[to as usize]);
        let near =
            one.nearness(other) * (NAMED_OTHERWISE + (1.0 - NAMED_OTHERWISE) * names_alike(one, other));
        let told = overlap * both / (both + HALF) * near;
        let score = told * Way::Work.precision() as f32;
        let kind = Kind::Similar;
        (overlap >= ALIKE && told >= DONE_ALIKE).then_some(Link {
            kind,
            way: Way::Work,
            from,
            to,
            score,
            ground,
        })
    };
    shared.into_iter().filter_map(link).collect()
}

/// The share of the words of both names that both have: of what they are done to and about, not of the work,
/// which is known to be the same.
fn names_alike(one: &Node, other: &Node) -> f32 {
    let words = |node: &Node| -> BTreeSet<String> {
        let id = &node.card.id;
        let lower = humps_apart(id.name()).to_lowercase();
        let is_work = |word: &str| (verb(word).is_some() || doer(word).is_some()) && head(&[word]).is_none();
        let words = lower.split(|c: char| !c.is_alphanumeric());
        let telling = words.filter(|word| !is_work(word) && !TITLES.contains(word));
        let own = telling.flat_map(stems).collect::<BTreeSet<String>>();
        // A word that all of the plugin is called by tells nothing within it.
        let plugin: BTreeSet<String> = stems(&humps_apart(id.plugin())).into_iter().take(1).collect();
        let rest: BTreeSet<String> = own.difference(&plugin).cloned().collect();
        if one.plugin == other.plugin && !rest.is_empty() { rest } else { own }
    };
    let (ones, others) = (words(one), words(other));
    let either = ones.union(&others).count();
    if either == 0 { UNNAMED } else { ones.intersection(&others).count() as f32 / either as f32 }
}
