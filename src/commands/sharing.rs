//! Sharing with a remote that the user agreed to: push, and join again for as long as others are
//! faster.

use std::time::Duration;

use super::Context;
use super::turn::Turn;
use crate::check;
use crate::git::{GitError, Pushed, is_same_place, without_password};
use crate::host::Stopwatch;
use crate::learn;
use crate::store::{Adopted, Adoption, Remembered, Review, Share, Store};
use crate::ui::{Failure, exit};

/// Where to: one of the URLs that a remote is pushed to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// What a fetch from there is from: the remote, or the URL where that fetches from another repository.
    /// What was seen there is kept apart.
    pub(super) remote: String,
    pub(super) url: String,
}

impl Target {
    /// Every place that a push to this remote goes to.
    pub(super) fn all(store: &Store<'_>, remote: &str) -> Result<Vec<Self>, Failure> {
        let fetched = store.repo.fetch_url(remote)?;
        let target = |url: String| {
            let remote = if is_same_place(&url, &fetched) { remote.to_owned() } else { url.clone() };
            Self { remote, url }
        };
        Ok(store.repo.push_urls(remote)?.into_iter().map(target).collect())
    }

    /// The URL without the user and the password in it: what is shown, agreed to and remembered.
    pub(super) fn name(&self) -> String {
        without_password(&self.url)
    }

    /// Whether the user agreed to share with it.
    pub(super) fn is_agreed(&self, store: &Store<'_>) -> bool {
        store.settings.share.contains(&self.name())
    }
}

/// Nothing is merged or shared that an audit objects to, here or where `remote` is fetched from. Under review
/// the branches of others are for whoever reviews.
pub(super) fn require_sound(store: &Store<'_>, remote: Option<&str>) -> Result<(), Failure> {
    let Some(finding) = check::objection(&store.leaving(remote)?) else { return Ok(()) };
    let message = format!("nothing was merged or shared: {}", finding.words());
    let failure = Failure::new(exit::FAILED, message);
    Err(finding.cure.into_iter().fold(failure, Failure::hint).hint("`git orchestrate check` shows it all"))
}

/// Merges what was learned, or makes branches of it that `remote` can review.
pub(super) fn conclude(store: &Store<'_>, remote: Option<&str>) -> Result<(), Failure> {
    match (store.settings.review, remote) {
        (Review::Off, _) => drop(store.merge(&learn::merge)?),
        (Review::Branch, Some(remote)) => {
            // Where a branch turns out to be somebody else's, what it should have told goes on another.
            store.learn(&learn::catch_up)?;
            store.propose(remote)?;
        }
        (Review::Branch, None) => {}
    }
    Ok(())
}

/// Does a piece of work, and moves refs when it is done: who races for a remote is not to wait for gits of
/// ours. A ref of ours that somebody else moved meanwhile stays, and what `remotes` have is joined with it
/// once more.
pub(super) fn together<T>(
    store: &Store<'_>,
    remotes: &[&str],
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    store.repo.put_off_moves();
    let ended = work();
    let moved = match store.repo.make_moves("orchestrate: sync") {
        Err(GitError::LostRace { .. }) => remotes.iter().try_for_each(|remote| {
            take_in(store, remote)?;
            conclude(store, Some(remote))
        }),
        moved => moved.map_err(Failure::from),
    };
    ended.and_then(|done| moved.map(|()| done))
}

/// What sharing came to.
#[derive(Debug)]
pub(super) struct Shared {
    /// What was pushed, or what there was to push.
    pub(super) share: Share,
    /// Pushes that it took; none: the remote had everything.
    pub(super) tries: u32,
}

/// What speaks against a fetched library, in words.
pub(super) fn objection(fetched: &Remembered) -> Option<String> {
    check::objection(fetched).map(|finding| finding.words())
}

/// Fetches, looks, joins. What is not what its name says touches nothing of ours.
pub(super) fn take_in(store: &Store<'_>, remote: &str) -> Result<Adopted, Failure> {
    match store.adopt(remote, &objection, &learn::merge)? {
        Adoption::Empty => Ok(Adopted::default()),
        Adoption::Joined(adopted) => Ok(adopted),
        Adoption::Refused(refused) => {
            let named: Vec<String> =
                refused.iter().map(|it| format!("{} ({})", it.name, it.reason)).collect();
            let kept: Vec<&str> = refused.iter().map(|it| it.kept.as_str()).collect();
            Err(Failure::new(
                exit::FAILED,
                format!(
                    "the remote {} has refs that are not what they should be: {}",
                    without_password(remote),
                    named.join(", ")
                ),
            )
            .hint(format!("nothing of yours was touched; look at {} here", kept.join(", ")))
            .hint("who keeps the remote can put them back to a commit before: `git push --force REMOTE COMMIT:REF`"))
        }
    }
}

/// Pushes what the remote does not have, but no ref in `without`: those the user pushes. The first `round`
/// began with the last look at the remote.
pub(super) fn push(
    cx: &Context,
    store: &Store<'_>,
    to: &Target,
    without: &[String],
    (turn, mut round): (&mut Turn, Stopwatch),
    patience: Duration,
) -> Result<Shared, Failure> {
    let remote = &to.remote;
    let watch = Stopwatch::start();
    let mut tries = 0;
    loop {
        let share = store.share(remote, without)?;
        require_no_secrets(&share)?;
        if share.edits.is_empty() {
            return Ok(Shared { share, tries });
        }
        tries += 1;
        cx.ui.stage(format!("pushing to {}", to.name()));
        match pushed(store, to, &share)? {
            Pushed::Done => {
                turn.pushed(round.elapsed());
                store.saw(remote, &share.edits)?;
                return Ok(Shared { share, tries });
            }
            Pushed::Denied { name, reason } => {
                Denied(store).remember(&to.name());
                return Err(Failure::new(exit::FAILED, format!("the remote refused {name}: {reason}"))
                    .hint("ask who keeps the remote to allow refs/notes/*, refs/orchestrate/* and learning branches"));
            }
            Pushed::Raced { name, reason } if watch.elapsed() > patience => {
                return Err(Failure::new(exit::FAILED, format!("others kept moving {name} there: {reason}"))
                    .hint("`git orchestrate sync` again; nothing is lost"));
            }
            Pushed::Raced { .. } => {
                cx.ui.stage(format!("others were faster {tries} times: asking again"));
                turn.lost(cx, round.elapsed(), tries);
                round = Stopwatch::start();
                turn.meet(&take_in(store, remote)?.from);
                conclude(store, Some(remote))?;
            }
        }
    }
}

/// Pushes once. A server that does not know us, or lets us only read, is one that refuses.
fn pushed(store: &Store<'_>, to: &Target, share: &Share) -> Result<Pushed, GitError> {
    store.repo.push(&to.url, &share.edits).or_else(|error| match error {
        GitError::Failed { stderr: reason, .. } if NO_RIGHT.iter().any(|words| reason.contains(words)) => {
            Ok(Pushed::Denied { name: "a push".to_owned(), reason })
        }
        error => Err(error),
    })
}

/// What git says where the right to push is missing.
const NO_RIGHT: &[&str] = &["returned error: 401", "returned error: 403", "denied to", "not authorized"];

fn require_no_secrets(share: &Share) -> Result<(), Failure> {
    if share.secrets.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = share.secrets.iter().take(5).map(String::as_str).collect();
    let message = format!("nothing was pushed: what looks like a secret is in {}", named.join(", "));
    Err(Failure::new(exit::FAILED, message)
        .hint("change the secret where it is used: it was written down")
        .hint("`git notes --ref=orchestrate edit COMMIT` takes it out of a note, and history still has it:")
        .hint("`git update-ref refs/notes/orchestrate $(git commit-tree -m anew refs/notes/orchestrate^{tree})` leaves that behind"))
}

/// Remotes that did not let us push: a hook tells of one once, and then leaves it alone.
pub(super) struct Denied<'a>(pub(super) &'a Store<'a>);

impl Denied<'_> {
    /// Whether a push to this URL was refused before.
    pub(super) fn knows(&self, url: &str) -> bool {
        self.known().lines().any(|line| line == url)
    }

    /// Remembers that a push to this URL was refused. Best effort: forgetting it only tells it again.
    pub(super) fn remember(&self, url: &str) {
        drop(std::fs::write(self.file(), format!("{}{url}\n", self.known())));
    }

    /// A push to this URL worked.
    pub(super) fn forget(&self, url: &str) {
        if self.knows(url) {
            let others: String =
                self.known().lines().filter(|line| *line != url).map(|line| format!("{line}\n")).collect();
            drop(std::fs::write(self.file(), others));
        }
    }

    /// One URL a line.
    fn known(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap_or_default()
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.repo.own_dir().join("denied")
    }
}
