//! `log`.

use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::{Ran, TestRepo, execution};

#[test]
fn an_empty_log_says_how_to_begin() {
    let repo = TestRepo::new();
    assert_snapshot!(repo.orchestrate(["log"]).code(0).screen(), @r#"
    no executions yet
    ! hint: `git orchestrate run "what you want"` makes one, `record` keeps one that ran elsewhere
    "#);
    assert_eq!(repo.orchestrate(["log", "--json"]).code(0).screen(), "");
}

fn repo() -> TestRepo {
    TestRepo::new()
        .commit("start")
        .record(&execution("add a licence", ["licence", "check"], "passed"))
        .record(&execution(
            "add a workflow that builds, tests and releases the program",
            ["ci", "check"],
            "failed",
        ))
}

#[test]
fn the_latest_execution_comes_first() {
    assert_snapshot!(repo().orchestrate(["log"]).code(0).screen(), @"
    execution  when       outcome  steps  took  commit   request
    r0ezy1yw   1 min ago  failed       2     -  2720ca2  add a workflow that builds, tests and r…
    k0kk6zrv   1 min ago  passed       2     -  2720ca2  add a licence
    ");
}

#[test]
fn a_number_and_an_outcome_narrow_it_down() {
    let repo = repo();
    let lines = |ran: Ran| ran.code(0).stdout.lines().count();
    assert_eq!(lines(repo.orchestrate(["log", "--json", "-n", "1"])), 1);
    assert_eq!(lines(repo.orchestrate(["log", "--json", "--outcome", "failed"])), 1);
    assert_eq!(lines(repo.orchestrate(["log", "--json", "--outcome", "aborted"])), 0);
    repo.orchestrate(["log", "--outcome", "great"]).code(2);
}

#[test]
fn what_no_execution_is_like_is_not_called_none_yet() {
    assert_snapshot!(repo().orchestrate(["log", "--outcome", "aborted"]).code(0).screen(), @"no execution ended aborted");
}

#[test]
fn json_is_the_record_as_it_is_stored() {
    let repo = repo();
    let printed = repo.orchestrate(["log", "--json", "-n", "1"]).code(0).stdout;
    let note = repo.git(["notes", "--ref=orchestrate", "show"]);
    assert!(note.lines().any(|line| line == printed.trim_end()), "{printed}");
}

#[test]
fn a_request_cannot_move_the_cursor() {
    let repo = TestRepo::new().commit("start");
    repo.orchestrate_with(["record"], &execution(r"red \u001b[31m\u202etxt\u0007", ["a", "b"], "passed"))
        .code(0);
    for verb in ["log", "show", "patterns", "status"] {
        let screen = repo.orchestrate([verb]).code(0).screen();
        assert!(!screen.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{screen:?}");
    }
    // C1 controls are no escape sequences in seven bits, and terminals obey them as well.
    repo.orchestrate_with(["record"], &execution(r"red \u009b31m\u061c\u200btxt", ["a", "b"], "passed"))
        .code(0);
    for arguments in [["log", "--json"], ["show", "--json"], ["log", "-n9"]] {
        let screen = repo.orchestrate(arguments).code(0).screen();
        assert!(!screen.contains(['\u{9b}', '\u{61c}', '\u{200b}', '\u{202e}']), "{screen:?}");
    }
    assert_eq!(repo.executions()[0]["request"], "red \u{9b}31m\u{61c}\u{200b}txt");
}

#[test]
fn a_full_disk_is_no_success_and_a_reader_that_left_is_no_failure() {
    let repo = repo();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let ran = Ran::of(&repo.program().arg("log").stdout(full).output().expect("it starts"));
    assert_snapshot!(ran.code(4).screen(), @"
    ! error: standard output could not be written to the end
    ! hint: look whether the disk is full
    ");
    let mut program = repo.program();
    let mut child =
        program.arg("log").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    assert_eq!(Ran::of(&child.wait_with_output().expect("it ends")).code(0).screen(), "");
}
