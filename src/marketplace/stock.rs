//! A marketplace as it was read, plugin by plugin: what a listing is made of, and what the next reading can
//! take over.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::component::Owner;
use super::diagnostic::{Diagnostics, shown};
use super::frontmatter::Fronts;
use super::hook::Hook;
use super::layout::Kind;
use super::listing::{Listing, PluginEntry};
use super::trail::Trail;
use crate::model::component::Card;

/// A marketplace, and what was made of each component while its text was at hand.
#[derive(Debug)]
pub(crate) struct Stock<T> {
    pub(super) frame: Frame,
    /// In the manifest's order.
    pub(super) lots: Vec<Lot<T>>,
}

/// What is not of one plugin.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) name: String,
    pub(super) root: PathBuf,
    pub(super) renames: BTreeMap<String, String>,
    pub(super) diagnostics: Diagnostics,
    pub(super) trail: Trail,
}

/// One plugin.
#[derive(Debug)]
pub(super) struct Lot<T> {
    pub(super) key: Key,
    pub(super) plugin: PluginEntry,
    pub(super) components: Vec<Card>,
    /// One for each component.
    pub(super) made: Vec<T>,
    pub(super) hooks: Vec<Hook>,
    pub(super) fronts: Fronts,
    pub(super) diagnostics: Diagnostics,
    /// Of its texts.
    pub(super) bytes: usize,
    pub(super) trail: Trail,
}

/// Names a plugin together with all that a marketplace's manifest says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(super) struct Key([u8; 16]);

impl Key {
    /// The key of what `text` tells.
    pub(super) fn of(text: &str) -> Self {
        let mut key = [0; 16];
        blake3::Hasher::new().update(text.as_bytes()).finalize_xof().fill(&mut key);
        Self(key)
    }
}

impl<T> Stock<T> {
    /// What was made of each component, in the order of the listing.
    pub(crate) fn made(&self) -> impl Iterator<Item = &T> {
        self.lots.iter().flat_map(|lot| &lot.made)
    }

    /// The marketplace as it offers itself.
    pub(crate) fn into_listing(self) -> Listing<T> {
        let Frame { name, root, renames, mut diagnostics, .. } = self.frame;
        let (mut plugins, mut components, mut made, mut hooks) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut fronts = Fronts::default();
        for lot in self.lots {
            plugins.push(lot.plugin);
            components.extend(lot.components);
            made.extend(lot.made);
            hooks.extend(lot.hooks);
            fronts.add(lot.fronts);
            diagnostics.append(lot.diagnostics);
        }
        check_fallbacks(&components, &mut diagnostics);
        let diagnostics = diagnostics.into_list();
        Listing { name, root, plugins, renames, components, made, hooks, fronts, diagnostics }
    }
}

fn check_fallbacks(components: &[Card], diagnostics: &mut Diagnostics) {
    let ids: HashSet<_> = components.iter().map(|component| &component.id).collect();
    for component in components {
        let Some(fallback) = component.contract.as_ref().and_then(|contract| contract.fallback.as_deref())
        else {
            continue;
        };
        let id = &component.id;
        let owner = Owner { marketplace: id.marketplace(), plugin: id.plugin() };
        if fallback == id.name() || !owner.id(Kind::Skill, fallback).is_some_and(|id| ids.contains(&id)) {
            let message = format_args!("fallback `{}` is no other skill of the plugin", shown(fallback));
            diagnostics.warn(&component.file, None, message);
        }
    }
}
