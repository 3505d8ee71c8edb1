//! Takes the hooks out again, to the byte: blocks, our part of the configuration, and what was made for
//! them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::block::{self, Rest};
use super::error::HookError;
use super::event::Event;
use super::folder::{self, Folder, Owner};
use super::place::{self, Kind, Place};
use super::receipt::Receipt;
use super::wiring;
use crate::git::Repository;

/// What other tools append to the name of a hook that was there before theirs.
pub(crate) const RENAMED: [&str; 2] = [".legacy", ".old"];

/// What was taken out, and what was not.
#[derive(Debug, Default)]
pub(crate) struct Uninstalled {
    /// Files that are gone.
    pub(crate) deleted: Vec<PathBuf>,
    /// Files without our part, otherwise as they were.
    pub(crate) cut: Vec<PathBuf>,
    /// Files with a block that a person has to take out.
    pub(crate) left: Vec<PathBuf>,
    /// git copies notes on amend and rebase again, as `init` had told it.
    pub(crate) rewrite_ref: bool,
}

/// Takes every hook of ours out.
pub(crate) fn uninstall(repo: &Repository) -> Result<Uninstalled, HookError> {
    let receipt = Receipt::read(repo);
    let mut done = Uninstalled { rewrite_ref: receipt.rewrite_ref, ..Uninstalled::default() };
    let used = Folder::of(repo)?;
    let lock = repo.lock()?;
    for dir in folders(repo, &receipt, &used) {
        for file in files(&dir) {
            out_of_file(&file, &mut done)?;
        }
    }
    if let Some(dir) = receipt.folder(repo) {
        // Others may have put hooks there since: then it stays.
        drop(std::fs::remove_dir(dir));
    }
    if used.owner != Owner::Clone {
        let by_hand: BTreeSet<PathBuf> =
            Event::ALL.into_iter().flat_map(|event| [used.file(event), used.edited_file(event)]).collect();
        for file in by_hand {
            let held = Place::read(&file)?;
            if held.is_some_and(|place| block::find(&place.content) != Ok(Vec::new())) {
                done.left.push(file);
            }
        }
    }
    let keep_include = out_of_config(repo, &mut done)?;
    drop(lock);
    wiring::take_back(repo, &receipt, keep_include)?;
    Receipt::delete(repo);
    leave_no_folder(&repo.own_dir());
    Ok(done)
}

/// Our own file that the repository's configuration includes.
pub(crate) fn own_config(repo: &Repository) -> Result<Option<Place>, HookError> {
    Place::read(&own_config_path(repo))
}

fn own_config_path(repo: &Repository) -> PathBuf {
    repo.own_dir().join("config")
}

/// Whether a file within this clone's git folder holds a block.
pub(crate) fn has_blocks(repo: &Repository) -> Result<bool, HookError> {
    for dir in folders(repo, &Receipt::read(repo), &Folder::of(repo)?) {
        for file in files(&dir) {
            if Place::read(&file)?.is_some_and(|place| block::find(&place.content) != Ok(Vec::new())) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Takes the blocks out of files that git does not call, or not by that name: other tools rename hooks.
pub(crate) fn cut_strays(repo: &Repository, used: &Folder) -> Result<(), HookError> {
    let called = Event::ALL.map(|event| used.file(event));
    for dir in folders(repo, &Receipt::read(repo), used) {
        for file in files(&dir).iter().filter(|file| !called.contains(file)) {
            out_of_file(file, &mut Uninstalled::default())?;
        }
    }
    Ok(())
}

/// Every hook file in `dir` that may hold a block of ours.
fn files(dir: &Path) -> Vec<PathBuf> {
    let names = |event: Event| {
        let renamed = RENAMED.iter().map(move |suffix| format!("{event}{suffix}"));
        std::iter::once(event.to_string()).chain(renamed)
    };
    Event::ALL.into_iter().flat_map(names).map(|name| dir.join(name)).collect()
}

/// The folders within this clone's git folder in which a block of ours may be.
fn folders(repo: &Repository, receipt: &Receipt, used: &Folder) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let own = folder::own(repo);
    // A link leads to where others may look, too.
    if !own.is_symlink() {
        folders.insert(own);
    }
    if used.owner == Owner::Clone {
        folders.insert(used.path.clone());
    }
    let files = Event::ALL.into_iter().filter_map(|event| receipt.block(repo, event));
    folders.extend(files.filter_map(|file| file.parent().map(Path::to_path_buf)));
    folders
}

fn out_of_file(file: &Path, done: &mut Uninstalled) -> Result<(), HookError> {
    place::remove_draft(file);
    let Some(place) = Place::read(file)? else { return Ok(()) };
    match block::cut(&place.content) {
        Ok(Rest::Bytes(rest)) if rest == place.content => {}
        Err(_) => done.left.push(place.path),
        Ok(_) if place.kind != Kind::File => done.left.push(place.path),
        Ok(Rest::Nothing) => {
            place.delete()?;
            done.deleted.push(place.path);
        }
        Ok(Rest::Bytes(rest)) => {
            place.replace(&rest)?;
            done.cut.push(place.path);
        }
    }
    Ok(())
}

/// Whether something of others is left in the file, so that it has to stay included.
fn out_of_config(repo: &Repository, done: &mut Uninstalled) -> Result<bool, HookError> {
    let file = own_config_path(repo);
    out_of_file(&file, done)?;
    Ok(file.exists())
}

/// Our folder goes with the last thing in it; a lock file is nothing.
fn leave_no_folder(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let only_lock = entries.flatten().all(|entry| entry.file_name() == "write.lock");
    if only_lock {
        drop(std::fs::remove_file(dir.join("write.lock")));
        drop(std::fs::remove_dir(dir));
    }
}
