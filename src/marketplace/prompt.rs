//! A command as Gemini CLI has it: a TOML file with `prompt` and `description`.

use std::ops::Range;

use toml::de::DeTable;

use super::diagnostic::{Severity, shown};
use super::frontmatter::{Document, Repair};

/// Takes a prompt file apart; what is no TOML is all body.
pub(super) fn parse(text: &str) -> Document {
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            let message = format!("is not valid TOML ({}); it was read as text", shown(error.message()));
            let repairs = vec![Repair { severity: Severity::Warning, line, message }];
            return Document { body: text.to_owned(), body_line: 1, repairs, ..Document::default() };
        }
    };
    let field = |key: &str| {
        let value = table.get(key)?;
        Some((value.get_ref().as_str()?.to_owned(), value.span()))
    };
    let mut document = match field("prompt") {
        Some((body, span)) => Document { body_line: body_line(text, span), body, ..Document::default() },
        // What is left of the file lies before the body that it does not have.
        None => Document { body_line: 1 + text.lines().count(), ..Document::default() },
    };
    if let Some((description, span)) = field("description") {
        document.fields.insert("description".to_owned(), description.into());
        document.front_line = line_at(text, span.start);
        document.lines.insert("description".to_owned(), document.front_line);
        document.front = text[span].to_owned();
    }
    document
}

/// The line, from 1, at `byte` of `text`.
fn line_at(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}

/// The line on which the text of the string at `span` starts; 0 where escapes may break lines.
fn body_line(text: &str, span: Range<usize>) -> usize {
    let line = line_at(text, span.start);
    let written = &text[span];
    if written.starts_with('"') && written.contains('\\') {
        return 0;
    }
    let opens_a_line = ["\"\"\"\n", "'''\n"].iter().any(|open| written.starts_with(open));
    line + usize::from(opens_a_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_its_body_and_broken_toml_is_located() {
        let document = parse("description = \"Plans it\"\nprompt = \"\"\"\nPlan {{args}}\n\"\"\"\n");
        assert_eq!(
            (document.body.as_str(), &document.fields["description"]),
            ("Plan {{args}}\n", &"Plans it".into())
        );
        assert_eq!((document.front_line, document.body_line), (1, 3));
        let document = parse("description = 1\nprompt = \"open\n");
        assert_eq!(document.body, "description = 1\nprompt = \"open\n");
        assert_eq!(document.repairs[0].line, 2);
        assert!(parse("description = 7").fields.is_empty());
        assert_eq!(parse(&format!("x = {}", "[".repeat(100_000))).repairs.len(), 1);
    }

    #[test]
    fn lines_of_a_prompt_are_those_of_its_file_or_unknown() {
        let of = |text: &str| (parse(text).front_line, parse(text).body_line);
        assert_eq!(of("prompt = '''\nA\\B\n'''\n# why\ndescription = \"d\""), (5, 2));
        assert_eq!(of("\nprompt = \"one line\""), (0, 2));
        assert_eq!(of("prompt = \"a\\nb\"\ndescription = \"d\""), (2, 0));
        assert_eq!(of("description = \"d\"\n"), (1, 2));
    }
}
