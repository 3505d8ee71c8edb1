//! Moments and months, always UTC, read from no clock.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp(pub(crate) i64);

impl Timestamp {
    /// Whole seconds since the epoch, rounded down.
    pub(crate) fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The latest moment that any clock shows at this one: they may differ by a day.
    pub(crate) fn on_the_fastest_clock(self) -> Self {
        Self(self.0.saturating_add(86_400_000))
    }

    /// The UTC month that this moment lies in.
    pub(crate) fn month(self) -> Month {
        let moment = self.utc();
        Month(format!("{:04}-{:02}", moment.year(), moment.month()))
    }

    /// `20261120T080102Z`: sortable and valid in a ref name.
    pub(crate) fn stamp(self) -> String {
        self.utc().format("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Days from `self` to `later`, negative when `later` is earlier.
    pub(crate) fn days_until(self, later: Self) -> f64 {
        (later.0 - self.0) as f64 / 86_400_000.0
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339, UTC, milliseconds: the one form that records use.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// The text is not an RFC 3339 time of a four-digit year.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an RFC 3339 time such as 2026-11-20T08:00:00.000Z")]
pub(crate) struct NotATime(String);

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        DateTime::parse_from_rfc3339(text)
            .map(|moment| Self(moment.timestamp_millis()))
            .ok()
            .filter(|moment| (Self::FIRST..Self::END).contains(&moment.0))
            .ok_or_else(|| NotATime(text.chars().take(80).collect()))
    }
}

impl Timestamp {
    /// 0001-01-01: earlier years have no four-digit form.
    const FIRST: i64 = -62_135_596_800_000;
    /// 10000-01-01.
    const END: i64 = 253_402_300_800_000;
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A UTC month, `2026-11`; the grain in which evidence is counted. Orders by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub(crate) struct Month(String);

impl Month {
    /// The month before which a new library forgets nothing.
    pub(crate) fn first() -> Self {
        Self("1970-01".to_owned())
    }

    /// The text form.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a month such as `2026-11`.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a month such as 2026-11")]
pub(crate) struct NotAMonth(String);

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let well_formed = text.len() == 7
            && text.bytes().enumerate().all(|(i, b)| if i == 4 { b == b'-' } else { b.is_ascii_digit() })
            && ("01"..="12").contains(&&text[5..]);
        if well_formed { Ok(Self(text.to_owned())) } else { Err(NotAMonth(text.chars().take(80).collect())) }
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_and_precision_becomes_utc_milliseconds() {
        let moment: Timestamp = "2026-11-20T10:00:00.1239+02:00".parse().expect("valid");
        assert_eq!(moment.to_string(), "2026-11-20T08:00:00.123Z");
        assert_eq!(moment.month().as_str(), "2026-11");
        assert_eq!(moment.stamp(), "20261120T080000Z");
    }

    #[test]
    fn nonsense_is_named_in_the_error() {
        assert_eq!(
            "yesterday".parse::<Timestamp>().expect_err("not a time").to_string(),
            "`yesterday` is not an RFC 3339 time such as 2026-11-20T08:00:00.000Z"
        );
        for text in ["2026-13", "2026-00", "2026-1", "26-11", "２026-1"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}
