//! Many processes at once: nothing is lost, nothing is left behind, nothing blocks.

use assert_cmd::cargo::cargo_bin;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{TestRepo, execution, piped};

fn repo() -> TestRepo {
    TestRepo::new().with_real_clock().commit("start")
}

/// Files below `.git` that a writer may have left behind.
fn left_behind(repo: &TestRepo) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![repo.path().join(".git")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).expect("readable") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                // Files that are locked themselves, ours, are no lock files.
                open.extend((name != "orchestrate").then_some(path));
            } else if name.ends_with(".lock") || name.contains("tmp") {
                found.push(path);
            }
        }
    }
    found
}

fn ids(repo: &TestRepo) -> BTreeSet<String> {
    repo.executions().iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect()
}

/// `run` in this many threads at once.
fn at_once(threads: usize, run: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for number in 0..threads {
            let run = &run;
            scope.spawn(move || run(number));
        }
    });
}

/// Runs the program in the folder of a repository that other threads use too.
struct Shared {
    program: &'static Path,
    dir: PathBuf,
    home: PathBuf,
}

impl Shared {
    fn of(repo: &TestRepo) -> Self {
        let home = repo.root().join("home");
        Self { program: cargo_bin!("git-orchestrate"), dir: repo.path(), home }
    }

    fn command(&self, verb: &str) -> std::process::Command {
        let mut command = std::process::Command::new(self.program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(&self.dir)
            .arg(verb);
        command
    }

    fn record(&self, request: &str) {
        let said = piped(&mut self.command("record"), &execution(request, ["a", "b"], "passed"));
        assert_eq!(said, "recorded 1 execution");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "how long it took is worth knowing, and no reason to fail")]
fn sixteen_writers_lose_nothing_and_leave_nothing_behind() {
    let repo = repo();
    let shared = Shared::of(&repo);
    let times = std::sync::Mutex::new(Vec::new());
    at_once(16, |writer| {
        for number in 0..25 {
            let start = Instant::now();
            shared.record(&format!("request {writer} {number}"));
            times.lock().expect("no thread panicked").push(start.elapsed());
        }
    });
    let mut times = times.into_inner().expect("no thread panicked");
    times.sort();
    println!("16 writers x 25 records: median {:?}, p99 {:?}", times[200], times[396]);
    assert_eq!(ids(&repo).len(), 400);
    let requests: BTreeSet<String> = repo.executions().iter().map(|it| it["request"].to_string()).collect();
    assert_eq!(requests.len(), 400);
    repo.git(["fsck", "--strict"]);
    assert_eq!(left_behind(&repo), Vec::<PathBuf>::new());
}

#[test]
fn merges_and_records_at_once_count_everything_once() {
    let repo = repo();
    let shared = Shared::of(&repo);
    at_once(8, |writer| {
        for number in 0..4 {
            shared.record(&format!("request {writer} {number}"));
            piped(&mut shared.command("merge"), "");
        }
    });
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(ids(&repo).len(), 32);
    let patterns = repo.orchestrate(["patterns", "--json"]).code(0).json();
    assert_eq!(patterns[0]["tally"]["passed"], 32);
    repo.orchestrate(["check"]).code(0);
    assert_eq!(repo.git(["for-each-ref", "refs/heads/learning"]), "");
    repo.git(["fsck", "--strict"]);
    assert_eq!(left_behind(&repo), Vec::<PathBuf>::new());
}

#[test]
fn first_uses_at_once_agree_on_one_replica() {
    let repo = repo();
    let shared = Shared::of(&repo);
    let replicas = std::sync::Mutex::new(BTreeSet::new());
    at_once(8, |_| {
        let status = piped(shared.command("status").arg("--json"), "");
        let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        replicas.lock().expect("no thread panicked").insert(status["replica"].to_string());
    });
    assert_eq!(replicas.into_inner().expect("no thread panicked").len(), 1);
    let files = std::fs::read_dir(repo.path().join(".git/orchestrate")).expect("there").count();
    assert_eq!(files, 1, "only the id itself stays");
}

#[test]
fn records_and_gits_own_maintenance_get_along() {
    let repo = repo().record(&execution("first", ["a", "b"], "passed"));
    let shared = Shared::of(&repo);
    at_once(5, |writer| {
        for number in 0..6 {
            match writer {
                0 => drop(git_beside(&shared, &["pack-refs", "--all"])),
                1 if number % 3 == 0 => drop(git_beside(&shared, &["gc", "-q"])),
                1 => drop(git_beside(&shared, &["notes", "--ref=other", "add", "-f", "-m", "x"])),
                2 => drop(piped(&mut shared.command("check"), "")),
                _ => shared.record(&format!("request {writer} {number}")),
            }
        }
    });
    assert_eq!(ids(&repo).len(), 13);
    repo.git(["fsck", "--strict"]);
}

/// git beside us; it may lose a race, we must not.
fn git_beside(shared: &Shared, arguments: &[&str]) -> bool {
    let mut command = std::process::Command::new("git");
    command
        .current_dir(&shared.dir)
        .env("HOME", &shared.home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("git starts").success()
}

#[test]
fn killed_writers_block_nobody() {
    let repo = repo();
    let shared = Shared::of(&repo);
    for round in 0..20_u64 {
        let mut command = shared.command(if round % 4 == 3 { "merge" } else { "record" });
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let batch = execution(&format!("killed {round}"), ["a", "b"], "passed");
        drop(std::io::Write::write_all(&mut child.stdin.take().expect("piped"), batch.as_bytes()));
        thread::sleep(Duration::from_micros(700 * round));
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
    }
    let start = Instant::now();
    shared.record("after all of them");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    repo.git(["fsck", "--strict"]);
    let locks: Vec<PathBuf> =
        left_behind(&repo).into_iter().filter(|path| has_ending(path, "lock")).collect();
    assert_eq!(locks, Vec::<PathBuf>::new());
}

/// As `timeout -s KILL`, a cancelled CI job or a closed container does it: git is killed along with us.
#[test]
fn writers_killed_with_their_whole_process_group_block_nobody() {
    use std::os::unix::process::CommandExt;
    let repo = repo();
    let shared = Shared::of(&repo);
    for round in 0..40_u64 {
        let mut child = shared
            .command("record")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let batch = execution(&format!("killed {round}"), ["a", "b"], "passed");
        drop(std::io::Write::write_all(&mut child.stdin.take().expect("piped"), batch.as_bytes()));
        thread::sleep(Duration::from_micros(400 * round));
        let group = format!("-{}", child.id());
        drop(std::process::Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status());
        child.wait().expect("it ends");
    }
    shared.record("after all of them");
    repo.orchestrate(["merge"]).code(0);
    repo.git(["fsck", "--strict"]);
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|it| it == ending)
}

#[test]
#[ignore = "takes ten seconds: the patience with a holder of the lock that hangs"]
fn a_writer_that_hangs_delays_others_by_ten_seconds_and_no_more() {
    let repo = repo();
    let shared = Shared::of(&repo);
    shared.record("first");
    let lock = std::fs::File::open(repo.path().join(".git/orchestrate/write.lock")).expect("there");
    lock.lock().expect("free");
    let start = Instant::now();
    shared.record("second");
    let waited = start.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(15)).contains(&waited), "{waited:?}");
    assert_eq!(ids(&repo).len(), 2);
}
