//! `record`.

use insta::assert_snapshot;

use crate::support::{TestRepo, execution};

const ID: &str = "01KAG4E1000000000000000001";

fn repo() -> TestRepo {
    TestRepo::new().commit("start")
}

/// An execution with this id.
fn with_id(id: &str, request: &str) -> String {
    execution(request, ["a", "b"], "passed").replacen('{', &format!(r#"{{"id":"{id}","#), 1)
}

fn note(repo: &TestRepo) -> String {
    repo.git(["notes", "--ref=orchestrate", "show"])
}

fn has_notes(repo: &TestRepo) -> bool {
    !repo.git(["for-each-ref", "refs/notes"]).is_empty()
}

#[test]
fn a_batch_is_one_notes_commit() {
    let repo = repo();
    let batch =
        [execution("add a", ["a", "b"], "passed"), execution("add c", ["a", "c"], "failed")].join("\n");
    let ran = repo.orchestrate_with(["record"], &batch).code(0);
    assert_eq!(ran.stdout, "recorded 2 executions\n");
    assert_eq!(repo.git(["rev-list", "--count", "refs/notes/orchestrate"]), "1");
    assert_eq!(note(&repo).lines().count(), 2);
    assert_eq!(repo.executions().len(), 2);
}

#[test]
fn a_line_is_filled_up_and_canonical() {
    let repo = repo();
    let line = r#"{"zebra":2.50,"outcome":"passed","apple":1.0,"request":"add a licence","steps":[{"outcome":"passed","component":"market/plugin/skill/licence","note":"x"}]}"#;
    repo.orchestrate_with(["record"], line).code(0);
    assert_snapshot!(note(&repo), @r#"{"id":"01M7VZGDYG7R9F0Y2PK0KK6ZRV","v":1,"kind":"execution","at":"2026-11-20T08:00:02.000Z","request":"add a licence","words":["add","licens"],"source":"record","replica":"jv14kvhp","author":"15c361c6e15ae760","commit":"2720ca23c977cd7e5b2c029f13c75da6522078cd","tree":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","pattern":"licence-c39d6520c012","steps":[{"component":"market/plugin/skill/licence","outcome":"passed","note":"x"}],"outcome":"passed","apple":1,"zebra":2.5}"#);
}

#[test]
fn what_has_not_happened_yet_is_refused() {
    let repo = repo();
    let at =
        |at: &str| execution("add a", ["a", "b"], "passed").replacen('{', &format!(r#"{{"at":"{at}","#), 1);
    assert_snapshot!(repo.orchestrate_with(["record"], &at("2026-12-20T08:00:00Z")).code(2).stderr, @"
    error: line 1: not a record: its time is 2026-12-20T08:00:00.000Z, and it is 2026-11-20T08:00:02.000Z now
    hint: nothing was recorded; `git orchestrate record --help` shows what a line needs
    ");
    assert!(!has_notes(&repo));
    // Clocks differ.
    repo.orchestrate_with(["record"], &at("2026-11-21T07:00:00Z")).code(0);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn records_come_from_a_file_too() {
    let repo = repo().file("runs.jsonl", &execution("add a", ["a", "b"], "passed"));
    let ran = repo.orchestrate(["record", "--file", "runs.jsonl", "--json"]).code(0);
    assert_snapshot!(ran.screen(), @r#"{"ids":["01M7VZGDYG7R9F0Y2PK0KK6ZRV"],"known":0,"recorded":1,"v":1}"#);
    let ran = repo.orchestrate(["record", "--file", "none.jsonl"]).code(2);
    assert_snapshot!(ran.screen(), @"! error: cannot read none.jsonl: No such file or directory (os error 2)");
}

#[test]
fn a_record_goes_to_the_commit_that_it_names_then_to_that_of_the_command_line() {
    let repo = repo().commit("second").commit("third");
    let plain = execution("add a", ["a", "b"], "passed");
    let own = execution("add b", ["a", "b"], "passed").replacen('{', r#"{"commit":"HEAD~2","#, 1);
    repo.orchestrate_with(["record", "--commit", "HEAD~1"], &format!("{plain}\n{own}")).code(0);
    let annotated = |rev: &str| {
        let note = repo.git(["notes", "--ref=orchestrate", "show", rev]);
        assert!(note.contains(&format!(r#""commit":"{}""#, repo.git(["rev-parse", rev]))), "{note}");
        note
    };
    assert!(annotated("HEAD~1").contains("add a"));
    assert!(annotated("HEAD~2").contains("add b"));
}

#[test]
fn one_wrong_line_keeps_the_whole_batch_out() {
    let repo = repo();
    let good = execution("add a", ["a", "b"], "passed");
    let ran = repo.orchestrate_with(["record"], &format!("{good}\n\n{{\"request\":\"x\"}}\n{good}")).code(2);
    assert_snapshot!(ran.screen(), @"
    ! error: line 3: not a record: missing field `steps`
    ! hint: nothing was recorded; `git orchestrate record --help` shows what a line needs
    ");
    assert!(!has_notes(&repo));
}

#[test]
fn what_is_wrong_with_a_line_is_said() {
    let repo = repo().file("readme", "x").commit("with a file");
    let steps = r#""steps":[{"component":"m/p/skill/a","outcome":"passed"}]"#;
    let mut screens = String::new();
    for line in [
        "request: add a".to_owned(),
        "[1, 2]".to_owned(),
        r#"{"request": "add a""#.to_owned(),
        "{}".to_owned(),
        format!(r#"{{{steps},"outcome":"passed"}}"#),
        format!(r#"{{"request":"x",{steps}}}"#),
        r#"{"request":"x","steps":[],"outcome":"passed"}"#.to_owned(),
        format!(r#"{{"request":"x",{steps},"outcome":"great"}}"#),
        r#"{"request":"x","steps":[{"component":"a/b\u001b[31m/c/d","outcome":"passed"}],"outcome":"passed"}"#.to_owned(),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","v":2}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","kind":"commit"}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","id":"1"}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","at":"yesterday"}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","replica":"A B"}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","commit":"nowhere"}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","commit":7}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","commit":"HEAD^{{tree}}"}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","predicted":{{"success":7}}}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","actual":{{"context":-1}}}}"#),
        format!(r#"{{"request":"x",{steps},"outcome":"passed","zz":[18446744073709551616]}}"#),
    ] {
        let ran = repo.orchestrate_with(["record"], &line).code(2);
        assert!(ran.stdout.is_empty());
        let (message, hint) = ran.stderr.split_once('\n').expect("two lines");
        assert!(hint.starts_with("hint: nothing was recorded"), "{hint}");
        screens.push_str(&format!("{message}\n"));
    }
    assert_snapshot!(screens, @r#"
    error: line 1: not a record: expected value (column 1)
    error: line 1: not a record: invalid type: sequence, expected a map
    error: line 1: not a record: EOF while parsing an object (column 19)
    error: line 1: not a record: missing field `steps`
    error: line 1: not a record: missing field `request`
    error: line 1: not a record: missing field `outcome`
    error: line 1: not a record: an execution has at least one step
    error: line 1: not a record: unknown variant `great`, expected one of `passed`, `failed`, `environment`, `aborted`
    error: line 1: not a record: `a/b\u{1b}[31m/c/d` is not a component (marketplace/plugin/kind/name)
    error: line 1: not a record: its version is 2, and this program knows version 1
    error: line 1: not a record: its kind is "commit", not execution, correction or forget
    error: line 1: not a record: `1` is not a ULID (26 characters of 0-9A-Z without I, L, O, U)
    error: line 1: not a record: `yesterday` is not an RFC 3339 time such as 2026-11-20T08:00:00.000Z
    error: line 1: not a record: `A B` is not a replica (a-z, 0-9, - and _)
    error: line 1: its commit: `nowhere` names no object
    error: line 1: its commit is 7, not a revision
    error: line 1: its commit: `HEAD^{tree}` is not a commit
    error: line 1: not a record: predicted.success is 7, not a probability (0 to 1)
    error: line 1: not a record: actual.context is -1, not a share of the window
    error: line 1: not a record: the number 18446744073709551616 is too large to be kept (64 bits); give it as text
    "#);
    assert!(!has_notes(&repo));
}

#[test]
fn a_line_that_is_not_text_is_named() {
    let repo = repo();
    std::fs::write(repo.path().join("runs"), b"\n\n{\"request\":\"\xff\"}\n").expect("written");
    assert_snapshot!(repo.orchestrate(["record", "--file", "runs"]).code(2).screen(), @"
    ! error: line 3: not UTF-8
    ! hint: nothing was recorded; `git orchestrate record --help` shows what a line needs
    ");
}

#[test]
fn a_line_of_more_than_a_mebibyte_is_refused() {
    let repo = repo();
    let line = |length: usize| execution(&"x".repeat(length), ["a", "b"], "passed");
    let fits = (1 << 20) - line(0).len();
    repo.orchestrate_with(["record"], &line(fits)).code(0);
    assert_snapshot!(repo.orchestrate_with(["record"], &line(fits + 1)).code(2).screen(), @"
    ! error: line 1: 1048577 bytes are too many (at most 1048576)
    ! hint: nothing was recorded; `git orchestrate record --help` shows what a line needs
    ");
}

#[test]
fn empty_input_is_an_error_and_blank_lines_and_carriage_returns_are_not() {
    let repo = repo();
    assert_snapshot!(repo.orchestrate_with(["record"], "\n  \n").code(2).screen(), @"
    ! error: there is no record to keep: the input is empty
    ! hint: give one JSON object a line; `git orchestrate record --help` shows one
    ");
    let line = execution("add a", ["a", "b"], "passed");
    let ran = repo.orchestrate_with(["record"], &format!("\u{feff}\r\n{line}\r\n\r\n{line}\r\n")).code(0);
    assert_eq!(ran.stdout, "recorded 2 executions\n");
    assert!(!note(&repo).contains('\r'));
}

#[test]
fn the_same_record_again_is_known() {
    let repo = repo();
    let line = with_id(ID, "add a");
    assert_eq!(repo.orchestrate_with(["record"], &line).code(0).stdout, "recorded 1 execution\n");
    let tip = repo.git(["rev-parse", "refs/notes/orchestrate"]);
    let ran = repo.orchestrate_with(["record"], &format!("{line}\n{line}")).code(0);
    assert_snapshot!(ran.screen(), @"recorded 0 executions, 2 known already");
    assert_eq!(repo.git(["rev-parse", "refs/notes/orchestrate"]), tip);
}

#[test]
fn the_same_record_after_another_commit_is_known_too() {
    let repo = repo().record(&with_id(ID, "add a")).commit("next");
    let ran = repo.orchestrate_with(["record"], &with_id(ID, "add a")).code(0);
    assert_eq!(ran.stdout, "recorded 0 executions, 1 known already\n");
    repo.orchestrate(["check"]).code(0);
    assert_eq!(repo.executions().len(), 1);
}

#[test]
fn another_record_under_a_known_id_is_refused() {
    let repo = repo().record(&with_id(ID, "add a")).commit("next");
    let batch = [execution("fine", ["a", "b"], "passed"), with_id(ID, "add b")].join("\n");
    assert_snapshot!(repo.orchestrate_with(["record"], &batch).code(1).screen(), @"
    ! error: record 01KAG4E1000000000000000001 is there already and says something else
    ! hint: records are never changed: record a correction with a new id and this one as its target
    ");
    let other = "01KAG4E1000000000000000002";
    let batch = [with_id(other, "one"), with_id(other, "two")].join("\n");
    repo.orchestrate_with(["record"], &batch).code(1);
    assert_eq!(repo.executions().len(), 1);
}

#[test]
fn secrets_do_not_enter_a_note() {
    let repo = repo();
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let line = execution(&format!("push with {token}"), ["a", "b"], "passed").replacen(
        '{',
        &format!(r#"{{"env":{{"TOKEN":"{token}"}},"#),
        1,
    );
    repo.orchestrate_with(["record"], &line).code(0);
    let note = note(&repo);
    assert!(!note.contains(&token), "{note}");
    assert!(note.contains(r#""request":"push with [redacted GitHub token]""#), "{note}");
    assert!(note.contains(r#""env":{"TOKEN":"[redacted GitHub token]"}"#), "{note}");
}

#[test]
fn secrets_behind_a_prefix_or_in_a_field_of_that_name_do_not_enter_a_note() {
    let repo = repo();
    let line = execution("set DB_PASSWORD=hunter22x at https://:hunter22x@host", ["a", "b"], "passed");
    let fields = r#"{"env":{"password":"hunter22x"},"api_key":"hunter22x","x token=hunter22x":1,"#;
    repo.orchestrate_with(["record"], &line.replacen('{', fields, 1)).code(0);
    let note = note(&repo);
    assert!(!note.contains("hunter22x"), "{note}");
    assert!(note.contains(r#""env":{"password":"[redacted secret]"}"#), "{note}");
}

#[test]
fn privacy_keeps_the_request_out() {
    let repo = repo();
    for (privacy, request, words) in [("words", false, true), ("none", false, false), ("text", true, true)] {
        repo.git(["config", "orchestrate.privacy", privacy]);
        repo.orchestrate_with(["record"], &execution("add a licence", ["a", "b"], "passed")).code(0);
        let latest = repo.executions().remove(0);
        assert_eq!((latest.get("request").is_some(), latest.get("words").is_some()), (request, words));
    }
}

#[test]
fn an_unborn_branch_annotates_the_empty_tree() {
    let repo = TestRepo::new().record(&execution("add a", ["a", "b"], "passed"));
    let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    assert!(repo.git(["notes", "--ref=orchestrate", "show", empty]).contains("add a"));
    assert!(repo.orchestrate(["show"]).code(0).stdout.starts_with("add a\n"));
    // What `log --json` prints can be recorded again.
    let log = repo.orchestrate(["log", "--json"]).code(0).stdout;
    let ran = repo.orchestrate_with(["record"], &log).code(0);
    assert_eq!(ran.stdout, "recorded 0 executions, 1 known already\n");
}

#[test]
fn a_correction_gives_an_execution_another_outcome() {
    let repo = repo().record(&with_id(ID, "add a")).commit("next");
    let line = format!(r#"{{"kind":"correction","target":"{ID}","outcome":"failed","reason":"no licence"}}"#);
    assert_snapshot!(repo.orchestrate_with(["record"], &line).code(0).screen(), @"recorded 1 record");
    assert_snapshot!(repo.git(["notes", "--ref=orchestrate", "show", "HEAD~1"]), @r#"
    {"id":"01KAG4E1000000000000000001","v":1,"kind":"execution","at":"2025-11-20T08:00:00.000Z","request":"add a","words":["add"],"source":"record","replica":"jv14kvhp","author":"15c361c6e15ae760","commit":"2720ca23c977cd7e5b2c029f13c75da6522078cd","tree":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","pattern":"a-b-3696f7104dac","steps":[{"component":"market/plugin/skill/a","outcome":"passed"},{"component":"market/plugin/skill/b","outcome":"passed"}],"outcome":"passed"}
    {"id":"01M7VZJ7J8JH4JA572R0EZY1YW","v":1,"kind":"correction","at":"2026-11-20T08:01:01.000Z","replica":"jv14kvhp","author":"15c361c6e15ae760","outcome":"failed","target":"01KAG4E1000000000000000001","reason":"no licence"}
    "#);
    assert_eq!(repo.executions()[0]["outcome"], "failed");
    assert_eq!(repo.orchestrate(["patterns", "--json"]).json()[0]["tally"]["failed"], 1);
}

#[test]
fn a_forgotten_execution_does_not_count_any_more() {
    let repo = repo().record(&with_id(ID, "add a"));
    repo.orchestrate(["merge"]).code(0);
    let line = format!(r#"{{"kind":"forget","target":"{ID}"}}"#);
    repo.orchestrate_with(["record"], &line).code(0);
    repo.orchestrate(["merge"]).code(0);
    assert!(repo.executions().is_empty());
    let tally = &repo.orchestrate(["patterns", "--json"]).json()[0]["tally"];
    assert_eq!((&tally["passed"], &tally["failed"]), (&0.into(), &0.into()));
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn an_amendment_needs_a_target_and_a_correction_an_outcome() {
    let repo = repo();
    let mut screens = String::new();
    for line in [
        r#"{"kind":"forget"}"#,
        r#"{"kind":"forget","target":"HEAD"}"#,
        r#"{"kind":"correction","target":"01KAG4E1000000000000000001"}"#,
    ] {
        screens.push_str(&repo.orchestrate_with(["record"], line).code(2).stderr);
    }
    assert_snapshot!(screens, @"
    error: line 1: not a record: missing field `target`
    hint: nothing was recorded; `git orchestrate record --help` shows what a line needs
    error: line 1: not a record: `HEAD` is not a ULID (26 characters of 0-9A-Z without I, L, O, U)
    hint: nothing was recorded; `git orchestrate record --help` shows what a line needs
    error: line 1: not a record: missing field `outcome`
    hint: nothing was recorded; `git orchestrate record --help` shows what a line needs
    ");
    let early = format!(r#"{{"kind":"forget","target":"{ID}"}}"#);
    assert_snapshot!(repo.orchestrate_with(["record"], &early).code(0).screen(), @"
    recorded 1 record
    ! warning: line 1: no record 01KAG4E1000000000000000001 is here yet; it counts once it is
    ");
}
