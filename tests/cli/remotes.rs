//! Where learning is shared: repositories of its own, several URLs, clones that have not everything.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::{TestRepo, execution};

const LEARNING: &str = "refs/orchestrate/learning";

/// A bare repository with three commits.
fn hub() -> TestRepo {
    let seed = TestRepo::new().file("a.txt", "1").commit("one").file("a.txt", "2").commit("two");
    let seed = seed.file("a.txt", "3").commit("three");
    let hub = TestRepo::bare();
    seed.git(["push", "-q", &url(&hub), "main"]);
    hub
}

fn url(repo: &TestRepo) -> String {
    repo.path().display().to_string()
}

fn clone_of(hub: &TestRepo) -> TestRepo {
    TestRepo::clone_of(hub).with_real_clock()
}

fn recorded(clone: TestRepo, request: &str) -> TestRepo {
    clone.record(&execution(request, ["a", "b"], "passed"))
}

fn tree(repo: &TestRepo) -> String {
    repo.git(["rev-parse", &format!("{LEARNING}^{{tree}}")])
}

fn has_ours(repo: &TestRepo) -> bool {
    repo.git(["for-each-ref"]).contains("orchestrate")
}

/// Refs of what was seen at remotes.
fn seen(clone: &TestRepo) -> Vec<String> {
    let refs = clone.git(["for-each-ref", "--format=%(refname)", "refs/orchestrate/remotes"]);
    refs.lines().map(str::to_owned).collect()
}

#[test]
fn a_team_can_keep_its_learning_in_a_repository_of_its_own() {
    let (code, learning) = (hub(), TestRepo::bare());
    let clones = [clone_of(&code), clone_of(&code)];
    for clone in &clones {
        clone.git(["config", "orchestrate.remote", &url(&learning)]);
        assert_eq!(clone.orchestrate(["init", "--json"]).code(0).json()["state"], "empty");
    }
    let [one, other] = clones.map(|clone| recorded(clone, "add a"));
    assert_eq!(one.orchestrate(["sync", "--json"]).code(0).json()["state"], "not-agreed");
    assert!(!has_ours(&learning));
    for clone in [&one, &other, &one] {
        let told = clone.orchestrate(["sync", "--push", "--yes", "--json"]).code(0).json();
        assert_eq!(told["remote"], url(&learning));
    }
    assert_eq!((one.executions().len(), tree(&one)), (2, tree(&other)));
    assert_eq!(tree(&learning), tree(&one));
    assert!(!has_ours(&code));
    one.git(["fsck", "--strict"]);
}

#[test]
fn a_push_anywhere_shares_with_the_repository_of_the_learning() {
    let (code, learning) = (hub(), TestRepo::bare());
    let clone = clone_of(&code).with_program_on_path();
    clone.git(["config", "orchestrate.remote", &url(&learning)]);
    clone.orchestrate(["hooks", "install"]).code(0);
    let clone = recorded(clone, "add a").commit("work");
    clone.git(["push", "-q", "origin", "HEAD:refs/heads/mine"]);
    assert!(!has_ours(&learning), "nobody agreed to it yet");
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    let clone = recorded(clone, "add c").commit("more");
    clone.git(["push", "-q", "origin", "HEAD:refs/heads/mine"]);
    assert_eq!(tree(&learning), tree(&clone));
    let shared = learning.git(["notes", "--ref=orchestrate", "show", &clone.git(["rev-parse", "HEAD~1"])]);
    assert!(shared.contains("add c"), "{shared}");
    assert!(!has_ours(&code));
}

#[test]
fn a_remote_that_has_nothing_of_it_any_more_gets_everything_again() {
    let (old, new) = (hub(), TestRepo::bare());
    let clone = recorded(clone_of(&old), "add a");
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    clone.git(["remote", "set-url", "origin", &url(&new)]);
    let told = clone.orchestrate(["sync", "--push", "--yes", "--json"]).code(0).json();
    assert_eq!((told["state"].as_str(), tree(&new)), (Some("shared"), tree(&clone)));
    new.git(["update-ref", "-d", LEARNING]);
    clone.orchestrate(["sync"]).code(0);
    assert_eq!(tree(&new), tree(&clone));
}

#[test]
fn what_the_user_pushes_is_left_out_under_whatever_name_the_remote_goes() {
    for protocol in ["", "file://"] {
        let hub = hub();
        let clone = clone_of(&hub).with_program_on_path();
        clone.git(["config", "orchestrate.remote", &format!("{protocol}{}", url(&hub))]);
        clone.orchestrate(["hooks", "install"]).code(0);
        let clone = recorded(clone, "add a");
        clone.orchestrate(["sync", "--push", "--yes"]).code(0);
        let clone = recorded(clone, "add b");
        clone.git(["push", "-q", "origin", "refs/notes/orchestrate", "HEAD:refs/heads/more"]);
        assert_eq!(
            hub.git(["rev-parse", "refs/notes/orchestrate"]),
            clone.git(["rev-parse", "refs/notes/orchestrate"])
        );
    }
}

#[test]
fn a_path_starts_at_the_top_of_the_work_tree_wherever_one_is() {
    let clone = recorded(clone_of(&hub()), "add a").file("deep/er/b.txt", "1");
    let learning = clone.root().join("learning.git");
    clone.git(["init", "-q", "--bare", learning.to_str().expect("UTF-8")]);
    clone.git(["config", "orchestrate.remote", "../learning.git"]);
    clone.inside("deep/er").orchestrate(["sync", "--push", "--yes"]).code(0);
    let there = clone.git(["--git-dir", learning.to_str().expect("UTF-8"), "rev-parse", LEARNING]);
    assert_eq!(there, clone.git(["rev-parse", LEARNING]));
}

/// A work tree in another place, from where relative paths lead to another repository.
fn elsewhere(clone: &TestRepo) -> (TestRepo, PathBuf) {
    let place = clone.root().join("else/where");
    let (tree, trap) = (place.join("tree"), place.join("learning.git"));
    clone.git(["worktree", "add", "-q", "--detach", tree.to_str().expect("UTF-8")]);
    clone.git(["init", "-q", "--bare", trap.to_str().expect("UTF-8")]);
    (clone.at(&tree).with_real_clock(), trap)
}

fn refs_in(clone: &TestRepo, repository: &Path) -> String {
    clone.git(["--git-dir", repository.to_str().expect("UTF-8"), "for-each-ref"])
}

#[test]
fn a_path_means_the_same_repository_in_every_work_tree() {
    let clone = recorded(clone_of(&hub()), "add a");
    let learning = clone.root().join("learning.git");
    clone.git(["init", "-q", "--bare", learning.to_str().expect("UTF-8")]);
    clone.git(["config", "orchestrate.remote", "../learning.git"]);
    let (linked, trap) = elsewhere(&clone);
    linked.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_eq!(refs_in(&clone, &trap), "");
    let agreed = clone.git(["config", "orchestrate.share"]);
    assert_eq!(Path::new(&agreed), learning.canonicalize().expect("there"));
    let clone = recorded(clone, "add c");
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["state"], "shared");
    let linked = recorded(linked, "add e");
    linked.with_program_on_path().orchestrate(["hook", "pre-push", "origin", "x"]).code(0);
    let there = clone.git(["--git-dir", learning.to_str().expect("UTF-8"), "rev-parse", LEARNING]);
    assert_eq!((there, refs_in(&clone, &trap)), (clone.git(["rev-parse", LEARNING]), String::new()));
    assert_eq!(seen(&clone).len(), 2);
}

#[test]
fn an_agreement_to_a_path_is_none_to_where_it_leads_in_another_place() {
    let clone = recorded(clone_of(&hub()), "add a");
    let near = clone.root().join("learning.git");
    clone.git(["init", "-q", "--bare", near.to_str().expect("UTF-8")]);
    // As git takes the path of a remote, and one that somebody names: from the top of each work tree.
    clone.git(["remote", "add", "near", "../learning.git"]);
    clone.orchestrate(["sync", "near", "--push", "--yes"]).code(0);
    let (linked, trap) = elsewhere(&clone);
    for remote in ["near", "../learning.git"] {
        assert_eq!(clone.orchestrate(["sync", remote, "--json"]).code(0).json()["state"], "up-to-date");
        assert_eq!(linked.orchestrate(["sync", remote, "--json"]).code(0).json()["state"], "not-agreed");
    }
    let linked = linked.with_program_on_path();
    linked.orchestrate(["hooks", "install"]).code(0);
    linked.git(["push", "-q", "near", "HEAD:refs/heads/work"]);
    assert!(!refs_in(&clone, &trap).contains("orchestrate"));
    let clone = recorded(clone, "add c").with_program_on_path();
    clone.git(["push", "-q", "near", "HEAD:refs/heads/work"]);
    let there = clone.git(["--git-dir", near.to_str().expect("UTF-8"), "rev-parse", LEARNING]);
    assert_eq!(there, clone.git(["rev-parse", LEARNING]));
}

#[test]
fn in_a_bare_repository_and_a_submodule_a_path_starts_where_people_expect_it() {
    let (code, learning) = (hub(), TestRepo::bare().with_real_clock());
    let bare = TestRepo::bare().with_real_clock();
    let above = bare.root().join("learning.git");
    bare.git(["clone", "-q", "--bare", &url(&learning), above.to_str().expect("UTF-8")]);
    bare.git(["fetch", "-q", &url(&code), "main:main"]);
    bare.git(["config", "orchestrate.remote", "../learning.git"]);
    let bare = recorded(bare, "add a");
    let (linked, trap) = elsewhere(&bare);
    let linked = recorded(linked, "add b");
    for repo in [&bare, &linked] {
        repo.orchestrate(["sync", "--push", "--yes"]).code(0);
    }
    assert!(refs_in(&bare, &above).contains(LEARNING) && refs_in(&bare, &trap).is_empty());

    let outer = clone_of(&code);
    outer.git(["-c", "protocol.file.allow=always", "submodule", "add", "-q", &url(&code), "inner"]);
    let beside = outer.path().join("learning.git");
    outer.git(["init", "-q", "--bare", beside.to_str().expect("UTF-8")]);
    let inner = outer.inside("inner").with_real_clock();
    inner.git(["config", "orchestrate.remote", "../learning.git"]);
    let inner = recorded(inner, "add a");
    let (linked, trap) = elsewhere(&inner);
    for repo in [&inner, &linked] {
        repo.orchestrate(["sync", "--push", "--yes"]).code(0);
    }
    assert!(refs_in(&outer, &beside).contains(LEARNING) && refs_in(&outer, &trap).is_empty());
}

#[test]
fn what_a_url_is_short_for_is_no_path() {
    let clone = recorded(clone_of(&hub()), "add a");
    let folder = clone.root().join("far");
    let learning = folder.join("team.git");
    clone.git(["init", "-q", "--bare", learning.to_str().expect("UTF-8")]);
    clone.git(["config", &format!("url.{}/.insteadOf", folder.display()), "far/"]);
    clone.git(["config", "orchestrate.remote", "far/team.git"]);
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert!(refs_in(&clone, &learning).contains(LEARNING));
}

#[test]
fn a_password_of_a_url_is_neither_shown_nor_part_of_a_ref() {
    let clone = recorded(clone_of(&hub()), "add a");
    let secret = "https://bob:s3cretpassw0rd@127.0.0.1:9/x.git";
    clone.git(["config", "orchestrate.remote", secret]);
    let screens = [
        clone.orchestrate(["sync"]),
        clone.orchestrate(["sync", "--dry-run"]),
        clone.orchestrate(["sync", "--dry-run", "--json"]),
        clone.orchestrate(["init"]),
        clone.orchestrate(["settings"]),
        clone.orchestrate(["settings", "--json"]),
    ];
    for screen in screens.map(|ran| ran.screen()) {
        assert!(screen.contains("https://127.0.0.1:9/x.git") && !screen.contains("s3cret"), "{screen}");
    }
    assert!(!clone.git(["for-each-ref"]).contains("s3cret"));
}

#[test]
fn a_url_that_failed_gets_the_next_time_what_another_one_has_already() {
    let (code, first, second) = (hub(), TestRepo::bare(), TestRepo::bare());
    let clone = clone_of(&code);
    for hub in [&first, &second] {
        clone.git(["remote", "set-url", "--add", "--push", "origin", &url(hub)]);
    }
    let clone = recorded(clone, "add a");
    let aside = first.root().join("aside");
    std::fs::rename(first.path(), &aside).expect("renamed");
    clone.orchestrate(["sync", "--push", "--yes"]).code(128);
    assert_eq!(tree(&second), tree(&clone), "one that is away keeps the other from nothing");
    std::fs::rename(&aside, first.path()).expect("renamed");
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["state"], "shared");
    assert_eq!(tree(&first), tree(&clone));
    assert_eq!(clone.orchestrate(["sync", "--json"]).code(0).json()["state"], "up-to-date");
    assert_eq!(seen(&clone).len(), 4, "what each has is kept apart: {:?}", seen(&clone));
}

#[test]
fn what_others_brought_to_one_of_several_urls_is_joined_before_it_is_pushed_there() {
    let (code, learning) = (hub(), TestRepo::bare());
    let other = recorded(clone_of(&code), "add a");
    other.orchestrate(["sync", &url(&learning), "--push", "--yes"]).code(0);
    let clone = recorded(clone_of(&code), "add c");
    for hub in [&code, &learning] {
        clone.git(["remote", "set-url", "--add", "--push", "origin", &url(hub)]);
    }
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_eq!(clone.executions().len(), 2);
    assert_eq!(tree(&learning), tree(&clone));
}

/// A lock as a fetch leaves it that was killed, from so long ago.
fn left_lock(clone: &TestRepo, name: &str, age: Duration) -> PathBuf {
    let path = clone.path().join(format!(".git/refs/orchestrate/remotes/origin/{name}.lock"));
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let then = SystemTime::now() - age;
    File::create(&path).and_then(|file| file.set_modified(then)).expect("written");
    path
}

#[test]
fn the_lock_of_a_fetch_that_was_killed_blocks_no_sync() {
    let hub = hub();
    recorded(clone_of(&hub), "add a").orchestrate(["sync", "--push", "--yes"]).code(0);
    let clone = clone_of(&hub);
    let lock = left_lock(&clone, "notes", Duration::from_secs(60));
    clone.orchestrate(["sync"]).code(0);
    assert!(!lock.exists());
    assert_eq!(clone.executions().len(), 1);
}

#[test]
fn a_lock_that_grows_old_while_a_sync_waits_blocks_it_no_longer() {
    let hub = hub();
    recorded(clone_of(&hub), "add a").orchestrate(["sync", "--push", "--yes"]).code(0);
    let clone = clone_of(&hub);
    clone.git(["config", "core.filesRefLockTimeout", "1500"]);
    let lock = left_lock(&clone, "learning", Duration::from_secs(9));
    clone.orchestrate(["sync"]).code(0);
    assert!(!lock.exists());
}

#[test]
fn the_lock_of_a_fetch_that_goes_on_is_left_and_named() {
    let hub = hub();
    recorded(clone_of(&hub), "add a").orchestrate(["sync", "--push", "--yes"]).code(0);
    let clone = clone_of(&hub);
    clone.git(["config", "core.filesRefLockTimeout", "100"]);
    let lock = left_lock(&clone, "notes", Duration::ZERO);
    let said = clone.orchestrate(["sync"]).stderr;
    assert!(said.contains("remotes/origin/notes.lock': File exists"), "{said}");
    assert!(lock.exists());
}

/// A clone over `file://`, which is the only way to have not everything.
fn partial_clone(hub: &TestRepo, option: &str) -> TestRepo {
    hub.git(["config", "uploadpack.allowFilter", "true"]);
    hub.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let clone = TestRepo::nowhere().with_real_clock();
    clone.git(["clone", "-q", option, &format!("file://{}", url(hub)), "."]);
    clone
}

#[test]
fn clones_that_have_not_everything_sync_everything_of_ours() {
    let hub = hub();
    let whole = recorded(clone_of(&hub), "add a");
    for (round, option) in ["--depth=1", "--filter=blob:none", "--filter=tree:0"].into_iter().enumerate() {
        recorded(clone_of(&hub), &format!("add {round}")).orchestrate(["sync", "--push", "--yes"]).code(0);
        let clone = recorded(partial_clone(&hub, option), &format!("add more {round}"));
        clone.orchestrate(["sync", "--push", "--yes"]).code(0);
        assert_eq!(tree(&hub), tree(&clone), "{option}");
        clone.orchestrate(["check"]).code(0);
        // Nothing of ours is missing there, or was taken for a place where history ends.
        for name in ["refs/notes/orchestrate", LEARNING] {
            assert_eq!(
                hub.git(["rev-list", "--count", name]),
                clone.git(["rev-list", "--count", name]),
                "{option}"
            );
            clone.git(["rev-list", "--objects", "--missing=error", name]);
        }
        hub.git(["fsck", "--strict", "--connectivity-only"]);
    }
    whole.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_eq!(whole.executions().len(), 7);
    assert_eq!(tree(&whole), tree(&hub));
}

#[test]
fn a_clone_that_is_shallow_in_our_refs_too_pushes_nothing_broken() {
    let hub = hub();
    let whole = recorded(clone_of(&hub), "add a");
    whole.orchestrate(["sync", "--push", "--yes"]).code(0);
    let whole = recorded(whole, "add c");
    whole.orchestrate(["sync"]).code(0);
    let clone = partial_clone(&hub, "--depth=1");
    // As somebody's CI fetches them.
    let refs = ["+refs/notes/*:refs/notes/*", "+refs/orchestrate/*:refs/orchestrate/*"];
    clone.git(["fetch", "-q", "--depth=1", "origin", refs[0], refs[1]]);
    let clone = recorded(clone, "add e");
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    hub.git(["fsck", "--strict"]);
    whole.orchestrate(["sync"]).code(0);
    assert_eq!((whole.executions().len(), tree(&whole)), (3, tree(&hub)));
}
