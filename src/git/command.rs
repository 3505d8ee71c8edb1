//! The git executable: the one place that starts it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::error::GitError;
use super::running::Running;

/// Variables that say where a repository is; a hook's or a caller's must not leak into another
/// repository's command.
pub(crate) const LOCATION: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
];

/// Set for every git command that may call hooks while we are a hook: they then leave us alone.
pub(crate) const HOOK_GUARD: &str = "GIT_ORCHESTRATE_HOOK";

/// Settings that would run, start or change something beside the work tree itself.
const QUIET: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "submodule.recurse=false",
    "worktree.useRelativePaths=false",
    "advice.addEmbeddedRepo=false",
];

/// Settings with which objects are on disk before git ends.
pub(super) const DURABLE: [&str; 2] = ["core.fsync=objects", "core.fsyncMethod=batch"];

/// What a pipe holds at least before a writer waits for its reader, in bytes (POSIX says 512, Linux and
/// macOS give 4096 and more).
const PIPE: usize = 4096;

/// A git command that is being put together.
#[derive(Debug)]
pub(crate) struct Git {
    command: Command,
    name: String,
    input: Option<Vec<u8>>,
    known_to: Option<Running>,
}

/// How git ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Git {
    /// A command on the repository whose git folder this is, independent of where we were started.
    pub(crate) fn on(git_dir: &Path) -> Self {
        let mut git = Self::bare();
        git.command.env("GIT_DIR", git_dir);
        git
    }

    /// A command that finds its repository from `dir`, as a person's would there.
    pub(crate) fn within(dir: &Path) -> Self {
        let mut git = Self::bare();
        git.command.current_dir(dir);
        git
    }

    /// A command that needs no repository.
    pub(crate) fn anywhere() -> Self {
        Self::bare()
    }

    fn bare() -> Self {
        let mut command = Command::new("git");
        for name in LOCATION {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").stdin(Stdio::null());
        Self { command, name: String::new(), input: None, known_to: None }
    }

    /// Adds one argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        let arg = arg.as_ref();
        if self.name.is_empty() && !arg.to_string_lossy().starts_with('-') {
            self.name = arg.to_string_lossy().into_owned();
        }
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Sets a configuration value for this command only.
    pub(crate) fn config(mut self, setting: &str) -> Self {
        self.command.args(["-c", setting]);
        self
    }

    /// Keeps the user's hooks and git's own housekeeping out of it.
    pub(crate) fn quiet(self) -> Self {
        QUIET.iter().fold(self, |git, setting| git.config(setting))
    }

    /// Sets a variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Lets it end its work when our process group is killed, which git can't clean up after. Only for
    /// what takes moments and asks nothing: it is in the background of the terminal.
    pub(crate) fn apart(mut self) -> Self {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        self
    }

    /// Starts it in this folder.
    pub(crate) fn starting_in(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Gives it this on standard input.
    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Tells these while it runs, so that it can be stopped.
    pub(super) fn known_to(mut self, running: Running) -> Self {
        self.known_to = Some(running);
        self
    }

    /// Runs it, whatever it exits with.
    pub(crate) fn end(mut self) -> Result<Ended, GitError> {
        let input = self.input.take();
        self.command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        self.spawn(Stdio::piped())?.end(input.unwrap_or_default())
    }

    /// Starts it, so that it is ready when its input is. What it prints goes into this file, whose lock it
    /// keeps, too, as long as it lives.
    pub(super) fn start_into(mut self, output: File) -> Result<Started, GitError> {
        self.command.stdin(Stdio::piped());
        self.spawn(Stdio::from(output))
    }

    /// The same, without a file.
    pub(super) fn start(mut self) -> Result<Started, GitError> {
        self.command.stdin(Stdio::piped());
        self.spawn(Stdio::piped())
    }

    fn spawn(mut self, stdout: Stdio) -> Result<Started, GitError> {
        let child = self.command.stdout(stdout).stderr(Stdio::piped()).spawn().map_err(GitError::NoGit)?;
        if let Some(running) = &self.known_to {
            running.started(child.id());
        }
        Ok(Started { child, known_to: self.known_to })
    }

    /// Runs it and gives what it printed; anything but exit 0 is an error.
    pub(crate) fn output(self) -> Result<Vec<u8>, GitError> {
        let command = self.name.clone();
        let ended = self.end()?;
        if ended.success {
            Ok(ended.stdout)
        } else {
            Err(GitError::Failed { command, stderr: first_lines(&ended.stderr) })
        }
    }

    /// Runs it and gives what it printed as text, without the last newline.
    pub(crate) fn text(self) -> Result<String, GitError> {
        Ok(String::from_utf8_lossy(&self.output()?).trim_end_matches('\n').to_owned())
    }
}

/// A git command that waits for its input.
#[derive(Debug)]
pub(super) struct Started {
    child: Child,
    known_to: Option<Running>,
}

impl Started {
    /// Gives it this on standard input and waits for its end.
    pub(super) fn end(mut self, input: Vec<u8>) -> Result<Ended, GitError> {
        // git may stop reading early; what it then says is the better error. What fits into a pipe
        // needs no thread that feeds it.
        let feeder = match self.child.stdin.take() {
            Some(mut pipe) if input.len() > PIPE => {
                Some(std::thread::spawn(move || drop(pipe.write_all(&input))))
            }
            Some(mut pipe) => {
                drop(pipe.write_all(&input));
                None
            }
            None => None,
        };
        let id = self.child.id();
        let output = self.child.wait_with_output();
        if let Some(running) = &self.known_to {
            running.ended(id);
        }
        let output = output.map_err(GitError::NoGit)?;
        if let Some(feeder) = feeder {
            drop(feeder.join());
        }
        Ok(Ended {
            success: output.status.success(),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }
}

/// The first three lines of what git said, joined: enough to name a cause.
fn first_lines(stderr: &str) -> String {
    let plain = |line: &'_ str| -> String {
        line.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
    };
    let said = stderr.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("hint:"));
    said.take(3).map(plain).collect::<Vec<_>>().join("; ")
}
