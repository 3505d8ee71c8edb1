//! Links by opposite names: `start` and `stop`, `remember` and `forget`, of one plugin and about the same.

use std::collections::BTreeMap;

use super::link::{Ground, Kind, Link, Way};
use super::node::{Node, number};

/// Words that undo each other.
const OPPOSITES: &[(&str, &str)] = &[
    ("add", "remove"),
    ("approve", "reject"),
    ("attach", "detach"),
    ("create", "delete"),
    ("create", "destroy"),
    ("enable", "disable"),
    ("encrypt", "decrypt"),
    ("install", "uninstall"),
    ("link", "unlink"),
    ("lock", "unlock"),
    ("mount", "unmount"),
    ("on", "off"),
    ("open", "close"),
    ("pause", "resume"),
    ("publish", "unpublish"),
    ("remember", "forget"),
    ("setup", "teardown"),
    ("spawn", "shutdown"),
    ("start", "stop"),
    ("subscribe", "unsubscribe"),
    ("up", "down"),
];

/// Components of one plugin that undo each other's work, as their names say.
pub(super) fn links(nodes: &[Node]) -> Vec<Link> {
    let mut sides: BTreeMap<(u32, usize, String), [Vec<u32>; 2]> = BTreeMap::new();
    for (index, node) in nodes.iter().enumerate() {
        let words: Vec<&str> = node.card.id.name().split(['-', '_', ' ']).collect();
        for (place, word) in words.iter().enumerate() {
            for (pair, (one, other)) in OPPOSITES.iter().enumerate() {
                let Some(side) = [one, other].iter().position(|it| *it == word) else { continue };
                let mut rest = words.clone();
                rest[place] = "";
                let key = (node.plugin, pair, rest.join("-"));
                sides.entry(key).or_default()[side].push(number(index));
            }
        }
    }
    let pairs = sides.into_values().flat_map(|[ones, others]| {
        ones.into_iter().flat_map(move |one| others.clone().into_iter().map(move |other| (one, other)))
    });
    let link = |(from, to)| Link {
        kind: Kind::Conflicts,
        way: Way::Opposite,
        from,
        to,
        score: Way::Opposite.precision() as f32,
        ground: Ground::Whole,
    };
    pairs.map(link).collect()
}
