//! `check --format github`.

use insta::assert_snapshot;

use crate::support::{TestRepo, execution};

const LEARNING: &str = "refs/orchestrate/learning";

/// Two runs of `a → b`, merged; the summary goes to a file.
fn repo() -> TestRepo {
    let runs = [execution("one", ["a", "b"], "passed"), execution("two", ["a", "b"], "passed")];
    let repo = TestRepo::new().commit("start").record(&runs.join("\n"));
    repo.orchestrate(["merge"]).code(0);
    let summary = repo.root().join("summary.md").display().to_string();
    repo.with_variable("GITHUB_STEP_SUMMARY", &summary)
}

fn summary(repo: &TestRepo) -> String {
    std::fs::read_to_string(repo.root().join("summary.md")).expect("written")
}

#[test]
fn what_passed_annotates_nothing_and_has_a_summary() {
    let repo = repo();
    assert_snapshot!(repo.orchestrate(["check", "--format", "github"]).code(0).screen(), @"");
    assert_snapshot!(summary(&repo), @"
    ## Learning: passed

    | rule | passed | noticed | not checked | failed |
    | :--- | ---: | ---: | ---: | ---: |
    | bytes | 1 | 0 | 0 | 0 |
    | cells | 1 | 0 | 0 | 0 |
    | characters | 1 | 0 | 0 | 0 |
    | folder | 1 | 0 | 0 | 0 |
    | format | 2 | 0 | 0 | 0 |
    | join | 1 | 0 | 0 | 0 |
    | months | 1 | 0 | 0 | 0 |
    | one-bytes-per-id | 1 | 0 | 0 | 0 |
    | paths | 1 | 0 | 0 | 0 |
    ");
}

#[test]
fn what_failed_is_an_error_on_its_file() {
    let repo = repo();
    repo.edit_tree(LEARNING, |text| text.replace("passed = 2", "passed = 3"));
    assert_snapshot!(repo.orchestrate(["check", "--format", "github"]).code(1).screen(), @"
    ::error title=failed%3A cells,file=patterns/discovered/sequential/a-b-3696f7104dac.toml::refs/orchestrate/learning:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed says 3, the notes say 2%0A`git log -p refs/orchestrate/learning` shows the commit that brought it; `git revert COMMIT` in a `git worktree add --detach`, and `git update-ref refs/orchestrate/learning HEAD` there, take it back
    ::error title=failed%3A cells,file=plugins/market/plugin.toml::refs/orchestrate/learning:plugins/market/plugin.toml (market/plugin/skill/a): the cell jv14kvhp 2026-11 passed says 3, the notes say 2%0A`git log -p refs/orchestrate/learning` shows the commit that brought it; `git revert COMMIT` in a `git worktree add --detach`, and `git update-ref refs/orchestrate/learning HEAD` there, take it back
    ::error title=failed%3A cells,file=plugins/market/plugin.toml::refs/orchestrate/learning:plugins/market/plugin.toml (market/plugin/skill/b): the cell jv14kvhp 2026-11 passed says 3, the notes say 2%0A`git log -p refs/orchestrate/learning` shows the commit that brought it; `git revert COMMIT` in a `git worktree add --detach`, and `git update-ref refs/orchestrate/learning HEAD` there, take it back
    ");
    assert_snapshot!(summary(&repo), @"
    ## Learning: failed

    | rule | passed | noticed | not checked | failed |
    | :--- | ---: | ---: | ---: | ---: |
    | bytes | 1 | 0 | 0 | 0 |
    | cells | 0 | 0 | 0 | 3 |
    | characters | 1 | 0 | 0 | 0 |
    | folder | 1 | 0 | 0 | 0 |
    | format | 2 | 0 | 0 | 0 |
    | join | 1 | 0 | 0 | 0 |
    | months | 1 | 0 | 0 | 0 |
    | one-bytes-per-id | 1 | 0 | 0 | 0 |
    | paths | 1 | 0 | 0 | 0 |

    ### Failed

    - cells: refs/orchestrate/learning:patterns/discovered/sequential/a-b-3696f7104dac.toml: the cell jv14kvhp 2026-11 passed says 3, the notes say 2
    - cells: refs/orchestrate/learning:plugins/market/plugin.toml &#40;market/plugin/skill/a&#41;: the cell jv14kvhp 2026-11 passed says 3, the notes say 2
    - cells: refs/orchestrate/learning:plugins/market/plugin.toml &#40;market/plugin/skill/b&#41;: the cell jv14kvhp 2026-11 passed says 3, the notes say 2

    ### What to do

    - &#96;git log -p refs/orchestrate/learning&#96; shows the commit that brought it; &#96;git revert COMMIT&#96; in a &#96;git worktree add --detach&#96;, and &#96;git update-ref refs/orchestrate/learning HEAD&#96; there, take it back
    ");
}

#[test]
fn what_was_not_checked_is_a_warning_and_the_summary_is_appended() {
    let repo = repo();
    repo.git(["update-ref", "-d", LEARNING]);
    repo.git(["update-ref", "-d", "refs/notes/orchestrate"]);
    repo.write("../summary.md", "before\n");
    assert_snapshot!(repo.orchestrate(["check", "--format", "github"]).code(3).screen(), @"::warning title=not checked%3A format::refs/notes/orchestrate: neither notes nor learning are here");
    assert!(summary(&repo).starts_with("before\n## Learning: not checked\n"), "{}", summary(&repo));
}

#[test]
fn where_no_file_takes_the_summary_it_is_printed() {
    for path in ["", "/nowhere/summary.md"] {
        let repo = repo().with_variable("GITHUB_STEP_SUMMARY", path);
        let ran = repo.orchestrate(["check", "--format", "github"]).code(0);
        assert!(ran.stdout.starts_with("## Learning: passed\n"), "{}", ran.stdout);
        assert_eq!(
            ran.stderr.contains("the summary could not be written"),
            !path.is_empty(),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_name_in_a_tree_is_no_workflow_command_and_no_markup() {
    let repo = repo();
    let name = "a\n::set-output name=x::y\n##[add-path]b | `c` <img src=x> %0A::error::d,e:f.toml";
    repo.write_odd_name(LEARNING, name.as_bytes());
    let ran = repo.orchestrate(["check", "--format", "github"]).code(1);
    for line in ran.stdout.lines().chain(ran.stderr.lines()) {
        assert!(line.starts_with("::error title=failed%3A "), "{line}");
    }
    assert!(ran.stdout.contains("%250A::error"), "{}", ran.stdout);
    let summary = summary(&repo);
    for markup in ["##[", "`", "<img", "| &#96;", "\n::"] {
        assert!(!summary.contains(markup), "{markup}: {summary}");
    }
}

#[test]
fn a_format_is_said_once_and_json_is_the_short_form() {
    let repo = repo();
    let short = repo.orchestrate(["check", "--json"]).code(0).stdout;
    assert_eq!(repo.orchestrate(["check", "--format", "json"]).code(0).stdout, short);
    assert_snapshot!(repo.orchestrate(["check", "--json", "--format", "github"]).code(2).stderr, @"
    error: the argument '--json' cannot be used with '--format <FORMAT>'

    Usage: git orchestrate check --json [REF|RANGE]...

    For more information, try '--help'.
    ");
    assert!(
        repo.orchestrate(["check", "--format", "xml"])
            .code(2)
            .stderr
            .contains("[possible values: text, json, github]")
    );
}
