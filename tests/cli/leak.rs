//! A secret that got in all the same does not leave, wherever it stands.

use crate::support::{TestRepo, execution, piped};

const LEARNING: &str = "refs/orchestrate/learning";

/// Made of parts, so that this file holds nothing that looks like one.
fn token() -> String {
    ["gh", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat()
}

/// A remote, and a clone that has something to share.
fn clone() -> (TestRepo, TestRepo) {
    let seed = TestRepo::new().commit("start");
    let hub = TestRepo::bare();
    seed.git(["push", "-q", hub.path().to_str().expect("UTF-8"), "main"]);
    let clone = TestRepo::clone_of(&hub).with_real_clock();
    let clone = clone.record(&execution("add a", ["a", "b"], "passed"));
    clone.orchestrate(["merge"]).code(0);
    (hub, clone)
}

/// Nothing is pushed, and `named` is what the refusal names.
fn assert_kept(hub: &TestRepo, clone: &TestRepo, named: &str) {
    let said = clone.orchestrate(["sync", "--push", "--yes"]).code(1).stderr;
    assert!(
        said.contains("nothing was pushed: what looks like a secret is in ") && said.contains(named),
        "{said}"
    );
    assert!(!said.contains("a1B2c3D4e5F6"), "{said}");
    assert!(!hub.git(["for-each-ref"]).contains("orchestrate"));
}

#[test]
fn escapes_and_fields_that_are_there_twice_hide_nothing() {
    let token = token();
    let escaped = token.replace("gh", "\\u0067h");
    for field in [
        format!(r#""request":"use {escaped}""#),
        format!(r#""request":"use {token}","request":"nothing""#),
        format!(r#""{token}":1"#),
        r#""odd":["DB_PASSWORD=hunter22x"]"#.to_owned(),
    ] {
        let (hub, clone) = clone();
        let line = clone.git(["notes", "--ref=orchestrate", "show"]);
        let leak = line.replace(r#""request":"add a""#, &field);
        assert_ne!(leak, line);
        clone.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &leak]);
        if field.matches("request").count() == 2 {
            // As it is that would be no record: an audit refuses it. What was there is in history.
            clone.git(["notes", "--ref=orchestrate", "add", "-f", "-m", &line]);
            assert_kept(&hub, &clone, "blob ");
        } else {
            assert_kept(&hub, &clone, &line[7..33]);
        }
    }
}

#[test]
fn a_note_of_anything_is_looked_at() {
    for what in ["HEAD^{tree}", "HEAD:a.txt"] {
        let (hub, clone) = clone();
        let clone = clone.file("a.txt", "one\n").commit("a file");
        clone.git(["notes", "--ref=orchestrate", "add", "-m", &format!("see {}", token()), what]);
        clone.git(["notes", "--ref=orchestrate", "remove", what]);
        assert_kept(&hub, &clone, "blob ");
    }
}

#[test]
fn a_file_that_is_named_like_a_secret_does_not_leave() {
    let (hub, clone) = clone();
    let file = format!("patterns/learned/{}.toml", token());
    clone.write_in_tree(LEARNING, &file, "v = 1\n");
    clone.remove_from_tree(LEARNING, &file);
    assert_kept(&hub, &clone, "a file name in tree ");
}

#[test]
fn an_author_who_is_named_like_a_secret_does_not_leave() {
    for variable in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME"] {
        let (hub, clone) = clone();
        let tree = clone.git(["rev-parse", "refs/orchestrate/learning^{tree}"]);
        let mut commit = clone.command("git");
        commit.args(["commit-tree", "-m", "by hand", "-p", LEARNING, &tree]).env(variable, token());
        let commit = piped(&mut commit, "");
        clone.git(["update-ref", LEARNING, &commit]);
        assert_kept(&hub, &clone, &format!("the author of commit {}", &commit[..7]));
    }
}

#[test]
fn a_branch_that_is_named_like_a_secret_tells_nobody() {
    let (hub, clone) = clone();
    let clone = clone.record(&execution("add c", ["a", "c"], "passed"));
    let tip = clone.git(["rev-parse", LEARNING]);
    let tree = clone.git(["rev-parse", "refs/orchestrate/learning^{tree}"]);
    let other = clone.git(["commit-tree", "-m", "by hand", "-p", &tip, &tree]);
    clone.git(["update-ref", &format!("refs/heads/learning/{}", token()), &other]);
    // The merge names the branch that it merges.
    let ran = clone.orchestrate(["sync", "--push", "--yes"]);
    let shared = hub.git(["for-each-ref", "--format=%(refname)"]);
    let sent =
        if shared.contains(LEARNING) { hub.git(["log", "--format=%B", LEARNING]) } else { String::new() };
    assert!(!sent.contains("a1B2c3D4e5F6") && !shared.contains("a1B2c3D4e5F6"), "{}\n{sent}", ran.screen());
}
