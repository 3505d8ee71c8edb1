//! Notes that were added to since they were read: what is new is read, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Store;
use super::error::StoreError;
use super::noted::{Depth, Line, Lines, Noted, note_lines};
use crate::git::{ChangedNotes, GitError};
use crate::model::oid::Oid;

/// Tips whose notes are kept in memory: ours, and those of a remote.
const KEPT: usize = 2;
/// So many notes that differ are read with all others.
const MOST: usize = 4_096;

/// What was read of notes, by their tips, the latest last.
pub(super) type Kept = Vec<(Oid, Rc<Noted>)>;

impl Store<'_> {
    /// Every record of the notes at `tip`, which is read once.
    pub(crate) fn noted_at(&self, tip: Oid) -> Result<Rc<Noted>, StoreError> {
        let mut kept = self.noted.borrow_mut();
        if let Some((_, noted)) = kept.iter().find(|(at, _)| *at == tip) {
            return Ok(Rc::clone(noted));
        }
        let mut grown = None;
        for (place, (at, noted)) in kept.iter().enumerate().rev() {
            if let Some(new) = self.new_lines(*at, noted, tip)? {
                grown = Some((place, new));
                break;
            }
        }
        let noted = match grown {
            Some((place, new)) => {
                let (_, mut noted) = kept.remove(place);
                Rc::make_mut(&mut noted).add(new);
                noted
            }
            None => Rc::new(Noted::of(self.read_lines(&self.repo.notes(tip)?, Depth::All))),
        };
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((tip, Rc::clone(&noted)));
        Ok(noted)
    }

    /// What the notes at `tip` say and those `at` another, which are known, do not; `None` where that is not
    /// mere addition of records that nobody knew.
    fn new_lines(&self, at: Oid, noted: &Noted, tip: Oid) -> Result<Option<Lines>, GitError> {
        let ChangedNotes { gone, new } = self.repo.changed_notes(at, tip)?;
        if new.len() > MOST {
            return Ok(None);
        }
        // A line that is no record is known by its number, and what can't be read says nothing.
        let is_broken = |object: &Oid| noted.bad.iter().any(|bad| bad.object == *object);
        let text = |(object, blob): &(Oid, Oid)| self.repo.blob(*blob).ok().filter(|_| !is_broken(object));
        let mut before = BTreeMap::<Oid, BTreeSet<Vec<u8>>>::new();
        for note in gone {
            let Some(text) = text(&note) else { return Ok(None) };
            before.entry(note.0).or_default().extend(note_lines(&text).map(<[u8]>::to_vec));
        }
        let mut added = Lines::default();
        for note in new {
            let Some(text) = text(&note) else { return Ok(None) };
            let mut known = before.remove(&note.0).unwrap_or_default();
            let new: Vec<&[u8]> = note_lines(&text).filter(|line| !known.remove(*line)).collect();
            if !known.is_empty() {
                return Ok(None);
            }
            added.extend(Lines::of_note(note.0, &new.join(&b'\n'), Depth::All));
        }
        added.sort();
        let is_new = |line: &Line| !noted.records.contains_key(&line.id);
        let are_apart = added.records.is_sorted_by(|one, next| one.id < next.id);
        let is_addition = before.is_empty() && added.bad.is_empty() && are_apart;
        Ok(Some(added).filter(|added| is_addition && added.records.iter().all(is_new)))
    }
}
