//! Counts of tests, as test runners print them.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::record::Tests;

/// What Rust's test harness prints for each binary.
static HARNESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed;").expect("a tested shape")
});

/// The sum of all counts in a text; `None` if there are none.
pub(super) fn counts(text: &str) -> Option<Tests> {
    let count = |digits: &str| digits.parse::<u64>().ok();
    let found = HARNESS.captures_iter(text).filter_map(|it| Some((count(&it[1])?, count(&it[2])?)));
    found.map(|(passed, failed)| total(passed, failed)).reduce(|one, other| sum(&one, &other))
}

/// Two counts together.
pub(super) fn sum(one: &Tests, other: &Tests) -> Tests {
    total(one.passed.saturating_add(other.passed), one.failed.saturating_add(other.failed))
}

fn total(passed: u64, failed: u64) -> Tests {
    Tests { passed, failed, extra: Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_all_binaries_are_summed() {
        let text =
            "test result: ok. 12 passed; 0 failed; 1 ignored\n\ntest result: FAILED. 3 passed; 2 failed;";
        assert_eq!(counts(text), Some(total(15, 2)));
        assert_eq!(counts("all tests passed"), None);
    }
}
