//! Hooks that are not ours to change: what is refused, and how a person goes on.

use std::os::unix::fs::symlink;

use insta::assert_snapshot;

use crate::hooks_scene::{Scene, listing, set_mode, write_program};

/// The lines that a refusal shows for an event.
fn lines(screen: &str, event: &str) -> String {
    let part =
        screen.split(&format!("refused {event}:")).nth(1).unwrap_or_else(|| panic!("{event}: {screen}"));
    let lines = part.lines().skip_while(|line| !line.starts_with("# >>>"));
    let mut shown = String::new();
    for line in lines {
        shown.push_str(line);
        shown.push('\n');
        if line.starts_with("# <<<") {
            break;
        }
    }
    shown
}

#[test]
fn a_tracked_folder_is_left_alone_and_the_lines_work_by_hand() {
    let scene = Scene::new();
    scene.repo.write(".githooks/pre-push", "#!/bin/sh\nexec true\n");
    set_mode(&scene.repo.path().join(".githooks/pre-push"), 0o755);
    scene.repo.git(["config", "core.hooksPath", ".githooks"]);
    let before = (scene.listing(), listing(&scene.repo.path().join(".githooks")));
    let screen = scene.hooks("install").code(1);
    assert_snapshot!(screen.screen(), @r#"
    0 hooks installed, 3 refused
    EVENT         CHANGE   FILE
    post-commit   refused  .githooks/post-commit
    post-rewrite  refused  .githooks/post-rewrite
    pre-push      refused  .githooks/pre-push

    refused post-commit: core.hooksPath leads to files of the project
    to have it all the same, add to .githooks/post-commit (in a new file that starts with #!/bin/sh):
    # >>> git-orchestrate >>> v2; `git orchestrate hooks uninstall` removes this
    if command -v git-orchestrate >/dev/null 2>&1; then
      git-orchestrate hook post-commit "$@" </dev/null || :
    fi
    # <<< git-orchestrate <<<

    refused post-rewrite: core.hooksPath leads to files of the project
    to have it all the same, add to .githooks/post-rewrite (in a new file that starts with #!/bin/sh):
    # >>> git-orchestrate >>> v2; `git orchestrate hooks uninstall` removes this
    if command -v git-orchestrate >/dev/null 2>&1 && orchestrate_stdin=$(cat); then
      printf '%s\n' "$orchestrate_stdin" 2>/dev/null | git-orchestrate hook post-rewrite "$@" || :
      if [ -n "$orchestrate_stdin" ] && true <<orchestrate_end
    $orchestrate_stdin
    orchestrate_end
      then
        exec <<orchestrate_end || :
    $orchestrate_stdin
    orchestrate_end
      fi
      unset orchestrate_stdin
    fi
    # <<< git-orchestrate <<<

    refused pre-push: core.hooksPath leads to files of the project
    to have it all the same, add to .githooks/pre-push (first, after the line with #!):
    # >>> git-orchestrate >>> v2; `git orchestrate hooks uninstall` removes this
    if command -v git-orchestrate >/dev/null 2>&1 && orchestrate_stdin=$(cat); then
      printf '%s\n' "$orchestrate_stdin" 2>/dev/null | git-orchestrate hook pre-push "$@" || [ $? -ne 93 ] || exit 93
      if [ -n "$orchestrate_stdin" ] && true <<orchestrate_end
    $orchestrate_stdin
    orchestrate_end
      then
        exec <<orchestrate_end || :
    $orchestrate_stdin
    orchestrate_end
      fi
      unset orchestrate_stdin
    fi
    # <<< git-orchestrate <<<
    "#);
    scene.hooks("uninstall").code(0);
    assert_eq!((scene.listing(), listing(&scene.repo.path().join(".githooks"))), before);

    let by_hand = lines(&screen.stdout, "pre-push");
    scene.repo.write(".githooks/pre-push", &format!("#!/bin/sh\n{by_hand}exec true\n"));
    scene.push("one").code(0);
    assert_eq!(scene.calls().len(), 2);
    assert_snapshot!(scene.hooks("status").code(0).screen(), @"
    1 of 3 hooks installed
    post-commit   not installed
    post-rewrite  not installed
    pre-push      .githooks/pre-push (block, by hand)
    amend, rebase lose records: `git orchestrate init` or the hooks keep them
    ");
    assert!(scene.hooks("install").code(1).stdout.contains("kept"));
    assert_snapshot!(scene.hooks("uninstall").code(1).screen(), @"
    Nothing was taken out
    left .githooks/pre-push
    ! hint: take the lines from `# >>> git-orchestrate >>>` to `# <<< git-orchestrate <<<` out by hand
    ");
}

#[test]
fn a_folder_for_many_repositories_is_left_alone() {
    let scene = Scene::new();
    let shared = scene.repo.root().join("shared");
    std::fs::create_dir(&shared).expect("made");
    scene.repo.git(["config", "--global", "core.hooksPath", shared.to_str().expect("UTF-8")]);
    let refused = scene.repo.orchestrate(["hooks", "install", "--json"]).code(1).json();
    assert_eq!(refused["refused"], 3);
    assert_eq!(
        refused["events"][0]["reason"],
        "core.hooksPath (global) leads to a folder outside this repository"
    );
    assert_eq!(listing(&shared).len(), 0);
}

#[test]
fn a_hooks_folder_that_is_a_link_is_left_alone() {
    let scene = Scene::new();
    let elsewhere = scene.repo.path().join("githooks");
    std::fs::create_dir(&elsewhere).expect("made");
    std::fs::remove_dir_all(scene.repo.path().join(".git/hooks")).expect("there");
    symlink("../githooks", scene.repo.path().join(".git/hooks")).expect("linked");
    let screen = scene.hooks("install").code(1).stdout;
    assert!(screen.contains("the hooks folder is a link to another place"), "{screen}");
    assert_eq!(listing(&elsewhere).len(), 0);
}

#[test]
fn a_hooks_path_to_the_own_folder_is_no_reason_to_refuse() {
    let scene = Scene::new();
    scene.repo.git(["config", "core.hooksPath", ".git/hooks"]);
    scene.hooks("install").code(0);
    scene.commit().code(0);
    assert_eq!(scene.calls(), ["> hook post-commit"]);
    assert_eq!(scene.repo.git(["config", "core.hooksPath"]), ".git/hooks");
}

#[test]
fn huskys_folder_is_left_alone_and_its_users_file_is_named() {
    let scene = Scene::new();
    scene.repo.write(".husky/_/h", "#!/usr/bin/env sh\ns=$(dirname \"$(dirname \"$0\")\")/$(basename \"$0\")\n[ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\n");
    for event in ["post-commit", "post-rewrite", "pre-push"] {
        let wrapper = scene.repo.path().join(".husky/_").join(event);
        write_program(&wrapper, "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
    }
    scene.repo.git(["config", "core.hooksPath", ".husky/_"]);
    let before = listing(&scene.repo.path().join(".husky"));
    let screen = scene.hooks("install").code(1).stdout;
    assert_eq!(listing(&scene.repo.path().join(".husky")), before);
    assert!(screen.contains("add to .husky/pre-push"), "{screen}");
    let by_hand = lines(&screen, "pre-push");
    scene
        .repo
        .write(".husky/pre-push", &format!("{by_hand}while read -r a b c d; do echo \"$a\" >>told; done\n"));
    scene.push("one").code(0);
    assert_eq!(scene.calls().len(), 2);
    assert_eq!(scene.repo.read("told"), "refs/heads/main\n");
    let status = scene.hooks("status").code(0).stdout;
    assert!(status.contains(".husky/pre-push (block, by hand)"), "{status}");
}

#[test]
fn hooks_that_a_block_can_not_stand_in_are_left_alone() {
    let cases: [(&[u8], u32, &str); 5] = [
        (b"#!/usr/bin/env python3\nprint()\n", 0o755, "the hook is not a shell script: python3 runs it"),
        (b"\x7fELF\x02\x01\x01\0", 0o755, "the hook is no text"),
        (
            b"#!/bin/sh\r\ntrue\r\n",
            0o755,
            "the first line of the hook ends in a carriage return, so nothing can start it",
        ),
        (b"#!/bin/sh\ntrue\n", 0o644, "the hook is not executable, so git ignores it"),
        (
            b"#!/bin/sh\n# >>> git-orchestrate >>> v1\ntrue\n",
            0o755,
            "a block of ours in the hook starts or ends twice: it was edited",
        ),
    ];
    for (content, mode, reason) in cases {
        let scene = Scene::new();
        let path = scene.hook("pre-push", "");
        std::fs::write(&path, content).expect("written");
        set_mode(&path, mode);
        let before = std::fs::read(&path).expect("there");
        let told = scene.repo.orchestrate(["hooks", "install", "--json"]).code(1).json();
        assert_eq!((&told["events"][2]["reason"], &told["refused"]), (&reason.into(), &1.into()), "{told}");
        assert_eq!(std::fs::read(&path).expect("there"), before);
        // The other hooks are in all the same.
        scene.commit().code(0);
        assert_eq!(scene.calls(), ["> hook post-commit"]);
    }
}

#[test]
fn a_hook_that_is_a_link_is_left_alone() {
    let scene = Scene::new();
    let target = scene.repo.root().join("target");
    write_program(&target, "#!/bin/sh\ntrue\n");
    let link = scene.repo.path().join(".git/hooks/pre-push");
    std::fs::create_dir_all(link.parent().expect("a folder")).expect("made");
    symlink(&target, &link).expect("linked");
    let screen = scene.hooks("install").code(1).screen();
    assert!(screen.contains("refused pre-push: the hook is a link to another file"), "{screen}");
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_to_string(&target).expect("there"), "#!/bin/sh\ntrue\n");
    scene.hooks("uninstall").code(0);
    assert!(link.is_symlink());
}

#[test]
fn hooks_that_are_turned_off_stay_off() {
    let scene = Scene::new();
    scene.repo.git(["config", "--global", "core.hooksPath", "/dev/null"]);
    let refused = scene.hooks("install").code(1);
    assert!(
        refused.stdout.contains("core.hooksPath (global) is no folder: it turns hooks off"),
        "{}",
        refused.stdout
    );
    assert_eq!(scene.repo.git(["config", "core.hooksPath"]), "/dev/null");
}

#[test]
fn a_home_folder_in_the_setting_is_understood() {
    let scene = Scene::new();
    scene.repo.git(["config", "--global", "core.hooksPath", "~/hooks"]);
    let refused = scene.repo.orchestrate(["hooks", "install", "--json"]).code(1).json();
    let file = scene.repo.root().join("home/hooks/post-commit").display().to_string();
    assert_eq!(refused["events"][0]["file"], file);
}

#[test]
fn an_older_husky_runs_the_lines_once_where_they_are_told_to_be() {
    let scene = Scene::new();
    scene.repo.write(
        ".husky/_/husky.sh",
        "#!/usr/bin/env sh\nif [ -z \"$husky_skip_init\" ]; then\n  export husky_skip_init=1\n  sh -e \"$0\" \"$@\"\n  exit $?\nfi\n",
    );
    let start = "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n";
    let hook = scene.repo.path().join(".husky/pre-push");
    write_program(&hook, &format!("{start}echo rest >>told\n"));
    scene.repo.git(["config", "core.hooksPath", ".husky"]);
    let screen = scene.hooks("install").code(1).stdout;
    assert!(screen.contains("add to .husky/pre-push (first, after the line with husky.sh):"), "{screen}");
    write_program(&hook, &format!("{start}{}echo rest >>told\n", lines(&screen, "pre-push")));
    scene.push("one").code(0);
    assert_eq!((scene.calls().len(), scene.repo.read("told").as_str()), (2, "rest\n"));
    scene.hooks("status").code(0);
}
