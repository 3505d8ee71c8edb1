//! git-orchestrate: turns a request into a workflow of agent plugins, runs it safely, and remembers
//! in git what worked.

mod check;
mod cli;
mod commands;
mod execute;
mod git;
mod hook;
mod host;
mod learn;
mod marketplace;
mod model;
mod plan;
mod report;
mod research;
mod store;
mod ui;

use std::ffi::OsString;

/// What `fuzz/` tries: reads a document, and says nothing of it.
#[cfg(fuzzing)]
pub fn fuzz_document(text: &str) {
    marketplace::fuzz_document(text);
}

/// What `fuzz/` tries: reads the marketplace in a folder, and says nothing of it.
#[cfg(fuzzing)]
pub fn fuzz_marketplace(root: &std::path::Path) {
    let nature = marketplace::Nature::Changing;
    let site = marketplace::Site { name: None, root, nature, kept: None };
    drop(marketplace::read(site, None, &drop));
}

/// Runs the program with these arguments, the program's name first, and gives its exit code.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    cli::main(arguments.into_iter().collect())
}
