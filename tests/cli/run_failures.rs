//! `run`: what fails, what is interrupted, and what is kept of it.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::market::Skill;
use crate::support::{Ran, TestRepo};

const REQUEST: &str = "write a greeting";

fn greeter(script: &str) -> Skill {
    Skill::new("greeter", "Writes a greeting.", script).writes("\"greeting.txt\"")
}

fn with(skill: Skill) -> TestRepo {
    TestRepo::new().file("a.txt", "one\n").commit("start").skills(&[skill])
}

/// Whether a process runs, and is not merely waiting to be reaped.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !matches!(stat.rsplit(") ").next().and_then(|rest| rest.chars().next()), None | Some('Z'))
}

#[test]
fn a_failed_step_is_recorded_and_the_work_tree_is_as_it_was() {
    let first = Skill::new("notes", "Writes release notes.", "echo x > notes.txt").writes("\"notes.txt\"");
    let fails =
        greeter("echo half > greeting.txt; echo 'error: no ink' >&2; exit 1").says("inputs: [notes.txt]");
    let later = Skill::new("poet", "Writes a poem.", "echo x > poem")
        .writes("\"poem\"")
        .says("inputs: [greeting.txt]");
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start").skills(&[first, fails, later]);
    let before = (repo.work_tree(), repo.git(["status", "--porcelain"]), repo.git(["rev-parse", "HEAD"]));
    let request = "write release notes, then write a greeting, then write a poem";
    let ran = repo.orchestrate(["run", request, "--yes", "--apply", "merge"]).code(1);
    assert_snapshot!(ran.screen(), @r#"
    Plan: 3 steps in 3 phases
    for "write release notes, then write a greeting, then write a poem"

    phase  step     gates  record here
        1  notes        0  no runs yet
           skill of market/tools: write release notes
           why: matches write, release, notes
        2  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting
        3  poet         0  no runs yet
           skill of market/tools: write a poem
           why: matches write, poem

    success: not enough evidence (0 runs); time: unknown

    Failed: 1 of 3 steps passed in <time>
    failed    greeter: its script failed: no ink
    your work tree is as it was
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 12bb691
    learned   Discover notes → greeter → poet (0 of 1 run passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 3: notes
    !   passed: notes in <time>: notes.txt
    ! phase 2 of 3: greeter
    !   failed, trying again: greeter: no ink
    !   try 2: greeter
    !   failed: greeter: no ink
    ! hint: the steps that passed are at refs/orchestrate/runs/01M7VZM34G99EP59QER80DT3SA (1 commit)
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!(
        (repo.work_tree(), repo.git(["status", "--porcelain"]), repo.git(["rev-parse", "HEAD"])),
        before
    );
    let execution = &repo.executions()[0];
    assert_eq!(execution["outcome"], "failed");
    assert_eq!(execution["commit"], before.2.as_str());
    let outcomes: Vec<&str> = execution["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["outcome"].as_str())
        .collect();
    assert_eq!(outcomes, ["passed", "failed", "skipped"]);
    assert_eq!(repo.refs_below("refs/orchestrate/runs").len(), 1);
    repo.assert_nothing_left();
}

#[test]
fn exit_0_with_a_red_gate_is_a_failure() {
    let repo = with(greeter("true").gate("greeting.txt"));
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--yes"]).code(1).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      1  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Failed: 0 of 1 step passed in <time>
    failed    greeter: gate `greeting.txt is there`: greeting.txt does not exist
    your work tree is as it was
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 12bb691
    learned   Discover greeter (0 of 1 run passed)
              on learning/20261120T080205Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   failed, trying again: greeter: gate `greeting.txt is there`: greeting.txt does not exist
    !   try 2: greeter
    !   failed: greeter: gate `greeting.txt is there`: greeting.txt does not exist
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!(repo.executions()[0]["steps"][0]["gates"][0]["after"], false);
}

#[test]
fn a_failure_on_an_unborn_branch_is_recorded_on_the_empty_tree() {
    let repo = TestRepo::new().skills(&[greeter("exit 3")]);
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(1);
    assert!(ran.stdout.contains("exit code 3"), "{}", ran.stdout);
    assert_eq!(repo.executions().len(), 1);
    assert_eq!(
        repo.git(["status", "--porcelain=v2", "--branch"]).lines().next(),
        Some("# branch.oid (initial)")
    );
}

#[test]
fn a_step_that_takes_too_long_is_stopped_with_all_that_it_started() {
    let repo = TestRepo::new().commit("start");
    let pids = repo.root().join("pids");
    let script = format!("sleep 1000 & echo $! > '{}'; sleep 1000", pids.display());
    let repo = repo.skills(&[greeter(&script).says("timeout: 2")]);
    repo.git(["config", "orchestrate.retries", "0"]);
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--yes"]).code(1).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Failed: 0 of 1 step passed in <time>
    failed    greeter: it took too long: stopped after <time>
    your work tree is as it was
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 2720ca2
    learned   Discover greeter (0 of 1 run passed)
              on learning/20261120T080205Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   failed: greeter: stopped after <time>
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert!(!lives(&std::fs::read_to_string(pids).expect("written")));
    assert_eq!(repo.executions()[0]["outcome"], "failed");
    repo.assert_nothing_left();
}

#[test]
fn what_a_step_writes_outside_its_scope_fails_it() {
    let repo = with(greeter("echo x > greeting.txt; echo evil > a.txt"));
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(1);
    assert_snapshot!(ran.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Failed: 0 of 1 step passed in <time>
    failed    greeter: write scope: wrote a.txt, which is not among its outputs
    your work tree is as it was
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 12bb691
    learned   Discover greeter (0 of 1 run passed)
              on learning/20261120T080205Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   failed, trying again: greeter: write scope: wrote a.txt, which is not among its outputs
    !   try 2: greeter
    !   failed: greeter: write scope: wrote a.txt, which is not among its outputs
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!(repo.read("a.txt"), "one\n");
}

#[test]
fn a_missing_program_is_the_environments_fault_and_no_plugins() {
    let repo = with(greeter("no-such-program-anywhere"));
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--yes"]).code(4).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Stopped by the environment after <time>: 0 of 1 step passed
    failed    greeter: a program is missing: run.sh: 3: no-such-program-anywhere: not found
    your work tree is as it was
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 12bb691
    learned   Discover greeter (no run counted yet)
              on learning/20261120T080205Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   failed: greeter: run.sh: 3: no-such-program-anywhere: not found
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!(repo.executions()[0]["outcome"], "environment");
    let json = repo.orchestrate(["catalog", "search", "greeting", "--json"]).code(0).json();
    assert_eq!((&json[0]["tally"]["failed"], &json[0]["tally"]["passed"]), (&0.into(), &0.into()));
}

#[test]
fn a_temporary_folder_that_can_not_be_written_is_named() {
    let repo = with(greeter("echo x > greeting.txt"));
    let file = repo.root().join("file");
    std::fs::write(&file, "").expect("written");
    let repo = repo.with_variable("TMPDIR", file.to_str().expect("UTF-8"));
    let ran = repo.orchestrate(["run", REQUEST, "--yes"]).code(4);
    let folder = regex::Regex::new("git-orchestrate-[0-9a-f]{8}").expect("a regular expression");
    assert_snapshot!(folder.replace_all(&ran.screen(), "<folder>"), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    ! error: cannot create <root>/file/<folder>: Not a directory (os error 20)
    ! hint: work trees need a folder to be in: `git config orchestrate.worktrees FOLDER` names another one
    "#);
}

#[test]
fn a_failing_component_is_tried_as_often_as_the_setting_says() {
    let repo = with(greeter("exit 1"));
    repo.git(["config", "orchestrate.retries", "2"]);
    repo.orchestrate(["run", REQUEST, "--yes"]).code(1);
    assert_eq!(repo.executions()[0]["steps"][0]["attempts"], 3);
}

/// Starts a run in a process group of its own, waits until its step says that it began, and sends
/// the signal to the group as a terminal does.
fn interrupted(repo: &TestRepo, signal: &str) -> Ran {
    let mut program = repo.program();
    program.args(["run", REQUEST, "--yes", "--apply", "merge"]).process_group(0);
    let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let started = Instant::now();
    while !repo.root().join("pids").exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "the step never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args([signal, "--", &group]).status().expect("kill starts").success());
    Ran::of(&child.wait_with_output().expect("it ends"))
}

fn sleeper() -> TestRepo {
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start");
    let pids = repo.root().join("pids");
    let script = format!(
        "echo half > greeting.txt; echo $$ > '{0}.new'; mv '{0}.new' '{0}'; sleep 1000",
        pids.display()
    );
    repo.skills(&[greeter(&script)])
}

#[test]
fn ctrl_c_stops_everything_and_records_that() {
    let repo = sleeper();
    let before = (repo.work_tree(), repo.git(["rev-parse", "HEAD"]));
    let ran = interrupted(&repo, "-INT").code(130);
    assert_snapshot!(ran.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Interrupted after <time>: 0 of 1 step passed
    your work tree is as it was
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 12bb691
    ! phase 1 of 1: greeter
    ! interrupted: stopping what runs, starting nothing new
    "#);
    assert_eq!((repo.work_tree(), repo.git(["rev-parse", "HEAD"])), before);
    assert!(!lives(&std::fs::read_to_string(repo.root().join("pids")).expect("written")));
    assert_eq!(repo.executions()[0]["outcome"], "aborted");
    assert_eq!(repo.refs_below("refs/orchestrate/runs"), Vec::<String>::new());
    repo.assert_nothing_left();
}

#[test]
fn a_killed_run_leaves_nothing_that_the_next_one_does_not_clear() {
    let repo = sleeper();
    let ran = interrupted(&repo, "-KILL");
    assert_eq!(ran.code, None);
    let step = std::fs::read_to_string(repo.root().join("pids")).expect("written");
    drop(Command::new("kill").args(["-KILL", "--", &format!("-{}", step.trim())]).status());
    assert!(repo.git(["worktree", "list"]).lines().count() > 1);
    std::fs::remove_file(repo.root().join("pids")).expect("removed");
    interrupted(&repo, "-INT").code(130);
    repo.assert_nothing_left();
}
