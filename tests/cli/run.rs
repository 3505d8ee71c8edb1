//! `run`: the whole way, and what becomes of what it learned.

use assert_cmd::cargo::cargo_bin;
use insta::assert_snapshot;
use serde_json::Value;

use crate::market::Skill;
use crate::support::TestRepo;

const REQUEST: &str = "add a readme and a changelog";

fn greeter() -> Skill {
    Skill::new("greeter", "Writes a greeting.", "echo hello > greeting.txt")
        .writes("\"greeting.txt\"")
        .gate("greeting.txt")
}

#[test]
fn an_unborn_branch_gets_its_first_commits() {
    let repo = TestRepo::new().starter();
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    assert_snapshot!(ran.screen(), @r#"
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

    Passed: 2 of 2 steps in <time>
    merged    2 commits, HEAD is at 7d22be6
    files     CHANGELOG.md, README.md
    recorded  execution 01M7VZJ8HGZSRPJNSRZXNPAQGH on 7d22be6
    learned   Discover changelog → readme (1 of 1 run passed)
              on learning/20261120T080108Z-jv14kvhp
    ! phase 1 of 2: changelog
    !   passed: changelog in <time>: CHANGELOG.md
    ! phase 2 of 2: readme
    !   passed: readme in <time>: README.md
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!(repo.git(["symbolic-ref", "HEAD"]), "refs/heads/main");
    assert!(repo.read("README.md").starts_with("# "));
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert_eq!(repo.executions().len(), 1);
    repo.assert_nothing_left();
}

#[test]
fn a_result_is_kept_as_a_branch_where_nobody_can_be_asked() {
    let repo = TestRepo::new().file("a.txt", "one").commit("start").skills(&[greeter()]);
    let before = (repo.git(["rev-parse", "HEAD"]), repo.work_tree());
    assert_snapshot!(repo.orchestrate(["run", "write a greeting", "--yes"]).code(0).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      1  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Passed: 1 of 1 step in <time>
    branch    orchestrate/write-a-greeting-r80dt3sa (1 commit)
    files     greeting.txt
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on f6b8588
    learned   Discover greeter (1 of 1 run passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   passed: greeter in <time>: greeting.txt
    ! hint: `git merge orchestrate/write-a-greeting-r80dt3sa` takes the result into your branch
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!((repo.git(["rev-parse", "HEAD"]), repo.work_tree()), before);
    let branch = repo.refs_below("refs/heads/orchestrate").remove(0);
    assert_eq!(repo.git(["show", &format!("{branch}:greeting.txt")]), "hello");
    assert_snapshot!(repo.git(["log", "-1", "--format=%an <%ae>%n%B", &branch]), @"
    A User <user@example.com>
    greeter: add greeting.txt

    write a greeting

    Orchestrate-Execution: 01M7VZM34G99EP59QER80DT3SA
    Orchestrate-Step: market/tools/skill/greeter
    ");
    repo.assert_nothing_left();
}

#[test]
fn only_the_plan_changes_nothing() {
    let repo = TestRepo::new().file("a.txt", "one").commit("start").starter();
    let before = (repo.refs(), repo.work_tree());
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--plan-only"]).code(0).screen(), @r#"
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
    "#);
    assert_eq!((repo.refs(), repo.work_tree()), before);
}

#[test]
fn nothing_runs_unless_the_plan_is_approved() {
    let repo = TestRepo::new().file("a.txt", "one").commit("start").starter();
    let before = (repo.refs(), repo.work_tree());
    let refused = repo.orchestrate(["run", REQUEST]).code(5);
    assert!(refused.stderr.contains("hint: `--yes` approves the plan"), "{}", refused.stderr);
    assert_eq!((repo.refs(), repo.work_tree()), before);
}

#[test]
fn the_short_form_runs_and_a_mistyped_verb_does_not() {
    let repo = TestRepo::new().commit("start").skills(&[greeter()]);
    repo.orchestrate(["write a greeting", "--yes"]).code(0);
    assert_eq!(repo.executions().len(), 1);
    assert_snapshot!(repo.orchestrate(["plna"]).code(2).screen(), @"
    ! error: unrecognized subcommand 'plna'
    ! 
    !   tip: a similar subcommand exists: 'plan'
    ! 
    ! Usage: git orchestrate [OPTIONS] <COMMAND>
    ! 
    ! For more information, try '--help'.
    ");
    assert_eq!(repo.executions().len(), 1);
}

#[test]
fn git_finds_the_program_as_its_own_subcommand() {
    let repo = TestRepo::new().commit("start").skills(&[greeter()]);
    let program = cargo_bin!("git-orchestrate");
    let path = format!(
        "{}:{}",
        program.parent().expect("a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let run = ["orchestrate", "run", "write a greeting", "--yes", "--apply", "merge"];
    let status = repo.command("git").args(run).env("PATH", &path).output().expect("git starts");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    assert_eq!(repo.read("greeting.txt"), "hello\n");
    // git passes its own -C and the variables that go with it on.
    let from = ["-C", "project", "orchestrate", "log", "--json"];
    let log =
        repo.command("git").args(from).env("PATH", path).current_dir(repo.root()).output().expect("starts");
    assert_eq!(String::from_utf8_lossy(&log.stdout).lines().count(), 1);
}

#[test]
fn json_tells_of_plan_execution_result_and_learning() {
    let repo = TestRepo::new().commit("start").skills(&[greeter()]);
    let ran = repo.orchestrate(["run", "write a greeting", "--yes", "--json"]).code(0);
    assert_eq!(ran.stderr, "");
    let told = ran.json();
    assert_eq!(told["v"], 1);
    assert_eq!(told["execution"]["outcome"], "passed");
    assert_eq!(told["execution"]["source"], "run");
    assert_eq!(told["applied"]["how"], "branch");
    assert_eq!(told["execution"]["commit"], told["applied"]["commit"]);
    assert_eq!(told["execution"]["steps"][0]["gates"][0]["after"], true);
    assert_eq!(told["execution"]["steps"][0]["writes"][0], "greeting.txt");
    assert!(told["learned"]["branch"].as_str().is_some_and(|it| it.starts_with("refs/heads/learning/")));
    assert_eq!(told["execution"], repo.executions()[0]);
}

#[test]
fn what_is_green_already_is_skipped_and_said() {
    let poet =
        Skill::new("poet", "Writes a poem.", "echo roses > poem.txt").writes("\"poem.txt\"").gate("poem.txt");
    let repo = TestRepo::new().file("greeting.txt", "hello\n").commit("start").skills(&[greeter(), poet]);
    let request = "write a greeting and write a poem";
    let first = repo.orchestrate(["run", request, "--yes", "--apply", "merge", "--jobs", "1"]).code(0);
    assert_snapshot!(first.screen(), @r#"
    Plan: 2 steps in 1 phase
    for "write a greeting and write a poem"

    phase  step     gates  record here
        1  greeter      1  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting
        1  poet         1  no runs yet
           skill of market/tools: write a poem
           why: matches write, poem

    success: not enough evidence (0 runs); time: unknown

    Passed: 1 of 2 steps, 1 skipped in <time>
    merged    1 commit, HEAD is at d88a37d
    files     poem.txt
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on d88a37d
    learned   Discover poet (1 of 1 run passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 1: greeter, poet
    !   skipped: greeter, already green
    !   passed: poet in <time>: poem.txt
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    let second = repo.orchestrate(["run", request, "--yes", "--apply", "merge", "--jobs", "1"]).code(0);
    assert_snapshot!(second.screen(), @r#"
    Plan: 2 steps in 1 phase
    for "write a greeting and write a poem"

    phase  step     gates  record here
        1  greeter      1  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting
        1  poet         1  1 of 1 passed
           skill of market/tools: write a poem
           why: as in pattern poet-b9ca5a795320 (1 of 1 runs passed); passed 1 of 1
           runs here

    success: not enough evidence (0 runs); time: unknown

    Nothing to do: every gate was green already (2 steps)
    your work tree is as it was
    recorded  execution 01M7VZNXQG5RVAAXYY4R0MG0AM on d88a37d
    ! phase 1 of 1: greeter, poet
    !   skipped: greeter, already green
    !   skipped: poet, already green
    "#);
    assert_eq!(repo.executions()[0]["outcome"], "passed");
}

#[test]
fn skipped_learning_records_the_execution_and_commits_no_pattern() {
    let repo = TestRepo::new().commit("start").skills(&[greeter()]);
    let ran = repo.orchestrate(["run", "write a greeting", "--yes", "--skip-learning"]).code(0);
    assert!(!ran.stdout.contains("learned"), "{}", ran.stdout);
    assert_eq!(repo.executions().len(), 1);
    assert_eq!(repo.refs_below("refs/heads/learning"), Vec::<String>::new());
    assert_eq!(repo.refs_below("refs/orchestrate/learning"), Vec::<String>::new());
}

#[test]
fn a_similar_request_follows_the_pattern_and_says_so() {
    let repo = TestRepo::new().commit("start").starter();
    for request in ["add a readme and a changelog", "add a changelog and a readme"] {
        repo.orchestrate(["run", request, "--yes", "--base", "HEAD"]).code(0);
    }
    let plan = repo.orchestrate(["plan", "please add a changelog and a readme file"]).code(0);
    assert_snapshot!(plan.screen(), @r#"
    Plan: 2 steps in 2 phases
    for "please add a changelog and a readme file"

    phase  step       gates  record here
        1  changelog      2  2 of 2 passed
           skill of starter/changelog: add a changelog
           why: as in pattern changelog-readme-6c9c604650d2 (2 of 2 runs passed);
           passed 2 of 2 runs here
        2  readme         2  2 of 2 passed
           skill of starter/readme: a readme file
           why: as in pattern changelog-readme-6c9c604650d2 (2 of 2 runs passed);
           passed 2 of 2 runs here

    if changelog fails: changelog-plain
    follows the pattern changelog-readme-6c9c604650d2: 2 of 2 passed
    success: not enough evidence (2 runs); time: about <time>
    ! hint: `git orchestrate run "please add a changelog and a readme file"` runs it
    "#);
    let json = repo.orchestrate(["plan", "please add a changelog and a readme file", "--json"]).json();
    assert!(json["pattern"].is_string(), "{json}");
    assert!(json["steps"][0]["why"].as_str().is_some_and(|why| why.contains("as in pattern")), "{json}");
}

#[test]
fn what_failed_is_avoided_and_the_plan_says_why() {
    let fails = Skill::new("greeter", "Writes a greeting.", "echo 'error: no paper' >&2; exit 1")
        .writes("\"a\"")
        .says("fallback: waver");
    let works = Skill::new("waver", "Waves.", "echo hi > a").writes("\"a\"");
    let repo = TestRepo::new().commit("start").skills(&[fails, works]);
    let first = repo.orchestrate(["run", "write a greeting", "--yes"]).code(0);
    assert_snapshot!(first.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    if greeter fails: waver
    success: not enough evidence (0 runs); time: unknown

    Passed: 1 of 1 step (one by its fallback) in <time>
    branch    orchestrate/write-a-greeting-r80dt3sa (1 commit)
    files     a
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 74c9e61
    learned   Discover waver (1 of 1 run passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   failed, trying again: greeter: no paper
    !   try 2: greeter
    !   failed: greeter: no paper
    !   falling back from greeter to waver
    !   passed: waver in <time>: a
    ! hint: `git merge orchestrate/write-a-greeting-r80dt3sa` takes the result into your branch
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    let steps = &repo.executions()[0]["steps"];
    assert_eq!((&steps[0]["outcome"], &steps[1]["outcome"]), (&"failed".into(), &"passed".into()));
    assert_eq!(steps[0]["attempts"], 2);
    assert_eq!(steps[0]["error"], "no paper");
    assert_snapshot!(repo.orchestrate(["run", "write a greeting", "--yes"]).code(0).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step   gates  record here
        1  waver      0  1 of 1 passed
           skill of market/tools: write a greeting
           why: as in pattern waver-c6ad40e910dd (1 of 1 runs passed); passed 1 of 1
           runs here

    avoided: greeter (waver instead)
      it failed 1 of 1 runs here: "no paper"
    follows the pattern waver-c6ad40e910dd: 1 of 1 passed
    success: not enough evidence (1 run); time: about <time>

    Passed: 1 of 1 step in <time>
    branch    orchestrate/write-a-greeting-1bvaz601 (1 commit)
    files     a
    recorded  execution 01M7VZQRAGJJ1P37741BVAZ601 on 029b9f1
    learned   Reinforce waver (2 of 2 runs passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 1: waver
    !   passed: waver in <time>: a
    ! hint: `git merge orchestrate/write-a-greeting-1bvaz601` takes the result into your branch
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
}

#[test]
fn ci_clones_are_one_replica() {
    let repo = TestRepo::new().commit("start").skills(&[greeter()]).with_variable("CI", "true");
    repo.orchestrate(["run", "write a greeting", "--yes"]).code(0);
    let execution = &repo.executions()[0];
    assert_eq!((&execution["replica"], &execution["source"]), (&"ci".into(), &"ci".into()));
    assert!(repo.refs_below("refs/heads/learning")[0].ends_with("-ci"));
}

#[test]
fn one_job_runs_one_step_after_the_other() {
    let busy = "test ! -e \"$TMPDIR/busy\"; touch \"$TMPDIR/busy\"; sleep 0.2; rm \"$TMPDIR/busy\"";
    let skill = |name, description, file: &str| {
        Skill::new(name, description, &format!("{busy}; echo x > {file}")).writes(&format!("\"{file}\""))
    };
    let skills =
        || [skill("greeter", "Writes a greeting.", "greeting"), skill("poet", "Writes a poem.", "poem")];
    let run = |jobs| {
        let repo = TestRepo::new().commit("start").skills(&skills());
        let plan = repo.orchestrate(["plan", "write a greeting, write a poem", "--json"]).json();
        assert_eq!(plan["phases"].as_array().map(Vec::len), Some(1), "{plan}");
        repo.orchestrate(["run", "write a greeting, write a poem", "--yes", "--jobs", jobs]).code
    };
    assert_eq!(run("1"), Some(0));
    let repo = TestRepo::new();
    repo.orchestrate(["run", "x y", "--jobs", "0"]).code(2);
    repo.git(["config", "orchestrate.jobs", "0"]);
    assert_snapshot!(repo.orchestrate(["run", "x y"]).code(2).screen(), @"
    ! error: the setting orchestrate.jobs is `0`; it must be a whole number from 1 to 256
    ! hint: `git config orchestrate.jobs <value>` sets it, `git config --unset orchestrate.jobs` takes it back
    ");
}

#[test]
fn a_run_from_a_folder_below_works_on_the_whole_repository() {
    let repo = TestRepo::new().file("deep/inside/a.txt", "one").commit("start").skills(&[greeter()]);
    let mut program = repo.program();
    program.args(["run", "write a greeting", "--yes", "--apply", "merge"]);
    assert!(program.current_dir(repo.path().join("deep/inside")).output().expect("starts").status.success());
    assert_eq!(repo.read("greeting.txt"), "hello\n");
}

#[test]
fn a_linked_work_tree_is_merged_into_and_shares_what_is_learned() {
    let repo = TestRepo::new().commit("start").skills(&[greeter()]);
    repo.git(["worktree", "add", "-q", "-b", "side", "../side"]);
    let mut program = repo.program();
    program.args(["run", "write a greeting", "--yes", "--apply", "merge"]);
    let ran = program.current_dir(repo.root().join("side")).output().expect("starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(repo.root().join("side/greeting.txt").exists() && !repo.path().join("greeting.txt").exists());
    assert_eq!(repo.executions().len(), 1);
    assert_eq!(repo.git(["worktree", "list"]).lines().count(), 2);
}

#[test]
fn predictions_are_kept_beside_what_happened() {
    let repo = TestRepo::new().commit("start").skills(&[greeter()]);
    for _ in 0..6 {
        repo.orchestrate(["run", "write a greeting", "--yes", "--skip-learning"]).code(0);
    }
    let execution: &Value = &repo.executions()[0];
    assert_eq!(execution["predicted"]["success"], 0.8571);
    assert_eq!(execution["actual"]["success"], 1);
    assert!(execution["actual"]["duration_ms"].is_u64(), "{execution}");
    assert_snapshot!(repo.orchestrate(["plan", "write a greeting"]).code(0).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      1  100 % (6 of 6)
           skill of market/tools: write a greeting
           why: as in pattern greeter-6e5814d0b70e (6 of 6 runs passed); passed 6 of
           6 runs here

    follows the pattern greeter-6e5814d0b70e: 100 % (6 of 6)
    success: 88 % (from 6 runs); time: about <time>
    ! hint: `git orchestrate run "write a greeting"` runs it
    "#);
}
