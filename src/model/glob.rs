//! Whether two globs can name one file.
//!
//! `*` and `?` stay within a folder, `**` crosses folders. Where this can't tell (classes, braces,
//! very long globs) the answer is yes: the cost is a step that waits without need.

/// Longer globs, in bytes, are not looked at.
const LONGEST: usize = 500;

/// Whether a file can match both globs. A glob that ends in a plain name also means what is below it.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    if one.len().max(other.len()) > LONGEST || [one, other].iter().any(|glob| glob.contains(['{', '\\', '!']))
    {
        return true;
    }
    let (one, other) = (segments(one), segments(other));
    meet(&one, &other, |segment| *segment == "**", |a, b| segments_meet(a, b))
}

fn segments(glob: &str) -> Vec<&str> {
    let mut segments: Vec<&str> = glob.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if segments.last().is_none_or(|last| !last.contains(['*', '?', '['])) {
        segments.push("**");
    }
    segments
}

fn segments_meet(one: &str, other: &str) -> bool {
    if one.contains('[') || other.contains('[') {
        return true;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    meet(&one, &other, |c| *c == '*', |a, b| a == b || *a == '?' || *b == '?')
}

/// Whether one text can match both patterns, where a star stands for any number of items.
fn meet<T>(one: &[T], other: &[T], star: impl Fn(&T) -> bool, alike: impl Fn(&T, &T) -> bool) -> bool {
    // `below[j]`: whether what is left of `one` after item i meets what is left of `other` from j.
    let width = other.len();
    let mut below = vec![true; width + 1];
    for j in (0..width).rev() {
        below[j] = below[j + 1] && star(&other[j]);
    }
    for item in one.iter().rev() {
        let mut row = vec![false; width + 1];
        for j in (0..=width).rev() {
            row[j] = match other.get(j) {
                Some(_) if star(item) => below[j] || row[j + 1],
                Some(facing) if star(facing) => below[j] || row[j + 1],
                Some(facing) => alike(item, facing) && below[j + 1],
                None => star(item) && below[j],
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn globs_that_share_a_file_overlap() {
        for (one, other) in [
            ("LICENSE", "LICENSE"),
            ("**/*", "src/lib.rs"),
            ("**", "a"),
            ("*.md", "README.*"),
            ("src/**/*.rs", "src/a/b/*"),
            ("src/", "src/lib.rs"),
            ("docs", "docs/**"),
            ("./a", "a"),
            ("a/**/b", "a/b"),
            ("src/[ab].rs", "src/c.rs"),
            ("*.{md,txt}", "README.md"),
            ("?ICENSE", "LICEN*"),
        ] {
            assert!(overlap(one, other) && overlap(other, one), "{one} {other}");
        }
    }

    #[test]
    fn globs_that_share_no_file_do_not() {
        for (one, other) in [
            ("LICENSE", "README.md"),
            ("src/**", "tests/**"),
            ("*.md", "docs/a.md"),
            ("*.md", "*.rs"),
            ("a/*/c/*.x", "a/c/*.x"),
            (".github/workflows/*.yml", "src/**/*.rs"),
            ("CHANGELOG.md", "CHANGELOG"),
        ] {
            assert!(!overlap(one, other) && !overlap(other, one), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn a_glob_overlaps_every_path_that_it_matches(path in "[ab](/[ab]{1,2}){0,3}", glob in "([ab*?]|/|\\*\\*/){1,6}[ab*]") {
            let matcher = globset::GlobBuilder::new(&glob).literal_separator(true).build().expect("a glob").compile_matcher();
            prop_assert!(!matcher.is_match(&path) || overlap(&glob, &path), "{} {}", glob, path);
        }
    }
}
