//! `hooks`: installs git's hooks, takes them out, and says how they stand.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Context, DONE, Ended};
use crate::git::{Repository, Version};
use crate::hook::{self, Change, Event, HookError, Method, Refusal, Trouble};
use crate::ui::{Failure, count, exit, quoted};

/// Install, remove or look at the git hooks that keep records up to date
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate hooks install
  git orchestrate hooks status
  git orchestrate hooks uninstall

post-commit and post-rewrite note what was committed, amended or rebased; pre-push
merges what was learned. They call git-orchestrate by name: where the PATH has none,
they do nothing, and never break a commit or a push.")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Copy, Debug, clap::Subcommand)]
enum Verb {
    /// Install the hooks, beside those that are there
    ///
    /// With git 2.54 or newer they are set in <git folder>/orchestrate/config; with an older git, a
    /// marked block comes first in each hook. A hook outside this clone's git folder is left alone:
    /// then the lines to add are shown, and the exit code is 1. A plain `git fetch` then brings what the
    /// remotes remember, into refs/orchestrate/remotes, for `sync` to check and join.
    #[command(after_help = "\
Example:
  git orchestrate hooks install")]
    Install,
    /// Take the hooks out again; every file is then as it was before
    #[command(after_help = "\
Example:
  git orchestrate hooks uninstall")]
    Uninstall,
    /// Show how each hook is installed and what is wrong; exit code 1 if something is
    #[command(after_help = "\
Example:
  git orchestrate hooks status")]
    Status,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    match args.verb {
        Verb::Install => install(cx, &repo),
        Verb::Uninstall => uninstall(cx, &repo),
        Verb::Status => status(cx, &repo),
    }
}

impl From<HookError> for Failure {
    fn from(error: HookError) -> Self {
        match error {
            HookError::Git(error) => error.into(),
            error @ HookError::Io { .. } => Self::new(exit::REPOSITORY, error.to_string())
                .hint("make the repository's git folder writable for you"),
        }
    }
}

fn install(cx: &Context, repo: &Repository) -> Ended {
    let all = hook::install(repo, Method::of(Version::of_git()?))?;
    let refused: Vec<(Event, &Path, &Refusal)> = all
        .iter()
        .filter_map(|it| match &it.change {
            Change::Refused(why) => Some((it.event, it.file.as_path(), why)),
            Change::Made | Change::Added | Change::Updated | Change::Kept => None,
        })
        .collect();
    let code = if refused.is_empty() { exit::DONE } else { exit::FAILED };
    if cx.ui.is_json() {
        let event = |it: &hook::Installed| {
            let refused = matches!(it.change, Change::Refused(_));
            json!({"event": it.event.as_str(), "method": it.method.as_str(), "file": text(&it.file),
                   "change": word(&it.change), "generator": it.generator,
                   "reason": reason(&it.change), "lines": refused.then(|| hook::lines_by_hand(it.event))})
        };
        let events: Vec<Value> = all.iter().map(event).collect();
        cx.ui.json(&json!({"v": 1, "events": events, "refused": refused.len()}));
        return Ok(code);
    }
    let done = all.len() - refused.len();
    cx.ui.headline(match refused.len() {
        0 => format!("{} installed", count(done, "hook")),
        number => format!("{} installed, {number} refused", count(done, "hook")),
    });
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| vec![it.event.to_string(), word(&it.change).to_owned(), shown(cx, &it.file)])
        .collect();
    cx.ui.table(&["EVENT", "CHANGE", "FILE"], &rows, &[]);
    for it in &all {
        if let (Some(tool), false) = (it.generator, matches!(it.change, Change::Refused(_))) {
            cx.ui.warn(format!(
                "{tool} writes the {} hook anew at its own install; `git orchestrate hooks status` tells when it did",
                it.event
            ));
        }
    }
    for (event, file, why) in refused {
        explain(cx, event, file, why);
    }
    Ok(code)
}

/// What a person can do where we did nothing.
fn explain(cx: &Context, event: Event, file: &Path, why: &Refusal) {
    cx.ui.gap();
    cx.ui.bad("refused", format!("{event}: {why}"));
    let name = shown(cx, file);
    match why {
        Refusal::NotExecutable => {
            return cx.ui.hint(format!("`chmod +x {}` turns the hook on; then install again", quoted(&name)));
        }
        Refusal::CarriageReturn => {
            return cx.ui.hint(format!("give {name} plain line ends; then install again"));
        }
        Refusal::Unclosed => {
            return cx.ui.hint(format!("take the rest of the block out of {name}; then install again"));
        }
        Refusal::Binary | Refusal::Foreign { .. } => {
            return cx.ui.hint(format!(
                "make {name} start `git-orchestrate hook {event}` with its own arguments and standard input"
            ));
        }
        Refusal::Off { .. } => {
            return cx
                .ui
                .hint("`git config --unset core.hooksPath` (with --global if it is there) turns hooks on");
        }
        Refusal::Project | Refusal::Others { .. } | Refusal::FolderLink | Refusal::Link | Refusal::NoFile => {
        }
    }
    let place = match std::fs::read(file) {
        Err(_) => "in a new file that starts with #!/bin/sh",
        // husky up to version 8 starts the file again from there: what stands before runs twice.
        Ok(content) if String::from_utf8_lossy(&content).contains("/husky.sh") => {
            "first, after the line with husky.sh"
        }
        Ok(_) => "first, after the line with #!",
    };
    cx.ui.line(format!("to have it all the same, add to {name} ({place}):"));
    for line in hook::lines_by_hand(event).lines() {
        cx.ui.line(line);
    }
}

fn uninstall(cx: &Context, repo: &Repository) -> Ended {
    let done = hook::uninstall(repo)?;
    let code = if done.left.is_empty() { exit::DONE } else { exit::FAILED };
    if cx.ui.is_json() {
        cx.ui.json(&json!({"v": 1, "deleted": texts(&done.deleted), "restored": texts(&done.cut), "left": texts(&done.left),
                           "rewrite_ref": done.rewrite_ref}));
        return Ok(code);
    }
    let gone = done.deleted.len() + done.cut.len();
    if gone + done.left.len() == 0 {
        cx.ui.headline("No hook of git-orchestrate was installed");
        return DONE;
    }
    cx.ui.headline(match gone {
        0 => "Nothing was taken out".to_owned(),
        gone => format!("Took the hooks out of {}", count(gone, "file")),
    });
    for (word, files) in [("deleted", &done.deleted), ("restored", &done.cut)] {
        for file in files {
            cx.ui.line(format!("{word}  {}", shown(cx, file)));
        }
    }
    if done.rewrite_ref {
        cx.ui.line("notes.rewriteRef is set again: git copies records on amend and rebase");
    }
    for file in &done.left {
        cx.ui.bad("left", shown(cx, file));
    }
    if !done.left.is_empty() {
        cx.ui.hint(
            "take the lines from `# >>> git-orchestrate >>>` to `# <<< git-orchestrate <<<` out by hand",
        );
    }
    Ok(code)
}

fn status(cx: &Context, repo: &Repository) -> Ended {
    let status = hook::status(repo, &cx.host, Version::of_git()?)?;
    let not_followed = hook::not_followed(repo)?;
    let code = if status.troubles.is_empty() { exit::DONE } else { exit::FAILED };
    if cx.ui.is_json() {
        let events: Vec<Value> = status
            .events
            .iter()
            .map(|it| {
                let live = it.live.iter();
                let live: Vec<Value> = live
                    .map(|it| json!({"method": it.method.as_str(), "file": text(&it.file), "by_hand": it.by_hand}))
                    .collect();
                json!({"event": it.event.as_str(), "installed": live})
            })
            .collect();
        let troubles: Vec<Value> =
            status.troubles.iter().map(|it| json!({"code": it.code(), "message": it.to_string()})).collect();
        cx.ui.json(&json!({"v": 1, "git": status.git.to_string(), "method": status.method.as_str(),
                           "folder": text(&status.folder), "events": events, "troubles": troubles,
                           "notes_rewrite_ref": status.rewrite_refs, "not_followed": not_followed}));
        return Ok(code);
    }
    let live = status.events.iter().filter(|it| !it.live.is_empty()).count();
    cx.ui.headline(match live {
        0 => "No hook is installed".to_owned(),
        live => format!("{live} of {} installed", count(status.events.len(), "hook")),
    });
    for it in &status.events {
        let places: Vec<String> = it
            .live
            .iter()
            .map(|found| {
                let how = match (found.method, found.by_hand) {
                    (Method::Config, _) => "configuration",
                    (Method::Block, false) => "block",
                    (Method::Block, true) => "block, by hand",
                };
                format!("{} ({how})", shown(cx, &found.file))
            })
            .collect();
        let places = if places.is_empty() { "not installed".to_owned() } else { places.join(", ") };
        cx.ui.line(format!("{:<13} {places}", it.event.as_str()));
    }
    let rewrites = status.events.iter().any(|it| it.event == Event::PostRewrite && !it.live.is_empty());
    cx.ui.line(match (rewrites, status.rewrite_refs.is_empty()) {
        (true, true) => "amend, rebase keep records by the post-rewrite hook; notes.rewriteRef is not set",
        (true, false) => "amend, rebase keep records by the post-rewrite hook and by notes.rewriteRef",
        (false, false) => "amend, rebase keep records by notes.rewriteRef",
        (false, true) => "amend, rebase lose records: `git orchestrate init` or the hooks keep them",
    });
    for trouble in &status.troubles {
        cx.ui.warn(trouble.to_string());
    }
    for hint in cures(&status.troubles) {
        cx.ui.hint(hint);
    }
    super::status::hint_at_new_remotes(cx, &not_followed);
    Ok(code)
}

/// One cure for everything that has the same.
fn cures(troubles: &[Trouble]) -> Vec<&'static str> {
    let mut cures = Vec::new();
    for trouble in troubles {
        let cure = match trouble {
            Trouble::NoProgram => {
                "put git-orchestrate into a folder of the PATH that git is started with, a graphical one too"
            }
            Trouble::RewriteRef { .. } => {
                "`git config --unset --fixed-value notes.rewriteRef VALUE` (with --global if it is there) leaves it to the hook"
            }
            Trouble::Unclosed { .. } => "take the rest of the block out of the file, then install again",
            Trouble::NotExecutable { .. } => "`chmod +x` turns the hook on",
            Trouble::Disabled { .. } => "`git config --unset` the setting if you want the hook",
            Trouble::Twice { .. } => {
                "`git orchestrate hooks install` makes one of several blocks; what was added by hand goes by hand"
            }
            Trouble::Elsewhere { .. }
            | Trouble::Renamed { .. }
            | Trouble::NotShell { .. }
            | Trouble::Ended { .. }
            | Trouble::Outdated { .. }
            | Trouble::Gone { .. }
            | Trouble::NotIncluded { .. }
            | Trouble::Missing { .. }
            | Trouble::Ignored { .. } => {
                "`git orchestrate hooks uninstall`, then `git orchestrate hooks install` puts it right"
            }
        };
        if !cures.contains(&cure) {
            cures.push(cure);
        }
    }
    cures
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Made => "made",
        Change::Added => "added",
        Change::Updated => "updated",
        Change::Kept => "kept",
        Change::Refused(_) => "refused",
    }
}

fn reason(change: &Change) -> Option<String> {
    match change {
        Change::Refused(why) => Some(why.to_string()),
        Change::Made | Change::Added | Change::Updated | Change::Kept => None,
    }
}

/// A path as a person writes it who is in this folder.
fn shown(cx: &Context, file: &Path) -> String {
    let here = cx.dir.canonicalize().unwrap_or_else(|_| cx.dir.clone());
    file.strip_prefix(here).unwrap_or(file).display().to_string()
}

/// A path for a program: JSON has no bytes.
fn text(path: &Path) -> String {
    path.display().to_string()
}

fn texts(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| text(path)).collect()
}
