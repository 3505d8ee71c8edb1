//! Convergence of the real program: clones that commit, amend, record, crash and sync in any order through a bare
//! repository end with one library, and with every execution once.
//!
//! Histories are random, and the same each time. `GIT_ORCHESTRATE_TEST_HISTORIES=1000` tries so many. Of values
//! alone `src/model/convergence.rs` tells the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use assert_cmd::cargo::cargo_bin;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{START, STEP, TestRepo, execution, piped};

const CLONES: usize = 5;
/// How many histories are tried where nobody asks for more.
const HISTORIES: u32 = 8;
/// What happens in one, at most.
const EVENTS: usize = 14;
const NOTES: &str = "refs/notes/orchestrate";
const LEARNING: &str = "refs/orchestrate/learning";
/// Where a process is killed.
const POINTS: &[&str] =
    &["object-half-written", "objects-synced", "before-update-ref", "refs-moved", "drained-not-removed"];

/// What happens at a clone.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A commit, and an execution on it.
    Work(How, Ending),
    /// The last commit is made anew.
    Amend,
    /// An execution of this clone turns out to have failed, or not to count.
    Correct(usize),
    Forget(usize),
    Run(Verb),
    /// The same is killed at a point, if it comes by.
    Crash(Verb, usize),
    /// A push of the branch, whose hook shares too.
    Push,
    /// Everything of ours in this clone is lost, but for the agreement to share.
    Lose,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Noted,
    Spooled,
    Killed(usize),
}

type Ending = &'static str;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Drain,
    Merge,
    Sync,
    Fetch,
}

impl Verb {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Drain => &["drain"],
            Self::Merge => &["merge"],
            Self::Sync => &["sync"],
            Self::Fetch => &["sync", "--fetch"],
        }
    }
}

fn history() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let point = || 0..POINTS.len();
    let how = prop_oneof![
        3 => Just(How::Noted),
        2 => Just(How::Spooled),
        1 => point().prop_map(How::Killed),
    ];
    let ending = prop::sample::select(vec!["passed", "failed"]);
    let verb = || prop::sample::select(vec![Verb::Drain, Verb::Merge, Verb::Fetch, Verb::Sync, Verb::Sync]);
    let event = prop_oneof![
        6 => (how, ending).prop_map(|(how, ending)| Event::Work(how, ending)),
        3 => Just(Event::Amend),
        1 => (0..9_usize).prop_map(Event::Correct),
        1 => (0..9_usize).prop_map(Event::Forget),
        4 => verb().prop_map(Event::Run),
        3 => (verb(), point()).prop_map(|(verb, point)| Event::Crash(verb, point)),
        1 => Just(Event::Push),
        1 => Just(Event::Lose),
    ];
    prop::collection::vec((0..CLONES, event), 0..EVENTS)
}

/// Clones with hooks that agreed to share, and the bare repository between them.
struct Team {
    root: TempDir,
    /// Minutes since it began: every process has another one, and the same each time.
    time: i64,
    /// Executions that somebody tried to record.
    tried: BTreeSet<String>,
    /// Those that a clone was told are kept, and that it has not lost since.
    kept: [BTreeSet<String>; CLONES],
    /// Those that the hub was told of.
    shared: BTreeSet<String>,
    /// Executions that were corrected or forgotten: once each, so that all agree on what counts.
    amended: BTreeSet<String>,
    /// What was recorded on the last commit of each clone, with the commits that it replaced.
    on_head: [BTreeSet<String>; CLONES],
}

impl Team {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (tried, kept, shared) = (BTreeSet::new(), Default::default(), BTreeSet::new());
        let (amended, on_head) = (BTreeSet::new(), Default::default());
        let mut team = Self { root, time: 0, tried, kept, shared, amended, on_head };
        let seed = TestRepo::new().commit("start");
        seed.git(["clone", "-q", "--bare", text(&seed.path()), text(&team.hub())]);
        for clone in 0..CLONES {
            let dir = team.dir(clone);
            seed.git(["clone", "-q", text(&team.hub()), text(&dir)]);
            team.git(clone, &["checkout", "-q", "-b", &format!("of-{clone}")]);
            team.ran(clone, &["hooks", "install"], "");
            team.ran(clone, &["sync", "--push", "--yes"], "");
        }
        team
    }

    /// The same in another folder, with a hub of its own.
    fn copy(&self) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (old, new) = (text(self.root.path()), text(root.path()));
        piped(Command::new("cp").args(["-R", &format!("{old}/."), new]), "");
        for clone in 0..CLONES {
            let config = root.path().join(clone.to_string()).join(".git/config");
            let moved = std::fs::read_to_string(&config).expect("there").replace(old, new);
            std::fs::write(&config, moved).expect("written");
        }
        let (tried, kept, shared) = (self.tried.clone(), self.kept.clone(), self.shared.clone());
        let (amended, on_head) = (self.amended.clone(), self.on_head.clone());
        Self { root, time: self.time, tried, kept, shared, amended, on_head }
    }

    fn hub(&self) -> PathBuf {
        self.root.path().join("hub.git")
    }

    fn dir(&self, clone: usize) -> PathBuf {
        self.root.path().join(clone.to_string())
    }

    fn command(&mut self, program: impl AsRef<std::ffi::OsStr>, dir: &Path) -> Command {
        self.time += 1;
        let mut command = Command::new(program);
        let own = cargo_bin!("git-orchestrate").parent().expect("a folder").to_path_buf();
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&inherited)));
        command.env_clear().current_dir(dir).env("PATH", path.expect("joins"));
        command.env("HOME", self.root.path()).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        for (name, value) in
            [("NAME", "A User"), ("EMAIL", "user@example.com"), ("DATE", "2026-11-20T08:00:00Z")]
        {
            command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        command.env("GIT_ORCHESTRATE_TEST_CLOCK", (START + self.time * STEP).to_string());
        command
    }

    fn git(&mut self, clone: usize, arguments: &[&str]) -> String {
        let dir = self.dir(clone);
        piped(self.command("git", &dir).args(arguments), "")
    }

    /// How the program ends in a clone.
    fn run(&mut self, clone: usize, arguments: &[&str], input: &str, point: Option<usize>) -> Output {
        let dir = self.dir(clone);
        let mut command = self.command(cargo_bin!("git-orchestrate"), &dir);
        command.args(arguments).envs(point.map(|point| ("GIT_ORCHESTRATE_TEST_KILL", POINTS[point])));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        drop(std::io::Write::write_all(&mut child.stdin.take().expect("piped"), input.as_bytes()));
        child.wait_with_output().expect("it ends")
    }

    /// What the program prints in a clone; it has to succeed.
    fn ran(&mut self, clone: usize, arguments: &[&str], input: &str) -> String {
        let output = self.run(clone, arguments, input, None);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "clone {clone}: {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn happens(&mut self, clone: usize, event: Event) {
        match event {
            Event::Work(how, ending) => self.work(clone, how, ending),
            Event::Amend => {
                let message = format!("amended at {}", self.time);
                self.git(clone, &["commit", "-q", "--amend", "--allow-empty", "-m", &message]);
            }
            Event::Correct(which) => {
                self.amend_record(clone, which, r#""kind":"correction","outcome":"failed""#);
            }
            Event::Forget(which) => self.amend_record(clone, which, r#""kind":"forget""#),
            Event::Run(verb) => {
                self.ran(clone, verb.arguments(), "");
                if verb == Verb::Sync {
                    let kept = self.kept[clone].clone();
                    self.shared.extend(kept);
                }
            }
            Event::Crash(verb, point) => drop(self.run(clone, verb.arguments(), "", Some(point))),
            Event::Push => drop(self.git(clone, &["push", "-q", "--force", "origin", "HEAD"])),
            Event::Lose => self.lose(clone),
        }
    }

    fn work(&mut self, clone: usize, how: How, ending: Ending) {
        let name = format!("work-{}", self.time);
        std::fs::write(self.dir(clone).join(&name), &name).expect("written");
        self.git(clone, &["add", "-A"]);
        self.git(clone, &["commit", "-q", "-m", &name]);
        self.on_head[clone].clear();
        let id = format!("01M7VZJ7J8{:016}", self.time);
        let line = execution(&name, ["a", "b"], ending).replacen('{', &format!(r#"{{"id":"{id}","#), 1);
        self.tried.insert(id.clone());
        match how {
            How::Noted => drop(self.ran(clone, &["record"], &line)),
            How::Spooled => drop(self.ran(clone, &["record", "--spool"], &line)),
            How::Killed(point) => {
                self.run(clone, &["record"], &line, Some(point));
                return;
            }
        }
        self.kept[clone].insert(id.clone());
        self.on_head[clone].insert(id);
    }

    fn amend_record(&mut self, clone: usize, which: usize, what: &str) {
        let mine: Vec<String> = self.kept[clone].difference(&self.amended).cloned().collect();
        let Some(target) = mine.get(which % mine.len().max(1)) else { return };
        self.ran(clone, &["record"], &format!(r#"{{{what},"target":"{target}"}}"#));
        self.amended.insert(target.clone());
    }

    fn lose(&mut self, clone: usize) {
        for name in self.git(clone, &["for-each-ref", "--format=%(refname)"]).lines() {
            if name == NOTES
                || name.starts_with("refs/orchestrate/")
                || name.starts_with("refs/heads/learning/")
            {
                self.git(clone, &["update-ref", "-d", name]);
            }
        }
        let own = self.dir(clone).join(".git/orchestrate");
        for entry in std::fs::read_dir(own).expect("there").flatten() {
            let path = entry.path();
            // What the hooks need is the installation, not the memory.
            match path.file_name().is_some_and(|it| it == "spool") {
                true => std::fs::remove_dir_all(path).expect("removed"),
                false if path.is_file() && !path.ends_with("hooks") => {
                    std::fs::remove_file(path).expect("removed");
                }
                false => {}
            }
        }
        let shared = self.shared.clone();
        self.kept[clone].retain(|id| shared.contains(id));
        self.on_head[clone].retain(|id| shared.contains(id));
    }

    /// Everybody takes in what everybody has, and then it holds.
    fn converges(mut self) {
        (0..CLONES).for_each(|clone| self.happens(clone, Event::Run(Verb::Sync)));
        (0..CLONES - 1).for_each(|clone| self.happens(clone, Event::Run(Verb::Fetch)));
        let hub = self.hub();
        let trees =
            ["for-each-ref", "--format=%(refname) %(tree)", "refs/notes", LEARNING, "refs/heads/learning"];
        let hubs = piped(self.command("git", &hub).args(trees), "");
        for clone in 0..CLONES {
            assert_eq!(self.git(clone, &trees), hubs, "clone {clone}");
        }
        let notes = self.notes();
        let lines: BTreeSet<&str> = notes.values().flatten().map(String::as_str).collect();
        let records: Vec<Value> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        self.nothing_is_lost_or_twice(&notes, &records);
        let (passed, failed) = tally(&records);
        let patterns: Value = serde_json::from_str(&self.ran(0, &["patterns", "--json"], "")).expect("JSON");
        let told = patterns.as_array().expect("a list").iter().map(|it| &it["tally"]);
        let told =
            told.fold((0, 0), |sum, it| (sum.0 + number(&it["passed"]), sum.1 + number(&it["failed"])));
        assert_eq!(told, (passed, failed));
        if !notes.is_empty() {
            self.ran(0, &["check"], "");
        }
        piped(self.command("git", &hub).args(["fsck", "--strict", "--no-dangling"]), "");
    }

    fn nothing_is_lost_or_twice(&mut self, notes: &BTreeMap<String, Vec<String>>, records: &[Value]) {
        let executions = records.iter().filter(|it| it["kind"] == "execution");
        let found: Vec<String> = executions.map(id).collect();
        let distinct: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(found.len(), distinct.len(), "an execution is there in two forms");
        let kept: BTreeSet<String> = self.kept.iter().chain([&self.shared]).flatten().cloned().collect();
        assert_eq!(kept.difference(&distinct).collect::<Vec<_>>(), Vec::<&String>::new(), "lost");
        assert_eq!(distinct.difference(&self.tried).collect::<Vec<_>>(), Vec::<&String>::new(), "invented");
        for clone in 0..CLONES {
            let head = self.git(clone, &["rev-parse", "HEAD"]);
            let there: BTreeSet<String> = notes
                .get(&head)
                .into_iter()
                .flatten()
                .filter_map(|line| serde_json::from_str(line).ok().map(|record| id(&record)))
                .collect();
            let lost: Vec<&String> = self.on_head[clone].difference(&there).collect();
            assert_eq!(lost, Vec::<&String>::new(), "not on the commit that was amended, in clone {clone}");
        }
    }

    /// The lines of every note at the hub, by what it annotates.
    fn notes(&mut self) -> BTreeMap<String, Vec<String>> {
        let hub = self.hub();
        let list = piped(self.command("git", &hub).args(["notes", "--ref=orchestrate", "list"]), "");
        let mut notes = BTreeMap::new();
        for (blob, object) in list.lines().filter_map(|line| line.split_once(' ')) {
            let note = piped(self.command("git", &hub).args(["cat-file", "blob", blob]), "");
            notes.insert(object.to_owned(), note.lines().map(str::to_owned).collect());
        }
        notes
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn id(record: &Value) -> String {
    record["id"].as_str().expect("an id").to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// How many executions passed and failed, counted by hand.
fn tally(records: &[Value]) -> (u64, u64) {
    let of = |kind: &str| -> BTreeSet<String> {
        let those = records.iter().filter(|it| it["kind"] == kind);
        those.map(|it| it["target"].as_str().expect("a target").to_owned()).collect()
    };
    let (corrected, forgotten) = (of("correction"), of("forget"));
    let mut tally = (0, 0);
    for execution in records.iter().filter(|it| it["kind"] == "execution") {
        let id = id(execution);
        if !forgotten.contains(&id) {
            match execution["outcome"] == "passed" && !corrected.contains(&id) {
                true => tally.0 += 1,
                false => tally.1 += 1,
            }
        }
    }
    tally
}

fn histories() -> u32 {
    let asked = std::env::var("GIT_ORCHESTRATE_TEST_HISTORIES").ok();
    asked.map_or(HISTORIES, |asked| asked.parse().expect("GIT_ORCHESTRATE_TEST_HISTORIES is a number"))
}

#[test]
fn clones_that_amend_crash_and_sync_in_any_order_end_with_one_library() {
    let team = Team::new();
    // As many at once as the machine can.
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let each = histories().div_ceil(u32::try_from(threads).unwrap_or(1));
    thread::scope(|scope| {
        for seed in 0..threads as u64 {
            let team = &team;
            scope.spawn(move || {
                let config = Config {
                    cases: each,
                    rng_seed: RngSeed::Fixed(seed),
                    max_shrink_iters: 300,
                    failure_persistence: None,
                    ..Config::default()
                };
                let ended = TestRunner::new(config).run(&history(), |history| {
                    let mut team = team.copy();
                    history.iter().for_each(|(clone, event)| team.happens(*clone, *event));
                    team.converges();
                    Ok(())
                });
                if let Err(error) = ended {
                    panic!("{error}");
                }
            });
        }
    });
}
