//! The memories nearest to a request, and how near they are to each other.

use super::features::{Feature, features, is_pair};
use super::past::{Past, Vector, dot};
use super::text::Token;

/// The rarest words of a request that memories are looked up by.
const LOOKED_UP: usize = 24;
/// Memories that are looked at, and the nearest of them that are used.
const LOOKED_AT: usize = 512;
const USED: usize = 256;

/// The nearest memories, the nearest first.
#[derive(Debug, Default)]
pub(crate) struct Recall {
    pub(crate) memories: Vec<u32>,
    /// Of each its nearness to the request: cosine, less with age.
    pub(crate) near: Vec<f64>,
    vectors: Vec<Vector>,
}

impl Recall {
    /// Looks up what is like a request.
    pub(crate) fn of(past: &Past, tokens: &[Token]) -> Self {
        let wanted = past.vector(&features(tokens));
        let mut nearest: Vec<(u32, f64, Vector)> = looked_up(past, &wanted)
            .into_iter()
            .map(|number| {
                let memory = &past.memories[number as usize];
                let vector = past.vector(&features(&memory.tokens));
                let near = dot(&vector, &wanted) * past.nearness(past.newest - memory.day);
                (number, near, vector)
            })
            .collect();
        nearest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        nearest.truncate(USED);
        let mut recall = Self::default();
        for (number, near, vector) in nearest {
            recall.memories.push(number);
            recall.near.push(near);
            recall.vectors.push(vector);
        }
        recall
    }

    pub(crate) fn len(&self) -> usize {
        self.memories.len()
    }

    /// How near every memory is to every other: rows of a symmetric matrix, one after the other.
    pub(crate) fn gram(&self, past: &Past) -> Vec<f64> {
        let count = self.len();
        let mut entries: Vec<(Feature, u16, f32)> = Vec::new();
        for (row, vector) in self.vectors.iter().enumerate() {
            entries.extend(vector.iter().map(|&(feature, value)| (feature, row as u16, value)));
        }
        entries.sort_unstable_by_key(|it| (it.0, it.1));
        let mut gram = vec![0.0_f64; count * count];
        for shared in entries.chunk_by(|a, b| a.0 == b.0) {
            for (at, &(_, row, value)) in shared.iter().enumerate() {
                let line = &mut gram[usize::from(row) * count..][..count];
                for &(_, other, its) in &shared[..=at] {
                    line[usize::from(other)] += f64::from(value * its);
                }
            }
        }
        for row in 0..count {
            for other in 0..=row {
                let days = |at: usize| past.memories[self.memories[at] as usize].day;
                let near = gram[row * count + other] * past.nearness(days(row) - days(other));
                gram[row * count + other] = near;
                gram[other * count + row] = near;
            }
        }
        gram
    }
}

/// Memories that share the rarest words with what is wanted, those that share most.
fn looked_up(past: &Past, wanted: &[(Feature, f32)]) -> Vec<u32> {
    let mut words: Vec<(Feature, f32)> = wanted.iter().filter(|it| !is_pair(it.0)).copied().collect();
    words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut scores = vec![0.0_f32; past.memories.len()];
    let mut found: Vec<u32> = Vec::new();
    for (feature, value) in words.into_iter().take(LOOKED_UP) {
        for &memory in past.postings.get(&feature).map_or(&[][..], Vec::as_slice) {
            let score = &mut scores[memory as usize];
            if *score == 0.0 {
                found.push(memory);
            }
            *score += value * value;
        }
    }
    let order = |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(b.cmp(a));
    if found.len() > LOOKED_AT {
        found.select_nth_unstable_by(LOOKED_AT, order);
        found.truncate(LOOKED_AT);
    }
    found
}
