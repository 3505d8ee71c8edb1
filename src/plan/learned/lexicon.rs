//! Which words speak for which part: soft counts, seeded by what parts say of themselves.
//!
//! A run says which words went with which parts, but not which word with which part. One step of
//! expectation maximisation divides each word among the run's parts by what is known so far.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::outline::Part;

/// Words that every part is believed to have been seen with, spread as words are in general.
const BELIEVED: f64 = 20.0;
/// Shares below this are not kept.
const LEAST: f64 = 1e-3;

/// Soft counts of words by part.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lexicon {
    /// By word, sorted by part.
    counts: HashMap<u32, Vec<(Part, f64)>>,
    totals: HashMap<Part, f64>,
    general: HashMap<u32, f64>,
    all: f64,
}

impl Lexicon {
    /// Adds a text with its parts, which are sorted and differ.
    pub(crate) fn add(&mut self, words: &[(u32, u32)], parts: &[Part], weight: f64) {
        for &(word, count) in words {
            let count = f64::from(count) * weight;
            *self.general.entry(word).or_default() += count;
            self.all += count;
        }
        for &(word, count) in words {
            let general = self.share(word);
            let beliefs: Vec<f64> = match parts {
                [_] => vec![1.0 / 1.3],
                _ => {
                    let each: Vec<f64> =
                        parts.iter().map(|&part| self.belief(word, part) + 0.02 * general).collect();
                    let all = each.iter().sum::<f64>() + general;
                    each.into_iter().map(|belief| belief / all).collect()
                }
            };
            for (&part, belief) in parts.iter().zip(beliefs) {
                let share = belief * f64::from(count) * weight;
                if share > LEAST {
                    self.raise(word, part, share);
                }
            }
        }
    }

    fn raise(&mut self, word: u32, part: Part, share: f64) {
        *self.totals.entry(part).or_default() += share;
        let counts = self.counts.entry(word).or_default();
        match counts.binary_search_by_key(&part, |it| it.0) {
            Ok(at) => counts[at].1 += share,
            Err(at) => counts.insert(at, (part, share)),
        }
    }

    fn belief(&self, word: u32, part: Part) -> f64 {
        let counts = self.counts.get(&word).map_or(&[][..], Vec::as_slice);
        let count = counts.binary_search_by_key(&part, |it| it.0).map_or(0.0, |at| counts[at].1);
        count / (self.totals.get(&part).copied().unwrap_or(0.0) + BELIEVED)
    }

    /// The share of a word among all, a little more than nothing for one that was never seen.
    fn share(&self, word: u32) -> f64 {
        let seen = self.general.get(&word).copied().unwrap_or(0.0);
        (seen + 0.5) / (self.all + 0.5 * self.general.len() as f64)
    }

    /// How much the words of a clause speak for each part, sorted by part.
    pub(crate) fn clause(&self, words: &[(u32, u32)]) -> Vec<(Part, f64)> {
        let mut scores: HashMap<Part, f64> = HashMap::new();
        let mut known = 0;
        for &(word, count) in words.iter().filter(|it| self.general.contains_key(&it.0)) {
            known += count;
            let share = self.share(word);
            for &(part, seen) in self.counts.get(&word).map_or(&[][..], Vec::as_slice) {
                *scores.entry(part).or_default() += f64::from(count) * libm::log1p(seen / (BELIEVED * share));
            }
        }
        let norm = f64::from(known.max(1)).sqrt();
        let mut scores: Vec<(Part, f64)> =
            scores.into_iter().map(|(part, score)| (part, score / norm)).collect();
        scores.sort_unstable_by_key(|it| it.0);
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<(u32, u32)> {
        words.iter().map(|&word| (word, 1)).collect()
    }

    fn best(lexicon: &Lexicon, clause: &[u32]) -> Part {
        let scores = lexicon.clause(&words(clause));
        scores.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("a known word").0
    }

    #[test]
    fn runs_tell_which_word_speaks_for_which_part() {
        let mut lexicon = Lexicon::default();
        lexicon.add(&words(&[1, 2]), &[10], 1.0);
        lexicon.add(&words(&[3]), &[20], 1.0);
        for _ in 0..5 {
            lexicon.add(&words(&[1, 9]), &[10, 20], 1.0);
        }
        assert_eq!(
            best(&lexicon, &[1]),
            10,
            "what is explained by one part leaves the other word to the other"
        );
        assert_eq!(best(&lexicon, &[3]), 20);
        assert_eq!(lexicon.clause(&words(&[77])), []);
    }
}
