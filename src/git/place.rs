//! Where the repository is and where HEAD points, found without opening it: for hooks, which every
//! commit waits for.
//!
//! Limit: nothing is checked, neither owner nor format: git, which called the hook, has done that.

use std::path::{Path, PathBuf};

use super::command::Git;
use super::error::GitError;
use crate::host::Host;
use crate::model::oid::Oid;

/// How many symbolic refs are followed.
const DEPTH: usize = 5;

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
        let linked = || std::fs::read_to_string(git_dir.join("commondir")).ok();
        let common_dir = match host.env("GIT_COMMON_DIR") {
            Some(given) => dir.join(given),
            None => linked().map_or_else(|| git_dir.clone(), |path| git_dir.join(path.trim_end())),
        };
        Ok(Self { git_dir, common_dir })
    }

    /// The folder for what is ours in the repository.
    pub(crate) fn own_dir(&self) -> PathBuf {
        self.common_dir.join("orchestrate")
    }

    /// The commit at HEAD; `None` on a branch that has none yet. A commit has just written its ref
    /// loose, so two small files tell; where they don't (packed, reftable), git does.
    pub(crate) fn head(&self) -> Result<Option<Oid>, GitError> {
        let mut path = self.git_dir.join("HEAD");
        for _ in 0..DEPTH {
            let Ok(text) = std::fs::read_to_string(&path) else { break };
            match text.strip_prefix("ref: ") {
                Some(name) => path = self.common_dir.join(name.trim_end()),
                None => return Ok(text.trim_end().parse().ok()),
            }
        }
        let ended = Git::on(&self.git_dir).args(["rev-parse", "-q", "--verify", "HEAD^{commit}"]).end()?;
        Ok(String::from_utf8_lossy(&ended.stdout).trim().parse().ok())
    }
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
