//! Redaction: what looks like a secret never enters a record.
//!
//! The shapes are those that the issuers publish (prefix, alphabet, length), and assignments to
//! names that hold secrets. Redaction is one-way: a mark with the kind replaces the secret.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Kind and shape; where a group named `secret` exists, only that group is replaced.
const SHAPES: &[(&str, &str)] = &[
    ("private key", r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"),
    ("AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b"),
    ("GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("Stripe key", r"\b[sr]k_live_[0-9A-Za-z]{16,}\b"),
    ("npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("API key", r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}"),
    ("JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("password", r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:(?P<secret>[^\s/@]+)@"),
    ("bearer token", r"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)"),
    (
        "secret",
        r#"(?i)\b(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token)\b["']?\s*[:=]\s*["']?(?P<secret>[^\s"',;\[]{6,})"#,
    ),
];

static COMPILED: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let compile = |&(kind, shape): &(&'static str, &str)| (kind, Regex::new(shape).expect("a tested shape"));
    SHAPES.iter().map(compile).collect()
});

/// `text` with every secret replaced by `[redacted KIND]`.
pub(crate) fn redact(text: &str) -> String {
    COMPILED.iter().fold(text.to_owned(), |text, (kind, shape)| {
        let replaced = shape.replace_all(&text, |found: &regex::Captures<'_>| {
            let whole = &found[0];
            let mark = format!("[redacted {kind}]");
            found.name("secret").map_or_else(|| mark.clone(), |secret| whole.replace(secret.as_str(), &mark))
        });
        replaced.into_owned()
    })
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
