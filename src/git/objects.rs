//! Objects, as they are read.

use gix::objs::Kind;

use super::error::GitError;
use super::repository::Repository;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

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

/// How often an object is looked for that was not there at first.
const LOOKS: u32 = 2;

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

/// What `read` makes of the content of a blob, as far as that is here, for who reads beside the
/// [`Repository`]'s own thread.
pub(super) fn blob_of<T>(
    gix: &gix::Repository,
    oid: Oid,
    read: impl FnOnce(&[u8]) -> T,
) -> Result<T, GitError> {
    let unread = |error| GitError::gix(format!("read object {oid}"))(error);
    let found = gix.try_find_object(to_gix(oid)).map_err(unread)?;
    // Not taken out of the object: the next one is read into the same memory.
    Ok(read(&blob(oid, found.ok_or(GitError::Missing { oid })?)?.data))
}

fn blob(oid: Oid, object: gix::Object<'_>) -> Result<gix::Object<'_>, GitError> {
    match object.kind {
        Kind::Blob => Ok(object),
        _ => Err(GitError::WrongKind { oid, wanted: "blob" }),
    }
}

impl Repository {
    /// The id of the empty tree, in this repository's hash function.
    pub(crate) fn empty_tree(&self) -> Oid {
        from_gix(gix::ObjectId::empty_tree(self.opened.hash))
    }

    /// The content of a blob.
    pub(crate) fn blob(&self, oid: Oid) -> Result<Vec<u8>, GitError> {
        Ok(std::mem::take(&mut blob(oid, self.object(oid)?)?.data))
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

    /// The tree of a commit that is here. No remote is asked for one that is not.
    pub(crate) fn tree_here(&self, commit: Oid) -> Option<Oid> {
        let gix = self.gix().ok()?;
        let found = gix.try_find_object(to_gix(commit)).ok().flatten();
        let object = found.or_else(|| self.find_anew(commit).ok().flatten().map(|it| it.attach(gix)))?;
        object.try_into_commit().ok()?.tree_id().ok().map(from_gix)
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
        let gix = self.gix()?;
        if let Ok(Some(object)) = gix.try_find_object(to_gix(oid)) {
            return Ok(object);
        }
        if self.has_promisor {
            self.fetch_missing(oid);
        }
        let mut looks = 1;
        loop {
            match self.find_anew(oid) {
                Ok(Some(object)) => return Ok(object.attach(gix)),
                Ok(None) if looks == LOOKS => return Err(GitError::Missing { oid }),
                Err(error) if looks == LOOKS => return Err(error),
                _ => looks += 1,
            }
        }
    }

    /// Looks for an object without what is known of the packs: a gc may have put it into another one,
    /// and that into yet another, since then.
    fn find_anew(&self, oid: Oid) -> Result<Option<gix::ObjectDetached>, GitError> {
        let doing = || GitError::gix(format!("read object {oid}"));
        let gix = self.gix()?;
        let anew = gix::open_opts(gix.path(), gix.open_options().clone()).map_err(doing())?;
        let found = anew.try_find_object(to_gix(oid)).map_err(doing())?;
        Ok(found.map(gix::Object::detach))
    }

    /// Lets git fetch an object that a remote has promised: gix does not. What comes of it shows when the
    /// object is read again.
    fn fetch_missing(&self, oid: Oid) {
        let git = self.git().env("GIT_TERMINAL_PROMPT", "0").args(["cat-file", "-e"]);
        drop(git.arg(oid.to_string()).end());
    }
}
