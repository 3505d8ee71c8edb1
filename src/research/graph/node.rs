//! What links are made from: each component with its facts, and numbers that tell quickly what it shares
//! with another.

use std::collections::HashMap;

use rayon::prelude::*;

use super::super::classes::Class;
use super::super::classes::names::TITLES;
use super::super::facts::artifacts::head;
use super::super::facts::corrected;
use super::super::facts::verbs::{doer, verb};
use super::super::terms::humps_apart;
use super::told::{Saying, decode};
use crate::model::capability::{Claim, Fact};
use crate::model::component::Card;
use crate::model::id::ComponentId;
use crate::model::record::Execution;

/// What the graph is made from: a component, its facts, and what it says of others.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    card: Card,
    facts: Vec<Fact>,
    sayings: Vec<Saying>,
}

impl Part {
    /// A component, the facts that its text gives, and what [`super::told`] told of it; `None`: it told
    /// something else.
    pub(crate) fn new(card: Card, facts: Vec<Fact>, told: &[u8]) -> Option<Self> {
        Some(Self { card, facts, sayings: decode(told)? })
    }
}

/// A component as the graph sees it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) card: Card,
    pub(super) facts: Vec<Fact>,
    pub(super) sayings: Vec<Saying>,
    /// The index of the component that speaks for its class.
    pub(super) class: u32,
    /// Equal where marketplace and plugin are.
    pub(super) plugin: u32,
    /// Equal where marketplaces are.
    pub(super) market: u32,
    pub(super) domain: Option<&'static str>,
    pub(super) languages: Vec<&'static str>,
    /// What it is called and says of itself, in lower case.
    about: String,
    /// Words of its name that say neither work nor artifact: the product or subject that it is about.
    subjects: Vec<String>,
}

impl Node {
    /// The first part of its id's kind that can be a step: an MCP server is none.
    pub(super) fn is_step(&self) -> bool {
        self.card.id.kind() != "mcp"
    }

    /// The artifact that a fact is about.
    pub(super) fn artifact(&self, fact: usize) -> Option<&'static str> {
        match &self.facts.get(fact)?.claim {
            Claim::Does { artifact, .. } => Some(artifact),
            Claim::Output(thing) | Claim::Input(thing) => thing.artifact,
            _ => None,
        }
    }

    /// The artifact that a fact says it only looks at, and the verb that says so.
    pub(super) fn looks_at(&self, fact: usize) -> Option<(&'static str, &'static str)> {
        match self.facts.get(fact)?.claim {
            Claim::Does { verb, artifact } if LOOKS.contains(&verb) => Some((artifact, verb)),
            _ => None,
        }
    }

    /// How likely it is that what both speak of is one thing, by what else they share: their plugin, or
    /// their field of work. 0: they are about different languages.
    pub(super) fn nearness(&self, other: &Self) -> f32 {
        let same = |language: &&str| other.languages.contains(language);
        let foreign = !self.languages.is_empty() && !other.languages.is_empty();
        if foreign && !self.languages.iter().any(same) {
            0.0
        } else if self.plugin == other.plugin {
            1.0
        } else {
            let field =
                if self.domain.is_some() && self.domain == other.domain { SAME_DOMAIN } else { ELSEWHERE };
            field * self.knows(other) * other.knows(self)
        }
    }

    /// 1 where it speaks of all subjects of the other.
    fn knows(&self, other: &Self) -> f32 {
        let unknown = other.subjects.iter().filter(|subject| !self.about.contains(*subject)).count();
        1.0 - UNKNOWN * unknown as f32 / other.subjects.len().max(1) as f32
    }
}

/// What a link loses where one is about a subject that the other does not speak of.
const UNKNOWN: f32 = 0.5;

/// Verbs that leave what they are done to as it is.
const LOOKS: &[&str] = &["review", "analyze", "test", "validate", "scan", "compare", "estimate"];

/// What is left of a link's score where the two are of one field of work, and where not even that.
const SAME_DOMAIN: f32 = 0.8;
const ELSEWHERE: f32 = 0.5;

/// These components, which come by id, as executions corrected them.
pub(super) fn nodes(parts: Vec<Part>, classes: &[Class], executions: &[Execution]) -> Vec<Node> {
    let ids: HashMap<ComponentId, u32> =
        parts.iter().enumerate().map(|(index, part)| (part.card.id.clone(), number(index))).collect();
    let firsts: HashMap<&ComponentId, u32> = classes
        .iter()
        .flat_map(|class| {
            let first = ids.get(&class.first).copied();
            class.ids().filter_map(move |id| Some((id, first?)))
        })
        .collect();
    let mut ran: HashMap<&ComponentId, Vec<&Execution>> = HashMap::new();
    for execution in executions {
        for step in &execution.steps {
            let known = ran.entry(&step.component).or_default();
            if known.last().is_none_or(|last| last.id != execution.id) {
                known.push(execution);
            }
        }
    }
    let (mut plugins, mut markets) = (HashMap::new(), HashMap::new());
    let mut numbered = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let id = &part.card.id;
        let next = number(plugins.len());
        let plugin = *plugins.entry((id.marketplace().to_owned(), id.plugin().to_owned())).or_insert(next);
        let next = number(markets.len());
        let market = *markets.entry(id.marketplace().to_owned()).or_insert(next);
        numbered.push((firsts.get(id).copied().unwrap_or(number(index)), plugin, market));
    }
    let node = |(part, (class, plugin, market)): (Part, (u32, u32, u32))| {
        let Part { card, facts, sayings } = part;
        let facts =
            corrected(facts, &card.id, &card.content, ran.get(&card.id).into_iter().flatten().copied());
        let domain = facts.iter().find_map(|fact| match fact.claim {
            Claim::Domain { name } => Some(name),
            _ => None,
        });
        let languages = facts.iter().filter_map(|fact| match fact.claim {
            Claim::Language { name } => Some(name),
            _ => None,
        });
        let languages = languages.collect();
        let (about, subjects) = (about(&card), subjects(&card.id));
        Node { card, facts, sayings, class, plugin, market, domain, languages, about, subjects }
    };
    parts.into_par_iter().zip(numbered).map(node).collect()
}

fn about(card: &Card) -> String {
    format!("{} {} {}", card.id.name(), card.id.plugin(), card.description).to_lowercase()
}

fn subjects(id: &ComponentId) -> Vec<String> {
    let lower = humps_apart(id.name()).to_lowercase();
    let is_common = |word: &str| verb(word).is_some() || doer(word).is_some() || head(&[word]).is_some();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
    words.filter(|word| !is_common(word) && !TITLES.contains(word)).map(str::to_owned).collect()
}

/// An index that is kept in little room; there are never as many components as that holds.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
