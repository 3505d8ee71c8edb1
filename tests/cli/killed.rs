//! Writers that are killed at named points of their work, and gits along with them: nothing that was
//! acknowledged is lost, nothing blocks the next writer, and its work leaves nothing of theirs behind.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{TestRepo, execution, piped};

const SIGKILL: i32 = 9;

/// Points that every write of notes and learning passes.
const WRITING: &[&str] = &["object-half-written", "objects-synced", "before-update-ref", "refs-moved"];
/// Points that an event passes on its way into the spool.
const SPOOLING: &[&str] = &["spool-not-synced", "spool-not-renamed", "spool-renamed"];

/// Longer than a writer takes on a busy machine, and shorter than any lock is waited for.
const PROMPT: Duration = Duration::from_secs(8);

fn repo() -> TestRepo {
    let repo = TestRepo::new().with_real_clock().commit("start");
    repo.git(["config", "gc.auto", "0"]);
    repo
}

/// Runs a verb; where a point is named, it has to be killed there.
fn run(repo: &TestRepo, arguments: &[&str], point: Option<&str>) -> Output {
    let mut command = repo.program();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(point.map(|point| ("GIT_ORCHESTRATE_TEST_KILL", point)));
    let mut child = command.spawn().expect("it starts");
    let line = execution("add a licence", ["a", "b"], "passed");
    drop(child.stdin.take().expect("piped").write_all(line.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    let killed = output.status.signal() == Some(SIGKILL);
    assert_eq!(killed, point.is_some(), "{arguments:?} at {point:?}: {output:?}");
    output
}

/// Runs a verb that is not to be hindered by what was left.
fn run_promptly(repo: &TestRepo, arguments: &[&str]) {
    let start = Instant::now();
    let output = run(repo, arguments, None);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(start.elapsed() < PROMPT, "{arguments:?} took {:?}", start.elapsed());
}

/// What writers leave that did not get to their end.
fn left_behind(repo: &TestRepo) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![repo.path().join(".git")];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).expect("readable") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            // Ours are files that stay; what their holder did not finish is written in them.
            let own_lock = dir.ends_with("orchestrate") && fs::read(&path).is_ok_and(|text| text.is_empty());
            let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if name.contains("tmp") || ["lock", "keep", "new"].contains(&&*ending) && !own_lock {
                found.push(path);
            }
        }
    }
    found
}

fn assert_clean(repo: &TestRepo, after: &str) {
    assert_eq!(left_behind(repo), Vec::<PathBuf>::new(), "after {after}");
    repo.git(["fsck", "--strict", "--connectivity-only"]);
    repo.orchestrate(["check"]).code(0);
}

/// Has every git that is about to move refs killed, after it has locked them.
fn kill_update_ref(repo: &TestRepo) {
    hook(repo, "[ \"$1\" = prepared ] || exit 0\nkill -KILL $PPID\n");
}

fn hook(repo: &TestRepo, script: &str) {
    let path = repo.path().join(".git/hooks/reference-transaction");
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(&path, format!("#!/bin/sh\n{script}")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
}

fn no_hook(repo: &TestRepo) {
    fs::remove_file(repo.path().join(".git/hooks/reference-transaction")).expect("there");
}

#[test]
fn a_record_that_is_killed_at_any_point_is_whole_or_not_there_and_blocks_nobody() {
    let repo = repo();
    for (written, point) in WRITING.iter().enumerate() {
        run(&repo, &["record"], Some(point));
        run_promptly(&repo, &["record"]);
        assert_clean(&repo, point);
        // One more than those that were acknowledged: the last point is after the ref was moved.
        let unacknowledged = usize::from(*point == "refs-moved");
        assert_eq!(repo.executions().len(), written + 1 + unacknowledged, "{point}");
    }
}

#[test]
fn what_was_spooled_is_there_wherever_the_drain_is_killed() {
    let repo = repo();
    for (drained, point) in WRITING.iter().chain(&["drained-not-removed"]).enumerate() {
        run(&repo, &["record", "--spool"], None);
        run(&repo, &["drain"], Some(point));
        assert_eq!(repo.executions().len(), drained + 1, "{point}");
        run_promptly(&repo, &["drain"]);
        assert_clean(&repo, point);
        assert_eq!(repo.executions().len(), drained + 1, "{point}");
    }
}

#[test]
fn an_event_that_is_killed_on_its_way_into_the_spool_leaves_nothing_but_itself() {
    let repo = repo();
    for (kept, point) in SPOOLING.iter().enumerate() {
        run(&repo, &["record", "--spool"], Some(point));
        run_promptly(&repo, &["record"]);
        assert_clean(&repo, point);
        assert_eq!(repo.executions().len(), kept + 1 + usize::from(*point == "spool-renamed"), "{point}");
    }
}

#[test]
fn a_merge_that_is_killed_at_any_point_is_done_by_the_next() {
    let repo = repo();
    for (recorded, point) in WRITING.iter().enumerate() {
        run(&repo, &["record"], None);
        run(&repo, &["merge"], Some(point));
        run_promptly(&repo, &["merge"]);
        assert_clean(&repo, point);
        let patterns = repo.orchestrate(["patterns", "--json"]).code(0).json();
        assert_eq!(patterns[0]["tally"]["passed"], recorded + 1, "{point}");
        assert_eq!(repo.git(["for-each-ref", "refs/heads/learning"]), "");
    }
}

#[test]
fn locks_of_a_git_that_was_killed_with_us_block_nobody() {
    let repo = repo();
    run(&repo, &["record"], None);
    kill_update_ref(&repo);
    run(&repo, &["record"], Some("refs-moved"));
    assert!(repo.path().join(".git/refs/notes/orchestrate.lock").exists());
    no_hook(&repo);
    run_promptly(&repo, &["record"]);
    assert_clean(&repo, "record");
    assert_eq!(repo.executions().len(), 2);
}

#[test]
fn locks_of_a_git_that_was_killed_while_it_deleted_refs_block_nobody() {
    let repo = repo();
    run(&repo, &["record"], None);
    // The first transaction of a merge makes a learning branch, the second takes it away.
    hook(
        &repo,
        "[ \"$1\" = prepared ] || exit 0\ngrep -q refs/orchestrate/learning && kill -KILL $PPID\nexit 0\n",
    );
    let failed = run(&repo, &["merge"], None);
    assert!(!failed.status.success());
    assert!(String::from_utf8_lossy(&failed.stderr).contains("git was killed"), "{failed:?}");
    assert_clean(&repo, "a merge that lives on and clears away what git left");
    let branch = repo.git(["for-each-ref", "--format=%(refname)", "refs/heads/learning"]);
    let left = [format!("{branch}.lock"), "refs/orchestrate/learning.lock".into(), "packed-refs.lock".into()];
    hook(
        &repo,
        &format!(
            "[ \"$1\" = prepared ] || exit 0\nkill -KILL $PPID $(cat '{}')\n",
            pid_file(&repo).display()
        ),
    );
    killed_by_hook(&repo, &["merge"]);
    for lock in left {
        assert!(repo.path().join(".git").join(&lock).exists(), "{lock}");
    }
    no_hook(&repo);
    run_promptly(&repo, &["merge"]);
    assert_clean(&repo, "merge");
    assert_eq!(repo.git(["for-each-ref", "refs/heads/learning"]), "");
}

fn pid_file(repo: &TestRepo) -> PathBuf {
    repo.root().join("pid")
}

/// Runs a verb whose process id the hook finds in a file.
fn killed_by_hook(repo: &TestRepo, arguments: &[&str]) {
    let mut shell = repo.command("sh");
    let program = repo.program().get_program().to_owned();
    shell.args(["-c", "echo $$ >\"$0\"; exec \"$@\""]).arg(pid_file(repo)).arg(program).args(arguments);
    let status = shell.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("sh starts");
    assert_eq!(status.signal(), Some(SIGKILL));
}

#[test]
fn with_reftable_a_git_that_was_killed_with_us_blocks_nobody() {
    let repo = TestRepo::nowhere().with_real_clock();
    repo.git(["init", "-q", "-b", "main", "--ref-format=reftable"]);
    let repo = repo.commit("start");
    run(&repo, &["record"], None);
    kill_update_ref(&repo);
    run(&repo, &["record"], Some("refs-moved"));
    assert!(repo.path().join(".git/reftable/tables.list.lock").exists());
    no_hook(&repo);
    run_promptly(&repo, &["record"]);
    assert!(!repo.path().join(".git/reftable/tables.list.lock").exists());
    assert_eq!(repo.executions().len(), 2);
}

#[test]
fn the_lock_of_another_git_is_left_alone_and_named() {
    let repo = repo();
    repo.git(["config", "core.filesRefLockTimeout", "100"]);
    run(&repo, &["record"], None);
    run(&repo, &["record"], Some("before-update-ref"));
    let lock = repo.path().join(".git/refs/notes/orchestrate.lock");
    fs::write(&lock, format!("{}\n", repo.git(["rev-parse", "HEAD"]))).expect("written");
    let refused = run(&repo, &["record"], None);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("refs/notes/orchestrate.lock"), "{said}");
    assert!(said.contains("hint: wait for the other git process"), "{said}");
    assert!(lock.exists());
    fs::remove_file(&lock).expect("there");
    run_promptly(&repo, &["record"]);
    assert_eq!(repo.executions().len(), 2);
}

/// A git that is alive and has locked the packed refs, as one that packs very many of them has for long.
fn locker(repo: &TestRepo) -> Child {
    let mut git = repo.command("git");
    git.args(["update-ref", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut git = git.spawn().expect("git starts");
    let commands = "start\ndelete refs/heads/gone\nprepare\n";
    git.stdin.as_mut().expect("piped").write_all(commands.as_bytes()).expect("it reads");
    let mut said = BufReader::new(git.stdout.take().expect("piped"));
    assert!(said.by_ref().lines().any(|line| line.is_ok_and(|line| line == "prepare: ok")));
    git.stdout = Some(said.into_inner());
    git
}

#[test]
fn packed_refs_that_a_living_git_has_locked_are_left_to_it() {
    // Longer than a lock is left alone of which nobody can tell whether it is that of a dead git.
    let pause = || std::thread::sleep(Duration::from_millis(1200));
    for is_first in [true, false] {
        let repo = repo();
        repo.git(["branch", "gone"]);
        repo.git(["config", "core.packedRefsTimeout", "100"]);
        run(&repo, &["record"], None);
        repo.git(["config", "orchestrate.review", "branch"]);
        run(&repo, &["merge"], None);
        repo.git(["config", "orchestrate.review", "off"]);
        let mut living = is_first.then(|| locker(&repo));
        pause();
        // It takes a learning branch away, for which git locks the packed refs.
        run(&repo, &["merge"], Some("before-update-ref"));
        pause();
        let mut living = living.take().unwrap_or_else(|| locker(&repo));
        pause();
        let refused = run(&repo, &["merge"], None);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains("packed-refs.lock"), "{said}");
        living.stdin.take().expect("piped").write_all(b"commit\n").expect("it reads");
        assert!(living.wait().expect("it ends").success(), "it had its lock to the end");
        assert_eq!(repo.git(["for-each-ref", "refs/heads/gone"]), "");
        run_promptly(&repo, &["merge"]);
        assert_clean(&repo, "merge");
    }
}

/// git's own way to say that a gc is at work.
fn gc_is_at_work(repo: &TestRepo) -> PathBuf {
    let path = repo.path().join(".git/gc.pid");
    fs::write(&path, "1 elsewhere").expect("written");
    path
}

/// What `git gc --prune=now` does between our objects and our ref.
const COLLECT: &str = "[ \"$1\" = prepared ] || exit 0\ngit repack -a -d -q && git prune --expire=now\n";

fn assert_whole(repo: &TestRepo, executions: usize) {
    assert_eq!(repo.executions().len(), executions);
    repo.git(["fsck", "--strict", "--connectivity-only"]);
}

#[test]
fn a_gc_at_work_takes_no_object_that_a_ref_is_about_to_name() {
    let repo = repo();
    run(&repo, &["record"], None);
    let pid = gc_is_at_work(&repo);
    hook(&repo, COLLECT);
    run(&repo, &["record"], None);
    assert_whole(&repo, 2);
    run(&repo, &["record", "--spool"], None);
    run(&repo, &["drain"], None);
    assert_whole(&repo, 3);
    run(&repo, &["merge"], None);
    fs::remove_file(pid).expect("there");
    no_hook(&repo);
    assert_clean(&repo, "a gc");
}

#[test]
fn what_a_gc_takes_that_began_too_late_to_be_seen_is_written_again() {
    let repo = repo();
    run(&repo, &["record"], None);
    hook(&repo, COLLECT);
    run(&repo, &["record"], None);
    run(&repo, &["merge"], None);
    assert_whole(&repo, 2);
    no_hook(&repo);
    assert_clean(&repo, "a gc");
}

#[test]
fn a_pack_that_a_killed_writer_kept_from_gc_is_free_after_the_next() {
    let repo = repo();
    let pid = gc_is_at_work(&repo);
    run(&repo, &["record"], Some("objects-kept"));
    assert!(left_behind(&repo).iter().any(|path| path.extension().is_some_and(|it| it == "keep")));
    fs::remove_file(pid).expect("there");
    let mine = repo.path().join(".git/objects/pack/pack-1234.keep");
    fs::write(&mine, "mine\n").expect("written");
    run_promptly(&repo, &["record"]);
    assert_eq!(left_behind(&repo), [mine]);
}

#[test]
fn twenty_records_beside_gc_that_prunes_at_once_are_kept() {
    let repo = repo();
    let gc = || {
        let mut gc = repo.command("git");
        gc.args(["gc", "-q", "--prune=now"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        gc.spawn().expect("git starts")
    };
    let mut running = gc();
    for number in 0..20 {
        if running.try_wait().expect("it is ours").is_some() {
            running = gc();
        }
        let verbs: &[&[&str]] =
            if number % 4 == 3 { &[&["record", "--spool"], &["merge"]] } else { &[&["record"]] };
        for verb in verbs {
            let ran = run(&repo, verb, None);
            assert!(ran.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&ran.stderr));
        }
        repo.git(["rev-list", "--objects", "--quiet", "refs/notes/orchestrate"]);
    }
    running.wait().expect("it ends");
    assert_whole(&repo, 20);
    // What git's own programs left when a gc took what they were writing the next gc clears away.
    assert!(gc().wait().expect("it ends").success());
    assert_clean(&repo, "gc");
}

/// Nobody is asked to remove what nobody can tell apart from the lock of a git that is alive.
#[test]
fn the_lock_file_of_ours_is_empty_when_nothing_is_under_way() {
    let repo = repo();
    let lock =
        |repo: &TestRepo| fs::read_to_string(Path::new(&repo.path()).join(".git/orchestrate/write.lock"));
    run(&repo, &["record"], Some("before-update-ref"));
    assert!(lock(&repo).expect("there").contains("refs/notes/orchestrate"));
    piped(repo.program().args(["merge"]), "");
    assert_eq!(lock(&repo).expect("there"), "");
}
