//! Taking turns: who has pushed a moment ago lets others go first.
//!
//! Without that the last winner of a race wins again, and never learns that there is one: it has nothing to
//! fetch and to join, and everybody else is on the way with what is out of date. Nobody waits who does not
//! push again within seconds. Limit: it only helps among those who do it.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::Context;
use super::sharing::pause;
use crate::store::Store;

/// For how long a push is remembered.
const RECENT_MS: i64 = 3_000;
/// For how many pushes of others there is to be time.
const OTHERS: u32 = 8;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(2);

/// When we pushed last.
pub(super) struct Turn<'a>(pub(super) &'a Store<'a>);

impl Turn<'_> {
    /// Waits, where we have just pushed.
    pub(super) fn wait(&self, cx: &Context) {
        let Some((at, took)) = self.last() else { return };
        if (0..RECENT_MS).contains(&(cx.host.now_ms() - at)) {
            // Hardly by chance: where some come back early, others lose for long.
            let longest = LONGEST.min(took * OTHERS);
            thread::sleep(longest * 4 / 5);
            pause(cx, longest / 5);
        }
    }

    /// Remembers that a push took so long. Best effort: forgetting it only makes a race less fair.
    pub(super) fn pushed(&self, cx: &Context, took: Duration) {
        drop(std::fs::write(self.file(), format!("{} {}\n", cx.host.now_ms(), took.as_millis())));
    }

    /// When, and how long it took.
    fn last(&self) -> Option<(i64, Duration)> {
        let text = std::fs::read_to_string(self.file()).ok()?;
        let (at, took) = text.trim_end().split_once(' ')?;
        Some((at.parse().ok()?, Duration::from_millis(took.parse().ok()?)))
    }

    fn file(&self) -> PathBuf {
        self.0.repo.own_dir().join("turn")
    }
}
