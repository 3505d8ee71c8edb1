//! git-orchestrate: turns a request into a workflow of agent plugins, runs it safely, and remembers
//! in git what worked.
#![allow(dead_code)]

mod check;
mod commands;
mod execute;
mod git;
mod host;
mod learn;
mod marketplace;
mod model;
mod plan;
mod research;
mod store;
mod ui;
