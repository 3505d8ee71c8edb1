//! Past runs as the planner remembers them: one memory per request and outline that differ from others.
//!
//! A run is added in time that does not grow with how many there are. What was counted fades by half every
//! half-life; nothing is ever recomputed for it, since older runs only weigh less relative to newer ones.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::features::{BLOCK, Feature, features, is_pair};
use super::outline::{Outline, Part};
use super::text::Token;

/// What a failed run weighs: its choice was not absurd, and what failed is counted against the part.
const FAILED: f64 = 0.3;
/// A run whose outline is that of an earlier one, at this cosine, is that one again.
const SAME: f64 = 0.8;
/// So many of the latest memories of an outline are compared.
const COMPARED: usize = 32;
/// Lengths from here on are one.
pub(crate) const LENGTHS: usize = 17;
/// From so many memories on a feature must have been seen more than once.
const MANY: u32 = 60;
/// What the blocks of words and of ordered pairs weigh in a cosine.
const WEIGHTS: [f64; 2] = [1.0 / 3.0, 2.0 / 3.0];
/// What is assumed of a part before it ran: a tenth of a failure in two runs.
const FAILURES: f64 = 0.1;
const RUNS: f64 = 2.0;

/// Features with their values, sorted by feature.
pub(crate) type Vector = Vec<(Feature, f32)>;

/// A run to learn from.
#[derive(Clone, Debug)]
pub(crate) struct Lesson {
    pub(crate) tokens: Vec<Token>,
    pub(crate) outline: Outline,
    /// Days since some fixed moment.
    pub(crate) day: f64,
    pub(crate) passed: bool,
    /// The parts that failed, where that is known.
    pub(crate) failed: Vec<Part>,
}

/// Runs of one outline for nearly the same request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) tokens: Box<[Token]>,
    /// Its place in [`Past::outlines`].
    pub(crate) outline: u32,
    /// How many runs it stands for; failed ones count less.
    pub(crate) weight: f64,
    pub(crate) day: f64,
    /// Numbers of its runs, in the order in which they were added.
    pub(crate) runs: Vec<u32>,
}

/// How often something was seen, faded and whole.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) faded: f64,
    pub(crate) all: u32,
}

/// What was seen of one part.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) used: Count,
    pub(crate) first: f64,
    pub(crate) last: f64,
    /// Links that lead on from it.
    pub(crate) leads: f64,
    failures: f64,
}

impl Seen {
    /// The logarithm of how probably it passes.
    pub(crate) fn log_success(&self) -> f64 {
        libm::log((1.0 - (FAILURES + self.failures) / (RUNS + f64::from(self.used.all))).max(1e-6))
    }
}

/// Counts of all features, of which most are 0: only the others are kept, with their places.
mod sparse {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::BLOCK;

    pub(super) fn serialize<S: Serializer>(counts: &[u32], to: S) -> Result<S::Ok, S::Error> {
        let counted: Vec<(u32, u32)> = (0..).zip(counts.iter().copied()).filter(|it| it.1 > 0).collect();
        counted.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u32>, D::Error> {
        let mut counts = vec![0; 2 * BLOCK];
        for (feature, count) in Vec::<(u32, u32)>::deserialize(from)? {
            if let Some(place) = counts.get_mut(feature as usize) {
                *place = count;
            }
        }
        Ok(counts)
    }
}

/// Everything that was seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Past {
    half_life: f64,
    start: Option<f64>,
    pub(crate) newest: f64,
    pub(crate) memories: Vec<Memory>,
    /// Memories by feature of the block of words.
    pub(crate) postings: HashMap<Feature, Vec<u32>>,
    /// In how many memories each feature is.
    #[serde(with = "sparse")]
    spread: Vec<u32>,
    pub(crate) outlines: Vec<(Outline, f64)>,
    places: HashMap<Outline, u32>,
    latest: Vec<Vec<u32>>,
    pub(crate) parts: HashMap<Part, Seen>,
    pub(crate) links: HashMap<(Part, Part), f64>,
    together: HashMap<(Part, Part), u32>,
    pub(crate) lengths: [f64; LENGTHS],
    pub(crate) runs: Count,
    /// Runs of more than one part whose parts wait for each other.
    pub(crate) linked: f64,
}

impl Past {
    /// Nothing yet; `half_life` is in days.
    pub(crate) fn new(half_life: f64) -> Self {
        Self {
            half_life,
            start: None,
            newest: f64::NEG_INFINITY,
            memories: Vec::new(),
            postings: HashMap::new(),
            spread: vec![0; 2 * BLOCK],
            outlines: Vec::new(),
            places: HashMap::new(),
            latest: Vec::new(),
            parts: HashMap::new(),
            links: HashMap::new(),
            together: HashMap::new(),
            lengths: [0.0; LENGTHS],
            runs: Count::default(),
            linked: 0.0,
        }
    }

    /// Adds one run.
    pub(crate) fn add(&mut self, lesson: &Lesson) {
        let run = self.runs.all;
        let weight = if lesson.passed { 1.0 } else { FAILED };
        let outline = self.count(lesson, weight);
        let features = features(&lesson.tokens);
        let mut words: Vec<u32> = lesson.tokens.iter().map(|token| token.word()).collect();
        words.sort_unstable();
        words.dedup();
        let latest = &self.latest[outline as usize];
        let known =
            latest.iter().rev().take(COMPARED).copied().find(|&it| self.is_same(it, &words, &features));
        if let Some(known) = known {
            let memory = &mut self.memories[known as usize];
            memory.weight += weight;
            memory.day = memory.day.max(lesson.day);
            memory.runs.push(run);
            return;
        }
        let number = self.memories.len() as u32;
        for &(feature, _) in &features {
            self.spread[feature as usize] += 1;
            if !is_pair(feature) {
                self.postings.entry(feature).or_default().push(number);
            }
        }
        self.latest[outline as usize].push(number);
        let tokens = lesson.tokens.clone().into_boxed_slice();
        self.memories.push(Memory { tokens, outline, weight, day: lesson.day, runs: vec![run] });
    }

    /// Counts what the run shows; gives its outline's number.
    fn count(&mut self, lesson: &Lesson, weight: f64) -> u32 {
        let start = *self.start.get_or_insert(lesson.day);
        self.newest = self.newest.max(lesson.day);
        let faded = weight * self.growth(lesson.day - start);
        let (outline, set) = (&lesson.outline, lesson.outline.set());
        self.blame(lesson, &set);
        let number = *self.places.entry(outline.clone()).or_insert_with(|| {
            self.outlines.push((outline.clone(), 0.0));
            self.latest.push(Vec::new());
            (self.outlines.len() - 1) as u32
        });
        self.outlines[number as usize].1 += faded;
        self.runs.faded += faded;
        self.runs.all += 1;
        for &part in &set {
            let used = &mut self.parts.entry(part).or_default().used;
            used.faded += faded;
            used.all += 1;
        }
        self.parts.entry(outline.first()).or_default().first += faded;
        self.parts.entry(outline.last()).or_default().last += faded;
        self.lengths[outline.len().min(LENGTHS - 1)] += faded;
        for (at, one) in set.iter().enumerate() {
            for other in &set[at + 1..] {
                *self.together.entry((*one, *other)).or_default() += 1;
            }
        }
        self.linked += if outline.is_linked() { faded } else { 0.0 };
        for (from, to) in outline.links() {
            *self.links.entry((from, to)).or_default() += faded;
            self.parts.entry(from).or_default().leads += faded;
        }
        number
    }

    /// Counts a failure against the part that failed. Where that is not known, every part gets as much of
    /// it as it has failed before.
    fn blame(&mut self, lesson: &Lesson, set: &[Part]) {
        if lesson.passed {
            return;
        }
        if !lesson.failed.is_empty() {
            for part in &lesson.failed {
                self.parts.entry(*part).or_default().failures += 1.0;
            }
            return;
        }
        let passes: Vec<f64> =
            set.iter().map(|part| libm::exp(self.parts.entry(*part).or_default().log_success())).collect();
        let fails = (1.0 - passes.iter().product::<f64>()).max(1e-6);
        for (part, pass) in set.iter().zip(passes) {
            self.parts.entry(*part).or_default().failures += (1.0 - pass) / fails;
        }
    }

    fn is_same(&self, memory: u32, words: &[u32], features: &[(Feature, u32)]) -> bool {
        let tokens = &self.memories[memory as usize].tokens;
        // Requests that share less than half of their words are never the same, and this costs little to see.
        let shared = tokens.iter().filter(|token| words.binary_search(&token.word()).is_ok()).count();
        if 2 * shared < tokens.len().max(words.len()) {
            return false;
        }
        let known = self::features(tokens);
        dot(&self.vector(&known), &self.vector(features)) >= SAME
    }

    /// By what a weight of `days` after the first run is multiplied.
    fn growth(&self, days: f64) -> f64 {
        if self.half_life > 0.0 { libm::exp2((days / self.half_life).clamp(-900.0, 900.0)) } else { 1.0 }
    }

    /// What faded counts are divided by to count as of the newest run.
    pub(crate) fn scale(&self) -> f64 {
        self.start.map_or(1.0, |start| self.growth(self.newest - start))
    }

    /// How alike two moments so many days apart are: half of what is learned does not age.
    pub(crate) fn nearness(&self, days: f64) -> f64 {
        if self.half_life > 0.0 { 0.5 + 0.5 * libm::exp2(-days.abs() / self.half_life) } else { 1.0 }
    }

    /// How rare a feature is, 0 for one that may be a slip.
    fn rarity(&self, feature: Feature) -> f64 {
        let all = self.memories.len() as u32;
        let with = self.spread[feature as usize];
        let enough = if all < MANY { 1 } else { 2 + u32::from(is_pair(feature)) };
        if with < enough { 0.0 } else { libm::log(f64::from(1 + all) / f64::from(1 + with)) + 1.0 }
    }

    /// The features as a vector of length 1: each block by itself, then weighted.
    pub(crate) fn vector(&self, features: &[(Feature, u32)]) -> Vector {
        let value = |&(feature, count): &(Feature, u32)| {
            let tf = if count == 1 { 1.0 } else { 1.0 + libm::log(f64::from(count)) };
            (feature, tf * self.rarity(feature))
        };
        let mut vector: Vec<(Feature, f64)> = features.iter().map(value).filter(|it| it.1 > 0.0).collect();
        let split = vector.partition_point(|it| !is_pair(it.0));
        let (words, pairs) = vector.split_at_mut(split);
        for (block, weight) in [words, pairs].into_iter().zip(WEIGHTS) {
            let length = block.iter().map(|it| it.1 * it.1).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            block.iter_mut().for_each(|it| it.1 *= weight.sqrt() / length);
        }
        vector.into_iter().map(|(feature, value)| (feature, value as f32)).collect()
    }

    /// How many runs had both parts.
    pub(crate) fn together(&self, one: Part, other: Part) -> u32 {
        self.together.get(&(one.min(other), one.max(other))).copied().unwrap_or(0)
    }

    /// The number of an outline that was seen.
    pub(crate) fn number_of(&self, outline: &Outline) -> Option<u32> {
        self.places.get(outline).copied()
    }

    pub(crate) fn part(&self, part: Part) -> Seen {
        self.parts.get(&part).copied().unwrap_or_default()
    }
}

/// The product of two sorted vectors.
pub(crate) fn dot(one: &[(Feature, f32)], other: &[(Feature, f32)]) -> f64 {
    let (mut a, mut b, mut sum) = (0, 0, 0.0);
    while let (Some(x), Some(y)) = (one.get(a), other.get(b)) {
        if x.0 == y.0 {
            sum += f64::from(x.1 * y.1);
        }
        a += usize::from(x.0 <= y.0);
        b += usize::from(y.0 <= x.0);
    }
    sum
}
