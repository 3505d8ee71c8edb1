//! The hooks folder that git uses here, and whose it is.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::HookError;
use super::event::Event;
use crate::git::Repository;

/// Whose a hooks folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// This clone's alone: it lies within its git folder.
    Clone,
    /// The project's: files of the work tree, shared with everybody who works on it.
    Project,
    /// Somewhere else: other repositories may use it too.
    Others,
}

/// The hooks folder that git uses.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) owner: Owner,
    /// Where `core.hooksPath` is set (`local`, `global`, …), if it is.
    pub(crate) scope: Option<String>,
}

impl Folder {
    /// The folder that git takes hooks from in this work tree.
    pub(crate) fn of(repo: &Repository) -> Result<Self, HookError> {
        let asked = ["config", "-z", "--show-scope", "--type=path", "--get", "core.hooksPath"];
        let listing = repo.git().args(asked).end()?.stdout;
        let mut parts = listing.split(|byte| *byte == 0);
        let (Some(scope), Some(value)) = (parts.next().filter(|it| !it.is_empty()), parts.next()) else {
            let path = own(repo);
            let owner = owner(repo, &path);
            return Ok(Self { path, owner, scope: None });
        };
        // git starts hooks at the top of the work tree, and in a bare repository in its folder.
        let start = repo.work_dir().unwrap_or_else(|| repo.git_dir());
        let path = start.join(OsStr::from_bytes(value));
        let owner = owner(repo, &path);
        // Within the git folder, paths are compared with others there.
        let path = if owner == Owner::Clone { resolved(&path) } else { path };
        Ok(Self { path, owner, scope: Some(String::from_utf8_lossy(scope).into_owned()) })
    }

    /// The hook file of an event.
    pub(crate) fn file(&self, event: Event) -> PathBuf {
        self.path.join(event.as_str())
    }

    /// The file that a person edits for an event: husky writes the folder that git looks into itself,
    /// and runs the file beside it.
    pub(crate) fn edited_file(&self, event: Event) -> PathBuf {
        match self.path.parent() {
            Some(above) if self.is_huskys() => above.join(event.as_str()),
            _ => self.file(event),
        }
    }

    /// Whether it can't hold hooks: `core.hooksPath=/dev/null` is how people turn hooks off.
    pub(crate) fn is_off(&self) -> bool {
        self.path.exists() && !self.path.is_dir()
    }

    /// Whether husky (version 9) writes this folder.
    pub(crate) fn is_huskys(&self) -> bool {
        self.path.ends_with("_") && (self.path.ends_with(".husky/_") || self.path.join("h").is_file())
    }
}

/// The hooks folder that git uses where `core.hooksPath` is not set.
pub(crate) fn own(repo: &Repository) -> PathBuf {
    repo.common_dir().join("hooks")
}

fn owner(repo: &Repository, path: &Path) -> Owner {
    let real = resolved(path);
    if real.starts_with(repo.common_dir()) {
        Owner::Clone
    } else if repo.work_dir().is_some_and(|top| real.starts_with(top)) {
        Owner::Project
    } else {
        Owner::Others
    }
}

/// Without links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(real), _, _) => real,
        (Err(_), Some(parent), Some(name)) => resolved(parent).join(name),
        (Err(_), ..) => path.to_path_buf(),
    }
}
