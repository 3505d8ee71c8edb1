//! What can be wrong with a hook that is installed.

use std::path::PathBuf;

use crate::git::Version;

/// Something is not as an installation leaves it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("{event} is installed {} times: {}", files.len(), listed(files))]
    Twice { event: &'static str, files: Vec<PathBuf> },
    #[error("{} is not reached: core.hooksPath leads to {}", file.display(), used.display())]
    Elsewhere { file: PathBuf, used: PathBuf },
    #[error("{} is not reached: git does not call a hook of that name", file.display())]
    Renamed { file: PathBuf },
    #[error("{} is not executable: git ignores it", file.display())]
    NotExecutable { file: PathBuf },
    #[error("{} is not a shell script any more: the block means nothing to what runs it", file.display())]
    NotShell { file: PathBuf },
    #[error("{}: the block is not reached: line {line} before it ends the hook", file.display())]
    Ended { file: PathBuf, line: usize },
    #[error("{}: the block is of another version, or was edited", file.display())]
    Outdated { file: PathBuf },
    #[error("{}: a mark of the block is missing", file.display())]
    Unclosed { file: PathBuf },
    #[error("the block in {} is gone{}", file.display(), by.map(|it| format!(": {it} wrote the file anew")).unwrap_or_default())]
    Gone { file: PathBuf, by: Option<&'static str> },
    #[error("hooks are in {}, and the repository's configuration does not include it", file.display())]
    NotIncluded { file: PathBuf },
    #[error("the repository's configuration includes {}, which is not there", file.display())]
    Missing { file: PathBuf },
    #[error("hooks are in the configuration, and git {git} does not know such hooks")]
    Ignored { git: Version },
    #[error("hook.orchestrate-{event}.enabled is false")]
    Disabled { event: &'static str },
    #[error("git-orchestrate is not on the PATH: the hooks do nothing")]
    NoProgram,
    #[error(
        "notes.rewriteRef ({value}) makes git copy records on amend and rebase, besides the hook; each still counts once"
    )]
    RewriteRef { value: String },
}

fn listed(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

impl Trouble {
    /// The hook that has it is called all the same.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(self, Self::Outdated { .. })
    }

    /// Its word in output for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Twice { .. } => "twice",
            Self::Elsewhere { .. } => "elsewhere",
            Self::Renamed { .. } => "renamed",
            Self::NotExecutable { .. } => "not-executable",
            Self::NotShell { .. } => "not-shell",
            Self::Ended { .. } => "ended",
            Self::Outdated { .. } => "outdated",
            Self::Unclosed { .. } => "unclosed",
            Self::Gone { .. } => "gone",
            Self::NotIncluded { .. } => "not-included",
            Self::Missing { .. } => "missing",
            Self::Ignored { .. } => "ignored",
            Self::Disabled { .. } => "disabled",
            Self::NoProgram => "no-program",
            Self::RewriteRef { .. } => "rewrite-ref",
        }
    }
}
