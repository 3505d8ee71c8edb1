//! What teammates cataloged and this machine has not: it is found, shown and kept, and never run.

use insta::assert_snapshot;
use serde_json::Value;

use crate::market::{Market, Skill};
use crate::marketplace_git::Theirs;
use crate::review::hub;
use crate::support::{Ran, TestRepo};

const LEARNING: &str = "refs/orchestrate/learning";

/// A teammate cataloged a marketplace that has `greeter` and shared it; then a clone that knows none.
fn team() -> (TestRepo, Theirs, TestRepo) {
    let hub = hub();
    let one = TestRepo::clone_of(&hub).with_real_clock();
    let theirs = Theirs::new(&one, "market");
    one.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    one.orchestrate(["analyze"]).code(0);
    one.orchestrate(["sync", "--push", "--yes"]).code(0);
    (hub, theirs, one)
}

fn clone_of(hub: &TestRepo) -> TestRepo {
    let clone = TestRepo::clone_of(hub).with_real_clock();
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    clone
}

/// The components that a search finds, and which of them are here.
fn found(repo: &TestRepo, words: &str) -> Vec<(String, bool)> {
    let json = repo.orchestrate(["catalog", "search", words, "--json"]).code(0).json();
    let text = |hit: &Value| hit["component"].as_str().expect("an id").to_owned();
    let hits = json.as_array().expect("a list").iter();
    hits.map(|hit| (text(hit), hit["here"].as_bool().expect("told"))).collect()
}

fn greeter(here: bool) -> Vec<(String, bool)> {
    vec![("market/tools/skill/greeter".to_owned(), here)]
}

#[test]
fn search_finds_what_only_a_teammate_has_and_plans_leave_it() {
    let (hub, theirs, one) = team();
    assert_eq!(found(&one, "greeting"), greeter(true));
    let other = clone_of(&hub);
    assert_snapshot!(other.orchestrate(["catalog", "search", "greeting"]).code(0).screen(), @"
    market/tools/skill/greeter
      Writes a greeting.
      covers 100 %, no runs yet, not on this machine
    ! hint: `git orchestrate catalog show COMPONENT` says how to get one that is not on this machine
    ");
    assert_eq!(found(&other, "greeting"), greeter(false));
    // Its facts are searched as well.
    assert_eq!(found(&other, "greeting.txt"), greeter(false));
    assert_snapshot!(other.orchestrate(["catalog", "search", "unicorns"]).code(0).screen(), @"none of 1 components speaks of that");
    let planned = other.orchestrate(["plan", "write a greeting"]);
    assert!(!planned.stdout.contains("greeter"), "{}", planned.screen());

    other.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    assert_eq!(found(&other, "greeting"), greeter(true));
    other.orchestrate(["marketplace", "remove", "market"]).code(0);
    assert_eq!(found(&other, "greeting"), greeter(false));
}

#[test]
fn who_analyzes_something_else_keeps_what_others_cataloged() {
    let (hub, _, one) = team();
    let other = clone_of(&hub);
    let own = Market::write(&other, "own", &[Skill::new("baker", "Bakes bread.", "true")]);
    other.orchestrate(["marketplace", "add", own.path()]).code(0);
    other.orchestrate(["analyze"]).code(0);
    assert_eq!(found(&other, "greeting"), greeter(false));
    other.orchestrate(["merge"]).code(0);
    other.orchestrate(["sync", "--push", "--yes"]).code(0);
    one.orchestrate(["sync"]).code(0);
    assert_eq!(found(&one, "bread"), [("own/tools/skill/baker".to_owned(), false)]);
    let files = hub.git(["ls-tree", "-r", "--name-only", LEARNING, "plugins/"]);
    assert_eq!(files.lines().collect::<Vec<_>>(), ["plugins/market/tools.toml", "plugins/own/tools.toml"]);
    for clone in [&one, &other] {
        let refs = clone.refs();
        clone.orchestrate(["analyze"]).code(0);
        assert_eq!(clone.refs(), refs);
        clone.orchestrate(["check"]).code(0);
    }
    // A folder of one's own is nowhere that others could get it.
    let shown = one.orchestrate(["catalog", "show", "baker"]).code(0).stderr;
    assert_snapshot!(shown, @"hint: not on this machine: own was a folder where it was analyzed");
}

#[test]
fn a_marketplace_that_is_forgotten_here_stays_in_the_catalog() {
    let (hub, _, one) = team();
    one.orchestrate(["marketplace", "remove", "market"]).code(0);
    let refs = one.refs();
    one.orchestrate(["analyze"]).code(0);
    assert_eq!(one.refs(), refs);
    assert_eq!(found(&one, "greeting"), greeter(false));
    assert!(hub.git(["show", &format!("{LEARNING}:plugins/market/tools.toml")]).contains("skill/greeter"));
}

#[test]
fn derived_files_that_are_damaged_or_missing_change_nothing() {
    let (hub, _, _) = team();
    let other = clone_of(&hub);
    let own = Market::write(&other, "own", &[Skill::new("baker", "Bakes bread, and greets.", "true")]);
    other.orchestrate(["marketplace", "add", own.path()]).code(0);
    other.orchestrate(["analyze"]).code(0);
    let told = || {
        let screen = |ran: Ran| ran.code(0).screen();
        [
            screen(other.orchestrate(["analyze", "--json"])),
            screen(other.orchestrate(["catalog", "search", "greet"])),
            screen(other.orchestrate(["patterns"])),
            screen(other.orchestrate(["status"])),
        ]
    };
    let expected = told();
    assert!(
        expected[1].contains("own/tools/skill/baker") && expected[1].contains("skill/greeter"),
        "{expected:?}"
    );
    for name in ["cataloged", "library", "elsewhere"] {
        let file = other.path().join(".git/orchestrate").join(name);
        let good = std::fs::read(&file).expect("it was made");
        for at in (0..good.len()).step_by(good.len() / 5) {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            std::fs::write(&file, bad).expect("written");
            assert_eq!(told(), expected, "{name} with another byte {at}");
        }
        std::fs::remove_file(&file).expect("removed");
        assert_eq!(told(), expected, "{name} was removed");
        assert_eq!(std::fs::read(&file).expect("made anew"), good, "{name}");
    }
}
