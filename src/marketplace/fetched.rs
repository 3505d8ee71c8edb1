//! What was fetched of plugins that are elsewhere: where it lies, and how it is read.
//!
//! `<kept>/<key of the source>/<commit>/<name of the repository>/` is a tree as it was at that commit; the
//! file `current` beside the commits names the one that counts.

use std::path::{Path, PathBuf};

use super::files::{Nature, Refusal, Root};
use super::looks::Looks;
use super::source::GitSource;
use crate::model::oid::Oid;

/// The file that names the commit that counts.
pub(crate) const CURRENT: &str = "current";
/// More than a commit's name takes.
const MAX_CURRENT: u64 = 1_000;

/// The root and the plugin's folder of what was fetched of `source`; `None`: nothing yet.
pub(super) fn open(
    looks: &Looks,
    kept: &Path,
    source: &GitSource,
) -> Option<Result<(Root, PathBuf), Refusal>> {
    let dir = kept.join(source.key());
    let current = looks.bytes(&dir.join(CURRENT), MAX_CURRENT).ok()?;
    let commit: Oid = std::str::from_utf8(&current).ok()?.trim().parse().ok()?;
    let tree = dir.join(commit.to_string()).join(source.name());
    let root = looks.is_folder(&tree).then(|| Root::open(&tree, Nature::Fixed))?.ok()?;
    let folder = match &source.folder {
        None => Ok(root.path().to_owned()),
        Some(folder) => root.resolve(root.path(), folder).and_then(|path| {
            if root.looks.is_folder(&path) { Ok(path) } else { Err(Refusal::Missing(folder.clone())) }
        }),
    };
    Some(folder.map(|folder| (root, folder)))
}
