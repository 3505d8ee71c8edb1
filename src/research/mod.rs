//! Finds components for words.
