//! Taking turns in a race for one ref: who has pushed lets those go first who have not since.
//!
//! Nobody says whose turn it is, but who fetches sees whose records came. A clone remembers whom it has met: those who
//! pushed between two looks of ours that were moments apart. It waits one round, as long as its last one,
//! for each of them that has not pushed since it did itself: for all of them after a push of its own, for
//! fewer and fewer while it sees them push, and who has waited longest goes at once. Without that the last winner
//! wins again, since it has nothing to fetch and to join; and so that it meets at all whom it always beats,
//! nobody looks again before some rounds have passed since its own push. That is a fraction of a second: nobody
//! waits longer who has met nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::Context;
use crate::host::{Stopwatch, age};
use crate::store::Store;

/// For how many of our rounds those are remembered whom we met.
const ROUNDS: u32 = 30;
/// For how long at least.
const MOMENTS: Duration = Duration::from_secs(3);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(4);
/// So many rounds after our push somebody whom we beat has had time to push.
const GAP: u32 = 2;
/// After so many lost pushes chance has parted those who began together.
const PARTED: u32 = 2;

/// Whose turn it is, as far as this clone knows.
#[derive(Debug)]
pub(super) struct Turn {
    race: Race,
    /// Starts when the file is read: the time of [`Race`].
    watch: Stopwatch,
    file: PathBuf,
    /// This clone.
    own: String,
}

/// Whom this clone has met. Times are milliseconds; they mean nothing but before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Race {
    /// How long our last round took.
    round: Duration,
    /// When we pushed last.
    pushed: Option<i64>,
    /// When each of the others did, as far as we saw.
    met: BTreeMap<String, i64>,
}

impl Race {
    /// What [`Race::text`] said so long ago.
    fn recall(text: &str, ago: Duration) -> Self {
        let mut lines = text.lines();
        let Some(round) = lines.next().and_then(|line| line.parse().ok()) else { return Self::default() };
        let (round, pushed) = (Duration::from_millis(round), -millis(ago));
        let met = |line: &str| -> Option<(String, i64)> {
            let (name, before) = line.split_once(' ')?;
            Some((name.to_owned(), pushed - before.parse::<i64>().ok()?))
        };
        let race = Self { round, pushed: Some(pushed), met: lines.filter_map(met).collect() };
        if race.is_recent(pushed, 0) { race } else { Self::default() }
    }

    /// The round that a push ended, and whom we met how long before it.
    fn text(&self, pushed: i64) -> String {
        let met = self.met.iter().filter(|(_, at)| self.is_recent(**at, pushed));
        let line = |(name, at): (&String, &i64)| format!("{name} {}\n", pushed - at);
        format!("{}\n{}", self.round.as_millis(), met.map(line).collect::<String>())
    }

    fn is_recent(&self, at: i64, now: i64) -> bool {
        since(at, now) <= MOMENTS.max(self.round * ROUNDS)
    }

    /// How many go before us.
    fn before_us(&self, now: i64) -> u32 {
        let Some(pushed) = self.pushed else { return 0 };
        let waits = |at: &&i64| **at <= pushed && self.is_recent(**at, now);
        self.met.values().filter(waits).count().try_into().unwrap_or(u32::MAX)
    }

    /// How long those need.
    fn wait(&self, now: i64) -> Duration {
        let since = self.pushed.map_or(Duration::MAX, |pushed| since(pushed, now));
        let gap = (self.round * GAP).saturating_sub(since);
        gap.max(self.round.saturating_mul(self.before_us(now))).min(LONGEST)
    }

    /// Notes that records of these came just now.
    fn meet(&mut self, names: impl Iterator<Item = String>, now: i64) {
        self.met.extend(names.map(|name| (name, now)));
    }
}

impl Turn {
    /// What is known since our last push.
    pub(super) fn read(store: &Store<'_>) -> Self {
        let file = store.repo.own_dir().join("turn");
        let ago = file.metadata().map(|it| age(&it)).unwrap_or_default();
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        Self { race: Race::recall(&text, ago), watch: Stopwatch::start(), file, own: store.replica.clone() }
    }

    /// Lets others go first.
    pub(super) fn wait(&self) {
        thread::sleep(self.race.wait(self.now()));
    }

    /// Notes whose records came with a first look: who pushed long after we did is not met, only late.
    pub(super) fn look(&mut self, from: &BTreeSet<String>) {
        if self.race.pushed.is_some() {
            self.meet(from);
        }
    }

    /// Notes whose records came while we tried to push.
    pub(super) fn meet(&mut self, from: &BTreeSet<String>) {
        let others = from.iter().filter(|name| **name != self.own && is_plain(name));
        self.race.meet(others.cloned(), self.now());
    }

    /// Waits before the next round: this many were lost. Those who began together wait for different times at
    /// first.
    pub(super) fn lost(&mut self, cx: &Context, round: Duration, tries: u32) {
        self.race.round = round;
        let apart = if tries <= PARTED { cx.host.random() % (round.as_millis() + 1) } else { 0 };
        let apart = Duration::from_millis(u64::try_from(apart).unwrap_or_default());
        thread::sleep((self.race.wait(self.now()) + apart).min(LONGEST));
    }

    /// Remembers a push. Best effort: forgetting it only makes a race less fair.
    pub(super) fn pushed(&mut self, round: Duration) {
        self.race.round = round;
        drop(std::fs::write(&self.file, self.race.text(self.now())));
    }

    fn now(&self) -> i64 {
        millis(self.watch.elapsed())
    }
}

/// What we give to clones as ids; notes may hold anything.
fn is_plain(name: &str) -> bool {
    name.len() <= 32 && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn since(at: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now - at).unwrap_or_default())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: Duration = Duration::from_millis(100);

    /// A clone that pushed at 0, and met these so many milliseconds before.
    fn after_push(met: &[(&str, i64)]) -> Race {
        let met = met.iter().map(|(name, before)| ((*name).to_owned(), -before)).collect();
        Race { round: ROUND, pushed: Some(0), met }
    }

    #[test]
    fn who_met_nobody_waits_for_nobody() {
        assert_eq!(Race::default().wait(0), Duration::ZERO);
        assert_eq!(after_push(&[]).wait(200), Duration::ZERO);
    }

    #[test]
    fn nobody_looks_again_right_after_a_push() {
        assert_eq!(after_push(&[]).wait(0), ROUND * 2);
        assert_eq!(after_push(&[("a", 10)]).wait(50), ROUND * 3 / 2);
        assert_eq!(after_push(&[("a", 10), ("b", 10)]).wait(50), ROUND * 2);
    }

    #[test]
    fn who_pushed_waits_a_round_for_each_that_has_not_since() {
        let mut race = after_push(&[("a", 50), ("b", 250), ("c", 2_000)]);
        assert_eq!(race.wait(10), ROUND * 3);
        race.meet(["b".to_owned()].into_iter(), 100);
        assert_eq!(race.wait(100), ROUND * 2);
        race.meet(["a".to_owned(), "c".to_owned()].into_iter(), 200);
        assert_eq!(race.wait(200), Duration::ZERO);
    }

    #[test]
    fn nobody_waits_for_long_for_those_who_are_gone() {
        let race = after_push(&[("a", 50), ("b", 2_000)]);
        assert_eq!(race.wait(1_500), ROUND);
        assert_eq!(race.wait(3_000), Duration::ZERO);
        let many: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let many: Vec<(&str, i64)> = many.iter().map(|name| (name.as_str(), 1)).collect();
        assert_eq!(after_push(&many).wait(0), LONGEST);
    }

    #[test]
    fn the_next_process_knows_what_this_one_knew() {
        let race = after_push(&[("a", 50), ("b", 3_500)]);
        let recalled = Race::recall(&race.text(0), Duration::from_millis(200));
        let met = BTreeMap::from([("a".to_owned(), -250)]);
        assert_eq!(recalled, Race { round: ROUND, pushed: Some(-200), met });
        assert_eq!(Race::recall(&race.text(0), Duration::from_secs(4)), Race::default());
        assert_eq!(Race::recall("1800000000000 93\n", Duration::ZERO), Race::default());
    }
}
