//! What a fetched pattern wants to run does not run before somebody here approved its content.

use crate::market::{Market, Skill};
use crate::support::{TestRepo, execution};

/// A remote and two clones of it; the last is the one that has to be careful.
fn clones() -> (TestRepo, TestRepo, TestRepo) {
    let seed = TestRepo::new().file("a.txt", "one\n").commit("start");
    let hub = TestRepo::bare();
    seed.git(["push", "-q", hub.path().to_str().expect("UTF-8"), "main"]);
    let (theirs, ours) =
        (TestRepo::clone_of(&hub).with_real_clock(), TestRepo::clone_of(&hub).with_real_clock());
    (hub, theirs, ours)
}

/// A skill that leaves a trace outside of every work tree when it runs.
fn tracer(repo: &TestRepo, says: &str) -> Skill {
    let trace = repo.root().join("trace");
    let script = format!("echo {says} >> '{}'; echo {says} > greeting.txt", trace.display());
    Skill::new("greeter", "Writes a greeting.", &script).writes("\"greeting.txt\"")
}

fn ran(repo: &TestRepo) -> String {
    std::fs::read_to_string(repo.root().join("trace")).unwrap_or_default()
}

/// Thirty executions that passed, of this component, as a library that everybody would follow.
fn teach(theirs: &TestRepo, component: &str) {
    let records: Vec<String> = (0..30)
        .map(|number| {
            format!(
                r#"{{"request":"write a greeting {number}","steps":[{{"component":"{component}","content":"0000","outcome":"passed"}}],"outcome":"passed"}}"#
            )
        })
        .collect();
    theirs.orchestrate_with(["record"], &records.join("\n")).code(0);
    theirs.orchestrate(["sync", "--push", "--yes"]).code(0);
}

const REQUEST: &str = "write a greeting";

#[test]
fn a_learned_pattern_approves_nothing() {
    let (_hub, theirs, ours) = clones();
    let market = Market::write(&ours, "market", &[tracer(&ours, "hello")]);
    ours.orchestrate(["marketplace", "add", market.path()]).code(0);
    teach(&theirs, "market/tools/skill/greeter");
    ours.orchestrate(["sync", "--fetch"]).code(0);
    assert!(ours.orchestrate(["patterns"]).code(0).stdout.contains("30 of 30"));
    let plan = ours.orchestrate(["plan", REQUEST, "--json"]).code(0).json();
    assert_eq!(plan["steps"][0]["component"], "market/tools/skill/greeter");
    assert_ne!(plan["pattern"], serde_json::Value::Null, "the plan follows what was fetched");
    for arguments in [&["run", REQUEST, "--yes"][..], &["run", REQUEST, "--yes", "--json"], &[REQUEST]] {
        let mut command = ours.program();
        let refused = crate::support::Ran::of(&command.args(arguments).output().expect("starts")).code(5);
        assert!(
            refused.stderr.contains("nobody approved the code of market/tools/skill/greeter"),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains("`git orchestrate marketplace approve market/tools/skill/greeter`"));
    }
    assert_eq!((ran(&ours), ours.executions().len()), (String::new(), 30));
    ours.orchestrate(["marketplace", "approve", "market/tools/skill/greeter"]).code(0);
    ours.orchestrate(["run", REQUEST, "--yes", "--apply", "none"]).code(0);
    assert_eq!(ran(&ours), "hello\n");
}

#[test]
fn what_was_approved_and_is_another_now_does_not_run_for_a_pattern_either() {
    let (_hub, theirs, ours) = clones();
    let market = Market::write(&ours, "market", &[tracer(&ours, "hello")]);
    ours.orchestrate(["marketplace", "add", market.path()]).code(0);
    ours.orchestrate(["marketplace", "approve", "market"]).code(0);
    teach(&theirs, "market/tools/skill/greeter");
    ours.orchestrate(["sync", "--fetch"]).code(0);
    Market::write(&ours, "market", &[tracer(&ours, "evil")]);
    let refused = ours.orchestrate(["run", REQUEST, "--yes"]).code(5);
    assert!(refused.stderr.contains("`git orchestrate marketplace approve"), "{}", refused.stderr);
    assert_eq!(ran(&ours), "");
    // The script alone, in a skill that says the same.
    Market::write(&ours, "market", &[tracer(&ours, "hello")]);
    std::fs::write(market.file("greeter", "run.sh"), "#!/bin/sh\necho evil > greeting.txt\n")
        .expect("written");
    ours.orchestrate(["run", REQUEST, "--yes"]).code(5);
}

#[test]
fn a_pattern_that_names_what_is_nowhere_here_runs_nothing() {
    let (_hub, theirs, ours) = clones();
    let market = Market::write(&ours, "market", &[tracer(&ours, "hello")]);
    ours.orchestrate(["marketplace", "add", market.path()]).code(0);
    ours.orchestrate(["marketplace", "approve", "market"]).code(0);
    teach(&theirs, "elsewhere/tools/skill/greeter");
    ours.orchestrate(["sync", "--fetch"]).code(0);
    let plan = ours.orchestrate(["plan", REQUEST, "--json"]).code(0).json();
    assert_eq!(plan["steps"][0]["component"], "market/tools/skill/greeter", "{plan}");
}

#[test]
fn names_that_lead_elsewhere_are_no_names() {
    let (_hub, theirs, ours) = clones();
    let outside = ours.root().join("outside");
    std::fs::create_dir_all(&outside).expect("made");
    for name in ["../../../outside/x/y", "market/../skill/greeter", "market/tools/skill/..", "/etc/x/skill/y"]
    {
        let line = execution("write a greeting", ["a", "b"], "passed").replace("market/plugin/skill/a", name);
        theirs.orchestrate_with(["record"], &line).code(2);
    }
    teach(&theirs, "market/tools/skill/greeter");
    // By hand: the steps of the pattern lead out of the marketplace, and its file out of the library.
    theirs.git(["switch", "-q", "-c", "forged", "refs/orchestrate/learning"]);
    let file = theirs.git(["ls-files", "patterns"]);
    let forged = theirs.read(&file).replace("market/tools/skill/greeter", "market/../../../outside/greeter");
    let theirs = theirs.file(&file, &forged).commit("forge");
    theirs.git(["push", "-q", "origin", "forged:refs/orchestrate/learning"]);
    let market = Market::write(&ours, "market", &[tracer(&ours, "hello")]);
    ours.orchestrate(["marketplace", "add", market.path()]).code(0);
    let refused = ours.orchestrate(["sync", "--fetch"]).code(1).stderr;
    assert!(refused.contains("refs/orchestrate/learning"), "{refused}");
    assert!(ours.refs_below("refs/orchestrate/learning").is_empty(), "nothing of it was joined");
    ours.orchestrate(["run", REQUEST, "--yes"]).code(5);
    assert_eq!(ran(&ours), "");
}
