//! Reads `key: value` lines of frontmatter that is not valid YAML: 8 to 15 % of what people publish,
//! mostly a `: ` inside a description or `argument-hint: [a] | --b`.

use serde_json::{Map, Value};

/// The fields of `lines`: a value runs to the next line that starts with a key, the first of two
/// equal keys counts, and nothing nested is understood.
pub(super) fn fields(lines: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut open: Option<(&str, Vec<&str>)> = None;
    for line in lines.lines() {
        if let Some((key, rest)) = key_line(line) {
            close(&mut fields, open.replace((key, vec![rest])));
        } else if let Some((_, parts)) = &mut open {
            parts.push(line.trim());
        }
    }
    close(&mut fields, open);
    fields
}

/// The keys of `lines`, each with the first line that it starts, counted from 1.
pub(super) fn lines(lines: &str) -> impl Iterator<Item = (&str, usize)> {
    // The last pair of a key wins where pairs become a map: so the first line has to come last.
    let mut found: Vec<_> =
        lines.lines().zip(1..).filter_map(|(line, at)| Some((key_line(line)?.0, at))).collect();
    found.reverse();
    found.into_iter()
}

/// `key: rest` at the start of a line, where a key is a letter and then letters, digits, `-`, `_`.
fn key_line(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':')?;
    let word = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let good = word && key.starts_with(|c: char| c.is_ascii_alphabetic());
    (good && (rest.is_empty() || rest.starts_with([' ', '\t']))).then_some((key, rest.trim()))
}

fn close(fields: &mut Map<String, Value>, open: Option<(&str, Vec<&str>)>) {
    if let Some((key, parts)) = open
        && !fields.contains_key(key)
    {
        fields.insert(key.to_owned(), value(&parts));
    }
}

fn value(parts: &[&str]) -> Value {
    let filled = |part: &&&str| !part.is_empty();
    let (first, rest) = parts.split_first().map_or(("", parts), |(first, rest)| (*first, rest));
    let items: Option<Vec<&str>> = rest.iter().filter(filled).map(|part| part.strip_prefix("- ")).collect();
    match items {
        Some(items) if first.is_empty() && !items.is_empty() => {
            items.into_iter().map(|item| Value::from(unquoted(item.trim()))).collect()
        }
        _ => {
            let first = if is_block_indicator(first) { "" } else { first };
            let words: Vec<&str> = [&first].into_iter().chain(rest).filter(filled).copied().collect();
            Value::from(unquoted(&words.join(" ")))
        }
    }
}

/// `|` or `>`, perhaps with a chomping or indentation sign.
fn is_block_indicator(text: &str) -> bool {
    text.len() <= 3
        && text.starts_with(['|', '>'])
        && text[1..].bytes().all(|b| b == b'+' || b == b'-' || b.is_ascii_digit())
}

/// `text` without the quotes around it.
fn unquoted(text: &str) -> String {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(inner) = inside('"') {
        inner.replace("\\n", " ").replace("\\\"", "\"")
    } else if let Some(inner) = inside('\'') {
        inner.replace("''", "'")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_yaml_is_still_read() {
        let text = "name: review\n\
                    description: Use this: it reviews. Examples: user: \"go\"\n\
                    argument-hint: [path] | --all\n\
                    allowed-tools:\n  - Read\n\n  - 'Bash(git:*)'\n\
                    notes: >-\n  two\n  lines\n\
                    name: again\n\
                    model: \"opus\"";
        insta::assert_snapshot!(serde_json::to_string(&fields(text)).expect("JSON"), @r#"{"allowed-tools":["Read","Bash(git:*)"],"argument-hint":"[path] | --all","description":"Use this: it reviews. Examples: user: \"go\"","model":"opus","name":"review","notes":"two lines"}"#);
    }

    #[test]
    fn lines_before_the_first_key_and_addresses_are_not_fields() {
        assert!(fields("words\nhttp://host\n: x\n9a: y\n  nested: z").is_empty());
    }
}
