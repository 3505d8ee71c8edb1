//! The marked block: its text, putting it into a file, finding it, and cutting it out again to the byte.
//!
//! The block comes before everything else in a hook, so an `exec` or `exit` of the rest can't skip it.
//! The rest sees the same arguments, standard input and exit code as without it: what came on standard
//! input is read once and given to both. Nothing happens where git-orchestrate is not on the PATH; where
//! it is, only its exit code 93 counts ([`STOPS`]), and only before a push: a crash must not stop one, nor
//! what a shell ends with by itself. Where the shell can't write a here-document (a full disk), the rest
//! gets an empty standard input. POSIX has no time limit: `git-orchestrate hook` itself is bounded.

use super::event::Event;

/// How a block starts; its version and remarks follow on the same line.
const START: &str = "# >>> git-orchestrate >>>";
/// How a block ends.
const END: &str = "# <<< git-orchestrate <<<";
/// The version of the text below: raise it with every change, `hooks install` then replaces older ones.
const VERSION: &str = "v2";
/// The exit code of `git-orchestrate hook pre-push` that stops a push: one that no shell, and no program that
/// stands in for ours, ends with by itself.
pub(crate) const STOPS: u8 = 93;
/// Remark: the file was made for the block.
const MADE: &str = "made";
/// Remark: the line before the block had no end of its own.
const JOINED: &str = "joined";
/// What is in a file that was made for a block, besides it.
const SHEBANG: &str = "#!/bin/sh\n";

/// A block in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it starts and ends, in bytes.
    pub(crate) span: std::ops::Range<usize>,
    /// The file was made for it.
    made: bool,
    /// Its line before got a newline for it.
    joined: bool,
}

/// A block starts and does not end: somebody edited it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclosed;

/// What is left of a file without our blocks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// These bytes, as they were before.
    Bytes(Vec<u8>),
    /// Nothing: the file was made for the block.
    Nothing,
}

/// The block of an event, as it stands in a hook that somebody else wrote.
pub(crate) fn text(event: Event) -> String {
    marked("", script(event))
}

fn marked(remarks: &str, lines: &str) -> String {
    format!("{START} {VERSION}{remarks}; `git orchestrate hooks uninstall` removes this\n{lines}{END}\n")
}

/// What stands between the marks in a hook of `event`.
pub(crate) fn script(event: Event) -> &'static str {
    match event {
        Event::PostCommit => {
            r#"if command -v git-orchestrate >/dev/null 2>&1; then
  git-orchestrate hook post-commit "$@" </dev/null || :
fi
"#
        }
        Event::PostRewrite => {
            r#"if command -v git-orchestrate >/dev/null 2>&1 && orchestrate_stdin=$(cat); then
  printf '%s\n' "$orchestrate_stdin" 2>/dev/null | git-orchestrate hook post-rewrite "$@" || :
  if [ -n "$orchestrate_stdin" ] && true <<orchestrate_end
$orchestrate_stdin
orchestrate_end
  then
    exec <<orchestrate_end || :
$orchestrate_stdin
orchestrate_end
  fi
  unset orchestrate_stdin
fi
"#
        }
        Event::PrePush => {
            r#"if command -v git-orchestrate >/dev/null 2>&1 && orchestrate_stdin=$(cat); then
  printf '%s\n' "$orchestrate_stdin" 2>/dev/null | git-orchestrate hook pre-push "$@" || [ $? -ne 93 ] || exit 93
  if [ -n "$orchestrate_stdin" ] && true <<orchestrate_end
$orchestrate_stdin
orchestrate_end
  then
    exec <<orchestrate_end || :
$orchestrate_stdin
orchestrate_end
  fi
  unset orchestrate_stdin
fi
"#
        }
    }
}

/// A hook that holds nothing but the block.
pub(crate) fn file(event: Event) -> Vec<u8> {
    format!("{SHEBANG}{}", marked(&format!(" {MADE}"), script(event))).into_bytes()
}

/// A file of another kind that holds nothing but a block of these lines.
pub(crate) fn file_of(lines: &str) -> Vec<u8> {
    marked(&format!(" {MADE}"), lines).into_bytes()
}

/// `content` with a block of these lines at byte `at`, where a line starts or the content ends.
pub(crate) fn insert(content: &[u8], at: usize, lines: &str) -> Vec<u8> {
    let (before, after) = content.split_at(at);
    let joined = before.last().is_some_and(|last| *last != b'\n');
    let block = if joined { marked(&format!(" {JOINED}"), lines) } else { marked("", lines) };
    let newline: &[u8] = if joined { b"\n" } else { b"" };
    [before, newline, block.as_bytes(), after].concat()
}

/// The blocks in a file, in order.
pub(crate) fn find(content: &[u8]) -> Result<Vec<Block>, Unclosed> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, bool, bool)> = None;
    let mut at = 0;
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if let Some(remarks) = text.strip_prefix(START) {
            if open.is_some() {
                return Err(Unclosed);
            }
            let told = |word: &str| remarks.split([' ', ';']).any(|it| it == word);
            open = Some((at, told(MADE), told(JOINED)));
        } else if text == END {
            let (start, made, joined) = open.take().ok_or(Unclosed)?;
            blocks.push(Block { span: start..at + line.len(), made, joined });
        }
        at += line.len();
    }
    if open.is_some() { Err(Unclosed) } else { Ok(blocks) }
}

impl Block {
    /// Whether it is of this version, with these lines.
    pub(crate) fn is_current(&self, content: &[u8], lines: &str) -> bool {
        let text = String::from_utf8_lossy(&content[self.span.clone()]).into_owned();
        let wanted = marked("", lines);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        first.starts_with(&format!("{START} {VERSION}"))
            && wanted.split_once('\n').is_some_and(|(_, it)| it == rest)
    }
}

/// `content` without our blocks: what it was before they came.
pub(crate) fn cut(content: &[u8]) -> Result<Rest, Unclosed> {
    let blocks = find(content)?;
    let mut rest = content.to_vec();
    for block in blocks.iter().rev() {
        let ends_file = block.span.end == rest.len();
        let newline = block.joined && ends_file && rest[..block.span.start].ends_with(b"\n");
        rest.drain(block.span.start - usize::from(newline)..block.span.end);
    }
    let made = blocks.iter().any(|block| block.made);
    Ok(if made && (rest.is_empty() || rest == SHEBANG.as_bytes()) {
        Rest::Nothing
    } else {
        Rest::Bytes(rest)
    })
}

/// Whether a hook calls us for `event` without a block: somebody copied one of our scripts, or wrote it.
pub(crate) fn calls(content: &[u8], event: Event) -> bool {
    let rest = match cut(content) {
        Ok(Rest::Bytes(rest)) => rest,
        Ok(Rest::Nothing) | Err(Unclosed) => return false,
    };
    let call = format!("git-orchestrate hook {event}");
    String::from_utf8_lossy(&rest)
        .lines()
        .any(|line| !line.trim_start().starts_with('#') && line.contains(&call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_gives_back_every_byte() {
        for before in
            ["", "#!/bin/sh", "#!/bin/sh\n", "#!/bin/sh\nexit 3", "#!/bin/sh\r\nx\r\n", "echo a\n\n"]
        {
            for event in Event::ALL {
                let at = before.find('\n').map_or(before.len(), |index| index + 1);
                let at = if before.starts_with("#!") { at } else { 0 };
                let with = insert(before.as_bytes(), at, script(event));
                assert_eq!(find(&with).expect("closed").len(), 1);
                assert_eq!(cut(&with), Ok(Rest::Bytes(before.into())), "{before:?}");
            }
        }
    }

    #[test]
    fn a_file_made_for_the_block_goes_and_one_that_grew_stays() {
        let made = file(Event::PrePush);
        assert_eq!(cut(&made), Ok(Rest::Nothing));
        let grown = [made.as_slice(), b"echo more\n"].concat();
        assert_eq!(cut(&grown), Ok(Rest::Bytes(b"#!/bin/sh\necho more\n".to_vec())));
        assert_eq!(cut(&file_of("x\n")), Ok(Rest::Nothing));
        assert_eq!(cut(b"#!/bin/sh\n"), Ok(Rest::Bytes(b"#!/bin/sh\n".to_vec())));
    }

    #[test]
    fn a_block_with_one_mark_is_nobodys_to_cut() {
        let text = text(Event::PostCommit);
        let (start, end) = (format!("{START} {VERSION}\nx\n"), format!("x\n{END}\n"));
        for broken in [start.clone(), end, format!("{start}{text}")] {
            assert_eq!(cut(broken.as_bytes()), Err(Unclosed), "{broken}");
        }
    }

    #[test]
    fn every_way_of_calling_us_knows_the_same_code_to_stop() {
        let copied = include_str!("../../hooks/pre-push");
        for text in [script(Event::PrePush), &crate::hook::configured::sections(), copied] {
            assert!(text.contains(&format!("-ne {STOPS} ]")), "{text}");
        }
    }

    #[test]
    fn a_call_outside_of_blocks_is_seen() {
        let copied = b"#!/bin/sh\n! command -v git-orchestrate || git-orchestrate hook pre-push \"$@\"\n";
        assert!(calls(copied, Event::PrePush));
        assert!(!calls(copied, Event::PostCommit));
        assert!(!calls(&file(Event::PrePush), Event::PrePush));
        assert!(!calls(b"#!/bin/sh\n# git-orchestrate hook pre-push\n", Event::PrePush));
    }

    #[test]
    fn blocks_of_other_versions_and_two_of_them_are_cut_too() {
        let old = format!("{START} v0 anything\nold\n{END}\n");
        let both = format!("#!/bin/sh\n{old}one\n{}two", text(Event::PrePush));
        assert_eq!(cut(both.as_bytes()), Ok(Rest::Bytes(b"#!/bin/sh\none\ntwo".to_vec())));
    }
}
