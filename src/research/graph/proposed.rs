//! What the graph proposes, sentence by sentence.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::samples::{classes_of, components, parts_of};
use super::propose::MOST_OF_A_PLUGIN;
use super::scenarios::{FEATURE, some, team};
use super::{Graph, propose};
use crate::model::component::Component;
use crate::model::library::MOST_PROPOSALS;
use crate::model::pattern::{Inferred, Pattern};
use crate::model::redact::redact;
use crate::model::text::is_hidden;

fn patterns(components: &[Component]) -> Vec<Pattern> {
    propose(&Graph::of(parts_of(components), &classes_of(components), &[]))
}

fn why(pattern: &Pattern) -> &Inferred {
    pattern.proposal().expect("it is proposed")
}

/// What is proposed, with scores and reasons.
fn proposed(components: &[Component]) -> String {
    let line = |it: &Pattern| format!("{} {}: {}", why(it).score, it.phases, why(it).reason);
    patterns(components).iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_command_starts_is_proposed_in_its_order() {
    insta::assert_snapshot!(proposed(&team(FEATURE)), @"950 designer → auditor + tester → releaser: m/t/command/feature starts them in this order (lines 10-28)");
}

#[test]
fn what_one_makes_and_others_look_at_side_by_side_is_one_proposal() {
    let all = components([
        ("p/skill/contract-writer", "Creates smart contracts", "Text one."),
        ("p/skill/contract-tester", "Tests smart contracts", "Text two."),
        ("p/skill/contract-checker", "Validates smart contracts", "Text three."),
        ("p/skill/leak-finder", "Scans for vulnerabilities", "Text four."),
        ("p/skill/leak-closer", "Fixes vulnerabilities", "Text five."),
    ]);
    insta::assert_snapshot!(proposed(&all), @"
    576 leak-finder → leak-closer: leak-finder scans vulnerability (line 2), leak-closer fixes vulnerability (line 2)
    538 contract-writer → contract-checker + contract-tester: contract-writer creates smart contract (line 2), contract-checker validates smart contract (line 2); contract-writer creates smart contract (line 2), contract-tester tests smart contract (line 2)
    ");
}

#[test]
fn a_chain_is_one_proposal_and_its_parts_are_none() {
    let all = components([
        ("p/command/start", "", "Next steps:\n1. Run /p:go-on\n"),
        ("p/command/go-on", "", "Print:\n```\nNext steps:\n1. Run /p:finish\n```\n"),
        ("p/command/finish", "", "Done.\n"),
    ]);
    insta::assert_snapshot!(proposed(&all), @"970 start → go-on → finish: start names go-on (line 5); go-on names finish (line 7)");
    assert_eq!(proposed(&[]), "");
}

#[test]
fn what_looks_like_a_secret_is_not_proposed() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let follows = format!("Next steps:\n1. Run /p:{token}\n");
    let name = format!("p/command/{token}");
    let all = components([("p/command/start", "", &follows), (&name, "", "Done.\n")]);
    assert!(redact(&token) != token);
    assert_eq!(proposed(&all), "");
    let plain = |it: &str| it.replace(&token, "plain");
    let all = components([("p/command/start", "", &plain(&follows)), (&plain(&name), "", "Done.\n")]);
    assert_ne!(proposed(&all), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn proposals_are_few_new_told_once_and_the_best_come_first(all in some()) {
        let patterns = patterns(&all);
        prop_assert!(patterns.len() <= MOST_PROPOSALS);
        let known: BTreeSet<_> = all.iter().map(|it| &it.id).collect();
        let mut ids = BTreeSet::new();
        for pattern in &patterns {
            let steps: Vec<_> = pattern.phases.components().collect();
            let distinct: BTreeSet<_> = steps.iter().collect();
            prop_assert!(steps.len() > 1 && distinct.len() == steps.len(), "{}", pattern.phases);
            prop_assert!(steps.iter().all(|id| known.contains(id) && id.kind() != "mcp"));
            prop_assert!(ids.insert(pattern.id.clone()));
            prop_assert!(pattern.cells.is_empty() && pattern.requests.is_empty());
            let Inferred { score, reason } = why(pattern);
            prop_assert!((1..=Inferred::MOST).contains(score) && !reason.is_empty());
            prop_assert!(!reason.chars().any(is_hidden));
        }
        prop_assert!(patterns.is_sorted_by_key(|it| (std::cmp::Reverse(why(it).score), it.id.clone())));
        let mut of_plugin: BTreeMap<&str, usize> = BTreeMap::new();
        for first in patterns.iter().filter_map(|it| it.phases.components().next()) {
            *of_plugin.entry(first.plugin()).or_default() += 1;
        }
        prop_assert!(of_plugin.values().all(|number| *number <= MOST_OF_A_PLUGIN));
    }

    #[test]
    fn proposals_do_not_depend_on_the_order_in_which_components_come(all in some()) {
        let back: Vec<Component> = all.iter().rev().cloned().collect();
        prop_assert_eq!(patterns(&back), patterns(&all));
    }
}
