//! The index: for each term the classes of components that are one thing and have it, and how strongly.
//!
//! strength = tf / (k1 + tf), tf = Σ over fields of boost · count / (1 − b + b · length / mean length): the
//! part of BM25F that does not depend on the request. Robertson and Zaragoza, "The Probabilistic Relevance
//! Framework: BM25 and Beyond", 2009, sections 3.4 and 3.6.
//!
//! The same components give the same bytes, whatever was known before.

use super::classes::{Class, classes};
use super::varint::{push, take};
use super::vector::{Means, Vector, is_said};
use super::vocabulary::Term;
use crate::model::id::ComponentId;
use crate::model::records;

/// How fast repetitions of a word stop counting.
const K1: f64 = 2.0;

/// What search reads, a few bytes at a time: each is a list of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    /// Sorted.
    pub(crate) terms: Vec<u8>,
    /// By term.
    pub(crate) postings: Vec<u8>,
    /// By class: its components.
    pub(crate) classes: Vec<u8>,
    /// By component: its class.
    pub(crate) class_of: Vec<u32>,
}

/// What a component gives to the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'e> {
    pub(crate) id: &'e ComponentId,
    pub(crate) vector: &'e [u8],
    pub(crate) profile: &'e [u8],
}

/// A term in a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Posting {
    pub(super) class: u32,
    /// From 0 to 1.
    pub(super) strength: f32,
    /// Whether it is in a field before the body.
    pub(super) said: bool,
}

/// The index of these components, which come by id, and their vectors with the numbers that the index has for
/// `terms`. `None`: one of them has no vector of these terms, or no profile.
pub(crate) fn index(components: &[Entry<'_>], terms: Vec<String>) -> Option<(Index, Vec<Vec<u8>>)> {
    let vectors: Option<Vec<Vector>> =
        components.iter().map(|it| Vector::decode(it.vector, terms.len())).collect();
    let vectors = vectors?;
    let members = components.iter().zip(&vectors).map(|(it, vector)| (it.id, vector, it.profile));
    let classes = classes(members, &terms)?;
    let (terms, new) = sorted(terms, &vectors);
    let means = Means::of(classes.iter().map(|class| vectors[class[0].0]));
    let mut postings: Vec<Postings> = vec![Postings::default(); terms.len()];
    let mut class_of = vec![0; components.len()];
    for (number, class) in (0..).zip(&classes) {
        class.iter().for_each(|(place, _)| class_of[*place] = number);
        let vector = &vectors[class[0].0];
        for (term, counts) in vector.terms() {
            let tf = vector.frequency(&counts, &means);
            let strength = (tf / (K1 + tf)) as f32;
            let posting = Posting { class: number, strength, said: is_said(&counts) };
            postings[new[term as usize] as usize].push(posting);
        }
    }
    let postings: Vec<Vec<u8>> = postings.into_iter().map(|postings| postings.bytes).collect();
    let kept = |class| {
        let class = Class::of(class, |place| components[place].id.clone());
        postcard::to_stdvec(&class).expect("texts and numbers")
    };
    let classes: Vec<Vec<u8>> = classes.iter().map(kept).collect();
    let vectors = vectors.iter().map(|vector| vector.renumbered(&new)).collect();
    let index = Index {
        terms: records::encode(&terms),
        postings: records::encode(&postings),
        classes: records::encode(&classes),
        class_of,
    };
    Some((index, vectors))
}

/// The terms that a vector has, sorted, and the new numbers of all by their old ones.
fn sorted(terms: Vec<String>, vectors: &[Vector<'_>]) -> (Vec<String>, Vec<Term>) {
    let mut used = vec![false; terms.len()];
    vectors.iter().flat_map(Vector::terms).for_each(|(term, _)| used[term as usize] = true);
    let mut kept: Vec<(String, usize)> =
        terms.into_iter().zip(0..).filter(|(_, number)| used[*number]).collect();
    kept.sort_unstable();
    let mut new = vec![0; used.len()];
    for ((_, old), number) in kept.iter().zip(0..) {
        new[*old] = number;
    }
    (kept.into_iter().map(|(term, _)| term).collect(), new)
}

/// Postings in the form that is kept. By class: how far its number is from the one before, then four bytes for
/// the strength, of which the sign says whether it is said.
#[derive(Clone, Debug, Default)]
struct Postings {
    bytes: Vec<u8>,
    last: u32,
}

impl Postings {
    fn push(&mut self, posting: Posting) {
        let Posting { class, strength, said } = posting;
        push(&mut self.bytes, class - self.last);
        let signed = if said { -strength } else { strength };
        self.bytes.extend(signed.to_le_bytes());
        self.last = class;
    }
}

/// What these bytes are kept of; `None`: of nothing, or not of classes below `classes`.
pub(super) fn decode(bytes: &[u8], classes: u64) -> Option<Vec<Posting>> {
    let mut postings = Vec::with_capacity(bytes.len() / 5);
    let mut class = 0_u32;
    let mut rest = bytes;
    while !rest.is_empty() {
        class = class.checked_add(take(&mut rest)?)?;
        let (signed, behind) = rest.split_first_chunk()?;
        rest = behind;
        if u64::from(class) >= classes {
            return None;
        }
        let signed = f32::from_le_bytes(*signed);
        postings.push(Posting { class, strength: signed.abs(), said: signed.is_sign_negative() });
    }
    Some(postings)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn postings_read_back(list in prop::collection::btree_map(any::<u32>(), (0.0..1.0_f32, any::<bool>()), 0..50)) {
            let list: Vec<Posting> =
                list.into_iter().map(|(class, (strength, said))| Posting { class, strength, said }).collect();
            let mut postings = Postings::default();
            list.iter().for_each(|posting| postings.push(*posting));
            prop_assert_eq!(decode(&postings.bytes, 1 << 32), Some(list.clone()));
            let most = list.last().map_or(0, |posting| u64::from(posting.class));
            prop_assert!(list.is_empty() || decode(&postings.bytes, most).is_none());
        }

        #[test]
        fn nonsense_is_no_postings_and_no_panic(bytes: Vec<u8>) {
            decode(&bytes, 1_000);
            Vector::decode(&bytes, 1_000);
        }
    }
}
