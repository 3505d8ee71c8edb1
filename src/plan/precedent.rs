//! The pattern that a request is most like.

use std::collections::BTreeSet;

use crate::model::evidence::Tally;
use crate::model::id::ComponentId;
use crate::model::library::Library;
use crate::model::pattern::{Pattern, Stage};

use super::task::Task;

/// Weights of the four parts of a score; they add up to 1.
const OVERLAP: f64 = 0.4;
const SUCCESS: f64 = 0.3;
const USAGE: f64 = 0.2;
const RECENCY: f64 = 0.1;

/// A request of which a pattern shares fewer keywords is not like it.
const SHARED: usize = 2;
/// Patterns below this score are not followed: with one run that passed today, a pattern reaches it
/// when it knows 55 % of the request's keywords.
const ENOUGH: f64 = 0.45;
/// Runs at which usage counts half.
const HALF_USAGE: f64 = 10.0;
/// Days after which recency counts half.
const HALF_LIFE: f64 = 90.0;

/// A pattern that a plan may follow.
#[derive(Clone, Copy)]
pub(super) struct Precedent<'a> {
    pub(super) pattern: &'a Pattern,
    pub(super) tally: Tally,
    score: f64,
}

/// How many keywords of a request a pattern has.
fn shared(pattern: &Pattern, words: &BTreeSet<&str>) -> usize {
    pattern.words.iter().filter(|word| words.contains(word.as_str())).count()
}

/// The components of patterns that have enough keywords of a request to be followed.
pub(super) fn components<'l>(
    words: &BTreeSet<&str>,
    library: &'l Library,
) -> impl Iterator<Item = &'l ComponentId> {
    let alike = library.patterns.values().filter(|pattern| shared(pattern, words) >= SHARED);
    alike.flat_map(|pattern| pattern.phases.components())
}

impl<'a> Precedent<'a> {
    /// Patterns like the request of `task`, the most alike first. One that failed more often
    /// than it passed, or that needs a component which the catalog lacks, is no precedent.
    pub(super) fn of(task: &Task<'a>, library: &'a Library) -> Vec<Self> {
        let words: BTreeSet<&str> =
            task.needs.iter().flat_map(|(need, _)| &need.words).map(String::as_str).collect();
        let mut precedents: Vec<Self> = library
            .patterns
            .values()
            .filter_map(|pattern| Self::scored(pattern, &words, task, library))
            .collect();
        precedents.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.pattern.id.cmp(&b.pattern.id)));
        precedents
    }

    fn scored(
        pattern: &'a Pattern,
        words: &BTreeSet<&str>,
        task: &Task<'_>,
        library: &Library,
    ) -> Option<Self> {
        let tally = library.pattern_tally(pattern);
        let retired = Stage::of(tally, pattern.requests.len(), &library.policy) == Stage::Retired;
        let shared = shared(pattern, words);
        let complete = || pattern.phases.components().all(|id| task.catalog.get(id).is_some());
        let proven = tally.passed > 0 && tally.failed <= tally.passed;
        if retired || !proven || shared < SHARED || !complete() {
            return None;
        }
        let runs = tally.runs() as f64;
        let age = pattern.updated.days_until(task.now).max(0.0);
        // Overlap is the share of the request that the pattern knows, not Jaccard's: a pattern
        // collects the words of every request that it served, and that must not count against it.
        let score = OVERLAP * shared as f64 / words.len() as f64
            + SUCCESS * tally.lower_bound()
            + USAGE * runs / (runs + HALF_USAGE)
            + RECENCY * libm::exp2(-age / HALF_LIFE);
        (score >= ENOUGH).then_some(Self { pattern, tally, score })
    }

    /// `as in pattern X (3 of 4 runs passed)`.
    pub(super) fn why(&self) -> String {
        let Self { pattern, tally, .. } = self;
        format!("as in pattern {} ({} of {} runs passed)", pattern.id, tally.passed, tally.runs())
    }
}
