//! Succession: which commit stands for one that was picked, applied again or squashed.
//!
//! Each rule narrows down what the rules before it left; a commit succeeds only when exactly one is
//! left. Better nothing than a record on the wrong commit.

use std::collections::BTreeSet;

use serde::Serialize;

use super::id::RecordId;
use super::oid::Oid;

/// A commit with records whose successor is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) tree: BTreeSet<Oid>,
    /// Patch-ids of the commit itself.
    pub(crate) patch: BTreeSet<Oid>,
    /// Patch-ids of everything from the base to each tip that has the commit.
    pub(crate) whole: BTreeSet<Oid>,
    pub(crate) executions: BTreeSet<RecordId>,
}

/// A commit that may stand for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) commit: Oid,
    pub(crate) tree: Oid,
    /// Patch-id against its first parent.
    pub(crate) patch: Option<Oid>,
    /// Executions that its message names.
    pub(crate) executions: Vec<RecordId>,
}

/// Why a commit stands for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Because {
    /// Its message names an execution of the other.
    Trailer,
    /// The same content.
    Tree,
    /// The same change.
    Patch,
    /// The change of a whole branch.
    Squash,
}

impl Because {
    const ALL: [Self; 4] = [Self::Trailer, Self::Tree, Self::Patch, Self::Squash];

    fn holds(self, origin: &Origin, candidate: &Candidate) -> bool {
        match self {
            Self::Trailer => candidate.executions.iter().any(|id| origin.executions.contains(id)),
            Self::Tree => origin.tree.contains(&candidate.tree),
            Self::Patch => candidate.patch.is_some_and(|patch| origin.patch.contains(&patch)),
            Self::Squash => candidate.patch.is_some_and(|patch| origin.whole.contains(&patch)),
        }
    }
}

/// Who succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Succession {
    Nobody,
    /// The index of the candidate.
    One(usize, Because),
    /// Indices of candidates that no rule can tell apart.
    Ambiguous(Vec<usize>),
}

/// Looks for the successor of `origin` among `candidates`, the newest first. A trailer that several
/// commits have (the steps of one run) means the newest of them.
pub(crate) fn successor(origin: &Origin, candidates: &[Candidate]) -> Succession {
    let mut left: Vec<usize> = (0..candidates.len()).collect();
    let mut narrowed = false;
    for rule in Because::ALL {
        let hits: Vec<usize> =
            left.iter().copied().filter(|&index| rule.holds(origin, &candidates[index])).collect();
        match hits[..] {
            [] => {}
            [one] => return Succession::One(one, rule),
            [newest, ..] if rule == Because::Trailer => return Succession::One(newest, rule),
            _ => (left, narrowed) = (hits, true),
        }
    }
    if narrowed { Succession::Ambiguous(left) } else { Succession::Nobody }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(n: u8) -> Oid {
        Oid::from_bytes(&[n; 20]).expect("an id")
    }

    fn candidate(n: u8, tree: u8, patch: u8) -> Candidate {
        Candidate { commit: oid(n), tree: oid(tree), patch: Some(oid(patch)), executions: Vec::new() }
    }

    fn origin(tree: u8, patch: u8, whole: u8) -> Origin {
        Origin {
            tree: BTreeSet::from([oid(tree)]),
            patch: BTreeSet::from([oid(patch)]),
            whole: BTreeSet::from([oid(whole)]),
            ..Origin::default()
        }
    }

    #[test]
    fn the_first_rule_that_tells_decides() {
        let known = [candidate(1, 10, 20), candidate(2, 11, 21), candidate(3, 12, 22)];
        assert_eq!(successor(&origin(10, 21, 22), &known), Succession::One(0, Because::Tree));
        assert_eq!(successor(&origin(99, 21, 22), &known), Succession::One(1, Because::Patch));
        assert_eq!(successor(&origin(99, 98, 22), &known), Succession::One(2, Because::Squash));
        assert_eq!(successor(&origin(99, 98, 97), &known), Succession::Nobody);
    }

    #[test]
    fn an_empty_commit_on_top_is_told_apart_by_the_patch() {
        let mut empty = candidate(1, 10, 0);
        empty.patch = None;
        let known = [empty, candidate(2, 10, 20)];
        assert_eq!(successor(&origin(10, 20, 99), &known), Succession::One(1, Because::Patch));
    }

    #[test]
    fn two_that_nothing_tells_apart_are_ambiguous() {
        let known = [candidate(1, 10, 20), candidate(2, 11, 20)];
        assert_eq!(successor(&origin(99, 20, 98), &known), Succession::Ambiguous(vec![0, 1]));
    }

    #[test]
    fn a_trailer_on_every_step_means_the_last_step() {
        let id: RecordId = "01KAFY0000000000000000000A".parse().expect("an id");
        let named = |n| Candidate { executions: vec![id], ..candidate(n, n, n) };
        let origin = Origin { executions: BTreeSet::from([id]), ..Origin::default() };
        let found = successor(&origin, &[candidate(1, 1, 1), named(2), named(3)]);
        assert_eq!(found, Succession::One(1, Because::Trailer));
    }
}
