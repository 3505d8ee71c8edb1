//! What a killed writer left, cleared away by the next one: locks of refs, temporary objects, packs that
//! no gc may touch.
//!
//! Guarantee: nothing of a living git or of a living writer is lost to it. A lock file that does not say
//! whose it is goes when it was made while they were at work and is older than a git keeps one; a writer whose temporary object is taken
//! away (one without the lock) writes it again.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::journal::Unfinished;
use super::repository::Repository;
use crate::host::{age, changed_ms};

/// A lock file that does not say whose it is may be that of another git, which keeps it for moments.
const MOMENTS: Duration = Duration::from_secs(1);
/// How the names of our temporary objects begin: as git's, so that its gc knows them for what they are.
pub(super) const TEMPORARY: &str = "tmp_obj_orchestrate_";
/// What the `.keep` file of a pack of ours says.
pub(super) const KEPT: &str = "git-orchestrate";

impl Repository {
    /// Clears away what was left: locks of refs, temporary objects, packs that nobody else may touch.
    /// What can't be removed is named by git when it is in the way.
    pub(super) fn clear(&self, unfinished: &Unfinished) {
        for (path, content) in self.locks(&unfinished.transaction) {
            clear_lock(&path, content.as_deref(), unfinished);
        }
        let objects = self.objects_dir();
        for path in files(&objects).filter(|path| name(path).starts_with(TEMPORARY)) {
            drop(std::fs::remove_file(path));
        }
        for path in kept(&objects.join("pack")) {
            drop(std::fs::remove_file(path));
        }
    }

    /// The lock files that git makes for a transaction, with what it writes into them.
    fn locks(&self, transaction: &str) -> Vec<(PathBuf, Option<String>)> {
        let common = self.common_dir();
        let mut locks = Vec::new();
        let mut fields = transaction.split('\0');
        while let Some(field) = fields.next() {
            let Some((verb @ ("create" | "update" | "delete"), name)) = field.split_once(' ') else {
                continue;
            };
            let new = fields.next().filter(|_| verb != "delete");
            if verb == "update" {
                fields.next();
            }
            locks.push((common.join(format!("{name}.lock")), new.map(str::to_owned)));
            if verb == "delete" {
                locks.push((common.join("packed-refs.lock"), None));
                locks.push((common.join("packed-refs.new"), None));
            }
            if name.starts_with("refs/heads/") {
                locks.push((self.git_dir().join("HEAD.lock"), None));
            }
        }
        if self.foreign_refs && !locks.is_empty() {
            locks = vec![(common.join("reftable/tables.list.lock"), None)];
        }
        locks
    }
}

/// Removes a lock file of the dead: at once where its content says whose it is, else when it has been
/// there for longer than any git needs it.
fn clear_lock(path: &Path, content: Option<&str>, unfinished: &Unfinished) {
    let last = unfinished.until.saturating_add(i64::try_from(MOMENTS.as_millis()).unwrap_or(i64::MAX));
    while let Ok(lock) = path.symlink_metadata() {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let (ours, anonymous) = (content == Some(text.trim()), content.is_none() || text.is_empty());
        // What was made before or after their time is somebody else's.
        let is_foreign = !(unfinished.since..=last).contains(&changed_ms(&lock));
        if ours || anonymous && !is_foreign && age(&lock) > MOMENTS {
            drop(std::fs::remove_file(path));
            return;
        }
        if is_foreign || !anonymous {
            return;
        }
        thread::sleep(MOMENTS / 100);
    }
}

/// The `.keep` files of ours in a folder of packs.
pub(super) fn kept(packs: &Path) -> impl Iterator<Item = PathBuf> {
    files(packs).filter(|path| {
        path.extension().is_some_and(|it| it == "keep")
            && std::fs::read_to_string(path).is_ok_and(|text| text.trim() == KEPT)
    })
}

/// The files of a folder.
fn files(dir: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
