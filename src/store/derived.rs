//! The form of derived files: named sections, of which any part can be read alone and is checked alone.
//!
//! Guarantee: what is read was written whole, by this very program. Anything else, a file that is torn, cut,
//! changed, older or somebody else's, reads as if it were not there: as a whole when it is opened, or
//! in the part that is asked for. It is published by a rename and may be deleted at any time; who has
//! it open goes on reading what it was. Who can't publish it goes on without.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::host::{age, file_time_ns};

/// What every derived file begins with; the number is the version of this form.
const MAGIC: &[u8] = b"orchestrate derived 1\n";
/// The program, because what is derived depends on how it reads and counts: `build.rs` hashes its source.
const PROGRAM: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("GIT_ORCHESTRATE_SOURCE"));
/// A longer table is none.
const LONGEST_TABLE: usize = 64 << 20;
/// Length of the checksum of the table, in bytes.
const SUM: usize = blake3::OUT_LEN;
/// What is checked alone, in bytes; the last one of a file may be shorter.
const BLOCK: u64 = 4096;
/// So many blocks are remembered.
const REMEMBERED: usize = 512;
/// A draft that is older was left by a killed process.
const ABANDONED: Duration = Duration::from_secs(3_600);

/// Where each section is, and what the blocks look like.
#[derive(Debug, Serialize, Deserialize)]
struct Table {
    program: String,
    sections: Vec<Section>,
    /// Of the blocks that the sections make up together.
    sums: Vec<[u8; 8]>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Section {
    name: String,
    /// From the end of the table.
    offset: u64,
    length: u64,
}

/// Sections: on disk, or not written yet.
#[derive(Debug)]
pub(crate) struct Derived(Form);

#[derive(Debug)]
enum Form {
    Fresh(Vec<(String, Vec<u8>)>),
    Kept(Kept),
}

/// A file, which stays readable when it is replaced or deleted.
#[derive(Debug)]
struct Kept {
    file: File,
    table: Table,
    /// The checksum of the table.
    sum: [u8; SUM],
    /// Where sections start.
    start: u64,
    /// From the first section to the end of the last one.
    length: u64,
    /// Blocks that were read and are good.
    blocks: RefCell<HashMap<u64, Rc<[u8]>>>,
}

/// The bytes of a section that holds one value.
pub(crate) fn section<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("sections are plain values of known length")
}

impl Derived {
    /// These sections.
    pub(crate) fn of(sections: Vec<(String, Vec<u8>)>) -> Self {
        Self(Form::Fresh(sections))
    }

    /// Opens the file at `path` if there is one that this program wrote.
    pub(super) fn open(path: &Path) -> Option<Self> {
        Kept::open(path).map(Form::Kept).map(Self)
    }

    /// A part of a section; `None` where it has no such part, or not an intact one.
    pub(crate) fn part(&self, name: &str, range: Range<u64>) -> Option<Vec<u8>> {
        match &self.0 {
            Form::Fresh(sections) => {
                let (_, bytes) = sections.iter().find(|(section, _)| section == name)?;
                let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
                bytes.get(start..end).map(<[u8]>::to_vec)
            }
            Form::Kept(kept) => {
                let section = kept.section(name)?;
                let inside = range.start <= range.end && range.end <= section.length;
                inside.then(|| kept.read(section.offset + range.start..section.offset + range.end))?
            }
        }
    }

    /// The bytes of a section.
    pub(crate) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        match &self.0 {
            Form::Fresh(sections) => {
                sections.iter().find(|(section, _)| section == name).map(|(_, bytes)| bytes.clone())
            }
            Form::Kept(kept) => self.part(name, 0..kept.section(name)?.length),
        }
    }

    /// The value of a section.
    pub(crate) fn value<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        postcard::from_bytes(&self.bytes(name)?).ok()
    }

    /// Equal where all sections are.
    pub(crate) fn fingerprint(&self) -> [u8; SUM] {
        match &self.0 {
            Form::Fresh(sections) => *blake3::hash(&section(&Table::of(sections))).as_bytes(),
            Form::Kept(kept) => kept.sum,
        }
    }

    /// Writes what is not written yet.
    pub(super) fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Form::Fresh(sections) = &self.0 else { return Ok(()) };
        let table = section(&Table::of(sections));
        out.write_all(MAGIC)?;
        out.write_all(&(table.len() as u64).to_le_bytes())?;
        out.write_all(blake3::hash(&table).as_bytes())?;
        out.write_all(&table)?;
        sections.iter().try_for_each(|(_, bytes)| out.write_all(bytes))
    }
}

impl Table {
    fn of(sections: &[(String, Vec<u8>)]) -> Self {
        let mut table = Self { program: PROGRAM.to_owned(), sections: Vec::new(), sums: sums(sections) };
        let mut offset = 0;
        for (name, bytes) in sections {
            let length = bytes.len() as u64;
            table.sections.push(Section { name: name.clone(), offset, length });
            offset += length;
        }
        table
    }
}

impl Kept {
    fn open(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let mut head = [0; MAGIC.len() + 8 + SUM];
        file.read_exact_at(&mut head, 0).ok()?;
        let (magic, rest) = head.split_at(MAGIC.len());
        let (size, sum) = rest.split_first_chunk::<8>()?;
        let sum: [u8; SUM] = sum.try_into().ok()?;
        let size = usize::try_from(u64::from_le_bytes(*size)).ok()?;
        if magic != MAGIC || size > LONGEST_TABLE {
            return None;
        }
        let mut table = vec![0; size];
        file.read_exact_at(&mut table, head.len() as u64).ok()?;
        if *blake3::hash(&table).as_bytes() != sum {
            return None;
        }
        let table: Table = postcard::from_bytes(&table).ok()?;
        let start = (head.len() + size) as u64;
        let length = table.sections.last().map_or(0, |last| last.offset + last.length);
        // What this program wrote and nobody tore: the length alone tells that the end is there.
        let whole = table.program == PROGRAM
            && file.metadata().ok()?.len() == start + length
            && table.sums.len() as u64 == length.div_ceil(BLOCK);
        whole.then(|| Self { file, table, sum, start, length, blocks: RefCell::default() })
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.table.sections.iter().find(|section| section.name == name)
    }

    /// What lies in `range`, counted from the first section.
    fn read(&self, range: Range<u64>) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(range.end - range.start).ok()?);
        let (first, behind) = (range.start / BLOCK, range.end.div_ceil(BLOCK));
        let inside = |number: u64, block: &[u8]| {
            let start = number * BLOCK;
            let from = range.start.max(start) - start;
            let to = (range.end - start).min(block.len() as u64);
            Some(block.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)?.to_vec())
        };
        if behind - first <= 2 {
            for number in first..behind {
                bytes.extend(inside(number, &self.block(number)?)?);
            }
            return Some(bytes);
        }
        let mut whole = vec![0; usize::try_from((behind * BLOCK).min(self.length) - first * BLOCK).ok()?];
        self.file.read_exact_at(&mut whole, self.start + first * BLOCK).ok()?;
        for (number, block) in (first..).zip(whole.chunks(BLOCK as usize)) {
            if *self.table.sums.get(usize::try_from(number).ok()?)? != sum(block) {
                return None;
            }
        }
        let from = usize::try_from(range.start - first * BLOCK).ok()?;
        let to = usize::try_from(range.end - first * BLOCK).ok()?;
        whole.truncate(to);
        whole.drain(..from);
        Some(whole)
    }

    fn block(&self, number: u64) -> Option<Rc<[u8]>> {
        if let Some(block) = self.blocks.borrow().get(&number) {
            return Some(Rc::clone(block));
        }
        let start = number * BLOCK;
        let mut block = vec![0; usize::try_from(self.length.checked_sub(start)?.min(BLOCK)).ok()?];
        self.file.read_exact_at(&mut block, self.start + start).ok()?;
        if *self.table.sums.get(usize::try_from(number).ok()?)? != sum(&block) {
            return None;
        }
        let block: Rc<[u8]> = block.into();
        let mut blocks = self.blocks.borrow_mut();
        if blocks.len() == REMEMBERED {
            blocks.clear();
        }
        blocks.insert(number, Rc::clone(&block));
        Some(block)
    }
}

/// The checksum of a block.
fn sum(block: &[u8]) -> [u8; 8] {
    let mut sum = [0; 8];
    blake3::Hasher::new().update(block).finalize_xof().fill(&mut sum);
    sum
}

/// The checksums of the blocks that these sections make up together.
fn sums(sections: &[(String, Vec<u8>)]) -> Vec<[u8; 8]> {
    let mut sums = Vec::new();
    let mut begun: Vec<u8> = Vec::new();
    for (_, bytes) in sections {
        let (end, rest) = bytes.split_at(bytes.len().min((BLOCK as usize - begun.len()) % BLOCK as usize));
        begun.extend(end);
        if begun.len() as u64 == BLOCK {
            sums.push(sum(&begun));
            begun.clear();
        }
        if begun.is_empty() {
            let mut blocks = rest.chunks_exact(BLOCK as usize);
            sums.extend(blocks.by_ref().map(sum));
            begun.extend(blocks.remainder());
        }
    }
    if !begun.is_empty() {
        sums.push(sum(&begun));
    }
    sums
}

impl Store<'_> {
    /// The derived file of this name, if there is one that this program wrote.
    pub(crate) fn derived(&self, name: &str) -> Option<Derived> {
        Derived::open(&self.repo.own_dir().join(name))
    }

    /// Publishes a derived file under this name, if that is possible.
    pub(crate) fn publish(&self, name: &str, derived: &Derived) {
        let own_dir = self.repo.own_dir();
        drop(std::fs::create_dir_all(&own_dir));
        // Neither clock nor randomness of the host: whether something is published leaves them as they are.
        let draft = own_dir.join(format!("{name}.{}-{}", file_time_ns(), std::process::id()));
        // No fsync: what a crash tears has the wrong checksum.
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&draft)
            .and_then(|mut file| derived.write(&mut file))
            .and_then(|()| std::fs::rename(&draft, own_dir.join(name)));
        if written.is_err() {
            drop(std::fs::remove_file(&draft));
        }
        remove_abandoned(&own_dir, name);
    }
}

/// Removes drafts that killed processes left.
fn remove_abandoned(own_dir: &Path, name: &str) {
    for entry in std::fs::read_dir(own_dir).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let draft =
            file.to_str().and_then(|file| file.strip_prefix(name)).is_some_and(|it| it.starts_with('.'));
        if draft && entry.metadata().is_ok_and(|metadata| age(&metadata) > ABANDONED) {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sections around the sizes of blocks.
    fn sample() -> Vec<(String, Vec<u8>)> {
        let bytes = |length: usize, seed: usize| (0..length).map(|n| (n * seed % 251) as u8).collect();
        let sizes = [("a", 300), ("b", 0), ("c", 3_796), ("d", 4_096), ("e", 13_000), ("f", 5)];
        (3..).zip(sizes).map(|(seed, (name, length))| (name.to_owned(), bytes(length, seed))).collect()
    }

    fn written(sections: Vec<(String, Vec<u8>)>) -> Vec<u8> {
        let mut bytes = Vec::new();
        Derived::of(sections).write(&mut bytes).expect("memory takes everything");
        bytes
    }

    fn opened(bytes: &[u8]) -> Option<Derived> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(dir.path().join("file"), bytes).expect("written");
        Derived::open(&dir.path().join("file"))
    }

    #[test]
    fn sections_and_values_read_back() {
        let mut sections = sample();
        sections.push(("value".to_owned(), section(&("text", 7_u32))));
        let fresh = Derived::of(sections.clone());
        let kept = opened(&written(sections.clone())).expect("ours");
        for (name, bytes) in &sections {
            assert_eq!(fresh.bytes(name).as_ref(), Some(bytes), "{name}");
            assert_eq!(kept.bytes(name).as_ref(), Some(bytes), "{name}");
        }
        assert_eq!(kept.fingerprint(), fresh.fingerprint());
        assert_ne!(kept.fingerprint(), Derived::of(sample()).fingerprint());
        assert_eq!(kept.value("value"), Some(("text".to_owned(), 7_u32)));
        assert_eq!(kept.bytes("none"), None);
        assert!(opened(&written(Vec::new())).is_some());
    }

    #[test]
    fn a_file_that_was_cut_or_whose_table_was_changed_is_none() {
        let good = written(sample());
        let table = good.len() - sample().iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        for at in 0..table {
            let mut flipped = good.clone();
            flipped[at] ^= 0x10;
            assert!(opened(&flipped).is_none(), "byte {at} flipped");
        }
        for length in (0..good.len()).step_by(97) {
            assert!(opened(&good[..length]).is_none(), "cut at byte {length}");
        }
        assert!(opened(&[&good[..], b"more"].concat()).is_none());
    }

    #[test]
    fn a_file_of_another_version_of_the_program_is_none() {
        let table = Table { program: "0.0.0".to_owned(), sections: Vec::new(), sums: Vec::new() };
        let table = section(&table);
        let mut file = MAGIC.to_vec();
        file.extend((table.len() as u64).to_le_bytes());
        file.extend(blake3::hash(&table).as_bytes());
        file.extend(table);
        assert!(opened(&file).is_none());
    }

    proptest! {
        #[test]
        fn a_part_is_what_was_written_or_nothing(
            damage in prop::collection::vec((0..21_197_usize, 1..=255_u8), 0..4),
            asked in prop::collection::vec((0..6_usize, 0..14_000_u64, 0..14_000_u64), 1..20),
        ) {
            let sections = sample();
            let mut bytes = written(sections.clone());
            let start = bytes.len() - 21_197;
            damage.iter().for_each(|(at, flip)| bytes[start + at] ^= flip);
            let kept = opened(&bytes).expect("its table is whole");
            for (number, from, to) in asked {
                let (name, section) = &sections[number];
                let range = usize::try_from(from).expect("small")..usize::try_from(to).expect("small");
                let there = section.get(range).map(<[u8]>::to_vec);
                let told = kept.part(name, from..to);
                prop_assert!(told.is_none() || told == there);
                prop_assert!(!damage.is_empty() || told == there);
                prop_assert_eq!(Derived::of(sections.clone()).part(name, from..to), there);
            }
        }
    }
}
