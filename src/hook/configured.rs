//! Hooks from configuration (git 2.54): when they are used, and the text that sets them.
//!
//! They stand in a file of our own that the repository's configuration includes by a path relative to
//! itself, so a repository that is moved keeps them. git runs them besides whatever is in the hooks
//! folder, wherever `core.hooksPath` points. Each hook gets its own copy of standard input; git does not
//! tell the event, so there is one hook per event.

use std::fmt::Write;

use super::block::STOPS;
use super::event::Event;
use crate::git::Version;

/// How the hooks of this repository are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    /// Hooks from configuration.
    Config,
    /// A marked block in a file of the hooks folder.
    Block,
}

impl Method {
    /// The best that this git understands.
    pub(crate) fn of(git: Version) -> Self {
        if (git.major, git.minor) >= (2, 54) { Self::Config } else { Self::Block }
    }

    /// Its word in output for programs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Block => "block",
        }
    }
}

/// What the repository's configuration includes, seen from its own folder.
pub(crate) const INCLUDED: &str = "orchestrate/config";

/// The sections that set every hook.
pub(crate) fn sections() -> String {
    Event::ALL.into_iter().fold(String::new(), |mut text, event| {
        let command = command(event).replace('\\', "\\\\").replace('"', "\\\"");
        let name = event.config_name();
        writeln!(text, "[hook \"{name}\"]\n\tevent = {event}\n\tcommand = \"{command}\"")
            .expect("a String takes every text");
        text
    })
}

/// What git hands to a shell, with ` "$@"` behind it where the event has arguments.
fn command(event: Event) -> String {
    // One exit code alone says "stop the push"; what a crash or a shell exits with must not.
    let unless = if event == Event::PrePush { format!("[ $? -ne {STOPS} ]") } else { ":".to_owned() };
    format!(
        "orchestrate() {{ ! command -v git-orchestrate >/dev/null 2>&1 || git-orchestrate hook {event} \"$@\" || {unless}; }}; orchestrate"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u32, minor: u32) -> Version {
        Version { major, minor, patch: 0 }
    }

    #[test]
    fn config_hooks_are_for_a_git_that_knows_them() {
        for (git, method) in [
            (version(2, 39), Method::Block),
            (version(2, 53), Method::Block),
            (version(2, 54), Method::Config),
            (version(2, 55), Method::Config),
            (version(3, 0), Method::Config),
        ] {
            assert_eq!(Method::of(git), method, "{git}");
        }
    }
}
