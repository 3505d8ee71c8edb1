//! Why a run could not even start. What goes wrong later is an outcome, not an error.

use std::path::PathBuf;

use crate::git::GitError;
use crate::model::id::ComponentId;

/// Nothing ran.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecuteError {
    /// The component does not say how it is run.
    #[error("step {step}: nothing here can run {component}: it has no contract")]
    NoRunner { step: String, component: ComponentId },
    /// The catalog does not have the component.
    #[error("step {step}: {component} is not installed")]
    NoComponent { step: String, component: ComponentId },
    /// A phase names a step that the plan does not have.
    #[error("phase {phase} names a step that the plan does not have: {step}")]
    NoStep { phase: usize, step: String },
    /// A contract's glob can't be read.
    #[error("{component}: `{glob}` is not a glob: {reason}")]
    Glob { component: ComponentId, glob: String, reason: String },
    /// A contract's script lies outside its own folder.
    #[error("{component}: its script is outside its folder: {}", path.display())]
    ScriptOutside { component: ComponentId, path: PathBuf },
    /// Signals could not be listened to.
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
    /// The repository did not allow it.
    #[error(transparent)]
    Git(#[from] GitError),
}
