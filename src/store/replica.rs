//! The id of this clone. Work trees of a clone share it; all clones of a CI system are `ci`.

use std::io::ErrorKind;

use super::error::StoreError;
use crate::git::Repository;
use crate::host::Host;

/// What CI clones are called.
const CI: &str = "ci";
/// Letters of an id: no vowels, so that no words come out, and nothing that looks alike.
const LETTERS: &[u8] = b"0123456789bcdfghjkmnpqrstvwxyz";

/// The id of this clone: read, or made at first need.
pub(crate) fn replica(repo: &Repository, host: &Host) -> Result<String, StoreError> {
    if host.is_ci() {
        return Ok(CI.to_owned());
    }
    let path = repo.own_dir().join("replica");
    let failed = |source| StoreError::Replica { path: path.clone(), source };
    match std::fs::read_to_string(&path) {
        Ok(text) if is_id(text.trim()) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        Ok(_) | Err(_) => {}
    }
    let id = fresh(host);
    let draft = path.with_extension(&id);
    let drafted =
        std::fs::create_dir_all(repo.own_dir()).and_then(|()| std::fs::write(&draft, format!("{id}\n")));
    match drafted {
        // Who only reads needs no lasting id, and who writes will be told what they can't write.
        Err(error) if is_read_only(&error) => return Ok(id),
        drafted => drafted.map_err(failed)?,
    }
    // A hard link never overwrites: of two processes at their first need one wins.
    let linked = std::fs::hard_link(&draft, &path);
    if linked.is_err() && !path.exists() {
        std::fs::rename(&draft, &path).map_err(failed)?;
    }
    // The draft may have become the file itself.
    drop(std::fs::remove_file(&draft));
    let text = std::fs::read_to_string(&path).map_err(failed)?;
    if is_id(text.trim()) {
        return Ok(text.trim().to_owned());
    }
    // Someone's broken file: a lost id only starts a new replica.
    std::fs::write(&path, format!("{id}\n")).map_err(failed)?;
    Ok(id)
}

fn is_read_only(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn fresh(host: &Host) -> String {
    let mut random = host.random();
    let letter = |_| {
        let index = usize::try_from(random % LETTERS.len() as u128).unwrap_or(0);
        random /= LETTERS.len() as u128;
        char::from(LETTERS[index])
    };
    (0..8).map(letter).collect()
}

fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}
