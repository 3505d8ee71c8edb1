//! The pattern library as a value: what the learning tree holds, its join, and its files.
//!
//! The join is commutative, associative and idempotent, so clones that exchange libraries in any
//! order end with the same one; and the files are a pure function of the value, so they end with
//! the same tree oid.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::decision::Decisions;
use super::evidence::{Cells, Tally};
use super::id::{ComponentId, PatternId};
use super::pattern::Pattern;
use super::policy::Policy;
use super::time::{Month, Timestamp};

/// The format of the learning tree that this version reads and writes.
pub(crate) const FORMAT: &str = "1";
/// The version of its files that this version reads and writes.
const VERSION: u32 = 1;

/// Everything that the learning tree holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Library {
    /// Months before it are not counted: how a team starts afresh.
    pub(crate) epoch: Month,
    pub(crate) policy: Policy,
    /// Which executions cells count although they do not count any more.
    pub(crate) decisions: Decisions,
    pub(crate) patterns: BTreeMap<PatternId, Pattern>,
    pub(crate) components: BTreeMap<ComponentId, ComponentRecord>,
    /// Files that this version does not read, by path; kept as they are.
    pub(crate) other: BTreeMap<String, Vec<u8>>,
}

impl Default for Library {
    fn default() -> Self {
        Self {
            epoch: Month::first(),
            policy: Policy::default(),
            decisions: Decisions::default(),
            patterns: BTreeMap::new(),
            components: BTreeMap::new(),
            other: BTreeMap::new(),
        }
    }
}

/// What is known of one component: a part of `plugins/<marketplace>/<plugin>.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentRecord {
    /// `at` of the latest execution, and its replica; the later one wins a join of the other fields.
    pub(crate) updated: Timestamp,
    pub(crate) replica: String,
    /// Hash of the component's content in that execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    /// Error signatures, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) issues: Vec<Issue>,
    #[serde(default, skip_serializing_if = "Cells::is_empty")]
    pub(crate) cells: Cells,
}

/// A known way to fail, and what cured it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Issue {
    pub(crate) error: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
}

impl ComponentRecord {
    /// Joins what another clone knows of the same component.
    fn join(&mut self, other: &Self) {
        self.cells.join(&other.cells);
        let stamp = |it: &Self| (it.updated, it.replica.clone(), it.content.clone(), it.issues.clone());
        if stamp(other) > stamp(self) {
            (self.updated, self.replica, self.content, self.issues) = stamp(other);
        }
    }
}

/// The file form of a plugin's components: tables by `kind/name`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PluginFile {
    v: u32,
    marketplace: String,
    plugin: String,
    #[serde(rename = "component")]
    components: BTreeMap<String, ComponentRecord>,
}

/// A file of the learning tree that could not be read; it is skipped and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    pub(crate) path: String,
    pub(crate) reason: String,
    /// A newer version of the program wrote it, and could read it.
    #[serde(skip)]
    pub(crate) newer: bool,
}

/// Why a file can't be read.
struct Broken {
    reason: String,
    newer: bool,
}

impl From<String> for Broken {
    fn from(reason: String) -> Self {
        Self { reason, newer: false }
    }
}

/// The learning tree is of a newer format.
#[derive(Debug, thiserror::Error)]
#[error("the learning tree has format {0}, and this version reads format {FORMAT}")]
pub(crate) struct NewerFormat(pub(crate) String);

impl Library {
    /// Joins what another library knows.
    pub(crate) fn join(&mut self, other: &Self) {
        self.epoch = self.epoch.clone().max(other.epoch.clone());
        let stamp = |it: &Policy| (it.updated, it.replica.clone());
        let theirs_later =
            (stamp(&other.policy), &other.policy).partial_cmp(&(stamp(&self.policy), &self.policy));
        if theirs_later == Some(std::cmp::Ordering::Greater) {
            self.policy = other.policy.clone();
        }
        self.decisions.join(&other.decisions);
        for (id, pattern) in &other.patterns {
            match self.patterns.get_mut(id) {
                Some(ours) => ours.join(pattern),
                None => drop(self.patterns.insert(id.clone(), pattern.clone())),
            }
        }
        for (id, record) in &other.components {
            match self.components.get_mut(id) {
                Some(ours) => ours.join(record),
                None => drop(self.components.insert(id.clone(), record.clone())),
            }
        }
        for (path, bytes) in &other.other {
            let ours = self.other.entry(path.clone()).or_default();
            if bytes > ours {
                ours.clone_from(bytes);
            }
        }
        self.drop_before_epoch();
    }

    /// The same library where nothing before `epoch` is counted.
    pub(crate) fn since(mut self, epoch: &Month) -> Self {
        self.epoch = self.epoch.max(epoch.clone());
        self.drop_before_epoch();
        self
    }

    fn drop_before_epoch(&mut self) {
        let Self { epoch, decisions, patterns, components, .. } = self;
        decisions.since(epoch);
        patterns.values_mut().for_each(|pattern| pattern.cells.since(epoch));
        components.values_mut().for_each(|record| record.cells.since(epoch));
    }

    /// What people wrote into it: no executions tell that.
    pub(crate) fn without_evidence(&self) -> Self {
        let (epoch, policy, other) = (self.epoch.clone(), self.policy.clone(), self.other.clone());
        Self { epoch, policy, other, ..Self::default() }
    }

    /// What executions of a pattern say, less what was forgotten.
    pub(crate) fn pattern_tally(&self, pattern: &Pattern) -> Tally {
        self.tally(pattern.id.as_str(), &pattern.cells)
    }

    /// What executions of a component say, less what was forgotten.
    pub(crate) fn component_tally(&self, id: &ComponentId) -> Tally {
        self.components.get(id).map_or_else(Tally::default, |record| self.tally(id.as_str(), &record.cells))
    }

    fn tally(&self, subject: &str, cells: &Cells) -> Tally {
        cells.tally(|slot| self.decisions.dropped(subject, slot))
    }

    /// Where this library keeps a pattern.
    pub(crate) fn pattern_path(&self, pattern: &Pattern) -> String {
        pattern.path(self.pattern_tally(pattern), &self.policy)
    }

    /// Every file of the learning tree: a pure function of the library.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::from([
            ("format".to_owned(), format!("{FORMAT}\n").into_bytes()),
            ("epoch".to_owned(), format!("{}\n", self.epoch.as_str()).into_bytes()),
            ("policy.toml".to_owned(), toml_bytes(&self.policy)),
            ("forgotten".to_owned(), self.decisions.text().into_bytes()),
        ]);
        for pattern in self.patterns.values() {
            files.insert(self.pattern_path(pattern), toml_bytes(pattern));
        }
        for (path, plugin) in self.plugin_files() {
            files.insert(path, toml_bytes(&plugin));
        }
        // A file that could not be read stays, even where a readable one would stand.
        files.extend(self.other.iter().map(|(path, bytes)| (path.clone(), bytes.clone())));
        files
    }

    fn plugin_files(&self) -> BTreeMap<String, PluginFile> {
        let mut files = BTreeMap::new();
        for (id, record) in &self.components {
            let file = files.entry(plugin_path(id)).or_insert_with(|| PluginFile {
                v: VERSION,
                marketplace: id.marketplace().to_owned(),
                plugin: id.plugin().to_owned(),
                components: BTreeMap::new(),
            });
            file.components.insert(format!("{}/{}", id.kind(), id.name()), record.clone());
        }
        files
    }

    /// Reads the files of a learning tree. What can't be read is a problem and is kept in `other`.
    pub(crate) fn from_files(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<(Self, Vec<Problem>), NewerFormat> {
        let mut library = Self::default();
        let mut problems = Vec::new();
        for (path, bytes) in files {
            if path == "format" {
                let format = String::from_utf8_lossy(&bytes).trim().to_owned();
                if format != FORMAT {
                    return Err(NewerFormat(format));
                }
            } else if let Err(Broken { reason, newer }) = library.read_file(&path, &bytes) {
                problems.push(Problem { path: path.clone(), reason, newer });
                library.other.insert(path, bytes);
            }
        }
        library.drop_before_epoch();
        Ok((library, problems))
    }

    fn read_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), Broken> {
        match path.split('/').collect::<Vec<_>>()[..] {
            ["epoch"] => self.epoch = text(bytes)?.trim().parse().map_err(|error| format!("{error}"))?,
            ["policy.toml"] => self.policy = policy(bytes)?,
            ["forgotten"] => self.decisions = Decisions::parse(text(bytes)?)?,
            ["patterns", .., name] => {
                let pattern = from_toml(bytes, |pattern: &Pattern| pattern.v)?;
                self.add_pattern(name, pattern)?;
            }
            ["plugins", _, _] => {
                let file = from_toml(bytes, |file: &PluginFile| file.v)?;
                for (key, record) in file.components {
                    let id = format!("{}/{}/{key}", file.marketplace, file.plugin);
                    let id = id.parse().map_err(|error| format!("{error}"))?;
                    self.components.entry(id).or_default().join(&record);
                }
            }
            _ => {
                self.other.insert(path.to_owned(), bytes.to_vec());
            }
        }
        Ok(())
    }

    fn add_pattern(&mut self, name: &str, pattern: Pattern) -> Result<(), String> {
        if name != format!("{}.toml", pattern.id) {
            return Err(format!("holds the pattern {}, whose file is named for it", pattern.id));
        }
        if pattern.phases.id() != pattern.id {
            return Err(format!(
                "the id does not follow from the phases, which make {}",
                pattern.phases.id()
            ));
        }
        match self.patterns.get_mut(&pattern.id) {
            Some(twin) => twin.join(&pattern),
            None => drop(self.patterns.insert(pattern.id.clone(), pattern)),
        }
        Ok(())
    }
}

/// `plugins/<marketplace>/<plugin>.toml`, with what a file name can't hold percent-encoded.
pub(crate) fn plugin_path(id: &ComponentId) -> String {
    format!("plugins/{}/{}.toml", encoded(id.marketplace()), encoded(id.plugin()))
}

fn encoded(part: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut name = String::new();
    for (index, c) in part.char_indices() {
        if plain(c) && !(index == 0 && c == '.') {
            name.push(c);
        } else {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
        }
    }
    name
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))
}

/// A policy whose bounds can be compared: with a NaN among them no join would be one.
fn policy(bytes: &[u8]) -> Result<Policy, Broken> {
    let policy = from_toml(bytes, |policy: &Policy| policy.v)?;
    match policy.wrong_bound() {
        Some((name, bound)) => Err(format!("{name} is {bound}, not a share (0 to 1)").into()),
        None => Ok(policy),
    }
}

/// What every file of the tree says of itself.
#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

fn from_toml<T: DeserializeOwned>(bytes: &[u8], version: impl Fn(&T) -> u32) -> Result<T, Broken> {
    let text = text(bytes)?;
    let read = toml::from_str::<T>(text);
    // What makes no sense here may make sense to who knows its version.
    let v =
        read.as_ref().map_or_else(|_| toml::from_str::<Versioned>(text).map_or(VERSION, |it| it.v), version);
    if v > VERSION {
        let reason = format!("its version is {v}, and this version reads version {VERSION}");
        return Err(Broken { reason, newer: true });
    }
    read.map_err(|error| error.message().to_owned().into())
}

fn toml_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    toml::to_string_pretty(value).expect("model types are tables of plain values").into_bytes()
}
