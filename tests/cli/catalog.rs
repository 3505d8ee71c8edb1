//! `catalog`.

use insta::assert_snapshot;

use crate::support::TestRepo;

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
