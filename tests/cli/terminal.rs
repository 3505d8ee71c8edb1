//! Text of others never reaches a terminal as it is: it can't move the cursor, write to the clipboard,
//! show a link, or hide what it says.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::support::{Ran, TestRepo, piped};

/// Colours, a link, the clipboard, a bell, a carriage return, a backspace, marks of direction, what has no
/// width, the one-byte form of an escape sequence, a line's end.
const HOSTILE: &str = "a\u{1b}[38;5;196mb\u{1b}]8;;https://evil.example\u{7}c\u{1b}]8;;\u{7}\u{1b}]52;c;ZXZpbA==\u{7}\r\u{8}\
                       \u{202e}d\u{2066}\u{200b}\u{200f}e\u{9b}31mf\u{feff}\u{2028}g\u{e0041}\u{85}\nh";
/// The same without what git forbids in the name of a ref or a remote.
const NAMED: &str = "a\u{202e}b\u{200b}\u{9b}c\u{2066}";

/// What the program writes itself where colours are wanted.
const STYLES: &[&str] =
    &["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m", "\u{1b}[0m"];

fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n')
        || "\u{ad}\u{61c}\u{feff}".contains(c)
        || ('\u{200b}'..='\u{200f}').contains(&c)
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2060}'..='\u{206f}').contains(&c)
        || ('\u{e0000}'..='\u{e007f}').contains(&c)
}

fn assert_harmless(what: &[&str], ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let plain = STYLES.iter().fold(text.clone(), |text, style| text.replace(style, ""));
        let found = plain.find(is_harmful).map(|at| plain[at..].chars().take(40).collect::<String>());
        assert_eq!(found, None, "{what:?} said {plain:?}");
    }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("text")
}

/// A repository in which everything that can come from elsewhere is hostile.
fn hostile() -> TestRepo {
    let text = json(HOSTILE);
    let repo = TestRepo::new().with_variable("CLICOLOR_FORCE", "1").with_variable("GIT_TERMINAL_PROMPT", "0");
    let repo = repo.file("a.txt", "one\n").file(&HOSTILE.replace('/', "_"), "x").commit(HOSTILE);
    marketplace(&repo);
    // Nothing hidden is taken in the name of a component; a note that somebody wrote by hand may have it.
    let hidden = json("market/plug\u{202e}\u{200b}in/skill/x\u{2066}");
    let visible = json("market/plugin/skill/x");
    let record = |component: &str, outcome: &str| {
        format!(
            r#"{{"request":{text},"steps":[{{"component":{component},"id":{text},"needs":[{text}],"runner":{text},"model":{text},"outcome":"{outcome}","gates":[{{"name":{text},"before":false}}],"error":{text},"fix":{text},"writes":[{text}],{text}:{text}}}],"outcome":"{outcome}",{text}:{text}}}"#
        )
    };
    for outcome in ["passed", "failed"] {
        let ran = repo.orchestrate_with(["record"], &record(&visible, outcome));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    repo.orchestrate_with(["record", "--spool"], &record(&visible, "passed")).code(0);
    let by_hand = [format!("{{\"{HOSTILE}"), record(&hidden, "passed")];
    by_hand.iter().for_each(|line| drop(repo.git(["notes", "--ref=orchestrate", "append", "-m", line])));
    library(&repo);
    repo.git(["branch", &format!("learning/{NAMED}")]);
    repo
}

/// A marketplace whose every text is hostile, added.
fn marketplace(repo: &TestRepo) {
    let root = repo.root().join("market");
    let skill = root.join("tools/skills/x");
    std::fs::create_dir_all(root.join(".claude-plugin")).expect("made");
    std::fs::create_dir_all(&skill).expect("made");
    let text = json(HOSTILE);
    let manifest = format!(
        r#"{{"name":"market","owner":{{"name":{text}}},"description":{text},"plugins":[{{"name":"tools","source":"./tools","description":{text},"category":{text},"tags":[{text}]}},{{"name":{text},"source":{text}}}]}}"#
    );
    std::fs::write(root.join(".claude-plugin/marketplace.json"), manifest).expect("written");
    let front = format!(
        "---\nname: {text}\ndescription: {}\nmetadata:\n  orchestrate:\n    runner: shell\n    script: run.sh\n    outputs: [{text}]\n    gates:\n      - {{name: {text}, file: \"a.txt\"}}\n---\n{HOSTILE}\n",
        json(&format!("Writes a greeting. {HOSTILE}"))
    );
    std::fs::write(skill.join("SKILL.md"), front).expect("written");
    std::fs::write(skill.join("run.sh"), "#!/bin/sh\nexit 1\n").expect("written");
    let other = root.join("tools/skills").join(HOSTILE.replace('/', "_"));
    std::fs::create_dir_all(&other).expect("made");
    std::fs::write(other.join("SKILL.md"), format!("---\nname: [{HOSTILE}\n---\n")).expect("written");
    repo.orchestrate(["marketplace", "add", root.to_str().expect("UTF-8")]).code(0);
}

/// A library with files that nobody of good will writes, on the learning ref.
fn library(repo: &TestRepo) {
    repo.orchestrate(["merge"]);
    let broken = piped(repo.command("git").args(["hash-object", "-w", "--stdin"]), HOSTILE);
    let folder = piped(
        repo.command("git").args(["mktree", "-z"]),
        &format!("100644 blob {broken}\t{}.toml\0", HOSTILE.replace('/', "_")),
    );
    let patterns = piped(repo.command("git").args(["mktree"]), &format!("040000 tree {folder}\tlearned\n"));
    let tree = repo.git(["ls-tree", "refs/orchestrate/learning"]);
    let others: String =
        tree.lines().filter(|line| !line.ends_with("\tpatterns")).map(|line| format!("{line}\n")).collect();
    let tree =
        piped(repo.command("git").args(["mktree"]), &format!("{others}040000 tree {patterns}\tpatterns\n"));
    let commit = repo.git(["commit-tree", "-m", HOSTILE, "-p", "refs/orchestrate/learning", &tree]);
    repo.git(["update-ref", "refs/orchestrate/learning", &commit]);
}

const VERBS: &[&[&str]] = &[
    &["status"],
    &["log"],
    &["log", "--commits"],
    &["show"],
    &["show", "HEAD"],
    &["patterns"],
    &["check"],
    &["settings"],
    &["marketplace", "list"],
    &["analyze"],
    &["analyze", "--diagnostics"],
    &["catalog", "search", "greeting"],
    &["plan", "write a greeting"],
    &["run", "write a greeting", "--yes"],
    &["run", "write a greeting", "--yes", "--base", "HEAD"],
    &["hooks", "status"],
    &["reconcile"],
    &["sync", "--dry-run"],
    &["sync", "--push", "--yes"],
    &["drain"],
    &["merge"],
    &["record", "--file", "nowhere"],
];

fn run(repo: &TestRepo, verb: &[&str]) -> Ran {
    Ran::of(&repo.program().args(verb).stdin(Stdio::null()).output().expect("it starts"))
}

#[test]
fn no_verb_shows_what_others_wrote_as_it_is() {
    let repo = hostile();
    let mut said = 0;
    for verb in VERBS {
        let ran = run(&repo, verb);
        assert_harmless(verb, &ran);
        said += usize::from(ran.stdout.contains("38;5;196m") || ran.stderr.contains("38;5;196m"));
    }
    assert!(said >= 8, "only {said} verbs showed any of it: is anything tested?");
}

#[test]
fn programs_get_every_character_as_json_escapes() {
    let repo = hostile();
    let mut kept = 0;
    for verb in VERBS.iter().filter(|verb| !["drain", "merge"].contains(&verb[0])) {
        let verb = [*verb, &["--json"]].concat();
        let ran = run(&repo, &verb);
        assert_harmless(&verb, &ran);
        for line in ran.stdout.lines() {
            let value: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{verb:?}: {error}: {line}"));
            kept += usize::from(value.to_string().contains("\u{202e}"));
        }
    }
    assert!(kept >= 3, "only {kept} lines kept the text");
}

#[test]
fn what_a_remote_says_is_not_shown_as_it_is() {
    let repo = hostile();
    let remote = repo.root().join("remote.git");
    repo.git(["init", "-q", "--bare", remote.to_str().expect("UTF-8")]);
    let hook = remote.join("hooks/pre-receive");
    std::fs::create_dir_all(remote.join("hooks")).expect("made");
    let say = format!("#!/bin/sh\ncat >&2 <<'EOF'\n{HOSTILE}\nEOF\nexit 1\n");
    std::fs::write(&hook, &say).expect("written");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("set");
    // The library that nobody of good will wrote would be refused before anything is sent.
    repo.git(["update-ref", "-d", "refs/orchestrate/learning"]);
    repo.git(["remote", "add", "origin", remote.to_str().expect("UTF-8")]);
    let ran = run(&repo, &["sync", "--push", "--yes"]);
    assert_harmless(&["sync"], &ran);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);

    let ssh = repo.root().join("ssh");
    std::fs::write(&ssh, say).expect("written");
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).expect("set");
    let repo = repo.with_variable("GIT_SSH_COMMAND", ssh.to_str().expect("UTF-8"));
    repo.git(["config", "--replace-all", "remote.origin.url", "ssh://evil.example/x"]);
    for verb in [&["sync"][..], &["sync", "--json"], &["init"]] {
        let ran = run(&repo, verb);
        assert_harmless(verb, &ran);
        assert!(ran.stderr.contains("38;5;196m"), "{verb:?}: {}", ran.stderr);
    }
    repo.git(["config", &format!("remote.{NAMED}.url"), &format!("ssh://evil.example/{NAMED}")]);
    repo.git(["update-ref", &format!("refs/orchestrate/remotes/{NAMED}/notes"), "refs/notes/orchestrate"]);
    for verb in [&["sync", NAMED][..], &["sync", NAMED, "--dry-run"], &["status"]] {
        assert_harmless(verb, &run(&repo, verb));
    }
}

#[test]
fn a_push_with_our_hook_shows_nothing_of_a_remote_as_it_is() {
    let repo = hostile().with_program_on_path();
    let remote = repo.root().join("remote.git");
    repo.git(["init", "-q", "--bare", remote.to_str().expect("UTF-8")]);
    repo.git(["remote", "add", "origin", remote.to_str().expect("UTF-8")]);
    repo.orchestrate(["hooks", "install"]);
    let push = repo.command("git").args(["push", "-q", "origin", "HEAD"]).output().expect("git starts");
    assert_harmless(&["push"], &Ran::of(&push));
    assert!(push.status.success());
}
