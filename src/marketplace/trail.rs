//! What a reading looked at, in the form that is kept: a trail that can be walked again.
//!
//! Each path takes a single look. What can't be decoded does not hold.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::stamp::{Kind, Stamp};

/// The longest path that is believed.
const LONGEST: usize = 1 << 16;

/// How a path was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mark {
    Missing,
    /// A folder on the way, whatever it holds: its inode.
    Folder(u64),
    /// All that can be told without reading it, in short.
    Whole([u8; 8]),
}

impl Mark {
    /// The mark of what was read.
    pub(super) fn of(stamp: &Stamp) -> Self {
        let Stamp { kind, inode, mode, size, modified, changed } = stamp;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[*kind as u8]).update(&inode.to_le_bytes()).update(&mode.to_le_bytes());
        hasher.update(&size.to_le_bytes()).update(&modified.to_le_bytes()).update(&changed.to_le_bytes());
        let mut short = [0; 8];
        hasher.finalize_xof().fill(&mut short);
        Self::Whole(short)
    }

    /// Whether a look at `path` finds it so.
    fn holds(self, path: &Path) -> bool {
        match (self, fs::symlink_metadata(path)) {
            (Self::Missing, Err(error)) => error.kind() == io::ErrorKind::NotFound,
            (Self::Folder(inode), Ok(metadata)) => {
                let stamp = Stamp::of(&metadata);
                stamp.kind == Kind::Folder && stamp.inode == inode
            }
            (Self::Whole(_), Ok(metadata)) => self == Self::of(&Stamp::of(&metadata)),
            _ => false,
        }
    }
}

/// One path after the other: how many bytes it begins with that the one before begins with, too, the other
/// bytes, and how it was found. Empty: it never holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trail(Option<Vec<u8>>);

impl Trail {
    /// A trail along these paths.
    pub(super) fn along(mut marks: Vec<(PathBuf, Mark)>) -> Self {
        marks.sort_unstable_by(|a, b| a.0.as_os_str().cmp(b.0.as_os_str()));
        let mut bytes = Vec::new();
        let mut last: &[u8] = &[];
        for (path, mark) in &marks {
            let path = path.as_os_str().as_bytes();
            let shared = path.iter().zip(last).take_while(|(a, b)| a == b).count();
            let entry = postcard::to_stdvec(&(shared, &path[shared..], mark));
            bytes.extend(entry.expect("plain values of known length"));
            last = path;
        }
        Self(Some(bytes))
    }

    /// A trail that never holds: something was seen that may be otherwise without a sign of it.
    pub(super) fn lost() -> Self {
        Self(None)
    }

    /// Whether everything along it is as it was.
    pub(crate) fn holds(&self) -> bool {
        let Some(mut rest) = self.0.as_deref() else { return false };
        let mut path: Vec<u8> = Vec::new();
        while !rest.is_empty() {
            let Ok(((shared, more, mark), behind)) = postcard::take_from_bytes::<(usize, &[u8], Mark)>(rest)
            else {
                return false;
            };
            if shared > path.len() || more.len() > LONGEST {
                return false;
            }
            path.truncate(shared);
            path.extend(more);
            if !mark.holds(Path::new(OsStr::from_bytes(&path))) {
                return false;
            }
            rest = behind;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_trail_holds_until_something_along_it_is_otherwise() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        fs::write(&file, "one").expect("writable");
        let look = |path: &Path| Stamp::of(&fs::symlink_metadata(path).expect("there"));
        let inode = look(folder.path()).inode;
        let marks = vec![
            (file.clone(), Mark::of(&look(&file))),
            (folder.path().to_owned(), Mark::Folder(inode)),
            (folder.path().join("other"), Mark::Missing),
        ];
        let trail = Trail::along(marks);
        assert!(trail.holds());
        fs::write(folder.path().join("third"), "").expect("writable");
        assert!(trail.holds(), "nobody looked for that");
        fs::write(folder.path().join("other"), "").expect("writable");
        assert!(!trail.holds());
        fs::remove_file(folder.path().join("other")).expect("removed");
        assert!(trail.holds());
        fs::write(&file, "longer").expect("writable");
        assert!(!trail.holds());
        assert!(!Trail::lost().holds());
        assert!(Trail::along(Vec::new()).holds());
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_without_panic(bytes: Vec<u8>) {
            let trail = Trail(Some(bytes));
            prop_assert!(!trail.holds() || trail.0.is_some_and(|bytes| bytes.is_empty()));
        }
    }
}
