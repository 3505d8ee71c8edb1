//! Names that a component id accepts, made from names as people write them.

use crate::model::text::is_hidden;

/// The longest name that is kept, in bytes; an id's part may be 200.
const LONGEST: usize = 120;

/// `text` as one part of a component id: `/` and what nobody sees become `-`.
///
/// `None` when nothing usable is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let replaced: String =
        text.trim().chars().map(|c| if c == '/' || is_hidden(c) { '-' } else { c }).collect();
    let name = replaced[..replaced.floor_char_boundary(LONGEST)].trim();
    (!matches!(name, "" | "." | "..")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::ComponentId;

    #[test]
    fn every_cleaned_name_is_part_of_a_valid_id() {
        for text in
            ["code-review", " a b ", "../x", "\u{1b}[31m", "a\nb", "..", "", "/", &"é".repeat(500), "x /"]
        {
            if let Some(name) = clean(text) {
                assert!(ComponentId::new("m", &name, "skill", &name).is_ok(), "{text:?} became {name:?}");
            }
        }
    }

    #[test]
    fn separators_and_controls_become_dashes() {
        assert_eq!(clean("a/b\u{7}c").as_deref(), Some("a-b-c"));
        assert_eq!(clean(" .. "), None);
    }
}
