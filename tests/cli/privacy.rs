//! What must not be kept is kept nowhere: neither in an object nor in any other file of the repository.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::market::Skill;
use crate::support::{TestRepo, execution};

/// Everything that the repository holds: every object as it is, and every other file of the git folder.
fn everything(repo: &TestRepo) -> String {
    let all = ["cat-file", "--batch-all-objects", "--batch"];
    let objects = repo.command("git").args(all).output().expect("git starts");
    assert!(objects.status.success());
    let mut text = String::from_utf8_lossy(&objects.stdout).into_owned();
    collect(&repo.path().join(".git"), &mut text);
    text.push_str(&repo.git(["for-each-ref", "--format=%(refname) %(contents)"]));
    text
}

fn collect(dir: &Path, text: &mut String) {
    for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
        let path = entry.path();
        text.push_str(&format!("{}\n", path.display()));
        if path.is_dir() {
            collect(&path, text);
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(&path).expect("readable")));
        }
    }
}

/// Made of parts, so that this file holds nothing that looks like one.
fn token() -> String {
    ["gh", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat()
}

/// Nothing of the token, nor of the key that an assignment names.
fn assert_no_secret(repo: &TestRepo) {
    let all = everything(repo);
    assert!(all.contains("[redacted GitHub token]"), "something was kept");
    for secret in ["a1B2c3D4e5F6", "hunter22"] {
        let found = all.find(secret).map(|at| &all[at.saturating_sub(200)..at]);
        assert_eq!(found, None, "before {secret}");
    }
}

/// A record that has secrets wherever text goes.
fn leaking() -> String {
    let token = token();
    let escaped = token.replace("gh", "\\u0067h");
    format!(
        r#"{{"request":"deploy with {token} and DB_PASSWORD=hunter22x","steps":[{{"component":"m/p/skill/a","id":"{token}","needs":["{token}"],"content":"{token}","runner":"{token}","model":"{token}","outcome":"failed","gates":[{{"name":"has {token}","before":false,"after":false}}],"writes":["{token}"],"error":"curl -u me:hunter22x said {escaped}","fix":"export TOKEN='hunter22x y'","odd":["{token}"]}}],"outcome":"failed","tests":{{"passed":1,"failed":0}},"output":"-----BEGIN RSA PRIVATE KEY-----{token}","{token}":1,"env":{{"password":"hunter22x","note":"https://me:hunter22x@host"}}}}"#
    )
}

#[test]
fn a_secret_in_whatever_field_of_a_record_is_kept_nowhere() {
    for spooled in [false, true] {
        let repo = TestRepo::new().commit("start");
        if spooled {
            repo.orchestrate_with(["record", "--spool"], &leaking()).code(0);
            assert_no_secret(&repo);
            repo.orchestrate(["drain"]).code(0);
        } else {
            repo.orchestrate_with(["record"], &leaking()).code(0);
        }
        repo.orchestrate(["merge"]).code(0);
        assert_eq!(repo.executions().len(), 1);
        assert_no_secret(&repo);
        repo.orchestrate(["check"]).code(0);
    }
}

#[test]
fn a_component_that_is_named_like_a_secret_is_not_kept_either() {
    let repo = TestRepo::new().commit("start");
    let line = execution("add a", ["a", &token()], "passed");
    repo.orchestrate_with(["record"], &line).code(0);
    repo.orchestrate(["merge"]).code(0);
    assert_no_secret(&repo);
}

#[test]
fn what_a_failing_script_prints_leaks_nothing() {
    let script = format!("echo \"error: password=hunter22x {}\" >&2; exit 1", token());
    // The script is in the marketplace, not in the repository.
    let deployer = Skill::new("deployer", "Deploys a site.", &script).writes("\"site\"");
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start").skills(&[deployer]);
    let request = format!("deploy a site with {}", token());
    let ran = repo.orchestrate(["run", &request, "--yes"]).code(1);
    assert!(!ran.screen().contains("a1B2c3D4e5F6"), "{}", ran.screen());
    repo.orchestrate(["merge"]).code(0);
    assert_no_secret(&repo);
}

/// A greeting that is written, and a farewell that fails and repeats what was asked for.
fn talkers() -> [Skill; 2] {
    let fails = "echo \"error: $ORCHESTRATE_REQUEST / $ORCHESTRATE_NEED\" >&2; exit 1";
    [
        Skill::new("greeter", "Writes a greeting.", "echo hello > greeting.txt").writes("\"greeting.txt\""),
        Skill::new("farewell", "Writes a farewell.", fails).writes("\"farewell.txt\""),
    ]
}

/// Every way that a request can take into a repository.
fn ask_for_zaphod(privacy: &str) -> TestRepo {
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start").skills(&talkers());
    repo.git(["config", "orchestrate.privacy", privacy]);
    repo.orchestrate(["run", "write a greeting for Zaphod", "--yes", "--apply", "merge"]).code(0);
    std::fs::remove_file(repo.path().join("greeting.txt")).expect("removed");
    let repo = repo.commit("again");
    repo.orchestrate(["run", "write a greeting for Zaphod", "--yes", "--apply", "branch"]).code(0);
    repo.orchestrate(["run", "write a farewell for Zaphod", "--yes"]).code(1);
    let line = execution("answer Zaphod", ["a", "b"], "passed");
    repo.orchestrate_with(["record"], &line).code(0);
    repo.orchestrate_with(["record", "--spool"], &line).code(0);
    assert!(!everything(&repo).contains("Zaphod"), "while it waits in the spool");
    repo.orchestrate(["drain"]).code(0);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    assert_eq!(repo.executions().len(), 5);
    repo
}

#[test]
fn under_none_no_word_of_a_request_is_kept_anywhere() {
    let repo = ask_for_zaphod("none");
    let all = everything(&repo).to_lowercase();
    let found = all.find("zaphod").map(|at| &all[at.saturating_sub(300)..at]);
    assert_eq!(found, None);
}

#[test]
fn under_words_only_keywords_are_kept() {
    let repo = ask_for_zaphod("words");
    let all = everything(&repo);
    for text in ["Zaphod", "for zaphod", "greeting for", "answer "] {
        let found = all.find(text).map(|at| &all[at.saturating_sub(300)..at]);
        assert_eq!(found, None, "{text}");
    }
    assert!(repo.orchestrate(["patterns"]).code(0).stdout.contains("greeter"));
    assert!(
        repo.git(["notes", "--ref=orchestrate", "show", "HEAD"])
            .contains("\"words\":[\"answer\",\"zaphod\"]")
    );
}

#[test]
fn plans_of_different_requests_for_the_same_steps_have_one_digest() {
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start").skills(&talkers());
    let digest = |request: &str| {
        repo.orchestrate(["run", request, "--yes", "--apply", "none", "--skip-learning"]).code(0);
        repo.executions()[0]["plan"].clone()
    };
    // What the first one taught is part of every plan after it.
    digest("write a greeting");
    assert_eq!(digest("write a greeting for Zaphod"), digest("write a greeting for Trillian"));
}

/// A megabyte of what makes careless expressions slow: each takes a fraction of a second, and hours where
/// time is quadratic.
#[test]
fn no_text_takes_more_than_linear_time_to_redact() {
    let repo = TestRepo::new().commit("start");
    let parts = [
        "a",
        "-",
        "eyJ",
        "=",
        "token=",
        "token:",
        "token: ",
        "token='",
        "key ",
        "[redacted ",
        "://a:",
        "a://b:c@",
        "sk-",
        "session=",
        "-----BEGIN PRIVATE KEY-----",
        "curl -u ",
        "machine x login y ",
    ];
    let lines: Vec<String> = parts
        .iter()
        .map(|part| execution(&part.repeat(1_000_000 / part.len()), ["a", "b"], "passed"))
        .collect();
    let start = Instant::now();
    repo.orchestrate_with(["record"], &lines.join("\n")).code(0);
    assert!(start.elapsed() < Duration::from_secs(300), "{:?}", start.elapsed());
}
