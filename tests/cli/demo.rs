//! `demo`.

use insta::assert_snapshot;

use crate::support::{Ran, TestRepo};

/// A PATH with links to a shell, git and the small tools of every system, and no cargo.
fn small_path(repo: &TestRepo) -> String {
    let bin = repo.root().join("bin");
    std::fs::create_dir(&bin).expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    for name in [
        "sh", "git", "awk", "basename", "cat", "chmod", "cmp", "cp", "cut", "date", "dirname", "env", "expr",
        "find", "grep", "head", "id", "ls", "mkdir", "mktemp", "mv", "od", "printf", "pwd", "rm", "rmdir",
        "sed", "sort", "tail", "test", "tr", "uname", "uniq", "wc", "touch", "true", "false", "xargs", "tee",
        "sleep",
    ] {
        let found =
            path.split(':').map(|dir| std::path::Path::new(dir).join(name)).find(|file| file.is_file());
        if let Some(file) = found {
            std::os::unix::fs::symlink(file, bin.join(name)).expect("linked");
        }
    }
    bin.to_str().expect("UTF-8").to_owned()
}

fn demo() -> (TestRepo, Ran) {
    let repo = TestRepo::nowhere();
    let path = small_path(&repo);
    let repo = repo.with_variable("PATH", &path);
    let ran = repo.orchestrate(["demo", "--in", "shown"]).code(0);
    (repo, ran)
}

#[test]
fn a_demo_works_without_cargo_and_its_commands_are_plain_git() {
    let (repo, ran) = demo();
    let oid = regex::Regex::new("[0-9a-f]{40}").expect("a regular expression");
    let shown = Ran { stderr: String::new(), ..ran };
    // How wide the last column is depends on how long it took.
    let took = regex::Regex::new(" +(took|<time>)\n").expect("a regular expression");
    let screen = took.replace_all(&shown.screen(), "  $1\n").into_owned();
    assert_snapshot!(oid.replace_all(&screen, "<oid>"), @r#"

    $ git init, and three commits

    $ git orchestrate init
    Ready: this clone is replica jv14kvhp

    $ git orchestrate marketplace add --starter
    Added starter: 7 plugins with 8 skills

    $ git orchestrate run --yes --apply merge "set up a Rust library with tests, CI, a licence, a changelog and a readme"
    Plan: 5 steps in 4 phases
    for "set up a Rust library with tests, CI, a licence, a changelog and a readme"

    phase  step          gates  record here
        1  licence           1  no runs yet
           skill of starter/licence: a licence
           why: matches licence
        1  changelog         2  no runs yet
           skill of starter/changelog: a changelog
           why: matches changelog
        2  rust-library      4  no runs yet
           skill of starter/rust-library: set up a Rust library; tests
           why: matches set, rust, library, tests
        3  ci-workflow       1  no runs yet
           skill of starter/ci-workflow: CI
           why: matches ci
        4  readme            2  no runs yet
           skill of starter/readme: a readme
           why: matches readme

    if changelog fails: changelog-plain
    success: not enough evidence (0 runs); time: unknown

    Passed: 5 of 5 steps (one by its fallback) in  <time>
    merged    5 commits, HEAD is at 70c9c8d
    files     .github/workflows/ci.yml, CHANGELOG.md, Cargo.toml, LICENSE, README.md, src/lib.rs, tests/public_api.rs
    unchecked rust-library: gate `the tests pass` can't be evaluated here
    recorded  execution 01M7VZGEXR823GEED8ZZ11EGCE on 70c9c8d
    learned   Discover changelog-plain + licence → rust-library →… (1 of 1 run passed)
              on learning/20261120T080011Z-jv14kvhp

    $ git switch -c again <the same commit as before>

    $ git orchestrate run --yes --apply merge "set up a Rust library with CI, a licence, a changelog, a readme and a gitignore"
    Plan: 6 steps in 4 phases
    for "set up a Rust library with CI, a licence, a changelog, a readme and a gitignore"

    phase  step             gates  record here
        1  licence              1  1 of 1 passed
           skill of starter/licence: a licence
           why: as in pattern changelog-plain-licence-rust-library-5544f3b8654e (1
           of 1 runs passed); passed 1 of 1 runs here
        1  changelog-plain      2  1 of 1 passed
           skill of starter/changelog: a changelog
           why: as in pattern changelog-plain-licence-rust-library-5544f3b8654e (1
           of 1 runs passed); passed 1 of 1 runs here
        2  rust-library         4  1 of 1 passed
           skill of starter/rust-library: set up a Rust library
           why: as in pattern changelog-plain-licence-rust-library-5544f3b8654e (1
           of 1 runs passed); passed 1 of 1 runs here
        3  ci-workflow          1  1 of 1 passed
           skill of starter/ci-workflow: CI
           why: as in pattern changelog-plain-licence-rust-library-5544f3b8654e (1
           of 1 runs passed); passed 1 of 1 runs here
        3  ignore-files         3  no runs yet
           skill of starter/ignore-files: a gitignore
           why: matches gitignore
        4  readme               2  1 of 1 passed
           skill of starter/readme: a readme
           why: as in pattern changelog-plain-licence-rust-library-5544f3b8654e (1
           of 1 runs passed); passed 1 of 1 runs here

    avoided: changelog (changelog-plain instead)
      it failed 1 of 1 runs here: "none of the 3 commits follow Conventional Commits (first: "write down the idea")"
    success: not enough evidence (0 runs); time: unknown

    Passed: 6 of 6 steps in  <time>
    merged    6 commits, HEAD is at 1f0cc4e
    files     .editorconfig, .github/workflows/ci.yml, .gitignore, CHANGELOG.md, Cargo.toml, LICENSE, README.md, src/lib.rs, tests/public_api.rs
    unchecked rust-library: gate `the tests pass` can't be evaluated here
    recorded  execution 01M7VZGRP85BM2X39SMDB39FW0 on 1f0cc4e
    learned   Discover changelog-plain + licence → rust-library →… (1 of 1 run passed)
              on learning/20261120T080011Z-jv14kvhp

    What the second run knew
    run     steps  attempts  failed  took
    first       5         7       2  <time>
    second      6         6       0  <time>

    The second plan took changelog-plain instead of changelog, because changelog
    failed 1 of 1 runs here: "none of the 3 commits follow Conventional Commits (first: "write down the idea")".

    $ git orchestrate merge
    1 branch merged into refs/orchestrate/learning

    Everything is in git: see it with plain git
      git log --notes=orchestrate -1
      git log refs/orchestrate/learning
      git show <oid>
      git show refs/orchestrate/learning:patterns/discovered/composite/changelog-plain-licence-rust-library-586d5b7645ad.toml

    in <root>/project/shown
    "#);
    let commands: Vec<&str> = shown.stdout.lines().filter_map(|line| line.strip_prefix("  git ")).collect();
    assert!(commands.len() >= 4, "{}", shown.stdout);
    for command in commands {
        let mut git = repo.command("sh");
        let ended =
            git.args(["-c", &format!("git {command}")]).current_dir(repo.path().join("shown")).output();
        let ended = ended.expect("starts");
        assert!(ended.status.success(), "git {command}: {}", String::from_utf8_lossy(&ended.stderr));
        assert!(!ended.stdout.is_empty(), "git {command} says nothing");
    }
}

#[test]
fn a_demo_for_programs_measures_both_runs() {
    let repo = TestRepo::nowhere();
    let path = small_path(&repo);
    let repo = repo.with_variable("PATH", &path);
    // A user without a name, and with settings that stop ordinary work.
    let hook = repo.root().join("hooks/post-checkout");
    std::fs::create_dir(repo.root().join("hooks")).expect("a folder");
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("written");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    let config = format!(
        "[user]\n\tuseConfigOnly = true\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /bin/false\n\
         [merge]\n\tff = false\n[core]\n\thooksPath = {}\n",
        repo.root().join("hooks").display()
    );
    std::fs::write(repo.root().join("home/.gitconfig"), config).expect("written");
    let told = repo.orchestrate(["demo", "--json"]).code(0).json();
    assert_eq!(told["v"], 1);
    assert_eq!(told["second"]["avoided"][0]["component"], "starter/changelog/skill/changelog");
    assert!(told["first"]["failed"].as_u64() > told["second"]["failed"].as_u64(), "{told}");
    assert!(told["first"]["attempts"].as_u64() > Some(5), "{told}");
    assert!(std::path::Path::new(told["dir"].as_str().expect("a path")).join(".git").is_dir());
}

#[test]
fn a_folder_with_something_in_it_is_not_touched() {
    let repo = TestRepo::nowhere().file("mine/file", "x");
    assert_snapshot!(repo.orchestrate(["demo", "--in", "mine"]).code(2).screen(), @"
    ! error: <root>/project/mine is not empty
    ! hint: `--in DIR` with an empty or new folder
    ");
    assert_eq!(repo.work_tree().len(), 1);
    repo.write("file", "x");
    repo.orchestrate(["demo", "--in", "file"]).code(2);
}

#[test]
fn a_demo_runs_the_crates_tests_with_cargo() {
    let home = std::env::var("HOME").unwrap_or_default();
    let or = |name: &str, folder: &str| std::env::var(name).unwrap_or_else(|_| format!("{home}/{folder}"));
    let repo = TestRepo::nowhere()
        .with_variable("CARGO_HOME", &or("CARGO_HOME", ".cargo"))
        .with_variable("RUSTUP_HOME", &or("RUSTUP_HOME", ".rustup"));
    let ran = repo.orchestrate(["demo", "--in", "shown"]).code(0);
    assert!(ran.stdout.contains("passed, 0 failed"), "{}", ran.stdout);
}
