//! No false alarms: whatever replicas record, learn and join, in any order, the rules find nothing.

use proptest::prelude::*;

use super::loss::losses;
use crate::model::laws::{noted, record};
use crate::model::library::Library;
use crate::model::record::Record;
use crate::model::recount::recount;
use crate::model::survey::Survey;
use crate::model::survey::tests::survey;
use crate::model::told::{Told, untold};

const REPLICAS: usize = 4;

/// What happens at a replica.
#[derive(Clone, Debug)]
enum Event {
    Record(Box<Record>),
    /// The notes are recounted into a commit.
    Learn,
    /// The notes of another replica are fetched, its library is joined, and all is recounted.
    Join(usize),
    /// A team starts afresh in this month.
    Epoch(usize),
    /// A marketplace is analyzed as it was at this moment, and committed.
    Analyze(Box<Survey>),
}

fn history() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let event = prop_oneof![
        6 => record().prop_map(|record| Event::Record(Box::new(record))),
        3 => Just(Event::Learn),
        4 => (0..REPLICAS).prop_map(Event::Join),
        1 => (0..3_usize).prop_map(Event::Epoch),
        3 => survey().prop_map(|survey| Event::Analyze(Box::new(survey))),
    ];
    prop::collection::vec((0..REPLICAS, event), 0..24)
}

/// A replica: its lines of notes, and the library of its last commit.
#[derive(Clone, Debug, Default)]
struct Replica {
    lines: Vec<Record>,
    library: Library,
}

impl Replica {
    /// The commit that recounts on top of these parents; every rule has to find it right.
    fn commit(&mut self, parents: &[&Library]) {
        let mut joined = Library::default();
        parents.iter().for_each(|parent| joined.join(parent));
        let records = noted(&self.lines);
        let mut library = joined.clone();
        library.join(&recount(&records, &joined));
        let (read, problems) = Library::from_files(library.files()).expect("our format");
        assert_eq!((&read, problems), (&library, vec![]));
        assert_eq!(losses(&joined.clone().since(&library.epoch), &library), []);
        assert_eq!(losses(&recount(&records, &library), &library), []);
        let fresh = Library { epoch: library.epoch.clone(), ..Library::default() };
        assert!(library.decisions.beyond(&recount(&records, &fresh).decisions).is_empty());
        assert_eq!(untold(&library, &records, None), None);
        assert_eq!(untold(&library, &records, Some(&Library::default())), None);
        for (plugin, analysis) in &library.analyses {
            analysis.read(plugin).expect("we wrote it");
        }
        let told = Told::by(&records);
        for pattern in library.patterns.values() {
            assert_eq!(told.untold_of_pattern(pattern), Vec::<&str>::new(), "{pattern:?}");
        }
        for (id, component) in &library.components {
            assert_eq!(told.untold_of_component(id, component), Vec::<&str>::new(), "{id}");
        }
        self.library = library;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_replicas_learn_and_join_is_never_objected_to(history in history()) {
        let mut replicas: [Replica; REPLICAS] = Default::default();
        for (at, event) in history {
            match event {
                Event::Record(record) => replicas[at].lines.push(*record),
                Event::Learn => {
                    let parent = replicas[at].library.clone();
                    replicas[at].commit(&[&parent]);
                }
                Event::Join(from) => {
                    let theirs = replicas[from].clone();
                    replicas[at].lines.extend(theirs.lines);
                    let ours = replicas[at].library.clone();
                    replicas[at].commit(&[&ours, &theirs.library]);
                }
                Event::Analyze(survey) => {
                    let before = replicas[at].library.clone();
                    for (plugin, analysis) in survey.news(&before) {
                        replicas[at].library.add_analysis(&plugin, &analysis);
                    }
                    assert_eq!(losses(&before, &replicas[at].library), []);
                }
                Event::Epoch(month) => {
                    let epoch = ["1970-01", "2026-10", "2026-11"][month].parse().expect("a month");
                    let ours = std::mem::take(&mut replicas[at].library);
                    replicas[at].library = ours.since(&epoch);
                }
            }
        }
    }
}
