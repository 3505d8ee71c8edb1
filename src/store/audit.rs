//! What an audit looks at, as values: notes and learning trees, and why some can't be looked at.

use std::rc::Rc;

use super::Store;
use super::counted::Counted;
use super::error::{StoreError, Unread};
use super::executions::Noted;
use super::learning::{Held, LEARNING};

/// What one repository remembers, for an audit.
#[derive(Debug)]
pub(crate) struct Remembered {
    /// `None`: there are none. `Err` inside: why they can't be read here.
    pub(crate) notes: Option<Result<Rc<Noted>, Unread>>,
    /// What each ref holds, by the name that a person gives it.
    pub(crate) learning: Vec<(String, Result<Tree, Unread>)>,
}

/// A learning tree, with the records that it says it counted.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) held: Rc<Held>,
    pub(crate) counted: Counted,
}

impl Store<'_> {
    /// What `refs` hold; none named: the learning ref and every learning branch.
    pub(crate) fn remembered(&self, refs: &[String]) -> Result<Remembered, StoreError> {
        let notes = self.notes_tip()?.map(|tip| self.noted_at(tip).map_err(Unread::why));
        let notes =
            notes.map(|read| read.map_or_else(|why| why.map(Err), |noted| Ok(Ok(noted)))).transpose()?;
        let mut named = Vec::new();
        if refs.is_empty() {
            named.extend(self.learning_tip()?.map(|tip| (LEARNING.to_owned(), tip)));
            named.extend(self.learning_branches()?);
        }
        for name in refs {
            named.push((name.clone(), self.repo.resolve(name)?));
        }
        let mut learning = Vec::new();
        for (name, tip) in named {
            let tree = match self.library_at(tip) {
                Ok(held) => Ok(Tree { held, counted: self.counted(tip)? }),
                Err(error) => Err(Unread::why(error)?),
            };
            learning.push((name.trim_start_matches("refs/heads/").to_owned(), tree));
        }
        Ok(Remembered { notes, learning })
    }
}
