//! The way from a root to a stock: manifest, else single plugin, else plain tree.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use super::component::Owner;
use super::diagnostic::{Diagnostics, shown};
use super::fetched;
use super::files::Root;
use super::listing::{PluginEntry, Resolution};
use super::manifest::{self, Entry};
use super::names::clean;
use super::plugin::{self, Part, Place};
use super::source::Source;
use super::stock::{Frame, Key, Lot, Stock};
use super::{MarketplaceError, Site};
use crate::host;
use crate::model::component::Component;

/// Past so much nothing more is read of one marketplace.
const BOUNDS: Bounds = Bounds { components: 100_000, mib: 512 };
/// How many plugins are read before the bounds are looked at.
const AT_ONCE: usize = 16;
/// The most folders that are looked at as plugins of a plain tree.
const MAX_FOLDERS: usize = 5_000;
/// What makes a folder a plugin without a manifest.
const PARTS: [&str; 5] = ["agents", "commands", "skills", "SKILL.md", "server.json"];

/// Reads the marketplace at `site`. Of `before`, which was read of the same site, every plugin is taken over
/// of which nothing has changed. `make` says what becomes of the components of the others.
pub(super) fn stock<T: Send>(
    site: Site<'_>,
    before: Option<Stock<T>>,
    make: &(impl Fn(Component) -> T + Sync),
) -> Result<Stock<T>, MarketplaceError> {
    let unreadable = |source| MarketplaceError::Unreadable { root: site.root.to_owned(), source };
    let begun = host::file_time_ns();
    let root = Root::open(site.root, site.nature).map_err(unreadable)?;
    let table = Table::of(&root, site.name);
    if !table.has_manifest && table.items.is_empty() {
        return Err(MarketplaceError::Empty { root: site.root.to_owned() });
    }
    let lots = before.into_iter().flat_map(|stock| stock.lots);
    let desk = Desk {
        name: &table.name,
        root: &root,
        kept: site.kept,
        begun,
        bounds: BOUNDS,
        before: Mutex::new(lots.map(|lot| (lot.key, lot)).collect()),
        make,
    };
    let mut diagnostics = table.diagnostics;
    let lots = desk.lots(&table.items, &mut diagnostics);
    let (name, path) = (table.name, root.path().to_owned());
    let trail = root.looks.trail(begun);
    Ok(Stock { frame: Frame { name, root: path, renames: table.renames, diagnostics, trail }, lots })
}

/// What a marketplace consists of.
struct Table {
    name: String,
    has_manifest: bool,
    /// In the manifest's order, each plugin once.
    items: Vec<Item>,
    renames: BTreeMap<String, String>,
    diagnostics: Diagnostics,
}

/// A plugin that is to be read.
enum Item {
    /// One that the manifest, this file, names.
    Entry(PathBuf, Box<Entry>),
    /// A folder that is one by its looks, and its name.
    Folder(PathBuf, String),
}

impl Item {
    /// The same for the same plugin, as long as what the manifest says of it is the same.
    fn key(&self) -> Key {
        let text = match self {
            Self::Entry(file, entry) => format!("{}\0{entry:?}", file.display()),
            Self::Folder(folder, name) => format!("{}\0{name}", folder.display()),
        };
        Key::of(&text)
    }
}

impl Table {
    fn of(root: &Root, name: Option<&str>) -> Self {
        let mut diagnostics = Diagnostics::new(root.path());
        let file = root.path().join(manifest::MARKETPLACE);
        let manifest = match root.existing(&file) {
            Some(_) => manifest::marketplace(&root.looks, &file, &mut diagnostics),
            None => None,
        };
        let own = manifest.as_ref().and_then(|manifest| manifest.name.clone());
        let name = name.and_then(clean).or(own).unwrap_or_else(|| folder_name(root.path()));
        let has_manifest = root.looks.exists(&file);
        let mut table = Self { name, has_manifest, items: Vec::new(), renames: BTreeMap::new(), diagnostics };
        match manifest {
            Some(manifest) => {
                table.renames = manifest.renames;
                table.list(&file, manifest.entries);
            }
            None => table.look(root),
        }
        table
    }

    /// The plugins that the manifest names.
    fn list(&mut self, file: &Path, entries: Vec<Entry>) {
        let mut names = HashSet::new();
        for entry in entries {
            if names.insert(entry.name.clone()) {
                self.items.push(Item::Entry(file.to_owned(), Box::new(entry)));
            } else {
                let message =
                    format_args!("plugin `{}` is listed twice; the first counts", shown(&entry.name));
                self.diagnostics.warn(file, None, message);
            }
        }
    }

    /// Without a manifest: the root as a plugin, and the plugins among its folders.
    fn look(&mut self, root: &Root) {
        let top = root.path().to_owned();
        self.diagnostics.info(&top, None, "has no usable marketplace.json; its folders were read");
        let mut folders = children(root, &top);
        folders.extend(children(root, &top.join("plugins")));
        folders.insert(0, top);
        folders.retain(|folder| is_plugin(root, folder));
        if folders.len() > MAX_FOLDERS {
            let message =
                format_args!("has more than {MAX_FOLDERS} folders with plugins; the rest were ignored");
            self.diagnostics.error(root.path(), None, message);
            folders.truncate(MAX_FOLDERS);
        }
        let mut names = HashSet::new();
        for folder in folders {
            let name = plugin::own_name(root, &folder).and_then(|name| clean(&name));
            let name = name.unwrap_or_else(|| folder_name(&folder));
            if names.insert(name.clone()) {
                self.items.push(Item::Folder(folder, name));
            } else {
                let message = format_args!("plugin `{}` exists already; the first counts", shown(&name));
                self.diagnostics.warn(&folder, None, message);
            }
        }
    }
}

/// How many components and texts are read, a few plugins more or less.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    components: usize,
    mib: usize,
}

/// Where a marketplace is read, plugin by plugin.
struct Desk<'a, T, M> {
    name: &'a str,
    root: &'a Root,
    kept: Option<&'a Path>,
    begun: i128,
    bounds: Bounds,
    /// What was read earlier and may be taken over.
    before: Mutex<HashMap<Key, Lot<T>>>,
    make: &'a M,
}

impl<T: Send, M: Fn(Component) -> T + Sync> Desk<'_, T, M> {
    /// The lots of these plugins, in their order, until it is too much, which is said.
    fn lots(&self, items: &[Item], diagnostics: &mut Diagnostics) -> Vec<Lot<T>> {
        let mut lots: Vec<Lot<T>> = Vec::with_capacity(items.len());
        let (mut components, mut bytes) = (0, 0);
        for some in items.chunks(AT_ONCE) {
            let Bounds { components: most, mib } = self.bounds;
            if components > most || bytes > mib << 20 {
                let message = format_args!(
                    "has more than {most} components or {mib} MiB of texts; the rest were ignored"
                );
                diagnostics.error(self.root.path(), None, message);
                break;
            }
            // Plugins are read side by side; what comes of them keeps the manifest's order.
            let read: Vec<_> = some.par_iter().map(|item| self.lot(item)).collect();
            components += read.iter().map(|lot| lot.components.len()).sum::<usize>();
            bytes += read.iter().map(|lot| lot.bytes).sum::<usize>();
            lots.extend(read);
        }
        lots
    }

    /// A plugin as it was read earlier, or else as it is now.
    fn lot(&self, item: &Item) -> Lot<T> {
        let key = item.key();
        let before = self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&key);
        if let Some(lot) = before.filter(|lot| lot.trail.holds()) {
            return lot;
        }
        let root = self.root.anew();
        let (plugin, part) = match item {
            Item::Entry(file, entry) => self.entry(&root, file, entry),
            Item::Folder(folder, name) => self.folder(&root, folder, name),
        };
        let bytes = part.bytes();
        let components = part.components.iter().map(|component| component.card.clone()).collect();
        Lot {
            key,
            plugin,
            components,
            made: part.components.into_par_iter().map(self.make).collect(),
            hooks: part.hooks,
            fronts: part.fronts,
            diagnostics: part.diagnostics,
            bytes,
            trail: root.looks.trail(self.begun),
        }
    }

    /// A plugin that the manifest names.
    fn entry(&self, root: &Root, file: &Path, entry: &Entry) -> (PluginEntry, Part) {
        let owner = Owner { marketplace: self.name, plugin: &entry.name };
        let own = Diagnostics::new(root.path());
        let (mut resolution, mut part) = match self.locate(root, &entry.source) {
            Located::Here(folder) => {
                let place = Place { root, folder: &folder, owner };
                let part = plugin::of_entry(place, file, entry, own);
                (Resolution::Local(folder), part)
            }
            Located::Fetched(root, folder) => {
                let own = Diagnostics::of_plugin(root.path(), &entry.name);
                let place = Place { root: &root, folder: &folder, owner };
                let part = plugin::of_entry(place, file, entry, own);
                (Resolution::Local(folder), part)
            }
            Located::NotHere(resolution) => (resolution, Part::empty(entry.description(), own)),
        };
        if let Some(reason) = part.refused.take() {
            resolution = Resolution::Broken { reason };
        }
        if let Resolution::Broken { reason } = &resolution {
            let message = format_args!("plugin `{}` cannot be read: {reason}", shown(&entry.name));
            part.diagnostics.error(file, None, message);
        }
        let git = match &entry.source {
            Source::Remote(_, git) => git.clone(),
            _ => None,
        };
        let (name, description) = (entry.name.clone(), part.description.clone());
        (PluginEntry { name, description, resolution, git }, part)
    }

    fn locate(&self, root: &Root, source: &Source) -> Located {
        let broken = |reason: String| Located::NotHere(Resolution::Broken { reason });
        match source {
            Source::Local(text) => match root.resolve(root.path(), text) {
                Ok(folder) if root.looks.is_folder(&folder) => Located::Here(folder),
                Ok(_) => broken(format!("path `{}` is not a folder", shown(text))),
                Err(refusal) => broken(refusal.to_string()),
            },
            Source::Remote(description, git) => {
                let tree = git.as_ref().zip(self.kept);
                match tree.and_then(|(git, kept)| fetched::open(&root.looks, kept, git)) {
                    Some(Ok((root, folder))) => Located::Fetched(root, folder),
                    Some(Err(refusal)) => broken(refusal.to_string()),
                    None => Located::NotHere(Resolution::Remote { description: description.clone() }),
                }
            }
            Source::Unclear(reason) => broken(reason.clone()),
        }
    }

    /// A folder that is a plugin by its looks.
    fn folder(&self, root: &Root, folder: &Path, name: &str) -> (PluginEntry, Part) {
        let owner = Owner { marketplace: self.name, plugin: name };
        let part = plugin::of_folder(Place { root, folder, owner }, Diagnostics::new(root.path()));
        let (name, description) = (name.to_owned(), part.description.clone());
        let resolution = Resolution::Local(folder.to_owned());
        (PluginEntry { name, description, resolution, git: None }, part)
    }
}

/// Where a plugin's folder is.
enum Located {
    Here(PathBuf),
    /// Below a root of its own.
    Fetched(Root, PathBuf),
    NotHere(Resolution),
}

/// The folders inside `folder`, sorted; of the hidden ones only `.claude`, where projects keep theirs.
fn children(root: &Root, folder: &Path) -> Vec<PathBuf> {
    let mut children = root.looks.entries(folder).unwrap_or_default();
    children.retain(|child| {
        let name = folder_name(child);
        let visible = !name.starts_with('.') || name == ".claude";
        visible && root.looks.is_folder(child) && root.existing(child).is_some()
    });
    children.sort_unstable();
    children
}

fn is_plugin(root: &Root, folder: &Path) -> bool {
    manifest::of_plugin(root, folder).is_some()
        || PARTS.iter().any(|part| root.existing(&folder.join(part)).is_some())
}

fn folder_name(folder: &Path) -> String {
    folder
        .file_name()
        .and_then(|name| clean(&name.to_string_lossy()))
        .unwrap_or_else(|| "marketplace".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::files::Nature;
    use super::super::samples::Tree;
    use super::*;

    #[test]
    fn what_is_too_much_already_is_read_no_further_and_said() {
        let tree = (0..20).fold(Tree::new(), |tree, number| tree.skill(&format!("p{number:02}"), "s"));
        let root = Root::open(&tree.root(), Nature::Changing).expect("there");
        let mut table = Table::of(&root, None);
        let bounds = Bounds { components: 5, mib: 1 };
        let before = Mutex::default();
        let desk = Desk { name: "m", root: &root, kept: None, begun: 0, bounds, before, make: &drop };
        let lots = desk.lots(&table.items, &mut table.diagnostics);
        assert_eq!((table.items.len(), lots.len()), (20, AT_ONCE));
        let said: Vec<String> = table.diagnostics.into_list().iter().map(ToString::to_string).collect();
        assert_eq!(said[1], ".: error: has more than 5 components or 1 MiB of texts; the rest were ignored");
    }
}
