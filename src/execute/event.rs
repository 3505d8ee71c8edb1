//! What happens during a run, for whoever watches.

use crate::model::id::ComponentId;
use crate::model::oid::Oid;

/// One thing that happened. Phases are counted from 1, attempts too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    PhaseStarted {
        phase: usize,
        steps: Vec<String>,
    },
    StepStarted {
        step: String,
        component: ComponentId,
        attempt: u32,
    },
    /// Every gate was green before anything ran, so nothing ran.
    StepAlreadyGreen {
        step: String,
        component: ComponentId,
    },
    StepPassed {
        step: String,
        component: ComponentId,
        duration_ms: u64,
        changed: Vec<String>,
        /// Names of gates that could not be evaluated.
        unchecked: Vec<String>,
    },
    /// An attempt failed; the same component will try again.
    StepRetried {
        step: String,
        component: ComponentId,
        error: String,
    },
    /// A component failed for good. `next` stands in, if there is one.
    StepFailed {
        step: String,
        component: ComponentId,
        error: String,
        next: Option<ComponentId>,
    },
    /// Another component stands in for the one that failed.
    StepFellBack {
        step: String,
        from: ComponentId,
        to: ComponentId,
    },
    /// The step changed what a step beside it changed too; it runs again upon that one's result.
    StepConflicted {
        step: String,
        paths: Vec<String>,
    },
    Committed {
        step: String,
        oid: Oid,
        subject: String,
    },
    /// A signal came; nothing new starts.
    Interrupted,
}
