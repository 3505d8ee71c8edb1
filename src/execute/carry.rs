//! Ignored files of the user (dependencies, local settings) that steps need but must not commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::order::Order;
use crate::git::{GitError, Repository, Worktree};

/// What is copied into each work tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Carry {
    from: PathBuf,
    files: BTreeSet<PathBuf>,
}

impl Carry {
    /// The ignored files that the order's globs match.
    pub(super) fn find(repo: &Repository, order: &Order<'_>) -> Result<Self, GitError> {
        let Some(from) = repo.work_dir() else { return Ok(Self::default()) };
        let files = repo.ignored_files(&order.carry)?.into_iter().collect();
        Ok(Self { from, files })
    }

    /// Copies the files, and takes out again those that the work tree's own commit does not ignore:
    /// they would be committed.
    pub(super) fn into(&self, worktree: &Worktree) -> Result<(), GitError> {
        if self.files.is_empty() {
            return Ok(());
        }
        for file in &self.files {
            let source = self.from.join(file);
            copy(&source, worktree.path(), file).map_err(|source| GitError::Io {
                doing: "carry",
                path: file.clone(),
                source,
            })?;
        }
        for file in worktree.untracked()?.iter().filter(|file| self.files.contains(*file)) {
            drop(std::fs::remove_file(worktree.path().join(file)));
        }
        Ok(())
    }

    /// Whether a file was carried.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.files.contains(path)
    }
}

/// Copies one file or symbolic link to the same place below `root`, unless a link on the way there
/// leads elsewhere or something is there already.
fn copy(source: &Path, root: &Path, file: &Path) -> std::io::Result<()> {
    let mut place = root.to_path_buf();
    for folder in file.parent().into_iter().flat_map(Path::components) {
        place.push(folder);
        match place.symlink_metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Ok(()),
            Err(_) => std::fs::create_dir(&place)?,
        }
    }
    let target = root.join(file);
    let kind = match source.symlink_metadata() {
        Ok(found) => found.file_type(),
        // It went away in the meantime, as caches do.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if target.symlink_metadata().is_ok() {
        Ok(())
    } else if kind.is_symlink() {
        std::os::unix::fs::symlink(std::fs::read_link(source)?, target)
    } else if kind.is_file() {
        std::fs::copy(source, target).map(drop)
    } else {
        Ok(())
    }
}
