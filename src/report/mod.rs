//! Reports: what is known of a topic as one value, and as Markdown.

pub(crate) mod markdown;
pub(crate) mod topic;
