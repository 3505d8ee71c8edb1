//! What is audited: the learning tree at one ref, with the records that it says it counted.

use std::collections::BTreeMap;

use super::Finding;
use crate::git::GitError;
use crate::model::library::{Library, Problem};
use crate::model::oid::Oid;
use crate::model::recount::Records;
use crate::store::{LEARNING, Store, StoreError, counted_notes};

/// The learning tree at one ref.
pub(crate) struct Subject {
    /// The ref, as a person names it.
    pub(crate) name: String,
    tip: Oid,
    pub(crate) library: Library,
    pub(crate) problems: Vec<Problem>,
    /// Every file of the tree.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// The subjects that `refs` name; none named: the learning ref and every learning branch.
/// `Err` inside: why a ref can't be audited.
pub(crate) fn subjects(
    store: &Store<'_>,
    refs: &[String],
) -> Result<Vec<Result<Subject, Finding>>, StoreError> {
    let mut named = Vec::new();
    if refs.is_empty() {
        named.extend(store.learning_tip()?.map(|tip| (LEARNING.to_owned(), tip)));
        named.extend(store.learning_branches()?);
    }
    for name in refs {
        named.push((name.clone(), store.repo.resolve(name)?));
    }
    named.into_iter().map(|(name, tip)| Subject::read(store, &name, tip)).collect()
}

impl Subject {
    fn read(store: &Store<'_>, name: &str, tip: Oid) -> Result<Result<Self, Finding>, StoreError> {
        let name = name.trim_start_matches("refs/heads/").to_owned();
        let held = match store.library_at(tip) {
            Ok(held) => held,
            Err(StoreError::Newer { source, .. }) => {
                let cure =
                    "install a newer git-orchestrate, or `git revert` the commit that changed the file";
                let object = format!("{name}:format");
                return Ok(Err(Finding::failed("format", object, source.to_string(), cure)));
            }
            Err(StoreError::Git(missing @ GitError::Missing { .. })) => {
                return Ok(Err(Finding::not_checked("format", name, missing.to_string())));
            }
            Err(error) => return Err(error),
        };
        let mut files = BTreeMap::new();
        for (path, blob) in store.repo.files(store.repo.tree_of(tip)?)? {
            files.insert(path, store.repo.blob(blob)?);
        }
        Ok(Ok(Self { name, tip, library: held.library, problems: held.problems, files }))
    }

    /// The records that this tree was counted from: those of the notes commit that the nearest
    /// commit of ours names. `Err` inside: why they can't be had here.
    pub(crate) fn counted(&self, store: &Store<'_>) -> Result<Result<Records, String>, StoreError> {
        let mut commit = self.tip;
        let notes = loop {
            let info = match store.repo.commit(commit) {
                Ok(info) => info,
                Err(GitError::Missing { oid }) => {
                    return Ok(Err(format!("history ends at commit {}, which is missing here", oid.short())));
                }
                Err(error) => return Err(error.into()),
            };
            match (counted_notes(&info.message), info.parents.first()) {
                (Some(notes), _) => break notes,
                (None, Some(parent)) => commit = *parent,
                // Nothing was counted: the root of the library, or a commit by hand on top of it.
                (None, None) => return Ok(Ok(Records::new())),
            }
        };
        match store.noted_at(notes) {
            Ok(noted) => Ok(match noted.bad.iter().find(|bad| bad.is_whole_note()) {
                Some(bad) => Err(format!("the note of {} was counted: {}", bad.object.short(), bad.reason)),
                None => Ok(noted.records),
            }),
            Err(StoreError::Git(GitError::Missing { .. })) => {
                Ok(Err(format!("the notes commit {} that was counted is missing here", notes.short())))
            }
            Err(error) => Err(error),
        }
    }
}
