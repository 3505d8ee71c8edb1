//! The hook scripts that people copy.

use crate::support::{TestRepo, execution};

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

#[test]
fn a_push_merges_what_was_learned() {
    let repo = ready_to_push();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_git-orchestrate"));
    let folders = [program.parent().expect("a folder").to_path_buf()];
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&inherited))).expect("joins");
    let pushed =
        repo.command("git").args(["push", "-q", "origin", "main"]).env("PATH", path).status().expect("git");
    assert!(pushed.success());
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
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_git-orchestrate"));
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
