//! Trees of other repositories, kept as plain files: fetched shallowly, a folder for each commit.
//!
//! Nothing of what is fetched is run: no hooks, filters or submodules; git is left no transport but
//! https, ssh, git and file, and it asks for nothing. A tree appears whole or not at all, and no tree
//! ever changes. Limits: one process at a time may write to a shelf, which is for the caller to see to; what
//! git's large file storage keeps elsewhere stays a pointer.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::Git;
use super::error::GitError;
use super::objects::to_gix;
use super::repository::Repository;
use super::running::Running;
use super::unattended::Unattended;
use crate::host::Host;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// What git may fetch by.
const TRANSPORTS: &str = "https:ssh:git:file";
/// The ref that keeps what was fetched last.
const TIP: &str = "refs/kept/tip";

/// What is wanted of another repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    /// Where its HEAD points.
    Head,
    /// A branch or tag.
    Ref(&'a str),
    /// Exactly this commit.
    Commit(Oid),
}

/// Where the trees of one repository are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shelf {
    /// Holds `<commit>/<name>` for each kept commit, and `objects.git`, which makes the next fetch small.
    pub(crate) dir: PathBuf,
    /// The name of the folder that a tree is put in.
    pub(crate) name: String,
}

impl Shelf {
    /// The folder of a commit's tree, kept or not.
    pub(crate) fn tree(&self, commit: Oid) -> PathBuf {
        self.dir.join(commit.to_string()).join(&self.name)
    }

    /// When a commit was made that was fetched here, as far as that is known: committer's time.
    pub(crate) fn date_of(&self, commit: Oid) -> Option<Timestamp> {
        let options = gix::open::Options::isolated().open_path_as_is(true);
        let objects = gix::open_opts(self.dir.join("objects.git"), options).ok()?;
        let seconds = objects.find_commit(to_gix(commit)).ok()?.time().ok()?.seconds;
        Some(Timestamp(seconds.saturating_mul(1_000)))
    }

    /// Removes the trees of all commits but these.
    pub(crate) fn keep_only(&self, commits: &[Oid]) -> Result<(), GitError> {
        for entry in fs::read_dir(&self.dir).map_err(GitError::io("read", &self.dir))?.flatten() {
            let commit = entry.file_name().to_str().and_then(|name| name.parse::<Oid>().ok());
            if commit.is_some_and(|commit| !commits.contains(&commit)) {
                fs::remove_dir_all(entry.path()).map_err(GitError::io("remove", entry.path()))?;
            }
        }
        Ok(())
    }
}

impl Repository {
    /// Fetches a commit of the repository at `url`, keeps its tree on `shelf`, and says which it is. A
    /// commit that is wanted by name and is kept already is not fetched again.
    pub(crate) fn keep(
        &self,
        host: &Host,
        shelf: &Shelf,
        url: &str,
        wanted: Wanted<'_>,
    ) -> Result<Oid, GitError> {
        if let Wanted::Commit(commit) = wanted
            && shelf.tree(commit).is_dir()
        {
            return Ok(commit);
        }
        fs::create_dir_all(&shelf.dir).map_err(GitError::io("create", &shelf.dir))?;
        let commit = self.fetch_commit(host, &shelf.dir.join("objects.git"), url, wanted)?;
        if !shelf.tree(commit).is_dir() {
            write_tree(shelf, commit)?;
        }
        Ok(commit)
    }

    fn fetch_commit(
        &self,
        host: &Host,
        objects: &Path,
        url: &str,
        wanted: Wanted<'_>,
    ) -> Result<Oid, GitError> {
        let unfetched = |reason: String| GitError::Unfetched { url: url.to_owned(), reason };
        let source = match wanted {
            Wanted::Head => "HEAD".to_owned(),
            Wanted::Ref(name) if is_plain(name) => name.to_owned(),
            Wanted::Ref(name) => return Err(unfetched(format!("`{name}` is no branch or tag"))),
            Wanted::Commit(commit) => commit.to_string(),
        };
        if url.starts_with('-') || url.contains("::") || url.contains(char::is_control) {
            return Err(unfetched("it is no URL".to_owned()));
        }
        if !objects.join("HEAD").is_file() {
            Git::anywhere().quiet().args(["init", "-q", "--bare", "--template="]).arg(objects).output()?;
        }
        let unattended = Unattended::new(self.config("core.sshCommand").is_some(), host, Running::default());
        let ended = unattended
            .apply(Git::on(objects).quiet())
            .env("GIT_ALLOW_PROTOCOL", TRANSPORTS)
            .args(["fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules"])
            .args(["--no-write-fetch-head", "--no-auto-maintenance", "--", url])
            .arg(format!("+{source}:{TIP}"))
            .end()?;
        if !ended.success {
            return Err(unfetched(said(&ended.stderr)));
        }
        let commit = Git::on(objects).args(["rev-parse", "-q", "--verify"]).arg(format!("{TIP}^{{commit}}"));
        let commit = commit.text().ok().and_then(|text| text.parse().ok());
        commit.ok_or_else(|| unfetched(format!("`{source}` is no commit")))
    }
}

/// Writes a fetched commit's tree beside the others, without the user's settings: a filter of theirs
/// would run on somebody else's files.
fn write_tree(shelf: &Shelf, commit: Oid) -> Result<(), GitError> {
    let (fresh, index) = (shelf.dir.join("fresh"), shelf.dir.join("fresh.index"));
    // What a killed process left.
    drop(fs::remove_dir_all(&fresh));
    drop(fs::remove_file(&index));
    let tree = fresh.join(&shelf.name);
    fs::create_dir_all(&tree).map_err(GitError::io("create", &tree))?;
    let git = || {
        Git::within(&tree)
            .quiet()
            .config("core.bare=false")
            .config("core.autocrlf=false")
            .env("GIT_DIR", shelf.dir.join("objects.git"))
            .env("GIT_WORK_TREE", &tree)
            .env("GIT_INDEX_FILE", &index)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
    };
    git().args(["read-tree", &commit.to_string()]).output()?;
    git().args(["checkout-index", "-a", "-q", "-f"]).output()?;
    drop(fs::remove_file(&index));
    let place = shelf.dir.join(commit.to_string());
    drop(fs::remove_dir_all(&place));
    fs::rename(&fresh, &place).map_err(GitError::io("move", &fresh))
}

/// Whether git reads `name` as a branch or tag and as nothing else.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(['-', '+', '^', '/', '.'])
        && !name.contains("..")
        && name.chars().all(|c| c.is_alphanumeric() || "._-/@#%=".contains(c))
}

/// What git said, on one line, without its advice.
fn said(stderr: &str) -> String {
    // The other end may be a process of this machine, whose words come twice then.
    let advice = ["Please make sure", "and the repository exists", "hint:", "git upload-pack:"];
    let plain =
        |line: &'_ str| line.trim().trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned();
    let mut lines: Vec<String> = stderr.lines().map(plain).collect();
    lines.retain(|line| !line.is_empty() && !advice.iter().any(|start| line.starts_with(start)));
    lines.truncate(2);
    if lines.is_empty() { "git gave no reason".to_owned() } else { lines.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    fn shelf(repo: &TestRepo) -> Shelf {
        Shelf { dir: repo.temp("kept"), name: "market".to_owned() }
    }

    fn url(repo: &TestRepo) -> String {
        format!("file://{}", repo.path().display())
    }

    #[test]
    fn a_tree_is_kept_for_each_commit_and_nothing_of_it_has_run() {
        let theirs = TestRepo::new().commit("a.txt", "1").commit(".gitattributes", "*.txt filter=touch\n");
        let first = theirs.head();
        let ours = TestRepo::new();
        ours.git(["config", "filter.touch.smudge", "touch ran; cat"]);
        let (open, shelf, host) = (ours.open(), shelf(&ours), Host::new());
        assert_eq!(open.keep(&host, &shelf, &url(&theirs), Wanted::Head).expect("kept"), first);
        let theirs = theirs.commit("a.txt", "2");
        let second = open.keep(&host, &shelf, &url(&theirs), Wanted::Ref("main")).expect("kept");
        let text = |commit| fs::read_to_string(shelf.tree(commit).join("a.txt")).expect("a file");
        assert_eq!((text(first).as_str(), text(second).as_str()), ("1", "2"));
        assert!(!shelf.tree(second).join("ran").exists());
        let made = theirs.git(["show", "-s", "--format=%ct", &second.to_string()]);
        assert_eq!(shelf.date_of(second).map(|it| it.seconds().to_string()), Some(made));
        assert_eq!(shelf.date_of("12".repeat(20).parse().expect("an oid")), None);
        assert!(!shelf.tree(second).join(".git").exists());
        shelf.keep_only(&[second]).expect("removed");
        assert!(!shelf.tree(first).exists() && shelf.tree(second).is_dir());
        // A commit that is kept needs no remote.
        assert_eq!(open.keep(&host, &shelf, "file:///gone", Wanted::Commit(second)).expect("kept"), second);
        // One that is not the tip of anything is fetched by its name.
        assert_eq!(open.keep(&host, &shelf, &url(&theirs), Wanted::Commit(first)).expect("kept"), first);
    }

    #[test]
    fn what_cannot_be_fetched_says_why_and_leaves_no_tree() {
        let theirs = TestRepo::new().commit("a.txt", "1");
        let ours = TestRepo::new();
        let (open, shelf, host) = (ours.open(), shelf(&ours), Host::new());
        let gone: Oid = "1234567890123456789012345678901234567890".parse().expect("an oid");
        let helper = "ext::sh -c touch% ran".to_owned();
        for (url, wanted, reason) in [
            (url(&theirs), Wanted::Commit(gone), "not our ref"),
            (url(&theirs), Wanted::Ref("gone"), "couldn't find remote ref gone"),
            (url(&theirs), Wanted::Ref("a:refs/heads/b"), "is no branch or tag"),
            (url(&theirs), Wanted::Ref("--upload-pack=x"), "is no branch or tag"),
            (
                format!("file://{}", ours.temp("none").display()),
                Wanted::Head,
                "does not appear to be a git repository",
            ),
            ("--upload-pack=touch ran".to_owned(), Wanted::Head, "is no URL"),
            ("http://localhost:1/x".to_owned(), Wanted::Head, "transport 'http' not allowed"),
            (helper, Wanted::Head, "is no URL"),
        ] {
            match open.keep(&host, &shelf, &url, wanted) {
                Err(GitError::Unfetched { reason: said, .. }) => assert!(said.contains(reason), "{said}"),
                other => panic!("{url} {wanted:?}: {other:?}"),
            }
        }
        let trees = fs::read_dir(&shelf.dir).expect("there").flatten();
        assert_eq!(trees.filter(|it| it.file_name().len() >= 40).count(), 0);
    }
}
