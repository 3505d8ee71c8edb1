//! MCP servers that a plugin declares: listed, never started.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::component::{Owner, tokens};
use super::content;
use super::diagnostic::{Diagnostics, shown};
use super::layout::{Defaults, Kind, Layout};
use super::manifest::{Format, object};
use super::registry;
use crate::model::component::{Component, Roots};
use crate::model::redact::redact;

/// The most servers that are read of one file.
const MAX_SERVERS: usize = 1_000;

/// The servers of `.mcp.json`, of the manifests' `mcpServers`, and of a `server.json` that no plugin's
/// manifest stands beside.
pub(super) fn read(layout: &Layout<'_>, owner: Owner<'_>, diagnostics: &mut Diagnostics) -> Vec<Component> {
    let mut components = Vec::new();
    for (file, servers) in tables(layout, diagnostics) {
        for (name, server) in servers.iter().take(MAX_SERVERS) {
            match component(layout, &file, owner, name, server, diagnostics) {
                Some(component) => components.push(component),
                None => {
                    let message = format_args!("MCP server `{}` has no command or url", shown(name));
                    diagnostics.warn(&file, None, message);
                }
            }
        }
    }
    components
}

/// Tables of servers by name, each with the file that holds it.
fn tables(layout: &Layout<'_>, diagnostics: &mut Diagnostics) -> Vec<(PathBuf, Map<String, Value>)> {
    let mut tables = Vec::new();
    let mut files: Vec<PathBuf> = layout.default_file(".mcp.json", diagnostics).into_iter().collect();
    for declaration in layout.declarations {
        match declaration.fields.get("mcpServers") {
            None => {}
            Some(Value::Object(servers)) => tables.push((declaration.file.clone(), servers.clone())),
            Some(_) => files.extend(layout.named_files(declaration, "mcpServers", diagnostics)),
        }
    }
    for file in files {
        if let Some(fields) = object(&file, diagnostics) {
            tables.push((file, by_name(fields)));
        }
    }
    tables.extend(published(layout, diagnostics));
    tables
}

/// Both spellings are in use: the table itself, and the table under `mcpServers`. Beside the former
/// there may be notes, such as `$schema`.
fn by_name(fields: Map<String, Value>) -> Map<String, Value> {
    match fields.get("mcpServers") {
        Some(Value::Object(servers)) => servers.clone(),
        _ => fields.into_iter().filter(|(_, server)| server.is_object()).collect(),
    }
}

/// The server that a `server.json` describes.
fn published(layout: &Layout<'_>, diagnostics: &mut Diagnostics) -> Option<(PathBuf, Map<String, Value>)> {
    let of_plugin = layout.declarations.iter().any(|it| it.format != Format::Entry);
    if of_plugin || layout.defaults == Defaults::Nothing {
        return None;
    }
    let file = layout.default_file("server.json", diagnostics)?;
    let (name, server) = registry::server(&object(&file, diagnostics)?)?;
    Some((file, [(name, server)].into_iter().collect()))
}

fn component(
    layout: &Layout<'_>,
    file: &Path,
    owner: Owner<'_>,
    name: &str,
    server: &Value,
    diagnostics: &mut Diagnostics,
) -> Option<Component> {
    let id = owner.id(Kind::Mcp, name)?;
    let description = shown(&redact(&description(server)?));
    Some(Component {
        tokens: tokens(id.name(), &description, ""),
        id,
        description,
        headings: Vec::new(),
        body: String::new(),
        contract: None,
        content: content::of_declared(layout.root, layout.folder, server, diagnostics),
        folder: file.parent().unwrap_or(file).to_owned(),
        file: file.to_owned(),
        roots: Roots::default(),
    })
}

/// What it says of itself and how it is reached: its command line without the environment, or its address.
fn description(server: &Value) -> Option<String> {
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let reached = match text("command") {
        Some(command) => {
            let args = server.get("args").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let words: Vec<&str> =
                [command].into_iter().chain(args.iter().filter_map(Value::as_str)).collect();
            format!("MCP server: {}", words.join(" "))
        }
        None => format!("MCP server at {}", text("url").or_else(|| text("httpUrl"))?),
    };
    match text("description") {
        Some(said) if !said.trim().is_empty() => Some(format!("{} ({reached})", said.trim())),
        _ => Some(reached),
    }
}
