//! What is known of a topic: components by what they do, patterns that have run, and what to do.

use serde::Serialize;

use crate::model::evidence::Tally;
use crate::model::id::{ComponentId, PatternId};
use crate::model::library::Library;
use crate::model::pattern::{Pattern, Stage};
use crate::model::plan::{Plan, PlannedStep};
use crate::model::record::{Execution, Outcome};

/// A pattern that shares fewer keywords with a topic is not about it.
const SHARED: usize = 2;
/// The most patterns of a report.
const MOST_PATTERNS: usize = 5;

/// Kinds of work in the order in which they are done, and the verbs that belong to each.
const WORK: &[(&str, &[&str])] = &[
    ("plan and design", &["plan", "design", "estimate", "compare"]),
    ("build", &["create", "implement", "integrate", "configure", "automate", "train"]),
    ("change", &["fix", "refactor", "migrate", "convert", "optimize", "update", "delete", "restore"]),
    ("test and review", &["test", "validate", "review", "analyze", "simulate"]),
    ("secure", &["secure", "scan", "encrypt"]),
    ("deploy and operate", &["deploy", "monitor", "run", "manage"]),
    ("document and explain", &["document", "explain", "summarize", "visualize", "search", "collect"]),
];

/// What is left where no text says what it does.
const ELSE: &str = "other work";

/// What is known of a topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Report {
    pub(crate) v: u32,
    pub(crate) topic: String,
    pub(crate) searched: Searched,
    pub(crate) recommendation: Recommendation,
    /// Patterns that have run, the best trusted first.
    pub(crate) patterns: Vec<Recommended>,
    pub(crate) groups: Vec<Group>,
    /// Commands, and what each is for.
    pub(crate) next: Vec<Next>,
}

/// What a report was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Searched {
    pub(crate) marketplaces: usize,
    pub(crate) components: usize,
    pub(crate) executions: usize,
}

/// Components that do the same kind of work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Group {
    pub(crate) work: &'static str,
    /// The best first.
    pub(crate) components: Vec<Entry>,
    /// How many were left out.
    pub(crate) more: usize,
}

impl Group {
    /// A headline for it.
    pub(crate) fn title(&self) -> String {
        let mut title = self.work.to_owned();
        title[..1].make_ascii_uppercase();
        title
    }
}

/// A component that has to do with the topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Entry {
    pub(crate) component: ComponentId,
    pub(crate) description: String,
    /// The share of the topic's words, by weight, that it speaks of.
    pub(crate) coverage: f64,
    /// What it does that the topic speaks of, or at all: `create api`.
    pub(crate) does: Option<String>,
    pub(crate) tally: Tally,
    /// Whether it runs without an agent.
    pub(crate) runs_here: bool,
    /// Components that are the same thing.
    pub(crate) same: Vec<ComponentId>,
}

/// A pattern for the topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Recommended {
    pub(crate) pattern: PatternId,
    pub(crate) sequence: String,
    pub(crate) stage: Stage,
    pub(crate) tally: Tally,
    /// Wilson, one-sided 90 %.
    pub(crate) lower_bound: f64,
    /// Median wall time of its passed executions, in milliseconds.
    pub(crate) duration_ms: Option<u64>,
}

/// What the planner would do now, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Recommendation {
    /// One sentence.
    pub(crate) verdict: String,
    pub(crate) steps: Vec<Chosen>,
    pub(crate) reasons: Vec<String>,
    /// Parts of the topic that nothing covers.
    pub(crate) uncovered: Vec<String>,
}

impl Recommendation {
    /// Nothing to recommend, and why.
    pub(crate) fn none(verdict: String) -> Self {
        Self { verdict, steps: Vec::new(), reasons: Vec::new(), uncovered: Vec::new() }
    }
}

/// A step of the recommendation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Chosen {
    pub(crate) component: ComponentId,
    pub(crate) phase: usize,
    pub(crate) purpose: String,
    pub(crate) why: String,
}

/// A command that brings one on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Next {
    pub(crate) command: String,
    /// What it does, for a sentence that the command begins.
    pub(crate) does: String,
}

/// A component with the actions that its text names, before it is grouped.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) entry: Entry,
    /// Verb and artifact, the surest first.
    pub(crate) actions: Vec<(&'static str, &'static str)>,
}

/// Sorts `candidates`, the best first, by the kind of work that they do for a topic with these keywords.
/// Of several actions the one counts whose artifact the topic names. A group keeps its best `most`.
pub(crate) fn grouped(candidates: Vec<Candidate>, about: impl Fn(&str) -> bool, most: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for Candidate { mut entry, actions } in candidates {
        let wanted = actions.iter().find(|(_, artifact)| about(artifact)).or_else(|| actions.first());
        let work = wanted.map_or(ELSE, |(verb, _)| work_of(verb));
        entry.does = wanted.map(|(verb, artifact)| format!("{verb} {artifact}"));
        match groups.iter_mut().find(|group| group.work == work) {
            Some(group) if group.components.len() < most => group.components.push(entry),
            Some(group) => group.more += 1,
            None => groups.push(Group { work, components: vec![entry], more: 0 }),
        }
    }
    groups.sort_by_key(|group| WORK.iter().position(|(work, _)| *work == group.work).unwrap_or(WORK.len()));
    groups
}

fn work_of(verb: &str) -> &'static str {
    WORK.iter().find(|(_, verbs)| verbs.contains(&verb)).map_or(ELSE, |(work, _)| *work)
}

/// The patterns of `library` that have run and are about a topic with these keywords.
pub(crate) fn patterns(library: &Library, keywords: &[String], executions: &[Execution]) -> Vec<Recommended> {
    let mut found: Vec<Recommended> = library
        .patterns
        .values()
        .filter(|pattern| is_about(pattern, keywords))
        .filter_map(|pattern| {
            let tally = library.pattern_tally(pattern);
            let stage = Stage::of(tally, pattern.requests.len(), &library.policy);
            (tally.passed > 0 && stage != Stage::Retired).then(|| Recommended {
                pattern: pattern.id.clone(),
                sequence: pattern.phases.to_string(),
                stage,
                tally,
                lower_bound: tally.lower_bound(),
                duration_ms: median_of(pattern, executions),
            })
        })
        .collect();
    found.sort_by(|a, b| {
        let trust = |it: &Recommended| (it.stage, it.lower_bound);
        let order = trust(b).partial_cmp(&trust(a)).unwrap_or(std::cmp::Ordering::Equal);
        order.then_with(|| a.pattern.cmp(&b.pattern))
    });
    found.truncate(MOST_PATTERNS);
    found
}

fn is_about(pattern: &Pattern, keywords: &[String]) -> bool {
    let shared = pattern.words.iter().filter(|word| keywords.contains(word)).count();
    shared >= SHARED.min(keywords.len()).max(1)
}

/// The lower one of the two in the middle of an even number.
fn median_of(pattern: &Pattern, executions: &[Execution]) -> Option<u64> {
    let passed = executions
        .iter()
        .filter(|it| it.pattern.as_ref() == Some(&pattern.id) && it.outcome == Outcome::Passed);
    let mut times: Vec<u64> = passed.filter_map(|it| it.actual.as_ref()?.duration_ms).collect();
    times.sort_unstable();
    times.len().checked_sub(1).map(|last| times[last / 2])
}

/// What `plan`, made for the topic, comes to; `pattern` is the one that it follows.
pub(crate) fn recommendation(plan: &Plan, pattern: Option<(&Pattern, Tally)>) -> Recommendation {
    let chosen = |step: &PlannedStep| Chosen {
        component: step.component.clone(),
        phase: step.phase,
        purpose: step.purpose.clone(),
        why: step.why.clone(),
    };
    let mut reasons = Vec::new();
    if let Some((pattern, tally)) = pattern {
        let (passed, runs) = (tally.passed, tally.runs());
        reasons.push(format!("it follows the pattern {}, which passed {passed} of {runs} runs", pattern.id));
    }
    for avoided in &plan.avoided {
        let (bad, good) = (avoided.component.name(), avoided.instead.name());
        reasons.push(format!("{good} instead of {bad}, which {}", avoided.cause));
    }
    let runs = plan.predictions.evidence_runs;
    let verdict = match plan.predictions.success_probability {
        Some(probability) => {
            format!(
                "expected to succeed in {:.0} % of runs (evidence: {runs} runs)",
                probability.get() * 100.0
            )
        }
        None => {
            format!("chosen by what the texts say: not enough evidence for a probability ({runs} runs)")
        }
    };
    let steps = plan.steps.iter().map(chosen).collect();
    Recommendation { verdict, steps, reasons, uncovered: plan.uncovered.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;

    fn candidate(name: &str, actions: &[(&'static str, &'static str)]) -> Candidate {
        let entry = Entry {
            component: samples::component(name),
            description: String::new(),
            coverage: 1.0,
            does: None,
            tally: Tally::default(),
            runs_here: false,
            same: Vec::new(),
        };
        Candidate { entry, actions: actions.to_vec() }
    }

    fn shown(groups: &[Group]) -> Vec<String> {
        let entry = |it: &Entry| format!("{} ({})", it.component.name(), it.does.as_deref().unwrap_or("-"));
        let group = |it: &Group| {
            format!("{}: {}", it.work, it.components.iter().map(entry).collect::<Vec<_>>().join(", "))
        };
        groups.iter().map(group).collect()
    }

    #[test]
    fn components_are_grouped_by_what_they_do_for_the_topic() {
        let candidates = vec![
            candidate("auditor", &[("review", "api")]),
            candidate("maker", &[("document", "readme"), ("create", "api")]),
            candidate("silent", &[]),
            candidate("writer", &[("create", "test"), ("document", "readme")]),
        ];
        assert_eq!(
            shown(&grouped(candidates, |artifact| artifact == "api", 9)),
            [
                "build: maker (create api), writer (create test)",
                "test and review: auditor (review api)",
                "other work: silent (-)",
            ]
        );
    }

    #[test]
    fn a_group_keeps_its_best_and_counts_the_rest() {
        let candidates = ["a", "b", "c"].map(|name| candidate(name, &[("test", "api")])).to_vec();
        let [group] = &grouped(candidates, |_| true, 1)[..] else { panic!("one kind of work") };
        assert_eq!((group.components[0].component.name(), group.more), ("a", 2));
    }

    #[test]
    fn no_verb_stands_in_two_kinds_of_work() {
        let verbs: Vec<&str> = WORK.iter().flat_map(|(_, verbs)| verbs.iter().copied()).collect();
        for verb in &verbs {
            assert_eq!(verbs.iter().filter(|it| *it == verb).count(), 1, "{verb}");
        }
    }
}
