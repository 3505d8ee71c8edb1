//! `check`.

use insta::assert_snapshot;

use crate::support::{Ran, TestRepo, execution};

const LEARNING: &str = "refs/orchestrate/learning";
const PATTERN: &str = "patterns/discovered/sequential/a-b-3696f7104dac.toml";

/// Two runs of `a → b`, merged.
fn repo() -> TestRepo {
    let runs = [execution("one", ["a", "b"], "passed"), execution("two", ["a", "b"], "passed")];
    let repo = TestRepo::new().commit("start").record(&runs.join("\n"));
    repo.orchestrate(["merge"]).code(0);
    repo
}

/// What failed, with its cure.
fn failures(ran: Ran) -> String {
    let Ran { stdout, stderr, .. } = ran.code(1);
    stdout
        .lines()
        .filter(|line| !line.starts_with("passed"))
        .chain(stderr.lines())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn fresh_results_pass() {
    assert_snapshot!(repo().orchestrate(["check"]).code(0).screen(), @"
    passed format: refs/notes/orchestrate: every line of the notes is a record (2 in all)
    passed one-bytes-per-id: refs/notes/orchestrate: every id has one line
    passed format: refs/orchestrate/learning: every file can be read (6 in all)
    passed folder: refs/orchestrate/learning: every pattern is where its evidence places it
    passed cells: refs/orchestrate/learning: every cell equals the recount of the notes (2 in all)
    passed bytes: refs/orchestrate/learning: every file has its one canonical form
    passed paths: refs/orchestrate/learning: every entry is a plain file with a plain name
    passed characters: refs/orchestrate/learning: no text holds what nobody sees
    passed join: refs/orchestrate/learning: nothing that was known is lost
    passed months: refs/orchestrate/learning: nothing is later than the commit that brought it
    ! 10 passed, 0 not checked, 0 failed
    ");
    let verdict = repo().orchestrate(["check", "--json"]).code(0).json();
    assert_eq!((&verdict["v"], &verdict["status"]), (&1.into(), &"passed".into()));
}

#[test]
fn where_nothing_is_nothing_was_checked() {
    assert_snapshot!(TestRepo::new().orchestrate(["check"]).code(3).screen(), @"
    not checked format: refs/notes/orchestrate: neither notes nor learning are here
    ! 0 passed, 1 not checked, 0 failed
    ");
}

#[test]
fn without_the_notes_the_cells_are_not_checked() {
    let repo = repo();
    // Whether or not the objects are still there: what no ref leads to is known to nobody else.
    repo.git(["update-ref", "-d", "refs/notes/orchestrate"]);
    let there = repo.orchestrate(["check"]).code(3);
    repo.git(["reflog", "expire", "--expire=now", "--all"]);
    repo.git(["gc", "-q", "--prune=now"]);
    assert_eq!(repo.orchestrate(["check"]).code(3).screen(), there.screen());
    assert_snapshot!(repo.orchestrate(["check"]).code(3).screen(), @"
    passed format: refs/orchestrate/learning: every file can be read (6 in all)
    passed folder: refs/orchestrate/learning: every pattern is where its evidence places it
    not checked cells: refs/orchestrate/learning: no notes here have the notes commit 5f61927 that was counted
    passed bytes: refs/orchestrate/learning: every file has its one canonical form
    passed paths: refs/orchestrate/learning: every entry is a plain file with a plain name
    passed characters: refs/orchestrate/learning: no text holds what nobody sees
    passed join: refs/orchestrate/learning: nothing that was known is lost
    passed months: refs/orchestrate/learning: nothing is later than the commit that brought it
    ! 7 passed, 1 not checked, 0 failed
    ! hint: fetch what is missing from a clone that has it
    ");
}

#[test]
fn a_raised_cell_fails_and_only_a_revert_helps() {
    let repo = repo();
    repo.edit_tree(LEARNING, |text| text.replace("passed = 2", "passed = 3"));
    assert_snapshot!(failures(repo.orchestrate(["check"])), @"
    failed cells: refs/orchestrate/learning:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed says 3, the notes say 2
    failed cells: refs/orchestrate/learning:plugins/market/plugin.toml (market/plugin/skill/a): the cell jv14kvhp 2026-11 passed says 3, the notes say 2
    failed cells: refs/orchestrate/learning:plugins/market/plugin.toml (market/plugin/skill/b): the cell jv14kvhp 2026-11 passed says 3, the notes say 2
    9 passed, 0 not checked, 3 failed
    hint: `git log -p refs/orchestrate/learning` shows the commit that brought it; `git revert COMMIT` in a `git worktree add --detach`, and `git update-ref refs/orchestrate/learning HEAD` there, take it back
    ");
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(1);
    // The cure, as it is worded.
    repo.git(["worktree", "add", "-q", "--detach", "../mend", LEARNING]);
    let mend = |arguments: &[&str]| {
        let status = repo.command("git").arg("-C").arg("../mend").args(arguments).status();
        assert!(status.expect("git starts").success(), "{arguments:?}");
    };
    mend(&["revert", "--no-edit", "HEAD"]);
    mend(&["update-ref", LEARNING, "HEAD"]);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn a_lowered_cell_fails() {
    let repo = repo();
    repo.edit_tree(LEARNING, |text| text.replace("passed = 2", "passed = 1"));
    assert_snapshot!(failures(repo.orchestrate(["check"])), @"
    failed cells: refs/orchestrate/learning:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed says 1, the notes say 2
    failed cells: refs/orchestrate/learning:plugins/market/plugin.toml (market/plugin/skill/a): the cell jv14kvhp 2026-11 passed says 1, the notes say 2
    failed cells: refs/orchestrate/learning:plugins/market/plugin.toml (market/plugin/skill/b): the cell jv14kvhp 2026-11 passed says 1, the notes say 2
    9 passed, 0 not checked, 3 failed
    hint: `git orchestrate merge` puts it right
    ");
}

#[test]
fn a_learning_branch_is_audited_before_it_is_merged() {
    let repo = repo();
    let branch = "refs/heads/learning/20261120T090000Z-0000aaaa";
    repo.git(["update-ref", branch, "refs/orchestrate/learning^2"]);
    repo.orchestrate(["check"]).code(0);
    repo.edit_tree(branch, |text| text.replace("passed = 2", "passed = 9"));
    assert_snapshot!(failures(repo.orchestrate(["check", "learning/20261120T090000Z-0000aaaa"])), @"
    failed cells: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed says 9, the notes say 2
    failed cells: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml (market/plugin/skill/a): the cell jv14kvhp 2026-11 passed says 9, the notes say 2
    failed cells: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml (market/plugin/skill/b): the cell jv14kvhp 2026-11 passed says 9, the notes say 2
    12 passed, 0 not checked, 3 failed
    hint: `git log -p learning/20261120T090000Z-0000aaaa` shows the commit that brought it; `git revert COMMIT` on learning/20261120T090000Z-0000aaaa takes it back
    ");
    repo.orchestrate(["check"]).code(1);
    repo.orchestrate(["check", LEARNING]).code(0);
}

#[test]
fn a_pattern_in_another_folder_fails() {
    let repo = repo();
    repo.move_in_tree(LEARNING, "patterns/discovered/sequential", "patterns/learned");
    assert_snapshot!(failures(repo.orchestrate(["check"])), @"
    failed folder: refs/orchestrate/learning:patterns/learned/a-b-3696f7104dac.toml: its evidence places it at patterns/discovered/sequential/a-b-3696f7104dac.toml
    9 passed, 0 not checked, 1 failed
    hint: `git orchestrate merge` puts it right
    ");
}

#[test]
fn a_pattern_that_is_no_toml_fails_is_passed_over_and_stays() {
    let repo = repo();
    repo.write_in_tree(LEARNING, PATTERN, "id = [broken\n");
    assert_snapshot!(failures(repo.orchestrate(["check"])), @"
    failed format: refs/orchestrate/learning:patterns/discovered/sequential/a-b-3696f7104dac.toml: unclosed array, expected `]`
    9 passed, 0 not checked, 1 failed
    hint: it is skipped and kept; `git revert` the commit that broke it
    ");
    let ran = repo.orchestrate(["patterns"]).code(0);
    assert_snapshot!(ran.stderr, @"warning: patterns/discovered/sequential/a-b-3696f7104dac.toml could not be read and is passed over: unclosed array, expected `]`");
    let repo = repo.record(&execution("three", ["c", "d"], "passed"));
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(repo.git(["show", &format!("{LEARNING}:{PATTERN}")]), "id = [broken");
}

#[test]
fn a_policy_without_sense_fails_is_passed_over_and_stays() {
    for bound in ["nan", "inf", "-0.5", "7.0"] {
        let repo = repo();
        repo.edit_tree(LEARNING, |text| text.replace("high = 0.9", &format!("high = {bound}")));
        let failed = failures(repo.orchestrate(["check"]));
        assert!(failed.contains("policy.toml: bands.high is "), "{failed}");
        assert!(repo.orchestrate(["patterns"]).code(0).stderr.contains("policy.toml could not be read"));
        let repo = repo.record(&execution("three", ["c", "d"], "passed"));
        repo.orchestrate(["merge"]).code(0);
        assert!(repo.git(["show", &format!("{LEARNING}:policy.toml")]).contains(&format!("high = {bound}")));
    }
}

#[test]
fn a_file_that_nobody_knows_is_named_and_kept() {
    for path in ["README.md", "plugins/more.toml", "plugins/market/deep/er.toml"] {
        let repo = repo();
        repo.write_in_tree(LEARNING, path, "ours\n");
        let failed = failures(repo.orchestrate(["check"]));
        assert_eq!(
            failed.lines().next(),
            Some(&*format!(
                "failed bytes: {LEARNING}:{path}: no file of a learning tree that this version knows"
            ))
        );
        let repo = repo.record(&execution("three", ["c", "d"], "passed"));
        repo.orchestrate(["merge"]).code(0);
        assert_eq!(repo.git(["show", &format!("{LEARNING}:{path}")]), "ours");
    }
}

#[test]
fn a_plugin_file_under_another_name_and_lost_files_fail_until_they_are_merged() {
    let repo = repo();
    repo.move_in_tree(LEARNING, "plugins/market", "plugins/zzz");
    repo.remove_from_tree(LEARNING, "forgotten");
    repo.remove_from_tree(LEARNING, "epoch");
    let failed = failures(repo.orchestrate(["check"]));
    for path in ["plugins/zzz/plugin.toml", "plugins/market/plugin.toml", "forgotten", "epoch"] {
        assert!(failed.contains(&format!("failed bytes: {LEARNING}:{path}: ")), "{failed}");
    }
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn what_was_counted_from_notes_that_never_came_is_not_checked() {
    let origin = TestRepo::bare();
    let sharing = |repo: &TestRepo| {
        repo.git(["remote", "add", "origin", origin.path().to_str().expect("UTF-8")]);
    };
    let one = TestRepo::new().commit("start").record(&execution("theirs", ["a", "b"], "passed"));
    let two =
        TestRepo::new().with_later_clock().commit("start").record(&execution("ours", ["a", "b"], "passed"));
    for repo in [&one, &two] {
        sharing(repo);
        repo.orchestrate(["merge"]).code(0);
    }
    one.git(["push", "-q", "origin", LEARNING]);
    let init = two.orchestrate(["init"]).code(0).stderr;
    assert!(init.contains("no notes here have the notes commit"), "{init}");
    two.orchestrate(["check"]).code(0);
    // Somebody takes it all the same.
    two.git(["fetch", "-q", "origin", &format!("+{LEARNING}:{LEARNING}")]);
    two.orchestrate(["merge"]).code(0);
    let not_checked = |repo: &TestRepo| {
        let screen = repo.orchestrate(["check"]).code(3).stdout;
        assert!(screen.contains("no notes here have the notes commit"), "{screen}");
    };
    not_checked(&two);
    // What is learned on top of it does not know more.
    let two = two.record(&execution("ours again", ["a", "b"], "passed"));
    two.orchestrate(["merge"]).code(0);
    not_checked(&two);
    assert_eq!(two.orchestrate(["patterns", "--json"]).json()[0]["tally"]["passed"], 3);
    // A cell that is too low is wrong whoever else counted.
    let tip = two.git(["rev-parse", LEARNING]);
    two.edit_tree(LEARNING, |text| text.replace("passed = 2", "passed = 1"));
    assert!(two.orchestrate(["check"]).code(1).stdout.contains("says 1, the notes say 2"));
    two.git(["update-ref", LEARNING, &tip]);
    // The notes arrive.
    one.git(["push", "-q", "origin", "refs/notes/orchestrate"]);
    two.orchestrate(["init"]).code(0);
    two.orchestrate(["check"]).code(0);
    let two = two.record(&execution("ours at last", ["a", "b"], "passed"));
    two.orchestrate(["merge"]).code(0);
    two.orchestrate(["check"]).code(0);
    let message = two.git(["log", "-1", "--format=%B", LEARNING]);
    assert_eq!(message.matches("Orchestrate-Notes: ").count(), 1, "{message}");
}

#[test]
fn a_ref_that_holds_something_else_stops_nobody_from_reading() {
    let repo = repo().file("main.rs", "fn main() {}").commit("a program");
    let branch = "refs/heads/learning/20261120T090000Z-0000aaaa";
    repo.git(["update-ref", branch, LEARNING]);
    repo.write_in_tree(branch, "format", "9\n");
    assert_snapshot!(repo.orchestrate(["patterns"]).code(0).stderr, @"warning: refs/heads/learning/20261120T090000Z-0000aaaa could not be read and is passed over: the learning tree has format 9, and this version reads format 1");
    assert_snapshot!(failures(repo.orchestrate(["check"])), @"
    failed format: learning/20261120T090000Z-0000aaaa:format: the learning tree has format 9, and this version reads format 1
    10 passed, 0 not checked, 1 failed
    hint: install a newer git-orchestrate, or `git revert` the commit that changed the file
    ");
    let repo = repo.record(&execution("three", ["c", "d"], "passed"));
    assert!(
        repo.orchestrate(["merge"]).code(0).stderr.contains("0000aaaa stays as it is: the learning tree")
    );
    assert!(repo.git(["for-each-ref"]).contains(branch));
    let (blob, commit) = (repo.git(["rev-parse", "HEAD:main.rs"]), repo.git(["rev-parse", "HEAD"]));
    for oid in [blob, commit] {
        std::fs::write(repo.path().join(".git").join(LEARNING), format!("{oid}\n")).expect("written");
        for verb in ["status", "patterns", "log"] {
            repo.orchestrate([verb]).code(0);
        }
        assert!(repo.orchestrate(["patterns"]).code(0).stdout.contains("2 of 2 passed"));
        assert!(failures(repo.orchestrate(["check"])).contains(&format!("failed format: {LEARNING}: ")));
        repo.orchestrate(["merge"]).code(128);
        assert_eq!(repo.git(["rev-parse", LEARNING]), oid);
    }
}

#[test]
fn a_file_that_is_lost_moved_or_rewritten_fails() {
    let lost = repo();
    lost.remove_from_tree(LEARNING, "policy.toml");
    assert_snapshot!(failures(lost.orchestrate(["check"])), @"
    failed bytes: refs/orchestrate/learning:policy.toml: the file is missing
    9 passed, 0 not checked, 1 failed
    hint: `git orchestrate merge` puts it right
    ");
    let moved = repo();
    moved.move_in_tree(LEARNING, "plugins/market", "plugins/elsewhere");
    assert_snapshot!(failures(moved.orchestrate(["check"])), @"
    failed bytes: refs/orchestrate/learning:plugins/elsewhere/plugin.toml: what it says belongs into another file
    failed bytes: refs/orchestrate/learning:plugins/market/plugin.toml: the file is missing
    9 passed, 0 not checked, 2 failed
    hint: `git orchestrate merge` puts it right
    ");
    let rewritten = repo();
    rewritten.edit_tree(LEARNING, |text| text.replace("v = 1\n", "# mine\nv = 1\n"));
    assert_snapshot!(failures(rewritten.orchestrate(["check"])), @"
    failed bytes: refs/orchestrate/learning:patterns/discovered/sequential/a-b-3696f7104dac.toml: its bytes are not canonical: -# mine
    failed bytes: refs/orchestrate/learning:plugins/market/plugin.toml: its bytes are not canonical: -# mine
    failed bytes: refs/orchestrate/learning:policy.toml: its bytes are not canonical: -# mine
    9 passed, 0 not checked, 3 failed
    hint: `git orchestrate merge` puts it right
    ");
}

#[test]
fn a_note_that_is_no_record_fails_is_passed_over_and_stays() {
    let repo = repo();
    repo.git(["notes", "--ref=orchestrate", "append", "-m", "  what is {this}?  \nand \u{1b}[31mthis"]);
    assert_snapshot!(failures(repo.orchestrate(["check"])), @"
    failed format: note of 2720ca23c977cd7e5b2c029f13c75da6522078cd, line 3: not a record: expected value (column 3)
    failed format: note of 2720ca23c977cd7e5b2c029f13c75da6522078cd, line 4: not a record: expected value (column 1)
    9 passed, 0 not checked, 2 failed
    hint: it is skipped and kept; `git notes --ref=orchestrate edit 2720ca2` mends it
    ");
    assert_snapshot!(repo.orchestrate(["log"]).code(0).stderr, @"warning: 2 lines of the notes could not be read, the first on 2720ca2; `git orchestrate check` names them");
    let repo = repo.record(&execution("three", ["c", "d"], "passed"));
    repo.orchestrate(["merge"]).code(0);
    let note = repo.git(["notes", "--ref=orchestrate", "show"]);
    assert!(note.lines().any(|line| line == "  what is {this}?"), "{note}");
    assert!(note.lines().any(|line| line == "and \u{1b}[31mthis"), "{note}");
    assert_eq!(repo.executions().len(), 3);
}

#[test]
fn two_lines_under_one_id_fail_and_one_counts() {
    let repo = repo();
    let note = repo.git(["notes", "--ref=orchestrate", "show"]);
    let twin = note
        .lines()
        .next()
        .expect("a line")
        .replace(r#""outcome":"passed"}"#, r#""outcome":"passed","zz":1}"#);
    repo.git(["notes", "--ref=orchestrate", "append", "-m", &twin]);
    assert_snapshot!(failures(repo.orchestrate(["check"])), @"
    failed one-bytes-per-id: record 01M7VZGDYG7R9F0Y2PK0KK6ZRV: 2 lines have this id and differ; the one with the greater bytes counts
    9 passed, 0 not checked, 1 failed
    hint: `git notes --ref=orchestrate edit 2720ca2` takes the wrong line out
    ");
    assert_eq!(repo.executions().len(), 2);
}

#[test]
fn a_tree_without_a_format_or_of_a_newer_one_fails() {
    let without = repo();
    without.remove_from_tree(LEARNING, "format");
    assert_snapshot!(failures(without.orchestrate(["check"])), @"
    failed format: refs/orchestrate/learning:format: not there: no learning tree
    4 passed, 0 not checked, 1 failed
    hint: `git orchestrate merge` puts it right
    ");
    let newer = repo();
    newer.write_in_tree(LEARNING, "format", "2\n");
    assert_snapshot!(failures(newer.orchestrate(["check"])), @"
    failed format: refs/orchestrate/learning:format: the learning tree has format 2, and this version reads format 1
    2 passed, 0 not checked, 1 failed
    hint: install a newer git-orchestrate, or `git revert` the commit that changed the file
    ");
    // Readers pass over what they do not understand, writers do not touch it.
    assert_snapshot!(newer.orchestrate(["patterns"]).code(0).stderr, @"warning: refs/orchestrate/learning could not be read and is passed over: the learning tree has format 2, and this version reads format 1");
    let before = newer.git(["for-each-ref"]);
    newer.orchestrate(["merge"]).code(128);
    assert_eq!(newer.git(["for-each-ref"]), before);
}

#[test]
fn a_ref_that_is_no_learning_tree_fails_and_one_that_is_not_there_is_a_usage_error() {
    let repo = repo().file("main.rs", "fn main() {}").commit("a program");
    assert_snapshot!(failures(repo.orchestrate(["check", "main"])), @"
    failed format: main: commit da1cf69 is no learning tree
    2 passed, 0 not checked, 1 failed
    hint: name the learning ref or a learning branch
    ");
    assert_snapshot!(repo.orchestrate(["check", "nowhere"]).code(2).stderr, @"
    error: `nowhere` names no object
    hint: `git log --oneline --all` lists what there is
    ");
}

#[test]
fn a_shallow_clone_can_check_what_it_adopted() {
    let origin = repo().commit("second");
    let clone = TestRepo::nowhere();
    clone.git(["clone", "-q", "--depth=1", &format!("file://{}", origin.path().display()), "."]);
    clone.orchestrate(["init"]).code(0);
    clone.orchestrate(["check"]).code(0);
    assert_eq!(clone.executions().len(), 2);
}

#[test]
fn corrections_and_copies_of_notes_pass() {
    let repo = repo();
    let id = repo.executions()[0]["id"].as_str().expect("an id").to_owned();
    let repo =
        repo.commit("copy").record(&format!(r#"{{"kind":"correction","target":"{id}","outcome":"failed"}}"#));
    repo.git(["notes", "--ref=orchestrate", "copy", "HEAD~1", "HEAD"]);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    let tally = repo.orchestrate(["patterns", "--json"]).json()[0]["tally"].clone();
    assert_eq!((&tally["passed"], &tally["failed"]), (&1.into(), &1.into()));
}

#[test]
fn a_file_whose_name_is_no_text_stays_as_it_is() {
    let repo = repo();
    let names = || repo.git(["ls-tree", "-r", "--name-only", LEARNING]);
    repo.write_odd_name(LEARNING, b"caf\xe9");
    let before = names();
    let failed = failures(repo.orchestrate(["check"]));
    assert!(failed.contains(": its name is no text\n"), "{failed}");
    repo.orchestrate_with(["record"], &execution("three", ["a", "b"], "passed")).code(0);
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(names(), before);
}

#[test]
fn a_note_whose_object_is_lost_is_named_and_stops_only_what_needs_it() {
    let repo = repo();
    let blob =
        repo.git(["rev-parse", &format!("refs/notes/orchestrate:{}", repo.git(["rev-parse", "HEAD"]))]);
    let object = repo.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::remove_file(object).expect("it is loose");
    assert_snapshot!(repo.orchestrate(["check"]).code(3).screen(), @"
    not checked format: note of 2720ca23c977cd7e5b2c029f13c75da6522078cd: object b22226e765d85b189a859af3e5fa144d29fd18df is missing
    passed one-bytes-per-id: refs/notes/orchestrate: every id has one line
    passed format: refs/orchestrate/learning: every file can be read (6 in all)
    passed folder: refs/orchestrate/learning: every pattern is where its evidence places it
    not checked cells: refs/orchestrate/learning: the note of 2720ca2 was counted: object b22226e765d85b189a859af3e5fa144d29fd18df is missing
    passed bytes: refs/orchestrate/learning: every file has its one canonical form
    passed paths: refs/orchestrate/learning: every entry is a plain file with a plain name
    passed characters: refs/orchestrate/learning: no text holds what nobody sees
    passed join: refs/orchestrate/learning: nothing that was known is lost
    passed months: refs/orchestrate/learning: nothing is later than the commit that brought it
    ! 8 passed, 2 not checked, 0 failed
    ! hint: `git fsck` tells what is missing or broken here
    ");
    assert_snapshot!(repo.orchestrate(["log"]).code(0).screen(), @r#"
    no executions yet
    ! warning: 1 line of the notes could not be read, the first on 2720ca2; `git orchestrate check` names them
    ! hint: `git orchestrate run "what you want"` makes one, `record` keeps one that ran elsewhere
    "#);
    let line = execution("three", ["a", "b"], "passed");
    assert_snapshot!(repo.orchestrate_with(["record"], &line).code(128).screen(), @"
    ! error: object b22226e765d85b189a859af3e5fa144d29fd18df is missing
    ! hint: `git fsck` tells what is missing; `git fetch` may bring it
    ");
    let repo = repo.commit("next").record(&line);
    assert_eq!(repo.executions().len(), 1);
}

#[test]
fn a_notes_ref_that_holds_no_notes_stops_nobody_from_reading() {
    let repo = repo().file("main.rs", "fn main() {}").commit("a program");
    let blob = repo.git(["rev-parse", "HEAD:main.rs"]);
    std::fs::write(repo.path().join(".git/refs/notes/orchestrate"), format!("{blob}\n")).expect("written");
    for verb in ["status", "log", "patterns"] {
        repo.orchestrate([verb]).code(0);
    }
    assert!(repo.orchestrate(["status"]).code(0).stderr.contains("could not be read"));
    assert_snapshot!(failures(repo.orchestrate(["check"])), @"
    failed format: refs/notes/orchestrate: object e71fdf55421d043f171eba8c32329338498cad17 is not a tree
    not checked cells: refs/orchestrate/learning: no notes here have the notes commit 5f61927 that was counted
    7 passed, 1 not checked, 1 failed
    hint: `git reflog refs/notes/orchestrate` tells what it was; `git update-ref` puts it back
    hint: fetch what is missing from a clone that has it; where they were begun anew, put refs/orchestrate/learning back to a commit before it (`git update-ref refs/orchestrate/learning COMMIT`): `git orchestrate merge` learns the same from the notes
    ");
    let line = execution("three", ["c", "d"], "passed");
    repo.orchestrate_with(["record"], &line).code(128);
    repo.orchestrate(["merge"]).code(128);
    assert_eq!(repo.git(["rev-parse", "refs/notes/orchestrate"]), blob);
}
