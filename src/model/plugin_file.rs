//! `plugins/<marketplace>/<plugin>.toml`: what components of a plugin did, then what the catalog keeps of
//! them.
//!
//! What the catalog keeps is split off and stays as it is (see [`Analysis`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::analysis::Analysis;
use super::evidence::Cells;
use super::id::{ComponentId, PluginId};
use super::time::Timestamp;
use super::versioned::{Broken, VERSION, from_toml, to_toml};

/// What is known of what one component did.
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
    pub(super) fn join(&mut self, other: &Self) {
        self.cells.join(&other.cells);
        let stamp = |it: &Self| (it.updated, it.replica.clone(), it.content.clone(), it.issues.clone());
        if stamp(other) > stamp(self) {
            (self.updated, self.replica, self.content, self.issues) = stamp(other);
        }
    }
}

/// What a plugin's file says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PluginFile {
    pub(super) plugin: PluginId,
    pub(super) components: BTreeMap<ComponentId, ComponentRecord>,
    pub(super) analysis: Option<Analysis>,
}

/// The part in front of the catalog: tables by `kind/name`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    v: u32,
    marketplace: String,
    plugin: String,
    #[serde(default, rename = "component", skip_serializing_if = "BTreeMap::is_empty")]
    components: BTreeMap<String, ComponentRecord>,
}

impl PluginFile {
    /// What the text of a file says.
    pub(super) fn parse(text: &str) -> Result<Self, Broken> {
        let read = |head: &str| from_toml(head, |head: &Head| head.v);
        let mut broken = None;
        // The text of an error may hold what looks like a catalog: then what is in front of it is no head.
        let split = Analysis::find(text).find_map(|at| match read(&text[..at]) {
            Ok(head) => Some((head, Some(Analysis::of_text(&text[at..])))),
            Err(why) => {
                broken.get_or_insert(why);
                None
            }
        });
        let (head, analysis) = match split {
            Some(split) => split,
            None => (read(text).map_err(|why| broken.unwrap_or(why))?, None),
        };
        let plugin = PluginId::new(&head.marketplace, &head.plugin)
            .map_err(|error| Broken::from(error.to_string()))?;
        let mut components = BTreeMap::new();
        for (key, record) in head.components {
            let id = plugin.component(&key).map_err(|error| Broken::from(error.to_string()))?;
            components.insert(id, record);
        }
        Ok(Self { plugin, components, analysis })
    }

    /// The text of the file.
    pub(super) fn text(&self) -> String {
        let key = |id: &ComponentId| format!("{}/{}", id.kind(), id.name());
        let mut text = to_toml(&Head {
            v: VERSION,
            marketplace: self.plugin.marketplace().to_owned(),
            plugin: self.plugin.plugin().to_owned(),
            components: self.components.iter().map(|(id, record)| (key(id), record.clone())).collect(),
        });
        if let Some(analysis) = &self.analysis {
            text.push('\n');
            text.push_str(analysis.text());
        }
        text
    }
}

/// Where the learning tree keeps what is known of a plugin, with what a file name can't hold
/// percent-encoded.
pub(crate) fn plugin_path(plugin: &PluginId) -> String {
    format!("plugins/{}/{}.toml", encoded(plugin.marketplace()), encoded(plugin.plugin()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog_entry::{Contents, Stamp};

    fn plugin() -> PluginId {
        PluginId::new("market", "tools").expect("valid")
    }

    /// A component that failed in so many words.
    fn failed(error: &str) -> BTreeMap<ComponentId, ComponentRecord> {
        let issues = vec![Issue { error: error.to_owned(), fix: None }];
        let record = ComponentRecord { replica: "r".to_owned(), issues, ..ComponentRecord::default() };
        BTreeMap::from([(plugin().component("skill/a").expect("valid"), record)])
    }

    fn read_back(file: &PluginFile) -> PluginFile {
        PluginFile::parse(&file.text()).unwrap_or_else(|broken| panic!("{}: {}", broken.reason, file.text()))
    }

    #[test]
    fn records_come_first_and_what_the_catalog_keeps_stays_as_it_is() {
        let analysis =
            Analysis::saying(Stamp { extractor: 1, updated: Timestamp::default() }, &Contents::default());
        let file = PluginFile { plugin: plugin(), components: failed("no tags"), analysis: Some(analysis) };
        insta::assert_snapshot!(file.text(), @r#"
        v = 1
        marketplace = "market"
        plugin = "tools"

        [component."skill/a"]
        updated = "1970-01-01T00:00:00.000Z"
        replica = "r"

        [[component."skill/a".issues]]
        error = "no tags"

        [catalog]
        extractor = 1
        updated = "1970-01-01T00:00:00.000Z"
        "#);
        assert_eq!(read_back(&file), file);
        let file = PluginFile { components: BTreeMap::new(), ..file };
        insta::assert_snapshot!(file.text(), @r#"
        v = 1
        marketplace = "market"
        plugin = "tools"

        [catalog]
        extractor = 1
        updated = "1970-01-01T00:00:00.000Z"
        "#);
        assert_eq!(read_back(&file), file);
        let tampered = file.text().replace("extractor", "x = \"\u{1b}\" # ");
        let read = PluginFile::parse(&tampered).unwrap_or_else(|broken| panic!("{}", broken.reason));
        assert_eq!(read.text(), tampered);
    }

    #[test]
    fn an_error_that_looks_like_a_catalog_is_an_error() {
        let error = "it said\n[catalog]\nextractor = 1\nupdated = \"2026-11-20T08:00:00.000Z\"\n";
        let analysis =
            Analysis::saying(Stamp { extractor: 1, updated: Timestamp::default() }, &Contents::default());
        for analysis in [None, Some(analysis)] {
            let file = PluginFile { plugin: plugin(), components: failed(error), analysis };
            assert_eq!(read_back(&file), file);
        }
    }

    #[test]
    fn a_name_that_no_file_can_have_is_encoded() {
        let path = |name| plugin_path(&PluginId::new("a b", name).expect("valid"));
        assert_eq!(path("x"), "plugins/a%20b/x.toml");
        assert_eq!(path(".git"), "plugins/a%20b/%2Egit.toml");
        assert_eq!(path("é:y"), "plugins/a%20b/%C3%A9%3Ay.toml");
    }
}
