//! Writing objects, and moving refs to them, so that no ref ever names what is not there.
//!
//! Guarantee: what a ref is moved to by [`Writer::move_refs`] survives a crash, since each object is synced
//! before it gets its name, and a `git gc` that is at work, since a pack that it must keep holds it, see
//! [`pack`](super::pack). Objects that were there already, named by nobody, are made as good
//! as new. What was written is in memory until [`Writer::sync`].

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use gix::objs::{Find, Kind, Write, WriteTo};
use gix::zlib::Compression;

use super::edits::RefEdit;
use super::error::GitError;
use super::loose::write_loose;
use super::objects::{Identity, from_gix, to_gix};
use super::repository::Repository;
use super::written::{Kept, NewObject, Object, Written};
use crate::host::{Point, pass};
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// How often a pack is written that a gc takes away meanwhile.
const TRIES: u32 = 8;
/// How long to wait before the second try; longer before each that follows.
const PAUSE: Duration = Duration::from_millis(10);
/// As many new objects become a pack; git draws the line there when it fetches.
const PACKED_FROM: usize = 100;
/// How many objects are synced at the same time: file systems make one journal entry of them.
const SYNCED_AT_ONCE: usize = 16;

/// A commit to be written; author and committer are the same, the time zone is UTC.
#[derive(Clone, Debug)]
pub(crate) struct NewCommit<'a> {
    pub(crate) tree: Oid,
    pub(crate) parents: &'a [Oid],
    pub(crate) message: &'a str,
    pub(crate) author: &'a Identity,
    pub(crate) at: Timestamp,
}

/// Writes objects.
pub(crate) struct Writer<'r> {
    pub(super) repo: &'r Repository,
    written: RefCell<Written>,
}

impl<'r> Writer<'r> {
    /// A writer into the object database of `repo`.
    pub(crate) fn new(repo: &'r Repository) -> Self {
        Self::with(repo, Written::default())
    }

    /// One that has written this.
    pub(super) fn with(repo: &'r Repository, written: Written) -> Self {
        Self { repo, written: RefCell::new(written) }
    }

    /// Writes a blob.
    pub(crate) fn blob(&self, bytes: &[u8]) -> Result<Oid, GitError> {
        self.write_buf(Kind::Blob, bytes).map(from_gix).map_err(GitError::gix("write a blob"))
    }

    /// The content of a blob that was written here or is in the repository.
    pub(super) fn read_blob(&self, oid: Oid) -> Result<Vec<u8>, GitError> {
        let written = self.written.borrow().objects.get(&to_gix(oid)).map(|object| object.bytes.clone());
        written.map_or_else(|| self.repo.blob(oid), Ok)
    }

    /// Writes a commit.
    pub(crate) fn commit(&self, commit: &NewCommit<'_>) -> Result<Oid, GitError> {
        let time = gix::date::Time { seconds: commit.at.seconds(), offset: 0 };
        let person = gix::actor::Signature {
            name: commit.author.name.as_str().into(),
            email: commit.author.email.as_str().into(),
            time,
        };
        let object = gix::objs::Commit {
            tree: to_gix(commit.tree),
            parents: commit.parents.iter().copied().map(to_gix).collect(),
            author: person.clone(),
            committer: person,
            encoding: None,
            message: commit.message.into(),
            extra_headers: Vec::new(),
        };
        self.write(&object).map(from_gix).map_err(GitError::gix("write a commit"))
    }

    /// Writes `base` with files changed: `Some` is their new content, `None` takes them out.
    pub(crate) fn tree(
        &self,
        base: Option<Oid>,
        changes: &BTreeMap<String, Option<Vec<u8>>>,
    ) -> Result<Oid, GitError> {
        let hash = self.repo.opened.hash;
        let base = base.map_or_else(|| gix::ObjectId::empty_tree(hash), to_gix);
        let doing = || GitError::gix("edit a tree");
        let (tree, files) = if base.is_empty_tree() {
            (self.repo.gix()?.empty_tree(), BTreeMap::new())
        } else {
            let tree = self.repo.object(from_gix(base))?.try_into_tree().map_err(doing())?;
            (tree, self.repo.files(from_gix(base))?)
        };
        let root = tree.decode().map_err(doing())?.into();
        let mut editor = gix::objs::tree::Editor::new(root, self, hash);
        for (path, content) in changes {
            let parts = path.split('/').map(gix::bstr::BStr::new);
            let Some(bytes) = content else {
                editor.remove(parts).map_err(doing())?;
                continue;
            };
            let blob = gix::objs::compute_hash(hash, Kind::Blob, bytes).map_err(doing())?;
            if files.get(path) != Some(&from_gix(blob)) {
                self.write_buf_with_known_id(Kind::Blob, bytes, blob).map_err(doing())?;
                editor.upsert(parts, gix::objs::tree::EntryKind::Blob, blob).map_err(doing())?;
            }
        }
        editor.write(|tree| self.write(tree)).map(from_gix).map_err(doing())
    }

    /// Makes everything new durable, then moves refs to it: all of them, or none. `why` goes to the
    /// reflog.
    pub(crate) fn move_refs(&self, edits: &[RefEdit], why: &str) -> Result<(), GitError> {
        if edits.is_empty() {
            return Ok(());
        }
        if self.repo.moves_later() {
            self.sync()?;
            return self.repo.move_later(edits, self.written.take());
        }
        // git starts while objects are synced; it is told what to move when they are.
        let mover = self.repo.mover(why)?;
        self.sync()?;
        pass(Point::ObjectsSynced);
        let mut kept = None;
        if self.repo.is_collecting() {
            kept = self.keep()?;
            pass(Point::ObjectsKept);
        }
        mover.move_refs(edits)?;
        // A gc that began in between may not have seen the ref where it is now.
        if kept.is_none() && (self.repo.is_collecting() || self.has_lost_some()) {
            self.keep()?;
        }
        Ok(())
    }

    /// Puts everything that was written into a pack that no gc takes away.
    fn keep(&self) -> Result<Option<Kept>, GitError> {
        let written = self.written.borrow();
        let all: Vec<NewObject<'_>> = written.objects.iter().map(|(id, object)| object.under(id)).collect();
        let mut tries = 1;
        while !all.is_empty() {
            match self.repo.write_pack(&all) {
                // A gc with `--prune=now` takes also what git is just writing.
                Err(_) if tries < TRIES => thread::sleep(PAUSE * tries),
                kept => return kept,
            }
            tries += 1;
        }
        Ok(None)
    }

    fn has_lost_some(&self) -> bool {
        let written = self.written.borrow();
        written.objects.keys().any(|id| !self.repo.gix().is_ok_and(|gix| gix.has_object(id)))
    }

    /// Makes everything new durable, and visible to others.
    pub(crate) fn sync(&self) -> Result<(), GitError> {
        let mut written = self.written.borrow_mut();
        let Written { objects, packs } = &mut *written;
        let new: Vec<_> = objects
            .iter()
            .filter(|(_, object)| !object.synced)
            .map(|(id, object)| object.under(id))
            .collect();
        if new.len() < PACKED_FROM {
            self.write_loose(&new)?;
        } else {
            packs.extend(self.repo.write_pack(&new)?);
        }
        objects.values_mut().for_each(|object| object.synced = true);
        Ok(())
    }

    fn write_loose(&self, new: &[NewObject<'_>]) -> Result<(), GitError> {
        let (store, level) = (self.repo.objects_dir(), self.compression());
        let next = AtomicUsize::new(0);
        let write_some = || -> Result<(), GitError> {
            while let Some(object) = new.get(next.fetch_add(1, Ordering::Relaxed)) {
                write_loose(&store, &object.id, (object.kind, object.bytes), level)?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let writers = (0..new.len().min(SYNCED_AT_ONCE)).map(|_| scope.spawn(write_some));
            let writers: Vec<_> = writers.collect();
            writers.into_iter().try_for_each(|it| it.join().expect("writing an object does not panic"))
        })
    }

    fn compression(&self) -> Compression {
        let level = |key| self.repo.config(key)?.parse().ok().and_then(Compression::new);
        let levels = ["core.looseCompression", "core.compression"].into_iter().find_map(level);
        levels.unwrap_or(Compression::BEST_SPEED)
    }
}

impl Repository {
    /// Makes the moves that were put off: all of them, or none. From here on refs move at once.
    pub(crate) fn make_moves(&self, why: &str) -> Result<(), GitError> {
        let Some(later) = self.later.take() else { return Ok(()) };
        let (edits, written) = later.end();
        Writer::with(self, written).move_refs(&edits, why)
    }
}

impl Find for Writer<'_> {
    fn try_find<'a>(
        &self,
        id: &gix::oid,
        buffer: &'a mut Vec<u8>,
    ) -> gix::error::Result<Option<gix::objs::Data<'a>>> {
        if let Some(Object { kind, bytes, .. }) = self.written.borrow().objects.get(id) {
            buffer.clear();
            buffer.extend_from_slice(bytes);
            return Ok(Some(gix::objs::Data::new(buffer, *kind, id.kind())));
        }
        match self.repo.object(from_gix(id)) {
            Ok(object) => {
                buffer.clear();
                buffer.extend_from_slice(&object.data);
                Ok(Some(gix::objs::Data::new(buffer, object.kind, id.kind())))
            }
            Err(GitError::Missing { .. }) => Ok(None),
            Err(error) => Err(gix::error::Error::from_error(error)),
        }
    }
}

impl Write for Writer<'_> {
    fn write(&self, object: &dyn WriteTo) -> gix::error::Result<gix::ObjectId> {
        let mut buffer = Vec::with_capacity(2048);
        object.write_to(&mut buffer).map_err(gix::error::Error::from_error)?;
        self.write_buf(object.kind(), &buffer)
    }

    fn write_buf(&self, kind: Kind, from: &[u8]) -> gix::error::Result<gix::ObjectId> {
        let id = gix::objs::compute_hash(self.repo.opened.hash, kind, from)?;
        self.write_buf_with_known_id(kind, from, id)
    }

    fn write_buf_with_known_id(
        &self,
        kind: Kind,
        from: &[u8],
        id: gix::ObjectId,
    ) -> gix::error::Result<gix::ObjectId> {
        let object = || Object { kind, bytes: from.to_vec(), synced: false };
        self.written.borrow_mut().objects.entry(id).or_insert_with(object);
        Ok(id)
    }

    fn write_stream(&self, kind: Kind, size: u64, from: &mut dyn Read) -> gix::error::Result<gix::ObjectId> {
        let mut buffer = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        from.read_to_end(&mut buffer).map_err(gix::error::Error::from_error)?;
        self.write_buf(kind, &buffer)
    }

    fn write_stream_with_known_id(
        &self,
        kind: Kind,
        size: u64,
        from: &mut dyn Read,
        _id: gix::ObjectId,
    ) -> gix::error::Result<gix::ObjectId> {
        self.write_stream(kind, size, from)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::git::samples::TestRepo;
    use crate::host::{age, file_time};

    const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

    fn loose(repo: &TestRepo, oid: Oid) -> std::path::PathBuf {
        let hex = oid.to_string();
        repo.path().join(".git/objects").join(&hex[..2]).join(&hex[2..])
    }

    fn written(repo: &TestRepo, text: &str) -> Oid {
        let open = repo.open();
        let writer = Writer::new(&open);
        let oid = writer.blob(text.as_bytes()).expect("written");
        writer.sync().expect("synced");
        oid
    }

    #[test]
    fn what_was_there_is_as_good_as_new_when_it_is_written_again() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let path = loose(&repo, written(&repo, "old"));
        let old = file_time() - MONTH;
        File::open(&path).and_then(|file| file.set_modified(old)).expect("set");
        assert_eq!(loose(&repo, written(&repo, "old")), path);
        assert!(age(&path.metadata().expect("there")) < MONTH / 2);
    }

    #[test]
    fn what_only_a_pack_has_is_written_beside_it() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let oid = written(&repo, "packed");
        let pack = repo.path().join(".git/objects/pack/pack");
        let list = repo.path().join(".git/list");
        std::fs::write(&list, format!("{oid}\n")).expect("written");
        let packed = format!("git pack-objects -q '{}' <'{}'", pack.display(), list.display());
        repo.git(["-c", &format!("alias.pack=!{packed}"), "pack"]);
        repo.git(["prune-packed"]);
        assert!(!loose(&repo, oid).exists());
        written(&repo, "packed");
        assert!(loose(&repo, oid).exists());
    }

    #[test]
    fn what_was_written_can_be_read_before_others_see_it() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let open = repo.open();
        let writer = Writer::new(&open);
        let oid = writer.blob(b"new").expect("written");
        assert_eq!(writer.read_blob(oid).expect("reads"), b"new");
        assert!(open.blob(oid).is_err() && !loose(&repo, oid).exists());
        writer.sync().expect("synced");
        assert_eq!(open.blob(oid).expect("reads"), b"new");
        assert_eq!(repo.git(["cat-file", "-p", &oid.to_string()]), "new");
    }

    #[test]
    fn files_that_stay_as_they_are_are_not_written() {
        let repo = TestRepo::new().commit("a.txt", "1").commit("b.txt", "2");
        let open = repo.open();
        let (writer, base) = (Writer::new(&open), open.tree_of(repo.head()).expect("a tree"));
        let file = |path: &str, text: &str| (path.to_owned(), Some(text.as_bytes().to_vec()));
        let same = BTreeMap::from([file("a.txt", "1"), file("b.txt", "2")]);
        assert_eq!(writer.tree(Some(base), &same).expect("a tree"), base);
        writer.tree(Some(base), &BTreeMap::from([file("a.txt", "1"), file("b.txt", "3")])).expect("a tree");
        assert!(!writer.written.borrow().objects.values().any(|object| object.bytes == b"1"));
        assert!(writer.written.borrow().objects.values().any(|object| object.bytes == b"3"));
    }
}
