//! What the catalog keeps of components: clean, bounded, and nothing that looks like a secret.

use std::collections::BTreeMap;

use super::capability::{Claim, Fact, MOST_FACTS};
use super::component::TokenCost;
use super::id::ComponentId;
use super::redact::redact;
use super::text::{clip, one_line};
use super::time::Timestamp;

/// The longest description that is kept, in characters.
pub(super) const LONGEST_DESCRIPTION: usize = 1_000;

/// Which of two analyses counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    /// The version of the rules that facts were read by.
    pub(crate) extractor: u32,
    /// Of which moment the marketplace's state is.
    pub(crate) updated: Timestamp,
}

/// What an analysis says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Where others get the marketplace, if that is the same place for all.
    pub(crate) from: Option<String>,
    pub(crate) components: BTreeMap<ComponentId, Entry>,
}

/// What is kept of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Hash of everything that would run.
    pub(crate) content: String,
    /// It says how it is run and checked.
    pub(crate) contract: bool,
    pub(crate) description: String,
    pub(crate) facts: Vec<Fact>,
}

impl Entry {
    /// What it costs a model's window, which is a fact as well.
    pub(crate) fn tokens(&self) -> TokenCost {
        let cost = self.facts.iter().find_map(|fact| match fact.claim {
            Claim::Context { always, on_invoke } => Some(TokenCost { always, on_invoke }),
            _ => None,
        });
        cost.unwrap_or_default()
    }

    /// What may be kept of a component: nothing that looks like a secret, and not too much.
    pub(crate) fn new(content: String, contract: bool, description: &str, facts: Vec<Fact>) -> Self {
        let description = clip(&redact(&one_line(description)), LONGEST_DESCRIPTION);
        let description = if redact(&description) == description { description } else { String::new() };
        let facts = facts.into_iter().filter_map(kept).take(MOST_FACTS).collect();
        Self { content, contract, description, facts }
    }
}

/// The fact without what looks like a secret; `None`: nothing can be left of it.
fn kept(mut fact: Fact) -> Option<Fact> {
    let line = fact.line()?;
    if redact(&line) == line {
        return Some(fact);
    }
    let text = fact.text_mut()?;
    *text = redact(text);
    let line = fact.line()?;
    (redact(&line) == line).then_some(fact)
}
