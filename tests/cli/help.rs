//! Help of every verb, and the commands that help and documents show: all of them are run.

use assert_cmd::cargo::cargo_bin;
use std::path::Path;

use crate::support::{Ran, TestRepo};

/// Every verb and subverb, found by walking through help.
fn verbs() -> Vec<Vec<String>> {
    let repo = TestRepo::nowhere();
    let mut found = vec![Vec::new()];
    let mut next = 0;
    while let Some(verb) = found.get(next).cloned() {
        let help = help(&repo, &verb).stdout;
        let commands = help.split("\nCommands:\n").nth(1).unwrap_or_default();
        let listed = commands.lines().take_while(|line| line.starts_with("  "));
        let names =
            listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
        found.extend(
            names.filter(|name| *name != "help").map(|name| [verb.clone(), vec![name.to_owned()]].concat()),
        );
        next += 1;
    }
    found
}

fn help(repo: &TestRepo, verb: &[String]) -> Ran {
    Ran::of(&repo.program().args(verb).arg("--help").env("COLUMNS", "80").output().expect("it starts"))
        .code(0)
}

/// A repository in which every example makes sense.
fn prepared() -> TestRepo {
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start").starter();
    let program = cargo_bin!("git-orchestrate");
    let path = format!(
        "{}:{}",
        program.parent().expect("a folder").display(),
        std::env::var("PATH").expect("a PATH")
    );
    let licence = r#"{"request":"add a licence","steps":[{"component":"starter/licence/skill/licence","outcome":"passed"}],"outcome":"passed"}"#;
    let remote = repo.root().join("remote.git").display().to_string();
    repo.git(["init", "-q", "--bare", &remote]);
    repo.git(["remote", "add", "origin", &remote]);
    repo.record(licence).with_variable("PATH", &path)
}

fn assert_runs(repo: &TestRepo, line: &str) {
    let ended = repo.command("sh").args(["-c", line]).output().expect("starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{line}: {}\n{stdout}{stderr}", ended.status);
}

/// The commands of an example; a line that is indented further belongs to the one before.
fn commands(example: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in example.lines().take_while(|line| line.starts_with("  ")) {
        match commands.last_mut() {
            Some(command) if line.starts_with("   ") => *command = format!("{command}\n{line}"),
            _ => commands.push(line.trim().to_owned()),
        }
    }
    assert!(
        commands.iter().all(|it| it.starts_with("git orchestrate ") || it.starts_with("echo ")),
        "{example}"
    );
    commands
}

#[test]
fn every_verb_shows_an_example_that_works_and_fits_a_terminal() {
    let verbs = verbs();
    assert!(verbs.len() > 15, "{verbs:?}");
    for verb in verbs {
        let shown = help(&TestRepo::nowhere(), &verb).stdout;
        let name = verb.join(" ");
        assert!(shown.contains("--json"), "{name} has no --json");
        let example = shown.split("\nExample:\n").nth(1);
        let example = example.unwrap_or_else(|| panic!("{name} has no example:\n{shown}"));
        let commands = commands(example);
        assert!(!commands.is_empty(), "{name} shows no command:\n{shown}");
        let repo = prepared();
        for command in &commands {
            assert_runs(&repo, command);
        }
        for line in shown.lines() {
            assert!(line.chars().count() <= 80, "{name}: this line is too long: {line}");
        }
    }
}

#[test]
fn the_short_help_fits_a_screen() {
    let repo = TestRepo::nowhere();
    for verb in verbs().iter().filter(|verb| !verb.is_empty()) {
        let short = Ran::of(&repo.program().args(verb).arg("-h").output().expect("it starts")).code(0).stdout;
        assert!(short.lines().count() <= 40, "{}:\n{short}", verb.join(" "));
    }
}

/// The commands of a document's `sh` blocks, one list a block.
fn blocks(text: &str) -> Vec<Vec<String>> {
    let mut blocks = Vec::new();
    for block in text.split("\n```sh\n").skip(1) {
        let lines = block.lines().take_while(|line| *line != "```");
        let plain = lines.map(|line| line.strip_prefix("$ ").unwrap_or(line).to_owned());
        let runs_here = |line: &String| line.starts_with("git ") || line.starts_with("echo ");
        blocks.push(plain.filter(runs_here).collect());
    }
    blocks
}

#[test]
fn the_commands_of_the_documents_work() {
    for name in ["README.md", "ARCHITECTURE.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        // A document that is not there shows nothing that could be wrong.
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let repo = prepared();
        for command in blocks(&text).concat() {
            assert_runs(&repo, &command);
        }
    }
}
