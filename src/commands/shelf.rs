//! Where plans find components, in the marketplaces of a repository or among tools from outside.

use crate::model::component::Catalog;
use crate::model::id::ComponentId;
use crate::research::search::Hit;
use crate::ui::Failure;

/// Components, of which only what is asked for is looked at.
pub(super) trait Shelf {
    /// The best components for `words`.
    fn search(&self, words: &str, limit: usize) -> Result<Vec<Hit>, Failure>;
    /// These components, as far as they are there, with their fallbacks and those of their fallbacks.
    fn catalog(&self, ids: Vec<ComponentId>) -> Result<Catalog, Failure>;
    /// Whether there is no component at all.
    fn is_empty(&self) -> Result<bool, Failure>;
}
