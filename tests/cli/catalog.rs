//! `catalog`.

use insta::assert_snapshot;

use crate::market::{Market, Skill};
use crate::support::TestRepo;

/// A skill in which most ways of reading find something, and some must not.
const AUDIT: &str = "---
name: audit-dependencies
description: Scans dependencies for vulnerabilities and writes a report. Use when reviewing a pull request.
category: security
allowed-tools: Read, Write, Bash(cargo:*), mcp__advisories__lookup
argument-hint: \"[crate] [--deep]\"
---

# Audit dependencies

## Prerequisites

- git and Node.js 20
- `AUDIT_TOKEN`, from your administrator
- Optional: docker

## Steps

1. Read `Cargo.lock`, but never write `Cargo.toml`.
2. Save the findings to `reports/{date}.md`, and read `reports/latest.md` again.

```bash
# curl only in dreams
cargo audit --json > audit.json
git push origin audit
```

## Output

- **Audit report**: what was found
- Remediation plan with dates

## Examples

- Write `examples/x.md`
";

/// A repository that knows a marketplace with that skill.
fn with_audit() -> TestRepo {
    let repo = TestRepo::new();
    let market = Market::write(&repo, "market", &[Skill::new("audit-dependencies", "Audits.", "true")]);
    std::fs::write(market.file("audit-dependencies", "SKILL.md"), AUDIT).expect("written");
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    repo
}

#[test]
fn a_component_is_shown_with_what_is_known_of_it_and_where_that_is_from() {
    let repo = with_audit();
    assert_snapshot!(repo.orchestrate(["catalog", "show", "audit-dependencies"]).code(0).screen(), @"
    market/tools/skill/audit-dependencies
    Scans dependencies for vulnerabilities and writes a report. Use when reviewing a pull request.

    file     plugins/tools/skills/audit-dependencies/SKILL.md
    context  28 tokens always, 117 on invoke
    record   no runs yet
    runs     needs an agent

    fact                                   said in     read from    sure
    category    security                   line 4      declared     97 %
    domain      security                   line 4      declared     97 %
    does        scan dependency            line 3      description  93 %
                create report              line 3      description  93 %
                review pull request        line 3      description  93 %
                review dependency          its path    name         87 %
    input       file Cargo.lock            line 19     path         92 %
                argument crate             line 6      argument     86 %
                argument --deep            line 6      argument     86 %
    output      file audit.json            line 24     redirect     93 %
                file reports/*.md          line 20     path         92 %
                Audit report               line 30     section      88 %
                Remediation plan           line 31     section      88 %
    requires    program cargo              line 5      grant        97 %
                program node               line 13     section      88 %
                program git                line 13     section      88 %
                variable AUDIT_TOKEN       line 14     section      88 %
                mcp advisories             line 5      grant        97 %
                tool Read                  line 5      grant        97 %
                tool Write                 line 5      grant        97 %
                tool Bash                  line 5      grant        97 %
    effect      may create files           line 5      grant        97 %
                may modify files           line 5      grant        97 %
                may run commands           line 5      grant        97 %
                may change the repository  line 25     command      88 %
                may use the network        line 25     command      88 %
    complexity  medium                     lines 2-35  counted      92 %
    ");
    let json = repo.orchestrate(["catalog", "show", "audit-dependencies", "--json"]).code(0).json();
    assert_eq!(
        (&json["v"], &json["component"]),
        (&1.into(), &"market/tools/skill/audit-dependencies".into())
    );
    let file = json["file"].as_str().expect("a path");
    let facts = json["facts"].as_array().expect("a list");
    let push = facts.iter().find(|fact| fact["effect"] == "changes-repository").expect("git push");
    let line = push["lines"][0].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
    let text = std::fs::read_to_string(repo.root().join("market").join(file)).expect("the file");
    assert_eq!(text.lines().nth(line - 1), Some("git push origin audit"));
}

#[test]
fn what_runs_wrote_counts_more_than_what_a_text_says() {
    let skill = Skill::new("poet", "Writes poems.", "echo roses > poem.txt").writes("\"*.txt\"");
    let repo = TestRepo::new().file("a.txt", "one\n").commit("start").skills(&[skill.gate("poem.txt")]);
    let outputs = || {
        let json = repo.orchestrate(["catalog", "show", "poet", "--json"]).code(0).json();
        let facts = json["facts"].as_array().expect("a list").clone();
        let said = |it: &serde_json::Value| format!("{} {} {}", it["name"], it["method"], it["confidence"]);
        facts.iter().filter(|it| it["kind"] == "output").map(said).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(outputs(), @r#""*.txt" "declared" 0.97"#);
    repo.orchestrate(["run", "--yes", "--apply", "none", "write poems"]).code(0);
    assert_snapshot!(outputs(), @r#"
    "poem.txt" "observed" 0.67
    "*.txt" "declared" 0.97
    "#);
}

#[test]
fn a_name_that_means_no_component_or_several_is_refused() {
    let repo = with_audit();
    assert_snapshot!(repo.orchestrate(["catalog", "show", "coffee"]).code(2).screen(), @"
    ! error: no component is called coffee here
    ! hint: `git orchestrate catalog search WORDS` finds components
    ");
    let twins = [Skill::new("audit-dependencies", "Audits.", "true")];
    let market = Market::write(&repo, "other", &twins);
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    assert_snapshot!(repo.orchestrate(["catalog", "show", "audit-dependencies"]).code(2).screen(), @"
    ! error: audit-dependencies names 2 components
    ! hint: say which one: market/tools/skill/audit-dependencies, other/tools/skill/audit-dependencies
    ");
    repo.orchestrate(["catalog", "show", "other/tools/skill/audit-dependencies"]).code(0);
}

#[test]
fn words_need_no_quotes() {
    let repo = TestRepo::new().starter();
    let bare = repo.orchestrate(["catalog", "search", "write", "a", "changelog"]).code(0);
    assert_snapshot!(bare.screen(), @"
    starter/changelog/skill/changelog
      Writes a changelog, CHANGELOG.md in the Keep a Changelog format, with releas…
      covers 100 %, no runs yet
    starter/changelog/skill/changelog-plain
      Lists the subjects of all commits below their version tags, whatever style t…
      covers 98 %, no runs yet
    ");
    assert_eq!(bare.stdout, repo.orchestrate(["catalog", "search", "write a changelog"]).code(0).stdout);
}

#[test]
fn the_best_come_first_and_no_more_than_wanted() {
    let repo = TestRepo::new().starter();
    let json = repo.orchestrate(["catalog", "search", "-n", "1", "licence", "file", "--json"]).code(0).json();
    assert_eq!(json.as_array().map(Vec::len), Some(1));
    assert_eq!(json[0]["component"], "starter/licence/skill/licence");
    assert_eq!(json[0]["v"], 1);
}

#[test]
fn nothing_found_is_said() {
    let repo = TestRepo::new();
    assert_snapshot!(repo.orchestrate(["catalog", "search", "coffee"]).code(0).screen(), @"
    none of 0 components speaks of that
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    let repo = repo.starter();
    assert_snapshot!(repo.orchestrate(["catalog", "search", "quantum", "coffee"]).code(0).screen(), @"none of 8 components speaks of that");
    assert_eq!(repo.orchestrate(["catalog", "search", "coffee", "--json"]).code(0).stdout, "[]\n");
    repo.orchestrate(["catalog", "search"]).code(2);
}
