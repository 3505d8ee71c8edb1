//! Reads marketplaces as they are on disk: what a host would load, what it would not, and why.
//!
//! Nothing is run or fetched, and nothing outside the marketplace's root is read. A file that is
//! broken costs itself and a diagnostic, never the listing.

pub(crate) mod compare;
mod component;
mod content;
mod contract;
pub(crate) mod diagnostic;
pub(crate) mod fetched;
mod files;
mod frontmatter;
pub(crate) mod hook;
mod keys;
mod layout;
pub(crate) mod listing;
mod manifest;
mod markdown;
mod mcp;
mod names;
mod plugin;
mod prompt;
mod read;
mod registry;
mod repair;
pub(crate) mod source;
pub(crate) mod starter;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod samples;

use std::path::{Path, PathBuf};

use listing::Listing;

use crate::model::component::Component;

/// Reads the marketplace at `root`, under `name` or else its own name. What was fetched of plugins that
/// are elsewhere lies in `kept`.
pub(crate) fn read(
    name: Option<&str>,
    root: &Path,
    kept: Option<&Path>,
) -> Result<Listing, MarketplaceError> {
    read::listing(name, root, kept)
}

/// Whether a component with a contract is on disk still what its `content` says: to be asked right
/// before something of it runs.
pub(crate) fn is_unchanged(component: &Component) -> bool {
    content::is_unchanged(component)
}

/// Takes a document and a prompt apart.
#[cfg(fuzzing)]
pub(crate) fn fuzz_document(text: &str) {
    drop(frontmatter::parse(text));
    drop(prompt::parse(text));
}

/// Why there is no listing at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MarketplaceError {
    /// The root does not exist, is not a folder, or may not be read.
    #[error("marketplace `{}` cannot be read", root.display())]
    Unreadable { root: PathBuf, source: std::io::Error },
    /// The root holds no manifest, agents, commands or skills.
    #[error("marketplace `{}` has no manifest and no agents, commands or skills", root.display())]
    Empty { root: PathBuf },
}
