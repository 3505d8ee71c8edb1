//! Executions as notes: `refs/notes/orchestrate`, JSON Lines, one record a line.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::Serialize;

use super::Store;
use super::error::StoreError;
use super::noted::{BadLine, Noted, note_lines};
use super::spool::{Found, Spool};
use crate::git::{ChangedNotes, GitError, NewCommit, NotesTree, RefEdit, Writer};
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// The notes ref.
pub(crate) const NOTES: &str = "refs/notes/orchestrate";

/// A line for one object's note.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) object: Oid,
    pub(crate) id: RecordId,
    pub(crate) line: String,
}

/// What a batch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Written {
    /// Records that are new.
    pub(crate) recorded: usize,
    /// Records that were there already, byte for byte.
    pub(crate) known: usize,
}

impl Store<'_> {
    /// What waits to be written into the notes.
    pub(crate) fn spool(&self) -> Spool {
        Spool::below(&self.repo.own_dir())
    }

    /// The tip of the notes ref.
    pub(crate) fn notes_tip(&self) -> Result<Option<Oid>, StoreError> {
        Ok(self.repo.tip(NOTES)?)
    }

    /// Writes records with new ids as one notes commit.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<Written, StoreError> {
        self.append_given(entries, &BTreeSet::new())
    }

    /// Writes records as one notes commit; nothing at all if one of them contradicts what is there.
    /// The `given` ids may be there already, on whatever object.
    pub(crate) fn append_given(
        &self,
        entries: &[Entry],
        given: &BTreeSet<RecordId>,
    ) -> Result<Written, StoreError> {
        self.repo.write(self.host, || {
            let tip = self.repo.tip(NOTES)?;
            let mut held = self.lines_of(given, tip)?;
            let new = match without_known(entries, &mut held) {
                Ok(new) => new,
                Err(id) => return Ok(Err(StoreError::Changed { id })),
            };
            let written = Written { recorded: new.len(), known: entries.len() - new.len() };
            let mut additions = Additions::new();
            new.iter().for_each(|entry| add(&mut additions, entry.object, entry.line.as_bytes()));
            let writer = Writer::new(self.repo);
            let mut notes = NotesTree::open(&writer, tip)?;
            self.add_to_notes((&writer, &mut notes), tip, &additions, &subject(written.recorded))?;
            Ok(Ok(written))
        })?
    }

    /// One attempt, to be made inside the retry loop: adds to the notes as they are at `tip` what is not
    /// there yet, as one durable commit. Gives the commit; `None` where everything was there.
    pub(super) fn add_to_notes(
        &self,
        (writer, notes): (&Writer<'_>, &mut NotesTree<'_, '_>),
        tip: Option<Oid>,
        additions: &Additions,
        message: &str,
    ) -> Result<Option<Oid>, GitError> {
        if !add_lines(notes, additions)? {
            return Ok(None);
        }
        let commit = notes.commit(&NewCommit {
            tree: self.repo.empty_tree(),
            parents: tip.as_slice(),
            message,
            author: &self.repo.identity(self.host),
            at: Timestamp(self.host.now_ms()),
        })?;
        writer.move_refs(&[RefEdit::to(NOTES, commit, tip)], "orchestrate: record")?;
        Ok(Some(commit))
    }

    /// The lines of the notes at `tip` that have these ids.
    pub(super) fn lines_of(&self, ids: &BTreeSet<RecordId>, tip: Option<Oid>) -> Result<Held, GitError> {
        let mut held = Held::new();
        let Some(tip) = tip.filter(|_| !ids.is_empty()) else { return Ok(held) };
        for (_, blob) in self.repo.notes(tip)? {
            // What can't be read can't contradict; `check` names it.
            let text = self.repo.blob(blob).unwrap_or_default();
            for line in note_lines(&text) {
                if let Some(id) = canonical_id(line).filter(|id| ids.contains(id)) {
                    held.entry(id).or_default().push(line.to_vec());
                }
            }
        }
        Ok(held)
    }

    /// Every record of the notes, and what waits in the spool as if it were there.
    pub(crate) fn noted(&self) -> Result<Rc<Noted>, StoreError> {
        // Before the tip is read: what is drained in between is then in both, not in none.
        let spooled = self.spooled()?;
        let mut noted = self.noted_without_spool()?;
        if spooled.records().next().is_some() || spooled.pairs().next().is_some() {
            Rc::make_mut(&mut noted).take_in(&spooled);
        }
        Ok(noted)
    }

    /// Every record of the notes. A ref that holds no notes is named as what can't be read.
    fn noted_without_spool(&self) -> Result<Rc<Noted>, StoreError> {
        let Some(tip) = self.notes_tip()? else { return Ok(Rc::default()) };
        match self.noted_at(tip) {
            Err(StoreError::Git(error @ GitError::WrongKind { .. })) => {
                let bad = vec![BadLine { object: tip, line: 0, reason: error.to_string() }];
                Ok(Rc::new(Noted { bad, ..Noted::default() }))
            }
            noted => noted,
        }
    }

    /// The lines of the notes at `ours` that those at `theirs` do not have on the same object.
    pub(super) fn lines_beyond(&self, ours: Oid, theirs: Option<Oid>) -> Result<BTreeSet<Vec<u8>>, GitError> {
        let ChangedNotes { gone, new } = match theirs {
            Some(theirs) => self.repo.changed_notes(theirs, ours)?,
            None => ChangedNotes { gone: Vec::new(), new: self.repo.notes(ours)? },
        };
        let theirs: BTreeMap<Oid, Oid> = gone.into_iter().collect();
        let mut beyond = BTreeSet::new();
        for (object, blob) in new {
            let known = theirs.get(&object);
            if known == Some(&blob) {
                continue;
            }
            let known = known.map(|blob| self.repo.blob(*blob)).transpose()?.unwrap_or_default();
            let known: BTreeSet<&[u8]> = note_lines(&known).collect();
            let text = self.repo.blob(blob)?;
            beyond.extend(note_lines(&text).filter(|line| !known.contains(line)).map(<[u8]>::to_vec));
        }
        Ok(beyond)
    }

    /// How many events wait in the spool.
    pub(crate) fn waiting(&self) -> Result<usize, StoreError> {
        Ok(self.spooled()?.waiting())
    }

    /// Everything in the spool.
    pub(super) fn spooled(&self) -> Result<Found, StoreError> {
        let length = self.repo.empty_tree().as_bytes().len();
        // Records of one commit often come in a row.
        let trees = RefCell::new(BTreeMap::new());
        let tree = |commit| *trees.borrow_mut().entry(commit).or_insert_with(|| self.repo.tree_here(commit));
        self.spool().read(self.host, |oid| oid.as_bytes().len() == length, tree)
    }
}

fn subject(recorded: usize) -> String {
    if recorded == 1 { "Record 1 execution\n".to_owned() } else { format!("Record {recorded} executions\n") }
}

/// Lines by the id that they open with.
pub(super) type Held = BTreeMap<RecordId, Vec<Vec<u8>>>;

/// The id of a line in canonical form.
pub(super) fn canonical_id(line: &[u8]) -> Option<RecordId> {
    let id = line.strip_prefix(b"{\"id\":\"")?.get(..26)?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// The entries that are not among `held` or twice among themselves. `Err`: the id of one that
/// contradicts another line.
pub(super) fn without_known<'e>(entries: &'e [Entry], held: &mut Held) -> Result<Vec<&'e Entry>, RecordId> {
    let mut new = Vec::new();
    for entry in entries {
        let lines = held.entry(entry.id).or_default();
        if lines.is_empty() {
            new.push(entry);
        } else if !lines.iter().any(|line| says_the_same(line, &entry.line)) {
            return Err(entry.id);
        }
        lines.push(entry.line.clone().into_bytes());
    }
    Ok(new)
}

/// Whether two lines are one record, wherever it is attached: HEAD moves on between two tries to
/// record the same.
fn says_the_same(known: &[u8], new: &str) -> bool {
    let content = |line: &[u8]| {
        let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
        fields.retain(|field, _| !matches!(field.as_str(), "commit" | "tree" | "patch"));
        Some(fields)
    };
    known == new.as_bytes() || content(known).is_some_and(|it| content(new.as_bytes()) == Some(it))
}

/// Lines by the object whose note gets them.
pub(super) type Additions = BTreeMap<Oid, BTreeSet<Vec<u8>>>;

/// Adds one line for one object.
pub(super) fn add(additions: &mut Additions, object: Oid, line: &[u8]) {
    additions.entry(object).or_default().insert(line.to_vec());
}

/// Adds lines to their notes, each note a sorted set of lines, as `git notes merge -s cat_sort_uniq`
/// makes it; `false` where everything was there.
fn add_lines(notes: &mut NotesTree<'_, '_>, additions: &Additions) -> Result<bool, GitError> {
    let mut changed = false;
    for (object, new) in additions {
        let note = notes.get(*object)?.unwrap_or_default();
        let mut lines: BTreeSet<&[u8]> = note_lines(&note).collect();
        let before = lines.len();
        lines.extend(new.iter().map(Vec::as_slice));
        if lines.len() == before {
            continue;
        }
        changed = true;
        let mut text = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        for line in lines {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        notes.set(*object, &text)?;
    }
    Ok(changed)
}
