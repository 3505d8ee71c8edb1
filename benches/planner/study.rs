//! Episodes: a planner that knows some runs, and requests that it has not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;

use super::data::{Data, Dice, Example, Joint, joined};
use super::fit::{self, Choices, Rows};
use super::plan::decompose;
use super::plan::learned::ask::Ask;
use super::plan::learned::outline::Outline;
use super::plan::learned::planner::{Learned, Run};
use super::plan::learned::weights::{File, Weights};
use super::plan::learned::{chance, ranking};

/// What an episode's history and requests are like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// As they come.
    Plain,
    /// Requests, and a fifth of the runs, are put together from several.
    Long,
    /// Requests are put together from several, and no run ever was.
    Longer,
    /// Only a few workflows were ever run, and half of the requests want something else.
    Narrow,
}

/// Episodes: how many runs are known, and how many requests are planned. Many have no history, since that is
/// where users start, and many a long one, where choices are close.
const EPISODES: [(usize, usize, Kind); 31] = [
    (0, 300, Kind::Plain),
    (0, 300, Kind::Plain),
    (0, 100, Kind::Long),
    (1, 60, Kind::Plain),
    (3, 60, Kind::Plain),
    (10, 60, Kind::Plain),
    (30, 60, Kind::Plain),
    (100, 80, Kind::Plain),
    (300, 100, Kind::Plain),
    (1_000, 150, Kind::Plain),
    (1_000, 150, Kind::Plain),
    (2_450, 200, Kind::Plain),
    (2_450, 200, Kind::Plain),
    (2_450, 200, Kind::Plain),
    (2_450, 200, Kind::Plain),
    (3, 40, Kind::Long),
    (10, 40, Kind::Long),
    (30, 40, Kind::Long),
    (100, 40, Kind::Long),
    (300, 40, Kind::Long),
    (1_000, 60, Kind::Long),
    (2_450, 60, Kind::Long),
    (30, 40, Kind::Longer),
    (300, 40, Kind::Longer),
    (1_000, 60, Kind::Longer),
    (2_450, 60, Kind::Longer),
    (2, 40, Kind::Narrow),
    (5, 40, Kind::Narrow),
    (10, 40, Kind::Narrow),
    (20, 40, Kind::Narrow),
    (50, 40, Kind::Narrow),
];
const PENALTY: f64 = 3.0;
/// What a request for one part counts: who asks for a plan mostly wants more.
const SINGLE: f64 = 0.1;

/// Tools and their runs.
pub(crate) struct Book {
    pub(crate) data: Data,
    pub(crate) runs: Vec<Example>,
}

impl Book {
    pub(crate) fn read(folder: &Path) -> Self {
        let data = Data::read(&folder.join("tools.jsonl"));
        let runs = data.examples(&folder.join("history.jsonl"));
        Self { data, runs }
    }

    pub(crate) fn planner(&self, history: &[&Example], weights: &Weights) -> Learned {
        let parts = self.data.tools.iter().map(|tool| (tool.id.as_str(), tool.description.as_str()));
        let mut planner = Learned::new(parts, 0.0, weights.clone());
        for example in history {
            let (request, outline) = (example.request.as_str().into(), example.outline.clone());
            planner.add(&Run { request, outline, day: 0.0, passed: true, failed: Vec::new() });
        }
        planner
    }
}

/// Weights that know nothing.
pub(crate) fn none() -> Weights {
    Weights::of(&File::default())
}

/// Weights as a file.
pub(crate) fn file(weights: &Weights, made: String) -> File {
    let (chance, ranking) =
        (named(&chance::SIGNS, &weights.chance), named(&ranking::NAMES, &weights.ranking));
    File { made, chance, ranking }
}

fn named(names: &[&str], weights: &[f64]) -> BTreeMap<String, (f64, f64)> {
    let rounded = |at: usize| (weights[at] * 1e6).round() / 1e6;
    let pair = |at: usize| (names[at].to_owned(), (rounded(at), rounded(at + names.len())));
    (0..names.len()).map(pair).collect()
}

/// What an episode is made from.
#[derive(Clone, Copy)]
struct Episode<'a> {
    book: &'a Book,
    size: usize,
    cases: usize,
    kind: Kind,
    seed: u64,
}

impl Episode<'_> {
    /// The history and the requests.
    fn draw(&self) -> (Vec<Example>, Vec<Example>) {
        let mut dice = Dice(self.seed);
        let mut order: Vec<&Example> = self.book.runs.iter().collect();
        dice.shuffle(&mut order);
        if self.kind == Kind::Narrow {
            return self.narrow(&order);
        }
        let size = self.size.min(order.len() * 9 / 10);
        let (history, rest) = order.split_at(size);
        let mut history: Vec<Example> = history.iter().map(|it| (*it).clone()).collect();
        if self.kind == Kind::Plain {
            return (history, rest.iter().take(self.cases).map(|it| (*it).clone()).collect());
        }
        let mut long = |from: &[&Example]| {
            let count = 2 + dice.below(3);
            let picked: Vec<&Example> = (0..count).map(|_| from[dice.below(from.len())]).collect();
            let joint = if dice.below(2) == 0 { Joint::Then } else { Joint::Also };
            joined(&picked, joint, &mut dice)
        };
        let joined_too = if self.kind == Kind::Long { history.len() } else { 0 };
        for at in (0..joined_too).step_by(5) {
            if let Some(example) = long(&order[..size]) {
                history[at] = example;
            }
        }
        (history, (0..self.cases).filter_map(|_| long(rest)).collect())
    }

    fn narrow(&self, order: &[&Example]) -> (Vec<Example>, Vec<Example>) {
        let some: Vec<&Outline> = order.iter().take(1 + self.size / 5).map(|it| &it.outline).collect();
        let (inside, outside): (Vec<&Example>, Vec<&Example>) =
            order.iter().copied().partition(|it| some.contains(&&it.outline));
        let known = self.size.min(inside.len() * 2 / 3 + 1);
        let again = inside[known..].iter().take(self.cases / 2);
        let cases = again.chain(outside.iter().take(self.cases / 2)).map(|it| (*it).clone()).collect();
        (inside[..known].iter().map(|it| (*it).clone()).collect(), cases)
    }

    fn planner(&self, history: &[Example], weights: &Weights) -> Learned {
        self.book.planner(&history.iter().collect::<Vec<_>>(), weights)
    }
}

/// Trains both models.
pub(crate) fn train(books: &[Book], seed: u64) -> Weights {
    let started = Instant::now();
    let mut episodes = Vec::new();
    for (number, book) in books.iter().enumerate() {
        for (at, &(size, cases, kind)) in EPISODES.iter().enumerate() {
            let seed = seed * 1_000_003 + number as u64 * 10_007 + at as u64;
            episodes.push(Episode { book, size, cases, kind, seed });
        }
    }
    let mut weights = none();
    let rows: Vec<Rows<{ chance::COUNT }>> = episodes.par_iter().map(|it| signs(it)).collect();
    let mut all = Rows { rows: Vec::new(), wanted: Vec::new(), weights: Vec::new() };
    for part in rows {
        all.rows.extend(part.rows);
        all.wanted.extend(part.wanted);
        all.weights.extend(part.weights);
    }
    weights.chance = fit::logistic(&all, PENALTY);
    eprintln!("{} signs, {:.0} s", all.rows.len(), started.elapsed().as_secs_f64());
    let choices: Vec<Choices<{ ranking::COUNT }>> =
        episodes.par_iter().flat_map_iter(|it| choices(it, &weights)).collect();
    weights.ranking = fit::ranking(&choices, PENALTY);
    eprintln!("{} requests, {:.0} s", choices.len(), started.elapsed().as_secs_f64());
    weights
}

/// How much a request counts.
fn counts(case: &Example) -> f64 {
    if case.outline.len() == 1 { SINGLE } else { 1.0 }
}

fn asked(planner: &Learned, example: &Example) -> Ask {
    let needs = decompose(&example.request).unwrap_or_default();
    planner.ask(&example.request, needs.iter().map(|need| need.text.as_str()))
}

fn signs(episode: &Episode<'_>) -> Rows<{ chance::COUNT }> {
    let (history, cases) = episode.draw();
    let planner = episode.planner(&history, &none());
    let mut all = Rows { rows: Vec::new(), wanted: Vec::new(), weights: Vec::new() };
    for case in cases {
        let evidence = planner.evidence(&asked(&planner, &case));
        for (part, signs) in &evidence.parts {
            all.rows.push(chance::row(signs, evidence.known));
            all.wanted.push(case.outline.parts().contains(part));
            all.weights.push(counts(&case));
        }
    }
    all
}

fn choices(episode: &Episode<'_>, weights: &Weights) -> Vec<Choices<{ ranking::COUNT }>> {
    let (history, cases) = episode.draw();
    let planner = episode.planner(&history, weights);
    // Where no run had several parts nobody can know whether they wait, so that must not be learned from.
    let knows = history.iter().any(|it| it.outline.len() > 1);
    let choice = |case: &Example| {
        let wanted = if knows { case.outline.clone() } else { Outline::chain(case.outline.parts().to_vec()) };
        let ask = asked(&planner, case);
        let evidence = planner.evidence(&ask);
        let (mut rows, mut worth) = (Vec::new(), Vec::new());
        for (outline, row, _) in planner.candidates(&planner.past, &ask, &evidence) {
            rows.push(row);
            worth.push(outline.worth(&wanted));
        }
        Choices { rows, worth, weight: counts(case) }
    };
    cases.iter().map(choice).filter(|it| !it.rows.is_empty()).collect()
}

/// Node-F1, link-F1 (of cases with links) and accuracy, summed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sums {
    cases: f64,
    nodes: f64,
    linked: f64,
    links: f64,
    right: f64,
    planned: f64,
}

impl Sums {
    fn add(&mut self, planned: Option<&Outline>, wanted: &Outline) {
        let parts = planned.map_or(&[][..], Outline::parts);
        let (nodes, links) = (score(parts, wanted.parts()), {
            let mine: Vec<_> = planned.map_or_else(Vec::new, |it| it.links().collect());
            score(&mine, &wanted.links().collect::<Vec<_>>())
        });
        self.cases += 1.0;
        self.planned += parts.len() as f64;
        self.nodes += nodes;
        self.right += f64::from(u8::from(nodes >= 0.99));
        if wanted.is_linked() {
            self.linked += 1.0;
            self.links += links;
        }
    }

    pub(crate) fn shown(&self) -> String {
        let percent = |sum: f64, of: f64| 100.0 * sum / of.max(1.0);
        format!(
            "{:5.1} / {:4.1} / {:4.1} with {:.2} parts",
            percent(self.nodes, self.cases),
            percent(self.links, self.linked),
            percent(self.right, self.cases),
            self.planned / self.cases.max(1.0)
        )
    }

    fn join(&mut self, other: &Self) {
        self.cases += other.cases;
        self.planned += other.planned;
        self.nodes += other.nodes;
        self.linked += other.linked;
        self.links += other.links;
        self.right += other.right;
    }
}

fn score<T: Ord + Copy>(planned: &[T], right: &[T]) -> f64 {
    let set = |of: &[T]| of.iter().copied().collect::<BTreeSet<T>>();
    let hits = set(planned).intersection(&set(right)).count();
    super::plan::learned::outline::f1(hits, planned.len(), right.len())
}

fn measured(planner: &Learned, cases: &[&Example]) -> Sums {
    let mut sums = Sums::default();
    for case in cases {
        let proposal = planner.propose(&asked(planner, case));
        sums.add(proposal.as_ref().map(|it| &it.outline), &case.outline);
    }
    sums
}

/// Five-fold cross-validation; the weights of each fold were trained without it.
pub(crate) fn folds(book: &Book, others: &[Book]) {
    let mut order: Vec<usize> = (0..book.runs.len()).collect();
    Dice(7).shuffle(&mut order);
    let mut all = Sums::default();
    for fold in 0..5 {
        let part = |inside: bool| -> Vec<Example> {
            let kept = order.iter().enumerate().filter(|(at, _)| (at % 5 == fold) == inside);
            kept.map(|(_, &it)| book.runs[it].clone()).collect()
        };
        let known = Book { data: Data::of(&book.data), runs: part(false) };
        let mut books: Vec<Book> =
            others.iter().map(|it| Book { data: Data::of(&it.data), runs: it.runs.clone() }).collect();
        books.push(known);
        let weights = train(&books, 11 + fold as u64);
        let known = books.pop().expect("it was pushed");
        let planner = known.planner(&known.runs.iter().collect::<Vec<_>>(), &weights);
        let cases = part(true);
        let started = Instant::now();
        let sums = measured(&planner, &cases.iter().collect::<Vec<_>>());
        let each = started.elapsed().as_secs_f64() * 1e3 / cases.len() as f64;
        println!("fold {fold}: {}  ({each:.1} ms a plan)", sums.shown());
        all.join(&sums);
    }
    println!("all folds: {}", all.shown());
}

/// Plans with little history: five random ones of each size, 300 requests each.
pub(crate) fn sizes(book: &Book, others: &[Book]) {
    let mut all: Vec<(usize, Sums)> =
        [0, 1, 3, 10, 30, 100, 300, 1_000].map(|size| (size, Sums::default())).into();
    for draw in 0..5_u64 {
        let mut order: Vec<Example> = book.runs.clone();
        Dice(100 + draw).shuffle(&mut order);
        let (known, cases) = order.split_at(order.len() - 300);
        let mut books: Vec<Book> =
            others.iter().map(|it| Book { data: Data::of(&it.data), runs: it.runs.clone() }).collect();
        books.push(Book { data: Data::of(&book.data), runs: known.to_vec() });
        let weights = train(&books, 21 + draw);
        let cases: Vec<&Example> = cases.iter().collect();
        let results: Vec<Sums> = all
            .par_iter()
            .map(|(size, _)| {
                let history: Vec<&Example> = known.iter().take(*size).collect();
                measured(&book.planner(&history, &weights), &cases)
            })
            .collect();
        for ((size, sums), result) in all.iter_mut().zip(results) {
            println!("draw {draw}, {size:5} runs: {}", result.shown());
            sums.join(&result);
        }
    }
    for (size, sums) in all {
        println!("mean, {size:5} runs: {}", sums.shown());
    }
}

/// What is reached on `cases` with all runs of `book`.
pub(crate) fn measure(book: &Book, cases: &[Example], weights: &Weights) -> String {
    let started = Instant::now();
    let planner = book.planner(&book.runs.iter().collect::<Vec<_>>(), weights);
    let learned = started.elapsed().as_secs_f64();
    let sums = measured(&planner, &cases.iter().collect::<Vec<_>>());
    let each = (started.elapsed().as_secs_f64() - learned) * 1e3 / cases.len() as f64;
    format!("{}  ({} runs in {learned:.2} s, {each:.1} ms a plan)", sums.shown(), book.runs.len())
}
