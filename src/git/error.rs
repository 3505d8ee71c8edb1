//! What can go wrong with a repository.

use std::path::PathBuf;

use crate::model::oid::Oid;
use crate::model::redact::redact;

/// An operation on a repository failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    /// There is no repository here or above.
    #[error("not a git repository (or any of the parent directories): {}", dir.display())]
    NotARepository { dir: PathBuf },
    /// git refuses the repository, and so do we: another owner, or a format that it does not know.
    #[error("git refuses the repository {}: {reason}", git_dir.display())]
    Refused { git_dir: PathBuf, reason: String },
    /// A receiving git has put objects aside that may never be accepted.
    #[error("this is a quarantine of objects that are being received (GIT_QUARANTINE_PATH is set)")]
    Quarantine,
    /// The repository has no work tree.
    #[error("{} is a bare repository", git_dir.display())]
    Bare { git_dir: PathBuf },
    /// No object has this name.
    #[error("`{rev}` names no object")]
    UnknownRevision { rev: String },
    /// The object is not in the object database.
    #[error("object {oid} is missing")]
    Missing { oid: Oid },
    /// The object is of another kind than it has to be.
    #[error("object {oid} is not a {wanted}")]
    WrongKind { oid: Oid, wanted: &'static str },
    /// A tree goes on and on.
    #[error("tree {oid} has too many files, or folders too deep within each other, to be read")]
    Boundless { oid: Oid },
    /// A ref was moved by somebody else; read again and try again.
    #[error("the ref {name} was moved by another process")]
    LostRace { name: String },
    /// A ref could not be moved for another reason than a lost race.
    #[error("cannot move the ref {name}: {reason}")]
    RefNotMoved { name: String, reason: String },
    /// Others kept moving a ref for too long.
    #[error("gave up after {tries} tries to move {name}: other processes were faster each time")]
    Contended { name: String, tries: u32 },
    /// The git executable could not be started.
    #[error("cannot start git: {0}")]
    NoGit(std::io::Error),
    /// git ran and failed.
    #[error("git {command} failed: {stderr}")]
    Failed { command: String, stderr: String },
    /// Somebody else's repository could not be fetched.
    #[error("cannot fetch {}: {reason}", redact(url))]
    Unfetched { url: String, reason: String },
    /// Reading or writing through gix failed.
    #[error("cannot {doing}: {cause}")]
    Gix { doing: String, cause: String },
    /// A file of the repository could not be read or written.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    /// The trees can't be merged.
    #[error("merge conflict in {}", paths.join(", "))]
    Conflict { paths: Vec<String> },
}

impl GitError {
    /// Turns an error of gix into ours: `.map_err(GitError::gix("read the notes tree"))`.
    pub(super) fn gix<E: std::fmt::Display>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |error| Self::Gix { doing, cause: error.to_string() }
    }

    /// Turns an I/O error into ours.
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
