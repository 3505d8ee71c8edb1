//! The graph, sentence by sentence.

use proptest::prelude::*;

use super::super::samples::{classes_of, component, components, parts_of};
use super::{Graph, MOST};
use crate::model::component::Component;
use crate::model::id::ComponentId;
use crate::model::record::{Execution, Outcome, StepOutcome};
use crate::model::samples;

fn graph(components: &[Component], executions: &[Execution]) -> Graph {
    Graph::of(parts_of(components), &classes_of(components), executions)
}

/// Every link with what it stands on, a line each.
fn shown_after(components: &[Component], executions: &[Execution]) -> String {
    let graph = graph(components, executions);
    let name = |id: &ComponentId| id.name().to_owned();
    let edge = |edge: super::Edge<'_>| {
        let because: Vec<String> = edge
            .because
            .iter()
            .map(|it| format!("{} {} ({})", name(it.component), it.says, it.place))
            .collect();
        format!("{} {} {}: {}", name(edge.from), edge.kind.as_str(), name(edge.to), because.join(", "))
    };
    graph.edges().map(edge).collect::<Vec<_>>().join("\n")
}

fn shown(components: &[Component]) -> String {
    shown_after(components, &[])
}

/// Executions that ran these phases, in order.
fn runs(n: u64, phases: &[&[&str]]) -> Vec<Execution> {
    let run = |n: u64| {
        let steps = phases.iter().enumerate().flat_map(|(phase, ids)| ids.iter().map(move |id| (phase, *id)));
        let step = |(phase, id): (usize, &str)| {
            let mut step = samples::step("x", StepOutcome::Passed);
            step.component = format!("m/{id}").parse().expect("an id");
            step.phase = u32::try_from(phase).ok();
            step
        };
        Execution { outcome: Outcome::Passed, steps: steps.map(step).collect(), ..samples::execution(n) }
    };
    (0..n).map(run).collect()
}

#[test]
fn who_reads_what_another_writes_can_follow_it() {
    let all = components([
        ("p/agent/architect", "", "Write the plan to `work/plan.md`.\n"),
        ("p/agent/builder", "", "Read `work/plan.md` first.\nThen write `src/main.rs`.\n"),
        ("p/agent/reader", "", "Read `work/` before all else, and write to `work/plan.md`.\n"),
    ]);
    insta::assert_snapshot!(shown(&all), @"
    architect conflicts reader: architect writes work/plan.md (line 4), reader writes work/plan.md (line 4)
    architect can-follow builder: architect writes work/plan.md (line 4), builder reads work/plan.md (line 4)
    reader can-follow builder: reader writes work/plan.md (line 4), builder reads work/plan.md (line 4)
    ");
}

#[test]
fn one_folder_has_room_for_the_files_of_many() {
    let all = components([
        ("p/command/a", "", "Create `docs/a.md`.\n"),
        ("p/command/b", "", "Create files in `docs/`.\n"),
        ("q/command/c", "", "Create `docs/a.md`.\n"),
    ]);
    insta::assert_snapshot!(shown(&all), @"");
}

#[test]
fn what_a_text_says_of_a_name_makes_the_link() {
    let text = "## Prerequisites\n- Completed `dev-setup`\n\n## Steps\n1. Use the `dev-build` skill.\n\
                2. Never use the `dev-drop` skill.\n\nDon't use this when:\n- it is small (use `dev-small` instead)\n\
                - it is late (use the `dev-late` skill)\n\n## Next steps\n- Proceed to `dev-ship`\n- For more, see `dev-docs`\n\n\
                ## Examples\n- Use the `dev-sample` skill\n\n## Related\n- Use the `dev-related` skill\n";
    let others = ["setup", "build", "drop", "small", "late", "ship", "docs", "sample", "related"];
    let mut all = vec![component("dev/skill/dev-main", "", text)];
    all.extend(others.map(|name| component(&format!("dev/skill/dev-{name}"), "", "")));
    insta::assert_snapshot!(shown(&all), @"
    dev-main can-follow dev-ship: dev-main names dev-ship (line 16), dev-ship is called dev-ship (its path)
    dev-setup can-follow dev-main: dev-main names dev-setup (line 5), dev-setup is called dev-setup (its path)
    dev-main needs dev-build: dev-main names dev-build (line 8), dev-build is called dev-build (its path)
    dev-main needs dev-setup: dev-main names dev-setup (line 5), dev-setup is called dev-setup (its path)
    dev-main can-follow dev-docs: dev-main names dev-docs (line 17), dev-docs is called dev-docs (its path)
    ");
}

#[test]
fn a_word_is_a_name_only_where_it_is_written_as_one() {
    let text = "We test and plan. The test of `plan.md` is in /usr/plan and `src/plan`.\n\
                The big-plan is big. Use `test` data.\n```sh\ntest -f big-plan agent\n```\n";
    let all = components([
        ("p/skill/main", "", text),
        ("p/skill/test", "", ""),
        ("p/command/plan", "", ""),
        ("p/agent/big-plan", "", ""),
    ]);
    assert_eq!(shown(&all), "");
    let text =
        "Use the test skill. Run `/plan`. Launch the big-plan agent, or run `/p:plan` with @big-plan.\n";
    let all = components([
        ("p/skill/main", "", &text.replace("test skill", "`test` skill")),
        ("p/skill/test", "", ""),
        ("p/command/plan", "", ""),
        ("p/agent/big-plan", "", ""),
    ]);
    insta::assert_snapshot!(shown(&all), @"
    main needs big-plan: main names big-plan (line 4), big-plan is called big-plan (its path)
    main needs plan: main names plan (line 4), plan is called plan (its path)
    main needs test: main names test (line 4), test is called test (its path)
    ");
}

#[test]
fn a_name_means_the_component_of_the_own_plugin_or_the_only_one() {
    let all = components([
        ("a/command/go", "", "## Step 1\nUse the `code-reviewer` agent.\n"),
        ("a/agent/a-code-reviewer", "", "Mine."),
        ("b/agent/b-code-reviewer", "", "Theirs."),
        ("c/command/run", "", "Use the `code-reviewer` agent.\n"),
    ]);
    insta::assert_snapshot!(shown(&all), @"
    go needs a-code-reviewer: go names a-code-reviewer (line 5), a-code-reviewer is called a-code-reviewer (its path)
    a-code-reviewer similar b-code-reviewer: a-code-reviewer reviews code (its path), b-code-reviewer reviews code (its path)
    ");
}

/// A command that starts agents in phases, two of them at once.
pub(super) const FEATURE: &str = "# Feature\n\n## Phase 1\n\nTask:\n```\nsubagent_type: \"designer\"\n```\n\n\
    ## Phase 2: Checks\n\nRun both agents in parallel.\n\n### 2a\n```\nsubagent_type: \"tester\"\n```\n\
    ### 2b\n```\nsubagent_type: \"auditor\"\n```\n\n## Phase 3\n\nsubagent_type=\"releaser\"\n";

pub(super) fn team(text: &str) -> Vec<Component> {
    components([
        ("t/command/feature", "", text),
        ("t/agent/designer", "", "Designs."),
        ("t/agent/tester", "", "Tests."),
        ("t/agent/auditor", "", "Audits."),
        ("t/agent/releaser", "", "Releases."),
    ])
}

#[test]
fn who_starts_others_says_in_which_order_and_what_side_by_side() {
    insta::assert_snapshot!(shown(&team(FEATURE)), @"
    feature needs auditor: feature names auditor (line 23), auditor is called auditor (its path)
    feature needs designer: feature names designer (line 10), designer is called designer (its path)
    feature needs releaser: feature names releaser (line 28), releaser is called releaser (its path)
    feature needs tester: feature names tester (line 19), tester is called tester (its path)
    auditor can-follow releaser: feature starts auditor (line 23), feature starts releaser (line 28)
    designer can-follow auditor: feature starts designer (line 10), feature starts auditor (line 23)
    designer can-follow tester: feature starts designer (line 10), feature starts tester (line 19)
    tester can-follow releaser: feature starts tester (line 19), feature starts releaser (line 28)
    auditor can-run-beside tester: feature starts auditor (line 23), feature starts tester (line 19)
    ");
}

#[test]
fn what_is_made_can_be_looked_at_and_what_is_found_can_be_mended() {
    let all = components([
        ("p/skill/contract-writer", "Creates smart contracts", "Text one."),
        ("p/skill/contract-tester", "Tests smart contracts", "Text two."),
        ("p/skill/contract-checker", "Validates smart contracts", "Text three."),
        ("p/skill/leak-finder", "Scans for vulnerabilities", "Text four."),
        ("p/skill/leak-closer", "Fixes vulnerabilities", "Text five."),
    ]);
    insta::assert_snapshot!(shown(&all), @"
    leak-finder can-follow leak-closer: leak-finder scans vulnerability (line 2), leak-closer fixes vulnerability (line 2)
    contract-writer can-follow contract-checker: contract-writer creates smart contract (line 2), contract-checker validates smart contract (line 2)
    contract-writer can-follow contract-tester: contract-writer creates smart contract (line 2), contract-tester tests smart contract (line 2)
    ");
}

#[test]
fn who_does_the_same_is_similar_and_no_next_step() {
    let all = components([
        ("p/command/scan-secrets", "Scans for secrets", "Text one."),
        ("p/skill/scanning-for-secrets", "Scans for secrets and secures secrets", "Text two."),
        ("q/skill/other", "Writes poems", "Text three."),
    ]);
    insta::assert_snapshot!(shown(&all), @"");
}

#[test]
fn what_runs_showed_rules_out_what_texts_say() {
    let all = components([
        ("p/skill/p-one", "", "## Next steps\n- Proceed to `p-two`\n"),
        ("p/skill/p-two", "", "Text."),
        ("p/skill/p-three", "", "Other text."),
    ]);
    insta::assert_snapshot!(shown(&all), @"p-one can-follow p-two: p-one names p-two (line 5), p-two is called p-two (its path)");
    let observed = runs(3, &[&["p/skill/p-two"], &["p/skill/p-one", "p/skill/p-three"]]);
    insta::assert_snapshot!(shown_after(&all, &observed), @"
    p-two can-follow p-one: p-two ran right before p-one (3 of 3 runs)
    p-two can-follow p-three: p-two ran right before p-three (3 of 3 runs)
    p-one can-run-beside p-three: p-one ran beside p-three (3 of 3 runs)
    ");
    let mut failed = observed;
    failed.iter_mut().for_each(|run| run.outcome = Outcome::Failed);
    assert_eq!(shown_after(&all, &failed), shown(&all));
}

#[test]
fn servers_that_are_required_are_needed_and_opposites_conflict() {
    let all = components([
        ("p/mcp/advisories", "", ""),
        ("p/skill/audit", "", "Call mcp__advisories__lookup for each.\n"),
        ("p/command/team-spawn", "", "Text one."),
        ("p/command/team-shutdown", "", "Text two."),
    ]);
    insta::assert_snapshot!(shown(&all), @"
    audit needs advisories: audit requires mcp advisories (line 4), advisories is called advisories (its path)
    team-shutdown conflicts team-spawn: team-shutdown is called team-shutdown (its path), team-spawn is called team-spawn (its path)
    ");
}

#[test]
fn a_popular_thing_does_not_connect_everything_with_everything() {
    // Sixty of one plugin, among many that do something else.
    let make = |n: usize| {
        let what = ["Creates schemas", "Tests schemas", "Writes poems"][if n < 60 { n % 2 } else { 2 }];
        let body = if n < 60 { format!("Number {n}. Write `out.md`.") } else { format!("Number {n}.") };
        component(&format!("p{}/skill/s{n}", n / 60), what, &body)
    };
    let all: Vec<Component> = (0..600).map(make).collect();
    let graph = graph(&all, &[]);
    for kind in ["can-follow", "conflicts", "similar"] {
        let mut degree = std::collections::BTreeMap::<&ComponentId, usize>::new();
        for edge in graph.edges().filter(|edge| edge.kind.as_str() == kind) {
            *degree.entry(edge.from).or_default() += 1;
            if edge.kind.is_mutual() {
                *degree.entry(edge.to).or_default() += 1;
            }
        }
        assert!(degree.values().all(|links| *links <= MOST), "{kind} {degree:?}");
        assert!(kind == "similar" || degree.values().any(|links| *links == MOST), "{kind} {degree:?}");
    }
}

#[test]
fn copies_have_their_links_together() {
    let body = "Read `work/plan.md` with care.\n";
    let all = components([
        ("a/agent/reviewer", "", body),
        ("b/agent/reviewer", "", body),
        ("b/agent/planner", "", "Write `work/plan.md`.\n"),
    ]);
    let graph = graph(&all, &[]);
    let of = |id: &str| graph.edges_of(&id.parse().expect("an id")).len();
    assert_eq!((of("m/a/agent/reviewer"), of("m/b/agent/reviewer"), of("m/b/agent/planner")), (2, 2, 1));
    assert_eq!(graph.edges().count(), 1, "copies are no news");
    let strange = "m/x/agent/y".parse().expect("an id");
    assert!(graph.edges_of(&strange).is_empty());
}

#[test]
fn texts_of_others_are_one_line_without_what_nobody_sees() {
    let all = components([
        ("p/agent/writer", "", "Write `a\u{202e}b/\u{1b}[31mplan.md`.\n"),
        ("p/agent/reader", "", "Read `a\u{202e}b/\u{1b}[31mplan.md`.\n"),
    ]);
    let shown = shown(&all);
    assert!(!shown.chars().any(|c| crate::model::text::is_hidden(c) && c != '\n'), "{shown:?}");
}

/// A line of a text about the components of [`some`].
fn line() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(vec!["planner", "builder", "p:critic", "poet", "nobody"]);
    let file = || prop::sample::select(vec!["work/plan.md", "work/", "work/*.md", "src/main.rs", "*.md"]);
    let lead = prop::sample::select(vec![
        "## Step 1",
        "## Phase 2: in parallel",
        "## Next steps",
        "## Prerequisites",
        "Never:",
        "```",
        "---",
        "Words.",
    ]);
    prop_oneof![
        lead.prop_map(str::to_owned),
        name().prop_map(|name| format!("Use the `{name}` agent.")),
        name().prop_map(|name| format!("- Proceed to `{name}` skill")),
        name().prop_map(|name| format!("subagent_type: \"{name}\"")),
        name().prop_map(|name| format!("It conflicts with the `{name}` skill")),
        file().prop_map(|file| format!("Write `{file}`.")),
        file().prop_map(|file| format!("- Read `{file}` first.")),
    ]
}

/// Components that speak of each other, of a few files, and of a few artifacts.
pub(super) fn some() -> impl Strategy<Value = Vec<Component>> {
    let name = prop::sample::select(vec!["planner", "builder", "critic", "poet", "start", "stop"]);
    let kind = prop::sample::select(vec!["agent", "command", "skill", "mcp"]);
    let about = prop::sample::select(vec![
        "Creates schemas",
        "Tests schemas",
        "Fixes errors",
        "Scans for errors",
        "",
    ]);
    let one = ("[pq]", kind, name, about, prop::collection::vec(line(), 0..9));
    let one = one.prop_map(|(plugin, kind, name, about, lines)| {
        component(&format!("{plugin}/{kind}/{name}"), about, &lines.join("\n"))
    });
    // Of two with one id the last counts.
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let by_id: std::collections::BTreeMap<ComponentId, Component> =
            all.into_iter().map(|it| (it.id.clone(), it)).collect();
        by_id.into_values().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn links_are_between_two_classes_stand_on_something_and_are_told_once(all in some()) {
        let graph = graph(&all, &[]);
        let mut seen = std::collections::BTreeSet::new();
        for edge in graph.edges() {
            prop_assert!(!graph.is_one(edge.from, edge.to), "{edge:?}");
            prop_assert!((0.0..=1.0).contains(&edge.score) && !edge.because.is_empty(), "{edge:?}");
            prop_assert!(!edge.kind.is_mutual() || edge.from < edge.to, "{edge:?}");
            prop_assert!(seen.insert((edge.kind, edge.from.clone(), edge.to.clone())), "{edge:?}");
            prop_assert!(graph.edges_of(edge.from).contains(&edge) && graph.edges_of(edge.to).contains(&edge));
        }
        let scores: Vec<f64> = graph.edges().map(|edge| edge.score).collect();
        prop_assert!(scores.is_sorted_by(|a, b| a >= b));
        prop_assert_eq!(graph.counts().iter().map(|(_, number)| number).sum::<usize>(), scores.len());
    }

    #[test]
    fn the_graph_does_not_depend_on_the_order_in_which_components_come(all in some()) {
        let back: Vec<Component> = all.iter().rev().cloned().collect();
        prop_assert_eq!(shown(&back), shown(&all));
    }

    #[test]
    fn an_order_that_runs_agree_on_is_told_and_the_other_is_not(all in some(), from in 0..12_usize, to in 0..12_usize) {
        let steps: Vec<&Component> = all.iter().filter(|it| it.id.kind() != "mcp").collect();
        prop_assume!(from < steps.len() && to < steps.len() && from != to);
        let id = |it: &Component| it.id.as_str().trim_start_matches("m/").to_owned();
        let (from, to) = (id(steps[from]), id(steps[to]));
        let graph = graph(&all, &runs(3, &[&[&from], &[&to]]));
        let [from, to] = [&from, &to].map(|id| format!("m/{id}").parse::<ComponentId>().expect("an id"));
        prop_assume!(!graph.is_one(&from, &to));
        let follows: Vec<_> = graph.edges().filter(|edge| edge.kind == super::Kind::CanFollow).collect();
        prop_assert!(follows.iter().any(|it| (it.from, it.to) == (&from, &to)));
        prop_assert!(!follows.iter().any(|it| (it.from, it.to) == (&to, &from)));
    }

    #[test]
    fn what_was_told_reads_back_and_nonsense_is_none(all in some(), bytes: Vec<u8>) {
        for component in &all {
            let told = super::told(component);
            prop_assert_eq!(super::told::decode(&told), Some(super::told::sayings(component)));
        }
        super::told::decode(&bytes);
    }
}
