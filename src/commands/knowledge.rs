//! What is known here: the catalog of all marketplaces, and the library with what is not merged yet.

use std::path::Path;

use super::{Context, origin};
use crate::marketplace::listing::Listing;
use crate::model::component::{Catalog, Component};
use crate::model::library::Library;
use crate::model::record::Execution;
use crate::model::recount::{executions, recount};
use crate::store::{Reading, Store};
use crate::ui::{Failure, exit, quoted};

/// What plans are made from.
pub(super) struct Knowledge {
    pub(super) catalog: Catalog,
    pub(super) library: Library,
    pub(super) executions: Vec<Execution>,
}

impl Knowledge {
    /// Reads marketplaces, notes and learning. What can't be read is named and passed over.
    pub(super) fn read(cx: &Context, store: &Store<'_>) -> Result<Self, Failure> {
        let catalog = catalog(cx, store)?;
        let noted = store.noted()?;
        super::log::warn_of_bad_lines(cx, &noted.bad);
        let committed = committed(cx, store)?;
        let mut library = committed.clone();
        library.join(&recount(&noted.records, &committed));
        Ok(Self { catalog, library, executions: executions(&noted.records) })
    }
}

/// What notes and learning say.
pub(super) struct Memory<'s> {
    pub(super) reading: Reading<'s>,
    /// The library as it is committed: merged and open.
    pub(super) committed: Library,
    /// The same with what was recorded and is not committed yet.
    pub(super) library: Library,
}

/// Reads notes and learning. What can't be read of the learning is named and passed over.
pub(super) fn memory<'s>(cx: &Context, store: &'s Store<'_>) -> Result<Memory<'s>, Failure> {
    let committed = committed(cx, store)?;
    let reading = store.reading(Some(&committed.epoch))?;
    let mut library = committed.clone();
    library.join(&reading.recount(&committed)?);
    Ok(Memory { reading, committed, library })
}

/// The library as it is committed. What can't be read is named and passed over.
fn committed(cx: &Context, store: &Store<'_>) -> Result<Library, Failure> {
    let (committed, problems) = store.library()?;
    for problem in &problems {
        cx.ui.warn(format!("{} could not be read and is passed over: {}", problem.path, problem.reason));
    }
    Ok(committed)
}

/// The library: merged, open, and recorded but not committed yet.
pub(super) fn library(cx: &Context, store: &Store<'_>) -> Result<Library, Failure> {
    Ok(memory(cx, store)?.library)
}

/// Every component of every known marketplace.
pub(super) fn catalog(cx: &Context, store: &Store<'_>) -> Result<Catalog, Failure> {
    Ok(listings(cx, store)?.into_iter().flat_map(|listing| listing.components).collect())
}

/// Every known marketplace as it is on disk now; one that is gone is named and passed over.
pub(super) fn listings(cx: &Context, store: &Store<'_>) -> Result<Vec<Listing>, Failure> {
    let mut listings = Vec::new();
    for (name, source) in &store.settings.marketplaces {
        let pin = store.settings.pins.get(name).copied();
        match origin::listing(store.repo, Some(name), source, pin) {
            Ok(listing) => listings.push(listing),
            Err(failure) if failure.code == exit::REPOSITORY => return Err(failure),
            Err(failure) => {
                let forget = format!("`git orchestrate marketplace remove {}` forgets it", quoted(name));
                cx.ui.warn(format!("{name} is passed over: {}; {forget}", failure.message));
                failure.hints.iter().for_each(|hint| cx.ui.hint(hint));
            }
        }
    }
    Ok(listings)
}

/// Components with a contract whose content nobody approved here: the starter is part of the
/// program, everything else is somebody's code.
pub(super) fn unapproved<'c>(
    store: &Store<'_>,
    components: impl IntoIterator<Item = &'c Component>,
) -> Vec<&'c Component> {
    let own = store.repo.own_dir().join("starter");
    let approved = |component: &Component| {
        is_below(&component.folder, &own) || store.settings.approved.contains(&component.content)
    };
    components.into_iter().filter(|component| component.contract.is_some() && !approved(component)).collect()
}

fn is_below(folder: &Path, own: &Path) -> bool {
    match (folder.canonicalize(), own.canonicalize()) {
        (Ok(folder), Ok(own)) => folder.starts_with(own),
        _ => false,
    }
}
