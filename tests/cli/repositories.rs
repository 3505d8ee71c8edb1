//! Kinds of repositories and places in them, and the errors where git can't work.

use assert_cmd::cargo::cargo_bin;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::support::{Ran, TestRepo, execution, piped};

/// The user and group that own nothing.
const NOBODY: u32 = 65_534;

fn line() -> String {
    execution("add a", ["a", "b"], "passed")
}

/// Every verb over the store, twice, as in any repository.
fn whole_way(repo: &TestRepo) {
    for round in 1..=2 {
        if round == 1 {
            repo.orchestrate_with(["record"], &line()).code(0);
        } else {
            repo.orchestrate_with(["record", "--spool"], &line()).code(0);
            repo.orchestrate(["drain"]).code(0);
        }
        repo.orchestrate(["show"]).code(0);
        repo.orchestrate(["merge"]).code(0);
        repo.orchestrate(["check"]).code(0);
        let status = repo.orchestrate(["status", "--json"]).code(0).json();
        assert_eq!((&status["executions"], &status["not_learned_yet"]), (&round.into(), &0.into()));
        let tally = repo.orchestrate(["patterns", "--json"]).code(0).json()[0]["tally"].clone();
        assert_eq!(tally["passed"], round);
    }
    repo.git(["fsck", "--strict"]);
    repo.orchestrate(["init"]).code(0);
    repo.orchestrate(["deinit", "--purge", "--yes"]).code(0);
    assert!(!repo.git(["for-each-ref"]).contains("orchestrate"));
}

/// A repository of this kind, with a commit.
fn of_kind<const N: usize>(options: [&str; N]) -> TestRepo {
    let repo = TestRepo::nowhere();
    let mut arguments = vec!["init", "-q", "-b", "main"];
    arguments.extend(options);
    assert!(repo.command("git").args(arguments).status().expect("git starts").success());
    repo.commit("start")
}

#[test]
fn no_repository_is_said_as_git_says_it() {
    let nowhere = TestRepo::nowhere();
    let ran = nowhere.orchestrate(["log"]).code(128);
    assert_snapshot!(ran.screen(), @"
    ! error: not a git repository (or any of the parent directories): <root>/project
    ! hint: run `git init` first, or change into a repository
    ");
    for verb in ["init", "deinit", "status", "show", "patterns", "merge", "check"] {
        nowhere.orchestrate([verb]).code(128);
    }
    nowhere.orchestrate_with(["record"], &line()).code(128);
}

#[test]
fn the_whole_way_works_in_an_ordinary_repository() {
    whole_way(&TestRepo::new().commit("start"));
}

#[test]
fn the_whole_way_works_on_an_unborn_branch() {
    whole_way(&TestRepo::new());
}

#[test]
fn the_whole_way_works_with_sha_256() {
    whole_way(&of_kind(["--object-format=sha256"]));
}

#[test]
fn the_whole_way_works_with_reftable() {
    whole_way(&of_kind(["--ref-format=reftable"]));
    let unborn = TestRepo::nowhere();
    unborn.git(["init", "-q", "-b", "main", "--ref-format=reftable"]);
    whole_way(&unborn);
}

#[test]
fn the_whole_way_works_on_a_detached_head_and_with_packed_refs() {
    let repo = TestRepo::new().commit("start");
    repo.git(["checkout", "-q", "--detach"]);
    repo.orchestrate_with(["record"], &line()).code(0);
    repo.orchestrate(["deinit", "--purge", "--yes"]).code(0);
    repo.git(["pack-refs", "--all"]);
    repo.git(["gc", "-q"]);
    whole_way(&repo);
}

#[test]
fn the_whole_way_works_in_a_bare_repository() {
    let origin = TestRepo::new().commit("start");
    let bare = TestRepo::bare();
    bare.git(["fetch", "-q", origin.path().to_str().expect("UTF-8"), "main:main"]);
    whole_way(&bare);
    // A work tree in `project` and a name that ends in `.git` are what people have.
    whole_way(&TestRepo::bare());
}

#[test]
fn the_whole_way_works_in_a_shallow_clone() {
    let origin = TestRepo::new().commit("start").commit("next");
    let clone = TestRepo::nowhere();
    clone.git(["clone", "-q", "--depth=1", &format!("file://{}", origin.path().display()), "."]);
    whole_way(&clone);
}

#[test]
fn the_whole_way_works_in_a_submodule() {
    let part = TestRepo::new().commit("start");
    let whole = TestRepo::new().commit("start");
    let path = part.path();
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        path.to_str().expect("UTF-8"),
        "part",
    ];
    whole.git(add);
    let inside = whole.inside("part");
    whole_way(&inside);
    assert!(!whole.path().join(".git/orchestrate").exists());
}

#[test]
fn the_whole_way_works_under_a_name_with_spaces_and_one_that_is_not_text() {
    for name in [&b"my project's \"folder\""[..], &b"caf\xe9"[..], &b"-n"[..]] {
        let place = TestRepo::nowhere();
        let dir = place.path().join(OsStr::from_bytes(name));
        std::fs::create_dir(&dir).expect("made");
        let repo = place.at(&dir);
        repo.git(["init", "-q", "-b", "main"]);
        whole_way(&repo);
    }
}

#[test]
fn work_trees_of_a_clone_are_one_replica() {
    let repo = TestRepo::new().commit("start");
    let replica =
        |repo: &TestRepo| repo.orchestrate(["status", "--json"]).code(0).json()["replica"].to_string();
    let own = replica(&repo);
    repo.git(["worktree", "add", "-q", "../other", "-b", "other"]);
    let other = repo.inside("../other");
    assert_eq!(replica(&other), own);
    whole_way(&other);
    assert!(!other.path().join(".git/orchestrate").exists());
}

#[test]
fn all_clones_of_a_ci_system_are_one_replica() {
    let repo = TestRepo::new().with_variable("CI", "true");
    assert_eq!(repo.orchestrate(["status", "--json"]).code(0).json()["replica"], "ci");
}

#[test]
fn a_sub_folder_and_relative_locations_lead_to_the_same_repository() {
    let repo = TestRepo::new().file("deep/er/file", "x").commit("start");
    let within = |dir: &str, variables: &[(&str, &str)]| {
        let mut program = repo.program();
        program.current_dir(repo.path().join(dir)).arg("record").envs(variables.iter().copied());
        assert_eq!(piped(&mut program, &line()), "recorded 1 execution");
    };
    within("deep/er", &[]);
    within(".", &[("GIT_DIR", ".git")]);
    within("deep", &[("GIT_DIR", "../.git"), ("GIT_WORK_TREE", "..")]);
    within("deep", &[("GIT_DIR", "../.git")]);
    within(".git", &[]);
    assert_eq!(repo.executions().len(), 5);
    assert!(!repo.path().join("deep/.git").exists());
}

#[test]
fn a_hook_of_a_linked_work_tree_records_on_its_own_commit() {
    let repo = TestRepo::new().commit("start");
    repo.git(["worktree", "add", "-q", "../other", "-b", "other"]);
    let program = cargo_bin!("git-orchestrate").display();
    repo.write(".git/hooks/post-commit", &format!("#!/bin/sh\necho '{}' | '{program}' record\n", line()));
    let hook = repo.path().join(".git/hooks/post-commit");
    std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).expect("set");
    let other = repo.inside("../other").file("x", "x").commit("work");
    assert!(other.git(["notes", "--ref=orchestrate", "show", "other"]).contains("add a"));
    let repo = repo.file("y", "y").commit("work here");
    assert!(repo.git(["notes", "--ref=orchestrate", "show", "main"]).contains("add a"));
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert_eq!(repo.orchestrate(["log", "--json"]).stdout.lines().count(), 2);
}

#[test]
fn a_quarantine_is_refused() {
    let repo = TestRepo::new().with_variable("GIT_QUARANTINE_PATH", "objects/incoming");
    assert_snapshot!(repo.orchestrate_with(["record"], &line()).code(128).screen(), @"
    ! error: this is a quarantine of objects that are being received (GIT_QUARANTINE_PATH is set)
    ! hint: run it after the push was accepted, not in a receive hook
    ");
}

#[test]
fn what_git_refuses_is_refused_with_its_reason() {
    let repo = TestRepo::new().commit("start");
    repo.git(["config", "core.repositoryFormatVersion", "1"]);
    repo.write(".git/config", &format!("{}[extensions]\n\tfuture = true\n", repo.read(".git/config")));
    let screen = repo.orchestrate(["log"]).code(128).screen();
    assert!(screen.contains("unknown repository extension found"), "{screen}");
    let broken = TestRepo::new();
    broken.write(".git/config", "[core\n");
    let screen = broken.orchestrate(["log"]).code(128).screen();
    assert!(screen.contains("bad config line 1"), "{screen}");
}

#[test]
fn a_bare_repository_that_was_only_found_is_refused_where_the_user_says_so() {
    let bare = TestRepo::bare().with_variable("GIT_DIR", ".");
    bare.git(["config", "--global", "safe.bareRepository", "explicit"]);
    bare.orchestrate_with(["record"], &line()).code(0);
    let found = bare.at(&bare.path()).with_variable("GIT_DIR", "");
    let screen = found.orchestrate(["log"]).code(128).screen();
    assert!(screen.contains("safe.bareRepository"), "{screen}");
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|it| it.uid() == 0)
}

fn give_to_nobody(path: &Path) {
    let status = Command::new("chown").arg("-R").arg(format!("{NOBODY}:{NOBODY}")).arg(path).status();
    assert!(status.expect("it starts").success());
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
fn a_repository_of_somebody_else_is_refused_until_it_is_trusted() {
    if !is_root() {
        eprintln!("skipped: only root can give a folder away");
        return;
    }
    let repo = TestRepo::new().commit("start");
    give_to_nobody(&repo.path());
    let path = repo.path().canonicalize().expect("there").display().to_string();
    for verb in ["log", "init", "merge"] {
        let said = repo.orchestrate([verb]).code(128).stderr;
        assert!(said.contains(&format!("git config --global --add safe.directory {path}")), "{said}");
    }
    assert!(!repo.path().join(".git/orchestrate").exists());
    let trusted = repo
        .with_variable("GIT_CONFIG_COUNT", "1")
        .with_variable("GIT_CONFIG_KEY_0", "safe.directory")
        .with_variable("GIT_CONFIG_VALUE_0", "*");
    whole_way(&trusted);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
fn a_read_only_repository_can_be_read_and_says_that_it_cannot_be_written() {
    let repo = TestRepo::new().commit("start").record(&line());
    repo.orchestrate_with(["record", "--spool"], &execution("waits", ["a", "b"], "passed")).code(0);
    std::fs::remove_file(repo.path().join(".git/orchestrate/replica")).expect("there");
    if is_root() {
        give_to_nobody(repo.root());
    }
    let chmod = |mode: &str| {
        let status = Command::new("chmod").args(["-R", mode]).arg(repo.path().join(".git")).status();
        assert!(status.expect("it starts").success());
    };
    chmod("a-w");
    let run = |verb: &str, input: &str| {
        let program = repo.program();
        let mut command = repo.command(if is_root() { OsStr::new("setpriv") } else { program.get_program() });
        if is_root() {
            command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
            command.arg(program.get_program());
        }
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.arg(verb).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().ok()?;
        drop(std::io::Write::write_all(&mut child.stdin.take().expect("piped"), input.as_bytes()));
        Some(Ran::of(&child.wait_with_output().expect("it ends")))
    };
    match run("log", "") {
        Some(log) if log.code != Some(126) && log.code != Some(127) => {
            let log = log.code(0);
            assert!(log.stdout.contains("add a") && log.stdout.contains("waits"), "{}", log.stdout);
            for verb in ["status", "show", "check", "patterns"] {
                run(verb, "").expect("it starts").code(0);
            }
            for verb in ["record", "drain", "merge", "init"] {
                let failed = run(verb, &line()).expect("it starts").code(128);
                assert!(failed.stderr.contains("ermission denied"), "{verb}: {}", failed.stderr);
                assert!(failed.stderr.contains("hint: "), "{verb}: {}", failed.stderr);
            }
        }
        _ => eprintln!("skipped: no other user can start the program"),
    }
    chmod("u+w");
}

#[test]
fn the_lock_of_a_killed_git_is_named() {
    let repo = TestRepo::new().commit("start");
    repo.git(["config", "core.filesRefLockTimeout", "50"]);
    repo.write(".git/refs/notes/orchestrate.lock", "");
    let ran = repo.orchestrate_with(["record"], &line()).code(128);
    assert_snapshot!(ran.screen(), @"
    ! error: cannot move the ref refs/notes/orchestrate: cannot lock ref 'refs/notes/orchestrate': Unable to create '<root>/project/.git/refs/notes/orchestrate.lock': File exists.
    ! hint: wait for the other git process; if none is running, remove the .lock file that is named above
    ");
    std::fs::remove_file(repo.path().join(".git/refs/notes/orchestrate.lock")).expect("there");
    repo.record(&line());
}
