//! What a plain `git fetch` brings once the hooks are installed.

use crate::support::{TestRepo, execution};

/// A remote that remembers one execution, a clone of it, and one that will teach it more.
fn clones() -> (TestRepo, TestRepo, TestRepo) {
    let seed = TestRepo::new().commit("start");
    let hub = TestRepo::bare();
    seed.git(["push", "-q", hub.path().to_str().expect("UTF-8"), "main"]);
    let [here, there] = [0, 1].map(|_| TestRepo::clone_of(&hub).with_real_clock());
    (hub, here, there)
}

fn teach(repo: TestRepo, request: &str) -> TestRepo {
    let repo = repo.record(&execution(request, ["a", "b"], "passed"));
    repo.orchestrate(["sync", "--push", "--yes"]).code(0);
    repo
}

fn fetch(repo: &TestRepo, arguments: &[&str]) -> String {
    let output = repo.command("git").arg("fetch").args(arguments).output().expect("git starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

const SEEN: &str = "refs/orchestrate/remotes/origin/notes";

#[test]
fn a_fetch_brings_what_the_remote_remembers_beside_ours() {
    let (hub, here, there) = clones();
    here.orchestrate(["hooks", "install"]).code(0);
    assert_eq!(fetch(&here, &[]), "", "a remote that remembers nothing yet");
    let there = teach(there, "one");
    fetch(&here, &[]);
    assert_eq!(here.git(["rev-parse", SEEN]), hub.git(["rev-parse", "refs/notes/orchestrate"]));
    assert!(here.executions().is_empty(), "nothing is joined before it was checked");
    let status = here.orchestrate(["status"]).code(0);
    let hint = "hint: origin has 1 execution that is not joined yet: `git orchestrate sync`\n";
    assert!(status.stderr.contains(hint), "{}", status.screen());
    let json = here.orchestrate(["status", "--json"]).code(0).json();
    assert_eq!(json["not_joined_yet"], serde_json::json!({"origin": 1}));

    let here = here.record(&execution("ours", ["a", "b"], "passed"));
    teach(there, "two");
    here.git(["pull", "-q"]);
    assert_eq!(here.executions().len(), 1);
    here.orchestrate(["sync", "--fetch"]).code(0);
    assert_eq!(here.executions().len(), 3);
    assert!(!here.orchestrate(["status"]).code(0).stderr.contains("not joined"));
}

#[test]
fn a_fetch_that_prunes_leaves_ours() {
    let (hub, here, there) = clones();
    teach(there, "one");
    here.orchestrate(["hooks", "install"]).code(0);
    let here = here.record(&execution("ours", ["a", "b"], "passed"));
    here.orchestrate(["merge"]).code(0);
    fetch(&here, &[]);
    let ours =
        ["refs/notes/orchestrate", "refs/orchestrate/learning"].map(|name| here.git(["rev-parse", name]));
    for name in ["refs/notes/orchestrate", "refs/orchestrate/learning"] {
        hub.git(["update-ref", "-d", name]);
    }
    fetch(&here, &["--prune"]);
    let kept =
        ["refs/notes/orchestrate", "refs/orchestrate/learning"].map(|name| here.git(["rev-parse", name]));
    assert_eq!((kept, here.git(["for-each-ref", "refs/orchestrate/remotes"])), (ours, String::new()));
}

#[test]
fn what_a_person_sees_of_branches_and_remotes_is_as_before() {
    let (_hub, here, there) = clones();
    teach(there, "one");
    here.orchestrate(["hooks", "install"]).code(0);
    fetch(&here, &[]);
    assert_eq!(here.git(["branch", "-a", "--format=%(refname)"]).matches("orchestrate").count(), 0);
    let url = here.git(["remote", "get-url", "origin"]);
    here.git(["remote", "rename", "origin", "up"]);
    here.orchestrate(["hooks", "install"]).code(0);
    fetch(&here, &["--all"]);
    assert!(here.git(["for-each-ref", "refs/orchestrate/remotes/up"]).contains("notes"));
    here.git(["remote", "remove", "up"]);
    assert_eq!(here.git(["remote"]), "");
    here.git(["remote", "add", "origin", &url]);
    fetch(&here, &["--all"]);
}

#[test]
fn a_remote_that_is_added_later_is_named_until_it_is_followed() {
    let hub = crate::review::hub();
    let repo = TestRepo::new().commit("start");
    let hint = "`git fetch` does not bring what up remembers: `git orchestrate hooks install` lets it";
    let told = |verb: &[&str]| {
        let ran = repo.program().args(verb).output().expect("it starts");
        String::from_utf8_lossy(&ran.stderr).contains(hint)
    };
    repo.git(["remote", "add", "up", hub.path().to_str().expect("UTF-8")]);
    assert!(!told(&["status"]), "without hooks nothing follows");
    repo.git(["remote", "remove", "up"]);
    repo.orchestrate(["hooks", "install"]).code(0);
    repo.git(["remote", "add", "up", hub.path().to_str().expect("UTF-8")]);
    assert!(told(&["status"]) && told(&["hooks", "status"]));
    assert_eq!(repo.orchestrate(["status", "--json"]).json()["not_followed"], serde_json::json!(["up"]));
    repo.orchestrate(["hooks", "install"]).code(0);
    assert!(!told(&["status"]) && !told(&["hooks", "status"]));
    repo.orchestrate(["hooks", "uninstall"]).code(0);
    assert!(!told(&["status"]));
}

#[test]
fn the_refspecs_go_with_the_hooks() {
    let (_hub, here, _there) = clones();
    here.git(["remote", "add", "up/stream", "../elsewhere"]);
    here.git(["config", "remote.bare.url", "../nowhere"]);
    let before = here.read(".git/config");
    here.orchestrate(["hooks", "install"]).code(0);
    let values = here.git(["config", "--get-all", "remote.up/stream.fetch"]);
    assert_eq!(
        values,
        "+refs/heads/*:refs/remotes/up/stream/*\n\
         +refs/notes/orchestrate*:refs/orchestrate/remotes/up/stream/notes*\n\
         +refs/orchestrate/learning*:refs/orchestrate/remotes/up/stream/learning*"
    );
    assert!(!here.read(".git/config").contains("remotes/bare"), "who fetches nothing goes on so");
    let installed = here.read(".git/config");
    here.orchestrate(["hooks", "install"]).code(0);
    assert_eq!(here.read(".git/config"), installed);
    here.orchestrate(["hooks", "uninstall"]).code(0);
    assert_eq!(here.read(".git/config"), before);

    here.orchestrate(["hooks", "install"]).code(0);
    here.git(["config", "mine.own", "later"]);
    here.orchestrate(["hooks", "uninstall"]).code(0);
    here.git(["config", "--remove-section", "mine"]);
    assert_eq!(here.read(".git/config"), before, "also where something else changed since");
}
