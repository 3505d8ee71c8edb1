//! Where marketplaces come from, and where what git fetched of them is kept.
//!
//! `<common dir>/orchestrate/marketplaces/<key>/<commit>/` holds trees that never change; which of them
//! counts is the marketplace's pin, a setting. All of it can be fetched again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use super::Context;
use crate::git::{GitError, Repository, Shelf, Wanted, without_password};
use crate::marketplace::diagnostic::Severity;
use crate::marketplace::fetched::CURRENT;
use crate::marketplace::listing::Listing;
use crate::marketplace::source::{GitSource, github, is_repository, is_scp};
use crate::marketplace::stock::Stock;
use crate::marketplace::{self, MarketplaceError, Nature, Site, starter};
use crate::model::component::Component;
use crate::model::oid::Oid;
use crate::model::redact::redact;
use crate::model::text::is_hidden;
use crate::model::time::Timestamp;
use crate::store::Settings;
use crate::ui::{Failure, count, exit, quoted};

/// The source of the marketplace that the program carries.
pub(super) const BUILTIN: &str = "builtin:starter";

/// Where a marketplace comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The program carries it.
    Builtin,
    Folder(PathBuf),
    Git(GitSource),
}

impl Origin {
    /// The origin that a setting names: a URL may have `#BRANCH`, `#TAG` or `#COMMIT` behind it.
    pub(super) fn of(source: &str) -> Self {
        if source == BUILTIN {
            return Self::Builtin;
        }
        if Path::new(source).is_absolute() || !is_url(source) {
            return Self::Folder(PathBuf::from(source));
        }
        let (url, at) = source.split_once('#').map_or((source, None), |(url, at)| (url, Some(at)));
        let commit = at.and_then(|at| at.parse().ok());
        let reference = at.filter(|_| commit.is_none()).map(str::to_owned);
        Self::Git(GitSource { url: url.to_owned(), reference, commit, folder: None })
    }

    /// The setting for what a user typed: a folder that is there, a URL, or `owner/repo` of GitHub.
    pub(super) fn typed(cx: &Context, typed: &Path) -> Result<String, Failure> {
        let full = cx.path(typed).canonicalize();
        let text = typed.to_string_lossy();
        let (place, at) = text.split_once('#').map_or((&*text, ""), |(place, at)| (place, at));
        match full {
            Ok(full) => full.to_str().map(str::to_owned).ok_or_else(|| {
                Failure::new(exit::USAGE, format!("{}: the path is not UTF-8", typed.display()))
            }),
            Err(_) if is_url(&text) => Ok(text.into_owned()),
            Err(_) if is_repository(place) && at.is_empty() => Ok(github(place)),
            Err(_) if is_repository(place) => Ok(format!("{}#{at}", github(place))),
            Err(error) => Err(Failure::new(exit::USAGE, format!("{}: {error}", typed.display()))
                .hint("give the folder of a marketplace, a git URL, OWNER/REPO, or `--starter`")),
        }
    }
}

/// Whether git would go elsewhere for it.
fn is_url(text: &str) -> bool {
    text.contains("://") || is_scp(text)
}

/// The folder below which everything lies that git fetched.
pub(super) fn kept(repo: &Repository) -> PathBuf {
    repo.own_dir().join("marketplaces")
}

/// The right to change which marketplaces are known and what is kept of them, until it is dropped.
pub(super) struct Turn {
    _file: File,
}

/// Waits until no other process fetches, adds or removes. Settings have to be read after that.
pub(super) fn turn(repo: &Repository) -> Result<Turn, GitError> {
    let dir = kept(repo);
    std::fs::create_dir_all(&dir).map_err(|source| GitError::Io {
        doing: "create",
        path: dir.clone(),
        source,
    })?;
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let file = file.map_err(|source| GitError::Io { doing: "open", path, source })?;
    // On a file system without locks two may meet: what is lost can be fetched again.
    drop(file.lock());
    Ok(Turn { _file: file })
}

fn shelf(repo: &Repository, source: &GitSource) -> Shelf {
    Shelf { dir: kept(repo).join(source.key()), name: source.name() }
}

/// Fetches what a source names, and says which commit that is.
pub(super) fn fetch(cx: &Context, repo: &Repository, source: &GitSource) -> Result<Oid, GitError> {
    let wanted = match (&source.commit, &source.reference) {
        (Some(commit), _) => Wanted::Commit(*commit),
        (None, Some(name)) => Wanted::Ref(name),
        (None, None) => Wanted::Head,
    };
    repo.keep(&cx.host, &shelf(repo, source), &source.url, wanted)
}

/// Where a marketplace lies, and whether what is there may change.
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) nature: Nature,
}

/// Where a known marketplace lies. Of what git fetched, `pin` says which commit counts.
pub(super) fn place(
    repo: &Repository,
    name: Option<&str>,
    source: &str,
    pin: Option<Oid>,
) -> Result<Place, Failure> {
    match Origin::of(source) {
        Origin::Folder(root) => Ok(Place { root, nature: Nature::Changing }),
        Origin::Git(git) => {
            let shelf = shelf(repo, &git);
            let tree = pin.or(git.commit).map(|pin| shelf.tree(pin)).filter(|tree| tree.is_dir());
            let Some(root) = tree else {
                let again = name.map_or_else(String::new, |name| format!(" {}", quoted(name)));
                let message = format!("{} is not fetched here", redact(source));
                return Err(Failure::new(exit::ENVIRONMENT, message)
                    .hint(format!("`git orchestrate marketplace update{again}` fetches it")));
            };
            Ok(Place { root, nature: Nature::Fixed })
        }
        Origin::Builtin => {
            let into = repo.own_dir().join("starter");
            let root = starter::extract(&into).map_err(|error| {
                let message = format!("cannot unpack the starter to {}: {error}", into.display());
                Failure::new(exit::REPOSITORY, message)
            })?;
            // It was just compared byte by byte.
            Ok(Place { root, nature: Nature::Fixed })
        }
    }
}

/// Reads the marketplace at `place`. Of `before` all is taken over that has not changed; `make` says what becomes
/// of the other components.
pub(super) fn read<T: Send>(
    repo: &Repository,
    name: Option<&str>,
    source: &str,
    place: &Place,
    before: Option<Stock<T>>,
    make: &(impl Fn(Component) -> T + Sync),
) -> Result<Stock<T>, Failure> {
    let site = Site { name, root: &place.root, nature: place.nature, kept: Some(&kept(repo)) };
    let stock = marketplace::read(site, before, make).map_err(|error| match (error, Origin::of(source)) {
        // The folder that it is kept in says nothing to anybody.
        (MarketplaceError::Empty { .. }, Origin::Git(_)) => {
            MarketplaceError::Empty { root: PathBuf::from(redact(source)) }
        }
        (error, _) => error,
    })?;
    Ok(stock)
}

/// The listing of a known marketplace as it is now. Of what git fetched, `pin` says which commit counts.
pub(super) fn listing(
    repo: &Repository,
    name: Option<&str>,
    source: &str,
    pin: Option<Oid>,
) -> Result<Listing, Failure> {
    let place = place(repo, name, source, pin)?;
    Ok(read(repo, name, source, &place, None, &drop)?.into_listing())
}

/// A manifest that lists nothing, or can't be read, is no marketplace to remember.
pub(super) fn require_plugins(listing: &Listing, source: &str) -> Result<(), Failure> {
    if !listing.plugins.is_empty() {
        return Ok(());
    }
    let worst = listing.diagnostics.iter().find(|it| it.severity == Severity::Error);
    let why = worst.map(|it| format!(": {it}")).unwrap_or_default();
    Err(Failure::new(exit::USAGE, format!("{} has no plugins{why}", redact(source)))
        .hint("mend its .claude-plugin/marketplace.json, or give another one"))
}

/// Fetches the plugins of a listing that are elsewhere; names those that can't be had, and says
/// how many those are.
pub(super) fn fetch_plugins(cx: &Context, repo: &Repository, listing: &Listing) -> usize {
    let elsewhere = listing.plugins.iter().filter(|plugin| plugin.is_elsewhere());
    let (mut fetched, mut missing) = (0, 0);
    for plugin in elsewhere {
        let result = match &plugin.git {
            Some(source) => fetch(cx, repo, source).and_then(|commit| choose(repo, source, commit)),
            None => {
                cx.ui.warn(format!("plugin {} is not fetched: git can't get it", plugin.name));
                missing += 1;
                continue;
            }
        };
        match result {
            Ok(()) => fetched += 1,
            Err(error) => {
                cx.ui.warn(format!("plugin {} is not fetched: {error}", plugin.name));
                missing += 1;
            }
        }
    }
    if fetched > 0 {
        cx.ui.talk(format!("fetched {}", count(fetched, "plugin")));
    }
    missing
}

/// Makes a commit the one that counts of a plugin's source.
fn choose(repo: &Repository, source: &GitSource, commit: Oid) -> Result<(), GitError> {
    let dir = shelf(repo, source).dir;
    let (fresh, place) = (dir.join("current.new"), dir.join(CURRENT));
    let written =
        std::fs::write(&fresh, format!("{commit}\n")).and_then(|()| std::fs::rename(&fresh, &place));
    written.map_err(|source| GitError::Io { doing: "write", path: place, source })
}

/// Of which moment each plugin of a marketplace is, and last the marketplace itself: when what git fetched
/// was committed, and never after `now`. Of everything else nobody knows better than `now`.
pub(super) fn moments(
    repo: &Repository,
    settings: &Settings,
    listing: &Listing,
    now: Timestamp,
) -> (BTreeMap<String, Timestamp>, Timestamp) {
    let dated = |source: &GitSource, commit: Option<Oid>| {
        let date = commit.and_then(|commit| shelf(repo, source).date_of(commit));
        date.map_or(now, |date| date.clamp(Timestamp::default(), now))
    };
    let source = settings.marketplaces.get(&listing.name).map(|source| Origin::of(source));
    let whole = match source {
        Some(Origin::Git(git)) => dated(&git, settings.pins.get(&listing.name).copied().or(git.commit)),
        _ => now,
    };
    let elsewhere = listing.plugins.iter().filter_map(|plugin| Some((plugin, plugin.git.as_ref()?)));
    let moments =
        elsewhere.map(|(plugin, git)| (plugin.name.clone(), whole.max(dated(git, current(repo, git)))));
    (moments.collect(), whole)
}

/// Where others get a marketplace as well, if that is not a folder here and lets nobody in.
pub(super) fn shared_source(source: &str) -> Option<String> {
    match Origin::of(source) {
        Origin::Builtin => Some(source.to_owned()),
        Origin::Folder(_) => None,
        Origin::Git(git) => {
            let is_open = without_password(&git.url) == git.url && redact(source) == source;
            let is_short = source.len() <= LONGEST_SOURCE && !source.contains(is_hidden);
            (is_open && is_short).then(|| source.to_owned())
        }
    }
}

/// The longest source that is kept for others, in bytes.
const LONGEST_SOURCE: usize = 500;

/// The commit that counts of a plugin's source, if it was fetched.
fn current(repo: &Repository, source: &GitSource) -> Option<Oid> {
    std::fs::read_to_string(shelf(repo, source).dir.join(CURRENT)).ok()?.trim().parse().ok()
}

/// Removes what was fetched and no known marketplace needs any more.
pub(super) fn sweep(repo: &Repository, settings: &Settings) -> Result<(), Failure> {
    let dir = kept(repo);
    let Ok(entries) = std::fs::read_dir(&dir) else { return Ok(()) };
    let needed = needed(repo, settings);
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        let key = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        match needed.get(&key) {
            Some(commits) => Shelf { dir: path, name: String::new() }.keep_only(commits)?,
            None => std::fs::remove_dir_all(&path).map_err(|source| GitError::Io {
                doing: "remove",
                path,
                source,
            })?,
        }
    }
    Ok(())
}

/// The commits that are needed, by the key of their source.
fn needed(repo: &Repository, settings: &Settings) -> BTreeMap<String, Vec<Oid>> {
    let mut needed: BTreeMap<String, Vec<Oid>> = BTreeMap::new();
    for (name, source) in &settings.marketplaces {
        let pin = settings.pins.get(name).copied();
        if let Origin::Git(git) = Origin::of(source) {
            needed.entry(git.key()).or_default().extend(pin.or(git.commit));
        }
        let plugins =
            listing(repo, Some(name), source, pin).map(|listing| listing.plugins).unwrap_or_default();
        for git in plugins.iter().filter_map(|plugin| plugin.git.as_ref()) {
            needed.entry(git.key()).or_default().extend(current(repo, git));
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_reach_and_may_see_is_kept_for_them() {
        for source in [BUILTIN, "https://host/a.git#main", "git@host:a/b", "ssh://git@host/a"] {
            assert_eq!(shared_source(source).as_deref(), Some(source));
        }
        let long = format!("https://host/{}", "a".repeat(LONGEST_SOURCE));
        for source in ["/home/me/market", "https://me:word@host/a", "https://token@host/a", &long] {
            assert_eq!(shared_source(source), None, "{source}");
        }
    }

    #[test]
    fn a_url_may_name_a_branch_or_a_commit_and_everything_else_is_a_folder() {
        let commit = "1234567890123456789012345678901234567890";
        let git = |source: &str| match Origin::of(source) {
            Origin::Git(git) => (git.url, git.reference, git.commit.map(|it| it.to_string())),
            other => panic!("{source}: {other:?}"),
        };
        assert_eq!(git("https://host/a.git"), ("https://host/a.git".to_owned(), None, None));
        assert_eq!(git("git@host:a/b#v1").1.as_deref(), Some("v1"));
        assert_eq!(git(&format!("file:///a#{commit}")).2.as_deref(), Some(commit));
        for folder in ["/a/b", "/a/#b", "C:x", "/a/x@y:z"] {
            assert_eq!(Origin::of(folder), Origin::Folder(PathBuf::from(folder)));
        }
        assert_eq!(Origin::of(BUILTIN), Origin::Builtin);
    }
}
