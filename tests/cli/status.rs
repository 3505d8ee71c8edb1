//! `status`.

use insta::assert_snapshot;

use crate::support::{TestRepo, execution};

#[test]
fn a_fresh_repository_says_what_to_do_first() {
    assert_snapshot!(TestRepo::new().orchestrate(["status"]).code(0).screen(), @"
    Replica jv14kvhp on main (no commit yet)
    executions                 none yet
    patterns                   none yet
    marketplaces               none
    learning branches          none
    open runs                  none
    refs/notes/orchestrate     not there yet
    refs/orchestrate/learning  not there yet

    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
}

#[test]
fn what_is_not_learned_yet_is_named_and_then_is_not() {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    assert_snapshot!(repo.orchestrate(["status"]).code(0).screen(), @"
    Replica jv14kvhp on main
    executions                 1 (1 passed, the last just now)
    patterns                   1 discovered
    marketplaces               none
    learning branches          none
    open runs                  none
    refs/notes/orchestrate     25b0822
    refs/orchestrate/learning  not there yet

    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ! hint: `git orchestrate merge` takes 1 changed pattern into the library
    ");
    repo.orchestrate(["merge"]).code(0);
    assert_snapshot!(repo.orchestrate(["status"]).code(0).screen(), @"
    Replica jv14kvhp on main
    executions                 1 (1 passed, the last 2 min ago)
    patterns                   1 discovered
    marketplaces               none
    learning branches          none
    open runs                  none
    refs/notes/orchestrate     25b0822
    refs/orchestrate/learning  777562b

    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
}

#[test]
fn programs_read_the_same() {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    assert_snapshot!(repo.orchestrate(["status", "--json"]).code(0).screen(), @r#"{"v":1,"replica":"jv14kvhp","head":"main","executions":1,"passed":1,"bad_lines":0,"patterns":{"discovered":1},"refs":{"refs/notes/orchestrate":"25b082224cec5ee56544dcd769dd45526f98dfac","refs/orchestrate/learning":null},"learning_branches":[],"in_review":[],"declined":[],"not_learned_yet":1,"waiting":0,"not_joined_yet":{},"not_followed":[],"open_runs":[],"marketplaces":[]}"#);
}

#[test]
fn an_unknown_setting_is_named_and_a_wrong_value_is_an_error() {
    let repo = TestRepo::new();
    repo.git(["config", "orchestrate.colour", "blue"]);
    repo.git(["config", "orchestrate.marketplace.x.sauce", "hot"]);
    repo.git(["config", "orchestrate.learningprefix", "learning/"]);
    let ran = repo.orchestrate(["status"]).code(0);
    assert_snapshot!(ran.stderr.lines().filter(|it| it.starts_with("warning")).collect::<Vec<_>>().join("\n"), @"
    warning: the setting orchestrate.colour means nothing to this version
    warning: the setting orchestrate.marketplace.x.sauce means nothing to this version
    ");
    repo.git(["config", "orchestrate.jobs", "many"]);
    assert_snapshot!(repo.orchestrate(["status"]).code(2).stderr, @"
    error: the setting orchestrate.jobs is `many`; it must be a whole number from 1 to 256
    hint: `git config orchestrate.jobs <value>` sets it, `git config --unset orchestrate.jobs` takes it back
    ");
    repo.git(["config", "orchestrate.jobs", "3"]);
    repo.git(["config", "orchestrate.privacy", "Text"]);
    assert_snapshot!(repo.orchestrate(["log"]).code(2).stderr, @"
    error: the setting orchestrate.privacy is `Text`; it must be text, words or none
    hint: `git config orchestrate.privacy <value>` sets it, `git config --unset orchestrate.privacy` takes it back
    ");
}

#[test]
fn settings_may_come_from_an_included_file() {
    let repo = TestRepo::new().file("team.config", "[orchestrate]\n\tprivacy = none\n");
    repo.git(["config", "include.path", "../team.config"]);
    let repo = repo.record(&execution("add a", ["a", "b"], "passed"));
    assert!(repo.executions()[0].get("request").is_none());
}

#[test]
fn a_failed_runs_steps_are_offered_for_what_they_are_and_a_merged_run_is_not() {
    use crate::market::Skill;
    let notes = Skill::new("notes", "Writes release notes.", "echo x > notes.txt").writes("\"notes.txt\"");
    let fails = Skill::new("greeter", "Writes a greeting.", "exit 1")
        .writes("\"greeting.txt\"")
        .says("inputs: [notes.txt]");
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start").skills(&[notes, fails]);
    repo.orchestrate(["run", "write release notes, then write a greeting", "--yes"]).code(1);
    let failed = repo.refs_below("refs/orchestrate/runs").remove(0);
    let hints = repo.orchestrate(["status"]).code(0).stderr;
    let offer = format!("`git merge {failed}` takes what passed in the failed run from ");
    assert!(hints.contains(&offer), "{hints}");
    assert!(hints.contains(&format!("`git update-ref -d {failed}` discards it")), "{hints}");
    repo.git(["update-ref", "-d", &failed]);

    repo.orchestrate(["run", "write release notes", "--yes", "--apply", "none"]).code(0);
    let passed = repo.refs_below("refs/orchestrate/runs").remove(0);
    let hints = repo.orchestrate(["status"]).code(0).stderr;
    assert!(hints.contains(&format!("`git merge {passed}` applies the run from ")), "{hints}");
    repo.git(["merge", "-q", &passed]);
    let hints = repo.orchestrate(["status"]).code(0).stderr;
    assert!(!hints.contains(&passed), "{hints}");
    repo.orchestrate(["run", "write release notes", "--yes"]).code(0);
    assert!(!repo.refs_below("refs/orchestrate/runs").contains(&passed));
}
