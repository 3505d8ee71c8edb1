//! Where it is kept what fetches and pushes saw at remotes.

use super::Store;
use super::error::StoreError;
use super::executions::NOTES;
use crate::git::{PushEdit, RefEdit, without_password};

/// Below this are what fetches and pushes saw.
pub(super) const REMOTES: &str = "refs/orchestrate/remotes/";

impl Store<'_> {
    /// Where the last fetch from `remote` left a ref of ours.
    pub(crate) fn seen(remote: &str, name: &str) -> String {
        let below = match name.strip_prefix("refs/heads/") {
            Some(branch) => format!("branches/{branch}"),
            None if name == NOTES => "notes".to_owned(),
            None => "learning".to_owned(),
        };
        Self::kept(remote, &below)
    }

    /// A ref for what is known of `remote`.
    pub(super) fn kept(remote: &str, below: &str) -> String {
        format!("{REMOTES}{}/{below}", Self::folder_of(remote))
    }

    /// How refs name a remote: as it is called, or by a hash of its URL without the password.
    pub(super) fn folder_of(remote: &str) -> String {
        if is_ref_name(remote) {
            return remote.to_owned();
        }
        format!("url-{}", &blake3::hash(without_password(remote).as_bytes()).to_hex()[..16])
    }

    /// Notes where a push of ours has brought the remote.
    pub(crate) fn saw(&self, remote: &str, pushed: &[PushEdit]) -> Result<(), StoreError> {
        let mut edits = Vec::new();
        for PushEdit { oid, name } in pushed {
            let seen = Self::seen(remote, name);
            let read = self.repo.tip(&seen)?;
            edits.push(RefEdit::to(seen, *oid, read));
        }
        Ok(self.repo.move_refs(&edits, "orchestrate: push")?)
    }
}

/// Whether git takes this for a part of a ref's name.
fn is_ref_name(name: &str) -> bool {
    let odd = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    !name.contains(odd)
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && name.split('/').all(|part| {
            !part.is_empty() && !part.starts_with('.') && !part.ends_with(['.']) && !part.ends_with(".lock")
        })
}
