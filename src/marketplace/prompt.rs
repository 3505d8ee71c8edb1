//! A command as Gemini CLI has it: a TOML file with `prompt` and `description`.

use serde_json::Value;

use super::diagnostic::{Severity, shown};
use super::frontmatter::{Document, Repair};

/// Takes a prompt file apart; what is no TOML is all body.
pub(super) fn parse(text: &str) -> Document {
    let table = match toml::from_str::<toml::Table>(text) {
        Ok(table) => table,
        Err(error) => {
            let line = error
                .span()
                .map_or(1, |span| 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count());
            let message = format!("is not valid TOML ({}); it was read as text", shown(error.message()));
            let repairs = vec![Repair { severity: Severity::Warning, line, message }];
            return Document { body: text.to_owned(), repairs, ..Document::default() };
        }
    };
    let prompt = table.get("prompt").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let description = table.get("description").and_then(toml::Value::as_str);
    let fields = description.map(|text| ("description".to_owned(), Value::from(text)));
    Document { body: prompt, fields: fields.into_iter().collect(), ..Document::default() }
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
        let document = parse("description = 1\nprompt = \"open\n");
        assert_eq!(document.body, "description = 1\nprompt = \"open\n");
        assert_eq!(document.repairs[0].line, 2);
        assert!(parse("description = 7").fields.is_empty());
    }
}
