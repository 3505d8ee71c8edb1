//! `merge`.

use insta::assert_snapshot;

use crate::support::{TestRepo, execution};

const LEARNING: &str = "refs/orchestrate/learning";

fn repo() -> TestRepo {
    TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"))
}

fn branches(repo: &TestRepo) -> String {
    repo.git(["for-each-ref", "--format=%(refname)", "refs/heads/learning/"])
}

/// The oid of the learning tree.
fn tree(repo: &TestRepo) -> String {
    repo.git(["rev-parse", "refs/orchestrate/learning^{tree}"])
}

/// All refs with what they point at.
fn refs(repo: &TestRepo) -> String {
    repo.git(["for-each-ref"])
}

/// Opens a learning branch and lets no `merge` take it: as after a `run` without one.
fn open_branch(repo: &TestRepo) -> String {
    repo.orchestrate(["merge"]).code(0);
    let branch = "learning/20261120T090000Z-0000aaaa";
    repo.git(["update-ref", &format!("refs/heads/{branch}"), "refs/orchestrate/learning^2"]);
    repo.git(["update-ref", LEARNING, "refs/orchestrate/learning^1"]);
    branch.to_owned()
}

#[test]
fn nothing_to_merge_says_so() {
    let repo = TestRepo::new().commit("start");
    assert_snapshot!(repo.orchestrate(["merge"]).code(0).screen(), @r#"
    nothing to merge: no executions and no learning branches here
    ! hint: `git orchestrate run "what you want"` makes the first
    "#);
    assert!(!refs(&repo).contains("orchestrate"));
}

#[test]
fn a_merge_has_two_parents_and_the_second_time_changes_nothing() {
    let repo = repo();
    assert_snapshot!(repo.orchestrate(["merge"]).code(0).screen(), @"
    Merged 1 branch into refs/orchestrate/learning (4949f82)
      Discover a → b: 1 of 1 run passed
    ");
    assert_eq!(repo.git(["rev-list", "--parents", "-n", "1", LEARNING]).split(' ').count(), 3);
    assert_eq!(branches(&repo), "");
    assert_snapshot!(repo.git(["log", "--format=%an <%ae> %ad%n%B", LEARNING]), @"
    A User <user@example.com> Fri Nov 20 08:01:02 2026 +0000
    Merge learning branch 'learning/20261120T080101Z-jv14kvhp'

    Discover a → b: 1 of 1 run passed

    Orchestrate-Notes: 25b082224cec5ee56544dcd769dd45526f98dfac

    A User <user@example.com> Fri Nov 20 08:01:01 2026 +0000
    Discover a → b (1 of 1 run passed)

    Now discovered with 1 of 1 run passed, lower bound 0.38.
    Reusable for requests about: add.

    Orchestrate-Notes: 25b082224cec5ee56544dcd769dd45526f98dfac

    git-orchestrate <git-orchestrate@localhost> Thu Jan 1 00:00:00 1970 +0000
    Start the pattern library
    ");
    assert_snapshot!(repo.git(["ls-tree", "-r", "--name-only", LEARNING]), @"
    epoch
    forgotten
    format
    patterns/discovered/sequential/a-b-3696f7104dac.toml
    plugins/market/plugin.toml
    policy.toml
    ");
    let before = refs(&repo);
    assert_snapshot!(repo.orchestrate(["merge"]).code(0).screen(), @"already merged: refs/orchestrate/learning is at 4949f82");
    assert_eq!(refs(&repo), before);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn programs_read_what_was_merged() {
    assert_snapshot!(repo().orchestrate(["merge", "--json"]).code(0).screen(), @r#"{"v":1,"tip":"4949f825c2fe09119d79fefcfdd26305420c1423","merged":["learning/20261120T080101Z-jv14kvhp"],"nothing_new":[],"kept":[],"unread":[]}"#);
}

#[test]
fn branches_of_several_replicas_become_one_library() {
    let repo = repo();
    let branch = open_branch(&repo);
    let repo = repo.record(&execution("add c", ["c", "d"], "failed"));
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(branches(&repo), "", "{branch} is merged, too");
    // The notes had taught this clone what the other's branch holds: that is no second merge.
    let merges = repo.git(["rev-list", "--min-parents=2", "--count", LEARNING]);
    assert_eq!(merges, "1");
    assert_eq!(repo.orchestrate(["patterns", "--json"]).json().as_array().map(Vec::len), Some(2));
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn a_branch_that_a_work_tree_has_checked_out_stays() {
    let repo = repo();
    let branch = open_branch(&repo);
    repo.git(["worktree", "add", "-q", "../other", &branch]);
    assert_snapshot!(repo.orchestrate(["merge"]).code(0).screen(), @"
    Merged 1 branch into refs/orchestrate/learning (777562b)
      Discover a → b: 1 of 1 run passed
    ! warning: the branch learning/20261120T090000Z-0000aaaa is merged and stays, because a work tree has it checked out
    ");
    assert_eq!(branches(&repo), format!("refs/heads/{branch}"));
    let before = refs(&repo);
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(refs(&repo), before);
}

#[test]
fn a_branch_of_somebody_under_the_prefix_is_left_alone() {
    let repo = repo().file("main.rs", "fn main() {}").commit("a program");
    repo.git(["branch", "learning/rust"]);
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(branches(&repo), "refs/heads/learning/rust");
    assert!(!repo.git(["ls-tree", "-r", "--name-only", LEARNING]).contains("main.rs"));
    repo.orchestrate(["check"]).code(0);
    repo.orchestrate(["deinit", "--purge", "--yes"]).code(0);
    assert_eq!(branches(&repo), "refs/heads/learning/rust");
}

#[test]
fn a_branch_named_as_the_prefix_is_in_the_way() {
    let repo = repo();
    repo.git(["branch", "learning"]);
    assert_snapshot!(repo.orchestrate(["merge"]).code(128).screen(), @"
    ! error: the branch learning is in the way of learning branches named learning/…
    ! hint: rename it (`git branch -m learning learning-old`) or choose another prefix (`git config orchestrate.learningPrefix <prefix>/`)
    ");
    repo.git(["config", "orchestrate.learningPrefix", "team/lessons"]);
    repo.git(["branch", "team"]);
    assert!(repo.orchestrate(["merge"]).code(128).stderr.contains("the branch team is in the way"));
    repo.git(["branch", "-D", "-q", "team"]);
    let merged = repo.orchestrate(["merge", "--json"]).code(0).json();
    assert!(merged["merged"][0].as_str().is_some_and(|name| name.starts_with("team/lessons/")), "{merged}");
}

#[test]
fn two_clones_that_adopt_each_other_end_with_one_library() {
    let origin = TestRepo::new().commit("start");
    let one = TestRepo::clone_of(&origin).record(&execution("add a", ["a", "b"], "passed"));
    let two = TestRepo::clone_of(&origin)
        .with_later_clock()
        .record(&execution("add a", ["a", "b"], "failed"))
        .record(&execution("add c", ["c", "d"], "passed"));
    for (clone, other) in [(&one, &two), (&two, &one)] {
        clone.orchestrate(["merge"]).code(0);
        clone.git(["remote", "add", "friend", other.path().to_str().expect("UTF-8")]);
        clone.git(["config", "orchestrate.remote", "friend"]);
    }
    assert_ne!(tree(&one), tree(&two));
    assert_snapshot!(one.orchestrate(["init"]).code(0).screen(), @"
    Ready: this clone is replica jv14kvhp
    the remote friend taught us 2 executions and 1 pattern that were new here
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    two.orchestrate(["init"]).code(0);
    assert_eq!(tree(&one), tree(&two));
    assert_eq!(one.executions(), two.executions());
    // Once more in turn: nothing moves.
    let tips = |clone: &TestRepo| clone.git(["rev-parse", LEARNING, "refs/notes/orchestrate"]);
    let before = tips(&two);
    for clone in [&one, &two, &one] {
        clone.orchestrate(["init"]).code(0);
        clone.orchestrate(["merge"]).code(0);
    }
    assert_eq!((tips(&one), tips(&two)), (before.clone(), before));
    let shared = one.orchestrate(["patterns", "show", "a-b", "--json"]).json()["tally"].clone();
    assert_eq!((&shared["passed"], &shared["failed"]), (&1.into(), &1.into()));
    one.orchestrate(["check"]).code(0);
    two.orchestrate(["check"]).code(0);
}

#[test]
fn a_copied_clone_counts_once() {
    let repo = repo();
    let copy = TestRepo::nowhere();
    let status = repo.command("cp").arg("-r").arg(repo.path().join(".git")).arg(copy.path()).status();
    assert!(status.expect("it starts").success());
    for clone in [&repo, &copy] {
        clone.orchestrate(["merge"]).code(0);
    }
    // Both go on under one replica id, and both count the run that they share.
    let copy = copy.with_later_clock().record(&execution("add a again", ["a", "b"], "passed"));
    copy.orchestrate(["merge"]).code(0);
    repo.git(["remote", "add", "origin", copy.path().to_str().expect("UTF-8")]);
    repo.orchestrate(["init"]).code(0);
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(repo.orchestrate(["patterns", "--json"]).json()[0]["tally"]["passed"], 2);
    assert_eq!(tree(&repo), tree(&copy));
}

#[test]
fn a_lowered_cell_a_moved_pattern_and_a_lost_file_are_put_right() {
    for mend in ["lower", "move", "lose"] {
        let repo = TestRepo::new().commit("start").record(
            &[execution("one", ["a", "b"], "passed"), execution("two", ["a", "b"], "passed")].join("\n"),
        );
        repo.orchestrate(["merge"]).code(0);
        let right = tree(&repo);
        match mend {
            "lower" => repo.edit_tree(LEARNING, |text| text.replace("passed = 2", "passed = 1")),
            "move" => repo.move_in_tree(LEARNING, "patterns/discovered/sequential", "patterns/learned"),
            _ => repo.remove_from_tree(LEARNING, "epoch"),
        }
        assert_ne!(tree(&repo), right);
        repo.orchestrate(["check"]).code(1);
        repo.orchestrate(["merge"]).code(0);
        assert_eq!(tree(&repo), right, "{mend}");
        repo.orchestrate(["check"]).code(0);
    }
}

#[test]
fn a_pattern_that_can_not_be_read_is_no_reason_to_commit_for_ever() {
    let repo = repo();
    repo.orchestrate(["merge"]).code(0);
    repo.write_in_tree(LEARNING, "patterns/discovered/sequential/a-b-3696f7104dac.toml", "id = [broken\n");
    repo.orchestrate(["merge"]).code(0);
    let before = refs(&repo);
    for _ in 0..2 {
        repo.orchestrate(["merge"]).code(0);
        assert_eq!(refs(&repo), before);
    }
    // A branch that adds nothing to it goes, without a commit.
    repo.git(["update-ref", "refs/heads/learning/20261120T090000Z-0000aaaa", &format!("{LEARNING}~1")]);
    repo.git(["update-ref", "refs/heads/learning/20261120T090000Z-0000bbbb", &format!("{LEARNING}~1^2")]);
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(refs(&repo), before);
}

#[test]
fn clones_with_one_tree_and_two_histories_do_not_merge_for_ever() {
    let one = repo();
    let two = TestRepo::clone_of(&one).with_later_clock();
    two.git(["fetch", "-q", "origin", "refs/notes/*:refs/notes/*"]);
    for clone in [&one, &two] {
        clone.orchestrate(["merge"]).code(0);
    }
    assert_eq!(tree(&one), tree(&two));
    let before = two.git(["rev-parse", LEARNING]);
    assert_ne!(before, one.git(["rev-parse", LEARNING]));
    two.orchestrate(["init"]).code(0);
    assert_eq!(two.git(["rev-parse", LEARNING]), before);
}
