//! What installed hooks change in the repository's own configuration, and taking that back.

use super::configured::INCLUDED;
use super::error::HookError;
use super::receipt::{Edit, Receipt};
use crate::git::Repository;
use crate::store::NOTES;

/// Section and key that include our own file.
const INCLUDE: (&str, &str) = ("include", "path");
/// Section and key by which git itself copies notes on amend and rebase.
const REWRITE: (&str, &str) = ("notes", "rewriteRef");

/// Includes our own file.
pub(crate) fn include(repo: &Repository) -> Result<(), HookError> {
    let mut values = own_values(repo, INCLUDE)?;
    if !values.iter().any(|value| value == INCLUDED) {
        values.push(INCLUDED.to_owned());
        set(repo, INCLUDE, &values)?;
    }
    Ok(())
}

/// Whether the repository's own configuration includes our file.
pub(crate) fn is_included(repo: &Repository) -> Result<bool, HookError> {
    Ok(own_values(repo, INCLUDE)?.iter().any(|value| value == INCLUDED))
}

/// Takes out the value that makes git copy our notes: the post-rewrite hook does it, once.
pub(crate) fn take_rewrite_ref(repo: &Repository) -> Result<(), HookError> {
    let mut values = own_values(repo, REWRITE)?;
    if values.iter().any(|value| value == NOTES) {
        values.retain(|value| value != NOTES);
        owe_rewrite_ref(repo)?;
        set(repo, REWRITE, &values)?;
    }
    Ok(())
}

/// `uninstall` will have to set the value: remembered before it is taken out, not after.
pub(crate) fn owe_rewrite_ref(repo: &Repository) -> Result<(), HookError> {
    let _lock = repo.lock()?;
    Receipt::change(repo, |receipt| receipt.rewrite_ref = true)
}

/// The values of `notes.rewriteRef`, of every scope, that make git copy our notes.
pub(crate) fn rewrite_refs(repo: &Repository) -> Result<Vec<String>, HookError> {
    let values = values(repo, &["--get-all", "notes.rewriteRef"])?;
    let covers = |value: &String| {
        value == NOTES || value.strip_suffix('*').is_some_and(|prefix| NOTES.starts_with(prefix))
    };
    Ok(values.into_iter().filter(covers).collect())
}

/// Makes the configuration what it was before: to the byte where nothing else has changed it since.
pub(crate) fn take_back(repo: &Repository, receipt: &Receipt, keep_include: bool) -> Result<(), HookError> {
    let lock = repo.lock()?;
    repo.clear_config_draft();
    drop(lock);
    if !keep_include {
        for edit in receipt.edits.iter().rev() {
            let now = repo.config_bytes()?;
            let Some(before) = edit.undone(&now) else { break };
            if !repo.replace_config(&now, &before)? {
                break;
            }
        }
        let mut values = own_values(repo, INCLUDE)?;
        if values.iter().any(|value| value == INCLUDED) {
            values.retain(|value| value != INCLUDED);
            repo.set_config(INCLUDE.0, None, INCLUDE.1, &values)?;
        }
    }
    let mut values = own_values(repo, REWRITE)?;
    if receipt.rewrite_ref && !values.iter().any(|value| value == NOTES) {
        values.push(NOTES.to_owned());
        repo.set_config(REWRITE.0, None, REWRITE.1, &values)?;
    }
    Ok(())
}

/// Sets values and remembers what that did to the file. (`set_config` takes the write lock itself.)
fn set(repo: &Repository, key: (&str, &str), values: &[String]) -> Result<(), HookError> {
    let before = repo.config_bytes()?;
    repo.set_config(key.0, None, key.1, values)?;
    let edit = Edit::between(&before, &repo.config_bytes()?);
    let _lock = repo.lock()?;
    Receipt::change(repo, |receipt| receipt.edits.extend(edit))
}

fn own_values(repo: &Repository, key: (&str, &str)) -> Result<Vec<String>, HookError> {
    values(repo, &["--local", "--get-all", &format!("{}.{}", key.0, key.1)])
}

/// Asked of git and not of what was read when the repository was opened: we change it ourselves.
fn values(repo: &Repository, asked: &[&str]) -> Result<Vec<String>, HookError> {
    let listing = repo.git().args(["config", "-z"]).args(asked).end()?.stdout;
    Ok(String::from_utf8_lossy(&listing).split_terminator('\0').map(str::to_owned).collect())
}
