//! The terminal: the only room that prints. Data goes to stdout, talk to stderr.

mod failure;
pub(crate) mod github;
mod live;
mod progress;
mod text;

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, Table, TableStyle};
use serde::Serialize;

pub(crate) use crate::model::text::{clean, clip, quoted};
pub(crate) use failure::{Failure, exit};
pub(crate) use progress::Progress;
pub(crate) use text::{ago, count, duration, percent, seconds, share, tally, thousands};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Whom output is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    /// Nobody: a verb within another one that says itself what came of it.
    Silent,
}

/// Everything that is shown to the user goes through here. Text of others (marketplaces, notes,
/// remotes) loses its control characters on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    format: Format,
}

/// Whether some of the data could not be written.
static CUT_SHORT: AtomicBool = AtomicBool::new(false);

/// The failure of the whole command where some of its data could not be written.
pub(crate) fn cut_short() -> Option<Failure> {
    let failure = Failure::new(exit::ENVIRONMENT, "standard output could not be written to the end");
    CUT_SHORT.load(Ordering::Relaxed).then(|| failure.hint("look whether the disk is full"))
}

impl Ui {
    /// A terminal that prints in this format.
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Whether a program reads stdout.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether a person can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.format == Format::Text && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// One line of data.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        self.out(&clean(text.as_ref()));
    }

    /// An empty line, where a person reads.
    pub(crate) fn gap(&self) {
        if !self.is_json() {
            self.out("");
        }
    }

    /// The result, before everything else.
    pub(crate) fn headline(&self, text: impl AsRef<str>) {
        self.out(&styled(BOLD, text.as_ref()));
    }

    /// A side remark among the data.
    pub(crate) fn aside(&self, text: impl AsRef<str>) {
        self.out(&styled(DIM, text.as_ref()));
    }

    /// A line with a green word in front.
    pub(crate) fn good(&self, word: &str, text: impl AsRef<str>) {
        self.out(&format!("{} {}", styled(GOOD, word), clean(text.as_ref())));
    }

    /// A line with a red word in front.
    pub(crate) fn bad(&self, word: &str, text: impl AsRef<str>) {
        self.out(&format!("{} {}", styled(BAD, word), clean(text.as_ref())));
    }

    /// A line with a yellow word in front.
    pub(crate) fn doubtful(&self, word: &str, text: impl AsRef<str>) {
        self.out(&format!("{} {}", styled(WARN, word), clean(text.as_ref())));
    }

    /// A value for a program, on one line.
    pub(crate) fn json<T: Serialize>(&self, value: &T) {
        let json = serde_json::to_string(value).expect("what is shown has string keys and finite numbers");
        self.out(&text::escaped(&json));
    }

    /// Rows under a header, columns aligned. Columns in `right` are numbers.
    pub(crate) fn table(&self, header: &[&str], rows: &[Vec<String>], right: &[usize]) {
        self.table_with(header, rows, right, &[]);
    }

    /// A table with more lines under each row.
    pub(crate) fn table_with(
        &self,
        header: &[&str],
        rows: &[Vec<String>],
        right: &[usize],
        under: &[Vec<String>],
    ) {
        let mut table = Table::new();
        table.load_style(TableStyle::new());
        if !header.is_empty() {
            table.set_header(header.iter().map(|name| clean(name)));
        }
        for row in rows {
            table.add_row(row.iter().map(|cell| clean(cell)));
        }
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let text = table.to_string();
        let mut lines = text.lines().map(str::trim_end);
        let mut shown = Vec::new();
        if !header.is_empty() {
            shown.extend(lines.next().map(|line| styled(DIM, line)));
        }
        let mut under = under.iter();
        for line in lines {
            shown.push(line.to_owned());
            shown.extend(under.next().into_iter().flatten().map(|line| styled(DIM, line)));
        }
        // All at once: a system call for each line takes longer than to make them.
        if !shown.is_empty() {
            self.out(&shown.join("\n"));
        }
    }

    /// Talk: what is going on, for a person.
    pub(crate) fn talk(&self, text: impl AsRef<str>) {
        self.err(&clean(text.as_ref()));
    }

    /// What is being done now, where somebody watches: it may take long.
    pub(crate) fn stage(&self, text: impl AsRef<str>) {
        if self.format == Format::Text && io::stderr().is_terminal() {
            self.err(&styled(DIM, text.as_ref()));
        }
    }

    /// Something is not as it should be, and the command goes on.
    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        self.err(&format!("{} {}", styled(WARN, "warning:"), clean(text.as_ref())));
    }

    /// What to do next.
    pub(crate) fn hint(&self, text: impl AsRef<str>) {
        self.err(&format!("{} {}", styled(HINT, "hint:"), clean(text.as_ref())));
    }

    /// The command failed: what, and the cure.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.err(&format!("{} {}", styled(BAD, "error:"), clean(&failure.message)));
        for hint in &failure.hints {
            self.hint(hint);
        }
    }

    /// Asks for one of some single letters; the capital one is what Enter means. `None` where
    /// nobody can be asked or the input ended.
    pub(crate) fn ask(&self, question: &str, letters: &str) -> Option<char> {
        if !self.can_ask() {
            return None;
        }
        let default = letters.chars().find(char::is_ascii_uppercase)?;
        loop {
            let shown: Vec<String> = letters.chars().map(String::from).collect();
            let mut terminal = anstream::stderr().lock();
            drop(write!(terminal, "{} [{}] ", clean(question), shown.join("/")));
            drop(terminal.flush());
            let mut answer = String::new();
            if io::stdin().lock().read_line(&mut answer).ok()? == 0 {
                return None;
            }
            let first = answer.trim().chars().next().unwrap_or(default).to_ascii_lowercase();
            if letters.to_ascii_lowercase().contains(first) {
                return Some(first);
            }
        }
    }

    /// A reader that went away (`| head`) is no reason to fail; a full disk is.
    fn out(&self, line: &str) {
        if self.format != Format::Silent
            && let Err(error) = writeln!(anstream::stdout().lock(), "{line}")
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            CUT_SHORT.store(true, Ordering::Relaxed);
        }
    }

    fn err(&self, line: &str) {
        if self.format != Format::Silent {
            drop(writeln!(anstream::stderr().lock(), "{line}"));
        }
    }
}

fn styled(style: Style, text: &str) -> String {
    format!("{style}{}{style:#}", clean(text))
}
