//! `check` on ranges of learning commits: which are looked at, what is only noticed, and what can't be
//! checked.

use insta::assert_snapshot;

use crate::check_tamper::{BRANCH, LEARNING, NOTES, SHORT, repo, runs, told, with_branch};
use crate::support::TestRepo;

#[test]
fn a_clean_branch_is_looked_at_commit_by_commit() {
    let repo = repo();
    assert_snapshot!(repo.orchestrate(["check", SHORT]).code(0).screen(), @"
    passed format: refs/notes/orchestrate: every line of the notes is a record (3 in all)
    passed one-bytes-per-id: refs/notes/orchestrate: every id has one line
    passed history: learning/20261120T090000Z-0000aaaa: 1 commit was looked at
    passed format: learning/20261120T090000Z-0000aaaa: every file can be read (6 in all)
    passed folder: learning/20261120T090000Z-0000aaaa: every pattern is where its evidence places it
    passed cells: learning/20261120T090000Z-0000aaaa: every cell equals the recount of the notes (3 in all)
    passed bytes: learning/20261120T090000Z-0000aaaa: every file has its one canonical form
    passed paths: learning/20261120T090000Z-0000aaaa: every entry is a plain file with a plain name
    passed characters: learning/20261120T090000Z-0000aaaa: no text holds what nobody sees
    passed join: learning/20261120T090000Z-0000aaaa: nothing that was known is lost
    passed evidence: learning/20261120T090000Z-0000aaaa: the notes tell all that is new
    passed months: learning/20261120T090000Z-0000aaaa: nothing is later than the commit that brought it
    passed secrets: learning/20261120T090000Z-0000aaaa: nothing new looks like a secret
    ! 13 passed, 0 not checked, 0 failed
    ");
    for range in [
        format!("{LEARNING}..{SHORT}"),
        format!("{LEARNING}...{SHORT}"),
        format!("{}..{SHORT}", "0".repeat(40)),
    ] {
        let shown = repo.orchestrate(["check", &range]).code(0).stdout;
        assert!(shown.contains(&format!("passed history: {SHORT}: 1 commit was looked at")), "{shown}");
    }
    let all = repo.orchestrate(["check", &format!("{LEARNING}~1..{SHORT}")]).code(0).stdout;
    assert!(all.contains("3 commits were looked at"), "{all}");
    assert_snapshot!(repo.orchestrate(["check", &format!("nowhere..{SHORT}")]).code(2).stderr, @"
    error: `nowhere` names no object
    hint: `git log --oneline --all` lists what there is
    ");
}

#[test]
fn other_thresholds_are_noticed_with_their_old_and_new_values() {
    let repo = repo();
    repo.edit_tree(BRANCH, |text| text.replace("high = 0.9", "high = 0.8"));
    assert_snapshot!(told(&repo.orchestrate(["check", SHORT]).code(0)), @"
    noticed policy: learning/20261120T090000Z-0000aaaa:policy.toml: bands.high was 0.9 and is 0.8; `updated` is no later, so that a merge may undo it
    13 passed, 0 not checked, 0 failed
    ");
    repo.edit_tree(BRANCH, |text| {
        text.replace(
            "updated = \"1970-01-01T00:00:00.000Z\"\nreplica = \"\"\n\n[validated]",
            "updated = \"2026-11-20T08:00:00.000Z\"\nreplica = \"me\"\n\n[validated]",
        )
    });
    assert_snapshot!(told(&repo.orchestrate(["check", SHORT]).code(0)), @"
    noticed policy: learning/20261120T090000Z-0000aaaa:policy.toml: bands.high was 0.9 and is 0.8
    13 passed, 0 not checked, 0 failed
    ");
}

#[test]
fn promotions_are_listed_with_their_numbers() {
    let repo = with_branch(&runs(&["one", "two"], "passed"), &runs(&["three", "four", "five"], "passed"));
    assert_snapshot!(told(&repo.orchestrate(["check", SHORT]).code(0)), @"
    moved a-b-3696f7104dac: discovered -> validated, 5 of 5 passed (at least 75 %)
    13 passed, 0 not checked, 0 failed
    ");
    let json = repo.orchestrate(["check", SHORT, "--json"]).code(0).json();
    assert_snapshot!(json["moves"].to_string(), @r#"[{"from":"discovered","lower_bound":0.753,"passed":5,"pattern":"a-b-3696f7104dac","runs":5,"to":"validated","upper_bound":1.0}]"#);
    repo.orchestrate(["check", SHORT, "--format", "github"]).code(0);
    let summary = repo.orchestrate(["check", SHORT, "--format", "github"]).code(0).stdout;
    assert!(
        summary.contains("### Promotions and retirements\n\n- a-b-3696f7104dac: discovered"),
        "{summary}"
    );
}

#[test]
fn success_that_fell_is_noticed_and_fails_nothing() {
    let passed: Vec<String> = (0..10).map(|n| format!("request {n}")).collect();
    let passed: Vec<&str> = passed.iter().map(String::as_str).collect();
    let repo = with_branch(&runs(&passed, "passed"), &runs(&["x1", "x2", "x3", "x4", "x5", "x6"], "failed"));
    assert_snapshot!(told(&repo.orchestrate(["check", SHORT]).code(0)), @"
    noticed fallen: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: its success fell: 10 of 10 before (at least 86 %), 0 of 6 new (at most 21 %)
    noticed fallen: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml (market/plugin/skill/b): its success fell: 10 of 10 before (at least 86 %), 0 of 6 new (at most 21 %)
    moved a-b-3696f7104dac: validated -> discovered, 10 of 16 passed (at least 46 %)
    13 passed, 0 not checked, 0 failed
    ");
    // Fewer than five say nothing.
    let repo = with_branch(&runs(&passed, "passed"), &runs(&["x1", "x2", "x3", "x4"], "failed"));
    assert!(!told(&repo.orchestrate(["check", SHORT]).code(0)).contains("fell"));
}

#[test]
fn history_and_notes_that_are_missing_are_not_checked_until_they_are_fetched() {
    let origin = repo();
    let url = format!("file://{}", origin.path().display());
    let ci = TestRepo::nowhere();
    ci.git(["clone", "-q", "--depth=1", &url, "."]);
    ci.git(["fetch", "-q", "--depth=1", "origin", &format!("{BRANCH}:{BRANCH}")]);
    ci.git(["fetch", "-q", "--depth=1", "origin", &format!("{LEARNING}:{LEARNING}")]);
    assert_snapshot!(told(&ci.orchestrate(["check", SHORT]).code(3)), @"
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit a607f76 that was counted
    not checked evidence: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit a607f76 that was counted
    9 passed, 2 not checked, 0 failed
    hint: `git fetch origin refs/notes/orchestrate:refs/notes/orchestrate` brings them
    ");
    ci.git(["fetch", "-q", "--unshallow", "origin"]);
    assert_snapshot!(told(&ci.orchestrate(["check", SHORT]).code(3)), @"
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit 5f61927 that was counted
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit a607f76 that was counted
    not checked evidence: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit 5f61927 that was counted
    9 passed, 3 not checked, 0 failed
    hint: `git fetch origin refs/notes/orchestrate:refs/notes/orchestrate` brings them
    ");
    ci.git(["fetch", "-q", "origin", "refs/notes/orchestrate:refs/notes/orchestrate"]);
    ci.orchestrate(["check", SHORT]).code(0);
    // Notes that are here and older than what was counted.
    ci.git(["update-ref", NOTES, &format!("{NOTES}~1")]);
    ci.git(["update-ref", "-d", "refs/remotes/origin/main"]);
    ci.git(["reflog", "expire", "--expire=now", "--all"]);
    std::fs::remove_file(ci.path().join(".git/FETCH_HEAD")).expect("removed");
    ci.git(["gc", "-q", "--prune=now"]);
    assert_snapshot!(told(&ci.orchestrate(["check", SHORT]).code(3)), @"
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit a607f76 that was counted
    not checked evidence: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit a607f76 that was counted
    11 passed, 2 not checked, 0 failed
    hint: `git orchestrate sync origin --fetch` brings the notes that the remote has; where they were begun anew, drop the branch (`git branch -D learning/20261120T090000Z-0000aaaa`): `git orchestrate merge` learns the same from the notes
    ");
    ci.orchestrate(["sync", "origin", "--fetch"]).code(0);
    ci.orchestrate(["check"]).code(0);
}

#[test]
fn a_base_that_is_missing_is_not_checked() {
    let repo = repo();
    let base = "1234567890123456789012345678901234567890";
    assert_snapshot!(told(&repo.orchestrate(["check", &format!("{base}..{SHORT}")]).code(3)), @"
    not checked history: learning/20261120T090000Z-0000aaaa: commit 1234567 is missing here
    11 passed, 1 not checked, 0 failed
    hint: fetch what is missing from a clone that has it
    ");
}
