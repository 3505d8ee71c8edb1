//! Objects on their way into a repository, and what holds them there until a ref names them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gix::objs::Kind;

/// Objects that were written.
#[derive(Default)]
pub(super) struct Written {
    pub(super) objects: BTreeMap<gix::ObjectId, Object>,
    /// Packs that were made of them, kept until refs name what is in them.
    pub(super) packs: Vec<Kept>,
}

impl Written {
    /// Adds others.
    pub(super) fn append(&mut self, mut others: Self) {
        self.objects.append(&mut others.objects);
        self.packs.append(&mut others.packs);
    }
}

/// An object that was written.
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    pub(super) synced: bool,
}

impl Object {
    /// The same under its id.
    pub(super) fn under(&self, id: &gix::ObjectId) -> NewObject<'_> {
        NewObject { id: *id, kind: self.kind, bytes: &self.bytes }
    }
}

/// An object that no file has yet.
pub(super) struct NewObject<'a> {
    pub(super) id: gix::ObjectId,
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
}

/// A pack that no gc touches as long as this lives.
#[derive(Debug)]
pub(super) struct Kept(pub(super) PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        // One that stays is removed by a later writer, or by a person who reads what it says.
        drop(std::fs::remove_file(&self.0));
    }
}
