//! Bringing a result into the user's own work tree, as they would themselves.

use super::error::GitError;
use super::repository::Repository;
use crate::model::oid::Oid;

/// What became of an ordinary merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    /// HEAD is here now.
    Done { head: Oid },
    /// git, a hook or a conflict stopped it; the work tree is as it was before.
    Refused { stderr: String },
}

impl Repository {
    /// Merges `tip` into what is checked out, with the user's hooks, signing and settings; `message`
    /// is for a merge commit, if one is needed.
    pub(crate) fn merge_into_head(&self, tip: Oid, message: &str) -> Result<Merged, GitError> {
        if self.is_merging()? {
            // Not ours to abort.
            return Ok(Merged::Refused { stderr: "another merge is in progress".to_owned() });
        }
        let staged_nothing =
            self.in_work_tree()?.args(["diff-index", "--cached", "--quiet", "HEAD"]).end()?;
        let name = tip.to_string();
        let ended = self.in_work_tree()?.args(["merge", "--no-edit", "-m", message, &name]).end()?;
        if !ended.success {
            let said = String::from_utf8_lossy(&ended.stdout);
            let stderr = if ended.stderr.is_empty() { said.trim().to_owned() } else { ended.stderr };
            self.abort_merge()?;
            return Ok(Merged::Refused { stderr });
        }
        let head = self.in_work_tree()?.args(["rev-parse", "HEAD"]).text()?;
        let head = head.parse().map_err(|_| GitError::UnknownRevision { rev: "HEAD".to_owned() })?;
        if self.is_ancestor(tip, head)? {
            return Ok(Merged::Done { head });
        }
        self.abort_merge()?;
        let mut stderr = "git committed no merge: a setting such as branch.<name>.mergeOptions = \
                          --squash or --no-commit keeps it from doing so"
            .to_owned();
        if staged_nothing.success {
            // Squashed: what is staged came from us.
            self.in_work_tree()?.args(["reset", "--quiet", "--merge"]).output()?;
        } else {
            stderr.push_str("; what it squashed is staged beside your own changes");
        }
        Ok(Merged::Refused { stderr })
    }

    fn is_merging(&self) -> Result<bool, GitError> {
        Ok(self.in_work_tree()?.args(["rev-parse", "-q", "--verify", "MERGE_HEAD"]).end()?.success)
    }

    fn abort_merge(&self) -> Result<(), GitError> {
        if self.is_merging()? {
            self.in_work_tree()?.args(["merge", "--abort"]).output()?;
        }
        Ok(())
    }
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
        let Merged::Done { head } = repo.open().merge_into_head(tip, "the result").expect("runs") else {
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
            let Merged::Refused { stderr } = repo.open().merge_into_head(tip, "m").expect("runs") else {
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
        assert!(matches!(repo.open().merge_into_head(tip, "m"), Ok(Merged::Refused { .. })));
        assert!(repo.path().join(".git/MERGE_HEAD").exists());
    }

    #[test]
    fn a_merge_that_settings_turned_into_something_else_is_not_called_a_merge() {
        for setting in ["--squash", "--no-commit --no-ff"] {
            for (ours, theirs) in [(("b.txt", "2"), ("c.txt", "3")), (("a.txt", "1"), ("c.txt", "3"))] {
                let repo = TestRepo::new().commit("a.txt", "1");
                repo.git(["checkout", "-q", "-b", "side"]);
                let repo = repo.commit(theirs.0, theirs.1);
                let tip = repo.head();
                repo.git(["checkout", "-q", "main"]);
                let repo = if ours.0 == "a.txt" { repo } else { repo.commit(ours.0, ours.1) };
                repo.git(["config", "branch.main.mergeOptions", setting]);
                let before = (repo.head(), repo.git(["status", "--porcelain"]));
                let merged = repo.open().merge_into_head(tip, "m").expect("runs");
                let Merged::Refused { stderr } = merged else { panic!("{setting}: {merged:?}") };
                assert!(stderr.contains("mergeOptions"), "{stderr}");
                assert_eq!((repo.head(), repo.git(["status", "--porcelain"])), before);
            }
        }
    }
}
