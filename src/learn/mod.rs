//! What an execution teaches, in words.
