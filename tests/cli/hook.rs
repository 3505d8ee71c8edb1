//! What git's hooks call, by real commits, amends, rebases and pushes through the scripts in `hooks/`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::support::{TestRepo, execution, piped};

/// A repository with a commit and all our hooks.
fn hooked() -> TestRepo {
    let repo = TestRepo::new().with_real_clock().with_program_on_path();
    install(&repo, &repo.path().join(".git/hooks"));
    repo.file("a.txt", "1\n").commit("start")
}

fn install(repo: &TestRepo, hooks: &Path) {
    std::fs::create_dir_all(hooks).expect("made");
    for name in ["post-commit", "post-rewrite", "pre-push"] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks").join(name);
        std::fs::copy(script, hooks.join(name)).expect("copied");
        std::fs::set_permissions(hooks.join(name), std::fs::Permissions::from_mode(0o755)).expect("set");
    }
    assert!(repo.root().exists());
}

fn commits(repo: &TestRepo) -> Vec<Value> {
    let log = repo.orchestrate(["log", "--commits", "--json", "-n", "1000"]).code(0);
    log.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn measured(repo: &TestRepo) -> Vec<String> {
    commits(repo).iter().map(|it| it["commit"].as_str().expect("an oid").to_owned()).collect()
}

/// The executions on HEAD, each as often as its note has a line of it.
fn on_head(repo: &TestRepo) -> Vec<String> {
    let show = ["notes", "--ref=orchestrate", "show", "HEAD"];
    let note = repo.command("git").args(show).output().expect("git starts").stdout;
    let records = String::from_utf8_lossy(&note).into_owned();
    let executions = records.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let requests = executions.filter_map(|it| it["request"].as_str().map(str::to_owned));
    requests.collect()
}

fn spooled(repo: &TestRepo) -> usize {
    std::fs::read_dir(repo.path().join(".git/orchestrate/spool")).map_or(0, Iterator::count)
}

fn rebase(repo: &TestRepo, arguments: &[&str]) {
    let mut command = repo.command("git");
    command
        .arg("rebase")
        .args(["-q"])
        .args(arguments)
        .env("GIT_SEQUENCE_EDITOR", "true")
        .env("GIT_EDITOR", "true");
    let output = command.output().expect("git starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_commit_is_measured_when_the_spool_is_drained() {
    let repo = hooked().file("src/lib.rs", "one\ntwo\n").file("tests/it.rs", "x\n").file("a.txt", "2\n");
    repo.git(["add", "-A"]);
    let mut commit = repo.command("git");
    let message =
        "Work\n\nOrchestrate-Execution: 01KAG4E1000000000000000001\nCo-Authored-By: Aider <aider@aider.chat>";
    commit
        .args(["commit", "-q", "-m", message])
        .env("GIT_COMMITTER_DATE", "2026-11-20T08:01:30Z")
        .env("CLAUDECODE", "1");
    assert!(commit.status().expect("git starts").success());
    assert_eq!((spooled(&repo), commits(&repo).len()), (2, 0), "a hook only notes that there was a commit");
    let drained = repo.orchestrate(["drain"]).code(0);
    assert_eq!(drained.stdout, "drained 0 records, 2 commits, and the records of 0 rewritten commits\n");
    let commit = &commits(&repo)[0];
    let want = serde_json::json!({
        "files": 3, "insertions": 4, "deletions": 1, "languages": {"rust": 2}, "tests": 1,
        "agents": ["aider", "claude-code"], "executions": ["01KAG4E1000000000000000001"], "seconds": 90,
    });
    for (field, value) in want.as_object().expect("an object") {
        assert_eq!(&commit[field], value, "{field}");
    }
    assert_eq!(commit["commit"], repo.git(["rev-parse", "HEAD"]));
    assert_eq!(repo.executions().len(), 0, "a measure is no execution");
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn amend_keeps_the_record_once_and_measures_the_new_commit() {
    for drained_between in [false, true] {
        let repo = hooked().file("b", "1").commit("work").record(&execution("work", ["a", "b"], "passed"));
        if drained_between {
            repo.orchestrate(["drain"]).code(0);
        }
        repo.git(["commit", "-q", "--amend", "-m", "better words"]);
        repo.git(["commit", "-q", "--amend", "-m", "best words"]);
        assert!(
            repo.orchestrate(["show", "HEAD"]).code(0).stdout.starts_with("work\n"),
            "before it is drained"
        );
        repo.orchestrate(["drain"]).code(0);
        assert_eq!(
            (on_head(&repo), repo.executions().len(), spooled(&repo)),
            (vec!["work".to_owned()], 1, 0)
        );
        assert!(measured(&repo).contains(&repo.git(["rev-parse", "HEAD"])));
        repo.orchestrate(["merge"]).code(0);
        assert_eq!(repo.orchestrate(["patterns", "--json"]).json()[0]["tally"]["passed"], 1);
        repo.orchestrate(["check"]).code(0);
    }
}

#[test]
fn a_measured_commit_that_is_made_anew_counts_once_and_keeps_its_agents() {
    let repo = hooked().file("b", "1");
    repo.git(["add", "-A"]);
    let mut by_agent = repo.command("git");
    by_agent.args(["commit", "-q", "-m", "work"]).env("CLAUDECODE", "1");
    assert!(by_agent.status().expect("git starts").success());
    for words in ["better words", "best words"] {
        repo.orchestrate(["drain"]).code(0);
        let before = measured(&repo).len();
        repo.git(["commit", "-q", "--amend", "-m", words]);
        repo.git(["commit", "-q", "--amend", "-m", &format!("{words}!")]);
        repo.orchestrate(["drain"]).code(0);
        let head = repo.git(["rev-parse", "HEAD"]);
        let commits = commits(&repo);
        assert_eq!(commits.len(), before, "{commits:?}");
        let of_head: Vec<&Value> = commits.iter().filter(|it| it["commit"] == head.as_str()).collect();
        assert_eq!((of_head.len(), &of_head[0]["agents"]), (1, &serde_json::json!(["claude-code"])));
    }
    let base = repo.git(["rev-parse", "HEAD~1"]);
    rebase(&repo, &["--force-rebase", &base]);
    repo.orchestrate(["drain"]).code(0);
    assert_eq!(commits(&repo).len(), 2);
    assert_eq!(commits(&repo)[0]["agents"], serde_json::json!(["claude-code"]));
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn a_record_in_the_spool_follows_an_amend_in_the_spool() {
    let repo = hooked().file("b", "1").commit("work");
    repo.orchestrate_with(["record", "--spool"], &execution("work", ["a", "b"], "passed")).code(0);
    repo.git(["commit", "-q", "--amend", "-m", "better words"]);
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((on_head(&repo), repo.executions().len()), (vec!["work".to_owned()], 1));
}

#[test]
fn git_copying_notes_too_makes_no_second_record() {
    let repo = hooked().file("b", "1").commit("work").record(&execution("work", ["a", "b"], "passed"));
    repo.git(["config", "notes.rewriteRef", "refs/notes/orchestrate"]);
    repo.git(["commit", "-q", "--amend", "-m", "better words"]);
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((on_head(&repo), repo.executions().len()), (vec!["work".to_owned()], 1));
}

#[test]
fn rebase_with_either_machinery_keeps_each_record_once() {
    for machinery in ["--merge", "--apply"] {
        let repo = hooked();
        let repo = repo.file("b", "1").commit("one").record(&execution("one", ["a", "b"], "passed"));
        let repo = repo.file("c", "1").commit("two").record(&execution("two", ["a", "b"], "passed"));
        repo.git(["checkout", "-q", "-b", "side", "HEAD~2"]);
        let repo = repo.file("d", "1").commit("meanwhile");
        rebase(&repo, &[machinery, "side", "main"]);
        repo.orchestrate(["drain"]).code(0);
        assert_eq!(on_head(&repo), ["two"], "{machinery}");
        repo.git(["checkout", "-q", "HEAD~1"]);
        assert_eq!((on_head(&repo), repo.executions().len()), (vec!["one".to_owned()], 2), "{machinery}");
        let measured = measured(&repo);
        for commit in repo.git(["rev-list", "main"]).lines() {
            assert_eq!(measured.iter().filter(|it| *it == commit).count(), 1, "{machinery}: {commit}");
        }
    }
}

#[test]
fn autosquash_puts_the_records_of_all_on_the_one_that_is_left() {
    let repo = hooked();
    let repo = repo.file("b", "1").commit("work").record(&execution("one", ["a", "b"], "passed"));
    let repo = repo.file("b", "2").commit("fixup! work").record(&execution("two", ["a", "b"], "passed"));
    let repo = repo.file("b", "3").commit("squash! work").record(&execution("three", ["a", "b"], "passed"));
    repo.orchestrate(["drain"]).code(0);
    let before = measured(&repo);
    rebase(&repo, &["-i", "--autosquash", "HEAD~3"]);
    repo.orchestrate(["drain"]).code(0);
    let mut kept = on_head(&repo);
    kept.sort();
    assert_eq!((kept, repo.executions().len()), (["one", "three", "two"].map(str::to_owned).to_vec(), 3));
    let (mut left, mut measured): (Vec<String>, _) =
        (repo.git(["rev-list", "HEAD"]).lines().map(str::to_owned).collect(), measured(&repo));
    left.sort();
    measured.retain(|commit| !before.contains(commit));
    measured.sort();
    left.retain(|commit| !before.contains(commit));
    assert_eq!((measured.len(), measured), (1, left), "no commit that the rebase made on its way");
}

#[test]
fn cherry_pick_measures_the_copy_and_doubles_nothing() {
    let repo = hooked();
    repo.git(["checkout", "-q", "-b", "side"]);
    let repo = repo.file("b", "1").commit("work").record(&execution("work", ["a", "b"], "passed"));
    repo.git(["checkout", "-q", "main"]);
    let repo = repo.file("c", "1").commit("meanwhile");
    repo.git(["cherry-pick", "side"]);
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((repo.executions().len(), on_head(&repo).len()), (1, 0));
    assert!(measured(&repo).contains(&repo.git(["rev-parse", "HEAD"])));
}

#[test]
fn records_made_during_a_rebase_wait_for_its_end() {
    let repo = hooked().file("b", "1").commit("one").file("c", "1").commit("two");
    repo.orchestrate(["drain"]).code(0);
    let draft = repo.root().join("draft");
    std::fs::write(&draft, execution("in the middle", ["a", "b"], "passed")).expect("written");
    let record =
        format!("git-orchestrate record --spool --file {} && git-orchestrate drain", draft.display());
    rebase(&repo, &["--force-rebase", "-x", &record, "HEAD~2"]);
    assert!(spooled(&repo) >= 4, "{}", spooled(&repo));
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((spooled(&repo), repo.executions().len()), (0, 2));
}

#[test]
fn hooks_work_in_linked_work_trees_and_submodules() {
    let repo = hooked();
    repo.git(["worktree", "add", "-q", "-b", "side", "linked"]);
    let linked = repo.inside("linked").with_real_clock().file("b", "1").commit("in the linked one");
    repo.orchestrate(["drain"]).code(0);
    assert_eq!(measured(&repo)[0], linked.git(["rev-parse", "HEAD"]));

    let outer = hooked();
    let origin = TestRepo::new().commit("start");
    let path = origin.path();
    outer.git([
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        path.to_str().expect("UTF-8"),
        "sub",
    ]);
    install(&outer, &outer.path().join(".git/modules/sub/hooks"));
    let inner = outer.inside("sub").with_real_clock().file("b", "1").commit("inside");
    inner.orchestrate(["drain"]).code(0);
    assert_eq!(measured(&inner), [inner.git(["rev-parse", "HEAD"])]);
}

#[test]
fn what_goes_wrong_in_a_hook_is_one_line_and_git_goes_on_unless_the_user_wants_it_to_stop() {
    let repo = hooked();
    std::fs::remove_dir_all(repo.path().join(".git/orchestrate")).expect("removed");
    std::fs::write(repo.path().join(".git/orchestrate"), "in the way").expect("written");
    let repo = repo.file("b", "1");
    repo.git(["add", "-A"]);
    let commit = repo.command("git").args(["commit", "-q", "-m", "work"]).output().expect("git starts");
    let said = String::from_utf8_lossy(&commit.stderr).into_owned();
    assert!(commit.status.success() && said.lines().count() == 1, "{said}");
    assert!(
        said.starts_with("git-orchestrate: cannot use the spool ") && said.ends_with("; git goes on\n"),
        "{said}"
    );
    let remote = repo.root().join("remote.git");
    repo.git(["init", "-q", "--bare", remote.to_str().expect("UTF-8")]);
    let push = |repo: &TestRepo| {
        let remote = remote.to_str().expect("UTF-8");
        repo.command("git").args(["push", "-q", remote, "HEAD"]).output().expect("git starts")
    };
    repo.git(["config", "orchestrate.hookFailure", "block"]);
    let stopped = push(&repo);
    let said = String::from_utf8_lossy(&stopped.stderr).into_owned();
    assert!(!stopped.status.success() && said.contains("orchestrate.hookFailure stops git"), "{said}");
    repo.git(["config", "orchestrate.hookFailure", "warn"]);
    assert!(push(&repo).status.success());
}

#[test]
fn a_commit_that_was_taken_back_is_not_measured() {
    let repo = hooked().file("b", "1").commit("a mistake");
    repo.git(["reset", "-q", "--hard", "HEAD~1"]);
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((measured(&repo), spooled(&repo)), (vec![repo.git(["rev-parse", "HEAD"])], 0));
}

#[test]
fn a_push_drains_learns_and_merges() {
    let repo = hooked();
    repo.orchestrate_with(["record", "--spool"], &execution("work", ["a", "b"], "passed")).code(0);
    let remote = repo.root().join("remote.git");
    repo.git(["init", "-q", "--bare", remote.to_str().expect("UTF-8")]);
    repo.git(["push", "-q", remote.to_str().expect("UTF-8"), "main"]);
    assert_eq!(spooled(&repo), 0);
    assert_eq!(repo.git(["rev-list", "--count", "--merges", "refs/orchestrate/learning"]), "1");
}

#[test]
fn a_push_waits_five_seconds_for_us_and_no_more() {
    let repo = hooked();
    repo.orchestrate(["drain"]).code(0);
    let lock = std::fs::File::open(repo.path().join(".git/orchestrate/write.lock")).expect("there");
    lock.lock().expect("free");
    let remote = repo.root().join("remote.git");
    let remote = remote.to_str().expect("UTF-8");
    repo.git(["init", "-q", "--bare", remote]);
    let start = std::time::Instant::now();
    let push = repo.command("git").args(["push", "-q", remote, "main"]).output().expect("git starts");
    let said = String::from_utf8_lossy(&push.stderr).into_owned();
    assert!(push.status.success(), "{said}");
    assert_eq!(said, "git-orchestrate: learning took longer than 5 s; git goes on\n");
    assert!((4..9).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[test]
fn a_hook_within_a_hook_of_ours_does_nothing() {
    let repo = hooked();
    repo.orchestrate(["drain"]).code(0);
    let nested = repo.program().args(["hook", "post-commit"]).env("GIT_ORCHESTRATE_HOOK", "1").status();
    assert!(nested.expect("starts").success());
    assert_eq!(spooled(&repo), 0);
}

#[test]
fn nowhere_unborn_and_with_strange_input_a_hook_exits_0() {
    assert_eq!(TestRepo::nowhere().orchestrate(["hook", "post-commit"]).code(0).stderr.lines().count(), 1);
    let unborn = TestRepo::new();
    assert_eq!(unborn.orchestrate(["hook", "post-commit"]).code(0).stderr, "");
    unborn.orchestrate_with(["hook", "post-rewrite", "amend"], "nonsense\n\0\n").code(0);
    assert_eq!(spooled(&unborn), 0);
    let said = piped(unborn.program().args(["hook", "pre-push", "origin", "url"]), "");
    assert_eq!(said, "");
}

#[test]
fn measured_commits_of_a_remote_are_no_executions_of_it() {
    let origin = hooked().record(&execution("work", ["a", "b"], "passed")).file("b", "1").commit("more");
    origin.orchestrate(["drain"]).code(0);
    assert_eq!(measured(&origin).len(), 2);
    let clone = TestRepo::clone_of(&origin);
    let found = clone.orchestrate(["init", "--json"]).code(0).json();
    assert_eq!(found["found"]["executions"], 1, "{found}");
    assert_eq!(measured(&clone).len(), 2);
}

#[test]
fn a_commit_whose_objects_are_away_waits_until_they_are_back() {
    let repo = hooked();
    repo.orchestrate(["drain"]).code(0);
    let repo = repo.file("a.txt", "2\n").commit("away").file("b", "1").commit("here");
    repo.git(["commit", "-q", "--amend", "-m", "here, in better words"]);
    let blob = repo.git(["rev-parse", "HEAD~2:a.txt"]);
    let object = repo.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let aside = repo.root().join("aside");
    std::fs::rename(&object, &aside).expect("loose");
    let drained = repo.orchestrate(["drain"]).code(0);
    assert!(drained.stderr.contains("waits for the next time"), "{}{}", drained.stdout, drained.stderr);
    assert!(!repo.path().join(".git/orchestrate/spool/bad").exists());
    assert_eq!((spooled(&repo), measured(&repo).len()), (1, 2));
    let status = repo.orchestrate(["status"]).code(0);
    assert!(
        status.stderr.contains("1 event waits in the spool: `git orchestrate drain`"),
        "{}",
        status.stderr
    );
    std::fs::rename(&aside, &object).expect("back");
    repo.orchestrate(["drain"]).code(0);
    assert_eq!((spooled(&repo), measured(&repo).len()), (0, 3));
}

#[test]
fn an_empty_log_of_commits_says_how_many_wait_in_the_spool() {
    let repo = hooked().file("b", "1").commit("work");
    let log = repo.orchestrate(["log", "--commits"]).code(0);
    assert_eq!(log.stdout, "no commits were measured yet\n");
    assert!(log.stderr.contains("2 events wait in the spool: `git orchestrate drain`"), "{}", log.stderr);
    assert_eq!(repo.orchestrate(["status", "--json"]).code(0).json()["waiting"], 2);
}
