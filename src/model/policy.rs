//! The thresholds of the lifecycle: `policy.toml` in the learning tree.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// When a pattern rises, and when it is retired. Bounds are one-sided 90 % Wilson bounds.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// Format version.
    pub(crate) v: u32,
    /// When a person last changed it; the later one wins a join.
    pub(crate) updated: Timestamp,
    /// Who changed it.
    pub(crate) replica: String,
    pub(crate) validated: Rise,
    pub(crate) learned: Rise,
    pub(crate) retired: Retire,
    pub(crate) bands: Bands,
}

/// What a pattern needs to rise.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rise {
    /// At least this many runs that passed or failed.
    pub(crate) runs: u64,
    /// At least this many distinct requests (counted up to 16).
    pub(crate) requests: u64,
    /// At least this lower bound of the success rate.
    pub(crate) lower_bound: f64,
}

/// What retires a pattern.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retire {
    /// At least this many runs that passed or failed.
    pub(crate) runs: u64,
    /// The upper bound of the success rate is below this.
    pub(crate) upper_bound: f64,
}

/// Bands of validated patterns, by the mean success rate.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bands {
    /// From here on: high.
    pub(crate) high: f64,
    /// From here on: medium; below: experimental.
    pub(crate) medium: f64,
}

impl Policy {
    /// The first bound that is no share: what it is called, and what it is.
    pub(crate) fn wrong_bound(&self) -> Option<(&'static str, f64)> {
        let bounds = [
            ("validated.lower_bound", self.validated.lower_bound),
            ("learned.lower_bound", self.learned.lower_bound),
            ("retired.upper_bound", self.retired.upper_bound),
            ("bands.high", self.bands.high),
            ("bands.medium", self.bands.medium),
        ];
        bounds.into_iter().find(|(_, bound)| !(0.0..=1.0).contains(bound))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            v: 1,
            updated: Timestamp::default(),
            replica: String::new(),
            validated: Rise { runs: 5, requests: 3, lower_bound: 0.6 },
            learned: Rise { runs: 20, requests: 1, lower_bound: 0.8 },
            retired: Retire { runs: 10, upper_bound: 0.5 },
            bands: Bands { high: 0.9, medium: 0.7 },
        }
    }
}
