//! How much a repository grows by a record, after gc.
//!
//!     cargo bench --bench size
//!
//! 10,000 records, drained in batches of 100: each on a commit of its own, and all on 20 commits; beside
//! them the first ones as git keeps them, in a notes commit each. The records are made up but ordinary: runs
//! of 300 workflows out of 40 components that are repeated as workflows are, with requests in the words of
//! people who ask for such work, and with times, tokens, costs and errors of their own.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "scene/fresh.rs"]
mod fresh;
mod scene;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::{fs, io};

use fresh::init;
use scene::{command, git, program};
use serde_json::{Value, json};

const RECORDS: usize = 10_000;
const BATCH: usize = 100;

const VERBS: &[&str] =
    &["add", "fix", "update", "write", "refactor", "document", "test", "remove", "speed up", "review"];
const THINGS: &[&str] = &[
    "the login form",
    "the changelog",
    "retries of the uploader",
    "the licence header",
    "tests for the parser",
    "the release workflow",
    "error messages",
    "the settings page",
    "the index",
    "pagination",
    "the API client",
    "caching of search results",
    "the migration",
    "the command line help",
    "telemetry",
    "the Docker image",
];
const PLACES: &[&str] = &[
    "in the web app",
    "of the server",
    "for version 2",
    "on Windows",
    "in CI",
    "for new users",
    "in billing",
    "",
];
const REASONS: &[&str] = &[
    "because customers complained",
    "so that the build passes again",
    "before the release on Friday",
    "as discussed in the last review",
    "without changing the public interface",
    "and keep it small",
    "",
];
const KINDS: &[&str] =
    &["readme", "licence", "changelog", "ci", "scan", "lint", "review", "parser", "api", "docs"];
const PLUGINS: &[&str] = &["starter", "quality", "platform", "writing"];
const ERRORS: &[&str] = &[
    "error[E0308]: mismatched types",
    "assertion failed: left == right",
    "permission denied: docs/index.md",
    "no such file or directory: scripts/check.sh",
    "test parser::empty_input failed",
    "timeout after 120 s",
];

/// Numbers that are the same in each run. SplitMix64; Steele, Lea and Flood 2014.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from_digit(self.roll(16) as u32, 16).expect("a digit")).collect()
    }
}

fn main() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let distinct = grown(root.path(), "each on a commit of its own", RECORDS)?;
    as_git_keeps_them(root.path(), &distinct)?;
    grown(root.path(), "on 20 commits", 20)?;
    Ok(())
}

/// Records on this many commits; gives the repository.
fn grown(root: &Path, title: &str, commits: usize) -> io::Result<std::path::PathBuf> {
    let repo = root.join(format!("on-{commits}"));
    init(&repo);
    let oids = import(&repo, commits)?;
    git(&repo, &["gc", "-q"]);
    let before = size(&repo.join(".git"));
    let mut dice = Dice(42);
    let draft = root.join("draft");
    for batch in 0..RECORDS / BATCH {
        let record = |n| record(&mut dice, n, &oids[n % oids.len()]);
        let records: Vec<String> = (batch * BATCH..(batch + 1) * BATCH).map(record).collect();
        fs::write(&draft, records.join("\n"))?;
        for arguments in [&["record", "--spool", "--file", "../draft"][..], &["drain"]] {
            let ended = program(&repo).args(arguments).stdout(Stdio::null()).status()?;
            assert!(ended.success(), "{arguments:?} failed");
        }
    }
    let written = size(&repo.join(".git")) - before;
    git(&repo, &["gc", "-q"]);
    let text: usize = notes(&repo)?.iter().map(|(_, note)| note.len()).sum();
    let packed = size(&repo.join(".git")) - before;
    println!("{RECORDS} records of {:.2} kB in batches of {BATCH}, {title}:", kilobytes(text as u64));
    println!("  before gc  {:5.2} kB a record", kilobytes(written));
    println!("  after gc   {:5.2} kB a record (goal: at most 1.0 for records of 1.64 kB)", kilobytes(packed));
    Ok(repo)
}

/// The same notes, one commit each, as `git notes append` makes them.
fn as_git_keeps_them(root: &Path, from: &Path) -> io::Result<()> {
    let repo = root.join("git");
    git(
        root,
        &["clone", "-q", "--no-local", "--bare", "--single-branch", from.to_str().expect("UTF-8"), "git"],
    );
    let before = size(&repo);
    let mut import = command("git", &repo)
        .args(["-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut stream = import.stdin.take().expect("piped");
    for (object, note) in notes(from)? {
        let head = "commit refs/notes/orchestrate\ncommitter A <a@b> 1800000000 +0000\ndata 0\n";
        write!(stream, "{head}N inline {object}\ndata {}\n{note}\n", note.len())?;
    }
    drop(stream);
    assert!(import.wait()?.success(), "git fast-import failed");
    git(&repo, &["gc", "-q"]);
    println!(
        "  as git keeps them, a commit each, after gc: {:.2} kB a record",
        kilobytes(size(&repo) - before)
    );
    Ok(())
}

/// Annotated objects and their notes.
fn notes(repo: &Path) -> io::Result<Vec<(String, String)>> {
    let mut notes = Vec::new();
    let listing = git(repo, &["notes", "--ref=orchestrate", "list"]);
    let (blobs, objects): (Vec<&str>, Vec<&str>) =
        listing.lines().filter_map(|line| line.split_once(' ')).unzip();
    fs::write(repo.join("../blobs"), blobs.join("\n"))?;
    let output = command("git", repo)
        .args(["cat-file", "--batch"])
        .stdin(fs::File::open(repo.join("../blobs"))?)
        .output()?;
    let mut rest = output.stdout.as_slice();
    for object in objects {
        let end = rest.iter().position(|&b| b == b'\n').expect("a header");
        let header = String::from_utf8_lossy(&rest[..end]);
        let length: usize = header.rsplit(' ').next().and_then(|it| it.parse().ok()).expect("a length");
        let note = String::from_utf8_lossy(&rest[end + 1..end + 1 + length]).into_owned();
        notes.push((object.to_owned(), note));
        rest = &rest[end + 2 + length..];
    }
    Ok(notes)
}

/// Commits to put records on.
fn import(repo: &Path, commits: usize) -> io::Result<Vec<String>> {
    let mut import = command("git", repo).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    let mut stream = import.stdin.take().expect("piped");
    for n in 1..=commits {
        let time = 1_700_000_000 + n * 1000;
        write!(stream, "commit refs/heads/main\ncommitter A <a@b> {time} +0000\ndata 2\nc\n")?;
    }
    drop(stream);
    assert!(import.wait()?.success(), "git fast-import failed");
    Ok(git(repo, &["rev-list", "--reverse", "main"]).lines().map(str::to_owned).collect())
}

/// One execution of one of 300 workflows.
fn record(dice: &mut Dice, number: usize, commit: &str) -> String {
    let seed = dice.roll(300) as u64;
    let mut workflow = Dice(seed + 1_000);
    let request = [dice.pick(VERBS), dice.pick(THINGS), dice.pick(PLACES), dice.pick(REASONS)];
    let request = request.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    let failed = dice.roll(12) == 0;
    let count = 2 + workflow.roll(2);
    let mut start = 0;
    let steps: Vec<Value> = (1..=count)
        .map(|index| {
            let (plugin, kind) = (workflow.pick(PLUGINS), workflow.pick(KINDS));
            let content = Dice((plugin.len() * 100 + kind.len()) as u64).hex(64);
            let duration = 200 + dice.roll(90_000);
            start += duration;
            let fails = failed && index == count;
            let mut step = json!({
                "component": format!("acme/{plugin}/skill/{kind}"),
                "id": format!("s{index}"),
                "phase": index,
                "content": content,
                "runner": "claude",
                "model": "claude-sonnet-4-5",
                "outcome": if fails { "failed" } else { "passed" },
                "attempts": 1 + usize::from(fails),
                "started_ms": start - duration,
                "duration_ms": duration,
                "gates": [{"name": format!("{kind} is there"), "before": false, "after": !fails}],
                "context": {"tokens": 4_000 + dice.roll(90_000), "window": 200_000},
                "cost_usd": (dice.roll(4_000) as f64) / 10_000.0,
                "writes": [format!("{kind}/**")],
            });
            if fails {
                step["error"] = dice.pick(ERRORS).into();
            }
            step
        })
        .collect();
    let record = json!({
        "request": request,
        "commit": commit,
        "at": format!("2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", 1 + number / 1000, 1 + number / 40 % 25,
            8 + dice.roll(11), dice.roll(60), dice.roll(60), dice.roll(1000)),
        "plan": workflow.hex(32),
        "arm": "learned",
        "steps": steps,
        "outcome": if failed { "failed" } else { "passed" },
        "predicted": {"success": (70 + workflow.roll(25)) as f64 / 100.0, "duration_ms": 20_000 + workflow.roll(90_000)},
        "actual": {"success": if failed { 0 } else { 1 }, "duration_ms": start},
        "tests": {"passed": 100 + number / 50, "failed": usize::from(failed)},
    });
    record.to_string()
}

fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / RECORDS as f64 / 1_000.0
}

/// Bytes of all files of a folder.
fn size(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(it) if it.is_dir() => size(&entry.path()),
            Ok(it) => it.len(),
            Err(_) => 0,
        })
        .sum()
}
