//! Opening a repository, as far as a verb needs it.
//!
//! A repository is plain where its folder says all about it: a work tree with a git folder, ours, found from
//! where we were started, in a format that we know. Of such a one the configuration is read here, from
//! where gix reads it, and gix is opened when it is asked for the first time. That takes as long as all
//! that a verb does which needs no object: one that leaves something in the spool, or reads the index.
//!
//! Whatever is out of the ordinary is for gix to open and for git to refuse.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use gix::config::file::includes::{self, conditional};
use gix::config::file::{Metadata, init};
use gix::config::path::interpolate;
use gix::config::{File, Source};
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::sec::Trust;
use gix::sec::trust::DefaultForLevel;

use super::command::{Git, LOCATION};
use super::error::GitError;
use super::parameters;
use super::place::Place;
use crate::host::Host;

/// Variables with which a repository is not what its folder says, beside those that say where it is.
const TELLING: &[&str] =
    &[parameters::VARIABLE, "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"];

/// Extensions of the repository format that gix 0.90 and we understand; of others git is asked.
const EXTENSIONS: &[&str] = &[
    "noop",
    "objectformat",
    "partialclone",
    "preciousobjects",
    "refstorage",
    "relativeworktrees",
    "worktreeconfig",
];

/// Memory for decoded objects of packs, in bytes: history of notes is one long delta chain.
const PACK_CACHE: usize = 96 << 20;
/// Memory for objects that were read, in bytes: commits and trees at the tips are asked for again and again.
const OBJECT_CACHE: usize = 4 << 20;

/// What is known of a repository before anything in it is looked at.
pub(super) struct Opened {
    pub(super) place: Place,
    pub(super) work_dir: Option<PathBuf>,
    pub(super) hash: gix::hash::Kind,
    pub(super) config: File,
    gix: OnceCell<gix::Repository>,
}

impl Opened {
    /// The repository that `dir` is in, if it is plain.
    pub(super) fn plain(dir: &Path, host: &Host) -> Option<Self> {
        if LOCATION.iter().chain(TELLING).any(|name| host.variable(name).is_some()) {
            return None;
        }
        let (found, trust) = gix::discover::upwards(dir).ok()?;
        let (git_dir, work_dir) = found.into_repository_and_work_tree_directories();
        let (place, work_dir) = (Place::of(git_dir), work_dir?);
        if trust != Trust::Full || !place.has_own_head() {
            return None;
        }
        let local = local_config(&place).filter(is_plain)?;
        let hash = hash(&local)?;
        let config = whole_config(&place, local, host).filter(is_plain)?;
        if is_set(&config, "core.precomposeUnicode") && !is_ascii(&place, &work_dir) {
            return None;
        }
        Some(Self { place, work_dir: Some(work_dir), hash, config, gix: OnceCell::new() })
    }

    /// The repository that `dir` is in, or the one that the environment names, if git has nothing against
    /// it.
    pub(super) fn special(dir: &Path, host: &Host) -> Result<Self, GitError> {
        let Ok(mut gix) = gix::discover_with_environment_overrides(dir) else {
            return Err(why_not(dir));
        };
        let found = host.env("GIT_DIR").is_none();
        if gix.git_dir_trust() != Trust::Full
            || has_unknown_extension(gix.config_snapshot().plumbing())
            || found && may_be_somebodys_bare(&gix)
        {
            ask_git(&gix)?;
        }
        if let Some(given) = host.env(parameters::VARIABLE) {
            parameters::apply(&mut gix, &given.to_string_lossy())?;
        }
        Ok(Self {
            place: Place::at(gix.git_dir(), gix.common_dir()),
            work_dir: gix.workdir().map(Path::to_path_buf),
            hash: gix.object_hash(),
            config: gix.config_snapshot().plumbing().clone(),
            gix: OnceCell::from(all_remembering(gix)),
        })
    }

    /// The repository as gix sees it.
    pub(super) fn gix(&self) -> Result<&gix::Repository, GitError> {
        if let Some(gix) = self.gix.get() {
            return Ok(gix);
        }
        let options = gix::open::Options::default_for_level(Trust::Full);
        let gix = gix::open_opts(self.place.git_dir(), options);
        let gix = gix.map_err(GitError::gix("open the repository"))?;
        Ok(self.gix.get_or_init(|| all_remembering(gix)))
    }

    /// What loose files tell of refs, as long as gix is not open.
    pub(super) fn loose<T>(&self, read: impl FnOnce(&Place) -> Option<T>) -> Option<T> {
        if self.gix.get().is_some() { None } else { read(&self.place) }
    }
}

/// A repository that also remembers what it read, which bulk readers never ask for again.
fn all_remembering(gix: gix::Repository) -> gix::Repository {
    let mut gix = remembering(gix);
    gix.object_cache_size(OBJECT_CACHE);
    gix
}

/// A repository that remembers what it decodes.
pub(super) fn remembering(mut gix: gix::Repository) -> gix::Repository {
    gix.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(PACK_CACHE)));
    gix
}

/// Whether a configuration says nothing that only gix or git know how to deal with.
fn is_plain(config: &File) -> bool {
    let is_known = match config.integer("core.repositoryFormatVersion") {
        Ok(None | Some(0)) => config.sections_by_name("extensions").is_none(),
        Ok(Some(1)) => !has_unknown_extension(config),
        Ok(Some(_)) | Err(_) => false,
    };
    is_known && !is_set(config, "core.bare") && config.string_implicit("core.worktree").is_none()
}

/// Whether a switch is on, or nobody knows.
fn is_set(config: &File, key: &str) -> bool {
    config.boolean(key).map_or(true, |value| value == Some(true))
}

/// Whether names are the same in every normal form of Unicode, of which macOS has two.
fn is_ascii(place: &Place, work_dir: &Path) -> bool {
    let is_ascii = |path: &Path| path.to_str().is_some_and(str::is_ascii);
    [place.git_dir(), place.common_dir(), work_dir].into_iter().all(is_ascii)
        && place.branch().is_none_or(|branch| branch.is_ascii())
}

/// Whether the repository has a format that we do not know.
fn has_unknown_extension(config: &File) -> bool {
    let known = |name: &str| EXTENSIONS.contains(&name.to_ascii_lowercase().as_str());
    config.sections_by_name("extensions").is_some_and(|mut sections| {
        sections.any(|section| section.value_names().any(|name| !known(&name.to_string())))
    })
}

/// The hash function of the objects.
fn hash(local: &File) -> Option<gix::hash::Kind> {
    let name = local.string("extensions.objectFormat");
    name.map_or(Some(gix::hash::Kind::Sha1), |name| name.to_string().to_ascii_lowercase().parse().ok())
}

/// What the repository's own files say.
fn local_config(place: &Place) -> Option<File> {
    let read = |path: PathBuf, source| {
        let file = Metadata::from(source).at(path).with(Trust::Full);
        File::from_paths_metadata_buf(&mut std::iter::once(file), &mut Vec::new(), false, alone()).ok()
    };
    let mut config = read(place.common_dir().join("config"), Source::Local)??;
    if config.boolean("extensions.worktreeConfig").ok()? == Some(true)
        && let Some(own) = read(place.git_dir().join("config.worktree"), Source::Worktree)?
    {
        config.append(own).ok()?;
    }
    Some(config)
}

/// Everything that git would go by: what `local` says above what machine and user say, with what they
/// include, and below what the environment says.
fn whole_config(place: &Place, local: File, host: &Host) -> Option<File> {
    let globals = [Source::System, Source::Git, Source::User].into_iter().filter_map(|source| {
        let path = source.storage_location(&mut |name| host.variable(name))?;
        Some(Metadata::from(source).at(path).with(Trust::Full))
    });
    let read = File::from_paths_metadata_buf(&mut { globals }, &mut Vec::new(), false, alone());
    let mut config = read.ok()?.unwrap_or_default();
    config.append(local).ok()?;
    let (home, branch) = (gix::path::env::home_dir(), place.branch());
    let branch = branch.and_then(|name| gix::refs::FullName::try_from(name).ok());
    let including = init::Options {
        includes: includes::Options::follow(
            interpolate::Context {
                home_dir: home.as_deref(),
                home_for_user: Some(interpolate::home_for_user),
                git_install_dir: None,
            },
            conditional::Context {
                git_dir: Some(place.common_dir()),
                branch_name: branch.as_ref().map(gix::refs::FullName::as_ref),
            },
        ),
        ..alone()
    };
    config.resolve_includes(including).ok()?;
    config.append(File::from_env(including).ok()?.unwrap_or_default()).ok()?;
    Some(config)
}

/// One file, without those that it includes.
fn alone() -> init::Options<'static> {
    init::Options { includes: includes::Options::no_follow(), lossy: true, ignore_io_errors: true }
}

/// A bare repository that was found, not named, where the user said that those are not to be
/// trusted (`safe.bareRepository`): it may be part of a clone, with settings and hooks of its own.
fn may_be_somebodys_bare(gix: &gix::Repository) -> bool {
    gix.workdir().is_none() && gix.config_snapshot().string("safe.bareRepository").is_some()
}

/// What git says of the repository; what it refuses we do not touch either.
fn ask_git(gix: &gix::Repository) -> Result<(), GitError> {
    let dir = gix.workdir().unwrap_or_else(|| gix.git_dir());
    let ended = Git::within(dir).args(["rev-parse", "--git-dir"]).end()?;
    if ended.success {
        return Ok(());
    }
    let reason =
        ended.stderr.lines().next().unwrap_or("no reason given").trim_start_matches("fatal: ").to_owned();
    Err(GitError::Refused { git_dir: gix.git_dir().to_path_buf(), reason })
}

/// gix could not open anything: git knows best why.
fn why_not(dir: &Path) -> GitError {
    match Git::within(dir).args(["rev-parse", "--git-dir"]).end() {
        Ok(ended) if !ended.success && !ended.stderr.contains("not a git repository") => GitError::Refused {
            git_dir: dir.to_path_buf(),
            reason: ended.stderr.trim_start_matches("fatal: ").to_owned(),
        },
        Err(error) => error,
        Ok(_) => GitError::NotARepository { dir: dir.to_path_buf() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    /// Everything that a configuration says, in order, but for what gix takes from the environment.
    fn said(config: &File) -> Vec<String> {
        let sections = config.sections().filter(|section| section.meta().source != Source::EnvOverride);
        let entries = sections.flat_map(|section| {
            let header = section.header();
            let name = format!("{} {:?}", header.name(), header.subsection_name());
            let names = section.value_names().map(|key| (key.to_string(), section.values(&key)));
            names.map(|(key, values)| format!("{name} {key} {values:?}")).collect::<Vec<_>>()
        });
        entries.collect()
    }

    fn there(path: &Path) -> PathBuf {
        path.canonicalize().expect("it is there")
    }

    fn plain(dir: &Path) -> Option<Opened> {
        Opened::plain(dir, &Host::new())
    }

    /// What is read of a plain repository is what gix reads of it.
    fn is_as_gix_has_it(dir: &Path) -> Vec<String> {
        let plain = plain(dir).expect("it is plain");
        let special = Opened::special(dir, &Host::new()).unwrap_or_else(|error| panic!("{error}"));
        let folders =
            |it: &Opened| (there(it.place.git_dir()), there(it.place.common_dir()), it.work_dir.clone());
        assert_eq!(folders(&plain), folders(&special));
        assert_eq!(plain.hash, special.hash);
        assert_eq!(said(&plain.config), said(&special.config));
        let opened = plain.gix().expect("it opens");
        assert_eq!(there(opened.git_dir()), folders(&plain).0);
        assert_eq!(said(opened.config_snapshot().plumbing()), said(&plain.config));
        said(&plain.config)
    }

    #[test]
    fn a_plain_repository_is_read_as_gix_reads_it() {
        let repo = TestRepo::new();
        is_as_gix_has_it(&repo.path());
        let repo = repo.commit("deep/er/a.txt", "1");
        is_as_gix_has_it(&repo.path().join("deep/er"));
        is_as_gix_has_it(&repo.path().join(".git"));
        repo.git(["checkout", "-q", "--detach"]);
        is_as_gix_has_it(&repo.path());
        is_as_gix_has_it(&TestRepo::in_format(["--object-format=sha256"]).path());
        is_as_gix_has_it(&TestRepo::in_format(["--ref-format=reftable"]).path());
    }

    #[test]
    fn what_a_configuration_includes_is_read_as_gix_reads_it() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let put = |name: &str, text: &str| std::fs::write(repo.path().join(".git").join(name), text);
        put("always", "[orchestrate]\n\tretries = 3\n[include]\n\tpath = nested\n").expect("written");
        put("nested", "[includeIf \"onbranch:main\"]\n\tpath = deepest\n").expect("written");
        put("deepest", "[orchestrate]\n\tprivacy = none\n").expect("written");
        put("side", "[orchestrate]\n\tprivacy = words\n").expect("written");
        repo.git(["config", "--add", "include.path", "always"]);
        repo.git(["config", "--add", "includeIf.onbranch:side.path", "side"]);
        repo.git(["config", "--add", "includeIf.gitdir:**/nowhere/.path", "side"]);
        repo.git(["config", "--add", "include.path", "missing"]);
        let privacy = |dir: &Path| {
            let said = is_as_gix_has_it(dir);
            said.into_iter().filter(|it| it.contains("privacy")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(privacy(&repo.path()), r#"orchestrate None privacy ["none"]"#);
        repo.git(["checkout", "-q", "-b", "side"]);
        assert_eq!(privacy(&repo.path()), r#"orchestrate None privacy ["words"]"#);
    }

    #[test]
    fn a_linked_work_tree_is_plain_and_has_settings_of_its_own() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let linked = repo.temp("linked");
        let path = linked.to_str().expect("UTF-8");
        repo.git(["worktree", "add", "-q", "-b", "side", path]);
        is_as_gix_has_it(&linked);
        repo.git(["config", "core.repositoryFormatVersion", "1"]);
        repo.git(["config", "extensions.worktreeConfig", "true"]);
        repo.git_in(&linked, &["config", "--worktree", "orchestrate.retries", "7"]);
        assert!(is_as_gix_has_it(&linked).iter().any(|it| it.contains("retries")));
        assert!(!is_as_gix_has_it(&repo.path()).iter().any(|it| it.contains("retries")));
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_not_plain() {
        let repo = TestRepo::new().commit("a.txt", "1");
        assert!(plain(&repo.temp("")).is_none(), "no repository");
        let bare = repo.temp("bare.git");
        repo.git(["clone", "-q", "--bare", ".", bare.to_str().expect("UTF-8")]);
        assert!(plain(&bare).is_none(), "bare");
        for (key, value) in [
            ("core.bare", "true"),
            ("core.bare", "perhaps"),
            ("core.worktree", ".."),
            ("core.repositoryFormatVersion", "2"),
            ("extensions.future", "true"),
            ("extensions.worktreeConfig", "true"),
            ("include.path", "broken"),
        ] {
            let repo = TestRepo::new();
            std::fs::write(repo.path().join(".git/broken"), "[core\n").expect("written");
            assert!(plain(&repo.path()).is_some());
            repo.git(["config", key, value]);
            assert!(plain(&repo.path()).is_none(), "{key}={value}");
        }
        repo.git(["config", "core.precomposeUnicode", "true"]);
        is_as_gix_has_it(&repo.path());
        repo.git(["checkout", "-q", "-b", "caf\u{e9}"]);
        assert!(plain(&repo.path()).is_none(), "a name that has two forms");
        repo.git(["checkout", "-q", "main"]);
        let head = repo.path().join(".git/HEAD");
        std::fs::remove_file(&head).expect("removed");
        std::os::unix::fs::symlink("refs/heads/main", &head).expect("linked");
        assert!(plain(&repo.path()).is_none(), "a HEAD of old");
        assert_eq!(repo.open().head().expect("reads").tip(), Some(repo.head()));
    }
}
