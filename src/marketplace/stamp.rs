//! What can be told of a path without reading it, and when a change of it would not show.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// What is younger than this when a reading begins may change again without a trace: file systems count
/// time in ticks. In nanoseconds; many times a tick of Linux.
const TICK: i128 = 20_000_000;
/// The same where a file system counts whole seconds, or pairs of them.
const COARSE_TICK: i128 = 2_000_000_000;
const SECOND: i128 = 1_000_000_000;

/// What a path is, if it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    /// A pipe, a device, a socket.
    Other,
}

/// What can be told of a path without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) kind: Kind,
    pub(super) inode: u64,
    pub(super) mode: u32,
    pub(super) size: u64,
    /// When its content changed, in nanoseconds since 1970-01-01T00:00:00Z.
    pub(super) modified: i128,
    /// When anything of it changed.
    pub(super) changed: i128,
}

impl Stamp {
    /// What `metadata` tells, which was taken without following a link.
    pub(super) fn of(metadata: &Metadata) -> Self {
        let kind = match metadata.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_symlink() => Kind::Link,
            _ => Kind::Other,
        };
        let at = |seconds: i64, nanos: i64| i128::from(seconds) * SECOND + i128::from(nanos);
        Self {
            kind,
            inode: metadata.ino(),
            mode: metadata.mode(),
            size: metadata.size(),
            modified: at(metadata.mtime(), metadata.mtime_nsec()),
            changed: at(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether anyone may execute it.
    pub(super) fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }

    /// Whether a change after `begun` would show, in nanoseconds since 1970.
    pub(super) fn is_settled(&self, begun: i128) -> bool {
        let latest = self.modified.max(self.changed);
        let coarse = self.modified % SECOND == 0 && self.changed % SECOND == 0;
        latest + if coarse { COARSE_TICK } else { TICK } < begun
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(modified: i128, changed: i128) -> Stamp {
        Stamp { kind: Kind::File, inode: 1, mode: 0, size: 0, modified, changed }
    }

    #[test]
    fn what_may_change_again_within_a_tick_is_not_settled() {
        let now = 1_000 * SECOND;
        let cases = [
            (stamp(now - 7, now - 7), false),
            (stamp(now - TICK - 7, now - 7), false),
            (stamp(now - TICK - 7, now - TICK - 7), true),
            // Whole seconds may hide two of them.
            (stamp(now - SECOND, now - SECOND), false),
            (stamp(now - 3 * SECOND, now - 3 * SECOND), true),
            (stamp(now + SECOND + 7, 7), false),
        ];
        for (stamp, settled) in cases {
            assert_eq!(stamp.is_settled(now), settled, "{stamp:?}");
        }
    }
}
