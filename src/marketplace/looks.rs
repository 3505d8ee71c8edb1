//! What a reading looked at on disk, so that a later one can tell whether it would see the same.
//!
//! Every question of the room to the file system goes through [`Looks`]: where a path leads, what is
//! there, what lies in a folder, what a file holds. Each path is asked about once, before anything of it is
//! read, so that what changes meanwhile is older than what was noted of it, and never taken for it.
//!
//! [`Trail`] is what is kept of that. Guarantee: while it holds, every question that was asked would be
//! answered as it was. It tells a change by kind, inode, mode, size and the times of content and of status;
//! what may have changed within the same tick of the clock as the reading is never taken for unchanged.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component as Part, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::stamp::{Kind, Stamp};
use super::trail::{Mark, Trail};

/// The most symbolic links on the way of one path, as Linux has it.
const MAX_LINKS: usize = 40;

/// What was seen of a path.
#[derive(Clone, Copy, Debug)]
enum Seen {
    /// `whole`: what a folder holds was asked for, and not only where it leads.
    There {
        stamp: Stamp,
        whole: bool,
    },
    Missing,
    /// The system's error.
    Unclear(Option<i32>),
}

/// The file system as one reading sees it.
#[derive(Debug)]
pub(super) struct Looks {
    /// Folders that are where they say, without symbolic links.
    firm: Vec<PathBuf>,
    /// What lies below never changes.
    fixed: Option<PathBuf>,
    seen: Mutex<HashMap<PathBuf, Seen>>,
}

impl Looks {
    /// Nothing seen yet. The `firm` folders are absolute and without symbolic links; nothing below `fixed`
    /// ever changes.
    pub(super) fn new(firm: Vec<PathBuf>, fixed: Option<PathBuf>) -> Self {
        Self { firm, fixed, seen: Mutex::default() }
    }

    /// Nothing seen yet of the same file system.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.firm.clone(), self.fixed.clone())
    }

    /// Where `path`, which is absolute, leads: the same without symbolic links.
    pub(super) fn real(&self, path: &Path) -> io::Result<PathBuf> {
        self.resolve(path).map(|(real, _)| real)
    }

    /// What is where `path` leads.
    pub(super) fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        self.resolve(path).map(|(_, stamp)| stamp)
    }

    /// Whether `path` leads to a file.
    pub(super) fn is_file(&self, path: &Path) -> bool {
        self.stamp(path).is_ok_and(|stamp| stamp.kind == Kind::File)
    }

    /// Whether `path` leads to a folder.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        self.stamp(path).is_ok_and(|stamp| stamp.kind == Kind::Folder)
    }

    /// Whether `path` leads to anything.
    pub(super) fn exists(&self, path: &Path) -> bool {
        self.stamp(path).is_ok()
    }

    /// Whether there is anything at `path`, if only a link to nowhere.
    pub(super) fn is_taken(&self, path: &Path) -> bool {
        let Some((folder, name)) = path.parent().zip(path.file_name()) else { return true };
        self.real(folder).is_ok_and(|folder| see(&mut self.seen(), &folder.join(name)).is_ok())
    }

    /// The paths directly inside `folder`, in no order.
    pub(super) fn entries(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let real = self.real(folder)?;
        if let Some(Seen::There { whole, .. }) = self.seen().get_mut(&real) {
            *whole = true;
        }
        let entries: io::Result<Vec<PathBuf>> = fs::read_dir(&real)
            .and_then(|entries| entries.map(|entry| Ok(folder.join(entry?.file_name()))).collect());
        entries.map_err(|error| self.unclear(real, error))
    }

    /// At most `limit` bytes of a regular file.
    pub(super) fn bytes(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let (real, stamp) = self.resolve(path)?;
        if stamp.kind != Kind::File {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(stamp.size.min(limit)).unwrap_or_default());
        let read = File::open(&real).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(|error| self.unclear(real, error))
    }

    /// The trail of a reading that began at `begun`, in nanoseconds since 1970.
    pub(super) fn trail(self, begun: i128) -> Trail {
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut marks = Vec::new();
        for (path, what) in &seen {
            if self.fixed.as_ref().is_some_and(|fixed| path.starts_with(fixed)) {
                continue;
            }
            let mark = match what {
                Seen::Missing => {
                    let around = path.parent().and_then(|folder| seen.get(folder));
                    if matches!(around, Some(Seen::There { whole: true, .. })) {
                        // What appears in a folder changes the folder.
                        continue;
                    }
                    Mark::Missing
                }
                Seen::There { stamp, whole: false } if stamp.kind == Kind::Folder => {
                    Mark::Folder(stamp.inode)
                }
                Seen::There { stamp, .. } if stamp.is_settled(begun) => Mark::of(stamp),
                Seen::There { .. } | Seen::Unclear(_) => return Trail::lost(),
            };
            marks.push((path.clone(), mark));
        }
        Trail::along(marks)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<PathBuf, Seen>> {
        // Whoever panicked left nothing half done: entries are put in whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resolve(&self, path: &Path) -> io::Result<(PathBuf, Stamp)> {
        let mut seen = self.seen();
        let firm = self.firm.iter().find(|firm| path.starts_with(firm));
        let mut real = firm.cloned().unwrap_or_else(|| PathBuf::from("/"));
        let below = path.strip_prefix(&real).unwrap_or(path);
        let mut ahead: Vec<PathBuf> = below.iter().rev().map(PathBuf::from).collect();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            match part.components().next() {
                Some(Part::ParentDir) => drop(real.pop()),
                Some(Part::RootDir) => real = PathBuf::from("/"),
                Some(Part::Normal(name)) => real.push(name),
                _ => continue,
            }
            match see(&mut seen, &real)?.kind {
                Kind::Link if links == MAX_LINKS => return Err(io::Error::other("too many symbolic links")),
                Kind::Link => {
                    links += 1;
                    ahead.extend(fs::read_link(&real)?.iter().rev().map(PathBuf::from));
                    real.pop();
                }
                Kind::File | Kind::Other if !ahead.is_empty() => {
                    return Err(io::ErrorKind::NotADirectory.into());
                }
                _ => {}
            }
        }
        let stamp = see(&mut seen, &real)?;
        Ok((real, stamp))
    }

    /// Notes that nothing can be told of `real` but that it could not be read.
    fn unclear(&self, real: PathBuf, error: io::Error) -> io::Error {
        self.seen().insert(real, Seen::Unclear(error.raw_os_error()));
        error
    }
}

/// What is at `path`, all of whose folders are without symbolic links: what was seen first counts.
fn see(seen: &mut HashMap<PathBuf, Seen>, path: &Path) -> io::Result<Stamp> {
    let known = match seen.get(path) {
        Some(known) => *known,
        None => {
            let new = match fs::symlink_metadata(path) {
                Ok(metadata) => Seen::There { stamp: Stamp::of(&metadata), whole: false },
                Err(error) if error.kind() == io::ErrorKind::NotFound => Seen::Missing,
                Err(error) => Seen::Unclear(error.raw_os_error()),
            };
            seen.insert(path.to_owned(), new);
            new
        }
    };
    match known {
        Seen::There { stamp, .. } => Ok(stamp),
        Seen::Missing => Err(io::ErrorKind::NotFound.into()),
        Seen::Unclear(Some(code)) => Err(io::Error::from_raw_os_error(code)),
        Seen::Unclear(None) => Err(io::Error::other("cannot be looked at")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_to_their_end_and_loops_are_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let top = folder.path().canonicalize().expect("there");
        fs::create_dir_all(top.join("a/b")).expect("writable");
        fs::write(top.join("a/b/file"), "text").expect("writable");
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, top.join(at)).expect("writable");
        link("a/./b/..", "up");
        link("up/b/file", "far");
        link("round", "round");
        link(".", "here");
        let looks = Looks::new(vec![top.clone()], None);
        let real = |path: &str| looks.real(&top.join(path)).map_err(|error| error.kind());
        assert_eq!(real("up/b/file"), Ok(top.join("a/b/file")));
        assert_eq!(real("here/far"), Ok(top.join("a/b/file")));
        assert!(looks.is_folder(&top.join("here")) && looks.is_file(&top.join("far")));
        assert_eq!(real("far/x"), Err(io::ErrorKind::NotADirectory));
        assert_eq!(real("gone/x"), Err(io::ErrorKind::NotFound));
        assert_eq!(real("round"), Err(io::ErrorKind::Other));
        assert!(looks.is_taken(&top.join("round")) && !looks.is_taken(&top.join("gone")));
        for path in ["up/b/file", "here", "far", "gone/x"] {
            let theirs = top.join(path).canonicalize().map_err(|error| error.kind());
            assert_eq!(real(path), theirs, "{path}");
        }
    }

    #[test]
    fn what_could_not_be_read_leaves_no_trail() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let looks = || Looks::new(vec![folder.path().to_owned()], None);
        let later = crate::host::file_time_ns() + 10_000_000_000;
        let good = looks();
        good.entries(folder.path()).expect("readable");
        assert!(good.trail(later).holds());
        let bad = looks();
        drop(bad.unclear(folder.path().join("x"), io::Error::other("a broken disk")));
        assert!(!bad.trail(later).holds());
    }
}
