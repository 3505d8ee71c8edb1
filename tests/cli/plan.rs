//! `plan`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::market::{Market, Skill};
use crate::support::TestRepo;

const REQUEST: &str = "add a readme and a changelog";

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn a_plan_is_shown_with_its_gates_fallbacks_and_predictions() {
    let repo = TestRepo::new().starter();
    assert_snapshot!(repo.orchestrate(["plan", REQUEST]).code(0).screen(), @r#"
    Plan: 2 steps in 2 phases
    for "add a readme and a changelog"

    phase  step       gates  record here
        1  changelog      2  no runs yet
           skill of starter/changelog: a changelog
           why: matches changelog
        2  readme         2  no runs yet
           skill of starter/readme: add a readme
           why: matches readme

    if changelog fails: changelog-plain
    success: not enough evidence (0 runs); time: unknown
    ! hint: `git orchestrate run "add a readme and a changelog"` runs it
    "#);
}

#[test]
fn both_ways_to_ask_for_json_give_the_same_with_every_promised_key() {
    let repo = TestRepo::new().starter();
    let plan = repo.orchestrate(["plan", REQUEST, "--format", "json"]).code(0);
    assert_eq!(plan.stdout, repo.orchestrate(["plan", REQUEST, "--json"]).code(0).stdout);
    assert_eq!(plan.stdout, repo.orchestrate(["--json", "run", REQUEST, "--plan-only"]).code(0).stdout);
    let plan = plan.json();
    for key in ["v", "request", "steps", "phases", "predictions", "pattern", "uncovered"] {
        assert!(keys(&plan).contains(&key), "{key}: {plan}");
    }
    for key in
        ["id", "component", "phase", "needs", "purpose", "gates", "fallbacks", "context", "probability"]
    {
        assert!(keys(&plan["steps"][0]).contains(&key), "{key}: {plan}");
    }
    for key in ["success_probability", "evidence_runs", "duration_s", "context_share"] {
        assert!(keys(&plan["predictions"]).contains(&key), "{key}: {plan}");
    }
    assert_eq!(plan["v"], 1);
    assert_eq!(plan["pattern"], Value::Null);
    assert_eq!(plan["phases"], json!([["changelog"], ["readme"]]));
}

#[test]
fn a_plan_is_explained_by_what_else_there_is() {
    let repo = TestRepo::new().starter();
    assert_snapshot!(repo.orchestrate(["plan", "--explain", REQUEST]).code(0).screen(), @r#"
    Plan: 2 steps in 2 phases
    for "add a readme and a changelog"

    phase  step       gates  record here
        1  changelog      2  no runs yet
           skill of starter/changelog: a changelog
           why: matches changelog
        2  readme         2  no runs yet
           skill of starter/readme: add a readme
           why: matches readme

    if changelog fails: changelog-plain
    success: not enough evidence (0 runs); time: unknown

    changelog, rather than
      changelog-plain: covers 100 %, no runs yet
    readme: nothing else speaks of that
    ! hint: `git orchestrate run "add a readme and a changelog"` runs it
    "#);
    let plan = repo.orchestrate(["plan", REQUEST, "--json"]).code(0).json();
    assert_eq!(
        plan["steps"][0]["considered"][0]["component"], "starter/changelog/skill/changelog-plain",
        "{plan}"
    );
}

#[test]
fn a_need_that_nothing_covers_is_named_beside_what_is_covered() {
    let repo = TestRepo::new().starter();
    let plan = repo.orchestrate(["plan", "add a readme and brew quantum coffee"]).code(0);
    assert_snapshot!(plan.screen(), @r#"
    Plan: 1 step in 1 phase
    for "add a readme and brew quantum coffee"

    phase  step    gates  record here
        1  readme      2  no runs yet
           skill of starter/readme: add a readme
           why: matches readme

    not covered: "brew quantum coffee": no component does that
    success: not enough evidence (0 runs); time: unknown
    ! hint: `git orchestrate run "add a readme and brew quantum coffee"` runs it
    "#);
    let json = repo.orchestrate(["plan", "add a readme and brew quantum coffee", "--json"]).code(0).json();
    assert_eq!(json["uncovered"], json!(["brew quantum coffee"]));
}

#[test]
fn what_can_not_be_planned_says_why_and_what_to_do() {
    let repo = TestRepo::new();
    assert_snapshot!(repo.orchestrate(["plan", REQUEST]).code(1).screen(), @"
    ! error: the catalog has no components
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    let repo = repo.starter();
    assert_snapshot!(repo.orchestrate(["plan", "brew quantum coffee"]).code(1).screen(), @"
    ! error: no component covers any need: brew quantum coffee
    ! hint: `git orchestrate catalog search WORDS` shows what there is
    ! hint: `git orchestrate marketplace add PATH` adds more
    ");
    assert_snapshot!(repo.orchestrate(["plan", ""]).code(2).screen(), @r#"
    ! error: the request is empty
    ! hint: say what you want, such as "add a readme and a changelog"
    "#);
    assert_snapshot!(repo.orchestrate(["plan", " \n\t "]).code(2).screen(), @r#"
    ! error: the request is empty
    ! hint: say what you want, such as "add a readme and a changelog"
    "#);
    repo.orchestrate(["plan"]).code(2);
    assert_snapshot!(TestRepo::nowhere().orchestrate(["plan", REQUEST]).code(128).screen(), @"
    ! error: not a git repository (or any of the parent directories): <root>/project
    ! hint: run `git init` first, or change into a repository
    ");
}

#[test]
fn a_plan_over_agents_says_that_they_can_not_run_here() {
    let repo = TestRepo::new();
    let root = repo.root().join("a-marketplace-with-a-long-name");
    let folder = root.join("plugins/a-plugin-with-a-rather-long-name/agents");
    std::fs::create_dir_all(&folder).expect("a folder");
    let agent =
        "---\nname: security-report-writer-in-long-words\ndescription: Writes security reports\n---\n\n";
    std::fs::write(folder.join("security-report-writer-in-long-words.md"), agent).expect("written");
    repo.orchestrate(["marketplace", "add", root.to_str().expect("UTF-8")]).code(0);
    let plan = repo.orchestrate(["plan", "write a security report"]).code(0);
    assert_snapshot!(plan.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a security report"

    phase  step                                  gates  record here
        1  security-report-writer-in-long-words      0  no runs yet
           agent of a-marketplace-with-a-long-name/a-plugin-with-a-rather-long-name
           for: write a security report
           why: matches write, security, report

    success: not enough evidence (0 runs); time: unknown; context: at most 0.1 %
    ! hint: steps without a script need an agent, which this version can't drive yet
    "#);
    assert_eq!(plan.stdout.lines().find(|line| line.chars().count() > 80), None);
    assert_snapshot!(repo.orchestrate(["run", "write a security report", "--yes"]).code(4).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a security report"

    phase  step                                  gates  record here
        1  security-report-writer-in-long-words      0  no runs yet
           agent of a-marketplace-with-a-long-name/a-plugin-with-a-rather-long-name
           for: write a security report
           why: matches write, security, report

    success: not enough evidence (0 runs); time: unknown; context: at most 0.1 %

    ! error: nothing here can run a-marketplace-with-a-long-name/a-plugin-with-a-rather-long-name/agent/security-report-writer-in-long-words
    ! hint: only components that name a script can run in this version; agents can't be driven yet
    ! hint: `git orchestrate plan` plans over all of them
    "#);
}

#[test]
fn a_plan_changes_nothing() {
    let repo = TestRepo::new().file("a.txt", "one").commit("start").starter();
    repo.orchestrate(["run", REQUEST, "--yes"]).code(0);
    let before = (repo.refs(), repo.git(["config", "--list", "--local"]), repo.work_tree());
    repo.orchestrate(["plan", REQUEST]).code(0);
    repo.orchestrate(["plan", REQUEST, "--json"]).code(0);
    repo.orchestrate(["run", REQUEST, "--plan-only"]).code(0);
    assert_eq!((repo.refs(), repo.git(["config", "--list", "--local"]), repo.work_tree()), before);
}

#[test]
fn equal_requests_have_equal_plans() {
    let plan = || TestRepo::new().starter().orchestrate(["plan", REQUEST, "--json"]).code(0).stdout;
    assert_eq!(plan(), plan());
}

#[test]
fn words_that_a_shell_would_read_are_only_words() {
    let repo = TestRepo::new().starter();
    let request = "add a readme; $(touch pwned) `touch pwned` && touch pwned\n| \"quoted\" 'too' \\ ";
    let plan = repo.orchestrate(["plan", request, "--json"]).code(0).json();
    assert_eq!(plan["request"], request);
    repo.orchestrate(["plan", request]).code(0);
    assert!(!repo.path().join("pwned").exists());
}

#[test]
fn the_hint_is_a_command_that_a_shell_understands() {
    let repo = TestRepo::new().starter();
    let request = "add a readme for $HOME, `nobody`, \"you\" and the user's friends";
    let plan = repo.orchestrate(["plan", request]).code(0);
    let hint = plan.stderr.lines().find(|line| line.contains("runs it")).expect("a hint").to_owned();
    let command = hint.trim_start_matches("hint: `git orchestrate run ").trim_end_matches("` runs it");
    let said = repo.command("sh").args(["-c", &format!("printf %s {command}")]).output().expect("starts");
    assert_eq!(String::from_utf8_lossy(&said.stdout), request);
}

#[test]
fn whom_it_is_for_is_no_work_that_nothing_covers() {
    let repo = TestRepo::new().starter();
    for (request, component) in [
        ("add a licence for Acme Corp", "starter/licence/skill/licence"),
        ("add a changelog to foo-bar", "starter/changelog/skill/changelog"),
        ("write a readme for the Frobnicator of Zaphod Beeblebrox", "starter/readme/skill/readme"),
    ] {
        let plan = repo.orchestrate(["plan", request, "--json"]).code(0).json();
        assert_eq!(
            (&plan["steps"][0]["component"], &plan["uncovered"]),
            (&component.into(), &json!([])),
            "{request}"
        );
    }
    repo.orchestrate(["plan", "brew coffee for the readme"]).code(1);
}

#[test]
fn a_marketplace_that_is_gone_is_named_and_the_rest_still_plans() {
    let repo = TestRepo::new().starter();
    let market = Market::write(&repo, "market", &[Skill::new("poet", "Writes poems.", "true")]);
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    std::fs::remove_dir_all(market.path()).expect("removed");
    let plan = repo.orchestrate(["plan", REQUEST]).code(0);
    assert!(
        plan.stderr.contains("`git orchestrate marketplace remove market` forgets it"),
        "{}",
        plan.stderr
    );
}

#[test]
fn a_plan_without_learning_forgets_what_failed() {
    let fails = Skill::new("greeter", "Writes a greeting.", "exit 1").writes("\"a\"").says("fallback: waver");
    let works = Skill::new("waver", "Waves.", "echo hi > a").writes("\"a\"");
    let repo = TestRepo::new().commit("start").skills(&[fails, works]);
    repo.orchestrate(["run", "write a greeting", "--yes"]).code(0);
    let learned = repo.orchestrate(["plan", "write a greeting", "--json"]).code(0).json();
    assert_eq!(learned["steps"][0]["component"], "market/tools/skill/waver");
    assert_eq!(learned["avoided"][0]["component"], "market/tools/skill/greeter");
    let cold = repo.orchestrate(["plan", "write a greeting", "--without-learning", "--json"]).code(0).json();
    assert_eq!(cold["steps"][0]["component"], "market/tools/skill/greeter");
    assert_eq!(cold["avoided"], json!([]));
}
