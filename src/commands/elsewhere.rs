//! Components that the catalog in git has and this machine has not: a teammate analyzed them.
//!
//! `orchestrate/elsewhere` is derived: what search reads of them, for the state of the marketplaces here and of
//! the learning refs that it was made from. Whoever finds it out of date makes it anew. Plans never choose
//! such a component: nothing of it is here that could run.

use super::catalog::{Shown, means, several, show};
use super::knowledge::Knowledge;
use super::origin::BUILTIN;
use super::stocks::{self, Stocks};
use super::{Context, DONE, Ended};
use crate::model::catalog_entry::Entry;
use crate::model::component::{Card, Component};
use crate::model::id::ComponentId;
use crate::model::library::Library;
use crate::model::records::{self, Records};
use crate::research::classes::profile_of_content;
use crate::research::facts::corrected;
use crate::research::index::{Entry as Given, index};
use crate::research::search::Hit;
use crate::research::vector::vector;
use crate::research::vocabulary::Vocabulary;
use crate::store::{Derived, Store, section};
use crate::ui::{Failure, quoted};

/// The file.
const ELSEWHERE: &str = "elsewhere";

/// What was found elsewhere.
#[derive(Default)]
pub(super) struct Found {
    /// How many components there are.
    pub(super) all: usize,
    /// The best of them, each with its description.
    pub(super) hits: Vec<(Hit, String)>,
}

/// The best components for `words` among those that are not here.
pub(super) fn search(
    store: &Store<'_>,
    stocks: &Stocks<'_>,
    words: &str,
    limit: usize,
) -> Result<Found, Failure> {
    let tips: Vec<_> =
        store.learning_tips()?.into_iter().map(|(name, tip)| (name, tip.to_string())).collect();
    let key = section(&(stocks.fingerprint(), tips));
    let kept = store.derived(ELSEWHERE).filter(|kept| kept.bytes("key").is_some_and(|it| it == key));
    if let Some(found) = kept.and_then(|kept| found_in(&kept, words, limit)) {
        return Ok(found);
    }
    // What can't be read was named when the rest of the library was.
    let (library, _) = store.library()?;
    if library.analyses.is_empty() {
        return Ok(Found::default());
    }
    let made = Derived::of(sections(key, &absent(&library, &stocks.ids()?)));
    store.publish(ELSEWHERE, &made);
    Ok(found_in(&made, words, limit).expect("what was just made is intact"))
}

/// `None`: what is asked for is not intact.
fn found_in(derived: &Derived, words: &str, limit: usize) -> Option<Found> {
    let read = |name| move |range| derived.part(name, range);
    let (ids, descriptions) = (read("ids"), read("descriptions"));
    let (ids, descriptions) = (Records::open(&ids)?, Records::open(&descriptions)?);
    let mut hits = Vec::new();
    for hit in stocks::search_in(derived, words, limit)? {
        let place = ids.find(hit.component.as_str().as_bytes())??;
        hits.push((hit, String::from_utf8(descriptions.get(place)?).ok()?));
    }
    Some(Found { all: usize::try_from(ids.len()).ok()?, hits })
}

/// What is cataloged and not here, by id. `here` is sorted.
fn absent(library: &Library, here: &[ComponentId]) -> Vec<(ComponentId, Entry)> {
    let is_absent = |id: &ComponentId| here.binary_search(id).is_err();
    let elsewhere = library.analyses.iter().filter(|(plugin, it)| it.ids(plugin).any(|id| is_absent(&id)));
    // What nobody can read is for `check` to name.
    let entries = elsewhere.filter_map(|(plugin, it)| Some(it.read(plugin).ok()?.components)).flatten();
    let mut absent: Vec<_> = entries.filter(|(id, _)| is_absent(id)).collect();
    absent.sort_by(|a, b| a.0.cmp(&b.0));
    absent
}

fn sections(key: Vec<u8>, absent: &[(ComponentId, Entry)]) -> Vec<(String, Vec<u8>)> {
    let vocabulary = Vocabulary::default();
    let vectors: Vec<Vec<u8>> =
        absent.iter().map(|(id, entry)| vector(&component(id, entry), &vocabulary)).collect();
    let profiles: Vec<Vec<u8>> = absent.iter().map(|(_, entry)| profile_of_content(&entry.content)).collect();
    let given = absent.iter().zip(&vectors).zip(&profiles);
    let components: Vec<Given<'_>> =
        given.map(|(((id, _), vector), profile)| Given { id, vector, profile }).collect();
    let (index, _) = index(&components, vocabulary.into_terms()).expect("these vectors are of these terms");
    let ids: Vec<&str> = absent.iter().map(|(id, _)| id.as_str()).collect();
    let descriptions: Vec<&str> = absent.iter().map(|(_, entry)| &*entry.description).collect();
    let sections = [
        ("key", key),
        ("ids", records::encode(&ids)),
        ("descriptions", records::encode(&descriptions)),
        ("terms", index.terms),
        ("postings", index.postings),
        ("classes", index.classes),
    ];
    sections.map(|(name, bytes)| (name.to_owned(), bytes)).into()
}

/// A component that says of itself what the catalog says of it.
fn component(id: &ComponentId, entry: &Entry) -> Component {
    let facts: Vec<String> = entry.facts.iter().map(|fact| fact.claim.to_string()).collect();
    let card = Card {
        id: id.clone(),
        description: entry.description.clone(),
        contract: None,
        content: entry.content.clone(),
        folder: Default::default(),
        roots: Default::default(),
        file: Default::default(),
        tokens: entry.tokens(),
    };
    Component { card, headings: Vec::new(), body: facts.join("\n"), declared: Default::default() }
}

/// A component that is not here.
pub(super) struct Absent {
    id: ComponentId,
    entry: Entry,
    /// Where its marketplace can be had.
    from: Option<String>,
}

/// The component of the catalog in git that `name` means.
pub(super) fn find(library: &Library, name: &str) -> Result<Option<Absent>, Failure> {
    let mut matching = Vec::new();
    for (plugin, analysis) in &library.analyses {
        // What nobody can read is for `check` to name.
        let Ok(contents) = analysis.read(plugin) else { continue };
        let named = contents.components.into_iter().filter(|(id, _)| means(name, id));
        matching.extend(named.map(|(id, entry)| Absent { id, entry, from: contents.from.clone() }));
    }
    if matching.len() > 1 {
        return Err(several(name, matching.iter().map(|it| &it.id)));
    }
    Ok(matching.pop())
}

impl Absent {
    /// Shows what is known of it, and how to get it.
    pub(super) fn show(&self, cx: &Context, store: &Store<'_>, known: &Knowledge<'_>) -> Ended {
        let Self { id, entry, from } = self;
        let shown = Shown {
            id,
            description: &entry.description,
            file: None,
            from: from.as_deref(),
            content: &entry.content,
            has_contract: entry.contract,
            contract: None,
            tokens: entry.tokens(),
            twins: Vec::new(),
            facts: corrected(entry.facts.clone(), id, &entry.content, &known.executions),
        };
        show(cx, known, &shown)?;
        if !cx.ui.is_json() {
            cx.ui.hint(hint(store, id.marketplace(), from.as_deref()));
        }
        DONE
    }
}

/// How a component of this marketplace comes to this machine.
fn hint(store: &Store<'_>, marketplace: &str, from: Option<&str>) -> String {
    let name = quoted(marketplace);
    match from {
        _ if store.settings.marketplaces.contains_key(marketplace) => {
            format!("not on this machine: `git orchestrate marketplace update {name} --fetch` may bring it")
        }
        Some(BUILTIN) => {
            "not on this machine: `git orchestrate marketplace add --starter` brings it".to_owned()
        }
        Some(from) => {
            let from = quoted(from);
            format!("not on this machine: `git orchestrate marketplace add {from} --name {name}` brings it")
        }
        None => format!("not on this machine: {name} was a folder where it was analyzed"),
    }
}
