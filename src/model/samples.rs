//! Values that unit tests of every room build upon.

use super::id::{ComponentId, RecordId};
use super::record::{Execution, ExecutionKind, Outcome, Source, Step, StepOutcome, VERSION};
use super::time::Timestamp;
use super::words;

/// `market/plugin/skill/<name>`.
pub(crate) fn component(name: &str) -> ComponentId {
    ComponentId::new("market", "plugin", "skill", name).expect("a valid sample")
}

/// A step of the component `market/plugin/skill/<name>`.
pub(crate) fn step(name: &str, outcome: StepOutcome) -> Step {
    Step {
        component: component(name),
        id: None,
        needs: None,
        phase: None,
        content: None,
        runner: None,
        model: None,
        outcome,
        attempts: None,
        started_ms: None,
        duration_ms: None,
        gates: Vec::new(),
        context: None,
        cost_usd: None,
        writes: Vec::new(),
        error: None,
        fix: None,
        extra: Default::default(),
    }
}

/// The `n`th sample: passed, by replica `aaaa`, in November 2026.
pub(crate) fn execution(n: u64) -> Execution {
    let request = "add a licence and a changelog";
    Execution {
        id: RecordId::from_parts(1_763_625_600_000, u128::from(n)),
        v: VERSION,
        kind: ExecutionKind::Execution,
        at: Timestamp(1_795_161_600_000),
        request: Some(request.to_owned()),
        words: words::keywords(request),
        source: Source::Record,
        replica: "aaaa".to_owned(),
        author: None,
        commit: None,
        tree: None,
        patch: None,
        plan: None,
        pattern: None,
        arm: None,
        steps: vec![step("licence", StepOutcome::Passed), step("changelog", StepOutcome::Passed)],
        outcome: Outcome::Passed,
        predicted: None,
        actual: None,
        tests: None,
        extra: Default::default(),
    }
}
