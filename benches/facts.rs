//! Facts against the verdicts of people who read the same files.
//!
//!     ORCHESTRATE_CORPORA=FOLDER:FOLDER cargo bench --bench facts
//!
//! `facts.tally.tsv` holds verdicts on facts of components that were picked at random: `first` are 30
//! components that were read whole and that rules were then corrected with, `fresh` are 30 others that the
//! corrected rules had not seen, read without their longer code samples, `lines` are single facts of methods
//! that were rare among them, each read with its line. `before` is the verdict when they were first read,
//! `after` that on what the program says now; `missed` is what a reader would have stated and the program
//! did not, `replaced` what it now says in other words. Components were taken in the order of SHA-256 of
//! `facts-1 ID`, `heldout-1 ID` and `lines-1 ID FACT`, each text once, 15 from each of two marketplaces.
//!
//! A row names a fact by the FNV-1a of its claim, since the files are not ours. With the marketplaces at
//! hand the program is asked again, and what no longer is as it was judged is listed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, io};

use measure::{median, millis, timed};
use serde_json::Value;

const TALLY: &str = include_str!("facts.tally.tsv");
const RUNS: usize = 7;

/// A verdict on one fact.
#[derive(Clone, Copy)]
struct Row<'a> {
    sample: &'a str,
    component: &'a str,
    kind: &'a str,
    method: &'a str,
    place: &'a str,
    digest: &'a str,
    before: &'a str,
    after: &'a str,
}

/// Verdicts, counted.
#[derive(Clone, Copy, Default)]
struct Counts {
    right: usize,
    wrong: usize,
    missed: usize,
    /// Was right, and is no longer said: what a correction cost.
    given_up: usize,
}

impl Counts {
    fn add(&mut self, verdict: &str) {
        match verdict {
            "right" => self.right += 1,
            "wrong" => self.wrong += 1,
            "missed" => self.missed += 1,
            _ => {}
        }
    }

    fn precision(self) -> String {
        share(self.right, self.right + self.wrong)
    }

    fn recall(self) -> String {
        share(self.right, self.right + self.missed + self.given_up)
    }
}

fn main() -> io::Result<()> {
    let rows = rows();
    for sample in ["first", "fresh", "lines"] {
        by_kind(sample, &rows);
    }
    let measured = by_method(&rows);
    match env::var("ORCHESTRATE_CORPORA") {
        Ok(corpora) => ask_again(&corpora, &rows, &measured),
        Err(_) => {
            println!("ORCHESTRATE_CORPORA is not set: these are the figures of the committed tally only");
            Ok(())
        }
    }
}

fn rows() -> Vec<Row<'static>> {
    let row = |line: &'static str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [sample, component, kind, method, place, digest, before, after] = fields[..] else {
            panic!("a row of the tally has eight fields: {line}");
        };
        Row { sample, component, kind, method, place, digest, before, after }
    };
    TALLY.lines().skip(1).map(row).collect()
}

fn by_kind(sample: &str, rows: &[Row<'_>]) {
    let mut kinds: BTreeMap<&str, [Counts; 2]> = BTreeMap::new();
    let rows: Vec<&Row<'_>> = rows.iter().filter(|row| row.sample == sample).collect();
    for row in &rows {
        for kind in [row.kind, "all"] {
            let counts = kinds.entry(kind).or_default();
            counts[0].add(row.before);
            counts[1].add(row.after);
            counts[1].given_up += usize::from(row.before == "right" && row.after == "-");
        }
    }
    let components = rows.iter().map(|row| row.component).collect::<BTreeSet<_>>().len();
    let read_whole = rows.iter().any(|row| row.before == "missed");
    let recall = if read_whole { ", recall before -> after" } else { "" };
    println!("{sample}, {components} components: precision before -> after{recall}");
    for (kind, [before, after]) in kinds {
        let precision = format!("{:>18} -> {:<18}", before.precision(), after.precision());
        let recall =
            if read_whole { format!("{:>18} -> {}", before.recall(), after.recall()) } else { String::new() };
        println!("  {}", format!("{kind:<10}  {precision}{recall}").trim_end());
    }
}

/// By method: (right + 1) / (judged + 2) of the facts that no rule was fitted to before.
fn by_method(rows: &[Row<'static>]) -> BTreeMap<&'static str, f64> {
    let mut methods: BTreeMap<&str, Counts> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.sample != "first" && row.method != "-") {
        methods.entry(row.method).or_default().add(row.before);
    }
    println!("by method, on what no rule was fitted to (fresh and lines, before):");
    let mut measured = BTreeMap::new();
    for (method, counts) in methods.into_iter().filter(|(_, counts)| counts.right + counts.wrong > 0) {
        let value = (counts.right + 1) as f64 / (counts.right + counts.wrong + 2) as f64;
        println!("  {method:<11}  {:>16}  counts as {value:.2}", counts.precision());
        measured.insert(method, value);
    }
    measured
}

fn ask_again(corpora: &str, rows: &[Row<'_>], measured: &BTreeMap<&str, f64>) -> io::Result<()> {
    let root = tempfile::tempdir()?;
    git(root.path(), &["init", "-q"]);
    for corpus in env::split_paths(corpora) {
        let added = program(root.path()).args(["marketplace", "add"]).arg(&corpus).output()?;
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }
    let output = program(root.path()).args(["analyze", "--facts", "--json"]).stdin(Stdio::null()).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listings: Value = serde_json::from_slice(&output.stdout)?;
    let facts = said(&listings);
    println!("now, over {} components:", facts.len());
    changes(rows, &facts);
    confidences(&facts, measured);
    let mut with: Vec<Duration> =
        (0..RUNS).map(|_| timed(program(root.path()).args(["analyze", "--facts"]))).collect();
    let mut without: Vec<Duration> = (0..RUNS).map(|_| timed(program(root.path()).arg("analyze"))).collect();
    let (with, without) = (millis(median(&mut with)), millis(median(&mut without)));
    println!("  analyze {without:.0} ms, with facts {with:.0} ms, medians of {RUNS}");
    Ok(())
}

/// The facts of each component.
fn said(listings: &Value) -> BTreeMap<String, Vec<Value>> {
    let components =
        listings.as_array().into_iter().flatten().flat_map(|it| it["components"].as_array()).flatten();
    let facts = |it: &Value| Some((it["id"].as_str()?.to_owned(), it["facts"].as_array()?.clone()));
    components.filter_map(facts).collect()
}

fn changes(rows: &[Row<'_>], facts: &BTreeMap<String, Vec<Value>>) {
    let mut same = 0;
    let mut changed = Vec::new();
    for row in rows.iter().filter(|row| row.before != "missed" && row.digest != "-") {
        let Some(facts) = facts.get(row.component) else {
            changed.push(format!("gone       {} ({} {})", row.component, row.kind, row.place));
            continue;
        };
        let there = facts.iter().any(|fact| fact["kind"] == row.kind && digest(fact) == row.digest);
        let change = match (row.after, there) {
            ("-", true) => "back",
            ("right", false) => "lost",
            _ => {
                same += 1;
                continue;
            }
        };
        changed.push(format!("{change:<10} {} {} {}", row.component, row.kind, row.place));
    }
    let judged: BTreeSet<&str> =
        rows.iter().filter(|row| row.sample != "lines").map(|row| row.component).collect();
    for component in judged {
        for fact in facts.get(component).into_iter().flatten().filter(|fact| fact["kind"] != "context") {
            let digest = digest(fact);
            if !rows.iter().any(|row| row.component == component && row.digest == digest) {
                changed.push(format!("not judged {component} {} {}", fact["kind"], fact["lines"]));
            }
        }
    }
    println!("  {same} rows as they were judged, {} changed", changed.len());
    changed.iter().for_each(|line| println!("    {line}"));
}

/// What the program says of its methods must be what was measured.
fn confidences(facts: &BTreeMap<String, Vec<Value>>, measured: &BTreeMap<&str, f64>) {
    let said: BTreeMap<String, f64> = facts
        .values()
        .flatten()
        .filter_map(|fact| Some((fact["method"].as_str()?.to_owned(), fact["confidence"].as_f64()?)))
        .collect();
    for (method, said) in said {
        match measured.get(method.as_str()) {
            Some(value) if (value - said).abs() < 0.006 => {}
            Some(value) => println!("  {method}: the program says {said:.2}, the tally {value:.2}"),
            None => println!("  {method}: the program says {said:.2}, and nobody judged any"),
        }
    }
}

/// FNV-1a of the claim: the fact without where it is said and how sure it is.
fn digest(fact: &Value) -> String {
    let mut claim = fact.as_object().cloned().unwrap_or_default();
    ["method", "confidence", "lines", "manifest", "runs"].iter().for_each(|key| drop(claim.remove(*key)));
    let text = Value::Object(claim).to_string();
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        "-".to_owned()
    } else {
        format!("{part}/{whole} ({:.1} %)", 100.0 * part as f64 / whole as f64)
    }
}

fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_git-orchestrate"));
    command.current_dir(dir).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

fn git(dir: &Path, arguments: &[&str]) {
    fs::create_dir_all(dir).expect("a folder");
    let output = Command::new("git").current_dir(dir).args(arguments).output().expect("git starts");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
