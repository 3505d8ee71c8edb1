//! Workflows that the graph proposes: shapes that nobody ran yet, each with the facts that speak for it.
//!
//! Four kinds, the surest first: what a component starts, in its order; what names or files chain up; what
//! several look at that one made; and what one makes and another takes up. A proposal's score is that of
//! its weakest link, and what is part of a longer one is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Graph;
use super::files::leaves_alone;
use super::link::{Ground, Kind, Link, Way};
use super::naming::groups;
use super::node::number;
use crate::model::capability::Place;
use crate::model::id::ComponentId;
use crate::model::library::MOST_PROPOSALS;
use crate::model::pattern::{Inferred, Pattern, Shape};
use crate::model::redact::redact;
use crate::model::text::{clip, one_line};

/// The most steps of a proposal that somebody starts one after the other, and of one that is chained up
/// here: every link more is one more that can be wrong.
const MOST_STARTED: usize = 12;
const MOST_CHAINED: usize = 4;
/// Of those that can look at what one made, the most that do so side by side.
const MOST_LOOKS: usize = 3;
/// Links below this score make no chain of names and files.
const CHAIN: f32 = 0.5;
/// The most proposals that begin with components of one plugin: many ways through one are one idea.
pub(super) const MOST_OF_A_PLUGIN: usize = 6;
/// The longest reason, in characters.
const REASON: usize = 600;

/// A shape, by indexes of components, with its score and reason.
#[derive(Clone, Debug, PartialEq)]
struct Draft {
    phases: Vec<Vec<u32>>,
    score: f32,
    reason: String,
}

/// The best patterns that `graph` proposes, by score and id.
pub(crate) fn propose(graph: &Graph) -> Vec<Pattern> {
    let drafts = [started(graph), chained(graph), looked_at(graph), taken_up(graph)].concat();
    let mut patterns = patterns(graph, whole(graph, drafts));
    let score = |it: &Pattern| it.inferred.as_ref().map_or(0, |inferred| inferred.score);
    patterns.sort_by(|a, b| score(b).cmp(&score(a)).then_with(|| a.id.cmp(&b.id)));
    keep_few_of_each_plugin(&mut patterns);
    patterns.truncate(MOST_PROPOSALS);
    patterns
}

/// The drafts as patterns; of those that differ in copies only, the best.
fn patterns(graph: &Graph, drafts: Vec<Draft>) -> Vec<Pattern> {
    let mut best: BTreeMap<Vec<Vec<u32>>, Pattern> = BTreeMap::new();
    for draft in drafts {
        let ids = |phase: &Vec<u32>| phase.iter().map(|index| graph.id(*index).clone()).collect();
        let shape = Shape::new(draft.phases.iter().map(ids).collect());
        // What nobody may see is told to nobody.
        if shape.components().any(|id| redact(id.as_str()) != id.as_str()) {
            continue;
        }
        let reason = clip(&redact(&one_line(&draft.reason)), REASON);
        let score = (draft.score.clamp(0.0, 1.0) * f32::from(Inferred::MOST)).round() as u16;
        let pattern = Pattern::proposed(shape, Inferred { score, reason });
        let known = best.entry(graph.by_class(&draft.phases)).or_insert_with(|| pattern.clone());
        if (&pattern.inferred, &known.id) > (&known.inferred, &pattern.id) {
            *known = pattern;
        }
    }
    best.into_values().collect()
}

fn keep_few_of_each_plugin(patterns: &mut Vec<Pattern>) {
    let mut of_plugin: HashMap<(String, String), usize> = HashMap::new();
    patterns.retain(|it| {
        let first = it.phases.components().next();
        let plugin = first.map(|id| (id.marketplace().to_owned(), id.plugin().to_owned()));
        let number = of_plugin.entry(plugin.unwrap_or_default()).or_default();
        *number += 1;
        *number <= MOST_OF_A_PLUGIN
    });
}

/// What components start, in the order in which they start it.
fn started(graph: &Graph) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (caller, mentions) in graph.mentions.iter().enumerate() {
        let mut seen = BTreeSet::new();
        let mut phases: Vec<Vec<u32>> = Vec::new();
        let (mut first, mut last) = (0, 0);
        for group in groups(mentions) {
            let new = group.iter().filter(|it| seen.insert(graph.nodes[it.node as usize].class));
            let phase: Vec<u32> = new.map(|it| it.node).collect();
            if !phase.is_empty() && seen.len() <= MOST_STARTED {
                first = if first == 0 { group[0].line } else { first };
                last = group.last().map_or(last, |it| it.line);
                phases.push(phase);
            }
        }
        if phases.iter().map(Vec::len).sum::<usize>() > 1 {
            let name = graph.id(number(caller));
            let order = if phases.len() > 1 { "in this order" } else { "side by side" };
            let reason = format!("{name} starts them {order} (lines {first}-{last})");
            drafts.push(Draft { phases, score: Way::Caller.precision() as f32, reason });
        }
    }
    drafts
}

/// Components that follow each other, as names and files tell.
fn chained(graph: &Graph) -> Vec<Draft> {
    let follows = graph.links.iter().filter(|it| it.kind == Kind::CanFollow && it.score >= CHAIN);
    let told = follows.filter(|it| matches!(it.way, Way::Name | Way::File));
    let steps = |link: &&Link| [link.from, link.to].iter().all(|end| graph.nodes[*end as usize].is_step());
    chains(graph, told.filter(steps).map(|link| ("", link)).collect())
}

/// What one makes or finds, others take up and take up again: one artifact on its way.
fn taken_up(graph: &Graph) -> Vec<Draft> {
    let links = graph.links.iter().filter(|it| it.way == Way::Artifact);
    let about = |link: &Link| match link.ground {
        Ground::Facts(fact, _) => {
            graph.nodes[link.from as usize].artifact(usize::from(fact)).unwrap_or_default()
        }
        _ => "",
    };
    chains(graph, links.map(|link| (about(link), link)).collect())
}

/// From each start the strongest way on along links of one key. What is part of a way starts no other.
fn chains(graph: &Graph, links: Vec<(&str, &Link)>) -> Vec<Draft> {
    let mut out: HashMap<(&str, u32), Vec<&Link>> = HashMap::new();
    let mut has_before: HashSet<(&str, u32)> = HashSet::new();
    for (key, link) in &links {
        out.entry((*key, graph.class(link.from))).or_default().push(*link);
        has_before.insert((*key, graph.class(link.to)));
    }
    // Stable: of equal ones the strongest stays first.
    let mut starts = links;
    starts.sort_by_key(|(key, link)| has_before.contains(&(*key, graph.class(link.from))));
    let mut used: HashSet<(&str, u32, u32)> = HashSet::new();
    let mut drafts = Vec::new();
    for (key, first) in starts {
        let mut classes = vec![graph.class(first.from), graph.class(first.to)];
        if used.contains(&(key, classes[0], classes[1])) {
            continue;
        }
        let mut way = vec![first];
        while classes.len() < MOST_CHAINED {
            let ways_on = out.get(&(key, classes[classes.len() - 1])).into_iter().flatten();
            let Some(next) = ways_on.into_iter().find(|link| !classes.contains(&graph.class(link.to))) else {
                break;
            };
            classes.push(graph.class(next.to));
            way.push(next);
        }
        used.extend(classes.windows(2).map(|pair| (key, pair[0], pair[1])));
        let mut phases = vec![vec![first.from]];
        phases.extend(way.iter().map(|link| vec![link.to]));
        let score = way.iter().map(|link| link.score).fold(1.0, f32::min);
        let reasons: Vec<String> = way.iter().map(|link| graph.in_words(link)).collect();
        drafts.push(Draft { phases, score, reason: reasons.join("; ") });
    }
    drafts
}

/// What one makes and several look at, each in its own way and of one plugin with it.
fn looked_at(graph: &Graph) -> Vec<Draft> {
    let mut looks: BTreeMap<(u32, &str), Vec<&Link>> = BTreeMap::new();
    for link in graph.links.iter().filter(|it| it.way == Way::Artifact) {
        let (one, other) = (&graph.nodes[link.from as usize], &graph.nodes[link.to as usize]);
        if let Ground::Facts(_, fact) = link.ground
            && one.plugin == other.plugin
            && let Some((artifact, _)) = other.looks_at(usize::from(fact))
        {
            looks.entry((link.from, artifact)).or_default().push(link);
        }
    }
    let bound = bound(graph);
    let beside = |one: u32, other: u32| {
        let (a, b) = (graph.class(one), graph.class(other));
        let (one, other) = (&graph.nodes[one as usize], &graph.nodes[other as usize]);
        a != b
            && !bound.contains(&(a.min(b), a.max(b)))
            && leaves_alone(one, other)
            && leaves_alone(other, one)
    };
    let mut drafts = Vec::new();
    for ((maker, _), links) in looks {
        let mut chosen: Vec<&Link> = Vec::new();
        for link in links {
            let verb = |it: &Link| match it.ground {
                Ground::Facts(_, fact) => {
                    graph.nodes[it.to as usize].looks_at(usize::from(fact)).map(|(_, verb)| verb)
                }
                _ => None,
            };
            let apart = |it: &&Link| verb(it) != verb(link) && beside(it.to, link.to);
            if chosen.iter().all(apart) && chosen.len() < MOST_LOOKS {
                chosen.push(link);
            }
        }
        if chosen.len() > 1 {
            let score = chosen.iter().map(|link| link.score).fold(1.0, f32::min);
            let reasons: Vec<String> = chosen.iter().map(|link| graph.in_words(link)).collect();
            let phases = vec![vec![maker], chosen.iter().map(|link| link.to).collect()];
            drafts.push(Draft { phases, score, reason: reasons.join("; ") });
        }
    }
    drafts
}

/// Pairs of classes, the lesser first, that are said to follow, need or disturb each other.
fn bound(graph: &Graph) -> HashSet<(u32, u32)> {
    let binds = |link: &&Link| matches!(link.kind, Kind::CanFollow | Kind::Needs | Kind::Conflicts);
    let pair = |link: &Link| {
        let (one, other) = (graph.class(link.from), graph.class(link.to));
        (one.min(other), one.max(other))
    };
    graph.links.iter().filter(binds).map(pair).collect()
}

/// Drafts that are no part of another one, in which all that they order is in the same order.
fn whole(graph: &Graph, drafts: Vec<Draft>) -> Vec<Draft> {
    let orders = |draft: &Draft| -> BTreeSet<(u32, u32)> {
        let phases = graph.by_class(&draft.phases);
        let behind = |at: usize| phases[at + 1..].iter().flatten();
        let of =
            |at: usize| phases[at].iter().flat_map(move |one| behind(at).map(move |other| (*one, *other)));
        (0..phases.len()).flat_map(of).collect()
    };
    let all: Vec<BTreeSet<(u32, u32)>> = drafts.iter().map(orders).collect();
    let mut within: HashMap<(u32, u32), Vec<usize>> = HashMap::new();
    for (index, pairs) in all.iter().enumerate() {
        pairs.iter().for_each(|pair| within.entry(*pair).or_default().push(index));
    }
    let part = |index: usize| {
        let own = &all[index];
        let candidates = own.first().and_then(|pair| within.get(pair)).into_iter().flatten();
        let mut longer = candidates.filter(|other| all[**other].len() > own.len());
        longer.any(|other| own.is_subset(&all[*other]) && drafts[*other].score >= drafts[index].score * PART)
    };
    let kept: Vec<bool> = (0..drafts.len()).map(|index| !part(index)).collect();
    drafts.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(draft, _)| draft).collect()
}

/// A longer proposal stands for its parts unless it is less sure than this share of theirs.
const PART: f32 = 0.6;

impl Graph {
    fn class(&self, index: u32) -> u32 {
        self.nodes[index as usize].class
    }

    /// Phases with who speaks for each component's class instead of it, sorted.
    fn by_class(&self, phases: &[Vec<u32>]) -> Vec<Vec<u32>> {
        let phase = |phase: &Vec<u32>| {
            let mut classes: Vec<u32> = phase.iter().map(|index| self.class(*index)).collect();
            classes.sort_unstable();
            classes
        };
        phases.iter().map(phase).collect()
    }

    /// A link's facts as a fragment: `a creates api (line 3), b tests api (line 3)`.
    fn in_words(&self, link: &Link) -> String {
        let said: Vec<String> = self
            .because(link)
            .into_iter()
            .filter(|said| said.place != Place::Path || link.way != Way::Name)
            .map(|said| format!("{} {} ({})", name(said.component), said.says, said.place))
            .collect();
        said.join(", ")
    }
}

fn name(id: &ComponentId) -> &str {
    id.name()
}
