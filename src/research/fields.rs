//! A component as fields of terms, and what a term's occurrences in them are worth.

use super::terms::{Term, Terms, humps_apart};
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

/// Fields before this one are what a component says of itself.
pub(super) const BODY: usize = 4;

/// How often each term is in each field.
pub(super) type Counts = [u32; FIELDS.len()];

/// One component's text as terms.
pub(super) struct Text {
    pub(super) counts: Vec<(Term, Counts)>,
    lengths: Counts,
}

impl Text {
    /// Reads every field of `component`.
    pub(super) fn read(component: &Component, terms: &mut Terms) -> Self {
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
            terms.read(text, |term| seen.push((term, field)));
            lengths[field] = u32::try_from(seen.len() - before).unwrap_or(u32::MAX);
        }
        seen.sort_unstable();
        let counts = seen.chunk_by(|a, b| a.0 == b.0).map(|chunk| {
            let mut counts = Counts::default();
            chunk.iter().for_each(|(_, field)| counts[*field] += 1);
            (chunk[0].0, counts)
        });
        Self { counts: counts.collect(), lengths }
    }

    /// The tf of a term with these counts: boosted, and relative to the fields' mean lengths.
    pub(super) fn frequency(&self, counts: &Counts, means: &[f64; FIELDS.len()]) -> f64 {
        let field = |i: usize| {
            let length = f64::from(self.lengths[i]) / means[i];
            FIELDS[i].boost * f64::from(counts[i]) / (1.0 - FIELDS[i].b + FIELDS[i].b * length)
        };
        (0..FIELDS.len()).filter(|i| counts[*i] > 0).map(field).sum()
    }
}

/// By field, over all texts; at least a little, so that it can divide.
pub(super) fn mean_lengths(texts: &[Text]) -> [f64; FIELDS.len()] {
    std::array::from_fn(|field| {
        let sum: f64 = texts.iter().map(|text| f64::from(text.lengths[field])).sum();
        (sum / texts.len().max(1) as f64).max(0.1)
    })
}
