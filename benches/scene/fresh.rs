//! A repository to measure in.

use std::path::Path;

use crate::scene::git;

/// A repository without commits, in a folder of its own, that git does not tidy by itself.
pub(crate) fn init(repo: &Path) {
    std::fs::create_dir(repo).expect("a fresh folder");
    git(repo, &["init", "-q", "-b", "main"]);
    git(repo, &["config", "gc.auto", "0"]);
    git(repo, &["config", "maintenance.auto", "false"]);
}
