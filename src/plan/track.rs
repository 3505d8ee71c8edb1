//! What executions taught of each component, as far as it may change a choice.

use crate::model::evidence::Tally;
use crate::model::id::ComponentId;
use crate::model::library::Library;

use super::task::Task;

/// Runs at which evidence weighs half: with few runs, learning without this gate is worse than none.
const HALF_TRUST: f64 = 60.0;

/// The track records that choices may use; the control arm has none.
#[derive(Clone, Copy)]
pub(super) struct Track<'a>(Option<&'a Library>);

impl<'a> Track<'a> {
    pub(super) fn of(task: &Task<'a>) -> Self {
        Self(task.learning.then_some(task.library))
    }

    /// The library, where learning is on.
    pub(super) fn library(self) -> Option<&'a Library> {
        self.0
    }

    pub(super) fn tally(self, id: &ComponentId) -> Tally {
        self.0.map_or_else(Tally::default, |library| library.component_tally(id))
    }

    /// What a retrieval score is multiplied by, 0.5 to 1.5: only what a bound proves counts (the lower
    /// one for praise, the upper one for blame), and only as far as the number of runs is trusted.
    pub(super) fn factor(self, id: &ComponentId) -> f64 {
        let tally = self.tally(id);
        let runs = tally.runs() as f64;
        let praise = (tally.lower_bound() - 0.5).max(0.0);
        let blame = (0.5 - tally.upper_bound()).max(0.0);
        1.0 + runs / (runs + HALF_TRUST) * (praise - blame)
    }

    /// Ran here and never passed.
    pub(super) fn never_passed(self, id: &ComponentId) -> bool {
        let tally = self.tally(id);
        tally.failed > 0 && tally.passed == 0
    }

    /// Passed here, and failed no more often than it passed.
    pub(super) fn proved_itself(self, id: &ComponentId) -> bool {
        let tally = self.tally(id);
        tally.passed > 0 && tally.failed <= tally.passed
    }

    /// Why a component was passed over; `None` when executions hold nothing against it.
    pub(super) fn against(self, id: &ComponentId) -> Option<String> {
        let tally = self.tally(id);
        let issue = self.0?.components.get(id).and_then(|record| record.issues.first());
        let said = issue.and_then(|issue| issue.error.lines().next());
        (tally.failed > tally.passed).then(|| {
            let said = said.map(|error| format!(": \"{error}\"")).unwrap_or_default();
            format!("failed {} of {} runs here{said}", tally.failed, tally.runs())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::Slot;
    use crate::model::record::Outcome;
    use crate::model::samples;
    use crate::model::time::Month;

    fn factor(passed: u64, failed: u64) -> f64 {
        let mut library = Library::default();
        let id = samples::component("a");
        let record = library.components.entry(id.clone()).or_default();
        for (outcome, count) in [(Outcome::Passed, passed), (Outcome::Failed, failed)] {
            record.cells.raise(Slot { replica: "a".to_owned(), month: Month::first(), outcome }, count);
        }
        Track(Some(&library)).factor(&id)
    }

    #[test]
    fn evidence_moves_a_score_only_as_far_as_it_is_trusted() {
        assert_eq!(factor(0, 0), 1.0);
        assert_eq!(factor(1, 0), 1.0);
        assert!((0.99..1.0).contains(&factor(0, 2)));
        assert!((1.0..1.03).contains(&factor(5, 0)));
        assert!((1.2..1.3).contains(&factor(60, 0)));
        assert!(factor(0, 600) < 0.6);
    }
}
