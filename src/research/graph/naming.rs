//! Links by names: what a text says of the components that it names, and of those that it calls one after
//! the other.

use std::collections::HashMap;

use rayon::prelude::*;

use super::link::{Ground, Kind, Link, Way};
use super::mention::{Mention, Names, mentions};
use super::node::{Node, number};
use super::told::Role;
use crate::model::capability::{Claim, Fact, Need};

/// What a call counts that is only a verb before a name, against one that starts an agent.
const LOOSE: f32 = 0.85;
/// What it counts that a requirement comes before what requires it.
const BEFORE: f32 = 0.9;
/// What it counts that another is only pointed at where the next steps are told.
const PERHAPS: f32 = 0.6;

/// Everything that texts say of other components, by the index of who says it.
pub(super) fn read(nodes: &[Node]) -> Vec<Vec<Mention>> {
    let names = Names::of(nodes);
    (0..number(nodes.len())).into_par_iter().map(|index| mentions(index, nodes, &names)).collect()
}

/// Links by what texts say of others by name.
pub(super) fn links(nodes: &[Node], mentions: &[Vec<Mention>]) -> Vec<Link> {
    let mut links = Vec::new();
    for (index, mentions) in mentions.iter().enumerate() {
        let by = number(index);
        for mention in mentions {
            links.extend(told(by, mention));
        }
        links.extend(called(by, mentions));
    }
    links.extend(servers(nodes));
    links
}

fn told(by: u32, mention: &Mention) -> impl Iterator<Item = Link> + use<> {
    let &Mention { node, role, line, .. } = mention;
    let link = |kind, from, to, part: f32| Link {
        kind,
        way: Way::Name,
        from,
        to,
        score: Way::Name.precision() as f32 * part,
        ground: Ground::Named { by, line },
    };
    let links = match role {
        Role::Starts => [Some(link(Kind::Needs, by, node, 1.0)), None],
        Role::Calls => [Some(link(Kind::Needs, by, node, LOOSE)), None],
        Role::First => {
            [Some(link(Kind::Needs, by, node, LOOSE)), Some(link(Kind::CanFollow, node, by, BEFORE))]
        }
        Role::Next => [Some(link(Kind::CanFollow, by, node, 1.0)), None],
        Role::Perhaps => [Some(link(Kind::CanFollow, by, node, PERHAPS)), None],
        Role::Against => [Some(link(Kind::Conflicts, by, node, 1.0)), None],
    };
    links.into_iter().flatten()
}

/// The groups of agents that a text starts one after the other; those of one group side by side.
pub(super) fn groups(mentions: &[Mention]) -> Vec<Vec<Mention>> {
    let starts: Vec<Mention> = mentions.iter().filter(|it| it.role == Role::Starts).copied().collect();
    starts.chunk_by(|a, b| a.group == b.group).map(<[Mention]>::to_vec).collect()
}

/// What one component starts after another, and beside it.
fn called(caller: u32, mentions: &[Mention]) -> Vec<Link> {
    let groups = groups(mentions);
    let link = |kind, one: &Mention, other: &Mention| Link {
        kind,
        way: Way::Caller,
        from: one.node,
        to: other.node,
        score: Way::Caller.precision() as f32,
        ground: Ground::Calls { caller, first: one.line, second: other.line },
    };
    let mut links = Vec::new();
    for pair in groups.windows(2) {
        for one in &pair[0] {
            links.extend(pair[1].iter().map(|other| link(Kind::CanFollow, one, other)));
        }
    }
    for group in &groups {
        for (place, one) in group.iter().enumerate() {
            links.extend(group[place + 1..].iter().map(|other| link(Kind::CanRunBeside, one, other)));
        }
    }
    links
}

/// The MCP servers that components require and that are here.
fn servers(nodes: &[Node]) -> Vec<Link> {
    let servers: HashMap<(u32, &str), u32> = nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| !node.is_step())
        .map(|(index, node)| ((node.market, node.card.id.name()), number(index)))
        .collect();
    let mut links = Vec::new();
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.is_step()) {
        for (place, fact) in node.facts.iter().enumerate() {
            let server = server(fact).and_then(|name| servers.get(&(node.market, name)));
            links.extend(server.map(|server| Link {
                kind: Kind::Needs,
                way: Way::Name,
                from: number(index),
                to: *server,
                score: fact.confidence() as f32,
                ground: Ground::Requires(place as u16),
            }));
        }
    }
    links
}

/// The MCP server that a fact says is needed.
fn server(fact: &Fact) -> Option<&str> {
    match &fact.claim {
        Claim::Requires { need: Need::Mcp, name } => Some(name),
        _ => None,
    }
}
