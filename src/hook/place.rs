//! A file that may hold a hook of ours: reading it, and replacing it whole.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::HookError;

/// A file with what matters of it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) content: Vec<u8>,
    pub(crate) kind: Kind,
    permissions: Permissions,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Link,
    /// A folder, a socket.
    Other,
}

impl Place {
    /// What stands at `path`, if anything does. A link is not followed, but what it leads to is read.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, HookError> {
        let found = match path.symlink_metadata() {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            found => found.map_err(HookError::io("look at", path))?,
        };
        let kind = match found.file_type() {
            it if it.is_symlink() => Kind::Link,
            it if it.is_file() => Kind::File,
            _ => Kind::Other,
        };
        let content = match kind {
            Kind::File => std::fs::read(path).map_err(HookError::io("read", path))?,
            // A link may lead nowhere or to a folder.
            Kind::Link => std::fs::read(path).unwrap_or_default(),
            Kind::Other => Vec::new(),
        };
        // What counts for git is the mode of what it starts.
        let permissions = std::fs::metadata(path).unwrap_or(found).permissions();
        Ok(Some(Self { path: path.to_path_buf(), content, kind, permissions }))
    }

    /// Whether git would start it.
    pub(crate) fn is_executable(&self) -> bool {
        self.permissions.mode() & 0o111 != 0
    }

    /// Makes `content` the file's, whole, with the mode that it has.
    pub(crate) fn replace(&self, content: &[u8]) -> Result<(), HookError> {
        write(&self.path, content, Some(&self.permissions), 0o666)
    }

    /// Deletes the file.
    pub(crate) fn delete(&self) -> Result<(), HookError> {
        std::fs::remove_file(&self.path).map_err(HookError::io("delete", &self.path))
    }
}

/// Makes a program at `path`, where nothing stands yet.
pub(crate) fn make_program(path: &Path, content: &[u8]) -> Result<(), HookError> {
    write(path, content, None, 0o777)
}

/// Makes a file at `path` hold `content`, whole; the mode of a file that stands there is not kept.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> Result<(), HookError> {
    write(path, content, None, 0o666)
}

/// Removes what a process that was killed left beside `path`.
pub(crate) fn remove_draft(path: &Path) {
    drop(std::fs::remove_file(draft(path)));
}

fn draft(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".orchestrate-draft");
    PathBuf::from(name)
}

/// Through a draft in the same folder and a rename. The user's mask applies to `mode`.
fn write(path: &Path, content: &[u8], permissions: Option<&Permissions>, mode: u32) -> Result<(), HookError> {
    let draft = draft(path);
    // One that is there was left by a process that was killed: writers hold the lock.
    remove_draft(path);
    let written = (|| {
        let mut file: File = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(content)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions.clone())?;
        }
        file.sync_all()?;
        std::fs::rename(&draft, path)
    })();
    if written.is_err() {
        drop(std::fs::remove_file(&draft));
    }
    written.map_err(HookError::io("write", path))
}
