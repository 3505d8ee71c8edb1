//! The spool: what `record --spool` and hooks leave, what reading verbs see of it, what `drain` makes
//! of it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::support::{TestRepo, execution, piped};

const NOTES: &str = "refs/notes/orchestrate";

fn repo() -> TestRepo {
    TestRepo::new().commit("start")
}

fn spool(repo: &TestRepo, request: &str) {
    let said =
        repo.orchestrate_with(["record", "--spool"], &execution(request, ["a", "b"], "passed")).code(0);
    assert_eq!(said.stdout, "spooled 1 execution\n");
}

fn dir(repo: &TestRepo) -> PathBuf {
    let common = repo.git(["rev-parse", "--path-format=absolute", "--git-common-dir"]);
    PathBuf::from(common).join("orchestrate/spool")
}

/// Names of the files in the spool.
fn waiting(repo: &TestRepo) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir(repo)) else { return Vec::new() };
    let files = entries.flatten().filter(|entry| entry.path().is_file());
    files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn has_notes(repo: &TestRepo) -> bool {
    repo.command("git")
        .args(["rev-parse", "-q", "--verify", NOTES])
        .stdout(Stdio::null())
        .status()
        .expect("git")
        .success()
}

/// Every line of every note, as git shows them.
fn lines(repo: &TestRepo) -> Vec<String> {
    let list = repo.git(["notes", "--ref=orchestrate", "list"]);
    let blobs =
        list.lines().map(|line| repo.git(["cat-file", "blob", line.split(' ').next().expect("an oid")]));
    blobs
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|it| !it.is_empty())
        .collect()
}

#[test]
fn what_is_spooled_is_seen_at_once_and_written_by_the_next_verb_that_writes() {
    let repo = repo();
    spool(&repo, "add a licence");
    assert!(!has_notes(&repo), "nothing was written yet");
    let name = &waiting(&repo)[0];
    assert!(name.len() == 33 && name.ends_with(".record"), "{name}");
    assert_eq!(repo.executions().len(), 1);
    assert!(repo.orchestrate(["show", "HEAD"]).code(0).stdout.starts_with("add a licence\n"));
    assert_eq!(repo.orchestrate(["status", "--json"]).code(0).json()["executions"], 1);
    assert_eq!(repo.orchestrate(["patterns", "--json"]).code(0).json()[0]["tally"]["passed"], 1);
    assert!(!has_notes(&repo), "reading writes nothing");
    let repo = repo.record(&execution("add a readme", ["a", "b"], "passed"));
    assert_eq!(waiting(&repo), Vec::<String>::new());
    assert_eq!((lines(&repo).len(), repo.executions().len()), (2, 2));
}

#[test]
fn a_record_that_waited_says_what_one_says_that_did_not() {
    let line = execution("add a licence", ["a", "b"], "passed");
    let line = line.replacen('{', r#"{"id":"01KAG4E1000000000000000001","tree":"of no use","#, 1);
    let told = |arguments: &[&str]| {
        let repo = repo().file("a", "1").commit("something in the tree");
        piped(repo.program().arg("record").args(arguments), &line);
        repo.orchestrate(["drain"]).code(0);
        let tree = repo.git(["rev-parse", "HEAD^{tree}"]);
        assert!(lines(&repo)[0].contains(&format!(r#""tree":"{tree}""#)), "{:?}", lines(&repo));
        (repo.git(["notes", "--ref=orchestrate", "list"]), lines(&repo))
    };
    assert_eq!(told(&["--spool"]), told(&[]));
}

#[test]
fn a_record_whose_commit_is_gone_before_it_is_drained_is_kept_without_its_tree() {
    let repo = repo().file("a", "1").commit("made anew");
    spool(&repo, "on what is gone");
    repo.git(["commit", "-q", "--amend", "-m", "instead"]);
    repo.git(["reflog", "expire", "--expire=now", "--all"]);
    repo.git(["prune", "--expire=now"]);
    assert_eq!(repo.executions().len(), 1);
    assert!(repo.orchestrate(["drain"]).code(0).stdout.starts_with("drained 1 record"));
    let line = &lines(&repo)[0];
    assert!(line.contains(r#""request":"on what is gone""#) && !line.contains(r#""tree""#), "{line}");
}

#[test]
fn many_events_become_one_notes_commit_and_draining_twice_changes_nothing() {
    let repo = repo();
    for number in 0..5 {
        spool(&repo, &format!("request {number}"));
    }
    let drained = repo.orchestrate(["drain"]).code(0);
    assert_eq!(drained.stdout, "drained 5 records, 0 commits, and the records of 0 rewritten commits\n");
    assert_eq!(repo.git(["rev-list", "--count", NOTES]), "1");
    assert_eq!(repo.orchestrate(["drain"]).code(0).stdout, "nothing waits in the spool\n");
    assert_eq!(repo.git(["rev-list", "--count", NOTES]), "1");
}

#[test]
fn a_drain_that_was_killed_after_the_ref_moved_records_nothing_twice() {
    let repo = repo();
    spool(&repo, "once");
    let name = waiting(&repo)[0].clone();
    let text = std::fs::read(dir(&repo).join(&name)).expect("there");
    repo.orchestrate(["drain"]).code(0);
    std::fs::write(dir(&repo).join(&name), text).expect("as if it had not been removed");
    assert_eq!(repo.executions().len(), 1);
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((waiting(&repo).len(), lines(&repo).len()), (0, 1));
    assert_eq!(repo.git(["rev-list", "--count", NOTES]), "1");
}

#[test]
fn files_that_can_not_be_read_are_named_and_set_aside_and_old_temporary_files_go() {
    let repo = repo();
    spool(&repo, "good");
    let put = |name: &str, text: &str| std::fs::write(dir(&repo).join(name), text).expect("written");
    put("01KAG4E1000000000000000001.record", "{\"id\":");
    put(
        "01KAG4E1000000000000000002.commit",
        r#"{"id":"01KAG4E1000000000000000002","v":1,"event":"commit","at":"2026-11-20T08:00:00.000Z","commit":"4b82"}"#,
    );
    put(
        "01KAG4E1000000000000000003.rewrite",
        r#"{"id":"01KAG4E1000000000000000003","v":2,"event":"another"}"#,
    );
    put("01KAG4E1000000000000000004.weather", "of a newer version");
    put("01G00000000000000000000005.record.tmp", "half a rec");
    put("README", "somebody's");
    assert_eq!(repo.executions().len(), 1, "reading passes them over");
    let drained = repo.orchestrate(["drain"]).code(0);
    assert!(
        drained.stderr.contains("01KAG4E1000000000000000001.record: EOF while parsing"),
        "{}",
        drained.stderr
    );
    assert!(drained.stderr.contains("`4b82` is not an object id"), "{}", drained.stderr);
    let mut left = waiting(&repo);
    left.sort();
    assert_eq!(left, ["01KAG4E1000000000000000003.rewrite", "01KAG4E1000000000000000004.weather", "README"]);
    assert_eq!(std::fs::read_dir(dir(&repo).join("bad")).expect("there").count(), 2);
    assert_eq!(lines(&repo).len(), 1);
}

#[test]
fn a_batch_that_contradicts_the_notes_is_set_aside_whole() {
    let repo = repo();
    let id = "01KAG4E1000000000000000001";
    let given =
        |outcome: &str| execution("one", ["a", "b"], outcome).replacen('{', &format!(r#"{{"id":"{id}","#), 1);
    let repo = repo.record(&given("passed"));
    let batch = format!("{}\n{}", given("failed"), execution("two", ["a", "b"], "passed"));
    repo.orchestrate_with(["record", "--spool"], &batch).code(0);
    repo.orchestrate_with(["record", "--spool"], &given("passed")).code(0);
    let drained = repo.orchestrate(["drain"]).code(0);
    assert!(drained.stderr.contains("is there already and says something else"), "{}", drained.stderr);
    assert_eq!((waiting(&repo).len(), lines(&repo).len()), (0, 1));
}

#[test]
fn nothing_is_drained_while_a_rebase_or_commit_is_under_way() {
    let repo = repo().file("a", "1").commit("one").file("a", "2").commit("two");
    spool(&repo, "waits");
    let busy = |why: &str| {
        let drained = repo.orchestrate(["drain"]).code(0);
        assert_eq!(drained.stdout, format!("nothing was drained: {why}\n"));
        assert_eq!(waiting(&repo).len(), 1);
    };
    let rebase =
        repo.command("git").args(["rebase", "-q", "-x", "false", "HEAD~1"]).output().expect("git starts");
    assert!(!rebase.status.success(), "it stops");
    busy("a rebase is under way");
    repo.git(["rebase", "--abort"]);
    std::fs::write(repo.path().join(".git/index.lock"), "").expect("written");
    busy("git is at work on the index");
    std::fs::remove_file(repo.path().join(".git/index.lock")).expect("removed");
    let inside = repo.program().arg("drain").env("GIT_INDEX_FILE", ".git/index").output().expect("starts");
    assert_eq!(String::from_utf8_lossy(&inside.stdout), "nothing was drained: a commit is under way\n");
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((waiting(&repo).len(), lines(&repo).len()), (0, 1));
}

#[test]
fn a_rebase_in_another_work_tree_is_waited_for_but_not_for_ever() {
    let repo = repo().with_real_clock().file("a", "1").commit("one").file("a", "2").commit("two");
    let side = repo.root().join("side");
    let stopped = |repo: &TestRepo| {
        let rebase = repo.command("git").args(["rebase", "-q", "-x", "false", "HEAD~1"]).output();
        assert!(!rebase.expect("git starts").status.success(), "it stops");
    };
    let drained = |repo: &TestRepo| repo.orchestrate(["drain"]).code(0).stdout;
    let busy = "nothing was drained: git is at work in another work tree\n";
    repo.git(["worktree", "add", "-q", "-b", "side", side.to_str().expect("UTF-8")]);
    let linked = repo.at(&side).with_real_clock();
    spool(&repo, "waits");
    stopped(&linked);
    assert_eq!(drained(&repo), busy);
    linked.git(["rebase", "--abort"]);
    stopped(&repo);
    assert_eq!(drained(&linked), busy);
    repo.git(["rebase", "--abort"]);
    assert!(drained(&repo).starts_with("drained 1 record"));

    spool(&repo, "a day later");
    stopped(&linked);
    let state = repo.path().join(".git/worktrees/side/rebase-merge");
    let touched = repo.command("touch").args(["-d", "2 days ago"]).arg(&state).status();
    assert!(touched.expect("it starts").success());
    assert!(drained(&repo).starts_with("drained 1 record"));

    spool(&repo, "its folder is gone");
    std::fs::remove_dir_all(&side).expect("removed");
    let touched = repo.command("touch").arg(&state).status();
    assert!(touched.expect("it starts").success());
    assert!(drained(&repo).starts_with("drained 1 record"));
}

#[test]
fn deinit_keeps_what_waits() {
    let repo = repo();
    spool(&repo, "waits");
    repo.orchestrate(["deinit"]).code(0);
    assert_eq!((waiting(&repo).len(), repo.executions().len()), (0, 1));
}

#[test]
fn unborn_bare_linked_and_submodule_repositories_have_a_spool() {
    let unborn = TestRepo::new();
    spool(&unborn, "before the first commit");
    unborn.orchestrate(["drain"]).code(0);
    assert_eq!(unborn.executions().len(), 1);

    let origin = repo();
    let bare = TestRepo::bare();
    bare.git(["fetch", "-q", origin.path().to_str().expect("UTF-8"), "main:main"]);
    spool(&bare, "in a bare repository");
    bare.orchestrate(["drain"]).code(0);
    assert_eq!(bare.executions().len(), 1);

    origin.git(["worktree", "add", "-q", "linked"]);
    let linked = origin.inside("linked");
    spool(&linked, "in a linked work tree");
    assert_eq!((waiting(&origin).len(), origin.executions().len()), (1, 1));
    origin.orchestrate(["drain"]).code(0);
    assert_eq!((waiting(&linked).len(), linked.executions().len()), (0, 1));

    let outer = repo();
    let path = origin.path();
    outer.git([
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        path.to_str().expect("UTF-8"),
        "sub",
    ]);
    let inner = outer.inside("sub");
    spool(&inner, "in a submodule");
    assert_eq!((waiting(&outer).len(), waiting(&inner).len()), (0, 1));
    inner.orchestrate(["drain"]).code(0);
    assert_eq!((inner.executions().len(), outer.executions().len()), (1, 0));
}

/// Spools in threads while `meanwhile` runs again and again until they have ended.
fn spool_beside(
    repo: &TestRepo,
    writers: usize,
    each: usize,
    mut meanwhile: impl FnMut(),
) -> BTreeSet<String> {
    let commands = |writer: usize| {
        (0..each)
            .map(|number| {
                let mut command = repo.program();
                command.args(["record", "--spool"]);
                (command, execution(&format!("request {writer} {number}"), ["a", "b"], "passed"))
            })
            .collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|writer| {
                let mut commands = commands(writer);
                scope.spawn(move || {
                    commands.iter_mut().for_each(|(command, draft)| drop(piped(command, draft)));
                })
            })
            .collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            meanwhile();
        }
        threads.into_iter().for_each(|thread| thread.join().expect("a writer"));
    });
    (0..writers)
        .flat_map(|writer| (0..each).map(move |number| format!("request {writer} {number}")))
        .collect()
}

fn requests(repo: &TestRepo) -> BTreeSet<String> {
    repo.executions().iter().map(|it| it["request"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn sixteen_writers_spool_while_others_drain_and_nothing_is_lost() {
    let repo = repo().with_real_clock();
    let mut drains = 0;
    let wanted = spool_beside(&repo, 16, 6, || {
        let mut others: Vec<_> = (0..2)
            .map(|_| repo.program().arg("drain").stdout(Stdio::null()).spawn().expect("starts"))
            .collect();
        others.iter_mut().for_each(|it| assert!(it.wait().expect("ends").success()));
        drains += 2;
    });
    assert!(drains >= 2, "nothing drained beside the writers");
    assert_eq!(requests(&repo), wanted, "before the last drain");
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((waiting(&repo).len(), requests(&repo)), (0, wanted));
    assert_eq!(lines(&repo).len(), 96, "each record is on one line");
    repo.git(["fsck", "--strict"]);
}

#[test]
fn drains_killed_at_any_moment_lose_nothing() {
    let repo = repo().with_real_clock();
    let mut round = 0_u64;
    let mut killed = 0;
    let wanted = spool_beside(&repo, 4, 20, || {
        let mut drain = repo.program().arg("drain").stdout(Stdio::null()).spawn().expect("starts");
        thread::sleep(Duration::from_micros(300 * (round % 60)));
        drop(drain.kill());
        killed += u32::from(!drain.wait().expect("ends").success());
        round += 7;
        assert!(requests(&repo).len() <= 80);
    });
    assert!(killed > 0, "some drains were killed");
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((waiting(&repo).len(), requests(&repo)), (0, wanted));
    assert_eq!(lines(&repo).len(), 80);
    repo.git(["fsck", "--strict"]);
}

#[test]
fn a_file_that_can_not_be_read_for_the_moment_stays_and_is_said() {
    let repo = repo();
    spool(&repo, "waits");
    let name = waiting(&repo)[0].clone();
    let (file, aside) = (dir(&repo).join(&name), repo.root().join("aside"));
    std::fs::rename(&file, &aside).expect("moved");
    // A link to itself: the machine gives an error, whoever asks.
    std::os::unix::fs::symlink(&file, &file).expect("linked");
    let drained = repo.orchestrate(["drain"]).code(0);
    assert_eq!(drained.stdout, "nothing was drained\n");
    let said = format!("a file of the spool waits for the next time: {name}: ");
    assert!(drained.stderr.contains(&said), "{}", drained.stderr);
    assert!(!dir(&repo).join("bad").exists());
    assert_ne!(repo.orchestrate(["deinit"]).code, Some(0));
    std::fs::rename(&aside, &file).expect("moved");
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((waiting(&repo).len(), lines(&repo).len()), (0, 1));
}
