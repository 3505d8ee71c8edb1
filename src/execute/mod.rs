//! Runs a plan in work trees of its own.
