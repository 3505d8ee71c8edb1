//! Templates of CI systems: written once into the work tree, and from then on the user's.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::git::Repository;
use crate::ui::{Failure, exit};

/// A CI system that can check and merge learning branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Ci {
    /// GitHub Actions: .github/workflows/orchestrate.yml
    Github,
    /// GitLab CI: .gitlab/orchestrate.yml, to be included
    Gitlab,
}

impl Ci {
    /// Its file, named from the top of the work tree.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows/orchestrate.yml",
            Self::Gitlab => ".gitlab/orchestrate.yml",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Github => include_str!("../../templates/ci/github.yml"),
            Self::Gitlab => include_str!("../../templates/ci/gitlab.yml"),
        }
    }

    /// Writes its file; one that is there is never written over.
    pub(super) fn write(self, repo: &Repository) -> Result<(), Failure> {
        let top = repo.require_work_dir()?;
        let file = top.join(self.path());
        let failed = |error| Failure::new(exit::FAILED, format!("cannot write {}: {error}", self.path()));
        make_folders(&top, self.path()).map_err(failed)?;
        match OpenOptions::new().write(true).create_new(true).open(&file) {
            Ok(mut file) => file.write_all(self.text().as_bytes()).map_err(failed),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(error)),
            Err(_) if std::fs::read(&file).is_ok_and(|there| there == self.text().as_bytes()) => Ok(()),
            Err(_) => Err(Failure::new(exit::FAILED, format!("{} is there already", self.path()))
                .hint("move it away to get the template of this version")),
        }
    }

    /// What is left for the user to do.
    pub(super) fn hints(self) -> Vec<String> {
        let mut hints =
            vec![format!("set ORCHESTRATE_SOURCE and ORCHESTRATE_COMMIT in {}, and commit it", self.path())];
        if self == Self::Gitlab {
            hints.push(
                "include it in .gitlab-ci.yml, and give its merge job a token: its first lines say how"
                    .to_owned(),
            );
        }
        hints.push("`git config orchestrate.review branch` in every clone leaves merging to it".to_owned());
        hints
    }
}

/// Makes the folders on the way from `top` to `path`. None of them is a symbolic link: those may lead out.
fn make_folders(top: &Path, path: &str) -> std::io::Result<()> {
    for folder in Path::new(path).ancestors().skip(1).collect::<Vec<_>>().into_iter().rev() {
        let folder = top.join(folder);
        if folder.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
            return Err(std::io::Error::other(format!("{} is a symbolic link", folder.display())));
        }
        std::fs::create_dir_all(&folder)?;
    }
    Ok(())
}
