//! The way from a root to a listing: manifest, else single plugin, else plain tree.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::MarketplaceError;
use super::component::Owner;
use super::diagnostic::{Diagnostics, shown};
use super::fetched;
use super::files::{Root, entries};
use super::frontmatter::Fronts;
use super::layout::Kind;
use super::listing::{Listing, PluginEntry, Resolution};
use super::manifest::{self, Entry, Manifest};
use super::names::clean;
use super::plugin::{self, Part, Place};
use super::source::Source;
use crate::model::component::Component;

/// Past so many components nothing more is read of one marketplace.
const MAX_COMPONENTS: usize = 100_000;
/// Past so many bytes of texts nothing more is read of one marketplace.
const MAX_BYTES: usize = 512 << 20;
/// How many plugins are read before the bounds are looked at.
const AT_ONCE: usize = 16;
/// The most folders that are looked at as plugins of a plain tree.
const MAX_FOLDERS: usize = 5_000;
/// What makes a folder a plugin without a manifest.
const PARTS: [&str; 5] = ["agents", "commands", "skills", "SKILL.md", "server.json"];

/// The listing of the marketplace at `root`, under `name` or else its own name. What was fetched of
/// plugins that are elsewhere lies in `kept`.
pub(super) fn listing(
    name: Option<&str>,
    root: &Path,
    kept: Option<&Path>,
) -> Result<Listing, MarketplaceError> {
    let unreadable = |source| MarketplaceError::Unreadable { root: root.to_owned(), source };
    let opened = Root::open(root).map_err(unreadable)?;
    let mut diagnostics = Diagnostics::new(opened.path());
    let file = opened.path().join(manifest::MARKETPLACE);
    let manifest = match opened.existing(&file) {
        Some(_) => manifest::marketplace(&file, &mut diagnostics),
        None => None,
    };
    let own = manifest.as_ref().and_then(|manifest| manifest.name.clone());
    let name = name.and_then(clean).or(own).unwrap_or_else(|| folder_name(opened.path()));
    let mut reading = Reading::new(opened, name, kept, diagnostics);
    match manifest {
        Some(manifest) => reading.manifest(&file, manifest),
        None => reading.tree(),
    }
    reading.finish().ok_or_else(|| MarketplaceError::Empty { root: root.to_owned() })
}

/// A listing that is being made.
struct Reading<'a> {
    root: Root,
    name: String,
    kept: Option<&'a Path>,
    diagnostics: Diagnostics,
    plugins: Vec<PluginEntry>,
    renames: BTreeMap<String, String>,
    /// What each plugin has, in their order.
    parts: Vec<Part>,
    /// How many components and bytes of texts that is.
    components: usize,
    bytes: usize,
}

impl<'a> Reading<'a> {
    fn new(root: Root, name: String, kept: Option<&'a Path>, diagnostics: Diagnostics) -> Self {
        Self {
            root,
            name,
            kept,
            diagnostics,
            plugins: Vec::new(),
            renames: BTreeMap::new(),
            parts: Vec::new(),
            components: 0,
            bytes: 0,
        }
    }

    fn manifest(&mut self, file: &Path, manifest: Manifest) {
        self.renames = manifest.renames;
        let mut names = HashSet::new();
        let (listed, again): (Vec<Entry>, Vec<Entry>) =
            manifest.entries.into_iter().partition(|entry| names.insert(entry.name.clone()));
        for entry in again {
            let message = format_args!("plugin `{}` is listed twice; the first counts", shown(&entry.name));
            self.diagnostics.warn(file, None, message);
        }
        for some in listed.chunks(AT_ONCE) {
            if self.is_full() {
                break;
            }
            // Plugins are read side by side; what comes of them keeps the manifest's order.
            let read: Vec<_> = some.par_iter().map(|entry| self.entry(file, entry)).collect();
            for (plugin, part) in read {
                self.keep(plugin, part);
            }
        }
    }

    fn keep(&mut self, plugin: PluginEntry, part: Part) {
        self.components += part.components.len();
        self.bytes += part.bytes();
        self.plugins.push(plugin);
        self.parts.push(part);
    }

    /// Whether it is too much already, which is said.
    fn is_full(&mut self) -> bool {
        let full = self.components > MAX_COMPONENTS || self.bytes > MAX_BYTES;
        if full {
            let mib = MAX_BYTES >> 20;
            let message = format_args!(
                "has more than {MAX_COMPONENTS} components or {mib} MiB of texts; the rest were ignored"
            );
            self.diagnostics.error(self.root.path(), None, message);
        }
        full
    }

    /// A plugin that the manifest names.
    fn entry(&self, file: &Path, entry: &Entry) -> (PluginEntry, Part) {
        let owner = Owner { marketplace: &self.name, plugin: &entry.name };
        let own = Diagnostics::new(self.root.path());
        let (mut resolution, mut part) = match self.locate(&entry.source) {
            Located::Here(folder) => {
                let place = Place { root: &self.root, folder: &folder, owner };
                let part = plugin::of_entry(place, file, entry, own);
                (Resolution::Local(folder), part)
            }
            Located::Fetched(root, folder) => {
                let own = Diagnostics::of_plugin(root.path(), &entry.name);
                let place = Place { root: &root, folder: &folder, owner };
                let part = plugin::of_entry(place, file, entry, own);
                (Resolution::Local(folder), part)
            }
            Located::NotHere(resolution) => (resolution, Part::empty(entry.description(), own)),
        };
        if let Some(reason) = part.refused.take() {
            resolution = Resolution::Broken { reason };
        }
        if let Resolution::Broken { reason } = &resolution {
            let message = format_args!("plugin `{}` cannot be read: {reason}", shown(&entry.name));
            part.diagnostics.error(file, None, message);
        }
        let git = match &entry.source {
            Source::Remote(_, git) => git.clone(),
            _ => None,
        };
        let (name, description) = (entry.name.clone(), part.description.clone());
        (PluginEntry { name, description, resolution, git }, part)
    }

    fn locate(&self, source: &Source) -> Located {
        let broken = |reason: String| Located::NotHere(Resolution::Broken { reason });
        match source {
            Source::Local(text) => match self.root.resolve(self.root.path(), text) {
                Ok(folder) if folder.is_dir() => Located::Here(folder),
                Ok(_) => broken(format!("path `{}` is not a folder", shown(text))),
                Err(refusal) => broken(refusal.to_string()),
            },
            Source::Remote(description, git) => {
                let tree = git.as_ref().zip(self.kept).and_then(|(git, kept)| fetched::open(kept, git));
                match tree {
                    Some(Ok((root, folder))) => Located::Fetched(root, folder),
                    Some(Err(refusal)) => broken(refusal.to_string()),
                    None => Located::NotHere(Resolution::Remote { description: description.clone() }),
                }
            }
            Source::Unclear(reason) => broken(reason.clone()),
        }
    }

    /// Without a manifest: the root as a plugin, and the plugins among its folders.
    fn tree(&mut self) {
        let root = self.root.path().to_owned();
        self.diagnostics.info(&root, None, "has no usable marketplace.json; its folders were read");
        let mut folders = self.children(&root);
        folders.extend(self.children(&root.join("plugins")));
        folders.insert(0, root);
        folders.retain(|folder| is_plugin(&self.root, folder));
        if folders.len() > MAX_FOLDERS {
            let message =
                format_args!("has more than {MAX_FOLDERS} folders with plugins; the rest were ignored");
            self.diagnostics.error(self.root.path(), None, message);
            folders.truncate(MAX_FOLDERS);
        }
        let mut names = HashSet::new();
        for some in folders.chunks(AT_ONCE) {
            if self.is_full() {
                break;
            }
            let read: Vec<_> = some.par_iter().map(|folder| self.folder(folder)).collect();
            for (plugin, part) in read {
                if names.insert(plugin.name.clone()) {
                    self.keep(plugin, part);
                } else if let Resolution::Local(folder) = &plugin.resolution {
                    let message =
                        format_args!("plugin `{}` exists already; the first counts", shown(&plugin.name));
                    self.diagnostics.warn(folder, None, message);
                }
            }
        }
    }

    /// A folder that is a plugin by its looks.
    fn folder(&self, folder: &Path) -> (PluginEntry, Part) {
        let root = &self.root;
        let name = plugin::own_name(root, folder).and_then(|name| clean(&name));
        let name = name.unwrap_or_else(|| folder_name(folder));
        let owner = Owner { marketplace: &self.name, plugin: &name };
        let part = plugin::of_folder(Place { root, folder, owner }, Diagnostics::new(root.path()));
        let description = part.description.clone();
        (PluginEntry { name, description, resolution: Resolution::Local(folder.to_owned()), git: None }, part)
    }

    /// The folders inside `folder`, sorted; of the hidden ones only `.claude`, where projects keep theirs.
    fn children(&self, folder: &Path) -> Vec<PathBuf> {
        let mut children = entries(folder).unwrap_or_default();
        children.retain(|child| {
            let name = folder_name(child);
            let visible = !name.starts_with('.') || name == ".claude";
            visible && child.is_dir() && self.root.existing(child).is_some()
        });
        children.sort_unstable();
        children
    }

    /// `None` when nothing was found and nothing said that there is nothing.
    fn finish(mut self) -> Option<Listing> {
        let manifest = self.root.path().join(manifest::MARKETPLACE).exists();
        if !manifest && self.plugins.is_empty() {
            return None;
        }
        let mut components = Vec::new();
        let mut hooks = Vec::new();
        let mut fronts = Fronts::default();
        for part in self.parts {
            components.extend(part.components);
            hooks.extend(part.hooks);
            fronts.add(part.fronts);
            self.diagnostics.append(part.diagnostics);
        }
        check_fallbacks(&components, &mut self.diagnostics);
        Some(Listing {
            name: self.name,
            root: self.root.path().to_owned(),
            plugins: self.plugins,
            renames: self.renames,
            components,
            hooks,
            fronts,
            diagnostics: self.diagnostics.into_list(),
        })
    }
}

/// Where a plugin's folder is.
enum Located {
    Here(PathBuf),
    /// Below a root of its own.
    Fetched(Root, PathBuf),
    NotHere(Resolution),
}

fn check_fallbacks(components: &[Component], diagnostics: &mut Diagnostics) {
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

fn is_plugin(root: &Root, folder: &Path) -> bool {
    let has = |part: &&str| folder.join(part).exists() && root.existing(&folder.join(part)).is_some();
    manifest::of_plugin(root, folder).is_some() || PARTS.iter().any(has)
}

fn folder_name(folder: &Path) -> String {
    folder
        .file_name()
        .and_then(|name| clean(&name.to_string_lossy()))
        .unwrap_or_else(|| "marketplace".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::samples::Tree;
    use super::*;

    #[test]
    fn what_is_too_much_already_is_read_no_further_and_said() {
        let tree = Tree::new().skill(".", "s").skill("p", "t");
        let root = Root::open(&tree.root()).expect("there");
        let diagnostics = Diagnostics::new(root.path());
        let mut reading = Reading::new(root, "m".to_owned(), None, diagnostics);
        reading.components = MAX_COMPONENTS + 1;
        reading.tree();
        assert!(reading.plugins.is_empty());
        let said: Vec<String> = reading.diagnostics.into_list().iter().map(ToString::to_string).collect();
        assert!(
            said[1].starts_with(".: error: has more than 100000 components or 512 MiB of texts"),
            "{said:?}"
        );
    }
}
