//! `init`: makes this clone ready, and takes in what its remote remembers.

use serde_json::json;

use super::sharing::objection;
use super::template::Ci;
use super::{Context, DONE, Ended};
use crate::git::{Repository, without_password};
use crate::hook;
use crate::learn;
use crate::store::{Adopted, Adoption, NOTES, Refused, Store, StoreError};
use crate::ui::{Failure, count};

/// Make this clone ready, and take in what its remote remembers
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate init
  git orchestrate init --ci github

Executions and learning of the remote `orchestrate.remote` (default: origin) are
fetched if it has any. Nothing is ever sent. `notes.rewriteRef` is set so that
`git commit --amend` and `git rebase` keep the records of a commit, unless the
hook of `git orchestrate hooks install` does that.")]
pub(crate) struct Args {
    /// Do not look at the remote
    #[arg(long)]
    pub(super) offline: bool,
    /// Also write what lets this CI system check and merge learning branches
    #[arg(long, value_name = "SYSTEM")]
    pub(super) ci: Option<Ci>,
}

/// What became of the look at the remote.
enum Remote {
    NotAsked,
    Missing,
    Unreachable(String),
    Empty,
    Refused(Vec<Refused>),
    Joined(Adopted),
}

impl Remote {
    /// The word that programs read.
    fn state(&self) -> &'static str {
        match self {
            Self::NotAsked => "not-asked",
            Self::Missing => "missing",
            Self::Unreachable(_) => "unreachable",
            Self::Empty => "empty",
            Self::Refused(_) => "refused",
            Self::Joined(_) => "joined",
        }
    }
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    if let Some(ci) = args.ci {
        ci.write(&repo)?;
    }
    keep_notes_on_rewrite(&repo)?;
    let remote = look_at_remote(args, &store)?;
    show(cx, &store, &remote, args.ci)
}

/// The configuration that `init` sets and `deinit` takes back.
pub(super) const REWRITE: (&str, &str) = ("notes", "rewriteRef");

fn keep_notes_on_rewrite(repo: &Repository) -> Result<(), Failure> {
    if hook::rewrites_notes(repo)? {
        return Ok(hook::keep_notes_for_uninstall(repo)?);
    }
    let (section, key) = REWRITE;
    let mut values = repo.config_all("notes.rewriteRef");
    let covered = |value: &String| value == NOTES || value == "refs/notes/*";
    if !values.iter().any(covered) {
        values = own_values(repo)?;
        values.push(NOTES.to_owned());
        repo.set_config(section, None, key, &values)?;
    }
    Ok(())
}

/// The values of `notes.rewriteRef` in this repository's own file: a user's global ones stay theirs.
pub(super) fn own_values(repo: &Repository) -> Result<Vec<String>, Failure> {
    let listing = repo.git().args(["config", "--local", "--get-all", "notes.rewriteRef"]).end()?;
    Ok(String::from_utf8_lossy(&listing.stdout).lines().map(str::to_owned).collect())
}

fn look_at_remote(args: &Args, store: &Store<'_>) -> Result<Remote, Failure> {
    let remote = &store.settings.remote;
    if args.offline {
        return Ok(Remote::NotAsked);
    }
    if !store.repo.is_remote(remote) {
        return Ok(Remote::Missing);
    }
    match store.adopt(remote, &objection, &learn::merge) {
        Ok(Adoption::Empty) => Ok(Remote::Empty),
        Ok(Adoption::Refused(refused)) => Ok(Remote::Refused(refused)),
        Ok(Adoption::Joined(adopted)) => Ok(Remote::Joined(adopted)),
        Err(error @ StoreError::Unreachable { .. }) => Ok(Remote::Unreachable(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn show(cx: &Context, store: &Store<'_>, remote: &Remote, ci: Option<Ci>) -> Ended {
    let name = &without_password(&store.settings.remote);
    if cx.ui.is_json() {
        let mut told = json!({
            "v": 1, "replica": store.replica, "remote": name, "state": remote.state(), "found": null,
        });
        if let Some(ci) = ci {
            told["ci"] = json!(ci.path());
        }
        match remote {
            Remote::Joined(adopted) => told["found"] = json!(adopted),
            Remote::Refused(refused) => told["refused"] = json!(refused),
            Remote::Unreachable(why) => told["reason"] = json!(why),
            Remote::NotAsked | Remote::Missing | Remote::Empty => {}
        }
        cx.ui.json(&told);
        return DONE;
    }
    cx.ui.headline(format!("Ready: this clone is replica {}", store.replica));
    match remote {
        Remote::NotAsked => {}
        Remote::Missing => cx.ui.line(format!("no remote {name} to look at")),
        Remote::Unreachable(why) => cx.ui.warn(format!("the remote {name} could not be read: {why}")),
        Remote::Empty => cx.ui.line(format!("the remote {name} remembers nothing yet")),
        Remote::Refused(refused) => {
            for Refused { name: theirs, kept, reason } in refused {
                cx.ui.warn(format!("{theirs} of the remote {name} was refused: {reason}"));
                cx.ui.hint(format!("`git log {kept}` shows it; nothing of the remote was taken in"));
            }
        }
        Remote::Joined(adopted) => {
            let (executions, patterns) =
                (count(adopted.executions, "execution"), count(adopted.patterns, "pattern"));
            cx.ui.line(format!("the remote {name} taught us {executions} and {patterns} that were new here"));
            if adopted.cataloged > 0 {
                cx.ui.line(format!("it brought the catalog of {}", count(adopted.cataloged, "plugin")));
            }
            if adopted.bad_lines > 0 {
                cx.ui.warn(format!(
                    "{} of its notes could not be read; `git orchestrate check` names them",
                    count(adopted.bad_lines, "line")
                ));
            }
        }
    }
    if let Some(ci) = ci {
        cx.ui.line(format!("{} checks learning branches and merges them", ci.path()));
        ci.hints().into_iter().for_each(|hint| cx.ui.hint(hint));
    }
    if store.settings.marketplaces.is_empty() {
        cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
    } else {
        cx.ui.hint("`git orchestrate plan \"what you want\"` shows a plan without running it");
    }
    DONE
}
