//! MCP servers that a plugin declares: listed, never started.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::component::{Owner, tokens};
use super::content;
use super::diagnostic::{Diagnostics, shown};
use super::layout::{Kind, Layout};
use super::manifest::object;
use crate::model::component::{Component, Roots};
use crate::model::redact::redact;

/// The servers of `.mcp.json` and of the manifests' `mcpServers`.
pub(super) fn read(layout: &Layout<'_>, owner: Owner<'_>, diagnostics: &mut Diagnostics) -> Vec<Component> {
    let mut components = Vec::new();
    for (file, servers) in tables(layout, diagnostics) {
        for (name, server) in &servers {
            match component(&file, owner, name, server, diagnostics) {
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
    let mut files = Vec::new();
    let default = layout.folder.join(".mcp.json");
    if !layout.exact && default.is_file() {
        match layout.root.existing(&default) {
            Some(_) => files.push(default),
            None => diagnostics.warn(&default, None, "leaves the marketplace; it was ignored"),
        }
    }
    for declaration in layout.declarations {
        if let Some(Value::Object(servers)) = declaration.fields.get("mcpServers") {
            tables.push((declaration.file.clone(), servers.clone()));
            continue;
        }
        for text in declaration.paths("mcpServers", diagnostics).unwrap_or_default() {
            match layout.root.resolve(layout.folder, &text) {
                Ok(path) => files.push(path),
                Err(refusal) => {
                    let message = format_args!("`mcpServers`: {refusal}; it was ignored");
                    diagnostics.error(&declaration.file, None, message);
                }
            }
        }
    }
    for file in files {
        if let Some(fields) = object(&file, diagnostics) {
            // Both spellings are in use: the table itself, and the table under `mcpServers`.
            match fields.get("mcpServers") {
                Some(Value::Object(servers)) => tables.push((file, servers.clone())),
                _ => tables.push((file, fields)),
            }
        }
    }
    tables
}

fn component(
    file: &Path,
    owner: Owner<'_>,
    name: &str,
    server: &Value,
    diagnostics: &mut Diagnostics,
) -> Option<Component> {
    let id = owner.id(Kind::Mcp, name)?;
    let description = shown(&redact(&invocation(server)?));
    Some(Component {
        tokens: tokens(id.name(), &description, ""),
        id,
        description,
        headings: Vec::new(),
        body: String::new(),
        contract: None,
        content: content::of_file(file, diagnostics).hash,
        folder: file.parent().unwrap_or(file).to_owned(),
        file: file.to_owned(),
        roots: Roots::default(),
    })
}

/// How the server is reached: its command line without the environment, or its address.
fn invocation(server: &Value) -> Option<String> {
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let Some(command) = text("command") else {
        return text("url").or_else(|| text("httpUrl")).map(|url| format!("MCP server at {url}"));
    };
    let args = server.get("args").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let words: Vec<&str> = [command].into_iter().chain(args.iter().filter_map(Value::as_str)).collect();
    Some(format!("MCP server: {}", words.join(" ")))
}
