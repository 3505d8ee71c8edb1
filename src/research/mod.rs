//! Finds components for words: a fielded full-text index over a catalog, without a model.
//!
//! The same catalog and words give the same hits in the same order, everywhere.

pub(crate) mod facts;
mod fields;
pub(crate) mod index;
mod query;
pub(crate) mod reliability;
mod synonyms;
mod terms;
