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
pub(crate) mod kept;
mod keys;
mod layout;
pub(crate) mod listing;
mod looks;
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
mod stamp;
pub(crate) mod starter;
pub(crate) mod stock;
mod trail;

#[cfg(test)]
mod again;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod samples;

use std::path::{Path, PathBuf};

pub(crate) use files::Nature;
use stock::Stock;

use crate::model::component::{Card, Component};

/// A marketplace to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site<'a> {
    /// What it is called here, instead of what it calls itself.
    pub(crate) name: Option<&'a str>,
    pub(crate) root: &'a Path,
    pub(crate) nature: Nature,
    /// Where that lies which was fetched of plugins that are elsewhere.
    pub(crate) kept: Option<&'a Path>,
}

/// Reads a marketplace. Of `before`, which was read of the same site earlier, every plugin is taken over
/// of which nothing has changed. `make` says what becomes of the components of the others.
pub(crate) fn read<T: Send>(
    site: Site<'_>,
    before: Option<Stock<T>>,
    make: &(impl Fn(Component) -> T + Sync),
) -> Result<Stock<T>, MarketplaceError> {
    read::stock(site, before, make)
}

/// Whether a component with a contract is on disk still what its `content` says: to be asked right
/// before something of it runs.
pub(crate) fn is_unchanged(component: &Card) -> bool {
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
