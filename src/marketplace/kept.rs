//! A stock in the form that is kept, in parts, so that who needs one reads one.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::frontmatter::Fronts;
use super::hook::Hook;
use super::listing::{PluginEntry, Resolution};
use super::source::GitSource;
use super::stock::{Frame, Key, Lot, Stock};
use super::trail::Trail;
use crate::model::component::{Card, Roots, TokenCost};
use crate::model::id::ComponentId;
use crate::model::records;

/// Trails of so many bytes are walked by one thread.
const SHORT: usize = 8 << 10;

/// A stock without what was made of its components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptStock {
    /// The trails of frame and lots, one record each: all that is needed to tell whether it is as it was.
    pub(crate) trails: Vec<u8>,
    /// Frame and lots without components.
    pub(crate) frame: Vec<u8>,
    /// In the order of the listing.
    pub(crate) cards: Vec<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct KeptFrame {
    name: String,
    root: KeptPath,
    renames: BTreeMap<String, String>,
    diagnostics: KeptDiagnostics,
    lots: Vec<KeptLot>,
}

#[derive(Serialize, Deserialize)]
struct KeptLot {
    key: Key,
    name: String,
    description: String,
    resolution: KeptResolution,
    git: Option<GitSource>,
    /// How many.
    components: usize,
    hooks: Vec<Hook>,
    fronts: Fronts,
    diagnostics: KeptDiagnostics,
    bytes: usize,
}

#[derive(Serialize, Deserialize)]
enum KeptResolution {
    Local(KeptPath),
    Remote(String),
    Broken(String),
}

/// How many were left out, and the others.
type KeptDiagnostics = (usize, Vec<(Severity, String, Option<usize>, String)>);

/// The bytes of a path, which need be no text.
#[derive(Serialize, Deserialize)]
struct KeptPath(Vec<u8>);

impl KeptPath {
    fn of(path: &Path) -> Self {
        Self(path.as_os_str().as_bytes().to_vec())
    }

    fn path(self) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(&self.0))
    }
}

/// Paths are seen from the one before, where they lie below it.
#[derive(Serialize, Deserialize)]
struct KeptCard {
    id: ComponentId,
    description: String,
    /// As JSON, whose form leaves fields out.
    contract: Option<String>,
    content: String,
    marketplace: KeptPath,
    plugin: KeptPath,
    folder: KeptPath,
    file: KeptPath,
    always: u64,
    on_invoke: u64,
}

impl<T> Stock<T> {
    /// It in the form that is kept.
    pub(crate) fn keep(&self) -> KeptStock {
        let Frame { name, root, renames, diagnostics, trail } = &self.frame;
        let mut end = 0;
        let ends = self.lots.iter().map(|lot| {
            end += lot.components.len();
            end
        });
        let mut trails = vec![bytes(&(trail, ends.collect::<Vec<usize>>()))];
        trails.extend(self.lots.iter().map(|lot| bytes(&lot.trail)));
        let frame = KeptFrame {
            name: name.clone(),
            root: KeptPath::of(root),
            renames: renames.clone(),
            diagnostics: kept_diagnostics(diagnostics),
            lots: self.lots.iter().map(Lot::keep).collect(),
        };
        let cards = self.lots.iter().flat_map(|lot| &lot.components);
        KeptStock {
            trails: records::encode(&trails),
            frame: bytes(&frame),
            cards: cards.map(|card| bytes(&KeptCard::of(card, root))).collect(),
        }
    }
}

impl<T> Lot<T> {
    fn keep(&self) -> KeptLot {
        let PluginEntry { name, description, resolution, git } = &self.plugin;
        KeptLot {
            key: self.key,
            name: name.clone(),
            description: description.clone(),
            resolution: match resolution {
                Resolution::Local(folder) => KeptResolution::Local(KeptPath::of(folder)),
                Resolution::Remote { description } => KeptResolution::Remote(description.clone()),
                Resolution::Broken { reason } => KeptResolution::Broken(reason.clone()),
            },
            git: git.clone(),
            components: self.components.len(),
            hooks: self.hooks.clone(),
            fronts: self.fronts,
            diagnostics: kept_diagnostics(&self.diagnostics),
            bytes: self.bytes,
        }
    }
}

/// Whether everything that a reading with these trails looked at is as it was; nonsense is not.
pub(crate) fn holds(trails: &[u8]) -> bool {
    let Some(all) = records::decode(trails) else { return false };
    let Some((frame, lots)) = all.split_first() else { return false };
    // To start threads takes as long as to walk a few.
    let lots_hold = || match trails.len() < SHORT {
        true => lots.iter().all(|lot| lot_holds(lot)),
        false => lots.par_iter().all(|lot| lot_holds(lot)),
    };
    frame_holds(frame) && lots_hold()
}

/// The first record of trails: that of the frame, and behind how many components each lot ends.
fn first(record: &[u8]) -> Option<(Trail, Vec<usize>)> {
    postcard::from_bytes(record).ok()
}

/// Whether the manifest is as it was, by the first record of its trails.
pub(crate) fn frame_holds(record: &[u8]) -> bool {
    first(record).is_some_and(|(trail, _)| trail.holds())
}

/// Whether a plugin is as it was, by its record.
pub(crate) fn lot_holds(record: &[u8]) -> bool {
    postcard::from_bytes::<Trail>(record).is_ok_and(|trail| trail.holds())
}

/// The number of the record of the plugin that has the component at `place` of the listing, by the first record.
pub(crate) fn lot_of(record: &[u8], place: usize) -> Option<u64> {
    let (_, ends) = first(record)?;
    let lot = ends.partition_point(|end| *end <= place);
    (lot < ends.len()).then_some(lot as u64 + 1)
}

/// The stock that was kept so, with what was `made` of its components; `None`: these parts are none.
pub(crate) fn stock<T>(kept: &KeptStock, made: Vec<T>) -> Option<Stock<T>> {
    let trails = records::decode(&kept.trails)?;
    let (trail, _) = first(trails.first()?)?;
    let frame: KeptFrame = postcard::from_bytes(&kept.frame).ok()?;
    let root = frame.root.path();
    let mut trails = trails.into_iter().skip(1);
    let mut cards = kept.cards.iter().map(|kept| card(kept, &root));
    let mut made = made.into_iter();
    let mut lots = Vec::with_capacity(frame.lots.len());
    for lot in frame.lots {
        let number = lot.components;
        let components: Vec<Card> = cards.by_ref().take(number).collect::<Option<_>>()?;
        let made: Vec<T> = made.by_ref().take(number).collect();
        if components.len() != number || made.len() != number {
            return None;
        }
        lots.push(Lot {
            key: lot.key,
            plugin: PluginEntry {
                name: lot.name,
                description: lot.description,
                resolution: match lot.resolution {
                    KeptResolution::Local(folder) => Resolution::Local(folder.path()),
                    KeptResolution::Remote(description) => Resolution::Remote { description },
                    KeptResolution::Broken(reason) => Resolution::Broken { reason },
                },
                git: lot.git,
            },
            components,
            made,
            hooks: lot.hooks,
            fronts: lot.fronts,
            diagnostics: diagnostics(lot.diagnostics, &root),
            bytes: lot.bytes,
            trail: postcard::from_bytes(trails.next()?).ok()?,
        });
    }
    let whole = trails.next().is_none() && cards.next().is_none() && made.next().is_none();
    let (name, renames) = (frame.name, frame.renames);
    let diagnostics = diagnostics(frame.diagnostics, &root);
    let frame = Frame { name, root: root.clone(), renames, diagnostics, trail };
    whole.then_some(Stock { frame, lots })
}

/// The id on a card.
pub(crate) fn id(kept: &[u8]) -> Option<ComponentId> {
    // It comes first.
    Some(postcard::take_from_bytes(kept).ok()?.0)
}

/// A card of a stock whose root is `root`; `None`: `kept` is none.
pub(crate) fn card(kept: &[u8], root: &Path) -> Option<Card> {
    let kept: KeptCard = postcard::from_bytes(kept).ok()?;
    let contract = match kept.contract {
        Some(text) => Some(serde_json::from_str(&text).ok()?),
        None => None,
    };
    let marketplace = joined(root, kept.marketplace);
    let plugin = joined(&marketplace, kept.plugin);
    let folder = joined(&plugin, kept.folder);
    Some(Card {
        id: kept.id,
        description: kept.description,
        contract,
        content: kept.content,
        file: joined(&folder, kept.file),
        folder,
        roots: Roots { marketplace, plugin },
        tokens: TokenCost { always: kept.always, on_invoke: kept.on_invoke },
    })
}

impl KeptCard {
    fn of(card: &Card, root: &Path) -> Self {
        let Card { id, description, contract, content, folder, roots, file, tokens } = card;
        let contract = contract.as_ref().map(|it| serde_json::to_string(it).expect("keys are texts"));
        Self {
            id: id.clone(),
            description: description.clone(),
            contract,
            content: content.clone(),
            marketplace: seen_from(root, &roots.marketplace),
            plugin: seen_from(&roots.marketplace, &roots.plugin),
            folder: seen_from(&roots.plugin, folder),
            file: seen_from(folder, file),
            always: tokens.always,
            on_invoke: tokens.on_invoke,
        }
    }
}

fn seen_from(above: &Path, path: &Path) -> KeptPath {
    KeptPath::of(path.strip_prefix(above).unwrap_or(path))
}

fn joined(above: &Path, below: KeptPath) -> PathBuf {
    // What is joined with nothing would get a slash at its end.
    if below.0.is_empty() { above.to_owned() } else { above.join(below.path()) }
}

fn kept_diagnostics(diagnostics: &Diagnostics) -> KeptDiagnostics {
    let kept = |it: &Diagnostic| (it.severity, it.file.clone(), it.line, it.message.clone());
    (diagnostics.left_out, diagnostics.list.iter().map(kept).collect())
}

fn diagnostics((left_out, list): KeptDiagnostics, root: &Path) -> Diagnostics {
    let one = |(severity, file, line, message)| Diagnostic { severity, file, line, message };
    Diagnostics::found(root, list.into_iter().map(one).collect(), left_out)
}

fn bytes<V: Serialize>(value: &V) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain values of known length")
}
