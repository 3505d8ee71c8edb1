//! Trains the planner's weights, and measures it.
//!
//!     cargo bench --bench planner -- train OUT FOLDER…
//!     cargo bench --bench planner -- folds FOLDER
//!     cargo bench --bench planner -- sizes FOLDER
//!     cargo bench --bench planner -- measure TOOLS HISTORY CASES WEIGHTS
//!
//! A folder has `tools.jsonl` and `history.jsonl` as `backtest` reads them. `train` writes the weights that the
//! program ships: from episodes with histories of 0 to all runs, and from requests that are put together from
//! several. `folds` is five-fold cross-validation, with weights that were trained without the fold; `sizes` plans
//! 300 requests with 0 to 1000 runs of five random histories. `measure` is `backtest` with other weights. Folders
//! behind the first are trained with, too.
//!
//! The weights that are shipped are made, byte for byte, by
//!
//!     cargo bench --bench planner -- train src/plan/learned/weights.json ultratool metatool
//!
//! where `ultratool` holds 2,727 requests of UltraTool's training part (github.com/WxxShirley/GNN4TaskPlan,
//! f1486690, data/ultratool; 300 others of it, drawn at random, are left for validation) and `metatool` 2,388
//! requests for one tool of MetaTool (github.com/HowieHwong/MetaTool, 35e81bb; 12 of each tool).

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

#[path = "planner/data.rs"]
mod data;
#[path = "planner/fit.rs"]
mod fit;
#[expect(dead_code, unused_imports, reason = "the program uses more of it")]
#[path = "../src/model/mod.rs"]
mod model;
#[expect(dead_code, unused_imports, reason = "the program uses more of it")]
#[path = "../src/plan/mod.rs"]
mod plan;
#[path = "planner/study.rs"]
mod study;

use std::path::{Path, PathBuf};
use std::{env, fs};

use study::{Book, folds, sizes, train};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["train", out, ref folders @ ..] if !folders.is_empty() => {
            let books: Vec<Book> = folders.iter().map(|it| Book::read(Path::new(it))).collect();
            let weights = train(&books, 1);
            let made = format!("cargo bench --bench planner -- train, from {}", names(folders, &books));
            let text = serde_json::to_string_pretty(&study::file(&weights, made)).expect("numbers");
            fs::write(out, text + "\n").unwrap_or_else(|error| panic!("{out}: {error}"));
        }
        ["measure", tools, history, cases, weights] => {
            let data = data::Data::read(Path::new(tools));
            let (runs, cases) = (data.examples(Path::new(history)), data.examples(Path::new(cases)));
            let text = fs::read_to_string(weights).unwrap_or_else(|error| panic!("{weights}: {error}"));
            let weights = plan::learned::weights::Weights::of(&serde_json::from_str(&text).expect("weights"));
            println!("{}", study::measure(&Book { data, runs }, &cases, &weights));
        }
        ["folds", folder, ref others @ ..] => folds(&Book::read(Path::new(folder)), &read(others)),
        ["sizes", folder, ref others @ ..] => sizes(&Book::read(Path::new(folder)), &read(others)),
        _ => println!(
            "usage: train OUT FOLDER… | folds FOLDER… | sizes FOLDER… | measure TOOLS HISTORY CASES WEIGHTS"
        ),
    }
}

fn read(folders: &[&str]) -> Vec<Book> {
    folders.iter().map(|it| Book::read(Path::new(it))).collect()
}

fn names(folders: &[&str], books: &[Book]) -> String {
    let name = |(folder, book): (&&str, &Book)| {
        let name = PathBuf::from(folder).file_name().map(|it| it.to_string_lossy().into_owned());
        format!("{} ({} runs)", name.unwrap_or_default(), book.runs.len())
    };
    folders.iter().zip(books).map(name).collect::<Vec<_>>().join(", ")
}
