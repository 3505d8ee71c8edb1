//! Three-way merges of trees, without a work tree.

use super::error::GitError;
use super::objects::Identity;
use super::repository::Repository;
use super::writer::{NewCommit, Writer};
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

impl Repository {
    /// The tree with what changed from `base` to `ours` and from `base` to `theirs`, all three trees;
    /// [`GitError::Conflict`] if both changed the same. Needs git 2.38.
    pub(crate) fn merge_trees(&self, base: Oid, ours: Oid, theirs: Oid) -> Result<Oid, GitError> {
        if base == ours || ours == theirs {
            return Ok(theirs);
        }
        if base == theirs {
            return Ok(ours);
        }
        // git 2.38 merges commits; trees as they are it takes since 2.45. These are never named by a
        // ref, and are the same for the same trees.
        let writer = Writer::new(self);
        let author = Identity::ours();
        let commit = |tree, parents: &[Oid]| {
            writer.commit(&NewCommit {
                tree,
                parents,
                message: "",
                author: &author,
                at: Timestamp::default(),
            })
        };
        let base = commit(base, &[])?;
        let (ours, theirs) = (commit(ours, &[base])?, commit(theirs, &[base])?);
        writer.sync()?;
        let ended = self
            .git()
            .config("core.fsync=objects")
            .args(["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"])
            .args([ours.to_string(), theirs.to_string()])
            .end()?;
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let mut fields = said.split('\0').filter(|field| !field.is_empty());
        let tree = fields.next().and_then(|oid| oid.parse().ok());
        match (ended.code, tree) {
            (Some(0), Some(tree)) => Ok(tree),
            (Some(1), Some(_)) => Err(GitError::Conflict { paths: fields.map(str::to_owned).collect() }),
            _ => Err(GitError::Failed { command: "merge-tree".to_owned(), stderr: ended.stderr }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    /// Trees of a base and of two branches that each set `their.path` to `their.text`.
    fn fork(ours: (&str, &str), theirs: (&str, &str)) -> (TestRepo, [Oid; 3]) {
        let repo = TestRepo::new().commit("a.txt", "1");
        let base = repo.head();
        let repo = repo.commit(ours.0, ours.1);
        let one = repo.head();
        repo.git(["checkout", "-q", "--detach", &base.to_string()]);
        let repo = repo.commit(theirs.0, theirs.1);
        let two = repo.head();
        let open = repo.open();
        let trees = [base, one, two].map(|oid| open.tree_of(oid).expect("a tree"));
        (repo, trees)
    }

    #[test]
    fn changes_of_different_files_are_joined() {
        let (repo, [base, ours, theirs]) = fork(("b.txt", "2"), ("c.txt", "3"));
        let tree = repo.open().merge_trees(base, ours, theirs).expect("merges");
        assert_eq!(repo.git(["ls-tree", "--name-only", &tree.to_string()]), "a.txt\nb.txt\nc.txt");
    }

    #[test]
    fn a_conflict_names_its_paths() {
        let (repo, [base, ours, theirs]) = fork(("a.txt", "2"), ("a.txt", "3"));
        let error = repo.open().merge_trees(base, ours, theirs).expect_err("conflicts");
        assert_eq!(error.to_string(), "merge conflict in a.txt");
    }
}
