//! What is missing here, in words, and how to get it.

use super::Finding;
use crate::model::text::quoted;
use crate::store::{Elsewhere, Gap, NOTES, Remembered};

/// Where what is missing may be, and what is here.
pub(super) struct Around<'a> {
    pub(super) elsewhere: &'a Elsewhere,
    pub(super) has_notes: bool,
}

impl<'a> Around<'a> {
    pub(super) fn of(remembered: &'a Remembered) -> Self {
        Self { elsewhere: &remembered.elsewhere, has_notes: remembered.notes.is_some() }
    }
}

impl Around<'_> {
    /// What can't be checked for this reason.
    pub(super) fn not_checked(&self, rule: &'static str, object: &str, gap: &Gap) -> Finding {
        let message = match gap {
            Gap::History { commit } => format!("commit {} is missing here", commit.short()),
            Gap::Notes { commit } => {
                format!("no notes here have the notes commit {} that was counted", commit.short())
            }
            Gap::Newer { records: 1 } => "a record is of a newer kind or version".to_owned(),
            Gap::Newer { records } => format!("{records} records are of a newer kind or version"),
            Gap::Other { reason } => reason.clone(),
        };
        Finding { cure: Some(self.cure(gap)), ..Finding::not_checked(rule, object, message) }
    }

    fn cure(&self, gap: &Gap) -> String {
        let remote = self.elsewhere.remote.as_deref().map(quoted);
        match (gap, remote) {
            (Gap::Newer { .. }, _) => NEWER.to_owned(),
            (Gap::Other { .. }, _) => "`git fsck` tells what is missing or broken here".to_owned(),
            (_, None) => "fetch what is missing from a clone that has it".to_owned(),
            (Gap::History { .. }, Some(remote)) if self.elsewhere.is_shallow => {
                format!("`git fetch --unshallow {remote}` brings the rest of the history")
            }
            (Gap::History { commit }, Some(remote)) => {
                format!("`git fetch {remote} {commit}` brings it, if the remote still has it")
            }
            (Gap::Notes { .. }, Some(remote)) if self.has_notes => {
                format!("`git orchestrate sync {remote} --fetch` brings the notes that the remote has")
            }
            (Gap::Notes { .. }, Some(remote)) => format!("`git fetch {remote} {NOTES}:{NOTES}` brings them"),
        }
    }
}

/// What can't be read here can be read elsewhere.
pub(super) const NEWER: &str = "install a newer git-orchestrate";
