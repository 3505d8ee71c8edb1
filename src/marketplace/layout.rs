//! Which files of a plugin's folder are components: what a host would load, and no more.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::diagnostic::{Diagnostics, shown};
use super::files::{Root, Walk};
use super::manifest::{Declaration, Format};

/// How deep below `skills` of a plain tree a skill's folder may be: `skills/<category>/<name>`.
const CATEGORIES: usize = 2;

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Skill,
    Agent,
    Command,
    Mcp,
}

impl Kind {
    /// The word that ids use.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Agent => "agent",
            Self::Command => "command",
            Self::Mcp => "mcp",
        }
    }
}

/// A file that defines a component.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    /// The name that its place gives it.
    pub(super) name: String,
    /// The folders between the plugin's folder for its kind and the file, each with `:` behind it: hosts
    /// put them before the name.
    pub(super) scope: String,
    /// Whether hosts call it by the name that it gives itself rather than by its place.
    pub(super) own_name: bool,
    pub(super) file: PathBuf,
}

/// What counts of a plugin's folder where nothing is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defaults {
    /// The folders that hosts scan.
    Plugin,
    /// The same without `skills`: an entry for the marketplace's own root says which are its own.
    OtherThanSkills,
    /// The folders of a plain tree, where categories may lie between kind and component.
    Tree,
    /// None: what is declared is all.
    Nothing,
}

/// A plugin's folder and what its manifests declare of it.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) root: &'a Root,
    /// Absolute, inside the root.
    pub(super) folder: &'a Path,
    pub(super) declarations: &'a [Declaration],
    pub(super) defaults: Defaults,
}

impl Layout<'_> {
    /// The files that define skills, agents and commands, each file once.
    pub(super) fn found(&self, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let mut found = self.skills(diagnostics);
        found.extend(self.documents(Kind::Agent, "agents", diagnostics));
        found.extend(self.documents(Kind::Command, "commands", diagnostics));
        let mut seen = HashSet::new();
        found.retain(|found| {
            self.root.looks.real(&found.file).is_ok_and(|real| seen.insert((found.kind.as_str(), real)))
        });
        found
    }

    /// A file that hosts read without being told, if it is there.
    pub(super) fn default_file(&self, path: &str, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
        let file = self.folder.join(path);
        if self.defaults == Defaults::Nothing || !self.root.looks.exists(&file) {
            return None;
        }
        let trouble = match self.root.existing(&file) {
            None => "leaves the marketplace; it was ignored",
            Some(real) if !self.root.looks.is_file(&real) => "is not a regular file; it was ignored",
            Some(_) => return Some(file),
        };
        diagnostics.warn(&file, None, trouble);
        None
    }

    /// The files that a declaration names under `key`.
    pub(super) fn named_files(
        &self,
        declaration: &Declaration,
        key: &str,
        diagnostics: &mut Diagnostics,
    ) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for text in declaration.paths(key, diagnostics).unwrap_or_default() {
            match self.root.resolve(self.folder, &text) {
                Ok(path) => files.push(path),
                Err(refusal) => {
                    let message = format_args!("`{key}`: {refusal}; it was ignored");
                    diagnostics.error(&declaration.file, None, message);
                }
            }
        }
        files
    }

    /// `skills/*/SKILL.md` and the declared ones, which add to them; a plugin with neither may be one
    /// skill itself.
    fn skills(&self, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let looks = &self.root.looks;
        let default = self.folder.join("skills");
        let has_default = looks.is_folder(&default);
        let mut found = match self.defaults {
            Defaults::Plugin if has_default => self.skills_in(&default, 1, diagnostics),
            Defaults::Tree if has_default => self.skills_in(&default, CATEGORIES, diagnostics),
            _ => Vec::new(),
        };
        let declared = self.declared("skills", diagnostics);
        let alone = declared.is_none() && !has_default && self.defaults != Defaults::Nothing;
        if alone && self.root.existing(&self.folder.join("SKILL.md")).is_some() {
            let itself = self.skill_of(&self.folder.join("SKILL.md"));
            found.extend(itself.map(|found| Found { own_name: true, ..found }));
        }
        for (file, path) in declared.into_iter().flatten() {
            let more = match path {
                path if looks.is_file(&path) => self.skill_of(&path).into_iter().collect(),
                path if self.root.existing(&path.join("SKILL.md")).is_some() => {
                    self.skill_of(&path.join("SKILL.md")).into_iter().collect()
                }
                path => self.skills_in(&path, 1, diagnostics),
            };
            if more.is_empty() {
                diagnostics.warn(&file, None, "`skills` names a path without a SKILL.md; it was ignored");
            }
            found.extend(more);
        }
        found
    }

    /// The skills inside `folder`, at most so many folders deep; none lies within another.
    fn skills_in(&self, folder: &Path, depth: usize, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let looks = &self.root.looks;
        let Some(Ok(mut children)) = self.root.existing(folder).map(|_| looks.entries(folder)) else {
            diagnostics.warn(folder, None, "cannot be read, or leaves the marketplace; it was ignored");
            return Vec::new();
        };
        children.sort_unstable();
        let mut found = Vec::new();
        for child in children {
            let file = child.join("SKILL.md");
            if let Some(real) = self.root.existing(&file) {
                found.extend(self.skill_of(&file));
                if !looks.is_file(&real) {
                    diagnostics.warn(&file, None, "is not a regular file; it was ignored");
                }
            } else if looks.is_taken(&file) {
                diagnostics.warn(
                    &file,
                    None,
                    "leaves the marketplace through a symbolic link; it was ignored",
                );
            } else if depth > 1 && looks.is_folder(&child) && self.root.existing(&child).is_some() {
                found.extend(self.skills_in(&child, depth - 1, diagnostics));
            }
        }
        found
    }

    fn skill_of(&self, file: &Path) -> Option<Found> {
        let is_skill = self.root.looks.is_file(file) && file.file_name()? == "SKILL.md";
        let name = file.parent()?.file_name()?.to_string_lossy().into_owned();
        let scope = String::new();
        is_skill.then(|| Found { kind: Kind::Skill, name, scope, own_name: false, file: file.to_owned() })
    }

    /// Documents of the declared paths, or of the default folder where none is declared.
    fn documents(&self, kind: Kind, key: &str, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let looks = &self.root.looks;
        let default = self.folder.join(key);
        let paths = match self.declared(key, diagnostics) {
            Some(declared) => declared.into_iter().map(|(_, path)| path).collect(),
            None if self.defaults == Defaults::Nothing || !looks.is_folder(&default) => Vec::new(),
            None => vec![default],
        };
        let mut found = Vec::new();
        for path in paths {
            if looks.is_file(&path) {
                found.extend(self.document_of(kind, path.parent().unwrap_or(&path), &path));
                continue;
            }
            let walk = Walk::through(self.root, &path);
            walk.report(diagnostics);
            found.extend(walk.files.iter().filter_map(|file| self.document_of(kind, &path, file)));
        }
        found.extend(self.named(kind, key, diagnostics));
        found
    }

    /// The document `file` below `folder`, the plugin's place for its kind.
    fn document_of(&self, kind: Kind, folder: &Path, file: &Path) -> Option<Found> {
        let extension = file.extension()?;
        let gemini = self.declarations.iter().any(|it| it.format == Format::Gemini);
        let prompt = kind == Kind::Command && gemini && extension.eq_ignore_ascii_case("toml");
        if !extension.eq_ignore_ascii_case("md") && !prompt {
            return None;
        }
        let above = file.strip_prefix(folder).ok()?.parent()?;
        // Outside a plugin an agent is called by its own name, wherever it lies.
        let scoped = kind == Kind::Command || self.defaults != Defaults::Tree;
        let scope = above.iter().filter(|_| scoped).map(|part| format!("{}:", part.to_string_lossy()));
        let name = file.file_stem()?.to_string_lossy().into_owned();
        let own_name = kind == Kind::Agent;
        Some(Found { kind, name, scope: scope.collect(), own_name, file: file.to_owned() })
    }

    /// Documents that a table names: `{"NAME": {"source": "./PATH"}}`.
    fn named(&self, kind: Kind, key: &str, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let mut found = Vec::new();
        for declaration in self.declarations {
            let Some(Value::Object(table)) = declaration.fields.get(key) else { continue };
            for (name, value) in table.iter().take(super::manifest::MAX_PATHS) {
                let source = value.get("source").and_then(Value::as_str);
                let file = source.map(|source| self.root.resolve(self.folder, source));
                match file {
                    Some(Ok(file)) if self.root.looks.is_file(&file) => {
                        let (name, scope) = (name.clone(), String::new());
                        found.push(Found { kind, name, scope, own_name: false, file });
                    }
                    other => {
                        let reason = match other {
                            Some(Err(refusal)) => refusal.to_string(),
                            Some(Ok(_)) => "it is not a file".to_owned(),
                            None => "it has no `source`".to_owned(),
                        };
                        let name = shown(name);
                        let message = format_args!("`{key}`: `{name}` was ignored: {reason}");
                        diagnostics.error(&declaration.file, None, message);
                    }
                }
            }
        }
        found
    }

    /// What the manifests name under `key`, with the manifest that does; `None` when none has the key.
    fn declared(&self, key: &str, diagnostics: &mut Diagnostics) -> Option<Vec<(PathBuf, PathBuf)>> {
        let mut declared = None;
        for declaration in self.declarations {
            let Some(paths) = declaration.paths(key, diagnostics) else { continue };
            let list: &mut Vec<_> = declared.get_or_insert_default();
            for text in paths {
                match self.root.resolve(self.folder, &text) {
                    Ok(path) => list.push((declaration.file.clone(), path)),
                    Err(refusal) => {
                        let message = format_args!("`{}`: {refusal}; it was ignored", shown(key));
                        diagnostics.error(&declaration.file, None, message);
                    }
                }
            }
        }
        declared
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Tree, shown};

    #[test]
    fn a_plugins_default_folders_are_read() {
        let tree = Tree::new()
            .entries(r#"{"name":"p","source":"./p"}"#)
            .file("p/.claude-plugin/plugin.json", r#"{"name":"p"}"#)
            .skill("p", "audit")
            .skill("p/skills/audit", "too-deep")
            .file("p/agents/team/critic.md", "---\nname: the-critic\ndescription: finds faults\n---\n")
            .file("p/commands/db/migrate.md", "# Migrate\nMoves the schema.")
            .file("p/commands/notes.txt", "not Markdown")
            .file("p/notes/agents/x.md", "not loaded")
            .file("p/.mcp.json", r#"{"mcpServers":{"files":{"command":"npx","args":["-y","server"]}}}"#);
        insta::assert_snapshot!(shown(&tree.read()), @"
        m/p/skill/audit: Does the work of audit
        m/p/agent/team:the-critic: finds faults
        m/p/command/db:migrate: Migrate: Moves the schema.
        m/p/mcp/files: MCP server: npx -y server
        p/agents/team/critic.md:2: info: is named `the-critic`, not `critic` as its place; the former counts
        p/commands/db/migrate.md: info: has no frontmatter; its first heading and paragraph describe it
        ");
    }

    #[test]
    fn declared_skills_add_and_declared_agents_and_commands_replace() {
        let declared = r#"{"skills":"./more","agents":["./team/one.md"],"commands":"./verbs",
                           "mcpServers":{"web":{"url":"https://me:hunter22@host/mcp"},"odd":{}}}"#;
        let tree = Tree::new()
            .entries(r#"{"name":"p","source":"./p"}"#)
            .file("p/.claude-plugin/plugin.json", declared)
            .skill("p", "default")
            .file("p/more/extra/SKILL.md", "---\ndescription: an extra skill\n---\n")
            .file("p/agents/ignored.md", "")
            .file("p/team/one.md", "---\ndescription: the only agent\n---\n")
            .file("p/team/two.md", "")
            .file("p/commands/ignored.md", "")
            .file("p/verbs/go.md", "---\ndescription: the only command\n---\n");
        insta::assert_snapshot!(shown(&tree.read()), @"
        m/p/skill/default: Does the work of default
        m/p/skill/extra: an extra skill
        m/p/agent/one: the only agent
        m/p/command/go: the only command
        m/p/mcp/web: MCP server at https://me:[redacted password]@host/mcp
        p/.claude-plugin/plugin.json: warning: MCP server `odd` has no command or url
        ");
    }

    #[test]
    fn entries_that_share_a_source_have_exactly_the_skills_that_they_list() {
        let tree = Tree::new()
            .entries(
                r#"{"name":"one","source":"./","strict":false,"skills":["./skills/a","./skills/b/SKILL.md"]},
                   {"name":"two","source":"./","strict":false,"skills":["./skills/c","./skills/gone"]}"#,
            )
            .skill(".", "a")
            .skill(".", "b")
            .skill(".", "c")
            .skill(".", "d")
            .file("agents/shared.md", "---\ndescription: belongs to neither\n---\n");
        insta::assert_snapshot!(shown(&tree.read()), @"
        m/one/skill/a: Does the work of a
        m/one/skill/b: Does the work of b
        m/two/skill/c: Does the work of c
        .claude-plugin/marketplace.json: error: `skills`: path `./skills/gone` does not exist; it was ignored
        ");
    }

    #[test]
    fn of_two_components_with_one_name_the_first_counts() {
        let tree = Tree::new()
            .file("agents/a.md", "---\nname: twin\ndescription: the first\n---\n")
            .file("agents/b.md", "---\nname: twin\ndescription: the second\n---\n");
        insta::assert_snapshot!(shown(&tree.read()), @"
        market/market/agent/twin: the first
        .: info: has no usable marketplace.json; its folders were read
        agents/a.md:2: info: is named `twin`, not `a` as its place; the former counts
        agents/b.md:2: info: is named `twin`, not `b` as its place; the former counts
        agents/b.md: warning: plugin already has agent `twin`; the first counts
        ");
    }
}
