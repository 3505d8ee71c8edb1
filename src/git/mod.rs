//! The only room that touches gix or starts git.
