//! Diagnostics: what was wrong in a marketplace, where, and what was assumed instead.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How much a diagnostic costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Nothing is lost.
    Info,
    /// Something was guessed or left out.
    Warning,
    /// A component, contract or plugin cannot be used.
    Error,
}

/// One thing that was wrong, and what was assumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Diagnostic {
    pub(crate) severity: Severity,
    /// Relative to the marketplace's root, with `/`; of a plugin from elsewhere `PLUGIN:PATH`.
    pub(crate) file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    pub(crate) message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        match self.line {
            Some(line) => write!(out, "{}:{line}: {severity}: {}", self.file, self.message),
            None => write!(out, "{}: {severity}: {}", self.file, self.message),
        }
    }
}

/// The most diagnostics of one marketplace.
const MOST: usize = 20_000;

/// Collects diagnostics, in the order in which they are found; at most as many as anyone could read.
#[derive(Debug)]
pub(super) struct Diagnostics {
    root: PathBuf,
    /// Put before the names of files.
    prefix: String,
    pub(super) list: Vec<Diagnostic>,
    pub(super) left_out: usize,
}

impl Diagnostics {
    /// None yet; files will be shown relative to `root`.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), prefix: String::new(), list: Vec::new(), left_out: 0 }
    }

    /// What was found earlier.
    pub(super) fn found(root: &Path, list: Vec<Diagnostic>, left_out: usize) -> Self {
        Self { list, left_out, ..Self::new(root) }
    }

    /// None yet, of a plugin with a root of its own: files are shown as `PLUGIN:PATH`.
    pub(super) fn of_plugin(root: &Path, plugin: &str) -> Self {
        Self { prefix: format!("{}:", shown(plugin)), ..Self::new(root) }
    }

    /// How a file is shown.
    pub(super) fn name(&self, file: &Path) -> String {
        format!("{}{}", self.prefix, relative(&self.root, file))
    }

    /// Notes what costs nothing.
    pub(super) fn info(&mut self, file: &Path, line: Option<usize>, message: impl fmt::Display) {
        self.add(Severity::Info, file, line, message);
    }

    /// Notes what was guessed or left out.
    pub(super) fn warn(&mut self, file: &Path, line: Option<usize>, message: impl fmt::Display) {
        self.add(Severity::Warning, file, line, message);
    }

    /// Notes what cannot be used.
    pub(super) fn error(&mut self, file: &Path, line: Option<usize>, message: impl fmt::Display) {
        self.add(Severity::Error, file, line, message);
    }

    /// Notes something of this severity.
    pub(super) fn add(
        &mut self,
        severity: Severity,
        file: &Path,
        line: Option<usize>,
        message: impl fmt::Display,
    ) {
        let file = self.name(file);
        self.push(Diagnostic { severity, file, line, message: message.to_string() });
    }

    /// Takes in those of a part.
    pub(super) fn append(&mut self, part: Self) {
        self.left_out += part.left_out;
        part.list.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.len() < MOST {
            self.list.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    /// All of them.
    pub(super) fn into_list(mut self) -> Vec<Diagnostic> {
        if self.left_out > 0 {
            let message = format!("{} more diagnostics were left out", self.left_out);
            let file = self.name(&self.root);
            self.list.push(Diagnostic { severity: Severity::Error, file, line: None, message });
        }
        self.list
    }
}

/// `file` as seen from `root`, with `/` and without control characters; `.` for the root itself.
pub(super) fn relative(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).unwrap_or(file);
    let parts: Vec<_> = below.iter().map(|part| shown(&part.to_string_lossy())).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// At most 160 characters of someone else's text, controls escaped, fit for a message.
pub(super) fn shown(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() };
    text.chars().take(160).map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_reads_like_a_compilers() {
        let mut diagnostics = Diagnostics::new(Path::new("/m"));
        diagnostics.warn(Path::new("/m/a/b.md"), Some(3), "is odd");
        diagnostics.info(Path::new("/m"), None, "has no manifest");
        let lines: Vec<String> = diagnostics.into_list().iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["a/b.md:3: warning: is odd", ".: info: has no manifest"]);
    }

    #[test]
    fn control_characters_never_reach_a_message() {
        assert_eq!(shown("a\u{1b}[31mé\n"), "a\\u{1b}[31mé\\n");
        assert_eq!(relative(Path::new("/m"), Path::new("/m/\u{7}/x")), "\\u{7}/x");
    }
}
