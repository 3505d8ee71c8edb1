//! What is new in a marketplace: two listings of it, compared.

use std::collections::BTreeMap;

use serde::Serialize;

use super::content;
use super::files::{Nature, Root};
use super::hook::Hook;
use super::listing::Listing;
use crate::model::component::Card;
use crate::model::id::ComponentId;

/// What differs between two listings of one marketplace, by id.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Changes {
    pub(crate) added: Vec<Added>,
    pub(crate) removed: Vec<ComponentId>,
    pub(crate) changed: Vec<Change>,
    /// Old and new names of plugins; what only moved with its plugin is neither added nor removed.
    pub(crate) renamed: Vec<(String, String)>,
    pub(crate) hooks_added: Vec<Hook>,
    pub(crate) hooks_removed: Vec<Hook>,
}

/// A component that was not there.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Added {
    pub(crate) component: ComponentId,
    pub(crate) description: String,
    /// Whether it brings something that runs.
    pub(crate) runs: bool,
}

/// A component that is not what it was.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) component: ComponentId,
    /// What it said of itself, and what it says now, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<(String, String)>,
    /// Whether something that runs has changed: a script, or a server's command.
    pub(crate) runs: bool,
}

impl Changes {
    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What differs from `old` to `new`.
pub(crate) fn compare<T, U>(old: &Listing<T>, new: &Listing<U>) -> Changes {
    let renamed: Vec<(String, String)> = new
        .renames
        .iter()
        .filter(|(before, _)| old.plugins.iter().any(|plugin| plugin.name == **before))
        .map(|(before, now)| (before.clone(), now.clone()))
        .collect();
    let mut before: BTreeMap<ComponentId, &Card> =
        old.components.iter().map(|component| (moved(&component.id, &renamed), component)).collect();
    let mut changes = Changes { renamed, ..Changes::default() };
    for component in &new.components {
        match before.remove(&component.id) {
            None => changes.added.push(Added {
                component: component.id.clone(),
                description: component.description.clone(),
                runs: what_runs(component).is_some(),
            }),
            Some(older)
                if older.content == component.content && older.description == component.description => {}
            Some(older) => {
                let said = (older.description.clone(), component.description.clone());
                changes.changed.push(Change {
                    component: component.id.clone(),
                    description: Some(said).filter(|(before, now)| before != now),
                    runs: what_runs(older) != what_runs(component),
                });
            }
        }
    }
    changes.removed = before.values().map(|component| component.id.clone()).collect();
    let missing = |hooks: &[Hook], among: &[Hook]| -> Vec<Hook> {
        hooks.iter().filter(|hook| !among.contains(hook)).cloned().collect()
    };
    changes.hooks_added = missing(&new.hooks, &old.hooks);
    changes.hooks_removed = missing(&old.hooks, &new.hooks);
    changes
}

/// The id that a component has now that its plugin may be called otherwise.
fn moved(id: &ComponentId, renamed: &[(String, String)]) -> ComponentId {
    let to = renamed.iter().find(|(before, _)| before == id.plugin()).map(|(_, now)| now);
    let new = to.and_then(|plugin| ComponentId::new(id.marketplace(), plugin, id.kind(), id.name()).ok());
    new.unwrap_or_else(|| id.clone())
}

/// A hash of what a component runs, or has an agent run; `None`: nothing.
fn what_runs(component: &Card) -> Option<String> {
    match component.id.kind() {
        "mcp" => Some(component.content.clone()),
        _ if component.contract.is_some() => Some(component.content.clone()),
        "skill" => {
            let root = Root::open(&component.roots.marketplace, Nature::Changing).ok()?;
            content::of_scripts(&root, &component.folder)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::Tree;
    use super::*;

    fn shown(changes: &Changes) -> String {
        let mut lines: Vec<String> = Vec::new();
        lines.extend(changes.renamed.iter().map(|(old, new)| format!("renamed {old} {new}")));
        lines.extend(changes.added.iter().map(|it| format!("added {} runs={}", it.component, it.runs)));
        lines.extend(changes.removed.iter().map(|it| format!("removed {it}")));
        lines.extend(
            changes
                .changed
                .iter()
                .map(|it| format!("changed {} {:?} runs={}", it.component, it.description, it.runs)),
        );
        lines.extend(changes.hooks_added.iter().map(|it| format!("hook added {} {}", it.event, it.runs)));
        lines.extend(changes.hooks_removed.iter().map(|it| format!("hook removed {} {}", it.event, it.runs)));
        lines.join("\n")
    }

    fn server(command: &str) -> String {
        format!(r#"{{"files":{{"command":"{command}"}}}}"#)
    }

    fn hook(command: &str) -> String {
        format!(r#"{{"hooks":{{"Stop":[{{"hooks":[{{"type":"command","command":"{command}"}}]}}]}}}}"#)
    }

    #[test]
    fn what_was_added_removed_and_changed_is_told_apart_from_what_runs() {
        let first = || {
            Tree::new()
                .entries(r#"{"name":"p","source":"./p"}"#)
                .skill("p", "same")
                .skill("p", "gone")
                .skill("p", "reworded")
                .skill("p", "scripted")
                .file("p/skills/scripted/run.sh", "exit 0")
                .file("p/.mcp.json", server("old"))
                .file("p/hooks/hooks.json", hook("old"))
        };
        let tree = first();
        let old = tree.read();
        assert!(compare(&old, &tree.read()).is_empty());
        let tree = tree
            .file("p/skills/reworded/SKILL.md", "---\ndescription: Does more work\n---\n")
            .file("p/skills/scripted/tool.py", "print()")
            .file("p/skills/new/SKILL.md", "---\ndescription: is new\n---\n")
            .file("p/skills/new/anything", "#!/bin/sh\n")
            .file("p/.mcp.json", server("new"))
            .file("p/hooks/hooks.json", hook("new"));
        // Scripts are compared where they lie, so the old tree has to be another folder.
        let before = first();
        std::fs::remove_dir_all(tree.root().join("p/skills/gone")).expect("removed");
        insta::assert_snapshot!(shown(&compare(&before.read(), &tree.read())), @r#"
        added m/p/skill/new runs=true
        removed m/p/skill/gone
        changed m/p/skill/reworded Some(("Does the work of reworded", "Does more work")) runs=false
        changed m/p/skill/scripted None runs=true
        changed m/p/mcp/files Some(("MCP server: old", "MCP server: new")) runs=true
        hook added Stop new
        hook removed Stop old
        "#);
    }

    #[test]
    fn what_moved_with_its_plugin_has_not_changed() {
        let old = Tree::new().entries(r#"{"name":"old","source":"./p"}"#).skill("p", "s");
        let manifest = r#"{"name":"m","plugins":[{"name":"new","source":"./p"}],"renames":{"old":"new"}}"#;
        let new =
            Tree::new().file(".claude-plugin/marketplace.json", manifest).skill("p", "s").skill("p", "t");
        insta::assert_snapshot!(shown(&compare(&old.read(), &new.read())), @"
        renamed old new
        added m/new/skill/t runs=false
        ");
    }
}
