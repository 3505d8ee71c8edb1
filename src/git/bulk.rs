//! Reading many blobs: side by side, and in the order in which their packs hold them, so that what a
//! delta builds on was read just before.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gix::odb::pack::index::File;

use super::error::GitError;
use super::objects::{blob_of, to_gix};
use super::opening::remembering;
use super::repository::Repository;
use crate::model::oid::Oid;

/// Fewer blobs are read one after the other: a thread costs more than it saves.
const MANY: usize = 1_000;
/// How many blobs a thread takes at a time: long runs, so that it has itself read what they build on.
const SHARE: usize = 2_048;

impl Repository {
    /// What `read` gathers from all blobs, each given by its place in `blobs`: in parts, in no order.
    pub(crate) fn read_blobs<T: Default + Send>(
        &self,
        blobs: &[Oid],
        threads: usize,
        read: impl Fn(&mut T, usize, Result<&[u8], GitError>) + Sync,
    ) -> Vec<T> {
        let read_here = |places: &[usize]| {
            let mut part = T::default();
            for &place in places {
                match self.blob(blobs[place]) {
                    Ok(text) => read(&mut part, place, Ok(&text)),
                    Err(error) => read(&mut part, place, Err(error)),
                }
            }
            part
        };
        // What a remote has promised only this thread can ask for.
        let Some(gix) = self.gix().ok().filter(|_| blobs.len() >= MANY && !self.has_promisor) else {
            return vec![read_here(&(0..blobs.len()).collect::<Vec<_>>())];
        };
        let (order, next) = (self.pack_order(blobs), AtomicUsize::new(0));
        let shared = gix.clone().into_sync();
        let work = || {
            let gix = remembering(shared.to_thread_local());
            let (mut parts, mut missed) = (Vec::new(), Vec::new());
            while let Some(places) = order.chunks(SHARE).nth(next.fetch_add(1, Ordering::Relaxed)) {
                let mut part = T::default();
                for &place in places {
                    if blob_of(&gix, blobs[place], |text| read(&mut part, place, Ok(text))).is_err() {
                        missed.push(place);
                    }
                }
                parts.push(part);
            }
            (parts, missed)
        };
        let (mut parts, mut missed) = (Vec::new(), Vec::new());
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                let (of_one, missed_by_one) = worker.join().expect("reading blobs does not panic");
                parts.extend(of_one);
                missed.extend(missed_by_one);
            }
        });
        // What a thread did not find a gc may have put elsewhere meanwhile: here that is looked into.
        parts.push(read_here(&missed));
        parts
    }

    /// What `work` makes of two halves, side by side, each with a repository of its own, in which nothing is
    /// that a remote has only promised.
    pub(super) fn side_by_side<H: Send, T: Send>(
        &self,
        [begin, end]: [H; 2],
        work: impl Fn(&gix::Repository, H) -> T + Sync,
    ) -> Result<[T; 2], GitError> {
        let shared = self.gix()?.clone().into_sync();
        let work = |half| work(&remembering(shared.to_thread_local()), half);
        Ok(thread::scope(|scope| {
            let begin = scope.spawn(|| work(begin));
            let end = work(end);
            [begin.join().expect("reading objects does not panic"), end]
        }))
    }

    /// The places of `blobs`, sorted by where packs hold them. What no pack of this repository has, loose
    /// and borrowed objects, comes last.
    fn pack_order(&self, blobs: &[Oid]) -> Vec<usize> {
        let folder = self.objects_dir().join("pack");
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "idx"));
        let packs: Vec<File> =
            paths.iter().filter_map(|path| File::at(path, self.opened.hash).ok()).collect();
        let offset = |blob: Oid| {
            let in_pack = |pack: &File| pack.lookup(to_gix(blob)).map(|at| pack.pack_offset_at_index(at));
            packs.iter().enumerate().find_map(|(number, pack)| Some((number, in_pack(pack)?)))
        };
        let mut order: Vec<usize> = (0..blobs.len()).collect();
        order.sort_by_cached_key(|place| offset(blobs[*place]).unwrap_or((usize::MAX, 0)));
        order
    }
}
