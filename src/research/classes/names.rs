//! Whether two components with the same text are about the same thing, as far as their names tell.
//!
//! Published components are made from templates: their texts agree to 96 % although one is about mempools
//! and another about market sentiment. What differs then is what the name says. So a difference in names
//! counts where the texts take part in it, one speaks more than the other of a word that only its own name
//! has; and where neither text speaks of that word, since then the name alone says what it is about.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::terms::{humps_apart, split, stem};
use super::super::vector::{BODY, DESCRIPTION, NAME, PLUGIN, Vector};
use super::super::vocabulary::Term;
use crate::model::id::ComponentId;

/// Words of names that say nothing about what a component is about.
pub(in crate::research) const TITLES: &[&str] = &[
    "advanced",
    "agent",
    "and",
    "architect",
    "basics",
    "best",
    "command",
    "core",
    "developer",
    "engineer",
    "expert",
    "for",
    "guide",
    "helper",
    "manager",
    "pattern",
    "patterns",
    "practices",
    "pro",
    "skill",
    "specialist",
    "suite",
    "system",
    "systems",
    "task",
    "tasks",
    "the",
    "tool",
    "tools",
    "with",
    "workflow",
];

/// What a component is called, and how often it says which word.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// Words of its name without its plugin's in front, and without titles where anything else is left.
    own: BTreeSet<Term>,
    /// Words of its plugin's name.
    plugin: BTreeSet<Term>,
    /// How often its description and its text say a word, by word.
    says: Vec<(Term, Said)>,
}

/// How often description and text have something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) description: u32,
    pub(super) body: u32,
}

impl Named {
    /// What `vector` tells of the component `id`, whose texts name its plugin so often.
    pub(super) fn of(id: &ComponentId, vector: &Vector<'_>, terms: &[String], plugin_named: Said) -> Self {
        let telling = telling(own_name(id));
        let mut named = Self { own: BTreeSet::new(), plugin: BTreeSet::new(), says: Vec::new() };
        for (term, counts) in vector.terms() {
            if counts[NAME] > 0 && telling.contains(&terms[term as usize]) {
                named.own.insert(term);
            }
            if counts[PLUGIN] > 0 {
                named.plugin.insert(term);
            }
            // Where it names its plugin, it speaks of where it lies, not of what it does.
            let beside = |count: u32, named: u32| count.saturating_sub(named.saturating_mul(counts[PLUGIN]));
            let said = Said {
                description: beside(counts[DESCRIPTION], plugin_named.description),
                body: beside(counts[BODY], plugin_named.body),
            };
            if said != Said::default() {
                named.says.push((term, said));
            }
        }
        named
    }

    /// Whether nothing in names and texts tells that the two are about different things.
    pub(super) fn is_about_the_same(&self, other: &Self) -> bool {
        let count = |it: &Self, term: Term| it.said(term).description.saturating_add(it.said(term).body);
        let only_named = |one: &Self, other: &Self, term: Term| {
            let (here, there) = (count(one, term), count(other, term));
            here == 0 || here > there
        };
        let differs = |one: &Self, other: &Self| {
            one.own.difference(&other.own).any(|term| only_named(one, other, *term))
                // The name may be as common as `setup`: then the plugin's says what is set up.
                || one.plugin.difference(&other.plugin).any(|term| count(one, *term) > 0 && count(other, *term) == 0)
        };
        !differs(self, other) && !differs(other, self)
    }

    /// The words of its own name where its text does not say all of them; `None` where it does, and the
    /// name adds nothing to it.
    pub(super) fn beyond_text(&self) -> Option<&BTreeSet<Term>> {
        let said = !self.own.is_empty() && self.own.iter().all(|term| self.said(*term).body > 0);
        (!said).then_some(&self.own)
    }

    fn said(&self, term: Term) -> Said {
        let place = self.says.binary_search_by_key(&term, |(term, _)| *term);
        place.map_or(Said::default(), |place| self.says[place].1)
    }
}

/// The stems of a name, without titles where anything else is left.
fn telling(name: &str) -> BTreeSet<String> {
    let name = humps_apart(name);
    let is_title = |word: &&str| TITLES.contains(&word.to_lowercase().as_str());
    let telling: BTreeSet<String> = split(&name).filter(|word| !is_title(word)).filter_map(stem).collect();
    if telling.is_empty() { split(&name).filter_map(stem).collect() } else { telling }
}

/// How often `text` names the plugin of `id`, if that is more than a word.
pub(super) fn naming_its_plugin(id: &ComponentId, text: &str) -> u32 {
    let named = if id.plugin().contains('-') { text.matches(id.plugin()).count() } else { 0 };
    u32::try_from(named).unwrap_or(u32::MAX)
}

/// Its name without its plugin's in front of it.
pub(super) fn own_name(id: &ComponentId) -> &str {
    let rest = id.name().strip_prefix(id.plugin()).and_then(|rest| rest.strip_prefix('-'));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(id.name())
}
