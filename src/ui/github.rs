//! What GitHub Actions reads from a log and a summary: text of others is neither a workflow command nor
//! Markdown, whatever it says.
//!
//! The runner takes `::command` at the start of a line, and the older `##[command]` anywhere in one.

use crate::model::text::clean;

/// How loud an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warning,
    Notice,
}

/// The workflow command that annotates a file, or the run. The lines of `message` are shown as lines.
pub(crate) fn annotation(level: Level, title: &str, file: Option<&str>, message: &[&str]) -> String {
    let command = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let file = file.map(|path| format!(",file={}", property(path))).unwrap_or_default();
    let lines: Vec<String> = message.iter().map(|line| data(line)).collect();
    format!("::{command} title={}{file}::{}", property(title), lines.join("%0A"))
}

fn data(text: &str) -> String {
    clean(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// `text` as plain text of Markdown, also within a table: what could be markup, HTML, a link, a mention
/// or a workflow command is written as a character reference.
pub(crate) fn markdown(text: &str) -> String {
    let text = clean(text);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_link = c == ':' && rest.peek().is_some_and(|next| matches!(next, ':' | '/'));
        if c.is_ascii_punctuation()
            && (is_link || !matches!(c, '-' | '.' | '/' | ',' | ';' | ':' | '%' | '='))
        {
            plain.push_str(&format!("&#{};", u32::from(c)));
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_holds_what_others_wrote_without_carrying_it_out() {
        let name = "a,b:c%\r\n::set-output name=x::y";
        assert_eq!(
            annotation(Level::Error, name, Some(name), &["50 %\n::error::no", "do this"]),
            "::error title=a%2Cb%3Ac%25 %3A%3Aset-output name=x%3A%3Ay,file=a%2Cb%3Ac%25 %3A%3Aset-output \
             name=x%3A%3Ay::50 %25 ::error::no%0Ado this"
        );
    }

    #[test]
    fn no_text_is_markup_a_link_or_a_command() {
        for (text, want) in [
            ("a | b\n\n| c", "a &#124; b  &#124; c"),
            ("##[set-env name=A]b", "&#35;&#35;&#91;set-env name=A&#93;b"),
            ("::error::x", "&#58;:error&#58;:x"),
            (
                "see https://x.example `rm` <b>*@me*",
                "see https&#58;//x.example &#96;rm&#96; &#60;b&#62;&#42;&#64;me&#42;",
            ),
            (
                "refs/orchestrate/learning:plugins/a.toml, 50 %",
                "refs/orchestrate/learning:plugins/a.toml, 50 %",
            ),
            ("é → \u{202e}x&amp;\\", "é → x&#38;amp;&#92;"),
        ] {
            assert_eq!(markdown(text), want);
        }
    }
}
