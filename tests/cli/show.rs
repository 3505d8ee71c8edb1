//! `show`.

use insta::assert_snapshot;

use crate::support::{TestRepo, execution};

const WHOLE: &str = r#"{"request":"add a licence","steps":[{"component":"market/licence/skill/licence","id":"licence","phase":1,"outcome":"failed","attempts":2,"duration_ms":1500,"error":"no template named X"},{"component":"market/licence/skill/plain","id":"licence","phase":1,"outcome":"passed","attempts":1,"duration_ms":750,"gates":[{"name":"LICENSE exists","before":false,"after":true}]}],"outcome":"passed","predicted":{"success":0.9,"duration_ms":2000},"actual":{"success":1,"duration_ms":2250}}"#;

#[test]
fn an_execution_is_shown_whole() {
    let repo = TestRepo::new().commit("start").record(WHOLE);
    assert_snapshot!(repo.orchestrate(["show"]).code(0).stdout, @"
    add a licence
    passed with a fallback in 2.2 s, just now
    execution 01M7VZGDYG7R9F0Y2PK0KK6ZRV
    commit    2720ca23c977cd7e5b2c029f13c75da6522078cd
    pattern   plain-5ed0039a92c7

    phase  component                     outcome  tries    took  gates
        1  market/licence/skill/licence  failed       2   1.5 s  -
        1  market/licence/skill/plain    passed       1  750 ms  0 → 1 of 1
    failed: licence: no template named X

               success   time  context
    predicted     90 %  2.0 s        -
    actual       100 %  2.2 s        -
    ");
}

#[test]
fn what_was_not_measured_is_not_shown() {
    let repo = TestRepo::new().commit("start").record(&execution("add a", ["a", "b"], "failed"));
    assert_snapshot!(repo.orchestrate(["show"]).code(0).screen(), @"
    add a
    failed, just now
    execution 01M7VZGDYG7R9F0Y2PK0KK6ZRV
    commit    2720ca23c977cd7e5b2c029f13c75da6522078cd
    pattern   a-b-3696f7104dac

    phase  component              outcome  tries  took  gates
        -  market/plugin/skill/a  passed       -     -  -
        -  market/plugin/skill/b  failed       -     -  -
    ");
}

#[test]
fn the_end_of_an_id_or_a_revision_is_enough() {
    let repo =
        TestRepo::new().commit("start").record(&execution("first", ["a", "b"], "passed")).commit("next");
    let id = repo.executions()[0]["id"].as_str().expect("an id").to_owned();
    let first = |name: &str| repo.orchestrate(["show", name, "--json"]).code(0).json()["request"] == "first";
    assert!(first(&id) && first(&id[18..]) && first(&id[18..].to_lowercase()) && first("HEAD~1"));
}

#[test]
fn a_name_without_an_execution_is_an_error() {
    let repo = TestRepo::new().commit("start");
    let mut screens = String::new();
    for (name, code) in [("HEAD", 1), ("nowhere", 2), ("01KAG4E1000000000000000001", 1), ("--", 1)] {
        screens.push_str(&repo.orchestrate(["show", name]).code(code).screen());
    }
    assert_snapshot!(screens, @"
    ! error: no execution is recorded on HEAD
    ! hint: `git orchestrate log` lists the executions that there are
    ! error: `nowhere` is no execution and no revision
    ! hint: `git orchestrate log` lists the executions that there are
    ! error: no execution has the id 01KAG4E1000000000000000001
    ! hint: `git orchestrate log` lists the executions that there are
    ! error: no execution is recorded on HEAD
    ! hint: `git orchestrate log` lists the executions that there are
    ");
}

#[test]
fn an_id_that_ends_like_a_revision_does_not_hide_it() {
    let with = |id: &str, what: &str| {
        execution(what, ["a", "b"], "passed").replacen('{', &format!(r#"{{"id":"{id}","#), 1)
    };
    let repo = TestRepo::new().commit("start");
    let short = repo.git(["rev-parse", "--short=4", "HEAD"]).to_uppercase();
    let ending = format!("01KAG4E1000000000000{short:0>6}");
    let repo = repo
        .record(&with("01KAG4E100000000000000HEAD", "ends in HEAD"))
        .commit("next")
        .record(&with(&ending, "ends in an oid"))
        .record(&with("01KAG4E2000000000000000001", "the latest"));
    let shown = |name: &str| repo.orchestrate(["show", name, "--json"]).code(0).json()["request"].clone();
    assert_eq!(shown("HEAD"), "the latest");
    assert_eq!(shown(&short.to_lowercase()), "ends in HEAD");
    assert_eq!(shown(&ending[18..]), "ends in an oid");
    let bare = TestRepo::new().commit("start");
    let short = bare.git(["rev-parse", "--short=4", "HEAD"]).to_uppercase();
    let bare = bare.commit("next").record(&with(&format!("01KAG4E1000000000000{short:0>6}"), "elsewhere"));
    bare.orchestrate(["show", &short.to_lowercase()]).code(1);
}

#[test]
fn an_end_that_several_ids_share_is_not_guessed() {
    let with =
        |id: &str| execution("x", ["a", "b"], "passed").replacen('{', &format!(r#"{{"id":"{id}","#), 1);
    let repo = TestRepo::new()
        .commit("start")
        .record(&with("01KAG4E1000000000000001234"))
        .record(&with("01KAG4E1000000000000101234"));
    assert_snapshot!(repo.orchestrate(["show", "1234"]).code(2).screen(), @"
    ! error: `1234` names more than one execution
    ! hint: give more of one of these: 01KAG4E1000000000000001234, 01KAG4E1000000000000101234
    ");
}
