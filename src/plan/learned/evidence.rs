//! All evidence for one request: what the votes of past runs add up to, and what words say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ask::Ask;
use super::outline::Part;
use super::past::{LENGTHS, Past};
use super::recall::Recall;
use super::ridge;

/// Of what words speak for, so many of each list are looked at.
const LISTED: usize = 15;
/// So many of the nearest memories count as neighbours.
const NEIGHBOURS: usize = 40;
/// Runs at which the mean of all runs counts half for a request that none of them is like: what a repository
/// has always done says little about what it never did.
const HALF_TRUST: f64 = 60.0;
/// A clause gives its vote to the part that its words speak for most, and little to others.
const SHARPNESS: i32 = 8;

/// What speaks for one part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signs {
    /// The regression's estimate that the part is in the plan, that it is first, that it is last.
    pub(crate) ridge: f64,
    pub(crate) first: f64,
    pub(crate) last: f64,
    /// The share of neighbours that have it.
    pub(crate) nearby: f64,
    /// How its words stand against those of the best part of a clause, and of the whole request.
    pub(crate) spoken: f64,
    pub(crate) loud: f64,
    /// The same of search: in the whole request, in a clause.
    pub(crate) whole: f64,
    pub(crate) clause: f64,
    /// The share of its name and of its text that is asked for.
    pub(crate) named: f64,
    pub(crate) told: f64,
    /// How often it was used, as a logarithm, and whether never.
    pub(crate) prior: f64,
    pub(crate) new: f64,
    /// Where the request speaks of it, in clauses.
    pub(crate) mention: f64,
}

/// Everything known of a request.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// Sorted by part.
    pub(crate) parts: Vec<(Part, Signs)>,
    /// How much of the request the past knows, about 0 to 1.
    pub(crate) known: f64,
    pub(crate) lengths: [f64; LENGTHS],
    /// The estimate that the parts of a plan wait for each other; `None` where no run had several.
    pub(crate) linked: Option<f64>,
    pub(crate) links: BTreeMap<(Part, Part), f64>,
    orders: HashMap<(Part, Part), f64>,
    /// Estimates of whole outlines, by number.
    pub(crate) outlines: BTreeMap<u32, f64>,
    /// Shares of neighbours by outline and by link, and the nearness of the nearest of each outline.
    pub(crate) shares: BTreeMap<u32, f64>,
    pub(crate) nearest: HashMap<u32, f64>,
    pub(crate) link_shares: HashMap<(Part, Part), f64>,
    /// Memories with their signed votes.
    pub(crate) votes: Vec<(u32, f64)>,
}

impl Evidence {
    /// Gathers it.
    pub(crate) fn gather(past: &Past, ask: &Ask) -> Self {
        let recall = Recall::of(past, &ask.tokens);
        let weights: Vec<f64> = recall.memories.iter().map(|it| past.memories[*it as usize].weight).collect();
        let votes = ridge::votes(&recall.gram(past), &recall.near, &weights);
        let mut evidence = Self::priors(past, &votes, scope(past, ask, &recall));
        evidence.known = recall.near.iter().zip(&votes).map(|(near, vote)| near * vote).sum();
        evidence.count_votes(past, &recall, &votes);
        evidence.count_neighbours(past, &recall, &weights);
        evidence.listen(ask);
        evidence.votes = recall.memories.iter().copied().zip(votes).collect();
        evidence
    }

    /// What is left for the mean of all runs where the votes do not add up to 1.
    fn priors(past: &Past, votes: &[f64], scope: BTreeSet<Part>) -> Self {
        let scale = past.scale();
        let runs = (past.runs.faded / scale).max(1e-9);
        let rest = (1.0 - votes.iter().sum::<f64>()) * trust(past) / scale / runs;
        let signs = |part: Part| {
            let seen = past.part(part);
            let prior = if past.runs.all == 0 {
                -2.0
            } else {
                libm::log((seen.used.faded / scale + 0.1) / (runs + 1.0))
            };
            let new = f64::from(u8::from(seen.used.all == 0));
            let (ridge, first, last) = (seen.used.faded * rest, seen.first * rest, seen.last * rest);
            (part, Signs { ridge, first, last, prior, new, ..Signs::default() })
        };
        Self {
            parts: scope.into_iter().map(signs).collect(),
            known: 0.0,
            lengths: past.lengths.map(|count| count * rest),
            linked: mean_linked(past),
            links: BTreeMap::new(),
            orders: HashMap::new(),
            outlines: BTreeMap::new(),
            shares: BTreeMap::new(),
            nearest: HashMap::new(),
            link_shares: HashMap::new(),
            votes: Vec::new(),
        }
    }

    fn count_votes(&mut self, past: &Past, recall: &Recall, votes: &[f64]) {
        let mean = mean_linked(past);
        for (&memory, &vote) in recall.memories.iter().zip(votes) {
            let number = past.memories[memory as usize].outline;
            let outline = &past.outlines[number as usize].0;
            *self.outlines.entry(number).or_default() += vote;
            for part in outline.set() {
                self.sign(part, |signs| signs.ridge += vote);
            }
            self.sign(outline.first(), |signs| signs.first += vote);
            self.sign(outline.last(), |signs| signs.last += vote);
            self.lengths[outline.len().min(LENGTHS - 1)] += vote;
            if outline.len() > 1 {
                self.linked = self
                    .linked
                    .zip(mean)
                    .map(|(linked, mean)| linked + vote * (f64::from(u8::from(outline.is_linked())) - mean));
            }
            if outline.is_linked() {
                for link in outline.links() {
                    *self.links.entry(link).or_default() += vote;
                }
                for pair in outline.pairs() {
                    *self.orders.entry(pair).or_default() += vote;
                }
            }
        }
        let rest = (1.0 - votes.iter().sum::<f64>()) * trust(past) / past.runs.faded.max(1e-9);
        for (number, estimate) in &mut self.outlines {
            *estimate += rest * past.outlines[*number as usize].1;
        }
        for (link, estimate) in &mut self.links {
            *estimate += rest * past.links.get(link).copied().unwrap_or(0.0);
        }
    }

    fn count_neighbours(&mut self, past: &Past, recall: &Recall, weights: &[f64]) {
        let weight = |at: usize| recall.near[at].max(0.0).powi(3) * weights[at].max(0.01);
        let count = recall.len().min(NEIGHBOURS);
        let all = (0..count).map(weight).sum::<f64>() + 1e-9;
        for at in 0..count {
            let number = past.memories[recall.memories[at] as usize].outline;
            let outline = &past.outlines[number as usize].0;
            let share = weight(at) / all;
            *self.shares.entry(number).or_default() += share;
            let nearest = self.nearest.entry(number).or_default();
            *nearest = nearest.max(recall.near[at]);
            for part in outline.set() {
                self.sign(part, |signs| signs.nearby += share);
            }
            for link in outline.links() {
                *self.link_shares.entry(link).or_default() += share;
            }
        }
    }

    /// What words say.
    fn listen(&mut self, ask: &Ask) {
        let best = ask.whole.first().map_or(1.0, |hit| hit.score);
        for hit in &ask.whole {
            self.sign(hit.part, |signs| {
                signs.whole = hit.score / best;
                signs.told = hit.told;
                signs.named = hit.named;
            });
        }
        let spoken: Vec<f64> =
            ask.clauses.iter().map(|it| it.spoken.iter().map(|it| it.1).fold(0.0, f64::max) + 1e-9).collect();
        let found: Vec<f64> =
            ask.clauses.iter().map(|it| it.hits.first().map_or(0.0, |hit| hit.score) + 1e-9).collect();
        let (middle, loudest) = (median(&spoken), spoken.iter().copied().fold(1e-9, f64::max));
        let middle_found = median(&found);
        for (at, clause) in ask.clauses.iter().enumerate() {
            let standing = (spoken[at] / middle).min(1.0);
            for &(part, score) in &clause.spoken {
                self.sign(part, |signs| {
                    let share = (score / spoken[at]).powi(SHARPNESS) * standing;
                    if share > signs.spoken {
                        signs.spoken = share;
                        signs.mention = at as f64 + 0.5;
                    }
                    signs.loud = signs.loud.max(score / loudest);
                });
            }
            let standing = (found[at] / middle_found).min(1.0);
            for hit in &clause.hits {
                self.sign(hit.part, |signs| {
                    signs.clause = signs.clause.max(hit.score / found[at] * standing);
                    if signs.mention.floor() == at as f64 {
                        signs.mention = at as f64 + hit.at.min(0.999);
                    }
                });
            }
        }
    }

    fn sign(&mut self, part: Part, change: impl FnOnce(&mut Signs)) {
        if let Ok(at) = self.parts.binary_search_by_key(&part, |it| it.0) {
            change(&mut self.parts[at].1);
        }
    }

    /// What speaks for a part; nothing for one that was not looked at.
    pub(crate) fn signs(&self, part: Part) -> Signs {
        self.parts
            .binary_search_by_key(&part, |it| it.0)
            .map_or_else(|_| Signs::default(), |at| self.parts[at].1)
    }

    /// Above 0 where `one` comes before `other`: past runs first, then the request's own order.
    pub(crate) fn order(&self, one: Part, other: Part) -> f64 {
        let seen = |from, to| self.orders.get(&(from, to)).copied().unwrap_or(0.0);
        let mention = self.signs(other).mention - self.signs(one).mention;
        let said = if mention == 0.0 { 0.0 } else { 0.08 * mention.signum() };
        seen(one, other) - seen(other, one) + said
    }
}

/// The parts that anything speaks for.
fn scope(past: &Past, ask: &Ask, recall: &Recall) -> BTreeSet<Part> {
    let mut scope = BTreeSet::new();
    for memory in &recall.memories {
        let outline = past.memories[*memory as usize].outline;
        scope.extend(past.outlines[outline as usize].0.parts());
    }
    scope.extend(ask.whole.iter().take(LISTED).map(|hit| hit.part));
    for clause in &ask.clauses {
        scope.extend(clause.hits.iter().take(LISTED).map(|hit| hit.part));
        let mut spoken = clause.spoken.clone();
        spoken.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scope.extend(spoken.iter().take(LISTED).map(|it| it.0));
    }
    scope
}

/// How far the mean of all runs is trusted.
fn trust(past: &Past) -> f64 {
    let runs = f64::from(past.runs.all);
    runs / (runs + HALF_TRUST)
}

/// The share of runs of several parts whose parts wait for each other; `None` where no run had several.
fn mean_linked(past: &Past) -> Option<f64> {
    let scale = past.scale();
    let several = (past.runs.faded - past.lengths[1]) / scale;
    (several > 1e-9).then(|| (past.linked / scale + 1.0) / (several + 1.25))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => 1.0,
        count if count % 2 == 1 => sorted[count / 2].max(1e-6),
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]).max(1e-6),
    }
}
