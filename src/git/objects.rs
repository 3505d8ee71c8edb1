//! Objects: reading them, and writing them so that they survive a crash before a ref names them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;

use gix::objs::{Find, Kind, Write, WriteTo};

use super::error::GitError;
use super::repository::Repository;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// How often writing one object is tried.
const TRIES: u32 = 5;

/// Who a commit is by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) email: String,
}

impl Identity {
    /// Ours: for what nobody wrote, and on a machine that nobody has introduced themselves to.
    pub(crate) fn ours() -> Self {
        Self { name: "git-orchestrate".to_owned(), email: "git-orchestrate@localhost".to_owned() }
    }
}

/// A commit to be written; author and committer are the same, the time zone is UTC.
#[derive(Clone, Debug)]
pub(crate) struct NewCommit<'a> {
    pub(crate) tree: Oid,
    pub(crate) parents: &'a [Oid],
    pub(crate) message: &'a str,
    pub(crate) author: &'a Identity,
    pub(crate) at: Timestamp,
}

/// What a commit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitInfo {
    pub(crate) tree: Oid,
    pub(crate) parents: Vec<Oid>,
    pub(crate) message: String,
    pub(crate) author: Identity,
    /// Committer's time.
    pub(crate) at: Timestamp,
}

pub(super) fn to_gix(oid: Oid) -> gix::ObjectId {
    gix::ObjectId::from_bytes_or_panic(oid.as_bytes())
}

pub(super) fn from_gix(id: impl AsRef<gix::oid>) -> Oid {
    Oid::from_bytes(id.as_ref().as_bytes()).expect("gix knows SHA-1 and SHA-256 only")
}

/// Writes objects, and remembers which are new so that they can be made durable.
///
/// Guarantee: after [`Writer::sync`], everything that was written through it survives a crash. gix
/// itself never calls fsync.
pub(crate) struct Writer<'r> {
    pub(super) repo: &'r Repository,
    new: RefCell<Vec<gix::ObjectId>>,
}

impl<'r> Writer<'r> {
    /// A writer into the object database of `repo`.
    pub(crate) fn new(repo: &'r Repository) -> Self {
        Self { repo, new: RefCell::default() }
    }

    /// Writes a blob.
    pub(crate) fn blob(&self, bytes: &[u8]) -> Result<Oid, GitError> {
        self.write_buf(Kind::Blob, bytes).map(from_gix).map_err(GitError::gix("write a blob"))
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
        let base = base.map_or_else(|| gix::ObjectId::empty_tree(self.repo.gix.object_hash()), to_gix);
        let doing = || GitError::gix("edit a tree");
        let tree = if base.is_empty_tree() {
            self.repo.gix.empty_tree()
        } else {
            self.repo.object(from_gix(base))?.try_into_tree().map_err(doing())?
        };
        let root = tree.decode().map_err(doing())?.into();
        let mut editor = gix::objs::tree::Editor::new(root, self, self.repo.gix.object_hash());
        for (path, content) in changes {
            let parts = path.split('/').map(gix::bstr::BStr::new);
            match content {
                Some(bytes) => {
                    let blob = to_gix(self.blob(bytes)?);
                    editor.upsert(parts, gix::objs::tree::EntryKind::Blob, blob).map_err(doing())?;
                }
                None => drop(editor.remove(parts).map_err(doing())?),
            }
        }
        editor.write(|tree| self.write(tree)).map(from_gix).map_err(doing())
    }

    /// Makes everything new durable.
    pub(crate) fn sync(&self) -> Result<(), GitError> {
        let objects = self.repo.gix.objects.store_ref().path();
        let path = |id: gix::ObjectId| {
            let hex = id.to_string();
            objects.join(&hex[..2]).join(&hex[2..])
        };
        let paths: Vec<PathBuf> = self.new.take().into_iter().map(path).collect();
        // Side by side: file systems make one journal entry of what is synced at the same time.
        for some in paths.chunks(SYNCED_AT_ONCE) {
            thread::scope(|scope| {
                let syncing: Vec<_> = some.iter().map(|path| scope.spawn(|| sync_file(path))).collect();
                syncing.into_iter().try_for_each(|it| it.join().expect("syncing a file does not panic"))
            })?;
        }
        Ok(())
    }
}

/// How many objects are synced at the same time.
const SYNCED_AT_ONCE: usize = 16;

fn sync_file(path: &Path) -> Result<(), GitError> {
    match File::open(path).and_then(|file| file.sync_all()) {
        // It was packed in the meantime, which made it durable.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        ended => ended.map_err(GitError::io("sync the object", path)),
    }
}

impl Find for Writer<'_> {
    fn try_find<'a>(
        &self,
        id: &gix::oid,
        buffer: &'a mut Vec<u8>,
    ) -> gix::error::Result<Option<gix::objs::Data<'a>>> {
        if self.repo.has_promisor {
            // What is missing is here after that.
            drop(self.repo.object(from_gix(id)));
        }
        self.repo.gix.try_find(id, buffer)
    }
}

impl Write for Writer<'_> {
    fn write(&self, object: &dyn WriteTo) -> gix::error::Result<gix::ObjectId> {
        let mut buffer = Vec::with_capacity(2048);
        object.write_to(&mut buffer).map_err(gix::error::Error::from_error)?;
        self.write_buf(object.kind(), &buffer)
    }

    fn write_buf(&self, kind: Kind, from: &[u8]) -> gix::error::Result<gix::ObjectId> {
        let id = gix::objs::compute_hash(self.repo.gix.object_hash(), kind, from)?;
        self.write_buf_with_known_id(kind, from, id)
    }

    fn write_buf_with_known_id(
        &self,
        kind: Kind,
        from: &[u8],
        id: gix::ObjectId,
    ) -> gix::error::Result<gix::ObjectId> {
        // Without looking for packs that others may just have made: an object written twice does no harm.
        if self.repo.gix.objects.exists_without_refresh(&id) {
            return Ok(id);
        }
        let mut tries = 1;
        // gc removes folders that it emptied, also the one that gix has just made for this object.
        while let Err(error) = self.repo.gix.objects.write_buf_with_known_id(kind, from, id) {
            if tries == TRIES {
                return Err(error);
            }
            tries += 1;
        }
        self.new.borrow_mut().push(id);
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

impl Repository {
    /// The id of the empty tree, in this repository's hash function.
    pub(crate) fn empty_tree(&self) -> Oid {
        from_gix(gix::ObjectId::empty_tree(self.gix.object_hash()))
    }

    /// The content of a blob.
    pub(crate) fn blob(&self, oid: Oid) -> Result<Vec<u8>, GitError> {
        let mut object = self.object(oid)?;
        if object.kind != Kind::Blob {
            return Err(GitError::WrongKind { oid, wanted: "blob" });
        }
        Ok(std::mem::take(&mut object.data))
    }

    /// What a commit says.
    pub(crate) fn commit(&self, oid: Oid) -> Result<CommitInfo, GitError> {
        let wrong = || GitError::WrongKind { oid, wanted: "commit" };
        let commit = self.object(oid)?.try_into_commit().map_err(|_| wrong())?;
        let parsed = commit.decode().map_err(|_| wrong())?;
        let seconds = parsed.committer().ok().and_then(|it| it.time().ok()).map_or(0, |time| time.seconds);
        let author = parsed.author().ok();
        let author = author.map(|it| Identity { name: it.name.to_string(), email: it.email.to_string() });
        Ok(CommitInfo {
            author: author.unwrap_or_else(Identity::ours),
            tree: from_gix(parsed.tree()),
            parents: parsed.parents().map(from_gix).collect(),
            message: parsed.message.to_string(),
            at: Timestamp(seconds * 1000),
        })
    }

    /// The tree of a commit or of a tree itself; of nothing else.
    pub(crate) fn tree_of(&self, oid: Oid) -> Result<Oid, GitError> {
        match self.object(oid)?.kind {
            Kind::Tree => Ok(oid),
            Kind::Commit => Ok(self.commit(oid)?.tree),
            Kind::Blob | Kind::Tag => Err(GitError::WrongKind { oid, wanted: "tree" }),
        }
    }

    pub(super) fn object(&self, oid: Oid) -> Result<gix::Object<'_>, GitError> {
        let find =
            || self.gix.try_find_object(to_gix(oid)).map_err(GitError::gix(format!("read object {oid}")));
        let mut found = find()?;
        if found.is_none() && self.has_promisor {
            self.fetch_missing(oid);
            found = find()?;
        }
        found.ok_or(GitError::Missing { oid })
    }

    /// Lets git fetch an object that a remote has promised: gix does not. What comes of it shows when the
    /// object is read again.
    fn fetch_missing(&self, oid: Oid) {
        let git = self.git().env("GIT_TERMINAL_PROMPT", "0").args(["cat-file", "-e"]);
        drop(git.arg(oid.to_string()).end());
    }
}
