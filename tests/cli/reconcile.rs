//! `reconcile`: records follow commits through cherry-pick, `git am`, rebase and squash merges.

use crate::support::{TestRepo, execution, piped};

/// Ten lines, one of them changed.
fn text(changed: usize, to: &str) -> String {
    (0..10).map(|n| if n == changed { format!("{to}\n") } else { format!("line {n}\n") }).collect()
}

/// `main` with a commit, and a branch `work` with three recorded commits; `main` has moved on.
fn diverged() -> TestRepo {
    let repo = TestRepo::new().file("a", &text(10, "")).commit("start");
    repo.git(["checkout", "-q", "-b", "work"]);
    let repo =
        repo.file("a", &text(2, "changed")).commit("one").record(&execution("one", ["a", "b"], "passed"));
    let repo = repo.file("b", "b\n").commit("two").record(&execution("two", ["a", "b"], "passed"));
    let repo = repo.file("c", "c\n").commit("three").record(&execution("three", ["a", "b"], "passed"));
    repo.git(["checkout", "-q", "main"]);
    repo.file("d", "d\n").commit("meanwhile")
}

/// The requests on a commit, sorted, each as often as its note tells it.
fn on(repo: &TestRepo, rev: &str) -> Vec<String> {
    let output =
        repo.command("git").args(["notes", "--ref=orchestrate", "show", rev]).output().expect("git starts");
    let note = String::from_utf8_lossy(&output.stdout).into_owned();
    let records = note.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut requests: Vec<String> =
        records.filter_map(|it| it["request"].as_str().map(str::to_owned)).collect();
    requests.sort();
    requests
}

fn reconcile(repo: &TestRepo) -> serde_json::Value {
    repo.orchestrate(["reconcile", "--json"]).code(0).json()
}

/// Counts everything once, and a second time nothing more.
fn settled(repo: &TestRepo, executions: usize) {
    let before = repo.git(["rev-parse", "refs/notes/orchestrate"]);
    assert_eq!(reconcile(repo)["attached"], serde_json::json!([]));
    assert_eq!(repo.git(["rev-parse", "refs/notes/orchestrate"]), before);
    assert_eq!(repo.executions().len(), executions);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn three_commits_squashed_onto_a_moved_base_keep_their_records() {
    for branch_is_gone in [false, true] {
        let repo = diverged();
        repo.git(["merge", "-q", "--squash", "work"]);
        repo.git(["commit", "-q", "-m", "All of it"]);
        if branch_is_gone {
            repo.git(["branch", "-q", "-D", "work"]);
        }
        let outcome = reconcile(&repo);
        assert_eq!(outcome["attached"].as_array().expect("a list").len(), 3);
        assert_eq!(outcome["attached"][0]["because"], "squash");
        assert_eq!(on(&repo, "HEAD"), ["one", "three", "two"]);
        settled(&repo, 3);
    }
}

#[test]
fn a_squash_of_two_branches_after_each_other_keeps_them_apart() {
    let repo = diverged();
    repo.git(["checkout", "-q", "-b", "other", "main"]);
    let repo = repo.file("e", "e\n").commit("e1").record(&execution("e1", ["a", "b"], "passed"));
    let repo = repo.file("f", "f\n").commit("f1").record(&execution("f1", ["a", "b"], "passed"));
    repo.git(["checkout", "-q", "main"]);
    for branch in ["work", "other"] {
        repo.git(["merge", "-q", "--squash", branch]);
        repo.git(["commit", "-q", "-m", branch]);
    }
    reconcile(&repo);
    assert_eq!(
        (on(&repo, "HEAD"), on(&repo, "HEAD~1")),
        (
            vec!["e1".to_owned(), "f1".to_owned()],
            vec!["one".to_owned(), "three".to_owned(), "two".to_owned()]
        )
    );
    settled(&repo, 5);
}

#[test]
fn cherry_picked_commits_get_the_records_of_their_originals() {
    let repo = diverged();
    repo.git(["cherry-pick", "work~2", "work"]);
    let outcome = reconcile(&repo);
    assert_eq!(outcome["attached"][0]["because"], "patch");
    assert_eq!((on(&repo, "HEAD~1"), on(&repo, "HEAD")), (vec!["one".to_owned()], vec!["three".to_owned()]));
    assert_eq!(outcome["without_successor"], 1);
    settled(&repo, 3);
}

#[test]
fn applied_mails_get_the_records_of_their_commits() {
    let repo = diverged();
    let mails = repo.git(["format-patch", "-q", "--stdout", "main..work", "--"]);
    piped(repo.command("git").args(["am", "-q"]), &format!("{mails}\n"));
    reconcile(&repo);
    assert_eq!(
        [on(&repo, "HEAD~2"), on(&repo, "HEAD~1"), on(&repo, "HEAD")].concat(),
        ["one", "two", "three"]
    );
    settled(&repo, 3);
}

#[test]
fn rebase_and_amend_without_our_hook_are_followed() {
    let repo = diverged();
    repo.git(["rebase", "-q", "main", "work"]);
    reconcile(&repo);
    assert_eq!(
        [on(&repo, "HEAD~2"), on(&repo, "HEAD~1"), on(&repo, "HEAD")].concat(),
        ["one", "two", "three"]
    );
    repo.git(["commit", "-q", "--amend", "-m", "better words"]);
    assert_eq!(reconcile(&repo)["attached"][0]["because"], "tree");
    assert_eq!(on(&repo, "HEAD"), ["three"]);
    settled(&repo, 3);
}

#[test]
fn a_trailer_names_the_execution_whatever_the_content() {
    let repo = diverged();
    let id = repo.executions()[0]["id"].as_str().expect("an id").to_owned();
    let repo = repo.file("z", "something else\n");
    repo.git(["add", "-A"]);
    repo.git(["commit", "-q", "-m", &format!("By hand\n\nOrchestrate-Execution: {id}")]);
    assert_eq!(reconcile(&repo)["attached"][0]["because"], "trailer");
    assert_eq!(on(&repo, "HEAD"), ["three"]);
    settled(&repo, 3);
}

#[test]
fn where_it_could_be_several_nothing_is_attached_and_it_is_said() {
    let repo = diverged();
    repo.git(["cherry-pick", "work~1"]);
    repo.git(["revert", "--no-edit", "HEAD"]);
    repo.git(["cherry-pick", "work~1"]);
    let said = repo.orchestrate(["reconcile"]).code(0);
    assert!(said.stderr.contains("are attached to nothing: it could be any of"), "{}", said.stderr);
    assert_eq!((on(&repo, "HEAD"), on(&repo, "HEAD~2")), (Vec::new(), Vec::new()));
    settled(&repo, 3);
}

#[test]
fn an_empty_commit_on_a_branch_does_not_belong_to_what_it_grew_from() {
    let repo = TestRepo::new().file("a", "1").commit("start");
    repo.git(["checkout", "-q", "-b", "work"]);
    let repo = repo.commit("nothing yet").record(&execution("nothing", ["a", "b"], "failed"));
    repo.git(["checkout", "-q", "main"]);
    assert_eq!(reconcile(&repo)["attached"], serde_json::json!([]));
    assert_eq!(on(&repo, "main"), Vec::<String>::new());
}

#[test]
fn ci_says_what_was_squashed_into_what() {
    let repo = diverged();
    repo.git(["merge", "-q", "--squash", "work"]);
    let repo = repo.file("c", "changed on the way\n");
    repo.git(["add", "-A"]);
    repo.git(["commit", "-q", "-m", "Squashed by a forge (#7)"]);
    assert_eq!(reconcile(&repo)["attached"], serde_json::json!([]));
    let said = repo.orchestrate(["reconcile", "--squash", "work", "--into", "HEAD"]).code(0);
    assert_eq!(said.stdout.lines().count(), 3, "{}", said.stdout);
    assert_eq!(on(&repo, "HEAD"), ["one", "three", "two"]);
    repo.orchestrate(["reconcile", "--squash", "work"]).code(2);
    settled(&repo, 3);
}

#[test]
fn records_of_a_commit_that_is_gone_are_known_by_what_they_say() {
    let repo = diverged();
    repo.git(["cherry-pick", "work~1"]);
    let tree = repo.git(["rev-parse", "HEAD^{tree}"]);
    // As a shallow clone or gc leaves it: the note is there, its commit is not.
    let gone = "1234567890123456789012345678901234567890";
    let record = execution("gone", ["a", "b"], "passed");
    let repo = repo.record(&record);
    let line = repo.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
    let head = repo.git(["rev-parse", "HEAD"]);
    repo.git(["notes", "--ref=orchestrate", "remove", "HEAD"]);
    let blob = piped(repo.command("git").args(["hash-object", "-w", "--stdin"]), &line.replace(&head, gone));
    let stream = format!(
        "commit refs/notes/orchestrate\ncommitter A <a@b> 1800000000 +0000\ndata 0\nfrom refs/notes/orchestrate^0\nM 100644 {blob} {gone}\n"
    );
    piped(repo.command("git").args(["fast-import", "--quiet"]), &stream);
    assert!(line.contains(&tree));
    let outcome = reconcile(&repo);
    assert!(outcome["attached"].as_array().expect("a list").iter().any(|it| it["from"] == gone), "{outcome}");
    assert_eq!(on(&repo, "HEAD"), ["gone", "two"]);
}

#[test]
fn an_unborn_branch_and_a_strange_range_are_fine() {
    assert_eq!(TestRepo::new().orchestrate(["reconcile"]).code(0).stdout, "nothing to attach\n");
    TestRepo::new().commit("start").orchestrate(["reconcile", "nowhere"]).code(128);
    TestRepo::new().commit("start").orchestrate(["reconcile", "--", "--all"]).code(2);
}
