//! Marketplaces that tests write: one plugin `tools`, whose skills are scripts with contracts.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::support::TestRepo;

/// A skill that a script does.
pub(crate) struct Skill {
    name: &'static str,
    description: &'static str,
    script: String,
    contract: String,
    gates: String,
}

impl Skill {
    /// A skill whose script writes what it says in `outputs` of its contract.
    pub(crate) fn new(name: &'static str, description: &'static str, script: &str) -> Self {
        let script = format!("#!/bin/sh\nset -eu\n{script}\n");
        Self { name, description, script, contract: String::new(), gates: String::new() }
    }

    /// Adds globs of what it may write, as YAML: `"a.txt", "docs/**"`.
    pub(crate) fn writes(self, globs: &str) -> Self {
        self.says(&format!("outputs: [{globs}]"))
    }

    /// Adds a gate: a file that must be there with something in it.
    pub(crate) fn gate(mut self, file: &str) -> Self {
        writeln!(self.gates, "      - {{name: \"{file} is there\", file: \"{file}\"}}").expect("a string");
        self
    }

    /// Adds a line to its contract.
    pub(crate) fn says(mut self, line: &str) -> Self {
        writeln!(self.contract, "    {line}").expect("a string");
        self
    }

    fn write(&self, plugin: &Path) {
        let folder = plugin.join("skills").join(self.name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let Self { name, description, script, contract, gates } = self;
        let gates = if gates.is_empty() { String::new() } else { format!("    gates:\n{gates}") };
        let text = format!(
            "---\nname: {name}\ndescription: {description}\nmetadata:\n  orchestrate:\n    runner: shell\n    \
             script: run.sh\n{contract}{gates}---\n\n# {name}\n\n{description}\n"
        );
        std::fs::write(folder.join("SKILL.md"), text).expect("written");
        std::fs::write(folder.join("run.sh"), script).expect("written");
    }
}

/// A marketplace in the folder `market` beside the work tree of a repository.
pub(crate) struct Market(PathBuf);

impl Market {
    /// Writes a marketplace of this name with these skills.
    pub(crate) fn write<const N: usize>(repo: &TestRepo, name: &str, skills: &[Skill; N]) -> Self {
        let root = repo.root().join(name);
        let plugin = root.join("plugins/tools");
        std::fs::create_dir_all(plugin.join(".claude-plugin")).expect("a folder");
        std::fs::create_dir_all(root.join(".claude-plugin")).expect("a folder");
        let manifest = format!(
            r#"{{"name":"{name}","owner":{{"name":"Somebody"}},"plugins":[{{"name":"tools","source":"./plugins/tools"}}]}}"#
        );
        std::fs::write(root.join(".claude-plugin/marketplace.json"), manifest).expect("written");
        let own = r#"{"name":"tools","version":"1.0.0","description":"Tools for tests"}"#;
        std::fs::write(plugin.join(".claude-plugin/plugin.json"), own).expect("written");
        skills.iter().for_each(|skill| skill.write(&plugin));
        Self(root)
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }

    /// A file of a skill.
    pub(crate) fn file(&self, skill: &str, name: &str) -> PathBuf {
        self.0.join("plugins/tools/skills").join(skill).join(name)
    }
}

impl TestRepo {
    /// Adds the starter.
    pub(crate) fn starter(self) -> Self {
        self.orchestrate(["marketplace", "add", "--starter"]).code(0);
        self
    }

    /// Writes a marketplace `market` with these skills, adds it and approves what it runs.
    pub(crate) fn skills<const N: usize>(self, skills: &[Skill; N]) -> Self {
        let market = Market::write(&self, "market", skills);
        self.orchestrate(["marketplace", "add", market.path()]).code(0);
        self.orchestrate(["marketplace", "approve", "market"]).code(0);
        self
    }

    /// What `git` says of every ref.
    pub(crate) fn refs(&self) -> String {
        self.git(["for-each-ref", "--format=%(objectname) %(refname)"])
    }

    /// Names of the refs below a prefix.
    pub(crate) fn refs_below(&self, prefix: &str) -> Vec<String> {
        let names = self.git(["for-each-ref", "--format=%(refname)", prefix]);
        names.lines().map(str::to_owned).collect()
    }

    /// The work tree as git sees it, untracked and ignored files too, with their content.
    pub(crate) fn work_tree(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.path(), &mut files);
        files.sort();
        files
    }

    /// Nothing of a run is left: no work trees, no folder for them, no locks.
    pub(crate) fn assert_nothing_left(&self) {
        assert_eq!(self.git(["worktree", "list", "--porcelain"]).matches("worktree ").count(), 1);
        let left: Vec<_> = std::fs::read_dir(self.tmp()).expect("a folder").flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn collect(dir: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
        let path = entry.path();
        if path.file_name().is_some_and(|name| name == ".git") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), std::fs::read(&path).expect("readable")));
        }
    }
}

/// A repository that knows a marketplace `market` with one plugin `tools` of these files.
pub(crate) fn knows<const N: usize>(files: [(&str, &str); N]) -> TestRepo {
    let repo = TestRepo::new();
    let root = repo.root().join("market");
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write(
        ".claude-plugin/marketplace.json",
        r#"{"name":"market","owner":{"name":"Somebody"},"plugins":[{"name":"tools","source":"./tools"}]}"#,
    );
    write("tools/.claude-plugin/plugin.json", r#"{"name":"tools","description":"Tools for tests"}"#);
    files.iter().for_each(|(path, text)| write(&format!("tools/{path}"), text));
    repo.orchestrate(["marketplace", "add", root.to_str().expect("UTF-8")]).code(0);
    repo
}
