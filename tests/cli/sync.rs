//! `sync`: what one clone learned, all have.

use crate::support::{Ran, TestRepo, execution};

/// A bare repository that clones push to.
fn hub() -> TestRepo {
    let seed = TestRepo::new().commit("start");
    let hub = TestRepo::bare();
    seed.git(["push", "-q", hub.path().to_str().expect("UTF-8"), "main"]);
    hub
}

fn clone_of(hub: &TestRepo) -> TestRepo {
    TestRepo::clone_of(hub).with_real_clock()
}

fn tree(repo: &TestRepo) -> String {
    repo.git(["rev-parse", "refs/orchestrate/learning^{tree}"])
}

#[test]
fn nothing_is_shared_before_somebody_agreed() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    let before = hub.git(["for-each-ref"]);
    let said = clone.orchestrate(["sync"]).code(0);
    assert!(said.stdout.contains("nothing was shared: nobody agreed to it yet"), "{}", said.screen());
    clone.orchestrate(["sync", "--push"]).code(5);
    assert_eq!(hub.git(["for-each-ref"]), before);
}

#[test]
fn what_would_be_shared_is_shown_before_it_is_agreed_to() {
    let clone = clone_of(&hub()).record(&execution("add a", ["a", "b"], "passed"));
    let refs = clone.git(["for-each-ref"]);
    let said = clone.orchestrate(["sync", "--dry-run"]).code(0);
    assert!(said.stderr.contains("1 record, 1 of them with the text of the request"), "{}", said.screen());
    assert_eq!(clone.git(["for-each-ref"]), refs);
}

#[test]
fn who_agreed_once_is_not_asked_again() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_eq!(hub.git(["rev-parse", "refs/orchestrate/learning^{tree}"]), tree(&clone));
    let clone = clone.record(&execution("add c", ["a", "c"], "passed"));
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["state"], "shared");
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["state"], "up-to-date");
}

#[test]
fn clones_that_push_at_the_same_time_end_with_the_same_library() {
    let hub = hub();
    let clones: Vec<TestRepo> = (0..3).map(|_| clone_of(&hub)).collect();
    for round in 0..3 {
        let racing: Vec<_> = clones
            .iter()
            .enumerate()
            .map(|(number, clone)| {
                let request = format!("add {number} in round {round}");
                let line = execution(&request, ["a", if number == 0 { "b" } else { "c" }], "passed");
                clone.orchestrate_with(["record"], &line).code(0);
                let mut sync = clone.program();
                sync.args(["sync", "--push", "--yes"]).stdin(std::process::Stdio::null());
                sync.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
                sync.spawn().expect("it starts")
            })
            .collect();
        for child in racing {
            Ran::of(&child.wait_with_output().expect("it ends")).code(0);
        }
    }
    for _ in 0..2 {
        clones.iter().for_each(|clone| drop(clone.orchestrate(["sync"]).code(0)));
    }
    for clone in &clones {
        assert_eq!(clone.executions().len(), 9);
        assert_eq!(tree(clone), tree(&clones[0]));
        clone.orchestrate(["check"]).code(0);
    }
    let patterns = clones[0].orchestrate(["patterns", "--json"]).code(0).json();
    let runs: u64 = patterns
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["tally"]["passed"].as_u64().expect("a number"))
        .sum();
    assert_eq!(runs, 9);
}

#[test]
fn what_looks_like_a_secret_does_not_leave() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    let line = clone.git(["notes", "--ref=orchestrate", "show"]);
    let leak = line.replace("add a", &format!("use ghp_{}", "a1B2c3D4e5F6".repeat(3)));
    clone.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &leak]);
    let id = &leak[7..33];
    let said = clone.orchestrate(["sync", "--push", "--yes"]).code(1).stderr;
    assert!(said.contains(&format!("nothing was pushed: what looks like a secret is in {id}")), "{said}");
    assert!(!hub.git(["for-each-ref"]).contains("orchestrate"));
}

#[test]
fn a_remote_that_declines_is_not_asked_again_and_again() {
    use std::os::unix::fs::PermissionsExt;
    let hub = hub();
    let hook = hub.path().join("hooks/pre-receive");
    std::fs::create_dir_all(hub.path().join("hooks")).expect("made");
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("written");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("set");
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    let said = clone.orchestrate(["sync", "--push", "--yes"]).code(1).stderr;
    assert!(said.contains("the remote refused refs/notes/orchestrate: "), "{said}");
}

#[test]
fn a_remote_that_does_not_exist_is_named() {
    let said = TestRepo::new().commit("start").orchestrate(["sync", "elsewhere"]).code(2).stderr;
    assert!(said.starts_with("error: no remote is called elsewhere\n"), "{said}");
}
