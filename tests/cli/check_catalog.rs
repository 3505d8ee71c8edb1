//! `check` on catalogs that somebody tampered with, by plain git.

use insta::assert_snapshot;

use crate::check_tamper::told;
use crate::market::{Market, Skill};
use crate::support::TestRepo;

const LEARNING: &str = "refs/orchestrate/learning";
const FILE: &str = "plugins/market/tools.toml";

/// A catalog of one plugin is merged, and a later one of it is on the learning branch of this name.
fn repo() -> (TestRepo, String) {
    let repo = TestRepo::new().commit("start");
    let skill = |description| Skill::new("poet", description, "true");
    let market = Market::write(&repo, "market", &[skill("Writes poems.")]);
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    repo.orchestrate(["analyze"]).code(0);
    repo.orchestrate(["merge"]).code(0);
    Market::write(&repo, "market", &[skill("Writes good poems.")]);
    repo.orchestrate(["analyze"]).code(0);
    let branch = repo.refs_below("refs/heads/learning")[0].trim_start_matches("refs/heads/").to_owned();
    repo.orchestrate(["check", &branch]).code(0);
    (repo, branch)
}

/// What is wrong after `change`, by what the branch is called here; what the hint says then takes it back.
fn failures(change: impl Fn(&str) -> String) -> String {
    let (repo, branch) = repo();
    repo.edit_tree(&format!("refs/heads/{branch}"), |text| change(text));
    let failed = told(&repo.orchestrate(["check", &branch]).code(1)).replace(&branch, "BRANCH");
    revert(&repo, &branch);
    failed
}

fn revert(repo: &TestRepo, branch: &str) {
    repo.git(["worktree", "add", "-q", "../mend", branch]);
    let mend = repo.command("git").args(["-C", "../mend", "revert", "--no-edit", "HEAD"]).status();
    assert!(mend.expect("git starts").success());
    repo.git(["worktree", "remove", "../mend"]);
    repo.orchestrate(["check", branch]).code(0);
}

#[test]
fn a_line_that_is_no_fact_is_named() {
    assert_snapshot!(failures(|text| text.replace("complexity 2-12 counted: low", "complexity 2-12 counted: none")), @"
    failed catalog: BRANCH:plugins/market/tools.toml: line 16 is no fact
    11 passed, 0 not checked, 1 failed
    hint: `git log -p BRANCH` shows the commit that brought it; `git revert COMMIT` on BRANCH takes it back
    ");
}

#[test]
fn a_fact_in_another_form_is_named() {
    assert_snapshot!(failures(|text| text.replace("    \"complexity", "  \"complexity")), @"
    failed catalog: BRANCH:plugins/market/tools.toml: line 16 is no fact
    11 passed, 0 not checked, 1 failed
    hint: `git log -p BRANCH` shows the commit that brought it; `git revert COMMIT` on BRANCH takes it back
    ");
    assert_snapshot!(failures(|text| text.replace("description = \"Writes good", "description = \"Writes  good")), @"
    failed catalog: BRANCH:plugins/market/tools.toml: line 12 is no description: too long, or with characters that nobody sees
    11 passed, 0 not checked, 1 failed
    hint: `git log -p BRANCH` shows the commit that brought it; `git revert COMMIT` on BRANCH takes it back
    ");
}

#[test]
fn characters_that_nobody_sees_are_named() {
    assert_snapshot!(failures(|text| text.replace("Writes good", "Writes \u{202e}good")), @"
    failed characters: BRANCH:plugins/market/tools.toml: it holds U+202E (line 12), which nobody sees
    failed catalog: BRANCH:plugins/market/tools.toml: line 12 is no description: too long, or with characters that nobody sees
    10 passed, 0 not checked, 2 failed
    hint: `git log -p BRANCH` shows the commit that brought it; `git revert COMMIT` on BRANCH takes it back
    ");
    assert_snapshot!(failures(|text| text.replace("Writes good", "Writes \u{1b}[31mgood")), @"
    failed characters: BRANCH:plugins/market/tools.toml: it holds U+001B (line 12), which nobody sees
    failed catalog: BRANCH:plugins/market/tools.toml: line 12 is no description: too long, or with characters that nobody sees
    10 passed, 0 not checked, 2 failed
    hint: `git log -p BRANCH` shows the commit that brought it; `git revert COMMIT` on BRANCH takes it back
    ");
}

#[test]
fn a_fact_too_many_is_named() {
    let facts = "    \"domain path terms: api\",\n".repeat(64);
    let failed = failures(|text| text.replace("    \"complexity", &format!("{facts}    \"complexity")));
    assert!(failed.contains("is one fact too many"), "{failed}");
}

#[test]
fn a_secret_in_a_description_is_named() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let (repo, branch) = repo();
    repo.edit_tree(&format!("refs/heads/{branch}"), |text| {
        text.replace("Writes good", &format!("Writes {token}"))
    });
    let failed = told(&repo.orchestrate(["check", &branch]).code(1));
    assert!(failed.contains(&format!("failed secrets: {FILE} in commit ")), "{failed}");
    assert!(failed.contains("holds what looks like a secret") && !failed.contains(&token), "{failed}");
}

#[test]
fn a_catalog_that_goes_back_or_away_is_lost() {
    let back = failures(|text| {
        let updated = text.lines().find(|line| line.starts_with("updated = ")).unwrap_or("updated");
        text.replace(updated, "updated = \"2020-01-01T00:00:00.000Z\"")
    });
    assert_snapshot!(back, @"
    failed join: BRANCH:plugins/market/tools.toml: the catalog of market/tools is of 2020-01-01T00:00:00.000Z by rules 1, in commit 3ab7e11, before it of 2026-11-20T08:03:01.000Z by rules 1
    11 passed, 0 not checked, 1 failed
    hint: `git revert 3ab7e11` on BRANCH takes it back
    ");
    let (repo, branch) = repo();
    repo.remove_from_tree(&format!("refs/heads/{branch}"), FILE);
    let gone = told(&repo.orchestrate(["check", &branch]).code(1)).replace(&branch, "BRANCH");
    assert_snapshot!(gone, @"
    failed join: BRANCH:plugins/market/tools.toml: the catalog of market/tools is nothing, in commit 02cf9c9, before it of 2026-11-20T08:03:01.000Z by rules 1
    10 passed, 0 not checked, 1 failed
    hint: `git revert 02cf9c9` on BRANCH takes it back
    ");
    revert(&repo, &branch);
    // What is merged knows better.
    repo.remove_from_tree(&format!("refs/heads/{branch}"), FILE);
    repo.orchestrate(["merge"]).code(0);
    assert!(repo.git(["show", &format!("{LEARNING}:{FILE}")]).contains("Writes poems."));
}

#[test]
fn a_catalog_of_a_moment_that_has_not_come_is_named() {
    let late = failures(|text| {
        let updated = text.lines().find(|line| line.starts_with("updated = ")).unwrap_or("updated");
        text.replace(updated, "updated = \"2030-01-01T00:00:00.000Z\"")
    });
    assert_snapshot!(late, @"
    failed months: BRANCH:plugins/market/tools.toml: the catalog of market/tools (2030-01-01T00:00:00.000Z) is later than commit 537770a that brought it
    failed months: BRANCH:policy.toml: `updated` (2030-01-01T00:00:00.000Z) is later than commit 537770a that brought it
    11 passed, 0 not checked, 2 failed
    hint: `git revert 537770a` on BRANCH takes it back
    ");
}

#[test]
fn what_newer_rules_read_never_passes_and_never_fails() {
    let (repo, branch) = repo();
    repo.edit_tree(&format!("refs/heads/{branch}"), |text| text.replace("extractor = 1", "extractor = 9"));
    let said = told(&repo.orchestrate(["check", &branch]).code(3)).replace(&branch, "BRANCH");
    assert_snapshot!(said, @"
    not checked catalog: BRANCH:plugins/market/tools.toml: its facts were read by version 9 of the rules, and this version knows 1
    11 passed, 1 not checked, 0 failed
    hint: install a newer git-orchestrate
    ");
    let skill = repo.root().join("market/plugins/tools/skills/poet/SKILL.md");
    std::fs::write(skill, "---\ndescription: Writes better poems.\n---\n").expect("written");
    let refs = repo.refs();
    let said = repo.orchestrate(["analyze"]).code(0).stderr;
    assert_eq!(repo.refs(), refs);
    assert!(said.contains("a newer git-orchestrate has cataloged market: install it"), "{said}");
    repo.orchestrate(["catalog", "show", "poet"]).code(0);
}

#[test]
fn a_broken_catalog_is_read_again_where_its_marketplace_is() {
    let (repo, branch) = repo();
    let right = repo.git(["show", &format!("{branch}:{FILE}")]);
    repo.edit_tree(&format!("refs/heads/{branch}"), |text| text.replace("complexity", "perplexity"));
    let said = repo.orchestrate(["analyze"]).code(0).stdout;
    assert!(said.contains("cataloged in learning/"), "{said}");
    repo.orchestrate(["check", &branch]).code(0);
    let facts =
        |text: &str| text.lines().filter(|line| !line.starts_with("updated")).collect::<Vec<_>>().join("\n");
    assert_eq!(facts(&repo.git(["show", &format!("{branch}:{FILE}")])), facts(&right));
}

#[test]
fn what_a_remote_has_is_looked_at_before_it_is_joined() {
    let (repo, branch) = repo();
    repo.edit_tree(&format!("refs/heads/{branch}"), |text| text.replace("complexity", "perplexity"));
    repo.git(["update-ref", LEARNING, &branch]);
    let other = TestRepo::clone_of(&repo);
    let said = other.orchestrate(["sync"]).code(1);
    assert!(said.stderr.contains("line 16 is no fact"), "{}", said.screen());
    assert_eq!(other.refs_below(LEARNING).len(), 0);
}
