//! What a person should see of a range, though nothing in it is wrong: patterns that rose or were
//! retired, success that fell, and other thresholds.

use serde::Serialize;

use super::{Finding, Subject};
use crate::model::change::changes;
use crate::model::evidence::{ENOUGH_RUNS, Tally};
use crate::model::pattern::Stage;
use crate::model::plugin_file::plugin_path;
use crate::model::policy::Policy;

/// A pattern that rose or was retired, with the evidence for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Move {
    pub(crate) pattern: String,
    pub(crate) from: Stage,
    pub(crate) to: Stage,
    pub(crate) runs: u64,
    pub(crate) passed: u64,
    /// One-sided 90 % Wilson bounds of its success rate.
    pub(crate) lower_bound: f64,
    pub(crate) upper_bound: f64,
}

impl Move {
    /// In words, with the numbers that decided.
    pub(crate) fn words(&self) -> String {
        let Self { pattern, from, to, runs, passed, lower_bound, upper_bound } = self;
        let bound = if *to == Stage::Retired {
            format!("at most {:.0} %", upper_bound * 100.0)
        } else {
            format!("at least {:.0} %", lower_bound * 100.0)
        };
        format!("{pattern}: {} -> {}, {passed} of {runs} passed ({bound})", from.as_str(), to.as_str())
    }
}

/// Patterns that the range moved to another stage. A pattern that is new was discovered before.
pub(super) fn moves(subject: &Subject<'_>) -> Vec<Move> {
    let Some(before) = subject.before() else { return Vec::new() };
    let moved = changes(&before, subject.library()).into_iter().filter_map(|change| {
        let (tally, to) = change.after;
        let from = change.before.map_or(Stage::Discovered, |(_, stage)| stage);
        let rounded = |bound: f64| (bound * 1000.0).round() / 1000.0;
        (from != to).then(|| Move {
            pattern: change.pattern.to_string(),
            from,
            to,
            runs: tally.runs(),
            passed: tally.passed,
            lower_bound: rounded(tally.lower_bound()),
            upper_bound: rounded(tally.upper_bound()),
        })
    });
    moved.collect()
}

/// Patterns and components whose success fell, with confidence: enough runs before and in the range, and
/// what both tell about the success rate does not overlap.
pub(super) fn fallen(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(before) = subject.before() else { return Vec::new() };
    let library = subject.library();
    let patterns = library.patterns.values().filter_map(|pattern| {
        let known = before.pattern_tally(before.patterns.get(&pattern.id)?);
        let message = fall(known, library.pattern_tally(pattern))?;
        let path = library.pattern_path(pattern);
        Some(Finding::noticed("fallen", subject.object(&path), message).in_file(&path))
    });
    let components = library.components.keys().filter_map(|id| {
        let message = fall(before.component_tally(id), library.component_tally(id))?;
        let path = plugin_path(&id.owner());
        let object = format!("{} ({id})", subject.object(&path));
        Some(Finding::noticed("fallen", object, message).in_file(&path))
    });
    patterns.chain(components).collect()
}

/// How far the runs that are new fall behind those before. Where something of before was corrected or
/// forgotten, what is new can't be told from the sums, and nothing is said.
fn fall(before: Tally, now: Tally) -> Option<String> {
    let passed = now.passed.checked_sub(before.passed)?;
    let new = Tally { passed, failed: now.failed.checked_sub(before.failed)?, ..Tally::default() };
    let enough = before.runs() >= ENOUGH_RUNS && new.runs() >= ENOUGH_RUNS;
    (enough && new.upper_bound() < before.lower_bound()).then(|| {
        format!(
            "its success fell: {} of {} before (at least {:.0} %), {} of {} new (at most {:.0} %)",
            before.passed,
            before.runs(),
            before.lower_bound() * 100.0,
            new.passed,
            new.runs(),
            new.upper_bound() * 100.0
        )
    })
}

/// Thresholds and the epoch decide what all evidence means: who changed them should mean to.
pub(super) fn policy(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(before) = subject.before() else { return Vec::new() };
    let library = subject.library();
    let mut findings = Vec::new();
    let notice =
        |file: &str, message: String| Finding::noticed("policy", subject.object(file), message).in_file(file);
    if library.epoch > before.epoch {
        let (was, is) = (before.epoch.as_str(), library.epoch.as_str());
        let message = format!("the epoch was {was} and is {is}: what is older does not count any more");
        findings.push(notice("epoch", message));
    }
    let differing: Vec<String> = thresholds(&before.policy)
        .into_iter()
        .zip(thresholds(&library.policy))
        .filter(|(was, is)| was != is)
        .map(|((name, was), (_, is))| format!("{name} was {was} and is {is}"))
        .collect();
    if !differing.is_empty() {
        let stamp = |policy: &Policy| (policy.updated, policy.replica.clone());
        let undone = if stamp(&library.policy) > stamp(&before.policy) {
            ""
        } else {
            "; `updated` is no later, so that a merge may undo it"
        };
        findings.push(notice("policy.toml", format!("{}{undone}", differing.join(", "))));
    }
    findings
}

fn thresholds(policy: &Policy) -> [(&'static str, f64); 10] {
    let Policy { validated, learned, retired, bands, .. } = policy;
    [
        ("validated.runs", validated.runs as f64),
        ("validated.requests", validated.requests as f64),
        ("validated.lower_bound", validated.lower_bound),
        ("learned.runs", learned.runs as f64),
        ("learned.requests", learned.requests as f64),
        ("learned.lower_bound", learned.lower_bound),
        ("retired.runs", retired.runs as f64),
        ("retired.upper_bound", retired.upper_bound),
        ("bands.high", bands.high),
        ("bands.medium", bands.medium),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed, ..Tally::default() }
    }

    #[test]
    fn a_fall_needs_enough_runs_and_intervals_that_do_not_overlap() {
        let fallen = |before, now| fall(before, now).is_some();
        assert_eq!(
            fall(tally(18, 2), tally(19, 7)).as_deref(),
            Some("its success fell: 18 of 20 before (at least 78 %), 1 of 6 new (at most 43 %)")
        );
        assert!(!fallen(tally(18, 2), tally(18, 6)), "4 new runs are too few");
        assert!(!fallen(tally(4, 0), tally(4, 9)), "4 runs before are too few");
        assert!(!fallen(tally(18, 2), tally(21, 4)), "the intervals overlap");
        assert!(!fallen(tally(2, 18), tally(9, 18)), "it rose");
        assert!(!fallen(tally(18, 2), tally(10, 10)), "corrections are no new runs");
    }
}
