//! `catalog`: every component known here.

use serde_json::json;

use super::facts::KINDS;
use super::knowledge::{Knowledge, cataloged, library};
use super::stocks::Stocks;
use super::{Context, DONE, Ended, elsewhere, graph, reliability};
use crate::model::capability::Fact;
use crate::model::component::{Card, Contract, TokenCost};
use crate::model::id::ComponentId;
use crate::research::classes::Twin;
use crate::research::facts::corrected;
use crate::research::reliability::Reliability;
use crate::research::search::Hit;
use crate::store::Store;
use crate::ui::{Failure, clip, exit, percent, share, tally, thousands};

/// Search the components of all marketplaces, and show what is known of one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate catalog search changelog
  git orchestrate catalog show licence")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

/// What covers less than this share of what the best covers is noise.
const NEAR: f64 = 0.25;

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Find components for words, the best first
    #[command(after_help = "\
Example:
  git orchestrate catalog search scan for secrets

`covers` is the share of the words, by weight, that the component speaks of.
Behind the components that are here come those that only teammates have: what
they analyzed is in git. Of a folder with more than 5,000 components only those
that are shown are looked at; `analyze` looks at all.")]
    Search {
        /// What it should do
        #[arg(value_name = "WORDS", required = true)]
        words: Vec<String>,
        /// At most this many, and as many that only teammates have
        #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
        max_count: usize,
    },
    /// Show what is known of one component, and where each fact is from
    #[command(after_help = "\
Example:
  git orchestrate catalog show licence

Facts are read from the component's text; nothing of it is run. `sure` is how
often facts that are read this way were right when people checked them. What
runs wrote counts more than what the text says. Of a component that is not on
this machine, what a teammate's `analyze` kept in git is shown.")]
    Show {
        /// Its id, or the end of it that names only one: a name, or `skill/licence`
        #[arg(value_name = "COMPONENT")]
        component: String,
    },
    /// Show which components go together, and why
    #[command(after_help = "\
Example:
  git orchestrate catalog graph licence
  git orchestrate catalog graph --format mermaid -n 30

Each link stands on facts, which are named with their places. Its score, from 0
to 1, is how often links that are told this way were right when people checked
them, times how sure both facts are, times how rare it is what they share. What
runs showed rules out what texts say.")]
    Graph(graph::Args),
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    match &args.verb {
        Verb::Search { words, max_count } => search(cx, &store, &words.join(" "), *max_count),
        Verb::Show { component: name } => {
            let known = Knowledge::read(cx, &store)?;
            if let Some(component) = find(&known.stocks, name)? {
                return show(cx, &known, &Shown::here(&component, &known)?);
            }
            match elsewhere::find(&cataloged(cx, &store)?, name)? {
                Some(absent) => absent.show(cx, &store, &known),
                None => Err(unknown(name)),
            }
        }
        Verb::Graph(args) => {
            let known = Knowledge::read(cx, &store)?;
            let here = |name: &String| find(&known.stocks, name)?.ok_or_else(|| unknown(name));
            let one = args.component.as_ref().map(here).transpose()?;
            graph::run(args, cx, &known, one.as_ref())
        }
    }
}

/// A component that was found, be it here or only in git.
struct Row {
    hit: Hit,
    description: String,
    here: bool,
}

fn search(cx: &Context, store: &Store<'_>, words: &str, max_count: usize) -> Ended {
    let stocks = Stocks::open_to_search(cx, store)?;
    let library = library(cx, store)?;
    let hits = stocks.found(words, max_count)?;
    let catalog = stocks.catalog(hits.iter().map(|hit| hit.component.clone()))?;
    let elsewhere = elsewhere::search(store, &stocks, words, max_count)?;
    let here = hits.into_iter().map(|hit| {
        let description = catalog.get(&hit.component).map_or_else(String::new, |it| it.description.clone());
        Row { hit, description, here: true }
    });
    let absent = elsewhere.hits.into_iter().map(|(hit, description)| Row { hit, description, here: false });
    let mut rows: Vec<Row> = here.chain(absent).collect();
    let most = rows.iter().map(|row| row.hit.coverage).fold(0.0, f64::max);
    rows.retain(|row| row.hit.coverage >= most * NEAR);
    if cx.ui.is_json() {
        let all: Vec<_> = rows
            .iter()
            .map(|Row { hit, description, here }| {
                json!({
                    "v": 1, "component": hit.component, "score": hit.score, "coverage": hit.coverage,
                    "matched": hit.matched, "also": hit.also, "description": description, "here": here,
                    "tally": library.component_tally(&hit.component),
                })
            })
            .collect();
        cx.ui.json(&all);
        return DONE;
    }
    if rows.is_empty() {
        let all = stocks.len()? + elsewhere.all;
        cx.ui.line(format!("none of {all} components speaks of that"));
        if all == 0 {
            cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
        }
        return DONE;
    }
    for Row { hit, description, here } in &rows {
        let record = tally(library.component_tally(&hit.component));
        let place = if *here { "" } else { ", not on this machine" };
        cx.ui.headline(hit.component.as_str());
        cx.ui.line(format!("  {}", clip(description, 77)));
        cx.ui.aside(format!("  covers {}, {record}{place}", share(hit.coverage)));
    }
    if rows.iter().any(|row| !row.here) {
        cx.ui
            .hint("`git orchestrate catalog show COMPONENT` says how to get one that is not on this machine");
    }
    DONE
}

/// The component that `name` means: its id, or what ends in these parts.
fn find(stocks: &Stocks<'_>, name: &str) -> Result<Option<Card>, Failure> {
    let mut matching = stocks.ids()?;
    matching.retain(|id| means(name, id));
    match &matching[..] {
        [] => Ok(None),
        [one] => stocks.card(one),
        _ => Err(several(name, matching.iter())),
    }
}

fn unknown(name: &str) -> Failure {
    Failure::new(exit::USAGE, format!("no component is called {name} here"))
        .hint("`git orchestrate catalog search WORDS` finds components")
}

/// Whether `name` is an id, or the end of it.
pub(super) fn means(name: &str, id: &ComponentId) -> bool {
    id.as_str() == name || id.as_str().strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
}

/// A name that more than one component has.
pub(super) fn several<'c>(name: &str, ids: impl ExactSizeIterator<Item = &'c ComponentId>) -> Failure {
    let failure = Failure::new(exit::USAGE, format!("{name} names {} components", ids.len()));
    let some: Vec<String> = ids.take(SHOWN_NAMES).map(ComponentId::to_string).collect();
    failure.hint(format!("say which one: {}", some.join(", ")))
}

/// How many components of one name a hint lists.
const SHOWN_NAMES: usize = 4;

/// A component as it is shown, be it here or only in git.
pub(super) struct Shown<'c> {
    pub(super) id: &'c ComponentId,
    pub(super) description: &'c str,
    /// Seen from its marketplace's root; `None`: it is not here.
    pub(super) file: Option<String>,
    /// Where its marketplace can be had, if it is not here.
    pub(super) from: Option<&'c str>,
    pub(super) content: &'c str,
    pub(super) has_contract: bool,
    /// The contract itself, which only the component has.
    pub(super) contract: Option<&'c Contract>,
    pub(super) tokens: TokenCost,
    /// Components that are the same, or nearly.
    pub(super) twins: Vec<Twin>,
    pub(super) facts: Vec<Fact>,
}

impl<'c> Shown<'c> {
    fn here(component: &'c Card, known: &Knowledge<'_>) -> Result<Self, Failure> {
        let facts = known.stocks.facts_of(&component.id)?;
        Ok(Self {
            id: &component.id,
            description: &component.description,
            file: Some(component.file_below_root()),
            from: None,
            content: &component.content,
            has_contract: component.contract.is_some(),
            contract: component.contract.as_ref(),
            tokens: component.tokens,
            twins: known.stocks.twins(&component.id)?,
            facts: corrected(facts, &component.id, &component.content, &known.executions),
        })
    }
}

/// Shows what is known of a component.
pub(super) fn show(cx: &Context, known: &Knowledge<'_>, shown: &Shown<'_>) -> Ended {
    let Shown { id, description, file, from, content, has_contract, contract, tokens, twins, facts } = shown;
    let record = known.library.component_tally(id);
    let reliability = Reliability::of(id, &known.executions);
    if cx.ui.is_json() {
        cx.ui.json(&json!({
            "v": 1, "component": id, "description": description, "file": file, "from": from,
            "content": content, "has_contract": has_contract, "contract": contract, "tokens": tokens,
            "tally": record, "reliability": reliability, "twins": twins, "facts": facts,
        }));
        return DONE;
    }
    cx.ui.headline(id.as_str());
    cx.ui.line(description);
    cx.ui.gap();
    let tokens =
        format!("{} tokens always, {} on invoke", thousands(tokens.always), thousands(tokens.on_invoke));
    let runs = if *has_contract { "without an agent" } else { "needs an agent" };
    let about = [
        ("file", file.clone().unwrap_or_else(|| "not on this machine".to_owned())),
        ("context", tokens),
        ("record", tally(record)),
        ("runs", runs.to_owned()),
    ];
    cx.ui.table(&[], &about.map(|(name, text)| vec![name.to_owned(), text]), &[]);
    twins.iter().for_each(|twin| cx.ui.line(alike(twin)));
    reliability::show(cx, &reliability);
    table(cx, facts);
    DONE
}

/// Facts with the place that says each and how it was read.
fn table(cx: &Context, facts: &[Fact]) {
    cx.ui.gap();
    let mut rows = Vec::new();
    for kind in KINDS.iter().filter(|kind| !OF_THEIR_OWN.contains(kind)) {
        for (index, fact) in facts.iter().filter(|fact| fact.claim.kind() == *kind).enumerate() {
            let kind = if index == 0 { *kind } else { "" };
            rows.push(vec![
                kind.to_owned(),
                clip(&fact.claim.to_string(), WIDEST_FACT),
                clip(&fact.place.to_string(), WIDEST_PLACE),
                fact.method.as_str().to_owned(),
                percent(fact.confidence()),
            ]);
        }
    }
    cx.ui.table(&["fact", "", "said in", "read from", "sure"], &rows, &[4]);
}

/// How another component is the same.
fn alike(twin: &Twin) -> String {
    let id = &twin.component;
    if twin.is_equal() {
        return format!("same as {id}");
    }
    // Nearly the same is never 100 %.
    format!("nearly the same as {id} ({:.0} %)", (twin.likeness * 100.0).floor())
}

/// Kinds of facts that have lines above the table.
const OF_THEIR_OWN: [&str; 2] = ["purpose", "context"];

/// Columns of the table, so that a row fits 80 characters.
const WIDEST_FACT: usize = 31;
const WIDEST_PLACE: usize = 16;
