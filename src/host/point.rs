//! Points of the write path at which a test has the process killed.
//!
//! `GIT_ORCHESTRATE_TEST_KILL=<name of a point>` makes the process send itself the signal that nothing
//! can catch, there and nowhere else: the same end as an impatient system gives it.

use signal_hook::consts::signal::SIGKILL;
use signal_hook::low_level;

/// Names the point.
const TEST_KILL: &str = "GIT_ORCHESTRATE_TEST_KILL";

/// A moment of a write that leaves something unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// The temporary file of an object is there and holds half of it.
    ObjectHalfWritten,
    /// All objects are durable; no ref names them.
    ObjectsSynced,
    /// The same, in a pack that `git gc` must keep.
    ObjectsKept,
    /// The lock's file says what is to be moved; git was not started.
    BeforeUpdateRef,
    /// git has moved the refs, and nobody was told.
    RefsMoved,
    /// The temporary file of an event is there, and not durable.
    SpoolNotSynced,
    /// It is durable and has not got its name.
    SpoolNotRenamed,
    /// It has its name, and nobody was told.
    SpoolRenamed,
    /// What waited is in the notes, and its files are still there.
    DrainedNotRemoved,
}

impl Point {
    fn name(self) -> &'static str {
        match self {
            Self::ObjectHalfWritten => "object-half-written",
            Self::ObjectsSynced => "objects-synced",
            Self::ObjectsKept => "objects-kept",
            Self::BeforeUpdateRef => "before-update-ref",
            Self::RefsMoved => "refs-moved",
            Self::SpoolNotSynced => "spool-not-synced",
            Self::SpoolNotRenamed => "spool-not-renamed",
            Self::SpoolRenamed => "spool-renamed",
            Self::DrainedNotRemoved => "drained-not-removed",
        }
    }
}

/// Passes a point, unless the environment says that it is the last one.
pub(crate) fn pass(point: Point) {
    if std::env::var_os(TEST_KILL).is_some_and(|name| name == point.name()) {
        drop(low_level::raise(SIGKILL));
    }
}
