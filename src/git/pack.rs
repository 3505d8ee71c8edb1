//! Packs: many new objects at once, or those that a gc at work must not take; durable, and left alone by
//! housekeeping before a ref names them.
//!
//! A file and a sync for each object is what makes thousands of loose ones slow. And git removes loose
//! objects that no ref names when they are two weeks old, with `git gc --prune=now` at once, also those
//! that a ref has come to name since it looked. It never removes a pack that has a `.keep` file, which
//! `git index-pack --keep` puts there first: that is how git's own fetch goes about it.
//!
//! Limit: only `git gc` says that it is at work (`gc.pid`); `git prune` and `git repack -a -d` by hand
//! do not.

use std::fs::File;
use std::path::Path;

use gix::objs::Data;
use gix::zlib::Compression;
use gix_pack::data::output::bytes::FromEntriesIter;
use gix_pack::data::output::{Count, Entry};

use super::error::GitError;
use super::leftovers::{KEPT, kept};
use super::repository::Repository;
use super::written::{Kept, NewObject};

/// Packs of theirs are durable when git ends, with their indexes.
const DURABLE: &str = "core.fsync=objects,derived-metadata";

impl Repository {
    /// Whether a gc is at work, or was killed.
    pub(super) fn is_collecting(&self) -> bool {
        self.common_dir().join("gc.pid").exists()
    }

    /// Writes these objects as one pack, durable when this returns. `None`: somebody else keeps it already.
    pub(super) fn write_pack(&self, objects: &[NewObject<'_>]) -> Result<Option<Kept>, GitError> {
        self.index_pack(self.packed(objects).map_err(GitError::gix("make a pack"))?)
    }

    /// Puts a pack where git looks for objects, durable when this returns.
    fn index_pack(&self, pack: Vec<u8>) -> Result<Option<Kept>, GitError> {
        let git = self.git().config(DURABLE).args(["index-pack", "--stdin"]);
        let dir = self.objects_dir().join("pack");
        let indexed = git.arg(format!("--keep={KEPT}")).input(pack).text();
        let indexed = indexed.inspect_err(|_| release_unfinished(&dir))?;
        File::open(&dir).and_then(|dir| dir.sync_all()).map_err(GitError::io("sync the folder", &dir))?;
        let (state, hash) = indexed.trim().split_once('\t').unwrap_or_default();
        Ok((state == "keep").then(|| Kept(dir.join(format!("pack-{hash}.keep")))))
    }

    /// The bytes of a pack of these objects.
    fn packed(&self, objects: &[NewObject<'_>]) -> gix::error::Result<Vec<u8>> {
        let hash = self.opened.hash;
        let entries = objects.iter().map(|object| {
            let data = Data::new(object.bytes, object.kind, hash);
            Ok(vec![Entry::from_data(&Count::from_data(object.id, None), &data, Compression::DEFAULT)?])
        });
        let number = u32::try_from(objects.len()).map_err(gix::error::Error::from_error)?;
        let version = gix_pack::data::Version::V2;
        let mut writing = FromEntriesIter::new(entries, Vec::new(), number, version, hash);
        writing.by_ref().try_for_each(|written| written.map(drop))?;
        Ok(writing.into_write())
    }
}

/// Removes the `.keep` files of ours whose packs never got an index: a gc with `--prune=now` takes away
/// what git is writing, and git leaves the file.
fn release_unfinished(dir: &Path) {
    let unfinished = kept(dir).filter(|keep| !keep.with_extension("idx").exists());
    unfinished.for_each(|keep| drop(std::fs::remove_file(keep)));
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::git::Writer;
    use crate::git::samples::TestRepo;
    use crate::model::oid::Oid;

    const MANY: usize = 300;

    /// So many blobs, not written yet.
    fn blobs(writer: &Writer<'_>, number: usize) -> Vec<Oid> {
        (0..number).map(|n| writer.blob(format!("blob {n}\n").as_bytes()).expect("held")).collect()
    }

    /// What is among the packs, with this ending.
    fn names(repo: &TestRepo, ending: &str) -> Vec<PathBuf> {
        let dir = std::fs::read_dir(repo.path().join(".git/objects/pack")).expect("a folder");
        let paths = dir.flatten().map(|it| it.path());
        paths.filter(|path| path.extension().is_some_and(|it| it == ending)).collect()
    }

    fn files(repo: &TestRepo, ending: &str) -> usize {
        names(repo, ending).len()
    }

    #[test]
    fn many_objects_become_one_pack_that_is_kept_until_the_writer_is_done() {
        let repo = TestRepo::new().commit("a", "1");
        let open = repo.open();
        let writer = Writer::new(&open);
        let blobs = blobs(&writer, MANY);
        assert_eq!(
            (files(&repo, "pack"), writer.read_blob(blobs[7]).expect("held")),
            (0, b"blob 7\n".to_vec())
        );
        writer.sync().expect("written");
        assert_eq!((files(&repo, "pack"), files(&repo, "keep")), (1, 1));
        repo.git(["gc", "-q", "--prune=now"]);
        repo.git(["repack", "-q", "-a", "-d"]);
        assert_eq!(repo.git(["cat-file", "blob", &blobs[299].to_string()]), "blob 299");
        assert_eq!(open.blob(blobs[299]).expect("read"), b"blob 299\n");
        drop(writer);
        assert_eq!(files(&repo, "keep"), 0);
        repo.git(["fsck", "--strict"]);
    }

    #[test]
    fn few_objects_stay_loose() {
        let repo = TestRepo::new().commit("a", "1");
        let open = repo.open();
        let writer = Writer::new(&open);
        let blobs = blobs(&writer, 3);
        assert!(open.blob(blobs[0]).is_err(), "nothing is written before it is synced");
        writer.sync().expect("written");
        assert_eq!((files(&repo, "pack"), open.blob(blobs[2]).expect("read")), (0, b"blob 2\n".to_vec()));
    }

    #[test]
    fn a_pack_that_gets_no_name_leaves_no_keep_file() {
        let elsewhere = TestRepo::new().commit("a", "1");
        let open = elsewhere.open();
        let writer = Writer::new(&open);
        blobs(&writer, MANY);
        writer.sync().expect("written");
        let pack = names(&elsewhere, "pack").remove(0);
        // The same objects make the same pack, and here something has its name: git writes the `.keep`
        // file first, and leaves it.
        let repo = TestRepo::new().commit("a", "1");
        let taken = repo.path().join(".git/objects/pack").join(pack.file_name().expect("a name"));
        std::fs::create_dir_all(taken.join("somebody's")).expect("made");
        let others = taken.with_file_name("pack-0000.keep");
        std::fs::write(&others, "somebody else's").expect("written");
        let open = repo.open();
        let writer = Writer::new(&open);
        blobs(&writer, MANY);
        let error = writer.sync().expect_err("no name for the pack").to_string();
        assert!(error.starts_with("git index-pack failed: "), "{error}");
        assert_eq!(names(&repo, "keep"), [others]);
        std::fs::remove_dir_all(&taken).expect("removed");
        writer.sync().expect("written");
        assert_eq!(names(&repo, "keep").len(), 2);
    }

    #[test]
    fn a_pack_that_git_can_not_write_is_an_error() {
        let repo = TestRepo::new().commit("a", "1");
        let open = repo.open();
        let writer = Writer::new(&open);
        blobs(&writer, MANY);
        std::fs::remove_dir_all(repo.path().join(".git/objects/pack")).expect("removed");
        std::fs::write(repo.path().join(".git/objects/pack"), "in the way").expect("written");
        let error = writer.sync().expect_err("no place for a pack").to_string();
        assert!(error.starts_with("git index-pack failed: "), "{error}");
    }
}
