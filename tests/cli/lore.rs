//! What past runs taught, as it is kept.

use std::fs;

use serde_json::{Value, json};

use crate::support::TestRepo;

/// A marketplace of agents, which say nothing of what they read and write.
fn agents(repo: TestRepo) -> TestRepo {
    let about =
        |name: &str, does: &str| format!("---\nname: {name}\ndescription: {does}\n---\nWork with care.\n");
    let repo = repo
        .file(
            "market/agents/interviewer.md",
            &about("interviewer", "Asks customers what they think of a product"),
        )
        .file("market/agents/summarizer.md", &about("summarizer", "Writes a summary of conversations"))
        .file(
            "market/agents/translator.md",
            &about("translator", "Translates documents into other languages"),
        );
    repo.orchestrate(["marketplace", "add", "market"]).code(0);
    repo
}

/// Runs that asked customers and summed up, in this order.
fn runs(from: usize, to: usize) -> String {
    let run = |number: usize| {
        let steps = ["interviewer", "summarizer"]
            .map(|name| json!({"component": format!("market/market/agent/{name}"), "outcome": "passed"}));
        let at = format!("2026-01-{:02}T00:{:02}:00.000Z", 1 + number / 60, number % 60);
        let request = format!("find out why our clients leave us in quarter {number}");
        let id = format!("01KAG4E1{number:018}");
        json!({"id": id, "request": request, "steps": steps, "outcome": "passed", "at": at}).to_string()
            + "\n"
    };
    (from..to).map(run).collect()
}

fn plan(repo: &TestRepo) -> Value {
    repo.orchestrate(["plan", "find out why our clients leave us", "--json"]).code(0).json()
}

fn components(plan: &Value) -> Vec<&str> {
    let steps = plan["steps"].as_array().expect("steps");
    steps
        .iter()
        .map(|step| step["component"].as_str().expect("an id").rsplit('/').next().expect("a name"))
        .collect()
}

#[test]
fn what_runs_taught_is_kept_and_plans_as_if_it_were_learned_anew() {
    let repo = agents(TestRepo::new().commit("start")).record(&runs(0, 40));
    let file = repo.path().join(".git/orchestrate/lore");
    let few = plan(&repo);
    assert_eq!(components(&few), ["interviewer", "summarizer"]);
    assert!(!file.exists(), "so few are learned at once");
    let repo = repo.record(&runs(40, 100));
    let anew = plan(&repo);
    let kept = fs::read(&file).expect("it is kept");
    assert_eq!(plan(&repo), anew, "as it was learned");
    assert!(fs::read(&file).expect("it is kept") == kept, "and not again");

    // One more run is learned on top, with the same result as all of them at once.
    let repo = repo.record(&runs(100, 101));
    let later = plan(&repo);
    assert_ne!(later["steps"][0]["why"], anew["steps"][0]["why"], "it names the latest runs: {later}");
    assert!(fs::read(&file).expect("it is kept") == kept);
    fs::remove_file(&file).expect("removed");
    assert_eq!(plan(&repo), later);
}

#[test]
fn what_is_kept_holds_for_the_components_and_runs_that_it_was_made_from() {
    let repo = agents(TestRepo::new().commit("start")).record(&runs(1, 100));
    let before = plan(&repo);
    let file = repo.path().join(".git/orchestrate/lore");
    let kept = fs::read(&file).expect("it is kept");
    let learned_anew = |repo: &TestRepo| {
        let planned = plan(repo);
        let now = fs::read(&file).expect("it is kept");
        fs::remove_file(&file).expect("removed");
        assert_eq!(plan(repo), planned);
        assert!(now != kept, "it was learned anew");
        fs::write(&file, &kept).expect("written");
    };
    // A run that began before all others.
    let repo = repo.record(&runs(0, 1));
    learned_anew(&repo);
    // One that counts no more.
    let id = before["steps"][0]["why"].as_str().and_then(|why| why.split("run ").nth(1)).expect("a run");
    let id = id.split([',', ';']).next().expect("an id");
    let repo = repo.record(&json!({"kind": "forget", "target": id}).to_string());
    learned_anew(&repo);
    // Another component.
    repo.write("market/agents/doubter.md", "---\nname: doubter\ndescription: Finds out why\n---\n");
    learned_anew(&repo);
    // A file that is damaged.
    for (cut, flipped) in
        [(10, 0), (kept.len() / 2, 0), (kept.len(), kept.len() / 2), (kept.len(), kept.len() - 9)]
    {
        let mut damaged = kept[..cut].to_vec();
        if flipped > 0 {
            damaged[flipped] ^= 1;
        }
        fs::write(&file, damaged).expect("written");
        assert_eq!(components(&plan(&repo)), ["interviewer", "summarizer"]);
    }
}
