//! `record`: keeps executions that something else ran.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{Context, DONE, Ended};
use crate::git::Head;
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::time::Timestamp;
use crate::store::{Anchor, Defaults, Entry, Store, author_hash, complete};
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
pattern commits.")]
pub(crate) struct Args {
    /// Read from this file instead of standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Annotate this commit (a record's own `commit` comes first)
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    commit: String,
}

/// The longest line that is read, in bytes.
const LONGEST: usize = 1 << 20;

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let text = read(args, cx)?;
    let entries = entries(args, &store, &text)?;
    if entries.is_empty() {
        return Err(Failure::new(exit::USAGE, "there is no record to keep: the input is empty")
            .hint("give one JSON object a line; `git orchestrate record --help` shows one"));
    }
    let written = store.append(&entries)?;
    if cx.ui.is_json() {
        let ids: Vec<String> = entries.iter().map(|entry| entry.id.to_string()).collect();
        cx.ui.json(&json!({"v": 1, "recorded": written.recorded, "known": written.known, "ids": ids}));
        return DONE;
    }
    let known = if written.known > 0 { format!(", {} known already", written.known) } else { String::new() };
    cx.ui.line(format!("recorded {}{known}", count(written.recorded, "execution")));
    DONE
}

fn read(args: &Args, cx: &Context) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let (name, read) = match &args.file {
        Some(file) => (file.display().to_string(), std::fs::read(cx.path(file)).map(|it| bytes = it)),
        None => ("standard input".to_owned(), std::io::stdin().lock().read_to_end(&mut bytes).map(drop)),
    };
    read.map_err(|error| Failure::new(exit::USAGE, format!("cannot read {name}: {error}")))?;
    String::from_utf8(bytes).map_err(|_| Failure::new(exit::USAGE, format!("{name} is not UTF-8")))
}

fn entries(args: &Args, store: &Store<'_>, text: &str) -> Result<Vec<Entry>, Failure> {
    let identity = store.repo.identity(store.host);
    let author = author_hash(&identity.name, &identity.email);
    let mut anchors = Anchors { store, known: BTreeMap::new() };
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why: String| {
            Failure::new(exit::USAGE, format!("line {}: {why}", index + 1))
                .hint("nothing was recorded; `git orchestrate record --help` shows what a line needs")
        };
        if line.len() > LONGEST {
            return Err(wrong(format!("{} bytes are too many (at most {LONGEST})", line.len())));
        }
        let draft: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| wrong(format!("not a JSON object: {error}")))?;
        let rev = draft.get("commit").and_then(Value::as_str).unwrap_or(&args.commit).to_owned();
        let anchor = anchors.find(&rev)?;
        let at = Timestamp(store.host.now_ms());
        let defaults = Defaults {
            id: RecordId::from_parts(at.0, store.host.random()),
            at,
            replica: store.replica.clone(),
            author: author.clone(),
            privacy: store.settings.privacy,
        };
        let execution = complete(draft, &defaults, &anchor).map_err(|error| wrong(error.to_string()))?;
        entries.push(Entry { object: anchor.object, id: execution.id, line: execution.line() });
    }
    Ok(entries)
}

/// Revisions, each looked up once.
struct Anchors<'a> {
    store: &'a Store<'a>,
    known: BTreeMap<String, Anchor>,
}

impl Anchors<'_> {
    fn find(&mut self, rev: &str) -> Result<Anchor, Failure> {
        if let Some(anchor) = self.known.get(rev) {
            return Ok(*anchor);
        }
        let anchor = anchor(self.store, rev)?;
        self.known.insert(rev.to_owned(), anchor);
        Ok(anchor)
    }
}

/// What `rev` annotates: a commit; the empty tree where HEAD has no commit yet.
fn anchor(store: &Store<'_>, rev: &str) -> Result<Anchor, Failure> {
    let repo = store.repo;
    if rev == "HEAD" && matches!(repo.head()?, Head::Unborn { .. }) {
        let empty = repo.empty_tree();
        return Ok(Anchor { object: empty, tree: empty, patch: None });
    }
    let object: Oid = repo.resolve(rev)?;
    Ok(Anchor { object, tree: repo.tree_of(object)?, patch: None })
}
