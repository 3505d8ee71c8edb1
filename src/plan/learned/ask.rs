//! What is asked: a request, its clauses, and what their words say of parts without any history.

use super::features::words;
use super::lexicon::Lexicon;
use super::outline::{Outline, Part};
use super::search::{Hit, Search};
use super::text::Token;

/// A clause whose best hit has less of the best score of all clauses asks for nothing of its own.
const WEAK: f64 = 0.4;

/// A piece of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clause {
    /// What search finds for it, best first.
    pub(crate) hits: Vec<Hit>,
    /// How much its words speak for parts, sorted by part.
    pub(crate) spoken: Vec<(Part, f64)>,
}

/// A request, whole and clause by clause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    pub(crate) tokens: Vec<Token>,
    pub(crate) whole: Vec<Hit>,
    pub(crate) clauses: Vec<Clause>,
}

impl Ask {
    /// Looks up a request that was read, and its clauses.
    pub(crate) fn of(whole: Vec<Token>, clauses: &[Vec<Token>], search: &Search, lexicon: &Lexicon) -> Self {
        let clause = |tokens: &Vec<Token>| Clause {
            hits: search.find(tokens),
            spoken: lexicon.clause(&words(tokens)),
        };
        let clauses = clauses.iter().map(clause).collect();
        Self { whole: search.find(&whole), tokens: whole, clauses }
    }

    /// The plan without any history: the best part of every clause, in the order of the request.
    pub(crate) fn cold(&self) -> Option<Outline> {
        let tops: Vec<Hit> = self.clauses.iter().filter_map(|clause| clause.hits.first().copied()).collect();
        let best = tops.iter().map(|hit| hit.score).fold(0.0, f64::max);
        let mut parts: Vec<Part> = Vec::new();
        for hit in tops {
            if hit.score >= WEAK * best && !parts.contains(&hit.part) && parts.len() < Outline::LONGEST {
                parts.push(hit.part);
            }
        }
        (!parts.is_empty()).then(|| Outline::chain(parts))
    }

    /// Clauses that share no word with any part of the outline.
    pub(crate) fn without(&self, outline: &Outline) -> Vec<usize> {
        let spoken = |clause: &Clause, part: &Part| {
            clause.hits.iter().any(|hit| hit.part == *part)
                || clause.spoken.binary_search_by_key(part, |it| it.0).is_ok()
        };
        let served = |clause: &Clause| outline.parts().iter().any(|part| spoken(clause, part));
        (0..self.clauses.len()).filter(|&at| !served(&self.clauses[at])).collect()
    }
}
