//! Reports: what is known of a topic as one value, and as Markdown; graphs as diagrams.

pub(crate) mod diagram;
pub(crate) mod markdown;
pub(crate) mod topic;
