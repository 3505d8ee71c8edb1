//! The `git-orchestrate` program; `git orchestrate` finds it on the PATH.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(git_orchestrate::main(std::env::args_os()))
}
