//! The derived file of marketplaces: verbs say the same with it, without it, and whatever became of it or of
//! the marketplaces.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::market::{Market, Skill};
use crate::support::TestRepo;

fn file(repo: &TestRepo) -> PathBuf {
    repo.path().join(".git/orchestrate/catalog")
}

/// A repository where each command is at one and the same moment, with the starter and a marketplace.
fn repo() -> (TestRepo, Market) {
    let repo = TestRepo::new().starter().with_real_clock();
    let repo = repo.with_variable("GIT_ORCHESTRATE_TEST_CLOCK", "1795161600000");
    let skills = [
        Skill::new("poet", "Writes poems about changelogs.", "echo roses > poem.txt").writes("\"*.txt\""),
        Skill::new("critic", "Reviews poems and API code.", "true").says("fallback: poet"),
    ];
    let market = Market::write(&repo, "market", &skills);
    let agent =
        "---\nname: reader\ndescription: Reads: poems\ntools: Read\n---\n# Reader\n\nReads `poem.txt`.\n";
    write(&root(&repo).join("plugins/tools/agents/reader.md"), agent);
    write(&root(&repo).join("plugins/tools/agents/tools-reader.md"), &agent.replace("name: reader\n", ""));
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    (repo, market)
}

fn root(repo: &TestRepo) -> PathBuf {
    repo.root().join("market")
}

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().expect("below the root")).expect("made");
    std::fs::write(file, text).expect("written");
}

/// What is older, nobody can change without a trace.
fn settle() {
    std::thread::sleep(Duration::from_millis(25));
}

/// What verbs say.
fn told(repo: &TestRepo) -> Vec<String> {
    let arguments = [
        &["analyze", "--dry-run", "--diagnostics", "--facts", "--json"][..],
        &["marketplace", "list", "--json"],
        &["catalog", "search", "--json", "review", "the", "changelog", "of", "poems"],
        &["catalog", "search", "nothing-of-that"],
        &["catalog", "show", "market/tools/skill/poet", "--json"],
        &["catalog", "show", "agent/reader"],
        &["catalog", "graph", "--json"],
        &["plan", "--format=json", "write poems and review them, then a changelog"],
    ];
    let told = arguments.map(|arguments| {
        let output = repo.program().args(arguments).output().expect("it starts");
        assert!(!matches!(output.status.code(), None | Some(101)), "{arguments:?}: {output:?}");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    });
    told.into()
}

/// The same without the file, and with no way to make one.
fn told_without(repo: &TestRepo) -> Vec<String> {
    let (path, aside) = (file(repo), repo.tmp().join("catalog"));
    let was_there = path.exists();
    if was_there {
        std::fs::rename(&path, &aside).expect("moved");
    }
    std::fs::create_dir_all(path.join("in the way")).expect("made");
    let told = told(repo);
    assert!(path.is_dir(), "it was to be in the way");
    std::fs::remove_dir_all(&path).expect("removed");
    if was_there {
        std::fs::rename(&aside, &path).expect("moved");
    }
    told
}

#[track_caller]
fn assert_same(repo: &TestRepo) -> Vec<String> {
    let with = told(repo);
    assert_eq!(with, told_without(repo));
    with
}

#[test]
fn what_was_read_is_kept_and_not_written_again() {
    let (repo, _) = repo();
    settle();
    let first = assert_same(&repo);
    assert!(first[0].contains("Reads: poems") && first[2].contains("market/tools/skill/critic"), "{first:?}");
    assert!(first[5].contains("same as market/tools/agent/tools-reader"), "{}", first[5]);
    let made = std::fs::metadata(file(&repo)).expect("made");
    assert_eq!(assert_same(&repo), first);
    let still = std::fs::metadata(file(&repo)).expect("there");
    assert_eq!(
        (still.modified().expect("known"), still.len()),
        (made.modified().expect("known"), made.len())
    );
}

#[test]
fn whatever_is_edited_is_seen_by_the_next_command() {
    let (repo, market) = repo();
    let plugin = root(&repo).join("plugins/tools");
    let manifest = root(&repo).join(".claude-plugin/marketplace.json");
    let skill = market.file("poet", "SKILL.md");
    let text = std::fs::read_to_string(&skill).expect("there");
    let renamed = r#"{"name":"market","plugins":[{"name":"changelog","source":"./plugins/tools"}]}"#;
    let edits: [&dyn Fn(); 12] = [
        &|| write(&skill, &text.replace("Writes poems", "Writes verse")),
        &|| write(&skill, &text.replace("Writes poems", "Quotes verse")),
        &|| write(&market.file("poet", "run.sh"), "exit 1\n"),
        &|| write(&plugin.join("agents/deep/new.md"), "---\ndescription: Reviews changelogs of poems\n---\n"),
        &|| std::fs::rename(plugin.join("agents/deep"), plugin.join("agents/other")).expect("renamed"),
        &|| std::fs::remove_dir_all(plugin.join("skills/critic")).expect("removed"),
        &|| write(&plugin.join(".mcp.json"), r#"{"poems":{"command":"poems"}}"#),
        &|| std::fs::remove_file(plugin.join(".claude-plugin/plugin.json")).expect("removed"),
        &|| std::os::unix::fs::symlink("other", plugin.join("agents/link")).expect("linked"),
        &|| write(&manifest, renamed),
        &|| write(&manifest, "{"),
        &|| std::fs::remove_dir_all(root(&repo)).expect("removed"),
    ];
    let mut before = assert_same(&repo);
    for (number, edit) in edits.iter().enumerate() {
        if number.is_multiple_of(2) {
            settle();
            told(&repo);
        }
        edit();
        let after = assert_same(&repo);
        assert_ne!(after, before, "edit {number} was to be seen");
        before = after;
    }
}

#[test]
fn marketplaces_come_and_go() {
    let (repo, market) = repo();
    settle();
    let both = assert_same(&repo);
    repo.orchestrate(["marketplace", "remove", "market"]).code(0);
    let one = assert_same(&repo);
    assert!(!one[2].contains("market/"), "{}", one[2]);
    repo.orchestrate(["marketplace", "add", market.path()]).code(0);
    assert_eq!(assert_same(&repo), both);
    repo.orchestrate(["marketplace", "remove", "market"]).code(0);
    repo.orchestrate(["marketplace", "remove", "starter"]).code(0);
    let none = assert_same(&repo);
    assert!(none[3].contains("none of 0 components"), "{}", none[3]);
}

#[test]
fn a_damaged_file_is_made_anew() {
    let (repo, _) = repo();
    settle();
    let expected = assert_same(&repo);
    let good = std::fs::read(file(&repo)).expect("made");
    let length = good.len();
    // A little of everything: the table, trails, terms, cards, facts, the end.
    for at in (0..length).step_by(length / 9) {
        let mut bad = good.clone();
        bad[at..length.min(at + 90)].iter_mut().for_each(|byte| *byte ^= 0x55);
        std::fs::write(file(&repo), bad).expect("written");
        assert_eq!(told(&repo), expected, "damaged at byte {at}");
        std::fs::write(file(&repo), &good[..at]).expect("written");
        assert_eq!(told(&repo), expected, "cut at byte {at}");
    }
    assert_eq!(std::fs::read(file(&repo)).expect("made"), good, "what is made anew is what was there");
}

#[test]
fn who_may_not_write_reads_all_the_same_and_many_may_write_at_once() {
    use std::os::unix::fs::PermissionsExt;
    let (repo, _) = repo();
    settle();
    let expected = assert_same(&repo);
    let folder = repo.path().join(".git/orchestrate");
    let allow = |mode| std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).expect("set");
    std::fs::remove_file(file(&repo)).expect("removed");
    // Root may write all the same; then this says no more than the others.
    allow(0o555);
    let told_by_reader = told(&repo);
    allow(0o755);
    assert_eq!(told_by_reader, expected);
    drop(std::fs::remove_file(file(&repo)));
    let search = || {
        let mut command = repo.program();
        command.args(["catalog", "search", "poems"]).stdout(std::process::Stdio::piped());
        command.spawn().expect("it starts")
    };
    let children: Vec<_> = (0..6).map(|_| search()).collect();
    let all: Vec<_> = children.into_iter().map(|it| it.wait_with_output().expect("it ends")).collect();
    assert!(all.iter().all(|it| it.status.success() && it.stdout == all[0].stdout));
    let drafts = std::fs::read_dir(&folder).expect("a folder").flatten();
    let drafts = drafts.filter(|entry| entry.file_name().to_string_lossy().starts_with("catalog."));
    assert_eq!(drafts.count(), 0);
    assert_eq!(told(&repo), expected);
}

#[test]
fn work_trees_share_the_file_and_deinit_takes_it_along() {
    let (repo, _) = repo();
    let repo = repo.file("a.txt", "one\n").commit("start");
    settle();
    told(&repo);
    repo.git(["worktree", "add", "-q", "--detach", "../linked"]);
    let made = std::fs::read(file(&repo)).expect("made");
    let linked = repo.inside("../linked");
    let linked = linked.orchestrate(["catalog", "search", "poems"]).code(0).stdout;
    assert_eq!(linked, repo.orchestrate(["catalog", "search", "poems"]).code(0).stdout);
    assert_eq!(std::fs::read(file(&repo)).expect("there"), made);
    repo.orchestrate(["deinit", "--yes"]).code(0);
    assert!(!file(&repo).exists());
}

#[test]
fn what_git_fetched_is_read_once() {
    let (repo, _) = repo();
    let origin = repo.root().join("origin");
    std::fs::rename(root(&repo), &origin).expect("moved");
    let git = |arguments: &[&str]| {
        let status = repo.command("git").current_dir(&origin).args(arguments).status();
        assert!(status.expect("git starts").success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "poems"]);
    repo.orchestrate(["marketplace", "remove", "market"]).code(0);
    let url = format!("file://{}", origin.display());
    repo.orchestrate(["marketplace", "add", &url]).code(0);
    let first = assert_same(&repo);
    // A commit's tree lies in a folder that is named for it, so nobody has to look whether it has changed.
    let trees = repo.command("find").arg(repo.path().join(".git/orchestrate/marketplaces")).output();
    let trees = String::from_utf8(trees.expect("find starts").stdout).expect("UTF-8");
    let skill = trees.lines().find(|path| path.ends_with("poet/SKILL.md")).expect("it was fetched");
    std::fs::write(skill, "nothing").expect("written");
    assert_eq!(told(&repo), first);
    // Its next commit is another folder.
    write(
        &origin.join("plugins/tools/agents/reader.md"),
        "---\ndescription: Reads changelogs of poems\n---\n",
    );
    git(&["commit", "-q", "-a", "-m", "changelogs"]);
    repo.orchestrate(["marketplace", "update"]).code(0);
    assert_ne!(assert_same(&repo), first);
}

/// A repository that knows a folder of more than 5,000 agents in plugins of 250.
fn large() -> TestRepo {
    let repo = TestRepo::new();
    let mut plugins = Vec::new();
    for plugin in 0..21 {
        plugins.push(format!(r#"{{"name":"p{plugin}","source":"./p{plugin}"}}"#));
        let folder = root(&repo).join(format!("p{plugin}/agents"));
        std::fs::create_dir_all(&folder).expect("made");
        for agent in 0..250 {
            let text = format!("---\ndescription: Counts sheep{plugin}x{agent}\n---\n");
            std::fs::write(folder.join(format!("a{agent}.md")), text).expect("written");
        }
    }
    let manifest = format!(r#"{{"name":"market","plugins":[{}]}}"#, plugins.join(","));
    write(&root(&repo).join(".claude-plugin/marketplace.json"), &manifest);
    repo.orchestrate(["marketplace", "add", root(&repo).to_str().expect("UTF-8")]).code(0);
    repo
}

#[test]
fn a_search_in_a_large_folder_is_right_about_what_it_shows_and_analyze_about_the_rest() {
    let repo = large();
    let found = |words: &str| -> Vec<String> {
        let hits = repo.orchestrate(["catalog", "search", words, "--json"]).code(0).json();
        let hits = hits.as_array().expect("a list").iter();
        hits.map(|hit| hit["component"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(found("sheep7x9"), ["market/p7/agent/a9"]);
    let agent = |plugin: usize, agent: usize| root(&repo).join(format!("p{plugin}/agents/a{agent}.md"));
    // What is shown is as it is: gone, or said in other words.
    std::fs::remove_file(agent(7, 9)).expect("it was there");
    assert_eq!(found("sheep7x9"), Vec::<String>::new());
    settle();
    write(&agent(3, 4), "---\ndescription: Feeds walruses and sheep3x4\n---\n");
    assert_eq!(found("sheep3x4"), ["market/p3/agent/a4"]);
    // What nothing matched is looked for everywhere.
    settle();
    write(&agent(5, 5), "---\ndescription: Sings\n---\n");
    assert_eq!(found("sings"), ["market/p5/agent/a5"]);
    // What matches as well, and is new elsewhere, comes with the next look at all.
    settle();
    write(&agent(12, 250), "---\ndescription: Feeds walruses, all day\n---\n");
    assert_eq!(found("feeds walruses"), ["market/p3/agent/a4"]);
    repo.orchestrate(["analyze", "--dry-run"]).code(0);
    assert_eq!(found("feeds walruses"), ["market/p12/agent/a250", "market/p3/agent/a4"]);
}
