//! `orchestrate.review = branch`: learning branches go to the remote, and count when they were merged there.

use insta::assert_snapshot;

use crate::support::{Ran, TestRepo, execution, piped};

const LEARNING: &str = "refs/orchestrate/learning";

/// A bare repository that clones push to.
pub(crate) fn hub() -> TestRepo {
    let seed = TestRepo::new().commit("start");
    let hub = TestRepo::bare();
    seed.git(["push", "-q", hub.path().to_str().expect("UTF-8"), "main"]);
    hub
}

/// A clone that leaves merging to others, and agreed to share.
pub(crate) fn clone_of(hub: &TestRepo) -> TestRepo {
    let clone = TestRepo::clone_of(hub).with_real_clock();
    clone.git(["config", "orchestrate.review", "branch"]);
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    clone
}

/// What a reviewer does: takes every branch of the remote, merges, and deletes it there.
fn review(hub: &TestRepo) {
    let reviewer = TestRepo::clone_of(hub).with_real_clock().with_variable("CI", "true");
    reviewer.git(["fetch", "-q", "origin", "refs/heads/learning/*:refs/heads/learning/*"]);
    let branches = branches(&reviewer);
    reviewer.orchestrate(["sync", "--push", "--yes"]).code(0);
    for branch in &branches {
        reviewer.git(["push", "-q", "origin", &format!(":{branch}")]);
    }
}

fn branches(repo: &TestRepo) -> Vec<String> {
    repo.refs_below("refs/heads/learning")
}

fn tree(repo: &TestRepo) -> String {
    repo.git(["rev-parse", "refs/orchestrate/learning^{tree}"])
}

fn tip(repo: &TestRepo, name: &str) -> String {
    repo.git(["rev-parse", name])
}

fn requests(repo: &TestRepo) -> usize {
    repo.executions().len()
}

#[test]
fn a_push_brings_records_and_the_learning_branch_and_no_library() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    let synced = clone.orchestrate(["sync", "--json"]).code(0).json();
    assert_eq!((&synced["state"], &synced["share"]["patterns"]), (&"shared".into(), &1.into()));
    assert_eq!(branches(&hub), branches(&clone));
    assert_eq!((branches(&hub).len(), hub.refs_below(LEARNING).len()), (1, 0));
    let branch = branches(&clone)[0].trim_start_matches("refs/heads/").to_owned();
    assert_eq!(synced["in_review"], serde_json::json!([branch]));
    let teammate = clone_of(&hub);
    assert_eq!((requests(&teammate), branches(&teammate).len()), (1, 0), "records travel at once");
    let again = clone.orchestrate(["sync"]).code(0).stdout;
    assert!(again.contains("origin has everything already\n1 learning branch waits for review"), "{again}");
}

#[test]
fn what_was_merged_there_counts_and_its_branch_is_gone_here() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    review(&hub);
    let said = clone.orchestrate(["sync"]).code(0).stdout;
    assert!(said.contains("merged learning/") && !said.contains("for review"), "{said}");
    assert_eq!((tree(&clone), branches(&clone).len()), (tree(&hub), 0));
    let before = hub.git(["for-each-ref"]);
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["state"], "up-to-date");
    assert_eq!(hub.git(["for-each-ref"]), before, "it is not pushed again");
    assert_eq!(clone.refs_below("refs/orchestrate/remotes/origin/branches").len(), 0);
    clone.orchestrate(["check"]).code(0);
}

#[test]
fn later_learning_moves_the_branch_forward_until_it_is_merged() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    let first = branches(&clone);
    let hint = "`git orchestrate sync` pushes what was learned to origin";
    assert!(!clone.orchestrate(["status"]).code(0).stderr.contains(hint));
    let clone = clone.record(&execution("add c", ["c", "d"], "passed"));
    clone.orchestrate(["merge"]).code(0);
    assert!(clone.orchestrate(["status"]).code(0).stderr.contains(hint));
    clone.orchestrate(["sync"]).code(0);
    assert_eq!((branches(&clone), branches(&hub)), (first.clone(), first.clone()));
    assert_eq!(tip(&hub, &first[0]), tip(&clone, &first[0]));
    // Merged and deleted before this clone has heard of it: what is new comes again, and nothing twice.
    review(&hub);
    let clone = clone.record(&execution("add e", ["e", "f"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    assert_eq!(branches(&hub).len(), 1);
    review(&hub);
    clone.orchestrate(["sync"]).code(0);
    assert_eq!((tree(&clone), branches(&clone).len(), requests(&clone)), (tree(&hub), 0, 3));
    let patterns = clone.orchestrate(["patterns", "--json"]).code(0).json();
    let passed = patterns.as_array().expect("a list").iter().map(|it| it["tally"]["passed"].as_u64());
    assert_eq!(passed.collect::<Vec<_>>(), [Some(1); 3]);
}

#[test]
fn nobody_proposes_what_others_recorded() {
    let hub = hub();
    let (ada, ben) = (clone_of(&hub), clone_of(&hub));
    let ada = ada.record(&execution("add a", ["a", "b"], "passed"));
    ada.orchestrate(["sync"]).code(0);
    ben.orchestrate(["sync"]).code(0);
    assert_eq!((branches(&ben).len(), branches(&hub).len()), (0, 1));
    let hints = ben.orchestrate(["status"]).code(0).stderr;
    assert!(hints.contains("1 learning branch waits for review at origin: "), "{hints}");
    assert!(!hints.contains("pushes what was learned"), "{hints}");
    // A correction is his to tell, whoever made the record.
    let target = ben.executions()[0]["id"].as_str().expect("an id").to_owned();
    let ben = ben.record(&format!(r#"{{"kind":"correction","target":"{target}","outcome":"failed"}}"#));
    assert!(ben.orchestrate(["status"]).code(0).stderr.contains("pushes what was learned to origin"));
    ben.orchestrate(["sync"]).code(0);
    assert_eq!(branches(&hub).len(), 2);
    review(&hub);
    for clone in [&ada, &ben] {
        clone.orchestrate(["sync"]).code(0);
        assert_eq!((tree(clone), branches(clone).len()), (tree(&hub), 0));
        assert_eq!(clone.orchestrate(["patterns", "--json"]).json()[0]["tally"]["failed"], 1);
    }
}

#[test]
fn a_branch_that_was_taken_away_unmerged_is_not_pushed_again_as_it_is() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    let branch = branches(&clone).remove(0);
    hub.git(["update-ref", "-d", &branch]);
    for _ in 0..2 {
        clone.orchestrate(["sync"]).code(0);
        assert_eq!((branches(&hub).len(), branches(&clone).len()), (0, 1));
    }
    let short = branch.trim_start_matches("refs/heads/");
    let status = clone.orchestrate(["status"]).code(0).stderr;
    assert!(status.contains(&format!("{short} was taken away from origin unmerged")), "{status}");
    assert_eq!(clone.orchestrate(["status", "--json"]).json()["declined"], serde_json::json!([short]));
    let clone = clone.record(&execution("add c", ["c", "d"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    assert_eq!(branches(&hub), [branch]);
    review(&hub);
    clone.orchestrate(["sync"]).code(0);
    assert_eq!(clone.refs_below("refs/orchestrate/remotes/origin/declined").len(), 0);
    assert_eq!((tree(&clone), branches(&clone).len()), (tree(&hub), 0));
}

#[test]
fn a_branch_that_somebody_else_moved_is_left_to_them_and_another_is_opened() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    let theirs = branches(&clone).remove(0);
    let moved = hub.git(["commit-tree", "-m", "more", "-p", &theirs, &format!("{theirs}^{{tree}}")]);
    hub.git(["update-ref", &theirs, &moved]);
    let clone = clone.record(&execution("add c", ["c", "d"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    assert_eq!((tip(&hub, &theirs), branches(&hub).len()), (moved, 2));
    clone.orchestrate(["sync"]).code(0);
    assert_eq!(branches(&hub).len(), 2);
    review(&hub);
    clone.orchestrate(["sync"]).code(0);
    assert_eq!((tree(&clone), branches(&clone).len(), requests(&clone)), (tree(&hub), 0, 2));
}

#[test]
fn what_was_merged_here_before_learning_was_reviewed_is_proposed_too() {
    let hub = hub();
    let clone = TestRepo::clone_of(&hub).with_real_clock();
    let clone = clone.record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["merge"]).code(0);
    clone.git(["config", "orchestrate.review", "branch"]);
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_eq!((branches(&hub).len(), hub.refs_below(LEARNING).len()), (1, 0));
    assert_eq!(tip(&hub, &branches(&hub)[0]), tip(&clone, LEARNING));
    review(&hub);
    clone.orchestrate(["sync"]).code(0);
    assert_eq!((tree(&clone), branches(&clone).len()), (tree(&hub), 0));
}

#[test]
fn a_repository_that_is_pushed_to_in_another_way_is_the_one_that_is_fetched() {
    let hub = hub();
    let path = hub.path().display().to_string();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.git(["remote", "set-url", "origin", &format!("file://{path}")]);
    clone.git(["remote", "set-url", "--push", "origin", &path]);
    let synced = clone.orchestrate(["sync", "--push", "--yes", "--json"]).code(0).json();
    assert_eq!(synced["in_review"].as_array().map(Vec::len), Some(1), "{synced}");
    assert!(synced["apart"].is_null(), "{synced}");
    assert!(clone.orchestrate(["status"]).code(0).stderr.contains("1 learning branch waits for review"));
    review(&hub);
    clone.orchestrate(["sync"]).code(0);
    assert_eq!((tree(&clone), branches(&clone).len()), (tree(&hub), 0));
    let seen = clone.refs_below("refs/orchestrate/remotes");
    assert!(seen.iter().all(|name| name.starts_with("refs/orchestrate/remotes/origin/")), "{seen:?}");
}

#[test]
fn of_several_push_urls_each_reviews_for_itself_and_that_is_said() {
    let (hub, other) = (hub(), hub());
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    for hub in [&hub, &other] {
        let url = hub.path().display().to_string();
        clone.git(["remote", "set-url", "--add", "--push", "origin", &url]);
    }
    let said = clone.orchestrate(["sync", "--push", "--yes"]).code(0).stdout;
    let line =
        format!("{} reviews for itself: what is merged there is not asked for", other.path().display());
    assert!(said.contains(&line), "{said}");
    assert_eq!((branches(&hub).len(), branches(&other).len()), (1, 1));
    review(&hub);
    let synced = clone.orchestrate(["sync", "--json"]).code(0).json();
    assert_eq!(synced["apart"], serde_json::json!([other.path()]));
    assert_eq!((tree(&clone), branches(&clone).len(), branches(&other).len()), (tree(&hub), 0, 1));
    review(&other);
    assert_eq!((tree(&other), branches(&other).len()), (tree(&hub), 0));
    let clone = clone.record(&execution("add c", ["c", "d"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    assert_eq!((branches(&hub).len(), branches(&other).len()), (1, 1));
    clone.git(["config", "orchestrate.review", "off"]);
    let said = clone.orchestrate(["sync"]).code(0).stdout;
    assert!(!said.contains("reviews for itself"), "{said}");
}

#[test]
fn merge_merges_nothing_past_those_who_review() {
    let repo = TestRepo::new().commit("start");
    repo.git(["config", "orchestrate.review", "branch"]);
    assert_snapshot!(repo.orchestrate(["merge"]).code(0).screen(), @"nothing was merged, and nothing waits for review");
    let repo = repo.record(&execution("add a", ["a", "b"], "passed"));
    assert_snapshot!(repo.orchestrate(["merge"]).code(0).screen(), @"
    nothing was merged: orchestrate.review leaves that to others
      learning/20261120T080201Z-jv14kvhp waits for them
    ! hint: `git orchestrate sync` pushes it, and takes in what they merged
    ");
    assert_snapshot!(repo.orchestrate(["merge", "--json"]).code(0).screen(), @r#"{"v":1,"tip":null,"merged":[],"nothing_new":[],"kept":[],"unread":[],"for_review":["refs/heads/learning/20261120T080201Z-jv14kvhp"]}"#);
    assert_eq!(repo.refs_below(LEARNING).len(), 0);
    assert_snapshot!(repo.orchestrate(["status"]).code(0).screen(), @"
    Replica jv14kvhp on main
    executions                 1 (1 passed, the last 3 min ago)
    patterns                   1 discovered
    marketplaces               none
    learning branches          learning/20261120T080201Z-jv14kvhp
    open runs                  none
    refs/notes/orchestrate     cd90e64
    refs/orchestrate/learning  not there yet

    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ! hint: `git orchestrate sync` pushes what was learned to origin, to be reviewed
    ");
}

#[test]
fn a_dry_run_names_the_branches_that_would_be_pushed() {
    let clone = TestRepo::clone_of(&hub()).record(&execution("add a", ["a", "b"], "passed"));
    clone.git(["config", "orchestrate.review", "branch"]);
    clone.orchestrate(["merge"]).code(0);
    assert_snapshot!(clone.orchestrate(["sync", "--dry-run"]).code(0).screen(), @"
    nothing was fetched or shared; this is against what the last fetch saw
    ! <root>/project would get:
    !   1 record, 1 of them with the text of the request
    !   1 pattern: shapes, keywords, outcomes, durations
    !   the branch learning/20261120T080101Z-jv14kvhp, to be reviewed there
    !   as hashes: who ran it; as they are: names of components, commits, clones
    ");
}

#[test]
fn a_push_by_the_user_takes_learning_branches_along_but_not_those_that_it_pushes_itself() {
    let hub = hub();
    let clone = clone_of(&hub).with_program_on_path();
    clone.orchestrate(["hooks", "install"]).code(0);
    let clone = clone.record(&execution("add a", ["a", "b"], "passed"));
    clone.git(["push", "-q", "origin", "main:refs/heads/more"]);
    assert_eq!((branches(&hub), hub.refs_below(LEARNING).len()), (branches(&clone), 0));
    let clone = clone.record(&execution("add c", ["c", "d"], "passed"));
    clone.orchestrate(["merge"]).code(0);
    let pushed = clone.command("git").args(["push", "-q", "origin", &branches(&clone)[0]]).output();
    assert_eq!(Ran::of(&pushed.expect("git starts")).code(0).stderr, "");
    assert_eq!(tip(&hub, &branches(&hub)[0]), tip(&clone, &branches(&clone)[0]));
}

#[test]
fn a_branch_that_turns_out_to_be_taken_during_a_push_gives_way_to_another() {
    let hub = hub();
    let clone = clone_of(&hub).with_program_on_path();
    clone.orchestrate(["hooks", "install"]).code(0);
    let clone = clone.record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["merge"]).code(0);
    let taken = branches(&clone).remove(0);
    hub.git(["update-ref", &taken, "main"]);
    clone.git(["push", "-q", "origin", "main:refs/heads/more"]);
    let there = branches(&hub);
    assert_eq!((there.len(), tip(&hub, &taken)), (2, tip(&hub, "main")));
    let ours = there.iter().find(|name| **name != taken).expect("another");
    assert_eq!(tip(&hub, ours), tip(&clone, ours));
}

#[test]
fn a_secret_in_a_learning_branch_does_not_leave() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["merge"]).code(0);
    let branch = branches(&clone).remove(0);
    let message = format!("Say ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let tree = format!("{branch}^{{tree}}");
    let commit = clone.git(["commit-tree", "-m", &message, "-p", &branch, &tree]);
    clone.git(["update-ref", &branch, &commit]);
    let said = clone.orchestrate(["sync"]).code(1).stderr;
    assert!(said.contains(&format!("the message of commit {}", &commit[..7])), "{said}");
    assert!(!hub.git(["for-each-ref"]).contains("learning"));
}

#[test]
fn a_tampered_branch_of_ours_is_not_pushed_and_one_of_others_is_no_reason_to_stop() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["merge"]).code(0);
    let branch = branches(&clone).remove(0);
    let sound = tip(&clone, &branch);
    clone.edit_tree(&branch, |text| text.replace("passed = 1", "passed = 900"));
    let said = clone.orchestrate(["sync"]).code(1).stderr;
    assert!(said.contains("nothing was merged or shared: learning/"), "{said}");
    assert_eq!(branches(&hub).len(), 0);
    // The same as somebody else's, who looks at it here.
    clone.git(["update-ref", "refs/heads/learning/20261120T080000Z-0000aaaa", &branch]);
    clone.git(["update-ref", &branch, &sound]);
    clone.orchestrate(["sync"]).code(0);
    assert_eq!(branches(&hub), [branch]);
}

#[test]
fn a_merged_branch_that_a_work_tree_has_checked_out_stays_here() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    let branch = branches(&clone)[0].trim_start_matches("refs/heads/").to_owned();
    clone.git(["worktree", "add", "-q", "../other", &branch]);
    review(&hub);
    for _ in 0..2 {
        clone.orchestrate(["sync"]).code(0);
        assert_eq!((branches(&clone).len(), branches(&hub).len()), (1, 0));
    }
    assert!(!clone.orchestrate(["status"]).code(0).stderr.contains("unmerged"));
}

#[test]
fn clones_that_push_at_the_same_time_all_get_their_branches_there() {
    let hub = hub();
    let clones: Vec<TestRepo> = (0..3).map(|_| clone_of(&hub)).collect();
    let racing: Vec<_> = clones
        .iter()
        .enumerate()
        .map(|(number, clone)| {
            piped(clone.program().arg("record"), &execution(&format!("add {number}"), ["a", "b"], "passed"));
            let mut sync = clone.program();
            sync.arg("sync").stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            sync.spawn().expect("it starts")
        })
        .collect();
    for child in racing {
        Ran::of(&child.wait_with_output().expect("it ends")).code(0);
    }
    assert_eq!(branches(&hub).len(), 3);
    review(&hub);
    for clone in &clones {
        clone.orchestrate(["sync"]).code(0);
        assert_eq!((tree(clone), branches(clone).len(), requests(clone)), (tree(&hub), 0, 3));
    }
}

#[test]
fn a_review_that_is_no_word_for_it_is_an_error() {
    let repo = TestRepo::new();
    repo.git(["config", "orchestrate.review", "maybe"]);
    let said = repo.orchestrate(["status"]).code(2).stderr;
    assert!(said.contains("the setting orchestrate.review is `maybe`; it must be off or branch"), "{said}");
}

#[test]
fn a_remote_that_is_gone_is_to_blame_and_nothing_of_ours_goes() {
    let hub = hub();
    let clone = clone_of(&hub).record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync"]).code(0);
    let before = clone.git(["for-each-ref"]);
    std::fs::remove_dir_all(hub.path()).expect("removed");
    assert!(clone.orchestrate(["sync"]).code(4).stderr.starts_with("error: git ls-remote failed: "));
    assert_eq!(clone.git(["for-each-ref"]), before);
}
