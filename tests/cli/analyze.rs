//! `analyze`.

use insta::assert_snapshot;

use crate::market::{Market, Skill};
use crate::support::TestRepo;

#[test]
fn an_analysis_says_what_there_is_and_what_it_costs() {
    let repo = TestRepo::new();
    assert_snapshot!(repo.orchestrate(["analyze"]).code(0).screen(), @"
    no marketplaces yet
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    let repo = repo.starter();
    assert_snapshot!(repo.orchestrate(["analyze"]).code(0).screen(), @"
    starter (builtin:starter)
    plugins      7 local, 0 not fetched, 0 broken
    components   8 skills
    contracts    8 can run without an agent
    tokens       498 always, 2,088 on invoke
    diagnostics  0 errors, 0 warnings, 0 remarks

    cataloged in learning/20261120T080202Z-jv14kvhp (1 commit): 8 added, 1 pattern proposed
    ! hint: `git orchestrate patterns --stage proposed` shows what texts propose
    ! hint: `git orchestrate merge` takes it into the library, and `sync` shares it
    ");
    assert_eq!(repo.orchestrate(["analyze-plugins"]).code(0).stdout, repo.orchestrate(["analyze"]).stdout);
}

#[test]
fn diagnostics_name_file_and_line_and_what_was_assumed() {
    let repo = TestRepo::new();
    let market = Market::write(&repo, "market", &[Skill::new("poet", "Writes poems.", "true")]);
    let root = repo.root().join("market");
    let manifest = r#"{"name":"market","plugins":[
        {"name":"tools","source":"./plugins/tools"},
        {"name":"gone","source":"./plugins/gone"},
        {"name":"far","source":{"source":"github","repo":"someone/else"}},
        {"name":"tools","source":"./plugins/tools"}]}"#;
    std::fs::write(root.join(".claude-plugin/marketplace.json"), manifest).expect("written");
    let skill = "---\nname: other\ndescription: Writes: poems\n---\nRhyme.\n";
    std::fs::write(market.file("poet", "SKILL.md"), skill).expect("written");
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    assert_snapshot!(repo.orchestrate(["analyze"]).code(0).screen(), @"
    market (<root>/market)
    plugins      1 local, 1 not fetched, 1 broken
    components   1 skill
    contracts    0 can run without an agent
    tokens       4 always, 1 on invoke
    diagnostics  1 error, 2 warnings, 1 remark
    broken: gone: path `./plugins/gone` does not exist

    cataloged in learning/20261120T080102Z-jv14kvhp (1 commit): 1 added
    ! hint: `git orchestrate analyze market --diagnostics` lists them
    ! hint: `git orchestrate merge` takes it into the library, and `sync` shares it
    ");
    assert_snapshot!(repo.orchestrate(["analyze", "--diagnostics"]).code(0).screen(), @"
    market (<root>/market)
    plugins      1 local, 1 not fetched, 1 broken
    components   1 skill
    contracts    0 can run without an agent
    tokens       4 always, 1 on invoke
    diagnostics  1 error, 2 warnings, 1 remark
    broken: gone: path `./plugins/gone` does not exist
      .claude-plugin/marketplace.json: error: plugin `gone` cannot be read: path `./plugins/gone` does not exist
      .claude-plugin/marketplace.json: warning: plugin `tools` is listed twice; the first counts
      plugins/tools/skills/poet/SKILL.md:3: warning: frontmatter is not valid YAML (mapping values are not allowed in this context); it was read line by line
      plugins/tools/skills/poet/SKILL.md:2: info: is named `other`, not `poet` as its place; the latter counts

    the catalog has all of it already
    ");
    let json = repo.orchestrate(["analyze", "--diagnostics", "--json"]).code(0).json();
    assert!(json[0]["diagnostics"].as_array().is_some_and(|all| !all.is_empty()));
    assert_eq!(json[0]["plugins"].as_array().map(Vec::len), Some(3));
}

#[test]
fn one_marketplace_can_be_asked_for_by_name() {
    let repo = TestRepo::new().starter();
    assert_snapshot!(repo.orchestrate(["analyze", "nowhere"]).code(2).screen(), @"
    ! error: no marketplace is called nowhere here
    ! hint: `git orchestrate marketplace list` lists them
    ");
    let json = repo.orchestrate(["analyze", "starter", "--json"]).code(0).json();
    assert_eq!(json[0]["v"], 1);
    assert_eq!(json[0]["summary"]["contracts"], 8);
    assert!(json[0].get("diagnostics").is_none());
    let ids: Vec<&str> =
        json[0]["components"].as_array().expect("a list").iter().filter_map(|it| it["id"].as_str()).collect();
    assert!(ids.contains(&"starter/licence/skill/licence"), "{ids:?}");
}

#[test]
fn facts_are_counted_by_kind_and_by_how_they_were_read() {
    let repo = TestRepo::new().starter();
    assert_snapshot!(repo.orchestrate(["analyze", "--facts"]).code(0).screen(), @"
    starter (builtin:starter)
    plugins      7 local, 0 not fetched, 0 broken
    components   8 skills
    contracts    8 can run without an agent
    tokens       498 always, 2,088 on invoke
    diagnostics  0 errors, 0 warnings, 0 remarks
    fact        known of  read from
    purpose     8 of 8    8 declared
    category    0 of 8
    domain      4 of 8    4 terms
    language    3 of 8    6 description
    does        5 of 8    9 description
    input       6 of 8    27 declared
    output      7 of 8    12 declared
    requires    0 of 8
    effect      8 of 8    8 declared
    complexity  8 of 8    8 counted
    context     8 of 8    8 counted

    cataloged in learning/20261120T080102Z-jv14kvhp (1 commit): 8 added, 1 pattern proposed
    ! hint: `git orchestrate patterns --stage proposed` shows what texts propose
    ! hint: `git orchestrate merge` takes it into the library, and `sync` shares it
    ");
    let json = repo.orchestrate(["analyze", "--facts", "--json"]).code(0).json();
    assert_eq!(json[0]["facts"]["components"]["output"], 7);
    assert!(json[0]["components"][0]["facts"].as_array().is_some_and(|facts| !facts.is_empty()));
    let plain = repo.orchestrate(["analyze", "--json"]).code(0).json();
    assert!(plain[0].get("facts").is_none() && plain[0]["components"][0].get("facts").is_none());
}

#[test]
fn control_characters_of_a_marketplace_never_reach_the_terminal() {
    let repo = TestRepo::new();
    let skill = Skill::new("poet", "\"Writes \\e[31mpoems\\a\\u202e\"", "true");
    let market = Market::write(&repo, "market", &[skill]);
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    for ran in [
        repo.orchestrate(["analyze", "--diagnostics"]),
        repo.orchestrate(["catalog", "search", "poems"]),
        repo.orchestrate(["catalog", "show", "poet"]),
        repo.orchestrate(["plan", "write poems"]),
    ] {
        let text = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_never_opened() {
    let repo = TestRepo::new();
    repo.write("../market/p/skills/good/SKILL.md", "---\ndescription: does good work\n---\n");
    std::os::unix::fs::symlink("/dev/zero", repo.root().join("market/p/skills/good/zero")).expect("made");
    for path in [
        ".claude-plugin/marketplace.json",
        "p/.claude-plugin/plugin.json",
        "p/.mcp.json",
        "p/hooks/hooks.json",
        "p/server.json",
        "p/agents/pipe.md",
        "p/commands/pipe.md",
        "p/skills/pipe/SKILL.md",
        "p/skills/good/data",
    ] {
        let path = repo.root().join("market").join(path);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("folders");
        // Opening one for reading would wait until somebody writes.
        assert!(repo.command("mkfifo").arg(path).status().expect("starts").success());
    }
    repo.orchestrate(["marketplace", "add", "../market"]).code(0);
    assert_snapshot!(repo.orchestrate(["analyze", "--diagnostics"]).code(0).screen(), @"
    market (<root>/market)
    plugins      1 local, 0 not fetched, 0 broken
    components   1 skill
    contracts    0 can run without an agent
    tokens       4 always, 0 on invoke
    diagnostics  1 error, 8 warnings, 1 remark
      .claude-plugin/marketplace.json: error: cannot be read: not a regular file
      p/skills/pipe/SKILL.md: warning: is not a regular file; it was ignored
      p/agents/pipe.md: warning: is not a regular file or folder, or cannot be read
      p/commands/pipe.md: warning: is not a regular file or folder, or cannot be read
      p/skills/good/data: warning: is not a regular file or folder, or cannot be read
      p/skills/good/zero: warning: is a symbolic link that leaves the marketplace or leads nowhere; it was not followed
      p/.mcp.json: warning: is not a regular file; it was ignored
      p/server.json: warning: is not a regular file; it was ignored
      p/hooks/hooks.json: warning: is not a regular file; it was ignored
      .: info: has no usable marketplace.json; its folders were read

    cataloged in learning/20261120T080102Z-jv14kvhp (1 commit): 1 added
    ! hint: `git orchestrate merge` takes it into the library, and `sync` shares it
    ");
}
