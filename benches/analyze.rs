//! `analyze` over real marketplaces, or over 50,000 components that it makes up.
//!
//!     ORCHESTRATE_CORPORA=FOLDER:FOLDER cargo bench --bench analyze
//!     cargo bench --bench analyze
//!
//! Whole processes, medians. Files are in the system's cache: nothing here can drop it. Peak memory is
//! what Linux says of the process while it runs. Of every Markdown file below the folders that opens
//! with fields between `---`, loaded by a manifest or not, it is counted how many were recovered.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use measure::{median, millis, timed};
use serde_json::Value;

const RUNS: usize = 5;
const PLUGINS: usize = 1_000;
const OF_EACH: [(&str, usize); 3] = [("agents", 10), ("commands", 15), ("skills", 25)];
/// Plugins have at most so many documents.
const MOST: usize = 5_000;

fn main() -> io::Result<()> {
    let temporary = tempfile::tempdir()?;
    let corpora: Vec<PathBuf> = match env::var_os("ORCHESTRATE_CORPORA") {
        Some(folders) => env::split_paths(&folders).collect(),
        None => {
            let start = Instant::now();
            let root = temporary.path().join("synthetic");
            generate(&root)?;
            println!("made up {} components in {:.1} s", components(), start.elapsed().as_secs_f64());
            vec![root]
        }
    };
    let repo = repository(&temporary.path().join("repo"))?;
    for corpus in &corpora {
        timed(program(&repo).args(["marketplace", "add"]).arg(corpus));
    }
    let runs: Vec<_> = (0..RUNS).map(|_| watched(program(&repo).args(["analyze", "--json"]))).collect();
    let (mut times, peaks): (Vec<Duration>, Vec<Option<u64>>) = runs.into_iter().unzip();
    let goal = if corpora.len() > 1 { "1,500 ms, 150 MiB" } else { "50,000 components: 20,000 ms" };
    let middle = median(&mut times);
    println!("analyze, {RUNS} runs:");
    println!("  median {:.0} ms, worst {:.0} ms (goal: {goal})", millis(middle), millis(times[RUNS - 1]));
    match peaks.into_iter().flatten().max() {
        Some(kib) => println!("  peak memory {:.0} MiB", kib as f64 / 1024.0),
        None => println!("  peak memory: not known on this system"),
    }
    for listing in analyze(&repo).as_array().into_iter().flatten() {
        let summary = &listing["summary"];
        println!("  {}: {}, hooks {}", listing["name"], summary["components"], summary["hooks"]);
        println!("    plugins {}, diagnostics {}", summary["plugins"], summary["diagnostics"]);
    }
    recovered(&corpora, temporary.path())
}

/// Copies every document with frontmatter to where it is read as an agent, and counts what came of it.
fn recovered(corpora: &[PathBuf], temporary: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    corpora.iter().try_for_each(|corpus| documents(corpus, &mut files))?;
    let root = temporary.join("documents");
    for (number, file) in files.iter().enumerate() {
        let agents = root.join(format!("p{}/agents", number / MOST));
        fs::create_dir_all(&agents)?;
        fs::copy(file, agents.join(format!("{number}.md")))?;
    }
    let repo = repository(&temporary.join("second"))?;
    timed(program(&repo).args(["marketplace", "add"]).arg(&root));
    let json = analyze(&repo);
    let front = |key: &str| json[0]["summary"]["frontmatter"][key].as_u64().unwrap_or(0);
    let (present, repaired, lost) = (front("present"), front("repaired"), front("lost"));
    let all = files.len() as u64;
    println!("frontmatter of all {all} documents that have any:");
    println!(
        "  recovered {} ({:.2} %, goal: at least 99.9 %), of these line by line {repaired}",
        present - lost,
        100.0 * (present - lost) as f64 / all as f64
    );
    Ok(())
}

/// Markdown files that open with `---` and have a line `key:` before the next `---`.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let kind = fs::symlink_metadata(&path)?;
        if kind.is_dir() {
            documents(&path, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|it| it.eq_ignore_ascii_case("md")) {
            let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            if has_fields(text.trim_start_matches('\u{feff}')) {
                found.push(path);
            }
        }
    }
    Ok(())
}

fn has_fields(text: &str) -> bool {
    let mut lines = text.lines();
    let opens = lines.next().is_some_and(|line| line.trim_end() == "---");
    let is_field = |line: &str| {
        let key = line.split_once(':').map_or("", |(key, _)| key);
        key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    opens && lines.take_while(|line| line.trim_end() != "---").any(is_field)
}

fn components() -> usize {
    PLUGINS * OF_EACH.iter().map(|(_, number)| number).sum::<usize>()
}

/// A marketplace as people write them: every tenth text is no valid YAML, every seventh has no
/// frontmatter, skills bring a script.
fn generate(root: &Path) -> io::Result<()> {
    let mut entries = Vec::new();
    for plugin in 0..PLUGINS {
        let folder = root.join(format!("plugins/p{plugin}"));
        fs::create_dir_all(folder.join(".claude-plugin"))?;
        let own = format!(r#"{{"name":"p{plugin}","description":"Plugin number {plugin}"}}"#);
        fs::write(folder.join(".claude-plugin/plugin.json"), own)?;
        for (kind, number) in OF_EACH {
            for n in 0..number {
                let text = document(plugin * 50 + n, kind);
                if kind == "skills" {
                    let skill = folder.join(format!("skills/s{n}"));
                    fs::create_dir_all(&skill)?;
                    fs::write(skill.join("run.sh"), "#!/bin/sh\nexit 0\n")?;
                    fs::write(skill.join("SKILL.md"), text)?;
                } else {
                    fs::create_dir_all(folder.join(kind))?;
                    fs::write(folder.join(kind).join(format!("d{n}.md")), text)?;
                }
            }
        }
        entries.push(format!(r#"{{"name":"p{plugin}","source":"./plugins/p{plugin}"}}"#));
    }
    fs::create_dir_all(root.join(".claude-plugin"))?;
    let manifest = format!(r#"{{"name":"synthetic","plugins":[{}]}}"#, entries.join(","));
    fs::write(root.join(".claude-plugin/marketplace.json"), manifest)
}

fn document(seed: usize, kind: &str) -> String {
    const VERBS: [&str; 8] =
        ["Reviews", "Writes", "Tests", "Plans", "Deploys", "Measures", "Explains", "Migrates"];
    const THINGS: [&str; 9] = [
        "a schema",
        "an API",
        "a changelog",
        "a licence",
        "a service",
        "a queue",
        "a page",
        "a report",
        "a key",
    ];
    let (verb, thing) = (VERBS[seed % VERBS.len()], THINGS[seed / 3 % THINGS.len()]);
    let colon = if seed.is_multiple_of(10) { ": always" } else { "" };
    let front = match seed % 7 {
        0 => String::new(),
        _ => format!("---\ndescription: {verb} {thing} for case {seed}{colon}\nmodel: inherit\n---\n"),
    };
    let steps = format!("{verb} {thing}, step by step, and says what it did. ").repeat(30);
    format!("{front}# {verb} {thing} ({kind} {seed})\n\n{steps}\n\n## Output\n\n- `out-{seed}.md`\n")
}

fn analyze(repo: &Path) -> Value {
    let output = program(repo).args(["analyze", "--json"]).output().expect("it starts");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// How long a process took, and the most memory that it had, in KiB.
fn watched(command: &mut Command) -> (Duration, Option<u64>) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("it is ours") {
            break ended;
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).max(most);
        thread::sleep(Duration::from_millis(1));
    };
    let took = start.elapsed();
    assert!(ended.success(), "{command:?} failed");
    (took, most)
}

fn repository(dir: &Path) -> io::Result<PathBuf> {
    fs::create_dir(dir)?;
    timed(command("git", dir).args(["init", "-q"]));
    Ok(dir.to_owned())
}

fn program(dir: &Path) -> Command {
    command(env!("CARGO_BIN_EXE_git-orchestrate"), dir)
}

fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}
