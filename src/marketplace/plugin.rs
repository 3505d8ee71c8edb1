//! One plugin: its components and hooks, from its folder and from what manifests declare of it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::component::{self, Owner};
use super::diagnostic::{Diagnostics, shown};
use super::files::Root;
use super::frontmatter::Fronts;
use super::hook::{self, Hook};
use super::keys::Keys;
use super::layout::{Defaults, Layout};
use super::manifest::{self, Declaration, Entry, Format};
use super::mcp;
use crate::model::component::{Component, Label};

/// The most components that are read of one plugin.
const MAX_FOUND: usize = 10_000;
/// The most bytes of texts that are kept of one plugin.
const MAX_BYTES: usize = 64 << 20;

/// A plugin to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// What is read lies below it.
    pub(super) root: &'a Root,
    pub(super) folder: &'a Path,
    pub(super) owner: Owner<'a>,
}

/// What there is of one plugin.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) description: String,
    /// Why hosts refuse to load it.
    pub(super) refused: Option<String>,
    pub(super) components: Vec<Component>,
    pub(super) hooks: Vec<Hook>,
    pub(super) fronts: Fronts,
    pub(super) diagnostics: Diagnostics,
}

impl Part {
    /// Bytes of its texts.
    pub(super) fn bytes(&self) -> usize {
        self.components.iter().map(Component::bytes).sum()
    }

    /// Nothing but a description.
    pub(super) fn empty(description: String, diagnostics: Diagnostics) -> Self {
        Self {
            description,
            refused: None,
            components: Vec::new(),
            hooks: Vec::new(),
            fronts: Fronts::default(),
            diagnostics,
        }
    }
}

/// The plugin that an entry of the marketplace manifest `file` names.
///
/// Under `strict: false` an entry that lists components is the whole definition of its plugin.
pub(super) fn of_entry(place: Place<'_>, file: &Path, entry: &Entry, mut diagnostics: Diagnostics) -> Part {
    let own = Declaration {
        file: file.to_owned(),
        fields: entry.fields.clone(),
        keys: Keys::default(),
        format: Format::Entry,
    };
    let described = entry.description();
    let declared = declared(place, &mut diagnostics);
    let whole = !entry.strict && own.lists_components();
    if whole && declared.as_ref().is_some_and(Declaration::lists_components) {
        let reason = "its plugin.json and its entry both list components, and `strict` is false";
        return Part { refused: Some(reason.to_owned()), ..Part::empty(described, diagnostics) };
    }
    if entry.strict && declared.is_none() && manifest::of_plugin(place.root, place.folder).is_none() {
        diagnostics.info(place.folder, None, "has no .claude-plugin/plugin.json; its folders were read");
    }
    let is_root = place.folder == place.root.path();
    let defaults = if whole {
        Defaults::Nothing
    } else if is_root && own.fields.contains_key("skills") {
        Defaults::OtherThanSkills
    } else {
        Defaults::Plugin
    };
    if let Some(declared) = declared.as_ref().filter(|_| !whole) {
        contradictions(declared, &own, &mut diagnostics);
    }
    let said = declared.as_ref().filter(|_| !whole).and_then(|it| it.text("description"));
    let declarations: Vec<Declaration> = declared.into_iter().filter(|_| !whole).chain([own]).collect();
    read(place, &declarations, defaults, Part::empty(said.unwrap_or(described), diagnostics))
}

/// A plugin that is one by the looks of its folder.
pub(super) fn of_folder(place: Place<'_>, mut diagnostics: Diagnostics) -> Part {
    let declarations: Vec<Declaration> = declared(place, &mut diagnostics).into_iter().collect();
    let described = declarations.first().and_then(|it| it.text("description")).unwrap_or_default();
    let defaults = if declarations.is_empty() { Defaults::Tree } else { Defaults::Plugin };
    read(place, &declarations, defaults, Part::empty(described, diagnostics))
}

/// What the plugin in `folder` calls itself.
pub(super) fn own_name(root: &Root, folder: &Path) -> Option<String> {
    let (file, _) = manifest::of_plugin(root, folder)?;
    // What is wrong with it is said where the plugin is read.
    let fields = manifest::object(&root.looks, &file, &mut Diagnostics::new(root.path()))?;
    Some(fields.get("name")?.as_str()?.to_owned())
}

/// The plugin's own manifest.
fn declared(place: Place<'_>, diagnostics: &mut Diagnostics) -> Option<Declaration> {
    let (file, format) = manifest::of_plugin(place.root, place.folder)?;
    let (fields, keys) = manifest::object_and_keys(&place.root.looks, &file, diagnostics)?;
    Some(Declaration { file, fields, keys, format })
}

/// Says where the entry contradicts the plugin's own manifest, which counts.
fn contradictions(declared: &Declaration, entry: &Declaration, diagnostics: &mut Diagnostics) {
    for key in ["name", "version", "description"] {
        if let (Some(here), Some(there)) = (declared.text(key), entry.text(key))
            && here != there
        {
            let what = if key == "description" {
                String::new()
            } else {
                format!(" (`{}`, not `{}`)", shown(&here), shown(&there))
            };
            let counts = if key == "name" { "the entry's counts" } else { "this one counts" };
            let message = format_args!("`{key}` differs from the marketplace entry's{what}; {counts}");
            diagnostics.warn(&declared.file, None, message);
        }
    }
}

/// Adds every component and hook; of two components with one name the first counts.
fn read(place: Place<'_>, declarations: &[Declaration], defaults: Defaults, part: Part) -> Part {
    let mut part = part;
    let layout = Layout { root: place.root, folder: place.folder, declarations, defaults };
    let mut found = layout.found(&mut part.diagnostics);
    if found.len() > MAX_FOUND {
        let message = format_args!("has more than {MAX_FOUND} components; the rest were ignored");
        part.diagnostics.error(place.folder, None, message);
        found.truncate(MAX_FOUND);
    }
    let mut all = Vec::with_capacity(found.len());
    let mut bytes = 0;
    for found in &found {
        if bytes > MAX_BYTES {
            let message =
                format_args!("has more than {} MiB of texts; the rest were ignored", MAX_BYTES >> 20);
            part.diagnostics.error(place.folder, None, message);
            break;
        }
        let component =
            component::read(place.root, place.owner, found, &mut part.fronts, &mut part.diagnostics);
        bytes += component.as_ref().map_or(0, Component::bytes);
        all.extend(component);
    }
    all.extend(mcp::read(&layout, place.owner, &mut part.diagnostics));
    let labels: Arc<[Label]> = declarations.iter().flat_map(|it| it.labels(place.root.path())).collect();
    let mut ids = HashSet::new();
    for mut component in all {
        component.declared.labels = Arc::clone(&labels);
        if ids.insert(component.id.clone()) {
            part.components.push(component);
        } else {
            let id = &component.id;
            let message = format_args!("plugin already has {} `{}`; the first counts", id.kind(), id.name());
            part.diagnostics.warn(&component.file, None, message);
        }
    }
    part.hooks = hook::read(&layout, place.owner.plugin, &mut part.diagnostics);
    part
}

#[cfg(test)]
mod tests {
    use super::super::samples::Tree;

    #[test]
    fn components_have_the_labels_of_their_plugin_and_what_their_files_declare() {
        let long = "x".repeat(201);
        let entry = format!(
            r#"{{"name":"p","source":"./p","category":"security","tags":["audit",7,"{long}"],"keywords":"scan"}}"#
        );
        let tree = Tree::new()
            .entries(&entry)
            .file("p/.claude-plugin/plugin.json", r#"{"name":"p","keywords":["secrets"]}"#)
            .file("p/agents/a.md", "\n---\ndescription: finds faults\ntools: Read\n---\nBody\n");
        let declared = tree.read().made.remove(0).declared;
        let labels: Vec<String> = declared.labels.iter().map(|it| format!("{it:?}")).collect();
        insta::assert_snapshot!(labels.join("\n"), @r#"
        Label { field: Keyword, text: "secrets", file: "p/.claude-plugin/plugin.json" }
        Label { field: Category, text: "security", file: ".claude-plugin/marketplace.json" }
        Label { field: Keyword, text: "scan", file: ".claude-plugin/marketplace.json" }
        Label { field: Keyword, text: "audit", file: ".claude-plugin/marketplace.json" }
        "#);
        assert_eq!((declared.front_line, declared.body_line), (3, 6));
        assert_eq!(declared.front, "description: finds faults\ntools: Read\n");
        assert_eq!(declared.fields["tools"], "Read");
    }

    #[test]
    fn what_is_kept_of_frontmatter_counts_as_text() {
        let aliases = "- *it\n".repeat(40);
        let text = format!("---\ndescription: d\nwords: &it {}\nmany:\n{aliases}---\n", "x".repeat(1_000));
        let tree = Tree::new().file("agents/a.md", text);
        let component = tree.read().made.remove(0);
        assert_eq!(component.declared.fields["many"].as_array().map(Vec::len), Some(40));
        assert!(component.bytes() > 41 * 1_000, "{}", component.bytes());
    }
}
