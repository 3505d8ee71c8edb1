//! Components as marketplaces offer them, and the contract by which one is run and checked.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::id::ComponentId;

/// One thing inside a plugin that can do work: all but its text, which is what a catalog keeps of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Card {
    pub(crate) id: ComponentId,
    /// What it says of itself, on one line.
    pub(crate) description: String,
    /// How it is run and checked, where it says so.
    pub(crate) contract: Option<Contract>,
    /// Hash of everything that would run: its file and, with a contract, its whole folder and its
    /// plugin's.
    pub(crate) content: String,
    /// The folder that a contract's paths are relative to; absolute.
    pub(crate) folder: PathBuf,
    pub(crate) roots: Roots,
    /// The file that defines it; absolute.
    pub(crate) file: PathBuf,
    /// Tokens (characters / 4) that it costs a session always, and when it is invoked.
    pub(crate) tokens: TokenCost,
}

/// A component with its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Component {
    pub(crate) card: Card,
    /// Headings of its text, for search.
    pub(crate) headings: Vec<String>,
    /// The text behind the frontmatter.
    pub(crate) body: String,
    /// What else is declared of it.
    pub(crate) declared: Declared,
}

/// A component is all that its card says, and more.
impl Deref for Component {
    type Target = Card;

    fn deref(&self) -> &Card {
        &self.card
    }
}

impl Card {
    /// Whether its contract says that it looks at things and writes nothing.
    pub(crate) fn is_check(&self) -> bool {
        self.contract.as_ref().is_some_and(Contract::is_check)
    }

    /// The id of the component that it names as its fallback.
    pub(crate) fn fallback(&self) -> Option<ComponentId> {
        let name = self.contract.as_ref()?.fallback.as_deref()?;
        ComponentId::new(self.id.marketplace(), self.id.plugin(), self.id.kind(), name).ok()
    }

    /// Its file as seen from the root of its marketplace; the name alone where it lies elsewhere.
    pub(crate) fn file_below_root(&self) -> String {
        let below = self.file.strip_prefix(&self.roots.marketplace).ok();
        let path = below.or_else(|| self.file.file_name().map(Path::new)).unwrap_or(&self.file);
        path.to_string_lossy().into_owned()
    }
}

impl Component {
    /// Bytes of its texts, near enough to bound them.
    pub(crate) fn bytes(&self) -> usize {
        let fields = self.declared.fields.iter().map(|(key, value)| key.len() + bytes(value));
        self.body.len() + self.declared.front.len() + fields.sum::<usize>()
    }
}

fn bytes(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + bytes(value)).sum(),
        _ => 0,
    };
    size_of::<Value>() + inside
}

/// What frontmatter and manifests declare of a component, as it was read, and on which lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Declared {
    /// The frontmatter's fields, or those of an MCP server's entry.
    pub(crate) fields: Map<String, Value>,
    /// The text that the fields were read from.
    pub(crate) front: String,
    /// The line of its file on which `front` starts, from 1; 0 where there is none.
    pub(crate) front_line: usize,
    /// The line of its file on which its body starts, from 1; 0 where the body's lines are not those of
    /// the file.
    pub(crate) body_line: usize,
    /// What manifests say of its plugin.
    pub(crate) labels: Arc<[Label]>,
}

/// A word that a manifest puts a plugin under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) field: LabelField,
    pub(crate) text: String,
    /// The manifest, relative to the marketplace's root.
    pub(crate) file: String,
}

/// The field of a manifest that a label stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelField {
    Category,
    /// `keywords` or `tags`.
    Keyword,
}

/// The folders around a component, absolute.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Roots {
    /// Nothing of the component lies outside it.
    pub(crate) marketplace: PathBuf,
    /// What scripts know as `CLAUDE_PLUGIN_ROOT`; the component's own folder where no plugin is around.
    pub(crate) plugin: PathBuf,
}

/// Components known here, by id: all, or those that matter for something.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Catalog(BTreeMap<ComponentId, Card>);

impl Catalog {
    /// The component of this id.
    pub(crate) fn get(&self, id: &ComponentId) -> Option<&Card> {
        self.0.get(id)
    }

    /// The component that `component` names as its fallback.
    pub(crate) fn fallback_of(&self, component: &Card) -> Option<&Card> {
        self.get(&component.fallback()?)
    }
}

impl FromIterator<Card> for Catalog {
    fn from_iter<I: IntoIterator<Item = Card>>(components: I) -> Self {
        Self(components.into_iter().map(|component| (component.id.clone(), component)).collect())
    }
}

/// What a component costs a model's window, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct TokenCost {
    pub(crate) always: u64,
    pub(crate) on_invoke: u64,
}

/// `metadata.orchestrate` of a SKILL.md: how a component is run and checked without a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contract {
    pub(crate) runner: RunnerKind,
    /// A `sh` script, relative to the component's folder.
    pub(crate) script: PathBuf,
    /// Globs of files that it reads if they exist.
    #[serde(default)]
    pub(crate) inputs: Vec<String>,
    /// Globs of files that it writes; empty: it is a check and writes nothing.
    #[serde(default)]
    pub(crate) outputs: Vec<String>,
    #[serde(default)]
    pub(crate) gates: Vec<Gate>,
    /// The name of a component of the same plugin that may stand in.
    #[serde(default)]
    pub(crate) fallback: Option<String>,
    /// Time limit in seconds.
    #[serde(default)]
    pub(crate) timeout: Option<u64>,
}

impl Contract {
    /// A check writes nothing, so it always runs and has no red state before.
    pub(crate) fn is_check(&self) -> bool {
        self.outputs.is_empty()
    }
}

/// How a component is made to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RunnerKind {
    /// `sh SCRIPT` in a work tree.
    Shell,
}

impl RunnerKind {
    /// The word that records use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Shell => "shell",
        }
    }
}

/// A deterministic check of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "GateForm", into = "GateForm")]
pub(crate) struct Gate {
    pub(crate) name: String,
    pub(crate) test: GateTest,
}

/// What a gate looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GateTest {
    /// The file exists and is not empty.
    File { path: String },
    /// The file's text matches the regular expression.
    Matches { path: String, regex: String },
    /// `sh SCRIPT` of the component's folder exits 0 in the work tree.
    Script { path: PathBuf },
    /// The program exits 0 in the work tree.
    Command { argv: Vec<String> },
}

/// The written form: one flat table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GateForm {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    matches: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    script: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Vec<String>>,
}

/// A gate that names no test, or more than one.
#[derive(Debug, thiserror::Error)]
#[error("gate `{0}` needs exactly one of `file` (with or without `matches`), `script`, `command`")]
pub(crate) struct UnclearGate(String);

impl TryFrom<GateForm> for Gate {
    type Error = UnclearGate;

    fn try_from(form: GateForm) -> Result<Self, UnclearGate> {
        let test = match (form.file, form.matches, form.script, form.command) {
            (Some(path), None, None, None) => GateTest::File { path },
            (Some(path), Some(regex), None, None) => GateTest::Matches { path, regex },
            (None, None, Some(path), None) => GateTest::Script { path },
            (None, None, None, Some(argv)) if !argv.is_empty() => GateTest::Command { argv },
            _ => return Err(UnclearGate(form.name)),
        };
        Ok(Self { name: form.name, test })
    }
}

impl From<Gate> for GateForm {
    fn from(gate: Gate) -> Self {
        let form = Self { name: gate.name, ..Self::default() };
        match gate.test {
            GateTest::File { path } => Self { file: Some(path), ..form },
            GateTest::Matches { path, regex } => Self { file: Some(path), matches: Some(regex), ..form },
            GateTest::Script { path } => Self { script: Some(path), ..form },
            GateTest::Command { argv } => Self { command: Some(argv), ..form },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_reads_back_as_it_was_written() {
        for text in [
            r#"{"name":"exists","file":"LICENSE"}"#,
            r#"{"name":"has a title","file":"README.md","matches":"^# "}"#,
            r#"{"name":"valid","script":"scripts/check.sh"}"#,
            r#"{"name":"tests","command":["cargo","test"]}"#,
        ] {
            let gate: Gate = serde_json::from_str(text).expect("valid");
            assert_eq!(serde_json::to_string(&gate).expect("serialises"), text);
        }
    }

    #[test]
    fn a_gate_with_no_test_or_with_two_is_refused() {
        for text in
            [r#"{"name":"x"}"#, r#"{"name":"x","file":"a","command":["b"]}"#, r#"{"name":"x","command":[]}"#]
        {
            let error = serde_json::from_str::<Gate>(text).expect_err("unclear");
            assert!(error.to_string().starts_with("gate `x` needs exactly one of"), "{error}");
        }
    }
}
