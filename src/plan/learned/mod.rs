//! Learned planning: what past runs say about a request, on top of what search by words says.
//!
//! A request becomes features ([`text`], [`features`]); memories like it are looked up ([`recall`]); one
//! regression gives each a signed vote ([`ridge`]), and the votes speak for parts, orders and whole outlines.

pub(crate) mod ask;
mod candidates;
pub(crate) mod chance;
mod decode;
mod evidence;
mod features;
mod lexicon;
pub(crate) mod outline;
mod past;
pub(crate) mod planner;
pub(crate) mod ranking;
mod recall;
mod ridge;
mod search;
mod text;
pub(crate) mod weights;
