//! Words of a text that are written as names of components: behind `subagent_type`, as a slash command, with
//! their plugin in front, in inline code, as a link, or before a word such as `agent`. Others are only words.

use serde::{Deserialize, Serialize};

use super::super::facts::outline::{Line, Part};

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Written {
    /// Behind `subagent_type`.
    Agent,
    /// `/name`
    Slash,
    /// `plugin:name`
    Qualified,
    /// In inline code, bold, or as a link.
    Marked,
    /// Before a word such as `agent`, or behind an `@`.
    Called,
}

/// A word that is written as a component's name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    pub(super) written: Written,
    /// Where it starts and ends in the line.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Words that say what the name before them is.
const KINDS: &[&str] =
    &["agent", "agents", "subagent", "sub-agent", "skill", "skills", "command", "commands"];

/// The words of a line that are written as names. In code only agents are, and commands where `printed` is
/// what to do next.
pub(super) fn tokens<'t>(line: &Line<'t>, printed: bool) -> Vec<Token<'t>> {
    let text = line.text;
    let code = matches!(line.part, Part::Code { .. });
    let agent = text.find("subagent_type").map_or(usize::MAX, |at| at + "subagent_type".len());
    if code && agent == usize::MAX && !printed {
        return Vec::new();
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    // Lines without any sign of a name are most lines.
    if agent == usize::MAX
        && !bytes.iter().any(|byte| matches!(byte, b'/' | b'`' | b'*' | b'[' | b'@' | b'-' | b':'))
    {
        return found;
    }
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..].iter().take_while(|byte| is_part(**byte)).count();
        let word = text[start..start + length].trim_end_matches([':', '-', '_']);
        // Most words are plain, and no names.
        let before = start.checked_sub(1).map(|at| bytes[at]);
        let marked = matches!(before, Some(b'/' | b'`' | b'*' | b'[' | b'@')) || word.contains(['-', ':']);
        if !word.is_empty() && (marked || start >= agent) {
            let end = start + word.len();
            let around = Bounds { text, start, end };
            let written = if start >= agent { Some(Written::Agent) } else { around.written(word) };
            let told = written.filter(|it| !code || *it == Written::Agent || *it == Written::Slash);
            found.extend(told.map(|written| Token { text: word, written, start, end }));
        }
        start += length.max(1);
        while !text.is_char_boundary(start) {
            start += 1;
        }
    }
    found
}

/// A word in its line.
#[derive(Clone, Copy)]
struct Bounds<'t> {
    text: &'t str,
    start: usize,
    end: usize,
}

impl Bounds<'_> {
    /// How the word is written as a name, if it is.
    fn written(self, word: &str) -> Option<Written> {
        let Self { text, start, end } = self;
        let (before, after) = (text[..start].chars().next_back(), text[end..].chars().next());
        let earlier = before.and_then(|c| text[..start - c.len_utf8()].chars().next_back());
        let file = after == Some('.') && text[end + 1..].starts_with(|c: char| c.is_ascii_alphanumeric());
        if file || matches!(after, Some('/' | '\\' | '(')) {
            return None;
        }
        let compound = word.contains('-') || word.trim_matches(':').contains(':');
        if before == Some('/') {
            let is_path =
                |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '-' | '_' | '}' | '>' | '*' | '~');
            return (!earlier.is_some_and(is_path)).then_some(Written::Slash);
        }
        if word.trim_start_matches(':').contains(':') {
            return Some(Written::Qualified);
        }
        let quoted = matches!(
            (before, after),
            (Some('`'), Some('`')) | (Some('*'), Some('*')) | (Some('['), Some(']'))
        );
        if quoted && (compound || self.is_called()) {
            return Some(Written::Marked);
        }
        let greeted = before == Some('@') && earlier.is_none_or(|c| !c.is_alphanumeric());
        (greeted || compound && self.is_called()).then_some(Written::Called)
    }

    /// Whether the next word says what it is: an agent, a skill, a command.
    fn is_called(self) -> bool {
        let behind = &self.text[self.end..];
        let rest = behind.trim_start_matches(['`', '*', '"', ' ']);
        let next = rest.split(|c: char| !(c.is_ascii_alphabetic() || c == '-')).next().unwrap_or_default();
        rest.len() < behind.len() && KINDS.contains(&next.to_ascii_lowercase().as_str())
    }
}
