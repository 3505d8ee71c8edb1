//! Text of others: on one line, without what nobody sees, quoted, and no longer than there is room.

use std::borrow::Cow;

/// `text` on one line: one space between words, and nothing hidden in them.
pub(crate) fn one_line(text: &str) -> String {
    let plain = |word: &str| word.chars().filter(|c| !is_hidden(*c)).collect::<String>();
    text.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether `text` is as [`one_line`] would leave it.
pub(crate) fn is_one_line(text: &str) -> bool {
    // Nearly every text is plain ASCII, of which this tells at once.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    }
    one_line(text) == text
}

/// `text` without what nobody sees; its lines and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let hides = |c: char| is_hidden(c) && !is_layout(c);
    // Nearly every text is plain ASCII, of which this tells at once.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.into();
    }
    if text.contains(hides) { text.chars().filter(|c| !hides(*c)).collect() } else { text.into() }
}

/// Whether a character only breaks lines or aligns.
pub(crate) fn is_layout(c: char) -> bool {
    matches!(c, '\n' | '\t')
}

/// `text` without control characters and without characters that nobody sees or that change the
/// direction of writing: what others wrote must not move the cursor or hide what it says.
pub(crate) fn clean(text: &str) -> String {
    text.replace(['\n', '\t'], " ").chars().filter(|c| !is_hidden(*c)).collect()
}

/// Whether a character has no shape of its own: control characters, marks of direction, zero-width ones,
/// separators, tags.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// One argument of a shell's command line, safe to paste: as it is where it is plain, in double quotes
/// where those suffice.
pub(crate) fn quoted(text: &str) -> String {
    let text = clean(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '+');
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else if text.contains(['$', '`', '\\', '"', '!']) {
        format!("'{}'", text.replace('\'', "'\\''"))
    } else {
        format!("\"{text}\"")
    }
}

/// At most `longest` characters, with an ellipsis where something is cut.
pub(crate) fn clip(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_if_nothing_of_it_would_change() {
        for text in
            ["", "a b", " a", "a ", "a  b", "a\tb", "a\nb", "é b", "é  b", "a\u{a0}b", "a\u{200b}b", "~!"]
        {
            assert_eq!(is_one_line(text), one_line(text) == text, "{text:?}");
        }
    }

    #[test]
    fn whatever_moves_the_cursor_is_gone() {
        assert_eq!(one_line(" a\n\n\tb\u{1b}c  d "), "a bc d");
    }

    #[test]
    fn escape_sequences_and_direction_marks_lose_their_power() {
        assert_eq!(clean("\u{1b}[31mred\u{7}\u{202e}\nnext"), "[31mred next");
    }

    #[test]
    fn what_a_hint_names_can_be_pasted_whatever_it_is_called() {
        let shown = ["starter/readme", "a b", "x; rm -rf ~", "$(touch x)", "it's `y`", "", "a\n\u{202e}b"];
        assert_eq!(
            shown.map(quoted).join("\n"),
            "starter/readme\n\"a b\"\n\"x; rm -rf ~\"\n'$(touch x)'\n'it'\\''s `y`'\n\"\"\n\"a b\""
        );
    }

    #[test]
    fn what_is_cut_says_so_and_stays_within_its_room() {
        assert_eq!((clip("a long sentence", 7).as_str(), clip("short", 5).as_str()), ("a long…", "short"));
    }
}
