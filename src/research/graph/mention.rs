//! Which components texts mean by the names that they say something of.
//!
//! Authors know their own plugin and marketplace, so a name means a component there.

use std::collections::HashMap;

use super::node::{Node, number};
use super::token::Written;
use super::told::{Role, Saying};

/// What a text says of another component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mention {
    /// The component that is named.
    pub(super) node: u32,
    pub(super) role: Role,
    /// Of the file.
    pub(super) line: u32,
    /// Equal for those that are started side by side.
    pub(super) group: u32,
}

/// Components by the names that texts may call them.
pub(super) struct Names<'n>(HashMap<&'n str, Vec<u32>>);

impl<'n> Names<'n> {
    /// The names of all components, with and without their plugin's in front.
    pub(super) fn of(nodes: &'n [Node]) -> Self {
        let mut names: HashMap<&str, Vec<u32>> = HashMap::new();
        for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.is_step()) {
            let id = &node.card.id;
            let own = id.name().strip_prefix(id.plugin()).and_then(|rest| rest.strip_prefix('-'));
            for name in [Some(id.name()), own].into_iter().flatten() {
                names.entry(name).or_default().push(number(index));
            }
        }
        Self(names)
    }

    /// The component that a text of `node` means: of its own plugin, or the only one (but for copies) of its
    /// marketplace.
    fn meant(&self, saying: &Saying, node: &Node, nodes: &[Node]) -> Option<u32> {
        let (plugin, name) = match saying.name.rsplit_once(':') {
            Some((plugin, name)) => (Some(plugin.trim_end_matches(':')), name),
            None => (None, saying.name.as_str()),
        };
        let at = |index: &u32| &nodes[*index as usize];
        let fits = |index: &u32| {
            let id = &at(index).card.id;
            at(index).market == node.market
                && plugin.is_none_or(|plugin| id.plugin() == plugin)
                && (saying.written != Written::Slash || id.kind() != "agent")
                && (saying.written != Written::Agent || id.kind() == "agent")
        };
        let found: Vec<u32> = self.0.get(name)?.iter().copied().filter(fits).collect();
        let own = found.iter().find(|index| at(index).plugin == node.plugin);
        let class = at(found.first()?).class;
        let only = found.iter().all(|index| at(index).class == class).then_some(&found[0]);
        own.or(only).copied()
    }
}

/// All that the text of a component says of others, in order, each role of each component once.
pub(super) fn mentions(index: u32, nodes: &[Node], names: &Names<'_>) -> Vec<Mention> {
    let node = &nodes[index as usize];
    let mut found: Vec<Mention> = Vec::new();
    for saying in &node.sayings {
        let Some(meant) = names.meant(saying, node, nodes) else { continue };
        let itself = meant == index || nodes[meant as usize].class == node.class;
        let known = found.iter().any(|it| it.node == meant && it.role == saying.role);
        if !itself && !known {
            let Saying { role, line, group, .. } = *saying;
            found.push(Mention { node: meant, role, line, group });
        }
    }
    found
}
