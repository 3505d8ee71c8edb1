//! Which commits there are, and what comes from what.

use std::collections::{BTreeMap, BTreeSet};

use super::error::GitError;
use super::objects::{from_gix, to_gix};
use super::repository::Repository;
use crate::model::oid::Oid;

/// Something that people wrote, as objects hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// A commit, with everything that it says: who made it, and its message.
    Commit(Oid, Vec<u8>),
    /// A tree, with the name of one of its entries.
    Name(Oid, Vec<u8>),
    /// A blob, with its content.
    File(Oid, Vec<u8>),
}

impl Repository {
    /// Shows every commit, every name and every version of every file that a push of `new` would send to
    /// somebody who has `seen`.
    pub(crate) fn texts_between(
        &self,
        new: &[Oid],
        seen: &[Oid],
        mut show: impl FnMut(Text),
    ) -> Result<(), GitError> {
        if new.is_empty() {
            return Ok(());
        }
        let input: String = new
            .iter()
            .map(|oid| format!("{oid}\n"))
            .chain(seen.iter().map(|oid| format!("^{oid}\n")))
            .collect();
        let list = ["rev-list", "--objects", "--no-object-names", "--stdin"];
        for oid in self.git().args(list).input(input).text()?.lines().filter_map(|line| line.parse().ok()) {
            let object = self.object(oid)?;
            match object.kind {
                gix::objs::Kind::Blob => show(Text::File(oid, object.data.clone())),
                gix::objs::Kind::Commit => show(Text::Commit(oid, object.data.clone())),
                gix::objs::Kind::Tree => {
                    let tree = object.into_tree();
                    let names = tree.iter().flatten().map(|entry| entry.filename().to_vec());
                    names.for_each(|name| show(Text::Name(oid, name)));
                }
                gix::objs::Kind::Tag => {}
            }
        }
        Ok(())
    }

    /// Commits as `git rev-list` lists them for these arguments.
    pub(crate) fn rev_list(&self, arguments: &[&str]) -> Result<Vec<Oid>, GitError> {
        let listing = self.git().arg("rev-list").args(arguments).text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Every commit that is in `of` and not in `without`, with its parents.
    pub(crate) fn ancestry(&self, of: &[Oid], without: &[Oid]) -> Result<BTreeMap<Oid, Vec<Oid>>, GitError> {
        let wanted = of.iter().map(|tip| format!("{tip}\n"));
        let unwanted = without.iter().map(|tip| format!("^{tip}\n"));
        let input: String = wanted.chain(unwanted).collect();
        let listing = self.git().args(["rev-list", "--parents", "--stdin"]).input(input).text()?;
        let family = |line: &str| {
            let mut oids = line.split(' ').map(str::parse);
            Some((oids.next()?.ok()?, oids.collect::<Result<_, _>>().ok()?))
        };
        Ok(listing.lines().filter_map(family).collect())
    }

    /// Those of these commits that no ref and no HEAD of a work tree has in its history.
    pub(crate) fn unreachable(&self, commits: &[Oid]) -> Result<Vec<Oid>, GitError> {
        let input: String = commits.iter().map(|commit| format!("{commit}\n")).collect();
        let listing = self.git().args(["rev-list", "--stdin", "--not", "--all"]).input(input).text()?;
        let listed: BTreeSet<Oid> = listing.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(commits.iter().copied().filter(|commit| listed.contains(commit)).collect())
    }

    /// Those of these commits that are in the history of none of the others.
    pub(crate) fn independent(&self, commits: &[Oid]) -> Result<Vec<Oid>, GitError> {
        if commits.len() < 2 {
            return Ok(commits.to_vec());
        }
        let commits = commits.iter().map(ToString::to_string);
        let listing = self.git().args(["merge-base", "--independent"]).args(commits).text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Whether history was cut off when it was fetched.
    pub(crate) fn is_shallow(&self) -> bool {
        self.gix().is_ok_and(|gix| gix.is_shallow().unwrap_or_default())
    }

    /// Whether `ancestor` is in the history of `descendant`.
    pub(crate) fn is_ancestor(&self, ancestor: Oid, descendant: Oid) -> Result<bool, GitError> {
        // Where history is not all here, git knows better how to go on.
        if let Ok(base) = self.gix()?.merge_base(to_gix(ancestor), to_gix(descendant)) {
            return Ok(base.is_some_and(|base| from_gix(base) == ancestor));
        }
        let (ancestor, descendant) = (ancestor.to_string(), descendant.to_string());
        let ended = self.git().args(["merge-base", "--is-ancestor", &ancestor, &descendant]).end()?;
        match ended.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(GitError::Failed { command: "merge-base".to_owned(), stderr: ended.stderr }),
        }
    }

    /// The best common ancestor of two commits.
    pub(crate) fn merge_base(&self, one: Oid, other: Oid) -> Result<Option<Oid>, GitError> {
        let ended = self.git().args(["merge-base", &one.to_string(), &other.to_string()]).end()?;
        Ok(String::from_utf8_lossy(&ended.stdout).lines().next().and_then(|line| line.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use crate::git::samples::TestRepo;

    #[test]
    fn what_is_in_one_history_and_not_in_another() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let root = repo.head();
        repo.git(["checkout", "-q", "-b", "side"]);
        let repo = repo.commit("b.txt", "1").commit("b.txt", "2");
        let tip = repo.head();
        repo.git(["checkout", "-q", "main"]);
        let repo = repo.commit("c.txt", "1");
        let open = repo.open();
        let listed = open.rev_list(&["main..side"]).expect("lists");
        assert_eq!((listed.len(), listed[0]), (2, tip));
        let family = open.ancestry(&[tip], &[repo.head()]).expect("reads");
        assert_eq!(family[&tip], [listed[1]]);
        assert_eq!(family[&listed[1]], [root]);
        repo.git(["branch", "-f", "side", "side~1"]);
        assert_eq!(open.unreachable(&[root, tip, listed[1]]).expect("reads"), [tip]);
        let heads = open.independent(&[root, repo.head(), tip, listed[1]]).expect("reads");
        assert!(heads.len() == 2 && heads.contains(&tip) && heads.contains(&repo.head()));
        assert!(!open.is_shallow());
        assert_eq!(open.merge_base(repo.head(), tip).expect("reads"), Some(root));
    }
}
