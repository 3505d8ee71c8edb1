//! A body as lines that know where they stand: under which heading, in which fence, in which list.
//!
//! One pass, bounded: of a text with more lines, or longer ones, the rest is not looked at.

use super::section::{Section, announced, forbids, lead, promises};

/// The most lines that are read of one body.
const MOST_LINES: usize = 20_000;
/// The most bytes that are read of one line.
const LONGEST_LINE: usize = 2_000;

/// One line that says something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::research) struct Line<'a> {
    /// In the component's file, from 1.
    pub(in crate::research) number: usize,
    /// Without the signs of headings and lists around it.
    pub(in crate::research) text: &'a str,
    pub(in crate::research) part: Part<'a>,
    pub(in crate::research) section: Section,
    /// Whether it stands below a heading that only inherits its section.
    pub(in crate::research) deeper: bool,
}

/// What a line is part of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::research) enum Part<'a> {
    Heading,
    /// An item of a list; numbered or not, directly under its heading or below another item.
    Item {
        numbered: bool,
        nested: bool,
    },
    Prose,
    /// A fence, with its language in lower case letters as written; text untrimmed.
    Code {
        language: &'a str,
        fence: usize,
    },
}

/// The lines of `body`, which starts on line `first` of its file.
pub(in crate::research) fn lines(body: &str, first: usize) -> Vec<Line<'_>> {
    let mut reader = Reader::default();
    body.lines()
        .take(MOST_LINES)
        .enumerate()
        .filter_map(|(index, line)| reader.read(clipped(line), first + index))
        .collect()
}

fn clipped(line: &str) -> &str {
    &line[..line.floor_char_boundary(LONGEST_LINE)]
}

#[derive(Default)]
struct Reader<'a> {
    fence: Option<Fence<'a>>,
    fences: usize,
    comment: bool,
    /// Open headings: level and what they announce.
    open: Vec<Open>,
    /// What a lead or a promise announced, until a heading or a paragraph.
    lead: Option<Section>,
    /// An item forbids those below it, until one that is not below it.
    forbidding: bool,
}

/// A heading that has not ended.
#[derive(Clone, Copy)]
struct Open {
    level: usize,
    section: Section,
    inherited: bool,
}

#[derive(Clone, Copy)]
struct Fence<'a> {
    mark: char,
    length: usize,
    language: &'a str,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str, number: usize) -> Option<Line<'a>> {
        let text = line.trim();
        if let Some(fence) = self.fence {
            if closes(text, fence) {
                self.fence = None;
                return None;
            }
            let part = Part::Code { language: fence.language, fence: self.fences };
            return Some(self.line(number, line, part));
        }
        if self.in_comment(text) || text.is_empty() {
            return None;
        }
        if let Some(fence) = opens(text) {
            self.fence = Some(fence);
            self.fences += 1;
            return None;
        }
        let (part, text) = match heading(line) {
            Some((level, title)) => {
                self.enter(level, title);
                (Part::Heading, title)
            }
            None => match item(line) {
                Some((numbered, nested, text)) => (Part::Item { numbered, nested }, text),
                None => (Part::Prose, text),
            },
        };
        if part == Part::Heading {
            return Some(self.line(number, text, part));
        }
        if let Part::Item { nested, .. } = part
            && (!nested || self.forbidding)
        {
            let below = nested && self.forbidding;
            self.forbidding = below || forbids(text);
            if below {
                return Some(Line { section: Section::Aside, ..self.line(number, text, part) });
            }
        }
        match lead(text) {
            Some((section, rest)) => {
                self.lead = Some(section);
                (!rest.is_empty())
                    .then(|| self.line(number, rest, Part::Item { numbered: false, nested: false }))
            }
            None => {
                if part == Part::Prose {
                    self.forbidding = false;
                    let promised = promises(text).then_some(Section::Output).filter(|_| self.may_promise());
                    self.lead = promised.or(forbids(text).then_some(Section::Aside));
                }
                Some(self.line(number, text, part))
            }
        }
    }

    fn line(&self, number: usize, text: &'a str, part: Part<'a>) -> Line<'a> {
        let open = self.open.last();
        let section = self.lead.unwrap_or_else(|| open.map_or(Section::Other, |open| open.section));
        let deeper = self.lead.is_none() && open.is_some_and(|open| open.inherited);
        Line { number, text, part, section, deeper }
    }

    /// Samples, and what is to be avoided, promise nothing.
    fn may_promise(&self) -> bool {
        !self.open.last().is_some_and(|open| matches!(open.section, Section::Example | Section::Aside))
    }

    /// A heading announces for itself, or else what the one above it does. A title announces nothing.
    fn enter(&mut self, level: usize, title: &str) {
        self.lead = None;
        while self.open.last().is_some_and(|open| open.level >= level) {
            self.open.pop();
        }
        let above = self.open.last().map_or(Section::Other, |open| open.section);
        let own = if level == 1 { Section::Other } else { announced(title) };
        // What is listed as an output stays one below, whatever its parts are called.
        let kept = matches!(above, Section::Example | Section::Aside | Section::Output | Section::Layout);
        let inherited = kept || own == Section::Other;
        self.open.push(Open { level, section: if inherited { above } else { own }, inherited });
    }

    fn in_comment(&mut self, text: &str) -> bool {
        let inside = self.comment || text.starts_with("<!--");
        if inside {
            self.comment = !text.contains("-->");
        }
        inside
    }
}

fn opens(text: &str) -> Option<Fence<'_>> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    let language = rest.trim().split([' ', '{', ',', ':']).next().unwrap_or_default();
    (length >= 3 && !rest.contains('`')).then_some(Fence { mark, length, language })
}

fn closes(text: &str, fence: Fence<'_>) -> bool {
    text.starts_with(fence.mark) && text.len() >= fence.length && text.chars().all(|c| c == fence.mark)
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    let title = rest.trim().trim_end_matches('#').trim_end();
    ((1..=6).contains(&level) && rest.starts_with([' ', '\t']) && !title.is_empty()).then_some((level, title))
}

/// An item of a list: whether it is numbered, whether it stands below another, and its text.
fn item(line: &str) -> Option<(bool, bool, &str)> {
    let text = line.trim_start();
    let nested = line.len() - text.len() >= 2;
    if let Some(rest) = ["- ", "* ", "+ "].iter().find_map(|sign| text.strip_prefix(sign)) {
        let rest = rest.trim_start();
        let unticked = ["[ ]", "[x]", "[X]"].iter().find_map(|tick| rest.strip_prefix(tick)).unwrap_or(rest);
        return Some((false, nested, unticked.trim()));
    }
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let behind = rest.strip_prefix(['.', ')']).filter(|_| rest.len() < text.len())?;
    behind.starts_with(' ').then_some((true, nested, behind.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> String {
        let line =
            |line: &Line<'_>| format!("{} {:?} {:?} {}", line.number, line.section, line.part, line.text);
        lines(body, 5).iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn lines_know_their_heading_fence_and_list() {
        let body = "# Poet\n\n## Prerequisites\n### Tools\n- [ ] Ink\n  1. black\n```sh\n# x\n```\n<!-- - no\n -->\n\
                    ## Work\nWrites.\n**Output:** a poem\n- its title\nBye.\n";
        insta::assert_snapshot!(shown(body), @r#"
        5 Other Heading Poet
        7 Requirements Heading Prerequisites
        8 Requirements Heading Tools
        9 Requirements Item { numbered: false, nested: false } Ink
        10 Requirements Item { numbered: true, nested: true } black
        12 Requirements Code { language: "sh", fence: 1 } # x
        16 Other Heading Work
        17 Other Prose Writes.
        18 Output Item { numbered: false, nested: false } a poem
        19 Output Item { numbered: false, nested: false } its title
        20 Other Prose Bye.
        "#);
    }

    #[test]
    fn what_is_an_example_or_to_be_avoided_stays_so_below() {
        let sections: Vec<Section> = lines("## Examples\n### Output\n- x\n## Don'ts\n### Steps\n- y", 1)
            .iter()
            .map(|it| it.section)
            .collect();
        assert_eq!(sections, [[Section::Example; 3], [Section::Aside; 3]].concat());
    }

    #[test]
    fn what_a_list_forbids_is_passed_over() {
        let body = "You NEVER:\n- write `a.md`\n\nYou do:\n- write `b.md`\n- Do NOT modify:\n  - `c.md`\n- write `d.md`\n";
        let aside = |line: &Line<'_>| line.section == Section::Aside;
        let passed: Vec<usize> = lines(body, 1).iter().filter(|it| aside(it)).map(|it| it.number).collect();
        assert_eq!(passed, [1, 2, 7]);
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one() {
        let lines = lines("````md\n```sh\nls\n```\n````\nend", 1);
        assert_eq!(lines.last().map(|it| (it.text, it.part)), Some(("end", Part::Prose)));
    }

    #[test]
    fn huge_texts_are_read_up_to_a_bound() {
        assert_eq!(lines(&"# x\n".repeat(100_000), 1).len(), MOST_LINES);
        assert_eq!(lines(&"é".repeat(1 << 20), 1)[0].text.len(), LONGEST_LINE);
    }
}
