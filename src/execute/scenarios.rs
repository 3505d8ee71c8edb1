//! What a run does, as sentences: real repositories, real processes.

use std::time::Duration;

use super::error::ExecuteError;
use super::event::Event;
use super::order::{Blame, Ran};
use super::samples::{Scene, exists, holds};
use crate::git::samples::TestRepo;
use crate::host::Stopwatch;
use crate::model::component::{Gate, GateTest};
use crate::model::record::{Outcome, StepOutcome};

/// `component outcome attempts` of each entry.
fn told(ran: &Ran) -> Vec<String> {
    let attempts = |it: Option<u32>| it.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let tell = |step: &crate::model::record::Step| {
        let outcome = format!("{:?}", step.outcome).to_lowercase();
        format!("{} {outcome} {}", step.component.name(), attempts(step.attempts))
    };
    ran.steps.iter().map(tell).collect()
}

fn why(ran: &Ran) -> (Blame, &str) {
    let stop = ran.stop.as_ref().expect("a reason");
    (stop.blame, stop.message.as_str())
}

#[test]
fn a_parallel_phase_gives_one_commit_per_step_in_linear_history() {
    let scene = Scene::new()
        .skill("licence", "echo MIT > LICENSE", &["LICENSE"], &[exists("LICENSE")])
        .skill("docs", "mkdir d; echo x > d/x; echo y > d/y", &["d/"], &[exists("d/x")])
        .skill("last", "cat LICENSE d/x > all", &["all"], &[exists("all")])
        .phase(&["licence", "docs"])
        .phase(&["last"]);
    let mut events = Vec::new();
    let ran = scene.watch(&mut |event| events.push(event)).expect("starts");
    assert_eq!(
        (ran.outcome, told(&ran)),
        (Outcome::Passed, ["licence passed 1", "docs passed 1", "last passed 1"].map(str::to_owned).to_vec())
    );
    let log = scene.repo.git([
        "log",
        "--format=%s|%an|%cn|%P",
        "--reverse",
        &format!("{}..{}", scene.base, ran.tip),
    ]);
    let subjects: Vec<&str> = log.lines().map(|line| line.split('|').next().unwrap_or_default()).collect();
    assert_eq!(subjects, ["licence: add LICENSE", "docs: add d/x and 1 more", "last: add all"]);
    assert!(log.lines().all(
        |line| line.contains("|Ada|Ada|") && line.rsplit('|').next().is_some_and(|it| !it.contains(' '))
    ));
    let trailers = scene.repo.git(["log", "-1", "--format=%(trailers)", &ran.tip.to_string()]);
    assert_eq!(
        trailers.trim(),
        format!("Orchestrate-Execution: {}\nOrchestrate-Step: market/plugin/skill/last", scene.id())
    );
    assert_eq!(ran.changed, ["LICENSE", "all", "d/x", "d/y"].map(std::path::PathBuf::from));
    assert_eq!((ran.commits.len(), ran.commits.last()), (3, Some(&ran.tip)));
    let checkpoint = format!("refs/orchestrate/runs/{}", scene.id());
    assert_eq!(scene.repo.git(["rev-parse", &checkpoint]), ran.tip.to_string());
    let step = &ran.steps[2];
    assert_eq!(
        (step.id.as_deref(), step.phase, step.runner.as_deref()),
        (Some("last"), Some(2), Some("shell"))
    );
    assert_eq!((step.gates[0].before, step.gates[0].after), (Some(false), Some(true)));
    assert_eq!(
        (step.writes.as_slice(), step.content.as_deref()),
        (["all".to_owned()].as_slice(), Some("content of last"))
    );
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Committed { .. })).count(), 3);
    scene.expect_no_trace();
}

#[test]
fn a_step_that_is_already_green_is_skipped_and_says_so() {
    let scene = Scene::new().skill("a", "echo two > a.txt", &["a.txt"], &[exists("a.txt")]).phase(&["a"]);
    let mut events = Vec::new();
    let ran = scene.watch(&mut |event| events.push(event)).expect("starts");
    assert_eq!(
        (ran.outcome, ran.tip, told(&ran)),
        (Outcome::Passed, scene.base, vec!["a skipped -".to_owned()])
    );
    assert_eq!((ran.steps[0].gates[0].before, ran.steps[0].gates[0].after), (Some(true), None));
    assert!(events.iter().any(|event| matches!(event, Event::StepAlreadyGreen { step, .. } if step == "a")));
}

#[test]
fn a_check_always_runs_and_has_no_gates_before() {
    let script = "echo 'test result: ok. 3 passed; 1 failed; 0 ignored'";
    let scene = Scene::new().skill("check", script, &[], &[exists("a.txt")]).phase(&["check"]);
    let ran = scene.run();
    assert_eq!(told(&ran), ["check passed 1"]);
    assert_eq!((ran.steps[0].gates[0].before, ran.steps[0].gates[0].after), (None, Some(true)));
    assert_eq!(ran.tests.map(|tests| (tests.passed, tests.failed)), Some((3, 1)));
    assert!(ran.commits.is_empty());
}

#[test]
fn a_fallback_runs_when_the_first_component_fails_and_both_are_recorded() {
    let mut scene = Scene::new()
        .skill("first", "echo left > b.txt; echo error: no luck >&2; exit 1", &["*.txt"], &[exists("b.txt")])
        .skill("second", "test ! -e b.txt && echo second > b.txt", &["b.txt"], &[])
        .phase(&["first"])
        .fallback("second");
    scene.retries = 1;
    let ran = scene.run();
    assert_eq!(
        (ran.outcome, told(&ran)),
        (Outcome::Passed, ["first failed 2", "second passed 1"].map(str::to_owned).to_vec())
    );
    assert_eq!(ran.steps[0].error.as_deref(), Some("no luck"));
    assert_eq!(ran.steps[0].id, ran.steps[1].id);
    assert_eq!(scene.repo.git(["show", &format!("{}:b.txt", ran.tip)]), "second");
    scene.expect_no_trace();
}

#[test]
fn exit_0_with_a_red_gate_is_a_failure() {
    let scene = Scene::new()
        .skill("a", "echo fine", &["**"], &[exists("b.txt")])
        .skill("b", "echo b > b.txt", &["b.txt"], &[])
        .phase(&["a"])
        .phase(&["b"]);
    let ran = scene.run();
    assert_eq!((ran.outcome, ran.tip), (Outcome::Failed, scene.base));
    assert_eq!(told(&ran), ["a failed 1", "b skipped -"]);
    assert_eq!(why(&ran), (Blame::Gate, "gate `b.txt exists`: b.txt does not exist"));
    scene.expect_no_trace();
}

#[test]
fn a_write_outside_the_scope_is_a_failure() {
    for (outputs, written) in [(&["docs/*"][..], "docs/deep/x"), (&["docs/"], "src"), (&[], "x")] {
        let script = format!("mkdir -p docs/deep; echo x > {written}");
        let ran = Scene::new().skill("a", &script, outputs, &[]).phase(&["a"]).run();
        let message = format!("write scope: wrote {written}, which is not among its outputs");
        assert_eq!((ran.outcome, why(&ran)), (Outcome::Failed, (Blame::Gate, message.as_str())));
        assert_eq!(ran.steps[0].writes, [written]);
    }
}

#[test]
fn a_step_that_hangs_is_stopped_at_its_own_limit() {
    let scene = Scene::new()
        .skill("a", "sleep 1000 & sleep 1000", &["**"], &[])
        .with(|skill| skill.contract.as_mut().expect("a contract").timeout = Some(1))
        .phase(&["a"]);
    let watch = Stopwatch::start();
    let ran = scene.run();
    assert_eq!((ran.outcome, why(&ran)), (Outcome::Failed, (Blame::Timeout, "stopped after 1 s")));
    assert!(watch.elapsed() < Duration::from_secs(10));
    scene.expect_no_trace();
}

#[test]
fn a_conflict_of_two_parallel_steps_is_resolved_by_running_the_loser_again() {
    let scene = Scene::new()
        .skill("one", "echo one >> a.txt", &["a.txt"], &[holds("test $(grep -c one a.txt) = 2")])
        .skill("two", "echo two >> a.txt", &["a.txt"], &[holds("grep -q two a.txt")])
        .phase(&["one", "two"]);
    let mut events = Vec::new();
    let ran = scene.watch(&mut |event| events.push(event)).expect("starts");
    assert_eq!(
        (ran.outcome, told(&ran)),
        (Outcome::Passed, ["one passed 1", "two passed 2"].map(str::to_owned).to_vec())
    );
    assert_eq!(scene.repo.git(["show", &format!("{}:a.txt", ran.tip)]), "one\none\ntwo");
    let conflict = Event::StepConflicted { step: "two".to_owned(), paths: vec!["a.txt".to_owned()] };
    assert!(events.contains(&conflict));
    scene.expect_no_trace();
}

#[test]
fn the_users_work_tree_and_index_are_as_before_after_a_failed_run() {
    let scene = Scene::new()
        .skill(
            "a",
            "echo x > a.txt; rm -f .gitignore; git add -A; git commit -qm x; echo 'error: no' >&2; exit 1",
            &["**"],
            &[],
        )
        .phase(&["a"]);
    std::fs::write(scene.repo.path().join("a.txt"), "mine").expect("written");
    std::fs::write(scene.repo.path().join("untracked"), "mine").expect("written");
    scene.repo.git(["add", "a.txt"]);
    let index = || std::fs::read(scene.repo.path().join(".git/index")).expect("readable");
    let state = || {
        (
            scene.repo.git(["status", "--porcelain=v2", "--branch"]),
            scene.repo.git(["for-each-ref", "refs/heads"]),
        )
    };
    let before = (state(), index());
    let ran = scene.run();
    assert_eq!((ran.outcome, ran.tip, why(&ran)), (Outcome::Failed, scene.base, (Blame::Component, "no")));
    assert_eq!(ran.stop.as_ref().map(|stop| stop.output.clone()), Some(vec!["error: no".to_owned()]));
    assert!((state(), index()) == before);
    scene.expect_no_trace();
}

#[test]
fn a_missing_script_or_program_is_the_environments_fault_and_stops_the_run() {
    let missing = Scene::new()
        .skill("a", "", &[], &[])
        .with(|skill| skill.contract.as_mut().expect("a contract").script = "none.sh".into())
        .skill("b", "true", &[], &[])
        .phase(&["a"])
        .fallback("b")
        .phase(&["b"]);
    let ran = missing.run();
    assert_eq!(
        (ran.outcome, why(&ran)),
        (Outcome::Environment, (Blame::Environment, "the script none.sh is missing"))
    );
    assert_eq!(told(&ran), ["a environment 1", "b skipped -"]);
    let program = || {
        Scene::new().skill("a", "no-such-program-here", &[], &[]).skill("b", "true", &[], &[]).phase(&["a"])
    };
    let ran = program().run();
    assert_eq!((ran.outcome, why(&ran).0), (Outcome::Environment, Blame::Runner));
    assert_eq!(told(&program().fallback("b").run()), ["a environment 1", "b passed 1"]);
}

#[test]
fn an_interrupted_run_is_aborted_and_leaves_no_trace() {
    let scene = Scene::new()
        .skill("a", "echo a > a", &["a"], &[])
        .skill("b", "sleep 1000", &["b"], &[])
        .skill("c", "true", &[], &[])
        .phase(&["a"])
        .phase(&["b"])
        .phase(&["c"]);
    let watch = Stopwatch::start();
    let mut events = Vec::new();
    let ran = scene
        .watch(&mut |event| {
            if matches!(&event, Event::StepStarted { step, .. } if step == "b") {
                scene.interrupt.raise();
            }
            events.push(event);
        })
        .expect("starts");
    assert_eq!((ran.outcome, ran.commits.len()), (Outcome::Aborted, 1));
    assert_eq!(told(&ran), ["a passed 1", "b skipped 1", "c skipped -"]);
    assert!(events.contains(&Event::Interrupted) && watch.elapsed() < Duration::from_secs(5));
    scene.expect_no_trace();
}

#[test]
fn an_empty_root_commit_is_a_base() {
    let repo = TestRepo::new();
    repo.git(["commit", "-q", "--allow-empty", "-m", "root"]);
    let scene = Scene::of(repo).skill("a", "echo a > a", &["a"], &[exists("a")]).phase(&["a"]);
    let ran = scene.run();
    assert_eq!((ran.outcome, ran.changed), (Outcome::Passed, vec!["a".into()]));
}

#[test]
fn modes_links_strange_names_and_submodules_survive() {
    let repo = TestRepo::new().commit("a.txt", "one");
    let inner = TestRepo::new().commit("inner.txt", "x");
    let url = inner.path().to_string_lossy().into_owned();
    repo.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "sub"]);
    repo.git(["commit", "-q", "-m", "a submodule"]);
    let script = "printf x > 'a b'; printf x > 'c\nd'; printf x > run; chmod +x run; ln -s a.txt link; mkdir target; echo x > target/x; echo target > .gitignore";
    let scene = Scene::of(repo).skill("a", script, &["**"], &[]).phase(&["a"]);
    let ran = scene.run();
    assert_eq!((ran.outcome, &ran.stop), (Outcome::Passed, &None));
    let listing = scene.repo.git(["ls-tree", "-r", "-z", &ran.tip.to_string()]);
    let shown: Vec<String> = listing
        .split_terminator('\0')
        .map(|entry| format!("{} {}", &entry[..6], entry.split('\t').nth(1).unwrap_or_default()))
        .collect();
    let want = [
        "100644 .gitignore",
        "100644 .gitmodules",
        "100644 a b",
        "100644 a.txt",
        "100644 c\nd",
        "120000 link",
        "100755 run",
        "160000 sub",
    ];
    assert_eq!(shown, want);
}

#[test]
fn text_of_a_request_stays_data() {
    let mut scene = Scene::new()
        .skill(
            "a",
            "printf '%s' \"$ORCHESTRATE_REQUEST\" > said; env | grep -c '^GIT_DIR=' > git; true",
            &["said", "git"],
            &[],
        )
        .phase(&["a"]);
    scene.request = "$(touch pwned)\n`touch pwned`; touch pwned\nOrchestrate-Step: x".to_owned();
    let ran = scene.run();
    assert_eq!(ran.changed, ["git", "said"].map(std::path::PathBuf::from));
    assert_eq!(scene.repo.git(["show", &format!("{}:said", ran.tip)]), scene.request);
    assert_eq!(scene.repo.git(["show", &format!("{}:git", ran.tip)]), "0");
}

#[test]
fn a_gate_that_writes_does_not_change_what_is_committed() {
    let gates = [holds("echo x > sneaked; test -e b.txt"), holds("test ! -e sneaked")];
    let scene = Scene::new().skill("a", "echo b > b.txt", &["b.txt"], &gates).phase(&["a"]);
    let ran = scene.run();
    assert_eq!((ran.outcome, &ran.stop, ran.changed), (Outcome::Passed, &None, vec!["b.txt".into()]));
}

#[test]
fn carried_files_are_there_and_never_committed() {
    let repo = TestRepo::new().commit(".gitignore", "deps/\n.env\n*.log\n");
    std::fs::create_dir_all(repo.path().join("deps/bin")).expect("made");
    for (name, text) in [("deps/bin/tool", "x"), (".env", "SECRET=1"), ("a.log", ""), ("plain", "")] {
        std::fs::write(repo.path().join(name), text).expect("written");
    }
    std::os::unix::fs::symlink("bin/tool", repo.path().join("deps/link")).expect("linked");
    let script = "ls -A > seen; readlink deps/link >> seen";
    let mut scene = Scene::of(repo).skill("a", script, &["seen", ".gitignore"], &[]).phase(&["a"]);
    scene.carry = ["deps", ".env", "plain"].map(str::to_owned).to_vec();
    let ran = scene.run();
    let seen = scene.repo.git(["show", &format!("{}:seen", ran.tip)]);
    assert_eq!(seen, ".env\n.git\n.gitignore\ndeps\nseen\nbin/tool");
    assert_eq!(ran.changed, ["seen"].map(std::path::PathBuf::from));
    let scene = scene.skill("b", "echo > .gitignore", &["**"], &[]).phase(&["b"]);
    scene.repo.git(["update-ref", "-d", &format!("refs/orchestrate/runs/{}", scene.id())]);
    let ran = scene.run();
    assert_eq!(why(&ran), (Blame::Gate, "write scope: would commit the ignored file .env"));
}

#[test]
fn what_can_not_run_is_refused_before_anything_does() {
    let scene = || Scene::new().skill("a", "true", &[], &[]).skill("b", "true", &[], &[]);
    let refused = |scene: Scene| {
        let error = scene.watch(&mut |_| panic!("nothing may happen")).expect_err("refused");
        assert_eq!(scene.repo.git(["for-each-ref", "refs/orchestrate"]), "");
        error
    };
    let error = refused(scene().with(|skill| skill.contract = None).phase(&["a", "b"]));
    assert!(matches!(error, ExecuteError::NoRunner { step, .. } if step == "b"));
    let error = refused(scene().phase(&["none"]));
    assert_eq!(error.to_string(), "step none: market/plugin/skill/none is not installed");
    let escape = |skill: &mut crate::model::component::Card| {
        skill.contract.as_mut().expect("a contract").script = "../a/run.sh".into();
    };
    assert!(matches!(refused(scene().with(escape).phase(&["b"])), ExecuteError::ScriptOutside { .. }));
    let glob = |skill: &mut crate::model::component::Card| {
        skill.contract.as_mut().expect("a contract").outputs = vec!["a[".to_owned()];
    };
    assert!(matches!(refused(scene().with(glob).phase(&["b"])), ExecuteError::Glob { .. }));
}

#[test]
fn the_rest_of_a_phase_finishes_when_one_of_it_fails() {
    let scene = Scene::new()
        .skill("bad", "exit 7", &[], &[])
        .skill("good", "sleep 0.2; echo x > good", &["good"], &[])
        .phase(&["bad", "good"]);
    let ran = scene.run();
    assert_eq!(told(&ran), ["bad failed 1", "good passed 1"]);
    assert_eq!(
        (ran.outcome, ran.commits.len(), why(&ran)),
        (Outcome::Failed, 1, (Blame::Component, "exit code 7"))
    );
    assert_eq!(ran.steps[1].outcome, StepOutcome::Passed);
}

#[test]
fn a_component_that_is_tried_again_starts_from_a_clean_tree() {
    let script = "test ! -e left || exit 9; echo x > left; test -e \"$ORCHESTRATE_SKILL/tried\" && exit 0; \
                  touch \"$ORCHESTRATE_SKILL/tried\"; echo 'error: not yet' >&2; exit 1";
    let mut scene = Scene::new().skill("a", script, &["left"], &[]).phase(&["a"]);
    scene.retries = 1;
    let mut events = Vec::new();
    let ran = scene.watch(&mut |event| events.push(event)).expect("starts");
    assert_eq!((ran.outcome, told(&ran)), (Outcome::Passed, vec!["a passed 2".to_owned()]));
    let retried = |event: &Event| matches!(event, Event::StepRetried { error, .. } if error == "not yet");
    assert!(events.iter().any(retried));
}

#[test]
fn what_a_script_leaves_that_git_can_not_read_is_its_own_fault() {
    let ran = Scene::new().skill("a", "git init -q inner", &["**"], &[]).phase(&["a"]).run();
    assert_eq!((ran.outcome, why(&ran).0), (Outcome::Failed, Blame::Component));
    let ran = Scene::new().skill("a", "rm -rf \"$PWD\"", &["**"], &[]).phase(&["a"]).run();
    assert_eq!((ran.outcome, why(&ran).0), (Outcome::Failed, Blame::Component));
}

#[test]
fn eight_steps_beside_each_other_land_in_the_order_of_the_plan() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let scene = names.iter().zip(1..).fold(Scene::new(), |scene, (name, number)| {
        let script = format!("sleep 0.{}; echo x > {name}", 9 - number);
        scene.skill(name, &script, &[name], &[exists(name)])
    });
    let scene = scene.phase(&names);
    let ran = scene.run();
    assert_eq!(ran.outcome, Outcome::Passed, "{:?}", ran.stop);
    let log = scene.repo.git(["log", "--reverse", "--format=%s", &format!("{}..{}", scene.base, ran.tip)]);
    assert_eq!(log.lines().collect::<Vec<_>>(), names.map(|name| format!("{name}: add {name}")));
    scene.expect_no_trace();
}

#[test]
fn repositories_of_other_formats_and_linked_work_trees_run_the_same() {
    let run = |scene: Scene| {
        let scene = scene
            .skill("one", "echo one >> a.txt; git status --porcelain > status", &["**"], &[exists("status")])
            .skill("two", "echo two > b.txt", &["b.txt"], &[exists("b.txt")])
            .phase(&["one", "two"]);
        let ran = scene.run();
        assert_eq!((ran.outcome, &ran.stop, ran.commits.len()), (Outcome::Passed, &None, 2));
        assert_eq!(scene.repo.git(["show", &format!("{}:status", ran.tip)]), " M a.txt\n?? status");
        scene.repo.git(["fsck", "--strict", "--no-dangling"]);
        (scene, ran)
    };
    for format in ["--object-format=sha256", "--ref-format=reftable"] {
        run(Scene::of(TestRepo::in_format([format]).commit("a.txt", "one\n")));
    }
    let mut scene = Scene::new();
    scene.place = scene.repo.temp("linked");
    let place = scene.place.to_string_lossy().into_owned();
    scene.repo.git(["worktree", "add", "-q", "-b", "linked", &place]);
    let (scene, _) = run(scene);
    assert_eq!(scene.repo.git(["worktree", "list"]).lines().count(), 2);
    let bare = Scene::new();
    bare.repo.git(["config", "core.bare", "true"]);
    run(bare);
}

#[test]
fn a_path_that_is_not_text_does_not_pass_for_one_that_reads_the_same() {
    let script = r#"touch "$(printf 'out/\377')""#;
    let script = format!("mkdir out; {script}");
    let named = Scene::new().skill("odd", &script, &["out/\u{fffd}"], &[]).phase(&["odd"]).run();
    assert_eq!(named.outcome, Outcome::Failed);
    assert_eq!(named.stop.expect("stopped").blame, Blame::Gate);
    let wide = Scene::new().skill("odd", &script, &["out/"], &[]).phase(&["odd"]).run();
    assert_eq!(wide.outcome, Outcome::Passed);
}

#[test]
fn a_gate_that_can_not_tell_is_neither_green_nor_red() {
    let gate = |name: &str| Gate { name: name.to_owned(), test: GateTest::Script { path: "run.sh".into() } };
    let scene = Scene::new().skill(
        "tested",
        "[ -e done ] && exit 77; echo x > done",
        &["done"],
        &[exists("done"), gate("the tests pass")],
    );
    let scene = scene.phase(&["tested"]);
    let ran = scene.run();
    assert_eq!(ran.outcome, Outcome::Passed);
    let gates: Vec<_> = ran.steps[0].gates.iter().map(|gate| (gate.before, gate.after)).collect();
    assert_eq!(gates[0], (Some(false), Some(true)));
    assert_eq!(gates[1].1, None);
}

#[test]
fn a_check_that_says_no_is_asked_once_and_nobody_else_is() {
    let mut scene = Scene::new()
        .skill("lenient", "exit 0", &[], &[])
        .skill("scan", "echo 'error: likely secrets' >&2; exit 1", &[], &[])
        .phase(&["scan"])
        .fallback("lenient");
    scene.retries = 3;
    let ran = scene.run();
    assert_eq!((ran.outcome, told(&ran)), (Outcome::Failed, vec!["scan failed 1".to_owned()]));
}

#[test]
fn what_changed_since_it_was_approved_does_not_run() {
    let mut scene = Scene::new().skill("writer", "echo x > out", &["out"], &[]).phase(&["writer"]);
    scene.unchanged = |_| false;
    let ran = scene.run();
    assert_eq!(ran.outcome, Outcome::Environment);
    assert!(ran.stop.expect("stopped").message.contains("changed since it was approved"));
    assert!(ran.commits.is_empty());
}

#[test]
fn a_script_that_says_try_later_stops_the_run_and_is_not_tried_again() {
    let mut scene = Scene::new().skill("fetch", "exit 75", &["out"], &[]).phase(&["fetch"]);
    scene.retries = 3;
    let ran = scene.run();
    assert_eq!((ran.outcome, told(&ran)), (Outcome::Environment, vec!["fetch environment 1".to_owned()]));
}
