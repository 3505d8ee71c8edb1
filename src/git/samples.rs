//! A real repository in a temporary folder, for unit tests of every room.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Repository;
use crate::host::Host;
use crate::model::oid::Oid;

/// A repository with branch `main` and an identity, out of reach of the machine's git settings.
pub(crate) struct TestRepo {
    dir: tempfile::TempDir,
}

impl TestRepo {
    /// An empty repository.
    pub(crate) fn new() -> Self {
        Self::in_format([])
    }

    /// An empty repository, with more options of `git init`.
    pub(crate) fn in_format<const N: usize>(options: [&str; N]) -> Self {
        let repo = Self { dir: tempfile::tempdir().expect("a temporary folder") };
        std::fs::create_dir(repo.path()).expect("made");
        let mut init = vec!["init", "-q", "-b", "main"];
        init.extend(options);
        repo.git_in(&repo.path(), &init);
        for (key, value) in [
            ("user.name", "Ada"),
            ("user.email", "ada@example.org"),
            ("commit.gpgSign", "false"),
            ("core.excludesFile", "/dev/null"),
        ] {
            repo.git(["config", key, value]);
        }
        repo
    }

    /// With a commit of one file.
    pub(crate) fn commit(self, path: &str, text: &str) -> Self {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().expect("below the root")).expect("made");
        std::fs::write(file, text).expect("written");
        self.git(["add", "--", path]);
        self.git(["commit", "-q", "-m", "change a file"]);
        self
    }

    /// With a commit that removes one file.
    pub(crate) fn remove(self, path: &str) -> Self {
        self.git(["rm", "-q", "--", path]);
        self.git(["commit", "-q", "-m", "remove a file"]);
        self
    }

    /// Installs a hook of the hooks folder.
    pub(crate) fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path().join(".git/hooks").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
    }

    /// Its work tree.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    /// A path beside the repository that goes away with it.
    pub(crate) fn temp(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The repository, open.
    pub(crate) fn open(&self) -> Repository {
        Repository::discover(&self.path(), &Host::new()).expect("a repository")
    }

    /// The commit at HEAD.
    pub(crate) fn head(&self) -> Oid {
        self.git(["rev-parse", "HEAD"]).parse().expect("an oid")
    }

    /// What git prints for this, without the last newline.
    pub(crate) fn git<const N: usize>(&self, args: [&str; N]) -> String {
        self.git_in(&self.path(), &args)
    }

    /// The same, in another folder.
    pub(crate) fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let mut command = Command::new("git");
        for name in super::LOCATION {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = command.current_dir(dir).args(args).output().expect("git starts");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }
}
