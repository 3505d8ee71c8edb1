//! What a script or gate finds around itself: folder, environment, time limit.
//!
//! Text of the user reaches it through the environment only, never through a shell line.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::interrupt::Interrupt;
use super::order::Order;
use super::process::{self, Ended};
use crate::git::LOCATION;
use crate::model::component::Card;
use crate::model::plan::PlannedStep;

/// The longest value of a variable, in bytes: Linux refuses to start a program with one of 128 KiB.
const MAX_VALUE: usize = 100_000;

/// The surroundings of one component at work for one step.
pub(super) struct Surroundings<'a> {
    /// The folder that it works in.
    pub(super) worktree: &'a Path,
    pub(super) limit: Duration,
    pub(super) interrupt: &'a Interrupt,
    order: &'a Order<'a>,
    step: &'a PlannedStep,
    component: &'a Card,
}

impl<'a> Surroundings<'a> {
    /// The surroundings in this work tree. A contract's time limit replaces the order's.
    pub(super) fn new(
        order: &'a Order<'a>,
        step: &'a PlannedStep,
        component: &'a Card,
        worktree: &'a Path,
        interrupt: &'a Interrupt,
    ) -> Self {
        let own = component.contract.as_ref().and_then(|contract| contract.timeout);
        let limit = own.filter(|seconds| *seconds > 0).map_or(order.timeout, Duration::from_secs);
        Self { worktree, limit, interrupt, order, step, component }
    }

    /// Whether a component is still what was approved.
    pub(super) fn is_unchanged(&self, component: &Card) -> bool {
        (self.order.unchanged)(component)
    }

    /// Runs a `sh` script here.
    pub(super) fn sh(&self, script: &Path) -> std::io::Result<Ended> {
        self.program(&["sh".as_ref(), script.as_os_str()])
    }

    /// Runs a program with its arguments here.
    pub(super) fn program(&self, argv: &[&std::ffi::OsStr]) -> std::io::Result<Ended> {
        let (program, arguments) = argv.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.worktree);
        for name in LOCATION {
            command.env_remove(name);
        }
        let (plan, component) = (self.order.plan, self.component);
        command
            .env("ORCHESTRATE_REQUEST", value(&plan.request))
            .env("ORCHESTRATE_NEED", value(&self.step.purpose))
            .env("ORCHESTRATE_STEP", value(&self.step.id))
            .env("ORCHESTRATE_PROJECT", value(&self.order.project))
            .env("ORCHESTRATE_BASE", self.order.base.to_string())
            .env("ORCHESTRATE_SKILL", &component.folder)
            .env("CLAUDE_PLUGIN_ROOT", &component.roots.plugin);
        process::run(command, self.limit, self.interrupt)
    }
}

/// Text as a variable can hold it: without NUL, and not too long.
fn value(text: &str) -> String {
    let text = text.replace('\0', "");
    text[..text.floor_char_boundary(MAX_VALUE)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_end_is_cut_at_a_character() {
        assert_eq!(value("a\0b\n$(c)"), "ab\n$(c)");
        assert_eq!(value(&"é".repeat(MAX_VALUE)).len(), MAX_VALUE);
        assert_eq!(value(&format!("x{}", "é".repeat(MAX_VALUE))).len(), MAX_VALUE - 1);
    }
}
