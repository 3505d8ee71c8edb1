//! The repository's own configuration file as bytes: for taking a change back without a trace.
//!
//! A replacement happens whole, under git's own lock of the file, and only where the file still is
//! what the caller read. Links are followed, as git does.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::error::GitError;
use super::repository::Repository;

/// How often the lock of the configuration is tried for, 20 ms apart.
const TRIES: u32 = 100;

impl Repository {
    /// The configuration file that all work trees share, byte for byte.
    pub(crate) fn config_bytes(&self) -> Result<Vec<u8>, GitError> {
        let path = self.config_path();
        std::fs::read(&path).map_err(GitError::io("read", path))
    }

    /// Makes the configuration file `new` if it still is `expected`; says whether it did.
    pub(crate) fn replace_config(&self, expected: &[u8], new: &[u8]) -> Result<bool, GitError> {
        let path = self.config_path();
        let mut name = path.clone().into_os_string();
        name.push(".lock");
        let lock = PathBuf::from(name);
        let mut tries = 1;
        let mut file = loop {
            match OpenOptions::new().write(true).create_new(true).open(&lock) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < TRIES => {
                    std::thread::sleep(Duration::from_millis(20));
                    tries += 1;
                }
                opened => break opened.map_err(GitError::io("lock", &lock))?,
            }
        };
        let replaced = (|| {
            if std::fs::read(&path)? != expected {
                return Ok(false);
            }
            file.write_all(new)?;
            file.set_permissions(std::fs::metadata(&path)?.permissions())?;
            file.sync_all()?;
            std::fs::rename(&lock, &path)?;
            Ok(true)
        })();
        if !matches!(replaced, Ok(true)) {
            drop(std::fs::remove_file(&lock));
        }
        replaced.map_err(GitError::io("write", path))
    }

    fn config_path(&self) -> PathBuf {
        let path = self.common_dir().join("config");
        path.canonicalize().unwrap_or(path)
    }
}
