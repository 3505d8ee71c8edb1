//! Where the benches take place: repositories out of reach of the machine's settings.

use std::path::Path;
use std::process::Command;

/// A command in a folder, with our program on the PATH.
pub(crate) fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    let own = Path::new(env!("CARGO_BIN_EXE_git-orchestrate")).parent().expect("a folder").to_path_buf();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&inherited)));
    command
        .current_dir(dir)
        .env("PATH", path.expect("folders without a colon"))
        .env_remove("CI")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in [("NAME", "A User"), ("EMAIL", "user@example.com")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command
}

/// Our program in a folder.
pub(crate) fn program(dir: &Path) -> Command {
    command(env!("CARGO_BIN_EXE_git-orchestrate"), dir)
}

/// Runs git, which has to succeed, and gives what it printed.
pub(crate) fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = command("git", dir).args(arguments).output().expect("git starts");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
