//! `analyze` and `catalog search` over real marketplaces, and over 50,000 components that are made up.
//!
//!     ORCHESTRATE_CORPORA=FOLDER:FOLDER cargo bench --bench analyze
//!     cargo bench --bench analyze
//!
//! Whole processes. The real marketplaces are copied first, because a file of each is changed. Files are in the
//! system's cache: nothing here can drop it; cold is a repository of its own, without derived files and without
//! a catalog, and ends with the commit. Peak memory is what Linux says
//! of the process while it runs. The 50,000 are measured as a folder, of which every command looks at every
//! file, and as what git fetched, which nobody can change. Of every Markdown file below the real ones that
//! opens with fields between `---`, loaded by a manifest or not, it is counted how many were recovered.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;
mod synthetic;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use measure::{median, millis, timed};
use serde_json::Value;
use synthetic::{components, generate, query};

const RUNS: usize = 9;
/// How many different requests are searched for.
const QUERIES: usize = 300;
/// Plugins have at most so many documents.
const MOST: usize = 5_000;
/// Verbs that read the library, of which the catalog is a part.
const READERS: &[&[&str]] = &[&["status"], &["patterns"], &["catalog", "search", "tests"]];
/// What `analyze` and those who read derive.
const DERIVED: [&str; 4] = ["catalog", "cataloged", "library", "elsewhere"];
/// What is older than this can't change without a trace.
const SETTLED: Duration = Duration::from_millis(100);

/// What is to be reached.
struct Goals {
    cold: &'static str,
    unchanged: &'static str,
    search: &'static str,
    memory: &'static str,
}

/// Where no goal was set.
const NONE: &str = "none";

fn main() -> io::Result<()> {
    let temporary = tempfile::tempdir()?;
    let dir = temporary.path();
    if let Some(folders) = env::var_os("ORCHESTRATE_CORPORA") {
        let mut corpora = Vec::new();
        for (number, folder) in env::split_paths(&folders).enumerate() {
            corpora.push(dir.join(format!("corpus-{number}")));
            timed(Command::new("cp").arg("-R").arg(folder).arg(&corpora[number]));
        }
        println!("{} real marketplaces:", corpora.len());
        let goals = Goals { cold: "1,500 ms", unchanged: "60 ms", search: NONE, memory: "150 MiB" };
        contents(&measured(&dir.join("real"), &corpora, RUNS, &goals)?);
        recovered(&corpora, dir)?;
    }
    let (start, root) = (Instant::now(), dir.join("synthetic"));
    generate(&root)?;
    println!("{} made-up components, in {:.1} s, as a folder:", components(), start.elapsed().as_secs_f64());
    let goals = Goals { cold: "20 s", unchanged: NONE, search: "20 ms", memory: "600 MiB" };
    contents(&measured(&dir.join("folder"), std::slice::from_ref(&root), 3, &goals)?);
    println!("the same as git fetched them:");
    timed(command("git", &root).args(["init", "-q"]));
    timed(command("git", &root).args(["add", "."]));
    let identity = ["-c", "user.name=A", "-c", "user.email=a@b"];
    timed(command("git", &root).args(identity).args(["commit", "-q", "-m", "all"]));
    let repo = repository(&dir.join("fetched"))?;
    timed(program(&repo).args(["marketplace", "add"]).arg(format!("file://{}", root.display())));
    timed(program(&repo).arg("analyze"));
    searched(&repo, &goals);
    Ok(())
}

/// The file of a component.
fn a_component(repo: &Path) -> PathBuf {
    let output =
        program(repo).args(["analyze", "--dry-run", "--facts", "--json"]).output().expect("it starts");
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a path").to_owned();
    Path::new(&text(&json[0]["root"])).join(text(&json[0]["components"][0]["file"]))
}

/// A repository below `dir` that knows these marketplaces and has read nothing of them.
fn fresh(dir: &Path, name: &str, marketplaces: &[PathBuf]) -> io::Result<PathBuf> {
    let repo = repository(&dir.join(name))?;
    for marketplace in marketplaces {
        timed(program(&repo).args(["marketplace", "add"]).arg(marketplace));
    }
    forget(&repo, &DERIVED);
    Ok(repo)
}

fn forget(repo: &Path, derived: &[&str]) {
    derived.iter().for_each(|name| drop(fs::remove_file(repo.join(".git/orchestrate").join(name))));
}

/// Prints how long commands take in a repository that knows these marketplaces: from nothing to a committed
/// catalog, with nothing changed, and after a change. Says which repository that is.
fn measured(dir: &Path, marketplaces: &[PathBuf], runs: usize, goals: &Goals) -> io::Result<PathBuf> {
    let bare = fresh(dir, "bare", marketplaces)?;
    thread::sleep(SETTLED);
    let (mut cold, mut repo) = (Vec::new(), bare.clone());
    for run in 0..runs {
        repo = fresh(dir, &format!("cold-{run}"), marketplaces)?;
        cold.push(watched(program(&repo).arg("analyze")));
        assert_eq!(commits(&repo), 2, "the library's start, and one analysis");
    }
    let peak = peak(&cold);
    shown(
        "analyze, cold, to a committed catalog",
        cold.into_iter().map(|(time, _)| time).collect(),
        goals.cold,
    );
    println!("  peak memory {peak} (goal: {})", goals.memory);
    let derived = fs::metadata(repo.join(".git/orchestrate/catalog"))?.len();
    println!("  derived file {:.1} MiB", derived as f64 / f64::from(1 << 20));
    let again = |arguments: &[&str]| (0..runs).map(|_| timed(program(&repo).args(arguments))).collect();
    shown("analyze, unchanged", again(&["analyze"]), goals.unchanged);
    shown("analyze --json, unchanged", again(&["analyze", "--json"]), goals.unchanged);
    let compared = (0..runs).map(|_| {
        forget(&repo, &["cataloged"]);
        timed(program(&repo).arg("analyze"))
    });
    shown("analyze, unchanged, compared with all that is in git", compared.collect(), NONE);
    assert_eq!(commits(&repo), 2, "nothing new, no commit");
    for verb in READERS {
        let time = |repo: &Path| {
            timed(program(repo).args(*verb));
            median(&mut (0..runs).map(|_| timed(program(repo).args(*verb))).collect::<Vec<_>>())
        };
        let (without, with) = (millis(time(&bare)), millis(time(&repo)));
        println!("  {}: {without:.1} ms without a catalog in git, {with:.1} ms with it", verb.join(" "));
    }
    let document = a_component(&repo);
    let mut changed = Vec::new();
    for _ in 0..runs {
        let text = fs::read_to_string(&document)?;
        fs::write(&document, format!("{text}\nOne more line.\n"))?;
        thread::sleep(SETTLED);
        changed.push(timed(program(&repo).arg("analyze")));
    }
    shown("analyze, one file changed, to a committed catalog", changed, NONE);
    searched(&repo, goals);
    Ok(repo)
}

/// How many commits the learning branch has.
fn commits(repo: &Path) -> usize {
    let arguments = ["rev-list", "--count", "--branches=learning/*"];
    let output = command("git", repo).args(arguments).output().expect("git starts");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

/// Prints how long searches take, each for something else.
fn searched(repo: &Path, goals: &Goals) {
    let mut times: Vec<Duration> =
        (0..QUERIES).map(|number| timed(program(repo).args(["catalog", "search", &query(number)]))).collect();
    times.sort_unstable();
    let [middle, late] = [50, 95].map(|percent| millis(times[(QUERIES - 1) * percent / 100]));
    println!(
        "  catalog search, {QUERIES} requests: p50 {middle:.1} ms, p95 {late:.1} ms (goal of p95: {})",
        goals.search
    );
    let searches: Vec<_> =
        (0..5).map(|number| watched(program(repo).args(["catalog", "search", &query(number)]))).collect();
    println!("  peak memory {}", peak(&searches));
}

fn shown(what: &str, mut times: Vec<Duration>, goal: &str) {
    let (runs, middle) = (times.len(), millis(median(&mut times)));
    let worst = millis(times[runs - 1]);
    println!("  {what}: median {middle:.1} ms, worst {worst:.1} ms of {runs} (goal: {goal})");
}

fn peak(watched: &[(Duration, Option<u64>)]) -> String {
    let most = watched.iter().filter_map(|(_, peak)| *peak).max();
    most.map_or_else(
        || "not known on this system".to_owned(),
        |kib| format!("{:.0} MiB", kib as f64 / 1024.0),
    )
}

/// Prints what was read.
fn contents(repo: &Path) {
    for listing in analyze(repo).as_array().into_iter().flatten() {
        let summary = &listing["summary"];
        println!("  {}: {}, hooks {}", listing["name"], summary["components"], summary["hooks"]);
        println!("    plugins {}, diagnostics {}", summary["plugins"], summary["diagnostics"]);
    }
}

/// Copies every document with frontmatter to where it is read as an agent, and counts what came of it.
fn recovered(corpora: &[PathBuf], temporary: &Path) -> io::Result<()> {
    let files = documents_of(corpora)?;
    let root = temporary.join("documents");
    for (number, file) in files.iter().enumerate() {
        let agents = root.join(format!("p{}/agents", number / MOST));
        fs::create_dir_all(&agents)?;
        fs::copy(file, agents.join(format!("{number}.md")))?;
    }
    let repo = repository(&temporary.join("second"))?;
    timed(program(&repo).args(["marketplace", "add"]).arg(&root));
    let json = analyze(&repo);
    let front = |key: &str| json[0]["summary"]["frontmatter"][key].as_u64().unwrap_or(0);
    let (present, repaired, lost) = (front("present"), front("repaired"), front("lost"));
    let all = files.len() as u64;
    println!("frontmatter of all {all} documents that have any:");
    println!(
        "  recovered {} ({:.2} %, goal: at least 99.9 %), of these line by line {repaired}",
        present - lost,
        100.0 * (present - lost) as f64 / all as f64
    );
    Ok(())
}

fn documents_of(corpora: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    corpora.iter().try_for_each(|corpus| documents(corpus, &mut files))?;
    Ok(files)
}

/// Markdown files that open with `---` and have a line `key:` before the next `---`.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let kind = fs::symlink_metadata(&path)?;
        if kind.is_dir() {
            documents(&path, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|it| it.eq_ignore_ascii_case("md")) {
            let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            if has_fields(text.trim_start_matches('\u{feff}')) {
                found.push(path);
            }
        }
    }
    Ok(())
}

fn has_fields(text: &str) -> bool {
    let mut lines = text.lines();
    let opens = lines.next().is_some_and(|line| line.trim_end() == "---");
    let is_field = |line: &str| {
        let key = line.split_once(':').map_or("", |(key, _)| key);
        key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    opens && lines.take_while(|line| line.trim_end() != "---").any(is_field)
}

fn analyze(repo: &Path) -> Value {
    let output = program(repo).args(["analyze", "--json"]).output().expect("it starts");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// How long a process took, and the most memory that it had, in KiB.
fn watched(command: &mut Command) -> (Duration, Option<u64>) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("it is ours") {
            break ended;
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).max(most);
        thread::sleep(Duration::from_millis(1));
    };
    let took = start.elapsed();
    assert!(ended.success(), "{command:?} failed");
    (took, most)
}

fn repository(dir: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(dir)?;
    timed(command("git", dir).args(["init", "-q"]));
    Ok(dir.to_owned())
}

fn program(dir: &Path) -> Command {
    command(env!("CARGO_BIN_EXE_git-orchestrate"), dir)
}

fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}
