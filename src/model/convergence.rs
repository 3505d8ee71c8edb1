//! Convergence: replicas that record, amend, crash and sync in any order end with one library.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::laws::{noted, record, tallies, tallies_by_hand};
use super::library::Library;
use super::record::Record;
use super::recount::recount;
use super::survey::Survey;
use super::survey::tests::survey;
use super::time::Month;

const REPLICAS: usize = 5;
/// Commits that carry notes.
const COMMITS: usize = 3;

/// What a clone, or the hub between them, holds: lines of notes by commit, and the merged library.
#[derive(Clone, Debug, Default)]
struct State {
    notes: BTreeMap<usize, Vec<Record>>,
    library: Library,
}

impl State {
    /// Every line of every note.
    fn lines(&self) -> impl Iterator<Item = &Record> {
        self.notes.values().flatten()
    }

    fn annotate(&mut self, commit: usize, lines: &[Record]) {
        let note = self.notes.entry(commit).or_default();
        for line in lines {
            if !note.contains(line) {
                note.push(line.clone());
            }
        }
    }

    fn join_notes(&mut self, other: &Self) {
        other.notes.iter().for_each(|(commit, lines)| self.annotate(*commit, lines));
    }

    fn learn(&mut self) {
        let counted = recount(&noted(self.lines()), &self.library);
        self.library.join(&counted);
    }
}

/// What happens at a replica.
#[derive(Clone, Debug)]
enum Event {
    /// An execution, a correction or a forget, noted on a commit.
    Record(usize, Box<Record>),
    /// A commit is made anew, and its note copied.
    Amend(usize, usize),
    /// The notes are recounted into the library.
    Learn,
    /// A team starts afresh: months before do not count.
    Epoch(Month),
    /// A marketplace is analyzed as it was at some moment.
    Analyze(Box<Survey>),
    /// What the hub has not seen is lost.
    Crash,
    Sync,
    /// Only one of both refs is shared: the user pushes the other one, or never does.
    SyncNotes,
    SyncLearning,
}

/// Events of which nothing is lost but to a crash before its sync.
fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0..COMMITS, record()).prop_map(|(commit, record)| Event::Record(commit, Box::new(record))),
        2 => (0..COMMITS, 0..COMMITS).prop_map(|(old, new)| Event::Amend(old, new)),
        3 => Just(Event::Learn),
        2 => survey().prop_map(|survey| Event::Analyze(Box::new(survey))),
        1 => Just(Event::Crash),
        5 => Just(Event::Sync),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let month = |text: &str| text.parse().expect("a month");
    prop_oneof![
        12 => event(),
        1 => Just(Event::SyncNotes),
        1 => Just(Event::SyncLearning),
        1 => prop::sample::select(vec![month("2026-10"), month("2026-11")]).prop_map(Event::Epoch),
    ]
}

fn history(event: impl Strategy<Value = Event>) -> impl Strategy<Value = Vec<(usize, Event)>> {
    prop::collection::vec((0..REPLICAS, event), 0..24)
}

/// The replicas and their hub.
#[derive(Default)]
struct Team {
    replicas: [State; REPLICAS],
    hub: State,
}

impl Team {
    /// After all of this, and after everybody has synced twice.
    fn after(history: &[(usize, Event)]) -> Self {
        let mut team = Self::default();
        history.iter().for_each(|(at, event)| team.happens(*at, event));
        (0..2 * REPLICAS).for_each(|n| team.happens(n % REPLICAS, &Event::Sync));
        team
    }

    fn happens(&mut self, at: usize, event: &Event) {
        let replica = &mut self.replicas[at];
        match event {
            Event::Record(commit, record) => replica.annotate(*commit, &[(**record).clone()]),
            Event::Amend(old, new) => {
                let copied = replica.notes.get(old).cloned().unwrap_or_default();
                replica.annotate(*new, &copied);
            }
            Event::Learn => replica.learn(),
            Event::Analyze(survey) => {
                for (plugin, analysis) in survey.news(&replica.library) {
                    replica.library.add_analysis(&plugin, &analysis);
                }
            }
            Event::Epoch(month) => {
                let fresh = Library { epoch: month.clone(), ..Library::default() };
                replica.library.join(&fresh);
            }
            Event::Crash => *replica = self.hub.clone(),
            Event::SyncNotes => {
                replica.join_notes(&self.hub);
                self.hub.notes.clone_from(&replica.notes);
            }
            Event::SyncLearning => {
                replica.library.join(&self.hub.library);
                replica.learn();
                self.hub.library.clone_from(&replica.library);
            }
            Event::Sync => {
                replica.join_notes(&self.hub);
                replica.library.join(&self.hub.library);
                replica.learn();
                self.hub = replica.clone();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn replicas_that_crash_and_sync_end_with_one_library(history in history(any_event())) {
        let team = Team::after(&history);
        let files = team.hub.library.files();
        for replica in &team.replicas {
            prop_assert_eq!(&replica.library, &team.hub.library);
            prop_assert_eq!(replica.library.files(), files.clone());
            prop_assert_eq!(noted(replica.lines()), noted(team.hub.lines()));
        }
        let (read, problems) = Library::from_files(files).expect("our format");
        prop_assert_eq!((read, problems), (team.hub.library, vec![]));
    }

    #[test]
    fn what_replicas_end_with_is_what_the_records_tell(history in history(event())) {
        let team = Team::after(&history);
        let records = noted(team.hub.lines());
        prop_assert_eq!(tallies(&team.hub.library), tallies_by_hand(&records));
    }
}
