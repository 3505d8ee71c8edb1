//! Remotes: what they have, and fetching it. The network is the git executable's.
//!
//! A remote is what git takes for one: a configured name, a URL or a path. Where a fetch leaves what it
//! saw is ours alone and can be had again; so the lock of a fetch that was killed there is taken away
//! when it is older than any fetch holds one.

use std::path::{Component, Path, PathBuf};

use super::command::{DURABLE, Git};
use super::error::GitError;
use super::repository::Repository;
use crate::host::Host;
use crate::model::oid::Oid;

/// Below this are what fetches saw.
const SEEN: &str = "refs/orchestrate/remotes";
/// How old the lock of a ref is, in milliseconds, when nobody holds it any more: a fetch does for moments.
const ABANDONED_MS: u32 = 10_000;

impl Repository {
    /// Whether a remote of this name is configured.
    pub(crate) fn has_remote(&self, remote: &str) -> bool {
        self.config(&format!("remote.{remote}.url")).is_some()
    }

    /// Names of the remotes that are configured.
    pub(crate) fn remotes(&self) -> Result<Vec<String>, GitError> {
        Ok(self.git().arg("remote").text()?.lines().map(str::to_owned).collect())
    }

    /// Whether git can fetch from it: a configured name, something with the form of a URL or path.
    pub(crate) fn is_remote(&self, remote: &str) -> bool {
        self.has_remote(remote) || (!remote.starts_with('-') && remote.contains([':', '/']))
    }

    /// A remote as somebody names it, with a relative path as an absolute one that starts at `top`: the same text
    /// means another repository elsewhere.
    pub(crate) fn located(&self, remote: &str, top: &Path) -> String {
        let is_short = |it: &(Option<String>, String)| {
            let key = format!("url.{}.insteadOf", it.0.as_deref().unwrap_or_default());
            it.1.eq_ignore_ascii_case("insteadOf")
                && self.config_all(&key).iter().any(|short| remote.starts_with(short))
        };
        let is_name = self.has_remote(remote) || !remote.contains('/');
        if is_name || self.config_keys("url").iter().any(is_short) {
            return remote.to_owned();
        }
        absolute(remote, top)
    }

    /// The same for what git is given here.
    pub(crate) fn located_here(&self, remote: &str) -> String {
        self.located(remote, &self.network_top())
    }

    /// A URL as git gives it, with a relative path as an absolute one.
    pub(crate) fn absolute_url(&self, url: &str) -> String {
        absolute(url, &self.network_top())
    }

    /// Where git starts with the relative path of a remote.
    fn network_top(&self) -> PathBuf {
        self.work_dir().unwrap_or_else(|| self.git_dir())
    }

    /// A git command that talks to remotes: relative paths start where they do for a person's.
    pub(super) fn network(&self) -> Git {
        self.git().starting_in(&self.network_top()).env("GIT_TERMINAL_PROMPT", "0")
    }

    /// Those of these refs that the remote has.
    pub(crate) fn ls_remote(&self, remote: &str, refs: &[&str]) -> Result<Vec<(String, Oid)>, GitError> {
        let git = self.network().args(["ls-remote", "-q", "--", remote]).args(refs);
        let parse = |line: &str| {
            line.split_once('\t').and_then(|(oid, name)| Some((name.to_owned(), oid.parse().ok()?)))
        };
        Ok(git.text()?.lines().filter_map(parse).collect())
    }

    /// Fetches by these refspecs and nothing else: no tags, no configured refspecs, no `FETCH_HEAD`.
    /// Everything of them, in a partial clone too: gix would not fetch what is missing at need.
    pub(crate) fn fetch(&self, host: &Host, remote: &str, refspecs: &[String]) -> Result<(), GitError> {
        self.remove_left_locks(host);
        match self.fetch_once(remote, refspecs) {
            // Somebody was killed while we waited.
            Err(GitError::Failed { stderr, .. }) if stderr.contains(".lock': File exists") => {
                self.remove_left_locks(host);
                self.fetch_once(remote, refspecs)
            }
            ended => ended,
        }
    }

    fn fetch_once(&self, remote: &str, refspecs: &[String]) -> Result<(), GitError> {
        // What is joined with ours right after is to be there after a crash, too.
        let mut git = DURABLE.iter().fold(self.network(), |git, setting| git.config(setting));
        if self.config("core.filesRefLockTimeout").is_none() {
            git = git.config(&format!("core.filesRefLockTimeout={ABANDONED_MS}"));
        }
        git.args([
            "fetch",
            "-q",
            "--no-tags",
            // Housekeeping is for the user's own commands: it would run beside what is written next.
            "--no-auto-maintenance",
            "--no-write-fetch-head",
            "--no-filter",
            "--refmap=",
            "--",
            remote,
        ])
        .args(refspecs)
        .output()?;
        Ok(())
    }

    /// Takes away the locks that killed fetches left on what they saw.
    fn remove_left_locks(&self, host: &Host) {
        remove_locks(&self.common_dir().join(SEEN), host.now_ms() - i64::from(ABANDONED_MS));
    }

    /// The URL that a fetch from this remote asks, or the absolute path.
    pub(crate) fn fetch_url(&self, remote: &str) -> Result<String, GitError> {
        let urls = self.config_all(&format!("remote.{remote}.url"));
        let url = match urls.first().filter(|_| self.are_plain(&urls)) {
            Some(url) => url.clone(),
            None => self.network().args(["ls-remote", "--get-url", "--", remote]).text()?,
        };
        Ok(self.absolute_url(&url))
    }

    /// Every URL, or absolute path, that a push to this remote goes to.
    pub(crate) fn push_urls(&self, remote: &str) -> Result<Vec<String>, GitError> {
        if !self.has_remote(remote) {
            return Ok(vec![self.fetch_url(remote)?]);
        }
        let keys = ["pushurl", "url"].map(|key| self.config_all(&format!("remote.{remote}.{key}")));
        if let Some(urls) = keys.into_iter().find(|urls| !urls.is_empty()).filter(|urls| self.are_plain(urls))
        {
            return Ok(urls.iter().map(|url| self.absolute_url(url)).collect());
        }
        let urls = self.git().args(["remote", "get-url", "--push", "--all", "--", remote]).text()?;
        Ok(urls.lines().map(|url| self.absolute_url(url)).collect())
    }

    /// Whether git takes configured URLs as they are: `url.*.insteadOf` makes others of them, and an empty
    /// one takes back those before it.
    fn are_plain(&self, urls: &[String]) -> bool {
        self.config_keys("url").is_empty() && !urls.iter().any(String::is_empty)
    }
}

/// A URL, or the absolute path of one that git takes for a relative path: no colon stands before its first
/// slash.
fn absolute(url: &str, top: &Path) -> String {
    if url.split('/').next().is_none_or(|host| host.is_empty() || host.contains(':')) {
        return url.to_owned();
    }
    let path = top.join(url);
    path.canonicalize().unwrap_or_else(|_| tidied(&path)).to_string_lossy().into_owned()
}

/// A path without `.` and `..`, of which nobody knows more.
fn tidied(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(tidy.pop()),
            Component::CurDir => {}
            part => tidy.push(part),
        }
    }
    tidy
}

/// Whether both lead to one repository, by different protocols or users perhaps: the same path at the same host.
pub(crate) fn is_same_place(one: &str, other: &str) -> bool {
    place(one) == place(other)
}

/// The host, with its port where that is not the usual one, and the path of a URL.
fn place(url: &str) -> String {
    let place = match url.split_once("://") {
        Some((_, rest)) => rest.to_owned(),
        // `host:path`, as ssh has it; a path has a slash before its first colon.
        None if !url.split(':').next().unwrap_or_default().contains('/') => url.replacen(':', "/", 1),
        None => url.to_owned(),
    };
    let (authority, path) = place.split_once('/').unwrap_or((&place, ""));
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let path = path.trim_matches('/');
    format!("{host}/{}", path.strip_suffix(".git").unwrap_or(path))
}

/// Removes lock files below `dir` that were made before `then`.
fn remove_locks(dir: &Path, then: i64) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            remove_locks(&path, then);
        } else if path.extension().is_some_and(|it| it == "lock") && is_older(&path, then) {
            // Somebody else may have done it.
            drop(std::fs::remove_file(&path));
        }
    }
}

fn is_older(path: &Path, then: i64) -> bool {
    let modified = path.metadata().and_then(|it| it.modified()).ok();
    let since_epoch = modified.and_then(|it| it.duration_since(std::time::UNIX_EPOCH).ok());
    since_epoch.and_then(|it| i64::try_from(it.as_millis()).ok()).is_some_and(|at| at < then)
}

/// A URL without what lets somebody in: what may be shown and kept. With ssh a user alone is no secret;
/// elsewhere it may be a token.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let is_ssh = scheme.contains("ssh");
    let rest = if is_ssh { rest } else { rest.split(['?', '#']).next().unwrap_or_default() };
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((user, host)) if !is_ssh || user.contains(':') => {
            format!("{scheme}://{host}{}", &rest[authority.len()..])
        }
        _ => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    #[test]
    fn urls_are_those_that_git_would_take() {
        let repo = TestRepo::new();
        repo.git(["remote", "add", "plain", "https://example.com/a.git"]);
        repo.git(["remote", "add", "apart", "https://example.com/b.git"]);
        repo.git(["remote", "set-url", "--push", "apart", "ssh://example.com/b.git"]);
        repo.git(["remote", "set-url", "--push", "--add", "apart", "ssh://example.org/b.git"]);
        repo.git(["remote", "add", "anew", "https://example.com/c.git"]);
        repo.git(["config", "--add", "remote.anew.url", ""]);
        repo.git(["config", "--add", "remote.anew.url", "https://example.com/d.git"]);
        for rewritten in [false, true] {
            if rewritten {
                repo.git(["config", "url.git@example.com:.insteadOf", "https://example.com/"]);
            }
            let open = repo.open();
            for remote in ["plain", "apart", "anew", "https://example.com/e.git", "../f.git"] {
                let fetched = open.absolute_url(&repo.git(["ls-remote", "--get-url", remote]));
                assert_eq!(open.fetch_url(remote).expect("there"), fetched);
                let pushed = match open.has_remote(remote) {
                    true => repo.git(["remote", "get-url", "--push", "--all", remote]),
                    false => fetched,
                };
                assert_eq!(open.push_urls(remote).expect("there").join("\n"), pushed, "{remote}");
            }
        }
    }

    #[test]
    fn what_is_no_relative_path_is_left_as_it_is() {
        let top = Path::new("/not/there");
        for (path, there) in
            [("../r.git", "/not/r.git"), ("./a/../b:c", "/not/there/b:c"), ("r", "/not/there/r")]
        {
            assert_eq!(absolute(path, top), there);
        }
        for url in ["/r.git", "https://host/r", "host:r/s", "ext::sh -c ./x", "file:///r", ""] {
            assert_eq!(absolute(url, top), url);
        }
    }

    #[test]
    fn one_repository_has_several_urls() {
        let urls =
            ["https://host/o/r.git", "git@Host:o/r", "ssh://git@host/o/r.git/", "https://me:word@host/o/r"];
        assert!(urls.iter().all(|url| is_same_place(url, urls[0])));
        assert!(is_same_place("file:///srv/r.git", "/srv/r.git"));
        for other in
            ["https://host/o/r2", "https://elsewhere/o/r", "https://host:8443/o/r", "/o/r", "host/o:r"]
        {
            assert!(!is_same_place(other, urls[0]), "{other}");
        }
    }

    #[test]
    fn what_is_shown_of_a_url_lets_nobody_in() {
        let shown = |url| without_password(url);
        assert_eq!(shown("https://me:word@host/o/r.git"), "https://host/o/r.git");
        assert_eq!(shown("https://token@host/o/r.git?key=token"), "https://host/o/r.git");
        assert_eq!(shown("ssh://git@host/o/r.git"), "ssh://git@host/o/r.git");
        assert_eq!(shown("ssh://git:word@host/o/r.git"), "ssh://host/o/r.git");
        assert_eq!(shown("git@host:o/r.git"), "git@host:o/r.git");
        assert_eq!(shown("../r.git"), "../r.git");
    }
}
