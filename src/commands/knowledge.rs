//! What is known here: the catalog of all marketplaces, and the library with what is not merged yet.

use std::path::Path;

use super::Context;
use super::stocks::Stocks;
use crate::model::component::Card;
use crate::model::library::{Library, Problem};
use crate::model::record::Execution;
use crate::model::recount::{executions, recount};
use crate::store::{Reading, Store};
use crate::ui::Failure;

/// What plans are made from.
pub(super) struct Knowledge<'a> {
    pub(super) stocks: Stocks<'a>,
    pub(super) library: Library,
    pub(super) executions: Vec<Execution>,
}

impl<'a> Knowledge<'a> {
    /// Reads marketplaces, notes and learning. What can't be read is named and passed over.
    pub(super) fn read(cx: &'a Context, store: &'a Store<'a>) -> Result<Self, Failure> {
        let stocks = Stocks::open(cx, store)?;
        let noted = store.noted()?;
        super::log::warn_of_bad_lines(cx, &noted.bad);
        let committed = committed(cx, store)?;
        let mut library = committed.clone();
        library.join(&recount(&noted.records, &committed));
        Ok(Self { stocks, library, executions: executions(&noted.records) })
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

/// The library as it is committed, without its catalog. What can't be read is named and passed over.
fn committed(cx: &Context, store: &Store<'_>) -> Result<Library, Failure> {
    let (committed, problems) = store.evidence()?;
    name(cx, &problems);
    Ok(committed)
}

/// The library as it is committed, with its catalog. What can't be read is named and passed over.
pub(super) fn cataloged(cx: &Context, store: &Store<'_>) -> Result<Library, Failure> {
    let (cataloged, problems) = store.library()?;
    name(cx, &problems);
    Ok(cataloged)
}

fn name(cx: &Context, problems: &[Problem]) {
    for problem in problems {
        cx.ui.warn(format!("{} could not be read and is passed over: {}", problem.path, problem.reason));
    }
}

/// The library without its catalog: merged, open, and recorded but not committed yet.
pub(super) fn library(cx: &Context, store: &Store<'_>) -> Result<Library, Failure> {
    Ok(memory(cx, store)?.library)
}

/// Components with a contract whose content nobody approved here: the starter is part of the
/// program, everything else is somebody's code.
pub(super) fn unapproved<'c>(
    store: &Store<'_>,
    components: impl IntoIterator<Item = &'c Card>,
) -> Vec<&'c Card> {
    let own = store.repo.own_dir().join("starter");
    let approved = |component: &Card| {
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
