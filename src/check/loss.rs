//! What one library knows and another does not: where the second is not at least the first.

use crate::model::analysis::Analysis;
use crate::model::evidence::{Cells, Slot};
use crate::model::id::{PluginId, RecordId};
use crate::model::library::Library;
use crate::model::pattern::Pattern;
use crate::model::plugin_file::plugin_path;

/// Something that one library knows and another knows less of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) of: Known,
    /// The file that should say it.
    pub(super) file: String,
    /// What was said, and what is.
    pub(super) was: String,
    pub(super) is: String,
}

/// What can be lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    Epoch,
    /// A cell of a pattern or component.
    Cell(String, Slot),
    /// The requests of a pattern.
    Requests(String),
    /// What is told of a pattern or component beside its cells.
    Description(String),
    /// What the catalog says of a plugin.
    Catalog(PluginId),
    /// Whether an execution counts in a cell.
    Decision(String, Slot, RecordId),
}

impl Known {
    /// In words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Epoch => "the epoch".to_owned(),
            Self::Cell(subject, slot) => format!("the cell {} of {subject}", words(slot)),
            Self::Requests(subject) => format!("the number of requests of {subject}"),
            Self::Description(subject) => format!("`updated` of {subject}"),
            Self::Catalog(plugin) => format!("the catalog of {plugin}"),
            Self::Decision(subject, slot, id) => {
                format!("the decision on execution {id} in {} of {subject}", words(slot))
            }
        }
    }
}

fn words(slot: &Slot) -> String {
    format!("{} {} {}", slot.replica, slot.month.as_str(), slot.outcome.as_str())
}

/// Where `is` is not at least `was`. What its policy says may change either way.
pub(super) fn losses(was: &Library, is: &Library) -> Vec<Loss> {
    let mut losses = Vec::new();
    let mut lost = |of, file: &str, was: String, is: String| {
        losses.push(Loss { of, file: file.to_owned(), was, is });
    };
    if is.epoch < was.epoch {
        lost(Known::Epoch, "epoch", was.epoch.as_str().to_owned(), is.epoch.as_str().to_owned());
    }
    for (id, before) in &was.patterns {
        let now = is.patterns.get(id);
        let file = is.pattern_path(now.unwrap_or(before));
        for (slot, was, is) in lowered(&before.cells, now.map(|it| &it.cells)) {
            lost(Known::Cell(id.to_string(), slot), &file, was.to_string(), is.to_string());
        }
        let Some(now) = now else { continue };
        let missing = missing_requests(before, now);
        if missing > 0 {
            let (was, is) = (now.requests.len() + missing, now.requests.len());
            lost(Known::Requests(id.to_string()), &file, was.to_string(), is.to_string());
        }
        if (before.updated, &before.replica) > (now.updated, &now.replica) {
            let of = Known::Description(id.to_string());
            lost(of, &file, before.updated.to_string(), now.updated.to_string());
        }
    }
    for (id, before) in &was.components {
        let now = is.components.get(id);
        let file = plugin_path(&id.owner());
        for (slot, was, is) in lowered(&before.cells, now.map(|it| &it.cells)) {
            lost(Known::Cell(id.to_string(), slot), &file, was.to_string(), is.to_string());
        }
        if let Some(now) = now.filter(|now| (before.updated, &before.replica) > (now.updated, &now.replica)) {
            let of = Known::Description(id.to_string());
            lost(of, &file, before.updated.to_string(), now.updated.to_string());
        }
    }
    for (id, before) in &was.analyses {
        let now = is.analyses.get(id);
        if now.is_none_or(|now| now < before) {
            let of = Known::Catalog(id.clone());
            lost(of, &plugin_path(id), dated(before), now.map_or_else(|| "nothing".to_owned(), dated));
        }
    }
    for (claim, was) in was.decisions.beyond(&is.decisions).iter() {
        let of = Known::Decision(claim.subject.clone(), claim.slot.clone(), claim.id);
        let now = is.decisions.get(claim).map_or_else(|| "nothing".to_owned(), |it| it.to_string());
        lost(of, "forgotten", was.to_string(), now);
    }
    losses
}

/// An analysis by what decides which one counts.
fn dated(analysis: &Analysis) -> String {
    let stamp = analysis.stamp().map(|it| format!("of {} by rules {}", it.updated, it.extractor));
    stamp.unwrap_or_else(|| "nothing that can be read".to_owned())
}

/// Cells that are lower: the slot, what was and what is.
fn lowered<'a>(before: &'a Cells, now: Option<&'a Cells>) -> impl Iterator<Item = (Slot, u64, u64)> + 'a {
    let now = move |slot: &Slot| now.map_or(0, |now| now.get(slot));
    let pairs = before.iter().map(move |(slot, was)| (slot.clone(), was, now(slot)));
    pairs.filter(|(_, was, is)| is < was)
}

/// How many requests are gone, of those that a pattern keeps.
fn missing_requests(before: &Pattern, now: &Pattern) -> usize {
    let mut both = now.clone();
    both.requests.extend(before.requests.iter().cloned());
    both.trim_requests();
    both.requests.difference(&now.requests).count()
}
