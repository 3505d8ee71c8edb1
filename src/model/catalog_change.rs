//! What changed between the catalogs of two libraries, component by component.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::capability::{Claim, Fact};
use super::catalog_entry::Entry;
use super::id::{ComponentId, PluginId};
use super::library::Library;

/// What became of one marketplace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CatalogChange {
    #[serde(skip)]
    pub(crate) marketplace: String,
    /// How many components it had, and has.
    #[serde(skip)]
    pub(crate) before: usize,
    #[serde(skip)]
    pub(crate) after: usize,
    pub(crate) added: Vec<ComponentId>,
    pub(crate) removed: Vec<ComponentId>,
    pub(crate) changed: Vec<Changed>,
}

/// A component that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Changed {
    pub(crate) component: ComponentId,
    /// Facts that were not known before, in words; neither lines nor sizes are told.
    pub(crate) new: Vec<String>,
    /// Facts that do not hold any more.
    pub(crate) gone: Vec<String>,
}

/// Every marketplace of which something differs, by name. What can't be read counts as nothing.
pub(crate) fn catalog_changes(before: &Library, after: &Library) -> Vec<CatalogChange> {
    let mut changes = BTreeMap::<&str, CatalogChange>::new();
    let plugins: BTreeSet<&PluginId> = before.analyses.keys().chain(after.analyses.keys()).collect();
    for plugin in plugins.into_iter().filter(|it| before.analyses.get(it) != after.analyses.get(it)) {
        let change = changes.entry(plugin.marketplace()).or_default();
        let (mut old, new) = (entries(before, plugin), entries(after, plugin));
        for (id, entry) in new {
            match old.remove(&id) {
                None => change.added.push(id),
                Some(known) if known == entry => {}
                Some(known) => change.changed.push(changed(id, &known.facts, &entry.facts)),
            }
        }
        change.removed.extend(old.into_keys());
    }
    let size = |library: &Library, name: &str| {
        let of_it = library.analyses.iter().filter(|(plugin, _)| plugin.marketplace() == name);
        of_it.map(|(_, analysis)| analysis.len()).sum()
    };
    let named = changes.into_iter().map(|(name, change)| CatalogChange {
        marketplace: name.to_owned(),
        before: size(before, name),
        after: size(after, name),
        ..change
    });
    named.collect()
}

fn entries(library: &Library, plugin: &PluginId) -> BTreeMap<ComponentId, Entry> {
    let analysis = library.analyses.get(plugin);
    analysis.and_then(|it| it.read(plugin).ok()).map_or_else(BTreeMap::new, |contents| contents.components)
}

fn changed(component: ComponentId, before: &[Fact], after: &[Fact]) -> Changed {
    let said = |facts: &[Fact]| -> Vec<String> { facts.iter().filter_map(words).collect() };
    let (before, after) = (said(before), said(after));
    let beyond = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|it| !those.contains(it)).cloned().collect()
    };
    Changed { component, new: beyond(&after, &before), gone: beyond(&before, &after) }
}

/// What a fact says, where that is more than how long the text is.
fn words(fact: &Fact) -> Option<String> {
    match &fact.claim {
        Claim::Context { .. } => None,
        claim => Some(format!("{} {claim}", claim.kind())),
    }
}
