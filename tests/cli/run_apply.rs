//! `run`: where it starts, and where its result goes.

use insta::assert_snapshot;

use crate::market::Skill;
use crate::support::TestRepo;

const REQUEST: &str = "write a greeting";

fn greeter() -> Skill {
    Skill::new("greeter", "Writes a greeting.", "cat a.txt > greeting.txt").writes("\"greeting.txt\"")
}

fn started() -> TestRepo {
    TestRepo::new().file("a.txt", "one\n").commit("start").skills(&[greeter()])
}

#[test]
fn a_merged_result_leaves_no_ref_of_the_run() {
    let repo = started();
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Passed: 1 of 1 step in <time>
    merged    1 commit, HEAD is at 1b5d9b7
    files     greeting.txt
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 1b5d9b7
    learned   Discover greeter (1 of 1 run passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   passed: greeter in <time>: greeting.txt
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!(repo.read("greeting.txt"), "one\n");
    assert_eq!(repo.refs_below("refs/orchestrate/runs"), Vec::<String>::new());
    assert_eq!(repo.refs_below("refs/heads/orchestrate"), Vec::<String>::new());
    assert_eq!(repo.executions()[0]["commit"], repo.git(["rev-parse", "HEAD"]).as_str());
    assert!(repo.git(["log", "-1", "--notes=orchestrate"]).contains("\"outcome\":\"passed\""));
}

#[test]
fn a_result_that_is_left_stays_under_the_runs_own_ref() {
    let repo = started();
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--yes", "--apply", "none"]).code(0).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Passed: 1 of 1 step in <time>
    kept      refs/orchestrate/runs/01M7VZM34G99EP59QER80DT3SA (1 commit)
    files     greeting.txt
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 1b5d9b7
    learned   Discover greeter (1 of 1 run passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   passed: greeter in <time>: greeting.txt
    ! hint: `git merge refs/orchestrate/runs/01M7VZM34G99EP59QER80DT3SA` takes the result into your branch
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    let [name] = &repo.refs_below("refs/orchestrate/runs")[..] else { panic!("one ref of a run") };
    assert_eq!(repo.executions()[0]["commit"], repo.git(["rev-parse", name]).as_str());
    assert!(!repo.path().join("greeting.txt").exists());
    repo.git(["merge", "-q", name]);
    assert_eq!(repo.read("greeting.txt"), "one\n");
}

#[test]
fn the_setting_says_where_results_go_and_the_argument_comes_first() {
    let repo = started();
    repo.git(["config", "orchestrate.apply", "merge"]);
    let other = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "branch"]).code(0);
    assert!(!repo.path().join("greeting.txt").exists(), "{}", other.stdout);
    repo.orchestrate(["run", REQUEST, "--yes"]).code(0);
    assert_eq!(repo.read("greeting.txt"), "one\n");
    repo.git(["config", "orchestrate.apply", "sideways"]);
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--yes"]).code(2).screen(), @"
    ! error: the setting orchestrate.apply is `sideways`; it must be merge, branch or none
    ! hint: `git config orchestrate.apply <value>` sets it, `git config --unset orchestrate.apply` takes it back
    ");
}

#[test]
fn a_detached_head_moves_forward_and_no_branch_does() {
    let repo = started();
    repo.git(["checkout", "-q", "--detach"]);
    let before = repo.git(["rev-parse", "main"]);
    repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    assert_eq!(repo.git(["rev-parse", "main"]), before);
    assert_eq!(repo.git(["rev-parse", "HEAD^"]), before);
    assert_eq!(
        repo.command("git").args(["symbolic-ref", "-q", "HEAD"]).output().expect("git").status.code(),
        Some(1)
    );
}

#[test]
fn a_bare_repository_keeps_results_as_branches() {
    let origin = started();
    let repo = TestRepo::bare();
    origin.git(["push", "-q", repo.path().to_str().expect("UTF-8"), "main"]);
    let repo = repo.skills(&[greeter()]);
    let refused = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(128);
    assert_snapshot!(refused.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    ! error: <root>/project is a bare repository
    ! hint: run it in a clone that has a work tree
    ! hint: `--apply branch` works here
    "#);
    assert_eq!(repo.refs_below("refs/notes"), Vec::<String>::new());
    repo.orchestrate(["run", REQUEST, "--yes", "--apply", "branch"]).code(0);
    let branch = repo.refs_below("refs/heads/orchestrate").remove(0);
    assert_eq!(repo.git(["show", &format!("{branch}:greeting.txt")]), "one");
    repo.orchestrate(["run", REQUEST, "--yes"]).code(0);
}

#[test]
fn the_setting_merge_is_no_reason_to_lose_a_result_in_a_bare_repository() {
    let origin = started();
    let repo = TestRepo::bare();
    origin.git(["push", "-q", repo.path().to_str().expect("UTF-8"), "main"]);
    let repo = repo.skills(&[greeter()]);
    repo.git(["config", "orchestrate.apply", "merge"]);
    repo.orchestrate(["run", REQUEST, "--yes"]).code(128);
    assert_eq!(repo.refs_below("refs/notes"), Vec::<String>::new());
}

#[test]
fn a_dirty_work_tree_is_refused_with_its_paths_and_the_cures() {
    let repo = started();
    repo.write("a.txt", "two\n");
    let before = (repo.refs(), repo.work_tree());
    let refused = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(128);
    assert_snapshot!(refused.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    ! error: the work tree has uncommitted changes: a.txt
    ! hint: commit or stash them, or take them along with `--base worktree`, or leave them out with `--base HEAD`
    "#);
    assert_eq!((repo.refs(), repo.work_tree()), before);
}

#[test]
fn from_head_leaves_uncommitted_work_out() {
    let repo = started();
    repo.write("a.txt", "two\n");
    repo.orchestrate(["run", REQUEST, "--yes", "--base", "HEAD", "--apply", "merge"]).code(0);
    assert_eq!((repo.read("greeting.txt"), repo.read("a.txt")), ("one\n".into(), "two\n".into()));
}

#[test]
fn from_the_work_tree_takes_uncommitted_and_untracked_work_along() {
    let repo = started();
    repo.write("a.txt", "two\n");
    repo.write("new.txt", "new\n");
    repo.write("staged.txt", "staged\n");
    repo.git(["add", "staged.txt"]);
    let before = (repo.work_tree(), repo.git(["status", "--porcelain"]));
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--yes", "--base", "worktree"]).code(0).screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Passed: 1 of 1 step in <time>
    branch    orchestrate/write-a-greeting-r80dt3sa (1 commit)
    files     greeting.txt
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on d3966e1
    learned   Discover greeter (1 of 1 run passed)
              on learning/20261120T080207Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   passed: greeter in <time>: greeting.txt
    ! hint: `git merge orchestrate/write-a-greeting-r80dt3sa` takes the result into your branch
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!((repo.work_tree(), repo.git(["status", "--porcelain"])), before);
    let branch = repo.refs_below("refs/heads/orchestrate").remove(0);
    for (file, content) in [("greeting.txt", "two"), ("new.txt", "new"), ("staged.txt", "staged")] {
        assert_eq!(repo.git(["show", &format!("{branch}:{file}")]), content);
    }
    let merge = repo.orchestrate(["run", REQUEST, "--yes", "--base", "worktree", "--apply", "merge"]).code(2);
    assert_snapshot!(merge.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  1 of 1 passed
           skill of market/tools: write a greeting
           why: as in pattern greeter-6e5814d0b70e (1 of 1 runs passed); passed 1 of
           1 runs here

    follows the pattern greeter-6e5814d0b70e: 1 of 1 passed
    success: not enough evidence (1 run); time: about <time>

    ! error: the result of `--base worktree` can't be merged into the same uncommitted work
    ! hint: `--apply branch` keeps it as a branch
    "#);
}

#[test]
fn a_run_may_start_from_any_revision() {
    let repo = started();
    repo.write("a.txt", "two\n");
    let repo = repo.commit("second");
    repo.orchestrate(["run", REQUEST, "--yes", "--base", "HEAD~1"]).code(0);
    let branch = repo.refs_below("refs/heads/orchestrate").remove(0);
    assert_eq!(repo.git(["show", &format!("{branch}:greeting.txt")]), "one");
    assert_snapshot!(repo.orchestrate(["run", REQUEST, "--yes", "--base", "nowhere"]).code(2).stderr, @"
    error: `nowhere` names no object
    hint: `git log --oneline --all` lists what there is
    ");
    repo.orchestrate(["run", REQUEST, "--yes", "--base", "HEAD:a.txt"]).code(2);
    repo.orchestrate(["run", REQUEST, "--yes", "--base=--all"]).code(2);
}

#[test]
fn an_untracked_file_in_the_way_is_kept_and_the_result_becomes_a_branch() {
    let repo = started();
    repo.write("greeting.txt", "mine\n");
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(1);
    assert_snapshot!(ran.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Passed: 1 of 1 step in <time>
    refused   the merge: untracked files are in the way: greeting.txt
    branch    orchestrate/write-a-greeting-r80dt3sa (1 commit) has the result
    files     greeting.txt
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on 1b5d9b7
    learned   Discover greeter (1 of 1 run passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   passed: greeter in <time>: greeting.txt
    ! hint: clear the way, then `git merge orchestrate/write-a-greeting-r80dt3sa`
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!(repo.read("greeting.txt"), "mine\n");
    assert_eq!(repo.refs_below("refs/heads/orchestrate").len(), 1);
    assert_eq!(repo.executions()[0]["outcome"], "passed");
}

#[test]
fn a_head_that_moved_during_the_run_is_merged_with() {
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start");
    let commit = format!(
        "cat a.txt > greeting.txt; cd '{}'; echo two > b.txt; git add b.txt; git commit -qm theirs",
        repo.path().display()
    );
    let skill = Skill::new("greeter", "Writes a greeting.", &commit).writes("\"greeting.txt\"");
    let repo = repo.skills(&[skill]);
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    assert!(ran.stdout.contains("merged"), "{}", ran.stdout);
    assert_eq!((repo.read("greeting.txt"), repo.read("b.txt")), ("one\n".into(), "two\n".into()));
    assert_eq!(repo.git(["log", "-1", "--format=%s"]), "Merge the result of \"write a greeting\"");
    assert_eq!(repo.git(["rev-list", "--count", "--merges", "HEAD"]), "1");
    assert_eq!(repo.executions()[0]["commit"], repo.git(["rev-parse", "HEAD"]).as_str());
}

#[test]
fn a_conflicting_head_keeps_the_result_as_a_branch() {
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start");
    let commit = format!(
        "echo ours > a.txt; cd '{}'; echo theirs > a.txt; git commit -qam theirs",
        repo.path().display()
    );
    let skill = Skill::new("greeter", "Writes a greeting.", &commit).writes("\"a.txt\"");
    let repo = repo.skills(&[skill]);
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(1);
    assert_snapshot!(ran.screen(), @r#"
    Plan: 1 step in 1 phase
    for "write a greeting"

    phase  step     gates  record here
        1  greeter      0  no runs yet
           skill of market/tools: write a greeting
           why: matches write, greeting

    success: not enough evidence (0 runs); time: unknown

    Passed: 1 of 1 step in <time>
    refused   the merge: CONFLICT (content): Merge conflict in a.txt
    branch    orchestrate/write-a-greeting-r80dt3sa (1 commit) has the result
    files     a.txt
    recorded  execution 01M7VZM34G99EP59QER80DT3SA on a52cea7
    learned   Discover greeter (1 of 1 run passed)
              on learning/20261120T080206Z-jv14kvhp
    ! phase 1 of 1: greeter
    !   passed: greeter in <time>: a.txt
    ! hint: clear the way, then `git merge orchestrate/write-a-greeting-r80dt3sa`
    ! hint: `git orchestrate show` tells of this run, `merge` takes what it taught into the library
    "#);
    assert_eq!((repo.read("a.txt"), repo.git(["status", "--porcelain"])), ("theirs\n".into(), String::new()));
}

#[test]
fn a_merge_that_the_users_hook_refuses_keeps_the_result_as_a_branch() {
    let repo = started();
    repo.git(["config", "merge.ff", "false"]);
    let hook = repo.path().join(".git/hooks/pre-merge-commit");
    std::fs::write(&hook, "#!/bin/sh\necho not on a Friday >&2\nexit 1\n").expect("written");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    let before = repo.git(["rev-parse", "HEAD"]);
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(1);
    assert!(ran.stdout.contains("refused   the merge: not on a Friday"), "{}", ran.stdout);
    assert_eq!(repo.git(["rev-parse", "HEAD"]), before);
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert_eq!(repo.refs_below("refs/heads/orchestrate").len(), 1);
}

#[test]
fn build_products_that_are_ignored_are_not_committed() {
    let repo = TestRepo::new().file(".gitignore", "target/\n*.log\n").file("a.txt", "one\n").commit("start");
    let script = "mkdir target; echo x > target/x; echo y > y.log; cat a.txt > greeting.txt";
    let skill = Skill::new("greeter", "Writes a greeting.", script).writes("\"greeting.txt\"");
    let repo = repo.skills(&[skill]);
    repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    assert_eq!(repo.git(["ls-files"]), ".gitignore\na.txt\ngreeting.txt");
    assert!(!repo.path().join("target").exists());
}

#[test]
fn ignored_files_are_carried_into_work_trees_where_that_is_wanted() {
    let repo = TestRepo::new().file(".gitignore", "node_modules/\n").commit("start");
    repo.write("node_modules/lib/index.js", "carried\n");
    let script = "cat node_modules/lib/index.js > greeting.txt";
    let repo = repo.skills(&[Skill::new("greeter", "Writes a greeting.", script).writes("\"greeting.txt\"")]);
    repo.orchestrate(["run", REQUEST, "--yes"]).code(1);
    repo.git(["config", "orchestrate.carry", "node_modules"]);
    repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    assert_eq!(repo.read("greeting.txt"), "carried\n");
    assert_eq!(repo.git(["ls-files"]), ".gitignore\ngreeting.txt");
}

#[test]
fn work_trees_are_made_where_the_setting_says() {
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start");
    let place = repo.root().join("elsewhere");
    let script = "pwd > greeting.txt";
    let repo = repo.skills(&[Skill::new("greeter", "Writes a greeting.", script).writes("\"greeting.txt\"")]);
    repo.git(["config", "orchestrate.worktrees", place.to_str().expect("UTF-8")]);
    repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    assert!(repo.read("greeting.txt").contains("/elsewhere/"), "{}", repo.read("greeting.txt"));
    assert!(std::fs::read_dir(&place).map_or(true, |mut it| it.next().is_none()));
}

#[test]
fn a_relative_folder_for_work_trees_is_seen_from_the_top() {
    let script = "pwd > greeting.txt";
    let skill = Skill::new("greeter", "Writes a greeting.", script).writes("\"greeting.txt\"");
    let repo = TestRepo::new().file("deep/a.txt", "one\n").commit("start").skills(&[skill]);
    repo.git(["config", "orchestrate.worktrees", "../elsewhere"]);
    let mut program = repo.program();
    program.args(["run", REQUEST, "--yes", "--apply", "merge"]).current_dir(repo.path().join("deep"));
    assert!(program.output().expect("starts").status.success());
    let top = repo.root().canonicalize().expect("a folder").join("elsewhere");
    assert!(repo.read("greeting.txt").starts_with(top.to_str().expect("UTF-8")));
    assert!(!repo.path().join("elsewhere").exists());
}

/// The whole way in a repository of another kind.
fn assert_whole_way(repo: TestRepo) -> TestRepo {
    let repo = repo.skills(&[greeter()]);
    repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    assert_eq!(repo.read("greeting.txt"), "one\n");
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    assert_eq!(repo.executions()[0]["commit"], repo.git(["rev-parse", "HEAD"]).as_str());
    repo.git(["fsck"]);
    repo
}

#[test]
fn repositories_with_long_oids_and_with_reftables_work() {
    for kind in ["--object-format=sha256", "--ref-format=reftable"] {
        let repo = TestRepo::nowhere();
        repo.git(["init", "-q", "-b", "main", kind]);
        assert_whole_way(repo.file("a.txt", "one\n").commit("start"));
    }
}

#[test]
fn shallow_clones_and_submodules_work() {
    let origin = TestRepo::new().file("a.txt", "one\n").commit("start").commit("second");
    let url = format!("file://{}", origin.path().display());
    let shallow = TestRepo::nowhere();
    shallow.git(["clone", "-q", "--depth", "1", &url, "."]);
    assert_whole_way(shallow);
    let above = TestRepo::new().file("a.txt", "one\n");
    above.git(["-c", "protocol.file.allow=always", "submodule", "-q", "add", &url, "lib"]);
    let above = above.commit("with a submodule");
    let link = above.git(["rev-parse", "HEAD:lib"]);
    let above = assert_whole_way(above);
    assert_eq!(above.git(["rev-parse", "HEAD:lib"]), link);
}

#[test]
fn a_branch_that_is_in_the_way_is_named_before_anything_runs() {
    let repo = started();
    repo.git(["branch", "orchestrate"]);
    let before = repo.refs();
    let refused = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "branch"]).code(128);
    assert!(refused.stderr.contains("git branch -m orchestrate orchestrate-old"), "{}", refused.stderr);
    assert_eq!(repo.refs(), before);
    repo.orchestrate(["run", REQUEST, "--yes", "--apply", "none"]).code(0);
}

#[test]
fn a_result_that_can_not_be_applied_is_kept_told_and_recorded() {
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start");
    let script = format!("cat a.txt > greeting.txt; git -C '{}' branch orchestrate", repo.path().display());
    let skill = Skill::new("greeter", "Writes a greeting.", &script).writes("\"greeting.txt\"");
    let repo = repo.skills(&[skill]);
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "branch"]).code(1);
    assert!(ran.stdout.contains("refused   to apply it: "), "{}", ran.stdout);
    let kept = repo.refs_below("refs/orchestrate/runs").remove(0);
    assert!(ran.stdout.contains(&format!("kept      {kept}")), "{}", ran.stdout);
    assert_eq!(repo.git(["show", &format!("{kept}:greeting.txt")]), "one");
    assert_eq!(repo.executions()[0]["outcome"], "passed");
}

#[test]
fn a_branch_whose_merges_are_squashed_is_not_called_merged() {
    let repo = started();
    repo.git(["config", "branch.main.mergeOptions", "--squash"]);
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(1);
    assert!(!ran.stdout.contains("\nmerged") && ran.stdout.contains("mergeOptions"), "{}", ran.stdout);
    assert_eq!(repo.git(["status", "--porcelain"]), "");
    let branch = repo.refs_below("refs/heads/orchestrate").remove(0);
    assert_eq!(repo.git(["show", &format!("{branch}:greeting.txt")]), "one");
}

#[test]
fn a_signal_while_the_result_is_merged_does_not_lose_the_record() {
    let repo = started();
    repo.write(
        ".git/hooks/post-merge",
        "#!/bin/sh\nkill -INT \"$(sed -n 's/^PPid:[^0-9]*//p' \"/proc/$PPID/status\")\"\nsleep 0.2\n",
    );
    use std::os::unix::fs::PermissionsExt;
    let hook = repo.path().join(".git/hooks/post-merge");
    std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).expect("set");
    let ran = repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    assert!(ran.stdout.contains("merged"), "{}", ran.stdout);
    assert_eq!(repo.executions().len(), 1);
}

/// A bare repository beside a work tree that does not know of it, as people keep their dotfiles.
fn dotfiles() -> TestRepo {
    let repo = TestRepo::nowhere();
    let git_dir = repo.root().join("dotfiles.git");
    repo.git(["init", "-q", "--bare", "-b", "main", git_dir.to_str().expect("UTF-8")]);
    let (dir, work_tree) = (git_dir.display().to_string(), repo.path().display().to_string());
    let repo = repo.with_variable("GIT_DIR", &dir).with_variable("GIT_WORK_TREE", &work_tree);
    repo.file("a.txt", "one\n").commit("start").skills(&[greeter()])
}

#[test]
fn a_work_tree_apart_from_its_git_folder_is_merged_into() {
    let repo = dotfiles();
    repo.orchestrate(["run", REQUEST, "--yes", "--apply", "merge"]).code(0);
    assert_eq!((repo.read("greeting.txt"), repo.git(["status", "--porcelain"])), ("one\n".into(), "".into()));
}

#[test]
fn uncommitted_work_apart_from_its_git_folder_is_taken_along() {
    let repo = dotfiles();
    repo.write("a.txt", "two\n");
    repo.orchestrate(["run", REQUEST, "--yes"]).code(128);
    repo.orchestrate(["run", REQUEST, "--yes", "--base", "worktree"]).code(0);
    let branch = repo.refs_below("refs/heads/orchestrate").remove(0);
    assert_eq!(repo.git(["show", &format!("{branch}:greeting.txt")]), "two");
}
