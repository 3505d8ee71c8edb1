//! The index: readers say the same with it, without it, and whatever became of it.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{TestRepo, piped};

/// More notes than a repository has to have for an index.
const NOTES: usize = 400;

fn id(n: usize) -> String {
    format!("01KAG4E10000000000{n:08}")
}

/// An execution as a line of a note: five workflows in turn, every seventh failed.
fn line(n: usize) -> String {
    let (id, workflow, minute) = (id(n), n % 5, n / 60);
    let outcome = if n.is_multiple_of(7) { "failed" } else { "passed" };
    let at = format!("2026-11-{:02}T{:02}:{:02}:00.000Z", 1 + minute / 24, minute % 24, n % 60);
    format!(
        r#"{{"id":"{id}","v":1,"kind":"execution","at":"{at}","request":"do work {n}","words":["work"],"source":"record","replica":"k3v9xq2m","pattern":null,"steps":[{{"component":"market/plugin/skill/s{workflow}","outcome":"{outcome}","duration_ms":12}}],"outcome":"{outcome}"}}"#
    )
}

/// Adds a commit of `refs/heads/main` with a note for each of these numbers.
fn add(repo: &TestRepo, numbers: std::ops::Range<usize>) {
    let mut stream = String::new();
    let on_top = |name: &str| {
        let tip = repo.git(["for-each-ref", "--format=%(objectname)", name]);
        if tip.is_empty() { String::new() } else { format!("from {tip}\n") }
    };
    let (mut from, notes) = (on_top("refs/heads/main"), on_top("refs/notes/orchestrate"));
    for n in numbers.clone() {
        let committer = format!("committer A <a@b> {} +0000\ndata 0\n", 1_700_000_000 + n);
        write!(stream, "commit refs/heads/main\nmark :{}\n{committer}{from}", n + 1).expect("grows");
        from = String::new();
    }
    write!(stream, "commit refs/notes/orchestrate\ncommitter A <a@b> 1800000000 +0000\ndata 0\n{notes}")
        .expect("grows");
    for n in numbers {
        let line = line(n);
        write!(stream, "N inline :{}\ndata {}\n{line}\n", n + 1, line.len() + 1).expect("grows");
    }
    piped(repo.command("git").args(["fast-import", "--quiet"]), &stream);
}

/// A repository where each command is at one and the same moment.
fn still(repo: TestRepo) -> TestRepo {
    repo.with_real_clock().with_variable("GIT_ORCHESTRATE_TEST_CLOCK", "1795161600000")
}

/// A repository with notes enough.
fn large() -> TestRepo {
    let repo = still(TestRepo::new());
    add(&repo, 0..NOTES);
    repo
}

fn index(repo: &TestRepo) -> PathBuf {
    repo.path().join(".git/orchestrate/index")
}

/// What readers say.
fn told(repo: &TestRepo) -> Vec<String> {
    let arguments = [
        &["log", "-n30"][..],
        &["log", "-n5", "--json"],
        &["log", "-n40", "--outcome=failed"],
        &["status"],
        &["patterns", "--json"],
    ];
    let told = arguments.map(|arguments| {
        let output = repo.program().args(arguments).output().expect("it starts");
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
        String::from_utf8_lossy(&text).into_owned()
    });
    told.into()
}

/// The same without an index before, and with no way to make one.
fn told_without(repo: &TestRepo) -> Vec<String> {
    let (path, aside) = (index(repo), repo.tmp().join("index"));
    let was_there = path.exists();
    if was_there {
        std::fs::rename(&path, &aside).expect("moved");
    }
    std::fs::create_dir_all(path.join("in the way")).expect("made");
    let told = told(repo);
    assert!(path.is_dir(), "it was to be in the way");
    std::fs::remove_dir_all(&path).expect("removed");
    if was_there {
        std::fs::rename(&aside, &path).expect("moved");
    }
    told
}

#[track_caller]
fn assert_same(repo: &TestRepo) {
    assert_eq!(told(repo), told_without(repo));
    // More than the index has: the notes themselves.
    let all = repo.executions();
    let log = repo.orchestrate(["log", "-n200", "--json"]).code(0).stdout;
    let latest: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(latest[..], all[..200]);
    let status = repo.orchestrate(["status", "--json"]).code(0).json();
    assert_eq!(status["executions"], all.len());
}

#[test]
fn only_a_repository_with_many_notes_gets_an_index() {
    let repo = still(TestRepo::new());
    add(&repo, 0..50);
    told(&repo);
    assert!(!index(&repo).exists());
    add(&repo, 50..NOTES);
    assert_same(&repo);
    assert!(index(&repo).is_file());
}

#[test]
fn what_is_recorded_later_is_seen_and_soon_indexed() {
    let repo = large();
    assert_same(&repo);
    let before = std::fs::read(index(&repo)).expect("an index");
    repo.orchestrate_with(["record"], &line(NOTES)).code(0);
    assert_same(&repo);
    assert_eq!(std::fs::read(index(&repo)).expect("an index"), before, "one more is no reason to write it");
    add(&repo, NOTES + 1..NOTES + 60);
    assert_same(&repo);
    assert_ne!(std::fs::read(index(&repo)).expect("an index"), before);
    assert_eq!(repo.executions()[0]["id"], id(NOTES + 59));
}

#[test]
fn corrections_and_what_is_forgotten_count_at_once() {
    let repo = large();
    told(&repo);
    for (kind, target, more) in
        [("correction", NOTES - 1, r#","outcome":"aborted""#), ("forget", 3, ""), ("forget", NOTES - 2, "")]
    {
        let amendment =
            format!(r#"{{"id":"{}","kind":"{kind}","target":"{}"{more}}}"#, id(target + 5000), id(target));
        repo.orchestrate_with(["record"], &amendment).code(0);
        assert_same(&repo);
    }
    let latest = &repo.executions()[0];
    assert_eq!((&latest["id"], &latest["outcome"]), (&id(NOTES - 1).into(), &"aborted".into()));
    assert_eq!(repo.executions().len(), NOTES - 2);
}

#[test]
fn what_waits_in_the_spool_is_seen() {
    let repo = large();
    told(&repo);
    repo.orchestrate_with(["record", "--spool"], &line(NOTES)).code(0);
    assert_same(&repo);
    let head = repo.git(["rev-parse", "HEAD"]);
    repo.git(["commit", "-q", "--amend", "--allow-empty", "-m", "again"]);
    let pair = format!("{head} {}\n", repo.git(["rev-parse", "HEAD"]));
    piped(repo.program().args(["hook", "post-rewrite", "amend"]), &pair);
    assert_same(&repo);
    let forget = format!(r#"{{"id":"{}","kind":"forget","target":"{}"}}"#, id(6000), id(NOTES - 3));
    // At one moment all events of the spool would have one name.
    piped(
        repo.program().args(["record", "--spool"]).env("GIT_ORCHESTRATE_TEST_CLOCK", "1795161660000"),
        &forget,
    );
    assert_same(&repo);
    assert_eq!(repo.executions().len(), NOTES);
    repo.orchestrate(["drain"]).code(0);
    assert_same(&repo);
}

#[test]
fn whatever_git_does_to_the_notes_is_seen() {
    let repo = large();
    assert_same(&repo);
    let notes = |arguments: &[&str]| {
        piped(repo.command("git").args(["notes", "--ref=orchestrate"]).args(arguments), "");
    };
    let before = repo.git(["rev-parse", "refs/notes/orchestrate"]);
    notes(&["append", "-m", &line(NOTES), "HEAD~3"]);
    assert_same(&repo);
    notes(&["append", "-m", "no record", "HEAD~4"]);
    assert_same(&repo);
    assert!(told(&repo)[0].contains("1 line of the notes could not be read"));
    notes(&["remove", "HEAD~5"]);
    assert_same(&repo);
    assert_eq!(repo.executions().len(), NOTES);
    notes(&["copy", "-f", "HEAD~6", "HEAD~5"]);
    assert_same(&repo);
    repo.git(["update-ref", "refs/notes/theirs", &before]);
    repo.git(["notes", "--ref=theirs", "append", "-m", &line(NOTES + 1), "HEAD~7"]);
    notes(&["merge", "-q", "-s", "cat_sort_uniq", "theirs"]);
    assert_same(&repo);
    repo.git(["update-ref", "refs/notes/orchestrate", &before]);
    assert_same(&repo);
    assert_eq!(repo.executions().len(), NOTES);
    repo.git(["update-ref", "-d", "refs/notes/orchestrate"]);
    assert!(repo.executions().is_empty());
}

#[test]
fn a_note_whose_object_is_gone_is_named_every_time() {
    let repo = large();
    told(&repo);
    repo.git(["notes", "--ref=orchestrate", "append", "-m", &line(NOTES), "HEAD"]);
    let blob = repo.git(["notes", "--ref=orchestrate", "list", "HEAD"]);
    let object = repo.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let bytes = std::fs::read(&object).expect("loose");
    std::fs::remove_file(&object).expect("removed");
    for _ in 0..2 {
        assert!(told(&repo)[0].contains("1 line of the notes could not be read"));
        std::fs::remove_file(index(&repo)).unwrap_or_default();
    }
    std::fs::write(&object, bytes).expect("written");
    assert!(!told(&repo)[0].contains("could not be read"));
    assert_same(&repo);
}

#[test]
fn an_index_that_is_damaged_old_or_foreign_is_as_good_as_none() {
    let repo = large();
    let expected = told(&repo);
    let good = std::fs::read(index(&repo)).expect("an index");
    let other = large();
    other.orchestrate_with(["record"], &line(NOTES)).code(0);
    told(&other);
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let older = String::from_utf8_lossy(&good[..20]).replace('1', "0").into_bytes();
    let bad = [
        Vec::new(),
        b"garbage".to_vec(),
        vec![0; good.len()],
        good[..good.len() / 2].to_vec(),
        good[..good.len() - 1].to_vec(),
        flipped(0),
        flipped(25),
        flipped(good.len() / 3),
        flipped(good.len() - 1),
        [older, good[20..].to_vec()].concat(),
        std::fs::read(index(&other)).expect("an index"),
    ];
    for (number, bytes) in bad.iter().enumerate() {
        std::fs::write(index(&repo), bytes).expect("written");
        assert_eq!(told(&repo), expected, "case {number}");
    }
    assert_same(&repo);
}

#[test]
fn an_index_that_is_deleted_all_the_time_is_missed_by_nobody() {
    let repo = large();
    let expected = told(&repo);
    let path = index(&repo);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                drop(std::fs::remove_file(&path));
                std::thread::yield_now();
            }
        });
        let told: Vec<_> = (0..4).map(|_| told(&repo)).collect();
        ended.store(true, Ordering::Relaxed);
        assert!(told.iter().all(|told| *told == expected));
    });
}

#[test]
fn several_that_make_the_index_at_once_leave_one_and_no_drafts() {
    let repo = large();
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = repo.program();
            command.args(["patterns", "--json"]).stdout(std::process::Stdio::piped());
            command.env_remove("GIT_ORCHESTRATE_TEST_CLOCK").spawn().expect("it starts")
        })
        .collect();
    let told: Vec<_> = children.into_iter().map(|it| it.wait_with_output().expect("it ends")).collect();
    assert!(told.iter().all(|it| it.status.success() && it.stdout == told[0].stdout));
    let mut files: Vec<_> = std::fs::read_dir(repo.path().join(".git/orchestrate"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    files.sort();
    assert_eq!(files, ["index", "replica"]);
    assert_same(&repo);
}

#[test]
fn drafts_that_were_left_long_ago_go() {
    let repo = large();
    told(&repo);
    let (old, new) = ("index.1763625600000000000-4711", "index.1763625600000000001-4712");
    let [old, new] = [old, new].map(|name| index(&repo).with_file_name(name));
    [&old, &new].iter().for_each(|draft| std::fs::write(draft, "half an ind").expect("written"));
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 3_600);
    let file = std::fs::OpenOptions::new().write(true).open(&old).expect("there");
    file.set_modified(long_ago).expect("ours");
    std::fs::remove_file(index(&repo)).expect("removed");
    told(&repo);
    assert!(index(&repo).exists() && !old.exists());
    assert!(new.exists(), "somebody may be writing it");
}

#[test]
fn gc_takes_nothing_that_the_index_needs() {
    let repo = large();
    assert_same(&repo);
    let before = repo.git(["rev-parse", "refs/notes/orchestrate"]);
    repo.git(["notes", "--ref=orchestrate", "append", "-m", &line(NOTES), "HEAD"]);
    let tree = repo.git(["rev-parse", "refs/notes/orchestrate^{tree}"]);
    let alone = repo.git(["commit-tree", &tree, "-m", "notes without their past"]);
    repo.git(["update-ref", "refs/notes/orchestrate", &alone]);
    repo.git(["reflog", "expire", "--expire=now", "--all"]);
    repo.git(["gc", "-q", "--prune=now"]);
    assert!(!repo.command("git").args(["cat-file", "-e", &before]).output().expect("git").status.success());
    assert_same(&repo);
}

#[test]
fn a_library_that_starts_afresh_is_counted_afresh() {
    let repo = large();
    repo.orchestrate(["merge"]).code(0);
    let before = told(&repo);
    let tree = repo.git(["ls-tree", "refs/orchestrate/learning"]);
    let epoch = piped(repo.command("git").args(["hash-object", "-w", "--stdin"]), "2026-12\n");
    let entries: Vec<String> = tree
        .lines()
        .map(|entry| {
            if entry.ends_with("\tepoch") { format!("100644 blob {epoch}\tepoch") } else { entry.to_owned() }
        })
        .collect();
    let tree = piped(repo.command("git").arg("mktree"), &format!("{}\n", entries.join("\n")));
    let afresh = repo.git(["commit-tree", &tree, "-p", "refs/orchestrate/learning", "-m", "start afresh"]);
    repo.git(["update-ref", "refs/orchestrate/learning", &afresh]);
    assert_same(&repo);
    assert_ne!(told(&repo), before);
}

#[test]
fn work_trees_share_one_index_and_deinit_takes_it_along() {
    let repo = large();
    repo.git(["worktree", "add", "-q", "--detach", "../linked"]);
    let linked = still(repo.inside("../linked"));
    told(&linked);
    let made = std::fs::read(index(&repo)).expect("an index of both");
    assert_same(&repo);
    assert_eq!(std::fs::read(index(&repo)).expect("an index"), made);
    repo.orchestrate(["deinit"]).code(0);
    assert!(!repo.path().join(".git/orchestrate").exists());
}

#[test]
fn a_repository_of_the_other_hash_function_has_one_too() {
    let repo = still(TestRepo::nowhere());
    repo.git(["init", "-q", "-b", "main", "--object-format=sha256"]);
    add(&repo, 0..NOTES);
    assert_same(&repo);
    assert!(index(&repo).is_file());
    repo.orchestrate_with(["record"], &line(NOTES)).code(0);
    assert_same(&repo);
}

#[test]
fn who_may_not_write_reads_all_the_same() {
    use std::os::unix::fs::PermissionsExt;
    let repo = large();
    let expected = told(&repo);
    std::fs::remove_file(index(&repo)).expect("removed");
    let allow = |mode| {
        let folder = repo.path().join(".git/orchestrate");
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    // Root may write all the same; then this says no more than the others.
    allow(0o555);
    let told = told(&repo);
    allow(0o755);
    assert_eq!(told, expected);
}
