//! What changed between two libraries, pattern by pattern.

use super::evidence::Tally;
use super::id::PatternId;
use super::library::Library;
use super::pattern::{Pattern, Stage};

/// What became of one pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) pattern: PatternId,
    /// `a → b + c`.
    pub(crate) shape: String,
    /// Keywords of the requests that it served.
    pub(crate) words: Vec<String>,
    pub(crate) before: Option<(Tally, Stage)>,
    pub(crate) after: (Tally, Stage),
}

impl Change {
    /// What happened, as the first word of a subject.
    pub(crate) fn verb(&self) -> &'static str {
        let (tally, stage) = self.after;
        match self.before {
            None => "Discover",
            Some((_, before)) if stage > before => "Promote",
            Some((_, before)) if stage < before && stage == Stage::Retired => "Retire",
            Some((_, before)) if stage < before => "Demote",
            Some((before, _)) if tally.failed > before.failed => "Penalise",
            Some((before, _)) if tally.passed > before.passed => "Reinforce",
            Some(_) => "Update",
        }
    }

    /// `discovered -> validated`, if the pattern moved.
    pub(crate) fn promotion(&self) -> Option<String> {
        let (_, after) = self.after;
        let before = self.before.map(|(_, stage)| stage)?;
        (before != after).then(|| format!("{} {} -> {}", self.pattern, before.as_str(), after.as_str()))
    }
}

/// Every pattern whose evidence or stage differs, in order of id.
pub(crate) fn changes(before: &Library, after: &Library) -> Vec<Change> {
    let place = |library: &Library, pattern: &Pattern| {
        let tally = library.pattern_tally(pattern);
        (tally, Stage::of(tally, pattern.requests.len(), &library.policy))
    };
    // What is only proposed is no evidence; who ran it first discovers it.
    let ran = |pattern: &&Pattern| pattern.proposal().is_none();
    after
        .with_evidence()
        .map(|pattern| Change {
            pattern: pattern.id.clone(),
            shape: pattern.phases.to_string(),
            words: pattern.words.clone(),
            before: before.patterns.get(&pattern.id).filter(ran).map(|known| place(before, known)),
            after: place(after, pattern),
        })
        .filter(|change| change.before != Some(change.after))
        .collect()
}
