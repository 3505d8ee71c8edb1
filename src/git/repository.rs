//! A repository: what it is, where it is, where HEAD points.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::command::Git;
use super::error::GitError;
use super::journal::Hold;
use super::parameters;
use super::running::Running;
use super::unattended::Unattended;
use crate::host::Host;
use crate::model::oid::Oid;

/// An open repository.
pub(crate) struct Repository {
    pub(super) gix: gix::Repository,
    /// Refs are in a store that gix does not read (reftable): git reads and writes them.
    pub(super) foreign_refs: bool,
    /// A partial clone: objects that are not here may come from a remote.
    pub(super) has_promisor: bool,
    /// Nobody watches the git commands on it.
    pub(super) unattended: Option<Unattended>,
    /// How this process writes; `None` when it does not.
    pub(super) held: RefCell<Option<Hold>>,
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

/// Extensions of the repository format that gix 0.90 and we understand; of others git is asked.
const EXTENSIONS: &[&str] = &[
    "noop",
    "objectformat",
    "partialclone",
    "preciousobjects",
    "refstorage",
    "relativeworktrees",
    "worktreeconfig",
];

/// Memory for decoded objects of packs, in bytes: history of notes is one long delta chain.
pub(super) const PACK_CACHE: usize = 96 << 20;

impl Repository {
    /// Opens the repository that `dir` is in, or the one that `GIT_DIR` names.
    pub(crate) fn discover(dir: &Path, host: &Host) -> Result<Self, GitError> {
        if host.env("GIT_QUARANTINE_PATH").is_some() {
            return Err(GitError::Quarantine);
        }
        let Ok(mut gix) = gix::discover_with_environment_overrides(dir) else {
            return Err(why_not(dir));
        };
        let found = host.env("GIT_DIR").is_none();
        if gix.git_dir_trust() != gix::sec::Trust::Full
            || has_unknown_extension(&gix)
            || found && may_be_somebodys_bare(&gix)
        {
            ask_git(&gix)?;
        }
        if let Some(given) = host.env(parameters::VARIABLE) {
            parameters::apply(&mut gix, &given.to_string_lossy())?;
        }
        gix.objects
            .set_pack_cache(|| Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(PACK_CACHE)));
        let foreign_refs = gix
            .config_snapshot()
            .string("extensions.refStorage")
            .is_some_and(|it| !it.eq_ignore_ascii_case(b"files"));
        let has_promisor = gix.config_snapshot().string("extensions.partialClone").is_some()
            || gix
                .config_snapshot()
                .plumbing()
                .sections_by_name("remote")
                .is_some_and(|mut remotes| remotes.any(|remote| remote.value("promisor").is_some()));
        Ok(Self { gix, foreign_refs, has_promisor, unattended: None, held: RefCell::default() })
    }

    /// The same repository, with git commands that ask for nothing and are known to `running`.
    pub(crate) fn unattended(self, host: &Host, running: Running) -> Self {
        let configured = self.config("core.sshCommand").is_some();
        Self { unattended: Some(Unattended::new(configured, host, running)), ..self }
    }

    /// The git folder of this work tree, absolute.
    pub(crate) fn git_dir(&self) -> PathBuf {
        absolute(self.gix.git_dir())
    }

    /// The git folder that all work trees share, absolute.
    pub(crate) fn common_dir(&self) -> PathBuf {
        absolute(self.gix.common_dir())
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

    /// The work tree, if there is one.
    pub(crate) fn work_dir(&self) -> Option<PathBuf> {
        self.gix.workdir().map(absolute)
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
        let name = self.head_branch()?;
        let tip = self.tip("HEAD")?;
        match (name, tip) {
            (Some(name), Some(tip)) => Ok(Head::Branch { name, tip }),
            (Some(name), None) => Ok(Head::Unborn { name }),
            (None, Some(tip)) => Ok(Head::Detached { tip }),
            (None, None) => Err(GitError::UnknownRevision { rev: "HEAD".to_owned() }),
        }
    }

    fn head_branch(&self) -> Result<Option<String>, GitError> {
        if self.foreign_refs {
            let ended = self.git().args(["symbolic-ref", "-q", "HEAD"]).end()?;
            let name = String::from_utf8_lossy(&ended.stdout).trim().to_owned();
            return Ok(ended.success.then_some(name));
        }
        let name = self.gix.head_name().map_err(GitError::gix("read HEAD"))?;
        Ok(name.map(|name| name.as_bstr().to_string()))
    }

    /// The commit or other object that a person's revision names, tags peeled.
    pub(crate) fn resolve(&self, rev: &str) -> Result<Oid, GitError> {
        if rev == "HEAD"
            && let Some(tip) = self.tip(rev)?
        {
            return Ok(tip);
        }
        if let Some(oid) = self.exact(rev) {
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

/// A bare repository that was found, not named, where the user said that those are not to be
/// trusted (`safe.bareRepository`): it may be part of a clone, with settings and hooks of its own.
fn may_be_somebodys_bare(gix: &gix::Repository) -> bool {
    gix.workdir().is_none() && gix.config_snapshot().string("safe.bareRepository").is_some()
}

fn has_unknown_extension(gix: &gix::Repository) -> bool {
    let config = gix.config_snapshot();
    let known = |name: &str| EXTENSIONS.contains(&name.to_ascii_lowercase().as_str());
    config.plumbing().sections_by_name("extensions").is_some_and(|mut sections| {
        sections.any(|section| section.value_names().any(|name| !known(&name.to_string())))
    })
}

/// What git says of the repository; what it refuses we do not touch either.
fn ask_git(gix: &gix::Repository) -> Result<(), GitError> {
    let dir = gix.workdir().unwrap_or_else(|| gix.git_dir());
    let ended = Git::within(dir).args(["rev-parse", "--git-dir"]).end()?;
    if ended.success {
        return Ok(());
    }
    let reason =
        ended.stderr.lines().next().unwrap_or("no reason given").trim_start_matches("fatal: ").to_owned();
    Err(GitError::Refused { git_dir: gix.git_dir().to_path_buf(), reason })
}

/// gix could not open anything: git knows best why.
fn why_not(dir: &Path) -> GitError {
    match Git::within(dir).args(["rev-parse", "--git-dir"]).end() {
        Ok(ended) if !ended.success && !ended.stderr.contains("not a git repository") => GitError::Refused {
            git_dir: dir.to_path_buf(),
            reason: ended.stderr.trim_start_matches("fatal: ").to_owned(),
        },
        Err(error) => error,
        Ok(_) => GitError::NotARepository { dir: dir.to_path_buf() },
    }
}
