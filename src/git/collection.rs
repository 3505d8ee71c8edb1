//! `git gc` beside us: objects that no ref names yet, out of its reach.
//!
//! git removes loose objects that no ref names when they are two weeks old, and with `--prune=now` at
//! once, also those that a ref has come to name since it looked. It never removes a pack that has a
//! `.keep` file: that is how git's own fetch goes about it, and how we do while a gc is at work.
//!
//! Limit: only `git gc` says that it is at work (`gc.pid`); `git prune` and `git repack -a -d` by hand
//! do not.

use super::error::GitError;
use super::pack::Kept;
use super::refs::{Change, Expected, RefEdit};
use super::repository::Repository;
use crate::model::oid::Oid;

impl Repository {
    /// Whether a gc is at work, or was killed.
    pub(super) fn is_collecting(&self) -> bool {
        self.common_dir().join("gc.pid").exists()
    }

    /// Packs what these edits make reachable beyond what they replace. `None`: there is nothing.
    pub(super) fn keep_reachable(&self, edits: &[RefEdit]) -> Result<Option<Kept>, GitError> {
        let new = |edit: &RefEdit| match edit.change {
            Change::To(oid) => Some(oid),
            Change::Delete => None,
        };
        let old = |edit: &RefEdit| match edit.expected {
            Expected::At(oid) => Some(oid),
            Expected::Absent => None,
        };
        let lines = |oids: Vec<Oid>, sign: &str| -> String {
            oids.iter().map(|oid| format!("{sign}{oid}\n")).collect()
        };
        let revisions = lines(edits.iter().filter_map(new).collect(), "")
            + &lines(edits.iter().filter_map(old).collect(), "^");
        let pack = ["pack-objects", "--revs", "--missing=allow-promisor", "--stdout", "-q"];
        let pack = self.git().args(pack).input(revisions).output()?;
        self.index_pack(pack)
    }
}
