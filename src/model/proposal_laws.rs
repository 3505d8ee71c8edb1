//! The laws of proposals: whatever is proposed and whatever runs, in whatever order libraries meet.

use proptest::prelude::*;

use super::laws::{noted, record, tallies};
use super::library::{Library, MOST_PROPOSALS};
use super::pattern::{Inferred, Pattern, Shape};
use super::recount::recount;
use super::samples::component;

/// More than are kept, so that the cap decides.
const POOL: usize = MOST_PROPOSALS + 60;

/// The shape with this number; the first ones are those that executions of the samples show.
fn shape(number: usize) -> Shape {
    match number {
        0 => Shape::new(vec![vec![component("licence")], vec![component("changelog")]]),
        1 => Shape::new(vec![vec![component("licence")]]),
        _ => Shape::new(vec![vec![component(&format!("a{number}"))], vec![component("b")]]),
    }
}

fn proposal(number: usize, score: u16, reason: &str) -> Pattern {
    Pattern::proposed(shape(number), Inferred { score, reason: reason.to_owned() })
}

/// What somebody recorded, and what texts proposed there: often the same with another score.
fn library() -> impl Strategy<Value = Library> {
    let scores = prop::collection::vec(prop::option::weighted(0.7, 0..4_u16), POOL);
    let epoch = prop::sample::select(&["1970-01", "2026-11"][..]);
    (prop::collection::vec(record(), 0..4), scores, "[xy]", epoch).prop_map(
        |(records, scores, reason, epoch)| {
            let mut library = recount(&noted(&records), &Library::default());
            let scores = scores.into_iter().enumerate().filter_map(|(number, score)| Some((number, score?)));
            library.propose(scores.map(|(number, score)| proposal(number, score, &reason)));
            library.since(&epoch.parse().expect("a month"))
        },
    )
}

fn joined<'a>(libraries: impl IntoIterator<Item = &'a Library>) -> Library {
    libraries.into_iter().fold(Library::default(), |mut joined, library| {
        joined.join(library);
        joined
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn joining_proposals_is_commutative_associative_and_idempotent(
        a in library(), b in library(), c in library(),
    ) {
        prop_assert_eq!(joined([&a, &b]), joined([&b, &a]));
        prop_assert_eq!(joined([&joined([&a, &b]), &c]), joined([&a, &joined([&b, &c])]));
        prop_assert_eq!(joined([&a, &a]), a.clone());
        prop_assert_eq!(joined([&a, &b, &a]), joined([&a, &b]));
    }

    #[test]
    fn proposals_change_no_evidence_and_are_never_too_many((a, b) in (library(), library())) {
        let without = |library: &Library| {
            let mut library = library.clone();
            library.patterns.values_mut().for_each(|pattern| pattern.inferred = None);
            library
        };
        let both = joined([&a, &b]);
        prop_assert_eq!(tallies(&both), tallies(&joined([&without(&a), &without(&b)])));
        prop_assert!(both.patterns.values().filter(|it| it.inferred.is_some()).count() <= MOST_PROPOSALS);
        for pattern in both.patterns.values() {
            prop_assert_eq!(pattern.proposal().is_some(), pattern.cells.is_empty() && pattern.inferred.is_some());
        }
    }

    #[test]
    fn a_library_with_proposals_reads_back_from_its_files(library in library()) {
        let (read, problems) = Library::from_files(library.files()).expect("our format");
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(read.files(), library.files());
        prop_assert_eq!(read, library);
    }
}

#[test]
fn the_best_proposals_stay_and_of_equal_ones_those_with_the_least_ids() {
    let mut library = Library::default();
    library.propose((0..POOL).map(|number| proposal(number, u16::from(number % 2 == 0), "x")));
    let kept: Vec<u16> = library.proposals().iter().map(|(_, inferred)| inferred.score).collect();
    assert_eq!(kept.len(), MOST_PROPOSALS);
    assert_eq!(kept.iter().filter(|score| **score == 1).count(), POOL / 2);
    let worst: Vec<&str> =
        library.proposals().iter().filter(|(_, it)| it.score == 0).map(|(it, _)| it.id.as_str()).collect();
    let mut all: Vec<String> = (0..POOL).filter(|n| n % 2 == 1).map(|n| shape(n).id().to_string()).collect();
    all.sort();
    assert_eq!(worst, all[..worst.len()]);
}

#[test]
fn who_runs_a_proposal_makes_a_pattern_of_it_and_keeps_its_place() {
    let mut library = Library::default();
    library.propose((0..MOST_PROPOSALS).map(|number| proposal(number, 500, "x")));
    let id = shape(0).id();
    assert!(library.patterns[&id].proposal().is_some());
    let run = super::record::Record::Execution(Box::new(super::samples::execution(1)));
    library.join(&recount(&noted([&run]), &library));
    assert_eq!(library.patterns[&id].proposal(), None);
    assert_eq!(library.proposals().len(), MOST_PROPOSALS - 1);
    assert_eq!(library.with_evidence().count(), 1);
    // Better ones push it out of the proposals, and its evidence stays.
    library.propose((MOST_PROPOSALS..POOL).map(|number| proposal(number, 900, "y")));
    library.propose((2..MOST_PROPOSALS).map(|number| proposal(number, 800, "y")));
    assert_eq!(library.patterns[&id].inferred, None);
    assert_eq!(library.pattern_tally(&library.patterns[&id]).passed, 1);
}

#[test]
fn a_score_above_the_greatest_is_refused() {
    let mut pattern = proposal(2, Inferred::MOST, "x");
    let file = |pattern: &Pattern| {
        let mut library = Library::default();
        library.patterns.insert(pattern.id.clone(), pattern.clone());
        library.files()
    };
    assert_eq!(Library::from_files(file(&pattern)).expect("our format").1, vec![]);
    pattern.inferred = Some(Inferred { score: Inferred::MOST + 1, reason: String::new() });
    let (_, problems) = Library::from_files(file(&pattern)).expect("our format");
    assert_eq!(problems[0].reason, "its score is 1001, of 1000 at most");
}
