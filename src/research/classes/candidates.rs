//! Pairs of texts that are worth comparing: those of which a row of their sketches is equal.
//!
//! Never more than a few for each text, however many texts share what they say.

use rayon::prelude::*;

use super::sketch::{ROWS, Sketch};

/// Texts with one equal row, of which all pairs are looked at. More of them share a template: of those
/// only texts of the same name are compared.
const FEW: usize = 16;

/// Pairs of indexes, the lesser first, whose sketches are alike by at least `least`, with how much that is, in
/// order. `names` are equal where those of the texts are.
pub(super) fn pairs(sketches: &[Option<&Sketch>], names: &[u32], least: f32) -> Vec<(u32, u32, f32)> {
    let rows: Vec<_> = sketches.iter().map(|sketch| sketch.map(Sketch::rows)).collect();
    let alike = |(one, other): (u32, u32)| {
        let likeness = sketches[one as usize]?.likeness(sketches[other as usize]?);
        (likeness >= least).then_some((one, other, likeness))
    };
    let of_row = |row: usize| -> Vec<(u32, u32, f32)> {
        let with = (0_u32..).zip(&rows).filter_map(|(index, rows)| Some(((*rows)?[row], index)));
        let mut sorted: Vec<(u64, u32)> = with.collect();
        sorted.sort_unstable();
        let equal = sorted.chunk_by(|a, b| a.0 == b.0).filter(|chunk| chunk.len() > 1);
        equal.flat_map(|chunk| within(chunk, names)).filter_map(alike).collect()
    };
    let mut found: Vec<(u32, u32, f32)> = (0..ROWS).into_par_iter().flat_map_iter(of_row).collect();
    found.par_sort_unstable_by_key(|(one, other, _)| (*one, *other));
    found.dedup();
    found
}

/// The pairs of one bucket, which is in order of index.
fn within(bucket: &[(u64, u32)], names: &[u32]) -> Vec<(u32, u32)> {
    if bucket.len() <= FEW {
        let behind = |at: usize| bucket[at + 1..].iter().map(move |other| (bucket[at].1, other.1));
        return (0..bucket.len()).flat_map(behind).collect();
    }
    let mut named: Vec<(u32, u32)> =
        bucket.iter().map(|(_, index)| (names[*index as usize], *index)).collect();
    named.sort_unstable();
    // The first of a name speaks for it.
    let of_name = named.chunk_by(|a, b| a.0 == b.0);
    of_name.flat_map(|chunk| chunk[1..].iter().map(|other| (chunk[0].1, other.1))).collect()
}
