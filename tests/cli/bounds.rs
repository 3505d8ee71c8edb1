//! Notes that take up little on the way and very much here.

use std::time::{Duration, Instant};

use crate::review::hub;
use crate::support::{TestRepo, execution};

const NOTES: &str = "refs/notes/orchestrate";

/// A remote, and a clone that knows what was there before `bomb` made another tree of its notes.
fn clone_and(bomb: impl Fn(&TestRepo) -> String) -> (TestRepo, TestRepo) {
    let hub = hub();
    let clone = TestRepo::clone_of(&hub).with_real_clock();
    let clone = clone.record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    let tree = bomb(&hub);
    hub.commit_tree(NOTES, &tree, "more");
    // As a plain fetch does with the hooks.
    clone.git(["fetch", "-q", "origin", &format!("+{NOTES}:refs/orchestrate/remotes/origin/notes")]);
    (hub, clone)
}

/// Whoever meets it says so, soon, and goes on without it.
fn assert_refused(clone: &TestRepo, reason: &str) {
    let start = Instant::now();
    let before = clone.git(["rev-parse", NOTES]);
    let said = clone.orchestrate(["sync"]).code(1).stderr;
    assert!(said.contains(reason), "{said}");
    for verb in ["status", "check", "log"] {
        clone.orchestrate([verb]).code(0);
    }
    assert_eq!((clone.git(["rev-parse", NOTES]), clone.executions().len()), (before, 1));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn a_note_without_bounds_is_not_read() {
    let (_hub, clone) = clone_and(|hub| {
        let huge = hub.surgical(&["hash-object", "-w", "--stdin"], &" ".repeat((64 << 20) + 1));
        let notes = hub.git(["ls-tree", NOTES]);
        hub.surgical(&["mktree"], &format!("{notes}\n100644 blob {huge}\t{}\n", "12".repeat(20)))
    });
    assert_refused(&clone, "the note of 1212121 has 67108865 bytes, more than is ever read");
}

#[test]
fn notes_that_go_on_and_on_are_not_walked() {
    let (_hub, clone) = clone_and(|hub| {
        let note = hub.surgical(&["hash-object", "-w", "--stdin"], "{}");
        let mut tree = hub.surgical(&["mktree"], &format!("100644 blob {note}\t12\n"));
        for _ in 0..19 {
            let entry = |name: &str| format!("040000 tree {tree}\t{name}\n");
            tree = hub.surgical(&["mktree"], &["00", "11", "22", "33"].map(entry).concat());
        }
        tree
    });
    assert_refused(&clone, "has too many files, or folders too deep within each other, to be read");
}
