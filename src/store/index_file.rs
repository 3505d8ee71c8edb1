//! The file form of the index: named sections, each with a checksum of its own, so that who needs one
//! reads one.
//!
//! Guarantee: what is read was written whole, by this version of the program. Anything else, a file that
//! is torn, cut, changed, older or somebody else's, reads as if it were not there.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What every index begins with; the number is the version of this form and of what sections hold.
const MAGIC: &[u8] = b"orchestrate index 1\n";
/// The program, because what is derived depends on how it counts.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// A longer table is none.
const LONGEST_TABLE: usize = 1 << 16;
/// Length of a checksum, in bytes.
const SUM: usize = blake3::OUT_LEN;

/// Where each section is.
#[derive(Debug, Serialize, Deserialize)]
struct Table {
    program: String,
    sections: Vec<Section>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Section {
    name: String,
    /// From the end of the table.
    offset: u64,
    length: u64,
    sum: [u8; SUM],
}

/// An index on disk. It stays readable when its file is replaced or deleted.
#[derive(Debug)]
pub(super) struct IndexFile {
    file: File,
    table: Table,
    /// Where sections start.
    start: u64,
}

/// The bytes of a file with these sections.
pub(super) fn encode(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut table = Table { program: PROGRAM.to_owned(), sections: Vec::new() };
    let mut offset = 0;
    for (name, bytes) in sections {
        let length = bytes.len() as u64;
        let sum = *blake3::hash(bytes).as_bytes();
        table.sections.push(Section { name: (*name).to_owned(), offset, length, sum });
        offset += length;
    }
    let table = section(&table);
    let mut file = MAGIC.to_vec();
    file.extend((table.len() as u64).to_le_bytes());
    file.extend(blake3::hash(&table).as_bytes());
    file.extend(table);
    sections.iter().for_each(|(_, bytes)| file.extend(bytes));
    file
}

/// The bytes of a section that holds one value.
pub(super) fn section<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("sections are plain values of known length")
}

impl IndexFile {
    /// Opens the index at `path` if there is one that this version wrote.
    pub(super) fn open(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let mut head = [0; MAGIC.len() + 8 + SUM];
        file.read_exact_at(&mut head, 0).ok()?;
        let (magic, rest) = head.split_at(MAGIC.len());
        let (length, sum) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        if magic != MAGIC || length > LONGEST_TABLE {
            return None;
        }
        let table = checked(&file, head.len() as u64, length, sum)?;
        let table: Table = postcard::from_bytes(&table).ok()?;
        let start = (head.len() + length) as u64;
        (table.program == PROGRAM).then_some(Self { file, table, start })
    }

    /// The bytes of a section.
    pub(super) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let section = self.table.sections.iter().find(|section| section.name == name)?;
        let length = usize::try_from(section.length).ok()?;
        checked(&self.file, self.start + section.offset, length, &section.sum)
    }

    /// The value of a section.
    pub(super) fn value<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        postcard::from_bytes(&self.bytes(name)?).ok()
    }
}

/// A part of a file, if it has this checksum.
fn checked(file: &File, offset: u64, length: usize, sum: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset).ok()?;
    (blake3::hash(&bytes).as_bytes() == sum).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<(Vec<u8>, String)> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("index");
        std::fs::write(&path, bytes).expect("written");
        let file = IndexFile::open(&path)?;
        Some((file.bytes("one")?, file.value("two")?))
    }

    fn sample() -> Vec<u8> {
        encode(&[("one", vec![7; 300]), ("two", section(&"text"))])
    }

    #[test]
    fn sections_read_back() {
        assert_eq!(read(&sample()), Some((vec![7; 300], "text".to_owned())));
    }

    #[test]
    fn a_file_with_any_byte_changed_or_any_tail_missing_is_none() {
        let good = sample();
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 0x10;
            assert_eq!(read(&flipped), None, "byte {at} flipped");
            assert_eq!(read(&good[..at]), None, "cut at byte {at}");
        }
        assert_eq!(read(b"not an index at all, but long enough to have been one, if it had wanted to"), None);
    }

    #[test]
    fn an_index_of_another_version_of_the_program_is_none() {
        let table = Table { program: "0.0.0".to_owned(), sections: Vec::new() };
        let table = section(&table);
        let mut file = MAGIC.to_vec();
        file.extend((table.len() as u64).to_le_bytes());
        file.extend(blake3::hash(&table).as_bytes());
        file.extend(table);
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(dir.path().join("index"), file).expect("written");
        assert!(IndexFile::open(&dir.path().join("index")).is_none());
    }
}
