//! Links by files: who reads what another writes, and who writes the same.

use std::collections::{BTreeSet, HashMap};

use super::link::{Ground, Kind, Link, Way};
use super::node::{Node, number};
use super::pool::{Pool, Use, rarity};
use crate::model::capability::{Claim, Fact, Form};
use crate::model::glob;

/// Wildcards match so many other names of a folder at most.
const MOST_MATCHES: usize = 64;

/// Links by the files that components name.
pub(super) fn links(nodes: &[Node]) -> Vec<Link> {
    let (written, read) = (Named::of(nodes, written), Named::of(nodes, read));
    let mut links = Vec::new();
    for (&path, writers) in &written.paths {
        for (other, readers) in read.alike(path) {
            let crowd = writers.len() + readers.len();
            links.extend(between(Kind::CanFollow, nodes, (path, writers), (other, readers), crowd));
        }
        // In one folder there is room for the files of many.
        let same = written
            .alike(path)
            .into_iter()
            .filter(|(other, _)| !other.ends_with('/') && !path.ends_with('/'));
        for (other, others) in same {
            if path <= other {
                let crowd = if path == other { writers.len() } else { writers.len() + others.len() };
                links.extend(between(Kind::Conflicts, nodes, (path, writers), (other, others), crowd));
            }
        }
    }
    links
}

/// Whether nothing that `one` is known to write is written or read by `other`.
pub(super) fn leaves_alone(one: &Node, other: &Node) -> bool {
    let own = one.facts.iter().filter_map(written);
    let touched: Vec<&str> = other.facts.iter().filter_map(|it| written(it).or(read(it))).collect();
    own.into_iter().all(|path| touched.iter().all(|other| !overlap(path, other)))
}

/// The file that a fact says is written.
fn written(fact: &Fact) -> Option<&str> {
    match &fact.claim {
        Claim::Output(thing) if thing.form == Form::File => Some(&thing.name),
        _ => None,
    }
}

/// The file that a fact says is read.
fn read(fact: &Fact) -> Option<&str> {
    match &fact.claim {
        Claim::Input(thing) if thing.form == Form::File => Some(&thing.name),
        _ => None,
    }
}

/// Whether two names, each with folders or wildcards, may mean the same file.
fn overlap(one: &str, other: &str) -> bool {
    is_named(one) && is_named(other) && glob::overlap(one, other)
}

fn between<'n>(
    kind: Kind,
    nodes: &'n [Node],
    (path, ones): (&str, &'n Pool),
    (other, others): (&str, &'n Pool),
    crowd: usize,
) -> impl Iterator<Item = Link> + 'n {
    let exact = path == other;
    // A folder or a pattern is not surely the file.
    let fit = if exact { 1.0 } else { INEXACT };
    let rare = rarity(crowd, nodes.len());
    let firsts: Vec<Use> = ones.iter().copied().collect();
    firsts.into_iter().flat_map(move |one| {
        let node = &nodes[one.node as usize];
        let link = move |two: Use| {
            let near = node.nearness(&nodes[two.node as usize]);
            let twice = kind == Kind::Conflicts && exact && two.node <= one.node;
            let score = Way::File.precision() as f32 * one.sure * two.sure * rare * near * fit;
            (one.node != two.node && !twice && score > 0.0).then_some(Link {
                kind,
                way: Way::File,
                from: one.node,
                to: two.node,
                score,
                ground: Ground::Facts(one.fact, two.fact),
            })
        };
        others.nearest(one.node, nodes).into_iter().filter_map(link)
    })
}

/// What a match of a folder or a pattern counts, against that of one name.
const INEXACT: f32 = 0.8;

/// Files by name, with who names each.
struct Named<'f> {
    paths: HashMap<&'f str, Pool>,
    /// Names by the folder around them.
    inside: HashMap<&'f str, BTreeSet<&'f str>>,
    /// Names with wildcards, by the folder before the first.
    patterns: HashMap<&'f str, BTreeSet<&'f str>>,
}

impl<'f> Named<'f> {
    fn of(nodes: &'f [Node], file: impl Fn(&'f Fact) -> Option<&'f str>) -> Self {
        let mut paths: HashMap<&str, Pool> = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            for (place, fact) in node.facts.iter().enumerate() {
                if let Some(path) = file(fact).filter(|path| is_named(path)) {
                    let one = Use { node: number(index), fact: place as u16, sure: fact.confidence() as f32 };
                    paths.entry(path).or_default().add(one);
                }
            }
        }
        let mut inside: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        let mut patterns: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for (path, pool) in &mut paths {
            pool.settle(nodes);
            for folder in folders(path) {
                inside.entry(folder).or_default().insert(path);
            }
            if path.contains('*') {
                patterns.entry(literal(path)).or_default().insert(path);
            }
        }
        Self { paths, inside, patterns }
    }

    /// The names that may mean the same file as `path`, with who names them.
    fn alike(&self, path: &str) -> Vec<(&'f str, &Pool)> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let known = |name: &str| self.paths.get_key_value(name).map(|(name, _)| *name);
        names.extend(known(path));
        for folder in folders(path) {
            names.extend(known(folder));
            // At the top a pattern such as `*.md` could mean anybody's.
            let patterns = self.patterns.get(folder.trim_end_matches('/')).into_iter().flatten();
            names.extend(patterns.filter(|pattern| meets(pattern, path)).take(MOST_MATCHES));
        }
        if path.ends_with('/') {
            names.extend(self.inside.get(path).into_iter().flatten().take(MOST_MATCHES));
        } else if path.contains('*') && !literal(path).is_empty() {
            let folder = format!("{}/", literal(path));
            let inside = self.inside.get(folder.as_str()).into_iter().flatten().take(MOST_MATCHES);
            names.extend(inside.filter(|name| meets(path, name)));
        }
        names.into_iter().map(|name| (name, &self.paths[name])).collect()
    }
}

/// Whether two names meet; what stands before the first wildcard tells quickly that most do not.
fn meets(one: &str, other: &str) -> bool {
    let fixed = |path: &str| path.find('*').unwrap_or(path.len());
    let known = fixed(one).min(fixed(other));
    one.as_bytes()[..known] == other.as_bytes()[..known] && glob::overlap(one, other)
}

/// Whether a name says more than that there are files.
fn is_named(path: &str) -> bool {
    path.chars().any(char::is_alphanumeric) && !path.starts_with("**/*.") && !path.starts_with("*.")
}

/// The folders around `path`, each with its slash, the nearest last; those with wildcards count as named.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let inner = path.strip_suffix('/').unwrap_or(path);
    inner.match_indices('/').map(|(at, _)| &path[..=at])
}

/// The folders before the first wildcard, without a slash at the end.
fn literal(path: &str) -> &str {
    let before = &path[..path.find('*').unwrap_or(path.len())];
    before.rfind('/').map_or("", |at| &before[..at])
}
