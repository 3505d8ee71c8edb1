//! Evidence: how many distinct executions ended how, in cells that only grow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::Outcome;
use super::time::Month;

/// z of the one-sided 90 % bound, in standard deviations of the normal distribution.
const Z: f64 = 1.2816;

/// Fewer runs are not enough evidence for a probability.
pub(crate) const ENOUGH_RUNS: u64 = 5;

/// Where an execution is counted: replica of the record, UTC month of its `at`, outcome.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot {
    pub(crate) replica: String,
    pub(crate) month: Month,
    pub(crate) outcome: Outcome,
}

/// Counts of distinct executions by slot. The join of two is the maximum, slot by slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cells(BTreeMap<Slot, u64>);

impl Cells {
    /// The count in one slot.
    pub(crate) fn get(&self, slot: &Slot) -> u64 {
        self.0.get(slot).copied().unwrap_or(0)
    }

    /// Sets a slot's count to at least `count`.
    pub(crate) fn raise(&mut self, slot: Slot, count: u64) {
        let cell = self.0.entry(slot).or_default();
        *cell = (*cell).max(count);
    }

    /// Counts `more` in a slot.
    pub(crate) fn add(&mut self, slot: &Slot, more: u64) {
        match self.0.get_mut(slot) {
            Some(count) => *count += more,
            None => drop(self.0.insert(slot.clone(), more)),
        }
    }

    /// The maximum of both, slot by slot.
    pub(crate) fn join(&mut self, other: &Self) {
        for (slot, count) in &other.0 {
            self.raise(slot.clone(), *count);
        }
    }

    /// Drops the months before `epoch`.
    pub(crate) fn since(&mut self, epoch: &Month) {
        self.0.retain(|slot, _| slot.month >= *epoch);
    }

    /// All slots with their counts, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Slot, u64)> {
        self.0.iter().map(|(slot, count)| (slot, *count))
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sum over replicas and months, less what `forgotten` takes away from each slot.
    pub(crate) fn tally(&self, forgotten: impl Fn(&Slot) -> u64) -> Tally {
        let mut tally = Tally::default();
        for (slot, count) in &self.0 {
            let left = count.saturating_sub(forgotten(slot));
            match slot.outcome {
                Outcome::Passed => tally.passed += left,
                Outcome::Failed => tally.failed += left,
                Outcome::Environment => tally.environment += left,
                Outcome::Aborted => tally.aborted += left,
            }
        }
        tally
    }
}

/// The file form: `[cells.<replica>.<month>]` with one key per outcome.
type CellTable = BTreeMap<String, BTreeMap<Month, BTreeMap<Outcome, u64>>>;

impl Serialize for Cells {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = CellTable::new();
        for (slot, count) in &self.0 {
            let months = table.entry(slot.replica.clone()).or_default();
            months.entry(slot.month.clone()).or_default().insert(slot.outcome, *count);
        }
        table.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut cells = Self::default();
        for (replica, months) in CellTable::deserialize(deserializer)? {
            for (month, outcomes) in months {
                for (outcome, count) in outcomes {
                    cells.raise(Slot { replica: replica.clone(), month: month.clone(), outcome }, count);
                }
            }
        }
        Ok(cells)
    }
}

/// How executions ended. Only `passed` and `failed` are runs: the other two say nothing about the
/// pattern or component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) environment: u64,
    pub(crate) aborted: u64,
}

impl Tally {
    /// Executions that say something: passed and failed.
    pub(crate) fn runs(self) -> u64 {
        self.passed + self.failed
    }

    /// Share of the runs that passed; `None` without runs.
    pub(crate) fn mean(self) -> Option<f64> {
        (self.runs() > 0).then(|| self.passed as f64 / self.runs() as f64)
    }

    /// Wilson score interval, lower end, one-sided 90 % (Wilson 1927); 0 without runs.
    pub(crate) fn lower_bound(self) -> f64 {
        self.wilson(-1.0).max(0.0)
    }

    /// Wilson score interval, upper end, one-sided 90 % (Wilson 1927); 1 without runs.
    pub(crate) fn upper_bound(self) -> f64 {
        if self.runs() == 0 { 1.0 } else { self.wilson(1.0).min(1.0) }
    }

    fn wilson(self, side: f64) -> f64 {
        let n = self.runs() as f64;
        if n == 0.0 {
            return 0.0;
        }
        let p = self.passed as f64 / n;
        let z2 = Z * Z;
        let centre = p + z2 / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        (centre + side * spread) / (1.0 + z2 / n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed, ..Tally::default() }
    }

    #[test]
    fn wilson_bounds_match_hand_computed_values() {
        let close = |got: f64, want: f64| assert!((got - want).abs() < 5e-4, "{got} is not {want}");
        close(tally(5, 0).lower_bound(), 0.7527);
        close(tally(20, 0).lower_bound(), 0.9241);
        close(tally(0, 10).upper_bound(), 0.1411);
        close(tally(18, 2).lower_bound(), 0.7816);
        close(tally(0, 0).lower_bound(), 0.0);
        close(tally(0, 0).upper_bound(), 1.0);
    }

    #[test]
    fn environment_failures_are_no_runs() {
        let tally = Tally { environment: 7, aborted: 2, ..tally(1, 0) };
        assert_eq!(tally.runs(), 1);
        assert_eq!(tally.mean(), Some(1.0));
    }
}
