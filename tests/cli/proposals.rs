//! Patterns that texts propose and nobody ran yet: in the library, in `patterns`, and what they change nowhere.

use insta::assert_snapshot;
use serde_json::Value;

use crate::graph::shipyard;
use crate::support::{TestRepo, execution};

/// The file of a proposal, as the library writes it.
fn file(proposal: &Value, score: u64) -> (String, String) {
    let (id, phases) =
        (proposal["id"].as_str().expect("an id"), proposal["phases"].as_array().expect("phases"));
    let phase = |phase: &Value| {
        let ids = phase.as_array().expect("a phase").iter();
        format!("    [{}],\n", ids.map(Value::to_string).collect::<Vec<_>>().join(", "))
    };
    let phases: String = phases.iter().map(phase).collect();
    let reason = &proposal["inferred"]["reason"];
    let text = format!(
        "v = 1\nid = \"{id}\"\nphases = [\n{phases}]\nrequests = []\nwords = []\nupdated = \"1970-01-01T00:00:00.000Z\"\n\
         replica = \"\"\n\n[inferred]\nscore = {score}\nreason = {reason}\n"
    );
    (format!("patterns/discovered/sequential/{id}.toml"), text)
}

/// A repository with one learned pattern and the proposals of its catalog on an open learning branch.
fn proposed() -> (TestRepo, String, Vec<(String, String)>) {
    let repo = shipyard().commit("start").record(&execution("add licence", ["licence", "check"], "passed"));
    repo.orchestrate(["merge"]).code(0);
    let repo = repo.record(&execution("add licence again", ["licence", "check"], "passed"));
    repo.orchestrate(["merge"]).code(0);
    repo.git(["update-ref", BRANCH, "refs/orchestrate/learning^2"]);
    repo.git(["update-ref", "refs/orchestrate/learning", "refs/orchestrate/learning^1"]);
    let json = repo.orchestrate(["catalog", "graph", "--json"]).code(0).json();
    let proposals = json["proposals"].as_array().expect("a list");
    let files: Vec<_> =
        proposals.iter().map(|it| file(it, it["inferred"]["score"].as_u64().expect("a score"))).collect();
    files.iter().for_each(|(path, text)| repo.write_in_tree(BRANCH, path, text));
    (repo, BRANCH.trim_start_matches("refs/heads/").to_owned(), files)
}

const BRANCH: &str = "refs/heads/learning/20261120T090000Z-0000aaaa";

#[test]
fn proposals_are_listed_apart_and_last() {
    let (repo, ..) = proposed();
    assert_snapshot!(repo.orchestrate(["patterns"]).code(0).screen(), @"
    pattern       stage       record         last       shape
    c7e73380d156  discovered  2 of 2 passed  3 min ago  licence → check

    proposed, never run
    pattern       score  shape
    fd13ab6cbe20   0.95  architect → builder
    edf09a74ad91   0.63  architect → mason
    ");
    assert_snapshot!(repo.orchestrate(["patterns", "--stage", "proposed"]).code(0).screen(), @"
    proposed, never run
    pattern       score  shape
    fd13ab6cbe20   0.95  architect → builder
    edf09a74ad91   0.63  architect → mason
    ");
    let stage = |stage: &str| repo.orchestrate(["patterns", "--stage", stage, "--json"]).code(0).json();
    assert_eq!(stage("discovered").as_array().map(Vec::len), Some(1));
    assert_eq!(stage("proposed").as_array().map(Vec::len), Some(2));
    let all = repo.orchestrate(["patterns", "--json"]).code(0).json();
    let all = all.as_array().expect("a list");
    let inferred: Vec<bool> = all.iter().map(|it| it["inferred"].is_object()).collect();
    assert_eq!(inferred, [false, true, true]);
    assert_snapshot!(repo.orchestrate(["patterns", "show", "architect-builder"]).code(0).screen(), @"
    architect-builder-fd13ab6cbe20
    proposed, sequential: never run
    score     0.95
    because   market/tools/command/ship starts them in this order (lines 8-14)
    file      patterns/discovered/sequential/architect-builder-fd13ab6cbe20.toml

    phase  component                     its own record
        1  market/tools/agent/architect  no runs yet
        2  market/tools/agent/builder    no runs yet
    ");
    assert_snapshot!(repo.orchestrate(["status"]).code(0).screen().lines().find(|line| line.starts_with("patterns")).unwrap_or_default(), @"patterns                   1 discovered, 2 proposed");
}

#[test]
fn a_branch_with_proposals_is_checked_merged_and_reviewed_like_any_other() {
    let (repo, branch, files) = proposed();
    repo.orchestrate(["check", &branch]).code(0);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    for (path, text) in &files {
        assert_eq!(
            repo.git(["show", &format!("refs/orchestrate/learning:{path}")]),
            text.trim_end(),
            "{path}"
        );
    }
    let again = repo.git(["rev-parse", "refs/orchestrate/learning"]);
    repo.orchestrate(["merge"]).code(0);
    assert_eq!(repo.git(["rev-parse", "refs/orchestrate/learning"]), again);
}

#[test]
fn a_proposal_that_better_ones_pushed_out_is_no_loss_and_lost_evidence_is() {
    let (repo, branch, files) = proposed();
    for (path, _) in &files {
        repo.remove_from_tree(BRANCH, path);
    }
    repo.orchestrate(["check", &branch]).code(0);
    repo.edit_tree(BRANCH, |text| text.replace("passed = 2", "passed = 1"));
    let failed = repo.orchestrate(["check", &branch]).code(1).stdout;
    assert!(failed.contains("cells"), "{failed}");
}

#[test]
fn who_runs_a_proposal_makes_a_pattern_of_it() {
    let (repo, ..) = proposed();
    let step = |id: &str| format!(r#"{{"component":"market/tools/agent/{id}","outcome":"passed"}}"#);
    let run = format!(
        r#"{{"request":"design and build","steps":[{},{}],"outcome":"passed"}}"#,
        step("architect"),
        step("builder")
    );
    let repo = repo.record(&run);
    assert_snapshot!(repo.orchestrate(["patterns"]).code(0).screen(), @"
    pattern       stage       record         last       shape
    c7e73380d156  discovered  2 of 2 passed  4 min ago  licence → check
    fd13ab6cbe20  discovered  1 of 1 passed  1 min ago  architect → builder

    proposed, never run
    pattern       score  shape
    edf09a74ad91   0.63  architect → mason
    ");
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    let log = repo.git(["log", "--format=%B", "refs/orchestrate/learning"]);
    assert!(log.contains("Discover architect → builder: 1 of 1 run passed"), "{log}");
    assert!(log.contains("\n\nPropose 1 pattern that nobody ran yet.\n"), "{log}");
    assert!(!log.contains("mason"), "{log}");
}

#[test]
fn a_proposal_that_nobody_could_have_made_is_refused() {
    let (repo, branch, files) = proposed();
    let (path, text) = &files[0];
    repo.write_in_tree(BRANCH, path, &text.replace("score = 950", "score = 9000"));
    let failed = repo.orchestrate(["check", &branch]).code(1).stdout;
    assert!(failed.contains("its score is 9000, of 1000 at most"), "{failed}");
}

/// 120 pairs of commands of which one says that the other comes next, in twenty plugins of `market`.
fn pairs(repo: &TestRepo, market: &str) -> Vec<(String, String)> {
    let root = repo.root().join(market);
    let write = |path: String, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    let mut entries = Vec::new();
    for plugin in 0..20 {
        for n in 0..6 {
            let next = format!("Next steps:\n1. Run /p{plugin}:b{n}\n");
            write(format!("p{plugin}/commands/a{n}.md"), &next);
            write(format!("p{plugin}/commands/b{n}.md"), &format!("The end of {market} {plugin} {n}.\n"));
        }
        entries.push(format!(r#"{{"name":"p{plugin}","source":"./p{plugin}"}}"#));
    }
    let manifest =
        format!(r#"{{"name":"{market}","owner":{{"name":"x"}},"plugins":[{}]}}"#, entries.join(","));
    write(".claude-plugin/marketplace.json".to_owned(), &manifest);
    repo.orchestrate(["marketplace", "add", root.to_str().expect("UTF-8")]).code(0);
    let json = repo.orchestrate(["catalog", "graph", "--json"]).code(0).json();
    repo.orchestrate(["marketplace", "remove", market]).code(0);
    json["proposals"].as_array().expect("a list").iter().map(|it| file(it, 900)).collect()
}

#[test]
fn more_proposals_than_are_kept_are_told_and_put_right() {
    let (repo, branch, _) = proposed();
    repo.orchestrate(["marketplace", "remove", "market"]).code(0);
    let files = [pairs(&repo, "one"), pairs(&repo, "two")].concat();
    assert_eq!(files.len(), 240);
    let mut stream =
        format!("commit {BRANCH}\ncommitter a <a@b> 1795161600 +0000\ndata 4\nmorefrom {BRANCH}^0\n");
    for (path, text) in &files {
        stream += &format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len());
    }
    crate::support::piped(repo.command("git").args(["fast-import", "--quiet"]), &stream);
    let failed = repo.orchestrate(["check", &branch]).code(1).stdout;
    assert!(failed.contains("only the best 200 proposals are kept, and it is none of them"), "{failed}");
    assert_eq!(failed.matches("only the best 200").count(), 42, "two were there before");
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
    let listed = repo.orchestrate(["patterns", "--stage", "proposed", "--json"]).code(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(200));
    let screen = repo.orchestrate(["patterns"]).code(0).screen();
    assert!(screen.contains("lists 190 more proposals"), "{screen}");
}

#[test]
fn analyze_commits_what_texts_propose_once_with_the_catalog() {
    let repo = shipyard();
    let analyzed = repo.orchestrate(["analyze", "--dry-run"]).code(0).screen();
    assert_snapshot!(analyzed.lines().last().unwrap_or_default(), @"would be cataloged: 4 added, 2 patterns proposed");
    assert_eq!(repo.refs_below("refs/heads/learning"), Vec::<String>::new());
    let analyzed = repo.orchestrate(["analyze"]).code(0).screen();
    let told: Vec<&str> = analyzed.lines().skip_while(|line| !line.contains("cataloged")).collect();
    assert_snapshot!(told.join("\n"), @"
    cataloged in learning/20261120T080202Z-jv14kvhp (1 commit): 4 added, 2 patterns proposed
    ! hint: `git orchestrate patterns --stage proposed` shows what texts propose
    ! hint: `git orchestrate merge` takes it into the library, and `sync` shares it
    ");
    let branch = repo.refs_below("refs/heads/learning").remove(0);
    assert_snapshot!(repo.git(["log", "-1", "--format=%B", &branch]), @"
    Analyse market: 4 components

    market: 4 components, 4 added

    Propose 2 patterns that nobody ran yet.
    ");
    assert_snapshot!(repo.orchestrate(["patterns"]).code(0).screen(), @"
    proposed, never run
    pattern       score  shape
    fd13ab6cbe20   0.95  architect → builder
    edf09a74ad91   0.63  architect → mason
    ");
    repo.orchestrate(["check", &branch]).code(0);
    let commits = repo.git(["rev-list", "--count", &branch]);
    assert!(repo.orchestrate(["analyze"]).code(0).screen().contains("the catalog has all of it already"));
    // Also where nothing remembers that it is known.
    std::fs::remove_file(repo.path().join(".git/orchestrate/cataloged")).expect("it was there");
    assert!(repo.orchestrate(["analyze"]).code(0).screen().contains("the catalog has all of it already"));
    assert_eq!(repo.git(["rev-list", "--count", &branch]), commits);
    repo.orchestrate(["merge"]).code(0);
    assert!(repo.orchestrate(["analyze"]).code(0).screen().contains("the catalog has all of it already"));
}
