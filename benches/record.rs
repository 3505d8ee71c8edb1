//! `record` against git itself, in pairs, whole processes, both durable.
//!
//!     cargo bench --bench record
//!
//! Two repositories with 10,000 notes each; in turn one record is kept by `git orchestrate record`
//! and one by `git -c core.fsync=all notes append`, each on a commit that has one note already. Then
//! 16 processes record 25 times each, and the waits, what was kept and what was left behind are printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "scene/fresh.rs"]
mod fresh;
#[path = "scene/leftovers.rs"]
mod leftovers;
mod measure;
#[path = "scene/notes.rs"]
mod notes;
mod scene;

use std::path::Path;
use std::time::Duration;
use std::{fs, io, thread};

use fresh::init;
use leftovers::leftovers;
use measure::{median, millis, timed};
use scene::{command, git, program};

const NOTES: usize = 10_000;
const PAIRS: usize = 60;
const PROCESSES: usize = 16;
const RECORDS: usize = 25;
const DRAFT: &str = r#"{"request":"add a licence and a changelog","steps":[{"component":"starter/licence/skill/licence","outcome":"passed","duration_ms":12},{"component":"starter/changelog/skill/changelog","outcome":"passed","duration_ms":30}],"outcome":"passed"}"#;

fn main() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    let (ours, gits) = (root.path().join("ours"), root.path().join("git"));
    for repo in [&ours, &gits] {
        init(repo);
        notes::fill(repo, NOTES)?;
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

/// Many writers at once: how long each record waits, and how many are there in the end.
fn crowd(root: &Path) -> io::Result<()> {
    let repo = root.join("crowd");
    init(&repo);
    git(&repo, &["commit", "-q", "--allow-empty", "-m", "start"]);
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
    let refs = git(&repo, &["for-each-ref", "--format=%(refname)"]);
    let unexpected =
        refs.lines().filter(|name| !["refs/heads/main", "refs/notes/orchestrate"].contains(name)).count();
    let waiting = fs::read_dir(repo.join(".git/orchestrate/spool")).map_or(0, Iterator::count);
    let left = leftovers(&repo.join(".git")).len();
    println!("{PROCESSES} processes x {RECORDS} records:");
    println!(
        "  kept {kept} of {}, p50 {:.0} ms, p99 {:.0} ms (goal: 400 of 400, p99 at most 250 ms)",
        PROCESSES * RECORDS,
        millis(median(&mut waits)),
        millis(waits[waits.len() * 99 / 100])
    );
    println!(
        "  left: {unexpected} refs, {left} locks and temporary files, {waiting} files in the spool (goal: 0)"
    );
    println!("  git fsck: {}", if fsck.is_empty() { "clean" } else { &fsck });
    Ok(())
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}
