//! `server.json`, with which MCP servers are published, in both spellings: snake_case (July 2025) and
//! camelCase (since September 2025).

use serde_json::{Map, Value, json};

/// The name of the published server, and how a host would reach it, as in `.mcp.json`.
///
/// `None` where `fields` describe no server.
pub(super) fn server(fields: &Map<String, Value>) -> Option<(String, Value)> {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let first = |key: &str| fields.get(key)?.as_array()?.iter().find_map(Value::as_object);
    let mut server = match (first("packages"), first("remotes")) {
        (Some(package), _) => started(package)?,
        (None, Some(remote)) => json!({"url": remote.get("url")?.as_str()?}),
        (None, None) => return None,
    };
    if let Some(description) = text("description") {
        server["description"] = description.into();
    }
    Some((text("name")?.to_owned(), server))
}

/// The command that starts a package, without the values that its arguments ask for.
fn started(package: &Map<String, Value>) -> Option<Value> {
    let text = |keys: [&str; 2]| keys.iter().find_map(|key| package.get(*key)?.as_str());
    let identifier = text(["identifier", "name"])?;
    let kind = text(["registryType", "registry_type"]).or_else(|| text(["registry_name", "registry"]));
    let version = text(["version", "version"]);
    let at =
        |sign: &str| version.map_or_else(|| identifier.to_owned(), |it| format!("{identifier}{sign}{it}"));
    let (command, args) = match kind.unwrap_or_default() {
        "npm" => ("npx", vec!["-y".to_owned(), at("@")]),
        "pypi" => ("uvx", vec![at("@")]),
        "nuget" => ("dnx", vec![at("@"), "--yes".to_owned()]),
        "oci" | "docker" => {
            ("docker", vec!["run".to_owned(), "-i".to_owned(), "--rm".to_owned(), image(identifier, version)])
        }
        _ => (identifier, Vec::new()),
    };
    let command = text(["runtimeHint", "runtime_hint"]).unwrap_or(command);
    Some(json!({"command": command, "args": args}))
}

/// Since December 2025 the identifier of an image names its version itself.
fn image(identifier: &str, version: Option<&str>) -> String {
    let name = identifier.rsplit('/').next().unwrap_or(identifier);
    match version {
        Some(version) if !name.contains([':', '@']) => format!("{identifier}:{version}"),
        _ => identifier.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let fields = serde_json::from_str(text).expect("JSON");
        server(&fields).map_or_else(|| "no server".to_owned(), |(name, server)| format!("{name}: {server}"))
    }

    #[test]
    fn both_spellings_and_every_kind_of_package_are_read() {
        let seen = [
            r#"{"name":"io.example/a","description":"Reads files","packages":[{"registry_type":"npm","identifier":"@a/b","version":"1.2.0"}]}"#,
            r#"{"name":"io.example/a","packages":[{"registryType":"pypi","identifier":"b","version":"1.0"}]}"#,
            r#"{"name":"io.example/a","packages":[{"registry_name":"npm","name":"b"}]}"#,
            r#"{"name":"io.example/a","packages":[{"registryType":"oci","identifier":"ghcr.io/a/b:1"}]}"#,
            r#"{"name":"io.example/a","packages":[{"registryType":"oci","identifier":"host:5000/a/b","version":"1"}]}"#,
            r#"{"name":"io.example/a","packages":[{"registryType":"nuget","identifier":"B","version":"1"}]}"#,
            r#"{"name":"io.example/a","packages":[{"registryType":"npm","runtimeHint":"bunx","identifier":"b"}]}"#,
            r#"{"name":"io.example/a","packages":[{"registryType":"mcpb","identifier":"https://host/b.mcpb"}]}"#,
            r#"{"name":"io.example/a","remotes":[{"type":"sse","url":"https://host/sse"}]}"#,
            r#"{"name":"io.example/a","packages":"none"}"#,
            r#"{"port":8080}"#,
        ]
        .map(read);
        insta::assert_snapshot!(seen.join("\n"), @r#"
        io.example/a: {"args":["-y","@a/b@1.2.0"],"command":"npx","description":"Reads files"}
        io.example/a: {"args":["b@1.0"],"command":"uvx"}
        io.example/a: {"args":["-y","b"],"command":"npx"}
        io.example/a: {"args":["run","-i","--rm","ghcr.io/a/b:1"],"command":"docker"}
        io.example/a: {"args":["run","-i","--rm","host:5000/a/b:1"],"command":"docker"}
        io.example/a: {"args":["B@1","--yes"],"command":"dnx"}
        io.example/a: {"args":["-y","b"],"command":"bunx"}
        io.example/a: {"args":[],"command":"https://host/b.mcpb"}
        io.example/a: {"url":"https://host/sse"}
        no server
        no server
        "#);
    }
}
