//! `templates/ci`: linted, and run for real, up to the installation (see `pipeline.rs`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::hooks_scene::skip;
use crate::pipeline::{Ci, TOKEN, parse};
use crate::review::{clone_of, hub};
use crate::support::{Ran, TestRepo, execution};
use crate::travel::{race, work};

const LEARNING: &str = "refs/orchestrate/learning";

/// A clone that pushed what one execution taught.
fn taught(hub: &TestRepo, request: &str, components: [&str; 2]) -> TestRepo {
    let clone = clone_of(hub).record(&execution(request, components, "passed"));
    clone.orchestrate(["sync"]).code(0);
    clone
}

fn branches(repo: &TestRepo) -> Vec<String> {
    repo.refs_below("refs/heads/learning")
}

fn tree(repo: &TestRepo) -> String {
    repo.git(["rev-parse", "refs/orchestrate/learning^{tree}"])
}

fn patterns(repo: &TestRepo) -> usize {
    repo.git(["ls-tree", "-r", "--name-only", LEARNING, "patterns/"]).lines().count()
}

#[test]
fn a_branch_that_passes_is_merged_and_deleted_and_teammates_have_it() {
    for ci in Ci::ALL {
        let hub = hub();
        let (ada, ben) = (taught(&hub, "add a", ["a", "b"]), clone_of(&hub));
        let run = ci.run(&hub);
        assert!(run.check.passed, "{}", run.check.log);
        let merge = run.merge.expect("something passed");
        assert!(merge.passed, "{ci:?}: {}", merge.log);
        assert!(merge.log.contains("install --locked --root "), "{}", merge.log);
        assert_eq!((branches(&hub).len(), patterns(&hub)), (0, 1), "{ci:?}");
        let author = hub.git(["log", "-1", "--format=%an", LEARNING]);
        assert_eq!(author, "git-orchestrate", "CI has no identity");
        for clone in [&ada, &ben] {
            clone.orchestrate(["sync"]).code(0);
            assert_eq!((tree(clone), branches(clone).len()), (tree(&hub), 0));
            clone.orchestrate(["check"]).code(0);
        }
        let idle = ci.run(&hub);
        assert!(idle.check.passed && idle.merge.is_none(), "{}", idle.check.log);
    }
}

#[test]
fn a_tampered_branch_fails_the_check_and_stays_and_the_others_are_merged() {
    for ci in Ci::ALL {
        let hub = hub();
        let forged = taught(&hub, "add a", ["a", "b"]);
        let branch = branches(&forged).remove(0);
        hub.edit_tree(&branch, |text| text.replace("passed = 1", "passed = 900"));
        let run = ci.run(&hub);
        let log = &run.check.log;
        assert!(!run.check.passed && log.contains("did not pass, and stay"), "{ci:?}: {log}");
        assert!(log.contains("900"), "{log}");
        assert!(run.merge.is_none(), "{ci:?}");
        assert_eq!((branches(&hub), hub.refs_below(LEARNING).len()), (vec![branch.clone()], 0));

        taught(&hub, "add c", ["c", "d"]);
        let run = ci.run(&hub);
        assert!(!run.check.passed);
        let merge = run.merge.expect("the other one passed");
        assert!(merge.passed, "{ci:?}: {}", merge.log);
        assert_eq!(branches(&hub), [branch]);
        assert!(!hub.git(["grep", "-h", "passed =", LEARNING]).contains("900"));
    }
}

#[test]
fn a_learning_ref_that_moved_in_between_is_joined() {
    for ci in Ci::ALL {
        let hub = hub();
        let ada = taught(&hub, "add a", ["a", "b"]);
        let run = ci.run_with(&hub, || {
            let maintainer = TestRepo::clone_of(&hub).with_real_clock().with_later_clock();
            let maintainer = maintainer.record(&execution("add c", ["c", "d"], "passed"));
            maintainer.orchestrate(["sync", "--push", "--yes"]).code(0);
            assert_eq!(patterns(&hub), 2);
        });
        let merge = run.merge.expect("something passed");
        assert!(merge.passed, "{ci:?}: {}", merge.log);
        assert_eq!((branches(&hub).len(), patterns(&hub)), (0, 2), "{ci:?}");
        ada.orchestrate(["sync"]).code(0);
        assert_eq!((tree(&ada), branches(&ada).len()), (tree(&hub), 0));
    }
}

#[test]
fn a_branch_that_moved_in_between_stays_for_the_next_run() {
    for ci in Ci::ALL {
        let hub = hub();
        let ada = taught(&hub, "add a", ["a", "b"]);
        let run = ci.run_with(&hub, || {
            ada.orchestrate_with(["record"], &execution("add c", ["c", "d"], "passed")).code(0);
            ada.orchestrate(["sync"]).code(0);
        });
        let merge = run.merge.expect("something passed");
        assert!(merge.passed && merge.log.contains("not what was checked any more"), "{}", merge.log);
        assert_eq!(branches(&hub), branches(&ada), "{ci:?}");
        assert!(ci.run(&hub).merge.is_some_and(|it| it.passed));
        assert_eq!((branches(&hub).len(), patterns(&hub)), (0, 2));
    }
}

#[test]
fn two_clones_under_review_that_race_and_rewrite_end_with_one_library_and_each_execution_once() {
    for ci in Ci::ALL {
        let hub = hub();
        let names = ["ada", "ben"];
        let clones = names.map(|_| {
            let clone = clone_of(&hub).with_program_on_path();
            clone.orchestrate(["hooks", "install"]).code(0);
            clone
        });
        for round in 1..=3 {
            for (clone, name) in clones.iter().zip(names) {
                work(clone, &format!("{name} {round}"));
                if round == 2 {
                    clone.git(["commit", "-q", "--amend", "-m", "better words"]);
                }
            }
            race(clones.iter().zip(names).map(|(clone, name)| {
                let mut push = clone.command("git");
                push.args(["push", "-q", "--force", "origin", &format!("HEAD:refs/heads/{name}")]);
                push
            }));
            // A hook may have given up on a busy machine.
            race(clones.iter().map(|clone| {
                let mut sync = clone.program();
                sync.arg("sync");
                sync
            }));
            let run = ci.run(&hub);
            assert!(run.check.passed, "{ci:?}: {}", run.check.log);
            assert!(run.merge.is_some_and(|it| it.passed), "{ci:?}");
        }
        for clone in &clones {
            clone.orchestrate(["sync"]).code(0);
            assert_eq!((tree(clone), branches(clone).len()), (tree(&hub), 0), "{ci:?}");
            let executions = clone.executions();
            let ids: BTreeSet<&str> = executions.iter().filter_map(|it| it["id"].as_str()).collect();
            assert_eq!((executions.len(), ids.len()), (6, 6));
            let patterns = clone.orchestrate(["patterns", "--json"]).code(0).json();
            let counted =
                patterns.as_array().expect("a list").iter().map(|it| it["tally"]["passed"].as_u64());
            assert_eq!(counted.flatten().sum::<u64>(), 6);
            clone.orchestrate(["check"]).code(0);
        }
        assert_eq!(branches(&hub).len(), 0);
        hub.git(["fsck", "--strict", "--no-dangling"]);
    }
}

#[test]
fn the_token_reaches_git_and_is_kept_nowhere() {
    for ci in Ci::ALL {
        let hub = hub();
        taught(&hub, "add a", ["a", "b"]);
        let job = ci.run(&hub).merge.expect("something passed");
        let learning = job.machine.inside("learning.git");
        let mut fill = learning.command("git");
        fill.args(["credential", "fill"]).env("GIT_TOKEN", TOKEN).env("GIT_TERMINAL_PROMPT", "0");
        let told = crate::support::piped(&mut fill, "protocol=https\nhost=git.example\n\n");
        assert!(told.contains(&format!("password={TOKEN}")) && told.contains("username="), "{told}");
        assert!(!learning.read("config").contains(TOKEN) && !job.log.contains(TOKEN));
    }
}

#[test]
fn what_is_not_set_is_named() {
    for (ci, file) in [(Ci::Github, "the workflow"), (Ci::Gitlab, "orchestrate.yml")] {
        for script in scripts(&parse(ci.template())).iter().filter(|it| it.contains("cargo")) {
            let machine = TestRepo::nowhere();
            let mut shell = machine.command("sh");
            shell.args(["-eu", "-c", script]).env("ORCHESTRATE_SOURCE", "").env("GITHUB_PATH", "/dev/null");
            let ran = Ran::of(&shell.output().expect("it starts"));
            let want = format!("ORCHESTRATE_SOURCE: is not set at the top of {file}");
            assert!(ran.code != Some(0) && ran.stderr.contains(&want), "{}", ran.stderr);
        }
    }
}

/// Every text of shell in a template: `run` of steps, and what GitLab has in lists.
fn scripts(template: &Value) -> Vec<String> {
    match template {
        Value::Object(fields) => {
            let of = |(key, value): (&String, &Value)| match (key.as_str(), value) {
                ("run", Value::String(script)) => vec![script.clone()],
                ("script" | "before_script", Value::Array(lines)) => {
                    let lines = lines.iter().map(|line| line.as_str().expect("shell"));
                    vec![lines.collect::<Vec<_>>().join("\n")]
                }
                _ => scripts(value),
            };
            fields.iter().flat_map(of).collect()
        }
        Value::Array(items) => items.iter().flat_map(scripts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_script_is_posix_shell_with_its_history_whole() {
    let mut checked = 0;
    for ci in Ci::ALL {
        for script in scripts(&parse(ci.template())) {
            let repo = TestRepo::nowhere().file("step.sh", &format!("#!/bin/sh -eu\n{script}"));
            let ran = repo.command("sh").args(["-n", "step.sh"]).output().expect("it starts");
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            for cut in ["--depth", "--shallow", "--filter", "--force ", "push -f", "curl", "eval "] {
                assert!(!script.contains(cut), "{cut} in {script}");
            }
            // In text between single quotes a credential helper's variables wait for git.
            let lint = ["--severity=style", "--exclude=SC2016", "step.sh"];
            match repo.command("shellcheck").args(lint).output() {
                Ok(lint) => assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout)),
                Err(_) if checked == 0 => skip("shellcheck"),
                Err(_) => {}
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 10);
}

#[test]
fn the_workflow_of_github_asks_for_little_and_trusts_no_name() {
    let workflow = parse(Ci::Github.template());
    let keys = |value: &Value| value.as_object().expect("a table").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&workflow["on"]), ["push", "schedule", "workflow_dispatch"], "no pull request starts it");
    assert_eq!(keys(&workflow["permissions"]), Vec::<String>::new());
    assert_eq!(workflow["concurrency"]["cancel-in-progress"], false);
    let jobs = workflow["jobs"].as_object().expect("jobs");
    assert_eq!(keys(&workflow["jobs"]), ["check", "merge"]);
    assert_eq!(jobs["check"]["permissions"], serde_json::json!({"contents": "read"}));
    assert_eq!(jobs["merge"]["permissions"], serde_json::json!({"contents": "write"}));
    assert_eq!(jobs["merge"]["needs"], "check");
    for job in jobs.values() {
        assert!(job["timeout-minutes"].is_u64() && job["runs-on"].is_string());
        for step in job["steps"].as_array().expect("steps") {
            let known = ["env", "id", "if", "name", "run", "uses", "with", "working-directory"];
            assert!(keys(step).iter().all(|key| known.contains(&key.as_str())), "{step}");
            assert!(
                step["name"].is_string() && (step["run"].is_string() != step["uses"].is_string()),
                "{step}"
            );
            if let Some(uses) = step["uses"].as_str() {
                let (owner, pin) = uses.split_once('@').expect("a pin");
                assert!(owner.starts_with("actions/"), "{uses}");
                assert!(pin.len() == 40 && pin.bytes().all(|b| b.is_ascii_hexdigit()), "{uses}");
            }
        }
    }
    for script in scripts(&workflow) {
        assert!(!script.contains("${{"), "an expression is spliced into a shell line: {script}");
    }
}

#[test]
fn the_jobs_of_gitlab_run_for_the_default_branch_and_one_merge_at_a_time() {
    let jobs = parse(Ci::Gitlab.template());
    let names: Vec<&String> = jobs.as_object().expect("jobs").keys().collect();
    assert_eq!(names, [".orchestrate", "learning-check", "learning-merge"]);
    let rules = serde_json::json!([{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]);
    assert_eq!(jobs[".orchestrate"]["rules"], rules);
    assert_eq!(jobs["learning-merge"]["resource_group"], "learning");
    assert_eq!(jobs["learning-merge"]["needs"], serde_json::json!(["learning-check"]));
    assert!(jobs["learning-check"]["environment"].is_null(), "the token is limited to the merge");
    for (name, job) in jobs.as_object().expect("jobs") {
        let known = [
            "extends",
            "image",
            "variables",
            "rules",
            "timeout",
            "cache",
            "before_script",
            "needs",
            "script",
            "allow_failure",
            "artifacts",
            "resource_group",
            "environment",
        ];
        let unknown: Vec<_> =
            job.as_object().expect("a job").keys().filter(|key| !known.contains(&key.as_str())).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
    }
}

#[test]
fn the_templates_build_with_the_compiler_that_the_program_needs() {
    let manifest: toml::Table = toml::from_str(include_str!("../../Cargo.toml")).expect("TOML");
    let version = manifest["package"]["rust-version"].as_str().expect("a version");
    let github = Ci::Github.template();
    assert_eq!(github.matches(&format!("toolchain install {version} ")).count(), 2);
    assert_eq!(github.matches(&format!("cargo +{version} install --locked ")).count(), 2);
    assert!(Ci::Gitlab.template().contains(&format!("image: rust:{version}\n")));
}
