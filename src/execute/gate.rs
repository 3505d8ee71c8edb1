//! Gates: deterministic checks of what a step left in its work tree.
//!
//! Guarantee: a gate sees the tree that is to be committed, and what it changes there is undone.

use std::ffi::OsStr;
use std::path::{Component as Part, Path, PathBuf};

use regex::RegexBuilder;

use super::failure::Failure;
use super::order::Blame;
use super::process::{End, Ended};
use super::signature;
use super::surroundings::Surroundings;
use crate::git::{GitError, Worktree};
use crate::model::component::{Card, Gate, GateTest};
use crate::model::oid::Oid;
use crate::model::plan::PlannedStep;

/// The largest file that a regular expression is matched against, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// The largest compiled regular expression, in bytes.
const MAX_REGEX: usize = 1 << 20;

/// What a gate's script exits with when it can't tell, as automake's tests do.
const SKIPPED: i32 = 77;

/// A gate and the component whose folder its script lies in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlacedGate<'a> {
    pub(super) gate: &'a Gate,
    owner: &'a Card,
}

/// What a gate said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Green,
    Red(Failure),
    /// Its script said that it can't tell here.
    NotEvaluated,
    /// It was stopped because the run is to end.
    Interrupted,
}

/// What a gate said, and all that it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evaluated {
    pub(super) verdict: Verdict,
    pub(super) printed: String,
}

impl From<Verdict> for Evaluated {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, printed: String::new() }
    }
}

/// The gates of a step when `component` runs it: the plan's, and the component's own where it has
/// others. What stands in must keep the step's promise too.
pub(super) fn gates<'a>(
    step: &'a PlannedStep,
    planned: &'a Card,
    component: &'a Card,
) -> Vec<PlacedGate<'a>> {
    let mut gates: Vec<PlacedGate<'a>> =
        step.gates.iter().map(|gate| PlacedGate { gate, owner: planned }).collect();
    for gate in component.contract.iter().flat_map(|contract| &contract.gates) {
        let own = PlacedGate { gate, owner: component };
        if !gates.contains(&own) {
            gates.push(own);
        }
    }
    gates
}

/// Evaluates a gate upon the work tree, whose snapshot is `tree`.
pub(super) fn evaluate(
    placed: PlacedGate<'_>,
    around: &Surroundings<'_>,
    worktree: &Worktree,
    tree: Oid,
) -> Result<Evaluated, GitError> {
    let name = &placed.gate.name;
    let ended = match &placed.gate.test {
        GateTest::File { path } => return Ok(of_file(name, non_empty(around.worktree, path)).into()),
        GateTest::Matches { path, regex } => {
            return Ok(of_file(name, matches(around.worktree, path, regex)).into());
        }
        GateTest::Script { .. } if !around.is_unchanged(placed.owner) => {
            return Ok(Verdict::Red(Failure::changed()).into());
        }
        GateTest::Script { path } => match script(&placed.owner.folder, path) {
            Some(script) => around.sh(&script),
            None => return Ok(red(name, "its script is outside its folder").into()),
        },
        GateTest::Command { argv } => around.program(&argv.iter().map(OsStr::new).collect::<Vec<_>>()),
    };
    if worktree.snapshot()? != tree {
        worktree.restore(tree)?;
    }
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => return Ok(Verdict::Red(Failure::start(&format!("gate `{name}`"), &error)).into()),
    };
    let can_skip = matches!(placed.gate.test, GateTest::Script { .. });
    let verdict = match ended.end {
        End::Exited(status) if can_skip && status.code() == Some(SKIPPED) => Verdict::NotEvaluated,
        _ => of_process(name, &ended, around),
    };
    Ok(Evaluated { verdict, printed: format!("{}\n{}", ended.stdout, ended.stderr) })
}

/// A script of a component's folder, if it is inside it.
pub(super) fn script(folder: &Path, path: &Path) -> Option<PathBuf> {
    let plain = path.components().all(|part| matches!(part, Part::Normal(_) | Part::CurDir));
    let script = folder.join(path);
    // What does not exist can't lead outside, and is reported as missing later.
    let inside = match (folder.canonicalize(), script.canonicalize()) {
        (Ok(folder), Ok(script)) => script.starts_with(folder),
        _ => true,
    };
    (plain && inside).then_some(script)
}

fn of_file(name: &str, checked: Result<(), String>) -> Verdict {
    checked.map_or_else(|reason| red(name, &reason), |()| Verdict::Green)
}

fn of_process(name: &str, ended: &Ended, around: &Surroundings<'_>) -> Verdict {
    if ended.success() {
        return Verdict::Green;
    }
    let Some(failure) = Failure::script(ended, around.limit, around.worktree) else {
        return Verdict::Interrupted;
    };
    let message = signature::steady(&format!("gate `{name}`: {}", failure.message), around.worktree);
    // A gate's own error is about what the component left.
    let own_fault = failure.blame == Blame::Component || matches!(ended.end, End::TimedOut);
    let blame = if own_fault { Blame::Gate } else { failure.blame };
    Verdict::Red(Failure { blame, message, output: failure.output })
}

fn red(name: &str, reason: &str) -> Verdict {
    Verdict::Red(Failure::gate(format!("gate `{name}`: {reason}")))
}

/// The file's real path, inside the work tree.
fn inside(worktree: &Path, path: &str) -> Result<PathBuf, String> {
    let root = worktree.canonicalize().map_err(|error| error.to_string())?;
    let real = root.join(path).canonicalize().map_err(|_| format!("{path} does not exist"))?;
    if !real.starts_with(&root) {
        return Err(format!("{path} is outside the work tree"));
    }
    if real.is_file() { Ok(real) } else { Err(format!("{path} is not a file")) }
}

fn non_empty(worktree: &Path, path: &str) -> Result<(), String> {
    let file = inside(worktree, path)?;
    let size = file.metadata().map_or(0, |it| it.len());
    if size > 0 { Ok(()) } else { Err(format!("{path} is empty")) }
}

/// As grep does, `^` and `$` match at each line.
fn matches(worktree: &Path, path: &str, regex: &str) -> Result<(), String> {
    let file = inside(worktree, path)?;
    if file.metadata().map_or(0, |it| it.len()) > MAX_FILE {
        return Err(format!("{path} is larger than 1 MiB"));
    }
    let bytes = std::fs::read(&file).map_err(|error| format!("{path}: {error}"))?;
    let regex = RegexBuilder::new(regex)
        .multi_line(true)
        .size_limit(MAX_REGEX)
        .dfa_size_limit(MAX_REGEX)
        .build()
        .map_err(|_| "its regular expression is not valid or too large".to_owned())?;
    let text = String::from_utf8_lossy(&bytes);
    if regex.is_match(&text) { Ok(()) } else { Err(format!("{path} does not match")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gate_needs_a_file_inside_the_work_tree_with_something_in_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let (root, outside) = (dir.path().join("tree"), dir.path().join("secret"));
        std::fs::create_dir(&root).expect("made");
        std::fs::write(&outside, "x").expect("written");
        std::os::unix::fs::symlink(&outside, root.join("link")).expect("linked");
        std::fs::write(root.join("empty"), "").expect("written");
        std::fs::write(root.join("full"), "title\n# x\n").expect("written");
        assert_eq!(non_empty(&root, "full"), Ok(()));
        let absolute = outside.to_string_lossy().into_owned();
        for (path, reason) in [
            ("empty", "empty is empty"),
            ("none", "none does not exist"),
            ("link", "link is outside the work tree"),
            ("../secret", "../secret is outside the work tree"),
            (".", ". is not a file"),
            (&absolute, &format!("{absolute} is outside the work tree")),
        ] {
            assert_eq!(non_empty(&root, path), Err(reason.to_owned()));
        }
        assert_eq!(matches(&root, "full", "^# "), Ok(()));
        assert_eq!(matches(&root, "full", "^## "), Err("full does not match".to_owned()));
        assert!(
            matches(&root, "full", "(((a{100}){100}){100})").expect_err("too large").contains("too large")
        );
        std::fs::write(root.join("large"), vec![b'x'; 1 << 21]).expect("written");
        assert!(matches(&root, "large", "x").expect_err("too large").contains("1 MiB"));
    }

    #[test]
    fn a_script_outside_its_folder_is_not_run() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("skill");
        std::fs::create_dir(&folder).expect("made");
        std::fs::write(dir.path().join("evil.sh"), "").expect("written");
        std::os::unix::fs::symlink("../evil.sh", folder.join("link.sh")).expect("linked");
        for path in ["../evil.sh", "/bin/sh", "link.sh"] {
            assert_eq!(script(&folder, Path::new(path)), None, "{path}");
        }
        assert_eq!(script(&folder, Path::new("./run.sh")), Some(folder.join("./run.sh")));
    }
}
