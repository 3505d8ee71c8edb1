//! Reading many records, against git itself, in pairs, whole processes.
//!
//!     cargo bench --bench read [-- RECORDS]
//!
//! A repository with as many commits as records (100,000, of 1.64 kB each), packed. `patterns` reads and
//! aggregates all of them, `log` shows the last 100: where nothing can be indexed, where the index is
//! made, where it is there, and where one record came after it. Beside each runs `git log --notes`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, io};

use measure::{median, millis, timed};

const RECORDS: usize = 100_000;
/// Records of one notes commit, as a drain writes them.
const BATCH: usize = 100;
/// Length of a record, in bytes.
const LENGTH: usize = 1_640;
/// Pairs of what takes seconds, and of what takes milliseconds.
const FEW: usize = 7;
const MANY: usize = 41;

fn main() -> io::Result<()> {
    let records = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(RECORDS);
    let root = tempfile::tempdir()?;
    let repo = root.path();
    fill(repo, records)?;
    timed(ours(repo).args(["status"]));
    let index = repo.join(".git/orchestrate/index");
    let remove = || if index.is_dir() { fs::remove_dir_all(&index) } else { fs::remove_file(&index) };
    let blocked = || remove().and_then(|()| fs::create_dir_all(index.join("in the way")));
    let size = fs::metadata(&index)?.len() as f64 / 1e6;
    println!("{records} records of {LENGTH} bytes, the index has {size:.1} MB; medians:");

    let all = &["log", "--notes=orchestrate"][..];
    let last = &["log", "--notes=orchestrate", "-n100"][..];
    let patterns = &["patterns", "--json"][..];
    let log = &["log", "-n100"][..];
    let nothing = || Ok(());
    blocked()?;
    pairs(repo, "patterns, no index to be had", FEW, patterns, all, nothing, "at most 1.00")?;
    pairs(repo, "log -n 100, no index to be had", FEW, log, all, nothing, "at most 1.00")?;
    remove()?;
    timed(ours(repo).args(patterns));
    pairs(repo, "patterns, the index is made", FEW, patterns, all, remove, "-")?;
    pairs(repo, "patterns, warm", FEW, patterns, all, nothing, "at most 0.05")?;
    pairs(repo, "log -n 100, warm", MANY, log, last, nothing, "at most 5 ms")?;
    let draft = root.path().join("draft");
    fs::write(&draft, DRAFT)?;
    timed(ours(repo).args(["record", "--file"]).arg(&draft));
    pairs(repo, "patterns, one record later", FEW, patterns, all, nothing, "at most 0.05")?;
    pairs(repo, "log -n 100, one record later", MANY, log, last, nothing, "-")?;
    pairs(repo, "--version, which reads nothing", MANY, &["--version"], &["--version"], nothing, "-")
}

const DRAFT: &str = r#"{"request":"add a licence","steps":[{"component":"starter/licence/skill/licence","outcome":"passed"}],"outcome":"passed"}"#;

/// Runs ours and git in turn, `before` each of ours, and prints medians and their ratio, pair by pair.
fn pairs(
    repo: &Path,
    what: &str,
    number: usize,
    arguments: &[&str],
    gits: &[&str],
    before: impl Fn() -> io::Result<()>,
    goal: &str,
) -> io::Result<()> {
    let (mut own, mut git, mut ratios) = (Vec::<Duration>::new(), Vec::<Duration>::new(), Vec::new());
    for _ in 0..number {
        before()?;
        let a = timed(ours(repo).args(arguments));
        let b = timed(command("git", repo).args(gits));
        ratios.push(a.as_secs_f64() / b.as_secs_f64());
        own.push(a);
        git.push(b);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "  {what:32} {:8.2} ms; git {} {:8.2} ms; ratio {:.3} (goal: {goal})",
        millis(median(&mut own)),
        gits.join(" "),
        millis(median(&mut git)),
        ratios[number / 2]
    );
    Ok(())
}

fn fill(repo: &Path, records: usize) -> io::Result<()> {
    git(repo, &["init", "-q", "-b", "main"]);
    let mut stream = String::new();
    for n in 1..=records {
        let message = format!("commit {n}\n");
        let (at, length) = (1_700_000_000 + n * 60, message.len());
        write!(
            stream,
            "commit refs/heads/main\nmark :{n}\ncommitter A <a@b> {at} +0000\ndata {length}\n{message}"
        )
        .expect("a string grows");
    }
    for n in 1..=records {
        if n % BATCH == 1 {
            stream.push_str("commit refs/notes/orchestrate\ncommitter A <a@b> 1800000000 +0000\ndata 0\n");
        }
        let line = record(n);
        write!(stream, "N inline :{n}\ndata {}\n{line}\n", line.len() + 1).expect("a string grows");
    }
    let mut import = command("git", repo).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    io::Write::write_all(&mut import.stdin.take().expect("piped"), stream.as_bytes())?;
    assert!(import.wait()?.success(), "git fast-import failed");
    git(repo, &["gc", "-q"]);
    Ok(())
}

/// One of 300 workflows of three steps, by one of three clones, in a year; of 10 runs 9 passed.
fn record(n: usize) -> String {
    let workflow = n * 7919 % 300;
    let passed = !n.is_multiple_of(10);
    let (day, minute) = (n * 360 / RECORDS % 360, n % 1_440);
    let at = format!(
        "2026-{:02}-{:02}T{:02}:{:02}:00.000Z",
        1 + day / 30,
        1 + day % 30 % 28,
        minute / 60,
        minute % 60
    );
    let steps: Vec<String> = (0..3)
        .map(|step| {
            let component = (workflow * 3 + step * 11) % 60;
            let outcome = if passed || step < 2 { "passed" } else { "failed" };
            let content = blake3::hash(&component.to_le_bytes()).to_hex();
            let started = step * 4_000;
            let took = n * 31 % 9_000;
            format!(
                r#"{{"component":"market/plugin{}/skill/skill-{component}","id":"skill-{component}","phase":{},"content":"{content}","runner":"shell","outcome":"{outcome}","attempts":1,"started_ms":{started},"duration_ms":{took},"gates":[{{"name":"skill-{component} is green","before":false,"after":{}}}],"writes":["CHANGELOG.md"]}}"#,
                component / 5,
                step + 1,
                outcome == "passed"
            )
        })
        .collect();
    let hash = blake3::hash(&n.to_le_bytes()).to_hex();
    let outcome = if passed { "passed" } else { "failed" };
    let replica = ["k3v9xq2m", "ab12cd34", "ci"][n % 3];
    let mut line = format!(
        r#"{{"id":"01KAG4E10000000000{n:08}","v":1,"kind":"execution","at":"{at}","request":"add a licence, a changelog and tests to part {n}","words":["add","changelog","licens","part","test","{n}"],"source":"run","replica":"{replica}","author":"{}","commit":"{}","tree":"{}","plan":"{}","pattern":null,"arm":"learned","steps":[{}],"outcome":"{outcome}","predicted":{{"success":0.9,"duration_ms":9000}},"actual":{{"success":{},"duration_ms":{}}}"#,
        &hash[..16],
        &hash[..40],
        &hash[20..60],
        &hash[40..56],
        steps.join(","),
        u8::from(passed),
        n * 17 % 20_000
    );
    let rest = LENGTH.saturating_sub(line.len() + r#","zz":""}"#.len());
    let filling: String = hash.chars().cycle().take(rest).collect();
    write!(line, r#","zz":"{filling}"}}"#).expect("a string grows");
    line
}

fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env_remove("CI").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_PAGER", "cat");
    for (name, value) in [("NAME", "A User"), ("EMAIL", "user@example.com")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command
}

fn ours(dir: &Path) -> Command {
    command(env!("CARGO_BIN_EXE_git-orchestrate"), dir)
}

fn git(dir: &Path, arguments: &[&str]) {
    let output = command("git", dir).args(arguments).output().expect("git starts");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
