//! The events of git that we listen to.

use std::fmt;

/// When git calls us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// After every commit, an amended one too.
    PostCommit,
    /// After `git commit --amend` and `git rebase`: old and new oids on standard input.
    PostRewrite,
    /// Before a push: the refs that are pushed on standard input.
    PrePush,
}

impl Event {
    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [Self; 3] = [Self::PostCommit, Self::PostRewrite, Self::PrePush];

    /// git's name for it, and its file's in a hooks folder.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PostCommit => "post-commit",
            Self::PostRewrite => "post-rewrite",
            Self::PrePush => "pre-push",
        }
    }

    /// The name of its hook in git's configuration.
    pub(crate) fn config_name(self) -> String {
        format!("orchestrate-{self}")
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
