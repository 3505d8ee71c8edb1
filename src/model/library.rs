//! The pattern library as a value: what the learning tree holds, its join, and its files.
//!
//! The join is commutative, associative and idempotent, so clones that exchange libraries in any
//! order end with the same one; and the files are a pure function of the value, so they end with
//! the same tree oid.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::analysis::Analysis;
use super::decision::Decisions;
use super::evidence::{Cells, Tally};
use super::id::{ComponentId, PatternId, PluginId};
use super::pattern::{Inferred, Pattern};
use super::plugin_file::{ComponentRecord, PluginFile, plugin_path};
use super::policy::Policy;
use super::time::Month;
use super::versioned::{Broken, from_toml, text, to_toml};

/// The format of the learning tree that this version reads and writes.
pub(crate) const FORMAT: &str = "1";

/// The most patterns that are kept because texts propose them.
pub(crate) const MOST_PROPOSALS: usize = 200;

/// Everything that the learning tree holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Library {
    /// Months before it are not counted: how a team starts afresh.
    pub(crate) epoch: Month,
    pub(crate) policy: Policy,
    /// Which executions cells count although they do not count any more.
    pub(crate) decisions: Decisions,
    pub(crate) patterns: BTreeMap<PatternId, Pattern>,
    /// What components did.
    pub(crate) components: BTreeMap<ComponentId, ComponentRecord>,
    /// What the catalog says of plugins.
    pub(crate) analyses: BTreeMap<PluginId, Analysis>,
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
            analyses: BTreeMap::new(),
            other: BTreeMap::new(),
        }
    }
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
        for (plugin, analysis) in &other.analyses {
            self.add_analysis(plugin, analysis);
        }
        for (path, bytes) in &other.other {
            let ours = self.other.entry(path.clone()).or_default();
            if bytes > ours {
                ours.clone_from(bytes);
            }
        }
        self.drop_before_epoch();
        self.keep_best_proposals();
    }

    /// Takes in patterns that texts propose.
    pub(crate) fn propose(&mut self, proposals: impl IntoIterator<Item = Pattern>) {
        for pattern in proposals {
            match self.patterns.get_mut(&pattern.id) {
                Some(known) => known.join(&pattern),
                None => drop(self.patterns.insert(pattern.id.clone(), pattern)),
            }
        }
        self.keep_best_proposals();
    }

    /// Those of `proposals` that say something here that was not known.
    pub(crate) fn unknown_of(&self, proposals: &[Pattern]) -> Vec<Pattern> {
        let mut after = self.clone();
        after.propose(proposals.iter().cloned());
        let inferred =
            |library: &Self, it: &Pattern| library.patterns.get(&it.id).and_then(|it| it.inferred.clone());
        let is_new = |it: &&Pattern| inferred(&after, it) != inferred(self, it);
        proposals.iter().filter(is_new).cloned().collect()
    }

    /// How many patterns are proposed that `before` does not know.
    pub(crate) fn newly_proposed(&self, before: &Self) -> usize {
        let is_new = |id| !before.patterns.contains_key(id);
        self.proposals().iter().filter(|(pattern, _)| is_new(&pattern.id)).count()
    }

    /// Keeps the best [`MOST_PROPOSALS`] by score, then by id, and drops what only was proposed. Patterns that
    /// ran since keep their rank: otherwise it would depend on the order of joins who came up behind them.
    fn keep_best_proposals(&mut self) {
        let rank = |pattern: &Pattern| pattern.inferred.as_ref().map(|it| Reverse(it.score));
        let ranked = self.patterns.values().filter_map(|it| Some((rank(it)?, it.id.clone())));
        let mut ranked: Vec<(Reverse<u16>, PatternId)> = ranked.collect();
        if ranked.len() <= MOST_PROPOSALS {
            return;
        }
        ranked.sort_unstable();
        for (_, id) in ranked.drain(MOST_PROPOSALS..) {
            let Some(pattern) = self.patterns.get_mut(&id) else { continue };
            pattern.inferred = None;
            if pattern.is_only_proposed() {
                self.patterns.remove(&id);
            }
        }
    }

    /// Takes in an analysis, unless one that counts more is known.
    pub(crate) fn add_analysis(&mut self, plugin: &PluginId, analysis: &Analysis) {
        match self.analyses.get_mut(plugin) {
            Some(ours) if *ours >= *analysis => {}
            Some(ours) => ours.clone_from(analysis),
            None => drop(self.analyses.insert(plugin.clone(), analysis.clone())),
        }
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

    /// What is in it that no executions tell: what people wrote into it, the catalog, and what texts propose.
    pub(crate) fn without_evidence(&self) -> Self {
        let (epoch, policy, other) = (self.epoch.clone(), self.policy.clone(), self.other.clone());
        let mut kept = Self { epoch, policy, other, analyses: self.analyses.clone(), ..Self::default() };
        let proposed = |it: &Pattern| Some(Pattern::proposed(it.phases.clone(), it.inferred.clone()?));
        kept.propose(self.patterns.values().filter_map(proposed));
        kept
    }

    /// Patterns that ran, and are not only proposed.
    pub(crate) fn with_evidence(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.values().filter(|pattern| pattern.proposal().is_none())
    }

    /// Patterns that are proposed and never ran, the best first.
    pub(crate) fn proposals(&self) -> Vec<(&Pattern, &Inferred)> {
        let mut all: Vec<_> =
            self.patterns.values().filter_map(|pattern| Some((pattern, pattern.proposal()?))).collect();
        all.sort_by_key(|(pattern, inferred)| (Reverse(inferred.score), &pattern.id));
        all
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
            ("policy.toml".to_owned(), to_toml(&self.policy).into_bytes()),
            ("forgotten".to_owned(), self.decisions.text().into_bytes()),
        ]);
        for pattern in self.patterns.values() {
            files.insert(self.pattern_path(pattern), to_toml(pattern).into_bytes());
        }
        for file in self.plugin_files().into_values() {
            files.insert(plugin_path(&file.plugin), file.text().into_bytes());
        }
        // A file that could not be read stays, even where a readable one would stand.
        files.extend(self.other.iter().map(|(path, bytes)| (path.clone(), bytes.clone())));
        files
    }

    fn plugin_files(&self) -> BTreeMap<PluginId, PluginFile> {
        let mut files = BTreeMap::<PluginId, PluginFile>::new();
        let empty = |plugin: PluginId| PluginFile { plugin, components: BTreeMap::new(), analysis: None };
        for (id, record) in &self.components {
            let file = files.entry(id.owner()).or_insert_with_key(|plugin| empty(plugin.clone()));
            file.components.insert(id.clone(), record.clone());
        }
        for (plugin, analysis) in &self.analyses {
            let file = files.entry(plugin.clone()).or_insert_with_key(|plugin| empty(plugin.clone()));
            file.analysis = Some(analysis.clone());
        }
        files
    }

    /// Reads the files of a learning tree. What can't be read is a problem and is kept in `other`.
    pub(crate) fn from_files(
        files: impl IntoIterator<Item = (String, impl AsRef<[u8]>)>,
    ) -> Result<(Self, Vec<Problem>), NewerFormat> {
        let mut library = Self::default();
        let mut problems = Vec::new();
        for (path, bytes) in files {
            let bytes = bytes.as_ref();
            if path == "format" {
                let format = String::from_utf8_lossy(bytes).trim().to_owned();
                if format != FORMAT {
                    return Err(NewerFormat(format));
                }
            } else if let Err(Broken { reason, newer }) = library.read_file(&path, bytes) {
                problems.push(Problem { path: path.clone(), reason, newer });
                library.other.insert(path, bytes.to_vec());
            }
        }
        library.drop_before_epoch();
        library.keep_best_proposals();
        Ok((library, problems))
    }

    fn read_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), Broken> {
        match path.split('/').collect::<Vec<_>>()[..] {
            ["epoch"] => self.epoch = text(bytes)?.trim().parse().map_err(|error| format!("{error}"))?,
            ["policy.toml"] => self.policy = policy(text(bytes)?)?,
            ["forgotten"] => self.decisions = Decisions::parse(text(bytes)?)?,
            ["patterns", .., name] => {
                let pattern = from_toml(text(bytes)?, |pattern: &Pattern| pattern.v)?;
                self.add_pattern(name, pattern)?;
            }
            ["plugins", _, _] => {
                let file = PluginFile::parse(text(bytes)?)?;
                for (id, record) in file.components {
                    self.components.entry(id).or_default().join(&record);
                }
                if let Some(analysis) = &file.analysis {
                    self.add_analysis(&file.plugin, analysis);
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
        if let Some(inferred) = pattern.inferred.as_ref().filter(|it| it.score > Inferred::MOST) {
            return Err(format!("its score is {}, of {} at most", inferred.score, Inferred::MOST));
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

/// A policy whose bounds can be compared: with a NaN among them no join would be one.
fn policy(text: &str) -> Result<Policy, Broken> {
    let policy = from_toml(text, |policy: &Policy| policy.v)?;
    match policy.wrong_bound() {
        Some((name, bound)) => Err(format!("{name} is {bound}, not a share (0 to 1)").into()),
        None => Ok(policy),
    }
}
