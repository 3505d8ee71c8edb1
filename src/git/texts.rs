//! What people wrote among the objects that a push would send.

use std::collections::{BTreeMap, HashSet};

use super::error::GitError;
use super::repository::Repository;
use super::trees::{Kind, Named};
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

/// What was shown already.
#[derive(Default)]
struct Shown {
    blobs: HashSet<Oid>,
    /// Trees, each with those that it was compared with.
    trees: HashSet<(Oid, Vec<Oid>)>,
}

impl Repository {
    /// Shows every commit, every name and every version of every file that a push of `new` would send to
    /// somebody who has `seen`: what a tree shares with one of its commit's parents is not read, since
    /// that one is shown as well, or seen.
    pub(crate) fn texts_between(
        &self,
        new: &[Oid],
        seen: &[Oid],
        mut show: impl FnMut(Text),
    ) -> Result<(), GitError> {
        let mut shown = Shown::default();
        for (commit, parents) in self.beyond(new, seen)? {
            show(Text::Commit(commit, self.object(commit)?.data.clone()));
            let parents: Vec<Oid> = parents.iter().map(|it| self.tree_of(*it)).collect::<Result<_, _>>()?;
            self.show_tree(self.tree_of(commit)?, parents, &mut shown, &mut show)?;
        }
        Ok(())
    }

    fn show_tree(
        &self,
        tree: Oid,
        others: Vec<Oid>,
        shown: &mut Shown,
        show: &mut impl FnMut(Text),
    ) -> Result<(), GitError> {
        if others.contains(&tree) || !shown.trees.insert((tree, others.clone())) {
            return Ok(());
        }
        let mut known = Vec::<BTreeMap<Vec<u8>, Named>>::new();
        for other in others {
            known.push(self.folder(other)?.into_iter().collect());
        }
        for (name, named) in self.folder(tree)? {
            let before: Vec<Named> = known.iter().filter_map(|it| it.get(&name).copied()).collect();
            if before.contains(&named) {
                continue;
            }
            show(Text::Name(tree, name));
            match named {
                Named::Folder(folder) => {
                    let before = before.into_iter().filter_map(Named::folder).collect();
                    self.show_tree(folder, before, shown, show)?;
                }
                // Another repository's commit, which is not sent.
                Named::Other(Kind::Submodule, _) => {}
                Named::Other(_, blob) => {
                    if shown.blobs.insert(blob) {
                        show(Text::File(blob, self.blob(blob)?));
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::git::samples::TestRepo;

    /// The objects of these kinds that git would send.
    fn sent(repo: &TestRepo, range: [&str; 2]) -> BTreeSet<String> {
        let [new, seen] = range;
        let list = repo.git(["rev-list", "--objects", "--no-object-names", new, seen]);
        let kind = |oid: &&str| repo.git(["cat-file", "-t", oid]) != "tree";
        list.lines().filter(kind).map(str::to_owned).collect()
    }

    fn shown(repo: &TestRepo, new: &str, seen: &[&str]) -> (BTreeSet<String>, Vec<String>) {
        let oid = |rev: &str| repo.git(["rev-parse", rev]).parse().expect("an oid");
        let seen: Vec<Oid> = seen.iter().map(|rev| oid(rev)).collect();
        let (mut objects, mut names) = (BTreeSet::new(), Vec::new());
        let show = |text: Text| match text {
            Text::Commit(oid, _) | Text::File(oid, _) => {
                assert!(objects.insert(oid.to_string()), "{oid} twice");
            }
            Text::Name(_, name) => names.push(String::from_utf8(name).expect("UTF-8")),
        };
        repo.open().texts_between(&[oid(new)], &seen, show).expect("reads");
        names.sort();
        (objects, names)
    }

    #[test]
    fn everything_that_git_would_send_is_shown_once() {
        let repo = TestRepo::new().commit("a/one", "1").commit("b", "1");
        repo.git(["branch", "seen"]);
        repo.git(["checkout", "-q", "-b", "side"]);
        let repo = repo.commit("a/two", "2").commit("a/one", "other");
        repo.git(["checkout", "-q", "main"]);
        let repo = repo.commit("a/three", "3").commit("b", "1 again");
        repo.git(["merge", "-q", "--no-edit", "side"]);
        repo.git(["mv", "b", "moved"]);
        let repo = repo.commit("b", "1");
        repo.git(["rm", "-q", "a/three"]);
        let repo = repo.commit("c", "4");
        let (objects, names) = shown(&repo, "main", &["seen"]);
        // That `b` said 1 before is seen, at another place in other commits.
        let before = repo.git(["rev-parse", "seen:b"]);
        let sent: BTreeSet<String> = sent(&repo, ["main", "^seen"]);
        assert_eq!(objects.difference(&sent).collect::<Vec<_>>(), [&before]);
        assert_eq!(sent.difference(&objects).count(), 0);
        assert!(["two", "one", "three", "moved", "c"].iter().all(|name| names.iter().any(|it| it == name)));
        assert_eq!(shown(&repo, "main", &["main"]), (BTreeSet::new(), Vec::new()));
        let all = self::sent(&repo, ["main", "side"]);
        assert_eq!(shown(&repo, "main", &[]).0, all);
    }
}
