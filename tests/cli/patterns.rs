//! `patterns`.

use insta::assert_snapshot;

use crate::support::{TestRepo, execution};

/// Eight runs of `licence → check` in eight requests, one of them failed, and one parallel run.
fn repo() -> TestRepo {
    let runs: Vec<String> = (0..8)
        .map(|n| {
            execution(
                &format!("add licence {n}"),
                ["licence", "check"],
                if n == 3 { "failed" } else { "passed" },
            )
        })
        .collect();
    let parallel = r#"{"request":"lint and test","steps":[{"component":"market/plugin/skill/lint","id":"a","needs":[],"outcome":"passed"},{"component":"market/plugin/skill/test","id":"b","needs":[],"outcome":"passed"}],"outcome":"passed"}"#;
    TestRepo::new().commit("start").record(&runs.join("\n")).record(parallel)
}

#[test]
fn no_patterns_yet_says_how_to_begin() {
    assert_snapshot!(TestRepo::new().orchestrate(["patterns"]).code(0).screen(), @r#"
    no patterns yet
    ! hint: `git orchestrate run "what you want"` shows the first
    "#);
}

#[test]
fn the_best_trusted_comes_first() {
    let repo = repo();
    let listed = || repo.orchestrate(["patterns", "--json"]).code(0).stdout;
    let before = listed();
    assert_snapshot!(repo.orchestrate(["patterns"]).code(0).screen(), @"
    pattern       stage       record         last       shape
    c7e73380d156  validated   88 % (7 of 8)  2 min ago  licence → check
    415aacbb7e60  discovered  1 of 1 passed  2 min ago  lint + test
    ");
    // The same before and after it was committed.
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(listed(), before);
}

#[test]
fn stage_and_category_narrow_it_down() {
    let repo = repo();
    let ids = |option: &str, value: &str| {
        let found = repo.orchestrate(["patterns", "--json", option, value]).code(0).json();
        found.as_array().expect("a list").len()
    };
    assert_eq!((ids("--category", "parallel"), ids("--category", "composite")), (1, 0));
    assert_eq!((ids("--stage", "discovered"), ids("--stage", "learned")), (1, 0));
    assert_snapshot!(repo.orchestrate(["patterns", "--stage", "learned"]).code(0).screen(), @r#"
    no patterns like that
    ! hint: `git orchestrate run "what you want"` shows the first
    "#);
    repo.orchestrate(["patterns", "--stage", "best"]).code(2);
}

#[test]
fn one_pattern_is_shown_with_its_evidence() {
    let repo = repo();
    assert_snapshot!(repo.orchestrate(["patterns", "show", "licence-check"]).code(0).screen(), @"
    licence-check-c7e73380d156
    validated, sequential: 88 % (7 of 8), lower bound 0.66
    file      patterns/validated/medium/licence-check-c7e73380d156.toml
    about     add, licens
    requests  8 distinct

    phase  component                    its own record
        1  market/plugin/skill/licence  100 % (8 of 8)
        2  market/plugin/skill/check    88 % (7 of 8)
    ");
    assert_snapshot!(repo.orchestrate(["patterns", "show", "licence-check", "--json"]).code(0).screen(), @r#"{"v":1,"id":"licence-check-c7e73380d156","category":"sequential","stage":"validated","path":"patterns/validated/medium/licence-check-c7e73380d156.toml","phases":[["market/plugin/skill/licence"],["market/plugin/skill/check"]],"words":["add","licens"],"requests":8,"tally":{"passed":7,"failed":1,"environment":0,"aborted":0},"mean":0.875,"lower_bound":0.660420335780904,"updated":"2026-11-20T08:00:16.000Z"}"#);
    let mut wrong = repo.orchestrate(["patterns", "show", "nothing"]).code(1).screen();
    wrong.push_str(&repo.orchestrate(["patterns", "show", "li"]).code(2).screen());
    assert_snapshot!(wrong, @"
    ! error: no pattern is named `nothing`
    ! hint: `git orchestrate patterns` lists them
    ! error: `li` names 2 patterns
    ! hint: give more of its id, as `git orchestrate patterns` shows it
    ");
}

#[test]
fn the_names_that_the_idea_used_work_too() {
    let repo = repo();
    let long = repo.orchestrate(["show-patterns", "--json"]).code(0).stdout;
    assert_eq!(long, repo.orchestrate(["patterns", "--json"]).code(0).stdout);
}
