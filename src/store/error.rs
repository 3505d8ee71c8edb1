//! What can go wrong between domain values and refs.

use std::path::PathBuf;

use crate::git::GitError;
use crate::model::id::RecordId;
use crate::model::library::NewerFormat;

/// Reading or writing what the repository remembers failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Git(#[from] GitError),
    /// The learning tree was written by a newer version.
    #[error("{name}: {source}")]
    Newer { name: String, source: NewerFormat },
    /// A branch is in the way of all learning branches.
    #[error("the branch {name} is in the way of learning branches named {name}/…")]
    PrefixTaken { name: String },
    /// A record with this id says something else already.
    #[error("record {id} is there already and says something else")]
    Changed { id: RecordId },
    /// The replica id could not be read or written.
    #[error("cannot keep this clone's id in {}: {source}", path.display())]
    Replica { path: PathBuf, source: std::io::Error },
    /// A setting has a value that it can't have.
    #[error("the setting {key} is `{value}`; it must be {wanted}")]
    Setting { key: String, value: String, wanted: String },
}
