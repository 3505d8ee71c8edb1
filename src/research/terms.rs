//! Terms: how a text is split into words, and what is left of a word.

use crate::model::words;

/// The words of `text`, split where `model::words` splits.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '+' || c == '#')).filter(|word| !word.is_empty())
}

/// The stem of one word; `None` for a word that says nothing.
pub(super) fn stem(word: &str) -> Option<String> {
    words::stems(word).into_iter().next()
}

/// `codeReview_v2` as `code Review_v2`: a name's humps, apart.
pub(super) fn humps_apart(name: &str) -> String {
    let mut apart = String::with_capacity(name.len() + 8);
    let mut last_is_small = false;
    for c in name.chars() {
        if c.is_uppercase() && last_is_small {
            apart.push(' ');
        }
        last_is_small = c.is_lowercase();
        apart.push(c);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn humps_and_signs_part_a_name() {
        assert_eq!(
            split(&humps_apart("codeReview-v2_of HTTPServer")).collect::<Vec<_>>(),
            ["code", "Review", "v2", "of", "HTTPServer"]
        );
    }
}
