//! Runs a plan in work trees of its own.

mod capture;
mod interrupt;
mod process;
