//! Refs: reading them, and moving several in one transaction with their old values given.
//!
//! Guarantee: all edits of a transaction take place or none, and none over a value that the caller
//! did not expect. They go through `git update-ref --stdin`: gix would leave `packed-refs.lock`
//! behind when killed. git does it in a process group of its own: who kills ours (`timeout -s KILL`,
//! a cancelled CI job) leaves no lock. Who kills git too leaves locks that our next writer removes, see
//! [`journal`](super::journal). Limits: a power cut in that moment may leave one; readers may see one
//! edit of a transaction before another.

use super::command::Started;
use super::edits::{Expected, RefEdit};
use super::error::GitError;
use super::journal::Hold;
use super::lock::WriteLock;
use super::repository::Repository;
use super::written::Written;
use crate::host::{Point, pass};
use crate::model::oid::Oid;

/// How long git waits for a lock that another git holds, in milliseconds, unless the user says.
const PATIENCE_MS: u32 = 10_000;

/// A git that waits to be told which refs to move. It does nothing when it is dropped.
pub(super) struct Mover<'r> {
    repo: &'r Repository,
    git: Started,
    _lock: WriteLock<'r>,
}

impl Repository {
    /// Moves refs: all of them, or none. `why` goes to the reflog.
    pub(crate) fn move_refs(&self, edits: &[RefEdit], why: &str) -> Result<(), GitError> {
        if edits.is_empty() {
            return Ok(());
        }
        if self.moves_later() {
            return self.move_later(edits, Written::default());
        }
        self.mover(why)?.move_refs(edits)
    }

    /// From here on refs move later.
    pub(crate) fn put_off_moves(&self) {
        self.later.borrow_mut().get_or_insert_default();
    }

    /// Whether refs move later.
    pub(super) fn moves_later(&self) -> bool {
        self.later.borrow().is_some()
    }

    /// Puts these moves off, with the objects that they need.
    pub(super) fn move_later(&self, edits: &[RefEdit], written: Written) -> Result<(), GitError> {
        self.require_expected(edits)?;
        self.later.borrow_mut().get_or_insert_default().add(edits, written);
        Ok(())
    }

    /// Whether nobody moved one of these refs since it was read.
    fn require_expected(&self, edits: &[RefEdit]) -> Result<(), GitError> {
        for edit in edits {
            if Expected::from(self.tip(&edit.name)?) != edit.expected {
                return Err(GitError::LostRace { name: edit.name.clone() });
            }
        }
        Ok(())
    }

    /// Starts the git that is to move refs, which takes about as long as to sync some objects.
    pub(super) fn mover(&self, why: &str) -> Result<Mover<'_>, GitError> {
        let lock = self.lock()?;
        let mut git = self.git().config("core.fsync=reference");
        for key in ["core.filesRefLockTimeout", "core.packedRefsTimeout"] {
            if self.config(key).is_none() {
                git = git.config(&format!("{key}={PATIENCE_MS}"));
            }
        }
        let git = git.args(["update-ref", "-m", why, "--create-reflog", "--stdin", "-z"]).apart();
        let git = match self.held.borrow().as_ref() {
            Some(Hold::Locked(journal)) => {
                git.start_into(journal.share().map_err(GitError::io("share", self.lock_path()))?)?
            }
            Some(Hold::Unlocked) | None => git.start()?,
        };
        Ok(Mover { repo: self, git, _lock: lock })
    }
}

impl Mover<'_> {
    /// Moves refs: all of them, or none.
    pub(super) fn move_refs(self, edits: &[RefEdit]) -> Result<(), GitError> {
        let Some(first) = edits.first() else { return Ok(()) };
        let (repo, transaction) = (self.repo, transaction(edits));
        if let Some(Hold::Locked(journal)) = repo.held.borrow().as_ref() {
            journal.say(&transaction).map_err(GitError::io("write", repo.lock_path()))?;
        }
        pass(Point::BeforeUpdateRef);
        let ended = self.git.end(transaction.into_bytes())?;
        pass(Point::RefsMoved);
        if ended.success {
            return Ok(());
        }
        if ended.code.is_none()
            && let Some(Hold::Locked(journal)) = repo.held.borrow().as_ref()
            && let Ok(Some(unfinished)) = journal.unfinished()
        {
            repo.clear(&unfinished);
        }
        // git exits 128 for a lost race and for every other reason: the tips tell them apart.
        repo.require_expected(edits)?;
        // git's advice follows in further lines; ours is added at the edge.
        let silent = if ended.code.is_none() { "git was killed" } else { "no reason given" };
        let reason = ended.stderr.lines().next().unwrap_or(silent);
        let reason = reason.trim_start_matches("fatal: ").trim_start_matches("prepare: ").to_owned();
        Err(GitError::RefNotMoved { name: first.name.clone(), reason })
    }
}

impl Repository {
    /// Refs whose full names start with `prefix` (ending in `/`), with their tips, sorted by name.
    pub(crate) fn refs_under(&self, prefix: &str) -> Result<Vec<(String, Oid)>, GitError> {
        let mut refs = self.stored_refs_under(prefix)?;
        if let Some(later) = self.later.borrow().as_ref() {
            later.apply(&mut refs, prefix);
        }
        Ok(refs)
    }

    fn stored_refs_under(&self, prefix: &str) -> Result<Vec<(String, Oid)>, GitError> {
        if self.foreign_refs {
            let listing =
                self.git().args(["for-each-ref", "--format=%(refname) %(objectname)", prefix]).text()?;
            let parse = |line: &str| {
                line.split_once(' ').and_then(|(name, oid)| Some((name.to_owned(), oid.parse().ok()?)))
            };
            return Ok(listing.lines().filter_map(parse).collect());
        }
        let doing = || GitError::gix(format!("list the refs under {prefix}"));
        let platform = self.gix()?.references().map_err(doing())?;
        let mut found = Vec::new();
        for reference in platform.prefixed(prefix).map_err(doing())? {
            let reference =
                reference.map_err(|error| GitError::gix(format!("list the refs under {prefix}"))(error))?;
            if let Some(oid) = reference.target().try_id().and_then(|id| Oid::from_bytes(id.as_bytes())) {
                found.push((reference.name().as_bstr().to_string(), oid));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The oid at the end of a ref, `None` if there is no such ref or its branch is unborn.
    pub(crate) fn tip(&self, name: &str) -> Result<Option<Oid>, GitError> {
        if let Some(tip) = self.later_tip(name) {
            return Ok(tip);
        }
        if self.foreign_refs {
            let ended = self.git().args(["rev-parse", "-q", "--verify", "--end-of-options", name]).end()?;
            return Ok(String::from_utf8_lossy(&ended.stdout).trim().parse().ok());
        }
        let doing = |name: &str| GitError::gix(format!("read the ref {name}"));
        if let Some(tip) = self.opened.loose(|place| place.loose(name)) {
            return Ok(Some(tip));
        }
        let Some(mut reference) = self.gix()?.try_find_reference(name).map_err(|error| doing(name)(error))?
        else {
            return Ok(None);
        };
        // A symbolic ref, HEAD above all, may point at a branch that is not born yet. No object is read.
        Ok(reference.follow_to_object().ok().and_then(|id| Oid::from_bytes(id.as_bytes())))
    }
}

/// The input of `git update-ref --stdin -z`. Without `start` and `commit` git would carry out what it
/// has read when its input ends early, because we were killed: half a transaction.
fn transaction(edits: &[RefEdit]) -> String {
    let commands: String = edits.iter().map(RefEdit::command).collect();
    format!("start\0{commands}prepare\0commit\0")
}

#[cfg(test)]
mod tests {
    use crate::git::samples::TestRepo;
    use crate::git::{Head, Repository};
    use crate::host::Host;

    #[test]
    fn a_tip_is_where_git_says_it_is() {
        let repo = TestRepo::new();
        let unborn = Head::Unborn { name: "refs/heads/main".to_owned() };
        assert_eq!(repo.open().head().expect("reads"), unborn);
        let repo = repo.commit("a.txt", "1");
        repo.git(["tag", "-a", "-m", "a tag", "v1"]);
        repo.git(["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
        let linked = repo.temp("linked");
        repo.git(["worktree", "add", "-q", "--detach", linked.to_str().expect("UTF-8")]);
        repo.git_in(&linked, &["commit", "-q", "--allow-empty", "-m", "further"]);
        repo.git_in(&linked, &["update-ref", "refs/bisect/bad", "HEAD"]);
        let names = [
            "HEAD",
            "refs/heads/main",
            "refs/heads/alias",
            "refs/tags/v1",
            "refs/bisect/bad",
            "refs/heads/none",
        ];
        for packed in [false, true] {
            for dir in [&repo.path(), &linked] {
                let said = |name: &str| {
                    let said = repo.git_in(dir, &["for-each-ref", "--format=%(objectname)", name]);
                    if name == "HEAD" { repo.git_in(dir, &["rev-parse", name]) } else { said }
                };
                // Each from a repository of its own: the first look opens it for the others.
                let open =
                    || Repository::discover(dir, &Host::new()).unwrap_or_else(|error| panic!("{error}"));
                for name in names {
                    let tip = open().tip(name).expect("reads").map(|tip| tip.to_string());
                    assert_eq!(tip.unwrap_or_default(), said(name), "{name} in {}", dir.display());
                }
                let branch = repo.git_in(dir, &["rev-parse", "--symbolic-full-name", "HEAD"]);
                let tip = said("HEAD").parse().expect("an oid");
                let head = if branch == "HEAD" {
                    Head::Detached { tip }
                } else {
                    Head::Branch { name: branch, tip }
                };
                assert_eq!(open().head().expect("reads"), head);
            }
            if !packed {
                repo.git(["pack-refs", "--all"]);
            }
        }
        repo.git(["checkout", "-q", "alias"]);
        assert_eq!(repo.open().head().expect("reads").tip(), Some(repo.head()));
    }
}
