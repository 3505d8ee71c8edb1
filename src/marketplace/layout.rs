//! Which files of a plugin's folder are components: what a host would load, and no more.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::diagnostic::{Diagnostics, shown};
use super::files::{Root, Walk, entries};
use super::manifest::Declaration;

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
    pub(super) file: PathBuf,
}

/// A plugin's folder and what its manifests declare of it.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) root: &'a Root,
    /// Absolute, inside the root.
    pub(super) folder: &'a Path,
    pub(super) declarations: &'a [Declaration],
    /// Whether only what is declared counts, and no default folder.
    pub(super) exact: bool,
}

impl Layout<'_> {
    /// The files that define skills, agents and commands, each file once.
    pub(super) fn found(&self, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let mut found = self.skills(diagnostics);
        found.extend(self.documents(Kind::Agent, "agents", diagnostics));
        found.extend(self.documents(Kind::Command, "commands", diagnostics));
        let mut seen = HashSet::new();
        found.retain(|found| {
            found.file.canonicalize().is_ok_and(|real| seen.insert((found.kind.as_str(), real)))
        });
        found
    }

    /// `skills/*/SKILL.md` and the declared ones, which add to them.
    fn skills(&self, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let default = self.folder.join("skills");
        let mut found =
            if self.exact || !default.is_dir() { Vec::new() } else { self.skills_in(&default, diagnostics) };
        for (file, path) in self.declared("skills", diagnostics).into_iter().flatten() {
            let more = match path {
                path if path.is_file() => skill_of(&path).into_iter().collect(),
                path if path.join("SKILL.md").is_file() => {
                    skill_of(&path.join("SKILL.md")).into_iter().collect()
                }
                path => self.skills_in(&path, diagnostics),
            };
            if more.is_empty() {
                diagnostics.warn(&file, None, "`skills` names a path without a SKILL.md; it was ignored");
            }
            found.extend(more);
        }
        found
    }

    /// The skills directly inside `folder`.
    fn skills_in(&self, folder: &Path, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let Some(Ok(mut children)) = self.root.existing(folder).map(|_| entries(folder)) else {
            diagnostics.warn(folder, None, "cannot be read, or leaves the marketplace; it was ignored");
            return Vec::new();
        };
        children.sort_unstable();
        let mut found = Vec::new();
        for file in children.into_iter().map(|child| child.join("SKILL.md")) {
            if self.root.existing(&file).is_some() {
                found.extend(skill_of(&file));
            } else if file.symlink_metadata().is_ok() {
                diagnostics.warn(
                    &file,
                    None,
                    "leaves the marketplace through a symbolic link; it was ignored",
                );
            }
        }
        found
    }

    /// Markdown files of the declared paths, or of the default folder where none is declared.
    fn documents(&self, kind: Kind, key: &str, diagnostics: &mut Diagnostics) -> Vec<Found> {
        let default = self.folder.join(key);
        let folders = match self.declared(key, diagnostics) {
            Some(declared) => declared.into_iter().map(|(_, path)| path).collect(),
            None if self.exact || !default.is_dir() => Vec::new(),
            None => vec![default],
        };
        let mut found = Vec::new();
        for path in folders {
            if path.is_file() {
                found.extend(document_of(kind, path.parent().unwrap_or(&path), &path));
                continue;
            }
            let walk = Walk::through(self.root, &path);
            walk.report(diagnostics);
            found.extend(walk.files.iter().filter_map(|file| document_of(kind, &path, file)));
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

fn skill_of(file: &Path) -> Option<Found> {
    let is_skill = file.is_file() && file.file_name()? == "SKILL.md";
    let name = file.parent()?.file_name()?.to_string_lossy().into_owned();
    is_skill.then(|| Found { kind: Kind::Skill, name, file: file.to_owned() })
}

/// A Markdown file below `folder`; a command's sub-folders are its namespace.
fn document_of(kind: Kind, folder: &Path, file: &Path) -> Option<Found> {
    if !file.extension()?.eq_ignore_ascii_case("md") {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    if kind == Kind::Command {
        let above = file.strip_prefix(folder).ok()?.parent()?;
        parts.extend(above.iter().map(|part| part.to_string_lossy().into_owned()));
    }
    parts.push(file.file_stem()?.to_string_lossy().into_owned());
    Some(Found { kind, name: parts.join(":"), file: file.to_owned() })
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
        m/p/agent/the-critic: finds faults
        m/p/command/db:migrate: Migrate: Moves the schema.
        m/p/mcp/files: MCP server: npx -y server
        p/agents/team/critic.md: info: is named `the-critic`, not `critic` as its file; the former counts
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
        agents/a.md: info: is named `twin`, not `a` as its file; the former counts
        agents/b.md: info: is named `twin`, not `b` as its file; the former counts
        agents/b.md: warning: plugin already has agent `twin`; the first counts
        ");
    }
}
