//! Hooks that a plugin gives to its host: listed, never run.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::content;
use super::diagnostic::{Diagnostics, shown};
use super::layout::Layout;
use super::manifest::object;
use crate::model::redact::redact;

/// The most hooks that are read of one plugin.
const MAX_HOOKS: usize = 500;

/// Something that a host does at an event once the plugin is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hook {
    pub(crate) plugin: String,
    pub(crate) event: String,
    /// Which tools or causes of the event; empty: all.
    pub(crate) matcher: String,
    /// Its command, address or prompt, on one line.
    pub(crate) runs: String,
    /// Where it is declared, as diagnostics name files.
    pub(crate) file: String,
    /// Hash of the declaration and of the files of the plugin that it names.
    pub(crate) content: String,
}

/// The hooks of `hooks/hooks.json` and of the manifests.
pub(super) fn read(layout: &Layout<'_>, plugin: &str, diagnostics: &mut Diagnostics) -> Vec<Hook> {
    let mut hooks = Vec::new();
    for (file, events) in tables(layout, diagnostics) {
        for (event, groups) in &events {
            for (matcher, hook) in groups.as_array().into_iter().flatten().flat_map(members) {
                let runs = ["command", "url", "prompt"].iter().find_map(|key| hook.get(*key)?.as_str());
                let Some(runs) = runs.filter(|_| hooks.len() < MAX_HOOKS) else {
                    let message = format_args!("hook of `{}` says nothing to run", shown(event));
                    diagnostics.warn(&file, None, message);
                    continue;
                };
                hooks.push(Hook {
                    plugin: plugin.to_owned(),
                    event: shown(event),
                    matcher: shown(matcher),
                    runs: shown(&redact(runs)),
                    file: diagnostics.name(&file),
                    content: content::of_declared(layout.root, layout.folder, hook, diagnostics),
                });
            }
        }
    }
    hooks
}

/// The hooks of a group, with its matcher.
fn members(group: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let matcher = group.get("matcher").and_then(Value::as_str).unwrap_or_default();
    let hooks = group.get("hooks").and_then(Value::as_array);
    hooks.into_iter().flatten().map(move |hook| (matcher, hook))
}

/// Tables of groups by event, each with the file that holds it.
fn tables(layout: &Layout<'_>, diagnostics: &mut Diagnostics) -> Vec<(PathBuf, Map<String, Value>)> {
    let mut tables = Vec::new();
    let mut files: Vec<PathBuf> = layout.default_file("hooks/hooks.json", diagnostics).into_iter().collect();
    for declaration in layout.declarations {
        match declaration.fields.get("hooks") {
            None => {}
            Some(Value::Object(fields)) => tables.extend(by_event(&declaration.file, fields, diagnostics)),
            Some(_) => files.extend(layout.named_files(declaration, "hooks", diagnostics)),
        }
    }
    files.sort_unstable();
    files.dedup();
    for file in files {
        if let Some(fields) = object(&layout.root.looks, &file, diagnostics) {
            tables.extend(by_event(&file, &fields, diagnostics));
        }
    }
    tables
}

/// The table itself, or what it has under `hooks`.
fn by_event(
    file: &Path,
    fields: &Map<String, Value>,
    diagnostics: &mut Diagnostics,
) -> Option<(PathBuf, Map<String, Value>)> {
    match fields.get("hooks") {
        Some(Value::Object(events)) => Some((file.to_owned(), events.clone())),
        Some(_) => {
            diagnostics.error(file, None, "`hooks` is not a table by event, so hosts load none of them");
            None
        }
        None => Some((file.to_owned(), fields.clone())),
    }
}
