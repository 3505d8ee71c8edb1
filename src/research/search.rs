//! Search: the best components for a request, out of an index that lies somewhere else. Only what is
//! asked for is read of it.
//!
//! score = Σ w · idf · strength over the request's words, where w is the word's weight and idf = ln(1 + (N − n +
//! ½) / (n + ½)) for a word that n of N classes have in any field: BM25F; the 1 inside the logarithm keeps idf
//! positive.

use super::classes::Class;
use super::index::{Posting, decode};
use super::query::{UNKNOWN_ATTACHED, Wanted, wanted};
use crate::model::id::ComponentId;
use crate::model::records::Records;

/// How much a word counts towards coverage that only the body has.
const MENTIONED: f64 = 0.5;

/// A component that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) component: ComponentId,
    /// Comparable between hits of one search only.
    pub(crate) score: f64,
    /// From 0 to 1: the share of what was asked for, by idf and weight, that the component speaks
    /// of. A word that it says of itself (name, plugin, description, headings) counts whole, one
    /// that only its body mentions half. The one number that is comparable between searches.
    pub(crate) coverage: f64,
    /// The request's words that it has, in the request's order.
    pub(crate) matched: Vec<String>,
    /// Components that are nearly or wholly the same, the most alike first: each other's fallbacks.
    pub(crate) also: Vec<ComponentId>,
}

/// An index that lies somewhere else. `None` is the answer of one that is not intact.
#[derive(Clone, Copy)]
pub(crate) struct Searcher<'r> {
    pub(crate) terms: Records<'r>,
    pub(crate) postings: Records<'r>,
    pub(crate) classes: Records<'r>,
}

/// What a class has of a word: its score, and the mass that it covers.
type Match = (u32, f64, f64);

impl Searcher<'_> {
    /// The best components for `query`: by score, then by id. At most `limit`.
    pub(crate) fn search(&self, query: &str, limit: usize) -> Option<Vec<Hit>> {
        let wanted = wanted(query);
        let mut matches = Vec::with_capacity(wanted.len());
        let mut asked = 0.0;
        for want in &wanted {
            let (mass, found) = self.matches(want)?;
            asked += mass;
            matches.push(found);
        }
        let found = Found::of(&matches, usize::try_from(self.classes.len()).ok()?)?;
        let hit = |class: u32| {
            let ids: Class = postcard::from_bytes(&self.classes.get(class.into())?).ok()?;
            let has = |(_, matches): &(&Wanted, &Vec<Match>)| {
                matches.binary_search_by_key(&class, |(class, ..)| *class).is_ok()
            };
            let matched = wanted.iter().zip(&matches).filter(has).map(|(want, _)| want.word.clone());
            Some(Hit {
                also: ids.ids().skip(1).cloned().collect(),
                component: ids.first,
                score: found.scores[class as usize],
                coverage: (found.covered[class as usize] / asked).clamp(0.0, 1.0),
                matched: matched.collect(),
            })
        };
        found.best(limit).into_iter().map(hit).collect()
    }

    /// A word's mass in the request, and what the classes that have it cover of that, by class. Of a word
    /// and its synonyms the best counts.
    fn matches(&self, want: &Wanted) -> Option<(f64, Vec<Match>)> {
        let mut matches: Vec<Match> = Vec::new();
        let mut mass = f64::INFINITY;
        for (stem, weight) in &want.stems {
            let postings = self.postings(stem)?;
            let idf = self.idf(postings.len());
            mass = mass.min(want.weight * idf);
            let part = want.weight * weight;
            matches.extend(postings.iter().map(|posting| {
                let covered = if posting.said { part } else { part * MENTIONED };
                (posting.class, part * idf * f64::from(posting.strength), covered)
            }));
        }
        if want.stems.len() > 1 {
            matches.sort_by_key(|(class, ..)| *class);
            matches.dedup_by(|(class, score, covered), best| {
                let same = *class == best.0;
                if same {
                    *best = (best.0, best.1.max(*score), best.2.max(*covered));
                }
                same
            });
        }
        if want.attached && matches.is_empty() {
            mass *= UNKNOWN_ATTACHED;
        }
        // The commonest of the synonyms says how much there is to cover.
        let share = mass / want.weight;
        matches.iter_mut().for_each(|(.., covered)| *covered *= share);
        Some((mass, matches))
    }

    fn postings(&self, stem: &str) -> Option<Vec<Posting>> {
        match self.terms.find(stem.as_bytes())? {
            Some(term) => decode(&self.postings.get(term)?, self.classes.len()),
            None => Some(Vec::new()),
        }
    }

    fn idf(&self, classes_with: usize) -> f64 {
        let (all, with) = (self.classes.len() as f64, classes_with as f64);
        libm::log(1.0 + (all - with + 0.5) / (with + 0.5))
    }
}

/// What a search knows of the classes.
struct Found {
    /// Those that have any of the words, in no order.
    classes: Vec<u32>,
    /// By class.
    scores: Vec<f64>,
    covered: Vec<f64>,
}

impl Found {
    /// What these matches of words come to; classes are below `all`.
    fn of(matches: &[Vec<Match>], all: usize) -> Option<Self> {
        let mut found = Self { classes: Vec::new(), scores: vec![0.0; all], covered: vec![0.0; all] };
        let mut has = vec![false; all];
        for (class, score, covered) in matches.iter().flatten() {
            let place = *class as usize;
            if !std::mem::replace(has.get_mut(place)?, true) {
                found.classes.push(*class);
            }
            found.scores[place] += score;
            found.covered[place] += covered;
        }
        Some(found)
    }

    /// The best, by score, then by number, which is by id.
    fn best(&self, limit: usize) -> Vec<u32> {
        let mut classes = self.classes.clone();
        let order = |a: &u32, b: &u32| {
            let score = |class: &u32| self.scores[*class as usize];
            score(b).total_cmp(&score(a)).then(a.cmp(b))
        };
        if (1..classes.len()).contains(&limit) {
            classes.select_nth_unstable_by(limit - 1, order);
        }
        classes.truncate(limit);
        classes.sort_unstable_by(order);
        classes
    }
}
