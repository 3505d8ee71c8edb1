//! Plain data: what every room speaks of. No git, no clock, no terminal, no files.

pub(crate) mod agent;
pub(crate) mod analysis;
mod assignment;
pub(crate) mod capability;
pub(crate) mod catalog_change;
pub(crate) mod catalog_entry;
pub(crate) mod catalog_text;
pub(crate) mod change;
pub(crate) mod commit;
pub(crate) mod component;
pub(crate) mod counts;
pub(crate) mod decision;
pub(crate) mod evidence;
mod fact_line;
pub(crate) mod glob;
pub(crate) mod id;
pub(crate) mod json;
pub(crate) mod language;
pub(crate) mod library;
pub(crate) mod oid;
pub(crate) mod pattern;
pub(crate) mod plan;
pub(crate) mod plugin_file;
pub(crate) mod policy;
pub(crate) mod record;
pub(crate) mod records;
pub(crate) mod recount;
pub(crate) mod redact;
mod secrets;
pub(crate) mod succession;
pub(crate) mod survey;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod told;
mod versioned;
pub(crate) mod words;

#[cfg(test)]
mod convergence;
#[cfg(test)]
pub(crate) mod laws;
#[cfg(test)]
mod proposal_laws;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod secret_samples;
