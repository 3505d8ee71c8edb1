//! Text of others on one line and no longer than there is room.

/// `text` on one line: one space between words, and no control characters in them.
pub(crate) fn one_line(text: &str) -> String {
    let plain = |word: &str| word.chars().filter(|c| !c.is_control()).collect::<String>();
    text.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
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
    fn whatever_moves_the_cursor_is_gone() {
        assert_eq!(one_line(" a\n\n\tb\u{1b}c  d "), "a bc d");
    }

    #[test]
    fn what_is_cut_says_so_and_stays_within_its_room() {
        assert_eq!((clip("a long sentence", 7).as_str(), clip("short", 5).as_str()), ("a long…", "short"));
    }
}
