//! The laws of recounting and joining: whatever records there are, in whatever order they meet.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::analysis::Analysis;
use super::analysis::tests::{contents, plugin, stamp};
use super::counts::Counts;
use super::evidence::{Slot, Tally};
use super::id::RecordId;
use super::json;
use super::library::Library;
use super::pattern::Shape;
use super::record::{Amendment, AmendmentKind, Execution, Outcome, Record, StepOutcome, VERSION};
use super::recount::{Records, executions, recount};
use super::samples;
use super::time::{Month, Timestamp};

pub(super) const OUTCOMES: [Outcome; 4] =
    [Outcome::Passed, Outcome::Failed, Outcome::Environment, Outcome::Aborted];
const STEP_OUTCOMES: [StepOutcome; 4] =
    [StepOutcome::Passed, StepOutcome::Failed, StepOutcome::Environment, StepOutcome::Skipped];
const REPLICAS: [&str; 3] = ["aaaa", "ci", "b %\n\u{e9}"];
/// Three months; the last two lie in one.
const MOMENTS: [i64; 4] = [1_790_000_000_000, 1_793_000_000_000, 1_795_161_600_000, 1_795_161_700_000];

pub(super) fn id(n: u64) -> RecordId {
    samples::execution(n).id
}

pub(crate) fn execution() -> impl Strategy<Value = Execution> {
    let step = (0..3_usize, prop::sample::select(&STEP_OUTCOMES[..]), prop::option::of("[xy]"));
    let steps = prop::collection::vec(step, 1..4);
    let words = subsequence(vec!["ci", "licens", "test"], 0..3);
    let stamp = (prop::sample::select(&REPLICAS[..]), prop::sample::select(&MOMENTS[..]));
    (0..4_u64, steps, words, stamp, prop::sample::select(&OUTCOMES[..])).prop_map(
        |(n, steps, words, (replica, at), outcome)| {
            let step = |(name, outcome, error): (usize, StepOutcome, Option<String>)| {
                let name = ["licence", "changelog", "a b"][name];
                super::record::Step { error, ..samples::step(name, outcome) }
            };
            Execution {
                at: Timestamp(at),
                words: words.into_iter().map(str::to_owned).collect(),
                replica: replica.to_owned(),
                steps: steps.into_iter().map(step).collect(),
                outcome,
                ..samples::execution(n)
            }
        },
    )
}

pub(super) fn amendment(id: RecordId, target: RecordId, at: i64, outcome: Option<Outcome>) -> Record {
    Record::Amendment(Amendment {
        id,
        v: VERSION,
        kind: if outcome.is_some() { AmendmentKind::Correction } else { AmendmentKind::Forget },
        at: Timestamp(at),
        replica: "aaaa".to_owned(),
        author: None,
        outcome,
        target,
        extra: BTreeMap::new(),
    })
}

/// Executions under few ids, so that ids repeat, and now and then what amends one or shares its id.
pub(crate) fn record() -> impl Strategy<Value = Record> {
    let outcome = prop::option::weighted(0.8, prop::sample::select(&OUTCOMES[..]));
    let amended = (prop_oneof![8 => 4..8_u64, 1 => 0..4_u64], 0..4_u64, 0..3_i64, outcome)
        .prop_map(|(n, target, at, outcome)| amendment(id(n), id(target), at, outcome));
    prop_oneof![
        8 => execution().prop_map(|it| Record::Execution(Box::new(it))),
        4 => amended,
        1 => (0..4_u64).prop_map(|n| Record::Foreign(id(n))),
    ]
}

/// Two parts of the same notes, which may overlap.
fn parts() -> impl Strategy<Value = (Vec<Record>, Vec<Record>)> {
    prop::collection::vec((record(), 0..3_u8), 0..9).prop_map(|all| {
        let part = |other: u8| {
            all.iter().filter(move |(_, part)| *part != other).map(|(record, _)| record.clone()).collect()
        };
        (part(0), part(1))
    })
}

/// A record as a line of a note.
pub(crate) fn line(record: &Record) -> String {
    match record {
        Record::Execution(execution) => execution.line(),
        Record::Amendment(amendment) => json::canonical(amendment),
        // A newer version: of greater bytes than some and of lesser bytes than others.
        Record::Commit(commit) => json::canonical(commit),
        Record::Foreign(id) => format!(r#"{{"id":"{id}","v":1,"kind":"execution","at":"2026-10"}}"#),
    }
}

/// As the notes would be read: lines by id, equal ones once, the greatest last.
pub(crate) fn noted<'a>(lines: impl IntoIterator<Item = &'a Record>) -> Records {
    let mut records = Records::new();
    for record in lines {
        records.entry(record.id()).or_default().push(record.clone());
    }
    for lines in records.values_mut() {
        lines.sort_by_key(line);
        lines.dedup();
    }
    records
}

fn counted(records: &[Record]) -> Library {
    recount(&noted(records), &Library::default())
}

/// What machines found of two plugins: by older and later rules, of older and later states, in either
/// order, and now and then what no program wrote.
fn analyses() -> impl Strategy<Value = Library> {
    let text = prop_oneof![Just("[catalog]\nextractor = 9\n".to_owned()), "[ -~\n]{0,20}"];
    let analysis = |name| {
        prop_oneof![
            8 => (1..3_u32, 0..3_i64, contents(name))
                .prop_map(|(extractor, updated, it)| Analysis::saying(stamp(extractor, updated), &it)),
            1 => text.clone().prop_map(|text| Analysis::of_text(&text)),
        ]
    };
    let each = (prop::option::of(analysis("one")), prop::option::of(analysis("two")));
    each.prop_map(|(one, two)| {
        let found = [("one", one), ("two", two)];
        let found = found.into_iter().filter_map(|(name, it)| Some((plugin(name), it?)));
        Library { analyses: found.collect(), ..Library::default() }
    })
}

fn joined<'a>(libraries: impl IntoIterator<Item = &'a Library>) -> Library {
    libraries.into_iter().fold(Library::default(), |mut joined, library| {
        joined.join(library);
        joined
    })
}

/// The tally of every pattern and component that has one.
pub(super) fn tallies(library: &Library) -> BTreeMap<String, Tally> {
    let patterns = library.patterns.values().map(|it| (it.id.to_string(), library.pattern_tally(it)));
    let components = library.components.keys().map(|id| (id.to_string(), library.component_tally(id)));
    patterns.chain(components).filter(|(_, tally)| *tally != Tally::default()).collect()
}

/// The same, counted one execution at a time.
pub(super) fn tallies_by_hand(records: &Records) -> BTreeMap<String, Tally> {
    let mut tallies = BTreeMap::<String, Tally>::new();
    let mut count = |subject: String, outcome| {
        let tally = tallies.entry(subject).or_default();
        match outcome {
            Outcome::Passed => tally.passed += 1,
            Outcome::Failed => tally.failed += 1,
            Outcome::Environment => tally.environment += 1,
            Outcome::Aborted => tally.aborted += 1,
        }
    };
    for execution in executions(records) {
        if let Some(shape) = Shape::of(&execution) {
            count(shape.id().to_string(), execution.outcome);
        }
        let mut ended: Vec<_> = execution.steps.iter().map(|step| (&step.component, step.outcome)).collect();
        ended.sort_unstable();
        ended.dedup();
        for (component, outcome) in ended {
            match outcome {
                StepOutcome::Passed => count(component.to_string(), Outcome::Passed),
                StepOutcome::Failed => count(component.to_string(), Outcome::Failed),
                StepOutcome::Environment => count(component.to_string(), Outcome::Environment),
                StepOutcome::Skipped => {}
            }
        }
    }
    tallies
}

fn cells(library: &Library) -> BTreeMap<(String, Slot), u64> {
    let of_patterns = library.patterns.values().map(|it| (it.id.to_string(), &it.cells));
    let of_components = library.components.iter().map(|(id, it)| (id.to_string(), &it.cells));
    of_patterns
        .chain(of_components)
        .flat_map(|(subject, cells)| cells.iter().map(move |(slot, n)| ((subject.clone(), slot.clone()), n)))
        .collect()
}

proptest! {
    #[test]
    fn a_recount_tells_what_counting_by_hand_tells((a, b) in parts()) {
        let union = noted(a.iter().chain(&b));
        prop_assert_eq!(tallies(&recount(&union, &Library::default())), tallies_by_hand(&union));
    }

    #[test]
    fn executions_count_the_same_in_any_order_and_apart(
        (one, other) in prop::collection::vec(execution(), 0..9).prop_flat_map(|mut all| {
            all.iter_mut().zip(0..).for_each(|(execution, n)| execution.id = id(n));
            (Just(all.clone()), Just(all).prop_shuffle())
        }),
    ) {
        let counted = |executions: &[Execution]| {
            let mut counts = Counts::since(&Month::first());
            executions.iter().for_each(|it| counts.add(it));
            counts
        };
        let (begin, end) = other.split_at(other.len() / 2);
        let mut apart = counted(end);
        apart.join(counted(begin));
        prop_assert_eq!(&counted(&one), &apart);
        prop_assert_eq!(counted(&other), apart);
    }

    #[test]
    fn joining_is_commutative_associative_and_idempotent((a, b) in parts(), (c, _) in parts()) {
        let (a, b, c) = (counted(&a), counted(&b), counted(&c));
        prop_assert_eq!(joined([&a, &b]), joined([&b, &a]));
        prop_assert_eq!(joined([&joined([&a, &b]), &c]), joined([&a, &joined([&b, &c])]));
        prop_assert_eq!(joined([&a, &a]), a.clone());
        prop_assert_eq!(joined([&a, &b, &c]).files(), joined([&c, &b, &a]).files());
    }

    #[test]
    fn of_analyses_the_greatest_counts_in_any_order(a in analyses(), b in analyses(), c in analyses()) {
        prop_assert_eq!(joined([&a, &b]), joined([&b, &a]));
        prop_assert_eq!(joined([&joined([&a, &b]), &c]), joined([&a, &joined([&b, &c])]));
        prop_assert_eq!(joined([&a, &a]), a.clone());
        let all = joined([&a, &b, &c]);
        for (plugin, analysis) in a.analyses.iter().chain(&b.analyses).chain(&c.analyses) {
            prop_assert!(all.analyses[plugin] >= *analysis);
        }
    }

    #[test]
    fn a_library_reads_back_from_its_files((a, b) in parts(), analysed in analyses()) {
        let readable = |it: &Analysis| it.stamp().is_some();
        let analyses = analysed.analyses.into_iter().filter(|(_, it)| readable(it)).collect();
        let analysed = Library { analyses, ..Library::default() };
        let library = joined([&counted(&a), &counted(&b), &analysed]);
        let (read, problems) = Library::from_files(library.files()).expect("our format");
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(read.files(), library.files());
        prop_assert_eq!(read, library);
    }

    #[test]
    fn no_cell_of_a_join_exceeds_the_recount_of_the_union((a, b) in parts()) {
        let union: Vec<Record> = a.iter().chain(&b).cloned().collect();
        let most = cells(&counted(&union));
        for (cell, count) in cells(&joined([&counted(&a), &counted(&b)])) {
            prop_assert!(most.get(&cell).is_some_and(|most| count <= *most), "{:?}", cell);
        }
    }

    #[test]
    fn clones_that_joined_parts_end_where_the_union_does((a, b) in parts()) {
        let union = noted(a.iter().chain(&b));
        let whole = recount(&union, &Library::default());
        let parts = joined([&counted(&a), &counted(&b)]);
        let mut ours = parts.clone();
        ours.join(&recount(&union, &parts));
        prop_assert_eq!(tallies(&ours), tallies(&whole));
        prop_assert_eq!(&ours, &joined([&whole, &counted(&b), &counted(&a)]));
        let again = recount(&union, &ours);
        prop_assert_eq!(joined([&ours, &again]), ours);
    }

    #[test]
    fn what_was_forgotten_stays_forgotten_and_is_taken_away_once((a, b) in parts(), n in 0..4_u64) {
        let all: Vec<Record> = a.iter().chain(&b).cloned().collect();
        let forget = amendment(id(9), id(n), 9, None);
        let forgotten = counted(&all.iter().cloned().chain([forget]).collect::<Vec<_>>());
        let expected = tallies(&forgotten);
        prop_assert_eq!(tallies(&joined([&forgotten, &counted(&all)])), expected.clone());
        prop_assert_eq!(tallies(&joined([&counted(&all), &forgotten, &counted(&all)])), expected.clone());
        // The line that said so may be lost: what the library knows is enough.
        let later = recount(&noted(&all), &forgotten);
        prop_assert_eq!(tallies(&joined([&forgotten, &later])), expected);
    }
}

fn passed(n: u64) -> Record {
    Record::Execution(Box::new(samples::execution(n)))
}

#[test]
fn two_branches_that_both_count_to_four_make_four_until_the_fifth_is_known() {
    let base: Vec<Record> = (1..4).map(passed).collect();
    let with = |n| base.iter().cloned().chain([passed(n)]).collect::<Vec<_>>();
    let both = joined([&counted(&with(4)), &counted(&with(4))]);
    assert!(tallies(&both).values().all(|tally| tally.passed == 4));
    let mut differing = joined([&counted(&with(4)), &counted(&with(5))]);
    assert!(tallies(&differing).values().all(|tally| tally.passed == 4));
    differing.join(&counted(&(1..6).map(passed).collect::<Vec<_>>()));
    assert!(tallies(&differing).values().all(|tally| tally.passed == 5));
}

#[test]
fn a_copied_note_counts_once() {
    assert_eq!(counted(&[passed(1), passed(1)]), counted(&[passed(1)]));
}

#[test]
fn an_outcome_that_was_corrected_back_counts_again() {
    let wrong = amendment(id(4), id(1), 1, Some(Outcome::Failed));
    let right = amendment(id(5), id(1), 2, Some(Outcome::Passed));
    let between = counted(&[passed(1), wrong.clone()]);
    let after = counted(&[passed(1), wrong, right]);
    let expected = tallies(&counted(&[passed(1)]));
    assert_eq!(tallies(&after), expected);
    assert_eq!(tallies(&joined([&after, &between])), expected);
}

#[test]
fn the_latest_failure_comes_first_whatever_the_ids() {
    let failure = |n: u64, at: i64, error: &str| {
        let mut execution = samples::execution(n);
        execution.at = Timestamp(at);
        execution.steps[0].outcome = StepOutcome::Failed;
        execution.steps[0].error = Some(error.to_owned());
        Record::Execution(Box::new(execution))
    };
    let library = counted(&[failure(1, MOMENTS[3], "new"), failure(2, MOMENTS[2], "old")]);
    let issues = &library.components[&samples::component("licence")].issues;
    assert_eq!(issues.iter().map(|issue| issue.error.as_str()).collect::<Vec<_>>(), ["new", "old"]);
}
