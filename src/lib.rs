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
mod research;
mod store;
mod ui;

use std::ffi::OsString;

/// Runs the program with these arguments, the program's name first, and gives its exit code.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    cli::main(arguments.into_iter().collect())
}
