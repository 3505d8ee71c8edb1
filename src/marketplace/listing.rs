//! What a marketplace offers: its plugins, their components, and what was wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::diagnostic::{Diagnostic, Severity};
use super::frontmatter::Fronts;
use super::hook::Hook;
use super::source::GitSource;
use crate::model::component::{Card, TokenCost};

/// A marketplace as it is on disk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listing<T = ()> {
    pub(crate) name: String,
    /// Absolute, without symbolic links.
    pub(crate) root: PathBuf,
    /// In the manifest's order.
    pub(crate) plugins: Vec<PluginEntry>,
    /// Names of plugins by the names that they had.
    pub(crate) renames: BTreeMap<String, String>,
    /// Plugin by plugin; within one, skills, agents, commands, MCP servers.
    pub(crate) components: Vec<Card>,
    /// What was made of each component while its text was at hand.
    pub(crate) made: Vec<T>,
    /// What hosts do at events once the plugins are installed.
    pub(crate) hooks: Vec<Hook>,
    pub(crate) fronts: Fronts,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A plugin that a marketplace names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PluginEntry {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) resolution: Resolution,
    /// Where git gets it, if it is elsewhere and git can.
    #[serde(skip)]
    pub(crate) git: Option<GitSource>,
}

/// Where a plugin's files are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Resolution {
    /// In this folder; absolute.
    Local(#[serde(serialize_with = "lossy")] PathBuf),
    /// Elsewhere; nothing was fetched.
    Remote { description: String },
    /// Nowhere that may be read.
    Broken { reason: String },
}

impl PluginEntry {
    /// Whether the marketplace has it from somewhere else, fetched or not.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.git.is_some() || self.resolution.is_remote()
    }
}

impl Resolution {
    /// Whether it is elsewhere and was not fetched.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Self::Remote { .. })
    }

    /// The word for it.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Remote { .. } => "remote",
            Self::Broken { .. } => "broken",
        }
    }
}

/// A listing in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    /// Plugins by resolution.
    pub(crate) plugins: BTreeMap<&'static str, usize>,
    /// Components by kind.
    pub(crate) components: BTreeMap<String, usize>,
    /// Things that hosts do at events.
    pub(crate) hooks: usize,
    /// Components that say how they are run and checked.
    pub(crate) contracts: usize,
    /// What came of the frontmatter of documents.
    pub(crate) frontmatter: Fronts,
    /// Diagnostics by severity.
    pub(crate) diagnostics: BTreeMap<Severity, usize>,
    /// The sum over all components.
    pub(crate) tokens: TokenCost,
}

impl<T> Listing<T> {
    /// The listing in numbers.
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary { hooks: self.hooks.len(), frontmatter: self.fronts, ..Summary::default() };
        for plugin in &self.plugins {
            *summary.plugins.entry(plugin.resolution.as_str()).or_default() += 1;
        }
        for component in &self.components {
            *summary.components.entry(component.id.kind().to_owned()).or_default() += 1;
            summary.contracts += usize::from(component.contract.is_some());
            summary.tokens.always += component.tokens.always;
            summary.tokens.on_invoke += component.tokens.on_invoke;
        }
        for diagnostic in &self.diagnostics {
            *summary.diagnostics.entry(diagnostic.severity).or_default() += 1;
        }
        summary
    }
}

fn lossy<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::super::samples::Tree;
    use crate::model::json::canonical;

    #[test]
    fn a_summary_counts_by_kind_resolution_and_severity() {
        let tree = Tree::new()
            .entries(r#"{"name":"p","source":"./p"},{"name":"r","source":{"source":"npm","package":"x"}},{"name":"b"}"#)
            .skill("p", "one")
            .skill("p", "two")
            .file("p/commands/go.md", "# Go\nGoes there.");
        let listing = tree.read();
        insta::assert_snapshot!(canonical(&listing.summary()), @r#"{"plugins":{"broken":1,"local":1,"remote":1},"components":{"command":1,"skill":2},"hooks":0,"contracts":0,"frontmatter":{"present":2,"repaired":0,"lost":0},"diagnostics":{"info":2,"error":1},"tokens":{"always":14,"on_invoke":6}}"#);
        insta::assert_snapshot!(canonical(&listing.plugins[1]), @r#"{"name":"r","description":"","resolution":{"remote":{"description":"npm x"}}}"#);
        assert_eq!(tree.read_as(Some("mine")).name, "mine");
    }
}
