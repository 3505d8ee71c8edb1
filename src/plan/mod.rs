//! Turns a request into a plan: what it needs, who does it, in which order, and how it will go.
//!
//! Three steps, all pure: [`decompose`] splits the request, the caller looks for candidates of
//! every need, and [`assemble`] makes the plan of them. Equal tasks make equal plans.

mod advice;
mod advised;
mod asked;
mod assemble;
mod choice;
mod clause;
mod error;
mod fallback;
pub(crate) mod history;
pub(crate) mod learned;
mod merge;
mod need;
mod offer;
mod order;
mod precedent;
mod prediction;
mod relation;
pub(crate) mod score;
mod task;
mod track;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod scenarios;

pub(crate) use advice::Advice;
pub(crate) use asked::asked_for;
pub(crate) use assemble::assemble;
pub(crate) use error::PlanError;
pub(crate) use need::{Need, decompose};
pub(crate) use task::{Candidate, Task};
