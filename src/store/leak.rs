//! A last look for secrets in everything that a push would send: every version of every note and
//! file, every name of a file or ref, every author and every message, whether or not the tip still shows
//! it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::Store;
use super::error::StoreError;
use super::executions::NOTES;
use super::learning::LEARNING;
use super::noted::note_lines;
use crate::git::{PushEdit, Text};
use crate::model::oid::Oid;
use crate::model::record::Record;
use crate::model::redact::{holds_token, redact, redact_value};

impl Store<'_> {
    /// What looks like a secret among the objects that `edits` would bring to `remote`: records,
    /// messages and files, by name.
    pub(super) fn leaks(&self, remote: &str, edits: &[PushEdit]) -> Result<BTreeSet<String>, StoreError> {
        let new: Vec<_> = edits.iter().map(|edit| edit.oid).collect();
        let mut seen = Vec::new();
        let names = edits.iter().map(|edit| edit.name.as_str());
        for name in [NOTES, LEARNING].into_iter().chain(names) {
            seen.extend(self.repo.tip(&Self::seen(remote, name))?);
        }
        let mut leaks = self.leaks_between(&new, &seen)?;
        let named = edits.iter().filter(|edit| is_leak(edit.name.as_bytes()));
        leaks.extend(named.map(|edit| format!("the name of a ref at {}", edit.oid.short())));
        Ok(leaks)
    }

    /// The same among the objects that `new` has and `seen` does not.
    pub(super) fn leaks_between(&self, new: &[Oid], seen: &[Oid]) -> Result<BTreeSet<String>, StoreError> {
        let mut leaks = BTreeSet::new();
        // Most of what one version of a note says, the next one says again: a hash of it is enough to know.
        let mut known = HashSet::new();
        self.repo.texts_between(new, seen, |text| match text {
            Text::Commit(commit, said) => {
                let (head, message) = split_commit(&said);
                if is_leak(message) {
                    leaks.insert(format!("the message of commit {}", commit.short()));
                }
                // Names and oids only: no prose.
                if is_leak(head) {
                    leaks.insert(format!("the author of commit {}", commit.short()));
                }
            }
            Text::Name(tree, name) => {
                if is_leak(&name) {
                    leaks.insert(format!("a file name in tree {}", tree.short()));
                }
            }
            Text::File(blob, bytes) => {
                let parts = parts(&bytes).into_iter().filter(|part| known.insert(blake3::hash(part)));
                leaks.extend(leaks_in(parts, &format!("blob {}", blob.short())));
            }
        })?;
        Ok(leaks)
    }
}

/// What looks like a secret in a file: records by their id, everything else by the name of the file.
pub(super) fn leaks_in_file(bytes: &[u8], file: &str) -> BTreeSet<String> {
    leaks_in(parts(bytes), file)
}

fn leaks_in<'a>(parts: impl IntoIterator<Item = Cow<'a, [u8]>>, file: &str) -> BTreeSet<String> {
    let name = |line: &[u8]| {
        let record = Record::parse(line).map(|record| format!("record {}", record.id()));
        record.unwrap_or_else(|_| file.to_owned())
    };
    parts.into_iter().filter(|part| is_leak(part)).map(|part| name(&part)).collect()
}

/// The parts of a file that are looked at one by one: the values of a TOML file as one JSON value,
/// else the lines.
fn parts(bytes: &[u8]) -> Vec<Cow<'_, [u8]>> {
    // No TOML file starts like a record, and to find that out takes a while.
    let text = std::str::from_utf8(bytes).ok().filter(|_| !bytes.trim_ascii_start().starts_with(b"{"));
    match text.and_then(|text| toml::from_str::<Value>(text).ok()) {
        Some(mut table) => {
            for name in COMPONENTS {
                table.get_mut(name).into_iter().for_each(without_names);
            }
            vec![Cow::Owned(table.to_string().into_bytes())]
        }
        None => note_lines(bytes).map(Cow::Borrowed).collect(),
    }
}

/// Tables of a plugin's file that hold one table for each component.
const COMPONENTS: [&str; 2] = ["component", "catalog"];

/// Makes names of fields texts like any other: a component may be called `scan-secrets`, and what is said
/// of it is none.
fn without_names(table: &mut Value) {
    if let Value::Object(fields) = table {
        let pairs =
            std::mem::take(fields).into_iter().map(|(name, value)| Value::from(vec![name.into(), value]));
        *table = Value::Array(pairs.collect());
    }
}

/// What is before the message of a commit, and the message.
fn split_commit(said: &[u8]) -> (&[u8], &[u8]) {
    let end = said.windows(2).position(|pair| pair == b"\n\n").unwrap_or(said.len());
    said.split_at(end)
}

/// Whether redaction would still find something. What is JSON is looked at value by value, as it was
/// when it was recorded: names of fields are not prose. Of a field that is there twice only one is such a
/// value, so what has the shape of a secret counts wherever it stands.
pub(super) fn is_leak(text: &[u8]) -> bool {
    let plain = String::from_utf8_lossy(text);
    match serde_json::from_slice::<Value>(text) {
        Ok(value) => {
            let mut redacted = value.clone();
            redact_value(&mut redacted);
            redacted != value || holds_token(&unescaped(&plain))
        }
        Err(_) => {
            let plain = unescaped(&plain);
            redact(&plain) != plain
        }
    }
}

/// `text` with what JSON writes as `\u0067` as the character itself: broken JSON can still be read.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..4).and_then(|code| u32::from_str_radix(code, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => {
                plain.push(c);
                plain.push_str(&part[4..]);
            }
            None => {
                plain.push_str("\\u");
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redaction_left_is_no_leak() {
        let token = format!("use ghp_{}", "a1B2c3D4e5F6".repeat(3));
        assert!(is_leak(token.as_bytes()) && !is_leak(redact(&token).as_bytes()));
        let line = format!(r#"{{"request":"{token}","context":{{"tokens":1234567}}}}"#);
        assert!(is_leak(line.as_bytes()));
        assert!(!is_leak(br#"{"request":"add a page","context":{"tokens":1234567,"window":2000000}}"#));
    }

    #[test]
    fn no_way_to_write_a_secret_hides_it() {
        let rest = "a1B2c3D4e5F6".repeat(3);
        for line in [
            format!(r#"{{"a":"\u0067hp_{rest}","b":1}}"#),
            format!(r#"{{"a":"ghp_{rest}","a":"nothing"}}"#),
            format!(r#"{{"a":"\u0067hp_{rest}","a":"nothing"}}"#),
            format!(r#"{{"broken":"\u0067hp_{rest}"#),
            format!(r#"{{"deep":[{{"er":{{"ghp_{rest}":1}}}}]}}"#),
        ] {
            assert!(is_leak(line.as_bytes()), "{line}");
        }
        assert_eq!(unescaped(r"a\u00e9 \u12 \ud83d \"), r"aé \u12 \ud83d \");
    }

    #[test]
    fn a_secret_in_a_toml_file_is_found_and_its_keys_are_none() {
        let file = |words: &str| format!("v = 1\nwords = [\"{words}\", \"token\"]\n");
        assert!(!parts(file("password").as_bytes()).iter().any(|part| is_leak(part)));
        let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        assert!(parts(file(&token).as_bytes()).iter().any(|part| is_leak(part)));
        for table in COMPONENTS {
            let named = |error: &str| format!("[{table}.\"skill/scan-secrets\"]\nerror = \"{error}\"\n");
            assert!(!parts(named("no tags").as_bytes()).iter().any(|part| is_leak(part)));
            for error in [&*token, "password=hunter22x"] {
                assert!(parts(named(error).as_bytes()).iter().any(|part| is_leak(part)), "{error}");
            }
            let in_name = format!("[{table}.\"skill/{token}\"]\nerror = \"x\"\n");
            assert!(parts(in_name.as_bytes()).iter().any(|part| is_leak(part)));
        }
    }
}
