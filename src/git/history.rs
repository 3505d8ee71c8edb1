//! Which commits there are, and what comes from what.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use super::error::GitError;
use super::objects::{CommitInfo, from_gix, to_gix};
use super::repository::Repository;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;

/// A commit on the way from what is wanted, or from what is not.
struct Met {
    at: Timestamp,
    parents: Vec<Oid>,
    /// It is in the history of what is not.
    unwanted: bool,
}

/// Commits that were met, and those of them whose parents are to be met, by age.
#[derive(Default)]
struct Walk {
    met: HashMap<Oid, Met>,
    open: BinaryHeap<(Timestamp, Oid)>,
}

impl Repository {
    /// Every commit that is in `of` and not in `without`, with its parents, which come before it. Where clocks
    /// were wrong, some that are in both may be among them.
    pub(crate) fn beyond(&self, of: &[Oid], without: &[Oid]) -> Result<Vec<(Oid, Vec<Oid>)>, GitError> {
        // Where history ends early, git knows where.
        let mut family =
            if self.is_shallow() { self.ancestry(of, without)? } else { self.painted(of, without)? };
        let mut sorted = Vec::new();
        let mut open: Vec<Oid> = of.to_vec();
        while let Some(commit) = open.last().copied() {
            let Some(parents) = family.get(&commit) else {
                open.pop();
                continue;
            };
            let before = open.len();
            open.extend(parents.iter().filter(|it| family.contains_key(*it)));
            if open.len() == before {
                open.pop();
                sorted.extend(family.remove_entry(&commit));
            }
        }
        Ok(sorted)
    }

    /// The same in no order, from the youngest commit down until nothing is left that is wanted: it costs
    /// what differs, and no process.
    fn painted(&self, of: &[Oid], without: &[Oid]) -> Result<BTreeMap<Oid, Vec<Oid>>, GitError> {
        let mut walk = Walk::default();
        of.iter().try_for_each(|tip| self.meet(*tip, false, &mut walk))?;
        without.iter().try_for_each(|tip| self.meet(*tip, true, &mut walk))?;
        // Nothing that is older than all that is wanted is among its descendants, as far as clocks were right.
        let mut oldest = None;
        while let Some((at, commit)) = walk.open.pop() {
            let is_wanted = |commit: &Oid| !walk.met[commit].unwanted;
            if is_wanted(&commit) {
                oldest = oldest.min(Some(at)).or(Some(at));
            } else if oldest.is_none_or(|oldest| at < oldest) && !walk.open.iter().any(|it| is_wanted(&it.1))
            {
                break;
            }
            let Met { parents, unwanted, .. } = &walk.met[&commit];
            let (parents, unwanted) = (parents.clone(), *unwanted);
            parents.into_iter().try_for_each(|parent| self.meet(parent, unwanted, &mut walk))?;
        }
        let wanted = walk.met.into_iter().filter(|(_, it)| !it.unwanted);
        Ok(wanted.map(|(commit, it)| (commit, it.parents)).collect())
    }

    fn meet(&self, commit: Oid, unwanted: bool, walk: &mut Walk) -> Result<(), GitError> {
        if let Some(known) = walk.met.get_mut(&commit) {
            if unwanted && !known.unwanted {
                known.unwanted = true;
                walk.open.push((known.at, commit));
            }
            return Ok(());
        }
        let CommitInfo { at, parents, .. } = self.commit(commit)?;
        walk.open.push((at, commit));
        walk.met.insert(commit, Met { at, parents, unwanted });
        Ok(())
    }

    /// Commits as `git rev-list` lists them for these arguments.
    pub(crate) fn rev_list(&self, arguments: &[&str]) -> Result<Vec<Oid>, GitError> {
        let listing = self.git().arg("rev-list").args(arguments).text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Every commit that is in `of` and not in `without`, with its parents.
    pub(crate) fn ancestry(&self, of: &[Oid], without: &[Oid]) -> Result<BTreeMap<Oid, Vec<Oid>>, GitError> {
        let wanted = of.iter().map(|tip| format!("{tip}\n"));
        let unwanted = without.iter().map(|tip| format!("^{tip}\n"));
        let input: String = wanted.chain(unwanted).collect();
        let listing = self.git().args(["rev-list", "--parents", "--stdin"]).input(input).text()?;
        let family = |line: &str| {
            let mut oids = line.split(' ').map(str::parse);
            Some((oids.next()?.ok()?, oids.collect::<Result<_, _>>().ok()?))
        };
        Ok(listing.lines().filter_map(family).collect())
    }

    /// Those of these commits that no ref and no HEAD of a work tree has in its history.
    pub(crate) fn unreachable(&self, commits: &[Oid]) -> Result<Vec<Oid>, GitError> {
        let input: String = commits.iter().map(|commit| format!("{commit}\n")).collect();
        let listing = self.git().args(["rev-list", "--stdin", "--not", "--all"]).input(input).text()?;
        let listed: BTreeSet<Oid> = listing.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(commits.iter().copied().filter(|commit| listed.contains(commit)).collect())
    }

    /// Those of these commits that are in the history of none of the others.
    pub(crate) fn independent(&self, commits: &[Oid]) -> Result<Vec<Oid>, GitError> {
        if commits.len() < 2 {
            return Ok(commits.to_vec());
        }
        let commits = commits.iter().map(ToString::to_string);
        let listing = self.git().args(["merge-base", "--independent"]).args(commits).text()?;
        Ok(listing.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Whether history was cut off when it was fetched.
    pub(crate) fn is_shallow(&self) -> bool {
        self.gix().is_ok_and(|gix| gix.is_shallow().unwrap_or_default())
    }

    /// Whether `ancestor` is in the history of `descendant`.
    pub(crate) fn is_ancestor(&self, ancestor: Oid, descendant: Oid) -> Result<bool, GitError> {
        // Where history is not all here, git knows better how to go on.
        if let Ok(base) = self.gix()?.merge_base(to_gix(ancestor), to_gix(descendant)) {
            return Ok(base.is_some_and(|base| from_gix(base) == ancestor));
        }
        let (ancestor, descendant) = (ancestor.to_string(), descendant.to_string());
        let ended = self.git().args(["merge-base", "--is-ancestor", &ancestor, &descendant]).end()?;
        match ended.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(GitError::Failed { command: "merge-base".to_owned(), stderr: ended.stderr }),
        }
    }

    /// The best common ancestor of two commits.
    pub(crate) fn merge_base(&self, one: Oid, other: Oid) -> Result<Option<Oid>, GitError> {
        // Where history ends early, git knows where.
        if !self.is_shallow()
            && let Ok(base) = self.gix()?.merge_base(to_gix(one), to_gix(other))
        {
            return Ok(base.map(from_gix));
        }
        let ended = self.git().args(["merge-base", &one.to_string(), &other.to_string()]).end()?;
        Ok(String::from_utf8_lossy(&ended.stdout).lines().next().and_then(|line| line.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::git::samples::TestRepo;
    use crate::model::oid::Oid;

    /// Commits with up to three parents, any of those before, by clocks that are wrong by up to so many seconds.
    fn tangle(repo: &TestRepo, commits: usize, wrong: usize) -> Vec<Oid> {
        let mut stream = String::new();
        let mut random = 7_usize;
        let mut below = |most: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % most
        };
        for number in 1..=commits {
            let time = 1_800_000_000 + 10 * number + below(1 + wrong);
            let header =
                format!("commit refs/heads/c{number}\nmark :{number}\ncommitter A <a@b> {time} +0000\n");
            stream.push_str(&format!("{header}data 0\n"));
            let mut parents: Vec<usize> = (0..3).map(|_| below(6.min(number))).collect();
            parents.dedup();
            for (place, back) in parents.into_iter().filter(|back| *back > 0).enumerate() {
                let what = if place == 0 { "from" } else { "merge" };
                stream.push_str(&format!("{what} :{}\n", number - back));
            }
            stream.push('\n');
        }
        let git = repo.open().git().args(["fast-import", "--quiet", "--force"]);
        git.input(stream.into_bytes()).output().expect("git reads it");
        (1..=commits).map(|n| repo.git(["rev-parse", &format!("c{n}")]).parse().expect("an oid")).collect()
    }

    #[test]
    fn what_is_beyond_is_what_git_lists_and_parents_come_first() {
        for wrong in [0, 60] {
            let repo = TestRepo::new();
            let commits = tangle(&repo, 60, wrong);
            let open = repo.open();
            for number in 0..60 {
                let of = [commits[number], commits[59 - number / 2]];
                let without = [commits[(number * 17 + 5) % 60]];
                let beyond = open.beyond(&of, &without).expect("reads");
                let listed = open.ancestry(&of, &without).expect("reads");
                let met: BTreeMap<Oid, Vec<Oid>> = beyond.iter().cloned().collect();
                assert!(listed.iter().all(|(commit, parents)| met.get(commit) == Some(parents)));
                assert!(wrong > 0 || met.len() == listed.len());
                for (place, (_, parents)) in beyond.iter().enumerate() {
                    let later = &beyond[place..];
                    assert!(parents.iter().all(|parent| later.iter().all(|(commit, _)| commit != parent)));
                }
            }
            assert_eq!(open.beyond(&[commits[7]], &[commits[7]]).expect("reads"), []);
        }
    }

    #[test]
    fn what_is_in_one_history_and_not_in_another() {
        let repo = TestRepo::new().commit("a.txt", "1");
        let root = repo.head();
        repo.git(["checkout", "-q", "-b", "side"]);
        let repo = repo.commit("b.txt", "1").commit("b.txt", "2");
        let tip = repo.head();
        repo.git(["checkout", "-q", "main"]);
        let repo = repo.commit("c.txt", "1");
        let open = repo.open();
        let listed = open.rev_list(&["main..side"]).expect("lists");
        assert_eq!((listed.len(), listed[0]), (2, tip));
        let family = open.ancestry(&[tip], &[repo.head()]).expect("reads");
        assert_eq!(family[&tip], [listed[1]]);
        assert_eq!(family[&listed[1]], [root]);
        repo.git(["branch", "-f", "side", "side~1"]);
        assert_eq!(open.unreachable(&[root, tip, listed[1]]).expect("reads"), [tip]);
        let heads = open.independent(&[root, repo.head(), tip, listed[1]]).expect("reads");
        assert!(heads.len() == 2 && heads.contains(&tip) && heads.contains(&repo.head()));
        assert!(!open.is_shallow());
        assert_eq!(open.merge_base(repo.head(), tip).expect("reads"), Some(root));
    }
}
