//! Finds components for words: a fielded full-text index over a catalog, without a model.
//!
//! The same catalog and words give the same hits in the same order, everywhere.

pub(crate) mod classes;
pub(crate) mod facts;
pub(crate) mod graph;
pub(crate) mod index;
mod query;
pub(crate) mod reliability;
pub(crate) mod search;
mod synonyms;
mod terms;
mod varint;
pub(crate) mod vector;
pub(crate) mod vocabulary;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod scenarios;
