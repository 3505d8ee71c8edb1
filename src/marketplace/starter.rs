//! The starter marketplace that the binary carries, and its place on disk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::stamp::Stamp;

/// Relative path and bytes of every file of `templates/starter`, sorted; `build.rs` writes it.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/starter.rs"));

/// BLAKE3 over paths and bytes, 16 hex digits: it names the starter's folder.
pub(crate) fn digest() -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, bytes) in FILES {
        hasher.update(path.as_bytes()).update(&[0]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Writes the starter to `<into>/starter-<digest>` unless it is there byte for byte; returns that folder.
///
/// The folder appears whole or not at all; an altered one is replaced.
pub(crate) fn extract(into: &Path) -> io::Result<PathBuf> {
    let folder = into.join(format!("starter-{}", digest()));
    if is_intact(&folder) {
        return Ok(folder);
    }
    fs::create_dir_all(into)?;
    let fresh = reserve(into)?;
    let published = write(&fresh).and_then(|()| publish(&fresh, &folder, into));
    if published.is_err() {
        fs::remove_dir_all(&fresh)?;
    }
    published.map(|()| folder)
}

/// A new folder inside `into`, ours alone.
fn reserve(into: &Path) -> io::Result<PathBuf> {
    for n in 0..1000 {
        let path = into.join(format!(".starter-{n}.tmp"));
        match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|()| path),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("too many .starter-*.tmp in {}", into.display()),
    ))
}

fn write(folder: &Path) -> io::Result<()> {
    for (path, bytes) in FILES {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(file, bytes)?;
    }
    Ok(())
}

/// Moves `fresh` to `folder`, and what was there out of the way.
fn publish(fresh: &Path, folder: &Path, into: &Path) -> io::Result<()> {
    if folder.symlink_metadata().is_ok() {
        let old = reserve(into)?;
        let moved = fs::rename(folder, old.join("old"));
        fs::remove_dir_all(&old)?;
        moved?;
    }
    match fs::rename(fresh, folder) {
        // Another process was faster: what it wrote is what we would have written.
        Err(_) if is_intact(folder) => fs::remove_dir_all(fresh),
        result => result,
    }
}

/// Whether `folder` holds exactly our files, none of them executable.
fn is_intact(folder: &Path) -> bool {
    let mut found = BTreeMap::new();
    collect(folder, "", &mut found).is_ok()
        && found.len() == FILES.len()
        && FILES.iter().all(|(path, bytes)| found.get(*path).is_some_and(|found| found == bytes))
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            collect(&entry.path(), &format!("{path}/"), found)?;
        } else if metadata.is_file() && !Stamp::of(&metadata).is_executable() && found.len() <= FILES.len() {
            found.insert(path, fs::read(entry.path())?);
        } else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, path));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::site;
    use super::*;

    #[test]
    fn the_starter_is_written_once_and_repaired_when_altered() {
        let into = tempfile::tempdir().expect("a temporary folder");
        let folder = extract(into.path()).expect("written");
        assert!(is_intact(&folder));
        assert_eq!(extract(into.path()).expect("there already"), folder);
        fs::write(folder.join("extra"), "x").expect("writable");
        assert!(!is_intact(&folder));
        assert_eq!(extract(into.path()).expect("repaired"), folder);
        assert!(is_intact(&folder));
        assert_eq!(fs::read_dir(into.path()).expect("readable").count(), 1, "no temporary folder is left");
    }

    #[test]
    fn the_starter_keeps_every_rule_of_a_marketplace() {
        let into = tempfile::tempdir().expect("a temporary folder");
        let folder = extract(into.path()).expect("written");
        let listing = super::super::read(site(&folder), None, &drop).expect("a marketplace").into_listing();
        assert_eq!((listing.name.as_str(), listing.diagnostics.as_slice()), ("starter", &[][..]));
        assert!(listing.components.iter().all(|component| component.contract.is_some()));
    }
}
