//! Components from the files that define them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::content::{self, Content};
use super::contract;
use super::diagnostic::{Diagnostics, shown};
use super::files::{MAX_TEXT, Root, text};
use super::frontmatter::{self, Document, Fronts};
use super::layout::{Found, Kind};
use super::markdown;
use super::names::clean;
use super::prompt;
use crate::model::component::{Card, Component, Contract, Declared, Roots, TokenCost};
use crate::model::id::ComponentId;
use crate::model::text::one_line;

/// Descriptions that say nothing, as a start, in lower case.
const PLACEHOLDERS: &[&str] =
    &["description_placeholder", "placeholder", "todo", "tbd", "lorem ipsum", "...", "$("];

/// Fields that have to be text.
const TEXTS: &[&str] = &["name", "description"];

/// The plugin that components belong to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    pub(super) marketplace: &'a str,
    pub(super) plugin: &'a str,
}

impl Owner<'_> {
    /// The id of one of its components; `None` when no name is left.
    pub(super) fn id(self, kind: Kind, name: &str) -> Option<ComponentId> {
        ComponentId::new(self.marketplace, self.plugin, kind.as_str(), &clean(name)?).ok()
    }
}

/// The component that `found` defines; `None`, with a diagnostic, when there is none. What came of its
/// frontmatter is counted.
pub(super) fn read(
    root: &Root,
    owner: Owner<'_>,
    found: &Found,
    fronts: &mut Fronts,
    diagnostics: &mut Diagnostics,
) -> Option<Component> {
    let file = &found.file;
    let text = text(&root.looks, file, MAX_TEXT, diagnostics)?;
    let document = if is_prompt(file) { prompt::parse(&text) } else { frontmatter::parse(&text) };
    if is_readme(file) && document.fields.is_empty() {
        diagnostics.info(file, None, "is a readme without frontmatter; it was not taken as a component");
        return None;
    }
    fronts.count(&document);
    for repair in &document.repairs {
        diagnostics.add(repair.severity, file, Some(repair.line), &repair.message);
    }
    let Some(id) = owner.id(found.kind, &name(found, &document, diagnostics)) else {
        diagnostics.error(file, None, "has no usable name; it was ignored");
        return None;
    };
    coercions(file, &document, diagnostics);
    let description = description(file, &id, &document, diagnostics);
    let folder = folder(root, file);
    let plugin = plugin_root(root, &folder);
    let content = match found.kind {
        Kind::Skill if wants_contract(&document) => content::of_contract(root, &folder, &plugin, diagnostics),
        Kind::Skill => content::of_folder(root, &folder, diagnostics),
        _ => content::of_file(root, file, diagnostics),
    };
    let card = Card {
        contract: contract(root, found, &document, &folder, &content, diagnostics),
        tokens: tokens(id.name(), &description, &document.body),
        content: content.hash,
        file: folder.join(file.file_name()?),
        roots: Roots { marketplace: root.path().to_owned(), plugin },
        folder,
        description,
        id,
    };
    Some(Component {
        card,
        headings: markdown::headings(&document.body),
        declared: Declared {
            fields: document.fields,
            front: document.front,
            front_line: document.front_line,
            body_line: document.body_line,
            ..Declared::default()
        },
        body: document.body,
    })
}

/// Characters / 4.
pub(super) fn tokens(name: &str, description: &str, body: &str) -> TokenCost {
    let count = |text: &str| text.chars().count() as u64;
    TokenCost { always: (count(name) + count(description)) / 4, on_invoke: count(body) / 4 }
}

/// Whether it is a prompt in TOML rather than a document.
fn is_prompt(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

fn is_readme(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("readme"))
}

/// The folder of `file` without symbolic links, so that nothing can be swapped under a hash.
fn folder(root: &Root, file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(file);
    root.looks.real(folder).unwrap_or_else(|_| folder.to_owned())
}

/// The nearest folder above that is a plugin's, in the marketplace; else the folder itself.
fn plugin_root(root: &Root, folder: &Path) -> PathBuf {
    let inside = folder.ancestors().take_while(|dir| dir.starts_with(root.path()));
    let is_plugin = |dir: &&Path| root.looks.is_file(&dir.join(".claude-plugin/plugin.json"));
    inside.into_iter().find(is_plugin).unwrap_or(folder).to_owned()
}

fn wants_contract(document: &Document) -> bool {
    document.fields.get("metadata").is_some_and(|metadata| metadata.get("orchestrate").is_some())
}

/// Hosts call an agent by its frontmatter, a command by its path, a skill by its folder; the folders
/// around an agent or a command come first.
fn name(found: &Found, document: &Document, diagnostics: &mut Diagnostics) -> String {
    let declared = document.fields.get("name").and_then(line).filter(|name| clean(name).is_some());
    let used = match &declared {
        Some(name) if found.own_name => format!("{}{name}", found.scope),
        _ => format!("{}{}", found.scope, found.name),
    };
    if let Some(other) = declared.filter(|declared| *declared != found.name) {
        let other = shown(&other);
        let place = shown(&found.name);
        let counts = if found.own_name { "former" } else { "latter" };
        let message = format_args!("is named `{other}`, not `{place}` as its place; the {counts} counts");
        diagnostics.info(&found.file, document.line_of("name"), message);
    }
    let cleaned = clean(&used);
    if cleaned.as_ref().is_some_and(|name| *name != used.trim()) {
        diagnostics.warn(&found.file, None, format_args!("name `{}` cannot be used as it is", shown(&used)));
    }
    used
}

/// Says which fields that have to be text were made text.
fn coercions(file: &Path, document: &Document, diagnostics: &mut Diagnostics) {
    for key in TEXTS {
        let form = match document.fields.get(*key) {
            Some(Value::Array(_)) => "a list",
            Some(Value::Bool(_)) => "a truth value",
            Some(Value::Number(_)) => "a number",
            _ => continue,
        };
        let message = format_args!("`{key}` is {form}; it was read as text");
        diagnostics.warn(file, document.line_of(key), message);
    }
}

/// What the frontmatter says, or the first heading and paragraph.
fn description(file: &Path, id: &ComponentId, document: &Document, diagnostics: &mut Diagnostics) -> String {
    let value = document.fields.get("description");
    let declared = value.and_then(line).filter(|text| !text.is_empty());
    if declared.is_none() && value.is_some_and(Value::is_object) {
        diagnostics.warn(
            file,
            document.line_of("description"),
            "`description` is not a text; it was ignored",
        );
    }
    let description = declared.clone().unwrap_or_else(|| one_line(&markdown::summary(&document.body)));
    if is_placeholder(&description, id.name()) {
        diagnostics.warn(file, None, "has no description that says what it does");
    } else if declared.is_none() {
        let missing = if document.fields.is_empty() { "frontmatter" } else { "description" };
        let message = format_args!("has no {missing}; its first heading and paragraph describe it");
        diagnostics.info(file, None, message);
    }
    description
}

fn is_placeholder(description: &str, name: &str) -> bool {
    let lower = description.to_lowercase();
    lower.chars().filter(|c| c.is_alphanumeric()).count() < 4
        || lower == name.to_lowercase()
        || PLACEHOLDERS.iter().any(|start| lower.starts_with(start))
}

/// A field's value as one line of text; lists are joined, tables are nothing.
fn line(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(line).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null => String::new(),
        Value::Object(_) => return None,
    };
    Some(one_line(&text))
}

/// `metadata.orchestrate`, if it is there and can be kept.
fn contract(
    root: &Root,
    found: &Found,
    document: &Document,
    folder: &Path,
    content: &Content,
    diagnostics: &mut Diagnostics,
) -> Option<Contract> {
    let line = document.contract_line;
    let value = document.fields.get("metadata").and_then(|metadata| metadata.get("orchestrate"));
    let reason = match value {
        None if document.flat && line.is_some() => "contract needs valid YAML".to_owned(),
        None => return None,
        Some(_) if found.kind != Kind::Skill => "only a skill can have a contract".to_owned(),
        Some(_) if !content.whole => "contract needs a folder that its hash covers whole".to_owned(),
        Some(value) => match contract::read(value, &root.looks, folder) {
            Ok(contract) => return Some(contract),
            Err(error) => shown(&error.to_string()),
        },
    };
    diagnostics.error(&found.file, line, format_args!("{reason}; listed without it"));
    None
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Tree, shown};

    const CONTRACT: &str = "---\ndescription: adds a licence\nmetadata:\n  orchestrate:\n    runner: shell\n    \
                            script: scripts/run.sh\n    outputs: [LICENSE]\n---\n# Licence\n";

    fn contract(text: &str) -> Tree {
        Tree::new().file("skills/licence/SKILL.md", text).file("skills/licence/scripts/run.sh", "exit 0")
    }

    #[test]
    fn a_contract_is_read_from_a_skills_metadata() {
        let listing = contract(CONTRACT).read();
        assert_eq!(listing.diagnostics.len(), 1, "only the missing manifest");
        let contract = listing.components[0].contract.as_ref().expect("a contract");
        assert_eq!(contract.outputs, ["LICENSE"]);
        assert_eq!(listing.summary().contracts, 1);
    }

    #[test]
    fn a_bad_contract_is_located_and_its_skill_stays() {
        let listing = contract(&CONTRACT.replace("scripts/run.sh", "../run.sh")).read();
        insta::assert_snapshot!(shown(&listing), @"
        market/market/skill/licence: adds a licence
        .: info: has no usable marketplace.json; its folders were read
        skills/licence/SKILL.md:4: error: contract: path `../run.sh` leaves its folder through `..`; listed without it
        ");
        let listing = contract(&CONTRACT.replace("adds a", "adds: a")).read();
        insta::assert_snapshot!(shown(&listing), @"
        market/market/skill/licence: adds: a licence
        .: info: has no usable marketplace.json; its folders were read
        skills/licence/SKILL.md:2: warning: frontmatter is not valid YAML (mapping values are not allowed in this context); it was read line by line
        skills/licence/SKILL.md:4: error: contract needs valid YAML; listed without it
        ");
        let listing = contract(&CONTRACT.replace("outputs: [", "fallback: gone\n    outputs: [")).read();
        insta::assert_snapshot!(shown(&listing), @"
        market/market/skill/licence: adds a licence
        .: info: has no usable marketplace.json; its folders were read
        skills/licence/SKILL.md: warning: fallback `gone` is no other skill of the plugin
        ");
    }

    #[test]
    fn only_skills_have_contracts() {
        let listing =
            Tree::new().file("agents/licence.md", CONTRACT).file("agents/scripts/run.sh", "").read();
        insta::assert_snapshot!(shown(&listing), @"
        market/market/agent/licence: adds a licence
        .: info: has no usable marketplace.json; its folders were read
        agents/licence.md:4: error: only a skill can have a contract; listed without it
        ");
    }

    #[test]
    fn a_skills_hash_covers_its_scripts_and_their_mode() {
        let hash = |tree: Tree| tree.read().components[0].content.clone();
        let plain = hash(contract(CONTRACT));
        assert_eq!(plain, hash(contract(CONTRACT)));
        assert_eq!(plain.len(), 32);
        assert_ne!(plain, hash(contract(CONTRACT).file("skills/licence/scripts/run.sh", "exit 1")));
        assert_ne!(plain, hash(contract(CONTRACT).file("skills/licence/data", "")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let tree = contract(CONTRACT);
            let script = tree.root().join("skills/licence/scripts/run.sh");
            std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).expect("ours");
            assert_ne!(plain, hash(tree));
        }
    }

    #[test]
    fn a_skills_hash_covers_what_its_scripts_can_source_from_the_plugin() {
        let plugin = || contract(CONTRACT).file(".claude-plugin/plugin.json", r#"{"name":"p"}"#);
        let hash = |tree: Tree| tree.read().components[0].content.clone();
        let plain = hash(plugin().file("lib/x.sh", "exit 0").file(".git/HEAD", "one"));
        assert_eq!(plain, hash(plugin().file("lib/x.sh", "exit 0").file(".git/HEAD", "two")));
        assert_ne!(plain, hash(plugin().file("lib/x.sh", "exit 1")));
        let tree = plugin().file("lib/x.sh", "exit 0");
        let component = tree.read().components.remove(0);
        assert_eq!(component.roots.plugin, tree.root().canonicalize().expect("there"));
        assert!(super::content::is_unchanged(&component));
        std::fs::write(tree.root().join("lib/x.sh"), "exit 1").expect("ours");
        assert!(!super::content::is_unchanged(&component));
    }

    #[test]
    fn two_skills_of_one_plugin_are_approved_one_by_one() {
        let tree = contract(CONTRACT)
            .file(".claude-plugin/plugin.json", r#"{"name":"p"}"#)
            .file("skills/other/SKILL.md", CONTRACT)
            .file("skills/other/scripts/run.sh", "exit 1");
        let components = tree.read().components;
        assert_ne!(components[0].content, components[1].content);
    }

    #[test]
    fn a_contract_needs_a_folder_that_can_be_hashed_whole() {
        let tree = contract(CONTRACT).file("skills/licence/huge", vec![0; 17 << 20]);
        insta::assert_snapshot!(shown(&tree.read()), @"
        market/market/skill/licence: adds a licence
        .: info: has no usable marketplace.json; its folders were read
        skills/licence/huge: error: is not covered by the component's hash: the component is larger than 16 MiB
        skills/licence/SKILL.md:4: error: contract needs a folder that its hash covers whole; listed without it
        ");
    }

    #[test]
    fn fields_of_the_wrong_type_are_coerced() {
        let tree = Tree::new()
            .file("agents/a.md", "---\nname: 7\ndescription: [reads, writes]\nallowed-tools: Read\n---\n")
            .file("agents/b.md", "---\nname: [b]\ndescription: {x: y}\n---\n# Bee\nFlies.")
            .file("agents/c.md", "---\ndescription: DESCRIPTION_PLACEHOLDER\n---\n");
        insta::assert_snapshot!(shown(&tree.read()), @"
        market/market/agent/7: reads, writes
        market/market/agent/b: Bee: Flies.
        market/market/agent/c: DESCRIPTION_PLACEHOLDER
        .: info: has no usable marketplace.json; its folders were read
        agents/a.md:2: info: is named `7`, not `a` as its place; the former counts
        agents/a.md:2: warning: `name` is a number; it was read as text
        agents/a.md:3: warning: `description` is a list; it was read as text
        agents/b.md:2: warning: `name` is a list; it was read as text
        agents/b.md:3: warning: `description` is not a text; it was ignored
        agents/b.md: info: has no description; its first heading and paragraph describe it
        agents/c.md: warning: has no description that says what it does
        ");
    }
}
