//! Brings `orchestrate/catalog` up to date: the derived file that holds what was read of marketplaces.
//!
//! 1. Per marketplace it holds the trails of the reading (what was looked at on disk, plugin by plugin), the
//!    listing, and of each component a card, its facts, its vector, its profile and what it says of others: everything but
//!    its text.
//! 2. While the trails of a marketplace hold, nothing of it is read. Otherwise its manifest is, and of its plugins
//!    those whose own trail does not hold; what did not change among their components keeps what was made of it.
//! 3. Over all marketplaces it holds the index that search reads, and the classes of components that are one thing:
//!    a function of all vectors and profiles, so that what is brought up to date is, byte for byte, what would be
//!    made anew.
//! 4. It is made and published by whoever finds it out of date, and answers from memory until then. It is
//!    never believed: `store/derived.rs` checks each part when it is read, and what is not intact is made anew.
//!
//! Limit: every file that counts is looked at once in each command, which takes a microsecond each. What git
//! fetched lies in folders named for their commit and is not looked at; who only searches does not look at all of
//! what is large, see [`Look`].

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Context;
use super::origin::{self, Place};
use crate::marketplace::kept::{self, KeptStock};
use crate::model::component::{Card, Component, Roots};
use crate::model::id::ComponentId;
use crate::model::records::{self, Records};
use crate::research::classes::profile;
use crate::research::facts::{extract, kept as kept_facts};
use crate::research::graph::told;
use crate::research::index::{Entry, index};
use crate::research::vector::vector;
use crate::research::vocabulary::Vocabulary;
use crate::store::{Derived, Store, section};
use crate::ui::{Failure, Progress, exit, quoted};

/// The file.
const CATALOG: &str = "catalog";

/// What the file says first: a marketplace that was read. They come in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) name: String,
    /// The bytes of its path, without symbolic links.
    root: Vec<u8>,
}

impl Head {
    /// Where it lies.
    pub(super) fn root(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.root))
    }
}

/// Where a component is to be found.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Seat {
    /// The number of its marketplace.
    pub(super) marketplace: usize,
    /// Its place in the listing there.
    pub(super) place: usize,
    /// The number of its class.
    pub(super) class: u32,
}

/// The name of a section of the marketplace with this number.
pub(super) fn named(number: usize, section: &str) -> String {
    format!("{number} {section}")
}

/// How much of marketplaces is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Every file that counts.
    Everywhere,
    /// Of a marketplace of more than [`LARGE`] components the manifest. Who shows some of them looks at these.
    Manifests,
    /// Every file that counts, after a look at manifests, which has named what is passed over.
    Again,
}

/// So many components are looked at in some milliseconds.
const LARGE: u64 = 5_000;

/// Names a component as it was read: whatever the rest is made of.
type Key = [u8; 16];

/// What is made of a component while its text is at hand.
#[derive(Clone, Debug)]
struct Made {
    key: Key,
    facts: Arc<[u8]>,
    vector: Arc<[u8]>,
    profile: Arc<[u8]>,
    told: Arc<[u8]>,
}

/// A marketplace in the form that is kept.
struct Row {
    head: Head,
    stock: KeptStock,
    made: Vec<Made>,
}

/// A known marketplace, where it lies now.
struct Known<'s> {
    name: &'s str,
    source: &'s str,
    place: Place,
    head: Head,
}

/// The derived file as it has to be now: found so, or brought up to date.
pub(super) fn up_to_date(cx: &Context, store: &Store<'_>, look: Look) -> Result<Derived, Failure> {
    let known = known(cx, store, look)?;
    let Some(old) = Old::open(store) else { return Ok(anew(cx, store, &known)) };
    let holding = |look| -> Vec<Option<usize>> { known.iter().map(|it| old.holding(it, look)).collect() };
    let is_whole = |holding: &[Option<usize>]| {
        holding.iter().flatten().copied().eq(0..old.heads.len()) && holding.len() == old.heads.len()
    };
    if look == Look::Manifests && is_whole(&holding(look)) {
        return Ok(old.derived);
    }
    let holding = holding(Look::Everywhere);
    if is_whole(&holding) {
        return Ok(old.derived);
    }
    let later = later(cx, store, &known, &old, &holding);
    Ok(later.unwrap_or_else(|| anew(cx, store, &known)))
}

/// The derived file, made of nothing but the marketplaces.
pub(super) fn made_anew(cx: &Context, store: &Store<'_>) -> Result<Derived, Failure> {
    Ok(anew(cx, store, &known(cx, store, Look::Everywhere)?))
}

/// Every known marketplace that can be looked for; the others are named and passed over.
fn known<'s>(cx: &Context, store: &'s Store<'_>, look: Look) -> Result<Vec<Known<'s>>, Failure> {
    let mut all = Vec::new();
    for (name, source) in &store.settings.marketplaces {
        let pin = store.settings.pins.get(name).copied();
        match origin::place(store.repo, Some(name), source, pin) {
            Ok(place) => {
                // Where it is not there at all, reading it will say so.
                let root = place.root.canonicalize().unwrap_or_else(|_| place.root.clone());
                let head = Head { name: name.clone(), root: root.as_os_str().as_bytes().to_vec() };
                all.push(Known { name, source, place, head });
            }
            Err(failure) if failure.code == exit::REPOSITORY => return Err(failure),
            Err(_) if look == Look::Again => {}
            Err(failure) => pass_over(cx, name, &failure),
        }
    }
    Ok(all)
}

fn pass_over(cx: &Context, name: &str, failure: &Failure) {
    let forget = format!("`git orchestrate marketplace remove {}` forgets it", quoted(name));
    cx.ui.warn(format!("{name} is passed over: {}; {forget}", failure.message));
    failure.hints.iter().for_each(|hint| cx.ui.hint(hint));
}

/// What there is already.
struct Old {
    derived: Derived,
    heads: Vec<Head>,
}

impl Old {
    fn open(store: &Store<'_>) -> Option<Self> {
        let derived = store.derived(CATALOG)?;
        Some(Self { heads: derived.value("heads")?, derived })
    }

    /// The number of a marketplace here, if nothing of it has changed, as far as it is looked at.
    fn holding(&self, known: &Known<'_>, look: Look) -> Option<usize> {
        let number = self.heads.iter().position(|head| *head == known.head)?;
        let (cards, trails) = (named(number, "cards"), named(number, "trails"));
        let read = |name| move |range| self.derived.part(name, range);
        let (cards, first) = (read(&*cards), read(&*trails));
        let holds = if look == Look::Manifests && Records::open(&cards)?.len() > LARGE {
            kept::frame_holds(&Records::open(&first)?.get(0)?)
        } else {
            kept::holds(&self.derived.bytes(&trails)?)
        };
        holds.then_some(number)
    }

    /// Its terms.
    fn vocabulary(&self) -> Option<Vocabulary> {
        let terms = self.derived.bytes("terms")?;
        let terms: Result<Vec<&str>, _> = records::decode(&terms)?.into_iter().map(str::from_utf8).collect();
        Some(Vocabulary::of(terms.ok()?.into_iter().map(str::to_owned)))
    }

    /// A marketplace with all that was made of it.
    fn row(&self, number: usize) -> Option<Row> {
        let section = |name| self.derived.bytes(&named(number, name));
        let list = |name| -> Option<Vec<Arc<[u8]>>> {
            Some(records::decode(&section(name)?)?.into_iter().map(Arc::from).collect())
        };
        let keys: Vec<Key> = self.derived.value(&named(number, "keys"))?;
        let lists = (list("facts")?, list("vectors")?, list("profiles")?, list("told")?);
        let (facts, vectors, profiles, told) = &lists;
        if [facts, vectors, profiles, told].iter().any(|list| list.len() != keys.len()) {
            return None;
        }
        let made = keys.into_iter().enumerate().map(|(place, key)| {
            let [facts, vector, profile, told] =
                [facts, vectors, profiles, told].map(|list| list[place].clone());
            Made { key, facts, vector, profile, told }
        });
        let cards = records::decode(&section("cards")?)?.into_iter().map(<[u8]>::to_vec).collect();
        Some(Row {
            head: self.heads.get(number)?.clone(),
            stock: KeptStock { trails: section("trails")?, frame: section("frame")?, cards },
            made: made.collect(),
        })
    }
}

fn anew(cx: &Context, store: &Store<'_>, known: &[Known<'_>]) -> Derived {
    let desk = Desk {
        cx,
        store,
        vocabulary: Vocabulary::default(),
        progress: cx.ui.progress("reading marketplaces:", "components"),
    };
    let rows = known.iter().filter_map(|known| desk.read(known, None)).collect();
    desk.publish(rows).expect("what was just made fits together")
}

/// What is out of date is read again. `None`: of the old there is something that is not intact.
fn later(
    cx: &Context,
    store: &Store<'_>,
    known: &[Known<'_>],
    old: &Old,
    holding: &[Option<usize>],
) -> Option<Derived> {
    let desk = Desk {
        cx,
        store,
        vocabulary: old.vocabulary()?,
        progress: cx.ui.progress("reading marketplaces:", "components"),
    };
    let mut rows = Vec::new();
    for (known, holding) in known.iter().zip(holding) {
        match holding {
            Some(number) => rows.push(old.row(*number)?),
            None => {
                // Where it lies somewhere else now, what did not change keeps its facts all the same.
                let number = old.heads.iter().position(|head| head.name == known.name);
                let before = match number {
                    Some(number) => Some(old.row(number)?),
                    None => None,
                };
                rows.extend(desk.read(known, before));
            }
        }
    }
    desk.publish(rows)
}

/// Where marketplaces are read.
struct Desk<'a> {
    cx: &'a Context,
    store: &'a Store<'a>,
    vocabulary: Vocabulary,
    progress: Progress,
}

impl Desk<'_> {
    /// Reads a marketplace, as far as it has changed since `before`; what can't be read is named and passed
    /// over.
    fn read(&self, known: &Known<'_>, before: Option<Row>) -> Option<Row> {
        let (mut stock, mut made) = (None, HashMap::new());
        if let Some(before) = before {
            made = before.made.iter().map(|made| (made.key, made.clone())).collect();
            stock = kept::stock(&before.stock, before.made);
        }
        let (vocabulary, progress) = (&self.vocabulary, &self.progress);
        let make = |component: Component| {
            progress.step();
            let key = key(&component);
            made.get(&key).cloned().unwrap_or_else(|| Made {
                key,
                facts: kept_facts::encode(extract(&component)).into(),
                vector: vector(&component, vocabulary).into(),
                profile: profile(&component).into(),
                told: told(&component).into(),
            })
        };
        let Known { name, source, place, head } = known;
        match origin::read(self.store.repo, Some(name), source, place, stock, &make) {
            Ok(stock) => {
                let made = stock.made().cloned().collect();
                Some(Row { head: head.clone(), stock: stock.keep(), made })
            }
            Err(failure) => {
                pass_over(self.cx, name, &failure);
                None
            }
        }
    }

    /// Puts together what was read, and publishes it. `None`: it does not fit together.
    fn publish(self, rows: Vec<Row>) -> Option<Derived> {
        let sections = sections(rows, self.vocabulary.into_terms())?;
        let derived = Derived::of(sections);
        self.store.publish(CATALOG, &derived);
        Some(derived)
    }
}

/// The sections of the file that holds these marketplaces.
fn sections(rows: Vec<Row>, terms: Vec<String>) -> Option<Vec<(String, Vec<u8>)>> {
    // Of components of one id, if that is possible at all, the last counts.
    let mut by_id: BTreeMap<ComponentId, (usize, usize)> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        for (place, card) in row.stock.cards.iter().enumerate() {
            by_id.insert(kept::id(card)?, (number, place));
        }
    }
    let made = |(number, place): (usize, usize)| rows[number].made.get(place);
    let mut components = Vec::with_capacity(by_id.len());
    for (id, place) in &by_id {
        let Made { vector, profile, .. } = made(*place)?;
        components.push(Entry { id, vector, profile });
    }
    let (index, vectors) = index(&components, terms)?;
    drop(components);
    let mut renumbered: HashMap<(usize, usize), Vec<u8>> = by_id.values().copied().zip(vectors).collect();
    let ids: Vec<&str> = by_id.keys().map(ComponentId::as_str).collect();
    let seats = by_id.values().zip(index.class_of);
    let seats: Vec<Vec<u8>> = seats
        .map(|((marketplace, place), class)| {
            section(&Seat { marketplace: *marketplace, place: *place, class })
        })
        .collect();
    let heads: Vec<Head> = rows.iter().map(|row| row.head.clone()).collect();
    let mut stamp = blake3::Hasher::new();
    for made in rows.iter().flat_map(|row| &row.made) {
        stamp.update(&made.key);
    }
    stamp.update(&records::encode(&ids));
    let mut sections = vec![
        ("heads".to_owned(), section(&heads)),
        ("stamp".to_owned(), section(stamp.finalize().as_bytes())),
        ("ids".to_owned(), records::encode(&ids)),
        ("seats".to_owned(), records::encode(&seats)),
        ("terms".to_owned(), index.terms),
        ("postings".to_owned(), index.postings),
        ("classes".to_owned(), index.classes),
    ];
    for (number, row) in rows.into_iter().enumerate() {
        let keys: Vec<Key> = row.made.iter().map(|made| made.key).collect();
        let list =
            |of: fn(&Made) -> &Arc<[u8]>| records::encode(&row.made.iter().map(of).collect::<Vec<_>>());
        let (facts, profiles) = (list(|made| &made.facts), list(|made| &made.profile));
        let told = list(|made| &made.told);
        let vectors: Vec<Vec<u8>> = (0..row.made.len())
            .map(|place| renumbered.remove(&(number, place)).unwrap_or_default())
            .collect();
        let own = [
            ("trails", row.stock.trails),
            ("frame", row.stock.frame),
            ("cards", records::encode(&row.stock.cards)),
            ("keys", section(&keys)),
            ("facts", facts),
            ("vectors", records::encode(&vectors)),
            ("profiles", profiles),
            ("told", told),
        ];
        sections.extend(own.map(|(name, bytes)| (named(number, name), bytes)));
    }
    Some(sections)
}

/// The key of a component: of all that it is but for where its marketplace lies.
fn key(component: &Component) -> Key {
    let Component { card, headings, body, declared } = component;
    let root = &card.roots.marketplace;
    let below = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
    let roots = Roots { marketplace: Default::default(), plugin: below(&card.roots.plugin) };
    let card = Card { folder: below(&card.folder), file: below(&card.file), roots, ..card.clone() };
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{card:?}{headings:?}{declared:?}").as_bytes()).update(body.as_bytes());
    let mut key = Key::default();
    hasher.finalize_xof().fill(&mut key);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplace::{self, Nature, Site};

    fn keys(root: &Path) -> Vec<Key> {
        let site = Site { name: Some("m"), root, nature: Nature::Changing, kept: None };
        let stock = marketplace::read(site, None, &|component| key(&component)).expect("a marketplace");
        stock.made().copied().collect()
    }

    #[test]
    fn a_component_keeps_its_key_wherever_its_marketplace_lies_until_it_changes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let skill = |place: &str, text: &str| {
            let market = folder.path().join(place).join("market");
            std::fs::create_dir_all(market.join("skills/s")).expect("made");
            std::fs::write(market.join("skills/s/SKILL.md"), text).expect("written");
            keys(&market)
        };
        let first = skill("one", "---\ndescription: one\n---\nBody");
        assert_eq!(first.len(), 1);
        assert_eq!(skill("two", "---\ndescription: one\n---\nBody"), first);
        assert_ne!(skill("two", "---\ndescription: two\n---\nBody"), first);
        assert_ne!(skill("two", "---\ndescription: one\n---\nbody"), first);
    }
}
