//! What writers may leave in a git folder that did not get to their end.

use std::fs;
use std::path::{Path, PathBuf};

/// Lock files, temporary files, packs that nobody may touch, and a journal that says that a write is
/// under way. Locks of ours are files that stay; they are empty between two writes.
pub(crate) fn leftovers(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(leftovers(&path));
            continue;
        }
        let idle = dir.ends_with("orchestrate") && fs::read(&path).is_ok_and(|text| text.is_empty());
        if name.contains("tmp") || ["lock", "new", "keep"].contains(&&*ending) && !idle {
            found.push(path);
        }
    }
    found
}
