//! Settings: git config `orchestrate.*`, one table, defaults and bounds beside the names.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::error::StoreError;
use crate::git::Repository;
use crate::host::Host;
use crate::model::oid::Oid;

/// A documented setting.
pub(crate) struct Setting {
    /// The key below `orchestrate.`, as documents spell it.
    pub(crate) key: &'static str,
    /// The default, in words.
    pub(crate) default: &'static str,
    /// What it does, in one line.
    pub(crate) meaning: &'static str,
}

/// Every setting there is; README's table is tested against it.
pub(crate) const TABLE: &[Setting] = &[
    Setting {
        key: "apply",
        default: "ask on a terminal, else branch",
        meaning: "where a run's result goes: merge, branch or none",
    },
    Setting {
        key: "approved",
        default: "(none)",
        meaning: "content hashes of components that may run here; several",
    },
    Setting {
        key: "carry",
        default: "(none)",
        meaning: "globs of ignored files that a run's work trees get a copy of; several",
    },
    Setting {
        key: "hookFailure",
        default: "warn",
        meaning: "whether a hook of ours that fails stops git: warn or block",
    },
    Setting { key: "jobs", default: "number of cores", meaning: "steps of one phase that run at once" },
    Setting { key: "learningPrefix", default: "learning/", meaning: "prefix of learning branches" },
    Setting {
        key: "marketplace.<name>.pin",
        default: "(none)",
        meaning: "the commit of a marketplace that git fetched; `marketplace update` moves it",
    },
    Setting {
        key: "marketplace.<name>.source",
        default: "(none)",
        meaning: "a known marketplace: a folder, a git URL, or `builtin:starter`",
    },
    Setting {
        key: "privacy",
        default: "text",
        meaning: "what a record says of the request: text, words or none",
    },
    Setting {
        key: "remote",
        default: "origin",
        meaning: "where learning is shared: a remote, or the URL or path of a repository",
    },
    Setting { key: "retries", default: "1", meaning: "further attempts of a component before its fallback" },
    Setting {
        key: "review",
        default: "off",
        meaning: "who merges learning branches: off (each clone) or branch (they are pushed, and CI does)",
    },
    Setting { key: "share", default: "(none)", meaning: "URLs and paths that `sync` may push to; several" },
    Setting {
        key: "timeout",
        default: "600",
        meaning: "time limit of a step in seconds, where its component states none",
    },
    Setting {
        key: "worktrees",
        default: "the system's temporary folder",
        meaning: "folder for the work trees of runs",
    },
];

/// What the records of this repository say of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// The redacted text and its keywords.
    Text,
    /// Keywords only.
    Words,
    /// Nothing.
    None,
}

/// What becomes of the user's command when a hook of ours fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookFailure {
    /// One line on stderr, and git goes on.
    Warn,
    /// git is told, and stops where it asks its hooks.
    Block,
}

/// Who merges learning branches into the learning ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Review {
    /// Each clone does, and pushes the learning ref.
    Off,
    /// Somebody else does, CI above all: this clone pushes its learning branches.
    Branch,
}

/// Where a run's result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Apply {
    /// An ordinary git merge into the current branch
    Merge,
    /// A branch of its own
    Branch,
    /// Nowhere: it stays under refs/orchestrate/runs
    None,
}

/// The settings of one repository.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) apply: Option<Apply>,
    pub(crate) approved: Vec<String>,
    pub(crate) carry: Vec<String>,
    pub(crate) hook_failure: HookFailure,
    /// `None`: as many as the machine has cores.
    pub(crate) jobs: Option<usize>,
    /// Ends in `/`.
    pub(crate) learning_prefix: String,
    /// Sources by marketplace name.
    pub(crate) marketplaces: BTreeMap<String, String>,
    /// The commits that count of those that git fetched, by marketplace name.
    pub(crate) pins: BTreeMap<String, Oid>,
    pub(crate) privacy: Privacy,
    /// A path is absolute: it means the same repository in every work tree.
    pub(crate) remote: String,
    /// Somebody chose it.
    pub(crate) has_remote: bool,
    pub(crate) retries: u32,
    pub(crate) review: Review,
    /// Remote URLs that may be pushed to.
    pub(crate) share: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) worktrees: PathBuf,
    /// Keys below `orchestrate.` that mean nothing.
    pub(crate) unknown: Vec<String>,
}

impl Settings {
    /// Reads the settings of `repo`; a value out of bounds is an error that names it.
    pub(crate) fn read(repo: &Repository, host: &Host) -> Result<Self, StoreError> {
        let text = |key: &str| repo.config(&format!("orchestrate.{key}"));
        let (marketplaces, unknown) = sections(repo);
        let pins = pins(repo, &marketplaces)?;
        Ok(Self {
            apply: one_of(
                "apply",
                text("apply"),
                &[
                    ("merge", Some(Apply::Merge)),
                    ("branch", Some(Apply::Branch)),
                    ("none", Some(Apply::None)),
                ],
                "merge, branch or none",
            )?
            .flatten(),
            approved: repo.config_all("orchestrate.approved"),
            carry: repo.config_all("orchestrate.carry"),
            hook_failure: one_of(
                "hookFailure",
                text("hookFailure"),
                &[("warn", HookFailure::Warn), ("block", HookFailure::Block)],
                "warn or block",
            )?
            .unwrap_or(HookFailure::Warn),
            jobs: number("jobs", text("jobs"), 1, 256)?.map(|jobs| jobs as usize),
            learning_prefix: prefix(text("learningPrefix"))?,
            marketplaces,
            pins,
            privacy: one_of(
                "privacy",
                text("privacy"),
                &[("text", Privacy::Text), ("words", Privacy::Words), ("none", Privacy::None)],
                "text, words or none",
            )?
            .unwrap_or(Privacy::Text),
            has_remote: text("remote").is_some(),
            remote: text("remote")
                .map_or_else(|| "origin".to_owned(), |it| repo.located(&it, &repo.main_top())),
            retries: number("retries", text("retries"), 0, 10)?.unwrap_or(1),
            review: one_of(
                "review",
                text("review"),
                &[("off", Review::Off), ("branch", Review::Branch)],
                "off or branch",
            )?
            .unwrap_or(Review::Off),
            share: repo.config_all("orchestrate.share"),
            timeout: Duration::from_secs(
                number("timeout", text("timeout"), 1, 86_400)?.unwrap_or(600).into(),
            ),
            worktrees: text("worktrees").map_or_else(|| host.temp_dir(), PathBuf::from),
            unknown,
        })
    }
}

fn number(key: &str, value: Option<String>, least: u32, most: u32) -> Result<Option<u32>, StoreError> {
    let Some(value) = value else { return Ok(None) };
    match value.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(wrong(key, value, &format!("a whole number from {least} to {most}"))),
    }
}

fn one_of<T: Copy>(
    key: &str,
    value: Option<String>,
    choices: &[(&str, T)],
    wanted: &str,
) -> Result<Option<T>, StoreError> {
    let Some(value) = value else { return Ok(None) };
    let found = choices.iter().find(|(name, _)| *name == value);
    found.map(|(_, choice)| Some(*choice)).ok_or_else(|| wrong(key, value, wanted))
}

fn prefix(value: Option<String>) -> Result<String, StoreError> {
    let value = value.unwrap_or_else(|| "learning/".to_owned());
    let name = value.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    let good = !name.is_empty()
        && name.chars().all(plain)
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with(".lock"))
        && !name.contains("..");
    if good {
        Ok(format!("{name}/"))
    } else {
        Err(wrong("learningPrefix", value, "a prefix of branch names, such as learning/"))
    }
}

fn wrong(key: &str, value: String, wanted: &str) -> StoreError {
    StoreError::Setting { key: format!("orchestrate.{key}"), value, wanted: wanted.to_owned() }
}

fn pins(repo: &Repository, names: &BTreeMap<String, String>) -> Result<BTreeMap<String, Oid>, StoreError> {
    let mut pins = BTreeMap::new();
    for name in names.keys() {
        let key = format!("marketplace.{name}.pin");
        let Some(value) = repo.config(&format!("orchestrate.{key}")) else { continue };
        let pin = value.parse().map_err(|_| wrong(&key, value, "the id of a commit"))?;
        pins.insert(name.clone(), pin);
    }
    Ok(pins)
}

/// Marketplaces by name, and keys that no setting has.
fn sections(repo: &Repository) -> (BTreeMap<String, String>, Vec<String>) {
    let mut marketplaces = BTreeMap::new();
    let mut unknown = Vec::new();
    for (subsection, key) in repo.config_keys("orchestrate") {
        let full =
            subsection.as_ref().map_or_else(|| key.clone(), |subsection| format!("{subsection}.{key}"));
        let marketplace = subsection.as_deref().and_then(|it| it.strip_prefix("marketplace."));
        match marketplace {
            Some(name) if key.eq_ignore_ascii_case("source") => {
                let source = repo.config(&format!("orchestrate.{full}")).unwrap_or_default();
                marketplaces.insert(name.to_owned(), source);
            }
            Some(_) if key.eq_ignore_ascii_case("pin") => {}
            _ if subsection.is_none() && TABLE.iter().any(|known| known.key.eq_ignore_ascii_case(&key)) => {}
            _ => unknown.push(format!("orchestrate.{full}")),
        }
    }
    unknown.sort();
    unknown.dedup();
    (marketplaces, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_always_ends_in_a_slash() {
        assert_eq!(prefix(None).expect("default"), "learning/");
        assert_eq!(prefix(Some("team/learning".to_owned())).expect("valid"), "team/learning/");
        for bad in ["", "/", "a b", "-x", "a..b", "x.lock/"] {
            assert!(prefix(Some(bad.to_owned())).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_out_of_bounds_names_the_setting() {
        let error = number("jobs", Some("0".to_owned()), 1, 256).expect_err("too small");
        assert_eq!(
            error.to_string(),
            "the setting orchestrate.jobs is `0`; it must be a whole number from 1 to 256"
        );
    }
}
