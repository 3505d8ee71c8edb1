//! Turns a request into a plan.
