//! `record` against git itself, in pairs, whole processes, both durable.
//!
//!     cargo bench --bench record
//!
//! Two repositories with 10,000 notes each; in turn one record is kept by `git orchestrate record`
//! and one by `git -c core.fsync=all notes append`, each on a commit that has one note already. Then
//! 16 processes record 25 times each, and the waits and what was kept are printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, io, thread};

use measure::{median, millis, timed};

const NOTES: usize = 10_000;
const PAIRS: usize = 60;
const PROCESSES: usize = 16;
const RECORDS: usize = 25;
const DRAFT: &str = r#"{"request":"add a licence and a changelog","steps":[{"component":"starter/licence/skill/licence","outcome":"passed","duration_ms":12},{"component":"starter/changelog/skill/changelog","outcome":"passed","duration_ms":30}],"outcome":"passed"}"#;

fn main() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let (ours, gits) = (root.path().join("ours"), root.path().join("git"));
    for repo in [&ours, &gits] {
        fs::create_dir(repo)?;
        fill(repo)?;
    }
    fs::write(root.path().join("draft"), format!("{DRAFT}\n"))?;
    let commits = git(&ours, &["rev-list", "--all", &format!("--max-count={PAIRS}")]);
    let (mut record, mut append, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for commit in commits.lines() {
        let a = timed(
            program(&ours).args(["record", "--commit", commit, "--file"]).arg(root.path().join("draft")),
        );
        let b = timed(
            command("git", &gits)
                .args(["-c", "core.fsync=all", "notes", "--ref=orchestrate", "append", "-F"])
                .arg(root.path().join("draft"))
                .arg(commit),
        );
        ratios.push(a.as_secs_f64() / b.as_secs_f64());
        record.push(a);
        append.push(b);
    }
    println!("one record at {NOTES} notes, {PAIRS} pairs, medians:");
    println!("  git orchestrate record              {:6.2} ms", millis(median(&mut record)));
    println!("  git -c core.fsync=all notes append  {:6.2} ms", millis(median(&mut append)));
    println!(
        "  ratio, pair by pair                 {:6.2}     (goal: at most 1.5)",
        quantile(&mut ratios, 0.5)
    );
    crowd(root.path())
}

/// A repository with as many commits as notes, each with a record of ordinary size.
fn fill(repo: &Path) -> io::Result<()> {
    git(repo, &["init", "-q", "-b", "main"]);
    let mut stream = String::new();
    for n in 1..=NOTES {
        let message = format!("commit {n}\n");
        stream.push_str(&format!(
            "commit refs/heads/main\nmark :{n}\ncommitter A <a@b> {} +0000\ndata {}\n{message}",
            1_700_000_000 + n,
            message.len()
        ));
    }
    stream.push_str("commit refs/notes/orchestrate\ncommitter A <a@b> 1800000000 +0000\ndata 0\n");
    for n in 1..=NOTES {
        let id = format!("01KAG4E10000000000{n:08}");
        let line = format!(
            r#"{{"id":"{id}","v":1,"kind":"execution","at":"2026-11-20T08:00:00.000Z","request":"add a licence and a changelog {n}","words":["add","changelog","licens"],"source":"record","replica":"k3v9xq2m","pattern":null,"steps":[{{"component":"starter/licence/skill/licence","outcome":"passed","duration_ms":12}}],"outcome":"passed"}}"#
        );
        stream.push_str(&format!("N inline :{n}\ndata {}\n{line}\n", line.len() + 1));
    }
    let mut import = command("git", repo).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    io::Write::write_all(&mut import.stdin.take().expect("piped"), stream.as_bytes())?;
    assert!(import.wait()?.success(), "git fast-import failed");
    Ok(())
}

/// Many writers at once: how long each record waits, and how many are there in the end.
fn crowd(root: &Path) -> io::Result<()> {
    let repo = root.join("crowd");
    fs::create_dir(&repo)?;
    git(&repo, &["init", "-q", "-b", "main"]);
    git(
        &repo,
        &["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "start"],
    );
    let draft = root.join("draft");
    let mut waits: Vec<Duration> = thread::scope(|scope| {
        let writer = || {
            (0..RECORDS)
                .map(|_| timed(program(&repo).args(["record", "--file"]).arg(&draft)))
                .collect::<Vec<_>>()
        };
        let writers: Vec<_> = (0..PROCESSES).map(|_| scope.spawn(writer)).collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect()
    });
    let kept = git(&repo, &["notes", "--ref=orchestrate", "show"]).lines().count();
    let fsck = git(&repo, &["fsck", "--no-dangling"]);
    let locks = locks(&repo.join(".git"));
    println!("{PROCESSES} processes x {RECORDS} records:");
    println!(
        "  kept {kept} of {}, p50 {:.0} ms, p99 {:.0} ms (goal: 400 of 400, p99 at most 400 ms)",
        PROCESSES * RECORDS,
        millis(median(&mut waits)),
        millis(waits[waits.len() * 99 / 100])
    );
    println!("  git fsck: {}; lock files: {locks}", if fsck.is_empty() { "clean" } else { &fsck });
    Ok(())
}

/// Lock files of git that were left behind.
fn locks(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .map(|path| if path.is_dir() { locks(&path) } else { usize::from(is_left_lock(&path)) })
        .sum()
}

/// Our own locks are files that stay and are locked, not files that are made and deleted.
fn is_left_lock(path: &Path) -> bool {
    let own = path.parent().and_then(Path::file_name).is_some_and(|dir| dir == "orchestrate");
    !own && path.extension().is_some_and(|it| it == "lock")
}

fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(dir)
        .env_remove("CI")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in [("NAME", "A User"), ("EMAIL", "user@example.com")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command
}

fn program(dir: &Path) -> Command {
    command(env!("CARGO_BIN_EXE_git-orchestrate"), dir)
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = command("git", dir).args(arguments).output().expect("git starts");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}
