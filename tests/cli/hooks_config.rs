//! Hooks in configuration, for git 2.54 and newer. An older git plays the newer one: it says another
//! version, and what the newer one would run is run as it does.

use insta::assert_snapshot;

use crate::hooks_scene::{GITS, Scene, listing, skip};

/// The machine's git, which says that it is a newer one.
fn newer_git() -> Scene {
    let scene = Scene::new();
    scene.git_that_says("2.54.1");
    scene
}

/// Runs the configured hook as git 2.54 does: by a shell, with the arguments behind the command.
fn call(scene: &Scene, event: &str, arguments: &str, input: &str) -> Option<i32> {
    let command = scene.repo.git(["config", &format!("hook.orchestrate-{event}.command")]);
    let line = if arguments.is_empty() { command.clone() } else { format!("{command} \"$@\"") };
    let mut shell = scene.repo.command("sh");
    shell.args(["-c", &line, &command]).args(arguments.split_whitespace());
    let mut child = shell.stdin(std::process::Stdio::piped()).spawn().expect("starts");
    let mut pipe = child.stdin.take().expect("piped");
    drop(std::io::Write::write_all(&mut pipe, input.as_bytes()));
    drop(pipe);
    child.wait().expect("ends").code()
}

#[test]
fn a_newer_git_gets_configuration_and_no_file_is_touched() {
    let scene = newer_git();
    scene.repo.write(".husky/_/pre-push", "x");
    scene.repo.git(["config", "core.hooksPath", ".husky/_"]);
    let before = scene.listing();
    assert_snapshot!(scene.hooks("install").code(0).screen(), @"
    3 hooks installed
    EVENT         CHANGE  FILE
    post-commit   made    .git/orchestrate/config
    post-rewrite  made    .git/orchestrate/config
    pre-push      made    .git/orchestrate/config
    ");
    assert_snapshot!(scene.repo.read(".git/orchestrate/config"), @r#"
    # >>> git-orchestrate >>> v2 made; `git orchestrate hooks uninstall` removes this
    [hook "orchestrate-post-commit"]
    	event = post-commit
    	command = "orchestrate() { ! command -v git-orchestrate >/dev/null 2>&1 || git-orchestrate hook post-commit \"$@\" || :; }; orchestrate"
    [hook "orchestrate-post-rewrite"]
    	event = post-rewrite
    	command = "orchestrate() { ! command -v git-orchestrate >/dev/null 2>&1 || git-orchestrate hook post-rewrite \"$@\" || :; }; orchestrate"
    [hook "orchestrate-pre-push"]
    	event = pre-push
    	command = "orchestrate() { ! command -v git-orchestrate >/dev/null 2>&1 || git-orchestrate hook pre-push \"$@\" || [ $? -ne 93 ]; }; orchestrate"
    # <<< git-orchestrate <<<
    "#);
    assert!(scene.hooks("install").code(0).stdout.contains("kept"));
    assert_snapshot!(scene.hooks("status").code(0).screen(), @"
    3 of 3 hooks installed
    post-commit   .git/orchestrate/config (configuration)
    post-rewrite  .git/orchestrate/config (configuration)
    pre-push      .git/orchestrate/config (configuration)
    amend, rebase keep records by the post-rewrite hook; notes.rewriteRef is not set
    ");
    assert_eq!(scene.repo.git(["config", "hook.orchestrate-pre-push.event"]), "pre-push");
    assert_eq!(listing(&scene.repo.path().join(".git/hooks")).len(), hooks_in(&before));
    assert_snapshot!(scene.hooks("uninstall").code(0).screen(), @"
    Took the hooks out of 1 file
    deleted  .git/orchestrate/config
    ");
    assert_eq!(scene.listing(), before);
}

fn hooks_in(listing: &crate::hooks_scene::Listing) -> usize {
    listing.keys().filter(|path| path.to_string_lossy().contains("/.git/hooks/")).count()
}

#[test]
fn what_is_configured_calls_the_program_and_breaks_nothing() {
    let scene = newer_git();
    scene.hooks("install").code(0);
    assert_eq!(call(&scene, "post-commit", "", ""), Some(0));
    assert_eq!(call(&scene, "post-rewrite", "amend", "one two\n"), Some(0));
    assert_eq!(call(&scene, "pre-push", "origin url", "a b c d\n"), Some(0));
    let calls = [
        "> hook post-commit",
        "> hook post-rewrite amend",
        "one two",
        "> hook pre-push origin url",
        "a b c d",
    ];
    assert_eq!(scene.calls(), calls);
    for (ending, code) in [("exit 2", 0), ("exit 101", 0), ("kill -9 $$", 0), ("exit 1", 0), ("exit 93", 1)] {
        scene.program(ending);
        assert_eq!(call(&scene, "pre-push", "origin url", ""), Some(code), "{ending}");
        assert_eq!(call(&scene, "post-rewrite", "amend", ""), Some(0), "{ending}");
    }
    scene.no_program();
    assert_eq!(call(&scene, "pre-push", "origin url", ""), Some(0));
}

#[test]
fn a_configuration_without_a_last_newline_is_as_it_was() {
    let scene = newer_git();
    let config = scene.repo.read(".git/config");
    scene.repo.write(".git/config", config.trim_end());
    let before = scene.listing();
    scene.hooks("install").code(0);
    scene.hooks("uninstall").code(0);
    assert_eq!(scene.listing(), before);
}

#[test]
fn what_others_keep_in_our_file_stays_included() {
    let scene = newer_git();
    scene.repo.write(".git/orchestrate/config", "[alias]\n\tst = status");
    scene.repo.git(["config", "include.path", "orchestrate/config"]);
    let before = scene.repo.read(".git/config");
    scene.hooks("install").code(0);
    scene.hooks("status").code(0);
    scene.hooks("uninstall").code(0);
    assert_eq!(scene.repo.read(".git/config"), before);
    assert_eq!(scene.repo.read(".git/orchestrate/config"), "[alias]\n\tst = status");
}

#[test]
fn an_older_git_ignores_configuration_and_gets_blocks_instead() {
    let scene = newer_git();
    scene.hooks("install").code(0);
    scene.git_that_says("2.47.3");
    let status = scene.hooks("status").code(1);
    assert!(status.stderr.contains("does not know such hooks"), "{}", status.stderr);
    scene.hooks("install").code(0);
    scene.hooks("status").code(0);
    assert!(!scene.repo.path().join(".git/orchestrate/config").exists());
    assert!(!scene.repo.read(".git/config").contains("include"));
}

#[test]
fn blocks_and_configuration_at_once_are_named_and_become_one() {
    let scene = newer_git();
    scene.hooks("install").code(0);
    let config = scene.repo.read(".git/orchestrate/config");
    scene.hooks("uninstall").code(0);
    scene.git_that_says("2.47.3");
    scene.hooks("install").code(0);
    scene.git_that_says("2.54.1");
    scene.repo.write(".git/orchestrate/config", &config);
    scene.repo.git(["config", "include.path", "orchestrate/config"]);
    let status = scene.hooks("status").code(1);
    assert!(status.stderr.contains("pre-push is installed 2 times"), "{}", status.stderr);
    scene.hooks("install").code(0);
    assert_eq!(scene.hooks("status").code(0).stdout.matches("(configuration)").count(), 3);
    assert!(!scene.repo.path().join(".git/hooks/pre-push").exists());
}

#[test]
fn an_include_that_leads_nowhere_is_named() {
    let scene = newer_git();
    scene.hooks("install").code(0);
    let file = scene.repo.path().join(".git/orchestrate/config");
    let config = std::fs::read_to_string(&file).expect("there");
    std::fs::remove_file(&file).expect("there");
    let status = scene.hooks("status").code(1);
    assert!(status.stderr.contains("which is not there"), "{}", status.stderr);
    scene.repo.write(".git/orchestrate/config", &config);
    scene.repo.git(["config", "--unset", "include.path"]);
    let status = scene.hooks("status").code(1);
    assert!(status.stderr.contains("does not include it"), "{}", status.stderr);
    scene.hooks("install").code(0);
    scene.repo.git(["config", "hook.orchestrate-pre-push.enabled", "false"]);
    let status = scene.hooks("status").code(1);
    assert!(status.stderr.contains("hook.orchestrate-pre-push.enabled is false"), "{}", status.stderr);
}

#[test]
fn a_git_that_really_is_newer_calls_what_is_configured() {
    let scenes = GITS.into_iter().filter_map(Scene::with_git).chain([Scene::on_path()]);
    let newer: Vec<Scene> = scenes.filter(Scene::is_newer_git).collect();
    if newer.is_empty() {
        skip("git 2.54");
    }
    for scene in newer {
        scene.hook("pre-push", "#!/bin/sh\ncat >>told\n");
        let before = scene.listing();
        scene.hooks("install").code(0);
        scene.hooks("status").code(0);
        scene.commit().code(0);
        assert_eq!(scene.calls(), ["> hook post-commit"]);
        scene.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "better"]).code(0);
        assert_eq!(scene.calls(), ["> hook post-commit", "> hook post-rewrite amend", "OID OID"]);
        scene.push("one").code(0);
        let pushed = ["> hook pre-push origin REMOTE", "refs/heads/main OID refs/heads/one OID"];
        assert_eq!(scene.calls(), pushed);
        assert_eq!(scene.repo.read("told").lines().count(), 1);
        scene.no_program();
        scene.push("two").code(0);
        scene.hooks("uninstall").code(0);
        let config = |listing: crate::hooks_scene::Listing| {
            listing.into_iter().filter(|(path, _)| path.ends_with(".git/config")).collect::<Vec<_>>()
        };
        assert_eq!(config(scene.listing()), config(before));
    }
}
