//! The hook scripts that people copy.

use crate::support::{TestRepo, execution};
use assert_cmd::cargo::cargo_bin;

/// A repository with learning to merge, our pre-push hook, and a remote to push to.
fn ready_to_push() -> TestRepo {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    let remote = repo.root().join("remote.git");
    let remote = remote.to_str().expect("UTF-8");
    repo.git(["init", "-q", "--bare", remote]);
    repo.git(["remote", "add", "origin", remote]);
    let hook = concat!(env!("CARGO_MANIFEST_DIR"), "/hooks/pre-push");
    std::fs::copy(hook, repo.path().join(".git/hooks/pre-push")).expect("copied");
    repo
}

/// `git push` with the program on the PATH.
fn push(repo: &TestRepo, arguments: &[&str]) -> std::process::Output {
    let program = cargo_bin!("git-orchestrate");
    let folders = [program.parent().expect("a folder").to_path_buf()];
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&inherited))).expect("joins");
    repo.command("git").args(["push", "-q"]).args(arguments).env("PATH", path).output().expect("git starts")
}

#[test]
fn a_push_merges_what_was_learned() {
    let repo = ready_to_push();
    assert!(push(&repo, &["origin", "main"]).status.success());
    assert_eq!(repo.git(["rev-list", "--count", "--merges", "refs/orchestrate/learning"]), "1");
}

#[test]
fn a_missing_program_never_stops_a_push() {
    let repo = ready_to_push();
    let bin = repo.root().join("bin");
    std::fs::create_dir(&bin).expect("a fresh folder");
    for tool in ["git", "sh", "git-receive-pack", "git-upload-pack"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .map(|dir| dir.join(tool))
            .find(|file| file.is_file());
        if let Some(file) = found {
            std::os::unix::fs::symlink(file, bin.join(tool)).expect("linked");
        }
    }
    let pushed =
        repo.command("git").args(["push", "-q", "origin", "main"]).env("PATH", &bin).output().expect("git");
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
}

#[test]
fn every_script_is_one_line_that_calls_the_program() {
    for event in ["post-commit", "post-rewrite", "pre-push"] {
        let path = format!("{}/hooks/{event}", env!("CARGO_MANIFEST_DIR"));
        let script = std::fs::read_to_string(&path).expect("there");
        let lines: Vec<&str> = script.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), 1, "{script}");
        assert!(lines[0].contains(&format!("git-orchestrate hook {event} \"$@\"")), "{script}");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).expect("there").permissions());
        assert_eq!(mode & 0o111, 0o111, "{event} is executable");
    }
}

#[test]
fn installed_hooks_call_the_program_itself() {
    let program = cargo_bin!("git-orchestrate");
    let path = std::env::var("PATH").expect("a PATH");
    let path = format!("{}:{path}", program.parent().expect("a folder").display());
    let repo = TestRepo::new().with_variable("PATH", &path).commit("start");
    let remote = TestRepo::bare();
    repo.git(["remote", "add", "origin", remote.path().to_str().expect("UTF-8")]);
    repo.git(["orchestrate", "hooks", "install"]);
    let repo = repo.record(&execution("add a", ["a", "b"], "passed"));
    repo.git(["commit", "-q", "--allow-empty", "-m", "more"]);
    repo.git(["commit", "-q", "--allow-empty", "--amend", "-m", "better"]);
    repo.git(["push", "-q", "origin", "main"]);
    assert_eq!(repo.git(["rev-list", "--count", "--merges", "refs/orchestrate/learning"]), "1");
    repo.git(["orchestrate", "hooks", "status"]);
}

#[test]
fn a_push_shares_with_a_remote_that_was_agreed_to() {
    let repo = ready_to_push();
    repo.orchestrate(["sync", "--push", "--yes"]).code(0);
    let repo = repo.record(&execution("add c", ["a", "c"], "passed"));
    assert!(push(&repo, &["origin", "main"]).status.success());
    let remote = repo.root().join("remote.git");
    let there = |name: &str| repo.git(["--git-dir", remote.to_str().expect("UTF-8"), "rev-parse", name]);
    for name in ["refs/notes/orchestrate", "refs/orchestrate/learning"] {
        assert_eq!(there(name), repo.git(["rev-parse", name]), "{name}");
    }
}

#[test]
fn a_push_shares_nothing_that_nobody_agreed_to() {
    let repo = ready_to_push();
    assert!(push(&repo, &["origin", "main"]).status.success());
    let remote = repo.root().join("remote.git");
    let refs =
        repo.git(["--git-dir", remote.to_str().expect("UTF-8"), "for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/heads/main");
}

#[test]
fn a_user_who_pushes_the_notes_themselves_is_not_in_their_own_way() {
    let repo = ready_to_push();
    repo.orchestrate(["sync", "--push", "--yes"]).code(0);
    let repo = repo.record(&execution("add c", ["a", "c"], "passed"));
    let pushed = push(&repo, &["origin", "main", "refs/notes/orchestrate"]);
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
}

#[test]
fn a_remote_that_refuses_is_told_of_once() {
    use std::os::unix::fs::PermissionsExt;
    let repo = ready_to_push();
    repo.orchestrate(["sync", "--push", "--yes"]).code(0);
    let hook = repo.root().join("remote.git/hooks/update");
    std::fs::create_dir_all(repo.root().join("remote.git/hooks")).expect("made");
    let declines = "#!/bin/sh\ncase $1 in refs/heads/*) exit 0;; esac\nexit 1\n";
    std::fs::write(&hook, declines).expect("written");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("set");
    let repo = repo.record(&execution("add c", ["a", "c"], "passed"));
    let said = |branch: &str| {
        let pushed = push(&repo, &["origin", branch]);
        assert!(pushed.status.success());
        String::from_utf8_lossy(&pushed.stderr).matches("git-orchestrate:").count()
    };
    assert_eq!((said("main:one"), said("main:two")), (1, 0));
}

/// A moment; never the answer.
fn wait() -> bool {
    std::thread::sleep(std::time::Duration::from_millis(50));
    false
}

/// An ssh that gets through for the user, and hears nothing where it was told to ask for nothing: it then
/// waits for as long as somebody could still say something.
const SSH: &str = r#"#!/bin/sh
for last; do :; done
case "$*" in
*BatchMode=yes*) echo "$PPID $SSH_ASKPASS_REQUIRE $GIT_ASKPASS $GIT_TERMINAL_PROMPT" >>"$SSH_TOLD"; exec cat >/dev/null;;
esac
eval "exec $last"
"#;

#[test]
fn a_push_leaves_no_git_behind_that_hangs_or_asks_for_a_passphrase() {
    use std::os::unix::fs::PermissionsExt;
    let repo = ready_to_push();
    let (ssh, told) = (repo.root().join("bin/ssh"), repo.root().join("told"));
    std::fs::create_dir(repo.root().join("bin")).expect("made");
    std::fs::write(&ssh, SSH).expect("written");
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).expect("set");
    let program = cargo_bin!("git-orchestrate").parent().expect("a folder");
    let inherited = std::env::var("PATH").expect("a PATH");
    let path = format!("{}:{}:{inherited}", repo.root().join("bin").display(), program.display());
    let repo = repo.with_variable("PATH", &path).with_variable("SSH_TOLD", told.to_str().expect("UTF-8"));
    let url = format!("ssh://host{}", repo.root().join("remote.git").display());
    repo.git(["remote", "set-url", "origin", &url]);
    repo.orchestrate(["sync", "--push", "--yes"]).code(0);
    let repo = repo.record(&execution("add c", ["a", "c"], "passed"));

    let pushed = repo.command("git").args(["push", "-q", "origin", "main"]).output().expect("git starts");
    let said = String::from_utf8_lossy(&pushed.stderr).into_owned();
    assert!(pushed.status.success(), "{said}");
    assert_eq!(said, "git-orchestrate: learning took longer than 5 s; git goes on\n");
    let told = std::fs::read_to_string(&told).expect("our ssh was called");
    let (parent, environment) = told.trim_end().split_once(' ').expect("two words");
    assert_eq!(environment, "never true 0");
    // One that ended and that nobody has asked for yet is a zombie.
    let lives = || {
        let state = repo.command("ps").args(["-o", "stat=", "-p", parent]).output().expect("starts").stdout;
        !state.is_empty() && !state.starts_with(b"Z")
    };
    assert!((0..40).any(|_| !lives() || wait()), "git {parent} lives on");
    // Whoever configured an ssh of their own keeps it as it is.
    repo.git(["config", "core.sshCommand", "ssh -v"]);
    let pushed = repo.command("git").args(["push", "-q", "origin", "main:two"]).output().expect("git starts");
    assert_eq!(String::from_utf8_lossy(&pushed.stderr), "");
}
