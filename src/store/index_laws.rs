//! The laws of the index: whatever becomes of notes, an index brought up to date is the one made from
//! scratch, and it says what the notes say, or that it can't tell.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::derived::Derived;
use super::digest::{Digest, RECENT};
use super::index::{Index, Listed, Summary, file};
use super::noted::{Depth, Lines, Noted};
use crate::model::id::RecordId;
use crate::model::laws::{execution, line, record};
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::record::{Execution, Outcome, Record};
use crate::model::recount::{executions, recount};
use crate::model::time::Month;

/// Notes by the number of what they annotate.
type Notes = BTreeMap<u8, BTreeSet<String>>;

#[derive(Clone, Debug)]
enum Change {
    Add(u8, String),
    /// A note is copied, as git does when a commit is made anew.
    Copy(u8, u8),
    Remove(u8),
}

fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let fresh = (execution(), 8..40_u128).prop_map(|(execution, n)| {
        let id = RecordId::from_parts(execution.at.0, n);
        Record::Execution(Box::new(Execution { id, ..execution }))
    });
    let text = prop_oneof![
        6 => fresh.prop_map(|it| line(&it)),
        3 => record().prop_map(|it| line(&it)),
        1 => Just("no record".to_owned()),
        // It begins as an execution does, and is none.
        1 => record().prop_map(|it| line(&it).replacen(r#""steps":["#, r#""steps":[0,"#, 1)),
    ];
    let change = prop_oneof![
        12 => (0..6_u8, text).prop_map(|(on, text)| Change::Add(on, text)),
        2 => (0..6_u8, 0..6_u8).prop_map(|(old, new)| Change::Copy(old, new)),
        1 => (0..6_u8).prop_map(Change::Remove),
    ];
    prop::collection::vec(prop::collection::vec(change, 1..5), 1..7)
}

fn apply(notes: &mut Notes, change: &Change) {
    match change {
        Change::Add(on, text) => drop(notes.entry(*on).or_default().insert(text.clone())),
        Change::Copy(old, new) => {
            let copied = notes.get(old).cloned().unwrap_or_default();
            notes.entry(*new).or_default().extend(copied);
        }
        Change::Remove(on) => drop(notes.remove(on)),
    }
}

fn oid(n: u8) -> Oid {
    Oid::from_bytes(&[n; 20]).expect("20 bytes")
}

/// The lines of notes that `other` does not have as they are.
fn beyond(notes: &Notes, other: &Notes, depth: Depth) -> Lines {
    let mut read = Lines::default();
    for (on, texts) in notes.iter().filter(|(on, texts)| other.get(on) != Some(texts)) {
        let text: Vec<&str> = texts.iter().map(String::as_str).collect();
        let Lines { records, bad } = Lines::of_note(oid(*on), text.join("\n").as_bytes(), depth);
        read.records.extend(records);
        read.bad.extend(bad);
    }
    read.sort();
    read
}

fn whole(notes: &Notes, tip: u8, epoch: &Month) -> Digest {
    let digest = Digest::nothing(oid(tip), epoch).with(beyond(notes, &Notes::new(), Depth::Skimmed));
    digest.expect("nothing was counted before")
}

/// The digest after each of these changes, brought up to date where that is possible.
fn history(all: &[Vec<Change>], epoch: &Month) -> Vec<(Notes, Digest)> {
    let mut history = vec![(Notes::new(), whole(&Notes::new(), 0, epoch))];
    for (changes, tip) in all.iter().zip(1..) {
        let (before, digest) = history.last().cloned().expect("it has a beginning");
        let mut notes = before.clone();
        changes.iter().for_each(|change| apply(&mut notes, change));
        let moved =
            digest.moved(oid(tip), &beyond(&before, &notes, Depth::All), beyond(&notes, &before, Depth::All));
        let digest = moved.unwrap_or_else(|| whole(&notes, tip, epoch));
        history.push((notes, digest));
    }
    history
}

fn months() -> impl Strategy<Value = Month> {
    let later = "2026-10".parse().expect("a month");
    prop_oneof![4 => Just(Month::first()), 1 => Just(later)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_index_brought_up_to_date_is_the_one_made_from_scratch(all in changes(), epoch in months()) {
        for (tip, (notes, digest)) in (0..).zip(history(&all, &epoch)) {
            prop_assert_eq!(digest, whole(&notes, tip, &epoch));
        }
    }

    #[test]
    fn an_index_says_what_the_notes_say_or_nothing(
        all in changes(), epoch in months(), most in 0..9_usize, elsewhere in prop::collection::vec(record(), 0..4),
    ) {
        let (notes, digest) = history(&all, &epoch).pop().expect("it has a beginning");
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("index");
        file(&digest).write(&mut std::fs::File::create(&path).expect("writable")).expect("written");
        let index = Derived::open(&path).and_then(Index::open).expect("ours");
        prop_assert_eq!(index.digest(), Some(digest));
        let noted = Noted::of(beyond(&notes, &Notes::new(), Depth::All));
        let mut past = executions(&noted.records);
        prop_assert_eq!(index.summary(), Some(Summary::of(past.iter())));
        prop_assert_eq!(&index.head.bad, &noted.bad);
        for execution in &past {
            prop_assert_eq!(index.outcome(execution.id), Some(Some(execution.outcome)));
        }
        past.sort_by_key(|it| Reverse((it.at, it.id)));
        for outcome in [None, Some(Outcome::Passed), Some(Outcome::Aborted)] {
            let wanted = past.iter().filter(|it| outcome.is_none_or(|outcome| it.outcome == outcome));
            let first = |it: &Execution| noted.objects[&it.id].first().copied();
            let listed = |it: &Execution| Listed { object: first(it), execution: it.clone() };
            let expected: Vec<Listed> = wanted.take(most).map(listed).collect();
            let told = index.latest(most, outcome);
            prop_assert!(told.is_none_or(|told| told == expected));
        }
        prop_assert!(most > RECENT || index.latest(most, None).is_some());
        let mut decided = Library { epoch: epoch.clone(), ..Library::default() };
        let lines: BTreeSet<String> = elsewhere.iter().map(line).collect();
        let theirs = beyond(&Notes::from([(9, lines)]), &Notes::new(), Depth::All);
        for known in [decided.clone(), { decided.join(&recount(&Noted::of(theirs).records, &decided)); decided }] {
            let told = index.recount(&known);
            prop_assert!(known.decisions.claims().next().is_some() || told.is_some());
            prop_assert!(told.is_none_or(|told| told == recount(&noted.records, &known)));
        }
    }
}
