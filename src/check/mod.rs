//! Audits what the refs hold.
