//! What an audit looks at, as values: notes and learning trees, and why some can't be looked at.

use std::rc::Rc;

use super::Store;
use super::counted::Counted;
use super::error::{StoreError, Unread};
use super::learning::{Held, LEARNING};
use super::noted::Noted;
use super::range::{Range, Secrets};
use super::settings::Review;
use crate::git::GitError;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

pub(crate) use crate::git::{Entry as TreeEntry, Kind as EntryKind};

/// What one repository remembers, for an audit.
#[derive(Debug)]
pub(crate) struct Remembered {
    /// `None`: there are none. `Err` inside: why they can't be read here.
    pub(crate) notes: Option<Result<Rc<Noted>, Unread>>,
    /// What each ref holds, by the name that a person gives it.
    pub(crate) learning: Vec<(String, Result<Tree, Unread>)>,
    pub(crate) elsewhere: Elsewhere,
}

/// Where what is missing here may be had.
#[derive(Clone, Debug, Default)]
pub(crate) struct Elsewhere {
    /// The remote that learning is shared with, if it is known here.
    pub(crate) remote: Option<String>,
    /// History was cut off when it was fetched.
    pub(crate) is_shallow: bool,
}

/// A learning tree, with the records that it says it counted.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) commit: Oid,
    /// Committer's time; `None`: it is no commit.
    pub(crate) at: Option<Timestamp>,
    pub(crate) held: Rc<Held>,
    /// Everything in the tree, readable or not.
    pub(crate) entries: Vec<TreeEntry>,
    pub(crate) counted: Counted,
    /// The commits that are asked about; `None`: the tip as it is.
    pub(crate) range: Option<Range>,
}

/// A tip, and what it is compared with.
struct Asked {
    name: String,
    tip: Oid,
    since: Since,
}

/// Which commits are looked at.
#[derive(Clone, Copy)]
enum Since {
    /// None: the tip as it is.
    Tip,
    /// Those that this one does not have.
    Commit(Oid),
    /// All.
    Root,
    /// A commit that is missing here.
    Missing(Oid),
}

impl Store<'_> {
    /// What `refs` (or ranges) hold; none named: the learning ref as it is, and every learning branch.
    pub(crate) fn remembered(&self, refs: &[String], secrets: Secrets) -> Result<Remembered, StoreError> {
        let mut asked = Vec::new();
        if refs.is_empty() {
            let tip = self.learning_tip()?;
            asked.extend(tip.map(|tip| Asked { name: LEARNING.to_owned(), tip, since: Since::Tip }));
            for (name, tip) in self.learning_branches()? {
                asked.push(Asked { since: self.since_learning(tip)?, name, tip });
            }
        }
        for name in refs {
            asked.push(self.asked(name)?);
        }
        self.looked_at(self.notes_at_tip()?, asked, secrets)
    }

    fn notes_at_tip(&self) -> Result<Option<Result<Rc<Noted>, Unread>>, StoreError> {
        let notes = self.notes_tip()?.map(|tip| self.noted_at(tip).map_err(Unread::why));
        notes.map(|read| read.map_or_else(|why| why.map(Err), |noted| Ok(Ok(noted)))).transpose()
    }

    /// What a push to `remote` would bring there beyond what it has, as far as that is known: the learning ref,
    /// and learning branches, those of others only where they are merged here.
    pub(crate) fn leaving(&self, remote: Option<&str>) -> Result<Remembered, StoreError> {
        let mut asked = Vec::new();
        if let Some(tip) = self.learning_tip()? {
            let seen =
                remote.map(|remote| self.repo.tip(&Self::seen(remote, LEARNING))).transpose()?.flatten();
            let since = seen.filter(|seen| *seen != tip).map_or(Since::Tip, Since::Commit);
            asked.push(Asked { name: LEARNING.to_owned(), tip, since });
        }
        let branches = match self.settings.review {
            Review::Off => self.learning_branches()?,
            Review::Branch => self.own_branches()?,
        };
        for (name, tip) in branches {
            asked.push(Asked { since: self.since_learning(tip)?, name, tip });
        }
        self.looked_at(self.notes_at_tip()?, asked, Secrets::Left)
    }

    /// What a fetched learning ref brings beyond ours. Its secrets are out already.
    pub(super) fn fetched(&self, kept: &str, tip: Oid) -> Result<Remembered, StoreError> {
        let since = self.learning_tip()?.map_or(Since::Tip, Since::Commit);
        let asked = Asked { name: kept.to_owned(), tip, since };
        self.looked_at(None, vec![asked], Secrets::Left)
    }

    fn looked_at(
        &self,
        notes: Option<Result<Rc<Noted>, Unread>>,
        asked: Vec<Asked>,
        secrets: Secrets,
    ) -> Result<Remembered, StoreError> {
        let mut learning = Vec::new();
        for Asked { name, tip, since } in asked {
            let tree = match self.tree(tip, since, secrets) {
                Ok(tree) => Ok(tree),
                Err(error) => Err(Unread::why(error)?),
            };
            learning.push((name.trim_start_matches("refs/heads/").to_owned(), tree));
        }
        let remote = Some(self.settings.remote.clone());
        let remote = remote.filter(|it| self.repo.config(&format!("remote.{it}.url")).is_some());
        let elsewhere = Elsewhere { remote, is_shallow: self.repo.is_shallow() };
        Ok(Remembered { notes, learning, elsewhere })
    }

    fn tree(&self, tip: Oid, since: Since, secrets: Secrets) -> Result<Tree, StoreError> {
        let held = self.library_at(tip)?;
        let range = match since {
            Since::Tip => None,
            Since::Root => Some(self.range(None, tip, secrets)?),
            Since::Commit(base) => Some(self.range(Some(base), tip, secrets)?),
            Since::Missing(base) => Some(Range::unknown(base)),
        };
        let fork = range.as_ref().and_then(|range| range.fork);
        let steps = range.iter().flat_map(|range| &range.steps).map(|step| step.commit);
        let earlier: Vec<Oid> = fork.into_iter().chain(steps.filter(|it| *it != tip)).collect();
        let at = match self.repo.commit(tip) {
            Ok(info) => Some(info.at),
            Err(GitError::WrongKind { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let entries = self.repo.entries(self.repo.tree_of(tip)?)?;
        Ok(Tree { commit: tip, at, held, entries, counted: self.counted(tip, &earlier)?, range })
    }

    /// A ref or a range as git writes it: `REF`, `BASE..TIP`, `BASE...TIP`.
    fn asked(&self, name: &str) -> Result<Asked, StoreError> {
        let or_head = |side: &str| if side.is_empty() { "HEAD".to_owned() } else { side.to_owned() };
        let Some((base, tip)) = name.split_once("..") else {
            let tip = self.repo.resolve(name)?;
            return Ok(Asked { name: name.to_owned(), tip, since: self.since_learning(tip)? });
        };
        let (base, tip) = (or_head(base), or_head(tip.trim_start_matches('.')));
        let oid = self.repo.resolve(&tip)?;
        let since = match self.repo.resolve(&base) {
            Ok(base) => Since::Commit(base),
            // What CI systems give as the base of a branch that is new.
            Err(_) if base.bytes().all(|b| b == b'0') => self.since_learning(oid)?,
            // Who names an object in full knows that there is one.
            Err(error) => Since::Missing(base.parse().map_err(|_| error)?),
        };
        Ok(Asked { name: tip, tip: oid, since })
    }

    /// From where a tip and the learning ref went apart; the learning ref itself is looked at as it is.
    fn since_learning(&self, tip: Oid) -> Result<Since, StoreError> {
        match self.learning_tip()? {
            Some(learning) if learning == tip => Ok(Since::Tip),
            Some(learning) => Ok(self.repo.merge_base(learning, tip)?.map_or(Since::Root, Since::Commit)),
            None => Ok(Since::Root),
        }
    }
}
