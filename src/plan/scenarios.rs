//! Whole plans, sentence by sentence.

use proptest::prelude::*;

use crate::model::component::Card;
use crate::model::json;
use crate::model::pattern::{Inferred, Pattern, Shape};
use crate::model::plan::{Plan, PlannedStep};
use crate::model::record::{Execution, Outcome, StepOutcome};
use crate::model::samples;

use super::error::PlanError;
use super::samples::{Case, agent, run, shown, skill, with_fallback};

const LIBRARY: &str = "set up a Rust library with tests, CI, a licence and a changelog";
const CAUSE: &str = "none of the 3 commits follow Conventional Commits";

fn step<'a>(plan: &'a Plan, name: &str) -> &'a PlannedStep {
    plan.steps.iter().find(|step| step.component.name() == name).expect("a step of this component")
}

fn names(ids: &[crate::model::id::ComponentId]) -> Vec<&str> {
    ids.iter().map(crate::model::id::ComponentId::name).collect()
}

#[test]
fn a_request_becomes_a_plan() {
    let plan = Case::starter(&format!("{LIBRARY}, and a unicorn")).plan();
    insta::assert_snapshot!(json::canonical(&plan).replace("{\"id\"", "\n{\"id\""), @r#"
    {"v":1,"request":"set up a Rust library with tests, CI, a licence and a changelog, and a unicorn","steps":[
    {"id":"licence","component":"market/plugin/skill/licence","phase":1,"needs":[],"purpose":"a licence","gates":[],"fallbacks":[],"context":{"tokens":0,"window":200000,"share":0},"probability":null,"why":"matches licens","considered":[{"component":"market/plugin/skill/readme","coverage":1,"passed":0,"runs":0}]},
    {"id":"changelog","component":"market/plugin/skill/changelog","phase":1,"needs":[],"purpose":"a changelog","gates":[],"fallbacks":["market/plugin/skill/changelog-plain"],"context":{"tokens":0,"window":200000,"share":0},"probability":null,"why":"matches changelog","considered":[{"component":"market/plugin/skill/changelog-plain","coverage":1,"passed":0,"runs":0}]},
    {"id":"rust-library","component":"market/plugin/skill/rust-library","phase":2,"needs":["licence"],"purpose":"set up a Rust library; tests","gates":[],"fallbacks":[],"context":{"tokens":0,"window":200000,"share":0},"probability":null,"why":"matches set, rust, librari, test","considered":[{"component":"market/plugin/skill/ci-workflow","coverage":1,"passed":0,"runs":0}]},
    {"id":"ci-workflow","component":"market/plugin/skill/ci-workflow","phase":3,"needs":["rust-library"],"purpose":"CI","gates":[],"fallbacks":[],"context":{"tokens":0,"window":200000,"share":0},"probability":null,"why":"matches ci","considered":[]}],"phases":[["licence","changelog"],["rust-library"],["ci-workflow"]],"predictions":{"success_probability":null,"evidence_runs":0,"duration_s":null,"context_share":0},"pattern":null,"uncovered":["a unicorn"],"avoided":[]}
    "#);
}

#[test]
fn what_is_read_is_written_first_and_the_rest_runs_side_by_side() {
    assert_eq!(shown(&Case::starter(LIBRARY).plan()), "licence + changelog → rust-library → ci-workflow");
    let plan = Case::starter("scan for secrets, a readme, a changelog and a licence").plan();
    assert_eq!(shown(&plan), "changelog + licence → readme → secret-scan");
    assert_eq!(step(&plan, "secret-scan").needs, ["readme"]);
}

#[test]
fn a_step_that_failed_gives_way_to_the_fallback_that_passed() {
    let case = Case::starter(LIBRARY);
    let first = case.plan();
    assert_eq!(names(&step(&first, "changelog").fallbacks), ["changelog-plain"]);
    let case = case.ran(run(&first, 20, Some(("changelog", CAUSE))));
    let second = case.plan();
    assert_eq!(shown(&second), "licence + changelog-plain → rust-library → ci-workflow");
    assert_eq!(
        json::canonical(&second.avoided),
        concat!(
            r#"[{"component":"market/plugin/skill/changelog","instead":"market/plugin/skill/changelog-plain","#,
            r#""cause":"failed 1 of 1 runs here: \"none of the 3 commits follow Conventional Commits\""}]"#
        )
    );
    assert_eq!(step(&second, "changelog-plain").fallbacks, []);
    let pattern = second.pattern.clone().expect("the shape that ran");
    assert_eq!(
        step(&second, "licence").why,
        format!("as in pattern {pattern} (1 of 1 runs passed); passed 1 of 1 runs here")
    );
    assert_eq!(second.predictions.success_probability, None);
    assert_eq!(second.predictions.evidence_runs, 1);
    assert_eq!(json::canonical(&second.predictions.duration_s), "0.06");

    let control = case.control().plan();
    assert_eq!(shown(&control), shown(&first));
    assert_eq!((control.avoided, control.pattern), (Vec::new(), None));
}

#[test]
fn a_failure_is_avoided_in_another_request_too() {
    let case = Case::starter(LIBRARY);
    let past = run(&case.plan(), 20, Some(("changelog", CAUSE)));
    let plan = Case::starter("a changelog").ran(past).plan();
    assert_eq!((shown(&plan).as_str(), plan.pattern.clone()), ("changelog-plain", None));
    assert_eq!(
        step(&plan, "changelog-plain").why,
        "matches changelog; stands in for changelog; passed 1 of 1 runs here"
    );
    assert_eq!(plan.avoided.len(), 1);
}

#[test]
fn a_failure_without_a_fallback_that_passed_changes_nothing() {
    let case =
        Case::new("a licence", [skill("licence", &[], &["LICENSE"])]).finds("a licence", &[("licence", 3.0)]);
    let case = case.clone().ran(run(&case.plan(), 5, Some(("licence", "no holder"))));
    assert_eq!(shown(&case.plan()), "licence");
    assert_eq!(case.plan().avoided, []);
}

#[test]
fn without_evidence_both_arms_plan_alike() {
    let case = Case::starter(LIBRARY);
    assert_eq!(case.plan(), case.control().plan());
}

#[test]
fn a_step_that_is_there_anyway_serves_a_need_nearly_as_well() {
    let case = |own: f64| {
        let mut case = Case::starter("set up a Rust library with tests");
        case.catalog.push(skill("test-writer", &["src/**"], &["tests/**"]));
        case.finds("tests", &[("test-writer", own), ("rust-library", 3.0)])
    };
    assert_eq!(shown(&case(5.0).plan()), "rust-library");
    assert_eq!(step(&case(5.0).plan(), "rust-library").purpose, "set up a Rust library; tests");
    assert_eq!(shown(&case(5.1).plan()), "rust-library → test-writer");
}

#[test]
fn a_pattern_brings_no_step_that_the_request_does_not_need() {
    let past = run(&Case::starter(LIBRARY).plan(), 5, None);
    let plan = Case::starter("a licence and a changelog").ran(past).plan();
    assert_eq!(shown(&plan), "licence + changelog");
    assert_eq!(plan.pattern, None);
    assert!(step(&plan, "licence").why.starts_with("as in pattern "), "{}", step(&plan, "licence").why);
}

#[test]
fn an_old_or_distant_pattern_is_not_followed() {
    let past = run(&Case::starter(LIBRARY).plan(), 5, None);
    let mut case = Case::starter("a licence and a readme with a changelog").ran(past);
    assert!(step(&case.plan(), "licence").why.starts_with("as in pattern "));
    case.days = 900;
    assert!(step(&case.plan(), "licence").why.starts_with("matches licens"));
}

#[test]
fn enough_runs_make_a_probability() {
    let mut case = Case::starter(LIBRARY);
    let plan = case.plan();
    for ms in [10, 20, 30, 40] {
        case = case.ran(run(&plan, ms, None));
    }
    assert_eq!(case.plan().predictions.success_probability, None);
    let case = case.ran(run(&plan, 1_000, None));
    let plan = case.plan();
    insta::assert_snapshot!(
        json::canonical(&plan.predictions),
        @r#"{"success_probability":0.8571,"evidence_runs":5,"duration_s":0.09,"context_share":0}"#
    );
    assert_eq!(json::canonical(&step(&plan, "licence").probability), "0.8571");
    let other = Case { request: "a licence and a changelog".to_owned(), ..case }.plan();
    insta::assert_snapshot!(
        json::canonical(&other.predictions),
        @r#"{"success_probability":0.7347,"evidence_runs":5,"duration_s":0.03,"context_share":0}"#
    );
}

#[test]
fn an_agent_is_chosen_only_where_nothing_that_runs_alone_comes_near() {
    let catalog = || [agent("writer"), skill("licence", &[], &["LICENSE"])];
    let near = Case::new("a licence", catalog()).finds("a licence", &[("writer", 6.0), ("licence", 5.5)]);
    assert_eq!(step(&near.plan(), "licence").why, "matches licens; runs without an agent");
    assert_eq!(step(&near.plan(), "licence").fallbacks, []);
    let far = Case::new("a licence", catalog()).finds("a licence", &[("writer", 6.0), ("licence", 5.3)]);
    assert_eq!(step(&far.plan(), "writer").context.tokens, 1_052);
}

#[test]
fn agents_run_one_after_the_other_and_checks_come_last() {
    let catalog = [
        skill("scan", &["**/*"], &[]),
        agent("builder"),
        agent("tester"),
        skill("licence", &[], &["LICENSE"]),
    ];
    let case = Case::new("scan it, an API, a licence, tests", catalog)
        .finds("scan it", &[("scan", 1.0)])
        .finds("an API", &[("builder", 1.0)])
        .finds("a licence", &[("licence", 1.0)])
        .finds("tests", &[("tester", 1.0)]);
    assert_eq!(shown(&case.plan()), "builder → licence → tester → scan");
}

#[test]
fn what_past_runs_did_first_is_done_first() {
    let catalog = || [skill("format", &["src/**"], &["src/**"]), skill("upgrade", &["src/**"], &["src/**"])];
    let finds = |request: &str| {
        Case::new(request, catalog())
            .finds("format", &[("format", 1.0)])
            .finds("upgrades", &[("upgrade", 1.0)])
    };
    let past = finds("upgrades, format").plan();
    assert_eq!(shown(&past), "upgrade → format");
    let mut case = finds("format, upgrades");
    assert_eq!(shown(&case.plan()), "format → upgrade");
    for _ in 0..3 {
        case = case.ran(run(&past, 5, None));
    }
    assert_eq!(shown(&case.plan()), "upgrade → format");
    assert_eq!(shown(&case.control().plan()), "format → upgrade");
}

#[test]
fn a_check_that_said_no_is_not_avoided_for_a_kinder_one() {
    let checks = [with_fallback(skill("scan", &["**/*"], &[]), "kind"), skill("kind", &["**/*"], &[])];
    let mut case =
        Case::new("scan for secrets", checks).finds("scan for secrets", &[("scan", 6.0), ("kind", 5.9)]);
    for _ in 0..100 {
        case = case
            .ran(Execution {
                steps: vec![samples::step("scan", StepOutcome::Failed)],
                outcome: Outcome::Failed,
                ..samples::execution(0)
            })
            .ran(Execution {
                request: Some("scan for secrets".to_owned()),
                steps: vec![samples::step("kind", StepOutcome::Passed)],
                ..samples::execution(0)
            });
    }
    assert_eq!(shown(&case.plan()), "scan");
}

#[test]
fn twins_and_runners_up_stand_in_but_never_what_failed() {
    let catalog = || {
        [
            with_fallback(skill("a", &[], &["A"]), "b"),
            skill("b", &[], &["A"]),
            skill("c", &[], &["A"]),
            skill("twin", &[], &["A"]),
        ]
    };
    let mut case = Case::new("alpha", catalog()).finds("alpha", &[("a", 10.0), ("c", 8.0), ("b", 1.0)]);
    case.candidates.entry("alpha".to_owned()).or_default()[0].also = vec![samples::component("twin")];
    assert_eq!(names(&step(&case.plan(), "a").fallbacks), ["b", "twin"]);
    let failed = Case::new("beta", catalog()).finds("beta", &[("b", 1.0)]);
    let case = case.ran(run(&failed.plan(), 5, Some(("b", "boom"))));
    assert_eq!(names(&step(&case.plan(), "a").fallbacks), ["twin", "c"]);
}

#[test]
fn a_twin_that_passed_does_the_work_of_one_that_never_did() {
    let catalog = || ["a", "twin", "third"].map(|name| skill(name, &[], &["A"]));
    let twin = |mut case: Case| {
        let also = ["twin", "third"].map(samples::component);
        case.candidates.entry("alpha".to_owned()).or_default()[0].also = also.into();
        case
    };
    let case = twin(Case::new("alpha", catalog()).finds("alpha", &[("a", 10.0)]));
    let first = case.plan();
    assert_eq!((shown(&first), names(&step(&first, "a").fallbacks)), ("a".to_owned(), vec!["twin", "third"]));
    let plan = case.ran(run(&first, 5, Some(("a", "boom")))).plan();
    assert_eq!((shown(&plan), names(&step(&plan, "twin").fallbacks)), ("twin".to_owned(), vec!["third"]));
    assert_eq!(plan.avoided.len(), 1);
}

#[test]
fn what_is_only_proposed_changes_no_plan() {
    let proposed = |phases: &[&[&str]]| {
        let phases = phases.iter().map(|ids| ids.iter().map(|id| samples::component(id)).collect()).collect();
        let inferred = Inferred { score: Inferred::MOST, reason: "it says so".to_owned() };
        let mut pattern = Pattern::proposed(Shape::new(phases), inferred);
        // As if somebody had written by hand that it served such requests.
        pattern.words = crate::model::words::keywords(LIBRARY);
        pattern
    };
    let proposals = [
        proposed(&[&["licence", "changelog"], &["rust-library"], &["ci-workflow"]]),
        proposed(&[&["ci-workflow"], &["changelog-plain", "licence", "rust-library"]]),
    ];
    let without = Case::starter(LIBRARY);
    let with = Case { proposals: proposals.to_vec(), ..without.clone() };
    assert_eq!(with.plan(), without.plan());
    let ran = |case: Case| case.ran(run(&without.plan(), 20, Some(("changelog", CAUSE))));
    assert_eq!(ran(with.clone()).plan(), ran(without.clone()).plan());
    assert!(ran(with).plan().pattern.is_some(), "what ran is followed, whatever is proposed");
}

#[test]
fn needs_that_nothing_covers_are_named() {
    let plan = Case::starter("a licence, a unicorn, tests").covers("tests", 0.5).plan();
    assert_eq!(
        (shown(&plan).as_str(), plan.uncovered),
        ("licence", vec!["a unicorn".to_owned(), "tests".to_owned()])
    );
    let needs = vec!["a unicorn".to_owned()];
    assert_eq!(Case::starter("a unicorn").try_plan(), Err(PlanError::NothingCovered { needs }));
}

#[test]
fn a_step_that_fills_a_window_says_so_and_ids_are_unique() {
    let mut large = agent("Größe");
    large.tokens.on_invoke = 100_000;
    let mut other = agent("gr-e");
    other.id = "market/other/agent/gr e".parse().expect("an id");
    let mut case = Case::new("reviews, poems", [large, other.clone()])
        .finds("reviews", &[("Größe", 1.0)])
        .finds("poems", &[("x", 1.0)]);
    case.candidates.entry("poems".to_owned()).or_default()[0].component = other.id;
    let plan = case.plan();
    assert_eq!(plan.phases, [["gr-e"], ["gr-e-2"]]);
    assert_eq!(plan.steps[0].why, "matches review; its text takes 50 % of a model's window (100053 tokens)");
    assert_eq!(json::canonical(&plan.predictions.context_share), "0.5003");
}

const GLOBS: [&str; 6] = ["a", "b", "c/*", "c/d", "**/*", "e/**"];

/// Whether it runs alone, inputs, outputs, and the number of its fallback.
type Made = (bool, Vec<&'static str>, Vec<&'static str>, Option<usize>);

fn made(index: usize, (alone, inputs, outputs, fallback): Made) -> Card {
    let name = format!("c{index}");
    let component = if alone { skill(&name, &inputs, &outputs) } else { agent(&name) };
    match fallback {
        Some(number) => with_fallback(component, &format!("c{number}")),
        None => component,
    }
}

fn arbitrary_case() -> impl Strategy<Value = Case> {
    let globs = || prop::sample::subsequence(GLOBS.to_vec(), 0..3);
    let component = (any::<bool>(), globs(), globs(), prop::option::of(0..8_usize));
    let catalog = prop::collection::vec(component, 8)
        .prop_map(|all| all.into_iter().enumerate().map(|(index, one)| made(index, one)).collect::<Vec<_>>());
    let found = prop::collection::vec((0..8_usize, 1..10_u32), 1..4);
    (catalog, prop::collection::vec(found, 1..7)).prop_map(|(catalog, needs)| {
        let texts: Vec<String> = (0..needs.len()).map(|n| format!("need{n}")).collect();
        let mut case = Case::new(&texts.join(", "), catalog);
        for (text, found) in texts.iter().zip(needs) {
            let found: Vec<(String, f64)> =
                found.into_iter().map(|(c, s)| (format!("c{c}"), f64::from(s))).collect();
            let found: Vec<(&str, f64)> = found.iter().map(|(name, score)| (name.as_str(), *score)).collect();
            case = case.finds(text, &found);
        }
        case
    })
}

fn well_formed(plan: &Plan, catalog: &[Card]) -> Result<(), TestCaseError> {
    let ids: Vec<&String> = plan.steps.iter().map(|step| &step.id).collect();
    prop_assert_eq!(plan.phases.iter().flatten().collect::<Vec<_>>(), ids);
    let component = |step: &PlannedStep| catalog.iter().find(|it| it.id == step.component).cloned();
    for (index, step) in plan.steps.iter().enumerate() {
        prop_assert!(plan.phases[step.phase - 1].contains(&step.id));
        for need in &step.needs {
            let before = plan.steps.iter().find(|it| it.id == *need).map(|it| it.phase);
            prop_assert!(before.is_some_and(|phase| phase < step.phase));
        }
        prop_assert!(step.fallbacks.len() <= 2);
        prop_assert!(step.fallbacks.iter().all(|it| plan.steps.iter().all(|other| other.component != *it)));
        for other in plan.steps[..index].iter().filter(|other| other.phase == step.phase) {
            let (one, two) = (component(step), component(other));
            let outputs =
                |it: &Option<Card>| it.as_ref().and_then(|it| it.contract.clone()).map(|it| it.outputs);
            let (Some(one), Some(two)) = (outputs(&one), outputs(&two)) else {
                return Err(TestCaseError::fail("an agent runs beside another step"));
            };
            prop_assert!(one.iter().all(|a| two.iter().all(|b| !crate::model::glob::overlap(a, b))));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_plan_is_well_formed_and_has_one_form(case in arbitrary_case(), fails in prop::option::of(0..8_usize)) {
        let plan = case.plan();
        well_formed(&plan, &case.catalog)?;
        let failing = fails.map(|it| format!("c{it}"));
        let past = run(&plan, 7, failing.as_deref().map(|name| (name, "boom")));
        let mut later = case.clone().ran(past);
        let second = later.plan();
        well_formed(&second, &case.catalog)?;
        prop_assert_eq!(&later.clone().control().plan().phases, &plan.phases);
        prop_assert_eq!(&later.clone().asked_for().plan(), &second);
        later.candidates.values_mut().for_each(|found| found.reverse());
        later.catalog.reverse();
        prop_assert_eq!(later.plan(), second);
    }
}
