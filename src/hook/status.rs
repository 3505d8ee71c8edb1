//! How the hooks stand: where each is, whether git reaches it there, and what is wrong.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::block::{self, Block};
use super::configured::{self, INCLUDED, Method};
use super::error::HookError;
use super::event::Event;
use super::folder::{self, Folder};
use super::place::Place;
use super::receipt::Receipt;
use super::script::{Script, ends_before, generator};
use super::trouble::Trouble;
use super::uninstall::{RENAMED, own_config};
use super::wiring;
use crate::git::{Git, Repository, Version};
use crate::host::Host;

/// How the hooks of a repository stand.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) git: Version,
    /// How `install` would install them.
    pub(crate) method: Method,
    /// The hooks folder that git uses.
    pub(crate) folder: PathBuf,
    pub(crate) events: Vec<EventStatus>,
    pub(crate) troubles: Vec<Trouble>,
    /// Values of `notes.rewriteRef` that make git copy our notes.
    pub(crate) rewrite_refs: Vec<String>,
}

/// Where the hook of one event is.
#[derive(Debug)]
pub(crate) struct EventStatus {
    pub(crate) event: Event,
    /// Where git calls it.
    pub(crate) live: Vec<Found>,
}

/// A hook of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) method: Method,
    pub(crate) file: PathBuf,
    /// A person put it there: the file is not this clone's alone.
    pub(crate) by_hand: bool,
}

/// How the hooks stand here.
pub(crate) fn status(repo: &Repository, host: &Host, git: Version) -> Result<Status, HookError> {
    let look = Look::new(repo, git)?;
    let mut troubles = Vec::new();
    let mut events = Vec::new();
    for event in Event::ALL {
        let live = look.live(event, &mut troubles)?;
        if live.len() > 1 {
            let files = live.iter().map(|it| it.file.clone()).collect();
            troubles.push(Trouble::Twice { event: event.as_str(), files });
        }
        events.push(EventStatus { event, live });
    }
    troubles.extend(look.config_troubles());
    let rewrite_refs = wiring::rewrite_refs(repo)?;
    let is_live = |event: Event| events.iter().any(|it| it.event == event && !it.live.is_empty());
    if is_live(Event::PostRewrite) {
        troubles.extend(rewrite_refs.iter().map(|value| Trouble::RewriteRef { value: value.clone() }));
    }
    if events.iter().any(|it| !it.live.is_empty()) && !is_on_path(host)? {
        troubles.push(Trouble::NoProgram);
    }
    let mut seen = Vec::new();
    troubles.retain(|trouble| {
        !seen.contains(trouble) && {
            seen.push(trouble.clone());
            true
        }
    });
    Ok(Status { git, method: Method::of(git), folder: look.folder.path, events, troubles, rewrite_refs })
}

/// Whether our post-rewrite hook carries records over an amend or a rebase.
pub(crate) fn rewrites_notes(repo: &Repository) -> Result<bool, HookError> {
    let look = Look::new(repo, Version::of_git()?)?;
    Ok(!look.live(Event::PostRewrite, &mut Vec::new())?.is_empty())
}

/// `uninstall` will set `notes.rewriteRef`, which is not set now only because of the hook.
pub(crate) fn keep_notes_for_uninstall(repo: &Repository) -> Result<(), HookError> {
    if Receipt::read(repo).rewrite_ref || !wiring::rewrite_refs(repo)?.is_empty() {
        return Ok(());
    }
    wiring::owe_rewrite_ref(repo)
}

/// What is looked at for every event.
struct Look<'a> {
    repo: &'a Repository,
    git: Version,
    folder: Folder,
    receipt: Receipt,
    /// Our own file of configuration, if it is there.
    config: Option<Place>,
    included: bool,
}

impl<'a> Look<'a> {
    fn new(repo: &'a Repository, git: Version) -> Result<Self, HookError> {
        Ok(Self {
            repo,
            git,
            folder: Folder::of(repo)?,
            receipt: Receipt::read(repo),
            config: own_config(repo)?,
            included: wiring::is_included(repo)?,
        })
    }

    /// Where git calls the hook of `event`; what is wrong with others is added to `troubles`.
    fn live(&self, event: Event, troubles: &mut Vec<Trouble>) -> Result<Vec<Found>, HookError> {
        let mut live = Vec::new();
        let mut found = false;
        let mut add = |method, file: &Path, by_hand, trouble: Option<Trouble>| {
            if trouble.as_ref().is_none_or(Trouble::is_alive) {
                live.push(Found { method, file: file.to_path_buf(), by_hand });
            }
            troubles.extend(trouble);
        };
        if let Some(trouble) = self.in_config(event)? {
            add(Method::Config, &self.repo.own_dir().join("config"), false, trouble);
        }
        for file in self.files(event) {
            let Some(place) = Place::read(&file)? else { continue };
            let Ok(blocks) = block::find(&place.content) else {
                found = true;
                add(Method::Block, &file, false, Some(Trouble::Unclosed { file: file.clone() }));
                continue;
            };
            let by_hand = !file.starts_with(self.repo.common_dir());
            for block in &blocks {
                found = true;
                let trouble = match self.unreached(event, &place)? {
                    None => in_script(event, &place, block),
                    unreached => unreached,
                };
                add(Method::Block, &file, by_hand, trouble);
            }
            if block::calls(&place.content, event) {
                found = true;
                add(Method::Block, &file, true, self.unreached(event, &place)?);
            }
        }
        if let Some(file) = self.receipt.block(self.repo, event).filter(|_| !found) {
            let by = Place::read(&file)?.and_then(|place| generator(&place.content));
            troubles.push(Trouble::Gone { file, by });
        }
        Ok(live)
    }

    /// The hook of `event` in our own file, if it is there: what is wrong with it.
    fn in_config(&self, event: Event) -> Result<Option<Option<Trouble>>, HookError> {
        let Some(place) = &self.config else { return Ok(None) };
        let file = || place.path.clone();
        let blocks = match block::find(&place.content) {
            Ok(blocks) if blocks.is_empty() => return Ok(None),
            Ok(blocks) => blocks,
            Err(_) => return Ok(Some(Some(Trouble::Unclosed { file: file() }))),
        };
        let enabled = format!("hook.{}.enabled", event.config_name());
        let enabled = self.repo.git().args(["config", "--type=bool", "--get", &enabled]).end()?;
        let is_current = |it: &Block| it.is_current(&place.content, &configured::sections());
        Ok(Some(if Method::of(self.git) != Method::Config {
            Some(Trouble::Ignored { git: self.git })
        } else if !self.included {
            Some(Trouble::NotIncluded { file: file() })
        } else if enabled.stdout.starts_with(b"false") {
            Some(Trouble::Disabled { event: event.as_str() })
        } else if !blocks.iter().all(is_current) {
            Some(Trouble::Outdated { file: file() })
        } else {
            None
        }))
    }

    /// Files in which the block of `event` may be, used or not.
    fn files(&self, event: Event) -> BTreeSet<PathBuf> {
        let own = folder::own(self.repo);
        let mut files = BTreeSet::from([self.folder.edited_file(event)]);
        for dir in [&self.folder.path, &own] {
            files.insert(dir.join(event.as_str()));
            files.extend(RENAMED.iter().map(|suffix| dir.join(format!("{event}{suffix}"))));
        }
        files.extend(self.receipt.block(self.repo, event));
        files
    }

    /// Why git does not call this file for `event`, if it doesn't.
    fn unreached(&self, event: Event, place: &Place) -> Result<Option<Trouble>, HookError> {
        let file = place.path.clone();
        let called = self.folder.file(event);
        // husky hands the file to sh, whatever its mode is.
        if self.folder.is_huskys() && file == self.folder.edited_file(event) {
            return Ok(None);
        }
        if file.parent() != called.parent() {
            return Ok(Some(Trouble::Elsewhere { file, used: self.folder.path.clone() }));
        }
        if file != called {
            return Ok(if self.runs_renamed(&file, &called)? {
                None
            } else {
                Some(Trouble::Renamed { file })
            });
        }
        Ok((!place.is_executable()).then_some(Trouble::NotExecutable { file }))
    }

    /// pre-commit calls the hook that it found and renamed; others keep it only.
    fn runs_renamed(&self, file: &Path, called: &Path) -> Result<bool, HookError> {
        let legacy = file.extension().is_some_and(|it| it == "legacy");
        let tool = Place::read(called)?.and_then(|place| generator(&place.content));
        Ok(legacy && tool == Some("pre-commit"))
    }

    fn config_troubles(&self) -> Option<Trouble> {
        let file = self.repo.common_dir().join(INCLUDED);
        (self.included && self.config.is_none()).then_some(Trouble::Missing { file })
    }
}

/// What is wrong with a block within a file that git calls.
fn in_script(event: Event, place: &Place, block: &Block) -> Option<Trouble> {
    let file = place.path.clone();
    if !matches!(Script::of(&place.content), Script::Shell { .. }) {
        Some(Trouble::NotShell { file })
    } else if let Some(line) = ends_before(&place.content, block.span.start) {
        Some(Trouble::Ended { file, line })
    } else if !block.is_current(&place.content, block::script(event)) {
        Some(Trouble::Outdated { file })
    } else {
        None
    }
}

/// Whether git finds the program by its name when it starts a hook.
fn is_on_path(host: &Host) -> Result<bool, HookError> {
    let path = host.env("PATH").unwrap_or_default();
    let own = PathBuf::from(Git::anywhere().arg("--exec-path").text()?);
    let is_there = |dir: PathBuf| {
        let found = dir.join("git-orchestrate").metadata();
        found.is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    };
    Ok(std::env::split_paths(&path).chain([own]).any(is_there))
}
