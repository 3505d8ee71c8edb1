//! Marketplaces that tests write into temporary folders.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::listing::Listing;
use super::{Nature, Site};
use crate::model::component::Component;

/// A folder that a test fills.
#[derive(Debug)]
pub(super) struct Tree(TempDir);

impl Tree {
    /// An empty folder `market` inside a temporary one.
    pub(super) fn new() -> Self {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(temporary.path().join("market")).expect("writable");
        Self(temporary)
    }

    /// The marketplace's root.
    pub(super) fn root(&self) -> PathBuf {
        self.0.path().join("market")
    }

    /// With this file, below the root.
    pub(super) fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().expect("it lies below the root")).expect("writable");
        fs::write(file, bytes).expect("writable");
        self
    }

    /// With `marketplace.json` of these entries, as JSON.
    pub(super) fn entries(self, entries: &str) -> Self {
        let text = format!(r#"{{"name":"m","owner":{{"name":"o"}},"plugins":[{entries}]}}"#);
        self.file(".claude-plugin/marketplace.json", text)
    }

    /// With a skill of plugin folder `plugin` that says what it is.
    pub(super) fn skill(self, plugin: &str, name: &str) -> Self {
        let text = format!("---\nname: {name}\ndescription: Does the work of {name}\n---\n# {name}\n");
        self.file(&format!("{plugin}/skills/{name}/SKILL.md"), text)
    }

    /// With a symbolic link at `path`, below the root.
    #[cfg(unix)]
    pub(super) fn link(self, path: &str, target: impl AsRef<Path>) -> Self {
        let link = self.root().join(path);
        fs::create_dir_all(link.parent().expect("it lies below the root")).expect("writable");
        std::os::unix::fs::symlink(target, link).expect("writable");
        self
    }

    /// What is read of it, with the texts.
    pub(super) fn read(&self) -> Listing<Component> {
        self.read_as(None)
    }

    /// The same under a name.
    pub(super) fn read_as(&self, name: Option<&str>) -> Listing<Component> {
        super::read(Site { name, ..site(&self.root()) }, None, &|component| component)
            .expect("a marketplace")
            .into_listing()
    }
}

/// A folder that somebody may change, as a marketplace.
pub(super) fn site(root: &Path) -> Site<'_> {
    Site { name: None, root, nature: Nature::Changing, kept: None }
}

/// Ids with descriptions, then hooks and diagnostics, one a line.
pub(super) fn shown<T>(listing: &Listing<T>) -> String {
    let components = listing.components.iter().map(|c| format!("{}: {}", c.id, c.description));
    let hooks = listing.hooks.iter().map(|hook| {
        let matcher = if hook.matcher.is_empty() { String::new() } else { format!("({})", hook.matcher) };
        format!("hook {} {}{matcher}: {} [{}]", hook.plugin, hook.event, hook.runs, hook.file)
    });
    components
        .chain(hooks)
        .chain(listing.diagnostics.iter().map(ToString::to_string))
        .collect::<Vec<_>>()
        .join("\n")
}
