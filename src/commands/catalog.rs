//! `catalog`: every component known here.

use serde_json::json;

use super::facts::{KINDS, place_of};
use super::knowledge::{Knowledge, library};
use super::stocks::Stocks;
use super::{Context, DONE, Ended, reliability};
use crate::model::component::Card;
use crate::model::id::ComponentId;
use crate::research::facts::corrected;
use crate::research::reliability::Reliability;
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

`covers` is the share of the words, by weight, that the component speaks of.")]
    Search {
        /// What it should do
        #[arg(value_name = "WORDS", required = true)]
        words: Vec<String>,
        /// At most this many
        #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
        max_count: usize,
    },
    /// Show what is known of one component, and where each fact is from
    #[command(after_help = "\
Example:
  git orchestrate catalog show licence

Facts are read from the component's text; nothing of it is run. `sure` is how
often facts that are read this way were right when people checked them. What
runs wrote counts more than what the text says.")]
    Show {
        /// Its id, or the end of it that names only one: a name, or `skill/licence`
        #[arg(value_name = "COMPONENT")]
        component: String,
    },
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    match &args.verb {
        Verb::Search { words, max_count } => search(cx, &store, &words.join(" "), *max_count),
        Verb::Show { component } => {
            let known = Knowledge::read(cx, &store)?;
            show(cx, &known, &find(&known.stocks, component)?)
        }
    }
}

fn search(cx: &Context, store: &Store<'_>, words: &str, max_count: usize) -> Ended {
    let stocks = Stocks::open(cx, store)?;
    let library = library(cx, store)?;
    let mut hits = stocks.search(words, max_count)?;
    let most = hits.iter().map(|hit| hit.coverage).fold(0.0, f64::max);
    hits.retain(|hit| hit.coverage >= most * NEAR);
    let catalog = stocks.catalog(hits.iter().map(|hit| hit.component.clone()))?;
    let description = |id| catalog.get(id).map_or("", |component| component.description.as_str());
    if cx.ui.is_json() {
        let all: Vec<_> = hits
            .iter()
            .map(|hit| {
                json!({
                    "v": 1, "component": hit.component, "score": hit.score, "coverage": hit.coverage,
                    "matched": hit.matched, "also": hit.also, "description": description(&hit.component),
                    "tally": library.component_tally(&hit.component),
                })
            })
            .collect();
        cx.ui.json(&all);
        return DONE;
    }
    if hits.is_empty() {
        let all = stocks.len()?;
        cx.ui.line(format!("none of {all} components speaks of that"));
        if all == 0 {
            cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
        }
        return DONE;
    }
    for hit in &hits {
        let record = tally(library.component_tally(&hit.component));
        cx.ui.headline(hit.component.as_str());
        cx.ui.line(format!("  {}", clip(description(&hit.component), 77)));
        cx.ui.aside(format!("  covers {}, {record}", share(hit.coverage)));
    }
    DONE
}

/// The component that `name` means: its id, or what ends in these parts.
fn find(stocks: &Stocks<'_>, name: &str) -> Result<Card, Failure> {
    let ending = format!("/{name}");
    let named = |id: &ComponentId| id.as_str() == name || id.as_str().ends_with(&ending);
    let mut matching = stocks.ids()?;
    matching.retain(named);
    let one = match &matching[..] {
        [one] => stocks.card(one)?,
        _ => None,
    };
    match (one, &matching[..]) {
        (Some(one), _) => Ok(one),
        (None, [] | [_]) => Err(Failure::new(exit::USAGE, format!("no component is called {name} here"))
            .hint("`git orchestrate catalog search WORDS` finds components")),
        _ => {
            let failure = Failure::new(exit::USAGE, format!("{name} names {} components", matching.len()));
            let some = matching.iter().take(SHOWN_NAMES).map(ComponentId::to_string);
            Err(failure.hint(format!("say which one: {}", some.collect::<Vec<_>>().join(", "))))
        }
    }
}

/// How many components of one name a hint lists.
const SHOWN_NAMES: usize = 4;

fn show(cx: &Context, known: &Knowledge<'_>, component: &Card) -> Ended {
    let facts = corrected(known.stocks.facts_of(&component.id)?, component, &known.executions);
    let record = known.library.component_tally(&component.id);
    let reliability = Reliability::of(&component.id, &known.executions);
    if cx.ui.is_json() {
        cx.ui.json(&json!({
            "v": 1, "component": component.id, "description": component.description, "file": component.file_below_root(),
            "content": component.content, "contract": component.contract, "tokens": component.tokens,
            "tally": record, "reliability": reliability, "facts": facts,
        }));
        return DONE;
    }
    cx.ui.headline(component.id.as_str());
    cx.ui.line(&component.description);
    cx.ui.gap();
    let tokens = component.tokens;
    let tokens =
        format!("{} tokens always, {} on invoke", thousands(tokens.always), thousands(tokens.on_invoke));
    let runs = if component.contract.is_some() { "without an agent" } else { "needs an agent" };
    let about = [
        ("file", component.file_below_root()),
        ("context", tokens),
        ("record", tally(record)),
        ("runs", runs.to_owned()),
    ];
    cx.ui.table(&[], &about.map(|(name, text)| vec![name.to_owned(), text]), &[]);
    reliability::show(cx, &reliability);
    cx.ui.gap();
    let mut rows = Vec::new();
    for kind in KINDS.iter().filter(|kind| !OF_THEIR_OWN.contains(kind)) {
        for (index, fact) in facts.iter().filter(|fact| fact.claim.kind() == *kind).enumerate() {
            let kind = if index == 0 { *kind } else { "" };
            rows.push(vec![
                kind.to_owned(),
                clip(&fact.claim.to_string(), WIDEST_FACT),
                clip(&place_of(fact), WIDEST_PLACE),
                fact.method.as_str().to_owned(),
                percent(fact.confidence()),
            ]);
        }
    }
    cx.ui.table(&["fact", "", "said in", "read from", "sure"], &rows, &[4]);
    DONE
}

/// Kinds of facts that have lines above the table.
const OF_THEIR_OWN: [&str; 2] = ["purpose", "context"];

/// Columns of the table, so that a row fits 80 characters.
const WIDEST_FACT: usize = 31;
const WIDEST_PLACE: usize = 16;
