//! What commits change, many of them in one process: numbers and patch-ids.

use std::collections::BTreeMap;

use super::command::Git;
use super::error::GitError;
use super::repository::Repository;
use crate::model::oid::Oid;

/// What one commit changes in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileNumbers {
    pub(crate) path: String,
    /// 0 for a binary file, like deletions.
    pub(crate) insertions: u64,
    pub(crate) deletions: u64,
}

/// A commit, and the commit that it is compared with instead of its parents.
pub(crate) type Compared = (Oid, Option<Oid>);

/// Plumbing ignores the user's diff settings, and a driver's program is not started.
fn diff_tree(git: Git, commits: &[Compared]) -> Git {
    let line = |(commit, against): &Compared| match against {
        Some(parent) => format!("{commit} {parent}\n"),
        None => format!("{commit}\n"),
    };
    git.args(["diff-tree", "--stdin", "-r", "--root", "--no-ext-diff", "--no-textconv"])
        .input(commits.iter().map(line).collect::<String>())
}

impl Repository {
    /// What each commit changes, file by file; a file that was only moved counts as one without lines.
    /// A partial clone asks nobody for what it lacks: that is an error.
    pub(crate) fn numbers(&self, commits: &[Compared]) -> Result<BTreeMap<Oid, Vec<FileNumbers>>, GitError> {
        if commits.is_empty() {
            return Ok(BTreeMap::new());
        }
        // Only exact moves: to look for similar files takes long where there are thousands.
        let output = diff_tree(self.git().env("GIT_NO_LAZY_FETCH", "1"), commits)
            .args(["--numstat", "-z", "-M100%", "--always"])
            .output()?;
        Ok(parse_numbers(&output))
    }

    /// The stable patch-id of each commit that changes anything.
    pub(crate) fn patch_ids(&self, commits: &[Compared]) -> Result<BTreeMap<Oid, Oid>, GitError> {
        if commits.is_empty() {
            return Ok(BTreeMap::new());
        }
        let patches = diff_tree(self.git(), commits).args(["-p", "--full-index"]).output()?;
        let listing = self.git().args(["patch-id", "--stable"]).input(patches).text()?;
        let pair = |line: &str| {
            let (patch, commit) = line.split_once(' ')?;
            Some((commit.trim().parse().ok()?, patch.parse().ok()?))
        };
        Ok(listing.lines().filter_map(pair).collect())
    }
}

/// Reads `diff-tree --stdin --numstat -z`: an oid, then `insertions TAB deletions TAB path` for each
/// file, or with an empty path and two more fields for one that was moved.
fn parse_numbers(output: &[u8]) -> BTreeMap<Oid, Vec<FileNumbers>> {
    let mut found = BTreeMap::<Oid, Vec<FileNumbers>>::new();
    let mut current = None;
    let text = String::from_utf8_lossy(output);
    let mut fields = text.split('\0').filter(|field| !field.is_empty());
    while let Some(field) = fields.next() {
        let field = field.trim_start_matches('\n');
        let mut parts = field.splitn(3, '\t');
        let (first, deletions, path) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        if let (Some(deletions), Some(path)) = (deletions, path) {
            let path = if path.is_empty() { fields.by_ref().take(2).last() } else { Some(path) };
            let numbers = FileNumbers {
                path: path.unwrap_or_default().to_owned(),
                insertions: first.parse().unwrap_or(0),
                deletions: deletions.parse().unwrap_or(0),
            };
            if let Some(commit) = current {
                found.entry(commit).or_default().push(numbers);
            }
        } else if let Ok(commit) = first.parse() {
            current = Some(commit);
            found.entry(commit).or_default();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::samples::TestRepo;

    #[test]
    fn numbers_of_roots_moves_binaries_empty_commits_and_merges() {
        let repo = TestRepo::new().commit("a.txt", "1\n2\n3\n");
        let root = repo.head();
        repo.git(["mv", "a.txt", "b c.txt"]);
        let repo = repo.commit("bin", "\0\u{1}");
        let moved = repo.head();
        repo.git(["commit", "-q", "--allow-empty", "-m", "nothing"]);
        let empty = repo.head();
        repo.git(["checkout", "-q", "-b", "side", &root.to_string()]);
        let repo = repo.commit("side.txt", "1\n");
        repo.git(["checkout", "-q", "main"]);
        repo.git(["merge", "-q", "--no-ff", "-m", "join", "side"]);
        let merge = repo.head();
        let all = [(root, None), (moved, None), (empty, None), (merge, Some(empty))];
        let numbers = repo.open().numbers(&all).expect("measures");
        let shown = |commit: Oid| {
            let files = numbers[&commit].iter();
            files.map(|it| format!("{} +{} -{}", it.path, it.insertions, it.deletions)).collect::<Vec<_>>()
        };
        assert_eq!(shown(root), ["a.txt +3 -0"]);
        assert_eq!(shown(moved), ["b c.txt +0 -0", "bin +0 -0"]);
        assert_eq!(shown(empty), Vec::<String>::new());
        assert_eq!(shown(merge), ["side.txt +1 -0"]);
    }

    #[test]
    fn many_patch_ids_are_those_of_each() {
        let repo = TestRepo::new().commit("a.txt", "1\n").commit("a.txt", "2\n").commit("b.txt", "3\n");
        let open = repo.open();
        let listing = repo.git(["rev-list", "HEAD"]);
        let commits = listing.lines().map(|line| line.parse().expect("an oid"));
        let pairs: Vec<Compared> = commits.map(|commit| (commit, None)).collect();
        let many = open.patch_ids(&pairs).expect("reads");
        for (commit, _) in pairs {
            assert_eq!(many.get(&commit).copied(), open.patch_id(commit).expect("reads"));
        }
    }
}
