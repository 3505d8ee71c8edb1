//! What installed hooks change in the repository's own configuration, and taking that back.

use super::configured::INCLUDED;
use super::error::HookError;
use super::receipt::{Edit, Receipt};
use crate::git::Repository;
use crate::store::{LEARNING, NOTES, Store};

/// Section, subsection and key.
type Key<'a> = (&'a str, Option<&'a str>, &'a str);

/// The key that includes our own file.
const INCLUDE: Key<'_> = ("include", None, "path");
/// The key by which git itself copies notes on amend and rebase.
const REWRITE: Key<'_> = ("notes", None, "rewriteRef");

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

/// What a fetch brings of ours from a remote, and where it leaves that. A star matches nothing, too: so no
/// fetch fails where the remote has none of it.
fn refspecs(remote: &str) -> [String; 2] {
    let (notes, learning) = (Store::seen(remote, NOTES), Store::seen(remote, LEARNING));
    [format!("+{NOTES}*:{notes}*"), format!("+{LEARNING}*:{learning}*")]
}

fn is_refspec_of_ours(value: &str) -> bool {
    [NOTES, LEARNING].iter().any(|name| {
        value
            .strip_prefix('+')
            .and_then(|value| value.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with("*:refs/orchestrate/remotes/"))
    })
}

/// Lets a plain `git fetch` bring what the remotes remember, beside ours. These values stand with the
/// remote's own, not in our file: there they would outlive a remote that is renamed or removed, and git
/// would take what is left for a remote without a URL.
pub(crate) fn follow_remotes(repo: &Repository) -> Result<(), HookError> {
    for remote in repo.remotes()? {
        let key = ("remote", Some(remote.as_str()), "fetch");
        let mut values = own_values(repo, key)?;
        // What fetches nothing by itself (a bare clone) is not told to fetch only ours.
        if values.iter().all(|value| is_refspec_of_ours(value)) {
            continue;
        }
        let ours = refspecs(&remote);
        if ours.iter().all(|it| values.contains(it)) {
            continue;
        }
        values.retain(|value| !is_refspec_of_ours(value));
        values.extend(ours);
        set(repo, key, &values)?;
    }
    Ok(())
}

/// Remotes that were added after the hooks: a plain fetch from them brings nothing of ours.
pub(crate) fn not_followed(repo: &Repository) -> Result<Vec<String>, HookError> {
    if Receipt::read(repo).is_empty() {
        return Ok(Vec::new());
    }
    let mut remotes = repo.remotes()?;
    remotes.retain(|remote| {
        let values = repo.config_all(&format!("remote.{remote}.fetch"));
        !values.is_empty() && !values.iter().any(|value| is_refspec_of_ours(value))
    });
    Ok(remotes)
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
            repo.set_config(INCLUDE.0, INCLUDE.1, INCLUDE.2, &values)?;
        }
    }
    for remote in repo.remotes()? {
        let key = ("remote", Some(remote.as_str()), "fetch");
        let mut values = own_values(repo, key)?;
        if values.iter().any(|value| is_refspec_of_ours(value)) {
            values.retain(|value| !is_refspec_of_ours(value));
            repo.set_config(key.0, key.1, key.2, &values)?;
        }
    }
    let mut values = own_values(repo, REWRITE)?;
    if receipt.rewrite_ref && !values.iter().any(|value| value == NOTES) {
        values.push(NOTES.to_owned());
        repo.set_config(REWRITE.0, REWRITE.1, REWRITE.2, &values)?;
    }
    Ok(())
}

/// Sets values and remembers what that did to the file. (`set_config` takes the write lock itself.)
fn set(repo: &Repository, key: Key<'_>, values: &[String]) -> Result<(), HookError> {
    let before = repo.config_bytes()?;
    repo.set_config(key.0, key.1, key.2, values)?;
    let edit = Edit::between(&before, &repo.config_bytes()?);
    let _lock = repo.lock()?;
    Receipt::change(repo, |receipt| receipt.edits.extend(edit))
}

fn own_values(repo: &Repository, key: Key<'_>) -> Result<Vec<String>, HookError> {
    let (section, subsection, name) = key;
    let full =
        subsection.map_or_else(|| format!("{section}.{name}"), |sub| format!("{section}.{sub}.{name}"));
    values(repo, &["--local", "--get-all", &full])
}

/// Asked of git and not of what was read when the repository was opened: we change it ourselves.
fn values(repo: &Repository, asked: &[&str]) -> Result<Vec<String>, HookError> {
    let listing = repo.git().args(["config", "-z"]).args(asked).end()?.stdout;
    Ok(String::from_utf8_lossy(&listing).split_terminator('\0').map(str::to_owned).collect())
}
