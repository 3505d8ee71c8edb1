//! Ref moves that are made later: the steps of a longer work see what those before them moved, and everybody
//! else sees all of it at once, when the work is done.
//!
//! A sync is such a work: it moves refs when the remote has what they name, by one git and not by
//! one for each step, while others race for the remote. Guarantee: as for any other transaction, each
//! ref moves from what was read when it was first moved, or nothing moves at all. Limit: a git that is
//! started meanwhile sees the refs as they were.

use super::edits::{Change, Expected, RefEdit};
use super::written::Written;
use crate::model::oid::Oid;

/// What is to be moved later.
#[derive(Default)]
pub(super) struct Later {
    /// One for each ref.
    edits: Vec<RefEdit>,
    /// What refs will name; it is durable.
    written: Written,
}

impl Later {
    /// What a ref will be, if it is to be moved.
    pub(super) fn tip(&self, name: &str) -> Option<Option<Oid>> {
        self.edits.iter().find(|edit| edit.name == name).map(|edit| edit.change.tip())
    }

    /// Refs with their tips as they will be.
    pub(super) fn apply(&self, refs: &mut Vec<(String, Oid)>, prefix: &str) {
        refs.retain(|(name, _)| self.tip(name).is_none());
        let below = self.edits.iter().filter(|edit| edit.name.starts_with(prefix));
        refs.extend(below.filter_map(|edit| Some((edit.name.clone(), edit.change.tip()?))));
        refs.sort();
    }

    /// Adds these moves, with the objects that they need.
    pub(super) fn add(&mut self, edits: &[RefEdit], written: Written) {
        edits.iter().for_each(|edit| self.add_one(edit));
        self.written.append(written);
    }

    /// All moves, with the objects that they need. What was made and taken away again never was there.
    pub(super) fn end(mut self) -> (Vec<RefEdit>, Written) {
        self.edits.retain(|edit| (edit.expected, edit.change) != (Expected::Absent, Change::Delete));
        (self.edits, self.written)
    }

    fn add_one(&mut self, edit: &RefEdit) {
        match self.edits.iter_mut().find(|known| known.name == edit.name) {
            Some(known) => known.change = edit.change,
            None => self.edits.push(edit.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::git::samples::TestRepo;
    use crate::git::{GitError, RefEdit, Writer};

    fn ours(repo: &TestRepo) -> String {
        repo.git(["for-each-ref", "--format=%(refname) %(objectname)", "refs/ours/"])
    }

    #[test]
    fn steps_see_what_those_before_them_moved_and_others_see_all_of_it_at_the_end() {
        let repo = TestRepo::new().commit("a", "1");
        let (open, first) = (repo.open(), repo.head());
        open.move_refs(&[RefEdit::to("refs/ours/gone", first, None)], "first").expect("moved");
        open.put_off_moves();
        let writer = Writer::new(&open);
        let blob = writer.blob(b"text").expect("held");
        writer.move_refs(&[RefEdit::to("refs/ours/a", blob, None)], "one").expect("noted");
        open.move_refs(&[RefEdit::to("refs/ours/a", first, Some(blob))], "two").expect("noted");
        open.move_refs(&[RefEdit::to("refs/ours/passing", first, None)], "three").expect("noted");
        let gone = [RefEdit::delete("refs/ours/passing", first), RefEdit::delete("refs/ours/gone", first)];
        open.move_refs(&gone, "four").expect("noted");
        assert_eq!(open.tip("refs/ours/a").expect("reads"), Some(first));
        assert_eq!(open.resolve("refs/ours/a").expect("reads"), first);
        assert_eq!(open.refs_under("refs/ours/").expect("reads"), [("refs/ours/a".to_owned(), first)]);
        assert_eq!(ours(&repo), format!("refs/ours/gone {first}"));
        assert_eq!(open.blob(blob).expect("read"), b"text");
        open.make_moves("all").expect("moved");
        assert_eq!(ours(&repo), format!("refs/ours/a {first}"));
        assert_eq!(repo.git(["log", "-g", "--format=%gs", "refs/ours/a"]), "all");
        let now = RefEdit::to("refs/ours/b", first, None);
        open.move_refs(&[now], "at once").expect("moved");
        assert_eq!(ours(&repo).lines().count(), 2);
    }

    #[test]
    fn where_somebody_else_moved_a_ref_meanwhile_nothing_moves() {
        let repo = TestRepo::new().commit("a", "1");
        let (open, first) = (repo.open(), repo.head());
        let repo = repo.commit("a", "2");
        open.put_off_moves();
        let both = ["refs/ours/a", "refs/ours/b"].map(|name| RefEdit::to(name, first, None));
        open.move_refs(&both, "ours").expect("noted");
        let again = open.move_refs(&[RefEdit::to("refs/ours/b", first, None)], "wrong");
        assert!(matches!(again, Err(GitError::LostRace { name }) if name == "refs/ours/b"));
        repo.git(["update-ref", "refs/ours/b", "HEAD"]);
        let moved = open.make_moves("ours");
        assert!(matches!(moved, Err(GitError::LostRace { name }) if name == "refs/ours/b"));
        assert_eq!(ours(&repo), format!("refs/ours/b {}", repo.head()));
        assert_eq!(open.tip("refs/ours/a").expect("reads"), None);
    }
}
