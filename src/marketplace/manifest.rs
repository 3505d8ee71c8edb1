//! `marketplace.json` and `plugin.json`, read leniently: a bad field costs itself only.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostics, relative, shown};
use super::files::{MAX_MANIFEST, Root, text};
use super::keys::Keys;
use super::looks::Looks;
use super::names::clean;
use super::source::{self, Source};
use crate::model::component::{Label, LabelField};
use crate::model::text::one_line;

/// The most entries that are read of one marketplace.
const MAX_ENTRIES: usize = 5_000;
/// The most renames of one plugin that are followed.
const MAX_RENAMES: usize = 100;
/// The most labels that are read of one field.
const MAX_LABELS: usize = 40;
/// The longest label, in bytes.
const MAX_LABEL: usize = 200;
/// The most paths that are read of one field of a manifest.
pub(super) const MAX_PATHS: usize = 1_000;

/// Where a marketplace's manifest is.
pub(super) const MARKETPLACE: &str = ".claude-plugin/marketplace.json";

/// A `marketplace.json`.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) name: Option<String>,
    pub(super) entries: Vec<Entry>,
    /// Names of plugins by the names that they had.
    pub(super) renames: BTreeMap<String, String>,
}

/// A plugin that a marketplace names.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) source: Source,
    /// Whether `plugin.json` is the authority and the entry only adds to it.
    pub(super) strict: bool,
    pub(super) fields: Map<String, Value>,
}

impl Entry {
    /// What the entry says of the plugin.
    pub(super) fn description(&self) -> String {
        one_line(self.fields.get("description").and_then(Value::as_str).unwrap_or_default())
    }
}

/// What a manifest declares of one plugin.
#[derive(Debug)]
pub(super) struct Declaration {
    /// The manifest.
    pub(super) file: PathBuf,
    pub(super) fields: Map<String, Value>,
    /// Where its keys stand; unknown of an entry, whose file has those of other plugins too.
    pub(super) keys: Keys,
    pub(super) format: Format,
}

/// Whose form of a plugin's manifest it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// An entry of a `marketplace.json`.
    Entry,
    /// `.claude-plugin/plugin.json` or `.codex-plugin/plugin.json`.
    Plugin,
    /// `gemini-extension.json`.
    Gemini,
}

/// Where a plugin's own manifest may be; the first that is there counts.
const MANIFESTS: [(&str, Format); 3] = [
    (".claude-plugin/plugin.json", Format::Plugin),
    (".codex-plugin/plugin.json", Format::Plugin),
    ("gemini-extension.json", Format::Gemini),
];

/// The path and form of the manifest of the plugin in `folder`, as a regular file inside `root`.
pub(super) fn of_plugin(root: &Root, folder: &Path) -> Option<(PathBuf, Format)> {
    let places = MANIFESTS.iter().map(|(path, format)| (folder.join(path), *format));
    places.into_iter().find(|(file, _)| root.looks.is_file(file) && root.existing(file).is_some())
}

impl Declaration {
    /// Whether it lists files of components.
    pub(super) fn lists_components(&self) -> bool {
        ["skills", "agents", "commands"].iter().any(|key| self.fields.contains_key(*key))
    }

    /// A field's text, on one line; nothing where it is empty or no text.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.fields.get(key).and_then(Value::as_str).map(one_line).filter(|text| !text.is_empty())
    }

    /// What it puts the plugin under; a plugin's manifest is named relative to `root`.
    pub(super) fn labels(&self, root: &Path) -> Vec<Label> {
        let file = match self.format {
            Format::Entry => MARKETPLACE.to_owned(),
            Format::Plugin | Format::Gemini => relative(root, &self.file),
        };
        let of = |field, key: &str| {
            let items = match self.fields.get(key) {
                Some(Value::Array(items)) => items.as_slice(),
                Some(one) => std::slice::from_ref(one),
                None => &[],
            };
            let texts = items.iter().filter_map(Value::as_str).filter(|text| text.len() <= MAX_LABEL);
            let label = |text: &str| Label { field, text: text.to_owned(), file: file.clone() };
            texts.take(MAX_LABELS).map(label).collect::<Vec<_>>()
        };
        let fields = [
            (LabelField::Category, "category"),
            (LabelField::Keyword, "keywords"),
            (LabelField::Keyword, "tags"),
        ];
        fields.into_iter().flat_map(|(field, key)| of(field, key)).collect()
    }

    /// The paths under `key`: a string or a list of strings; a table of
    /// documents has none.
    pub(super) fn paths(&self, key: &str, diagnostics: &mut Diagnostics) -> Option<Vec<String>> {
        let value = self.fields.get(key)?;
        let items = match value {
            Value::Object(_) if matches!(key, "agents" | "commands") => return Some(Vec::new()),
            Value::String(_) => std::slice::from_ref(value),
            Value::Array(items) => items,
            _ => &[],
        };
        let paths: Vec<String> =
            items.iter().filter_map(Value::as_str).take(MAX_PATHS).map(str::to_owned).collect();
        if paths.len() != items.len() || !(value.is_string() || value.is_array()) {
            let message = format_args!("`{key}` is not a path or a list of paths; the rest was ignored");
            diagnostics.warn(&self.file, None, message);
        }
        Some(paths)
    }
}

/// The marketplace manifest at `path`; `None`, with a diagnostic, when it is broken.
pub(super) fn marketplace(looks: &Looks, path: &Path, diagnostics: &mut Diagnostics) -> Option<Manifest> {
    let fields = object(looks, path, diagnostics)?;
    let Some(Value::Array(plugins)) = fields.get("plugins") else {
        diagnostics.error(path, None, "has no list `plugins`; the folders were read instead");
        return None;
    };
    let plugin_root = fields.get("metadata").and_then(|metadata| metadata.get("pluginRoot"));
    let plugin_root = plugin_root.and_then(Value::as_str);
    let mut entries = Vec::new();
    for (index, value) in plugins.iter().enumerate().take(MAX_ENTRIES) {
        match entry(value, plugin_root) {
            Some(entry) => entries.push(entry),
            None => {
                let message =
                    format_args!("entry {} of `plugins` has no usable name; it was ignored", index + 1);
                diagnostics.error(path, None, message);
            }
        }
    }
    if plugins.len() > MAX_ENTRIES {
        let message = format_args!("has more than {MAX_ENTRIES} plugins; the rest were ignored");
        diagnostics.error(path, None, message);
    }
    let renames = renames(path, &fields, &entries, diagnostics);
    Some(Manifest { name: fields.get("name").and_then(Value::as_str).and_then(clean), entries, renames })
}

/// The field `renames`: each old name with the listed name that it leads to.
fn renames(
    path: &Path,
    fields: &Map<String, Value>,
    entries: &[Entry],
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, String> {
    let Some(table) = fields.get("renames") else { return BTreeMap::new() };
    let Value::Object(table) = table else {
        diagnostics.warn(path, None, "`renames` is not a table of names; it was ignored");
        return BTreeMap::new();
    };
    let names: HashSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let mut renames = BTreeMap::new();
    for old in table.keys().take(MAX_ENTRIES) {
        match end_of(table, old, &names) {
            End::Listed(new) => drop(renames.insert(old.clone(), new)),
            End::GivenUp => {}
            End::Nowhere => {
                let message = format_args!("rename of `{}` leads to no plugin; it was ignored", shown(old));
                diagnostics.warn(path, None, message);
            }
        }
    }
    renames
}

/// Where a plugin's renames lead.
enum End {
    Listed(String),
    GivenUp,
    /// To a name that is not listed, or in a circle.
    Nowhere,
}

fn end_of(table: &Map<String, Value>, old: &str, names: &HashSet<&str>) -> End {
    let mut name = old;
    for _ in 0..MAX_RENAMES {
        match table.get(name) {
            Some(Value::Null) => return End::GivenUp,
            Some(Value::String(new)) if names.contains(new.as_str()) => return End::Listed(new.clone()),
            Some(Value::String(new)) => name = new,
            _ => return End::Nowhere,
        }
    }
    End::Nowhere
}

fn entry(value: &Value, plugin_root: Option<&str>) -> Option<Entry> {
    let fields = value.as_object()?;
    Some(Entry {
        name: clean(fields.get("name")?.as_str()?)?,
        source: source::parse(fields.get("source"), plugin_root),
        strict: fields.get("strict").and_then(Value::as_bool).unwrap_or(true),
        fields: fields.clone(),
    })
}

/// The JSON object at `path`; `None`, with a diagnostic, when it is anything else.
pub(super) fn object(
    looks: &Looks,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> Option<Map<String, Value>> {
    read(looks, path, diagnostics).map(|(fields, _)| fields)
}

/// The same, and where its keys stand.
pub(super) fn object_and_keys(
    looks: &Looks,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> Option<(Map<String, Value>, Keys)> {
    read(looks, path, diagnostics).map(|(fields, text)| (fields, Keys::of(&text)))
}

fn read(looks: &Looks, path: &Path, diagnostics: &mut Diagnostics) -> Option<(Map<String, Value>, String)> {
    let text = text(looks, path, MAX_MANIFEST, diagnostics)?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(fields)) => Some((fields, text)),
        Ok(_) => {
            diagnostics.error(path, None, "is not a JSON object; it was ignored");
            None
        }
        Err(error) => {
            let message = format!("is not valid JSON: {}; it was ignored", shown(&error.to_string()));
            diagnostics.error(path, Some(error.line()), message);
            None
        }
    }
}
