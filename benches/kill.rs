//! 300 kills (-9) of record, drain and merge, and what they leave.
//!
//!     cargo bench --bench kill
//!
//! 120 kills at named points of the write path, 30 of the git that moves refs together with us while it
//! has them locked, and 150 at random moments, half of these together with every git that runs for us.
//! After each one the next writer is timed, and git's own check and a look into the git folder follow.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "scene/fresh.rs"]
mod fresh;
#[path = "scene/leftovers.rs"]
mod leftovers;
mod measure;
mod scene;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, io, thread};

use fresh::init;
use leftovers::leftovers;
use measure::{median, millis, timed};
use scene::{command, git, program};

const SIGKILL: i32 = 9;
const NAMED: usize = 120;
const IN_GIT: usize = 30;
const RANDOM: usize = 150;

const POINTS: &[(Verb, &str)] = &[
    (Verb::Record, "object-half-written"),
    (Verb::Record, "objects-synced"),
    (Verb::Record, "before-update-ref"),
    (Verb::Record, "refs-moved"),
    (Verb::Spool, "spool-not-synced"),
    (Verb::Spool, "spool-not-renamed"),
    (Verb::Spool, "spool-renamed"),
    (Verb::Drain, "objects-synced"),
    (Verb::Drain, "refs-moved"),
    (Verb::Drain, "drained-not-removed"),
    (Verb::Merge, "before-update-ref"),
    (Verb::Merge, "refs-moved"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Record,
    Spool,
    Drain,
    Merge,
}

/// A repository, and what was acknowledged in it.
struct Scene {
    repo: PathBuf,
    draft: PathBuf,
    number: usize,
    acknowledged: Vec<String>,
    /// How long the writer after each kill took.
    next: Vec<Duration>,
    /// Kills that left something unfinished.
    within: usize,
    /// Kills that hit a git as well.
    gits: usize,
    debris: usize,
    unclean: usize,
}

fn main() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let mut scene = Scene::new(root.path());
    for round in 0..NAMED {
        let (verb, point) = POINTS[round % POINTS.len()];
        scene.prepare(verb);
        let mut command = scene.command(verb);
        let ended = scene.run(verb, command.env("GIT_ORCHESTRATE_TEST_KILL", point))?;
        assert_eq!(ended, Some(SIGKILL), "{verb:?} passed {point}");
        scene.look();
    }
    for round in 0..IN_GIT {
        let verb = [Verb::Record, Verb::Drain, Verb::Merge][round % 3];
        scene.prepare(verb);
        let hook = scene.repo.join(".git/hooks/reference-transaction");
        fs::create_dir_all(hook.parent().expect("a folder"))?;
        fs::write(&hook, "#!/bin/sh\n[ \"$1\" = prepared ] && kill -KILL $PPID\nexit 0\n")?;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))?;
        let mut command = scene.command(verb);
        let ended = scene.run(verb, command.env("GIT_ORCHESTRATE_TEST_KILL", "refs-moved"))?;
        assert_eq!(ended, Some(SIGKILL), "{verb:?} lives");
        scene.gits += 1;
        fs::remove_file(&hook)?;
        scene.look();
    }
    let longest = [Verb::Record, Verb::Drain, Verb::Merge].map(|verb| scene.usual(verb));
    for round in 0..RANDOM {
        let verb = [Verb::Record, Verb::Drain, Verb::Merge][round % 3];
        scene.prepare(verb);
        let moment = longest[round % 3].mul_f64(((round * 7) % RANDOM) as f64 / RANDOM as f64);
        scene.kill_after(verb, moment, round % 2 == 0)?;
        scene.look();
    }
    scene.tell();
    Ok(())
}

impl Scene {
    fn new(root: &Path) -> Self {
        let (repo, draft) = (root.join("repo"), root.join("draft"));
        init(&repo);
        git(&repo, &["commit", "-q", "--allow-empty", "-m", "start"]);
        let (acknowledged, next) = (Vec::new(), Vec::new());
        Self { repo, draft, number: 0, acknowledged, next, within: 0, gits: 0, debris: 0, unclean: 0 }
    }

    /// Gives a verb something to do.
    fn prepare(&mut self, verb: Verb) {
        let times = if verb == Verb::Drain { 3 } else { usize::from(verb == Verb::Merge) };
        for _ in 0..times {
            let before = if verb == Verb::Drain { Verb::Spool } else { Verb::Record };
            let ended = self.command(before).status().expect("it starts");
            assert!(ended.success(), "{before:?} failed");
            self.acknowledge();
        }
    }

    fn acknowledge(&mut self) {
        self.acknowledged.push(format!("request number {}", self.number));
    }

    /// The verb on a record of its own, in a process group of its own.
    fn command(&mut self, verb: Verb) -> Command {
        self.number += 1;
        let record = format!(
            r#"{{"request":"request number {}","steps":[{{"component":"m/p/skill/a","outcome":"passed"}}],"outcome":"passed"}}"#,
            self.number
        );
        fs::write(&self.draft, record).expect("written");
        let mut command = program(&self.repo);
        match verb {
            Verb::Record => command.args(["record", "--file"]).arg(&self.draft),
            Verb::Spool => command.args(["record", "--spool", "--file"]).arg(&self.draft),
            Verb::Drain => command.arg("drain"),
            Verb::Merge => command.arg("merge"),
        };
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs it to its end, and gives the signal that ended it.
    fn run(&mut self, verb: Verb, command: &mut Command) -> io::Result<Option<i32>> {
        let ended = command.status()?;
        if ended.success() && matches!(verb, Verb::Record | Verb::Spool) {
            self.acknowledge();
        }
        Ok(ended.signal())
    }

    /// How long a verb takes when nobody kills it.
    fn usual(&mut self, verb: Verb) -> Duration {
        let mut times: Vec<Duration> = (0..5)
            .map(|_| {
                self.prepare(verb);
                let took = timed(&mut self.command(verb));
                if verb == Verb::Record {
                    self.acknowledge();
                }
                took
            })
            .collect();
        median(&mut times)
    }

    fn kill_after(&mut self, verb: Verb, moment: Duration, with_gits: bool) -> io::Result<()> {
        let mut child = self.command(verb).spawn()?;
        thread::sleep(moment);
        let gits = if with_gits { descendants(child.id()) } else { Vec::new() };
        self.gits += usize::from(!gits.is_empty());
        kill(&child, &gits);
        if child.wait()?.success() && verb == Verb::Record {
            self.acknowledge();
        }
        Ok(())
    }

    /// The next writer, and what it leaves.
    fn look(&mut self) {
        self.within += usize::from(!leftovers(&self.repo.join(".git")).is_empty());
        let took = timed(&mut self.command(Verb::Record));
        self.next.push(took);
        self.acknowledge();
        self.debris += leftovers(&self.repo.join(".git")).len();
        let fsck = command("git", &self.repo).args(["fsck", "--strict", "--no-dangling"]).output();
        let fsck = fsck.expect("git starts");
        self.unclean += usize::from(!fsck.status.success() || !fsck.stdout.is_empty());
    }

    fn tell(mut self) {
        let log = program(&self.repo).args(["log", "-n", "100000", "--json"]).output().expect("it starts");
        let mut kept = BTreeMap::<String, usize>::new();
        for line in String::from_utf8_lossy(&log.stdout).lines() {
            let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
            *kept.entry(record["request"].as_str().expect("text").to_owned()).or_default() += 1;
        }
        let lost = self.acknowledged.iter().filter(|request| !kept.contains_key(*request)).count();
        let twice = kept.values().filter(|times| **times > 1).count();
        let slowest = self.next.iter().max().copied().unwrap_or_default();
        println!("{} kills: {NAMED} at named points, {IN_GIT} in git, {RANDOM} at random:", self.next.len());
        println!("  {} left a write unfinished, {} hit a git that ran for us", self.within, self.gits);
        println!("  git fsck: {} times unclean (goal: 0)", self.unclean);
        println!("  {} acknowledged, {lost} lost, {twice} kept twice (goal: 0)", self.acknowledged.len());
        println!("  left by the writer after it: {} files (goal: 0)", self.debris);
        println!(
            "  the writer after it: p50 {:.0} ms, slowest {:.0} ms (goal: no wait for a time-out)",
            millis(median(&mut self.next)),
            millis(slowest)
        );
    }
}

/// Kills a process with its group, and others.
fn kill(child: &Child, others: &[u32]) {
    let mut kill = Command::new("kill");
    kill.args(["-KILL", "--", &format!("-{}", child.id())]).args(others.iter().map(u32::to_string));
    // Who has ended by itself is no error.
    drop(kill.stderr(Stdio::null()).status());
}

/// The processes that a process has started, and theirs, where the system tells.
fn descendants(id: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            found.push(child);
            found.extend(descendants(child));
        }
    }
    found
}
