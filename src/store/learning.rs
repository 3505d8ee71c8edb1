//! The pattern library in refs: the learning ref, and the learning branches that are not merged yet.

use std::collections::BTreeMap;

use super::Store;
use super::error::StoreError;
use crate::git::{GitError, Identity, NewCommit, RefEdit, Writer};
use crate::model::library::{Library, Problem};
use crate::model::oid::Oid;
use crate::model::recount;
use crate::model::time::Timestamp;

/// The learning ref: the merged pattern library.
pub(crate) const LEARNING: &str = "refs/orchestrate/learning";
/// The trailer that names the notes commit whose records were counted.
pub(crate) const NOTES_TRAILER: &str = "Orchestrate-Notes";

/// A library as one ref holds it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) library: Library,
    pub(crate) problems: Vec<Problem>,
    /// Whether every file is where the library puts it, with the bytes that the library gives it.
    pub(crate) canonical: bool,
}

/// A new commit of learning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Learned {
    /// The full name of the learning branch.
    pub(crate) branch: String,
    pub(crate) commit: Oid,
    pub(crate) message: String,
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
        branches.retain(|(name, _)| owner(&name[prefix.len()..]).is_some());
        Ok(branches)
    }

    /// This replica's open learning branch.
    pub(crate) fn open_branch(&self) -> Result<Option<(String, Oid)>, StoreError> {
        let own = |name: &str| name.rsplit('/').next().and_then(owner) == Some(self.replica.as_str());
        Ok(self.learning_branches()?.into_iter().rfind(|(name, _)| own(name)))
    }

    /// The library that a commit holds.
    pub(crate) fn library_at(&self, commit: Oid) -> Result<Held, StoreError> {
        let mut files = BTreeMap::new();
        for (path, blob) in self.repo.files(self.repo.tree_of(commit)?)? {
            files.insert(path, self.repo.blob(blob)?);
        }
        let (library, problems) = Library::from_files(files.clone())
            .map_err(|source| StoreError::Newer { name: format!("commit {}", commit.short()), source })?;
        Ok(Held { canonical: library.files() == files, library, problems })
    }

    /// The join of the learning ref and of all learning branches here.
    pub(crate) fn library(&self) -> Result<Held, StoreError> {
        let branches = self.learning_branches()?.into_iter().map(|(_, tip)| tip);
        let mut joined = Held { library: Library::default(), problems: Vec::new(), canonical: true };
        for tip in self.learning_tip()?.into_iter().chain(branches) {
            let held = self.library_at(tip)?;
            joined.library.join(&held.library);
            joined.problems.extend(held.problems);
            joined.canonical &= held.canonical;
        }
        joined.problems.sort_by(|a, b| (&a.path, &a.reason).cmp(&(&b.path, &b.reason)));
        joined.problems.dedup();
        Ok(joined)
    }

    /// Commits what the notes teach beyond the open learning branch, or nothing if that is nothing.
    /// `describe` words the commit message from the library before and after.
    pub(crate) fn learn(
        &self,
        describe: &dyn Fn(&Library, &Library) -> String,
    ) -> Result<Option<Learned>, StoreError> {
        self.require_free_prefix()?;
        let at = Timestamp(self.host.now_ms());
        self.repo.write(self.host, || {
            // Everything is read inside: what is retried is a function of the current state.
            let attempt = || -> Result<Option<Learned>, StoreError> {
                let notes = self.notes_tip()?;
                let records = notes.map(|tip| self.noted_at(tip)).transpose()?.unwrap_or_default().records;
                let open = self.open_branch()?;
                let writer = Writer::new(self.repo);
                let base = match &open {
                    Some((_, tip)) => *tip,
                    None => self.learning_tip()?.map_or_else(|| self.root(&writer), Ok)?,
                };
                let Held { library: before, canonical, .. } = self.library_at(base)?;
                let mut after = before.clone();
                after.join(&recount::recount(&records, &before));
                if after == before && canonical {
                    return Ok(None);
                }
                let message = with_notes(&describe(&before, &after), notes);
                let commit = self.commit_library(&writer, &after, &[base], &message, at)?;
                let branch = open.as_ref().map_or_else(|| self.new_branch(at), |(name, _)| name.clone());
                let edit = RefEdit::to(branch.clone(), commit, open.map(|(_, tip)| tip));
                self.repo.move_refs(&[edit], "orchestrate: learn")?;
                Ok(Some(Learned { branch, commit, message }))
            };
            unless_lost(attempt())
        })?
    }

    /// Writes `library` over the tree of the first parent and commits it, durable.
    pub(super) fn commit_library(
        &self,
        writer: &Writer<'_>,
        library: &Library,
        parents: &[Oid],
        message: &str,
        at: Timestamp,
    ) -> Result<Oid, StoreError> {
        let base = parents.first().map(|parent| self.repo.tree_of(*parent)).transpose()?;
        let mut changes: BTreeMap<String, Option<Vec<u8>>> =
            library.files().into_iter().map(|(path, bytes)| (path, Some(bytes))).collect();
        for path in base.map(|tree| self.repo.files(tree)).transpose()?.unwrap_or_default().into_keys() {
            changes.entry(path).or_insert(None);
        }
        let tree = writer.tree(base, &changes)?;
        let author = self.repo.identity(self.host);
        let commit = writer.commit(&NewCommit { tree, parents, message, author: &author, at })?;
        writer.sync()?;
        Ok(commit)
    }

    /// The commit that every library starts from: the same oid in every clone, so that histories
    /// that begin apart are related.
    pub(super) fn root(&self, writer: &Writer<'_>) -> Result<Oid, GitError> {
        let files = Library::default().files().into_iter().map(|(path, bytes)| (path, Some(bytes))).collect();
        let tree = writer.tree(None, &files)?;
        let author = Identity::ours();
        let message = "Start the pattern library\n";
        writer.commit(&NewCommit { tree, parents: &[], message, author: &author, at: Timestamp::default() })
    }

    fn new_branch(&self, at: Timestamp) -> String {
        format!("refs/heads/{}{}-{}", self.settings.learning_prefix, at.stamp(), self.replica)
    }

    /// A branch that is named as the prefix, or as one of its folders, would block learning branches.
    fn require_free_prefix(&self) -> Result<(), StoreError> {
        let prefix = self.settings.learning_prefix.trim_end_matches('/');
        let mut name = String::new();
        for part in prefix.split('/') {
            name = if name.is_empty() { part.to_owned() } else { format!("{name}/{part}") };
            if self.repo.tip(&format!("refs/heads/{name}"))?.is_some() {
                return Err(StoreError::PrefixTaken { name });
            }
        }
        Ok(())
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

/// Lets the retry loop see a lost race, and hands every other error through to the caller.
pub(super) fn unless_lost<T>(ended: Result<T, StoreError>) -> Result<Result<T, StoreError>, GitError> {
    match ended {
        Err(StoreError::Git(lost @ GitError::LostRace { .. })) => Err(lost),
        other => Ok(other),
    }
}

/// Adds the trailer that says which notes were counted.
pub(super) fn with_notes(message: &str, notes: Option<Oid>) -> String {
    let message = message.trim_end();
    let Some(notes) = notes else { return format!("{message}\n") };
    // Trailers are one block: only a message that has none yet needs the blank line.
    let last_block = message.rsplit("\n\n").next().unwrap_or_default();
    let has_trailers =
        message.contains("\n\n") && last_block.lines().all(|line| line.starts_with("Orchestrate-"));
    let gap = if has_trailers { "\n" } else { "\n\n" };
    format!("{message}{gap}{NOTES_TRAILER}: {notes}\n")
}

/// The notes commit that a learning commit's message says was counted.
pub(crate) fn counted_notes(message: &str) -> Option<Oid> {
    let prefix = format!("{NOTES_TRAILER}: ");
    message
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix(&prefix))
        .and_then(|text| text.trim().parse().ok())
}
