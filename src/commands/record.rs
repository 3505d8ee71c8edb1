//! `record`: keeps executions that something else ran.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::{Context, DONE, Ended, drain};
use crate::git::{GitError, Head, Repository};
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;
use crate::store::{
    self, Anchor, Defaults, Entry, Event, Kind, Noted, Store, Waiting, amend, author_hash, complete, kind,
};
use crate::ui::{Failure, count, exit};

/// Keep executions that something else ran: JSON Lines in, git notes out
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  echo '{\"request\":\"add a licence\",\"outcome\":\"passed\",\"steps\":[{' \\
    '\"component\":\"starter/licence/skill/licence\",\"outcome\":\"passed\"}]}' |
    git orchestrate record

One JSON object a line. Needed: request, steps (component and outcome of each)
and outcome; the rest is filled in, unknown fields are kept. Secrets are
redacted. A batch becomes one notes commit, or nothing if one line of it is
wrong. Plans see the records at once; `git orchestrate merge` turns them into
pattern commits.

Records are never changed. This gives the execution ID another outcome, and this
takes it back for good:
  {\"kind\":\"correction\",\"target\":ID,\"outcome\":\"failed\"}
  {\"kind\":\"forget\",\"target\":ID}")]
pub(crate) struct Args {
    /// Read from this file instead of standard input (`-`)
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Annotate this commit (a record's own `commit` comes first)
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    commit: String,
    /// Only leave it in the spool: faster, and just as durable
    #[arg(long)]
    spool: bool,
}

/// The longest line that is read, in bytes.
const LONGEST: usize = 1 << 20;

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let text = read(args, cx)?;
    let batch = Reader::new(args, cx, &store).read(&text)?;
    if batch.entries.is_empty() {
        return Err(Failure::new(exit::USAGE, "there is no record to keep: the input is empty")
            .hint("give one JSON object a line; `git orchestrate record --help` shows one"));
    }
    if args.spool {
        return spool(&batch, cx, &store);
    }
    drain::beforehand(cx, &store);
    let written = store.append_given(&batch.entries, &batch.given)?;
    if cx.ui.is_json() {
        let ids: Vec<String> = batch.entries.iter().map(|entry| entry.id.to_string()).collect();
        cx.ui.json(&json!({"v": 1, "recorded": written.recorded, "known": written.known, "ids": ids}));
        return DONE;
    }
    let noun = if batch.amends { "record" } else { "execution" };
    let known = if written.known > 0 { format!(", {} known already", written.known) } else { String::new() };
    cx.ui.line(format!("recorded {}{known}", count(written.recorded, noun)));
    DONE
}

/// Leaves the batch in the spool, as one event: the next verb that writes keeps all of it or nothing.
fn spool(batch: &Batch, cx: &Context, store: &Store<'_>) -> Ended {
    let waiting = |entry: &Entry| Waiting {
        object: entry.object,
        line: entry.line.clone(),
        given: batch.given.contains(&entry.id),
    };
    let records = batch.entries.iter().map(waiting).collect();
    store.spool().keep(store.host, Event::Record { records })?;
    if cx.ui.is_json() {
        let ids: Vec<String> = batch.entries.iter().map(|entry| entry.id.to_string()).collect();
        cx.ui.json(&json!({"v": 1, "spooled": ids.len(), "ids": ids}));
    } else {
        let noun = if batch.amends { "record" } else { "execution" };
        cx.ui.line(format!("spooled {}", count(batch.entries.len(), noun)));
    }
    DONE
}

fn read(args: &Args, cx: &Context) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let (name, read) = match args.file.as_ref().filter(|file| file.as_os_str() != "-") {
        Some(file) => (file.display().to_string(), std::fs::read(cx.path(file)).map(|it| bytes = it)),
        None => ("standard input".to_owned(), std::io::stdin().lock().read_to_end(&mut bytes).map(drop)),
    };
    read.map_err(|error| Failure::new(exit::USAGE, format!("cannot read {name}: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let (good, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        wrong(bytes[..good].split(|&b| b == b'\n').count(), "not UTF-8")
    })
}

fn wrong(line: usize, why: impl std::fmt::Display) -> Failure {
    Failure::new(exit::USAGE, format!("line {line}: {why}"))
        .hint("nothing was recorded; `git orchestrate record --help` shows what a line needs")
}

/// What the input came to.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    /// Ids that the input gave; all others are new.
    given: BTreeSet<RecordId>,
    /// Not only executions.
    amends: bool,
}

/// Reads JSON Lines; revisions are looked up once, notes only where a line needs them.
struct Reader<'a> {
    args: &'a Args,
    cx: &'a Context,
    store: &'a Store<'a>,
    author: String,
    anchors: BTreeMap<String, Anchor>,
    noted: Option<Rc<Noted>>,
}

impl<'a> Reader<'a> {
    fn new(args: &'a Args, cx: &'a Context, store: &'a Store<'a>) -> Self {
        let identity = store.repo.identity(store.host);
        let author = author_hash(&identity.name, &identity.email);
        Self { args, cx, store, author, anchors: BTreeMap::new(), noted: None }
    }

    fn read(mut self, text: &str) -> Result<Batch, Failure> {
        let mut batch = Batch::default();
        let text = text.trim_start_matches('\u{feff}');
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let number = index + 1;
            if line.len() > LONGEST {
                return Err(wrong(number, format!("{} bytes are too many (at most {LONGEST})", line.len())));
            }
            let draft = store::read(line).map_err(|error| wrong(number, error))?;
            let given = draft.contains_key("id");
            let kind = kind(&draft).map_err(|error| wrong(number, error))?;
            let entry = match kind {
                Kind::Execution => self.execution(number, draft)?,
                Kind::Amendment => self.amendment(number, draft, &batch)?,
            };
            batch.amends |= kind == Kind::Amendment;
            batch.given.extend(given.then_some(entry.id));
            batch.entries.push(entry);
        }
        Ok(batch)
    }

    fn defaults(&self) -> Defaults {
        let at = Timestamp(self.store.host.now_ms());
        Defaults {
            id: RecordId::from_parts(at.0, self.store.host.random()),
            at,
            replica: self.store.replica.clone(),
            author: self.author.clone(),
            privacy: self.store.settings.privacy,
        }
    }

    fn execution(&mut self, line: usize, draft: Map<String, Value>) -> Result<Entry, Failure> {
        let anchor = match draft.get("commit") {
            Some(rev) => self.own_anchor(line, rev)?,
            None => self.anchor(&self.args.commit)?,
        };
        let execution = complete(draft, &self.defaults(), &anchor).map_err(|error| wrong(line, error))?;
        Ok(Entry { object: anchor.object, id: execution.id, line: execution.line() })
    }

    /// An amendment goes beside its target, so that who reads the one there sees the other.
    fn amendment(
        &mut self,
        line: usize,
        mut draft: Map<String, Value>,
        before: &Batch,
    ) -> Result<Entry, Failure> {
        let own = draft.remove("commit").map(|rev| self.own_anchor(line, &rev)).transpose()?;
        let amendment = amend(draft, &self.defaults()).map_err(|error| wrong(line, error))?;
        if self.noted.is_none() {
            self.noted = Some(self.store.noted()?);
        }
        let noted = self.noted.as_ref().and_then(|noted| noted.objects.get(&amendment.target));
        let same_batch = before.entries.iter().find(|entry| entry.id == amendment.target);
        let beside = noted.and_then(BTreeSet::first).or(same_batch.map(|entry| &entry.object)).copied();
        if beside.is_none() {
            let target = amendment.target;
            self.cx.ui.warn(format!("line {line}: no record {target} is here yet; it counts once it is"));
        }
        let object = match (own, beside) {
            (Some(anchor), _) => anchor.object,
            (None, Some(object)) => object,
            (None, None) => self.anchor(&self.args.commit)?.object,
        };
        Ok(Entry { object, id: amendment.id, line: amendment.line() })
    }

    fn own_anchor(&mut self, line: usize, rev: &Value) -> Result<Anchor, Failure> {
        let Some(rev) = rev.as_str() else {
            return Err(wrong(line, format!("its commit is {rev}, not a revision")));
        };
        self.anchor(rev).map_err(|error| wrong(line, format!("its commit: {}", error.message)))
    }

    fn anchor(&mut self, rev: &str) -> Result<Anchor, Failure> {
        if let Some(anchor) = self.anchors.get(rev) {
            return Ok(*anchor);
        }
        let anchor = match self.at_head(rev)? {
            Some(anchor) => anchor,
            None => anchor(self.store.repo, rev)?,
        };
        self.anchors.insert(rev.to_owned(), anchor);
        Ok(anchor)
    }

    /// What HEAD annotates, where it is all that is asked for: its commit goes into the spool unread, for
    /// to open the pack that it is in takes longer than all else. Who reads the spool looks for its tree.
    fn at_head(&self, rev: &str) -> Result<Option<Anchor>, Failure> {
        if !self.args.spool || rev != "HEAD" {
            return Ok(None);
        }
        let tip = self.store.repo.head()?.tip();
        Ok(tip.map(|object| Anchor { object, tree: None, patch: None }))
    }
}

/// What `rev` annotates: a commit; the empty tree where HEAD has no commit yet.
fn anchor(repo: &Repository, rev: &str) -> Result<Anchor, Failure> {
    let empty = repo.empty_tree();
    let nothing = Anchor { object: empty, tree: Some(empty), patch: None };
    let known = match rev {
        "HEAD" => match repo.head()? {
            Head::Unborn { .. } => return Ok(nothing),
            Head::Branch { tip, .. } | Head::Detached { tip } => Some(tip),
        },
        // A whole oid needs no git to look it up: batches are full of them.
        _ => rev.parse::<Oid>().ok().filter(|oid| *oid == empty || repo.commit(*oid).is_ok()),
    };
    let object = known.map_or_else(|| repo.resolve(rev), Ok)?;
    if object == empty {
        return Ok(nothing);
    }
    match repo.commit(object) {
        Ok(commit) => Ok(Anchor { object, tree: Some(commit.tree), patch: None }),
        Err(GitError::WrongKind { .. }) => Err(Failure::new(exit::USAGE, format!("`{rev}` is not a commit"))),
        Err(error) => Err(error.into()),
    }
}
