//! Redaction: what looks like a secret never enters a record.
//!
//! The shapes are those that the issuers publish (prefix, alphabet, length), and assignments to
//! names that hold secrets. Redaction is one-way: what replaces a secret says its kind and no more.

use std::ops::Range;
use std::sync::OnceLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

/// A kind of secret. Compiling the expressions takes longer than everything else that a record
/// needs, so one is compiled when a text holds one of its marks, in any case.
struct Shape {
    kind: &'static str,
    marks: &'static [&'static str],
    /// Where a group is named `secret`, only that group is replaced.
    expression: &'static str,
    compiled: OnceLock<Regex>,
}

const fn shape(kind: &'static str, marks: &'static [&'static str], expression: &'static str) -> Shape {
    Shape { kind, marks, expression, compiled: OnceLock::new() }
}

static SHAPES: [Shape; 12] = [
    shape(
        "private key",
        &["private key-----"],
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    ),
    shape("AWS access key", &["akia", "asia"], r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    shape(
        "GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b",
    ),
    shape("GitLab token", &["glpat-"], r"glpat-[A-Za-z0-9_-]{20,}"),
    shape("Slack token", &["xox"], r"xox[abprs]-[A-Za-z0-9-]{10,}"),
    shape("Google API key", &["aiza"], r"AIza[0-9A-Za-z_-]{35}"),
    shape("Stripe key", &["k_live_"], r"[sr]k_live_[0-9A-Za-z]{16,}\b"),
    shape("npm token", &["npm_"], r"npm_[A-Za-z0-9]{36}\b"),
    shape("API key", &["sk-"], r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}"),
    shape("JSON web token", &["eyj"], r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    shape("password", &["://"], r"(?i)[a-z][a-z0-9+.-]*://[^\s/:@]*:(?P<secret>[^\s/@]+)@"),
    shape(
        "bearer token",
        &["bearer", "authorization"],
        r"(?i)\b(?:bearer|authorization:\s*(?:token|basic))\s+(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)",
    ),
];

/// Assignments to names that hold secrets: `DB_PASSWORD=…`, `"clientSecret": "…"`, `--token …`. What
/// is before the name does not matter, so that a prefix hides nothing.
static ASSIGNMENT: Shape = shape(
    "secret",
    &["pass", "pwd", "secret", "key", "token", "credential"],
    concat!(
        r"(?i)(?P<name>[a-z0-9_.-]*(?:password|passwd|passphrase|[_-](?:pwd|pass)|secret|token|credentials?",
        r"|(?:api|access|private|secret|signing|encryption|account)[_-]?key))",
        r#"(?P<sign>\\*["']?\s*(?:=>|:=|=|:)\s*|\s+)"#,
        r#"(?:\\*"(?P<double>(?:[^"\\]|\\[^"])+)|\\*'(?P<single>(?:[^'\\]|\\[^'])+)|(?P<bare>[^\s"',;]+))"#,
    ),
);

/// Names of fields whose text is a secret, in lower case and without separators: their ends.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "token",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "signingkey",
    "encryptionkey",
    "accountkey",
];

/// A value of fewer bytes is taken for a secret in quotes only.
const SHORTEST: usize = 6;
/// How every mark that redaction leaves begins.
const MARK: &str = "[redacted";

impl Shape {
    fn is_suspected(&self, lower: &str) -> bool {
        self.marks.iter().any(|mark| lower.contains(mark))
    }

    fn compiled(&self) -> &Regex {
        self.compiled.get_or_init(|| Regex::new(self.expression).expect("a tested shape"))
    }

    fn mark(&self) -> String {
        format!("{MARK} {}]", self.kind)
    }

    /// `text` with every secret of this kind replaced.
    fn redact(&self, text: &str) -> String {
        let secret = |found: &Captures<'_>| Some(found.name("secret").or(found.get(0))?.range());
        self.replace(text, secret)
    }

    /// `text` with the part of every match that `secret` gives replaced.
    fn replace(&self, text: &str, secret: impl Fn(&Captures<'_>) -> Option<Range<usize>>) -> String {
        let (mut redacted, mut done, mut at) = (String::with_capacity(text.len()), 0, 0);
        while let Some(found) = self.compiled().captures_at(text, at) {
            let Some(range) = secret(&found) else {
                // What was no secret may itself be an assignment of one.
                at = found.name("sign").map_or(found.get_match().end(), |sign| sign.end());
                continue;
            };
            redacted.push_str(&text[done..range.start]);
            redacted.push_str(&self.mark());
            (done, at) = (range.end, range.end);
        }
        redacted + &text[done..]
    }
}

/// What an assignment gives away; `None` where a person only writes about passwords and tokens.
fn assigned(found: &Captures<'_>) -> Option<Range<usize>> {
    let quoted = found.name("double").or(found.name("single"));
    let value = quoted.or(found.name("bare"))?;
    // What an earlier shape has replaced stays.
    let end = value.as_str().find(MARK).unwrap_or(value.len());
    let text = &value.as_str()[..end];
    let (name, sign) = (&found["name"], &found["sign"]);
    let is_option = sign.trim().is_empty();
    let is_variable = sign.contains('=') || name.contains(['_', '-', '.']) || is_camel(name);
    let is_secret = if is_option {
        name.starts_with("--") && text.len() >= SHORTEST && (quoted.is_some() || is_random(text))
    } else if quoted.is_some() {
        !text.trim().is_empty()
    } else {
        text.len() >= SHORTEST && (is_variable || is_random(text))
    };
    is_secret.then(|| value.start()..value.start() + end)
}

/// `clientSecret`: two words, and no sentence has them.
fn is_camel(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Words of a sentence have no digits.
fn is_random(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `text` with every secret replaced by `[redacted KIND]`.
pub(crate) fn redact(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let suspected = SHAPES.iter().filter(|shape| shape.is_suspected(&lower));
    let redacted = suspected.fold(text.to_owned(), |text, shape| shape.redact(&text));
    let assigns = redacted.contains([':', '=']) || redacted.contains("--");
    if assigns && ASSIGNMENT.is_suspected(&lower) {
        return ASSIGNMENT.replace(&redacted, assigned);
    }
    redacted
}

/// `text` without the marks that redaction left: their words are ours, not the writer's.
pub(crate) fn unmarked(text: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("[redacted ") {
        kept.push_str(before);
        kept.push(' ');
        rest = after.split_once(']').map_or("", |(_, behind)| behind);
    }
    kept + rest
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

fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| plain.ends_with(secret))
}

/// Replaces every string inside `value`, whatever it looks like.
fn hide(value: &mut Value) {
    match value {
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => {
            let safe = redact(text);
            // Of a known kind the mark says more.
            let is_mark = safe.starts_with(MARK) && safe.find(']') == Some(safe.len() - 1);
            *text = if is_mark { safe } else { ASSIGNMENT.mark() };
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
        ] {
            assert_eq!(redact(&text), want);
        }
    }

    #[test]
    fn ordinary_requests_stay_as_they_are() {
        for text in [
            "reset a forgotten password by mail",
            "add an API key page",
            "task-force skeleton",
            "sk-learn",
            "token: a parser",
            "token: parser for numbers, and password: change the form",
            "the secret: rotate it often",
            "add a --token option, and --password, too",
            "count tokens: 123456 at most",
            "keyboard shortcuts: ctrl+s",
            "bypass=enabled for tests, authorization: basic understanding",
            "see https://host:8080/a",
        ] {
            assert_eq!(redact(text), text);
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

    #[test]
    fn redacting_twice_changes_nothing_more() {
        let aws = ["AKIA", "ABCDEFGHIJKLMNOP"].concat();
        for text in [
            "password=abcdefgh token: x, https://a:bcdefg@h".to_owned(),
            format!("password=abcdefg-{aws}; token={aws}"),
            "DB_PASSWORD=\"a b\" --token 'abc123def' secret=[abcdef]".to_owned(),
        ] {
            let once = redact(&text);
            assert_eq!(redact(&once), once);
        }
    }

    #[test]
    fn redacting_twice_changes_nothing_more_however_it_is_put_together() {
        let aws = ["AKIA", "ABCDEFGHIJKLMNOP"].concat();
        let parts = [
            "password=",
            "token: ",
            "abcdef",
            "x1y2z3w4",
            "\"",
            "' ",
            " ",
            "[redacted",
            "] ",
            "\\\"",
            "://a:",
            "@h ",
            "--token ",
            "Bearer ",
            &aws,
        ];
        for a in parts {
            for (b, c, d) in parts.iter().flat_map(|b| parts.map(|c| (*b, c, "hunter22x"))) {
                let once = redact(&[a, b, c, d].concat());
                assert_eq!(redact(&once), once, "{:?}", [a, b, c, d]);
            }
        }
    }
}
