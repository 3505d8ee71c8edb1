//! `catalog`: every component known here.

use serde_json::json;

use super::knowledge::Knowledge;
use super::{Context, DONE, Ended};
use crate::research::index::Index;
use crate::ui::{clip, share, tally};

/// Search the components of all marketplaces
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate catalog search changelog")]
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
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let Verb::Search { words, max_count } = &args.verb;
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let known = Knowledge::read(cx, &store)?;
    let mut hits = Index::build(&known.catalog).search(&words.join(" "), *max_count);
    let most = hits.iter().map(|hit| hit.coverage).fold(0.0, f64::max);
    hits.retain(|hit| hit.coverage >= most * NEAR);
    let description = |id| known.catalog.get(id).map_or("", |component| component.description.as_str());
    if cx.ui.is_json() {
        let all: Vec<_> = hits
            .iter()
            .map(|hit| {
                json!({
                    "v": 1, "component": hit.component, "score": hit.score, "coverage": hit.coverage,
                    "matched": hit.matched, "also": hit.also, "description": description(&hit.component),
                    "tally": known.library.component_tally(&hit.component),
                })
            })
            .collect();
        cx.ui.json(&all);
        return DONE;
    }
    if hits.is_empty() {
        cx.ui.line(format!("none of {} components speaks of that", known.catalog.len()));
        if known.catalog.len() == 0 {
            cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
        }
        return DONE;
    }
    for hit in &hits {
        let record = tally(known.library.component_tally(&hit.component));
        cx.ui.headline(hit.component.as_str());
        cx.ui.line(format!("  {}", clip(description(&hit.component), 77)));
        cx.ui.aside(format!("  covers {}, {record}", share(hit.coverage)));
    }
    DONE
}
