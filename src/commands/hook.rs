//! `hook`: what git's hooks call. It never stops git, unless the user wants that.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::sharing::{self, Denied, Target, require_sound};
use super::turn::Turn;
use super::{Context, Ended};
use crate::git::{HOOK_GUARD, Place, Running, is_same_place};
use crate::hook::STOPS;
use crate::host::{Host, Stopwatch};
use crate::learn;
use crate::model::oid::Oid;
use crate::store::{Event, HookFailure, Settings, Spool, Store};
use crate::ui::{Failure, Format, Ui, exit};

/// What git's hooks call
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate hook post-commit

post-commit and post-rewrite leave one small file in the spool. pre-push drains
the spool, merges learning branches (unless `orchestrate.review` leaves that to
others), and shares with a remote that you agreed to
(`git orchestrate sync --push`). Whatever goes wrong is one line on
stderr; git is stopped only under `orchestrate.hookFailure=block`, by exit code
93.")]
pub(crate) struct Args {
    #[command(subcommand)]
    event: Hook,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Hook {
    /// A commit was made
    #[command(after_help = "\
Example:
  git orchestrate hook post-commit")]
    PostCommit,
    /// Commits were made anew; pairs of old and new come on standard input
    #[command(after_help = "\
Example:
  git orchestrate hook post-rewrite amend </dev/null")]
    PostRewrite {
        /// `amend` or `rebase`
        #[arg(value_name = "COMMAND", default_value = "rebase")]
        command: String,
    },
    /// A push is about to start; what it pushes comes on standard input
    #[command(after_help = "\
Example:
  git orchestrate hook pre-push origin URL </dev/null")]
    PrePush {
        /// The remote's name and URL
        #[arg(value_name = "REMOTE")]
        remote: Vec<String>,
    },
}

impl Args {
    /// These arguments, where they are those of the hook that every commit waits for: to build the
    /// whole command line takes a third as long as all of its work.
    pub(crate) fn of_commit(arguments: &[OsString]) -> Option<Self> {
        let is_it = matches!(arguments, [_, verb, event] if verb == "hook" && event == "post-commit");
        is_it.then_some(Self { event: Hook::PostCommit })
    }
}

/// How long a push waits for us at most.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is read from standard input, in bytes.
const LONGEST: u64 = 64 << 20;

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    // A hook of ours that makes git call a hook of ours would never end.
    if cx.host.env(HOOK_GUARD).is_some() {
        return Ok(exit::DONE);
    }
    let ended = match &args.event {
        Hook::PostCommit => post_commit(cx),
        Hook::PostRewrite { command } => post_rewrite(command, cx),
        Hook::PrePush { remote } => pre_push(remote, cx),
    };
    let Err(failure) = ended else { return Ok(exit::DONE) };
    let (code, then) =
        if blocks(cx) { (STOPS, "orchestrate.hookFailure stops git") } else { (exit::DONE, "git goes on") };
    cx.ui.talk(format!("git-orchestrate: {}; {then}", failure.message.replace('\n', " ")));
    Ok(code)
}

/// Whether the user wants git to stop; asked only when something went wrong.
fn blocks(cx: &Context) -> bool {
    let settings = cx.repository().ok().and_then(|repo| Settings::read(&repo, &cx.host).ok());
    settings.is_some_and(|settings| settings.hook_failure == HookFailure::Block)
}

/// Every commit waits for this: no repository is opened, nothing is compared.
fn post_commit(cx: &Context) -> Result<(), Failure> {
    let place = Place::find(&cx.dir, &cx.host)?;
    let Some(commit) = place.head()? else { return Ok(()) };
    Ok(Spool::below(&place.own_dir()).keep(&cx.host, Event::commit(commit, &cx.host))?)
}

fn post_rewrite(command: &str, cx: &Context) -> Result<(), Failure> {
    let place = Place::find(&cx.dir, &cx.host)?;
    let pair = |line: &str| -> Option<(Oid, Oid)> {
        let mut oids = line.split_whitespace().map(str::parse);
        Some((oids.next()?.ok()?, oids.next()?.ok()?))
    };
    let pairs: Vec<(Oid, Oid)> = input()?.lines().filter_map(pair).collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let command = command.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    Ok(Spool::below(&place.own_dir()).keep(&cx.host, Event::Rewrite { command, pairs })?)
}

/// Drains, learns, merges and shares, in a thread that a push waits for only so long: what is left
/// undone is done the next time, as after a kill.
fn pre_push(remote: &[String], cx: &Context) -> Result<(), Failure> {
    let pushed = pushed_refs(&input()?);
    let (remote, url) = (remote.first().cloned(), remote.get(1).cloned());
    let dir = cx.dir.clone();
    let (sender, receiver) = mpsc::channel();
    let running = Running::default();
    let known = running.clone();
    thread::spawn(move || {
        // One line on stderr is all that a hook may say.
        let cx = Context { ui: Ui::new(Format::Silent), host: Host::new(), dir };
        let remote = (remote.as_deref(), url.as_deref());
        drop(sender.send(bring_up_to_date(&cx, known, remote, &pushed)));
    });
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        running.stop();
        Err(Failure::new(exit::FAILED, format!("learning took longer than {} s", PATIENCE.as_secs())))
    })
}

/// The refs that the user's own push moves at the remote: `local oid remote oid`, a line each.
fn pushed_refs(lines: &str) -> Vec<String> {
    lines.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect()
}

fn bring_up_to_date(
    cx: &Context,
    running: Running,
    (remote, url): (Option<&str>, Option<&str>),
    pushed: &[String],
) -> Result<(), Failure> {
    let repo = cx.repository()?.unattended(&cx.host, running);
    let store = cx.store(&repo)?;
    let drained = store.drain()?;
    store.learn(&learn::catch_up)?;
    // Who keeps the learning elsewhere shares it there, whatever is pushed where.
    let elsewhere = Some(store.settings.remote.as_str()).filter(|_| store.settings.has_remote);
    let to = elsewhere.or(remote.filter(|remote| repo.has_remote(remote)));
    require_sound(&store, to)?;
    let to = to.map(|to| Target::all(&store, to).map(|targets| (to, targets))).transpose()?;
    // Nothing is proposed for review to those whom nobody agreed to share with.
    let is_agreed = |targets: &[Target]| targets.iter().any(|target| target.is_agreed(&store));
    sharing::conclude(&store, to.as_ref().filter(|(_, all)| is_agreed(all)).map(|(to, _)| *to))?;
    if let Some((to, targets)) = to {
        let url = url.map(|url| repo.absolute_url(url));
        let pushing = Pushing { is_here: Some(to) == remote, url: url.as_deref(), refs: pushed };
        let remotes: Vec<&str> = targets.iter().map(|target| target.remote.as_str()).collect();
        sharing::together(&store, &remotes, || share(cx, &store, &targets, &pushing))?;
    }
    let failed = |message| Err(Failure::new(exit::FAILED, message));
    match (drained.bad.first(), drained.left.first()) {
        (Some(bad), _) => failed(format!("a file of the spool is set aside in spool/bad: {bad}")),
        (None, Some(left)) => failed(format!("a file of the spool waits for the next time: {left}")),
        (None, None) => Ok(()),
    }
}

/// The user's own push.
struct Pushing<'a> {
    /// Whether it goes to the remote that is shared with.
    is_here: bool,
    /// Where it goes; git calls the hook once for each URL.
    url: Option<&'a str>,
    /// The refs that it moves there.
    refs: &'a [String],
}

/// Shares where the user agreed to it. One that refuses is told of once, and then left alone until
/// `sync` gets through.
fn share(cx: &Context, store: &Store<'_>, targets: &[Target], pushing: &Pushing<'_>) -> Result<(), Failure> {
    let mut shared = Ok(());
    let mut turn = Turn::read(store);
    for target in targets {
        let is_same = pushing.url.is_none_or(|url| is_same_place(url, &target.url));
        if (is_same || !pushing.is_here) && target.is_agreed(store) && !Denied(store).knows(&target.name()) {
            let without = if is_same { pushing.refs } else { &[] };
            // One that can't be reached keeps the others from nothing.
            let turn = (&mut turn, Stopwatch::start());
            shared = shared.and(sharing::push(cx, store, target, without, turn, PATIENCE).map(drop));
        }
    }
    shared
}

/// What git says on standard input; nothing where a person called.
fn input() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    let mut bytes = Vec::new();
    if !stdin.is_terminal() {
        stdin
            .lock()
            .take(LONGEST)
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::new(exit::FAILED, format!("cannot read standard input: {error}")))?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
