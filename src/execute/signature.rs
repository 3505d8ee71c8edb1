//! An error's signature: the first line that says why, without what changes from run to run.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::redact;

/// The longest signature, in characters.
const MAX: usize = 200;
/// How many of the last lines of output are kept for people.
const LAST: usize = 20;

/// What varies, and what stands for it.
static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let shapes = [
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
        (r"\b[0-9a-f]{10,64}\b", "<oid>"),
        // Where something lies differs from machine to machine, and is nobody else's business.
        (r#"(^|[\s'"`(=])/(?:[^\s'"`():/]+/)+"#, "$1"),
    ];
    shapes.map(|(shape, mark)| (Regex::new(shape).expect("a tested shape"), mark)).into()
});

/// Colours and other terminal sequences.
static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)").expect("a tested shape")
});

/// The signature of a failure that printed this.
pub(super) fn signature(stdout: &str, stderr: &str, worktree: &Path) -> Option<String> {
    let (stdout, stderr) = (plain(stdout), plain(stderr));
    let named = stderr.lines().find_map(|line| line.strip_prefix("error:"));
    let last = |text: &str| text.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned);
    let line = named.map(str::to_owned).or_else(|| last(&stderr)).or_else(|| last(&stdout))?;
    Some(steady(&line, worktree))
}

/// One line without what varies from run to run, without secrets, and not too long.
pub(super) fn steady(line: &str, worktree: &Path) -> String {
    let here = line.replace(&*worktree.to_string_lossy(), ".");
    let calm = VARYING.iter().fold(here, |line, (shape, mark)| shape.replace_all(&line, *mark).into_owned());
    let printable: String = calm.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    redact::redact(printable.trim()).chars().take(MAX).collect()
}

/// The last lines of what was printed, redacted and without terminal sequences.
pub(super) fn last_lines(stdout: &str, stderr: &str) -> Vec<String> {
    let text = redact::redact(&plain(&format!("{stdout}\n{stderr}")));
    let printable = |line: &str| line.chars().filter(|c| !c.is_control() || *c == '\t').take(500).collect();
    let lines: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(printable).collect();
    lines[lines.len().saturating_sub(LAST)..].to_vec()
}

fn plain(text: &str) -> String {
    ESCAPES.replace_all(text, "").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(stdout: &str, stderr: &str) -> Option<String> {
        signature(stdout, stderr, Path::new("/tmp/run/step"))
    }

    #[test]
    fn the_line_that_says_error_is_preferred_to_the_last_one() {
        let stderr = "warning: a\n\u{1b}[1;31merror:\u{1b}[0m no field `x`\nerror: aborting\n";
        assert_eq!(sign("out", stderr).as_deref(), Some("no field `x`"));
        assert_eq!(sign("out\n", "first\nlast\n\n").as_deref(), Some("last"));
        assert_eq!(sign("one\ntwo\n", "\n").as_deref(), Some("two"));
        assert_eq!(sign("", ""), None);
    }

    #[test]
    fn two_runs_of_one_error_have_one_signature() {
        let stderr = "error: /tmp/run/step/a.rs:12 at 2026-11-20T08:00:00.123Z in 4b825dc642cb6eb9a0 \u{7}x";
        assert_eq!(sign("", stderr).as_deref(), Some("./a.rs:12 at <time> in <oid>  x"));
    }

    #[test]
    fn folders_of_one_machine_do_not_tell_errors_apart() {
        let stderr = "/home/me/market/skills/x/run.sh: 3: tool: not found";
        assert_eq!(sign("", stderr).as_deref(), Some("run.sh: 3: tool: not found"));
        let stderr = "error: no `Cargo.toml` in `/home/me/x` or ./a/b, see https://host/a/b";
        let seen = sign("", stderr);
        assert_eq!(seen.as_deref(), Some("no `Cargo.toml` in `x` or ./a/b, see https://host/a/b"));
    }

    #[test]
    fn secrets_and_length_are_cut() {
        let stderr = format!("error: password=hunter22 {}", "y".repeat(500));
        let signature = sign("", &stderr).expect("a line");
        assert!(signature.starts_with("password=[redacted secret] yyy") && signature.len() == MAX);
        assert_eq!(
            last_lines("a\n\u{1b}[2Jb", "token_x password=hunter22")[2],
            "token_x password=[redacted secret]"
        );
    }
}
