//! `backtest`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Ran, TestRepo};

const TOOLS: &str = r#"{"id":"search_train","description":"Finds trains between two cities"}
{"id":"book_train","description":"Books a ticket for a train"}
{"id":"pay","description":"Pays a bill","inputs":["amount"],"outputs":["receipt?"]}
{"id":"weather/today","description":"Tells the weather of a city"}
{"id":"pay","description":"the same id again"}
"#;

/// Train, ticket and payment, asked for in many ways.
fn history() -> String {
    let line = |n: usize| {
        let (from, to) = (["Bern", "Graz", "Lyon"][n % 3], ["Rome", "Oslo", "Kiel"][n / 3 % 3]);
        let request = format!(
            "Please find a train from {from} to {to} on May {n}, book the ticket and settle the bill."
        );
        let nodes = ["search_train", "book_train", "pay"];
        json!({"id": n, "request": request, "nodes": nodes, "links": [[nodes[0], nodes[1]], [nodes[1], nodes[2]]]})
    };
    (1..20).map(|n| line(n).to_string() + "\n").collect()
}

const CASES: &str = r#"{"id":"a","request":"Please find a train from Paris to Prague on June 3, book the ticket and settle the bill.","nodes":["search_train","book_train","pay"],"links":[["search_train","book_train"],["book_train","pay"]]}
{"id":"b","request":"What is the weather in Paris?","nodes":["weather/today"],"links":[]}
"#;

fn with(tools: &str, history: &str, cases: &str) -> TestRepo {
    TestRepo::nowhere().file("tools.jsonl", tools).file("history.jsonl", history).file("cases.jsonl", cases)
}

fn backtest(repo: &TestRepo) -> Ran {
    backtest_with(repo, &[])
}

fn backtest_with(repo: &TestRepo, more: &[&str]) -> Ran {
    let files = ["--tools", "tools.jsonl", "--history", "history.jsonl", "--cases", "cases.jsonl"];
    let mut program = repo.program();
    Ran::of(
        &program
            .arg("backtest")
            .args(files)
            .args(["-o", "out.jsonl", "--json"])
            .args(more)
            .output()
            .expect("it starts"),
    )
}

fn predictions(repo: &TestRepo) -> Vec<Value> {
    repo.read("out.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn requests_from_outside_are_planned_from_runs_from_outside() {
    let repo = with(TOOLS, &history(), CASES);
    let mut figures = backtest(&repo).code(0).json();
    assert!(figures["ms_per_plan"].take().is_number());
    for measure in ["brier", "ece"] {
        assert!(figures[measure].take().as_f64().is_some_and(|it| (0.0..0.5).contains(&it)), "{measure}");
    }
    assert_eq!(
        figures,
        json!({"v": 1, "cases": 2, "runs": 19, "node_f1": 1.0, "link_f1": 1.0, "accuracy": 1.0,
               "brier": null, "ece": null, "ms_per_plan": null})
    );
    assert_eq!(
        predictions(&repo),
        [
            json!({"id": "a", "nodes": ["search_train", "book_train", "pay"],
                   "links": [["search_train", "book_train"], ["book_train", "pay"]]}),
            json!({"id": "b", "nodes": ["weather/today"], "links": []}),
        ]
    );
}

#[test]
fn without_any_history_words_decide() {
    let repo = with(TOOLS, "", CASES);
    let figures = backtest(&repo).code(0).json();
    assert_eq!((&figures["runs"], &figures["cases"]), (&json!(0), &json!(2)));
    assert_eq!(predictions(&repo)[1]["nodes"], json!(["weather/today"]));
}

#[test]
fn without_learning_past_runs_change_nothing() {
    let plans = |history: &str| {
        let repo = with(TOOLS, history, CASES);
        let figures = backtest_with(&repo, &["--without-learning"]).code(0).json();
        assert_eq!(
            (&figures["runs"], &figures["brier"]),
            (&json!(0), &Value::Null),
            "words alone are never sure"
        );
        predictions(&repo)
    };
    assert_eq!(plans(&history()), plans(""));
}

#[test]
fn runs_without_links_and_with_a_tool_twice_are_learned_as_they_are() {
    let run = |n: usize, request: &str, nodes: &[&str], links: &[[&str; 2]]| {
        json!({"id": n, "request": request, "nodes": nodes, "links": links, "outcome": "passed"}).to_string()
            + "\n"
    };
    let (both, twice) = ("weather in {} and also trains to {}", "pay the rent of {} and pay the power of {}");
    let history: String = (0..12)
        .map(|n| {
            run(n, both, &["weather/today", "search_train"], &[])
                + &run(100 + n, twice, &["pay", "pay"], &[["pay", "pay"]])
        })
        .collect();
    let cases = run(1, both, &["weather/today", "search_train"], &[])
        + &run(2, twice, &["pay", "pay"], &[["pay", "pay"]]);
    let repo = with(TOOLS, &history, &cases);
    let figures = backtest(&repo).code(0).json();
    let planned = predictions(&repo);
    assert_eq!(planned[0]["links"], json!([]), "{planned:?}");
    assert_eq!(
        (&planned[1]["nodes"], &planned[1]["links"]),
        (&json!(["pay", "pay"]), &json!([["pay", "pay"]]))
    );
    // A set has a tool once, a list twice: that is how the published measure counts.
    assert_eq!((&figures["node_f1"], &figures["link_f1"]), (&json!(0.75), &json!(1.0)));
}

#[test]
fn a_wrong_line_is_named_with_its_file_and_number() {
    let repo = with(TOOLS, "{\"id\":1}\n", CASES);
    assert_snapshot!(backtest(&repo).code(2).screen(), @"
    ! error: <root>/project/history.jsonl, line 1: missing field `request`
    ! hint: `git orchestrate backtest --help` shows what a line has
    ");
    let repo = with("", "", CASES);
    assert_eq!(backtest(&repo).code(0).json()["node_f1"], json!(0.0), "without tools there is no plan");
    let gone = repo.orchestrate([
        "backtest",
        "--tools",
        "no.jsonl",
        "--history",
        "history.jsonl",
        "--cases",
        "cases.jsonl",
    ]);
    assert_snapshot!(gone.code(2).screen(), @"! error: <root>/project/no.jsonl can't be read: No such file or directory (os error 2)");
    assert!(repo.orchestrate(["backtest", "--tools", "tools.jsonl"]).code(2).screen().contains("--history"));
}

fn licence(n: usize, outcome: &str) -> String {
    format!(
        r#"{{"request":"add a licence to project {n}","steps":[{{"component":"starter/licence/skill/licence","outcome":"{outcome}"}}],"outcome":"{outcome}"}}"#
    )
}

#[test]
fn the_runs_of_a_repository_are_planned_again_from_those_before() {
    let runs = [licence(1, "passed"), licence(2, "failed"), licence(3, "passed")].join("\n");
    let repo = TestRepo::new().commit("start").starter().record(&runs);
    let figures = repo.orchestrate(["backtest", "--json"]).code(0).json();
    assert_eq!((&figures["cases"], &figures["runs"]), (&json!(2), &json!(3)), "what failed is no case");
    assert_eq!((&figures["node_f1"], &figures["link_f1"]), (&json!(1.0), &Value::Null));
    let last = repo.orchestrate(["backtest", "--last", "1", "--json"]).code(0).json();
    assert_eq!(last["cases"], 1);
    let shown = repo.orchestrate(["backtest"]).code(0).screen();
    assert!(shown.starts_with("2 cases, 3 past runs to learn from\n"), "{shown}");
    assert!(shown.contains("node-F1     1.0000"), "{shown}");
}

#[test]
fn a_repository_without_runs_says_so() {
    let repo = TestRepo::new().commit("start").starter();
    assert_snapshot!(repo.orchestrate(["backtest"]).code(1).screen(), @"
    ! error: there is no run here that passed and whose components are known
    ! hint: `git orchestrate log` lists what was recorded; `backtest --tools` takes data from outside
    ");
}
