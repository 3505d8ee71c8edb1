//! The pattern library in refs: the learning ref, and the learning branches that are not merged yet.
//!
//! A replica has one open learning branch, as long as its writers find the lock free in time. Limit:
//! two that go on without it (see [`Repository::lock`](crate::git::Repository)) may each open one. Every
//! reader joins all of them and `merge` takes all of them, so nothing is lost or counted twice.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Store;
use super::error::{StoreError, Unread};
use crate::git::{GitError, Identity, NewCommit, Writer};
use crate::model::library::{Library, Problem};
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// The learning ref: the merged pattern library.
pub(crate) const LEARNING: &str = "refs/orchestrate/learning";

/// No file of a learning tree and no note is larger, in bytes: what is, is never read into memory.
pub(super) const LARGEST: u64 = 64 << 20;

/// A library as one ref holds it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) library: Library,
    pub(crate) problems: Vec<Problem>,
    /// Every file of the tree.
    pub(crate) files: BTreeMap<String, Rc<[u8]>>,
}

impl Held {
    /// Whether every file is where the library puts it, with the bytes that the library gives it.
    pub(super) fn is_canonical(&self) -> bool {
        let files = self.files.iter().map(|(path, bytes)| (path, &bytes[..]));
        self.library.files().iter().map(|(path, bytes)| (path, &bytes[..])).eq(files)
    }
}

impl Store<'_> {
    /// The tip of the learning ref.
    pub(crate) fn learning_tip(&self) -> Result<Option<Oid>, StoreError> {
        Ok(self.repo.tip(LEARNING)?)
    }

    /// Learning branches of all replicas, sorted by full name. Other branches under the prefix are
    /// somebody's work and none of our business.
    pub(crate) fn learning_branches(&self) -> Result<Vec<(String, Oid)>, StoreError> {
        let prefix = format!("refs/heads/{}", self.settings.learning_prefix);
        let mut branches = self.repo.refs_under(&prefix)?;
        branches.retain(|(name, _)| self.is_learning_branch(name));
        Ok(branches)
    }

    /// Whether a full name is that of a learning branch.
    pub(super) fn is_learning_branch(&self, name: &str) -> bool {
        let below =
            name.strip_prefix("refs/heads/").and_then(|it| it.strip_prefix(&self.settings.learning_prefix));
        below.and_then(owner).is_some()
    }

    /// The learning ref and all learning branches, by full name.
    pub(crate) fn learning_tips(&self) -> Result<BTreeMap<String, Oid>, StoreError> {
        let tip = self.learning_tip()?.map(|tip| (LEARNING.to_owned(), tip));
        Ok(tip.into_iter().chain(self.learning_branches()?).collect())
    }

    /// Learning branches of this replica, sorted by full name.
    pub(crate) fn own_branches(&self) -> Result<Vec<(String, Oid)>, StoreError> {
        let mut branches = self.learning_branches()?;
        branches.retain(|(name, _)| name.rsplit('/').next().and_then(owner) == Some(self.replica.as_str()));
        Ok(branches)
    }

    /// This replica's open learning branch. Under review it stays open until it is merged: what is
    /// learned later moves it forward.
    pub(crate) fn open_branch(&self) -> Result<Option<(String, Oid)>, StoreError> {
        for (name, tip) in self.own_branches()?.into_iter().rev() {
            if !self.is_overtaken(&name, tip)? {
                return Ok(Some((name, tip)));
            }
        }
        Ok(None)
    }

    /// The library that a commit holds, which is read once.
    pub(crate) fn library_at(&self, commit: Oid) -> Result<Rc<Held>, StoreError> {
        if let Some(held) = self.held.borrow().get(&commit) {
            return Ok(Rc::clone(held));
        }
        let mut files = BTreeMap::new();
        for (path, blob) in self.repo.files(self.repo.tree_of(commit)?)? {
            let size = self.repo.size_of(blob)?;
            if size > LARGEST {
                return Err(StoreError::TooLarge { commit, path, size });
            }
            files.insert(path, self.file(blob)?);
        }
        if !is_library(&files) {
            return Err(StoreError::NoLibrary { commit });
        }
        let (library, problems) = Library::from_files(files.clone())
            .map_err(|source| StoreError::Newer { name: format!("commit {}", commit.short()), source })?;
        let held = Rc::new(Held { library, problems, files });
        self.held.borrow_mut().insert(commit, Rc::clone(&held));
        Ok(held)
    }

    /// A file of a library, which is read once: most of what one commit holds, another holds too.
    fn file(&self, blob: Oid) -> Result<Rc<[u8]>, StoreError> {
        if let Some(bytes) = self.files.borrow().get(&blob) {
            return Ok(Rc::clone(bytes));
        }
        let bytes: Rc<[u8]> = self.repo.blob(blob)?.into();
        self.files.borrow_mut().insert(blob, Rc::clone(&bytes));
        Ok(bytes)
    }

    /// The join of the learning ref and of all learning branches here, with what could not be read. A
    /// ref that holds something else is a problem, and the others are read.
    pub(crate) fn library(&self) -> Result<(Library, Vec<Problem>), StoreError> {
        let (mut joined, mut problems) = (Library::default(), Vec::new());
        for (name, tip) in self.learning_tips()? {
            match self.library_at(tip) {
                Ok(held) => {
                    joined.join(&held.library);
                    problems.extend(held.problems.iter().cloned());
                }
                Err(error) => {
                    let reason = Unread::why(error)?.reason().to_owned();
                    problems.push(Problem { path: name, reason, newer: false });
                }
            }
        }
        problems.sort_by(|a, b| (&a.path, &a.reason).cmp(&(&b.path, &b.reason)));
        problems.dedup();
        Ok((joined, problems))
    }

    /// Writes `library` over the tree of the first parent and commits it, durable; nothing where that
    /// is the tree of every commit in `same` already.
    pub(super) fn commit_library(
        &self,
        writer: &Writer<'_>,
        library: &Library,
        parents: &[Oid],
        same: &[Oid],
        message: &str,
        at: Timestamp,
    ) -> Result<Option<Oid>, StoreError> {
        let base = parents.first().map(|parent| self.repo.tree_of(*parent)).transpose()?;
        let mut changes: BTreeMap<String, Option<Vec<u8>>> =
            library.files().into_iter().map(|(path, bytes)| (path, Some(bytes))).collect();
        for path in base.map(|tree| self.repo.files(tree)).transpose()?.unwrap_or_default().into_keys() {
            changes.entry(path).or_insert(None);
        }
        let tree = writer.tree(base, &changes)?;
        let trees: Vec<Oid> = same.iter().map(|it| self.repo.tree_of(*it)).collect::<Result<_, _>>()?;
        if trees.iter().all(|it| *it == tree) {
            return Ok(None);
        }
        let author = self.repo.identity(self.host);
        let commit = writer.commit(&NewCommit { tree, parents, message, author: &author, at })?;
        writer.sync()?;
        Ok(Some(commit))
    }

    /// The commit that every library starts from: the same oid in every clone, so that histories
    /// that begin apart are related.
    pub(super) fn root(&self, writer: &Writer<'_>) -> Result<Oid, GitError> {
        let files = Library::default().files().into_iter().map(|(path, bytes)| (path, Some(bytes))).collect();
        let tree = writer.tree(None, &files)?;
        let (author, at) = (Identity::ours(), Timestamp::default());
        let message = "Start the pattern library\n";
        let root = writer.commit(&NewCommit { tree, parents: &[], message, author: &author, at })?;
        writer.sync()?;
        Ok(root)
    }

    /// A name that no branch here has: one of this second may be closed already.
    pub(super) fn new_branch(&self, at: Timestamp) -> Result<String, StoreError> {
        let mut at = at;
        loop {
            let name = format!("refs/heads/{}{}-{}", self.settings.learning_prefix, at.stamp(), self.replica);
            if self.repo.tip(&name)?.is_none() {
                return Ok(name);
            }
            at.0 += 1000;
        }
    }
}

/// The replica of the learning branch that is named `<stamp>-<replica>`.
fn owner(name: &str) -> Option<&str> {
    let (stamp, replica) = name.split_once('-')?;
    let digits = stamp.strip_suffix('Z')?.split('T').map(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let well_formed = stamp.len() == "20261120T080102Z".len() && digits.eq([true, true]);
    (well_formed && !replica.is_empty() && replica.bytes().all(word)).then_some(replica)
}

/// Lets the retry loop see a lost race and a lost object, and hands every other error to the caller.
pub(super) fn unless_lost<T>(ended: Result<T, StoreError>) -> Result<Result<T, StoreError>, GitError> {
    match ended {
        Err(StoreError::Git(lost @ (GitError::LostRace { .. } | GitError::Missing { .. }))) => Err(lost),
        other => Ok(other),
    }
}

/// Whether a tree has a file that only learning trees have, or says what it is.
fn is_library(files: &BTreeMap<String, Rc<[u8]>>) -> bool {
    let known = |path: &String| {
        matches!(path.as_str(), "format" | "epoch" | "policy.toml" | "forgotten")
            || (path.ends_with(".toml") && (path.starts_with("patterns/") || path.starts_with("plugins/")))
    };
    files.keys().any(known)
}
