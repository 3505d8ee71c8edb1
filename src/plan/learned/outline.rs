//! An outline: which components, in which order, and which of them waits for which.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A component's number in the catalog that a planner was made for.
pub(crate) type Part = u32;

/// Parts in the order in which they run; a link names two of them by their places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Outline {
    parts: Vec<Part>,
    links: Vec<(u8, u8)>,
}

impl Outline {
    /// More parts than these are not learned from: nobody planned them.
    pub(crate) const LONGEST: usize = 64;

    /// An outline with these links; `None` if it is empty or too long. A link that leads back is dropped.
    pub(crate) fn new(parts: Vec<Part>, links: impl IntoIterator<Item = (usize, usize)>) -> Option<Self> {
        let count = parts.len();
        if count == 0 || count > Self::LONGEST {
            return None;
        }
        let forward = links.into_iter().filter(|(from, to)| from < to && *to < count);
        let links: BTreeSet<(u8, u8)> = forward.map(|(from, to)| (from as u8, to as u8)).collect();
        Some(Self { parts, links: links.into_iter().collect() })
    }

    /// Each part after the one before.
    pub(crate) fn chain(parts: Vec<Part>) -> Self {
        let links = (1..parts.len().min(Self::LONGEST)).map(|to| ((to - 1) as u8, to as u8)).collect();
        Self { parts, links }
    }

    /// All parts side by side.
    pub(crate) fn side_by_side(parts: Vec<Part>) -> Self {
        Self { parts, links: Vec::new() }
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    pub(crate) fn first(&self) -> Part {
        self.parts[0]
    }

    pub(crate) fn last(&self) -> Part {
        self.parts[self.parts.len() - 1]
    }

    /// Links by place.
    pub(crate) fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        self.links.iter().map(|&(from, to)| (usize::from(from), usize::from(to)))
    }

    /// Links by part.
    pub(crate) fn links(&self) -> impl Iterator<Item = (Part, Part)> {
        self.places().map(|(from, to)| (self.parts[from], self.parts[to]))
    }

    /// Whether any part waits for another.
    pub(crate) fn is_linked(&self) -> bool {
        !self.links.is_empty()
    }

    /// Every part once, sorted.
    pub(crate) fn set(&self) -> Vec<Part> {
        let mut set = self.parts.clone();
        set.sort_unstable();
        set.dedup();
        set
    }

    /// Pairs of different parts, the one first that comes first.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Part, Part)> {
        let pair =
            move |from: usize| (from + 1..self.len()).map(move |to| (self.parts[from], self.parts[to]));
        (0..self.len()).flat_map(pair).filter(|(from, to)| from != to)
    }

    /// What the plan `self` is worth where `wanted` is right, from 0 to 1: the mean of the F1 of its
    /// parts, the F1 of its links, and whether its parts are exactly the right ones.
    pub(crate) fn worth(&self, wanted: &Self) -> f64 {
        let (mine, theirs) = (self.set(), wanted.set());
        let parts = f1(shared(&mine, &theirs), self.len(), wanted.len());
        let links = match (self.links.len(), wanted.links.len()) {
            (0, 0) => 1.0,
            (many, most) => {
                let links = |of: &Self| of.links().collect::<BTreeSet<_>>();
                f1(links(self).intersection(&links(wanted)).count(), many, most)
            }
        };
        (parts + links + f64::from(u8::from(mine == theirs))) / 3.0
    }
}

/// How many of two sorted lists without repetitions are in both.
fn shared(one: &[Part], other: &[Part]) -> usize {
    one.iter().filter(|part| other.binary_search(part).is_ok()).count()
}

/// The harmonic mean of precision and recall of `hits` among so many predicted and so many right ones.
pub(crate) fn f1(hits: usize, predicted: usize, right: usize) -> f64 {
    if hits == 0 {
        return 0.0;
    }
    2.0 * hits as f64 / (predicted + right) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_worth_most_where_it_is_right() {
        let chain = Outline::chain(vec![1, 2, 3]);
        assert_eq!(chain.worth(&chain), 1.0);
        assert_eq!(chain.worth(&Outline::side_by_side(vec![1, 2, 3])), 2.0 / 3.0);
        assert_eq!(chain.worth(&Outline::chain(vec![3, 2, 1])), 2.0 / 3.0);
        assert_eq!(chain.worth(&Outline::chain(vec![4])), 0.0);
        assert!(chain.worth(&Outline::chain(vec![1, 2])) < chain.worth(&Outline::chain(vec![1, 2, 3, 4])));
    }

    #[test]
    fn an_outline_runs_forward_only() {
        let outline =
            Outline::new(vec![7, 8, 7], [(0, 1), (1, 0), (1, 1), (1, 9), (1, 2)]).expect("three parts");
        assert_eq!(outline.links().collect::<Vec<_>>(), [(7, 8), (8, 7)]);
        assert_eq!(outline, Outline::chain(vec![7, 8, 7]));
        assert_eq!(outline.set(), [7, 8]);
        assert_eq!(Outline::new(Vec::new(), []), None);
        assert_eq!(Outline::new(vec![1; 65], []), None);
    }
}
