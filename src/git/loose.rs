//! Loose objects: written so that they are whole and durable before they get their names. gix never calls
//! fsync, and gives its temporary files names that nobody can tell whose they are by.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gix::objs::Kind;
use gix::zlib::Compression;
use gix::zlib::stream::deflate;

use super::error::GitError;
use super::leftovers::TEMPORARY;
use crate::host::{Point, file_time, pass};

/// How often writing one object is tried.
const TRIES: u32 = 5;

/// Puts an object where git looks for it, durable and of this moment: git's gc spares what is young.
pub(super) fn write_loose(
    store: &Path,
    id: &gix::ObjectId,
    (kind, bytes): (Kind, &[u8]),
    level: Compression,
) -> Result<(), GitError> {
    let hex = id.to_string();
    let dir = store.join(&hex[..2]);
    let path = dir.join(&hex[2..]);
    if freshen(&path).is_ok() {
        return Ok(());
    }
    let mut tries = 1;
    loop {
        match publish(store, &dir, &path, (kind, bytes), level) {
            // A gc takes away folders that it emptied, and with `--prune=now` temporary files.
            Err(error) if error.kind() == ErrorKind::NotFound && tries < TRIES => tries += 1,
            ended => return ended.map_err(GitError::io("write the object", &path)),
        }
    }
}

fn freshen(path: &Path) -> std::io::Result<()> {
    let file = File::open(path)?;
    file.set_modified(file_time())?;
    file.sync_all()
}

fn publish(
    store: &Path,
    dir: &Path,
    path: &Path,
    (kind, bytes): (Kind, &[u8]),
    level: Compression,
) -> std::io::Result<()> {
    let mut builder = tempfile::Builder::new();
    let draft = builder.prefix(TEMPORARY).permissions(Permissions::from_mode(0o444)).tempfile_in(store)?;
    let mut draft = deflate::Write::new(draft, level);
    draft.write_all(&gix::objs::encode::loose_header(kind, bytes.len() as u64))?;
    pass(Point::ObjectHalfWritten);
    draft.write_all(bytes)?;
    draft.flush()?;
    let draft = draft.into_inner();
    draft.as_file().sync_all()?;
    if let Err(error) = std::fs::create_dir(dir)
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    draft.persist(path).map(drop).map_err(|error| error.error)
}
