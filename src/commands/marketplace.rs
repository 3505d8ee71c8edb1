//! `marketplace`: where plugins come from.

use std::path::PathBuf;

use serde_json::json;

use super::knowledge::{BUILTIN, listings, root, unapproved};
use super::{Context, DONE, Ended};
use crate::marketplace;
use crate::marketplace::diagnostic::Severity;
use crate::marketplace::listing::Listing;
use crate::model::component::Component;
use crate::store::Store;
use crate::ui::{Failure, count, exit, quoted};

/// Add, list and remove marketplaces, and approve what they may run
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate marketplace add --starter
  git orchestrate marketplace list")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Add a marketplace: a folder, or the starter that comes with the program
    #[command(after_help = "\
Example:
  git orchestrate marketplace add --starter")]
    Add {
        /// A folder with .claude-plugin/marketplace.json, or a tree of agents, commands and skills
        #[arg(value_name = "PATH", required_unless_present = "starter")]
        path: Option<PathBuf>,
        /// Seven small plugins that need nothing but sh and git
        #[arg(long, conflicts_with_all = ["path", "name"])]
        starter: bool,
        /// Call it so here, instead of what it calls itself
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// List the known marketplaces
    #[command(after_help = "\
Example:
  git orchestrate marketplace list")]
    List,
    /// Forget a marketplace; nothing that was recorded is lost
    #[command(after_help = "\
Example:
  git orchestrate marketplace remove starter")]
    Remove {
        /// Its name here
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Allow the scripts of components to run here, as they are now
    ///
    /// The approval is of the content: a script that changes has to be approved again.
    #[command(after_help = "\
Example:
  git orchestrate marketplace approve starter/readme")]
    Approve {
        /// A marketplace, a plugin (`marketplace/plugin`) or a component
        #[arg(value_name = "NAME")]
        name: String,
    },
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    match &args.verb {
        Verb::Add { path, name, .. } => add(cx, &store, path.as_ref(), name.as_deref()),
        Verb::List => list(cx, &store),
        Verb::Remove { name } => remove(cx, &store, name),
        Verb::Approve { name } => approve(cx, &store, name),
    }
}

pub(super) fn add(cx: &Context, store: &Store<'_>, path: Option<&PathBuf>, name: Option<&str>) -> Ended {
    let source = match path {
        None => BUILTIN.to_owned(),
        Some(path) => {
            let full = cx.path(path).canonicalize().map_err(|error| {
                Failure::new(exit::USAGE, format!("{}: {error}", path.display()))
                    .hint("give the folder of a marketplace, or `--starter`")
            })?;
            let text = full.to_str().ok_or_else(|| {
                Failure::new(exit::USAGE, format!("{}: the path is not UTF-8", path.display()))
            })?;
            text.to_owned()
        }
    };
    let listing = marketplace::read(name, &root(store, &source)?, None)?;
    require_plugins(&listing)?;
    let name = &listing.name;
    if let Some(other) = store.settings.marketplaces.get(name).filter(|other| **other != source) {
        return Err(Failure::new(exit::USAGE, format!("another marketplace is called {name} here: {other}"))
            .hint("`--name NAME` gives this one another name"));
    }
    store.repo.set_config("orchestrate", Some(&format!("marketplace.{name}")), "source", &[source])?;
    if cx.ui.is_json() {
        cx.ui.json(&json!({"v": 1, "name": name, "summary": listing.summary()}));
        return DONE;
    }
    cx.ui.headline(format!("Added {name}: {}", offer(&listing)));
    let foreign = unapproved(store, &listing.components).len();
    if foreign > 0 {
        cx.ui.line(format!("not approved to run: {}", count(foreign, "script")));
        cx.ui.hint(format!(
            "read what it would run, then `git orchestrate marketplace approve {}`",
            quoted(name)
        ));
    }
    let troubled = listing.diagnostics.len();
    if troubled > 0 {
        cx.ui.hint(format!(
            "`git orchestrate analyze {} --diagnostics` shows {}",
            quoted(name),
            count(troubled, "diagnostic")
        ));
    }
    DONE
}

/// A manifest that lists nothing, or can't be read, is no marketplace to remember.
fn require_plugins(listing: &Listing) -> Result<(), Failure> {
    if !listing.plugins.is_empty() {
        return Ok(());
    }
    let worst = listing.diagnostics.iter().find(|it| it.severity == Severity::Error);
    let why = worst.map(|it| format!(": {it}")).unwrap_or_default();
    Err(Failure::new(exit::USAGE, format!("{} has no plugins{why}", listing.root.display()))
        .hint("mend its .claude-plugin/marketplace.json, or give another folder"))
}

/// `7 plugins with 8 skills`.
fn offer(listing: &Listing) -> String {
    format!("{} with {}", count(listing.plugins.len(), "plugin"), components(listing))
}

/// `3 agents, 8 skills`.
pub(super) fn components(listing: &Listing) -> String {
    let noun = |kind: &str| if kind == "mcp" { "MCP server".to_owned() } else { kind.to_owned() };
    let summary = listing.summary();
    let parts: Vec<String> =
        summary.components.iter().map(|(kind, number)| count(*number, &noun(kind))).collect();
    if parts.is_empty() { "no components".to_owned() } else { parts.join(", ") }
}

fn list(cx: &Context, store: &Store<'_>) -> Ended {
    let listings = listings(cx, store)?;
    if cx.ui.is_json() {
        let all: Vec<_> = listings
            .iter()
            .map(|it| json!({"v": 1, "name": it.name, "source": store.settings.marketplaces.get(&it.name), "summary": it.summary()}))
            .collect();
        cx.ui.json(&all);
        return DONE;
    }
    if store.settings.marketplaces.is_empty() {
        cx.ui.line("no marketplaces yet");
        cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
        return DONE;
    }
    let rows: Vec<Vec<String>> = listings
        .iter()
        .map(|it| {
            let source = store.settings.marketplaces.get(&it.name).cloned().unwrap_or_default();
            vec![it.name.clone(), it.plugins.len().to_string(), it.components.len().to_string(), source]
        })
        .collect();
    cx.ui.table(&["marketplace", "plugins", "components", "source"], &rows, &[1, 2]);
    DONE
}

fn remove(cx: &Context, store: &Store<'_>, name: &str) -> Ended {
    if !store.settings.marketplaces.contains_key(name) {
        return Err(unknown(name));
    }
    store.repo.remove_config_section("orchestrate", Some(&format!("marketplace.{name}")))?;
    if cx.ui.is_json() {
        cx.ui.json(&json!({"v": 1, "removed": name}));
    } else {
        cx.ui.line(format!("{name} is forgotten; what its components did stays recorded"));
    }
    DONE
}

fn unknown(name: &str) -> Failure {
    Failure::new(exit::USAGE, format!("no marketplace is called {name} here"))
        .hint("`git orchestrate marketplace list` lists them")
}

fn approve(cx: &Context, store: &Store<'_>, name: &str) -> Ended {
    let listings = listings(cx, store)?;
    let named = |component: &&Component| {
        let id = component.id.as_str();
        id == name || id.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
    };
    let all: Vec<&Component> = listings.iter().flat_map(|it| &it.components).filter(named).collect();
    if all.is_empty() {
        return Err(Failure::new(
            exit::USAGE,
            format!("no marketplace, plugin or component is called {name} here"),
        )
        .hint("`git orchestrate analyze --json` lists them all"));
    }
    let waiting = unapproved(store, all);
    let mut hashes = store.repo.config_all("orchestrate.approved");
    hashes.extend(waiting.iter().map(|component| component.content.clone()));
    hashes.sort();
    hashes.dedup();
    if !waiting.is_empty() {
        store.repo.set_config("orchestrate", None, "approved", &hashes)?;
    }
    if cx.ui.is_json() {
        let ids: Vec<_> =
            waiting.iter().map(|it| json!({"component": it.id, "content": it.content})).collect();
        cx.ui.json(&json!({"v": 1, "approved": ids}));
        return DONE;
    }
    if waiting.is_empty() {
        cx.ui.line(format!("nothing of {name} has to be approved, or it is already"));
        return DONE;
    }
    cx.ui.headline(format!("Approved {}", count(waiting.len(), "component")));
    waiting.iter().for_each(|component| cx.ui.line(format!("  {}", told(component))));
    DONE
}

/// A component with what it would run, for whoever has to approve it.
pub(super) fn told(component: &Component) -> String {
    let script = component.contract.as_ref().map(|contract| component.folder.join(&contract.script));
    let runs = script.map(|script| format!(" runs {}", script.display())).unwrap_or_default();
    format!("{}{runs}", component.id)
}
