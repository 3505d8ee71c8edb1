//! Joining two clones against git itself, in pairs, whole processes.
//!
//!     cargo bench --bench join
//!
//! Both clones have the same 10,000 records, and 1,000 of their own each, on the same 1,000 commits: every
//! note that one of them changed the other changed too. In turn git joins them, by `git notes merge -s
//! cat_sort_uniq`, and we do, each in a fresh copy of one of the clones. `sync --fetch` has no equal in git:
//! it asks the remote, audits what came, joins and recounts what was learned. So two things are compared
//! with the whole process of `git notes merge`: the time of the join alone, as `sync --json` tells it, from
//! reading the refs to having moved them, and all of `sync --fetch` with `git fetch` before the merge.
//!
//! Then 10,000 files of the spool are drained, and the same notes are made by `git fast-import`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;
mod scene;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use measure::{median, millis, timed};
use scene::{command, git, program};

const SHARED: usize = 10_000;
const NEW: usize = 1_000;
const PAIRS: usize = 15;
const NOTES: &str = "refs/notes/orchestrate";
const LEARNING: &str = "refs/orchestrate/learning";
/// Where our last fetch left what the remote has.
const SEEN: &str = "refs/orchestrate/remotes/origin";

fn main() -> io::Result<()> {
    let root = tempfile::tempdir()?;
    two_clones(root.path())?;
    println!("{NEW} new records each over {SHARED}, on the same commits, {PAIRS} pairs, medians:");
    compare(root.path());
    drain(root.path())
}

/// A shared history, what one clone added to it, and what another added and pushed.
fn two_clones(root: &Path) -> io::Result<()> {
    let (hub, seed) = (root.join("hub.git"), root.join("seed"));
    git(root, &["init", "-q", "--bare", "-b", "main", "hub.git"]);
    import(&hub, &history(SHARED))?;
    git(root, &["clone", "-q", "hub.git", "seed"]);
    import(&seed, &notes(&commits(&seed), 0, |n| line(0, n)))?;
    timed(program(&seed).arg("merge"));
    git(&seed, &["push", "-q", "origin", NOTES, LEARNING]);
    for (who, name) in [(1, "clone"), (2, "other")] {
        let dir = root.join(name);
        git(root, &["clone", "-q", "hub.git", name]);
        git(&dir, &["fetch", "-q", "origin", &format!("{NOTES}:{NOTES}"), &format!("{LEARNING}:{LEARNING}")]);
        let touched: Vec<String> = commits(&dir).into_iter().step_by(SHARED / NEW).collect();
        let both = |n| format!("{}\n{}", line(0, n * SHARED / NEW), line(who, n));
        import(&dir, &notes(&touched, 1, both))?;
        timed(program(&dir).arg("merge"));
    }
    git(&root.join("other"), &["push", "-q", "origin", NOTES, LEARNING]);
    Ok(())
}

/// A join in one copy of the clone by us, and in another by git.
fn compare(root: &Path) {
    let fresh = |name: &str| {
        let copy = root.join(name);
        drop(fs::remove_dir_all(&copy));
        timed(Command::new("cp").arg("-R").arg(root.join("clone")).arg(&copy));
        copy
    };
    let (mut joins, mut syncs, mut merges, mut both) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut join_ratios, mut sync_ratios) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let (ours, gits) = (fresh("ours"), fresh("gits"));
        let start = Instant::now();
        let told = feed(program(&ours).args(["sync", "--fetch", "--json"]), "").expect("it syncs");
        let sync = start.elapsed();
        let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        let join = Duration::from_secs_f64(told["join_ms"].as_f64().expect("a number") / 1_000.0);
        let refspecs = [format!("+{NOTES}:{SEEN}/notes"), format!("+{LEARNING}:{SEEN}/learning")];
        let fetch = timed(command("git", &gits).args(["fetch", "-q", "origin"]).args(refspecs));
        let merging = ["notes", "--ref=orchestrate", "merge", "-q", "-s", "cat_sort_uniq"];
        let merge = timed(command("git", &gits).args(merging).arg(format!("{SEEN}/notes")));
        assert_eq!(lines(&ours), lines(&gits), "both know the same");
        join_ratios.push(join.as_secs_f64() / merge.as_secs_f64());
        sync_ratios.push(sync.as_secs_f64() / (fetch + merge).as_secs_f64());
        for (times, time) in
            [(&mut joins, join), (&mut syncs, sync), (&mut merges, merge), (&mut both, fetch + merge)]
        {
            times.push(time);
        }
    }
    for ratios in [&mut join_ratios, &mut sync_ratios] {
        ratios.sort_by(f64::total_cmp);
    }
    println!("  git notes merge                      {:7.1} ms", millis(median(&mut merges)));
    println!("  our join                             {:7.1} ms", millis(median(&mut joins)));
    println!("  ratio, pair by pair                  {:7.2}     (goal: at most 0.5)", join_ratios[PAIRS / 2]);
    println!("  git fetch and git notes merge        {:7.1} ms", millis(median(&mut both)));
    println!("  git orchestrate sync --fetch         {:7.1} ms", millis(median(&mut syncs)));
    println!("  ratio, pair by pair                  {:7.2}", sync_ratios[PAIRS / 2]);
}

/// Every line of every note, sorted.
fn lines(repo: &Path) -> Vec<String> {
    let list = git(repo, &["notes", "--ref=orchestrate", "list"]);
    let blobs: String = list.lines().map(|line| format!("{}\n", &line[..40])).collect();
    let mut reader = command("git", repo);
    reader.args(["cat-file", "--batch", "--buffer"]);
    let text = feed(&mut reader, &blobs).expect("git reads");
    let mut lines: Vec<String> = text.lines().filter(|it| it.starts_with('{')).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// A spool of as many whole records, drained in one process, and git's fastest way to make the same notes.
fn drain(root: &Path) -> io::Result<()> {
    let (mut drains, mut imports) = (Vec::new(), Vec::new());
    for round in 0..3 {
        let (ours, gits) = (root.join(format!("spool-{round}")), root.join(format!("import-{round}")));
        for dir in [&ours, &gits] {
            git(root, &["clone", "-q", "hub.git", &dir.to_string_lossy()]);
        }
        let commits = commits(&ours);
        fill_spool(&ours, &commits)?;
        drains.push(timed(program(&ours).arg("drain")));
        let stream = notes(&commits, 0, |n| line(0, n));
        let start = Instant::now();
        import(&gits, &stream)?;
        imports.push(start.elapsed());
        assert_eq!(lines(&ours), lines(&gits), "both know the same");
    }
    println!("{SHARED} files of the spool become one notes commit, medians:");
    println!("  git orchestrate drain              {:7.1} ms", millis(median(&mut drains)));
    println!("  git fast-import of the same notes  {:7.1} ms, not durable", millis(median(&mut imports)));
    Ok(())
}

/// Files as `record --spool` leaves them, made from one that it left.
fn fill_spool(repo: &Path, commits: &[String]) -> io::Result<()> {
    feed(program(repo).args(["record", "--spool"]), &line(0, 1))?;
    let spool = repo.join(".git/orchestrate/spool");
    let sample = fs::read_dir(&spool)?.flatten().map(|it| it.path()).find(|it| it.is_file()).expect("a file");
    let text = fs::read_to_string(&sample)?;
    fs::remove_file(&sample)?;
    let event = sample.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut file: serde_json::Value = serde_json::from_str(&text)?;
    for (n, commit) in commits.iter().enumerate() {
        let id = format!("{}{n:08}", &event[..18]);
        file["id"] = id.as_str().into();
        file["records"][0]["object"] = commit.as_str().into();
        file["records"][0]["line"] = line(0, n).into();
        fs::write(spool.join(format!("{id}.record")), format!("{file}\n"))?;
    }
    Ok(())
}

/// The record of one clone on one commit.
fn line(who: usize, n: usize) -> String {
    format!(
        r#"{{"id":"01KAG4E1{who}000000000{n:08}","v":1,"kind":"execution","at":"2026-11-20T08:00:00.000Z","request":"add a licence and a changelog {n}","words":["add","changelog","licens"],"source":"record","replica":"k3v9xq2{who}","pattern":null,"steps":[{{"component":"starter/licence/skill/licence","outcome":"passed","duration_ms":12}},{{"component":"starter/changelog/skill/changelog","outcome":"passed","duration_ms":30}}],"outcome":"passed"}}"#
    )
}

/// Commits without files, for `git fast-import`.
fn history(number: usize) -> String {
    let mut stream = String::new();
    for n in 1..=number {
        let (message, time) = (format!("commit {n}\n"), 1_700_000_000 + n);
        let length = message.len();
        writeln!(stream, "commit refs/heads/main\ncommitter A <a@b> {time} +0000\ndata {length}\n{message}")
            .expect("a string takes all");
    }
    stream
}

/// One notes commit that gives each commit the lines that `text` makes of its number; `later` ones come on
/// top of the notes that are there.
fn notes(commits: &[String], later: i64, text: impl Fn(usize) -> String) -> String {
    let time = 1_800_000_000 + later;
    let mut stream = format!("commit {NOTES}\ncommitter A <a@b> {time} +0000\ndata 0\n");
    if later > 0 {
        writeln!(stream, "from {NOTES}^0").expect("a string takes all");
    }
    for (n, commit) in commits.iter().enumerate() {
        let text = text(n);
        writeln!(stream, "N inline {commit}\ndata {}\n{text}\n", text.len() + 1).expect("a string takes all");
    }
    stream
}

fn commits(repo: &Path) -> Vec<String> {
    git(repo, &["rev-list", "main"]).lines().map(str::to_owned).collect()
}

fn import(repo: &Path, stream: &str) -> io::Result<()> {
    feed(command("git", repo).args(["fast-import", "--quiet"]), stream).map(drop)
}

/// Runs a command with this on standard input; gives what it printed.
fn feed(command: &mut Command, input: &str) -> io::Result<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut pipe = child.stdin.take().expect("piped");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || pipe.write_all(input.as_bytes()));
        child.wait_with_output()
    })?;
    assert!(output.status.success(), "{command:?} failed");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
