//! Records, version 1: what one line of a note says.
//!
//! The field order here is the format: canonical JSON writes fields as they are declared. Unknown
//! fields are kept, sorted, behind the known ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::{ComponentId, PatternId, RecordId};
use super::json::{self, Number};
use super::oid::Oid;
use super::time::Timestamp;

pub(crate) use super::commit::Commit;

/// The record format that this version writes.
pub(crate) const VERSION: u32 = 1;

/// Fields that this version does not know, kept as they came.
pub(crate) type Extra = BTreeMap<String, Value>;

/// One line of a note.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Record {
    /// What happened when a plan ran.
    Execution(Box<Execution>),
    /// What replaces or takes back another record.
    Amendment(Amendment),
    /// What a commit changed; no evidence.
    Commit(Box<Commit>),
    /// A kind or version that this version does not read; it is kept and left alone.
    Foreign(RecordId),
}

/// What happened when a plan ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(crate) id: RecordId,
    pub(crate) v: u32,
    pub(crate) kind: ExecutionKind,
    pub(crate) at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) words: Vec<String>,
    pub(crate) source: Source,
    pub(crate) replica: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) author: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<Oid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tree: Option<Oid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) patch: Option<Oid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<String>,
    #[serde(default)]
    pub(crate) pattern: Option<PatternId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arm: Option<Arm>,
    pub(crate) steps: Vec<Step>,
    pub(crate) outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) predicted: Option<Measure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actual: Option<Measure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tests: Option<Tests>,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// The `kind` of an execution; one value, so that no other kind parses as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExecutionKind {
    Execution,
}

/// Who made a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    Run,
    Record,
    AgentSession,
    Ci,
}

/// Whether a plan was made with what was learned, or without it for comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Arm {
    Learned,
    Control,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Environment,
    Aborted,
}

impl Outcome {
    /// The word that records use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Environment => "environment",
            Self::Aborted => "aborted",
        }
    }
}

/// How a step ended. `Skipped` says nothing about its component: it did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepOutcome {
    Passed,
    Failed,
    Skipped,
    Environment,
}

/// One component's try at one step. Entries with one `id` are tries of one step, in order: a
/// fallback's entry follows the entry of the component that it stands in for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) component: ComponentId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// Step ids; absent means: after the step before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) needs: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phase: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) runner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    pub(crate) outcome: StepOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) gates: Vec<GateResult>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<Context>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cost_usd: Option<Number>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) writes: Vec<String>,
    /// The error's signature: the first line that says why, without what changes from run to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// A gate's verdicts: `true` is green. Absent: it was not evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GateResult {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<bool>,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// Tokens used of a model's window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Context {
    pub(crate) tokens: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<u64>,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// What was predicted, or what it came to: success as a probability (0 or 1 for what happened),
/// time in milliseconds, context as a share of the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measure {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) success: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<Number>,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// Counts of tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tests {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// A `correction` (replaces the outcome of its target) or a `forget` (takes its target back).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Amendment {
    pub(crate) id: RecordId,
    pub(crate) v: u32,
    pub(crate) kind: AmendmentKind,
    pub(crate) at: Timestamp,
    pub(crate) replica: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) author: Option<String>,
    /// The outcome that a correction gives its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<Outcome>,
    pub(crate) target: RecordId,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// What an amendment does to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AmendmentKind {
    Correction,
    Forget,
}

/// What every line of a note must have before anything else of it is read.
#[derive(Deserialize)]
struct Envelope {
    id: RecordId,
    v: u32,
    kind: String,
}

/// The line is no record: not JSON, or a field is missing or wrong.
#[derive(Debug, thiserror::Error)]
#[error("not a record: {}", in_line(.0))]
pub(crate) struct NotARecord(#[from] serde_json::Error);

/// What is wrong with one line of JSON; that it is the first of its text says nothing.
fn in_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    if error.column() > 0 { format!("{what} (column {})", error.column()) } else { what.to_owned() }
}

impl Record {
    /// Reads one line of a note.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, NotARecord> {
        // An execution first: it is nearly every line, and one pass reads it.
        if let Ok(execution) = serde_json::from_slice::<Execution>(line)
            && execution.v == VERSION
        {
            return Ok(Self::Execution(Box::new(execution.shortened())));
        }
        let envelope: Envelope = serde_json::from_slice(line)?;
        if envelope.v != VERSION {
            return Ok(Self::Foreign(envelope.id));
        }
        match envelope.kind.as_str() {
            "execution" => serde_json::from_slice::<Execution>(line)
                .map(|it| Self::Execution(Box::new(it)))
                .map_err(NotARecord),
            "correction" | "forget" => serde_json::from_slice(line).map(Self::Amendment).map_err(NotARecord),
            "commit" => serde_json::from_slice(line).map(Self::Commit).map_err(NotARecord),
            _ => Ok(Self::Foreign(envelope.id)),
        }
    }

    /// The id of a line that begins as every canonical execution does: it is one, or no record at all.
    pub(crate) fn skim(line: &[u8]) -> Option<RecordId> {
        let (id, rest) = line.strip_prefix(br#"{"id":""#)?.split_at_checked(RecordId::LENGTH)?;
        let id = std::str::from_utf8(id).ok()?.parse().ok()?;
        // Format 1 and no other: `VERSION` in bytes.
        rest.starts_with(br#"","v":1,"kind":"execution","#).then_some(id)
    }

    /// The id.
    pub(crate) fn id(&self) -> RecordId {
        match self {
            Self::Execution(execution) => execution.id,
            Self::Amendment(amendment) => amendment.id,
            Self::Commit(commit) => commit.id,
            Self::Foreign(id) => *id,
        }
    }

    /// The clone that recorded it, where it says so.
    pub(crate) fn replica(&self) -> Option<&str> {
        match self {
            Self::Execution(execution) => Some(&execution.replica),
            Self::Amendment(amendment) => Some(&amendment.replica),
            Self::Commit(commit) => Some(&commit.replica),
            Self::Foreign(_) => None,
        }
    }
}

impl Amendment {
    /// The canonical line, without a newline.
    pub(crate) fn line(&self) -> String {
        json::canonical(self)
    }

    /// The same amendment with every number inside unknown fields in its shortest form.
    pub(crate) fn shortened(mut self) -> Self {
        self.extra.values_mut().for_each(json::shorten);
        self
    }
}

impl Execution {
    /// The canonical line, without a newline.
    pub(crate) fn line(&self) -> String {
        json::canonical(self)
    }

    /// The same execution with every number inside unknown fields in its shortest form.
    pub(crate) fn shortened(mut self) -> Self {
        let shorten = |extra: &mut Extra| extra.values_mut().for_each(json::shorten);
        shorten(&mut self.extra);
        for step in &mut self.steps {
            shorten(&mut step.extra);
            step.gates.iter_mut().for_each(|gate| shorten(&mut gate.extra));
            step.context.iter_mut().for_each(|context| shorten(&mut context.extra));
        }
        self.predicted.iter_mut().chain(&mut self.actual).for_each(|measure| shorten(&mut measure.extra));
        self.tests.iter_mut().for_each(|tests| shorten(&mut tests.extra));
        self
    }

    /// Wall time in milliseconds: as measured, else the sum of what the steps took.
    pub(crate) fn duration_ms(&self) -> Option<u64> {
        self.actual.as_ref().and_then(|actual| actual.duration_ms).or_else(|| {
            let taken: Vec<u64> = self.steps.iter().filter_map(|step| step.duration_ms).collect();
            (!taken.is_empty()).then(|| taken.iter().sum())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = concat!(
        r#"{"id":"01KAFY0000000000000000000A","v":1,"kind":"execution","at":"2026-11-20T08:00:00.000Z","#,
        r#""request":"add a licence","words":["licenc"],"source":"run","replica":"k3v9xq2m","author":"9f86d081884c7d65","#,
        r#""commit":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","pattern":null,"#,
        r#""steps":[{"component":"starter/licence/skill/licence","id":"licence","needs":[],"phase":1,"#,
        r#""outcome":"passed","attempts":1,"duration_ms":12,"gates":[{"name":"LICENSE exists","before":false,"after":true}],"#,
        r#""cost_usd":0.25,"colour":"blue"}],"outcome":"passed","predicted":{"success":0.9},"#,
        r#""actual":{"success":1,"duration_ms":12},"tests":{"passed":3,"failed":0},"alpha":1,"zeta":[2.5]}"#
    );

    #[test]
    fn a_canonical_line_reads_back_to_the_same_bytes() {
        let Record::Execution(execution) = Record::parse(FULL.as_bytes()).expect("a record") else {
            panic!("an execution");
        };
        assert_eq!(execution.line(), FULL);
    }

    #[test]
    fn what_is_skimmed_is_an_execution_with_that_id_or_no_record() {
        let opening = r#"{"id":"01KAFY0000000000000000000A","v":1,"kind":"execution","#;
        let again = |field: &str| FULL.replacen(r#""at":"#, &format!(r#"{field},"at":"#), 1);
        let cases = [
            (FULL.to_owned(), true),
            (opening.to_owned(), false),
            (FULL.replacen(r#""steps":["#, r#""steps":[0,"#, 1), false),
            (again(r#""kind":"weather""#), false),
            (again(r#""k\u0069nd":"weather""#), false),
            (again(r#""v":2"#), false),
            (again(r#""id":"01KAFY0000000000000000000B""#), false),
        ];
        for (line, is_record) in cases {
            let id = Record::skim(line.as_bytes()).expect("it begins as an execution does");
            match Record::parse(line.as_bytes()) {
                Ok(Record::Execution(execution)) => assert!(is_record && execution.id == id, "{line}"),
                Ok(other) => panic!("{line} is {other:?}"),
                Err(_) => assert!(!is_record, "{line}"),
            }
        }
        for (from, to) in
            [(r#""v":1,"#, r#""v":10,"#), ("execution", "forget"), ("01KAFY", "01kafy"), ("{", "{ ")]
        {
            assert_eq!(Record::skim(FULL.replacen(from, to, 1).as_bytes()), None);
        }
    }

    #[test]
    fn another_key_order_and_number_form_become_canonical() {
        let shuffled = FULL.replace(r#""alpha":1,"zeta":[2.5]"#, r#""zeta":[2.50],"alpha":1.0"#);
        let Record::Execution(execution) = Record::parse(shuffled.as_bytes()).expect("a record") else {
            panic!("an execution");
        };
        assert_eq!(execution.line(), FULL);
    }

    #[test]
    fn numbers_in_unknown_fields_become_short_wherever_they_are() {
        let places = [
            (r#""after":true}"#, r#""after":true,"zz":NUMBER}"#),
            (r#""predicted":{"success":0.9"#, r#""predicted":{"success":0.9,"zz":NUMBER"#),
            (
                r#""actual":{"success":1,"duration_ms":12"#,
                r#""actual":{"success":1,"duration_ms":12,"zz":NUMBER"#,
            ),
            (r#""tests":{"passed":3,"failed":0"#, r#""tests":{"passed":3,"failed":0,"zz":NUMBER"#),
            (r#""cost_usd":0.25"#, r#""context":{"tokens":1,"zz":NUMBER},"cost_usd":0.25"#),
        ];
        for (from, to) in places {
            let with = |number: &str| FULL.replace(from, &to.replace("NUMBER", number));
            let Ok(Record::Execution(execution)) = Record::parse(with("[7.0,2.50]").as_bytes()) else {
                panic!("an execution with {to}");
            };
            assert_eq!(execution.line(), with("[7,2.5]"));
        }
    }

    #[test]
    fn newer_versions_and_other_kinds_are_kept_but_not_read() {
        for line in [
            FULL.replace(r#""v":1"#, r#""v":2"#),
            r#"{"id":"01KAFY0000000000000000000A","v":1,"kind":"weather","files":3}"#.to_owned(),
        ] {
            assert!(matches!(Record::parse(line.as_bytes()), Ok(Record::Foreign(_))), "{line}");
        }
    }

    #[test]
    fn a_broken_execution_says_which_field() {
        let error =
            Record::parse(FULL.replace(r#""outcome":"passed","predicted""#, r#""predicted""#).as_bytes())
                .expect_err("no outcome");
        assert!(error.to_string().contains("missing field `outcome`"), "{error}");
    }
}
