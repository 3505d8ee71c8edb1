//! Where the repository is and where its refs point, as far as small files tell: for hooks, which every
//! commit waits for, and for verbs that need no more of it.
//!
//! Limit: nothing is checked, neither owner nor format: git, which called the hook, has done that, and for
//! verbs [`opening`](super::opening) does it.

use std::path::{Path, PathBuf};

use super::command::Git;
use super::error::GitError;
use crate::host::Host;
use crate::model::oid::Oid;

/// How many symbolic refs are followed.
const DEPTH: usize = 5;
const HEAD: &str = "HEAD";
/// How a ref begins that names another one.
const SYMBOLIC: &str = "ref: ";
/// Refs that each work tree has its own of.
const OWN: &[&str] = &["refs/bisect/", "refs/worktree/", "refs/rewritten/"];

/// The folders of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    git_dir: PathBuf,
    common_dir: PathBuf,
}

impl Place {
    /// The repository that `dir` is in, or the one that `GIT_DIR` names.
    pub(crate) fn find(dir: &Path, host: &Host) -> Result<Self, GitError> {
        if host.env("GIT_QUARANTINE_PATH").is_some() {
            return Err(GitError::Quarantine);
        }
        let git_dir = match host.env("GIT_DIR") {
            Some(given) => Some(dir.join(given)),
            None => dir.ancestors().find_map(git_dir_at),
        };
        let git_dir = git_dir.ok_or_else(|| GitError::NotARepository { dir: dir.to_path_buf() })?;
        let common_dir = host.env("GIT_COMMON_DIR").map(|given| dir.join(given));
        Ok(Self { common_dir: common_dir.unwrap_or_else(|| shared_by(&git_dir)), git_dir })
    }

    /// The repository with this git folder, that of a linked work tree too.
    pub(super) fn of(git_dir: PathBuf) -> Self {
        Self { common_dir: shared_by(&git_dir), git_dir }
    }

    /// The repository with these folders.
    pub(super) fn at(git_dir: &Path, common_dir: &Path) -> Self {
        Self { git_dir: git_dir.to_path_buf(), common_dir: common_dir.to_path_buf() }
    }

    /// The git folder of this work tree.
    pub(super) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git folder that all work trees share.
    pub(super) fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The folder for what is ours in the repository.
    pub(crate) fn own_dir(&self) -> PathBuf {
        self.common_dir.join("orchestrate")
    }

    /// Whether HEAD is a file of its own. (Old gits made a link of it.)
    pub(super) fn has_own_head(&self) -> bool {
        self.git_dir.join(HEAD).symlink_metadata().is_ok_and(|it| it.is_file())
    }

    /// The full name of the branch at HEAD; `None` where there is none, or the file does not tell.
    pub(super) fn branch(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.git_dir.join(HEAD)).ok()?;
        text.strip_prefix(SYMBOLIC).map(|name| name.trim_end().to_owned())
    }

    /// The oid at the end of HEAD or of a ref that work trees share, as far as loose files tell.
    pub(super) fn loose(&self, name: &str) -> Option<Oid> {
        let mut path = if name == HEAD { self.git_dir.join(HEAD) } else { self.shared(name)? };
        for _ in 0..DEPTH {
            let text = std::fs::read_to_string(&path).ok()?;
            match text.strip_prefix(SYMBOLIC) {
                Some(name) => path = self.shared(name.trim_end())?,
                None => return text.trim_end().parse().ok(),
            }
        }
        None
    }

    fn shared(&self, name: &str) -> Option<PathBuf> {
        let is_shared = name.starts_with("refs/") && !OWN.iter().any(|own| name.starts_with(own));
        (is_shared && !name.contains("..")).then(|| self.common_dir.join(name))
    }

    /// The commit at HEAD; `None` on a branch that has none yet. A commit has just written its ref
    /// loose, so two small files tell; where they don't (packed, reftable), git does.
    pub(crate) fn head(&self) -> Result<Option<Oid>, GitError> {
        if let Some(tip) = self.loose(HEAD) {
            return Ok(Some(tip));
        }
        let ended = Git::on(&self.git_dir).args(["rev-parse", "-q", "--verify", "HEAD^{commit}"]).end()?;
        Ok(String::from_utf8_lossy(&ended.stdout).trim().parse().ok())
    }
}

/// The git folder that all work trees share, beside which `git_dir` is that of one of them.
fn shared_by(git_dir: &Path) -> PathBuf {
    let linked = std::fs::read_to_string(git_dir.join("commondir"));
    linked.map_or_else(|_| git_dir.to_path_buf(), |path| git_dir.join(path.trim_end()))
}

/// The git folder of a work tree's top `dir`, or `dir` itself where it is a bare repository.
fn git_dir_at(dir: &Path) -> Option<PathBuf> {
    let dot_git = dir.join(".git");
    if dot_git.join("HEAD").exists() {
        return Some(dot_git);
    }
    if let Ok(text) = std::fs::read_to_string(&dot_git) {
        return text.strip_prefix("gitdir: ").map(|path| dir.join(path.trim_end()));
    }
    let is_bare = dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir();
    is_bare.then(|| dir.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    fn found(dir: &Path) -> Place {
        Place::find(dir, &Host::new()).expect("a repository")
    }

    fn same(place: &Place, common_dir: &Path) -> bool {
        place.common_dir.canonicalize().expect("there") == common_dir.canonicalize().expect("there")
    }

    #[test]
    fn head_is_found_where_git_finds_it() {
        let repo = TestRepo::new();
        assert_eq!(found(&repo.path()).head().expect("reads"), None);
        let repo = repo.commit("deep/er/a.txt", "1");
        let common = repo.path().join(".git");
        let place = found(&repo.path().join("deep/er"));
        assert!(same(&place, &common));
        assert_eq!(place.head().expect("reads"), Some(repo.head()));
        repo.git(["pack-refs", "--all"]);
        assert_eq!(place.head().expect("reads"), Some(repo.head()));
        let linked = repo.temp("linked");
        repo.git(["worktree", "add", "-q", "--detach", linked.to_str().expect("UTF-8"), "HEAD"]);
        assert!(same(&found(&linked), &common));
        assert_eq!(found(&linked).head().expect("reads"), Some(repo.head()));
        repo.git_in(&linked, &["checkout", "-q", "-b", "side"]);
        repo.git_in(&linked, &["commit", "-q", "--allow-empty", "-m", "side"]);
        let side = repo.git(["rev-parse", "side"]);
        assert_eq!(found(&linked).head().expect("reads").expect("a tip").to_string(), side);
    }

    #[test]
    fn a_bare_repository_is_its_own_place_and_a_plain_folder_is_none() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let bare = repo.temp("bare.git");
        let path = bare.to_str().expect("UTF-8");
        repo.git(["clone", "-q", "--bare", ".", path]);
        assert_eq!(found(&bare).head().expect("reads"), Some(repo.head()));
        assert!(Place::find(&repo.temp(""), &Host::new()).is_err());
    }
}
