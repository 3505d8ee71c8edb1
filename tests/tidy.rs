//! Holds the house to its plan: floors, sizes, and who may do what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rooms by floor. Imports run downwards only; rooms on one floor never import each other.
const FLOORS: &[(usize, &[&str])] = &[
    (6, &["main", "lib", "cli"]),
    (5, &["commands"]),
    (4, &["ui", "hook", "mcp"]),
    (3, &["research", "plan", "execute", "learn", "check", "report", "marketplace"]),
    (2, &["store"]),
    (1, &["git"]),
    (0, &["model", "host"]),
];

/// A file past this many lines is two files.
const LONGEST: usize = 500;

/// What only some rooms may do: the words that give it away, and who may.
const PRIVILEGES: &[(&str, &[&str], &[&str])] = &[
    ("start a process", &["Command::new", "process::Command", "CommandWrap"], &["git", "execute"]),
    ("touch gix", &["gix::", "gix_"], &["git"]),
    ("read the clock", &["SystemTime", "Instant::now", "Utc::now", "Local::now"], &["host"]),
    ("read the environment", &["env::var", "env::temp_dir", "env::current_dir", "env::set_"], &["host"]),
    ("make randomness", &["getrandom", "RandomState", "thread_rng"], &["host"]),
    // The system's mathematics is a library of its own, and to load it takes 2 to 3 % of a record's time.
    // Nor does it say the same on every system, by which plans would differ.
    ("link libm", &[".ln()", ".log2()", ".log10()", ".exp()", ".exp2()", ".powf("], &[]),
    ("print", &["println!", "eprintln!", "print!(", "io::stdout", "io::stderr", "anstream::"], &["ui"]),
];

/// A name that says nothing about what a file owns.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "misc"];

struct Source {
    /// Relative to `src`.
    path: PathBuf,
    room: String,
    /// Without the unit tests at its end.
    code: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    assert!(sources.len() > 50, "the house has only {} files: is this its place?", sources.len());
    sources
}

fn collect(root: &Path, dir: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(dir).expect("a folder of the house") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(root, &path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            let path = path.strip_prefix(root).expect("below src").to_path_buf();
            let first = path.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
            let room = first.trim_end_matches(".rs").to_owned();
            let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            sources.push(Source { path, room, code, text });
        }
    }
}

fn floor(room: &str) -> usize {
    let found = FLOORS.iter().find(|(_, rooms)| rooms.contains(&room));
    found.unwrap_or_else(|| panic!("{room} is on no floor")).0
}

/// Rooms that a file names by `crate::room`, also in `use crate::{a, b}`.
fn imports(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for after in code.split("crate::").skip(1) {
        let listed = after.strip_prefix('{').and_then(|list| list.split('}').next());
        let name = |text: &str| {
            text.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned()
        };
        match listed {
            Some(list) => rooms.extend(list.split(',').map(name)),
            None => rooms.push(name(after)),
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

#[test]
fn imports_run_downwards_and_never_across_a_floor() {
    let mut wrong = Vec::new();
    for source in sources() {
        for room in imports(&source.code) {
            if room != source.room && floor(&room) >= floor(&source.room) {
                wrong.push(format!("{} imports {room}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports must run downwards:\n{}", wrong.join("\n"));
}

#[test]
fn what_decides_never_sees_git() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|it| ["plan", "learn", "check"].contains(&it.room.as_str())) {
        if imports(&source.code).iter().any(|room| room == "git") {
            wrong.push(source.path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "these decide, and import git:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_promises_and_stays_small() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if !source.text.starts_with("//! ") {
            wrong.push(format!("{} does not open with //!", source.path.display()));
        }
        if lines > LONGEST {
            wrong.push(format!("{} has {lines} lines: it is two files", source.path.display()));
        }
        let stem = source.path.file_stem().expect("a name").to_string_lossy().into_owned();
        if EMPTY_NAMES.contains(&stem.as_str()) {
            wrong.push(format!("{} is not named for what it owns", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_those_who_may_start_print_or_read_the_clock() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (what, words, rooms) in PRIVILEGES {
            if !rooms.contains(&source.room.as_str())
                && let Some(word) = words.iter().find(|word| source.code.contains(**word))
            {
                wrong.push(format!("{} may not {what} ({word})", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_to_do_or_allowed_without_a_reason() {
    let mut wrong = Vec::new();
    for source in sources() {
        for word in ["todo!(", "unimplemented!(", "dbg!(", "#[allow(", "#![allow("] {
            if source.text.contains(word) {
                wrong.push(format!("{} says {word}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_of_one_room_do_not_import_each_other_in_circles() {
    let mut edges = BTreeMap::<PathBuf, Vec<PathBuf>>::new();
    let all = sources();
    for source in &all {
        let dir = source.path.parent().expect("a folder");
        let siblings = source.code.lines().filter_map(|line| line.trim().strip_prefix("use super::"));
        let files = siblings.filter_map(|rest| {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            Some(dir.join(format!("{name}.rs"))).filter(|file| all.iter().any(|it| it.path == *file))
        });
        edges.insert(source.path.clone(), files.collect());
    }
    for start in edges.keys() {
        let mut open: Vec<(PathBuf, Vec<PathBuf>)> = vec![(start.clone(), vec![start.clone()])];
        let mut seen = Vec::new();
        while let Some((file, way)) = open.pop() {
            for next in edges.get(&file).into_iter().flatten() {
                assert!(next != start, "a circle: {way:?} -> {}", next.display());
                if !seen.contains(next) {
                    seen.push(next.clone());
                    open.push((next.clone(), [way.clone(), vec![next.clone()]].concat()));
                }
            }
        }
    }
}
