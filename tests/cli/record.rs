//! `record`.

use crate::support::{TestRepo, execution};

#[test]
fn a_batch_is_one_notes_commit() {
    let repo = TestRepo::new().commit("start");
    let batch =
        [execution("add a", ["a", "b"], "passed"), execution("add c", ["a", "c"], "failed")].join("\n");
    let ran = repo.orchestrate_with(["record"], &batch).code(0);
    assert_eq!(ran.stdout, "recorded 2 executions\n");
    assert_eq!(repo.git(["rev-list", "--count", "refs/notes/orchestrate"]), "1");
    assert_eq!(repo.git(["notes", "--ref=orchestrate", "show"]).lines().count(), 2);
    assert_eq!(repo.executions().len(), 2);
}
