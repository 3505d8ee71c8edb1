//! How values read: escaped text, times, counts and shares.

use crate::model::evidence::{ENOUGH_RUNS, Tally};
use crate::model::text::is_hidden;
use crate::model::time::Timestamp;

/// A JSON text with the same characters escaped: it says the same, and harms no terminal.
pub(super) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// `1 run`, `3 runs`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else if let Some(stem) = noun.strip_suffix("ch") {
        format!("{number} {stem}ches")
    } else {
        format!("{number} {noun}s")
    }
}

/// A large number with its digits in groups: `1,106,231`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let all: Vec<String> = (!head.is_empty()).then(|| head.to_owned()).into_iter().chain(groups).collect();
    all.join(",")
}

/// A time span in the unit that a person would use.
pub(crate) fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..10_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        10_000..120_000 => format!("{} s", ms / 1_000),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        _ => format!("{:.1} h", ms as f64 / 3_600_000.0),
    }
}

/// A time span given in seconds.
pub(crate) fn seconds(seconds: f64) -> String {
    duration((seconds * 1_000.0).round().max(0.0) as u64)
}

/// How long ago `at` was, seen from `now`.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.0.saturating_sub(at.0) / 60_000;
    match minutes {
        i64::MIN..0 => at.to_string()[..10].to_owned(),
        0 => "just now".to_owned(),
        1..120 => format!("{minutes} min ago"),
        120..2_880 => format!("{} h ago", minutes / 60),
        2_880..86_400 => format!("{} days ago", minutes / 1_440),
        _ => at.to_string()[..10].to_owned(),
    }
}

/// A probability or share as a percentage.
pub(crate) fn percent(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

/// A share of something small: one decimal below ten percent, and never so little that it reads as
/// nothing.
pub(crate) fn share(value: f64) -> String {
    if value > 0.0 && value < 0.001 {
        return "0.1 %".to_owned();
    }
    if value > 0.0 && value < 0.1 { format!("{:.1} %", value * 100.0) } else { percent(value) }
}

/// `94 % (47 of 50)`, or only the counts where they are too few to speak of a rate.
pub(crate) fn tally(tally: Tally) -> String {
    match tally.mean() {
        None => "no runs yet".to_owned(),
        Some(mean) if tally.runs() >= ENOUGH_RUNS => {
            format!("{} ({} of {})", percent(mean), tally.passed, tally.runs())
        }
        Some(_) => format!("{} of {} passed", tally.passed, tally.runs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::clean;

    #[test]
    fn what_nobody_sees_is_dropped_or_escaped() {
        let hidden = "a\u{61c}\u{200b}\u{feff}\u{2028}\u{85}\u{9b}b\u{e0041}é→";
        assert_eq!(clean(hidden), "abé→");
        let json = serde_json::to_string(hidden).expect("text");
        assert_eq!(escaped(&json), r#""a\u061c\u200b\ufeff\u2028\u0085\u009bb\udb40\udc41é→""#);
        assert_eq!(serde_json::from_str::<String>(&escaped(&json)).expect("JSON"), hidden);
    }

    #[test]
    fn spans_take_the_unit_that_a_person_would() {
        let shown: Vec<String> = [7, 1_250, 61_000, 720_000, 9_000_000].into_iter().map(duration).collect();
        assert_eq!(shown, ["7 ms", "1.2 s", "61 s", "12 min", "2.5 h"]);
        assert_eq!(ago(Timestamp(0), Timestamp(3 * 86_400_000)), "3 days ago");
    }

    #[test]
    fn a_rate_needs_five_runs() {
        let of = |passed, failed| tally(Tally { passed, failed, ..Tally::default() });
        assert_eq!(of(47, 3), "94 % (47 of 50)");
        assert_eq!(of(3, 0), "3 of 3 passed");
        assert_eq!(of(0, 0), "no runs yet");
    }

    #[test]
    fn large_numbers_come_in_groups() {
        let shown: Vec<String> = [0, 12, 123, 1_234, 1_106_231].into_iter().map(thousands).collect();
        assert_eq!(shown, ["0", "12", "123", "1,234", "1,106,231"]);
    }

    #[test]
    fn plurals_read_well() {
        assert_eq!(
            (count(1, "run"), count(3, "run"), count(2, "branch")),
            ("1 run".into(), "3 runs".into(), "2 branches".into())
        );
    }
}
