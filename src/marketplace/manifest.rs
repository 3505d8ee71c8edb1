//! `marketplace.json` and `plugin.json`, read leniently: a bad field costs itself only.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostics, shown};
use super::files::{MAX_MANIFEST, text};
use super::names::clean;
use super::source::{self, Source};

/// The most entries that are read of one marketplace.
const MAX_ENTRIES: usize = 5_000;

/// A `marketplace.json`.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) name: Option<String>,
    pub(super) entries: Vec<Entry>,
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
        let text = self.fields.get("description").and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What a manifest declares of one plugin.
#[derive(Debug)]
pub(super) struct Declaration {
    /// The manifest.
    pub(super) file: PathBuf,
    pub(super) fields: Map<String, Value>,
}

impl Declaration {
    /// Whether it lists files of components.
    pub(super) fn lists_components(&self) -> bool {
        ["skills", "agents", "commands"].iter().any(|key| self.fields.contains_key(*key))
    }

    /// The paths under `key`: a string or a list of strings.
    pub(super) fn paths(&self, key: &str, diagnostics: &mut Diagnostics) -> Option<Vec<String>> {
        let value = self.fields.get(key)?;
        let items = match value {
            Value::String(_) => std::slice::from_ref(value),
            Value::Array(items) => items,
            _ => &[],
        };
        let paths: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if paths.len() != items.len() || !(value.is_string() || value.is_array()) {
            let message = format_args!("`{key}` is not a path or a list of paths; the rest was ignored");
            diagnostics.warn(&self.file, None, message);
        }
        Some(paths)
    }
}

/// The marketplace manifest at `path`; `None`, with a diagnostic, when it is broken.
pub(super) fn marketplace(path: &Path, diagnostics: &mut Diagnostics) -> Option<Manifest> {
    let fields = object(path, diagnostics)?;
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
    Some(Manifest { name: fields.get("name").and_then(Value::as_str).and_then(clean), entries })
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
pub(super) fn object(path: &Path, diagnostics: &mut Diagnostics) -> Option<Map<String, Value>> {
    let text = text(path, MAX_MANIFEST, diagnostics)?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(fields)) => Some(fields),
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
