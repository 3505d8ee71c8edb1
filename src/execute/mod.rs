//! Runs a plan in work trees of its own.
//!
//! Guarantee: the user's work tree, index and branches are never touched; what came of a run is one
//! linear history of step commits, which a checkpoint ref names until the caller applies or
//! discards it. A step has passed only if its script exited 0, its gates are green, and it wrote
//! nothing outside its scope.

mod attempt;
mod capture;
mod carry;
mod crew;
mod error;
mod event;
mod failure;
mod gate;
mod history;
mod interrupt;
mod message;
mod order;
mod process;
mod run;
mod scope;
mod signature;
mod step;
mod surroundings;
mod tasks;
mod test_counts;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod scenarios;

pub(crate) use error::ExecuteError;
pub(crate) use event::Event;
pub(crate) use interrupt::Interrupt;
pub(crate) use order::{Blame, Order, Ran, Stop};
pub(crate) use run::execute;
