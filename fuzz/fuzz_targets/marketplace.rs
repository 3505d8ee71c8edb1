//! Any bytes as one of the files that declare something: the first byte says which.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;

const FILES: [&str; 8] = [
    ".claude-plugin/marketplace.json",
    "p/.claude-plugin/plugin.json",
    "p/.mcp.json",
    "p/hooks/hooks.json",
    "p/skills/s/SKILL.md",
    "q/server.json",
    "q/gemini-extension.json",
    "q/commands/x.toml",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let root = tempfile::tempdir().expect("a temporary folder");
    let file = root.path().join(FILES[usize::from(*first) % FILES.len()]);
    fs::create_dir_all(file.parent().expect("below the root")).expect("writable");
    fs::write(file, rest).expect("writable");
    git_orchestrate::fuzz_marketplace(root.path());
});
