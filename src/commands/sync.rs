//! `sync`: takes in what others learned, and shares what was learned here.

use std::time::Duration;

use serde::Serialize;

use super::sharing::{self, Denied, Target, require_sound, take_in};
use super::turn::Turn;
use super::{Context, DONE, Ended};
use crate::git::without_password;
use crate::host::Stopwatch;
use crate::learn;
use crate::store::{Adopted, Review, Share, Store, StoreError};
use crate::ui::{Failure, count, exit};

/// Take in what others learned, and share what was learned here
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate sync --dry-run

Fetches notes and learning of the remote, checks them, joins them with ours, and
pushes what was joined, unforced. Nothing is pushed before you said so once for
that remote URL, after being shown what would be shared. Under
`orchestrate.review=branch` this clone's learning branch is pushed instead of
the library, until CI has merged it.")]
pub(crate) struct Args {
    /// The remote: a name, a URL or a path [default: the setting `orchestrate.remote`]
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// Agree to share with this remote, now and from now on
    #[arg(long, conflicts_with_all = ["fetch", "dry_run"])]
    push: bool,
    /// Take in only; share nothing
    #[arg(long)]
    fetch: bool,
    /// Show what would be shared, and share nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// How long to go on while others are faster.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a sync came to.
#[derive(Debug, Serialize)]
struct Synced {
    v: u32,
    remote: String,
    /// Where a push goes, without passwords.
    urls: Vec<String>,
    /// What the remote taught us; absent where it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<Adopted>,
    /// How long it took to join the remote's notes with ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    join_ms: Option<f64>,
    state: State,
    share: Share,
    /// Pushes that it took.
    tries: u32,
    /// Learning branches (short names) that wait for review at the remote.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    in_review: Vec<String>,
    /// Where else it was pushed to be reviewed, without passwords: what is merged there is not asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    apart: Vec<String>,
}

/// How far the sharing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// The remote has everything.
    Shared,
    /// It had everything before.
    UpToDate,
    /// Nobody agreed to share with it yet.
    NotAgreed,
    /// Sharing was not wanted this time.
    NotAsked,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let named = args.remote.as_deref().map(|remote| repo.located_here(remote));
    let remote = named.unwrap_or_else(|| store.settings.remote.clone());
    if !repo.is_remote(&remote) {
        return Err(Failure::new(exit::USAGE, format!("no remote is called {remote}"))
            .hint("`git remote -v` lists them, `git remote add NAME URL` adds one")
            .hint("a URL or a path (./folder) will do too"));
    }
    let targets = Target::all(&store, &remote)?;
    let mut synced = Synced {
        v: 1,
        remote: without_password(&remote),
        urls: targets.iter().map(Target::name).collect(),
        taken: None,
        join_ms: None,
        state: State::NotAsked,
        share: Share::default(),
        tries: 0,
        in_review: Vec::new(),
        apart: Vec::new(),
    };
    if args.dry_run {
        synced.share = most(&store, &targets)?;
    } else {
        store.drain()?;
        let mut exchange = || exchange(args, cx, &store, &remote, &targets, &mut synced);
        // Who is asked first may think about it.
        if !args.fetch && targets.iter().all(|target| target.is_agreed(&store)) {
            sharing::together(&store, &[&remote], exchange)?;
        } else {
            exchange()?;
        }
    }
    if store.settings.review == Review::Branch {
        synced.in_review = store.in_review(&remote)?;
        let apart = targets.iter().filter(|target| target.remote != remote);
        synced.apart = apart.map(Target::name).collect();
    }
    tell(cx, &synced, args.dry_run);
    DONE
}

/// Takes in what the remote has, learns, and shares.
fn exchange(
    args: &Args,
    cx: &Context,
    store: &Store<'_>,
    remote: &str,
    targets: &[Target],
    synced: &mut Synced,
) -> Result<(), Failure> {
    let mut turn = Turn::read(store);
    if !args.fetch {
        turn.wait();
    }
    cx.ui.stage(format!("asking {}", synced.remote));
    let round = Stopwatch::start();
    let taken = take_in(store, remote)?;
    turn.look(&taken.from);
    synced.join_ms = Some(taken.join_ms);
    synced.taken = Some(taken);
    cx.ui.stage("counting what was learned");
    store.learn(&learn::catch_up)?;
    require_sound(store, Some(remote))?;
    sharing::conclude(store, Some(remote))?;
    if args.fetch {
        synced.share = most(store, targets)?;
        return Ok(());
    }
    share(args, cx, store, (&mut turn, round), targets, synced)
}

/// Pushes, where the user agreed to it.
fn share(
    args: &Args,
    cx: &Context,
    store: &Store<'_>,
    (turn, round): (&mut Turn, Stopwatch),
    targets: &[Target],
    synced: &mut Synced,
) -> Result<(), Failure> {
    if !agreed(args, cx, store, targets, synced)? {
        synced.state = State::NotAgreed;
        return Ok(());
    }
    synced.state = State::UpToDate;
    let mut failed = None;
    for target in targets {
        // One that can't be reached keeps the others from nothing.
        let shared = match sharing::push(cx, store, target, &[], (turn, round), PATIENCE) {
            Ok(shared) => shared,
            Err(failure) => {
                failed.get_or_insert(failure);
                continue;
            }
        };
        Denied(store).forget(&target.name());
        if shared.tries > 0 {
            synced.state = State::Shared;
            synced.tries += shared.tries;
        }
        if shared.tries > 0 || synced.state == State::UpToDate {
            synced.share = shared.share;
        }
    }
    failed.map_or(Ok(()), Err)
}

/// What the one that lacks most would get.
fn most(store: &Store<'_>, targets: &[Target]) -> Result<Share, StoreError> {
    let mut most = Share::default();
    for target in targets {
        let share = store.share(&target.remote, &[])?;
        if (share.records, share.edits.len()) > (most.records, most.edits.len()) || most.refs.is_empty() {
            most = share;
        }
    }
    Ok(most)
}

/// Whether sharing with every URL of the remote was agreed to, now or before.
fn agreed(
    args: &Args,
    cx: &Context,
    store: &Store<'_>,
    targets: &[Target],
    synced: &mut Synced,
) -> Result<bool, Failure> {
    if targets.iter().all(|target| target.is_agreed(store)) {
        return Ok(true);
    }
    synced.share = most(store, targets)?;
    if !args.push {
        return Ok(false);
    }
    tell_share(cx, synced);
    let names = synced.urls.join(", ");
    let question = format!("Share this with {names}, now and from now on?");
    if !args.yes && cx.ui.ask(&question, "yN") != Some('y') {
        return Err(Failure::new(exit::NOT_APPROVED, format!("nothing was shared with {names}"))
            .hint("`git orchestrate sync --push --yes` agrees where nobody can be asked"));
    }
    let mut urls = store.repo.config_all("orchestrate.share");
    urls.extend(synced.urls.iter().cloned());
    urls.sort();
    urls.dedup();
    store.repo.set_config("orchestrate", None, "share", &urls)?;
    Ok(true)
}

/// What would be shared, before anyone agrees to it.
fn tell_share(cx: &Context, synced: &Synced) {
    let share = &synced.share;
    cx.ui.talk(format!("{} would get:", synced.urls.join(", ")));
    cx.ui.talk(format!(
        "  {}, {} of them with the text of the request",
        count(share.records, "record"),
        share.requests
    ));
    cx.ui.talk(format!("  {}: shapes, keywords, outcomes, durations", count(share.patterns, "pattern")));
    if share.cataloged > 0 {
        let plugins = count(share.cataloged, "plugin");
        cx.ui.talk(format!("  the catalog of {plugins}: what their components say of themselves, and facts"));
    }
    let branches = share.refs.iter().filter_map(|name| name.strip_prefix("refs/heads/"));
    branches.for_each(|name| cx.ui.talk(format!("  the branch {name}, to be reviewed there")));
    cx.ui.talk("  as hashes: who ran it; as they are: names of components, commits, clones");
}

/// How many learning branches wait at `remote`, where there are any.
pub(super) fn in_review(names: &[String], remote: &str) -> Option<String> {
    let wait = if names.len() == 1 { "waits" } else { "wait" };
    let branches = count(names.len(), "learning branch");
    (!names.is_empty()).then(|| format!("{branches} {wait} for review at {remote}"))
}

fn tell(cx: &Context, synced: &Synced, dry_run: bool) {
    if cx.ui.is_json() {
        cx.ui.json(synced);
        return;
    }
    if dry_run {
        tell_share(cx, synced);
        cx.ui.line("nothing was fetched or shared; this is against what the last fetch saw");
        return;
    }
    if let Some(taken) = &synced.taken {
        let (executions, patterns) = (count(taken.executions, "execution"), count(taken.patterns, "pattern"));
        cx.ui.line(format!("{} taught us {executions} and {patterns}", synced.remote));
        if taken.cataloged > 0 {
            cx.ui.line(format!("it brought the catalog of {}", count(taken.cataloged, "plugin")));
        }
        for name in &taken.reviewed {
            cx.ui.good("merged", format!("{name}, by {}", synced.remote));
        }
    }
    match synced.state {
        State::Shared => {
            cx.ui.good("shared", format!("{} with {}", count(synced.share.records, "record"), synced.remote));
        }
        State::UpToDate => cx.ui.line(format!("{} has everything already", synced.remote)),
        State::NotAsked => {}
        State::NotAgreed => {
            cx.ui.line("nothing was shared: nobody agreed to it yet");
            cx.ui.hint("`git orchestrate sync --push` shows what would be shared, and asks");
        }
    }
    if let Some(waiting) = in_review(&synced.in_review, &synced.remote) {
        cx.ui.line(waiting);
    }
    for url in &synced.apart {
        cx.ui.line(format!("{url} reviews for itself: what is merged there is not asked for"));
    }
}
