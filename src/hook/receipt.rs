//! What an installation changed, so that it can be taken back to the byte and missed when it is gone.
//!
//! It is a help, not a truth: without it, `uninstall` still finds every block and setting of ours by
//! its marks, but can't tell where in the configuration a line stood.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::HookError;
use super::event::Event;
use super::place;
use crate::git::Repository;

/// The version of the file.
const VERSION: u32 = 1;

/// What `hooks install` did here. Paths start at the git folder, so that a repository can be moved.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    v: u32,
    /// The hooks folder, if there was none before.
    #[serde(default)]
    made_folder: Option<PathBuf>,
    /// `notes.rewriteRef` had our value before.
    #[serde(default)]
    pub(crate) rewrite_ref: bool,
    /// Files that got a block, by event.
    #[serde(default)]
    blocks: BTreeMap<String, PathBuf>,
    /// Changes of the configuration file, in order.
    #[serde(default)]
    pub(crate) edits: Vec<Edit>,
}

/// One change of a file, as the bytes that went and the number that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edit {
    /// Where, in bytes.
    at: usize,
    removed: String,
    added: usize,
    /// Hash of the file after it.
    after: String,
}

impl Receipt {
    /// The receipt of this repository; an empty one where there is none that can be read.
    pub(crate) fn read(repo: &Repository) -> Self {
        let text = std::fs::read(path(repo)).unwrap_or_default();
        serde_json::from_slice(&text).ok().filter(|it: &Self| it.v == VERSION).unwrap_or_default()
    }

    /// Whether nothing of ours is known to be here.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.edits.is_empty()
    }

    /// Changes the receipt as it is now, and keeps it. The caller holds the write lock.
    pub(crate) fn change(repo: &Repository, change: impl FnOnce(&mut Self)) -> Result<(), HookError> {
        let mut receipt = Self::read(repo);
        change(&mut receipt);
        receipt.write(repo)
    }

    fn write(&mut self, repo: &Repository) -> Result<(), HookError> {
        self.v = VERSION;
        // A path that is not UTF-8 can't be kept; then there is no receipt.
        let Ok(text) = serde_json::to_vec(self) else { return Ok(()) };
        place::write_file(&path(repo), &[text.as_slice(), b"\n"].concat())
    }

    /// Throws it away.
    pub(crate) fn delete(repo: &Repository) {
        place::remove_draft(&path(repo));
        drop(std::fs::remove_file(path(repo)));
    }

    /// Remembers that `event` has a block in `file`.
    pub(crate) fn has_block(&mut self, repo: &Repository, event: Event, file: &Path) {
        if let Ok(file) = file.strip_prefix(repo.common_dir()) {
            self.blocks.insert(event.to_string(), file.to_path_buf());
        }
    }

    /// The file that has the block of `event`.
    pub(crate) fn block(&self, repo: &Repository, event: Event) -> Option<PathBuf> {
        self.blocks.get(event.as_str()).map(|file| repo.common_dir().join(file))
    }

    /// Remembers that there was no hooks folder before.
    pub(crate) fn made_folder(&mut self, repo: &Repository, dir: &Path) {
        self.made_folder = dir.strip_prefix(repo.common_dir()).ok().map(Path::to_path_buf);
    }

    /// The hooks folder, if there was none before.
    pub(crate) fn folder(&self, repo: &Repository) -> Option<PathBuf> {
        self.made_folder.as_ref().map(|dir| repo.common_dir().join(dir))
    }
}

impl Edit {
    /// What made `after` of `before`; `None` where nothing did, or what went is not text.
    pub(crate) fn between(before: &[u8], after: &[u8]) -> Option<Self> {
        let same = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
        let at = same(&mut before.iter().zip(after));
        let tail = same(&mut before[at..].iter().rev().zip(after[at..].iter().rev()));
        let removed = std::str::from_utf8(&before[at..before.len() - tail]).ok()?.to_owned();
        let added = after.len() - tail - at;
        (before != after).then(|| Self { at, removed, added, after: hash(after) })
    }

    /// The file before this change, if nothing changed it since.
    pub(crate) fn undone(&self, now: &[u8]) -> Option<Vec<u8>> {
        let tail = now.get(self.at + self.added..)?;
        (hash(now) == self.after).then(|| [&now[..self.at], self.removed.as_bytes(), tail].concat())
    }
}

fn hash(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}

fn path(repo: &Repository) -> PathBuf {
    repo.own_dir().join("hooks.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_undone_only_where_nothing_else_happened() {
        for (before, after) in
            [("a\nb\nc\n", "a\nc\n"), ("a", "a\nb\n"), ("aaa", "aa"), ("", "x"), ("ab", "xb")]
        {
            let edit = Edit::between(before.as_bytes(), after.as_bytes()).expect("they differ");
            assert_eq!(edit.undone(after.as_bytes()).as_deref(), Some(before.as_bytes()));
            assert_eq!(edit.undone(format!("{after}!").as_bytes()), None);
        }
        assert_eq!(Edit::between(b"a", b"a"), None);
    }
}
