//! Bringing a result into the user's own work tree, as they would themselves.

use std::path::Path;

use super::command::Git;
use super::error::GitError;
use crate::model::oid::Oid;

/// How many arguments one command is given.
const CHUNK: usize = 500;

/// What became of an ordinary merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    /// HEAD is here now.
    Done { head: Oid },
    /// git, a hook or a conflict stopped it; the work tree is as it was before.
    Refused { stderr: String },
}

/// Merges `tip` into the branch that is checked out in `work_dir`, with the user's hooks, signing
/// and settings; `message` is for a merge commit, if one is needed.
pub(crate) fn merge_into_head(work_dir: &Path, tip: Oid, message: &str) -> Result<Merged, GitError> {
    if is_merging(work_dir)? {
        // Not ours to abort.
        return Ok(Merged::Refused { stderr: "another merge is in progress".to_owned() });
    }
    let tip = tip.to_string();
    let ended = Git::within(work_dir).args(["merge", "--no-edit", "-m", message, &tip]).end()?;
    if ended.success {
        let head = Git::within(work_dir).args(["rev-parse", "HEAD"]).text()?;
        let head = head.parse().map_err(|_| GitError::UnknownRevision { rev: "HEAD".to_owned() })?;
        return Ok(Merged::Done { head });
    }
    let said = String::from_utf8_lossy(&ended.stdout);
    let stderr = if ended.stderr.is_empty() { said.trim().to_owned() } else { ended.stderr };
    if is_merging(work_dir)? {
        Git::within(work_dir).args(["merge", "--abort"]).output()?;
    }
    Ok(Merged::Refused { stderr })
}

/// The first few tracked files with changes that are not committed.
pub(crate) fn dirty_paths(work_dir: &Path) -> Result<Vec<String>, GitError> {
    let status = ["--no-optional-locks", "status", "--porcelain=v1", "-z", "--untracked-files=no"];
    let listing = Git::within(work_dir).args(status).arg("--no-renames").output()?;
    let entries = listing.split(|byte| *byte == 0).filter(|entry| entry.len() > 3);
    Ok(entries.take(10).map(|entry| String::from_utf8_lossy(&entry[3..]).into_owned()).collect())
}

/// Those of `paths` where the work tree has files that git does not track, ignored ones too: a
/// merge would refuse to overwrite the former, and not even ask about the latter.
pub(crate) fn untracked_conflicts(work_dir: &Path, paths: &[String]) -> Result<Vec<String>, GitError> {
    let mut found = Vec::new();
    for some in paths.chunks(CHUNK) {
        let list = ["--literal-pathspecs", "ls-files", "--others", "-z", "--"];
        let listing = Git::within(work_dir).args(list).args(some).output()?;
        let entries = listing.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
        found.extend(entries.map(|entry| String::from_utf8_lossy(entry).into_owned()));
    }
    Ok(found)
}

fn is_merging(work_dir: &Path) -> Result<bool, GitError> {
    Ok(Git::within(work_dir).args(["rev-parse", "-q", "--verify", "MERGE_HEAD"]).end()?.success)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    /// HEAD at `a.txt` = 1 then `ours`; the tip of another branch with `theirs`.
    fn fork(ours: (&str, &str), theirs: (&str, &str)) -> (TestRepo, Oid) {
        let repo = TestRepo::new().commit("a.txt", "1");
        repo.git(["checkout", "-q", "-b", "side"]);
        let repo = repo.commit(theirs.0, theirs.1);
        let tip = repo.head();
        repo.git(["checkout", "-q", "main"]);
        (repo.commit(ours.0, ours.1), tip)
    }

    #[test]
    fn a_result_is_merged_with_the_users_hooks() {
        let (repo, tip) = fork(("b.txt", "2"), ("c.txt", "3"));
        repo.hook("commit-msg", "touch hook-ran");
        let Merged::Done { head } = merge_into_head(&repo.path(), tip, "the result").expect("runs") else {
            panic!("merges");
        };
        assert_eq!(repo.head(), head);
        assert_eq!(repo.git(["log", "-1", "--format=%s"]), "the result");
        assert!(repo.path().join("hook-ran").exists() && repo.path().join("c.txt").exists());
    }

    #[test]
    fn what_stops_a_merge_leaves_everything_as_it_was() {
        let (conflicting, theirs) = fork(("a.txt", "2"), ("a.txt", "3"));
        let (hooked, tip) = fork(("b.txt", "2"), ("c.txt", "3"));
        hooked.hook("pre-merge-commit", "echo the hook says no >&2; exit 1");
        for (repo, tip, reason) in [(conflicting, theirs, "CONFLICT"), (hooked, tip, "the hook says no")] {
            let before = (repo.head(), repo.git(["status", "--porcelain"]));
            let Merged::Refused { stderr } = merge_into_head(&repo.path(), tip, "m").expect("runs") else {
                panic!("refuses");
            };
            assert!(stderr.contains(reason), "{stderr}");
            assert_eq!((repo.head(), repo.git(["status", "--porcelain"])), before);
            assert!(!repo.path().join(".git/MERGE_HEAD").exists());
        }
    }

    #[test]
    fn the_users_own_merge_is_not_aborted() {
        let (repo, tip) = fork(("b.txt", "2"), ("c.txt", "3"));
        repo.git(["merge", "-q", "--no-commit", "side"]);
        assert!(matches!(merge_into_head(&repo.path(), tip, "m"), Ok(Merged::Refused { .. })));
        assert!(repo.path().join(".git/MERGE_HEAD").exists());
    }

    #[test]
    fn tracked_changes_are_dirty_and_untracked_files_only_in_the_way() {
        let repo = TestRepo::new().commit("a.txt", "1").commit(".gitignore", "*.log\n");
        for name in ["new", "old.log"] {
            std::fs::write(repo.path().join(name), "").expect("written");
        }
        assert_eq!(dirty_paths(&repo.path()).expect("reads"), Vec::<String>::new());
        let result = ["a.txt", "new", "old.log", "other"].map(str::to_owned);
        assert_eq!(untracked_conflicts(&repo.path(), &result).expect("reads"), ["new", "old.log"]);
        std::fs::write(repo.path().join("a.txt"), "2").expect("written");
        assert_eq!(dirty_paths(&repo.path()).expect("reads"), ["a.txt"]);
    }
}
