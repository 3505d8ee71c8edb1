//! Outlines that may be what is wanted: seen ones, edited ones, and ones put together from likely parts.

use std::collections::HashSet;

use super::ask::Ask;
use super::chance::{logit, probability};
use super::evidence::Evidence;
use super::outline::{Outline, Part};
use super::past::Past;

/// Seen outlines by the regression, and by neighbours.
const SEEN: usize = 24;
const NEIGHBOURS: usize = 12;
/// Likely parts that chains are put together from, how long these get, and how many are kept.
const LIKELY: usize = 12;
const CHAIN: usize = 5;
const KEPT: usize = 16;
const CHAINS: usize = 28;
/// The longest plan that is put together from the likeliest parts.
const LONGEST: usize = 16;
/// Seen outlines that are edited, and parts that are tried as additions.
const EDITED: usize = 3;
const ADDED: usize = 2;
/// Where parts may wait or not wait for each other, both are tried.
const EITHER: std::ops::RangeInclusive<f64> = 0.1..=0.9;

/// A request with everything that is known of it.
pub(crate) struct Outlook<'a> {
    pub(crate) past: &'a Past,
    pub(crate) evidence: &'a Evidence,
    /// Of every part of the evidence.
    pub(crate) logits: &'a [f64],
    /// The likeliest parts, the likeliest first.
    pub(crate) likely: Vec<Part>,
    pub(crate) cold: Option<Outline>,
    /// The likeliest part of every clause that speaks for one.
    pub(crate) spoken: Vec<Part>,
    /// How long the request is.
    pub(crate) words: usize,
    pub(crate) clauses: usize,
}

impl<'a> Outlook<'a> {
    pub(crate) fn of(past: &'a Past, evidence: &'a Evidence, logits: &'a [f64], ask: &Ask) -> Self {
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
        let lengths = evidence.lengths.iter().map(|share| share.max(0.0));
        let (sum, longs) = lengths
            .enumerate()
            .fold((0.0, 0.0), |(sum, longs), (length, share)| (sum + share, longs + share * length as f64));
        let need = (2.0 * longs / sum.max(1e-6)) as usize;
        let count = need.max(LIKELY).max(ask.clauses.len() + 2).min(LONGEST);
        let likely = order.iter().take(count).map(|&at| evidence.parts[at].0).collect();
        let words = ask.tokens.iter().filter(|it| it.is_content()).count();
        let (cold, clauses) = (ask.cold(), ask.clauses.len());
        let mut outlook = Self { past, evidence, logits, likely, cold, spoken: Vec::new(), words, clauses };
        outlook.spoken = outlook.of_clauses(ask);
        outlook
    }

    pub(crate) fn logit(&self, part: Part) -> f64 {
        let at = self.evidence.parts.binary_search_by_key(&part, |it| it.0);
        at.map_or(-6.0, |at| self.logits[at])
    }

    /// How surely one part follows right after another, as log odds.
    pub(crate) fn link(&self, link: (Part, Part)) -> f64 {
        match self.evidence.links.get(&link) {
            Some(estimate) => logit(*estimate),
            None if self.past.links.contains_key(&link) => -5.5,
            None => -6.0,
        }
    }

    /// The part of each clause that its words and all other evidence speak for most.
    fn of_clauses(&self, ask: &Ask) -> Vec<Part> {
        let mut parts = Vec::new();
        for clause in &ask.clauses {
            let best = clause.spoken.iter().map(|it| it.1).fold(1e-9, f64::max);
            let score = |&(part, spoken): &(Part, f64)| (part, self.logit(part) + 4.0 * spoken / best);
            let favourite = clause.spoken.iter().map(score).reduce(|a, b| if b.1 > a.1 { b } else { a });
            parts.extend(favourite.map(|it| it.0).filter(|part| !parts.contains(part)));
        }
        parts
    }

    /// `parts` in the order in which they likely run.
    fn ordered(&self, parts: &[Part]) -> Vec<Part> {
        let before = |part: Part| parts.iter().map(|&other| self.evidence.order(other, part)).sum::<f64>();
        let mut ranked: Vec<(f64, Part)> = parts.iter().map(|&part| (before(part), part)).collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranked.into_iter().map(|it| it.1).collect()
    }

    /// Every candidate once, in the order in which they are thought of.
    pub(crate) fn candidates(&self) -> Vec<Outline> {
        let mut pool = Pool::default();
        let seen = self.seen();
        for outline in &seen {
            pool.add(outline.clone());
        }
        // Side by side only where runs showed it.
        let estimate = self.evidence.linked.unwrap_or(1.0);
        let (linked, either) = (estimate >= 0.5, EITHER.contains(&estimate));
        if linked {
            self.chains().into_iter().for_each(|chain| pool.add(Outline::chain(chain)));
        }
        let sets = (1..=self.likely.len()).map(|count| self.ordered(&self.likely[..count]));
        let sets: Vec<Vec<Part>> =
            sets.chain((!self.spoken.is_empty()).then(|| self.spoken.clone())).collect();
        for set in sets {
            if linked || either {
                pool.add(Outline::chain(set.clone()));
            }
            if !linked || either {
                pool.add(Outline::side_by_side(set));
            }
        }
        for outline in seen.iter().take(EDITED) {
            self.edit(outline, &mut pool);
        }
        if let Some(cold) = &self.cold {
            pool.add(cold.clone());
            if !linked {
                pool.add(Outline::side_by_side(cold.parts().to_vec()));
            }
        }
        pool.all
    }

    /// Seen outlines, those first that the regression estimates highest.
    fn seen(&self) -> Vec<Outline> {
        let best = |of: &mut dyn Iterator<Item = (u32, f64)>, count: usize| {
            let mut all: Vec<(u32, f64)> = of.collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            all.truncate(count);
            all.into_iter().map(|it| it.0).collect::<Vec<_>>()
        };
        let evidence = self.evidence;
        let mut numbers = best(&mut evidence.outlines.iter().map(|(k, v)| (*k, *v)), SEEN);
        numbers.extend(best(&mut evidence.shares.iter().map(|(k, v)| (*k, *v)), NEIGHBOURS));
        numbers.into_iter().map(|number| self.past.outlines[number as usize].0.clone()).collect()
    }

    /// Chains of likely parts, grown one part at a time.
    fn chains(&self) -> Vec<Vec<Part>> {
        let tops = &self.likely[..self.likely.len().min(LIKELY)];
        let start =
            |&part: &Part| (vec![part], self.logit(part) + 0.3 * logit(self.evidence.signs(part).first));
        let mut beam: Vec<(Vec<Part>, f64)> = tops.iter().map(start).collect();
        let mut all = beam.clone();
        for _ in 2..=CHAIN {
            let mut next = Vec::new();
            for (chain, value) in &beam {
                for &part in tops.iter().filter(|part| !chain.contains(part)) {
                    let link = 0.35 * (self.link((chain[chain.len() - 1], part)) + 4.0);
                    let order: f64 = chain.iter().map(|&before| self.evidence.order(before, part)).sum();
                    let grown = [&chain[..], &[part]].concat();
                    next.push((grown, value + self.logit(part) + link + 2.0 * order));
                }
            }
            next.sort_by(|a, b| b.1.total_cmp(&a.1));
            next.truncate(KEPT);
            all.extend(next.iter().cloned());
            beam = next;
        }
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all.truncate(CHAINS);
        all.into_iter().map(|it| it.0).collect()
    }

    /// A seen outline without its least likely part, and with a likely one that it lacks.
    fn edit(&self, outline: &Outline, pool: &mut Pool) {
        let parts = outline.parts();
        let shaped = |parts: Vec<Part>| {
            if outline.is_linked() || outline.len() == 1 {
                Outline::chain(parts)
            } else {
                Outline::side_by_side(parts)
            }
        };
        if parts.len() >= 3 {
            let weakest =
                parts.iter().copied().reduce(|a, b| if self.logit(b) < self.logit(a) { b } else { a });
            let rest: Vec<Part> = parts.iter().copied().filter(|part| Some(*part) != weakest).collect();
            if !rest.is_empty() {
                pool.add(shaped(rest));
            }
        }
        for &part in self.likely.iter().take(4).filter(|part| !parts.contains(part)).take(ADDED) {
            let fit = |at: usize| {
                let before: f64 = parts[..at].iter().map(|&other| self.evidence.order(other, part)).sum();
                before + parts[at..].iter().map(|&other| self.evidence.order(part, other)).sum::<f64>()
            };
            let best = (0..=parts.len()).map(|at| (at, fit(at)));
            let place = best.reduce(|a, b| if b.1 > a.1 { b } else { a }).map_or(parts.len(), |it| it.0);
            pool.add(shaped([&parts[..place], &[part], &parts[place..]].concat()));
        }
    }

    /// The probability of a part.
    pub(crate) fn probability(&self, part: Part) -> f64 {
        probability(self.logit(part))
    }
}

/// Candidates, each once.
#[derive(Default)]
struct Pool {
    all: Vec<Outline>,
    known: HashSet<Outline>,
}

impl Pool {
    fn add(&mut self, outline: Outline) {
        if outline.len() <= Outline::LONGEST && self.known.insert(outline.clone()) {
            self.all.push(outline);
        }
    }
}
