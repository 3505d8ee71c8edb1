//! Drafts: from the few fields that somebody gives to a whole record.

use serde_json::{Map, Value};

use super::settings::Privacy;
use crate::model::id::RecordId;
use crate::model::json::{Number, oversized};
use crate::model::oid::Oid;
use crate::model::pattern::Shape;
use crate::model::record::{Amendment, AmendmentKind, Execution, Measure, NotARecord, VERSION};
use crate::model::time::Timestamp;
use crate::model::{redact, words};

/// What a draft is filled up with.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    pub(crate) id: RecordId,
    /// Now, or the start of what is recorded now.
    pub(crate) at: Timestamp,
    pub(crate) replica: String,
    pub(crate) author: String,
    pub(crate) privacy: Privacy,
}

/// What a record is attached to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    /// The annotated object: a commit, or the empty tree where there is no commit yet.
    pub(crate) object: Oid,
    /// Its tree; `None` where whoever reads the record in the spool looks for it.
    pub(crate) tree: Option<Oid>,
    /// The stable patch-id, where it was computed.
    pub(crate) patch: Option<Oid>,
}

/// What a draft says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Execution,
    /// A correction or a forget.
    Amendment,
}

/// Reads one line that somebody gives. Unknown fields are kept as they are, so a number that would
/// lose digits is refused.
pub(crate) fn read(line: &str) -> Result<Map<String, Value>, NotARecord> {
    let draft = serde_json::from_str(line)?;
    match oversized(line) {
        None => Ok(draft),
        Some(number) => {
            let shown: String = number.chars().take(40).collect();
            Err(refuse(format!("the number {shown} is too large to be kept (64 bits); give it as text")))
        }
    }
}

/// What `draft` says it is, which is all of it that is looked at here.
pub(crate) fn kind(draft: &Map<String, Value>) -> Result<Kind, NotARecord> {
    if let Some(version) = draft.get("v").filter(|v| **v != VERSION) {
        return Err(refuse(format!("its version is {version}, and this program knows version {VERSION}")));
    }
    match draft.get("kind") {
        None => Ok(Kind::Execution),
        Some(Value::String(kind)) if kind == "execution" => Ok(Kind::Execution),
        Some(Value::String(kind)) if kind == "correction" || kind == "forget" => Ok(Kind::Amendment),
        Some(other) => Err(refuse(format!("its kind is {other}, not execution, correction or forget"))),
    }
}

/// Fills up the draft of an amendment: redacted, canonical.
pub(crate) fn amend(mut draft: Map<String, Value>, defaults: &Defaults) -> Result<Amendment, NotARecord> {
    fill_up(&mut draft, defaults);
    let amendment: Amendment = serde_json::from_value(draft.into())?;
    if amendment.kind == AmendmentKind::Correction && amendment.outcome.is_none() {
        return Err(refuse("missing field `outcome`".to_owned()));
    }
    check_replica(&amendment.replica)?;
    check_time(amendment.at, defaults.at)?;
    Ok(amendment.shortened())
}

/// What every record has, and no secrets.
fn fill_up(draft: &mut Map<String, Value>, defaults: &Defaults) {
    redact::redact_fields(draft);
    // An id that was given says when: so the same draft makes the same bytes tomorrow.
    let given = draft.get("id").and_then(Value::as_str).and_then(|id| id.parse::<RecordId>().ok());
    let at = given.and_then(|id| Timestamp(id.millis()).to_string().parse().ok()).unwrap_or(defaults.at);
    let mut fill = |key: &str, value: Value| {
        draft.entry(key).or_insert(value);
    };
    fill("id", defaults.id.to_string().into());
    fill("v", VERSION.into());
    fill("at", at.to_string().into());
    fill("replica", defaults.replica.clone().into());
    fill("author", defaults.author.clone().into());
}

fn check_replica(replica: &str) -> Result<(), NotARecord> {
    if is_word(replica) {
        return Ok(());
    }
    Err(refuse(format!("`{}` is not a replica (a-z, 0-9, - and _)", replica.escape_debug())))
}

/// Nothing that happened lies ahead: an audit would take it for invented.
fn check_time(at: Timestamp, now: Timestamp) -> Result<(), NotARecord> {
    if at <= now.on_the_fastest_clock() {
        return Ok(());
    }
    Err(refuse(format!("its time is {at}, and it is {now} now")))
}

/// A probability is a probability, and a share no less than nothing.
fn check_measure(name: &str, measure: Option<&Measure>) -> Result<(), NotARecord> {
    let Some(measure) = measure else { return Ok(()) };
    if let Some(success) = measure.success.map(Number::get).filter(|it| !(0.0..=1.0).contains(it)) {
        return Err(refuse(format!("{name}.success is {success}, not a probability (0 to 1)")));
    }
    if let Some(context) = measure.context.map(Number::get).filter(|it| *it < 0.0) {
        return Err(refuse(format!("{name}.context is {context}, not a share of the window")));
    }
    Ok(())
}

/// Fills up a draft: redacted, with keywords, pattern and anchor, canonical.
pub(crate) fn complete(
    mut draft: Map<String, Value>,
    defaults: &Defaults,
    anchor: &Anchor,
) -> Result<Execution, NotARecord> {
    fill_up(&mut draft, defaults);
    draft.entry("kind").or_insert("execution".into());
    draft.entry("source").or_insert("record".into());
    draft.insert("commit".to_owned(), anchor.object.to_string().into());
    match anchor.tree {
        Some(tree) => draft.insert("tree".to_owned(), tree.to_string().into()),
        None => draft.remove("tree"),
    };
    let mut execution: Execution = serde_json::from_value(draft.into())?;
    if execution.steps.is_empty() {
        return Err(refuse("an execution has at least one step".to_owned()));
    }
    check_replica(&execution.replica)?;
    check_time(execution.at, defaults.at)?;
    check_measure("predicted", execution.predicted.as_ref())?;
    check_measure("actual", execution.actual.as_ref())?;
    apply_privacy(&mut execution, defaults.privacy)?;
    execution.patch = anchor.patch.or(execution.patch);
    execution.pattern = Shape::of(&execution).map(|shape| shape.id());
    Ok(execution.shortened())
}

fn apply_privacy(execution: &mut Execution, privacy: Privacy) -> Result<(), NotARecord> {
    if execution.request.is_none() && execution.words.is_empty() && privacy == Privacy::Text {
        return Err(refuse("missing field `request`".to_owned()));
    }
    if let Some(request) = &execution.request {
        execution.words = words::keywords(request);
    }
    match privacy {
        Privacy::Text => {}
        Privacy::Words => execution.request = None,
        Privacy::None => {
            execution.request = None;
            execution.words.clear();
        }
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

fn refuse(reason: String) -> NotARecord {
    NotARecord::from(<serde_json::Error as serde::de::Error>::custom(reason))
}

/// BLAKE3 of a person's name and address, 16 hex digits: who it was, without saying so.
pub(crate) fn author_hash(name: &str, email: &str) -> String {
    blake3::hash(format!("{name} <{email}>").as_bytes()).to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;

    fn defaults(privacy: Privacy) -> Defaults {
        Defaults {
            id: samples::execution(1).id,
            at: Timestamp(1_795_161_600_000),
            replica: "aaaa".to_owned(),
            author: author_hash("A", "a@b"),
            privacy,
        }
    }

    fn anchor() -> Anchor {
        let object = "4b825dc642cb6eb9a060e54bf8d69288fbee4904".parse().expect("valid");
        Anchor { object, tree: Some(object), patch: None }
    }

    fn draft(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).expect("an object")
    }

    const LEAST: &str = r#"{"request":"add a licence, password=hunter22x","steps":[
        {"component":"m/p/skill/licence","outcome":"passed"}],"outcome":"passed","zebra":1.0}"#;

    #[test]
    fn the_bold_few_fields_become_a_whole_record() {
        let execution = complete(draft(LEAST), &defaults(Privacy::Text), &anchor()).expect("complete");
        insta::assert_snapshot!(execution.line(), @r#"{"id":"01KAG4E1000000000000000001","v":1,"kind":"execution","at":"2026-11-20T08:00:00.000Z","request":"add a licence, password=[redacted secret]","words":["add","licens","password"],"source":"record","replica":"aaaa","author":"26c1a4818d781019","commit":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","tree":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","pattern":"licence-0996aeb5532b","steps":[{"component":"m/p/skill/licence","outcome":"passed"}],"outcome":"passed","zebra":1}"#);
    }

    #[test]
    fn privacy_keeps_the_request_out_of_the_record() {
        let words = complete(draft(LEAST), &defaults(Privacy::Words), &anchor()).expect("complete");
        assert_eq!(words.request, None);
        assert!(words.words.contains(&"licens".to_owned()));
        let none = complete(draft(LEAST), &defaults(Privacy::None), &anchor()).expect("complete");
        assert_eq!((none.request, none.words.len()), (None, 0));
    }

    #[test]
    fn what_is_missing_is_named() {
        let message = |text: &str| {
            complete(draft(text), &defaults(Privacy::Text), &anchor()).expect_err("incomplete").to_string()
        };
        assert_eq!(
            message(r#"{"steps":[],"outcome":"passed"}"#),
            "not a record: an execution has at least one step"
        );
        assert_eq!(
            message(r#"{"request":"x","steps":[{"outcome":"passed"}],"outcome":"passed"}"#),
            "not a record: missing field `component`"
        );
        assert_eq!(message(r#"{"request":"x","outcome":"passed"}"#), "not a record: missing field `steps`");
        assert_eq!(
            message(r#"{"steps":[{"component":"a/b/c/d","outcome":"passed"}],"outcome":"passed"}"#),
            "not a record: missing field `request`"
        );
    }
}
