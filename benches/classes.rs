//! Classes against the verdicts of people who read both texts.
//!
//!     ORCHESTRATE_CORPORA=FOLDER:FOLDER cargo bench --bench classes
//!
//! `classes.tally.tsv` holds verdicts on pairs of components of two published marketplaces: `around` are all
//! 24 pairs of different texts with a likeness from 0.4 to 0.8 (Jaccard's index of their shingles of five
//! words), `near` those above it that have one name, `family` 13 others above it, and `equal` 10 pairs of equal
//! texts under different names, both in the order of SHA-256 of `classes-1 ONE OTHER`. `verdict` says whether
//! they are the same thing, `told` what the program said.
//!
//! With the marketplaces at hand the program is asked again, and what no longer is told as it was is listed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod scene;

use std::path::Path;
use std::{env, io};

use scene::{git, program};
use serde_json::Value;

const TALLY: &str = include_str!("classes.tally.tsv");

fn main() -> io::Result<()> {
    let rows: Vec<Vec<&str>> = TALLY.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let count = |sample: &str, verdict: &str, told: &str| {
        rows.iter().filter(|row| row[0] == sample && row[4] == verdict && row[5] == told).count()
    };
    println!("of pairs that are the same thing, or are not, the program says so of");
    for sample in ["around", "near", "family", "equal"] {
        let (same, lost) = (count(sample, "same", "same"), count(sample, "same", "apart"));
        let (apart, wrong) = (count(sample, "apart", "apart"), count(sample, "apart", "same"));
        let told = |right: usize, all: usize| format!("{right} of {all}");
        println!(
            "  {sample:<7} {:>10} same {:>10} apart",
            told(same, same + lost),
            told(apart, apart + wrong)
        );
    }
    if let Ok(corpora) = env::var("ORCHESTRATE_CORPORA") {
        let root = tempfile::tempdir()?;
        git(root.path(), &["init", "-q"]);
        for corpus in env::split_paths(&corpora) {
            let added = program(root.path()).args(["marketplace", "add"]).arg(&corpus).output()?;
            assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        }
        ask_again(root.path(), &rows);
    }
    Ok(())
}

fn ask_again(repo: &Path, rows: &[Vec<&str>]) {
    let mut changed = 0;
    for row in rows {
        let output = program(repo).args(["catalog", "show", row[1], "--json"]).output().expect("it starts");
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let Some(twins) = shown["twins"].as_array() else {
            println!("  {} is not here", row[1]);
            continue;
        };
        let told = if twins.iter().any(|twin| twin["component"] == row[2]) { "same" } else { "apart" };
        if told != row[5] {
            changed += 1;
            println!("  {} and {} are told {told} now", row[1], row[2]);
        }
    }
    println!("of {} pairs {changed} are told otherwise now", rows.len());
}
