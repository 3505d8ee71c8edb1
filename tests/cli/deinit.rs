//! `deinit`.

use assert_cmd::cargo::cargo_bin;
use std::io::Write;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::{Ran, TestRepo, execution};

#[test]
fn the_configuration_is_as_it_was_byte_for_byte() {
    for before in [
        "",
        "[notes]\n\t# mine\n\trewriteRef = refs/notes/own\n",
        "# the end\n\n[alias]\n    st = status ; short\n",
        "[notes]\n\t; to be filled\n",
        "[notes]\n\tdisplayRef = refs/notes/*\n[user]\n\tname = B",
    ] {
        let repo = TestRepo::new().commit("start");
        let config = format!("{}{before}", repo.read(".git/config"));
        repo.write(".git/config", &config);
        repo.orchestrate(["init"]).code(0);
        assert_ne!(repo.read(".git/config"), config);
        repo.orchestrate(["deinit"]).code(0);
        assert_eq!(repo.read(".git/config").trim_end(), config.trim_end(), "{before:?}");
    }
}

#[test]
fn every_setting_of_ours_goes() {
    let repo = TestRepo::new().commit("start");
    let before = repo.read(".git/config");
    repo.orchestrate(["init"]).code(0);
    for (key, value) in [
        ("orchestrate.jobs", "2"),
        ("orchestrate.privacy", "words"),
        ("orchestrate.marketplace.mine.source", "/nowhere"),
    ] {
        repo.git(["config", key, value]);
    }
    repo.orchestrate(["deinit"]).code(0);
    assert_eq!(repo.read(".git/config"), before);
    assert!(!repo.path().join(".git/orchestrate").exists());
}

#[test]
fn what_was_recorded_stays() {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    repo.orchestrate(["merge"]).code(0);
    let before = repo.git(["for-each-ref"]);
    assert_snapshot!(repo.orchestrate(["deinit"]).code(0).screen(), @"
    The settings and files of git-orchestrate are gone from this clone
    what was recorded and learned stays; `git orchestrate deinit --purge` deletes it
    ");
    assert_eq!(repo.git(["for-each-ref"]), before);
    assert_eq!(repo.executions().len(), 1);
}

#[test]
fn a_purge_is_asked_for_and_then_deletes_everything_of_ours() {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    repo.orchestrate(["merge"]).code(0);
    repo.git(["update-ref", "refs/orchestrate/runs/01KAG4E1000000000000000001", "HEAD"]);
    repo.git(["update-ref", "refs/heads/learning/20261120T090000Z-0000aaaa", "refs/orchestrate/learning"]);
    let before = repo.git(["for-each-ref"]);
    assert_snapshot!(repo.orchestrate(["deinit", "--purge"]).code(5).screen(), @"
    ! error: nothing was deleted
    ! hint: `--yes` says yes
    ");
    assert_eq!(repo.git(["for-each-ref"]), before);
    assert_snapshot!(repo.orchestrate(["deinit", "--purge", "--yes"]).code(0).screen(), @"
    The settings and files of git-orchestrate are gone from this clone
    deleted 4 refs
    ");
    assert_eq!(repo.git(["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    repo.git(["fsck", "--strict"]);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
fn on_a_terminal_the_answer_counts() {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    let answer = |answer: &str| {
        let program = cargo_bin!("git-orchestrate").display();
        let mut command = repo.command("script");
        command.args(["-qec", &format!("'{program}' deinit --purge"), "/dev/null"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        drop(child.stdin.take().expect("piped").write_all(answer.as_bytes()));
        Some(Ran::of(&child.wait_with_output().expect("it ends")))
    };
    let Some(no) = answer("\n") else {
        eprintln!("skipped: there is no `script` to make a terminal");
        return;
    };
    let question = "Delete 1 ref with everything that was recorded and learned? [y/N]";
    assert!(no.code(5).stdout.contains(question));
    assert_eq!(repo.executions().len(), 1);
    assert!(answer("y\n").expect("it was there").code(0).stdout.contains("deleted 1 ref"));
    assert!(repo.executions().is_empty());
}

#[test]
fn a_branch_that_a_work_tree_has_checked_out_survives_a_purge() {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    repo.orchestrate(["merge"]).code(0);
    let branch = "learning/20261120T090000Z-0000aaaa";
    repo.git(["update-ref", &format!("refs/heads/{branch}"), "refs/orchestrate/learning^2"]);
    repo.git(["update-ref", "refs/heads/learning/mine", "HEAD"]);
    repo.git(["worktree", "add", "-q", "../other", branch]);
    assert_snapshot!(repo.orchestrate(["deinit", "--purge", "--yes"]).code(0).screen(), @"
    The settings and files of git-orchestrate are gone from this clone
    deleted 2 refs
    ! warning: the branch learning/20261120T090000Z-0000aaaa stays, because a work tree has it checked out
    ");
    let left = repo.git(["for-each-ref", "--format=%(refname:short)"]);
    assert_eq!(left, format!("{branch}\nlearning/mine\nmain"));
    assert_eq!(repo.git(["-C", "../other", "status", "--porcelain"]), "");
}

#[test]
fn a_second_time_is_fine() {
    let repo = TestRepo::new();
    repo.orchestrate(["deinit"]).code(0);
    let gone = repo.orchestrate(["deinit", "--purge", "--json"]).code(0).json();
    assert_eq!(gone["deleted_refs"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_waits_in_the_spool_is_recorded_before_the_folder_goes() {
    let repo = TestRepo::new().commit("start");
    repo.orchestrate_with(["record", "--spool"], &execution("add a", ["a", "b"], "passed")).code(0);
    repo.orchestrate(["deinit"]).code(0);
    assert_eq!(repo.git(["notes", "--ref=orchestrate", "show"]).lines().count(), 1);
}
