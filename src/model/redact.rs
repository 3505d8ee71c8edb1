//! Redaction: what looks like a secret never enters a record.
//!
//! The shapes are those that the issuers publish (prefix, alphabet, length), and assignments to
//! names that hold secrets. Redaction is one-way: what replaces a secret says its kind and no more.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

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

static SHAPES: [Shape; 13] = [
    shape(
        "private key",
        &["private key-----"],
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    ),
    shape("AWS access key", &["akia", "asia"], r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    shape(
        "GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b",
    ),
    shape("GitLab token", &["glpat-"], r"\bglpat-[A-Za-z0-9_-]{20,}"),
    shape("Slack token", &["xox"], r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    shape("Google API key", &["aiza"], r"\bAIza[0-9A-Za-z_-]{35}"),
    shape("Stripe key", &["k_live_"], r"\b[sr]k_live_[0-9A-Za-z]{16,}\b"),
    shape("npm token", &["npm_"], r"\bnpm_[A-Za-z0-9]{36}\b"),
    shape("API key", &["sk-"], r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}"),
    shape("JSON web token", &["eyj"], r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    shape("password", &["://"], r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:(?P<secret>[^\s/@]+)@"),
    shape("bearer token", &["bearer"], r"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)"),
    shape(
        "secret",
        &["password", "passwd", "secret", "key", "token"],
        r#"(?i)\b(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token)\b["']?\s*[:=]\s*["']?(?P<secret>[^\s"',;\[]{6,})"#,
    ),
];

impl Shape {
    /// `text` with every secret of this kind replaced.
    fn redact(&self, text: &str) -> String {
        let expression = self.compiled.get_or_init(|| Regex::new(self.expression).expect("a tested shape"));
        let mark = format!("[redacted {}]", self.kind);
        let replaced = expression.replace_all(text, |found: &regex::Captures<'_>| {
            found
                .name("secret")
                .map_or_else(|| mark.clone(), |secret| found[0].replace(secret.as_str(), &mark))
        });
        replaced.into_owned()
    }
}

/// `text` with every secret replaced by `[redacted KIND]`.
pub(crate) fn redact(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let suspected = SHAPES.iter().filter(|shape| shape.marks.iter().any(|mark| lower.contains(mark)));
    suspected.fold(text.to_owned(), |text, shape| shape.redact(&text))
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

/// Redacts every string inside `value`.
pub(crate) fn redact_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = redact(text),
        Value::Array(items) => items.iter_mut().for_each(redact_value),
        Value::Object(map) => map.values_mut().for_each(redact_value),
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
            ("password = \"hunter22!\"".to_owned(), "password = \"[redacted secret]\""),
            (format!("Authorization: Bearer {alnum}"), "Authorization: Bearer [redacted bearer token]"),
            ("-----BEGIN RSA PRIVATE KEY-----\nabc".to_owned(), "[redacted private key]"),
        ] {
            assert_eq!(redact(&text), want);
        }
    }

    #[test]
    fn ordinary_requests_stay_as_they_are() {
        for text in
            ["reset a forgotten password by mail", "add an API key page", "task-force skeleton", "sk-learn"]
        {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn redacting_twice_changes_nothing_more() {
        let once = redact("password=abcdefgh token: x, https://a:bcdefg@h");
        assert_eq!(redact(&once), once);
    }
}
