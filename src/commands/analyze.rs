//! `analyze`: what marketplaces hold, and what is wrong with them; what is new of it goes into the catalog.

use serde_json::json;

use super::cataloging::{self, Cataloged};
use super::facts::{KINDS, Totals};
use super::marketplace::components;
use super::stocks::Stocks;
use super::{Context, DONE, Ended};
use crate::marketplace::diagnostic::Severity;
use crate::marketplace::listing::{Listing, Resolution};
use crate::model::capability::Fact;
use crate::model::redact::redact;
use crate::ui::{Failure, count, exit, quoted, thousands};

/// Analyze marketplaces: what they hold, what it costs a session, what is wrong
///
/// What is new of their components and facts, and of patterns that their texts propose, is committed to this
/// clone's learning branch, in one commit, and so becomes known to everybody who shares it. What did not change
/// is neither read nor committed again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate analyze --dry-run --diagnostics

`merge` takes the catalog into the library, and `sync` shares it with the rest.
Descriptions and facts are kept, no whole texts, and nothing that looks like a
secret.
Tokens are characters divided by four: `always` is what names and descriptions
cost every session, `on invoke` what the texts cost when they are used.")]
pub(crate) struct Args {
    /// Only this marketplace
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// List what was wrong, and what was assumed instead
    #[arg(long)]
    diagnostics: bool,
    /// Count what is known of the components, and how it was read
    #[arg(long)]
    facts: bool,
    /// Only look: say what is new, and commit nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let stocks = Stocks::open(cx, &store)?;
    let mut listings: Vec<(usize, Listing)> = stocks.listings()?.into_iter().enumerate().collect();
    if let Some(name) = &args.name {
        listings.retain(|(_, listing)| listing.name == *name);
        if listings.is_empty() {
            return Err(Failure::new(exit::USAGE, format!("no marketplace is called {name} here"))
                .hint("`git orchestrate marketplace list` lists them"));
        }
    }
    let cataloged = cataloging::catalog(cx, &store, &stocks, &listings, args.dry_run)?;
    let mut facts = Vec::new();
    for (number, _) in &listings {
        facts.push(if args.facts { stocks.facts(*number)? } else { Vec::new() });
    }
    if cx.ui.is_json() {
        let with_facts = listings.iter().zip(&facts);
        let all: Vec<_> = with_facts.map(|((_, it), facts)| as_json(it, facts, &cataloged, args)).collect();
        cx.ui.json(&all);
        return DONE;
    }
    if listings.is_empty() {
        cx.ui.line("no marketplaces yet");
        cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
        return DONE;
    }
    for (index, ((_, listing), facts)) in listings.iter().zip(&facts).enumerate() {
        if index > 0 {
            cx.ui.gap();
        }
        let source = store.settings.marketplaces.get(&listing.name).map(|it| redact(it)).unwrap_or_default();
        cx.ui.headline(format!("{} ({source})", listing.name));
        show(cx, listing, facts, args);
    }
    cx.ui.gap();
    cataloged.tell(cx, &store);
    DONE
}

fn as_json(listing: &Listing, facts: &[Vec<Fact>], cataloged: &Cataloged, args: &Args) -> serde_json::Value {
    let mut value = json!({
        "v": 1,
        "name": listing.name,
        "root": listing.root.to_string_lossy(),
        "summary": listing.summary(),
        "plugins": listing.plugins,
        "components": listing.components.iter().map(|it| json!({
            "id": it.id, "description": it.description, "tokens": it.tokens, "content": it.content,
            "contract": it.contract,
        })).collect::<Vec<_>>(),
        "hooks": listing.hooks,
        "renames": listing.renames,
        "catalog": cataloged.json(&listing.name),
    });
    if args.diagnostics {
        value["diagnostics"] = json!(listing.diagnostics);
    }
    if args.facts {
        value["facts"] = json!(Totals::of(facts.iter().map(Vec::as_slice)));
        for (index, (component, facts)) in listing.components.iter().zip(facts).enumerate() {
            value["components"][index]["file"] = json!(component.file_below_root());
            value["components"][index]["facts"] = json!(facts);
        }
    }
    value
}

fn show(cx: &Context, listing: &Listing, facts: &[Vec<Fact>], args: &Args) {
    let summary = listing.summary();
    let plugins = |state: &str| summary.plugins.get(state).copied().unwrap_or(0);
    let mut rows = vec![vec![
        "plugins".to_owned(),
        format!(
            "{} local, {} not fetched, {} broken",
            plugins("local"),
            plugins("remote"),
            plugins("broken")
        ),
    ]];
    rows.push(vec!["components".to_owned(), components(listing)]);
    if summary.hooks > 0 {
        let hooks = count(summary.hooks, "hook");
        rows.push(vec!["hooks".to_owned(), format!("{hooks} for hosts to run at events")]);
    }
    rows.push(vec!["contracts".to_owned(), format!("{} can run without an agent", summary.contracts)]);
    let (always, on_invoke) = (summary.tokens.always, summary.tokens.on_invoke);
    rows.push(vec![
        "tokens".to_owned(),
        format!("{} always, {} on invoke", thousands(always), thousands(on_invoke)),
    ]);
    let number = |severity| summary.diagnostics.get(&severity).copied().unwrap_or(0);
    rows.push(vec![
        "diagnostics".to_owned(),
        [
            count(number(Severity::Error), "error"),
            count(number(Severity::Warning), "warning"),
            count(number(Severity::Info), "remark"),
        ]
        .join(", "),
    ]);
    cx.ui.table(&[], &rows, &[]);
    for plugin in &listing.plugins {
        if let Resolution::Broken { reason } = &plugin.resolution {
            cx.ui.bad("broken:", format!("{}: {reason}", plugin.name));
        }
    }
    if args.facts {
        counted(cx, listing, facts);
    }
    if args.diagnostics {
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            let of = listing.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity);
            of.for_each(|diagnostic| cx.ui.line(format!("  {diagnostic}")));
        }
    } else if !listing.diagnostics.is_empty() {
        cx.ui.hint(format!("`git orchestrate analyze {} --diagnostics` lists them", quoted(&listing.name)));
    }
}

/// How many components have facts of each kind, and how many facts each way of reading gave.
fn counted(cx: &Context, listing: &Listing, facts: &[Vec<Fact>]) {
    let totals = Totals::of(facts.iter().map(Vec::as_slice));
    let row = |kind: &&str| {
        let methods = totals.methods.get(kind).into_iter().flatten();
        let methods: Vec<String> = methods
            .map(|(method, count)| format!("{} {}", thousands(*count as u64), method.as_str()))
            .collect();
        let known = format!("{} of {}", totals.known(kind), listing.components.len());
        vec![(*kind).to_owned(), known, methods.join(", ")]
    };
    let rows: Vec<Vec<String>> = KINDS.iter().map(row).collect();
    cx.ui.table(&["fact", "known of", "read from"], &rows, &[]);
}
