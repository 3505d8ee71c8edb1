//! The catalog that lives in git: `analyze` commits what is new, once, and a team shares it.

use insta::assert_snapshot;

use crate::market::{Market, Skill};
use crate::marketplace_git::Theirs;
use crate::review::{clone_of, hub};
use crate::support::{Ran, TestRepo, execution};

const LEARNING: &str = "refs/orchestrate/learning";

fn poet() -> Skill {
    Skill::new("poet", "Writes poems about a topic.", "echo roses > poem.txt").writes("\"poem.txt\"")
}

/// A repository that knows a marketplace with these skills, which lies beside it.
fn with_market<const N: usize>(skills: &[Skill; N]) -> (TestRepo, Market) {
    let repo = TestRepo::new();
    let market = Market::write(&repo, "market", skills);
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    (repo, market)
}

/// The learning branch.
fn branch(repo: &TestRepo) -> String {
    let branches = repo.refs_below("refs/heads/learning");
    assert_eq!(branches.len(), 1, "{branches:?}");
    branches[0].clone()
}

fn file(repo: &TestRepo, plugin: &str) -> String {
    repo.git(["show", &format!("{}:plugins/market/{plugin}.toml", branch(repo))])
}

/// The lines from the one that speaks of the catalog.
fn told(ran: &Ran) -> String {
    let screen = ran.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let at = lines.iter().position(|line| line.contains("catalog")).expect("it is spoken of");
    lines[at..].join("\n")
}

fn skill(market: &Market, name: &str, text: &str) {
    std::fs::create_dir_all(market.file(name, "SKILL.md").parent().expect("a folder")).expect("made");
    std::fs::write(market.file(name, "SKILL.md"), text).expect("written");
}

#[test]
fn what_a_marketplace_offers_is_committed_once() {
    let (repo, _market) = with_market(&[poet()]);
    assert_snapshot!(told(&repo.orchestrate(["analyze"]).code(0)), @"
    cataloged in learning/20261120T080102Z-jv14kvhp (1 commit): 1 added
    ! hint: `git orchestrate merge` takes it into the library, and `sync` shares it
    ");
    assert_snapshot!(repo.git(["log", "-1", "--format=%B", &branch(&repo)]), @"
    Analyse market: 1 component

    market: 1 component, 1 added
    ");
    // Where facts differ here, rules have changed: then EXTRACTOR in model/capability.rs rises.
    assert_snapshot!(file(&repo, "tools"), @r#"
    v = 1
    marketplace = "market"
    plugin = "tools"

    [catalog]
    extractor = 1
    updated = "2026-11-20T08:01:01.000Z"

    [catalog."skill/poet"]
    content = "26a40d40ae370f5f4e6804bd21b444a5"
    contract = true
    description = "Writes poems about a topic."
    facts = [
        "purpose 3 declared: Writes poems about a topic.",
        "output 4-8 declared: file poem.txt",
        "effect 4-8 declared: creates-files",
        "complexity 2-13 counted: low",
        "context 2-13 counted: 7 always, 9 on invoke",
    ]
    "#);
    let refs = repo.refs();
    assert_snapshot!(told(&repo.orchestrate(["analyze"]).code(0)), @"the catalog has all of it already");
    assert_eq!(repo.refs(), refs);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn a_later_analysis_is_one_commit_that_says_what_changed() {
    let gone = Skill::new("gone", "Goes away.", "true");
    let (repo, market) = with_market(&[poet(), gone, Skill::new("same", "Stays.", "true")]);
    repo.orchestrate(["analyze"]).code(0);
    let before = repo.git(["rev-parse", &branch(&repo)]);
    std::fs::remove_dir_all(market.file("gone", "SKILL.md").parent().expect("a folder")).expect("removed");
    skill(&market, "new", "---\ndescription: Is new.\n---\n");
    skill(
        &market,
        "poet",
        "---\ndescription: Reviews poems about a topic.\n---\n\n## Output\n\n- `poems/*.md`\n\n```sh\ngit push\n```\n",
    );
    let looked = repo.orchestrate(["analyze", "--dry-run"]).code(0);
    assert_eq!(repo.git(["rev-parse", &branch(&repo)]), before);
    assert_snapshot!(told(&looked), @"
    would be cataloged: 1 added, 1 removed, 2 changed
      added market/tools/skill/new
      removed market/tools/skill/gone
      changed market/tools/skill/poet: + purpose Reviews poems about a topic.; + output file poems/*.md; + effect may change the repository; and 5 more
      changed market/tools/skill/same: other files or lines, the same facts
    ");
    assert_snapshot!(told(&repo.orchestrate(["analyze"]).code(0)), @"
    cataloged in learning/20261120T080102Z-jv14kvhp (1 commit): 1 added, 1 removed, 2 changed
      added market/tools/skill/new
      removed market/tools/skill/gone
      changed market/tools/skill/poet: + purpose Reviews poems about a topic.; + output file poems/*.md; + effect may change the repository; and 5 more
      changed market/tools/skill/same: other files or lines, the same facts
    ! hint: `git orchestrate merge` takes it into the library, and `sync` shares it
    ");
    assert_eq!(repo.git(["rev-parse", &format!("{}~1", branch(&repo))]), before);
    assert_snapshot!(repo.git(["log", "-1", "--format=%B", &branch(&repo)]), @"
    Analyse market: 1 added, 1 removed, 2 changed

    market: 3 components, 1 added, 1 removed, 2 changed
    added market/tools/skill/new
    removed market/tools/skill/gone
    changed market/tools/skill/poet: + purpose Reviews poems about a topic.; + output file poems/*.md; + effect may change the repository; and 5 more
    changed market/tools/skill/same: other files or lines, the same facts
    ");
    let diff = repo.git(["diff", "-U0", &before, &branch(&repo)]);
    assert!(!diff.contains("skill/same"), "{diff}");
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn programs_are_told_what_was_committed() {
    let (repo, market) = with_market(&[poet()]);
    let first = repo.orchestrate(["analyze", "--json"]).code(0).json();
    let tip = repo.git(["rev-parse", &branch(&repo)]);
    assert_eq!(
        first[0]["catalog"],
        serde_json::json!({
            "added": ["market/tools/skill/poet"], "removed": [], "changed": [],
            "branch": branch(&repo), "commit": tip,
        })
    );
    skill(&market, "poet", "---\ndescription: Reviews poems.\n---\n");
    let looked = repo.orchestrate(["analyze", "--json", "-n"]).code(0).json();
    assert_eq!(looked[0]["catalog"]["commit"], serde_json::Value::Null);
    let changed = &looked[0]["catalog"]["changed"][0];
    assert_eq!(changed["component"], "market/tools/skill/poet");
    assert_eq!(changed["new"][0], "purpose Reviews poems.");
    assert_eq!(changed["gone"][0], "purpose Writes poems about a topic.");
    repo.orchestrate(["analyze"]).code(0);
    let same = repo.orchestrate(["analyze", "--json"]).code(0).json();
    let nothing =
        serde_json::json!({"added": [], "removed": [], "changed": [], "branch": null, "commit": null});
    assert_eq!(same[0]["catalog"], nothing);
}

/// When commits of a marketplace are made, however late it is on the machine.
const COMMITTED: &str = "GIT_COMMITTER_DATE";

/// What a clone with the machine's clock does and says, without what differs from try to try.
fn shown(repo: &TestRepo, name: &str) -> String {
    repo.orchestrate(["catalog", "show", name]).code(0).screen()
}

#[test]
fn what_one_analyzed_all_see_and_nobody_analyzes_again() {
    let hub = hub();
    let one = TestRepo::clone_of(&hub).with_real_clock();
    let theirs = Theirs::new(&one, "market");
    one.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    one.orchestrate(["analyze"]).code(0);
    let offered = one.orchestrate(["sync", "--dry-run"]).code(0).stderr;
    assert!(!offered.contains("catalog"), "it is not merged yet: {offered}");
    one.orchestrate(["merge"]).code(0);
    let offered = one.orchestrate(["sync", "--dry-run"]).code(0).stderr;
    assert!(offered.contains("the catalog of 1 plugin: what their components say"), "{offered}");
    one.orchestrate(["sync", "--push", "--yes"]).code(0);

    let other = TestRepo::clone_of(&hub).with_real_clock();
    let brought = other.orchestrate(["sync", "--push", "--yes"]).code(0).stdout;
    assert!(brought.contains("it brought the catalog of 1 plugin\n"), "{brought}");
    assert_snapshot!(shown(&other, "greeter"), @"
    market/tools/skill/greeter
    Writes a greeting.

    file     not on this machine
    context  6 tokens always, 7 on invoke
    record   no runs yet
    runs     without an agent

    fact                           said in     read from  sure
    output      file greeting.txt  lines 4-8   declared   97 %
    effect      may create files   lines 4-8   declared   97 %
    complexity  low                lines 2-13  counted    92 %
    ! hint: not on this machine: `git orchestrate marketplace add file:<root>/market --name market` brings it
    ");
    let json = other.orchestrate(["catalog", "show", "greeter", "--json"]).code(0).json();
    assert_eq!((&json["from"], &json["file"]), (&theirs.url().into(), &serde_json::Value::Null));
    assert_eq!(
        json["facts"],
        one.orchestrate(["catalog", "show", "greeter", "--json"]).code(0).json()["facts"]
    );

    other.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    let refs = other.refs();
    let said = other.orchestrate(["analyze"]).code(0).stdout;
    assert!(said.ends_with("the catalog has all of it already\n"), "{said}");
    assert_eq!(other.refs(), refs);
    assert!(!shown(&other, "greeter").contains("not on this machine"));
}

#[test]
fn who_analyzes_apart_writes_the_same_and_merging_changes_nothing() {
    let hub = hub();
    let clones = [(); 2].map(|()| TestRepo::clone_of(&hub).with_real_clock());
    let theirs = Theirs::new(&TestRepo::new().with_variable(COMMITTED, "2020-01-01T00:00:00Z"), "market");
    for clone in &clones {
        clone.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
        clone.orchestrate(["analyze"]).code(0);
    }
    let plugins = |clone: &TestRepo| clone.git(["rev-parse", &format!("{}:plugins", branch(clone))]);
    let same = plugins(&clones[0]);
    assert_eq!(plugins(&clones[1]), same);
    clones[0].orchestrate(["sync", "--push", "--yes"]).code(0);
    clones[1].orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_eq!(hub.git(["rev-parse", &format!("{LEARNING}:plugins")]), same);
}

#[test]
fn who_has_an_older_state_takes_nothing_back() {
    let hub = hub();
    let behind = TestRepo::clone_of(&hub).with_real_clock();
    let theirs = Theirs::new(&TestRepo::new().with_variable(COMMITTED, "2020-01-01T00:00:00Z"), "market");
    behind.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    let theirs = Theirs(theirs.0.with_variable(COMMITTED, "2020-02-01T00:00:00Z"));
    let theirs =
        theirs.write("plugins/tools/skills/other/SKILL.md", "---\ndescription: is new\n---\n").commit();
    let ahead = TestRepo::clone_of(&hub).with_real_clock();
    ahead.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    for clone in [&behind, &ahead, &behind] {
        clone.orchestrate(["analyze"]).code(0);
        clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    }
    ahead.orchestrate(["sync"]).code(0);
    let refs = [&behind, &ahead].map(TestRepo::refs);
    let said = behind.orchestrate(["analyze"]).code(0);
    assert!(
        said.stderr
            .contains("the catalog has a later state of market: `git orchestrate marketplace update market`"),
        "{}",
        said.screen()
    );
    let said = ahead.orchestrate(["analyze"]).code(0);
    assert!(said.stderr.lines().all(|line| !line.contains("later state")), "{}", said.screen());
    assert_eq!([&behind, &ahead].map(TestRepo::refs), refs);
    assert!(shown(&behind, "other").contains("`git orchestrate marketplace update market --fetch`"));
    behind.orchestrate(["marketplace", "update"]).code(0);
    assert!(told(&behind.orchestrate(["analyze"]).code(0)).starts_with("the catalog has all of it already"));
}

#[test]
fn a_plugin_that_has_gone_leaves_its_record_and_one_that_is_not_fetched_stays() {
    let repo = TestRepo::new().commit("start");
    let market = Market::write(&repo, "market", &[poet()]);
    Theirs::new(&repo, "other");
    let manifest = |entries: &str| {
        let text = format!(r#"{{"name":"market","plugins":[{entries}]}}"#);
        std::fs::write(repo.root().join("market/.claude-plugin/marketplace.json"), text).expect("written");
    };
    let tools = r#"{"name":"tools","source":"./plugins/tools"}"#;
    let far = r#"{"name":"far","source":{"source":"git-subdir","url":"https://host/other","path":"plugins/tools"}}"#;
    let to = format!("url.file://{}/.insteadOf", repo.root().display());
    repo.git(["config", "--global", &to, "https://host/"]);
    manifest(&format!("{tools},{far}"));
    repo.orchestrate(["marketplace", "add", market.path(), "--fetch"]).code(0);
    repo.orchestrate(["analyze"]).code(0);
    assert!(file(&repo, "far").contains("skill/greeter"));
    let run = execution("add a", ["a", "b"], "passed").replace("market/plugin", "market/tools");
    repo.orchestrate_with(["record"], &run).code(0);
    repo.orchestrate(["merge"]).code(0);

    // Fetched again, without what is elsewhere.
    std::fs::remove_dir_all(repo.path().join(".git/orchestrate/marketplaces")).expect("removed");
    let said = repo.orchestrate(["analyze"]).code(0);
    assert_eq!(told(&said), "the catalog has all of it already");
    manifest("");
    manifest(far);
    repo.orchestrate(["analyze"]).code(0);
    assert!(file(&repo, "far").contains("skill/greeter"));
    assert_snapshot!(file(&repo, "tools"), @r#"
    v = 1
    marketplace = "market"
    plugin = "tools"

    [component."skill/a"]
    updated = "2026-11-20T08:02:01.000Z"
    replica = "jv14kvhp"

    [component."skill/a".cells.jv14kvhp.2026-11]
    passed = 1

    [component."skill/b"]
    updated = "2026-11-20T08:02:01.000Z"
    replica = "jv14kvhp"

    [component."skill/b".cells.jv14kvhp.2026-11]
    passed = 1

    [catalog]
    extractor = 1
    updated = "2026-11-20T08:05:01.000Z"
    "#);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn a_catalog_is_proposed_where_others_merge() {
    let hub = hub();
    let clone = clone_of(&hub);
    let theirs = Theirs::new(&clone, "market");
    clone.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    let said = clone.orchestrate(["analyze"]).code(0).stderr;
    assert!(said.contains("`git orchestrate sync` pushes it, to be reviewed"), "{said}");
    let offered = clone.orchestrate(["sync", "--dry-run"]).code(0).stderr;
    assert!(offered.contains("the catalog of 1 plugin"), "{offered}");
    clone.orchestrate(["sync"]).code(0);
    let branch = branch(&clone);
    assert_eq!(hub.refs_below("refs/heads/learning"), [branch.as_str()]);

    let reviewer = TestRepo::clone_of(&hub).with_real_clock();
    reviewer.git(["fetch", "-q", "origin", "refs/heads/learning/*:refs/heads/learning/*"]);
    reviewer.orchestrate(["check", branch.trim_start_matches("refs/heads/")]).code(0);
    reviewer.orchestrate(["sync", "--push", "--yes"]).code(0);
    let said = clone.orchestrate(["sync"]).code(0).stdout;
    assert!(said.contains("merged learning/"), "{said}");
    assert_eq!(clone.refs_below("refs/heads/learning").len(), 0);
    let said = clone.orchestrate(["analyze"]).code(0);
    assert_eq!(told(&said), "the catalog has all of it already");
}

#[test]
fn a_branch_that_is_learned_anew_keeps_its_catalog() {
    let (repo, _market) = with_market(&[poet()]);
    let repo = repo.commit("start").record(&execution("add a", ["a", "b"], "passed"));
    repo.git(["config", "orchestrate.review", "branch"]);
    repo.orchestrate(["merge"]).code(0);
    repo.orchestrate(["analyze"]).code(0);
    let (before, catalog) = (branch(&repo), file(&repo, "tools"));
    // The notes say something else from the beginning.
    let note = repo.git(["notes", "--ref=orchestrate", "show", "HEAD"]).replace("add a", "add b");
    repo.git(["update-ref", "-d", "refs/notes/orchestrate"]);
    repo.git(["notes", "--ref=orchestrate", "add", "-m", &note, "HEAD"]);
    repo.orchestrate(["merge"]).code(0);
    assert_ne!(branch(&repo), before);
    assert_eq!(file(&repo, "tools"), catalog);
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_kept() {
    let (repo, _market) = with_market(&[poet()]);
    repo.orchestrate(["analyze"]).code(0);
    repo.write_in_tree(&branch(&repo), "plugins/market/tools.toml", "rubbish\n");
    let refs = repo.refs();
    let said = repo.orchestrate(["analyze"]).code(0);
    assert_eq!(
        told(&said),
        "could not be cataloged: 1 added\n! warning: plugins/market/tools.toml could not be read and is passed over: key with no value, expected `=`"
    );
    assert_eq!(repo.refs(), refs);
    assert_eq!(file(&repo, "tools"), "rubbish");
    // What can be kept beside it is, and it stays what it is.
    let other = Market::write(&repo, "other", &[poet()]);
    repo.orchestrate(["marketplace", "add", other.path()]).code(0);
    assert!(told(&repo.orchestrate(["analyze"]).code(0)).starts_with("cataloged in learning/"));
    assert!(told(&repo.orchestrate(["analyze"]).code(0)).starts_with("could not be cataloged: 1 added"));
}

#[test]
fn a_fact_that_somebody_changed_is_put_right() {
    let (repo, _market) = with_market(&[poet()]);
    repo.orchestrate(["analyze"]).code(0);
    let right = file(&repo, "tools");
    repo.edit_tree(&branch(&repo), |text| {
        text.replace("effect 4-8 declared: creates-files", "effect 4-8 declared: reads-only")
    });
    repo.orchestrate(["check"]).code(0);
    let said = repo.orchestrate(["analyze"]).code(0);
    assert_snapshot!(told(&said), @"
    cataloged in learning/20261120T080102Z-jv14kvhp (1 commit): 1 changed
      changed market/tools/skill/poet: + effect may create files; - effect can only read
    ! hint: `git orchestrate merge` takes it into the library, and `sync` shares it
    ");
    let facts =
        |text: &str| text.lines().filter(|line| !line.starts_with("updated")).collect::<Vec<_>>().join("\n");
    assert_eq!(facts(&file(&repo, "tools")), facts(&right));
    repo.orchestrate(["check"]).code(0);
}

#[test]
fn nothing_that_looks_like_a_secret_is_kept_and_nothing_keeps_it_from_being_shared() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let hub = hub();
    let repo = TestRepo::clone_of(&hub).with_real_clock();
    let scan = Skill::new("scan-secrets", "Scans for secrets, tokens and keys.", "true");
    let market = Market::write(&repo, "market", &[scan]);
    let deploy =
        format!("---\ndescription: Deploys with {token} and password=hunter22x\n---\n\nUse {token}.\n");
    skill(&market, "deploy", &deploy);
    skill(&market, &token, "---\ndescription: Is called so.\n---\n");
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    let said = repo.orchestrate(["analyze"]).code(0);
    assert!(
        said.stderr.contains("1 component of market not cataloged: the name looks like a secret"),
        "{}",
        said.screen()
    );
    let kept = file(&repo, "tools");
    assert!(
        kept.contains("skill/scan-secrets") && kept.contains("Deploys with [redacted GitHub token]"),
        "{kept}"
    );
    // Messages, names of files and what was taken away again: nothing of it went in anywhere.
    skill(&market, "deploy", &deploy.replace("Deploys", "Releases"));
    repo.orchestrate(["analyze"]).code(0);
    let all = repo.git(["log", "--all", "--root", "-p", "--format=%B"]);
    for hidden in [&token, "hunter22x", "#!/bin/sh"] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
    repo.orchestrate(["check"]).code(0);
    repo.orchestrate(["sync", "--push", "--yes"]).code(0);
    assert_eq!(hub.refs_below(LEARNING).len(), 1);
}

#[test]
fn the_merge_of_a_catalog_says_so() {
    let (repo, _market) = with_market(&[poet()]);
    repo.orchestrate(["analyze"]).code(0);
    let merged = repo.orchestrate(["merge"]).code(0).stdout;
    assert!(merged.ends_with("  Catalog of market: 1 component, 1 added\n"), "{merged}");
    assert_eq!(
        repo.orchestrate(["analyze", "--json"]).code(0).json()[0]["catalog"]["commit"],
        serde_json::Value::Null
    );
}

#[test]
fn analyses_at_the_same_time_end_in_one_catalog() {
    let (repo, _market) = with_market(&[poet()]);
    let repo = repo.with_real_clock();
    let racing: Vec<_> = (0..4)
        .map(|_| {
            repo.program().arg("analyze").stdout(std::process::Stdio::null()).spawn().expect("it starts")
        })
        .collect();
    for mut child in racing {
        assert!(child.wait().expect("it ends").success());
    }
    assert_eq!(
        repo.git(["rev-list", "--count", &branch(&repo)]),
        "2",
        "the library's start, and one analysis"
    );
    repo.orchestrate(["check"]).code(0);
}
