//! Redaction: what looks like a secret never enters a record.
//!
//! The shapes are those that the issuers publish (`secrets.rs`), and assignments to names that hold
//! secrets (`assignment.rs`). Redaction is one-way: what replaces a secret says its kind and no more. It
//! goes on until nothing is found any more, so that what it left is no leak, and never looks into the
//! marks that it left before.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use super::assignment::{self, is_secret_name};
use super::secrets::{RULES, Rule, Searched, UNNAMED};

/// How every mark that redaction leaves begins, and ends.
const MARK: (&str, &str) = ("[redacted ", "]");
/// A text in which more secrets come to light that often is none that anybody should keep.
const ROUNDS: usize = 8;

/// A rule with its expression, which is compiled when a text holds one of its marks.
struct Shape {
    rule: &'static Rule,
    compiled: LazyLock<Regex, Box<dyn FnOnce() -> Regex + Send>>,
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| RULES.iter().map(Shape::of).collect());

impl Shape {
    fn of(rule: &'static Rule) -> Self {
        let compile = || {
            let expression = RegexBuilder::new(rule.expression).unicode(false).build();
            expression.expect("a tested expression")
        };
        Self { rule, compiled: LazyLock::new(Box::new(compile)) }
    }

    /// The first secret of this shape at or after `from`.
    fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let mut at = from;
        while let Some(found) = self.compiled.captures_at(text, at) {
            let whole = found.get_match();
            let secret = found.name("secret").unwrap_or(whole);
            if self.rule.holds(secret.as_str()) {
                return Some(secret.range());
            }
            // What was no secret may itself name one.
            at = if secret.start() > whole.start() { secret.start() } else { whole.end() };
        }
        None
    }
}

/// A part of a text.
#[derive(Clone, Copy)]
enum Piece<'t> {
    Text(&'t str),
    /// What stands for a secret of this kind.
    Mark(&'static str),
}

/// The parts of a text that may hold marks already.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut done) = (Vec::new(), 0);
    for (start, _) in text.match_indices(MARK.0) {
        let rest = &text[start + MARK.0.len()..];
        let is_it = |kind: &&str| rest.strip_prefix(*kind).is_some_and(|rest| rest.starts_with(MARK.1));
        if let Some(kind) = RULES.iter().map(|rule| rule.kind).find(is_it) {
            pieces.extend([Piece::Text(&text[done..start]), Piece::Mark(kind)]);
            done = start + mark(kind).len();
        }
    }
    pieces.push(Piece::Text(&text[done..]));
    pieces
}

/// What stands between the marks of a text.
fn texts(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text),
        Piece::Mark(_) => None,
    })
}

/// Puts a mark for everything that `find` finds.
fn cut<'t>(
    pieces: Vec<Piece<'t>>,
    kind: &'static str,
    find: impl Fn(&'t str, usize) -> Option<Range<usize>>,
) -> Vec<Piece<'t>> {
    let mut cut = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Piece::Text(text) = piece else {
            cut.push(piece);
            continue;
        };
        let mut done = 0;
        while let Some(secret) = find(text, done) {
            cut.extend([Piece::Text(&text[done..secret.start]), Piece::Mark(kind)]);
            done = secret.end;
        }
        cut.push(Piece::Text(&text[done..]));
    }
    cut
}

fn mark(kind: &str) -> String {
    format!("{}{kind}{}", MARK.0, MARK.1)
}

/// `text` with every secret replaced by `[redacted KIND]`.
pub(crate) fn redact(text: &str) -> String {
    let searched = Searched::new(text);
    let shapes: Vec<&Shape> = SHAPES.iter().filter(|shape| shape.rule.may_be_in(&searched)).collect();
    let assigns = assignment::may_be_in(&searched.lower);
    let mut parts = pieces(text);
    for _ in 0..ROUNDS {
        let before = parts.len();
        for shape in &shapes {
            parts = cut(parts, shape.rule.kind, |text, from| shape.find(text, from));
        }
        if assigns {
            parts = cut(parts, UNNAMED, assignment::find);
        }
        if parts.len() == before {
            let written = parts.iter().map(|part| match part {
                Piece::Text(text) => (*text).to_owned(),
                Piece::Mark(kind) => mark(kind),
            });
            return written.collect();
        }
    }
    mark(UNNAMED)
}

/// Whether `text` holds a secret that its shape alone gives away, whatever it is assigned to.
pub(crate) fn holds_token(text: &str) -> bool {
    let searched = Searched::new(text);
    let has = |shape: &&Shape| shape.rule.may_be_in(&searched);
    let texts: Vec<&str> = texts(text).collect();
    let is_token = |shape: &Shape| texts.iter().any(|text| shape.find(text, 0).is_some());
    SHAPES.iter().filter(|shape| shape.rule.kind != UNNAMED).filter(has).any(is_token)
}

/// `text` without the marks that redaction left: their words are ours, not the writer's.
pub(crate) fn unmarked(text: &str) -> String {
    texts(text).collect::<Vec<&str>>().join(" ")
}

/// Redacts every string inside `value`, and all of those whose field is named for a secret.
pub(crate) fn redact_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = redact(text),
        Value::Array(items) => items.iter_mut().for_each(redact_value),
        Value::Object(fields) => redact_fields(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Redacts every string inside the fields of an object, their names too.
pub(crate) fn redact_fields(fields: &mut Map<String, Value>) {
    for (name, value) in fields.iter_mut() {
        if is_secret_name(name) { hide(value) } else { redact_value(value) }
    }
    let named: Vec<(String, String)> =
        fields.keys().map(|name| (name.clone(), redact(name))).filter(|(name, safe)| name != safe).collect();
    for (name, safe) in named {
        let value = fields.remove(&name).unwrap_or_default();
        fields.entry(safe).or_insert(value);
    }
}

/// Replaces every string inside `value`, whatever it looks like.
fn hide(value: &mut Value) {
    match value {
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => {
            let safe = redact(text);
            // Of a known kind the mark says more.
            let is_mark = matches!(pieces(&safe)[..], [Piece::Text(""), Piece::Mark(_), Piece::Text("")]);
            *text = if is_mark { safe } else { mark(UNNAMED) };
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(fields) => fields.values_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_every_shape_are_replaced() {
        let alnum = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
        for (text, want) in [
            (format!("use ghp_{alnum} now"), "use [redacted GitHub token] now"),
            (format!("key {}", ["AKIA", "ABCDEFGHIJKLMNOP"].concat()), "key [redacted AWS access key]"),
            ("clone https://me:hunter22@host/x".to_owned(), "clone https://me:[redacted password]@host/x"),
            ("clone https://:pw@host/x".to_owned(), "clone https://:[redacted password]@host/x"),
            ("password = \"hunter22!\"".to_owned(), "password = \"[redacted secret]\""),
            ("password=password".to_owned(), "password=[redacted secret]"),
            ("password: hunter22x".to_owned(), "password: [redacted secret]"),
            ("passphrase: \"two words\"".to_owned(), "passphrase: \"[redacted secret]\""),
            ("the password DB_PASSWORD=abcdefgh".to_owned(), "the password DB_PASSWORD=[redacted secret]"),
            ("secret: DB_PASSWORD=abcdefgh".to_owned(), "secret: DB_PASSWORD=[redacted secret]"),
            ("clientSecret: abcdefgh".to_owned(), "clientSecret: [redacted secret]"),
            (r#"say {\"token\":\"abcdefgh\"}"#.to_owned(), r#"say {\"token\":\"[redacted secret]\"}"#),
            ("login --api-key abc123def".to_owned(), "login --api-key [redacted secret]"),
            (format!("x_ghp_{alnum}"), "x_[redacted GitHub token]"),
            (format!("Authorization: Bearer {alnum}"), "Authorization: Bearer [redacted bearer token]"),
            (format!("Authorization: Basic {alnum}"), "Authorization: Basic [redacted bearer token]"),
            ("-----BEGIN RSA PRIVATE KEY-----\nabc".to_owned(), "[redacted private key]"),
            (r#"password="ab\"cd" and on"#.to_owned(), r#"password="[redacted secret]" and on"#),
        ] {
            assert_eq!(redact(&text), want);
        }
    }

    #[test]
    fn a_prefix_of_the_name_hides_no_secret() {
        for name in [
            "AWS_SECRET_ACCESS_KEY=",
            "DB_PASSWORD=",
            "DB_PASS=",
            "GITHUB_TOKEN=",
            "token=",
            "client_secret: ",
            "export MY_API_KEY = ",
            "spring.datasource.password=",
            "//registry.npmjs.org/:_authToken=",
            "x-api-key: ",
        ] {
            let text = redact(&format!("use {name}wJalrXUtnFEMI/K7MDENG now"));
            assert_eq!(text, format!("use {name}[redacted secret] now"));
        }
    }

    #[test]
    fn fields_that_are_named_for_a_secret_lose_their_text() {
        let mut value = serde_json::json!({
            "env": {"password": "hunter22x", "API_KEY": ["a b", ""], "port": 80, "HOME": "/home/me"},
            "token": "plain", "context": {"tokens": 12}, "secret": {"deep": "er"}
        });
        redact_value(&mut value);
        let want = serde_json::json!({
            "env": {"password": "[redacted secret]", "API_KEY": ["[redacted secret]", ""], "port": 80,
                "HOME": "/home/me"},
            "token": "[redacted secret]", "context": {"tokens": 12}, "secret": {"deep": "[redacted secret]"}
        });
        assert_eq!(value, want);
        redact_value(&mut value);
        assert_eq!(value, want);
    }
}
