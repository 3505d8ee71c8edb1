//! What was fetched of plugins that are elsewhere: where it lies, and how it is read.
//!
//! `<kept>/<key of the source>/<commit>/<name of the repository>/` is a tree as it was at that commit; the
//! file `current` beside the commits names the one that counts.

use std::fs;
use std::path::{Path, PathBuf};

use super::files::{Refusal, Root};
use super::source::GitSource;
use crate::model::oid::Oid;

/// The file that names the commit that counts.
pub(crate) const CURRENT: &str = "current";

/// The root and the plugin's folder of what was fetched of `source`; `None`: nothing yet.
pub(super) fn open(kept: &Path, source: &GitSource) -> Option<Result<(Root, PathBuf), Refusal>> {
    let dir = kept.join(source.key());
    let commit: Oid = fs::read_to_string(dir.join(CURRENT)).ok()?.trim().parse().ok()?;
    let root = Root::open(&dir.join(commit.to_string()).join(source.name())).ok()?;
    let folder = match &source.folder {
        None => Ok(root.path().to_owned()),
        Some(folder) => root
            .resolve(root.path(), folder)
            .and_then(|path| if path.is_dir() { Ok(path) } else { Err(Refusal::Missing(folder.clone())) }),
    };
    Some(folder.map(|folder| (root, folder)))
}
