//! Moves of refs, as values: from what was read to what is to be.

use crate::model::oid::Oid;

/// What a ref must be before it is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It does not exist.
    Absent,
    /// It is at this object.
    At(Oid),
}

impl From<Option<Oid>> for Expected {
    fn from(tip: Option<Oid>) -> Self {
        tip.map_or(Self::Absent, Self::At)
    }
}

/// What becomes of a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It points here.
    To(Oid),
    /// It is gone.
    Delete,
}

impl Change {
    /// Where the ref points then.
    pub(super) fn tip(self) -> Option<Oid> {
        match self {
            Self::To(oid) => Some(oid),
            Self::Delete => None,
        }
    }
}

/// One move of one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefEdit {
    pub(crate) name: String,
    pub(crate) change: Change,
    pub(crate) expected: Expected,
}

impl RefEdit {
    /// Moves a ref from what was read to `new`.
    pub(crate) fn to(name: impl Into<String>, new: Oid, read: Option<Oid>) -> Self {
        Self { name: name.into(), change: Change::To(new), expected: read.into() }
    }

    /// Deletes a ref that was read at `old`.
    pub(crate) fn delete(name: impl Into<String>, old: Oid) -> Self {
        Self { name: name.into(), change: Change::Delete, expected: Expected::At(old) }
    }

    /// The line of `git update-ref --stdin -z`.
    pub(super) fn command(&self) -> String {
        let name = &self.name;
        match (self.change, self.expected) {
            (Change::To(new), Expected::Absent) => format!("create {name}\0{new}\0"),
            (Change::To(new), Expected::At(old)) => format!("update {name}\0{new}\0{old}\0"),
            (Change::Delete, Expected::At(old)) => format!("delete {name}\0{old}\0"),
            (Change::Delete, Expected::Absent) => format!("verify {name}\0\0"),
        }
    }
}
