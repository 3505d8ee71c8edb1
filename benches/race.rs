//! Push races: clones that record and sync as fast as they can, through `git daemon` on loopback.
//!
//!     cargo bench --bench race
//!
//! Printed: how many records the remote has in the end, the longest that a `sync` took, how many pushes a
//! sync needed, and what that time is to a `sync` that nobody races with.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;
mod scene;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use measure::{median, millis, timed};
use scene::{command, git, program};

const NOTES: &str = "refs/notes/orchestrate";

fn main() -> io::Result<()> {
    for (clones, records) in [(2, 30), (8, 10)] {
        race(clones, records)?;
    }
    Ok(())
}

fn race(clones: usize, records: usize) -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let hub = root.path().join("hub.git");
    git(root.path(), &["init", "-q", "--bare", "-b", "main", "hub.git"]);
    let daemon = Daemon::serve(root.path())?;
    for clone in 0..=clones {
        let dir = root.path().join(clone.to_string());
        git(root.path(), &["clone", "-q", &daemon.url("hub.git"), &clone.to_string()]);
        git(&dir, &["commit", "-q", "--allow-empty", "-m", "start"]);
        timed(program(&dir).args(["sync", "--push", "--yes"]));
    }
    let mut alone: Vec<Duration> = (0..5)
        .map(|n| {
            // Right after its last push it would let others go first.
            thread::sleep(Duration::from_secs(1));
            turn(&root.path().join("0"), 0, n).0
        })
        .collect();
    let alone = median(&mut alone);
    let mut turns: Vec<(Duration, u64)> = thread::scope(|scope| {
        let one = |clone: usize| {
            let dir = root.path().join(clone.to_string());
            move || (0..records).map(|n| turn(&dir, clone, n)).collect::<Vec<_>>()
        };
        let racing: Vec<_> = (1..=clones).map(|clone| scope.spawn(one(clone))).collect();
        racing.into_iter().flat_map(|it| it.join().expect("a clone")).collect()
    });
    turns.sort();
    let (expected, longest) = (5 + clones * records, turns.last().map_or(Duration::ZERO, |it| it.0));
    let tries: u64 = turns.iter().map(|it| it.1).sum();
    println!("{clones} clones x {records} records through git daemon:");
    println!("  records at the remote   {} of {expected}     (goal: all)", there(&hub));
    println!(
        "  longest wait of a sync  {:.2} s     (goal: at most 5 s); {:.0} times one that nobody races with",
        longest.as_secs_f64(),
        longest.as_secs_f64() / alone.as_secs_f64()
    );
    println!("  pushes of a sync        {:.2} on average", tries as f64 / turns.len() as f64);
    let middle = turns[turns.len() / 2].0;
    println!(
        "  median sync             {:.0} ms; {:.1} times one that nobody races with",
        millis(middle),
        middle.as_secs_f64() / alone.as_secs_f64()
    );
    Ok(())
}

/// Records once and syncs until that is shared; gives how long the sync took and how often it pushed.
fn turn(dir: &Path, clone: usize, n: usize) -> (Duration, u64) {
    let draft = dir.with_extension("draft");
    let record = format!(
        r#"{{"request":"add part {n} of {clone}","steps":[{{"component":"starter/licence/skill/licence","outcome":"passed"}}],"outcome":"passed"}}"#
    );
    fs::write(&draft, record).expect("written");
    timed(program(dir).args(["record", "--file"]).arg(&draft));
    let start = Instant::now();
    let output = program(dir).args(["sync", "--json"]).stdin(Stdio::null()).output().expect("it starts");
    let took = start.elapsed();
    if !output.status.success() {
        println!("  a sync gave up: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (took, told["tries"].as_u64().unwrap_or_default())
}

/// How many records the remote has.
fn there(hub: &Path) -> usize {
    let list = git(hub, &["notes", "--ref=orchestrate", "list"]);
    let blobs = list.lines().filter_map(|line| line.split(' ').next());
    let lines = |blob| git(hub, &["cat-file", "blob", blob]).lines().filter(|it| it.starts_with('{')).count();
    assert!(git(hub, &["for-each-ref", NOTES]).contains(NOTES), "something was shared");
    blobs.map(lines).sum()
}

/// A `git daemon` that ends when this does.
struct Daemon {
    child: Child,
    port: u16,
}

impl Daemon {
    fn serve(root: &Path) -> io::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = command("git", root)
            .args(["daemon", "--listen=127.0.0.1", "--reuseaddr", "--export-all", "--enable=receive-pack"])
            .arg(format!("--port={port}"))
            .arg(format!("--base-path={}", root.display()))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let daemon = Self { child, port };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(daemon)
    }

    fn url(&self, repository: &str) -> String {
        format!("git://127.0.0.1:{}/{repository}", self.port)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // `git` has a child that listens, which ends when it is asked, not when `git` is killed.
        drop(Command::new("kill").args(["-s", "TERM", "--", &self.child.id().to_string()]).status());
        drop(self.child.wait());
    }
}
