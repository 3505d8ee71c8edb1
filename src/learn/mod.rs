//! What executions teach, in words: the difference between two libraries, told to a person.

pub(crate) mod catalog;
mod message;

pub(crate) use crate::model::change::changes;
pub(crate) use message::{catch_up, lesson, merge, proposed};
