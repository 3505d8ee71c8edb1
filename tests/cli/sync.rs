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

/// What the hub does at each of these pushes before it accepts them; `1` is the first.
fn at_push(hub: &TestRepo, number: u32, script: &str) {
    let path = hub.path().join("hooks/pre-receive");
    let count = hub.root().join("pushes");
    let script = format!(
        "#!/bin/sh\necho push >>'{0}'\n[ $(wc -l <'{0}') = {number} ] || exit 0\n{script}\n",
        count.display()
    );
    std::fs::create_dir_all(hub.path().join("hooks")).expect("made");
    std::fs::write(&path, script).expect("written");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
}

/// The program in a clone, for a hook of the hub.
fn meanwhile(clone: &TestRepo, arguments: &str) -> String {
    let (dir, program) = (clone.path(), clone.program().get_program().to_owned());
    let away = "unset $(git rev-parse --local-env-vars) GIT_QUARANTINE_PATH GIT_ORCHESTRATE_HOOK";
    format!("{away}; cd '{}' && '{}' {arguments}", dir.display(), program.display())
}

#[test]
fn what_is_recorded_while_a_sync_pushes_is_kept_and_shared_by_the_next() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("first", ["a", "b"], "passed"));
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    let line = hub.root().join("line");
    std::fs::write(&line, execution("meanwhile", ["a", "b"], "passed")).expect("written");
    at_push(&hub, 1, &meanwhile(&clone, &format!("record --file '{}'", line.display())));
    let clone = clone.record(&execution("second", ["a", "b"], "passed"));
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["share"]["records"], 1);
    assert_eq!(clone.executions().len(), 3);
    let seen = clone.git(["rev-parse", "refs/orchestrate/remotes/origin/notes"]);
    assert_eq!(seen, hub.git(["rev-parse", "refs/notes/orchestrate"]));
    let fresh = clone_of(&hub);
    fresh.orchestrate(["sync", "--fetch"]).code(0);
    assert_eq!(fresh.executions().len(), 2);
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["share"]["records"], 1);
    fresh.orchestrate(["sync", "--fetch"]).code(0);
    assert_eq!((fresh.executions().len(), tree(&fresh)), (3, tree(&clone)));
    fresh.orchestrate(["check"]).code(0);
}

#[test]
fn a_sync_moves_refs_once_and_leaves_no_branch_in_between() {
    let hub = hub();
    let (one, other) = (clone_of(&hub), clone_of(&hub));
    for clone in [&one, &other] {
        clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    }
    let one = one.record(&execution("one", ["a", "b"], "passed"));
    one.orchestrate(["sync"]).code(0);
    let other = other.record(&execution("other", ["a", "b"], "passed"));
    let moves = other.root().join("moves");
    let hook = other.path().join(".git/hooks/reference-transaction");
    let script = format!("#!/bin/sh\n[ \"$1\" = committed ] && cat >>'{}'\nexit 0\n", moves.display());
    std::fs::write(&hook, script).expect("written");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    other.orchestrate(["sync"]).code(0);
    let moves = std::fs::read_to_string(moves).expect("refs moved");
    let mut moved: Vec<&str> = moves.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    moved.sort_unstable();
    let seen = |name: &str| format!("refs/orchestrate/remotes/origin/{name}");
    let (learning, notes) = (seen("learning"), seen("notes"));
    // The fetch moves what is seen, and the push does.
    let own = ["refs/notes/orchestrate", "refs/orchestrate/learning"];
    assert_eq!(moved, [own[0], own[1], &learning, &learning, &notes, &notes]);
}

#[test]
fn what_came_stays_where_nothing_can_be_pushed() {
    let hub = hub();
    let (one, other) = (clone_of(&hub), clone_of(&hub));
    for clone in [&one, &other] {
        clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    }
    one.record(&execution("one", ["a", "b"], "passed")).orchestrate(["sync"]).code(0);
    at_push(&hub, 1, "exit 1");
    let other = other.record(&execution("other", ["a", "b"], "passed"));
    other.orchestrate(["sync"]).code(1);
    assert_eq!(other.executions().len(), 2);
    assert_eq!(
        other.git(["rev-parse", "refs/orchestrate/remotes/origin/notes"]),
        hub.git(["rev-parse", "refs/notes/orchestrate"])
    );
    other.orchestrate(["check"]).code(0);
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
    assert!(
        said.contains(&format!("nothing was pushed: what looks like a secret is in record {id}")),
        "{said}"
    );
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

#[test]
fn a_secret_that_only_history_still_has_does_not_leave_either() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    let token = format!("token ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let clean = clone.git(["notes", "--ref=orchestrate", "show"]);
    clone.git(["notes", "--ref=orchestrate", "append", "-m", &token]);
    clone.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &clean]);
    clone.orchestrate(["sync", "--push", "--yes"]).code(1);
    assert!(!hub.git(["for-each-ref"]).contains("orchestrate"));
    let anew = clone.git(["commit-tree", "-m", "anew", "refs/notes/orchestrate^{tree}"]);
    clone.git(["update-ref", "refs/notes/orchestrate", &anew]);
    clone.orchestrate(["sync"]).code(0);
    assert!(!hub.git(["log", "-p", "refs/notes/orchestrate"]).contains("ghp_"));
}

#[test]
fn a_secret_in_a_pattern_does_not_leave() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["merge"]).code(0);
    let leak = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let message = format!("Say {leak}");
    let tree = tree(&clone);
    let commit = clone.git(["commit-tree", "-m", &message, "-p", "refs/orchestrate/learning", &tree]);
    clone.git(["update-ref", "refs/orchestrate/learning", &commit]);
    let said = clone.orchestrate(["sync", "--push", "--yes"]).code(1).stderr;
    assert!(said.contains(&format!("the message of commit {}", &commit[..7])), "{said}");
}

#[test]
fn records_that_another_clone_took_out_stay_known_here() {
    let hub = hub();
    let keeper = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    keeper.orchestrate(["sync", "--push", "--yes"]).code(0);
    let other = clone_of(&hub);
    other.orchestrate(["init"]).code(0);
    other.git(["notes", "--ref=orchestrate", "remove", "HEAD"]);
    other.git(["push", "-q", "origin", "refs/notes/orchestrate"]);
    keeper.orchestrate(["sync"]).code(0);
    assert_eq!(keeper.executions().len(), 1);
    keeper.orchestrate(["check"]).code(0);
}

#[test]
fn every_url_of_a_remote_has_to_be_agreed_to() {
    let (agreed, other) = (hub(), hub());
    let clone = clone_of(&agreed).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    let url = |hub: &TestRepo| hub.path().display().to_string();
    clone.git(["remote", "set-url", "--add", "--push", "origin", &url(&agreed)]);
    clone.git(["remote", "set-url", "--add", "--push", "origin", &url(&other)]);
    let clone = clone.record(&execution("add c", ["a", "c"], "passed"));
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["state"], "not-agreed");
    assert!(!other.git(["for-each-ref"]).contains("orchestrate"));
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    for hub in [&agreed, &other] {
        assert_eq!(hub.git(["rev-parse", "refs/orchestrate/learning^{tree}"]), tree(&clone));
    }
}

#[test]
fn a_library_that_an_audit_objects_to_is_not_joined() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    let forger = clone_of(&hub);
    forger.git(["fetch", "-q", "origin", "refs/orchestrate/learning:refs/heads/forged"]);
    forger.git(["switch", "-q", "forged"]);
    let files = forger.git(["ls-files", "patterns"]);
    let cooked = forger.read(&files).replace("passed = 1", "passed = 900");
    let forger = forger.file(&files, &cooked).commit("cook the books");
    forger.git(["push", "-q", "origin", "forged:refs/orchestrate/learning"]);
    let before = tree(&clone);
    let said = clone.orchestrate(["sync"]).code(1).stderr;
    assert!(said.contains("refs/orchestrate/learning ("), "{said}");
    assert_eq!(tree(&clone), before);
}

#[test]
fn a_fetched_library_that_forgets_hides_or_links_is_not_joined() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    let forge = |how: &dyn Fn(&TestRepo)| {
        let forger = clone_of(&hub);
        // Without the notes, so that only history tells what is lost.
        forger.git(["fetch", "-q", "origin", "refs/orchestrate/learning:refs/heads/forged"]);
        how(&forger);
        let kept = hub.git(["rev-parse", "refs/orchestrate/learning"]);
        forger.git(["push", "-q", "origin", "forged:refs/orchestrate/learning"]);
        let before = (tree(&clone), clone.git(["rev-parse", "refs/orchestrate/learning"]));
        let said = clone.orchestrate(["sync"]).code(1).stderr;
        assert_eq!((tree(&clone), clone.git(["rev-parse", "refs/orchestrate/learning"])), before);
        hub.git(["update-ref", "refs/orchestrate/learning", &kept]);
        clone.orchestrate(["sync"]).code(0);
        said
    };
    let forged = "refs/heads/forged";
    let said = forge(&|repo| repo.edit_tree(forged, |text| text.replace("passed = 1", "passed = 0")));
    assert!(said.contains("passed says 0, the notes say 1"), "{said}");
    let said = forge(&|repo| repo.write_in_tree(forged, "epoch", "2030-01\n"));
    assert!(said.contains("its bytes are not canonical"), "{said}");
    let said = forge(&|repo| {
        let blob = repo.surgical(&["hash-object", "-w", "--stdin"], "/etc/passwd");
        repo.put_in_tree(forged, "120000", &blob, "plugins/market/link.toml");
    });
    assert!(said.contains("link.toml: it is a symbolic link"), "{said}");
    let said = forge(&|repo| {
        let tree = repo.git(["rev-parse", "forged^{tree}"]);
        repo.commit_tree(forged, &tree, "harmless\u{202e}");
    });
    assert!(said.contains("it holds U+202E (line 1), which nobody sees"), "{said}");
}

#[test]
fn a_password_in_a_url_is_never_shown() {
    let clone = clone_of(&hub());
    clone.git(["remote", "add", "far", "https://bob:s3cretpassw0rd@example.invalid/x.git"]);
    let screens = [
        clone.orchestrate(["sync", "far", "--dry-run"]),
        clone.orchestrate(["sync", "far", "--dry-run", "--json"]),
    ];
    for screen in screens.map(|ran| ran.code(0).screen()) {
        assert!(
            screen.contains("https://example.invalid/x.git") && !screen.contains("s3cretpassw0rd"),
            "{screen}"
        );
    }
}
