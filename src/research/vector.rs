//! A component as a vector: how often each term is in each of its fields.

use super::terms::humps_apart;
use super::varint::{push, take};
use super::vocabulary::{Term, Vocabulary};
use crate::model::component::Component;

/// A field's boost and how much its length counts (b).
struct Field {
    boost: f64,
    b: f64,
}

/// Name, plugin, description, headings, body.
const FIELDS: [Field; 5] = [
    Field { boost: 8.0, b: 0.6 },
    Field { boost: 2.0, b: 0.6 },
    Field { boost: 4.0, b: 0.6 },
    Field { boost: 0.8, b: 0.75 },
    Field { boost: 0.15, b: 0.75 },
];

pub(super) const NAME: usize = 0;
pub(super) const PLUGIN: usize = 1;
pub(super) const DESCRIPTION: usize = 2;
/// Fields before this one are what a component says of itself.
pub(super) const BODY: usize = 4;

/// A number for each field.
pub(super) type Counts = [u32; FIELDS.len()];

/// A component's text as terms, in the form that is kept: lengths of the fields, then, by term, how
/// far its number is from the one before, which fields have it, and how often each of these does.
pub(crate) fn vector(component: &Component, vocabulary: &Vocabulary) -> Vec<u8> {
    let fields = [
        humps_apart(component.id.name()),
        humps_apart(component.id.plugin()),
        component.description.clone(),
        component.headings.join("\n"),
        component.body.clone(),
    ];
    let mut seen: Vec<(Term, usize)> = Vec::new();
    let mut lengths = Counts::default();
    for (field, text) in fields.iter().enumerate() {
        let before = seen.len();
        vocabulary.read(text, |term| seen.push((term, field)));
        lengths[field] = u32::try_from(seen.len() - before).unwrap_or(u32::MAX);
    }
    seen.sort_unstable();
    let counts = seen.chunk_by(|a, b| a.0 == b.0).map(|chunk| {
        let mut counts = Counts::default();
        chunk.iter().for_each(|(_, field)| counts[*field] += 1);
        (chunk[0].0, counts)
    });
    encode(&lengths, counts)
}

fn encode(lengths: &Counts, terms: impl IntoIterator<Item = (Term, Counts)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    lengths.iter().for_each(|length| push(&mut bytes, *length));
    let mut last = 0;
    for (term, counts) in terms {
        let has = |field: &usize| counts[*field] > 0;
        push(&mut bytes, term - last);
        push(&mut bytes, (0..counts.len()).filter(has).fold(0, |fields, field| fields | 1 << field));
        counts.iter().filter(|count| **count > 0).for_each(|count| push(&mut bytes, *count));
        last = term;
    }
    bytes
}

/// A vector, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vector<'v> {
    lengths: Counts,
    terms: &'v [u8],
}

impl<'v> Vector<'v> {
    /// What `bytes` hold; `None`: no vector of terms below `terms`.
    pub(super) fn decode(bytes: &'v [u8], terms: usize) -> Option<Self> {
        let mut rest = bytes;
        let mut lengths = Counts::default();
        for length in &mut lengths {
            *length = take(&mut rest)?;
        }
        let vector = Self { lengths, terms: rest };
        let mut last = 0_u32;
        while !rest.is_empty() {
            let (step, _) = one(&mut rest)?;
            last = last.checked_add(step)?;
            if last as usize >= terms {
                return None;
            }
        }
        Some(vector)
    }

    /// Its terms in order, with how often each is in each field.
    pub(super) fn terms(&self) -> impl Iterator<Item = (Term, Counts)> + use<'v> {
        let mut rest = self.terms;
        let mut last = 0;
        std::iter::from_fn(move || {
            let (step, counts) = one(&mut rest)?;
            last += step;
            Some((last, counts))
        })
    }

    /// The same with other numbers for its terms.
    pub(super) fn renumbered(&self, new: &[Term]) -> Vec<u8> {
        let mut terms: Vec<(Term, Counts)> =
            self.terms().map(|(term, counts)| (new[term as usize], counts)).collect();
        terms.sort_unstable();
        encode(&self.lengths, terms)
    }

    /// The tf of a term with these counts: boosted, and relative to the fields' mean lengths.
    pub(super) fn frequency(&self, counts: &Counts, means: &Means) -> f64 {
        let field = |i: usize| {
            let length = f64::from(self.lengths[i]) / means.0[i];
            FIELDS[i].boost * f64::from(counts[i]) / (1.0 - FIELDS[i].b + FIELDS[i].b * length)
        };
        (0..FIELDS.len()).filter(|i| counts[*i] > 0).map(field).sum()
    }
}

/// Takes how far the next term is, and its counts, off the front of `bytes`.
fn one(bytes: &mut &[u8]) -> Option<(Term, Counts)> {
    let (step, fields) = (take(bytes)?, take(bytes)?);
    let mut counts = Counts::default();
    for (field, count) in counts.iter_mut().enumerate() {
        if fields & 1 << field != 0 {
            *count = take(bytes)?;
        }
    }
    (fields >> counts.len() == 0).then_some((step, counts))
}

/// Whether a term with these counts is in a field before the body.
pub(super) fn is_said(counts: &Counts) -> bool {
    counts[..BODY].iter().any(|count| *count > 0)
}

/// Mean lengths of the fields; at least a little, so that they can divide.
pub(super) struct Means([f64; FIELDS.len()]);

impl Means {
    /// Over these vectors.
    pub(super) fn of<'v>(vectors: impl Iterator<Item = Vector<'v>>) -> Self {
        let (mut number, mut sums) = (0_usize, [0.0; FIELDS.len()]);
        for vector in vectors {
            number += 1;
            for (sum, length) in sums.iter_mut().zip(&vector.lengths) {
                *sum += f64::from(*length);
            }
        }
        Self(sums.map(|sum: f64| (sum / number.max(1) as f64).max(0.1)))
    }
}
