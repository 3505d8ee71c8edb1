//! What our hooks cost, in pairs, whole processes.
//!
//!     cargo bench --bench hook
//!
//! `git commit` with our post-commit hook and the same commit with a hook `sh -c 'exit 0'`, in turn, with
//! 1 and with 5,000 files changed. Then cold `record --spool`, which is durable, and `git notes append`,
//! which is not, at 10,000 and 100,000 notes.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "scene/fresh.rs"]
mod fresh;
mod measure;
#[path = "scene/notes.rs"]
mod notes;
mod scene;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

use fresh::init;
use measure::{median, millis, timed};
use scene::{command, git, program};

const DRAFT: &str = r#"{"request":"add a licence and a changelog","steps":[{"component":"starter/licence/skill/licence","outcome":"passed","duration_ms":12},{"component":"starter/changelog/skill/changelog","outcome":"passed","duration_ms":30}],"outcome":"passed"}"#;

fn main() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    commits(root.path(), 1, 100)?;
    commits(root.path(), 5_000, 12)?;
    spool(root.path(), 10_000)?;
    spool(root.path(), 100_000)
}

/// Commits in two repositories that differ in their hook only, in turn.
fn commits(root: &Path, files: usize, pairs: usize) -> io::Result<()> {
    let (ours, plain) = (root.join(format!("ours-{files}")), root.join(format!("plain-{files}")));
    let script = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/hooks/post-commit"))?;
    for (repo, hook) in [(&ours, script.as_str()), (&plain, "#!/bin/sh\nsh -c 'exit 0'\n")] {
        init(repo);
        let path = repo.join(".git/hooks/post-commit");
        fs::create_dir_all(repo.join(".git/hooks"))?;
        fs::write(&path, hook)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    let mut times = [Vec::new(), Vec::new()];
    let mut differences = Vec::new();
    for round in 0..=pairs {
        let mut pair = [Duration::ZERO; 2];
        // Whoever comes second finds the machine as the first one left it: they take turns.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for index in order {
            let repo = [&ours, &plain][index];
            change(repo, files, round)?;
            git(repo, &["add", "-A"]);
            pair[index] = timed(command("git", repo).args(["commit", "-q", "-m", "change"]));
        }
        // The first round makes folders and fills caches.
        if round > 0 {
            differences.push(millis(pair[0]) - millis(pair[1]));
            pair.into_iter().zip(&mut times).for_each(|(took, times)| times.push(took));
        }
    }
    let [ours, plain] = times.map(|mut times| millis(median(&mut times)));
    differences.sort_by(f64::total_cmp);
    println!("git commit, {files} files changed, {pairs} pairs, medians:");
    println!("  with our post-commit hook           {ours:6.2} ms");
    println!("  with a hook sh -c 'exit 0'          {plain:6.2} ms");
    println!(
        "  difference, pair by pair            {:6.2} ms (goal: at most 2.0)",
        differences[differences.len() / 2]
    );
    Ok(())
}

fn change(repo: &Path, files: usize, round: usize) -> io::Result<()> {
    for file in 0..files {
        let dir = repo.join(format!("d{}", file / 100));
        fs::create_dir_all(&dir)?;
        fs::write(dir.join(format!("f{file}.txt")), format!("{file} in round {round}\n"))?;
    }
    Ok(())
}

/// One record at a time, on commits that have a note each.
fn spool(root: &Path, notes: usize) -> io::Result<()> {
    const PAIRS: usize = 60;
    let (ours, gits) = (root.join(format!("ours-at-{notes}")), root.join(format!("git-at-{notes}")));
    for repo in [&ours, &gits] {
        init(repo);
        notes::fill(repo, notes)?;
    }
    let draft = root.join("draft");
    fs::write(&draft, format!("{DRAFT}\n"))?;
    let (mut spool, mut append, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=PAIRS {
        let a = timed(program(&ours).args(["record", "--spool", "--file"]).arg(&draft));
        let b = timed(
            command("git", &gits)
                .args(["notes", "--ref=orchestrate", "append", "-F"])
                .arg(&draft)
                .arg("HEAD"),
        );
        if round > 0 {
            ratios.push(millis(a) / millis(b));
            spool.push(a);
            append.push(b);
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("one record at {notes} notes, {PAIRS} pairs, medians:");
    println!("  git orchestrate record --spool      {:6.2} ms (durable)", millis(median(&mut spool)));
    println!("  git notes append                    {:6.2} ms (not durable)", millis(median(&mut append)));
    println!("  ratio, pair by pair                 {:6.2}    (goal: at most 0.8)", ratios[ratios.len() / 2]);
    let start = Instant::now();
    let drained = program(&ours).arg("drain").output()?;
    println!("  {} in {:.1} ms", String::from_utf8_lossy(&drained.stdout).trim(), millis(start.elapsed()));
    Ok(())
}
