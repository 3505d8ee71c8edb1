//! MCP servers that a plugin declares: listed, never started.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::component::{Owner, tokens};
use super::content;
use super::diagnostic::{Diagnostics, shown};
use super::keys::Keys;
use super::layout::{Defaults, Kind, Layout};
use super::manifest::{Format, object, object_and_keys};
use super::registry;
use crate::model::component::{Card, Component, Declared, Roots};
use crate::model::redact::redact;

/// The most servers that are read of one file.
const MAX_SERVERS: usize = 1_000;

/// The servers of `.mcp.json`, of the manifests' `mcpServers`, and of a `server.json` that no plugin's
/// manifest stands beside.
pub(super) fn read(layout: &Layout<'_>, owner: Owner<'_>, diagnostics: &mut Diagnostics) -> Vec<Component> {
    let mut components = Vec::new();
    for Table { file, keys, servers } in tables(layout, diagnostics) {
        for (name, server) in servers.iter().take(MAX_SERVERS) {
            match component(layout, &file, owner, name, server, diagnostics) {
                Some(mut component) => {
                    component.declared.front_line = keys.line_of(name).unwrap_or_default();
                    components.push(component);
                }
                None => {
                    let message = format_args!("MCP server `{}` has no command or url", shown(name));
                    diagnostics.warn(&file, None, message);
                }
            }
        }
    }
    components
}

/// Servers by name, and the file that holds them.
struct Table {
    file: PathBuf,
    keys: Keys,
    servers: Map<String, Value>,
}

fn tables(layout: &Layout<'_>, diagnostics: &mut Diagnostics) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut files: Vec<PathBuf> = layout.default_file(".mcp.json", diagnostics).into_iter().collect();
    for declaration in layout.declarations {
        match declaration.fields.get("mcpServers") {
            None => {}
            Some(Value::Object(servers)) => {
                let (file, keys) = (declaration.file.clone(), declaration.keys.clone());
                tables.push(Table { file, keys, servers: servers.clone() });
            }
            Some(_) => files.extend(layout.named_files(declaration, "mcpServers", diagnostics)),
        }
    }
    for file in files {
        if let Some((fields, keys)) = object_and_keys(&layout.root.looks, &file, diagnostics) {
            tables.push(Table { file, keys, servers: by_name(fields) });
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

/// The server that a `server.json` describes; no key of it is the server's name.
fn published(layout: &Layout<'_>, diagnostics: &mut Diagnostics) -> Option<Table> {
    let of_plugin = layout.declarations.iter().any(|it| it.format != Format::Entry);
    if of_plugin || layout.defaults == Defaults::Nothing {
        return None;
    }
    let file = layout.default_file("server.json", diagnostics)?;
    let (name, server) = registry::server(&object(&layout.root.looks, &file, diagnostics)?)?;
    Some(Table { file, keys: Keys::default(), servers: [(name, server)].into_iter().collect() })
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
    let card = Card {
        tokens: tokens(id.name(), &description, ""),
        id,
        description,
        contract: None,
        content: content::of_declared(layout.root, layout.folder, server, diagnostics),
        folder: file.parent().unwrap_or(file).to_owned(),
        file: file.to_owned(),
        roots: Roots { marketplace: layout.root.path().to_owned(), plugin: layout.folder.to_owned() },
    };
    let fields = server.as_object().cloned().unwrap_or_default();
    let declared = Declared { fields, ..Declared::default() };
    Some(Component { card, headings: Vec::new(), body: String::new(), declared })
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

#[cfg(test)]
mod tests {
    use super::super::samples::Tree;

    #[test]
    fn a_server_has_the_line_of_its_key_or_none() {
        let tree = Tree::new()
            .entries(
                r#"{"name":"p","source":"./p","mcpServers":{"in-entry":{"command":"a"}}},
                   {"name":"q","source":"./q"}"#,
            )
            .file("p/.claude-plugin/plugin.json", "{\n\"mcpServers\":\n{\"inline\": {\"command\": \"b\"}}}")
            .file(
                "p/.mcp.json",
                "{\"mcpServers\": {\n\"env\": {\"command\": \"c\",\n\"env\": {\"KEY\": \"\"}},\n\"once\": {\"url\": \"d\"}}}",
            )
            .file("q/server.json", "{\n\"name\": \"io.example/e\", \"remotes\": [{\"url\": \"https://e\"}]}");
        let listing = tree.read();
        let root = tree.root().canonicalize().expect("there");
        let lines: Vec<String> = listing
            .made
            .iter()
            .inspect(|it| assert_eq!(it.roots.plugin, root.join(it.id.plugin())))
            .map(|it| format!("{} {}:{}", it.id.name(), it.file_below_root(), it.declared.front_line))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        inline p/.claude-plugin/plugin.json:3
        in-entry .claude-plugin/marketplace.json:0
        env p/.mcp.json:0
        once p/.mcp.json:4
        io.example-e q/server.json:0
        ");
    }
}
