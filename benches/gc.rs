//! 200 records while `git gc` runs again and again beside them.
//!
//!     cargo bench --bench gc
//!
//! Once as it is, and once with `--prune=now`. Every fourth record goes through the spool, every tenth is
//! followed by a merge. After each one git has to find everything that the refs name.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "scene/fresh.rs"]
mod fresh;
mod measure;
mod scene;

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, io, thread};

use fresh::init;
use measure::{median, millis, timed};
use scene::{command, git, program};

const RECORDS: usize = 200;
const DRAFT: &str = r#"{"request":"add a licence and a changelog","steps":[{"component":"starter/licence/skill/licence","outcome":"passed"}],"outcome":"passed"}"#;

fn main() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    fs::write(root.path().join("draft"), DRAFT)?;
    beside(root.path(), &["gc", "-q"])?;
    beside(root.path(), &["gc", "-q", "--prune=now"])
}

fn beside(root: &Path, gc: &[&str]) -> io::Result<()> {
    let repo = root.join(gc.join("-"));
    init(&repo);
    for file in 0..200 {
        fs::write(repo.join(format!("{file}.txt")), format!("file {file}\n"))?;
    }
    git(&repo, &["add", "-A"]);
    git(&repo, &["commit", "-q", "-m", "start"]);
    let done = AtomicBool::new(false);
    let (mut waits, broken, runs) = thread::scope(|scope| {
        let collector = scope.spawn(|| {
            let mut runs = 0;
            while !done.load(Ordering::Relaxed) {
                let mut git = command("git", &repo);
                git.args(gc).stdout(Stdio::null()).stderr(Stdio::null());
                // It may lose a race for a lock, as any git beside another.
                runs += usize::from(git.status().is_ok_and(|ended| ended.success()));
            }
            runs
        });
        let (waits, broken) = record(&repo, &root.join("draft"));
        done.store(true, Ordering::Relaxed);
        (waits, broken, collector.join().expect("a thread"))
    });
    git(&repo, &gc[..1]);
    let kept = git(&repo, &["notes", "--ref=orchestrate", "show"]).lines().count();
    let fsck = command("git", &repo).args(["fsck", "--strict"]).output()?;
    println!("{RECORDS} records while git {} ran {runs} times:", gc.join(" "));
    println!("  kept {kept} of {RECORDS}; {broken} times a ref named what was missing (goal: 200, 0)");
    println!("  git fsck: {}", if fsck.status.success() { "clean" } else { "not clean" });
    println!("  one record: p50 {:.0} ms", millis(median(&mut waits)));
    Ok(())
}

/// How long each record took, and how often git did not find what the refs name.
fn record(repo: &Path, draft: &Path) -> (Vec<Duration>, usize) {
    let (mut waits, mut broken) = (Vec::new(), 0);
    for number in 0..RECORDS {
        if number % 4 == 3 {
            timed(program(repo).args(["record", "--spool", "--file"]).arg(draft));
            waits.push(timed(program(repo).arg("drain")));
        } else {
            waits.push(timed(program(repo).args(["record", "--file"]).arg(draft)));
        }
        if number % 10 == 9 {
            timed(program(repo).arg("merge"));
        }
        let mut look = command("git", repo);
        look.args(["rev-list", "--objects", "--quiet", "--all"]).stdout(Stdio::null()).stderr(Stdio::null());
        broken += usize::from(!look.status().is_ok_and(|ended| ended.success()));
    }
    (waits, broken)
}
