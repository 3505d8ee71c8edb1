//! Trees as they are: every entry with its kind, and what differs between two of them.
//!
//! Limits: a tree of more folders within each other, or of more entries, than any learning has is
//! refused before it is walked: a few small objects can name each other billions of times.

use std::collections::BTreeMap;

use gix::objs::tree::EntryKind;

use super::error::GitError;
use super::objects::{from_gix, to_gix};
use super::repository::Repository;
use crate::model::oid::Oid;

/// The most folders within each other.
const DEEPEST: usize = 32;
/// The most entries of a tree and everything below.
const MOST: usize = 200_000;

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    File,
    Executable,
    Link,
    Submodule,
}

/// An entry that is no folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// From the root, `/` between names.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) oid: Oid,
}

impl Entry {
    /// The path, where the entry is a file and its name is text: what readers look at.
    pub(crate) fn file(&self) -> Option<&str> {
        let is_file = matches!(self.kind, Kind::File | Kind::Executable);
        std::str::from_utf8(&self.path).ok().filter(|_| is_file)
    }
}

/// A path whose entry differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) old: Option<Entry>,
    pub(crate) new: Option<Entry>,
}

/// What one folder says of one name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Folder(Oid),
    Other(Kind, Oid),
}

impl Named {
    /// The tree, of a folder.
    pub(super) fn folder(self) -> Option<Oid> {
        match self {
            Self::Folder(tree) => Some(tree),
            Self::Other(..) => None,
        }
    }
}

/// How far a walk has come.
#[derive(Default)]
struct Walk {
    depth: usize,
    entries: usize,
}

impl Walk {
    fn down(&mut self, oid: Oid) -> Result<(), GitError> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(GitError::Boundless { oid }) } else { Ok(()) }
    }

    fn up(&mut self) {
        self.depth -= 1;
    }

    fn met(&mut self, oid: Oid) -> Result<(), GitError> {
        self.entries += 1;
        if self.entries > MOST { Err(GitError::Boundless { oid }) } else { Ok(()) }
    }
}

impl Repository {
    /// Every entry below a tree that is no folder. A name may be there twice where somebody made the tree
    /// by hand.
    pub(crate) fn entries(&self, tree: Oid) -> Result<Vec<Entry>, GitError> {
        let mut entries = Vec::new();
        self.collect_entries(tree, b"", &mut Walk::default(), &mut entries)?;
        Ok(entries)
    }

    /// Every file below a tree, by path, with its blob; symbolic links, submodules and files whose
    /// names are no text are left out.
    pub(crate) fn files(&self, tree: Oid) -> Result<BTreeMap<String, Oid>, GitError> {
        let named = |entry: &Entry| Some((entry.file()?.to_owned(), entry.oid));
        Ok(self.entries(tree)?.iter().filter_map(named).collect())
    }

    fn collect_entries(
        &self,
        tree: Oid,
        prefix: &[u8],
        walk: &mut Walk,
        entries: &mut Vec<Entry>,
    ) -> Result<(), GitError> {
        walk.down(tree)?;
        for (name, named) in self.folder(tree)? {
            walk.met(tree)?;
            let path = [prefix, &name].concat();
            match named {
                Named::Folder(folder) => {
                    self.collect_entries(folder, &[&path, &b"/"[..]].concat(), walk, entries)?;
                }
                Named::Other(kind, oid) => entries.push(Entry { path, kind, oid }),
            }
        }
        walk.up();
        Ok(())
    }

    /// What differs between two trees, by path; what they share is not read.
    pub(crate) fn changes_between(
        &self,
        old: Option<Oid>,
        new: Oid,
    ) -> Result<BTreeMap<Vec<u8>, Changed>, GitError> {
        let mut changed = BTreeMap::new();
        self.collect_changes((old, Some(new)), b"", &mut Walk::default(), &mut changed)?;
        Ok(changed)
    }

    fn collect_changes(
        &self,
        (old, new): (Option<Oid>, Option<Oid>),
        prefix: &[u8],
        walk: &mut Walk,
        changed: &mut BTreeMap<Vec<u8>, Changed>,
    ) -> Result<(), GitError> {
        let Some(tree) = new.or(old).filter(|_| old != new) else { return Ok(()) };
        walk.down(tree)?;
        let folder = |tree: Option<Oid>| tree.map(|tree| self.folder(tree)).transpose();
        let mut names = BTreeMap::<Vec<u8>, (Option<Named>, Option<Named>)>::new();
        for (name, named) in folder(old)?.unwrap_or_default() {
            names.entry(name).or_default().0 = Some(named);
        }
        for (name, named) in folder(new)?.unwrap_or_default() {
            names.entry(name).or_default().1 = Some(named);
        }
        for (name, (old, new)) in names.into_iter().filter(|(_, (old, new))| old != new) {
            walk.met(tree)?;
            let path = [prefix, &name].concat();
            let below = (old.and_then(Named::folder), new.and_then(Named::folder));
            if below != (None, None) {
                let prefix = [&path, &b"/"[..]].concat();
                self.collect_changes(below, &prefix, walk, changed)?;
            }
            let entry = |named| match named {
                Some(Named::Other(kind, oid)) => Some(Entry { path: path.clone(), kind, oid }),
                _ => None,
            };
            let (old, new) = (entry(old), entry(new));
            if old.is_some() || new.is_some() {
                changed.insert(path, Changed { old, new });
            }
        }
        walk.up();
        Ok(())
    }

    /// The entry of one name at the root of a tree, if it is none of a folder.
    pub(crate) fn root_entry(&self, tree: Oid, name: &str) -> Result<Option<Entry>, GitError> {
        let found = self.folder(tree)?.into_iter().find(|(it, _)| it == name.as_bytes());
        Ok(found.and_then(|(path, named)| match named {
            Named::Other(kind, oid) => Some(Entry { path, kind, oid }),
            Named::Folder(_) => None,
        }))
    }

    /// What one folder says, in its order.
    pub(super) fn folder(&self, tree: Oid) -> Result<Vec<(Vec<u8>, Named)>, GitError> {
        let wrong = || GitError::WrongKind { oid: tree, wanted: "tree" };
        let object = self.object(tree)?.try_into_tree().map_err(|_| wrong())?;
        let mut entries = Vec::new();
        for entry in object.iter() {
            let entry = entry.map_err(|_| wrong())?;
            let oid = from_gix(entry.object_id());
            let named = match entry.mode().kind() {
                EntryKind::Tree => Named::Folder(oid),
                EntryKind::Blob => Named::Other(Kind::File, oid),
                EntryKind::BlobExecutable => Named::Other(Kind::Executable, oid),
                EntryKind::Link => Named::Other(Kind::Link, oid),
                EntryKind::Commit => Named::Other(Kind::Submodule, oid),
            };
            entries.push((entry.filename().to_vec(), named));
        }
        Ok(entries)
    }

    /// The size of an object in bytes, which is told without reading it.
    pub(crate) fn size_of(&self, oid: Oid) -> Result<u64, GitError> {
        let doing = || GitError::gix(format!("read object {oid}"));
        if let Some(header) = self.gix()?.try_find_header(to_gix(oid)).map_err(doing())? {
            return Ok(header.size());
        }
        // It may have been promised; reading it fetches it, or names it as missing.
        Ok(self.object(oid)?.data.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Writer;
    use crate::git::samples::TestRepo;

    fn shown(entry: Option<&Entry>) -> String {
        entry.map_or("-".to_owned(), |it| format!("{:?}", it.kind))
    }

    #[test]
    fn what_differs_is_told_entry_by_entry() {
        let repo = TestRepo::new().commit("a/b.txt", "1").commit("c.txt", "1").commit("d/e.txt", "1");
        let old = repo.head();
        repo.git(["rm", "-q", "-r", "a", "c.txt"]);
        let link = repo.git(["hash-object", "-w", "d/e.txt"]);
        repo.git(["update-index", "--add", "--cacheinfo", &format!("120000,{link},a")]);
        repo.git(["update-index", "--add", "--cacheinfo", &format!("160000,{old},c.txt/sub")]);
        repo.git(["commit", "-q", "-m", "odd"]);
        let open = repo.open();
        let trees = [old, repo.head()].map(|commit| open.tree_of(commit).expect("a tree"));
        let changed = open.changes_between(Some(trees[0]), trees[1]).expect("reads");
        let told: Vec<String> = changed
            .iter()
            .map(|(path, it)| {
                let path = String::from_utf8_lossy(path);
                format!("{path} {} {}", shown(it.old.as_ref()), shown(it.new.as_ref()))
            })
            .collect();
        assert_eq!(told, ["a - Link", "a/b.txt File -", "c.txt File -", "c.txt/sub - Submodule"]);
        assert_eq!(open.changes_between(None, trees[0]).expect("reads").len(), 3);
        assert_eq!(open.files(trees[1]).expect("reads").into_keys().collect::<Vec<_>>(), ["d/e.txt"]);
        assert_eq!(open.size_of(link.parse().expect("an oid")).expect("reads"), 1);
    }

    #[test]
    fn a_tree_that_names_itself_over_and_over_is_refused() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let open = repo.open();
        let tree = open.tree_of(repo.head()).expect("a tree");
        let writer = Writer::new(&open);
        for (levels, what) in [(40, "deep"), (20, "wide")] {
            let mut folder = tree;
            for _ in 0..levels {
                let twice = ["x", "y"].map(|name| gix::objs::tree::Entry {
                    mode: EntryKind::Tree.into(),
                    filename: name.into(),
                    oid: to_gix(folder),
                });
                let object = gix::objs::Tree { entries: twice.to_vec() };
                folder = from_gix(gix::objs::Write::write(&writer, &object).expect("written"));
            }
            writer.sync().expect("synced");
            let is_refused = |ended: Option<GitError>| matches!(ended, Some(GitError::Boundless { .. }));
            assert!(is_refused(open.entries(folder).err()), "{what}");
            assert!(is_refused(open.changes_between(None, folder).err()), "{what}");
        }
    }
}
