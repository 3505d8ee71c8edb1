//! What a plan may ask the catalog for.

use crate::model::id::ComponentId;
use crate::model::library::Library;

use super::need::Need;
use super::precedent;
use super::task::Candidate;

/// The components that a plan for these needs may ask the catalog for, besides fallbacks of theirs: candidates,
/// their twins, and what patterns like the request consist of.
pub(crate) fn asked_for(needs: &[(Need, Vec<Candidate>)], library: &Library) -> Vec<ComponentId> {
    let words = needs.iter().flat_map(|(need, _)| &need.words).map(String::as_str).collect();
    let candidates = needs.iter().flat_map(|(_, candidates)| candidates);
    let found = candidates.flat_map(|candidate| std::iter::once(&candidate.component).chain(&candidate.also));
    found.chain(precedent::components(&words, library)).cloned().collect()
}
