//! The way from a root to a listing: manifest, else single plugin, else plain tree.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::MarketplaceError;
use super::component::{self, Owner};
use super::diagnostic::{Diagnostics, shown};
use super::files::{Root, entries};
use super::layout::{Kind, Layout};
use super::listing::{Listing, PluginEntry, Resolution};
use super::manifest::{self, Declaration, Entry, Manifest};
use super::mcp;
use super::names::clean;
use super::source::Source;
use crate::model::component::Component;

/// The most files that are read as components of one marketplace.
const MAX_FOUND: usize = 20_000;
/// The folders that make a folder a plugin without a manifest.
const PARTS: [&str; 3] = ["agents", "commands", "skills"];

/// The listing of the marketplace at `root`, under `name` or else its own name.
pub(super) fn listing(name: Option<&str>, root: &Path) -> Result<Listing, MarketplaceError> {
    let unreadable = |source| MarketplaceError::Unreadable { root: root.to_owned(), source };
    let opened = Root::open(root).map_err(unreadable)?;
    let mut diagnostics = Diagnostics::new(opened.path());
    let file = opened.path().join(".claude-plugin/marketplace.json");
    let manifest = match opened.existing(&file) {
        Some(_) => manifest::marketplace(&file, &mut diagnostics),
        None => None,
    };
    let own = manifest.as_ref().and_then(|manifest| manifest.name.clone());
    let mut reading = Reading {
        name: name.and_then(clean).or(own).unwrap_or_else(|| folder_name(opened.path())),
        root: opened,
        diagnostics,
        plugins: Vec::new(),
        components: Vec::new(),
        left: MAX_FOUND,
    };
    match manifest {
        Some(manifest) => reading.manifest(&file, manifest),
        None => reading.tree(),
    }
    reading.check_fallbacks();
    reading.finish().ok_or_else(|| MarketplaceError::Empty { root: root.to_owned() })
}

/// A listing that is being made.
struct Reading {
    root: Root,
    name: String,
    diagnostics: Diagnostics,
    plugins: Vec<PluginEntry>,
    components: Vec<Component>,
    /// How many more files may be read.
    left: usize,
}

impl Reading {
    fn manifest(&mut self, file: &Path, manifest: Manifest) {
        let mut names = HashSet::new();
        for entry in manifest.entries {
            if names.insert(entry.name.clone()) {
                self.entry(file, entry);
            } else {
                let message =
                    format_args!("plugin `{}` is listed twice; the first counts", shown(&entry.name));
                self.diagnostics.warn(file, None, message);
            }
        }
    }

    fn entry(&mut self, file: &Path, entry: Entry) {
        let resolution = self.resolution(&entry.source);
        if let Resolution::Broken { reason } = &resolution {
            let message = format_args!("plugin `{}` cannot be read: {reason}", shown(&entry.name));
            self.diagnostics.error(file, None, message);
        }
        if let Resolution::Local(folder) = &resolution {
            self.local(file, &entry, folder);
        }
        let description = entry.description();
        self.plugins.push(PluginEntry { name: entry.name, description, resolution });
    }

    fn resolution(&self, source: &Source) -> Resolution {
        let broken = |reason: String| Resolution::Broken { reason };
        match source {
            Source::Remote(description) => Resolution::Remote { description: description.clone() },
            Source::Unclear(reason) => broken(reason.clone()),
            Source::Local(text) => match self.root.resolve(self.root.path(), text) {
                Ok(folder) if folder.is_dir() => Resolution::Local(folder),
                Ok(_) => broken(format!("path `{}` is not a folder", shown(text))),
                Err(refusal) => broken(refusal.to_string()),
            },
        }
    }

    /// Under `strict: false` an entry that lists components is the whole definition of its plugin.
    fn local(&mut self, file: &Path, entry: &Entry, folder: &Path) {
        let own = Declaration { file: file.to_owned(), fields: entry.fields.clone() };
        let exact = !entry.strict && own.lists_components();
        let declared = if exact { None } else { self.plugin_json(folder) };
        if entry.strict && declared.is_none() && !folder.join(".claude-plugin/plugin.json").exists() {
            self.diagnostics.info(folder, None, "has no .claude-plugin/plugin.json; its folders were read");
        }
        let declarations: Vec<Declaration> = declared.into_iter().chain([own]).collect();
        self.plugin(&entry.name, folder, &declarations, exact);
    }

    fn plugin_json(&mut self, folder: &Path) -> Option<Declaration> {
        let file = folder.join(".claude-plugin/plugin.json");
        self.root.existing(&file)?;
        let fields = manifest::object(&file, &mut self.diagnostics)?;
        Some(Declaration { file, fields })
    }

    /// Adds every component of a plugin; of two with one name the first counts.
    fn plugin(&mut self, plugin: &str, folder: &Path, declarations: &[Declaration], exact: bool) {
        let layout = Layout { root: &self.root, folder, declarations, exact };
        let owner = Owner { marketplace: &self.name, plugin };
        let mut found = layout.found(&mut self.diagnostics);
        if found.len() > self.left {
            let message = format_args!("has more than {MAX_FOUND} components; the rest were ignored");
            self.diagnostics.error(self.root.path(), None, message);
            found.truncate(self.left);
        }
        self.left -= found.len();
        let documents: Vec<Component> = found
            .iter()
            .filter_map(|found| component::read(&self.root, owner, found, &mut self.diagnostics))
            .collect();
        let servers = mcp::read(&layout, owner, &mut self.diagnostics);
        let mut ids = HashSet::new();
        for component in documents.into_iter().chain(servers) {
            if ids.insert(component.id.clone()) {
                self.components.push(component);
            } else {
                let id = &component.id;
                let message =
                    format_args!("plugin already has {} `{}`; the first counts", id.kind(), id.name());
                self.diagnostics.warn(&component.file, None, message);
            }
        }
    }

    /// Without a manifest: the root as a plugin, and the plugins among its folders.
    fn tree(&mut self) {
        let root = self.root.path().to_owned();
        self.diagnostics.info(&root, None, "has no usable marketplace.json; its folders were read");
        if is_plugin(&root) {
            self.folder(&root);
        }
        for folder in self.children(&root).into_iter().chain(self.children(&root.join("plugins"))) {
            if is_plugin(&folder) {
                self.folder(&folder);
            }
        }
    }

    /// A folder that is a plugin by its looks.
    fn folder(&mut self, folder: &Path) {
        let declared = self.plugin_json(folder);
        let field = |key: &str| declared.as_ref()?.fields.get(key).and_then(Value::as_str);
        let name = field("name").and_then(clean).unwrap_or_else(|| folder_name(folder));
        let description = field("description").unwrap_or_default().to_owned();
        if self.plugins.iter().any(|plugin| plugin.name == name) {
            let message = format_args!("plugin `{}` exists already; the first counts", shown(&name));
            return self.diagnostics.warn(folder, None, message);
        }
        let declarations: Vec<Declaration> = declared.into_iter().collect();
        self.plugin(&name, folder, &declarations, false);
        self.plugins.push(PluginEntry {
            name,
            description,
            resolution: Resolution::Local(folder.to_owned()),
        });
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

    fn check_fallbacks(&mut self) {
        let ids: HashSet<_> = self.components.iter().map(|component| &component.id).collect();
        for component in &self.components {
            let Some(fallback) =
                component.contract.as_ref().and_then(|contract| contract.fallback.as_deref())
            else {
                continue;
            };
            let id = &component.id;
            let owner = Owner { marketplace: id.marketplace(), plugin: id.plugin() };
            if fallback == id.name() || !owner.id(Kind::Skill, fallback).is_some_and(|id| ids.contains(&id)) {
                let message = format_args!("fallback `{}` is no other skill of the plugin", shown(fallback));
                self.diagnostics.warn(&component.file, None, message);
            }
        }
    }

    /// `None` when nothing was found and nothing said that there is nothing.
    fn finish(self) -> Option<Listing> {
        let manifest = self.root.path().join(".claude-plugin/marketplace.json").exists();
        (manifest || !self.plugins.is_empty()).then(|| Listing {
            name: self.name,
            root: self.root.path().to_owned(),
            plugins: self.plugins,
            components: self.components,
            diagnostics: self.diagnostics.into_list(),
        })
    }
}

fn is_plugin(folder: &Path) -> bool {
    folder.join(".claude-plugin/plugin.json").is_file() || PARTS.iter().any(|part| folder.join(part).is_dir())
}

fn folder_name(folder: &Path) -> String {
    folder
        .file_name()
        .and_then(|name| clean(&name.to_string_lossy()))
        .unwrap_or_else(|| "marketplace".to_owned())
}
