//! What a plan is made from.

use crate::model::component::Catalog;
use crate::model::id::ComponentId;
use crate::model::library::Library;
use crate::model::record::Execution;
use crate::model::time::Timestamp;

use super::advice::Advice;
use super::need::Need;

/// A component that research found for one need.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) component: ComponentId,
    /// Above 0; scores of one need compare with each other, scores of two needs do not.
    pub(crate) score: f64,
    /// Share of the need's idf mass that it matches, 0 to 1.
    pub(crate) coverage: f64,
    /// The words that it matches.
    pub(crate) matched: Vec<String>,
    /// Components that are the same, or nearly, the most alike first.
    pub(crate) also: Vec<ComponentId>,
}

/// Everything that [`assemble`](super::assemble::assemble) looks at.
#[derive(Clone, Debug)]
pub(crate) struct Task<'a> {
    pub(crate) request: &'a str,
    /// In the order of the request; candidates in any order.
    pub(crate) needs: &'a [(Need, Vec<Candidate>)],
    /// At least what [`asked_for`](super::asked_for) names, with fallbacks.
    pub(crate) catalog: &'a Catalog,
    pub(crate) library: &'a Library,
    /// The executions that count, corrections applied.
    pub(crate) executions: &'a [Execution],
    pub(crate) now: Timestamp,
    /// `false` is the control arm: patterns, track records and past orders change no choice. What
    /// the plan predicts of itself is the same in both arms, so that both can be measured.
    pub(crate) learning: bool,
    /// What past runs propose, where that should be followed.
    pub(crate) advice: Option<Advice<'a>>,
}
