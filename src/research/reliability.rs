//! Reliability: what executions say of one component, by what was asked, by what ran it, and beside what.
//!
//! Every number here is a count of distinct executions. Nothing is concluded from few of them: a factor
//! needs enough runs on both sides and bounds that do not overlap.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::facts::domains_of;
use crate::model::evidence::{ENOUGH_RUNS, Tally};
use crate::model::id::ComponentId;
use crate::model::language::language as language_of;
use crate::model::record::{Execution, Step, StepOutcome};

/// The most failures that are kept, the commonest first.
const MOST_FAILURES: usize = 5;
/// The most factors that are kept, those that make the largest difference first.
const MOST_FACTORS: usize = 5;

/// What executions say of a component.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Reliability {
    pub(crate) overall: Tally,
    /// By the fields of work that the request was about; it may be about several, or none.
    pub(crate) domains: Vec<Part>,
    /// By runner, with its model where one is told.
    pub(crate) runners: Vec<Part>,
    /// The commonest first.
    pub(crate) failures: Vec<KnownFailure>,
    /// The largest difference first.
    pub(crate) factors: Vec<Factor>,
    /// Median time of a pass in milliseconds; of an even number the lower one of the two in the middle.
    pub(crate) duration_ms: Option<u64>,
}

/// A part of the executions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) tally: Tally,
}

/// A way to fail, by its signature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct KnownFailure {
    pub(crate) error: String,
    /// Executions that failed so.
    pub(crate) seen: u64,
    /// What was tried against it, what helped most often first.
    pub(crate) fixes: Vec<Fix>,
}

/// Something that was tried against a failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Fix {
    pub(crate) text: String,
    /// Executions in which it was tried, by whether the component passed then.
    pub(crate) tally: Tally,
}

/// Something that was there or not, and made a difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Factor {
    #[serde(flatten)]
    pub(crate) what: Circumstance,
    pub(crate) with: Tally,
    pub(crate) without: Tally,
}

/// What may be there when a component runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Circumstance {
    /// Another component had passed in the same execution before.
    After(ComponentId),
    /// The model that ran it.
    Model(String),
    /// The language of most files that it wrote.
    Language(&'static str),
}

impl Reliability {
    /// What `executions`, each counted once, say of the component with this id.
    pub(crate) fn of<'e>(id: &ComponentId, executions: impl IntoIterator<Item = &'e Execution>) -> Self {
        let mut seen = Seen::default();
        for execution in executions {
            seen.add(id, execution);
        }
        seen.told()
    }
}

/// Tallies by what was there.
#[derive(Default)]
struct Seen {
    overall: Tally,
    domains: BTreeMap<&'static str, Tally>,
    runners: BTreeMap<String, Tally>,
    failures: BTreeMap<String, Failures>,
    circumstances: BTreeMap<Circumstance, Tally>,
    times: Vec<u64>,
}

#[derive(Default)]
struct Failures {
    seen: u64,
    fixes: BTreeMap<String, Tally>,
}

impl Seen {
    fn add(&mut self, id: &ComponentId, execution: &Execution) {
        let steps: Vec<(usize, &Step)> =
            execution.steps.iter().enumerate().filter(|(_, step)| step.component == *id).collect();
        let all: Vec<&Step> = steps.iter().map(|(_, step)| *step).collect();
        let Some(outcomes) = outcomes(&all) else { return };
        count(&mut self.overall, &outcomes);
        for domain in domains_of(&execution.words) {
            count(self.domains.entry(domain).or_default(), &outcomes);
        }
        for runner in all.iter().filter_map(|step| runner(step)).collect::<BTreeSet<_>>() {
            let by: Vec<&Step> =
                all.iter().filter(|step| self::runner(step).as_ref() == Some(&runner)).copied().collect();
            if let Some(outcomes) = self::outcomes(&by) {
                count(self.runners.entry(runner).or_default(), &outcomes);
            }
        }
        let first = steps.first().map_or(0, |(place, _)| *place);
        for circumstance in circumstances(id, &execution.steps[..first], &all) {
            count(self.circumstances.entry(circumstance).or_default(), &outcomes);
        }
        self.fail(&all);
        let passed = all.iter().filter(|step| step.outcome == StepOutcome::Passed);
        self.times.extend(passed.filter_map(|step| step.duration_ms));
    }

    /// Counts the errors of one execution, each once, and what was tried against them.
    fn fail(&mut self, steps: &[&Step]) {
        let mut errors = BTreeSet::new();
        let mut fixes = BTreeMap::new();
        for (place, step) in steps.iter().enumerate() {
            let Some(error) = step.error.as_deref() else { continue };
            // One that passed in the end had the error at an earlier attempt.
            errors.insert(error);
            if let Some(fix) = step.fix.as_deref() {
                let after = steps[place..].iter().filter(|later| later.id == step.id);
                let helped = after.clone().any(|later| later.outcome == StepOutcome::Passed);
                *fixes.entry((error, fix)).or_insert(false) |= helped;
            }
        }
        for error in errors {
            self.failures.entry(error.to_owned()).or_default().seen += 1;
        }
        for ((error, fix), helped) in fixes {
            let tally =
                self.failures.entry(error.to_owned()).or_default().fixes.entry(fix.to_owned()).or_default();
            if helped { tally.passed += 1 } else { tally.failed += 1 }
        }
    }

    fn told(self) -> Reliability {
        let Self { overall, domains, runners, failures, circumstances, mut times } = self;
        times.sort_unstable();
        Reliability {
            overall,
            domains: parts(domains),
            runners: parts(runners),
            failures: commonest(failures),
            factors: telling(overall, circumstances),
            duration_ms: times.len().checked_sub(1).map(|last| times[last / 2]),
        }
    }
}

/// How the steps of one component ended in one execution, each way once: as cells count it. `None`
/// where it never ran.
fn outcomes(steps: &[&Step]) -> Option<BTreeSet<StepOutcome>> {
    let ran: BTreeSet<StepOutcome> =
        steps.iter().map(|step| step.outcome).filter(|it| *it != StepOutcome::Skipped).collect();
    (!ran.is_empty()).then_some(ran)
}

fn count(tally: &mut Tally, outcomes: &BTreeSet<StepOutcome>) {
    for outcome in outcomes {
        match outcome {
            StepOutcome::Passed => tally.passed += 1,
            StepOutcome::Failed => tally.failed += 1,
            StepOutcome::Environment => tally.environment += 1,
            StepOutcome::Skipped => {}
        }
    }
}

/// `claude`, or `claude (opus)` where the model is told.
fn runner(step: &Step) -> Option<String> {
    let runner = step.runner.as_deref()?;
    Some(step.model.as_deref().map_or_else(|| runner.to_owned(), |model| format!("{runner} ({model})")))
}

/// What was there when the component ran, each once.
fn circumstances(id: &ComponentId, before: &[Step], own: &[&Step]) -> BTreeSet<Circumstance> {
    let passed = before.iter().filter(|step| step.outcome == StepOutcome::Passed && step.component != *id);
    let after = passed.map(|step| Circumstance::After(step.component.clone()));
    let models = own.iter().filter_map(|step| step.model.clone()).map(Circumstance::Model);
    let language = language(own.iter().flat_map(|step| &step.writes)).map(Circumstance::Language);
    after.chain(models).chain(language).collect()
}

/// The language of most of these paths.
fn language<'p>(paths: impl Iterator<Item = &'p String>) -> Option<&'static str> {
    let mut languages = BTreeMap::<&str, usize>::new();
    for language in paths.filter_map(|path| language_of(path)) {
        *languages.entry(language).or_default() += 1;
    }
    languages.into_iter().reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(language, _)| language)
}

/// Most runs first.
fn parts<N: Into<String>>(tallies: BTreeMap<N, Tally>) -> Vec<Part> {
    let mut parts: Vec<Part> =
        tallies.into_iter().map(|(name, tally)| Part { name: name.into(), tally }).collect();
    parts.sort_by(|a, b| b.tally.runs().cmp(&a.tally.runs()).then_with(|| a.name.cmp(&b.name)));
    parts
}

fn commonest(failures: BTreeMap<String, Failures>) -> Vec<KnownFailure> {
    let known = |(error, failures): (String, Failures)| {
        let mut fixes: Vec<Fix> =
            failures.fixes.into_iter().map(|(text, tally)| Fix { text, tally }).collect();
        fixes.sort_by(|a, b| {
            let bound = |fix: &Fix| fix.tally.lower_bound();
            bound(b).total_cmp(&bound(a)).then_with(|| a.text.cmp(&b.text))
        });
        KnownFailure { error, seen: failures.seen, fixes }
    };
    let mut failures: Vec<KnownFailure> = failures.into_iter().map(known).collect();
    failures.sort_by(|a, b| b.seen.cmp(&a.seen).then_with(|| a.error.cmp(&b.error)));
    failures.truncate(MOST_FAILURES);
    failures
}

/// The circumstances that made a difference: enough runs with and without, and the upper bound of the
/// worse side is below the lower bound of the better one.
fn telling(overall: Tally, circumstances: BTreeMap<Circumstance, Tally>) -> Vec<Factor> {
    let factor = |(what, with): (Circumstance, Tally)| {
        let without = Tally {
            passed: overall.passed - with.passed,
            failed: overall.failed - with.failed,
            environment: overall.environment - with.environment,
            aborted: overall.aborted - with.aborted,
        };
        Factor { what, with, without }
    };
    let apart = |it: &Factor| {
        let enough = it.with.runs() >= ENOUGH_RUNS && it.without.runs() >= ENOUGH_RUNS;
        let below = |a: Tally, b: Tally| a.upper_bound() < b.lower_bound();
        enough && (below(it.with, it.without) || below(it.without, it.with))
    };
    let difference = |it: &Factor| (it.with.mean().unwrap_or(0.0) - it.without.mean().unwrap_or(0.0)).abs();
    let mut factors: Vec<Factor> = circumstances.into_iter().map(factor).filter(apart).collect();
    factors.sort_by(|a, b| difference(b).total_cmp(&difference(a)).then_with(|| a.what.cmp(&b.what)));
    factors.truncate(MOST_FACTORS);
    factors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{component, execution, step};

    /// `count` runs of `reviewer`, changed by `change`.
    fn runs(count: usize, outcome: StepOutcome, change: impl Fn(&mut Execution)) -> Vec<Execution> {
        let mut one = execution(1);
        one.steps = vec![step("reviewer", outcome)];
        change(&mut one);
        vec![one; count]
    }

    fn after(name: &'static str) -> impl Fn(&mut Execution) {
        move |it| it.steps.insert(0, step(name, Passed))
    }

    fn of(parts: &[Vec<Execution>]) -> Reliability {
        Reliability::of(&component("reviewer"), parts.iter().flatten())
    }

    use StepOutcome::{Environment, Failed, Passed, Skipped};

    #[test]
    fn a_factor_needs_enough_runs_on_both_sides_and_bounds_that_do_not_overlap() {
        let alone = runs(20, Failed, |_| ());
        assert_eq!(of(&[runs(4, Passed, after("tests")), alone.clone()]).factors, []);
        let apart = of(&[runs(20, Passed, after("tests")), alone]);
        let [factor] = &apart.factors[..] else { panic!("{:?}", apart.factors) };
        assert_eq!(factor.what, Circumstance::After(component("tests")));
        assert_eq!((factor.with.passed, factor.with.failed), (20, 0));
        assert_eq!((factor.without.passed, factor.without.failed), (0, 20));
        let alike =
            of(&[runs(20, Passed, after("tests")), runs(19, Passed, |_| ()), runs(1, Failed, |_| ())]);
        assert_eq!(alike.factors, []);
    }

    #[test]
    fn what_comes_later_or_failed_explains_nothing() {
        let behind = runs(20, Passed, |it| it.steps.push(step("tests", Passed)));
        let failed = runs(20, Passed, |it| it.steps.insert(0, step("tests", Failed)));
        assert_eq!(of(&[behind, failed, runs(20, Failed, |_| ())]).factors, []);
    }

    #[test]
    fn runs_are_told_apart_by_request_and_runner() {
        let told = |words: &[&str], runner: &str, model: Option<&str>| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let (runner, model) = (runner.to_owned(), model.map(str::to_owned));
            move |it: &mut Execution| {
                it.words = words.clone();
                it.steps[0].runner = Some(runner.clone());
                it.steps[0].model = model.clone();
            }
        };
        let all = of(&[
            runs(3, Passed, told(&["api"], "shell", None)),
            runs(2, Failed, told(&["api", "cach"], "claude", Some("opus"))),
            runs(1, Environment, told(&[], "shell", None)),
            runs(1, Skipped, told(&["api"], "shell", None)),
        ]);
        assert_eq!((all.overall.passed, all.overall.failed, all.overall.environment), (3, 2, 1));
        let shown = |parts: &[Part]| {
            let one = |it: &Part| format!("{} {}/{}", it.name, it.tally.passed, it.tally.runs());
            parts.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(shown(&all.domains), ["api 3/5", "performance 0/2"]);
        assert_eq!(shown(&all.runners), ["shell 3/3", "claude (opus) 0/2"]);
    }

    #[test]
    fn a_fix_helped_where_the_step_passed_behind_it() {
        let failed = |fix: Option<&str>| {
            let fix = fix.map(str::to_owned);
            move |it: &mut Execution| {
                let broken = &mut it.steps[0];
                broken.id = Some("a".to_owned());
                broken.error = Some("no lock file".to_owned());
                broken.fix.clone_from(&fix);
            }
        };
        let cured = |it: &mut Execution| {
            failed(Some("cargo generate-lockfile"))(it);
            let mut again = step("reviewer", Passed);
            again.id = Some("a".to_owned());
            it.steps.push(again);
        };
        let all = of(&[
            runs(2, Failed, cured),
            runs(1, Failed, failed(Some("rm -r target"))),
            runs(4, Failed, failed(None)),
        ]);
        let [failure] = &all.failures[..] else { panic!("{:?}", all.failures) };
        assert_eq!((failure.error.as_str(), failure.seen), ("no lock file", 7));
        let fixes: Vec<(&str, u64, u64)> =
            failure.fixes.iter().map(|fix| (fix.text.as_str(), fix.tally.passed, fix.tally.failed)).collect();
        assert_eq!(fixes, [("cargo generate-lockfile", 2, 0), ("rm -r target", 0, 1)]);
    }
}
