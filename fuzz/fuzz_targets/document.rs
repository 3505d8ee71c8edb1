//! Any bytes as a document with frontmatter, and as a prompt in TOML.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| git_orchestrate::fuzz_document(&String::from_utf8_lossy(bytes)));
