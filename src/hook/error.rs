//! What can go wrong with hooks, besides what is refused on purpose.

use std::path::PathBuf;

use crate::git::GitError;

/// Hooks could not be installed, removed or looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HookError {
    /// The repository can't be read or changed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
}

impl HookError {
    /// Turns an I/O error into ours.
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
