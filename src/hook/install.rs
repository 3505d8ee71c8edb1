//! Puts the hooks in: into configuration, or as blocks into files of the hooks folder.
//!
//! Only files within this clone's own git folder are written, whole and atomically; nothing is moved,
//! renamed or overwritten, and `core.hooksPath` is never set. What can't be done is refused, event by
//! event.

use std::path::PathBuf;

use super::block::{self, Rest, Unclosed};
use super::configured::{self, Method};
use super::error::HookError;
use super::event::Event;
use super::folder::{Folder, Owner};
use super::place::{self, Kind, Place};
use super::receipt::Receipt;
use super::script::{Script, generator};
use super::uninstall::{cut_strays, has_blocks, own_config, uninstall};
use super::wiring;
use crate::git::Repository;

/// What became of the hook of one event.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) event: Event,
    pub(crate) method: Method,
    /// The file that holds it, or would have to.
    pub(crate) file: PathBuf,
    pub(crate) change: Change,
    /// The tool that writes this file anew at its own install.
    pub(crate) generator: Option<&'static str>,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It was made.
    Made,
    /// It got our part.
    Added,
    /// Our part in it was of another version, or not where it has to be.
    Updated,
    /// It was as it has to be.
    Kept,
    /// Nothing: not without a person.
    Refused(Refusal),
}

/// Why a hook file is left alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("core.hooksPath leads to files of the project")]
    Project,
    #[error("core.hooksPath ({scope}) leads to a folder outside this repository")]
    Others { scope: String },
    #[error("core.hooksPath ({scope}) is no folder: it turns hooks off")]
    Off { scope: String },
    #[error("the hooks folder is a link to another place")]
    FolderLink,
    #[error("the hook is a link to another file")]
    Link,
    #[error("the hook is no file")]
    NoFile,
    #[error("the hook is no text")]
    Binary,
    #[error("the hook is not a shell script: {interpreter} runs it")]
    Foreign { interpreter: String },
    #[error("the first line of the hook ends in a carriage return, so nothing can start it")]
    CarriageReturn,
    #[error("the hook is not executable, so git ignores it")]
    NotExecutable,
    #[error("a block of ours in the hook starts or ends twice: it was edited")]
    Unclosed,
}

impl From<Unclosed> for Refusal {
    fn from(_: Unclosed) -> Self {
        Self::Unclosed
    }
}

/// Installs the hook of every event. What is there by the other method is taken out first.
pub(crate) fn install(repo: &Repository, method: Method) -> Result<Vec<Installed>, HookError> {
    let other_method = match method {
        Method::Config => has_blocks(repo)?,
        Method::Block => own_config(repo)?.is_some_and(|it| block::find(&it.content) != Ok(Vec::new())),
    };
    if other_method {
        uninstall(repo)?;
    }
    let installed = match method {
        Method::Config => into_config(repo)?,
        Method::Block => into_folder(repo)?,
    };
    let is_in = |it: &Installed| it.event == Event::PostRewrite && !matches!(it.change, Change::Refused(_));
    if installed.iter().any(is_in) {
        wiring::take_rewrite_ref(repo)?;
    }
    if installed.iter().any(|it| !matches!(it.change, Change::Refused(_))) {
        wiring::follow_remotes(repo)?;
    }
    Ok(installed)
}

fn into_config(repo: &Repository) -> Result<Vec<Installed>, HookError> {
    let lock = repo.lock()?;
    let file = repo.own_dir().join("config");
    let lines = configured::sections();
    let change = match own_config(repo)? {
        None => place::write_file(&file, &block::file_of(&lines)).map(|()| Change::Made)?,
        Some(place) => match changed_config(&place.content, &lines) {
            Err(refusal) => Change::Refused(refusal),
            Ok(content) if content == place.content => Change::Kept,
            Ok(content) => {
                place.replace(&content)?;
                if block::find(&place.content) == Ok(Vec::new()) { Change::Added } else { Change::Updated }
            }
        },
    };
    drop(lock);
    if !matches!(change, Change::Refused(_)) {
        wiring::include(repo)?;
    }
    let installed = |event| Installed {
        event,
        method: Method::Config,
        file: file.clone(),
        change: change.clone(),
        generator: None,
    };
    Ok(Event::ALL.into_iter().map(installed).collect())
}

fn changed_config(content: &[u8], lines: &str) -> Result<Vec<u8>, Refusal> {
    Ok(match block::cut(content)? {
        Rest::Nothing => block::file_of(lines),
        Rest::Bytes(rest) => block::insert(&rest, rest.len(), lines),
    })
}

fn into_folder(repo: &Repository) -> Result<Vec<Installed>, HookError> {
    let folder = Folder::of(repo)?;
    let _lock = repo.lock()?;
    if folder.owner == Owner::Clone && !folder.path.is_dir() {
        std::fs::create_dir_all(&folder.path).map_err(HookError::io("make", &folder.path))?;
        Receipt::change(repo, |receipt| receipt.made_folder(repo, &folder.path))?;
    }
    let mut all = Vec::new();
    if folder.owner == Owner::Clone {
        cut_strays(repo, &folder)?;
    }
    for event in Event::ALL {
        let installed = match foreign_folder(&folder) {
            Some(refusal) => by_hand(&folder, event, refusal)?,
            None => into_file(folder.file(event), event)?,
        };
        all.push(installed);
    }
    if folder.owner == Owner::Clone {
        Receipt::change(repo, |receipt| {
            for it in all.iter().filter(|it| !matches!(it.change, Change::Refused(_))) {
                receipt.has_block(repo, it.event, &it.file);
            }
        })?;
    }
    Ok(all)
}

fn foreign_folder(folder: &Folder) -> Option<Refusal> {
    match (folder.owner, &folder.scope) {
        (Owner::Clone, _) => None,
        (_, None) => Some(Refusal::FolderLink),
        (_, Some(scope)) if folder.is_off() => Some(Refusal::Off { scope: scope.clone() }),
        (Owner::Project, Some(_)) => Some(Refusal::Project),
        (Owner::Others, Some(scope)) => Some(Refusal::Others { scope: scope.clone() }),
    }
}

/// Where a person has to add the lines: whether they already did.
fn by_hand(folder: &Folder, event: Event, refusal: Refusal) -> Result<Installed, HookError> {
    let file = folder.edited_file(event);
    let held = Place::read(&file)?;
    let done = held.is_some_and(|it| {
        block::calls(&it.content, event) || block::find(&it.content).is_ok_and(|blocks| !blocks.is_empty())
    });
    let change = if done { Change::Kept } else { Change::Refused(refusal) };
    Ok(Installed { event, method: Method::Block, file, change, generator: None })
}

fn into_file(file: PathBuf, event: Event) -> Result<Installed, HookError> {
    let held = Place::read(&file)?;
    let generator = held.as_ref().and_then(|place| generator(&place.content));
    let change = match held {
        None => place::make_program(&file, &block::file(event)).map(|()| Change::Made)?,
        Some(place) => match with_block(&place, event) {
            Err(refusal) => Change::Refused(refusal),
            Ok(content) if content == place.content => Change::Kept,
            Ok(content) => {
                place.replace(&content)?;
                if block::find(&place.content) == Ok(Vec::new()) { Change::Added } else { Change::Updated }
            }
        },
    };
    Ok(Installed { event, method: Method::Block, file, change, generator })
}

/// The content of a hook with our block first, and nowhere else; as it is where it calls us already.
fn with_block(place: &Place, event: Event) -> Result<Vec<u8>, Refusal> {
    if block::calls(&place.content, event) {
        return Ok(place.content.clone());
    }
    match place.kind {
        Kind::File => {}
        Kind::Link => return Err(Refusal::Link),
        Kind::Other => return Err(Refusal::NoFile),
    }
    let rest = block::cut(&place.content)?;
    let content = match &rest {
        Rest::Nothing => block::file(event),
        Rest::Bytes(rest) => match Script::of(rest) {
            Script::Shell { body } => block::insert(rest, body, block::script(event)),
            Script::Foreign { interpreter } => return Err(Refusal::Foreign { interpreter }),
            Script::CarriageReturn => return Err(Refusal::CarriageReturn),
            Script::Binary => return Err(Refusal::Binary),
        },
    };
    if place.is_executable() { Ok(content) } else { Err(Refusal::NotExecutable) }
}
