//! What counts has to be told by notes that are here: evidence whose notes nobody has, and notes whose
//! history was begun anew.

use crate::hooks_scene::write_program;
use crate::pipeline::Ci;
use crate::review;
use crate::support::{Ran, TestRepo, execution};

const LEARNING: &str = "refs/orchestrate/learning";
const NOTES: &str = "refs/notes/orchestrate";
/// A notes commit that nobody has.
const NOBODYS: &str = "1234567890123456789012345678901234567890";

/// Made of parts, so that this file holds nothing that looks like one.
fn token() -> String {
    ["gh", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat()
}

fn clone_of(hub: &TestRepo) -> TestRepo {
    TestRepo::clone_of(hub).with_real_clock()
}

/// A remote that knows one execution, and the clone that told it.
fn taught() -> (TestRepo, TestRepo) {
    let hub = review::hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    (hub, clone)
}

fn tip(repo: &TestRepo, name: &str) -> String {
    repo.git(["rev-parse", name])
}

fn names(repo: &TestRepo, commit: &str) -> usize {
    repo.git(["log", "-1", "--format=%B", commit]).matches("Orchestrate-Notes: ").count()
}

/// Pushes a library in which everything passed four times, with this message, to the remote.
fn forge(hub: &TestRepo, message: &str) {
    let forger = clone_of(hub);
    forger.git(["fetch", "-q", "origin", &format!("{LEARNING}:refs/heads/forged")]);
    forger.edit_tree("refs/heads/forged", |text| text.replace("passed = 1", "passed = 4"));
    let forged = forger.git(["commit-tree", "forged^{tree}", "-p", "forged~1", "-m", message]);
    forger.git(["push", "-q", "origin", &format!("{forged}:{LEARNING}")]);
}

/// What a clone says that does not take in what the remote has, and pushes nothing.
fn refused(hub: &TestRepo, clone: &TestRepo) -> String {
    let refs = |repo: &TestRepo| (tip(repo, LEARNING), tip(repo, NOTES));
    let before = (refs(hub), refs(clone));
    let Ran { stderr, .. } = clone.orchestrate(["sync"]).code(1);
    assert_eq!((refs(hub), refs(clone)), before);
    stderr
}

#[test]
fn evidence_whose_notes_nobody_has_is_not_joined() {
    let (hub, clone) = taught();
    forge(&hub, &format!("Learn more\n\nOrchestrate-Notes: {NOBODYS}"));
    let said = refused(&hub, &clone);
    assert!(said.contains("says 4, the notes here say 1"), "{said}");
    let fresh = clone_of(&hub);
    assert_eq!(fresh.orchestrate(["init", "--json"]).code(0).json()["state"], "refused");
    assert_eq!(fresh.refs_below(LEARNING).len(), 0);
}

#[test]
fn notes_that_are_part_of_no_notes_prove_nothing() {
    let (hub, clone) = taught();
    let forger = clone_of(&hub);
    forger.git(["fetch", "-q", "origin", &format!("{NOTES}:{NOTES}"), &format!("{LEARNING}:{LEARNING}")]);
    let line = forger.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
    let lines: Vec<String> =
        (2..5).map(|n| line.replacen("{\"id\":\"01", &format!("{{\"id\":\"0{n}"), 1)).collect();
    forger.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &format!("{line}\n{}", lines.join("\n"))]);
    let forged = tip(&forger, NOTES);
    forger.git(["update-ref", "refs/heads/forged", LEARNING]);
    forger.edit_tree("refs/heads/forged", |text| text.replace("passed = 1", "passed = 4"));
    // With it comes what it names, in its history and in no notes.
    let message = format!("Learn more\n\nOrchestrate-Notes: {forged}");
    let parents = ["-p", "forged~1", "-p", &forged];
    let [p1, p2, p3, p4] = parents;
    let commit = forger.git(["commit-tree", "forged^{tree}", p1, p2, p3, p4, "-m", &message]);
    forger.git(["push", "-q", "--no-verify", "origin", &format!("{commit}:{LEARNING}")]);
    let said = refused(&hub, &clone);
    assert!(said.contains("says 4, the notes here say 1"), "{said}");
}

#[test]
fn executions_that_only_a_library_knows_raise_nothing() {
    let (hub, clone) = taught();
    let id = clone.executions()[0]["id"].as_str().expect("an id").to_owned();
    let replica = clone.executions()[0]["replica"].as_str().expect("a replica").to_owned();
    let month = clone.executions()[0]["at"].as_str().expect("a time")[..7].to_owned();
    let forger = clone_of(&hub);
    forger.git([
        "fetch",
        "-q",
        "origin",
        &format!("{LEARNING}:refs/heads/forged"),
        &format!("{NOTES}:{NOTES}"),
    ]);
    let claims = |subject: &str| -> String {
        let claim = |n: u32| format!("0{n}{} 3 kept {replica} {month} passed {subject}\n", &id[2..]);
        (2..5).map(claim).collect()
    };
    let subjects = ["a-b-3696f7104dac", "market/plugin/skill/a", "market/plugin/skill/b"];
    forger.write_in_tree("refs/heads/forged", "forgotten", &subjects.map(claims).concat());
    forger.edit_tree("refs/heads/forged", |text| text.replace("passed = 1", "passed = 4"));
    forger.git(["push", "-q", "origin", &format!("refs/heads/forged:{LEARNING}")]);
    let fresh = clone_of(&hub);
    let looked = fresh.orchestrate(["init", "--json"]).code(0).json();
    assert_eq!(looked["state"], "refused", "{looked}");
    let reason = looked["refused"][0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("says 4, the notes say 1"), "{reason}");
}

#[test]
fn a_push_that_comes_between_two_looks_at_a_remote_is_waited_for() {
    let (hub, clone) = taught();
    let other = clone_of(&hub);
    other.orchestrate(["init"]).code(0);
    let before = tip(&hub, NOTES);
    let clone = clone.record(&execution("add c", ["a", "b"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    // The first look is at the notes as they were, and at the learning as it is.
    let looked = hub.root().join("looked");
    let script = format!(
        "#!/bin/sh\nif ! test -e '{looked}'; then\n\
         git --git-dir=\"$1\" update-ref {NOTES} {before}; fi\n\
         git-upload-pack \"$@\"; code=$?\n\
         git --git-dir=\"$1\" update-ref {NOTES} {after}; : >'{looked}'; exit $code\n",
        looked = looked.display(),
        after = tip(&hub, NOTES),
    );
    let program = hub.root().join("upload-pack");
    write_program(&program, &script);
    other.git(["config", "remote.origin.uploadpack", program.to_str().expect("UTF-8")]);
    other.orchestrate(["sync"]).code(0);
    assert!(looked.exists());
    assert_eq!((other.executions().len(), tip(&other, LEARNING)), (2, tip(&hub, LEARNING)));
}

#[test]
fn a_record_that_nobody_can_read_is_no_evidence() {
    let (hub, clone) = taught();
    let forger = clone_of(&hub);
    forger.git(["fetch", "-q", "origin", &format!("{NOTES}:{NOTES}")]);
    let line = forger.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
    let newer = line.replace("{\"id\":\"01", "{\"id\":\"02").replace("\"v\":1", "\"v\":2");
    forger.git(["notes", "--ref=orchestrate", "append", "-m", &newer]);
    forger.git(["push", "-q", "origin", NOTES]);
    // By itself it hinders nobody.
    clone.orchestrate(["sync"]).code(0);
    forge(&hub, &format!("Learn more\n\nOrchestrate-Notes: {}", tip(&forger, NOTES)));
    let said = refused(&hub, &clone);
    assert!(said.contains("says 4, the notes here say 1, and a record is of a newer kind"), "{said}");
}

/// Takes a secret out of the notes as the hint says: as an edit of the line, or with the whole line, and
/// without the history that has it.
fn begin_anew(repo: &TestRepo, change: impl Fn(&str) -> String) {
    let note = repo.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
    let changed = change(&note);
    assert_ne!(changed, note);
    repo.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &changed]);
    let anew = repo.git(["commit-tree", "-m", "anew", &format!("{NOTES}^{{tree}}")]);
    repo.git(["update-ref", NOTES, &anew]);
}

/// A fresh clone takes in what the remote has, checks it, and learns on.
fn assert_all_is_well(hub: &TestRepo, executions: usize) {
    let fresh = clone_of(hub).with_later_clock();
    assert_eq!(fresh.orchestrate(["init", "--json"]).code(0).json()["state"], "joined");
    fresh.orchestrate(["check"]).code(0);
    assert_eq!(fresh.executions().len(), executions);
    let fresh = fresh.record(&execution("add more", ["a", "b"], "passed"));
    fresh.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_eq!(names(&fresh, LEARNING), 1, "what is missing is named no more");
    fresh.orchestrate(["check"]).code(0);
}

#[test]
fn notes_that_were_begun_anew_hinder_nobody() {
    let (hub, clone) = taught();
    // Somebody finds that too much was shared, and everybody is to forget it.
    let old = tip(&clone, NOTES);
    begin_anew(&clone, |note| note.replace("\"request\":\"add a\"", "\"request\":\"add something\""));
    clone.git(["push", "-q", "-f", "--no-verify", "origin", NOTES]);
    hub.git(["gc", "-q", "--prune=now"]);
    assert!(!hub.git(["cat-file", "--batch-all-objects", "--batch-check"]).contains(&old));
    assert_all_is_well(&hub, 1);
}

#[test]
fn who_began_the_notes_anew_is_told_before_others_are_left_with_what_they_can_not_count() {
    let hub = review::hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    let line = clone.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
    let clone = clone.record(&execution("add c", ["a", "b"], "passed"));
    let leak = |note: &str| note.replace("add c", &format!("use {}", token()));
    let note = clone.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
    clone.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &leak(&note)]);
    let said = clone.orchestrate(["sync", "--push", "--yes"]).code(1).stderr;
    assert!(said.contains("what looks like a secret is in "), "{said}");
    assert!(said.contains("commit-tree -m anew"), "{said}");
    // The whole line goes.
    begin_anew(&clone, |_| line.clone());
    let said = clone.orchestrate(["sync", "--push", "--yes"]).code(1).stderr;
    assert!(said.contains("nothing was merged or shared: "), "{said}");
    assert!(said.contains("where they were begun anew, "), "{said}");
    clone.git(["update-ref", "-d", LEARNING]);
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_all_is_well(&hub, 1);
}

#[test]
fn an_open_branch_that_says_what_was_taken_out_of_the_notes_is_learned_anew() {
    for ci in Ci::ALL {
        let hub = review::hub();
        let clone = review::clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
        clone.orchestrate(["sync"]).code(0);
        let line = clone.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
        let clone = clone.record(&execution("add c", ["c", "d"], "passed"));
        let note = clone.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
        let leak = note.replace("add c", &format!("use {}", token()));
        clone.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &leak]);
        clone.orchestrate(["merge"]).code(0);
        let branch = clone.refs_below("refs/heads/learning").remove(0);
        let never = "updated = \"1970-01-01T00:00:00.000Z\"\nreplica = \"\"\n\n[validated]";
        let policy = never.replace("1970", "2025").replace("\"\"", "\"me\"");
        clone.edit_tree(&branch, |text| text.replace(never, &policy).replace("high = 0.9", "high = 0.8"));
        let said = clone.orchestrate(["sync"]).code(1).stderr;
        assert!(said.contains("what looks like a secret is in "), "{said}");
        begin_anew(&clone, |_| line.clone());
        clone.orchestrate(["sync"]).code(0);
        let anew = clone.refs_below("refs/heads/learning");
        assert!(anew.len() == 1 && anew[0] != branch, "{anew:?}");
        assert_eq!(names(&clone, &anew[0]), 1);
        assert!(clone.git(["show", &format!("{}:policy.toml", anew[0])]).contains("high = 0.8"));
        let run = ci.run(&hub);
        assert!(run.check.passed, "{}", run.check.log);
        assert!(run.merge.is_some_and(|it| it.passed));
        assert_eq!(hub.refs_below("refs/heads/learning").len(), 0);
        assert_all_is_well(&hub, 1);
    }
}
