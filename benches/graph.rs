//! Links of the compatibility graph against the verdicts of people who read both texts, and what they cost.
//!
//!     ORCHESTRATE_CORPORA=FOLDER:FOLDER cargo bench --bench graph
//!
//! `graph.tally.tsv` holds verdicts on links between components of two published marketplaces, in the order of SHA-256
//! of `graph-1 KIND FROM TO`: at most so many of each way and kind. A link is right when both facts stand in the texts
//! and somebody would act on it: run the one after the other, not at once, instead of the other. `fresh` are others
//! (`graph-2`) that no rule was fitted to; for the rest rules were corrected while links were read, so that those
//! figures flatter.
//!
//! With the marketplaces at hand the program is asked again, and right links that it does not tell any more are
//! listed. The 50,000 components of `synthetic` speak of few things, so that each of these is as popular as can be.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;
mod scene;
mod synthetic;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs, io};

use measure::{median, millis, timed};
use scene::{git, program};
use serde_json::Value;

const TALLY: &str = include_str!("graph.tally.tsv");
const RUNS: usize = 5;

fn main() -> io::Result<()> {
    let rows: Vec<Vec<&str>> = TALLY.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let measured = of_links(&rows);
    let temporary = tempfile::tempdir()?;
    if let Ok(corpora) = env::var("ORCHESTRATE_CORPORA") {
        let repo = repository(temporary.path().join("real"))?;
        env::split_paths(&corpora).for_each(|corpus| add(&repo, &corpus));
        ask_again(&repo, &rows, &measured);
        costs(&repo);
    }
    let market = temporary.path().join("market");
    synthetic::generate(&market)?;
    let repo = repository(temporary.path().join("synthetic"))?;
    add(&repo, &market);
    println!("{} made-up components:", synthetic::components());
    costs(&repo);
    Ok(())
}

fn repository(dir: PathBuf) -> io::Result<PathBuf> {
    fs::create_dir(&dir)?;
    git(&dir, &["init", "-q"]);
    Ok(dir)
}

/// By way: (right + 1) / (judged + 2), of fresh links where there are any.
fn of_links(rows: &[Vec<&str>]) -> BTreeMap<String, f64> {
    let ways: BTreeSet<&str> = rows.iter().map(|row| row[1]).collect();
    let mut measured = BTreeMap::new();
    println!("right of those judged, by way");
    for way in ways {
        let of = |sample: &str| {
            let judged: Vec<_> = rows.iter().filter(|row| row[1] == way && row[0] == sample).collect();
            (judged.iter().filter(|row| row[7] == "right").count(), judged.len())
        };
        let (first, fresh) = (of("first"), of("fresh"));
        let counted = if fresh.1 > 0 { fresh } else { first };
        let value = (counted.0 + 1) as f64 / (counted.1 + 2) as f64;
        println!(
            "  {way:<9} first {:>16}  fresh {:>16}  counts as {value:.2}",
            share(first.0, first.1),
            share(fresh.0, fresh.1)
        );
        measured.insert(way.to_owned(), value);
    }
    measured
}

fn ask_again(repo: &Path, rows: &[Vec<&str>], measured: &BTreeMap<String, f64>) {
    let output =
        program(repo).args(["catalog", "graph", "--json", "-n", "1000000"]).stdin(Stdio::null()).output();
    let json: Value = serde_json::from_slice(&output.expect("it starts").stdout).expect("JSON");
    println!(
        "now: {} components, {} distinct, links {}",
        json["components"], json["distinct"], json["links"]
    );
    for (way, value) in measured {
        let said = json["precision"][way].as_f64().unwrap_or(f64::NAN);
        if (said - value).abs() > 0.006 {
            println!("  {way}: the program says {said:.2}, the tally {value:.2}");
        }
    }
    let edges = json["edges"].as_array().into_iter().flatten();
    let known: BTreeSet<[&str; 3]> =
        edges.map(|edge| ["kind", "from", "to"].map(|key| edge[key].as_str().unwrap_or_default())).collect();
    let right: Vec<&Vec<&str>> = rows.iter().filter(|row| row[7] == "right").collect();
    let lost: Vec<_> = right.iter().filter(|row| !known.contains(&[row[2], row[3], row[4]])).collect();
    println!("  of {} right links {} are not told any more", right.len(), lost.len());
    lost.iter().for_each(|row| println!("    {} {} {}", row[2], row[3], row[4]));
}

/// What the graph costs beside looking at the marketplaces.
fn costs(repo: &Path) {
    let time = |arguments: &[&str]| {
        let mut runs: Vec<Duration> = (0..RUNS).map(|_| timed(program(repo).args(arguments))).collect();
        millis(median(&mut runs))
    };
    let looking = time(&["catalog", "search", &synthetic::query(0)]);
    let graph = time(&["catalog", "graph", "-n", "1"]);
    println!("  a search {looking:.0} ms, the graph {graph:.0} ms, medians of {RUNS}");
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        "-".to_owned()
    } else {
        format!("{part}/{whole} ({:.0} %)", 100.0 * part as f64 / whole as f64)
    }
}

fn add(repo: &Path, market: &Path) {
    let added = program(repo).args(["marketplace", "add"]).arg(market).output().expect("it starts");
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
}
