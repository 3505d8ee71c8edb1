//! The learned planner: parts that it knows, runs that it remembers, and what it proposes for a request.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::ask::Ask;
use super::candidates::Outlook;
use super::chance;
use super::decode::choose;
use super::evidence::Evidence;
use super::features::words;
use super::lexicon::Lexicon;
use super::outline::{Outline, Part};
use super::past::{Lesson, Past};
use super::ranking;
use super::search::{Search, Text};
use super::text::{Reader, Token, Vocabulary};
use super::weights::Weights;

/// How much the regret of a choice weighs that failed more often than its substitute.
const REGRET: f64 = 2.0;
/// A substitute is at least this likely, relative to what it stands for.
const LIKELY_ENOUGH: f64 = 0.15;
/// And both were used together in no more than this share of runs.
const RARELY_TOGETHER: f64 = 0.02;
/// A past of fewer runs is listened to only where it knows the request, by at least so much: the habits of a few
/// runs say nothing of what none of them is like, and words alone do better.
const FEW: u32 = 20;
const KNOWN: f64 = 0.3;
/// So many past runs are named for a part.
const SPEAKERS: usize = 3;
/// Characters of a description that are read.
const DESCRIPTION: usize = 300;

/// What a failed run weighs in the lexicon.
const FAILED: f64 = 0.3;

/// A run as it was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Run<'a> {
    pub(crate) request: Cow<'a, str>,
    pub(crate) outline: Outline,
    pub(crate) day: f64,
    pub(crate) passed: bool,
    /// The parts that failed, where that is known.
    pub(crate) failed: Vec<Part>,
}

/// What the planner proposes.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) outline: Outline,
    /// One for every part of the outline.
    pub(crate) steps: Vec<Reason>,
    /// How probably its parts are exactly the right ones, among all that were thought of.
    pub(crate) right: f64,
    /// How much of the request the past knows, about 0 to 1.
    pub(crate) known: f64,
    /// Needs of which no part of the outline speaks.
    pub(crate) uncovered: Vec<usize>,
}

/// Why a part is proposed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reason {
    /// The need that asks for it most.
    pub(crate) need: usize,
    /// How probably it belongs to the plan.
    pub(crate) chance: f64,
    /// The past runs with it that speak for the plan, by number, the loudest first.
    pub(crate) runs: Vec<u32>,
}

/// Everything that plans are learned from.
#[derive(Serialize, Deserialize)]
pub(crate) struct Learned {
    #[serde(skip, default = "Reader::new")]
    reader: Reader,
    vocabulary: Vocabulary,
    search: Search,
    lexicon: Lexicon,
    pub(crate) past: Past,
    #[serde(skip, default = "Weights::shipped")]
    weights: Weights,
}

impl Learned {
    /// A planner for parts with these names and descriptions, in the order of their numbers.
    pub(crate) fn new<'t>(
        parts: impl IntoIterator<Item = (&'t str, &'t str)>,
        half_life: f64,
        weights: Weights,
    ) -> Self {
        let reader = Reader::new();
        let read = |(name, description): (&str, &str)| {
            let short =
                description.char_indices().nth(DESCRIPTION).map_or(description, |(at, _)| &description[..at]);
            Text { name: reader.plain(&apart(name)), description: reader.plain(short) }
        };
        let texts: Vec<Text> = parts.into_iter().map(read).collect();
        let mut lexicon = Lexicon::default();
        for (part, text) in texts.iter().enumerate() {
            let all = [&text.name[..], &text.description].concat();
            lexicon.add(&words(&all), &[part as Part], 1.0);
        }
        let vocabulary = texts
            .iter()
            .flat_map(|text| text.name.iter().chain(&text.description))
            .map(|it| it.word())
            .collect();
        let search = Search::of(&texts);
        Self { reader, vocabulary, search, lexicon, past: Past::new(half_life), weights }
    }

    /// Learns from one more run. The runs are numbered in the order in which they are added.
    pub(crate) fn add(&mut self, run: &Run<'_>) {
        let tokens = self.reader.request(&run.request, &self.vocabulary);
        let weight = if run.passed { 1.0 } else { FAILED };
        self.lexicon.add(&words(&tokens), &run.outline.set(), weight);
        let lesson = Lesson {
            tokens,
            outline: run.outline.clone(),
            day: run.day,
            passed: run.passed,
            failed: run.failed.clone(),
        };
        self.past.add(&lesson);
    }

    /// What is asked by a request of these needs.
    pub(crate) fn ask<'t>(&self, request: &str, needs: impl IntoIterator<Item = &'t str>) -> Ask {
        let read = |text: &str| self.reader.request(text, &self.vocabulary);
        let clauses: Vec<Vec<Token>> = needs.into_iter().map(read).collect();
        Ask::of(read(request), &clauses, &self.search, &self.lexicon)
    }

    /// All evidence for what is asked.
    pub(crate) fn evidence(&self, ask: &Ask) -> Evidence {
        Evidence::gather(&self.past, ask)
    }

    /// Candidates for what is asked, as far as this past goes, and the numbers of each.
    pub(crate) fn candidates(
        &self,
        past: &Past,
        ask: &Ask,
        evidence: &Evidence,
    ) -> Vec<(Outline, [f64; ranking::COUNT], f64)> {
        let logits = chance::logits(evidence, &self.weights.chance);
        let outlook = Outlook::of(past, evidence, &logits, ask);
        let rate = |outline: Outline| {
            let row = ranking::row(&outlook, &outline);
            let regret = outline.set().iter().map(|&part| regret(&outlook, part)).sum();
            (outline, row, regret)
        };
        outlook.candidates().into_iter().map(rate).collect()
    }

    /// Plans what is asked; `None` if no word of it speaks for any part.
    pub(crate) fn propose(&self, ask: &Ask) -> Option<Proposal> {
        let evidence = self.evidence(ask);
        if self.past.runs.all < FEW && evidence.known < KNOWN {
            let none = Past::new(0.0);
            return self.proposal(&none, ask, &Evidence::gather(&none, ask));
        }
        self.proposal(&self.past, ask, &evidence)
    }

    fn proposal(&self, past: &Past, ask: &Ask, evidence: &Evidence) -> Option<Proposal> {
        let (mut outlines, mut scores) = (Vec::new(), Vec::new());
        for (outline, row, regret) in self.candidates(past, ask, evidence) {
            let score: f64 =
                row.iter().zip(&self.weights.ranking).map(|(number, weight)| number * weight).sum();
            scores.push(score + REGRET * regret);
            outlines.push(outline);
        }
        let (best, right) = choose(&outlines, &scores)?;
        let outline = outlines.swap_remove(best);
        let steps = outline.parts().iter().map(|&part| self.reason(part, ask, evidence)).collect();
        let uncovered = ask.without(&outline);
        Some(Proposal { outline, steps, right, known: evidence.known, uncovered })
    }

    fn reason(&self, part: Part, ask: &Ask, evidence: &Evidence) -> Reason {
        let signs = evidence.signs(part);
        let row = chance::row(&signs, evidence.known);
        let logit: f64 = row.iter().zip(&self.weights.chance).map(|(sign, weight)| sign * weight).sum();
        let has = |memory: u32| {
            let memory = &self.past.memories[memory as usize];
            self.past.outlines[memory.outline as usize].0.parts().contains(&part).then_some(memory)
        };
        let mut speakers: Vec<(u32, f64)> = evidence.votes.iter().copied().filter(|it| it.1 > 0.0).collect();
        speakers.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let newest = speakers.iter().filter_map(|it| has(it.0)).filter_map(|memory| memory.runs.last());
        Reason {
            need: (signs.mention as usize).min(ask.clauses.len().saturating_sub(1)),
            chance: chance::probability(logit),
            runs: newest.take(SPEAKERS).copied().collect(),
        }
    }
}

/// By how much a part fails more often than what could stand in for it, as a logarithm, at most 0.
fn regret(outlook: &Outlook<'_>, part: Part) -> f64 {
    let own = outlook.past.part(part);
    let instead = |&other: &Part| {
        let its = outlook.past.part(other);
        let likely = outlook.probability(other) > LIKELY_ENOUGH * outlook.probability(part);
        let both = f64::from(outlook.past.together(part, other));
        let rarely = both <= RARELY_TOGETHER * f64::from(own.used.all.min(its.used.all));
        (other != part && likely && rarely).then(|| its.log_success())
    };
    let best = outlook.likely.iter().filter_map(instead).fold(own.log_success(), f64::max);
    (own.log_success() - best).min(0.0)
}

/// A name's words, apart: `codeReview_v2` as `code Review v2`.
fn apart(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 8);
    let mut small = false;
    for c in name.chars() {
        if c.is_uppercase() && small {
            text.push(' ');
        }
        small = c.is_lowercase() || c.is_ascii_digit();
        text.push(if c.is_alphanumeric() { c } else { ' ' });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [(&str, &str); 5] = [
        ("search_train", "Finds trains between two cities"),
        ("book_train", "Books a ticket for a train"),
        ("pay_bill", "Pays a bill"),
        ("weather_today", "Tells the weather of a city"),
        ("pay_invoice", "Pays an invoice"),
    ];

    fn planner() -> Learned {
        Learned::new(PARTS, 90.0, Weights::shipped())
    }

    fn run<'a>(request: &'a str, parts: &[Part], day: f64) -> Run<'a> {
        let outline = Outline::chain(parts.to_vec());
        Run { request: request.into(), outline, day, passed: true, failed: Vec::new() }
    }

    fn proposal(planner: &Learned, request: &str) -> Proposal {
        planner.propose(&planner.ask(request, [request])).expect("a word that speaks for a part")
    }

    const TRAVEL: &str = "get me from Bern to Rome on May 3 and settle it";

    #[test]
    fn what_ran_for_a_request_is_planned_for_one_like_it_and_the_runs_are_named() {
        let mut planner = planner();
        planner.add(&run("tell me the weather in Rome", &[3], 0.0));
        for _ in 0..3 {
            planner.add(&run(TRAVEL, &[0, 1, 2], 0.0));
        }
        let proposal = proposal(&planner, "get me from Oslo to Kiel on June 4 and settle it");
        assert_eq!(proposal.outline, Outline::chain(vec![0, 1, 2]));
        assert!(proposal.known > 0.5, "{}", proposal.known);
        assert!(
            proposal.steps.iter().all(|reason| reason.runs == [3]),
            "the latest of equal runs: {proposal:?}"
        );
    }

    #[test]
    fn the_same_run_again_adds_no_memory_and_equal_pasts_plan_equally() {
        let (mut one, mut other) = (planner(), planner());
        for planner in [&mut one, &mut other] {
            for number in 0..20 {
                planner.add(&run(
                    &format!("get me from Bern to Rome on May {number} and settle it"),
                    &[0, 1, 2],
                    0.0,
                ));
            }
        }
        assert!(one.past.memories.len() <= 2, "{} memories", one.past.memories.len());
        let (first, second) = (proposal(&one, TRAVEL), proposal(&other, TRAVEL));
        assert_eq!((first.outline, first.steps), (second.outline, second.steps));
    }

    #[test]
    fn a_few_runs_change_nothing_for_a_request_that_none_of_them_is_like() {
        let mut planner = planner();
        let request = "find trains between two cities and tell the weather of each";
        let alone = proposal(&planner, request).outline;
        planner.add(&run("settle what I owe", &[2, 2, 2], 0.0));
        planner.add(&run("settle what they owe", &[4, 4], 0.0));
        assert_eq!(proposal(&planner, request).outline, alone);
        assert_eq!(proposal(&planner, "settle what I owe").outline.parts(), [2, 2, 2]);
    }

    #[test]
    fn what_was_kept_plans_as_before_and_learns_on() {
        let mut planner = planner();
        let learn = |planner: &mut Learned, from: usize| {
            for number in from..from + 5 {
                planner.add(&run(&format!("pay bill {number} and tell the weather"), &[2, 3], number as f64));
                planner.add(&run(TRAVEL, &[0, 1, 2], number as f64));
            }
        };
        learn(&mut planner, 0);
        let kept = postcard::to_stdvec(&planner).expect("plain values");
        let mut again: Learned = postcard::from_bytes(&kept).expect("what was kept");
        for from in [10, 20] {
            for request in [TRAVEL, "pay the invoice"] {
                let (one, other) = (proposal(&planner, request), proposal(&again, request));
                assert_eq!(format!("{one:?}"), format!("{other:?}"));
            }
            learn(&mut planner, from);
            learn(&mut again, from);
        }
    }

    #[test]
    fn a_part_that_fails_gives_way_to_one_that_does_the_same_and_passes() {
        let mut planner = planner();
        let request = |number: usize| format!("settle what I owe the shop, number {number}");
        for number in 0..30 {
            let mut failing = run("", &[2], 0.0);
            failing.request = request(number).into();
            failing.passed = false;
            failing.failed = vec![2];
            planner.add(&failing);
            if number % 2 == 0 {
                let mut passing = run("", &[4], 0.0);
                passing.request = request(number).into();
                planner.add(&passing);
            }
        }
        assert_eq!(proposal(&planner, &request(99)).outline.parts(), [4]);
    }

    #[test]
    fn what_was_done_lately_counts_more_than_what_was_done_long_ago() {
        let mut planner = planner();
        let request = "settle what I owe the shop";
        for _ in 0..6 {
            planner.add(&run(request, &[2], 0.0));
        }
        assert_eq!(proposal(&planner, request).outline.parts(), [2]);
        for _ in 0..6 {
            planner.add(&run(request, &[4], 720.0));
        }
        assert_eq!(proposal(&planner, request).outline.parts(), [4]);
    }

    #[test]
    fn without_any_run_words_decide_and_parts_follow_each_other_as_they_are_mentioned() {
        let planner = planner();
        let needs = ["find trains between two cities", "pay the bill"];
        let ask = planner.ask("find trains between two cities, then pay the bill", needs);
        let proposal = planner.propose(&ask).expect("a proposal");
        assert_eq!(proposal.outline, Outline::chain(vec![0, 2]));
        assert_eq!(proposal.steps.iter().map(|reason| reason.need).collect::<Vec<_>>(), [0, 1]);
        assert!(planner.propose(&planner.ask("brew some coffee", ["brew some coffee"])).is_none());
        assert!(planner.propose(&planner.ask("", [])).is_none());
    }

    #[test]
    fn names_are_read_as_words() {
        assert_eq!(apart("codeReview_v2-of/HTTPServer"), "code Review v2 of HTTPServer");
    }
}
