//! What the catalog keeps of a plugin as text, a fact a line. Strict, so that there is one text for it: what
//! is written in another way is refused, with the line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::capability::{Fact, MOST_FACTS};
use super::catalog_entry::{Contents, Entry, LONGEST_DESCRIPTION, Stamp};
use super::id::{ComponentId, PluginId};
use super::text::is_one_line;
use super::time::Timestamp;

/// The line that opens it, in a plugin's file.
pub(super) const OPENS: &str = "[catalog]\n";
/// The most text that is kept of one plugin, in bytes.
pub(super) const MOST_BYTES: usize = 16 << 20;

/// More than what stands in front of the components of a plugin ever is, in bytes.
const LONGEST_HEAD: usize = 16 << 10;
/// How many digits a hash of content has.
const HASH_DIGITS: usize = 32;

/// Components of one plugin as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Components(String);

impl Components {
    /// These. Those for which there is no room are left out, the last first.
    pub(crate) fn of(components: &BTreeMap<ComponentId, Entry>) -> Self {
        let mut text = String::new();
        for (id, entry) in components {
            let end = text.len();
            write_entry(&mut text, id, entry);
            if text.len() > MOST_BYTES - LONGEST_HEAD {
                text.truncate(end);
                break;
            }
        }
        Self(text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The text of an analysis.
pub(super) fn write(stamp: Stamp, from: Option<&str>, components: &Components) -> String {
    let mut text = String::with_capacity(200 + components.0.len());
    write!(text, "{OPENS}extractor = {}\nupdated = \"{}\"\n", stamp.extractor, stamp.updated)
        .expect("a string takes everything");
    if let Some(from) = from {
        write_field(&mut text, "from", from);
    }
    text.push_str(&components.0);
    text
}

fn write_entry(text: &mut String, id: &ComponentId, entry: &Entry) {
    let Entry { content, contract, description, facts } = entry;
    text.push_str("\n[catalog.");
    write_text(text, &format!("{}/{}", id.kind(), id.name()));
    text.push_str("]\n");
    write_field(text, "content", content);
    if *contract {
        text.push_str("contract = true\n");
    }
    write_field(text, "description", description);
    text.push_str(if facts.is_empty() { "facts = []\n" } else { "facts = [\n" });
    for line in facts.iter().filter_map(Fact::line) {
        text.push_str("    ");
        write_text(text, &line);
        text.push_str(",\n");
    }
    if !facts.is_empty() {
        text.push_str("]\n");
    }
}

fn write_field(text: &mut String, name: &str, value: &str) {
    write!(text, "{name} = ").expect("a string takes everything");
    write_text(text, value);
    text.push('\n');
}

/// A basic string of TOML. No text that is kept holds anything else that would have to be escaped.
fn write_text(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

/// The name of each component, as `kind/name`; nothing else is looked at.
pub(super) fn names(text: &str) -> impl Iterator<Item = String> {
    let first = |part: &str| unescaped(part.lines().next()?.strip_suffix(']')?);
    text.split("\n[catalog.").skip(1).filter_map(first)
}

/// The number of a line from 1, and why it is not what has to stand there.
pub(super) type Fault = (usize, &'static str);

/// The lines of an analysis, one after the other.
pub(super) struct Lines<'t> {
    lines: std::iter::Peekable<std::str::Split<'t, char>>,
    /// How many were read.
    read: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        // Behind the last line there is nothing.
        Self { lines: text.strip_suffix('\n').unwrap_or(text).split('\n').peekable(), read: 0 }
    }

    /// How many there are.
    pub(super) fn count(self) -> usize {
        self.lines.count()
    }

    fn next(&mut self) -> &'t str {
        self.read += 1;
        self.lines.next().unwrap_or_default()
    }

    pub(super) fn stamp(&mut self) -> Result<Stamp, Fault> {
        if self.next() != OPENS.trim_end() {
            return Err(self.wrong("is not `[catalog]`"));
        }
        let written = |number: &u32, text| number.to_string() == text;
        let extractor = self.next().strip_prefix("extractor = ");
        let extractor = extractor.and_then(|text| text.parse().ok().filter(|number| written(number, text)));
        let extractor = extractor.ok_or_else(|| self.wrong("has no version of the rules"))?;
        let text = self.field("updated")?;
        let updated: Option<Timestamp> = text.parse().ok().filter(|it: &Timestamp| it.to_string() == text);
        Ok(Stamp { extractor, updated: updated.ok_or_else(|| self.wrong("has no time"))? })
    }

    /// The stamp, and where others get the marketplace.
    pub(super) fn head(&mut self) -> Result<(Stamp, Option<String>), Fault> {
        let stamp = self.stamp()?;
        let from = self.next_is("from = ").then(|| self.field("from")).transpose()?;
        if from.as_ref().is_some_and(|from| !is_line(from, LONGEST_DESCRIPTION) || from.is_empty()) {
            return Err(self.wrong("is no address"));
        }
        Ok((stamp, from))
    }

    pub(super) fn contents(&mut self, plugin: &PluginId) -> Result<Contents, Fault> {
        let (_, from) = self.head()?;
        let mut components = BTreeMap::new();
        while self.lines.peek().is_some() {
            let (id, entry) = self.entry(plugin)?;
            if components.last_key_value().is_some_and(|(last, _)| *last >= id) {
                return Err(self.wrong("ends a component that is out of order"));
            }
            components.insert(id, entry);
        }
        Ok(Contents { from, components })
    }

    fn entry(&mut self, plugin: &PluginId) -> Result<(ComponentId, Entry), Fault> {
        if !self.next().is_empty() {
            return Err(self.wrong("is not empty, as before a component"));
        }
        let key = self.next().strip_prefix("[catalog.").and_then(|rest| rest.strip_suffix(']'));
        let key = key.and_then(unescaped).ok_or_else(|| self.wrong("names no component"))?;
        let id = plugin.component(&key).map_err(|_| self.wrong("names no component"))?;
        let content = self.hash("content")?;
        let contract = self.lines.next_if_eq(&"contract = true").is_some();
        self.read += usize::from(contract);
        let description = self.field("description")?;
        if !is_line(&description, LONGEST_DESCRIPTION) {
            return Err(self.wrong("is no description: too long, or with characters that nobody sees"));
        }
        Ok((id, Entry { content, contract, description, facts: self.facts()? }))
    }

    fn facts(&mut self) -> Result<Vec<Fact>, Fault> {
        match self.next() {
            "facts = []" => return Ok(Vec::new()),
            "facts = [" => {}
            _ => return Err(self.wrong("opens no list of facts")),
        }
        let mut facts = Vec::new();
        loop {
            let line = self.next();
            if line == "]" && !facts.is_empty() {
                return Ok(facts);
            }
            let line = line.strip_prefix("    ").and_then(|line| line.strip_suffix(','));
            let fact = line.and_then(unescaped).and_then(|line| Fact::from_line(&line));
            facts.push(fact.ok_or_else(|| self.wrong("is no fact"))?);
            if facts.len() > MOST_FACTS {
                return Err(self.wrong("is one fact too many"));
            }
        }
    }

    fn hash(&mut self, name: &str) -> Result<String, Fault> {
        let hash = self.field(name)?;
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if hash.len() == HASH_DIGITS && hash.bytes().all(is_hex) {
            Ok(hash)
        } else {
            Err(self.wrong("is no hash"))
        }
    }

    fn field(&mut self, name: &str) -> Result<String, Fault> {
        let value = self.next().strip_prefix(name).and_then(|rest| rest.strip_prefix(" = "));
        value.and_then(unescaped).ok_or_else(|| self.wrong("is not the field that belongs there"))
    }

    fn next_is(&mut self, start: &str) -> bool {
        self.lines.peek().is_some_and(|line| line.starts_with(start))
    }

    /// What is wrong with the line that was read last.
    fn wrong(&self, reason: &'static str) -> Fault {
        (self.read, reason)
    }
}

/// What a string of [`write_text`] says.
fn unescaped(quoted: &str) -> Option<String> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => text.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => text.push(c),
        }
    }
    Some(text)
}

/// Whether a text is one line without anything hidden in it, and not too long.
fn is_line(text: &str, longest: usize) -> bool {
    is_one_line(text) && text.chars().count() <= longest
}
