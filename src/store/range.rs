//! A range of learning commits as values: what each one made of what its parents had.
//!
//! Of a commit only the files are read in which it differs from a parent, and equal files are read once,
//! so that a thousand commits cost about as much as what they changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::Store;
use super::counted::Gap;
use super::error::{StoreError, Unread};
use super::leak::{is_leak, leaks_in_file};
use super::learning::{Held, LARGEST};
use crate::git::{Changed, CommitInfo, Entry, GitError};
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// Commits of learning that somebody asks about.
#[derive(Debug)]
pub(crate) struct Range {
    /// Where it left what it is compared with.
    pub(super) fork: Option<Oid>,
    /// What was there before; `None`: nothing, or nothing that can be read.
    pub(crate) before: Option<Rc<Held>>,
    /// Parents first.
    pub(crate) steps: Vec<Step>,
    /// Why this is not all of them.
    pub(crate) missing: Vec<Gap>,
    /// What looks like a secret; `None`: nobody looked.
    pub(crate) secrets: Option<BTreeSet<Secret>>,
}

impl Range {
    /// A range whose base is missing here.
    pub(super) fn unknown(base: Oid) -> Self {
        let missing = vec![Gap::History { commit: base }];
        Self { fork: None, before: None, steps: Vec::new(), missing, secrets: None }
    }
}

/// What one commit made of what its parents had, as far as it differs from one of them.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) commit: Oid,
    /// Committer's time.
    pub(crate) at: Timestamp,
    pub(crate) message: String,
    /// The join of its parents.
    pub(crate) parents: Library,
    pub(crate) here: Library,
}

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Secret {
    /// What holds it: a file of a commit, a message, a record.
    pub(crate) object: String,
    pub(crate) file: Option<String>,
    /// The notes hold it.
    pub(crate) is_noted: bool,
}

/// Whether secrets are looked for: who pushes has done that already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    Sought,
    Left,
}

/// What a single file says as a library of its own, by path and content.
type Pieces = HashMap<(String, Oid), Rc<Library>>;

impl Store<'_> {
    /// The commits of `tip` that `base` does not have.
    pub(super) fn range(&self, base: Option<Oid>, tip: Oid, secrets: Secrets) -> Result<Range, StoreError> {
        let fork = base.map(|base| self.repo.merge_base(base, tip)).transpose()?.flatten();
        let mut range = Range {
            fork,
            before: None,
            steps: Vec::new(),
            missing: Vec::new(),
            secrets: (secrets == Secrets::Sought).then(BTreeSet::new),
        };
        if let Some(fork) = fork {
            match self.library_at(fork) {
                Ok(held) => range.before = Some(held),
                Err(error) => range.missing.push(gap(error)?),
            }
        }
        let mut pieces = Pieces::new();
        for (commit, _) in self.repo.beyond(&[tip], base.as_slice())? {
            if let Err(error) = self.add_step(commit, &mut pieces, &mut range) {
                range.missing.push(gap(error)?);
            }
        }
        if secrets == Secrets::Sought {
            self.seek_in_notes(base, tip, &mut range)?;
        }
        range.missing.sort();
        range.missing.dedup();
        Ok(range)
    }

    fn add_step(&self, commit: Oid, pieces: &mut Pieces, range: &mut Range) -> Result<(), StoreError> {
        let CommitInfo { tree, parents, message, at, .. } = self.repo.commit(commit)?;
        let mut trees = Vec::new();
        for parent in parents {
            trees.push(Some(self.repo.commit(parent)?.tree));
        }
        if trees.is_empty() {
            trees.push(None);
        }
        let changes = trees.iter().map(|it| self.repo.changes_between(*it, tree));
        let changes: Vec<BTreeMap<Vec<u8>, Changed>> = changes.collect::<Result<_, _>>()?;
        let here: BTreeMap<&Vec<u8>, Option<&Entry>> =
            changes.iter().flatten().map(|(path, changed)| (path, changed.new.as_ref())).collect();
        if let Some(found) = range.secrets.as_mut() {
            self.seek(commit, &message, here.values().copied().flatten(), pieces, found)?;
        }
        // Since when is counted says what every other file means.
        let epoch = self.repo.root_entry(tree, "epoch")?;
        let after = self.read_pieces(epoch.iter().chain(here.values().copied().flatten()), pieces)?;
        let mut joined: Option<Library> = None;
        for (parent, changes) in trees.iter().zip(&changes) {
            let of_parent = |(path, new): (&&Vec<u8>, &Option<&'_ Entry>)| {
                changes.get(*path).map_or_else(|| new.cloned(), |changed| changed.old.clone())
            };
            let epoch = parent.map(|tree| self.repo.root_entry(tree, "epoch")).transpose()?.flatten();
            let entries: Vec<Entry> = epoch.into_iter().chain(here.iter().filter_map(of_parent)).collect();
            let library = self.read_pieces(entries.iter(), pieces)?;
            match &mut joined {
                Some(joined) => joined.join(&library),
                None => joined = Some(library),
            }
        }
        let parents = joined.unwrap_or_default();
        range.steps.push(Step { commit, at, message, parents, here: after });
        Ok(())
    }

    fn read_pieces<'e>(
        &self,
        entries: impl Iterator<Item = &'e Entry>,
        pieces: &mut Pieces,
    ) -> Result<Library, StoreError> {
        let mut whole = Library::default();
        for entry in entries {
            let Some(path) = entry.file() else { continue };
            let key = (path.to_owned(), entry.oid);
            if !pieces.contains_key(&key) {
                let library = self.read_piece(path, entry.oid)?;
                pieces.insert(key.clone(), Rc::new(library));
            }
            whole.join(&pieces[&key]);
        }
        Ok(whole)
    }

    /// What one file says; nothing where it says nothing that a library could take.
    fn read_piece(&self, path: &str, blob: Oid) -> Result<Library, StoreError> {
        if self.repo.size_of(blob)? > LARGEST {
            return Ok(Library::default());
        }
        let file = (path.to_owned(), self.repo.blob(blob)?);
        let (library, _) = Library::from_files([file])
            .map_err(|source| StoreError::Newer { name: format!("blob {}", blob.short()), source })?;
        Ok(library)
    }

    fn seek<'e>(
        &self,
        commit: Oid,
        message: &str,
        new: impl Iterator<Item = &'e Entry>,
        pieces: &Pieces,
        found: &mut BTreeSet<Secret>,
    ) -> Result<(), StoreError> {
        let at = commit.short();
        if is_leak(message.as_bytes()) {
            let object = format!("the message of commit {at}");
            found.insert(Secret { object, file: None, is_noted: false });
        }
        for entry in new {
            let Some(path) = entry.file() else { continue };
            let is_known = pieces.contains_key(&(path.to_owned(), entry.oid));
            if is_known || self.repo.size_of(entry.oid)? > LARGEST {
                continue;
            }
            if !leaks_in_file(&self.repo.blob(entry.oid)?, path).is_empty() {
                let (object, file) = (format!("{path} in commit {at}"), Some(path.to_owned()));
                found.insert(Secret { object, file, is_noted: false });
            }
        }
        Ok(())
    }

    /// Looks at the records that were counted in the range and not before.
    fn seek_in_notes(&self, base: Option<Oid>, tip: Oid, range: &mut Range) -> Result<(), StoreError> {
        let here = |oids: Vec<Oid>| oids.into_iter().filter(|oid| self.repo.commit(*oid).is_ok()).collect();
        let new: Vec<Oid> = here(self.named(tip)?);
        let seen: Vec<Oid> = here(base.map(|base| self.named(base)).transpose()?.unwrap_or_default());
        let leaks = self.leaks_between(&new, &seen)?;
        let secrets = leaks.into_iter().map(|object| Secret { object, file: None, is_noted: true });
        range.secrets.get_or_insert_default().extend(secrets);
        Ok(())
    }
}

fn gap(error: StoreError) -> Result<Gap, StoreError> {
    match error {
        StoreError::Git(GitError::Missing { oid }) => Ok(Gap::History { commit: oid }),
        error => Ok(Gap::Other { reason: Unread::why(error)?.reason().to_owned() }),
    }
}
