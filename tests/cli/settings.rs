//! `settings`.

use crate::support::TestRepo;

#[test]
fn the_table_of_the_readme_is_the_table_of_the_program() {
    let shown = TestRepo::new().orchestrate(["settings", "--json"]).code(0).json();
    let rows: Vec<String> = shown
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().expect("text").to_owned();
            format!("| `{}` | {} | {} |", text("key"), text("default"), text("meaning"))
        })
        .collect();
    let readme = include_str!("../../README.md");
    let written: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `orchestrate.")).collect();
    assert_eq!(written, rows);
}

#[test]
fn a_value_that_is_set_is_shown() {
    let repo = TestRepo::new();
    repo.git(["config", "orchestrate.jobs", "3"]);
    let screen = repo.orchestrate(["settings"]).code(0).stdout;
    assert!(screen.contains("orchestrate.jobs\n  steps of one phase that run at once\n  3\n"), "{screen}");
}

#[test]
fn settings_of_gits_own_command_line_count() {
    let repo = TestRepo::new().commit("start");
    repo.git(["config", "orchestrate.retries", "2"]);
    let repo = repo.with_variable("GIT_CONFIG_PARAMETERS", "'orchestrate.retries'='7'");
    let all = repo.orchestrate(["settings", "--json"]).code(0).json();
    let retries = all.as_array().expect("a list").iter().find(|it| it["key"] == "orchestrate.retries");
    assert_eq!(retries.expect("it is one")["value"], "2, 7");
}
