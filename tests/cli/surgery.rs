//! Surgery on trees of refs, with plain git: what a person with bad luck or bad intent does.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use crate::support::TestRepo;

impl TestRepo {
    /// Commits to `name` what `change` makes of every file; at least one has to change.
    pub(crate) fn edit_tree(&self, name: &str, change: impl Fn(&str) -> String) {
        let mut changed = 0;
        self.with_index(name, |repo| {
            for path in repo.git(["ls-tree", "-r", "--name-only", name]).lines() {
                let text = repo.blob(name, path);
                let new = change(&text);
                if new != text {
                    changed += 1;
                    repo.stage(path, &new);
                }
            }
        });
        assert!(changed > 0, "no file of {name} was changed");
    }

    /// Commits a file to `name`.
    pub(crate) fn write_in_tree(&self, name: &str, path: &str, text: &str) {
        self.with_index(name, |repo| repo.stage(path, text));
    }

    /// Commits to `name` an empty file with a name that need not be text.
    pub(crate) fn write_odd_name(&self, name: &str, file: &[u8]) {
        self.with_index(name, |repo| {
            let blob = repo.surgical(&["hash-object", "-w", "--stdin"], "");
            let entry = [b"100644,", blob.as_bytes(), b",", file].concat();
            let mut command = repo.command("git");
            command.args(["update-index", "--add", "--cacheinfo"]).arg(OsStr::from_bytes(&entry));
            command.env("GIT_INDEX_FILE", repo.root().join("surgery"));
            crate::support::piped(&mut command, "");
        });
    }

    /// Commits to `name` an entry of any mode.
    pub(crate) fn put_in_tree(&self, name: &str, mode: &str, oid: &str, path: &str) {
        self.with_index(name, |repo| {
            repo.surgical(&["update-index", "--add", "--cacheinfo", &format!("{mode},{oid},{path}")], "");
        });
    }

    /// Commits to `name` a tree that git's index would not take: its root, with one more entry.
    pub(crate) fn add_to_root(&self, name: &str, entry: &str) {
        let root = self.git(["ls-tree", name]);
        let tree = self.surgical(&["mktree"], &format!("{root}\n{entry}\n"));
        self.commit_tree(name, &tree, "by hand");
    }

    /// Commits a tree to `name`.
    pub(crate) fn commit_tree(&self, name: &str, tree: &str, message: &str) {
        let commit = self.git(["commit-tree", tree, "-p", name, "-m", message]);
        self.git(["update-ref", name, &commit]);
    }

    /// Commits to `name` that a file is gone.
    pub(crate) fn remove_from_tree(&self, name: &str, path: &str) {
        self.with_index(name, |repo| {
            repo.surgical(&["update-index", "--force-remove", path], "");
        });
    }

    /// Commits to `name` that the files below `from` are below `to`.
    pub(crate) fn move_in_tree(&self, name: &str, from: &str, to: &str) {
        self.with_index(name, |repo| {
            for path in repo.git(["ls-tree", "-r", "--name-only", name, &format!("{from}/")]).lines() {
                repo.stage(&path.replacen(from, to, 1), &repo.blob(name, path));
                repo.surgical(&["update-index", "--force-remove", path], "");
            }
        });
    }

    fn with_index(&self, name: &str, mut change: impl FnMut(&Self)) {
        self.surgical(&["read-tree", name], "");
        change(self);
        let tree = self.surgical(&["write-tree"], "");
        self.commit_tree(name, &tree, "by hand");
    }

    fn stage(&self, path: &str, text: &str) {
        let blob = self.surgical(&["hash-object", "-w", "--stdin"], text);
        self.surgical(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")], "");
    }

    fn blob(&self, name: &str, path: &str) -> String {
        let output =
            self.command("git").args(["show", &format!("{name}:{path}")]).output().expect("git starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// git with an index of its own.
    pub(crate) fn surgical(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.command("git");
        command.args(arguments).env("GIT_INDEX_FILE", self.root().join("surgery"));
        crate::support::piped(command.stdin(Stdio::piped()), input)
    }
}
