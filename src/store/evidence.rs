//! The library without its catalog, for those who only ask what was learned: a catalog can be a thousand times as
//! large.
//!
//! `orchestrate/library` is derived: it holds the files that the joined library has without the catalog, for
//! the refs that it was read from. It is made by whoever finds it out of date, where there is a catalog.

use super::Store;
use super::derived::{Derived, section};
use super::error::StoreError;
use crate::model::library::{Library, Problem};

/// The file.
const LIBRARY: &str = "library";

impl Store<'_> {
    /// What [`library`](Self::library) tells, but for the catalog.
    pub(crate) fn evidence(&self) -> Result<(Library, Vec<Problem>), StoreError> {
        let tips = self.learning_tips()?;
        let tips: Vec<(&str, String)> = tips.iter().map(|(name, tip)| (&**name, tip.to_string())).collect();
        let key = section(&tips);
        if let Some(library) = self.evidence_of(&key) {
            return Ok((library, Vec::new()));
        }
        let (mut library, problems) = self.library()?;
        let cataloged = std::mem::take(&mut library.analyses);
        // What could not be read is read, and named, each time.
        if !cataloged.is_empty() && problems.is_empty() {
            let files: Vec<_> = library.files().into_iter().collect();
            let sections = [("tips", key), ("files", section(&files))];
            self.publish(LIBRARY, &Derived::of(sections.map(|(name, it)| (name.to_owned(), it)).into()));
        }
        Ok((library, problems))
    }

    fn evidence_of(&self, tips: &[u8]) -> Option<Library> {
        let file = self.derived(LIBRARY)?;
        if file.bytes("tips")? != tips {
            return None;
        }
        let files: Vec<(String, Vec<u8>)> = file.value("files")?;
        let (library, problems) = Library::from_files(files).ok()?;
        problems.is_empty().then_some(library)
    }
}
