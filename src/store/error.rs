//! What can go wrong between domain values and refs.

use std::path::PathBuf;

use crate::git::GitError;
use crate::model::id::RecordId;
use crate::model::library::NewerFormat;
use crate::model::oid::Oid;

/// Reading or writing what the repository remembers failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Git(#[from] GitError),
    /// The learning tree was written by a newer version.
    #[error("{name}: {source}")]
    Newer { name: String, source: NewerFormat },
    /// What is there is something else.
    #[error("commit {} is no learning tree", commit.short())]
    NoLibrary { commit: Oid },
    /// A file of it is larger than any that learning writes.
    #[error("{path} of commit {} has {size} bytes, and no file of a learning tree is that large", commit.short())]
    TooLarge { commit: Oid, path: String, size: u64 },
    /// Notes are larger than any that are read.
    #[error("{what} has {size} bytes, more than is ever read")]
    NoteTooLarge { what: String, size: u64 },
    /// A remote could not be asked.
    #[error("{reason}")]
    Unreachable { reason: String },
    /// A branch is in the way of all learning branches.
    #[error("the branch {name} is in the way of learning branches named {name}/…")]
    PrefixTaken { name: String },
    /// A record with this id says something else already.
    #[error("record {id} is there already and says something else")]
    Changed { id: RecordId },
    /// The replica id could not be read or written.
    #[error("cannot keep this clone's id in {}: {source}", path.display())]
    Replica { path: PathBuf, source: std::io::Error },
    /// The spool could not be read or written.
    #[error("cannot use the spool {}: {source}", path.display())]
    Spool { path: PathBuf, source: std::io::Error },
    /// A setting has a value that it can't have.
    #[error("the setting {key} is `{value}`; it must be {wanted}")]
    Setting { key: String, value: String, wanted: String },
}

/// Why a ref can't be looked into.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is of a format that this version does not know.
    Newer(String),
    /// It holds no learning tree.
    Other(String),
    /// It holds one that nobody should read: a file without bounds, or a tree.
    Boundless(String),
    /// An object of it is missing here.
    Missing(String),
}

impl Unread {
    /// What `error` says of the ref that was read; `Err`: it says something of the machine.
    pub(super) fn why(error: StoreError) -> Result<Self, StoreError> {
        match error {
            StoreError::Newer { source, .. } => Ok(Self::Newer(source.to_string())),
            StoreError::NoLibrary { .. } | StoreError::Git(GitError::WrongKind { .. }) => {
                Ok(Self::Other(error.to_string()))
            }
            StoreError::TooLarge { .. }
            | StoreError::NoteTooLarge { .. }
            | StoreError::Git(GitError::Boundless { .. }) => Ok(Self::Boundless(error.to_string())),
            StoreError::Git(missing @ GitError::Missing { .. }) => Ok(Self::Missing(missing.to_string())),
            error => Err(error),
        }
    }

    /// The reason in words.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Newer(reason) | Self::Other(reason) | Self::Boundless(reason) | Self::Missing(reason) => {
                reason
            }
        }
    }
}
