//! From a room's error to what the user sees: message, cure and exit code. The one place for cures.

use crate::execute::ExecuteError;
use crate::git::GitError;
use crate::marketplace::MarketplaceError;
use crate::model::text::quoted;
use crate::plan::PlanError;
use crate::store::StoreError;

/// Exit codes, as the README documents them.
pub(crate) mod exit {
    /// Done.
    pub(crate) const DONE: u8 = 0;
    /// The work failed: a step, a check, or nothing covers the request.
    pub(crate) const FAILED: u8 = 1;
    /// The command or its input can't be understood.
    pub(crate) const USAGE: u8 = 2;
    /// Something could not be checked because it is missing here.
    pub(crate) const NOT_CHECKED: u8 = 3;
    /// The environment is to blame: a missing program, a full disk, a timeout of a server.
    pub(crate) const ENVIRONMENT: u8 = 4;
    /// Nothing was run: it was not approved.
    pub(crate) const NOT_APPROVED: u8 = 5;
    /// git can't work here: no repository, another owner's, read-only.
    pub(crate) const REPOSITORY: u8 = 128;
    /// Ctrl-C.
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// Why a command failed, ready to be shown.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
    pub(crate) code: u8,
}

impl Failure {
    /// A failure of the work itself.
    pub(crate) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), code }
    }

    /// Adds a cure.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        let failure = Self::new(exit::REPOSITORY, error.to_string());
        match error {
            GitError::NotARepository { .. } => {
                failure.hint("run `git init` first, or change into a repository")
            }
            GitError::Refused { reason, .. } if reason.contains("dubious ownership") => {
                let path = reason.split('\'').nth(1).unwrap_or("<path of the repository>");
                failure.hint(format!("if you trust it: `git config --global --add safe.directory {}`", quoted(path)))
            }
            GitError::Quarantine => failure.hint("run it after the push was accepted, not in a receive hook"),
            GitError::Bare { .. } => failure.hint("run it in a clone that has a work tree"),
            GitError::UnknownRevision { .. } => {
                Self { code: exit::USAGE, ..failure }.hint("`git log --oneline --all` lists what there is")
            }
            GitError::Missing { .. } => {
                failure.hint("`git fsck` tells what is missing; `git fetch` may bring it")
            }
            GitError::Contended { .. } | GitError::LostRace { .. } => failure.hint("try again"),
            GitError::RefNotMoved { ref reason, .. } if reason.contains("File exists") => failure
                .hint("wait for the other git process; if none is running, remove the .lock file that is named above"),
            GitError::Unfetched { reason, .. } => {
                Self { code: exit::ENVIRONMENT, ..failure }.hint(cure_of_fetch(&reason))
            }
            GitError::NoGit(_) => {
                Self { code: exit::ENVIRONMENT, ..failure }.hint("install git 2.38 or newer")
            }
            GitError::Io { ref source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                failure.hint("make the repository's git folder writable for you")
            }
            _ => failure,
        }
    }
}

/// What helps against the reason for which git could not fetch somebody else's repository.
fn cure_of_fetch(reason: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["not our ref", "couldn't find remote ref", "is no commit", "is no branch or tag"]) {
        "`git ls-remote URL` lists its branches and tags; what stands behind `#` has to be one of them, or a commit"
    } else if says(&["could not read Username", "Authentication failed", "Permission denied", "publickey"]) {
        "it needs credentials that git has without asking: a credential helper, or an ssh agent with your key"
    } else if says(&["not allowed", "is no URL"]) {
        "give a URL that starts with https://, ssh://, git:// or file://, or USER@HOST:PATH"
    } else if says(&["resolve host", "unable to access", "onnection", "timed out", "unreachable"]) {
        "look whether you are online and the host is right, and try again; what was fetched before still works"
    } else {
        "look whether the URL is right: `git ls-remote URL` has to work without asking anything"
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Git(error) => error.into(),
            StoreError::Newer { .. } => {
                Self::new(exit::REPOSITORY, message).hint("install a newer git-orchestrate")
            }
            StoreError::NoLibrary { .. } | StoreError::TooLarge { .. } | StoreError::NoteTooLarge { .. } => {
                Self::new(exit::REPOSITORY, message).hint(
                    "`git orchestrate check` names the ref; `git reflog` of it tells what it was before",
                )
            }
            StoreError::Unreachable { .. } => {
                Self::new(exit::ENVIRONMENT, message).hint("`git remote -v` shows where the remotes are")
            }
            StoreError::PrefixTaken { name } => Self::new(exit::REPOSITORY, message).hint(format!(
                "rename it (`git branch -m {name} {name}-old`) or choose another prefix (`git config orchestrate.learningPrefix <prefix>/`)"
            )),
            StoreError::Changed { .. } => Self::new(exit::FAILED, message)
                .hint("records are never changed: record a correction with a new id and this one as its target"),
            StoreError::Replica { .. } | StoreError::Spool { .. } => {
                Self::new(exit::REPOSITORY, message).hint("make the repository's git folder writable for you")
            }
            StoreError::Setting { key, .. } => Self::new(exit::USAGE, message)
                .hint(format!("`git config {key} <value>` sets it, `git config --unset {key}` takes it back")),
        }
    }
}

impl From<MarketplaceError> for Failure {
    fn from(error: MarketplaceError) -> Self {
        let message = error.to_string();
        match error {
            MarketplaceError::Unreadable { source, .. } => {
                Self::new(exit::USAGE, format!("{message}: {source}"))
                    .hint("give the folder of a marketplace")
            }
            MarketplaceError::Empty { .. } => Self::new(exit::USAGE, message).hint(
                "a marketplace has .claude-plugin/marketplace.json, or folders agents, commands, skills",
            ),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let message = error.to_string();
        match error {
            PlanError::EmptyRequest | PlanError::NoWork { .. } => Self::new(exit::USAGE, message)
                .hint("say what you want, such as \"add a readme and a changelog\""),
            PlanError::EmptyCatalog => Self::new(exit::FAILED, message)
                .hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent"),
            PlanError::NothingCovered { .. } => Self::new(exit::FAILED, message)
                .hint("`git orchestrate catalog search WORDS` shows what there is")
                .hint("`git orchestrate marketplace add PATH` adds more"),
        }
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        let message = error.to_string();
        match error {
            ExecuteError::Git(GitError::Io { .. }) => Self::new(exit::ENVIRONMENT, message).hint(
                "work trees need a folder to be in: `git config orchestrate.worktrees FOLDER` names another one",
            ),
            ExecuteError::Git(error) => error.into(),
            ExecuteError::NoRunner { .. } | ExecuteError::NoComponent { .. } => {
                Self::new(exit::ENVIRONMENT, message)
                    .hint("`git orchestrate marketplace list` shows what is installed")
            }
            ExecuteError::Signals(_) => Self::new(exit::ENVIRONMENT, message),
            ExecuteError::NoStep { .. } | ExecuteError::Glob { .. } | ExecuteError::ScriptOutside { .. } => {
                Self::new(exit::FAILED, message).hint("the component's metadata.orchestrate has to be mended")
            }
        }
    }
}
