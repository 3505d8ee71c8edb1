//! A run as it happens, line by line on stderr.

use super::{Ui, clip, duration};
use crate::execute::Event;

/// The most changed files that a line names.
const NAMED: usize = 3;

impl Ui {
    /// Shows one event of a run; nothing where a program reads.
    pub(crate) fn event(&self, event: &Event, phases: usize) {
        if self.is_json() {
            return;
        }
        match event {
            Event::PhaseStarted { phase, steps } => {
                self.talk(format!("phase {phase} of {phases}: {}", steps.join(", ")));
            }
            Event::StepStarted { component, attempt, .. } if *attempt > 1 => {
                self.talk(format!("  try {attempt}: {}", component.name()));
            }
            Event::StepStarted { .. } | Event::Committed { .. } => {}
            Event::StepAlreadyGreen { step, .. } => self.talk(format!("  skipped: {step}, already green")),
            Event::StepPassed { component, duration_ms, changed, unchecked, .. } => {
                self.talk(format!(
                    "  passed: {} in {}{}",
                    component.name(),
                    duration(*duration_ms),
                    files(changed)
                ));
                unchecked.iter().for_each(|gate| self.talk(format!("  not evaluated: gate `{gate}`")));
            }
            Event::StepRetried { component, error, .. } => {
                self.talk(format!("  failed, trying again: {}: {}", component.name(), clip(error, 160)));
            }
            Event::StepFailed { component, error, .. } => {
                self.talk(format!("  failed: {}: {}", component.name(), clip(error, 160)));
            }
            Event::StepFellBack { from, to, .. } => {
                self.talk(format!("  falling back from {} to {}", from.name(), to.name()));
            }
            Event::StepConflicted { step, paths } => {
                self.talk(format!(
                    "  {step} changed what another step changed ({}); running it again on top",
                    paths.join(", ")
                ));
            }
            Event::Interrupted => self.talk("interrupted: stopping what runs, starting nothing new"),
        }
    }
}

fn files(changed: &[String]) -> String {
    let named = changed.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match changed.len() {
        0 => String::new(),
        number if number <= NAMED => format!(": {named}"),
        number => format!(": {named} and {} more", number - NAMED),
    }
}
