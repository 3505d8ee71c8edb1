//! Notes that git and the program both write: each understands the other.

use std::fmt::Write as _;

use crate::support::{TestRepo, execution, piped};

const NOTES: &str = "refs/notes/orchestrate";

/// A record that is whole, as another clone would have written it.
fn line(number: usize) -> String {
    format!(
        r#"{{"id":"01KAG4E1{number:018}","v":1,"kind":"execution","at":"2026-11-20T08:00:00.000Z","request":"request {number}","source":"record","replica":"other","pattern":null,"steps":[{{"component":"m/p/skill/a","outcome":"passed"}}],"outcome":"passed"}}"#
    )
}

fn notes_of(repo: &TestRepo, reference: &str) -> usize {
    repo.git(["notes", &format!("--ref={reference}"), "list"]).lines().count()
}

fn records(repo: &TestRepo) -> u64 {
    repo.orchestrate(["status", "--json"]).code(0).json()["executions"].as_u64().expect("a number")
}

/// A commit of notes at `reference`, the file of each note named by `path`.
fn import(repo: &TestRepo, reference: &str, notes: usize, path: impl Fn(usize) -> String) {
    let mut stream = format!("commit {reference}\ncommitter A <a@b> 1795161600 +0000\ndata 0\n");
    for number in 0..notes {
        let line = line(number);
        let length = line.len() + 1;
        writeln!(stream, "M 100644 inline {}\ndata {length}\n{line}\n", path(number)).expect("memory");
    }
    piped(repo.command("git").args(["fast-import", "--quiet"]), &stream);
}

/// The name of an object that need not be there: 40 digits that look random.
fn object(number: usize) -> String {
    let mut state = number as u64;
    let mut digits = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        format!("{:016x}", (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb))
    };
    format!("{}{}{}", digits(), digits(), &digits()[..8])
}

#[test]
fn git_shows_what_was_recorded() {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    assert!(repo.git(["notes", "--ref=orchestrate", "show", "HEAD"]).contains("add a"));
    assert!(repo.git(["log", "--notes=orchestrate"]).contains("add a"));
}

#[test]
fn many_commits_keep_gits_own_fan_out() {
    let repo = TestRepo::new();
    let mut stream = String::new();
    for number in 1..=300 {
        writeln!(
            stream,
            "commit refs/heads/main\nmark :{number}\ncommitter A <a@b> {number} +0000\ndata 0\n"
        )
        .expect("memory");
    }
    piped(repo.command("git").args(["fast-import", "--quiet"]), &stream);
    let commits = repo.git(["rev-list", "main"]);
    let own = |commit: &str| {
        execution("x", ["a", "b"], "passed").replacen('{', &format!(r#"{{"commit":"{commit}","#), 1)
    };
    let batch: Vec<String> = commits.lines().map(own).collect();
    repo.orchestrate_with(["record"], &batch.join("\n")).code(0);
    // The same notes by git alone make the same tree.
    for_each_note(&repo, "refs/notes/again", NOTES);
    assert_eq!(
        repo.git(["rev-parse", "refs/notes/again^{tree}"]),
        repo.git(["rev-parse", &format!("{NOTES}^{{tree}}")])
    );
    assert_eq!(notes_of(&repo, "orchestrate"), 300);
}

/// Lets git write the notes of `from` to `to`, each through `git notes`.
fn for_each_note(repo: &TestRepo, to: &str, from: &str) {
    let list = repo.git(["notes", &format!("--ref={from}"), "list"]);
    let copies: String = list
        .lines()
        .map(|pair| {
            let object = pair.split(' ').nth(1).expect("an object");
            format!("{object} {object}\n")
        })
        .collect();
    // `copy --stdin` reads from and writes to one ref: start from a copy of another name.
    repo.git(["update-ref", to, from]);
    for object in list.lines().map(|pair| pair.split(' ').nth(1).expect("an object")).take(3) {
        repo.git(["notes", &format!("--ref={to}"), "append", "-m", "x", object]);
        repo.git(["notes", &format!("--ref={to}"), "copy", "-f", object, object]);
    }
    repo.git(["update-ref", to, from]);
    piped(repo.command("git").args(["notes", &format!("--ref={to}"), "copy", "-f", "--stdin"]), &copies);
}

#[test]
fn divergent_notes_are_merged_by_git() {
    let repo = TestRepo::new().commit("start").record(&execution("shared", ["a", "b"], "passed"));
    repo.git(["update-ref", "refs/notes/theirs", NOTES]);
    let repo = repo.record(&execution("ours", ["a", "b"], "passed"));
    let ours = repo.git(["rev-parse", NOTES]);
    repo.git(["update-ref", NOTES, "refs/notes/theirs"]);
    let repo = repo.commit("another").record(&execution("theirs", ["a", "b"], "passed"));
    repo.git(["update-ref", "refs/notes/theirs", NOTES]);
    repo.git(["update-ref", NOTES, &ours]);
    repo.git(["notes", "--ref=orchestrate", "merge", "-q", "-s", "cat_sort_uniq", "theirs"]);
    assert_eq!(repo.executions().len(), 3);
    repo.orchestrate(["check"]).code(0);
    // And we go on from there.
    let repo = repo.record(&execution("later", ["a", "b"], "passed"));
    assert_eq!(repo.executions().len(), 4);
}

#[test]
fn seventy_thousand_notes_are_written_to_merged_and_read() {
    let repo = TestRepo::new().commit("start");
    import(&repo, NOTES, 70_000, |number| {
        let name = object(number);
        format!("{}/{}/{}", &name[..2], &name[2..4], &name[4..])
    });
    assert_eq!(notes_of(&repo, "orchestrate"), 70_000);
    repo.git(["update-ref", "refs/notes/theirs", NOTES]);
    let repo = repo.record(&execution("ours", ["a", "b"], "passed"));
    assert_eq!(notes_of(&repo, "orchestrate"), 70_001);
    assert!(repo.git(["notes", "--ref=orchestrate", "show"]).contains("ours"));
    repo.git(["notes", "--ref=theirs", "append", "-m", &line(70_000)]);
    repo.git(["notes", "--ref=orchestrate", "merge", "-q", "-s", "cat_sort_uniq", "theirs"]);
    assert_eq!(repo.git(["notes", "--ref=orchestrate", "show"]).lines().count(), 2);
    let verdict = repo.orchestrate(["check"]).code(0);
    assert!(verdict.stdout.contains("(70002 in all)"), "{}", verdict.stdout);
}

#[test]
fn what_git_appends_and_copies_is_read() {
    let repo = TestRepo::new().commit("start").record(&execution("ours", ["a", "b"], "passed"));
    repo.git(["notes", "--ref=orchestrate", "append", "-m", &line(1)]);
    assert!(repo.git(["notes", "--ref=orchestrate", "show"]).contains("\n\n"), "git joins with a blank line");
    let repo = repo.commit("copy");
    repo.git(["notes", "--ref=orchestrate", "copy", "HEAD~1", "HEAD"]);
    assert_eq!(records(&repo), 2);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn another_fan_out_and_other_files_stay_as_they_are() {
    let repo = TestRepo::new().commit("start");
    import(&repo, NOTES, 40, |number| match number {
        0 => "README".to_owned(),
        _ => format!("{}/{}", &object(number)[..2], &object(number)[2..]),
    });
    let repo = repo.record(&execution("ours", ["a", "b"], "passed"));
    assert_eq!((notes_of(&repo, "orchestrate"), records(&repo)), (40, 40));
    assert!(repo.git(["ls-tree", "-r", "--name-only", NOTES]).contains("README"));
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn an_object_at_two_fan_outs_is_read_once_and_mended_by_the_next_write() {
    let repo = TestRepo::new().commit("start");
    let head = repo.git(["rev-parse", "HEAD"]);
    import(&repo, NOTES, 2, |number| match number {
        0 => head.clone(),
        _ => format!("{}/{}", &head[..2], &head[2..]),
    });
    assert_eq!(records(&repo), 2);
    let repo = repo.record(&execution("ours", ["a", "b"], "passed"));
    assert_eq!(records(&repo), 3);
    assert_eq!(repo.git(["notes", "--ref=orchestrate", "show"]).lines().count(), 3);
}

#[test]
fn amend_and_rebase_keep_the_record_and_count_it_once() {
    let repo = TestRepo::new().commit("start");
    repo.orchestrate(["init"]).code(0);
    let repo = repo.file("a", "a").commit("work").record(&execution("add a", ["a", "b"], "passed"));
    repo.git(["commit", "-q", "--amend", "-m", "better words"]);
    assert!(repo.orchestrate(["show", "HEAD"]).code(0).stdout.starts_with("add a\n"));
    repo.git(["checkout", "-q", "-b", "side", "HEAD~1"]);
    let repo = repo.file("b", "b").commit("meanwhile");
    repo.git(["rebase", "-q", "side", "main"]);
    assert!(repo.orchestrate(["show", "HEAD"]).code(0).stdout.starts_with("add a\n"));
    assert_eq!(records(&repo), 1);
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(repo.orchestrate(["patterns", "--json"]).json()[0]["tally"]["passed"], 1);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn fixing_up_two_recorded_commits_keeps_both_records() {
    let repo = TestRepo::new().commit("start");
    repo.orchestrate(["init"]).code(0);
    let repo = repo.file("a", "a").commit("work").record(&execution("one", ["a", "b"], "passed"));
    let repo = repo.file("a", "b").commit("fixup! work").record(&execution("two", ["a", "b"], "passed"));
    let status = repo
        .command("git")
        .env("GIT_SEQUENCE_EDITOR", "true")
        .args(["rebase", "-q", "-i", "--autosquash", "HEAD~2"])
        .status();
    assert!(status.expect("git starts").success());
    assert_eq!(repo.git(["rev-list", "--count", "HEAD"]), "2");
    let note = repo.git(["notes", "--ref=orchestrate", "show", "HEAD"]);
    assert!(note.contains("one") && note.contains("two"), "{note}");
    assert_eq!(records(&repo), 2);
}
