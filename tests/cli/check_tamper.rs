//! `check` on learning branches that somebody tampered with, by plain git: every rule names what is wrong,
//! and what it says to do puts it right.

use insta::assert_snapshot;

use crate::support::{Ran, TestRepo, execution};

pub(crate) const LEARNING: &str = "refs/orchestrate/learning";
pub(crate) const NOTES: &str = "refs/notes/orchestrate";
/// Learning that is not merged yet.
pub(crate) const BRANCH: &str = "refs/heads/learning/20261120T090000Z-0000aaaa";
pub(crate) const SHORT: &str = "learning/20261120T090000Z-0000aaaa";
const PATTERN: &str = "patterns/discovered/sequential/a-b-3696f7104dac.toml";

/// `runs` of `a → b` are merged, and `more` are on a learning branch.
pub(crate) fn with_branch(runs: &[String], more: &[String]) -> TestRepo {
    let repo = TestRepo::new().commit("start").record(&runs.join("\n"));
    repo.orchestrate(["merge"]).code(0);
    let repo = repo.record(&more.join("\n"));
    repo.orchestrate(["merge"]).code(0);
    repo.git(["update-ref", BRANCH, &format!("{LEARNING}^2")]);
    repo.git(["update-ref", LEARNING, &format!("{LEARNING}^1")]);
    repo
}

/// Runs of `a → b` for different requests.
pub(crate) fn runs(requests: &[&str], outcome: &str) -> Vec<String> {
    requests.iter().map(|request| execution(request, ["a", "b"], outcome)).collect()
}

pub(crate) fn repo() -> TestRepo {
    let repo = with_branch(&runs(&["one", "two"], "passed"), &runs(&["three"], "passed"));
    repo.orchestrate(["check", SHORT]).code(0);
    repo
}

/// What is not as it should be, with its cure.
pub(crate) fn told(ran: &Ran) -> String {
    let lines = ran.stdout.lines().filter(|line| !line.starts_with("passed"));
    lines.chain(ran.stderr.lines()).collect::<Vec<_>>().join("\n")
}

fn failures(repo: &TestRepo) -> String {
    told(&repo.orchestrate(["check", SHORT]).code(1))
}

/// Takes the last commit of the branch back, as the hint says.
fn revert(repo: &TestRepo) {
    repo.git(["worktree", "add", "-q", "../mend", SHORT]);
    let mend = repo.command("git").args(["-C", "../mend", "revert", "--no-edit", "HEAD"]).status();
    assert!(mend.expect("git starts").success());
    repo.git(["worktree", "remove", "../mend"]);
    repo.orchestrate(["check", SHORT]).code(0);
}

/// Drops the branch and learns it again, as the hint says.
fn learn_anew(repo: &TestRepo) {
    let before = repo.git(["rev-parse", &format!("{LEARNING}^{{tree}}")]);
    repo.git(["branch", "-q", "-D", SHORT]);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    assert_ne!(repo.git(["rev-parse", &format!("{LEARNING}^{{tree}}")]), before);
}

/// Lets nobody here recount: the notes and everything of them are gone.
fn lose_notes(repo: &TestRepo) {
    repo.git(["update-ref", "-d", NOTES]);
    repo.git(["reflog", "expire", "--expire=now", "--all"]);
    repo.git(["gc", "-q", "--prune=now"]);
}

#[test]
fn a_lowered_cell_is_named_with_what_the_notes_say() {
    let repo = repo();
    repo.edit_tree(BRANCH, |text| text.replace("passed = 3", "passed = 1"));
    assert_snapshot!(failures(&repo), @"
    failed cells: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed says 1, the notes say 3
    failed cells: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml (market/plugin/skill/a): the cell jv14kvhp 2026-11 passed says 1, the notes say 3
    failed cells: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml (market/plugin/skill/b): the cell jv14kvhp 2026-11 passed says 1, the notes say 3
    12 passed, 0 not checked, 3 failed
    hint: `git orchestrate merge` puts it right
    ");
    revert(&repo);
}

#[test]
fn without_the_notes_a_lowered_cell_is_lower_than_before() {
    let repo = repo();
    repo.edit_tree(BRANCH, |text| text.replace("passed = 3", "passed = 1"));
    lose_notes(&repo);
    assert_snapshot!(failures(&repo), @"
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit 5f61927 that was counted
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit a607f76 that was counted
    failed join: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed of a-b-3696f7104dac is 1, in commit a70f8d8, before it 3
    failed join: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml: the cell jv14kvhp 2026-11 passed of market/plugin/skill/a is 1, in commit a70f8d8, before it 3
    failed join: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml: the cell jv14kvhp 2026-11 passed of market/plugin/skill/b is 1, in commit a70f8d8, before it 3
    not checked evidence: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit 5f61927 that was counted
    8 passed, 3 not checked, 3 failed
    hint: fetch what is missing from a clone that has it
    hint: `git revert a70f8d8` on learning/20261120T090000Z-0000aaaa takes it back
    ");
    repo.git(["worktree", "add", "-q", "../mend", SHORT]);
    let mend = repo.command("git").args(["-C", "../mend", "revert", "--no-edit", "HEAD"]).status();
    assert!(mend.expect("git starts").success());
    repo.orchestrate(["check", SHORT]).code(3);
}

#[test]
fn a_lowered_cell_that_names_older_notes_is_found_all_the_same() {
    let repo = repo();
    let older = repo.git(["rev-parse", &format!("{NOTES}~1")]);
    repo.edit_tree(BRANCH, |text| text.replace("passed = 3", "passed = 2"));
    let tree = repo.git(["rev-parse", &format!("{BRANCH}^{{tree}}")]);
    repo.commit_tree(BRANCH, &tree, &format!("Trust me\n\nOrchestrate-Notes: {older}"));
    let failed = failures(&repo);
    assert!(failed.contains("passed says 2, the notes say 3"), "{failed}");
}

#[test]
fn a_dropped_pattern_is_lost_with_and_without_the_notes() {
    let repo = repo();
    repo.remove_from_tree(BRANCH, PATTERN);
    assert_snapshot!(failures(&repo), @"
    failed cells: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed says 0, the notes say 3
    12 passed, 0 not checked, 1 failed
    hint: `git orchestrate merge` puts it right
    ");
    lose_notes(&repo);
    assert_snapshot!(failures(&repo), @"
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit 5f61927 that was counted
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit a607f76 that was counted
    failed join: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed of a-b-3696f7104dac is 0, in commit b25ec38, before it 3
    not checked evidence: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit 5f61927 that was counted
    8 passed, 3 not checked, 1 failed
    hint: fetch what is missing from a clone that has it
    hint: `git revert b25ec38` on learning/20261120T090000Z-0000aaaa takes it back
    ");
}

#[test]
fn who_counts_again_what_was_forgotten_is_found() {
    let repo = repo();
    let id = repo.executions()[0]["id"].as_str().expect("an id").to_owned();
    let repo = repo.record(&format!(r#"{{"kind":"forget","target":"{id}"}}"#));
    repo.git(["branch", "-q", "-D", SHORT]);
    repo.orchestrate(["merge"]).code(0);
    repo.git(["update-ref", BRANCH, &format!("{LEARNING}^2")]);
    repo.git(["update-ref", LEARNING, &format!("{LEARNING}^1")]);
    repo.orchestrate(["check", SHORT]).code(0);
    repo.write_in_tree(BRANCH, "forgotten", "");
    assert_snapshot!(failures(&repo), @"
    failed join: learning/20261120T090000Z-0000aaaa:forgotten: the decision on execution 01M7VZM258WDKAPP6XJZ9RJJE9 in jv14kvhp 2026-11 passed of a-b-3696f7104dac is nothing, the notes say - forgotten
    failed join: learning/20261120T090000Z-0000aaaa:forgotten: the decision on execution 01M7VZM258WDKAPP6XJZ9RJJE9 in jv14kvhp 2026-11 passed of market/plugin/skill/a is nothing, the notes say - forgotten
    failed join: learning/20261120T090000Z-0000aaaa:forgotten: the decision on execution 01M7VZM258WDKAPP6XJZ9RJJE9 in jv14kvhp 2026-11 passed of market/plugin/skill/b is nothing, the notes say - forgotten
    12 passed, 0 not checked, 3 failed
    hint: `git orchestrate merge` puts it right
    ");
    revert(&repo);
    repo.write_in_tree(BRANCH, "forgotten", "");
    lose_notes(&repo);
    assert_snapshot!(failures(&repo), @"
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit 5f61927 that was counted
    not checked cells: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit d51fb21 that was counted
    failed join: learning/20261120T090000Z-0000aaaa:forgotten: the decision on execution 01M7VZM258WDKAPP6XJZ9RJJE9 in jv14kvhp 2026-11 passed of a-b-3696f7104dac is nothing, in commit 1f608f9, before it - forgotten
    failed join: learning/20261120T090000Z-0000aaaa:forgotten: the decision on execution 01M7VZM258WDKAPP6XJZ9RJJE9 in jv14kvhp 2026-11 passed of market/plugin/skill/a is nothing, in commit 1f608f9, before it - forgotten
    failed join: learning/20261120T090000Z-0000aaaa:forgotten: the decision on execution 01M7VZM258WDKAPP6XJZ9RJJE9 in jv14kvhp 2026-11 passed of market/plugin/skill/b is nothing, in commit 1f608f9, before it - forgotten
    not checked evidence: learning/20261120T090000Z-0000aaaa: no notes here have the notes commit 5f61927 that was counted
    8 passed, 3 not checked, 3 failed
    hint: fetch what is missing from a clone that has it
    hint: `git revert 1f608f9` on learning/20261120T090000Z-0000aaaa takes it back
    ");
}

#[test]
fn who_says_that_an_execution_does_not_count_has_to_have_a_note() {
    let repo = repo();
    let id = repo.executions()[0]["id"].as_str().expect("an id").to_owned();
    let replica = repo.executions()[0]["replica"].as_str().expect("a replica").to_owned();
    let line = format!("{id} - forgotten {replica} 2026-11 passed a-b-3696f7104dac\n");
    repo.write_in_tree(BRANCH, "forgotten", &line);
    assert_snapshot!(failures(&repo), @"
    failed evidence: learning/20261120T090000Z-0000aaaa:forgotten: no note tells what it says of execution 01M7VZM258WDKAPP6XJZ9RJJE9 in a-b-3696f7104dac
    12 passed, 0 not checked, 1 failed
    hint: `git log -p learning/20261120T090000Z-0000aaaa` shows the commit that brought it; `git revert COMMIT` on learning/20261120T090000Z-0000aaaa takes it back
    ");
    revert(&repo);
}

#[test]
fn what_no_note_tells_is_invented() {
    let repo = repo();
    repo.edit_tree(BRANCH, |text| {
        text.replace("requests = [\n", "requests = [\n    \"0000000000000000\",\n")
            .replace("words = [\n", "words = [\n    \"deploy\",\n")
    });
    assert_snapshot!(failures(&repo), @"
    failed evidence: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: no note tells what `requests` says of it
    failed evidence: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: no note tells what `words` says of it
    12 passed, 0 not checked, 2 failed
    hint: `git log -p learning/20261120T090000Z-0000aaaa` shows the commit that brought it; `git revert COMMIT` on learning/20261120T090000Z-0000aaaa takes it back
    ");
    revert(&repo);
}

#[test]
fn an_epoch_that_goes_back_fails_and_one_that_rises_is_noticed() {
    let repo = repo();
    repo.write_in_tree(BRANCH, "epoch", "2026-10\n");
    assert_snapshot!(told(&repo.orchestrate(["check", SHORT]).code(0)), @"
    noticed policy: learning/20261120T090000Z-0000aaaa:epoch: the epoch was 1970-01 and is 2026-10: what is older does not count any more
    13 passed, 0 not checked, 0 failed
    ");
    repo.git(["update-ref", LEARNING, BRANCH]);
    repo.write_in_tree(BRANCH, "epoch", "1970-01\n");
    assert_snapshot!(failures(&repo), @"
    failed join: learning/20261120T090000Z-0000aaaa:epoch: the epoch is 1970-01, in commit 981cda7, before it 2026-10
    12 passed, 0 not checked, 1 failed
    hint: `git revert 981cda7` on learning/20261120T090000Z-0000aaaa takes it back
    ");
    revert(&repo);
}

#[test]
fn a_secret_is_found_in_a_file_a_message_and_a_record_even_if_it_is_gone_again() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let repo = repo();
    repo.write_in_tree(BRANCH, "README.md", &format!("use {token}\n"));
    repo.remove_from_tree(BRANCH, "README.md");
    let tree = repo.git(["rev-parse", &format!("{BRANCH}^{{tree}}")]);
    repo.commit_tree(BRANCH, &tree, &format!("deploy with {token}"));
    let failed = failures(&repo);
    assert!(!failed.contains(&token), "{failed}");
    assert_snapshot!(failed, @"
    failed secrets: README.md in commit f54aab5: it holds what looks like a secret
    failed secrets: the message of commit 3409a10: it holds what looks like a secret
    12 passed, 0 not checked, 2 failed
    hint: change the secret where it is used, since it was written down; drop the branch (`git branch -D learning/20261120T090000Z-0000aaaa`): `git orchestrate merge` learns the same from the notes
    ");
    learn_anew(&repo);

    let repo = TestRepo::new().commit("start").record(&execution("one", ["a", "b"], "passed"));
    let note =
        repo.git(["notes", "--ref=orchestrate", "show"]).replace("\"one\"", &format!("\"use {token}\""));
    repo.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &note]);
    repo.orchestrate(["merge"]).code(0);
    repo.git(["update-ref", BRANCH, &format!("{LEARNING}^2")]);
    repo.git(["update-ref", "-d", LEARNING]);
    assert_snapshot!(failures(&repo), @"
    failed secrets: patterns/discovered/sequential/a-b-3696f7104dac.toml in commit 24a3402: it holds what looks like a secret
    failed secrets: record 01M7VZGDYG7R9F0Y2PK0KK6ZRV: it holds what looks like a secret
    failed secrets: the message of commit 24a3402: it holds what looks like a secret
    12 passed, 0 not checked, 3 failed
    hint: change the secret where it is used, since it was written down; drop the branch (`git branch -D learning/20261120T090000Z-0000aaaa`): `git orchestrate merge` learns the same from the notes
    hint: change the secret where it is used, since it was written down; `git notes --ref=orchestrate edit COMMIT` takes it out of a note, and `git update-ref refs/notes/orchestrate $(git commit-tree -m anew refs/notes/orchestrate^{tree})` leaves its history behind; then drop the branch (`git branch -D learning/20261120T090000Z-0000aaaa`): `git orchestrate merge` learns the same from the notes
    ");
    // The cure, as it is worded.
    repo.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &note.replace(&token, "it")]);
    let anew = repo.git(["commit-tree", "-m", "anew", &format!("{NOTES}^{{tree}}")]);
    repo.git(["update-ref", NOTES, &anew]);
    repo.git(["branch", "-q", "-D", SHORT]);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    repo.orchestrate(["check", &format!("{LEARNING}~1..{LEARNING}")]).code(0);
}

#[test]
fn what_nobody_sees_is_found_in_files_names_and_messages() {
    let repo = repo();
    repo.edit_tree(BRANCH, |text| text.replace("v = 1\n", "v = 1 # \u{202e}\u{2066}\n"));
    repo.write_in_tree(BRANCH, "plugins/market/x\u{200b}.toml", "v = 1\n");
    assert_snapshot!(failures(&repo).lines().filter(|line| line.contains(" characters: ") || line.starts_with("hint")).collect::<Vec<_>>().join("\n"), @"
    failed characters: learning/20261120T090000Z-0000aaaa:plugins/market/x.toml: its name holds U+200B (line 1), which nobody sees
    failed characters: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: it holds U+202E (line 1), which nobody sees
    failed characters: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml: it holds U+202E (line 1), which nobody sees
    failed characters: learning/20261120T090000Z-0000aaaa:policy.toml: it holds U+202E (line 1), which nobody sees
    hint: it is skipped and kept; `git revert` the commit that broke it
    hint: `git orchestrate merge` puts it right
    hint: `git log -p learning/20261120T090000Z-0000aaaa` shows the commit that brought it; `git revert COMMIT` on learning/20261120T090000Z-0000aaaa takes it back
    ");
    repo.git(["update-ref", BRANCH, &format!("{BRANCH}~2")]);
    let tree = repo.git(["rev-parse", &format!("{BRANCH}^{{tree}}")]);
    repo.commit_tree(BRANCH, &tree, "a title\n\nred: \u{1b}[31m");
    assert_snapshot!(failures(&repo), @"
    failed characters: the message of commit e5cf536: it holds U+001B (line 3), which nobody sees
    12 passed, 0 not checked, 1 failed
    hint: drop the branch (`git branch -D learning/20261120T090000Z-0000aaaa`): `git orchestrate merge` learns the same from the notes
    ");
    learn_anew(&repo);
}

#[test]
fn what_is_no_plain_file_is_named() {
    let blob = |repo: &TestRepo| repo.surgical(&["hash-object", "-w", "--stdin"], "/etc/passwd");
    let repo = repo();
    let (link, commit) = (blob(&repo), repo.git(["rev-parse", "HEAD"]));
    repo.put_in_tree(BRANCH, "120000", &link, "patterns/link.toml");
    repo.put_in_tree(BRANCH, "160000", &commit, "plugins/module");
    let policy = repo.git(["rev-parse", &format!("{BRANCH}:policy.toml")]);
    repo.put_in_tree(BRANCH, "100755", &policy, "policy.toml");
    repo.add_to_root(BRANCH, &format!("100644 blob {link}\t.."));
    repo.add_to_root(BRANCH, &format!("100644 blob {link}\t.GIT"));
    assert_snapshot!(failures(&repo), @"
    failed paths: learning/20261120T090000Z-0000aaaa:..: `..` is no name of a file or folder
    failed paths: learning/20261120T090000Z-0000aaaa:.GIT: `.GIT` is no name of a file or folder
    failed paths: learning/20261120T090000Z-0000aaaa:patterns/link.toml: it is a symbolic link, not a file
    failed paths: learning/20261120T090000Z-0000aaaa:plugins/module: it is a submodule, not a file
    failed paths: learning/20261120T090000Z-0000aaaa:policy.toml: it is executable, and nothing in a library runs
    12 passed, 0 not checked, 5 failed
    hint: `git log -p learning/20261120T090000Z-0000aaaa` shows the commit that brought it; `git revert COMMIT` on learning/20261120T090000Z-0000aaaa takes it back
    ");
}

#[test]
fn a_name_twice_in_one_tree_fails_and_one_in_another_case_is_noticed() {
    let repo = repo();
    repo.add_to_root(
        BRANCH,
        &format!("100644 blob {}\tepoch", repo.git(["rev-parse", &format!("{BRANCH}:epoch")])),
    );
    let failed = failures(&repo);
    assert!(failed.contains(&format!("failed paths: {SHORT}:epoch: the tree names it 2 times")), "{failed}");

    let shouting = execution("one", ["a", "b"], "passed").replace("market/plugin/", "market/Plugin/");
    let repo = with_branch(&runs(&["one"], "passed"), &[shouting]);
    assert_snapshot!(told(&repo.orchestrate(["check", SHORT]).code(0)), @"
    noticed paths: learning/20261120T090000Z-0000aaaa:plugins/market/Plugin.toml: differs from plugins/market/plugin.toml in case only: some systems can't check out both
    12 passed, 0 not checked, 0 failed
    ");
}

#[test]
fn a_file_without_bounds_is_named_and_not_read() {
    let repo = repo();
    let huge = repo.surgical(&["hash-object", "-w", "--stdin"], &" ".repeat((64 << 20) + 1));
    repo.put_in_tree(BRANCH, "100644", &huge, "plugins/market/plugin.toml");
    assert_snapshot!(failures(&repo), @"
    failed paths: learning/20261120T090000Z-0000aaaa: plugins/market/plugin.toml of commit f05a4e4 has 67108865 bytes, and no file of a learning tree is that large
    2 passed, 0 not checked, 1 failed
    hint: `git revert` the commit that brought it; it is not read here
    ");
    for verb in ["patterns", "status"] {
        assert!(repo.orchestrate([verb]).code(0).stderr.contains("67108865 bytes"), "{verb}");
    }
    revert(&repo);
}

#[test]
fn a_month_later_than_its_commit_fails() {
    let repo = repo();
    repo.edit_tree(BRANCH, |text| {
        text.replace(".2026-11]", ".2027-01]").replace("updated = \"2026-11", "updated = \"2027-01")
    });
    let failed = failures(&repo);
    assert_snapshot!(failed.lines().filter(|line| line.contains(" months: ") || line.starts_with("hint")).collect::<Vec<_>>().join("\n"), @"
    failed months: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: the month 2027-01 is later than commit d693b76 that brought it
    failed months: learning/20261120T090000Z-0000aaaa:patterns/discovered/sequential/a-b-3696f7104dac.toml: `updated` (2027-01-20T08:02:01.000Z) is later than commit d693b76 that brought it
    failed months: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml: the month 2027-01 of market/plugin/skill/a is later than commit d693b76 that brought it
    failed months: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml: `updated` (2027-01-20T08:02:01.000Z) of market/plugin/skill/a is later than commit d693b76 that brought it
    failed months: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml: the month 2027-01 of market/plugin/skill/b is later than commit d693b76 that brought it
    failed months: learning/20261120T090000Z-0000aaaa:plugins/market/plugin.toml: `updated` (2027-01-20T08:02:01.000Z) of market/plugin/skill/b is later than commit d693b76 that brought it
    hint: `git orchestrate merge` puts it right
    hint: `git log -p learning/20261120T090000Z-0000aaaa` shows the commit that brought it; `git revert COMMIT` on learning/20261120T090000Z-0000aaaa takes it back
    hint: `git revert d693b76` on learning/20261120T090000Z-0000aaaa takes it back
    ");
    revert(&repo);
}

#[test]
fn an_epoch_that_has_not_come_yet_fails_until_it_is_reverted() {
    let repo = repo();
    repo.write_in_tree(BRANCH, "epoch", "2030-01\n");
    let failed = failures(&repo);
    let line = format!("failed months: {SHORT}:epoch: the epoch 2030-01 is later than commit ");
    assert!(failed.contains(&line), "{failed}");
    revert(&repo);
}

#[test]
fn a_record_of_another_time_fails_until_it_is_mended() {
    let repo = repo();
    let late =
        repo.git(["notes", "--ref=orchestrate", "show"]).replace("\"at\":\"2026-11", "\"at\":\"2027-02");
    repo.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &late]);
    repo.orchestrate(["merge"]).code(0);
    let failed = told(&repo.orchestrate(["check"]).code(1));
    assert_eq!(failed.matches("failed months: record ").count(), 3, "{failed}");
    assert!(failed.contains("mend it with `git notes --ref=orchestrate edit`"), "{failed}");
}

#[test]
fn what_is_of_a_newer_version_never_passes() {
    for (file, newer) in [
        (PATTERN, "v = 2\nid"),
        ("plugins/market/plugin.toml", "v = 2\nmarketplace"),
        ("policy.toml", "v = 2\nupdated"),
    ] {
        let repo = repo();
        repo.edit_tree(BRANCH, |text| text.replace(&newer.replace("v = 2", "v = 1"), newer));
        let failed = failures(&repo);
        let line =
            format!("failed format: {SHORT}:{file}: its version is 2, and this version reads version 1\n");
        assert!(
            failed.contains(&line) && failed.ends_with("hint: install a newer git-orchestrate"),
            "{failed}"
        );
    }
    let repo = repo();
    repo.write_in_tree(BRANCH, "format", "2\n");
    assert_snapshot!(failures(&repo), @"
    failed format: learning/20261120T090000Z-0000aaaa:format: the learning tree has format 2, and this version reads format 1
    2 passed, 0 not checked, 1 failed
    hint: install a newer git-orchestrate, or `git revert` the commit that changed the file
    ");
}

#[test]
fn a_record_of_a_newer_version_is_not_checked() {
    let repo = TestRepo::new().commit("start").record(&execution("one", ["a", "b"], "passed"));
    let note = repo.git(["notes", "--ref=orchestrate", "show"]);
    let newer = note.replace("\"v\":1", "\"v\":2").replace("{\"id\":\"01M", "{\"id\":\"01N");
    repo.git(["notes", "--ref=orchestrate", "append", "-m", &newer]);
    repo.orchestrate(["merge"]).code(0);
    assert_snapshot!(told(&repo.orchestrate(["check"]).code(3)), @"
    not checked format: refs/notes/orchestrate: a record is of a newer kind or version
    not checked cells: refs/orchestrate/learning: a record is of a newer kind or version
    8 passed, 2 not checked, 0 failed
    hint: install a newer git-orchestrate
    ");
}
