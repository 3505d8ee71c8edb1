//! The lines on which the keys of a JSON text stand: right, or unknown.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The keys of a JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys(BTreeMap<String, Option<usize>>);

impl Keys {
    /// Those of `text`, which is valid JSON, wherever in it they are.
    pub(super) fn of(text: &str) -> Self {
        let mut keys = BTreeMap::new();
        let mut line = 1;
        let mut rest = text;
        while let Some((before, opened)) = rest.split_once('"') {
            line += before.matches('\n').count();
            let (raw, behind) = string(opened);
            if behind.trim_start().starts_with(':') {
                keys.entry(decoded(raw).into_owned()).and_modify(|line| *line = None).or_insert(Some(line));
            }
            rest = behind;
        }
        Self(keys)
    }

    /// The line of `key`, from 1; `None` where the text has it more than once, and nobody knows which is
    /// meant, or not at all.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        self.0.get(key).copied().flatten()
    }
}

/// What is inside the string that `opened` goes on with, as written, and what is behind it.
fn string(opened: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = opened.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or((opened, ""), |end| (&opened[..end], &opened[end + 1..]))
}

fn decoded(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    serde_json::from_str(&format!("\"{raw}\"")).map_or(Cow::Borrowed(raw), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_once_has_its_line() {
        let keys =
            Keys::of("{\n  \"a\": {\"b\": \"c\"},\n\n  \"d\\u0065\"\n  : [\"f: \\\"g\\\": 1\",\n  \"h\"]\n}");
        let lines = ["a", "b", "de", "c", "g", "h", "f"].map(|key| keys.line_of(key));
        assert_eq!(lines, [Some(2), Some(2), Some(4), None, None, None, None]);
        assert_eq!(Keys::of("{\"a\": 1,\n\"b\": {\"a\": 2}}").line_of("a"), None);
    }
}
