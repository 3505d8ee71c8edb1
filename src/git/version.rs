//! The version of the git executable.

use std::fmt;

use super::command::Git;
use super::error::GitError;

/// A version of git, without what a vendor appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

impl Version {
    /// What the git on the PATH says of itself.
    pub(crate) fn of_git() -> Result<Self, GitError> {
        let said = Git::anywhere().arg("version").text()?;
        Self::parse(&said).ok_or_else(|| GitError::Failed {
            command: "version".to_owned(),
            stderr: format!("`{}` names no version", said.chars().take(80).collect::<String>()),
        })
    }

    /// Reads `git version 2.47.3`, `… 2.54.0.windows.1`, `… 2.39.5 (Apple Git-154)`, `… 2.55.0-rc1`.
    fn parse(text: &str) -> Option<Self> {
        let word = text.trim().strip_prefix("git version ")?.split_whitespace().next()?;
        let mut numbers = word.split(['.', '-']).map(|part| part.parse().ok());
        Some(Self { major: numbers.next()??, minor: numbers.next()??, patch: numbers.next()?.unwrap_or(0) })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vendors_append_is_passed_over() {
        for (said, shown) in [
            ("git version 2.47.3", "2.47.3"),
            ("git version 2.54.0.windows.1", "2.54.0"),
            ("git version 2.39.5 (Apple Git-154)\n", "2.39.5"),
            ("git version 2.55.0-rc1", "2.55.0"),
            ("git version 2.55.rc1", "2.55.0"),
        ] {
            assert_eq!(Version::parse(said).map(|it| it.to_string()).as_deref(), Some(shown), "{said}");
        }
        for said in ["", "git version", "git version two", "git version 2"] {
            assert_eq!(Version::parse(said), None, "{said}");
        }
    }
}
