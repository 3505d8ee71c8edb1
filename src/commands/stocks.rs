//! What is known of the components of all known marketplaces, as they are on disk now.
//!
//! It is read out of the derived file, part by part. What turns out not to be intact there is made anew, and
//! whoever asked never knows.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::Context;
use super::shelf::Shelf;
use super::stocktaking::{Head, Look, Seat, made_anew, named, up_to_date};
use crate::marketplace::kept::{self, KeptStock};
use crate::marketplace::listing::Listing;
use crate::model::capability::Fact;
use crate::model::component::{Card, Catalog};
use crate::model::id::ComponentId;
use crate::model::records::{self, Records};
use crate::research::classes::{Class, Twin};
use crate::research::facts::kept as kept_facts;
use crate::research::graph::Part;
use crate::research::search::{Hit, Searcher};
use crate::store::{Derived, Store};
use crate::ui::{Failure, exit};

/// Every component of every known marketplace; what is gone was named and is passed over.
pub(super) struct Stocks<'a> {
    cx: &'a Context,
    store: &'a Store<'a>,
    derived: RefCell<Derived>,
}

impl<'a> Stocks<'a> {
    /// Looks at every known marketplace, and reads what has changed since somebody last did.
    pub(super) fn open(cx: &'a Context, store: &'a Store<'a>) -> Result<Self, Failure> {
        Ok(Self { cx, store, derived: RefCell::new(up_to_date(cx, store, Look::Everywhere)?) })
    }

    /// The same for who does nothing but search: see [`Stocks::found`].
    pub(super) fn open_to_search(cx: &'a Context, store: &'a Store<'a>) -> Result<Self, Failure> {
        Ok(Self { cx, store, derived: RefCell::new(up_to_date(cx, store, Look::Manifests)?) })
    }

    /// What every marketplace offers.
    pub(super) fn listings(&self) -> Result<Vec<Listing>, Failure> {
        self.ask(|derived| {
            let heads: Vec<Head> = derived.value("heads")?;
            (0..heads.len()).map(|number| listing(derived, number)).collect()
        })
    }

    /// The facts of each component of the marketplace with this number, in the order of its listing.
    pub(super) fn facts(&self, number: usize) -> Result<Vec<Vec<Fact>>, Failure> {
        self.ask(|derived| {
            let facts = derived.bytes(&named(number, "facts"))?;
            records::decode(&facts)?.into_iter().map(kept_facts::decode).collect()
        })
    }

    /// The ids of all components, sorted.
    pub(super) fn ids(&self) -> Result<Vec<ComponentId>, Failure> {
        self.ask(|derived| {
            let ids = derived.bytes("ids")?;
            records::decode(&ids)?.into_iter().map(|id| str::from_utf8(id).ok()?.parse().ok()).collect()
        })
    }

    /// Names everything that is known here: what is known later under the same name is the same.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        self.derived.borrow().fingerprint()
    }

    /// How many components there are.
    pub(super) fn len(&self) -> Result<usize, Failure> {
        self.ask(|derived| {
            let read = |range| derived.part("ids", range);
            usize::try_from(Records::open(&read)?.len()).ok()
        })
    }

    /// The best components for `words`.
    pub(super) fn search(&self, words: &str, limit: usize) -> Result<Vec<Hit>, Failure> {
        self.ask(|derived| search_in(derived, words, limit))
    }

    /// The best components for `words`, each looked at: where one is not as it was, or there is none, everything
    /// is looked at, and it is searched again.
    pub(super) fn found(&self, words: &str, limit: usize) -> Result<Vec<Hit>, Failure> {
        let hits = self.search(words, limit)?;
        let are_there = self.ask(|derived| {
            let holds = |hit: &Hit| plugin_holds(derived, &hit.component);
            hits.iter().map(holds).try_fold(true, |all, holds| Some(all && holds?))
        })?;
        if are_there && !hits.is_empty() {
            return Ok(hits);
        }
        self.derived.replace(up_to_date(self.cx, self.store, Look::Again)?);
        self.search(words, limit)
    }

    /// All components, by id, with what the graph is made from.
    pub(super) fn parts(&self) -> Result<Vec<Part>, Failure> {
        self.ask(|derived| {
            let heads: Vec<Head> = derived.value("heads")?;
            let mut shelves = Vec::with_capacity(heads.len());
            for number in 0..heads.len() {
                shelves.push(["cards", "facts", "told"].map(|name| derived.bytes(&named(number, name))));
            }
            let mut lists = Vec::with_capacity(heads.len());
            for shelf in &shelves {
                let [Some(cards), Some(facts), Some(told)] = shelf else { return None };
                lists.push((records::decode(cards)?, records::decode(facts)?, records::decode(told)?));
            }
            let seats = derived.bytes("seats")?;
            let part = |seat: &[u8]| {
                let Seat { marketplace, place, .. } = postcard::from_bytes(seat).ok()?;
                let (cards, facts, told) = lists.get(marketplace)?;
                let card = kept::card(cards.get(place)?, heads[marketplace].root())?;
                Part::new(card, kept_facts::decode(facts.get(place)?)?, told.get(place)?)
            };
            records::decode(&seats)?.into_iter().map(part).collect()
        })
    }

    /// The classes of all components, by their first.
    pub(super) fn classes(&self) -> Result<Vec<Class>, Failure> {
        self.ask(|derived| {
            let classes = derived.bytes("classes")?;
            records::decode(&classes)?.into_iter().map(|class| postcard::from_bytes(class).ok()).collect()
        })
    }

    /// The component of this id, if there is one.
    pub(super) fn card(&self, id: &ComponentId) -> Result<Option<Card>, Failure> {
        self.ask(|derived| match seat(derived, id)? {
            Some(seat) => card(derived, seat).map(Some),
            None => Some(None),
        })
    }

    /// What the text of the component of this id says, if there is one.
    pub(super) fn facts_of(&self, id: &ComponentId) -> Result<Vec<Fact>, Failure> {
        self.ask(|derived| {
            let Some(seat) = seat(derived, id)? else { return Some(Vec::new()) };
            let name = named(seat.marketplace, "facts");
            let read = |range| derived.part(&name, range);
            kept_facts::decode(&Records::open(&read)?.get(seat.place as u64)?)
        })
    }

    /// The components that are the same as the one of this id, the most alike first.
    pub(super) fn twins(&self, id: &ComponentId) -> Result<Vec<Twin>, Failure> {
        self.ask(|derived| {
            let Some(seat) = seat(derived, id)? else { return Some(Vec::new()) };
            let read = |range| derived.part("classes", range);
            let class = Records::open(&read)?.get(seat.class.into())?;
            Some(postcard::from_bytes::<Class>(&class).ok()?.twins(id))
        })
    }

    /// These components, as far as they are there, with their fallbacks and those of their fallbacks.
    pub(super) fn catalog(&self, ids: impl IntoIterator<Item = ComponentId>) -> Result<Catalog, Failure> {
        let mut cards: Vec<Card> = Vec::new();
        let mut known = BTreeSet::new();
        let mut ahead: Vec<ComponentId> = ids.into_iter().collect();
        while let Some(id) = ahead.pop() {
            if known.contains(&id) {
                continue;
            }
            if let Some(card) = self.card(&id)? {
                ahead.extend(card.fallback());
                cards.push(card);
            }
            known.insert(id);
        }
        Ok(cards.into_iter().collect())
    }

    /// Another one where any component is another.
    pub(super) fn stamp(&self) -> Result<[u8; 32], Failure> {
        self.ask(|derived| derived.value("stamp"))
    }

    /// All components, by id.
    pub(super) fn cards(&self) -> Result<Vec<Card>, Failure> {
        self.ask(|derived| {
            let heads: Vec<Head> = derived.value("heads")?;
            let cards: Option<Vec<Vec<u8>>> =
                (0..heads.len()).map(|number| derived.bytes(&named(number, "cards"))).collect();
            let cards = cards?;
            let cards: Option<Vec<Vec<&[u8]>>> = cards.iter().map(|cards| records::decode(cards)).collect();
            let cards = cards?;
            let card = |bytes: &[u8]| {
                let Seat { marketplace, place, .. } = postcard::from_bytes(bytes).ok()?;
                kept::card(cards.get(marketplace)?.get(place)?, heads.get(marketplace)?.root())
            };
            records::decode(&derived.bytes("seats")?)?.into_iter().map(card).collect()
        })
    }

    /// The answer to a question, which is `None` where something that it needs is not intact.
    fn ask<R>(&self, question: impl Fn(&Derived) -> Option<R>) -> Result<R, Failure> {
        if let Some(answer) = question(&self.derived.borrow()) {
            return Ok(answer);
        }
        self.derived.replace(made_anew(self.cx, self.store)?);
        question(&self.derived.borrow()).ok_or_else(|| {
            Failure::new(exit::ENVIRONMENT, "the marketplaces changed while they were read").hint("try again")
        })
    }
}

impl Shelf for Stocks<'_> {
    fn search(&self, words: &str, limit: usize) -> Result<Vec<Hit>, Failure> {
        Stocks::search(self, words, limit)
    }

    fn catalog(&self, ids: Vec<ComponentId>) -> Result<Catalog, Failure> {
        Stocks::catalog(self, ids)
    }

    fn is_empty(&self) -> Result<bool, Failure> {
        Ok(self.len()? == 0)
    }
}

fn listing(derived: &Derived, number: usize) -> Option<Listing> {
    let section = |name| derived.bytes(&named(number, name));
    let cards = records::decode(&section("cards")?)?.into_iter().map(<[u8]>::to_vec).collect();
    let kept = KeptStock { trails: section("trails")?, frame: section("frame")?, cards };
    let made = vec![(); kept.cards.len()];
    Some(kept::stock(&kept, made)?.into_listing())
}

/// Where a component is. `None` inside: there is none.
fn seat(derived: &Derived, id: &ComponentId) -> Option<Option<Seat>> {
    let (ids, seats) = (|range| derived.part("ids", range), |range| derived.part("seats", range));
    let Some(found) = Records::open(&ids)?.find(id.as_str().as_bytes())? else { return Some(None) };
    postcard::from_bytes(&Records::open(&seats)?.get(found)?).ok().map(Some)
}

/// The best components for `words` that the index in a derived file has.
pub(super) fn search_in(derived: &Derived, words: &str, limit: usize) -> Option<Vec<Hit>> {
    let read = |name| move |range| derived.part(name, range);
    let (terms, postings, classes) = (read("terms"), read("postings"), read("classes"));
    let searcher = Searcher {
        terms: Records::open(&terms)?,
        postings: Records::open(&postings)?,
        classes: Records::open(&classes)?,
    };
    searcher.search(words, limit)
}

/// Whether the plugin of a component is as it was.
fn plugin_holds(derived: &Derived, id: &ComponentId) -> Option<bool> {
    let Seat { marketplace, place, .. } = seat(derived, id)??;
    let name = named(marketplace, "trails");
    let read = |range| derived.part(&name, range);
    let trails = Records::open(&read)?;
    Some(kept::lot_holds(&trails.get(kept::lot_of(&trails.get(0)?, place)?)?))
}

fn card(derived: &Derived, seat: Seat) -> Option<Card> {
    let heads: Vec<Head> = derived.value("heads")?;
    let name = named(seat.marketplace, "cards");
    let read = |range| derived.part(&name, range);
    kept::card(&Records::open(&read)?.get(seat.place as u64)?, heads.get(seat.marketplace)?.root())
}
