//! What runs showed of a component, and how that overrides what its text claims.

use std::collections::{BTreeMap, BTreeSet};

use globset::Glob;

use super::found::cleaned;
use crate::model::capability::{Claim, Effect, Fact, Form, Method, Place, Thing};
use crate::model::evidence::ENOUGH_RUNS;
use crate::model::id::ComponentId;
use crate::model::record::{Execution, Source, StepOutcome};

/// The most written paths that are kept of one component, those of most runs first.
const MOST: usize = 16;

/// How often a component as it is now passed, and what it wrote then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    /// Runs that tell what was written.
    pub(crate) runs: u64,
    /// Runs by path or glob.
    pub(crate) writes: BTreeMap<String, u64>,
}

impl Observed {
    /// Counts the passed steps of component `id` among `executions`. A step of another content was another
    /// component; one that was recorded from outside without `writes` does not tell that nothing was written.
    pub(crate) fn of<'e>(
        id: &ComponentId,
        content: &str,
        executions: impl IntoIterator<Item = &'e Execution>,
    ) -> Self {
        let mut observed = Self::default();
        for execution in executions {
            for step in execution.steps.iter().filter(|step| step.component == *id) {
                let same = step.content.as_ref().is_none_or(|it| it == content);
                let tells = execution.source == Source::Run || !step.writes.is_empty();
                if step.outcome == StepOutcome::Passed && same && tells {
                    observed.runs += 1;
                    for path in step.writes.iter().collect::<BTreeSet<_>>() {
                        *observed.writes.entry(path.clone()).or_default() += 1;
                    }
                }
            }
        }
        observed
    }

    /// `facts` corrected: what was written is an output, whatever the text says; after enough runs a file
    /// that never was written is none, and who never wrote anything only reads.
    pub(super) fn correct(&self, facts: Vec<Fact>) -> Vec<Fact> {
        if self.runs == 0 {
            return facts;
        }
        let wrote = !self.writes.is_empty();
        let place = |seen| Place::Runs { seen, of: self.runs };
        let fact = |claim, seen| Fact { claim, place: place(seen), method: Method::Observed };
        let mut observed = Vec::new();
        let mut paths: Vec<(&String, u64)> = self.writes.iter().map(|(path, seen)| (path, *seen)).collect();
        paths.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        for (path, seen) in paths.iter().take(MOST) {
            let thing = Thing { form: Form::File, name: cleaned(path), artifact: None };
            observed.push(fact(Claim::Output(thing), *seen));
        }
        if let Some((_, seen)) = paths.first() {
            observed.push(fact(Claim::Effect { effect: Effect::CreatesFiles }, *seen));
        } else if self.runs >= ENOUGH_RUNS {
            observed.push(fact(Claim::Effect { effect: Effect::ReadsOnly }, self.runs));
        }
        let overridden = |claim: &Claim| match claim {
            Claim::Output(thing) if thing.form == Form::File => {
                self.writes.contains_key(&thing.name)
                    || (self.runs >= ENOUGH_RUNS && !self.wrote(&thing.name))
            }
            Claim::Effect { effect: Effect::ReadsOnly } => wrote || self.runs >= ENOUGH_RUNS,
            Claim::Effect { effect: Effect::CreatesFiles } => wrote || self.runs >= ENOUGH_RUNS,
            Claim::Effect { effect: Effect::ModifiesFiles } => !wrote && self.runs >= ENOUGH_RUNS,
            _ => false,
        };
        let claimed = facts.into_iter().filter(|fact| !overridden(&fact.claim));
        let mut all: Vec<Fact> = observed.into_iter().chain(claimed).collect();
        all.sort_by_key(|fact| super::found::order(&fact.claim));
        all
    }

    fn wrote(&self, glob: &str) -> bool {
        let below = if glob.ends_with('/') { format!("{glob}**") } else { glob.to_owned() };
        let matcher = Glob::new(&below).map(|glob| glob.compile_matcher());
        self.writes.keys().any(|path| path == glob || matcher.as_ref().is_ok_and(|glob| glob.is_match(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::{execution, step};

    fn runs(n: u64, writes: &[&str]) -> Vec<Execution> {
        let mut run = execution(1);
        run.source = Source::Run;
        run.steps = vec![step("poet", StepOutcome::Passed)];
        run.steps[0].writes = writes.iter().map(|path| (*path).to_owned()).collect();
        vec![run; usize::try_from(n).expect("few")]
    }

    fn corrected(runs: &[Execution]) -> String {
        let component = super::super::samples::component("poet", "", "## Output\n- `poems/`\n- `index.md`\n");
        let facts = Observed::of(&component.id, "", runs).correct(super::super::extract(&component));
        let shown = facts.iter().filter(|fact| matches!(fact.claim, Claim::Output(_) | Claim::Effect { .. }));
        shown
            .map(|fact| format!("{} {:?} {:.2}", fact.claim, fact.method, fact.confidence()))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn what_was_written_is_an_output_whatever_the_text_says() {
        insta::assert_snapshot!(corrected(&runs(2, &["poems/one.md", "log.txt"])), @"
        file log.txt Observed 0.75
        file poems/one.md Observed 0.75
        file poems/ Section 0.88
        file index.md Section 0.88
        may create files Observed 0.75
        ");
    }

    #[test]
    fn after_enough_runs_what_never_was_written_is_no_output() {
        insta::assert_snapshot!(corrected(&runs(5, &["poems/one.md"])), @"
        file poems/one.md Observed 0.86
        file poems/ Section 0.88
        may create files Observed 0.86
        ");
        insta::assert_snapshot!(corrected(&runs(5, &[])), @"can only read Observed 0.86");
        insta::assert_snapshot!(corrected(&[]), @"
        file poems/ Section 0.88
        file index.md Section 0.88
        ");
    }

    #[test]
    fn runs_of_another_content_or_that_failed_show_nothing() {
        let component = super::super::samples::component("poet", "", "");
        let mut other = runs(1, &["a"]);
        other[0].steps[0].content = Some("another".to_owned());
        let mut failed = runs(1, &["a"]);
        failed[0].steps[0].outcome = StepOutcome::Failed;
        let mut silent = runs(1, &[]);
        silent[0].source = Source::Record;
        let all = other.iter().chain(&failed).chain(&silent);
        assert_eq!(Observed::of(&component.id, &component.content, all), Observed::default());
    }
}
