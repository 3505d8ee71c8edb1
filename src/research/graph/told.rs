//! What a text says of other components that it names: that it calls one, needs it first, goes on with it, or
//! does not go with it. Whether there are such components is known only to who knows them all.
//!
//! A text says at most [`MOST`] such things; which ones is a function of the component alone, so that they can be
//! kept instead of its text.

use serde::{Deserialize, Serialize};

use super::super::facts::outline::{self, Line, Part};
use super::super::facts::section::{Section, forbids};
use super::token::{Token, Written, tokens};
use crate::model::component::Component;

/// What a text says of the component that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Role {
    /// It hands work to it: by the name of its agent, or in a step of its own.
    Starts,
    /// It uses it.
    Calls,
    /// It has to be done before.
    First,
    /// It comes next.
    Next,
    /// It may come next: it is only pointed at there.
    Perhaps,
    /// They do not go together.
    Against,
}

/// What is said of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saying {
    pub(super) name: String,
    pub(super) written: Written,
    pub(super) role: Role,
    /// Of the file.
    pub(super) line: u32,
    /// Equal for those that are started side by side.
    pub(super) group: u32,
}

/// The most that one text says.
const MOST: usize = 200;

/// What the text of `component` says of names, as bytes.
pub(crate) fn told(component: &Component) -> Vec<u8> {
    postcard::to_stdvec(&sayings(component)).expect("plain values of known length")
}

/// What `bytes` say; `None`: they are no sayings.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Saying>> {
    postcard::from_bytes(bytes).ok()
}

/// In order, each role of each name once.
pub(super) fn sayings(component: &Component) -> Vec<Saying> {
    let first = component.declared.body_line.max(1);
    let mut groups = Groups::new(&component.body, first);
    let mut around = Around::default();
    let mut found: Vec<Saying> = Vec::new();
    for line in &outline::lines(&component.body, first) {
        groups.enter(line);
        around.enter(line);
        let tokens = tokens(line, around.next);
        for token in &tokens {
            let Some(role) = around.role(line, token, component.id.kind()) else { continue };
            // Several agents on one line are a choice, not a sequence.
            let role = if role == Role::Starts && tokens.len() > 1 { Role::Calls } else { role };
            let (name, written, group) = (token.text.to_owned(), token.written, groups.current());
            let known = |it: &Saying| it.name == name && it.written == written && it.role == role;
            if found.len() < MOST && !found.iter().any(known) {
                let line = u32::try_from(line.number).unwrap_or(u32::MAX);
                found.push(Saying { name, written, role, line, group });
            }
        }
    }
    found
}

/// Who is started side by side: everything below a line that says so, up to the end of its heading.
struct Groups<'t> {
    raw: Vec<&'t str>,
    first: usize,
    group: u32,
    level: usize,
    /// The level of the heading under which all is side by side.
    parallel: Option<usize>,
}

impl<'t> Groups<'t> {
    fn new(body: &'t str, first: usize) -> Self {
        Self { raw: body.lines().collect(), first, group: 0, level: 0, parallel: None }
    }

    fn enter(&mut self, line: &Line<'_>) {
        let says = |level: usize| {
            // Most lines say nothing of the kind.
            if !PARALLEL.iter().any(|words| line.text.contains(&words[1..])) {
                return false;
            }
            let lower = line.text.to_lowercase();
            // What stands under a title is about the whole text.
            let orders = line.part == Part::Heading || any(STARTED, &lower);
            level > 1 && orders && any(PARALLEL, &lower) && !any(&["not ", "never ", "don't "], &lower)
        };
        match line.part {
            Part::Heading => {
                let raw = line.number.checked_sub(self.first).and_then(|at| self.raw.get(at)).copied();
                self.level = raw.map_or(1, |raw| raw.len() - raw.trim_start_matches('#').len());
                if self.parallel.is_some_and(|level| self.level <= level) {
                    self.parallel = None;
                }
                if says(self.level) {
                    self.parallel = Some(self.level);
                    self.group += 1;
                }
            }
            Part::Code { .. } => {}
            _ if says(self.level) => {
                self.parallel = Some(self.level);
                self.group += 1;
            }
            _ => {}
        }
    }

    /// The group of what stands here: alone, unless it is side by side with others.
    fn current(&mut self) -> u32 {
        if self.parallel.is_none() {
            self.group += 1;
        }
        self.group
    }
}

/// Words that say that what is started is started at once.
const PARALLEL: &[&str] = &["in parallel", "simultaneously", "concurrently", "side by side"];
/// What is started.
const STARTED: &[&str] = &["agent", "task", "both", "all ", "these", "calls", "subagent"];

/// Words before a name that hand work to it.
const CALLS: &[&str] = &[
    "use", "using", "invoke", "launch", "spawn", "run", "delegate", "call", "dispatch", "activate",
    "consult", "execute", "trigger", "apply", "via", "through",
];
/// Words of a sentence by which what it names comes first, or next.
const FIRST: &[&str] =
    &["completed ", "prerequisite", "requires ", "depends on", "assumes ", "must have run"];
const NEXT: &[&str] = &[
    "proceed to",
    "proceed with",
    "followed by",
    "hand off to",
    "hands off to",
    "handoff to",
    "continue with",
    "next step",
    "next, ",
    "next: ",
    "move on to",
];
const AGAINST: &[&str] = &["conflicts with", "incompatible with", "mutually exclusive"];
/// Headings under which others are only listed.
const ELSEWHERE: &[&str] = &["related", "see also", "alternativ", "compar", "integration"];
/// Words that take back what a sentence says of a name.
const DENIALS: &[&str] = &[
    "not ",
    "never ",
    "n't ",
    "avoid ",
    "without ",
    "instead",
    "rather than",
    " vs ",
    "versus",
    "unlike",
    "similar to",
    "compared",
];

/// What stands over a line.
#[derive(Default)]
struct Around {
    /// The heading, in lower case.
    heading: String,
    /// The list is one of what is not to be done.
    forbidden: bool,
    /// The list is one of next steps, be it one that is to be printed.
    next: bool,
}

impl Around {
    fn enter(&mut self, line: &Line<'_>) {
        let text = line.text.trim();
        let opens = text.trim_end_matches(['*', '_']).ends_with(':');
        match line.part {
            Part::Heading => {
                self.heading = text.to_lowercase();
                (self.forbidden, self.next) = (false, is_next(&self.heading));
            }
            Part::Prose => {
                let lower = if opens { text.to_lowercase() } else { String::new() };
                self.forbidden = forbids(text);
                self.next = is_next(&lower) || self.next && is_next(&self.heading);
            }
            Part::Code { .. } => {
                let goes_on = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '*' | '/'));
                self.next = opens && is_next(&text.to_lowercase()) || self.next && goes_on;
            }
            Part::Item { .. } => {}
        }
    }

    /// What a line says of a name in it; `None`: only that it exists.
    fn role(&self, line: &Line<'_>, token: &Token<'_>, kind: &str) -> Option<Role> {
        if token.written == Written::Agent {
            return (line.section != Section::Example).then_some(Role::Starts);
        }
        let (start, end) = sentence(line.text, token);
        let all = line.text[start..end].to_lowercase();
        let before = line.text[start..token.start].to_lowercase();
        let after = line.text[token.end..end].to_lowercase();
        if any(AGAINST, &all) {
            return Some(Role::Against);
        }
        let nothing = self.forbidden || any(DENIALS, &all) || line.part == Part::Heading;
        if nothing || line.section == Section::Example {
            return None;
        }
        let behind: Vec<&str> =
            after.split(|c: char| !c.is_alphabetic()).filter(|it| !it.is_empty()).take(2).collect();
        if line.section == Section::Requirements
            || any(FIRST, &before)
            || called(&before) && behind.contains(&"first")
        {
            return Some(Role::First);
        }
        if any(NEXT, &before) {
            return Some(Role::Next);
        }
        if self.next {
            return Some(if called(&before) { Role::Next } else { Role::Perhaps });
        }
        // A command that tells to run another one speaks to whoever reads its result.
        let told = token.written == Written::Slash && kind == "command";
        if !called(&before) || told || any(ELSEWHERE, &self.heading) {
            return None;
        }
        Some(if self.is_step(line, token, kind) { Role::Starts } else { Role::Calls })
    }

    /// Whether a command calls it in a step of its own: then the steps say who comes first.
    fn is_step(&self, line: &Line<'_>, token: &Token<'_>, kind: &str) -> bool {
        let title = self.heading.trim_start_matches(|c: char| !c.is_alphanumeric());
        let name = token.text.rsplit(':').next().unwrap_or_default();
        let own = ["step", "phase", "stage"].iter().any(|it| title.starts_with(it))
            || title.starts_with(|c: char| c.is_ascii_digit())
            || title.starts_with(&name.to_lowercase());
        kind == "command" && own && line.section != Section::Aside
    }
}

/// Whether a heading or the lead of a list announces what comes next.
fn is_next(lower: &str) -> bool {
    let lower = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    ["next step", "what's next", "what next", "next:"].iter().any(|it| lower.starts_with(it))
}

fn any(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Whether one of the last words before a name hands work to it.
fn called(before: &str) -> bool {
    let words = before.rsplit(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.take(REACH).any(|word| CALLS.contains(&word))
}

/// How many words before a name its verb may stand.
const REACH: usize = 3;

/// The sentence around a name.
fn sentence(text: &str, token: &Token<'_>) -> (usize, usize) {
    let ends = [". ", "; ", "! ", "? "];
    let start = ends.iter().filter_map(|end| text[..token.start].rfind(end).map(|at| at + 2)).max();
    let end = ends.iter().filter_map(|end| text[token.end..].find(end).map(|at| token.end + at)).min();
    (start.unwrap_or(0), end.unwrap_or(text.len()))
}
