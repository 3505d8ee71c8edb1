//! `research`.

use insta::assert_snapshot;

use crate::market::{Market, Skill};
use crate::support::TestRepo;

/// A repository that knows four skills, one of which writes Markdown into its description.
fn repo() -> TestRepo {
    let hostile = "Reviews the API. <img src=x> [click](https://x.example) @everyone | ## done";
    TestRepo::new().commit("start").skills(&[
        Skill::new("api-maker", "Creates a REST API.", "true").writes("\"api/**\"").gate("api/main.py"),
        Skill::new("api-docs", "Documents the REST API.", "true").writes("\"docs/**\""),
        Skill::new("api-critic", hostile, "true"),
        Skill::new("poet", "Writes poems.", "true").writes("\"*.txt\""),
    ])
}

/// `count` executions of these skills, one after the other, in a REST API of a number.
fn runs(count: usize, skills: [&str; 2], ends: &str, error: &str) -> String {
    let line = |n: usize| {
        let [first, last] = skills.map(|skill| format!("\"component\":\"market/tools/skill/{skill}\""));
        format!(
            r#"{{"request":"create and document REST API {ends}{n}","actual":{{"success":1,"duration_ms":{}}},"steps":[{{{first},"runner":"shell","outcome":"passed","duration_ms":900}},{{{last},"runner":"shell","outcome":"{ends}","duration_ms":100{error}}}],"outcome":"{ends}"}}"#,
            1000 + n
        )
    };
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_topic_is_reported_before_anything_ran() {
    let repo = repo();
    assert_snapshot!(repo.orchestrate(["research", "REST API with documentation"]).code(0).screen(), @r#"
    Research: REST API with documentation
    4 components of 1 marketplace, 0 executions here

    Recommended
      chosen by what the texts say: not enough evidence for a probability (0 runs)
      1. market/tools/skill/api-docs
         for "REST API; documentation": matches rest, api, documentation

    Build
      market/tools/skill/api-maker
        Creates a REST API.
        covers 69 %, to create api, runs without an agent

    Document and explain
      market/tools/skill/api-docs
        Documents the REST API.
        covers 100 %, to document api, runs without an agent

    Next
      git orchestrate plan "REST API with documentation"
          shows the plan with gates and fallbacks
      git orchestrate run "REST API with documentation"
          runs it in a work tree of its own
      git orchestrate catalog show market/tools/skill/api-docs
          shows what is known of the first component, and where it is said
    "#);
}

#[test]
fn what_has_run_for_a_topic_is_recommended_with_its_record() {
    let failed = r#","error":"no route is documented","fix":"name the routes""#;
    let repo = repo().record(&runs(6, ["api-maker", "api-docs"], "passed", "")).record(&runs(
        1,
        ["api-maker", "api-docs"],
        "failed",
        failed,
    ));
    assert_snapshot!(repo.orchestrate(["research", "create and document a REST API"]).code(0).screen(), @r#"
    Research: create and document a REST API
    4 components of 1 marketplace, 7 executions here

    Recommended
      expected to succeed in 78 % of runs (evidence: 7 runs)
      1. market/tools/skill/api-docs
         for "create and document a REST API": as in pattern api-maker-api-docs-492…

    Patterns that have run
    sequence              stage      record          time
    api-maker → api-docs  validated  86 % (6 of 7)  <time>

    Document and explain
      market/tools/skill/api-docs
        Documents the REST API.
        covers 93 %, to document api, 86 % (6 of 7), runs without an agent

    Next
      git orchestrate plan "create and document a REST API"
          shows the plan with gates and fallbacks
      git orchestrate run "create and document a REST API"
          runs it in a work tree of its own
      git orchestrate catalog show market/tools/skill/api-docs
          shows what is known of the first component, and where it is said
    "#);
    assert_snapshot!(repo.orchestrate(["catalog", "show", "api-docs"]).code(0).screen(), @r#"
    market/tools/skill/api-docs
    Documents the REST API.

    file     plugins/tools/skills/api-docs/SKILL.md
    context  7 tokens always, 9 on invoke
    record   86 % (6 of 7)
    runs     without an agent

    reliability                 record
    asked for    api            86 % (6 of 7)
                 documentation  86 % (6 of 7)
    run by       shell          86 % (6 of 7)
    median time of a pass: <time>

    known issues
      once: "no route is documented"
        tried: name the routes; helped 0 of 1 times

    fact                          said in     read from    sure
    domain      api               its path    terms        92 %
    does        document api      line 3      description  93 %
    output      file docs/**      lines 4-8   declared     97 %
    effect      may create files  lines 4-8   declared     97 %
    complexity  low               lines 2-13  counted      92 %
    "#);
}

#[test]
fn few_runs_are_no_evidence() {
    let repo = repo().record(&runs(2, ["api-maker", "api-docs"], "passed", ""));
    let screen = repo.orchestrate(["research", "create a REST API"]).code(0).screen();
    assert!(screen.contains("not enough evidence (2 of 2 passed)"), "{screen}");
}

#[test]
fn a_page_of_markdown_holds_what_others_wrote_as_plain_text() {
    let repo = repo().record(&runs(5, ["api-maker", "api-docs"], "passed", ""));
    let page = repo.orchestrate(["research", "review the REST API", "--format", "markdown"]).code(0).stdout;
    assert_snapshot!(page, @r#"
    # review the REST API

    Components: 4; marketplaces: 1; executions: 5.

    ## Recommended

    Chosen by what the texts say: not enough evidence for a probability (0 runs).

    | phase | component | for | why |
    |---|---|---|---|
    | 1 | `market/tools/skill/api-critic` | review the REST API | matches review, api |

    ## Patterns that have run

    | sequence | stage | record | lower bound | median time |
    |---|---|---|---|---|
    | api-maker → api-docs | validated | 100 % (5 of 5) | 0.75 | 1.0 s |

    ## Build

    | component | does | covers | record | |
    |---|---|---|---|---|
    | `market/tools/skill/api-maker` Creates a REST API. | create api | 47 % | 100 % (5 of 5) | without an agent |

    ## Test and review

    | component | does | covers | record | |
    |---|---|---|---|---|
    | `market/tools/skill/api-critic` Reviews the API. \<img src=x\> \[click\](https&#58;//x.example) &#64;everyone \| | review api | 69 % | no runs yet | without an agent |

    ## Document and explain

    | component | does | covers | record | |
    |---|---|---|---|---|
    | `market/tools/skill/api-docs` Documents the REST API. | document api | 47 % | 100 % (5 of 5) | without an agent |

    ## Next

    - `git orchestrate plan "review the REST API"` shows the plan with gates and fallbacks
    - `git orchestrate run "review the REST API"` runs it in a work tree of its own
    - `git orchestrate catalog show market/tools/skill/api-critic` shows what is known of the first component, and where it is said
    "#);
}

#[test]
fn a_program_reads_the_same_as_a_person() {
    let repo = repo().record(&runs(5, ["api-maker", "api-docs"], "passed", ""));
    let json = repo.orchestrate(["research", "create", "REST", "API", "--json"]).code(0).json();
    assert_eq!((&json["v"], &json["topic"]), (&1.into(), &"create REST API".into()));
    assert_eq!(json["searched"], serde_json::json!({"marketplaces": 1, "components": 4, "executions": 5}));
    assert_eq!(json["patterns"][0]["sequence"], "api-maker → api-docs");
    assert_eq!(json["patterns"][0]["duration_ms"], 1002);
    assert_eq!(json["groups"][0]["components"][0]["component"], "market/tools/skill/api-maker");
    let same = repo.orchestrate(["research", "create REST API", "--format", "json"]).code(0).json();
    assert_eq!(json, same);
}

#[test]
fn what_nothing_here_covers_is_said() {
    let repo = repo();
    assert_snapshot!(repo.orchestrate(["research", "brew coffee"]).code(0).screen(), @"
    Research: brew coffee
    4 components of 1 marketplace, 0 executions here

    Recommended
      no component covers any need: brew coffee

    Next
      git orchestrate marketplace add OWNER/REPO
          brings components that may do it
    ");
    assert_snapshot!(TestRepo::new().orchestrate(["research", "brew coffee"]).code(0).screen(), @"
    Research: brew coffee
    0 components of 0 marketplaces, 0 executions here

    Recommended
      the catalog has no components

    Next
      git orchestrate marketplace add OWNER/REPO
          brings components that may do it
    ");
}

#[test]
fn a_secret_in_a_topic_is_not_repeated() {
    let market = |repo: TestRepo| {
        let market = Market::write(&repo, "market", &[Skill::new("deploy", "Deploys.", "true")]);
        repo.orchestrate(["marketplace", "add", market.path()]).code(0);
        repo
    };
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let topic = format!("deploy with {token}");
    let ran = market(TestRepo::new()).orchestrate(["research", &topic, "--format", "markdown"]).code(0);
    assert!(!ran.screen().contains(&token), "{}", ran.screen());
}
