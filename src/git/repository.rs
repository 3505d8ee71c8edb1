//! A repository: what it is, where it is, where HEAD points.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use gix::bstr::BString;

use super::command::Git;
use super::error::GitError;
use super::journal::Hold;
use super::later::Later;
use super::opening::Opened;
use super::place::Place;
use super::running::Running;
use super::unattended::Unattended;
use crate::host::Host;
use crate::model::oid::Oid;

/// An open repository.
pub(crate) struct Repository {
    pub(super) opened: Opened,
    /// Refs are in a store that gix does not read (reftable): git reads and writes them.
    pub(super) foreign_refs: bool,
    /// A partial clone: objects that are not here may come from a remote.
    pub(super) has_promisor: bool,
    /// Nobody watches the git commands on it.
    pub(super) unattended: Option<Unattended>,
    /// How this process writes; `None` when it does not.
    pub(super) held: RefCell<Option<Hold>>,
    /// What is to be moved when a longer work is done.
    pub(super) later: RefCell<Option<Later>>,
}

/// Where HEAD points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// At a branch (full name) with this tip.
    Branch { name: String, tip: Oid },
    /// At a branch (full name) that has no commit yet.
    Unborn { name: String },
    /// At a commit.
    Detached { tip: Oid },
}

impl Head {
    /// The commit, if there is one.
    pub(crate) fn tip(&self) -> Option<Oid> {
        match self {
            Self::Branch { tip, .. } | Self::Detached { tip } => Some(*tip),
            Self::Unborn { .. } => None,
        }
    }
}

impl Repository {
    /// Opens the repository that `dir` is in, or the one that `GIT_DIR` names.
    pub(crate) fn discover(dir: &Path, host: &Host) -> Result<Self, GitError> {
        if host.env("GIT_QUARANTINE_PATH").is_some() {
            return Err(GitError::Quarantine);
        }
        let opened = Opened::plain(dir, host).map_or_else(|| Opened::special(dir, host), Ok)?;
        let is_other = |store: BString| !store.eq_ignore_ascii_case(b"files");
        let config = &opened.config;
        let foreign_refs = config.string("extensions.refStorage").is_some_and(is_other);
        let has_promisor = config.string("extensions.partialClone").is_some()
            || config
                .sections_by_name("remote")
                .is_some_and(|mut remotes| remotes.any(|remote| remote.value("promisor").is_some()));
        let (held, later) = (RefCell::default(), RefCell::default());
        Ok(Self { opened, foreign_refs, has_promisor, unattended: None, held, later })
    }

    /// The repository as gix sees it.
    pub(super) fn gix(&self) -> Result<&gix::Repository, GitError> {
        self.opened.gix()
    }

    /// The same repository, with git commands that ask for nothing and are known to `running`.
    pub(crate) fn unattended(self, host: &Host, running: Running) -> Self {
        let configured = self.config("core.sshCommand").is_some();
        Self { unattended: Some(Unattended::new(configured, host, running)), ..self }
    }

    /// The git folder of this work tree, absolute.
    pub(crate) fn git_dir(&self) -> PathBuf {
        absolute(self.opened.place.git_dir())
    }

    /// The git folder that all work trees share, absolute.
    pub(crate) fn common_dir(&self) -> PathBuf {
        absolute(self.opened.place.common_dir())
    }

    /// The git folders of the other work trees, as far as those are still there.
    pub(crate) fn other_git_dirs(&self) -> Vec<PathBuf> {
        let (own, common) = (self.git_dir(), self.common_dir());
        let linked = std::fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten();
        let is_there = |dir: &PathBuf| {
            let work_tree = std::fs::read_to_string(dir.join("gitdir")).unwrap_or_default();
            dir.join(work_tree.trim_end()).exists()
        };
        let linked: Vec<PathBuf> = linked.map(|entry| absolute(&entry.path())).filter(is_there).collect();
        std::iter::once(common).chain(linked).filter(|dir| *dir != own).collect()
    }

    /// The folder for what is ours in the repository and can be rebuilt.
    pub(crate) fn own_dir(&self) -> PathBuf {
        self.common_dir().join("orchestrate")
    }

    /// The folder of the objects.
    pub(super) fn objects_dir(&self) -> PathBuf {
        self.opened.place.common_dir().join("objects")
    }

    /// The work tree, if there is one.
    pub(crate) fn work_dir(&self) -> Option<PathBuf> {
        self.opened.work_dir.as_deref().map(absolute)
    }

    /// Where people say that the repository is, seen from each of its work trees: the top of the main one, or
    /// the git folder where there is none. Limit: of a git folder that is neither in its work tree nor knows
    /// where that is, linked work trees take the folder itself.
    pub(crate) fn main_top(&self) -> PathBuf {
        let common = self.common_dir();
        let is_bare = self.config("core.bare").is_some_and(|it| it == "true");
        match self.config("core.worktree") {
            _ if self.git_dir() == common => self.work_dir().unwrap_or(common),
            Some(top) => absolute(&common.join(top)),
            None if is_bare || !common.ends_with(".git") => common,
            None => common.parent().map(Path::to_path_buf).unwrap_or(common),
        }
    }

    /// The work tree, or the error that says that there is none.
    pub(crate) fn require_work_dir(&self) -> Result<PathBuf, GitError> {
        self.work_dir().ok_or_else(|| GitError::Bare { git_dir: self.git_dir() })
    }

    /// The project's name: its work tree's folder, else the git folder without `.git`.
    pub(crate) fn project(&self) -> String {
        let dir = self.work_dir().unwrap_or_else(|| self.common_dir().with_extension(""));
        dir.file_name().map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// A git command on this repository.
    pub(crate) fn git(&self) -> Git {
        let git = Git::on(&self.git_dir());
        match &self.unattended {
            Some(unattended) => unattended.apply(git),
            None => git,
        }
    }

    /// Where HEAD points.
    pub(crate) fn head(&self) -> Result<Head, GitError> {
        match self.head_branch()? {
            Some(name) => Ok(match self.tip(&name)? {
                Some(tip) => Head::Branch { name, tip },
                None => Head::Unborn { name },
            }),
            None => match self.tip("HEAD")? {
                Some(tip) => Ok(Head::Detached { tip }),
                None => Err(GitError::UnknownRevision { rev: "HEAD".to_owned() }),
            },
        }
    }

    /// What a ref will be, if it is to be moved later.
    pub(super) fn later_tip(&self, name: &str) -> Option<Option<Oid>> {
        self.later.borrow().as_ref()?.tip(name)
    }

    /// The branch that HEAD names, born or not.
    pub(super) fn head_branch(&self) -> Result<Option<String>, GitError> {
        if self.foreign_refs {
            let ended = self.git().args(["symbolic-ref", "-q", "HEAD"]).end()?;
            let name = String::from_utf8_lossy(&ended.stdout).trim().to_owned();
            return Ok(ended.success.then_some(name));
        }
        if let Some(name) = self.opened.loose(Place::branch) {
            return Ok(Some(name));
        }
        let name = self.gix()?.head_name().map_err(GitError::gix("read HEAD"))?;
        Ok(name.map(|name| name.as_bstr().to_string()))
    }

    /// The commit or other object that a person's revision names, tags peeled.
    pub(crate) fn resolve(&self, rev: &str) -> Result<Oid, GitError> {
        if rev == "HEAD"
            && let Some(tip) = self.tip(rev)?
        {
            return Ok(tip);
        }
        if let Some(oid) = self.exact(rev).or_else(|| self.later_tip(rev).flatten()) {
            return Ok(oid);
        }
        let unknown = || GitError::UnknownRevision { rev: rev.chars().take(200).collect() };
        let object = format!("{rev}^{{}}");
        let found = self.git().args(["rev-parse", "-q", "--verify", "--end-of-options", &object]).end()?;
        String::from_utf8_lossy(&found.stdout).trim().parse().map_err(|_| unknown())
    }

    /// The object that a whole hexadecimal id names, if it is here and no tag.
    fn exact(&self, rev: &str) -> Option<Oid> {
        let oid: Oid = rev.parse().ok()?;
        let kind = self.object(oid).ok()?.kind;
        (kind != gix::objs::Kind::Tag).then_some(oid)
    }
}

/// Paths reach git commands that run elsewhere, so they must not depend on the current folder.
fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}
