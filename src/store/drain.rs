//! Draining: what waits in the spool becomes one notes commit.
//!
//! Guarantee: what a file asks for is a function of the file and of the notes as they are, so that a
//! drain that was killed is simply done again, and nothing is recorded twice. A file goes only after
//! the ref was moved and read again.
//!
//! Nothing is drained while a commit, amend or rebase may be under way, see [`Store::busy`]: commits
//! that are about to be made anew would be measured in vain, and git's own copying of notes
//! (`notes.rewriteRef`) writes the ref without looking whether somebody else moved it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Store;
use super::draft::author_hash;
use super::error::StoreError;
use super::executions::{Additions, Entry as Line, Held, add, canonical_id, without_known};
use super::learning::unless_lost;
use super::noted::note_lines;
use super::spool::{BadFile, Event, Found, SpoolFile, Spooled, Waiting};
use crate::git::{CommitInfo, Compared, FileNumbers, GitError, NotesTree, Writer};
use crate::host::{Point, pass};
use crate::model::agent;
use crate::model::commit::{Commit, CommitKind, executions_named};
use crate::model::id::RecordId;
use crate::model::language::{is_test, language};
use crate::model::oid::Oid;
use crate::model::record::{Record, VERSION};
use crate::model::time::Timestamp;

/// What draining came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Drained {
    /// Whole records that are new in the notes.
    pub(crate) records: usize,
    /// Commits that were measured.
    pub(crate) commits: usize,
    /// Commits that have the records of those they were made from.
    pub(crate) rewritten: usize,
    /// Files of the spool that can't be kept, with why: they are in `spool/bad` now.
    pub(crate) bad: Vec<String>,
    /// Files that can't be kept at the moment, with why: they wait for the next time.
    pub(crate) left: Vec<String>,
    /// Why nothing was drained.
    pub(crate) busy: Option<String>,
}

/// What in the git folder of a work tree tells that git is at work there.
const SIGNS: &[(&str, &str)] = &[
    ("rebase-merge", "a rebase is under way"),
    ("rebase-apply", "a rebase or `git am` is under way"),
    ("sequencer", "a cherry-pick or revert is under way"),
    ("CHERRY_PICK_HEAD", "a cherry-pick is under way"),
    ("REVERT_HEAD", "a revert is under way"),
    ("index.lock", "git is at work on the index"),
];

/// After so many seconds another work tree's rebase was left alone.
const LEFT_ALONE: i64 = 24 * 60 * 60;

/// What git sets for hooks of a commit, and for everything that a rebase starts.
const VARIABLES: &[(&str, &str)] =
    &[("GIT_INDEX_FILE", "a commit is under way"), ("GIT_REFLOG_ACTION", "a rebase is under way")];

impl Store<'_> {
    /// Why this is no time to drain, as far as anyone can tell: git says it to what it starts, and by
    /// files in the git folders of work trees. What another git does in the same moment nobody can tell;
    /// then the files, which go only after the ref was read again, are what keeps records.
    pub(crate) fn busy(&self) -> Option<&'static str> {
        let told = VARIABLES.iter().find(|(name, _)| self.host.env(name).is_some());
        let seen = || SIGNS.iter().find(|(name, _)| self.repo.git_dir().join(name).exists());
        told.or_else(seen).map(|(_, why)| *why).or_else(|| self.busy_elsewhere())
    }

    /// The same of the other work trees: they share the notes. What somebody left in the middle there a
    /// day ago does not hold up everybody else.
    fn busy_elsewhere(&self) -> Option<&'static str> {
        let now = self.host.now_ms() / 1000;
        let is_recent =
            |file: &Path| file.symlink_metadata().is_ok_and(|it| now.saturating_sub(it.mtime()) < LEFT_ALONE);
        let others = self.repo.other_git_dirs();
        let sign = |(name, _): &&(&str, &str)| others.iter().any(|dir| is_recent(&dir.join(name)));
        SIGNS.iter().find(sign).map(|_| "git is at work in another work tree")
    }

    /// Drains the spool, unless this is no time for it.
    pub(crate) fn drain(&self) -> Result<Drained, StoreError> {
        if self.spool().is_empty() {
            return Ok(Drained::default());
        }
        match self.busy() {
            Some(why) => Ok(Drained { busy: Some(why.to_owned()), ..Drained::default() }),
            None => self.drain_now(),
        }
    }

    fn drain_now(&self) -> Result<Drained, StoreError> {
        self.repo.write(self.host, || unless_lost(self.attempt()))?
    }

    fn attempt(&self) -> Result<Drained, StoreError> {
        let tip = self.notes_tip()?;
        let found = self.spooled()?;
        let writer = Writer::new(self.repo);
        let mut notes = NotesTree::open(&writer, tip)?;
        let (additions, seen) = (Additions::new(), BTreeMap::new());
        let mut fold = Fold { notes: &mut notes, found: &found, additions, seen };
        let (records, mut bad) = self.whole_records(&mut fold, tip)?;
        let (commits, mut left) = self.commit_records(&mut fold)?;
        let rewritten = fold.rewrites()?;
        let additions = fold.additions;
        bad.extend(found.bad.iter().cloned());
        left.extend(found.left.iter().cloned());
        let message = subject(records, commits);
        let moved = self.add_to_notes((&writer, &mut notes), tip, &additions, &message)?;
        if self.notes_tip()? == moved.or(tip) {
            let stays = |file: &SpoolFile| bad.iter().chain(&left).any(|it| it.path == file.path);
            let settled: Vec<SpoolFile> = found.files.iter().filter(|it| !stays(it)).cloned().collect();
            pass(Point::DrainedNotRemoved);
            self.spool().clean(&settled, &found);
        }
        self.spool().set_aside(&bad)?;
        let name = |bad: &BadFile| {
            let name = bad.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            format!("{name}: {}", bad.reason)
        };
        let (bad, left) = (bad.iter().map(name).collect(), left.iter().map(name).collect());
        Ok(Drained { records, commits, rewritten, bad, left, busy: None })
    }

    /// Adds the whole records; gives how many are new, and the files that contradict the notes.
    fn whole_records(
        &self,
        fold: &mut Fold<'_, '_, '_, '_>,
        tip: Option<Oid>,
    ) -> Result<(usize, Vec<BadFile>), StoreError> {
        let given = fold.found.records().filter(|it| it.given).filter_map(entry);
        let given: BTreeSet<RecordId> = given.map(|entry| entry.id).collect();
        let mut held = self.lines_of(&given, tip)?;
        let (mut number, mut bad) = (0, Vec::new());
        for file in &fold.found.files {
            let entries: Vec<Line> = file.records().iter().filter_map(entry).collect();
            // Looked at alone, so that a file that is set aside leaves no trace in what the others meet.
            let mut known: Held =
                entries.iter().filter_map(|it| Some((it.id, held.get(&it.id)?.clone()))).collect();
            match without_known(&entries, &mut known) {
                Ok(new) => {
                    for entry in new {
                        number += usize::from(fold.add(entry.object, entry.line.as_bytes())?);
                    }
                    held.extend(known);
                }
                Err(id) => {
                    let reason = StoreError::Changed { id }.to_string();
                    bad.push(BadFile { path: file.path.clone(), reason });
                }
            }
        }
        Ok((number, bad))
    }

    /// Measures commits that are not measured yet; gives how many, and the files of those that git
    /// can't compare: what they need may be at a remote that can't be reached now, so they wait.
    fn commit_records(&self, fold: &mut Fold<'_, '_, '_, '_>) -> Result<(usize, Vec<BadFile>), StoreError> {
        let wanted = self.unmeasured(fold)?;
        let mut left = Vec::new();
        let mut number = 0;
        for (measure, record) in self.measure(&wanted)? {
            match record {
                Ok(commit) => number += usize::from(fold.add(commit.commit, commit.line().as_bytes())?),
                Err(reason) => {
                    let file = |path| BadFile { path, reason: reason.clone() };
                    left.extend(measure.paths.into_iter().map(file));
                }
            }
        }
        Ok((number, left))
    }

    /// Commits that were made, or made anew from such, and are in some history still: what a rebase
    /// made on its way, or the user took back, says nothing.
    fn unmeasured(&self, fold: &mut Fold<'_, '_, '_, '_>) -> Result<Vec<Measured>, StoreError> {
        let mut wanted = BTreeMap::<Oid, Measured>::new();
        for SpoolFile { path, spooled } in &fold.found.files {
            if let Event::Commit { commit, agents } = &spooled.event {
                let Spooled { id, at, .. } = *spooled;
                let (commit, agents) = (*commit, agents.clone());
                let (paths, replaces) = (vec![path.clone()], Vec::new());
                let measured = Measured { id, at, commit, agents, replaces, paths };
                wanted.entry(commit).or_insert(measured);
            }
        }
        // A rebase that git's mail machinery carries out calls no post-commit hook.
        let mut before = usize::MAX;
        while before != wanted.len() {
            before = wanted.len();
            for (event, path, old, new) in fold.found.pairs() {
                let known = wanted.get(&old).map(|it| it.paths.clone());
                if known.is_some() || fold.note(old)?.measured.contains(&old) {
                    let mut paths = known.unwrap_or_default();
                    paths.push(path.to_path_buf());
                    let (id, at) = (derived(event, new), Timestamp(event.millis()));
                    let (agents, replaces) = (Vec::new(), Vec::new());
                    let measured = Measured { id, at, commit: new, agents, replaces, paths };
                    wanted.entry(new).or_insert(measured);
                }
            }
        }
        let made_of = fold.found.made_of();
        for commit in wanted.keys().copied().collect::<Vec<Oid>>() {
            let replaces = replaced_by(commit, &made_of);
            let mut agents = BTreeSet::new();
            for old in &replaces {
                agents.extend(fold.note(*old)?.agents.iter().cloned());
                agents.extend(wanted.get(old).into_iter().flat_map(|it| it.agents.iter().cloned()));
            }
            if let Some(measured) = wanted.get_mut(&commit) {
                agents.extend(std::mem::take(&mut measured.agents));
                measured.agents = agents.into_iter().collect();
                measured.replaces = replaces.into_iter().collect();
            }
        }
        let mut unmeasured = Vec::new();
        for (commit, measured) in wanted {
            if !fold.note(commit)?.measured.contains(&commit) && self.is_commit(commit)? {
                unmeasured.push(measured);
            }
        }
        let commits: Vec<Oid> = unmeasured.iter().map(|it| it.commit).collect();
        let gone = self.repo.unreachable(&commits)?;
        unmeasured.retain(|it| !gone.contains(&it.commit));
        Ok(unmeasured)
    }

    fn is_commit(&self, oid: Oid) -> Result<bool, StoreError> {
        match self.repo.commit(oid) {
            Ok(_) => Ok(true),
            Err(GitError::Missing { .. } | GitError::WrongKind { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn measure(&self, wanted: &[Measured]) -> Result<Vec<Attempted>, StoreError> {
        let mut present: Vec<Present<'_>> = Vec::new();
        for measured in wanted {
            let info = self.repo.commit(measured.commit)?;
            let first = info.parents.first().copied();
            let parent = first.and_then(|parent| self.repo.commit(parent).ok());
            present.push((measured, first.filter(|_| info.parents.len() > 1), info, parent));
        }
        let compared: Vec<Compared> =
            present.iter().map(|(measured, merge, ..)| (measured.commit, *merge)).collect();
        // One that git can't compare, of all: each is tried alone, to find which.
        let mut failures = BTreeMap::new();
        let (numbers, patches) = match self.numbers_and_patches(&compared) {
            Ok(both) => both,
            Err(_) => {
                let mut both = Comparison::default();
                for one in &compared {
                    match self.numbers_and_patches(&[*one]) {
                        Ok((numbers, patches)) => {
                            both.0.extend(numbers);
                            both.1.extend(patches);
                        }
                        Err(error) => drop(failures.insert(one.0, error.to_string())),
                    }
                }
                both
            }
        };
        let record = |(measured, _, info, parent): &Present<'_>| {
            let Some(files) = numbers.get(&measured.commit) else {
                let why = failures.get(&measured.commit).map_or("git said nothing", String::as_str);
                return Err(format!("can't compare {} with its parent: {why}", measured.commit.short()));
            };
            let record = commit_record(measured, info, parent.as_ref(), files);
            let patch = patches.get(&measured.commit).copied();
            Ok(Commit { patch, replica: self.replica.clone(), ..record })
        };
        Ok(present.iter().map(|it| (it.0.clone(), record(it))).collect())
    }

    fn numbers_and_patches(&self, commits: &[Compared]) -> Result<Comparison, GitError> {
        // First what may fetch: in a partial clone the numbers ask nobody for what is missing.
        let patches = self.repo.patch_ids(commits)?;
        Ok((self.repo.numbers(commits)?, patches))
    }
}

/// The entry that a waiting record becomes.
fn entry(waiting: &Waiting) -> Option<Line> {
    let id = Record::parse(waiting.line.as_bytes()).ok()?.id();
    Some(Line { object: waiting.object, id, line: waiting.line.clone() })
}

/// A commit and its record, or why there can't be one.
type Attempted = (Measured, Result<Commit, String>);

type Comparison = (BTreeMap<Oid, Vec<FileNumbers>>, BTreeMap<Oid, Oid>);

/// A commit that gets a record: the parent that a merge is compared with, what the commit says, and
/// what its first parent says.
type Present<'m> = (&'m Measured, Option<Oid>, CommitInfo, Option<CommitInfo>);

/// A commit that gets a record.
#[derive(Clone, Debug)]
struct Measured {
    id: RecordId,
    at: Timestamp,
    commit: Oid,
    agents: Vec<String>,
    /// The commits that it was made of.
    replaces: Vec<Oid>,
    /// The files that ask for it: that of the commit itself, or of those that it was made from.
    paths: Vec<PathBuf>,
}

fn commit_record(
    measured: &Measured,
    info: &CommitInfo,
    parent: Option<&CommitInfo>,
    files: &[FileNumbers],
) -> Commit {
    let mut languages = BTreeMap::new();
    for language in files.iter().filter_map(|file| language(&file.path)) {
        *languages.entry(language.to_owned()).or_default() += 1;
    }
    let mut agents: BTreeSet<String> = measured.agents.iter().cloned().collect();
    agents.extend(agent::named_in(&info.message).into_iter().map(str::to_owned));
    let seconds = parent.and_then(|parent| u64::try_from(info.at.seconds() - parent.at.seconds()).ok());
    Commit {
        id: measured.id,
        v: VERSION,
        kind: CommitKind::Commit,
        at: measured.at,
        replica: String::new(),
        author: Some(author_hash(&info.author.name, &info.author.email)),
        commit: measured.commit,
        tree: info.tree,
        patch: None,
        files: files.len() as u64,
        insertions: files.iter().map(|file| file.insertions).sum(),
        deletions: files.iter().map(|file| file.deletions).sum(),
        languages,
        tests: files.iter().filter(|file| is_test(&file.path)).count() as u64,
        agents: agents.into_iter().collect(),
        executions: executions_named(&info.message),
        seconds,
        replaces: measured.replaces.clone(),
        extra: BTreeMap::new(),
    }
}

/// Every commit that `commit` was made of, directly or by way of others.
fn replaced_by(commit: Oid, made_of: &BTreeMap<Oid, Vec<Oid>>) -> BTreeSet<Oid> {
    let (mut replaced, mut open) = (BTreeSet::new(), vec![commit]);
    while let Some(made) = open.pop() {
        let of_it = made_of.get(&made).into_iter().flatten().copied();
        open.extend(of_it.filter(|old| *old != commit && replaced.insert(*old)));
    }
    replaced
}

/// The id of the record of a commit that was made from a measured one: the same at each try.
fn derived(event: RecordId, commit: Oid) -> RecordId {
    let hash = blake3::hash(format!("{event} {commit}").as_bytes());
    let random = hash.as_bytes().first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes));
    RecordId::from_parts(event.millis(), random)
}

/// Additions being folded onto the notes of one tip.
struct Fold<'a, 'f, 'w, 'r> {
    notes: &'a mut NotesTree<'w, 'r>,
    found: &'f Found,
    additions: Additions,
    /// Notes that were looked at, with what was added to them.
    seen: BTreeMap<Oid, Note>,
}

/// A note, taken apart.
#[derive(Default)]
struct Note {
    lines: BTreeSet<Vec<u8>>,
    ids: BTreeSet<RecordId>,
    /// The commits that its lines measure.
    measured: BTreeSet<Oid>,
    /// The agents that its measured commits name.
    agents: BTreeSet<String>,
}

impl Note {
    fn insert(&mut self, line: &[u8]) {
        self.ids.extend(canonical_id(line));
        if let Ok(Record::Commit(commit)) = Record::parse(line) {
            self.measured.insert(commit.commit);
            self.agents.extend(commit.agents);
        }
        self.lines.insert(line.to_vec());
    }
}

impl Fold<'_, '_, '_, '_> {
    /// The note of an object, with what was added here.
    fn note(&mut self, object: Oid) -> Result<&mut Note, GitError> {
        match self.seen.entry(object) {
            Entry::Occupied(seen) => Ok(seen.into_mut()),
            Entry::Vacant(unseen) => {
                let text = self.notes.get(object)?.unwrap_or_default();
                let mut note = Note::default();
                note_lines(&text).for_each(|line| note.insert(line));
                Ok(unseen.insert(note))
            }
        }
    }

    /// Adds a line, unless the note has one with its id.
    fn add(&mut self, object: Oid, line: &[u8]) -> Result<bool, GitError> {
        let note = self.note(object)?;
        let is_new = canonical_id(line).is_none_or(|id| !note.ids.contains(&id));
        if is_new {
            note.insert(line);
            add(&mut self.additions, object, line);
        }
        Ok(is_new)
    }

    /// Gives new commits the records of the old ones, until nobody lacks anything: of `a → b → c`
    /// either pair may come first. Gives how many commits got any.
    fn rewrites(&mut self) -> Result<usize, GitError> {
        let mut reached = BTreeSet::new();
        let mut changed = true;
        while changed {
            changed = false;
            for (.., old, new) in self.found.pairs() {
                let lines = self.note(old)?.lines.clone();
                let known = self.note(new)?;
                let missing: Vec<Vec<u8>> = lines
                    .into_iter()
                    .filter(|it| !known.lines.contains(it) && commit_of(it).is_none())
                    .collect();
                for line in missing {
                    self.note(new)?.insert(&line);
                    add(&mut self.additions, new, &line);
                    reached.insert(new);
                    changed = true;
                }
            }
        }
        Ok(reached.len())
    }
}

/// The commit that a line measures.
fn commit_of(line: &[u8]) -> Option<Oid> {
    match Record::parse(line) {
        Ok(Record::Commit(commit)) => Some(commit.commit),
        _ => None,
    }
}

fn subject(records: usize, commits: usize) -> String {
    let count = |number: usize, noun: &str| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{number} {noun}s")),
    };
    let parts: Vec<String> =
        [count(records, "execution"), count(commits, "commit")].into_iter().flatten().collect();
    if parts.is_empty() {
        return "Keep the records of commits that were made anew\n".to_owned();
    }
    format!("Record {}\n", parts.join(" and "))
}
