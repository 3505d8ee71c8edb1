//! Notes trees with git's own progressive fan-out.
//!
//! Guarantee: `git notes` understands what is written here, and this what `git notes` writes.
//! Notes are built on one tip that the caller read once; the caller moves the ref.
//!
//! Limit: a tree that has one folder twice is refused. No notes make one: it would go on and on.

use std::collections::{BTreeMap, HashSet};

use gix::bstr::ByteSlice;
use gix::note::plumbing::State;

use super::error::GitError;
use super::objects::{from_gix, to_gix};
use super::repository::Repository;
use super::writer::{NewCommit, Writer};
use crate::model::oid::Oid;

/// The notes at one tip, being edited.
pub(crate) struct NotesTree<'w, 'r> {
    writer: &'w Writer<'r>,
    state: State,
}

impl<'w, 'r> NotesTree<'w, 'r> {
    /// The notes tree of the notes commit `tip`, or an empty one.
    pub(crate) fn open(writer: &'w Writer<'r>, tip: Option<Oid>) -> Result<Self, GitError> {
        let repo = writer.repo;
        let tree = tip.map_or_else(|| Ok(repo.empty_tree()), |tip| repo.tree_of(tip))?;
        let open = |tree: Oid| State::new(to_gix(tree), writer).map_err(GitError::gix("read the notes tree"));
        // gix refuses a tree in which one object has two notes; git joins them, and so do we.
        let state = open(tree).or_else(|error| match without_twins(writer, tree)? {
            mended if mended == tree => Err(error),
            mended => open(mended),
        })?;
        Ok(Self { writer, state })
    }

    /// The note of an object.
    pub(crate) fn get(&mut self, annotated: Oid) -> Result<Option<Vec<u8>>, GitError> {
        let doing = GitError::gix(format!("read the note of {annotated}"));
        let blob = self.state.get(&to_gix(annotated), self.writer).map_err(doing)?;
        blob.map(|blob| self.writer.read_blob(from_gix(blob))).transpose()
    }

    /// Gives an object this note instead of any that it has.
    pub(crate) fn set(&mut self, annotated: Oid, note: &[u8]) -> Result<(), GitError> {
        let blob = self.writer.blob(note)?;
        self.set_blob(annotated, blob)
    }

    /// The same with a blob that is there already.
    pub(crate) fn set_blob(&mut self, annotated: Oid, blob: Oid) -> Result<(), GitError> {
        self.state
            .edit(to_gix(annotated), Some(to_gix(blob)), self.writer)
            .map_err(GitError::gix(format!("write the note of {annotated}")))?;
        Ok(())
    }

    /// Writes the tree and a commit of it; the commit's tree is set here.
    pub(crate) fn commit(&mut self, commit: &NewCommit<'_>) -> Result<Oid, GitError> {
        let tree = self.state.write(self.writer).map_err(GitError::gix("write the notes tree"))?;
        self.writer.commit(&NewCommit { tree: from_gix(tree), ..commit.clone() })
    }
}

/// A note in its tree: the length of its file's name, which tells its path, what it annotates, and
/// its blob.
type Placed = (usize, Oid, Oid);

/// `tree` with one note for every object: where it had several, one with the lines of all.
fn without_twins(writer: &Writer<'_>, tree: Oid) -> Result<Oid, GitError> {
    let mut by_object = BTreeMap::<Oid, Vec<(usize, Oid)>>::new();
    for (file, annotated, blob) in writer.repo.placed_notes(tree)? {
        by_object.entry(annotated).or_default().push((file, blob));
    }
    let mut changes = BTreeMap::new();
    for (annotated, notes) in by_object.into_iter().filter(|(_, notes)| notes.len() > 1) {
        let mut joined = Vec::new();
        for (file, blob) in &notes {
            changes.insert(path(annotated, *file), None);
            joined.extend(writer.repo.blob(*blob)?);
            joined.push(b'\n');
        }
        changes.insert(path(annotated, notes[0].0), Some(joined));
    }
    writer.tree(Some(tree), &changes)
}

/// The path of a note whose file has a name of this length: folders take two digits each.
fn path(annotated: Oid, file: usize) -> String {
    let digits = annotated.to_string();
    let (folders, name) = digits.split_at(digits.len() - file);
    let folders = (0..folders.len()).step_by(2).map(|at| &folders[at..at + 2]);
    folders.chain([name]).collect::<Vec<_>>().join("/")
}

/// What differs between the notes at two tips: each note that is only at one of them, given by what it
/// annotates and its blob. A note that changed is in both lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChangedNotes {
    pub(crate) gone: Vec<(Oid, Oid)>,
    pub(crate) new: Vec<(Oid, Oid)>,
}

/// An entry of a notes tree: whether it is a folder, and its object.
type Entry = (bool, Oid);

/// Reads a folder of notes.
type Read<'r> = dyn Fn(Oid) -> Result<Vec<(String, Entry)>, GitError> + 'r;

/// With as many folders at the top there are so many below that they are read side by side.
const MANY: usize = 256;

/// Notes while they are collected, and the folders that they were found in.
#[derive(Debug, Default)]
struct Collected {
    notes: Vec<Placed>,
    folders: HashSet<Oid>,
}

impl Collected {
    fn enter(&mut self, folder: Oid) -> Result<(), GitError> {
        if self.folders.insert(folder) { Ok(()) } else { Err(GitError::Boundless { oid: folder }) }
    }

    /// Collects the notes of a folder.
    fn folder(&mut self, tree: Oid, prefix: &mut String, read: &Read<'_>) -> Result<(), GitError> {
        self.enter(tree)?;
        self.entries(&read(tree)?, prefix, read)
    }

    fn entries(
        &mut self,
        entries: &[(String, Entry)],
        prefix: &mut String,
        read: &Read<'_>,
    ) -> Result<(), GitError> {
        for (name, entry) in entries {
            let before = prefix.len();
            prefix.push_str(name);
            self.entry(*entry, name, prefix, read)?;
            prefix.truncate(before);
        }
        Ok(())
    }

    /// Collects a note, or those of a folder; `prefix` ends with `name`.
    fn entry(
        &mut self,
        (is_folder, oid): Entry,
        name: &str,
        prefix: &mut String,
        read: &Read<'_>,
    ) -> Result<(), GitError> {
        if is_folder {
            return self.folder(oid, prefix, read);
        }
        if let Ok(annotated) = prefix.parse() {
            self.notes.push((name.len(), annotated, oid));
        }
        Ok(())
    }

    /// Adds what was collected of folders that come later.
    fn append(&mut self, later: Self) -> Result<(), GitError> {
        self.notes.extend(later.notes);
        later.folders.into_iter().try_for_each(|folder| self.enter(folder))
    }

    /// What each note annotates, and its blob.
    fn plain(self) -> Vec<(Oid, Oid)> {
        self.notes.into_iter().map(|(_, annotated, blob)| (annotated, blob)).collect()
    }
}

impl Repository {
    /// What differs between the notes at two tips; folders that are the same are not looked into.
    pub(crate) fn changed_notes(&self, old: Oid, new: Oid) -> Result<ChangedNotes, GitError> {
        let (mut gone, mut come) = (Collected::default(), Collected::default());
        let (old, new) = (self.tree_of(old)?, self.tree_of(new)?);
        self.compare_notes(old, new, &mut String::new(), &mut gone, &mut come)?;
        Ok(ChangedNotes { gone: gone.plain(), new: come.plain() })
    }

    fn compare_notes(
        &self,
        old: Oid,
        new: Oid,
        prefix: &mut String,
        gone: &mut Collected,
        come: &mut Collected,
    ) -> Result<(), GitError> {
        if old == new {
            return Ok(());
        }
        let read: &Read<'_> = &|tree| self.notes_entries(tree);
        gone.enter(old)?;
        come.enter(new)?;
        let mut new: BTreeMap<String, Entry> = self.notes_entries(new)?.into_iter().collect();
        for (name, entry) in self.notes_entries(old)? {
            let other = new.remove(&name);
            if other == Some(entry) {
                continue;
            }
            let before = prefix.len();
            prefix.push_str(&name);
            match (entry, other) {
                ((true, old), Some((true, new))) => self.compare_notes(old, new, prefix, gone, come)?,
                (entry, other) => {
                    gone.entry(entry, &name, prefix, read)?;
                    other.map_or(Ok(()), |other| come.entry(other, &name, prefix, read))?;
                }
            }
            prefix.truncate(before);
        }
        for (name, entry) in new {
            let before = prefix.len();
            prefix.push_str(&name);
            come.entry(entry, &name, prefix, read)?;
            prefix.truncate(before);
        }
        Ok(())
    }

    /// Every note at a tip: the annotated object and the note's blob. Entries of the tree that are
    /// no notes are passed over, as git does.
    pub(crate) fn notes(&self, tip: Oid) -> Result<Vec<(Oid, Oid)>, GitError> {
        Ok(self.collect_notes(self.tree_of(tip)?)?.plain())
    }

    /// The same with the path of each.
    fn placed_notes(&self, tree: Oid) -> Result<Vec<Placed>, GitError> {
        Ok(self.collect_notes(tree)?.notes)
    }

    fn collect_notes(&self, tree: Oid) -> Result<Collected, GitError> {
        let entries = self.notes_entries(tree)?;
        let mut all = Collected::default();
        all.enter(tree)?;
        let here: &Read<'_> = &|tree| self.notes_entries(tree);
        if entries.len() < MANY {
            all.entries(&entries, &mut String::new(), here)?;
            return Ok(all);
        }
        let collect = |half: &[(String, Entry)], read: &Read<'_>| {
            let mut collected = Collected::default();
            collected.entries(half, &mut String::new(), read).map(|()| collected)
        };
        let (begin, end) = entries.split_at(entries.len() / 2);
        let parts = self.side_by_side([begin, end], |gix, half| {
            let find = |tree| gix.find_object(to_gix(tree)).map_err(|_| GitError::Missing { oid: tree });
            collect(half, &|tree| entries_of(tree, find(tree)?))
        })?;
        for (half, part) in [begin, end].into_iter().zip(parts) {
            // What a thread did not find a gc may have put elsewhere meanwhile: here that is looked into.
            all.append(part.or_else(|_| collect(half, here))?)?;
        }
        Ok(all)
    }

    fn notes_entries(&self, tree: Oid) -> Result<Vec<(String, Entry)>, GitError> {
        entries_of(tree, self.object(tree)?)
    }
}

/// The folders and files of a notes tree that may be or hold notes.
fn entries_of(tree: Oid, object: gix::Object<'_>) -> Result<Vec<(String, Entry)>, GitError> {
    let wrong = || GitError::WrongKind { oid: tree, wanted: "tree" };
    let object = object.try_into_tree().map_err(|_| wrong())?;
    let mut entries = Vec::new();
    for entry in object.iter() {
        let entry = entry.map_err(|_| wrong())?;
        let name = entry.filename();
        let is_folder = entry.mode().is_tree() && name.len() == 2;
        if name.iter().all(u8::is_ascii_hexdigit) && (is_folder || entry.mode().is_blob()) {
            entries.push((name.to_str_lossy().into_owned(), (is_folder, from_gix(entry.object_id()))));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    /// The notes that these files of a notes ref make.
    fn notes_in(repo: &TestRepo, files: &[String]) -> Result<Vec<(Oid, Oid)>, GitError> {
        let mut stream = String::from("commit refs/notes/many\ncommitter A <a@b> 1800000000 +0000\ndata 0\n");
        for (number, file) in files.iter().enumerate() {
            let text = number.to_string();
            stream.push_str(&format!("M 100644 inline {file}\ndata {}\n{text}\n", text.len()));
        }
        let git = repo.open().git().args(["fast-import", "--quiet", "--force"]);
        git.input(stream.into_bytes()).output().expect("git reads it");
        repo.open().notes(repo.git(["rev-parse", "refs/notes/many"]).parse().expect("an oid"))
    }

    /// One note in each of 256 folders, and one in a folder below.
    fn full() -> Vec<String> {
        let flat = |folder: u8| format!("{folder:02x}/{:038x}", usize::from(folder) + 7);
        (0..=255).map(flat).chain([format!("80/ab/{:036x}", 5)]).collect()
    }

    #[test]
    fn notes_of_very_many_folders_are_all_found_in_their_order() {
        let repo = TestRepo::new();
        let mut files = full();
        files.extend(["notes.txt".to_owned(), "zz/no-note".to_owned(), format!("{:040x}", 9)]);
        let found = notes_in(&repo, &files).expect("read");
        let listed = repo.git(["ls-tree", "-r", "--format=%(path) %(objectname)", "refs/notes/many"]);
        let listed = listed.lines().filter_map(|line| {
            let (path, blob) = line.split_once(' ')?;
            Some((path.replace('/', "").parse().ok()?, blob.parse().ok()?))
        });
        assert_eq!(found, listed.collect::<Vec<(Oid, Oid)>>());
        assert_eq!(found.len(), 258);
    }

    #[test]
    fn a_folder_that_is_named_again_far_away_is_refused() {
        let repo = TestRepo::new();
        notes_in(&repo, &full()).expect("read");
        let tree = repo.git(["ls-tree", "refs/notes/many"]);
        let first = tree.lines().next().expect("a folder").trim_end_matches("00").to_owned();
        let last = tree.lines().last().expect("a folder");
        let input = tree.replace(last, &format!("{first}ff"));
        let made = repo.open().git().args(["mktree"]).input(input.into_bytes()).text().expect("a tree");
        let commit = repo.git(["commit-tree", "-m", "twins", made.trim()]);
        let read = repo.open().notes(commit.parse().expect("an oid"));
        assert!(matches!(read, Err(GitError::Boundless { .. })), "{read:?}");
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let repo = TestRepo::new();
        notes_in(&repo, &full()).expect("read");
        let input = repo.git(["ls-tree", "refs/notes/many"]);
        let folder = repo.git(["rev-parse", "refs/notes/many:c0"]);
        let gone = "1".repeat(folder.len());
        let input = input.replace(&folder, &gone);
        let made = repo.open().git().args(["mktree", "--missing"]).input(input.into_bytes());
        let commit = repo.git(["commit-tree", "-m", "gone", made.text().expect("a tree").trim()]);
        let read = repo.open().notes(commit.parse().expect("an oid"));
        assert!(matches!(read, Err(GitError::Missing { oid }) if oid.to_string() == gone), "{read:?}");
    }
}
