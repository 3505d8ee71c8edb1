//! Marketplaces into the catalog that lives in git: what was read of them is compared with it, and what is new
//! is committed.
//!
//! `orchestrate/cataloged` remembers that a state of the marketplaces had nothing new for a state of the
//! learning refs. Where both are as they were, nothing is compared.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::knowledge::cataloged;
use super::stocks::Stocks;
use super::{Context, origin};
use crate::learn;
use crate::learn::catalog as words;
use crate::marketplace::listing::Listing;
use crate::model::capability::Fact;
use crate::model::catalog_change::{CatalogChange, catalog_changes};
use crate::model::catalog_entry::Entry;
use crate::model::catalog_text::Components;
use crate::model::component::Card;
use crate::model::id::{ComponentId, PluginId};
use crate::model::library::Library;
use crate::model::oid::Oid;
use crate::model::pattern::Pattern;
use crate::model::plugin_file::plugin_path;
use crate::model::redact::redact;
use crate::model::survey::{Behind, Seen, Survey};
use crate::model::time::Timestamp;
use crate::research::graph::{Graph, propose};
use crate::store::{Derived, Learned, News, Review, Store, section};
use crate::ui::{Failure, count, quoted};

/// What came of it.
pub(super) struct Cataloged {
    /// Nothing was to be committed.
    only_looked: bool,
    changes: Vec<CatalogChange>,
    /// How many patterns texts propose that were not proposed before.
    proposed: usize,
    /// `None`: nothing was new, or nothing was to be committed.
    learned: Option<Learned>,
    /// Marketplaces of which the catalog knows more than is here.
    behind: Vec<(String, Behind)>,
}

/// Commits what is new of these marketplaces, each of which comes with its number, or only looks what that is.
pub(super) fn catalog(
    cx: &Context,
    store: &Store<'_>,
    stocks: &Stocks<'_>,
    listings: &[(usize, Listing)],
    only_look: bool,
) -> Result<Cataloged, Failure> {
    let mut tips = store.learning_tips()?;
    let key = |tips: &BTreeMap<String, Oid>| key(store, stocks, listings, tips);
    if let Some(behind) = remembered(store, key(&tips)) {
        return Ok(Cataloged {
            only_looked: only_look,
            changes: Vec::new(),
            proposed: 0,
            learned: None,
            behind,
        });
    }
    let known = cataloged(cx, store)?;
    let mut surveys = Vec::with_capacity(listings.len());
    for (number, listing) in listings {
        surveys.push(survey(cx, store, listing, stocks.facts(*number)?));
    }
    let proposals = proposals(stocks, listings)?;
    let news = |known: &Library| News {
        analyses: surveys.iter().flat_map(|survey| survey.news(known)).collect(),
        proposals: known.unknown_of(&proposals),
    };
    let changes = RefCell::default();
    let proposed = Cell::default();
    let describe = |before: &Library, after: &Library| {
        let found = catalog_changes(before, after);
        let message = match &*learn::proposed(before, after) {
            "" => words::analysis(&found),
            proposed => format!("{}\n{proposed}", words::analysis(&found)),
        };
        changes.replace(found);
        proposed.set(after.newly_proposed(before));
        message
    };
    let found = news(&known);
    let is_new = !found.is_empty();
    let learned = if only_look || !is_new {
        describe(&known, &found.added_to(&known));
        None
    } else {
        store.catalog(&news, &describe)?
    };
    let behind = surveys.iter().filter_map(|it| Some((it.marketplace.clone(), it.behind(&known)?))).collect();
    if let Some(learned) = &learned {
        tips.insert(learned.branch.clone(), learned.commit);
    }
    // A file that can't be read is kept, and what should stand there stays new.
    let is_kept_out = found.analyses.keys().any(|plugin| known.other.contains_key(&plugin_path(plugin)));
    if !is_new || (learned.is_some() && !is_kept_out) {
        remember(store, key(&tips), &behind);
    }
    let (changes, proposed) = (changes.into_inner(), proposed.get());
    Ok(Cataloged { only_looked: only_look, changes, proposed, learned, behind })
}

/// The patterns that the texts of everything here propose, as far as these marketplaces take part.
fn proposals(stocks: &Stocks<'_>, listings: &[(usize, Listing)]) -> Result<Vec<Pattern>, Failure> {
    // What runs showed is the evidence of patterns that ran; a proposal says what texts do.
    let graph = Graph::of(stocks.parts()?, &stocks.classes()?, &[]);
    let is_here = |id: &ComponentId| listings.iter().any(|(_, listing)| listing.name == id.marketplace());
    let mut proposals = propose(&graph);
    proposals.retain(|pattern| pattern.phases.components().any(is_here));
    Ok(proposals)
}

/// The derived file that remembers when nothing was new.
const CATALOGED: &str = "cataloged";

/// Names everything that decides what is new: what was read, where it comes from, and what is known.
fn key(
    store: &Store<'_>,
    stocks: &Stocks<'_>,
    listings: &[(usize, Listing)],
    tips: &BTreeMap<String, Oid>,
) -> [u8; 32] {
    let names: Vec<&str> = listings.iter().map(|(_, listing)| &*listing.name).collect();
    let (settings, text) = (&store.settings, |(name, oid): (&String, &Oid)| (name.clone(), oid.to_string()));
    let pins: Vec<_> = settings.pins.iter().map(text).collect();
    let tips: Vec<_> = tips.iter().map(text).collect();
    let all = section(&(stocks.fingerprint(), names, &settings.marketplaces, pins, tips));
    *blake3::hash(&all).as_bytes()
}

/// The marketplaces of which more is known than is here, if nothing else was to be told under this key.
fn remembered(store: &Store<'_>, key: [u8; 32]) -> Option<Vec<(String, Behind)>> {
    let file = store.derived(CATALOGED)?;
    (file.value::<[u8; 32]>("key")? == key).then(|| file.value("behind"))?
}

fn remember(store: &Store<'_>, key: [u8; 32], behind: &Vec<(String, Behind)>) {
    let sections = [("key", section(&key)), ("behind", section(behind))];
    store.publish(CATALOGED, &Derived::of(sections.map(|(name, it)| (name.to_owned(), it)).into()));
}

/// A marketplace as the catalog would keep it.
fn survey(cx: &Context, store: &Store<'_>, listing: &Listing, facts: Vec<Vec<Fact>>) -> Survey {
    let now = Timestamp(cx.host.now_ms());
    let (moments, as_of) = origin::moments(store.repo, &store.settings, listing, now);
    let from = store.settings.marketplaces.get(&listing.name);
    let mut plugins = BTreeMap::<PluginId, Vec<(&Card, Vec<Fact>)>>::new();
    let mut unseen = BTreeSet::new();
    for plugin in &listing.plugins {
        let Ok(id) = PluginId::new(&listing.name, &plugin.name) else { continue };
        if plugin.resolution.is_remote() {
            unseen.insert(id);
        } else {
            plugins.insert(id, Vec::new());
        }
    }
    let mut odd = 0;
    for (card, facts) in listing.components.iter().zip(facts) {
        if redact(card.id.as_str()) == card.id.as_str() {
            plugins.entry(card.id.owner()).or_default().push((card, facts));
        } else {
            odd += 1;
        }
    }
    if odd > 0 {
        let components = count(odd, "component");
        cx.ui.warn(format!("{components} of {} not cataloged: the name looks like a secret", listing.name));
    }
    let seen = |(id, components): (PluginId, Vec<(&Card, Vec<Fact>)>)| {
        let as_of = moments.get(id.plugin()).copied().unwrap_or(as_of);
        // Of two with one id the last counts, as everywhere.
        let entries =
            components.into_iter().map(|(card, facts)| (card.id.clone(), entry(card, facts))).collect();
        (id, Seen { as_of, components: Components::of(&entries) })
    };
    Survey {
        marketplace: listing.name.clone(),
        from: from.and_then(|source| origin::shared_source(source)),
        as_of,
        plugins: plugins.into_par_iter().map(seen).collect(),
        unseen,
    }
}

fn entry(card: &Card, facts: Vec<Fact>) -> Entry {
    Entry::new(card.content.clone(), card.contract.is_some(), &card.description, facts)
}

impl Cataloged {
    /// What became of one marketplace, for programs.
    pub(super) fn json(&self, marketplace: &str) -> Value {
        let change = self.changes.iter().find(|change| change.marketplace == marketplace);
        let mut value = json!(change.unwrap_or(&CatalogChange::default()));
        let learned = change.and(self.learned.as_ref());
        value["branch"] = json!(learned.map(|learned| &learned.branch));
        value["commit"] = json!(learned.map(|learned| learned.commit));
        value
    }

    /// What was new, in numbers.
    fn tally(&self) -> String {
        let mut parts = Vec::new();
        if !self.changes.is_empty() {
            parts.push(words::tally(&self.changes));
        }
        if self.proposed > 0 {
            parts.push(format!("{} proposed", count(self.proposed, "pattern")));
        }
        parts.join(", ")
    }

    /// Says what was new, and what to do with it.
    pub(super) fn tell(&self, cx: &Context, store: &Store<'_>) {
        let is_news = !self.changes.is_empty() || self.proposed > 0;
        let tally = self.tally();
        match &self.learned {
            Some(learned) => {
                let branch = learned.branch.trim_start_matches("refs/heads/");
                cx.ui.good("cataloged", format!("in {branch} (1 commit): {tally}"));
            }
            None if self.only_looked && is_news => {
                cx.ui.line(format!("would be cataloged: {tally}"));
            }
            // A file that can't be read is kept as it is; reading the library has named it.
            None if is_news => cx.ui.line(format!("could not be cataloged: {tally}")),
            None => cx.ui.line("the catalog has all of it already"),
        }
        for change in self.changes.iter().filter(|change| change.before > 0) {
            // Of a single one the numbers were told already.
            let lines = words::lines(change).into_iter().skip(usize::from(self.changes.len() == 1));
            lines.for_each(|line| cx.ui.line(format!("  {line}")));
        }
        if self.learned.is_some() && self.proposed > 0 {
            cx.ui.hint("`git orchestrate patterns --stage proposed` shows what texts propose");
        }
        if self.learned.is_some() {
            cx.ui.hint(match store.settings.review {
                Review::Off => "`git orchestrate merge` takes it into the library, and `sync` shares it",
                Review::Branch => "`git orchestrate sync` pushes it, to be reviewed",
            });
        }
        for (name, behind) in &self.behind {
            cx.ui.hint(match behind {
                Behind::State => format!(
                    "the catalog has a later state of {name}: `git orchestrate marketplace update {}`",
                    quoted(name)
                ),
                Behind::Rules => format!("a newer git-orchestrate has cataloged {name}: install it"),
            });
        }
    }
}
