//! Installed hooks at work, beside hooks that were there before.

use crate::hooks_scene::{GITS, Scene, listing, set_mode, skip};

/// A pre-push hook that shows all that it can see.
const TELLS: &str =
    "echo \"rest: $# $2\" >>told\nwhile read -r a b c d; do echo \"rest: $a $c $d\" >>told; done\n";

#[test]
fn every_event_reaches_the_program_and_leaves_no_trace_with_each_git() {
    for git in GITS {
        let Some(scene) = Scene::with_git(git) else {
            skip(git);
            continue;
        };
        if scene.is_newer_git() {
            // Tried with its own way of hooks.
            continue;
        }
        let before = scene.listing();
        scene.hooks("install").code(0);
        assert_eq!(scene.hooks("status").code(0).stdout.matches("(block)").count(), 3, "{git}");
        scene.hooks("uninstall").code(0);
        assert_eq!(scene.listing(), before, "{git}");
        scene.hooks("install").code(0);
        scene.commit().code(0);
        assert_eq!(scene.calls(), ["> hook post-commit"], "{git}");
        scene.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "better"]).code(0);
        assert_eq!(scene.calls(), ["> hook post-commit", "> hook post-rewrite amend", "OID OID"], "{git}");
        scene.push("one").code(0);
        let pushed = ["> hook pre-push origin REMOTE", "refs/heads/main OID refs/heads/one OID"];
        assert_eq!(scene.calls(), pushed, "{git}");
        // Nothing to push is nothing on standard input.
        scene.push("one").code(0);
        assert_eq!(scene.calls(), ["> hook pre-push origin REMOTE"], "{git}");
        scene.hooks("status").code(0);
    }
}

#[test]
fn a_hook_that_was_there_sees_what_it_saw_before() {
    for head in ["#!/bin/sh\n", "#!/bin/sh -e\n", "#!/usr/bin/env bash\n", "#!/bin/bash -eu\n", ""] {
        for tail in ["", "exit 0", "exec true\n", "exec true"] {
            let hook = format!("{head}{TELLS}{tail}");
            let scene = Scene::new();
            let path = scene.hook("pre-push", &hook);
            set_mode(&path, 0o750);
            let before = listing(&scene.repo.path().join(".git/hooks"));
            scene.push("one").code(0);
            let told = scene.repo.read("told");
            std::fs::remove_file(scene.repo.path().join("told")).expect("there");

            scene.hooks("install").code(0);
            scene.push("two").code(0);
            assert_eq!(scene.repo.read("told").replace("two", "one"), told, "{hook}");
            assert_eq!(scene.calls().len(), 2, "{hook}");

            scene.hooks("uninstall").code(0);
            assert_eq!(listing(&scene.repo.path().join(".git/hooks")), before, "{hook}");
        }
    }
}

#[test]
fn a_hook_with_carriage_returns_behind_its_first_line_keeps_them() {
    let scene = Scene::new();
    scene.hook("post-commit", "#!/bin/sh\necho done >>told #\r\n#\r\n");
    let before = scene.listing();
    scene.hooks("install").code(0);
    scene.hooks("uninstall").code(0);
    assert_eq!(scene.listing(), before);
    scene.hooks("install").code(0);
    scene.commit().code(0);
    assert_eq!((scene.repo.read("told").as_str(), scene.calls().len()), ("done\n", 1));
}

#[test]
fn hooks_of_one_line_are_as_they_were_afterwards() {
    for hook in ["", "#!/bin/sh", "#!/bin/sh\n", "true", "\n\n"] {
        let scene = Scene::new();
        scene.hook("post-commit", hook);
        let before = scene.listing();
        scene.hooks("install").code(0);
        scene.commit().code(0);
        assert_eq!(scene.calls(), ["> hook post-commit"], "{hook:?}");
        scene.hooks("uninstall").code(0);
        let hooks = |it: crate::hooks_scene::Listing| {
            it.into_iter().filter(|(path, _)| path.ends_with("hooks/post-commit")).collect::<Vec<_>>()
        };
        assert_eq!(hooks(scene.listing()), hooks(before), "{hook:?}");
    }
}

#[test]
fn a_clone_without_a_hooks_folder_has_none_again() {
    let scene = Scene::new();
    std::fs::remove_dir_all(scene.repo.path().join(".git/hooks")).expect("there");
    let before = scene.listing();
    scene.hooks("install").code(0);
    scene.hooks("uninstall").code(0);
    assert_eq!(scene.listing(), before);
}

#[test]
fn the_exit_code_of_the_rest_is_its_own() {
    let scene = Scene::new();
    scene.hook("pre-push", "#!/bin/sh\nexit 7\n");
    scene.hooks("install").code(0);
    assert_ne!(scene.push("one").code, Some(0));
    assert_eq!(scene.calls().len(), 2);
}

#[test]
fn only_exit_code_93_of_the_program_stops_a_push() {
    let scene = Scene::new();
    scene.hook("pre-push", "#!/bin/sh -e\necho rest >>told\n");
    scene.hooks("install").code(0);
    for (name, ending) in
        [("f", "exit 1"), ("a", "exit 2"), ("b", "exit 101"), ("c", "kill -9 $$"), ("d", "exit 127")]
    {
        scene.program(ending);
        scene.push(name).code(0);
        scene.commit().code(0);
    }
    assert_eq!(scene.repo.read("told"), "rest\n".repeat(5));
    scene.program("exit 93");
    assert_ne!(scene.push("e").code, Some(0));
    assert_eq!(scene.repo.read("told"), "rest\n".repeat(5));
    // A commit and an amend are done when their hooks run: nothing to stop.
    scene.commit().code(0);
    scene.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "better"]).code(0);
}

#[test]
fn a_shell_that_can_not_write_a_here_document_stops_no_push() {
    let scene = Scene::new();
    scene.tool("git-orchestrate", "#!/bin/sh\nwc -l\nexit 0\n");
    // Longer than a pipe, so that bash needs a file; and no file may get longer, as on a full disk.
    let pushed = "refs/heads/main OID refs/heads/one OID\n".repeat(5000);
    let full = "trap '' XFSZ; ulimit -f 0; exec .git/hooks/pre-push origin url";
    for shell in ["sh", "bash", "bash --posix", "bash -eu", "bash -o pipefail"] {
        scene.hook("pre-push", &format!("#!/usr/bin/env -S {shell}\necho rest\n"));
        scene.hooks("install").code(0);
        let said = crate::support::piped(scene.repo.command("sh").args(["-c", full]), &pushed);
        assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["5000", "rest"], "{shell}");
    }
}

#[test]
fn a_block_of_version_1_is_replaced_where_it_stands() {
    let scene = Scene::new();
    scene.hook("pre-push", "#!/bin/sh\necho rest\n");
    scene.hooks("install").code(0);
    let now = scene.read_hook("pre-push");
    let old = now.replace(">>> v2", ">>> v1").replace("-ne 93 ] || exit 93", "-ne 1 ] || exit 1");
    scene.hook("pre-push", &old);
    scene.hooks("install").code(0);
    assert_eq!(scene.read_hook("pre-push"), now);
}

#[test]
fn a_program_that_reads_nothing_leaves_everything_to_the_rest() {
    let scene = Scene::new();
    scene.hook("pre-push", &format!("#!/bin/sh\n{TELLS}"));
    scene.hooks("install").code(0);
    scene.tool("git-orchestrate", "#!/bin/sh\nexit 0\n");
    // More than a pipe holds.
    let oid = scene.repo.git(["rev-parse", "HEAD"]);
    let names: Vec<String> =
        (0..2000).map(|number| format!("refs/tags/a-tag-with-a-name-{number:06}")).collect();
    let refs: String = names.iter().map(|name| format!("create {name} {oid}\n")).collect();
    crate::support::piped(scene.repo.command("git").args(["update-ref", "--stdin"]), &refs);
    scene.git(&["push", "-q", "--tags", "origin"]).code(0);
    assert_eq!(scene.repo.read("told").lines().count(), 1 + names.len());
}

#[test]
fn without_the_program_nothing_changes() {
    let scene = Scene::new();
    scene.hook("pre-push", &format!("#!/bin/sh -eu\n{TELLS}"));
    scene.hooks("install").code(0);
    scene.no_program();
    assert_eq!(scene.commit().code(0).stderr, "");
    scene.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "better"]).code(0);
    assert_eq!(scene.push("one").code(0).stderr, "");
    assert!(scene.repo.read("told").contains("refs/heads/main"));
    let status = scene.hooks("status").code(1);
    assert!(status.stderr.contains("git-orchestrate is not on the PATH"), "{}", status.stderr);
}

#[test]
fn without_cat_the_rest_still_gets_its_input() {
    let scene = Scene::new();
    scene.hook("pre-push", &format!("#!/bin/sh\n{TELLS}"));
    scene.hooks("install").code(0);
    scene.tool("cat", "#!/bin/sh\nexit 127\n");
    scene.push("one").code(0);
    assert!(scene.repo.read("told").contains("refs/heads/main"));
}

#[test]
fn a_push_within_a_push_goes_through() {
    let scene = Scene::new();
    scene.hooks("install").code(0);
    scene.program("git push -q --no-verify origin main:refs/heads/nested");
    scene.push("one").code(0);
    assert_eq!(scene.calls().len(), 2);
    // Without --no-verify the program is asked again: a variable of its own ends that.
    scene.program("[ -n \"$NESTED\" ] || NESTED=1 git push -q origin main:refs/heads/deeper");
    scene.push("two").code(0);
    assert_eq!(scene.calls().len(), 4);
    let remote = scene.repo.git(["ls-remote", "origin"]);
    for name in ["one", "nested", "two", "deeper"] {
        assert!(remote.contains(&format!("refs/heads/{name}")), "{name}: {remote}");
    }
}

#[test]
fn linked_work_trees_share_the_hooks() {
    let scene = Scene::new();
    let linked = scene.repo.root().join("linked");
    scene.repo.git(["worktree", "add", "-q", linked.to_str().expect("UTF-8")]);
    let before = scene.listing();
    let there = scene.repo.at(&linked);
    there.orchestrate(["hooks", "install"]).code(0);
    assert!(scene.repo.path().join(".git/hooks/post-commit").is_file());
    there.git(["commit", "-q", "--allow-empty", "-m", "there"]);
    assert_eq!(scene.calls(), ["> hook post-commit"]);
    scene.commit().code(0);
    assert_eq!(scene.calls(), ["> hook post-commit"]);
    scene.hooks("status").code(0);
    there.orchestrate(["hooks", "uninstall"]).code(0);
    let hooks = |it: crate::hooks_scene::Listing| {
        it.into_iter().filter(|(path, _)| path.to_string_lossy().contains("/hooks")).collect::<Vec<_>>()
    };
    assert_eq!(hooks(scene.listing()), hooks(before));
}

#[test]
fn a_submodule_has_hooks_of_its_own() {
    let inner = Scene::new();
    let scene = Scene::new();
    let url = inner.repo.path().display().to_string();
    scene.repo.git(["-c", "protocol.file.allow=always", "submodule", "add", "-q", &url, "sub"]);
    let module = scene.repo.path().join(".git/modules/sub");
    let (before, above) = (listing(&module), listing(&scene.repo.path().join(".git/hooks")));
    let sub = scene.repo.inside("sub");
    sub.orchestrate(["hooks", "install"]).code(0);
    assert!(module.join("hooks/post-commit").is_file());
    assert_eq!(listing(&scene.repo.path().join(".git/hooks")), above);
    sub.orchestrate(["hooks", "uninstall"]).code(0);
    assert_eq!(listing(&module), before);
    sub.orchestrate(["hooks", "install"]).code(0);
    sub.git(["commit", "-q", "--allow-empty", "-m", "within"]);
    assert_eq!(scene.calls(), ["> hook post-commit"]);
}

#[test]
fn two_that_install_at_once_leave_one_block() {
    let scene = Scene::new();
    scene.hook("pre-push", "#!/bin/sh\ntrue\n");
    scene.hook("pre-push.orchestrate-draft", "left by one that was killed");
    let mut running: Vec<_> = (0..6)
        .map(|_| {
            let mut program = scene.repo.program();
            program.args(["hooks", "install"]).stdout(std::process::Stdio::null());
            program.spawn().expect("starts")
        })
        .collect();
    assert!(running.iter_mut().all(|it| it.wait().expect("ends").success()));
    assert_eq!(scene.read_hook("pre-push").matches(">>> git-orchestrate").count(), 1);
    assert!(!scene.listing().keys().any(|path| path.to_string_lossy().contains("draft")));
    scene.hooks("status").code(0);
}

#[test]
fn a_repository_that_is_copied_has_hooks_of_its_own() {
    let scene = Scene::new();
    std::fs::remove_dir_all(scene.repo.path().join(".git/hooks")).expect("there");
    scene.hooks("install").code(0);
    let copy = scene.repo.root().join("copy");
    let copied = scene.repo.command("cp").arg("-R").arg(scene.repo.path()).arg(&copy).status();
    assert!(copied.expect("cp starts").success());
    let there = scene.repo.at(&copy);
    there.orchestrate(["hooks", "status"]).code(0);
    let before = scene.listing();
    there.orchestrate(["hooks", "uninstall"]).code(0);
    assert!(!copy.join(".git/hooks").exists());
    assert_eq!(scene.listing(), before);
}
