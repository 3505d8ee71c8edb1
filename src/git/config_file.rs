//! The repository's own configuration file as bytes: for taking a change back without a trace.
//!
//! A replacement happens whole, under git's own lock of the file, and only where the file still is
//! what the caller read. Links are followed, as git does. The lock file is a hard link to a draft that
//! is complete and durable before: so the lock is held for a moment only, and one that a killed process
//! left is known as ours by being the same file.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
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

    /// Makes the configuration file `new` if it still is `expected`; says whether it did. A file system
    /// without hard links lets it do nothing.
    pub(crate) fn replace_config(&self, expected: &[u8], new: &[u8]) -> Result<bool, GitError> {
        let _lock = self.lock()?;
        self.clear_config_draft();
        let path = self.config_path();
        let (draft, lock) = (beside(&path, ".orchestrate-draft"), beside(&path, ".lock"));
        let replaced = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&draft)?;
            file.set_permissions(std::fs::metadata(&path)?.permissions())?;
            file.write_all(new)?;
            file.sync_all()?;
            let mut tries = 1;
            loop {
                match std::fs::hard_link(&draft, &lock) {
                    Ok(()) => break,
                    Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < TRIES => {
                        std::thread::sleep(Duration::from_millis(20));
                        tries += 1;
                    }
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
                    Err(_) => return Ok(false),
                }
            }
            let same = std::fs::read(&path)? == expected;
            if same {
                std::fs::rename(&lock, &path)?;
            }
            Ok(same)
        })();
        self.clear_config_draft();
        replaced.map_err(GitError::io("replace", path))
    }

    /// Removes what a replacement that was killed left: the draft, and a lock that is the same file.
    /// The caller holds the write lock, or is alone.
    pub(crate) fn clear_config_draft(&self) {
        let path = self.config_path();
        let (draft, lock) = (beside(&path, ".orchestrate-draft"), beside(&path, ".lock"));
        let file = |path: &Path| path.symlink_metadata().ok().map(|it| (it.dev(), it.ino()));
        if file(&draft).is_some() && file(&draft) == file(&lock) {
            drop(std::fs::remove_file(&lock));
        }
        drop(std::fs::remove_file(&draft));
    }

    fn config_path(&self) -> PathBuf {
        let path = self.common_dir().join("config");
        path.canonicalize().unwrap_or(path)
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use crate::git::samples::TestRepo;

    #[test]
    fn only_what_was_read_is_replaced() {
        let sample = TestRepo::new();
        let repo = sample.open();
        let before = repo.config_bytes().expect("readable");
        assert!(!repo.replace_config(b"something else", b"new").expect("possible"));
        assert_eq!(repo.config_bytes().expect("readable"), before);
        let new = [before.as_slice(), b"[a]\n\tb = c\n"].concat();
        assert!(repo.replace_config(&before, &new).expect("possible"));
        assert_eq!(repo.config_bytes().expect("readable"), new);
        let left = std::fs::read_dir(repo.common_dir()).expect("a folder").flatten();
        let names: Vec<_> = left.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect();
        assert!(!names.iter().any(|name| name.starts_with("config.")), "{names:?}");
    }

    #[test]
    fn a_lock_of_ours_that_was_left_blocks_nobody() {
        let sample = TestRepo::new();
        let repo = sample.open();
        let (draft, lock) = ("config.orchestrate-draft", "config.lock");
        let path = |name: &str| repo.common_dir().join(name);
        std::fs::write(path(draft), "half").expect("written");
        std::fs::hard_link(path(draft), path(lock)).expect("linked");
        let before = repo.config_bytes().expect("readable");
        assert!(repo.replace_config(&before, b"[a]\n\tb = c\n").expect("possible"));
        // The lock of another process stays.
        std::fs::write(path(draft), "half").expect("written");
        std::fs::write(path(lock), "half").expect("written");
        repo.clear_config_draft();
        assert!(path(lock).exists() && !path(draft).exists());
    }
}
