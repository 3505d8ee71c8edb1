//! Repositories to try the program on: hermetic, with a clock that ticks.

use assert_cmd::cargo::cargo_bin;
use std::cell::Cell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9]+(\.[0-9])? (ms|s)\b").expect("a regular expression"));
static FOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"/[^ ]*/\.tmp[A-Za-z0-9]{6}").expect("a regular expression"));

/// The first moment of every test: 2026-11-20T08:00:00Z, in milliseconds.
pub(crate) const START: i64 = 1_795_161_600_000;
/// Between two invocations this much time passes, so that they make different ids.
pub(crate) const STEP: i64 = 60_000;

/// A repository in a folder of its own, with a home and a temporary folder beside it.
pub(crate) struct TestRepo {
    root: Rc<TempDir>,
    /// The work tree.
    dir: PathBuf,
    clock: Cell<Option<i64>>,
    variables: Vec<(String, String)>,
}

impl TestRepo {
    /// `git init`, on the unborn branch `main`.
    pub(crate) fn new() -> Self {
        let repo = Self::nowhere();
        repo.git(["init", "-q", "-b", "main"]);
        repo
    }

    /// A bare repository.
    pub(crate) fn bare() -> Self {
        let repo = Self::nowhere();
        repo.git(["init", "-q", "--bare", "-b", "main"]);
        repo
    }

    /// A folder that is no repository.
    pub(crate) fn nowhere() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        for dir in ["home", "tmp", "project"] {
            std::fs::create_dir(root.path().join(dir)).expect("a fresh folder");
        }
        let identity = "[user]\n\tname = A User\n\temail = user@example.com\n";
        std::fs::write(root.path().join("home/.gitconfig"), identity).expect("written");
        let dir = root.path().join("project");
        Self { root: Rc::new(root), dir, clock: Cell::new(Some(START)), variables: Vec::new() }
    }

    /// A clone of `origin` in a place of its own.
    pub(crate) fn clone_of(origin: &Self) -> Self {
        let repo = Self::nowhere();
        repo.git(["clone", "-q", origin.path().to_str().expect("UTF-8"), "."]);
        repo
    }

    /// A clock that is an hour ahead of a fresh one's: two repositories of one test make other ids.
    pub(crate) fn with_later_clock(self) -> Self {
        self.clock.set(self.clock.get().map(|now| now + 60 * STEP));
        self
    }

    /// The same home and clock in another folder: a submodule, a linked work tree.
    pub(crate) fn at(&self, dir: &Path) -> Self {
        let clock = Cell::new(self.clock.get().map(|now| now + 100 * STEP));
        Self { root: Rc::clone(&self.root), dir: dir.to_path_buf(), clock, variables: self.variables.clone() }
    }

    /// The same in a folder that is named from the work tree.
    pub(crate) fn inside(&self, path: &str) -> Self {
        self.at(&self.dir.join(path).canonicalize().expect("a folder"))
    }

    /// Uses the machine's clock and randomness: for processes that run at the same time.
    pub(crate) fn with_real_clock(self) -> Self {
        self.clock.set(None);
        self
    }

    /// Sets a variable for every command.
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a variable is set to for every command.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Lets hooks find the program.
    pub(crate) fn with_program_on_path(self) -> Self {
        let program = cargo_bin!("git-orchestrate");
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = [program.parent().expect("a folder").to_path_buf()];
        let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&inherited)));
        self.with_variable("PATH", path.expect("joins").to_str().expect("UTF-8"))
    }

    /// The work tree.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.clone()
    }

    /// The folder that everything is in.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The folder for temporary files.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.path().join("tmp")
    }

    /// Writes a file.
    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        self.write(path, content);
        self
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, content: &str) {
        let full = self.path().join(path);
        std::fs::create_dir_all(full.parent().expect("below the work tree")).expect("folders");
        std::fs::write(full, content).expect("written");
    }

    /// What a file says.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Commits everything.
    pub(crate) fn commit(self, message: &str) -> Self {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self
    }

    /// A command with a hermetic environment in the work tree.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let home = self.root.path().join("home");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("TMPDIR", self.tmp())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"))
            .env("GIT_AUTHOR_DATE", "2026-11-20T08:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-11-20T08:00:00Z")
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .current_dir(self.path());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    /// Runs git; it has to succeed.
    pub(crate) fn git<const N: usize>(&self, arguments: [&str; N]) -> String {
        let output = self.command("git").args(arguments).output().expect("git starts");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// The program, ready to be started.
    pub(crate) fn program(&self) -> Command {
        let mut command = self.command(cargo_bin!("git-orchestrate"));
        if let Some(now) = self.clock.get() {
            command.env("GIT_ORCHESTRATE_TEST_CLOCK", now.to_string());
            self.clock.set(Some(now + STEP));
        }
        command
    }

    /// Runs the program.
    pub(crate) fn orchestrate<const N: usize>(&self, arguments: [&str; N]) -> Ran {
        Ran::of(&self.program().args(arguments).stdin(Stdio::null()).output().expect("it starts"))
    }

    /// Runs the program with this on standard input.
    pub(crate) fn orchestrate_with<const N: usize>(&self, arguments: [&str; N], input: &str) -> Ran {
        let mut child = self
            .program()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        // It may end before it has read everything.
        drop(child.stdin.take().expect("piped").write_all(input.as_bytes()));
        Ran::of(&child.wait_with_output().expect("it ends"))
    }

    /// Records executions given as JSON Lines.
    pub(crate) fn record(self, lines: &str) -> Self {
        self.orchestrate_with(["record"], lines).code(0);
        self
    }

    /// Every execution, as `log --json` prints them, the latest first.
    pub(crate) fn executions(&self) -> Vec<Value> {
        let log = self.orchestrate(["log", "-n", "100000", "--json"]).code(0);
        log.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

/// Runs a command with this on standard input; it has to succeed. Gives what it printed.
pub(crate) fn piped(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdin.take().expect("piped").write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// An execution of two components, as somebody would record it.
pub(crate) fn execution(request: &str, components: [&str; 2], outcome: &str) -> String {
    let [first, second] = components;
    format!(
        r#"{{"request":"{request}","steps":[{{"component":"market/plugin/skill/{first}","outcome":"passed"}},{{"component":"market/plugin/skill/{second}","outcome":"{outcome}"}}],"outcome":"{outcome}"}}"#
    )
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }

    /// It has to have exited with this code.
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// What it printed, parsed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Both streams, for a snapshot of a whole screen, without what differs from one try to the next:
    /// spans of time, and folders of the test.
    pub(crate) fn screen(&self) -> String {
        let talk: String = self.stderr.lines().map(|line| format!("! {line}\n")).collect();
        let text = format!("{}{talk}", self.stdout);
        let text = TIME.replace_all(&text, "<time>");
        FOLDER.replace_all(&text, "<root>").into_owned()
    }
}
