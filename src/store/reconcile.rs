//! Reconciling: records follow their commits through cherry-pick, `git am` and squash merges, of which
//! git tells nobody. Records are copied, byte for byte; none is changed or taken away.
//!
//! Looked at are records on no commit of the range's own history. Their successors are looked for
//! among the commits of the range by the rules of [`succession`](crate::model::succession).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Store;
use super::error::StoreError;
use super::executions::{Additions, add};
use super::learning::unless_lost;
use super::noted::note_lines;
use crate::git::{Compared, GitError, NotesTree, Writer};
use crate::model::commit::executions_named;
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::record::Record;
use crate::model::succession::{Because, Candidate, Origin, Succession, successor};

/// How many commits of a range are looked at, the newest first.
const CANDIDATES: usize = 1000;
/// How many tips (branches, remote branches, reflog entries) are looked at, the newest first.
const TIPS: usize = 2000;

/// What reconciling came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Reconciled {
    pub(crate) attached: Vec<Attached>,
    pub(crate) ambiguous: Vec<Ambiguous>,
    /// Commits with records that no commit of the range stands for.
    pub(crate) without_successor: usize,
}

/// Records that are on another commit now, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Attached {
    pub(crate) from: Oid,
    pub(crate) to: Oid,
    pub(crate) because: Because,
    pub(crate) records: usize,
}

/// A commit whose successor could be several: nothing was attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Ambiguous {
    pub(crate) from: Oid,
    pub(crate) candidates: Vec<Oid>,
}

/// A link from a commit with records to the one that stands for it.
#[derive(Clone, Copy, Debug)]
struct Link {
    from: Oid,
    to: Oid,
    because: Because,
}

/// The lines of notes that follow a commit, by commit.
type Noted = BTreeMap<Oid, Vec<(RecordId, Record)>>;

impl Store<'_> {
    /// Attaches records to the commits of `range` that stand for the commits that have them.
    pub(crate) fn reconcile(&self, range: &str) -> Result<Reconciled, StoreError> {
        let count = format!("--max-count={CANDIDATES}");
        let commits = self.repo.rev_list(&[&count, range, "--"])?;
        let Some(newest) = commits.first().copied() else { return Ok(Reconciled::default()) };
        let heads = self.heads(range, newest)?;
        let reachable: BTreeSet<Oid> = self.repo.ancestry(&heads, &[])?.into_keys().collect();
        let mut noted = self.following()?;
        let held: BTreeSet<RecordId> = ids(noted.iter().filter(|(commit, _)| reachable.contains(commit)));
        noted.retain(|commit, lines| {
            !reachable.contains(commit) && lines.iter().any(|(id, _)| !held.contains(id))
        });
        let candidates = self.candidates(&commits)?;
        let origins = self.origins(&noted, &heads)?;
        let mut outcome = Reconciled::default();
        let mut links = Vec::new();
        for (from, origin) in &origins {
            match successor(origin, &candidates) {
                Succession::Nobody => outcome.without_successor += 1,
                Succession::One(index, because) => {
                    let to = candidates[index].commit;
                    // What comes before a commit can't stand for it, however alike they are.
                    if self.repo.commit(*from).is_ok() && self.repo.is_ancestor(to, *from)? {
                        outcome.without_successor += 1;
                    } else {
                        links.push(Link { from: *from, to, because });
                    }
                }
                Succession::Ambiguous(indices) => outcome.ambiguous.push(Ambiguous {
                    from: *from,
                    candidates: indices.iter().map(|&index| candidates[index].commit).collect(),
                }),
            }
        }
        outcome.attached = self.attach(&links)?;
        Ok(outcome)
    }

    /// Attaches the records of everything that `tip` has and the first parent of `into` has not: they
    /// were squashed, says the caller.
    pub(crate) fn reconcile_squash(&self, tip: Oid, into: Oid) -> Result<Reconciled, StoreError> {
        let base = self.repo.commit(into)?.parents;
        let squashed = self.repo.ancestry(&[tip], &base)?;
        let noted = self.following()?;
        let from = noted.into_keys().filter(|commit| squashed.contains_key(commit) && *commit != into);
        let links: Vec<Link> = from.map(|from| Link { from, to: into, because: Because::Squash }).collect();
        Ok(Reconciled { attached: self.attach(&links)?, ..Reconciled::default() })
    }

    /// The tips that a range ends in.
    fn heads(&self, range: &str, newest: Oid) -> Result<Vec<Oid>, StoreError> {
        let parsed = self.repo.git().args(["rev-parse", "--revs-only", range, "--"]).end()?;
        let text = String::from_utf8_lossy(&parsed.stdout).into_owned();
        let mut heads: Vec<Oid> = text.lines().filter_map(|line| line.parse().ok()).collect();
        heads.push(newest);
        Ok(heads)
    }

    /// Everything in the notes that follows a commit to its successor: all but measures of commits.
    fn following(&self) -> Result<Noted, StoreError> {
        let Some(tip) = self.notes_tip()? else { return Ok(Noted::new()) };
        let mut noted = Noted::new();
        for (object, blob) in self.repo.notes(tip)? {
            // What can't be read can't follow; `check` names it.
            let text = self.repo.blob(blob).unwrap_or_default();
            let records = note_lines(&text).filter_map(|line| Record::parse(line).ok());
            let records: Vec<_> = records
                .filter(|record| !matches!(record, Record::Commit(_)))
                .map(|record| (record.id(), record))
                .collect();
            if !records.is_empty() && object != self.repo.empty_tree() {
                noted.insert(object, records);
            }
        }
        Ok(noted)
    }

    fn candidates(&self, commits: &[Oid]) -> Result<Vec<Candidate>, StoreError> {
        let pairs: Vec<Compared> = commits.iter().map(|commit| (*commit, None)).collect();
        let patches = self.repo.patch_ids(&pairs)?;
        let mut candidates = Vec::new();
        for &commit in commits {
            let info = self.repo.commit(commit)?;
            candidates.push(Candidate {
                commit,
                tree: info.tree,
                patch: patches.get(&commit).copied(),
                executions: executions_named(&info.message),
            });
        }
        Ok(candidates)
    }

    /// What is known of each commit with records: of one that is gone, what its records say.
    fn origins(&self, noted: &Noted, heads: &[Oid]) -> Result<BTreeMap<Oid, Origin>, StoreError> {
        let mut origins = BTreeMap::<Oid, Origin>::new();
        let mut present = Vec::new();
        for (commit, lines) in noted {
            let origin = origins.entry(*commit).or_default();
            for (id, record) in lines {
                origin.executions.insert(*id);
                if let Record::Execution(execution) = record
                    && execution.commit == Some(*commit)
                {
                    origin.tree.extend(execution.tree);
                    origin.patch.extend(execution.patch);
                }
            }
            match self.repo.commit(*commit) {
                Ok(info) => {
                    origin.tree.insert(info.tree);
                    present.push(*commit);
                }
                Err(GitError::Missing { .. } | GitError::WrongKind { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            // Nothing at all is the same as many things.
            origin.tree.remove(&self.repo.empty_tree());
        }
        let unknown = present.iter().filter(|commit| origins[*commit].patch.is_empty());
        let pairs: Vec<Compared> = unknown.map(|commit| (*commit, None)).collect();
        for (commit, patch) in self.repo.patch_ids(&pairs)? {
            origins.entry(commit).or_default().patch.insert(patch);
        }
        for (commits, patch) in self.branches(&present, heads)? {
            for commit in commits {
                origins.entry(commit).or_default().whole.insert(patch);
            }
        }
        Ok(origins)
    }

    /// For each tip outside the history of `heads`: those of `present` that it has, and the patch-id
    /// of everything from the base to it.
    fn branches(&self, present: &[Oid], heads: &[Oid]) -> Result<Vec<(Vec<Oid>, Oid)>, StoreError> {
        if present.is_empty() {
            return Ok(Vec::new());
        }
        let count = format!("--max-count={TIPS}");
        let listed = ["--no-walk", "--branches", "--remotes", "--reflog", &count];
        let mut tips = self.repo.rev_list(&listed)?;
        // A branch that is gone with its reflog may have ended at a commit with records.
        tips.extend(present);
        let family = self.repo.ancestry(&tips, heads)?;
        let wanted: BTreeSet<Oid> = present.iter().copied().collect();
        let mut wholes = Vec::new();
        let mut had = Vec::new();
        for tip in tips.into_iter().collect::<BTreeSet<_>>() {
            let (inside, borders) = walk(tip, &family);
            let commits: Vec<Oid> = inside.intersection(&wanted).copied().collect();
            if commits.is_empty() {
                continue;
            }
            // Where the base was merged into the branch, git knows which border is the best.
            let base = match borders.len() {
                1 => borders.first().copied(),
                _ => heads.first().map(|head| self.repo.merge_base(*head, tip)).transpose()?.flatten(),
            };
            if let Some(base) = base {
                wholes.push((tip, Some(base)));
                had.push((tip, commits));
            }
        }
        let patches = self.repo.patch_ids(&wholes)?;
        Ok(had.into_iter().filter_map(|(tip, commits)| Some((commits, *patches.get(&tip)?))).collect())
    }

    /// Copies records along the links, as one notes commit.
    fn attach(&self, links: &[Link]) -> Result<Vec<Attached>, StoreError> {
        if links.is_empty() {
            return Ok(Vec::new());
        }
        self.repo.write(self.host, || unless_lost(self.try_to_attach(links)))?
    }

    fn try_to_attach(&self, links: &[Link]) -> Result<Vec<Attached>, StoreError> {
        let tip = self.notes_tip()?;
        let writer = Writer::new(self.repo);
        let mut notes = NotesTree::open(&writer, tip)?;
        let mut additions = Additions::new();
        let mut attached = Vec::new();
        for &Link { from, to, because } in links {
            let known = notes.get(to)?.unwrap_or_default();
            let known: BTreeSet<&[u8]> = note_lines(&known).collect();
            let note = notes.get(from)?.unwrap_or_default();
            let follows = |line: &&[u8]| !matches!(Record::parse(line), Ok(Record::Commit(_)));
            let lines: Vec<&[u8]> =
                note_lines(&note).filter(follows).filter(|line| !known.contains(line)).collect();
            lines.iter().for_each(|line| add(&mut additions, to, line));
            if !lines.is_empty() {
                attached.push(Attached { from, to, because, records: lines.len() });
            }
        }
        let message = "Keep the records of commits that were copied\n";
        self.add_to_notes((&writer, &mut notes), tip, &additions, message)?;
        Ok(attached)
    }
}

fn ids<'a>(noted: impl Iterator<Item = (&'a Oid, &'a Vec<(RecordId, Record)>)>) -> BTreeSet<RecordId> {
    noted.flat_map(|(_, lines)| lines.iter().map(|(id, _)| *id)).collect()
}

/// What `tip` reaches inside of `family`, and the parents at its border.
fn walk(tip: Oid, family: &BTreeMap<Oid, Vec<Oid>>) -> (BTreeSet<Oid>, BTreeSet<Oid>) {
    let (mut inside, mut borders) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![tip];
    while let Some(commit) = open.pop() {
        match family.get(&commit) {
            Some(parents) if inside.insert(commit) => open.extend(parents),
            Some(_) => {}
            None => drop(borders.insert(commit)),
        }
    }
    (inside, borders)
}
