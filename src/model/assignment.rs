//! Assignments to names that hold secrets: `DB_PASSWORD=…`, `"clientSecret": "…"`, `--token …`.
//!
//! What is before the name does not matter, so that a prefix hides nothing. An expression finds name and
//! sign; what is assigned is read by hand, so that every text takes linear time.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use super::secrets::has_digit;

/// What gives such a name away, in small letters.
const MARKS: &[&str] = &["pass", "pwd", "secret", "key", "token", "credential", "_auth"];

static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    let expression = concat!(
        r"(?i)(?P<name>[a-z0-9_.-]*(?:password|passwd|passphrase|[_-](?:pwd|pass|auth)|secret|token|credentials?",
        r"|(?:api|access|private|secret|signing|encryption|account)[ _-]?key))",
        r#"(?P<sign>\\*["']?\s*(?:=>|:=|=|:)\s*|\s+)"#,
    );
    RegexBuilder::new(expression).unicode(false).build().expect("a tested expression")
});

/// Names of fields whose text is a secret, in lower case and without separators: their ends.
const NAMES: &[&str] = &[
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
/// So many bytes of a value tell whether it is a secret.
const LOOKED_AT: usize = 256;

/// Whether the text of a field of this name is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    NAMES.iter().any(|secret| plain.ends_with(secret))
}

/// Whether a text in small letters may assign one.
pub(super) fn may_be_in(lower: &str) -> bool {
    (lower.contains([':', '=']) || lower.contains("--")) && MARKS.iter().any(|mark| lower.contains(mark))
}

/// The first secret at or after `from` that an assignment gives away.
pub(super) fn find(text: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(found) = ASSIGNED.captures_at(text, at) {
        let end = found.get_match().end();
        let value = Value::at(&text[end..]);
        if value.is_secret(&found["name"], &found["sign"]) {
            return Some(end + value.skipped..end + value.skipped + value.len());
        }
        // What was no secret may itself be an assignment of one.
        at = end;
    }
    None
}

/// What stands behind the sign.
struct Value<'t> {
    /// Bytes before it: a quote, and what escapes that.
    skipped: usize,
    quote: Option<char>,
    /// From its first byte on.
    text: &'t str,
}

impl<'t> Value<'t> {
    fn at(text: &'t str) -> Self {
        let bare = text.trim_start_matches('\\');
        match bare.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => {
                let skipped = text.len() - bare.len() + 1;
                Self { skipped, quote: Some(quote), text: &text[skipped..] }
            }
            None => Self { skipped: 0, quote: None, text },
        }
    }

    /// Whether it is a secret, and no word of a person who writes about passwords and tokens.
    fn is_secret(&self, name: &str, sign: &str) -> bool {
        let some = self.text.floor_char_boundary(LOOKED_AT);
        let some = &self.text[..self.end_within(&self.text[..some])];
        let is_variable = sign.contains('=') || name.contains(['_', '-', '.']) || is_camel(name);
        if sign.trim().is_empty() {
            name.starts_with("--") && some.len() >= SHORTEST && (self.quote.is_some() || has_digit(some))
        } else if self.quote.is_some() {
            !some.trim().is_empty()
        } else {
            some.len() >= SHORTEST && (is_variable || has_digit(some))
        }
    }

    fn len(&self) -> usize {
        self.end_within(self.text)
    }

    /// Where it ends: at its quote where one opened it, else at what no value has.
    fn end_within(&self, text: &str) -> usize {
        let Some(quote) = self.quote else {
            return text
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';'))
                .unwrap_or(text.len());
        };
        // A quote that was escaped is closed by one that is escaped no further.
        let depth = self.skipped - 1;
        let mut escapes = 0;
        for (at, c) in text.char_indices() {
            match c {
                '\\' => escapes += 1,
                _ if c == quote && escapes <= depth => return at - escapes,
                _ => escapes = 0,
            }
        }
        text.len()
    }
}

/// `clientSecret`: two words, and no sentence has them.
fn is_camel(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}
