//! git's hooks: putting them in beside what others put there, taking them out without a trace, and
//! saying how they stand.
//!
//! What is installed is one call of `git-orchestrate hook <event>`, by name: nothing absolute is kept,
//! so a program that moves or goes away breaks nothing. git looks for it on the PATH that git itself was
//! started with, and in its own folder of programs.

mod block;
mod configured;
mod error;
mod event;
mod folder;
mod install;
mod place;
mod receipt;
mod script;
mod status;
mod trouble;
mod uninstall;
mod wiring;

pub(crate) use block::{STOPS, text as lines_by_hand};
pub(crate) use configured::Method;
pub(crate) use error::HookError;
pub(crate) use event::Event;
pub(crate) use install::{Change, Installed, Refusal, install};
pub(crate) use status::{keep_notes_for_uninstall, rewrites_notes, status};
pub(crate) use trouble::Trouble;
pub(crate) use uninstall::uninstall;
pub(crate) use wiring::not_followed;
