//! Search by words over what parts say of themselves: BM25, name twice, then description.
//!
//! Every word counts here, also a verb that asks for anything: among the parts of one service, `create` and
//! `delete` are what tells them apart.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::outline::Part;
use super::text::Token;

/// How fast repetitions of a word stop counting, and how much a text's length counts.
const K1: f64 = 1.2;
const B: f64 = 0.5;

/// A part that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) part: Part,
    /// Comparable within one search only.
    pub(crate) score: f64,
    /// The share of the part's name, and of its whole text, that was asked for.
    pub(crate) named: f64,
    pub(crate) told: f64,
    /// Where in the text it is asked for, from 0 to 1.
    pub(crate) at: f64,
}

/// A word in a part's text.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Posting {
    part: Part,
    strength: f64,
    in_name: bool,
}

/// What parts say of themselves, by word.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Search {
    postings: HashMap<u32, Vec<Posting>>,
    /// The sum of idf over each part's name, and over its whole text.
    masses: Vec<(f64, f64)>,
}

/// A part's name and description.
pub(crate) struct Text {
    pub(crate) name: Vec<Token>,
    pub(crate) description: Vec<Token>,
}

impl Search {
    /// Reads the texts of all parts, in the order of their numbers.
    pub(crate) fn of(texts: &[Text]) -> Self {
        let content = |tokens: &[Token]| -> Vec<u32> {
            tokens.iter().filter(|it| it.is_content()).map(|it| it.word()).collect()
        };
        let read = |text: &Text| {
            let name = content(&text.name);
            let mut all = [&name[..], &name, &content(&text.description)].concat();
            all.sort_unstable();
            (name, all)
        };
        let texts: Vec<(Vec<u32>, Vec<u32>)> = texts.iter().map(read).collect();
        let mean = texts.iter().map(|it| it.1.len()).sum::<usize>() as f64 / texts.len().max(1) as f64;
        let mut search = Self { postings: HashMap::new(), masses: vec![(0.0, 0.0); texts.len()] };
        for (part, (name, words)) in texts.iter().enumerate() {
            let long = 1.0 - B + B * words.len() as f64 / mean.max(1.0);
            for equal in words.chunk_by(|a, b| a == b) {
                let count = equal.len() as f64;
                let strength = count * (K1 + 1.0) / (count + K1 * long);
                let posting = Posting { part: part as Part, strength, in_name: name.contains(&equal[0]) };
                search.postings.entry(equal[0]).or_default().push(posting);
            }
        }
        let parts = texts.len();
        for (part, (_, words)) in texts.iter().enumerate() {
            for equal in words.chunk_by(|a, b| a == b) {
                let postings = &search.postings[&equal[0]];
                let idf = idf(parts, postings.len());
                let at = postings.partition_point(|it| (it.part as usize) < part);
                search.masses[part].0 += if postings[at].in_name { idf } else { 0.0 };
                search.masses[part].1 += idf;
            }
        }
        search
    }

    /// Parts that share a word with `tokens`, the best first.
    pub(crate) fn find(&self, tokens: &[Token]) -> Vec<Hit> {
        let places = tokens.iter().enumerate().filter(|(_, it)| it.is_content());
        let mut words: Vec<(u32, usize)> = places.map(|(at, it)| (it.word(), at)).collect();
        words.sort_unstable();
        words.dedup_by_key(|it| it.0);
        let mut found: HashMap<Part, Hit> = HashMap::new();
        for (word, at) in words {
            let Some(postings) = self.postings.get(&word) else { continue };
            let idf = idf(self.masses.len(), postings.len());
            for posting in postings {
                let part = posting.part;
                let hit =
                    found.entry(part).or_insert(Hit { part, score: 0.0, named: 0.0, told: 0.0, at: 0.0 });
                let score = idf * posting.strength;
                hit.score += score;
                hit.named += if posting.in_name { idf } else { 0.0 };
                hit.told += idf;
                hit.at += score * at as f64;
            }
        }
        let last = tokens.len().max(1) as f64;
        let settled = |mut hit: Hit| {
            let (name, all) = self.masses[hit.part as usize];
            hit.named /= name.max(f64::MIN_POSITIVE);
            hit.told /= all.max(f64::MIN_POSITIVE);
            hit.at /= hit.score * last;
            hit
        };
        let mut hits: Vec<Hit> = found.into_values().map(settled).collect();
        hits.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.part.cmp(&b.part)));
        hits
    }
}

fn idf(all: usize, with: usize) -> f64 {
    libm::log(1.0 + (all as f64 - with as f64 + 0.5) / (with as f64 + 0.5))
}
