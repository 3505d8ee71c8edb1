//! The closed list of verbs: what components do, and the forms in which texts and names say it.

use std::collections::HashMap;
use std::sync::LazyLock;

/// How a verb stands in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::research) enum Form {
    /// `review`
    Base,
    /// `reviews`
    Third,
    /// `reviewing`
    Gerund,
}

/// A verb of the list, by its canonical word, in one of its forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::research) struct Verb {
    pub(in crate::research) name: &'static str,
    pub(in crate::research) form: Form,
}

/// Canonical verbs and the words that mean the same work. Grown from what descriptions of published
/// components open with, from the commonest down to those that are rare.
pub(super) const VERBS: &[(&str, &[&str])] = &[
    (
        "create",
        &[
            "create",
            "generate",
            "build",
            "produce",
            "write",
            "scaffold",
            "draft",
            "author",
            "craft",
            "compose",
            "bootstrap",
        ],
    ),
    ("implement", &["implement", "develop", "code"]),
    ("design", &["design", "architect"]),
    ("plan", &["plan", "outline"]),
    ("review", &["review", "audit", "inspect", "assess", "evaluate"]),
    ("analyze", &["analyze", "analyse", "examine", "investigate", "profile", "diagnose"]),
    ("test", &["test"]),
    ("validate", &["validate", "verify", "check", "lint"]),
    ("fix", &["fix", "debug", "repair", "resolve", "troubleshoot", "correct"]),
    ("refactor", &["refactor", "restructure", "simplify", "modernize"]),
    ("migrate", &["migrate", "port", "upgrade"]),
    ("convert", &["convert", "transform", "translate"]),
    ("deploy", &["deploy", "publish", "ship", "release", "provision"]),
    ("configure", &["configure", "set", "install", "initialize", "initialise"]),
    ("integrate", &["integrate", "connect"]),
    ("document", &["document", "describe"]),
    ("explain", &["explain", "teach"]),
    ("optimize", &["optimize", "optimise", "improve", "tune", "accelerate", "enhance"]),
    ("monitor", &["monitor", "track", "observe", "watch"]),
    ("secure", &["secure", "harden", "protect"]),
    ("scan", &["scan", "detect", "find", "identify", "discover"]),
    ("search", &["search", "query"]),
    ("automate", &["automate", "orchestrate", "coordinate", "schedule"]),
    ("manage", &["manage", "maintain", "organize", "organise", "administer"]),
    ("train", &["train"]),
    ("collect", &["collect", "fetch", "gather", "aggregate", "scrape", "extract"]),
    ("visualize", &["visualize", "visualise", "render", "plot"]),
    ("estimate", &["estimate", "calculate", "forecast", "predict"]),
    ("summarize", &["summarize", "summarise", "report"]),
    ("compare", &["compare", "benchmark"]),
    ("restore", &["restore", "recover"]),
    ("delete", &["delete", "remove", "prune", "clean"]),
    ("update", &["update", "edit", "modify"]),
    ("run", &["run", "execute"]),
    ("simulate", &["simulate", "backtest", "mock"]),
    ("encrypt", &["encrypt", "sign"]),
];

/// Who does it, in names: `code-reviewer`.
const AGENTS: &[(&str, &[&str])] = &[
    ("create", &["builder", "creator", "generator", "writer", "author", "scaffolder", "scaffold"]),
    ("implement", &["implementer"]),
    ("design", &["designer"]),
    ("plan", &["planner"]),
    ("review", &["reviewer", "auditor", "inspector", "assessor", "evaluator"]),
    ("analyze", &["analyzer", "analyser", "profiler", "investigator"]),
    ("test", &["tester"]),
    ("validate", &["validator", "verifier", "checker", "linter"]),
    ("fix", &["debugger", "fixer", "troubleshooter", "resolver"]),
    ("migrate", &["migrator", "migrater"]),
    ("convert", &["converter", "transformer", "translator"]),
    ("deploy", &["deployer", "publisher"]),
    ("configure", &["configurator", "installer"]),
    ("document", &["documenter"]),
    ("optimize", &["optimizer", "optimiser", "tuner", "enhancer"]),
    ("monitor", &["monitor", "tracker"]),
    ("scan", &["scanner", "detector", "finder"]),
    ("automate", &["orchestrator", "automator", "scheduler"]),
    ("manage", &["manager", "administrator"]),
    ("train", &["trainer"]),
    ("collect", &["collector", "extractor", "aggregator", "scraper"]),
    ("visualize", &["visualizer"]),
    ("estimate", &["calculator", "estimator", "predictor", "forecaster"]),
    ("compare", &["comparator"]),
    ("simulate", &["simulator", "backtester", "mocker"]),
    // What is done, in names: `code-review`.
    ("create", &["generation", "creation"]),
    ("implement", &["implementation"]),
    ("review", &["review", "audit", "assessment", "evaluation", "inspection"]),
    ("analyze", &["analysis", "profiling", "investigation"]),
    ("validate", &["validation", "verification"]),
    ("migrate", &["migration", "upgrade"]),
    ("convert", &["conversion"]),
    ("deploy", &["deployment", "deploy"]),
    ("configure", &["setup", "configuration", "installation"]),
    ("optimize", &["optimization", "optimisation", "tuning"]),
    ("integrate", &["integration"]),
    ("monitor", &["monitoring", "tracking"]),
    ("scan", &["scan", "detection"]),
    ("automate", &["automation", "orchestration"]),
    ("manage", &["management"]),
    ("collect", &["collection", "extraction"]),
    ("fix", &["debugging", "troubleshooting"]),
    ("test", &["testing"]),
];

/// Verbs whose last letter is doubled before an ending.
const DOUBLING: &[&str] = &["debug", "plan", "scan", "set", "ship", "plot", "run"];

static FORMS: LazyLock<HashMap<String, Verb>> = LazyLock::new(|| {
    let mut forms = HashMap::new();
    for (name, words) in VERBS {
        for word in *words {
            let forms_of =
                [(Form::Base, (*word).to_owned()), (Form::Third, third(word)), (Form::Gerund, gerund(word))];
            for (form, spelled) in forms_of {
                forms.entry(spelled).or_insert(Verb { name, form });
            }
        }
    }
    forms
});

/// The verb that a lower-case word is a form of.
pub(in crate::research) fn verb(word: &str) -> Option<Verb> {
    FORMS.get(word).copied()
}

/// The verb whose doer or doing a lower-case word names.
pub(in crate::research) fn doer(word: &str) -> Option<&'static str> {
    AGENTS.iter().find(|(_, words)| words.contains(&word)).map(|(name, _)| *name)
}

/// `s` as nouns and verbs take it.
pub(in crate::research) fn third(word: &str) -> String {
    let vowel_before_y =
        word.len() > 1 && matches!(word.as_bytes()[word.len() - 2], b'a' | b'e' | b'o' | b'u');
    if word.ends_with('y') && !vowel_before_y {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|ending| word.ends_with(ending)) {
        return format!("{word}es");
    }
    format!("{word}s")
}

fn gerund(word: &str) -> String {
    match word.strip_suffix('e') {
        Some(stem) => format!("{stem}ing"),
        None if DOUBLING.contains(&word) => format!("{word}{}ing", &word[word.len() - 1..]),
        None => format!("{word}ing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_something_does_what_a_verb_of_the_list_says() {
        for (name, _) in AGENTS {
            assert!(VERBS.iter().any(|(verb, _)| verb == name), "{name}");
        }
    }

    #[test]
    fn a_verb_is_known_in_all_of_its_forms() {
        for (word, name, form) in [
            ("audits", "review", Form::Third),
            ("planning", "plan", Form::Gerund),
            ("analyzes", "analyze", Form::Third),
            ("queries", "search", Form::Third),
            ("fixes", "fix", Form::Third),
            ("deploy", "deploy", Form::Base),
            ("deploys", "deploy", Form::Third),
            ("writing", "create", Form::Gerund),
        ] {
            assert_eq!(verb(word), Some(Verb { name, form }), "{word}");
        }
        assert_eq!(verb("sings"), None);
    }

    #[test]
    fn every_doer_does_something_of_the_list() {
        let known = |name: &str| VERBS.iter().any(|(verb, _)| *verb == name);
        AGENTS.iter().for_each(|(name, _)| assert!(known(name), "{name}"));
        assert_eq!(
            (doer("auditor"), doer("migration"), doer("poet")),
            (Some("review"), Some("migrate"), None)
        );
    }
}
