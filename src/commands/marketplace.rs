//! `marketplace`: where plugins come from.

use std::path::PathBuf;

use serde_json::json;

use super::knowledge::unapproved;
use super::origin::{BUILTIN, Origin, fetch, fetch_plugins, listing, require_plugins, sweep, turn};
use super::renewal::{self, Wish};
use super::stocks::Stocks;
use super::{Context, DONE, Ended};
use crate::marketplace::listing::Listing;
use crate::model::component::Card;
use crate::model::oid::Oid;
use crate::model::redact::redact;
use crate::store::{Settings, Store};
use crate::ui::{Failure, count, exit, quoted};

/// Add, update, list and remove marketplaces, and approve what they may run
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
    /// Add a marketplace: a folder, a git repository, or the starter that comes with the program
    ///
    /// A folder that is there counts before OWNER/REPO of GitHub. A repository is fetched once, shallowly, by
    /// git; the commit that it was at is kept, and nothing changes until `marketplace update`. Behind a URL
    /// or OWNER/REPO, `#NAME` names a branch, tag or commit: `wshobson/agents#main`.
    #[command(after_help = "\
Example:
  git orchestrate marketplace add --starter")]
    Add {
        /// A folder with .claude-plugin/marketplace.json, or a tree of agents, commands and skills; or a git
        /// repository with such a folder: its URL, or OWNER/REPO of GitHub
        #[arg(value_name = "PATH|URL|OWNER/REPO", required_unless_present = "starter")]
        path: Option<PathBuf>,
        /// Seven small plugins that need nothing but sh and git
        #[arg(long, conflicts_with_all = ["path", "name"])]
        starter: bool,
        /// Call it so here, instead of what it calls itself
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Fetch its plugins that are in other git repositories, too
        #[arg(long)]
        fetch: bool,
    },
    /// Fetch what is new in marketplaces that git fetched, and show it
    ///
    /// Components that were added, removed or changed are listed; those whose scripts, hooks or server
    /// commands changed are marked. Scripts that changed do not run before they are approved again.
    #[command(after_help = "\
Example:
  git orchestrate marketplace update --dry-run")]
    Update {
        /// Only this one
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Fetch the plugins that are in other git repositories, too
        #[arg(long)]
        fetch: bool,
        /// Show what is new, and leave everything as it is
        #[arg(short = 'n', long, conflicts_with = "fetch")]
        dry_run: bool,
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
    let _turn = match &args.verb {
        Verb::Add { .. } | Verb::Update { .. } | Verb::Remove { .. } => Some(turn(&repo)?),
        Verb::List | Verb::Approve { .. } => None,
    };
    // What another process changed while we waited counts.
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    match &args.verb {
        Verb::Add { path, name, fetch, .. } => add(
            cx,
            &store,
            path.as_ref(),
            name.as_deref(),
            if *fetch { Elsewhere::Fetch } else { Elsewhere::Leave },
        ),
        Verb::Update { name, fetch, dry_run } => {
            let wish = Wish { plugins: *fetch, only_show: *dry_run };
            update(cx, &store, name.as_ref(), wish)
        }
        Verb::List => list(cx, &store),
        Verb::Remove { name } => remove(cx, &store, name),
        Verb::Approve { name } => approve(cx, &store, name),
    }
}

/// What becomes of plugins that are in other repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    Fetch,
    Leave,
}

pub(super) fn add(
    cx: &Context,
    store: &Store<'_>,
    path: Option<&PathBuf>,
    name: Option<&str>,
    elsewhere: Elsewhere,
) -> Ended {
    let source = match path {
        None => BUILTIN.to_owned(),
        Some(path) => Origin::typed(cx, path)?,
    };
    let added = pin(cx, store, &source)
        .and_then(|pin| Ok((pin, remember(cx, store, &source, pin, name, elsewhere)?)));
    if added.is_err() {
        // What was fetched for nothing goes away again.
        sweep(store.repo, &store.settings)?;
    }
    let (pin, (listing, missing)) = added?;
    told_of(cx, store, &listing, &source, pin);
    if missing > 0 { Ok(exit::ENVIRONMENT) } else { DONE }
}

/// Fetches a marketplace that git has to fetch, and says at which commit it is.
fn pin(cx: &Context, store: &Store<'_>, source: &str) -> Result<Option<Oid>, Failure> {
    let Origin::Git(git) = Origin::of(source) else { return Ok(None) };
    cx.ui.talk(format!("fetching {}", redact(&git.url)));
    Ok(Some(fetch(cx, store.repo, &git)?))
}

/// Keeps the marketplace in the settings, if it is one; gives its listing, and how many of its plugins
/// could not be fetched.
fn remember(
    cx: &Context,
    store: &Store<'_>,
    source: &str,
    pin: Option<Oid>,
    name: Option<&str>,
    elsewhere: Elsewhere,
) -> Result<(Listing, usize), Failure> {
    let found = listing(store.repo, name, source, pin)?;
    require_plugins(&found, source)?;
    let name = &found.name;
    if let Some(other) = store.settings.marketplaces.get(name).filter(|other| **other != source) {
        let message = format!("another marketplace is called {name} here: {}", redact(other));
        return Err(Failure::new(exit::USAGE, message).hint("`--name NAME` gives this one another name"));
    }
    let section = format!("marketplace.{name}");
    store.repo.set_config("orchestrate", Some(&section), "source", &[source.to_owned()])?;
    if let Some(pin) = pin {
        store.repo.set_config("orchestrate", Some(&section), "pin", &[pin.to_string()])?;
    }
    if elsewhere == Elsewhere::Leave {
        return Ok((found, 0));
    }
    let missing = fetch_plugins(cx, store.repo, &found);
    Ok((listing(store.repo, Some(name), source, pin)?, missing))
}

/// Says what was added.
fn told_of(cx: &Context, store: &Store<'_>, listing: &Listing, source: &str, pin: Option<Oid>) {
    let name = &listing.name;
    if cx.ui.is_json() {
        let source = redact(source);
        cx.ui
            .json(&json!({"v": 1, "name": name, "source": source, "pin": pin, "summary": listing.summary()}));
        return;
    }
    let at = pin.map_or_else(String::new, |pin| format!(" (at {})", pin.short()));
    cx.ui.headline(format!("Added {name}: {}{at}", offer(listing)));
    let foreign = unapproved(store, &listing.components).len();
    if foreign > 0 {
        cx.ui.line(format!("not approved to run: {}", count(foreign, "script")));
        cx.ui.hint(format!(
            "read what it would run, then `git orchestrate marketplace approve {}`",
            quoted(name)
        ));
    }
    let unfetched = listing.plugins.iter().filter(|it| it.git.is_some() && it.resolution.is_remote()).count();
    if unfetched > 0 {
        cx.ui.hint(format!(
            "`git orchestrate marketplace update {} --fetch` fetches {} from elsewhere",
            quoted(name),
            count(unfetched, "plugin")
        ));
    }
    if source != BUILTIN && !listing.components.is_empty() {
        cx.ui.hint(format!(
            "`git orchestrate analyze {}` keeps in git what it offers, for all who share it",
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
}

fn update(cx: &Context, store: &Store<'_>, name: Option<&String>, wish: Wish) -> Ended {
    let names: Vec<&String> = match name {
        Some(name) if !store.settings.marketplaces.contains_key(name) => return Err(unknown(name)),
        Some(name) => vec![name],
        None => store.settings.marketplaces.keys().collect(),
    };
    if names.is_empty() && !cx.ui.is_json() {
        cx.ui.line("no marketplaces yet");
        cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
        return DONE;
    }
    renewal::update(cx, store, &names, wish)
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
    let listings = Stocks::open(cx, store)?.listings()?;
    if cx.ui.is_json() {
        let all: Vec<_> = listings
            .iter()
            .map(|it| {
                let source = store.settings.marketplaces.get(&it.name).map(|source| redact(source));
                let pin = store.settings.pins.get(&it.name);
                json!({"v": 1, "name": it.name, "source": source, "pin": pin, "summary": it.summary()})
            })
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
            let source = store.settings.marketplaces.get(&it.name).map(|it| redact(it)).unwrap_or_default();
            let pin = store.settings.pins.get(&it.name);
            let source = pin.map_or_else(|| source.clone(), |pin| format!("{source} at {}", pin.short()));
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
    let mut settings: Settings = store.settings.clone();
    settings.marketplaces.remove(name);
    sweep(store.repo, &settings)?;
    if cx.ui.is_json() {
        cx.ui.json(&json!({"v": 1, "removed": name}));
    } else {
        cx.ui.line(format!("{name} is forgotten here; what was recorded and cataloged of it stays"));
    }
    DONE
}

fn unknown(name: &str) -> Failure {
    Failure::new(exit::USAGE, format!("no marketplace is called {name} here"))
        .hint("`git orchestrate marketplace list` lists them")
}

fn approve(cx: &Context, store: &Store<'_>, name: &str) -> Ended {
    let listings = Stocks::open(cx, store)?.listings()?;
    let named = |component: &&Card| {
        let id = component.id.as_str();
        id == name || id.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
    };
    let all: Vec<&Card> = listings.iter().flat_map(|it| &it.components).filter(named).collect();
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
pub(super) fn told(component: &Card) -> String {
    let script = component.contract.as_ref().map(|contract| component.folder.join(&contract.script));
    let runs = script.map(|script| format!(" runs {}", script.display())).unwrap_or_default();
    format!("{}{runs}", component.id)
}
