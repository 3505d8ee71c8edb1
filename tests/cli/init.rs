//! `init`.

use insta::assert_snapshot;

use crate::support::{TestRepo, execution};

const LEARNING: &str = "refs/orchestrate/learning";

fn with_remote(origin: &TestRepo) -> TestRepo {
    TestRepo::clone_of(origin).with_later_clock()
}

fn config(repo: &TestRepo) -> String {
    repo.read(".git/config")
}

#[test]
fn a_clone_without_a_remote_is_ready() {
    let repo = TestRepo::new();
    assert_snapshot!(repo.orchestrate(["init"]).code(0).screen(), @"
    Ready: this clone is replica jv14kvhp
    no remote origin to look at
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    assert_snapshot!(repo.orchestrate(["init", "--offline", "--json"]).code(0).screen(), @r#"{"found":null,"remote":"origin","replica":"jv14kvhp","state":"not-asked","v":1}"#);
}

#[test]
fn amends_and_rebases_will_keep_notes_whatever_was_set() {
    let repo = TestRepo::new();
    repo.orchestrate(["init"]).code(0);
    let once = config(&repo);
    repo.orchestrate(["init"]).code(0);
    assert_eq!(config(&repo), once);
    let values = |repo: &TestRepo| repo.git(["config", "--get-all", "notes.rewriteRef"]);
    let other = TestRepo::new();
    other.git(["config", "--global", "notes.rewriteRef", "refs/notes/global"]);
    other.git(["config", "notes.rewriteRef", "refs/notes/own"]);
    other.orchestrate(["init"]).code(0);
    assert_eq!(values(&other), "refs/notes/global\nrefs/notes/own\nrefs/notes/orchestrate");
    let all = TestRepo::new();
    all.git(["config", "--global", "notes.rewriteRef", "refs/notes/*"]);
    let before = config(&all);
    all.orchestrate(["init"]).code(0);
    assert_eq!(config(&all), before);
}

#[test]
fn what_the_remote_remembers_is_taken_in() {
    let origin = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    origin.orchestrate(["merge"]).code(0);
    let clone = with_remote(&origin);
    assert_snapshot!(clone.orchestrate(["init"]).code(0).screen(), @"
    Ready: this clone is replica djpcyv17
    the remote origin taught us 1 execution and 1 pattern that were new here
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    assert_snapshot!(clone.orchestrate(["init", "--json"]).code(0).screen(), @r#"{"found":{"bad_lines":0,"cataloged":0,"executions":0,"patterns":0},"remote":"origin","replica":"djpcyv17","state":"joined","v":1}"#);
    assert_eq!(clone.executions(), origin.executions());
    let tree = |repo: &TestRepo| repo.git(["rev-parse", "refs/orchestrate/learning^{tree}"]);
    assert_eq!(tree(&clone), tree(&origin));
    clone.orchestrate(["check"]).code(0);
}

#[test]
fn unsent_records_survive_a_look_at_the_remote() {
    let origin = TestRepo::new().commit("start").record(&execution("theirs", ["a", "b"], "passed"));
    let clone = with_remote(&origin).record(&execution("ours", ["a", "b"], "passed"));
    clone.orchestrate(["init"]).code(0);
    assert_eq!(clone.executions().len(), 2);
    let origin = origin.record(&execution("later", ["a", "b"], "passed"));
    let clone = clone.record(&execution("ours again", ["a", "b"], "passed"));
    clone.orchestrate(["init"]).code(0);
    assert_eq!((clone.executions().len(), origin.executions().len()), (4, 2));
}

#[test]
fn an_empty_and_an_unreachable_remote_are_no_errors() {
    let origin = TestRepo::new().commit("start");
    let clone = with_remote(&origin);
    assert_snapshot!(clone.orchestrate(["init"]).code(0).screen(), @"
    Ready: this clone is replica djpcyv17
    the remote origin remembers nothing yet
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    clone.git(["remote", "set-url", "origin", "/nowhere"]);
    assert_snapshot!(clone.orchestrate(["init"]).code(0).screen(), @"
    Ready: this clone is replica djpcyv17
    ! warning: the remote origin could not be read: git ls-remote failed: '/nowhere' does not appear to be a git repository; Could not read from remote repository.; Please make sure you have the correct access rights
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
}

#[test]
fn bad_lines_of_the_remote_are_counted_and_kept() {
    let origin = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    origin.git(["notes", "--ref=orchestrate", "append", "-m", "nonsense"]);
    let clone = with_remote(&origin);
    assert_snapshot!(clone.orchestrate(["init"]).code(0).stderr, @"
    warning: 1 line of its notes could not be read; `git orchestrate check` names them
    hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    assert!(clone.git(["notes", "--ref=orchestrate", "show"]).contains("nonsense"));
}

#[test]
fn learning_of_a_newer_version_is_refused_whole() {
    let origin = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    origin.orchestrate(["merge"]).code(0);
    origin.write_in_tree("refs/orchestrate/learning", "format", "2\n");
    let clone = with_remote(&origin);
    assert_snapshot!(clone.orchestrate(["init"]).code(0).screen(), @"
    Ready: this clone is replica djpcyv17
    ! warning: refs/orchestrate/learning of the remote origin was refused: the learning tree has format 2, and this version reads format 1
    ! hint: `git log refs/orchestrate/remotes/origin/learning` shows it; nothing of the remote was taken in
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    assert_eq!(own_refs(&clone), "");
    assert!(clone.executions().is_empty());
    let told = clone.orchestrate(["init", "--json"]).code(0).json();
    assert_eq!((&told["state"], &told["refused"][0]["name"]), (&"refused".into(), &LEARNING.into()));
}

/// Our refs, without what was fetched.
fn own_refs(repo: &TestRepo) -> String {
    repo.git(["for-each-ref", LEARNING, "refs/notes/", "refs/heads/learning/"])
}

#[test]
fn a_project_where_learning_or_notes_should_be_is_refused() {
    for name in [LEARNING, "refs/notes/orchestrate"] {
        let origin = TestRepo::new().file("main.rs", "fn main() {}").commit("start");
        let origin = origin.record(&execution("add a", ["a", "b"], "passed"));
        origin.orchestrate(["merge"]).code(0);
        let blob = origin.git(["rev-parse", "HEAD:main.rs"]);
        for oid in [origin.git(["rev-parse", "HEAD"]), blob] {
            std::fs::write(origin.path().join(".git").join(name), format!("{oid}\n")).expect("written");
            let clone = with_remote(&origin).record(&execution("ours", ["a", "b"], "passed"));
            clone.orchestrate(["merge"]).code(0);
            let before = own_refs(&clone);
            let said = clone.orchestrate(["init"]).code(0).stderr;
            assert!(said.contains(&format!("{name} of the remote origin was refused")), "{said}");
            assert_eq!(own_refs(&clone), before);
        }
    }
}

#[test]
fn what_fails_here_is_not_blamed_on_the_remote() {
    let origin = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    let clone = with_remote(&origin);
    clone.git(["update-ref", "refs/orchestrate/remotes", "HEAD"]);
    let said = clone.orchestrate(["init"]).code(128).stderr;
    assert!(said.starts_with("error: git fetch failed") && !said.contains("could not be read"), "{said}");
    let state = |clone: &TestRepo| clone.orchestrate(["init", "--json"]).code(0).json()["state"].clone();
    clone.git(["remote", "set-url", "origin", "/nowhere"]);
    assert_eq!(state(&clone), "unreachable");
    clone.git(["remote", "remove", "origin"]);
    assert_eq!(state(&clone), "missing");
    assert_eq!(state(&with_remote(&TestRepo::new().commit("start"))), "empty");
}

#[test]
fn a_partial_clone_gets_everything_that_it_has_to_read() {
    let origin = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    origin.orchestrate(["merge"]).code(0);
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    let clone = TestRepo::nowhere().with_later_clock();
    clone.git(["clone", "-q", "--filter=blob:none", &format!("file://{}", origin.path().display()), "."]);
    clone.orchestrate(["init"]).code(0);
    assert_eq!(clone.executions(), origin.executions());
    clone.orchestrate(["check"]).code(0);
}

#[test]
fn objects_that_a_filter_left_out_are_read_when_they_are_needed() {
    let origin = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "passed"));
    origin.orchestrate(["merge"]).code(0);
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    origin.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    for filter in ["blob:none", "tree:0"] {
        let clone = TestRepo::nowhere().with_later_clock();
        let url = format!("file://{}", origin.path().display());
        clone.git(["clone", "-q", &format!("--filter={filter}"), &url, "."]);
        clone.git([
            "fetch",
            "-q",
            "origin",
            "refs/notes/*:refs/notes/*",
            "refs/orchestrate/*:refs/orchestrate/*",
        ]);
        assert_eq!(clone.executions(), origin.executions());
        let clone = clone.record(&execution("ours", ["a", "b"], "passed"));
        clone.orchestrate(["merge"]).code(0);
        clone.orchestrate(["check"]).code(0);
        assert_eq!(clone.orchestrate(["patterns", "--json"]).json()[0]["tally"]["passed"], 2);
    }
}

#[test]
fn a_ci_system_gets_its_template_once_and_what_is_there_is_never_written_over() {
    let repo = TestRepo::new();
    assert_snapshot!(repo.orchestrate(["init", "--offline", "--ci", "github"]).code(0).screen(), @"
    Ready: this clone is replica jv14kvhp
    .github/workflows/orchestrate.yml checks learning branches and merges them
    ! hint: set ORCHESTRATE_SOURCE and ORCHESTRATE_COMMIT in .github/workflows/orchestrate.yml, and commit it
    ! hint: `git config orchestrate.review branch` in every clone leaves merging to it
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    let path = ".github/workflows/orchestrate.yml";
    assert_eq!(repo.read(path), include_str!("../../templates/ci/github.yml"));
    repo.orchestrate(["init", "--offline", "--ci", "github"]).code(0);
    repo.write(path, "mine\n");
    assert_snapshot!(repo.orchestrate(["init", "--offline", "--ci", "github"]).code(1).screen(), @"
    ! error: .github/workflows/orchestrate.yml is there already
    ! hint: move it away to get the template of this version
    ");
    assert_eq!(repo.read(path), "mine\n");

    assert_snapshot!(repo.orchestrate(["init", "--offline", "--ci", "gitlab"]).code(0).screen(), @"
    Ready: this clone is replica jv14kvhp
    .gitlab/orchestrate.yml checks learning branches and merges them
    ! hint: set ORCHESTRATE_SOURCE and ORCHESTRATE_COMMIT in .gitlab/orchestrate.yml, and commit it
    ! hint: include it in .gitlab-ci.yml, and give its merge job a token: its first lines say how
    ! hint: `git config orchestrate.review branch` in every clone leaves merging to it
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    assert_eq!(repo.read(".gitlab/orchestrate.yml"), include_str!("../../templates/ci/gitlab.yml"));
    let told = repo.orchestrate(["init", "--offline", "--ci", "gitlab", "--json"]).code(0).json();
    assert_eq!(told["ci"], ".gitlab/orchestrate.yml");
}

#[test]
fn a_template_goes_nowhere_but_into_the_work_tree() {
    let repo = TestRepo::new();
    let outside = repo.root().join("outside");
    std::fs::create_dir(&outside).expect("made");
    std::os::unix::fs::symlink(&outside, repo.path().join(".github")).expect("linked");
    let said = repo.orchestrate(["init", "--offline", "--ci", "github"]).code(1).stderr;
    assert!(said.contains(".github is a symbolic link"), "{said}");
    assert_eq!(std::fs::read_dir(&outside).expect("there").count(), 0);
    TestRepo::bare().orchestrate(["init", "--offline", "--ci", "github"]).code(128);
}
