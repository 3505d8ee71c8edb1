//! Facts as they are shown: where each is said, and how many there are of which kind.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::capability::{Fact, Method};

/// Kinds of facts in the order in which they are shown.
pub(super) const KINDS: [&str; 11] = [
    "purpose",
    "category",
    "domain",
    "language",
    "does",
    "input",
    "output",
    "requires",
    "effect",
    "complexity",
    "context",
];

/// The facts of some components in numbers.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Totals {
    /// By kind: how many components have a fact of it.
    pub(super) components: BTreeMap<&'static str, usize>,
    /// By kind, then method: how many facts there are.
    pub(super) methods: BTreeMap<&'static str, BTreeMap<Method, usize>>,
}

impl Totals {
    /// Counts the facts of each component.
    pub(super) fn of<'f>(components: impl IntoIterator<Item = &'f [Fact]>) -> Self {
        let mut totals = Self::default();
        for facts in components {
            let kinds: BTreeSet<&str> = facts.iter().map(|fact| fact.claim.kind()).collect();
            kinds.into_iter().for_each(|kind| *totals.components.entry(kind).or_default() += 1);
            for fact in facts {
                *totals.methods.entry(fact.claim.kind()).or_default().entry(fact.method).or_default() += 1;
            }
        }
        totals
    }

    /// How many components have a fact of this kind.
    pub(super) fn known(&self, kind: &str) -> usize {
        self.components.get(kind).copied().unwrap_or_default()
    }
}
