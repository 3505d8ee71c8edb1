//! The spool: what waits to be written into the notes, one small file per event.
//!
//! Guarantee: an event is whole and durable before its writer goes on (temporary file, fsync, rename,
//! fsync of the folder), and no lock is waited for. Its writer holds a lock of the temporary file: one
//! that nobody holds was left by somebody who was killed. Files are removed by [`drain`](super::drain)
//! alone, once the notes have what they ask for. A reader lists the spool *before* it reads the notes'
//! tip: so it sees an event in one of them, whoever drains in between.
//!
//! A name is `<ULID>.<kind>`. Files of kinds or versions that this program does not know are left
//! alone: a newer one wrote them.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::host::{Host, Point, pass};
use crate::model::id::RecordId;
use crate::model::json;
use crate::model::oid::Oid;
use crate::model::record::{Record, VERSION};
use crate::model::{agent, time::Timestamp};

/// Temporary files that are older were left by somebody who was killed, in milliseconds, where the file
/// system has no locks that would tell.
const ABANDONED: i64 = 60 * 60 * 1000;
/// How often writing a file is tried.
const TRIES: u32 = 5;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    /// A commit was made.
    Commit {
        commit: Oid,
        /// Agents that the environment named.
        #[serde(default)]
        agents: Vec<String>,
    },
    /// Commits were made anew: by `amend` or `rebase`, old and new in pairs.
    Rewrite { command: String, pairs: Vec<(Oid, Oid)> },
    /// Whole records: all of them are kept, or none.
    Record { records: Vec<Waiting> },
}

/// A whole record that waits for its note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) object: Oid,
    pub(crate) line: String,
    /// Its id was given and may be known already.
    #[serde(default)]
    pub(crate) given: bool,
}

impl Event {
    fn kind(&self) -> &'static str {
        match self {
            Self::Commit { .. } => "commit",
            Self::Rewrite { .. } => "rewrite",
            Self::Record { .. } => "record",
        }
    }

    /// A commit, in the circumstances that `host` tells.
    pub(crate) fn commit(commit: Oid, host: &Host) -> Self {
        Self::Commit { commit, agents: agent::present(|name| host.env(name).is_some()) }
    }
}

impl Waiting {
    /// Fills in what its writer did not wait for.
    fn complete(&mut self, record: Record, tree: &impl Fn(Oid) -> Option<Oid>) {
        if let Record::Execution(mut execution) = record
            && execution.tree.is_none()
            && execution.commit == Some(self.object)
            && let Some(tree) = tree(self.object)
        {
            execution.tree = Some(tree);
            self.line = execution.line();
        }
    }
}

/// An event as its file tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spooled {
    pub(super) id: RecordId,
    v: u32,
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) event: Event,
}

/// An event with its file.
#[derive(Clone, Debug)]
pub(super) struct SpoolFile {
    pub(super) path: PathBuf,
    pub(super) spooled: Spooled,
}

/// A file of the spool that can't become notes, with why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadFile {
    pub(super) path: PathBuf,
    pub(super) reason: String,
}

/// Everything in the spool.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order of their ids.
    pub(super) files: Vec<SpoolFile>,
    /// Never to be read.
    pub(super) bad: Vec<BadFile>,
    /// Not to be read at the moment: the machine says no, which may pass.
    pub(super) left: Vec<BadFile>,
    abandoned: Vec<PathBuf>,
}

/// The spool of one repository.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    dir: PathBuf,
}

impl Spool {
    /// The spool in our folder of a repository.
    pub(crate) fn below(own_dir: &Path) -> Self {
        Self { dir: own_dir.join("spool") }
    }

    /// Keeps an event, durable when this returns.
    pub(crate) fn keep(&self, host: &Host, event: Event) -> Result<(), StoreError> {
        let at = Timestamp(host.now_ms());
        let id = RecordId::from_parts(at.0, host.random());
        let name = format!("{id}.{}", event.kind());
        let line = json::canonical(&Spooled { id, v: VERSION, at, event });
        self.publish(&name, &format!("{line}\n"))
            .map_err(|source| StoreError::Spool { path: self.dir.clone(), source })
    }

    fn publish(&self, name: &str, text: &str) -> std::io::Result<()> {
        let mut tries = 1;
        loop {
            match self.try_to_publish(name, text) {
                // There is no folder yet; or who cleans up came before the lock.
                Err(error) if error.kind() == ErrorKind::NotFound && tries < TRIES => self.make()?,
                ended => return ended,
            }
            tries += 1;
        }
    }

    fn try_to_publish(&self, name: &str, text: &str) -> std::io::Result<()> {
        let draft = self.dir.join(format!("{name}.tmp"));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&draft)?;
        drop(file.try_lock());
        file.write_all(text.as_bytes())?;
        pass(Point::SpoolNotSynced);
        file.sync_all()?;
        pass(Point::SpoolNotRenamed);
        std::fs::rename(&draft, self.dir.join(name))?;
        pass(Point::SpoolRenamed);
        File::open(&self.dir)?.sync_all()
    }

    /// Makes the folder, durable with the folders above it that are ours.
    fn make(&self) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        let mut above = self.dir.ancestors().skip(1).take(2);
        above.try_for_each(|dir| File::open(dir)?.sync_all())
    }

    /// Whether no event waits, as far as names tell.
    pub(crate) fn is_empty(&self) -> bool {
        match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries.flatten().all(|it| it.path().is_dir()),
            Err(error) => error.kind() == ErrorKind::NotFound,
        }
    }

    /// Reads everything. `annotates` says which oids this repository can annotate, `tree` what the tree
    /// of a commit is, if that is here still.
    pub(super) fn read(
        &self,
        host: &Host,
        annotates: impl Fn(&Oid) -> bool,
        tree: impl Fn(Oid) -> Option<Oid>,
    ) -> Result<Found, StoreError> {
        let failed = |source| StoreError::Spool { path: self.dir.clone(), source };
        let mut found = Found::default();
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some((id, kind)) = name.split_once('.') else { continue };
            let Ok(id) = id.parse::<RecordId>() else { continue };
            if kind.ends_with(".tmp") {
                let is_old = host.now_ms() - id.millis() > ABANDONED;
                found.abandoned.extend(is_abandoned(&path, is_old).then_some(path));
            } else if matches!(kind, "commit" | "rewrite" | "record") {
                match read_file(&path, id, &annotates, &tree) {
                    Ok(Some(spooled)) => found.files.push(SpoolFile { path, spooled }),
                    Ok(None) => {}
                    Err(Unread::Never(reason)) => found.bad.push(BadFile { path, reason }),
                    Err(Unread::NotNow(reason)) => found.left.push(BadFile { path, reason }),
                }
            }
        }
        found.files.sort_by_key(|file| file.spooled.id);
        Ok(found)
    }

    /// Removes files whose events are in the notes, and what killed writers left.
    pub(super) fn clean(&self, settled: &[SpoolFile], found: &Found) {
        // What stays is seen again, and found to be in the notes again.
        settled.iter().for_each(|file| drop(std::fs::remove_file(&file.path)));
        found.abandoned.iter().for_each(|path| drop(std::fs::remove_file(path)));
    }

    /// Puts bad files where nobody reads them and anybody can look at them.
    pub(super) fn set_aside(&self, bad: &[BadFile]) -> Result<(), StoreError> {
        let aside = self.dir.join("bad");
        for file in bad {
            let moved = std::fs::create_dir_all(&aside).and_then(|()| {
                std::fs::rename(&file.path, aside.join(file.path.file_name().unwrap_or_default()))
            });
            match moved {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(StoreError::Spool { path: file.path.clone(), source: error });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether the writer of a temporary file has ended.
fn is_abandoned(path: &Path, is_old: bool) -> bool {
    match File::open(path).map(|file| file.try_lock()) {
        Ok(Err(TryLockError::Error(_))) => is_old,
        locked => matches!(locked, Ok(Ok(()))),
    }
}

/// Why a file was not read.
enum Unread {
    /// What it says is no event of this repository.
    Never(String),
    /// The machine did not give it.
    NotNow(String),
}

/// `None`: it is gone, because somebody drained it, or a newer version wrote it.
fn read_file(
    path: &Path,
    id: RecordId,
    annotates: &impl Fn(&Oid) -> bool,
    tree: &impl Fn(Oid) -> Option<Oid>,
) -> Result<Option<Spooled>, Unread> {
    let never = |error: &dyn std::fmt::Display| Unread::Never(error.to_string());
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => return Err(never(&error)),
        text => text.map_err(|error| Unread::NotNow(error.to_string()))?,
    };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| never(&error))?;
    if value["v"].as_u64().is_some_and(|v| v > VERSION.into()) {
        return Ok(None);
    }
    let mut spooled: Spooled = serde_json::from_value(value).map_err(|error| never(&error))?;
    if spooled.id != id {
        return Err(Unread::Never(format!("it says that it is {}", spooled.id)));
    }
    let (mut oids, mut parsed) = (Vec::new(), Vec::new());
    match &mut spooled.event {
        Event::Commit { commit, .. } => oids.push(*commit),
        Event::Rewrite { pairs, .. } => oids.extend(pairs.iter().flat_map(|(old, new)| [*old, *new])),
        Event::Record { records } => {
            for waiting in records {
                let record = Record::parse(waiting.line.as_bytes()).map_err(|error| never(&error))?;
                if waiting.line.contains('\n') {
                    return Err(never(&"a record of several lines"));
                }
                oids.push(waiting.object);
                parsed.push((waiting, record));
            }
        }
    }
    if let Some(oid) = oids.iter().find(|oid| !annotates(oid)) {
        return Err(Unread::Never(format!("{oid} is no object of this repository")));
    }
    parsed.into_iter().for_each(|(waiting, record)| waiting.complete(record, tree));
    Ok(Some(spooled))
}

impl Found {
    /// Every pair of a commit and the one that was made instead of it, with the event that tells.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (RecordId, &Path, Oid, Oid)> {
        self.files.iter().flat_map(|file| {
            let pairs: &[(Oid, Oid)] = match &file.spooled.event {
                Event::Rewrite { pairs, .. } => pairs,
                Event::Commit { .. } | Event::Record { .. } => &[],
            };
            let changed = pairs.iter().filter(|(old, new)| old != new);
            changed.map(|(old, new)| (file.spooled.id, file.path.as_path(), *old, *new))
        })
    }

    /// By each commit that was made anew, those that it was made of.
    pub(super) fn made_of(&self) -> BTreeMap<Oid, Vec<Oid>> {
        let mut made_of = BTreeMap::<Oid, Vec<Oid>>::new();
        self.pairs().for_each(|(_, _, old, new)| made_of.entry(new).or_default().push(old));
        made_of
    }

    /// How many events wait.
    pub(super) fn waiting(&self) -> usize {
        self.files.len() + self.left.len()
    }

    /// Every whole record.
    pub(super) fn records(&self) -> impl Iterator<Item = &Waiting> {
        self.files.iter().flat_map(SpoolFile::records)
    }
}

impl SpoolFile {
    /// The whole records that it holds.
    pub(super) fn records(&self) -> &[Waiting] {
        match &self.spooled.event {
            Event::Record { records } => records,
            Event::Commit { .. } | Event::Rewrite { .. } => &[],
        }
    }
}
