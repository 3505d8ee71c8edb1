//! `marketplace add` and `marketplace update` where marketplaces come from git.

use insta::assert_snapshot;

use crate::market::{Market, Skill};
use crate::support::{Ran, TestRepo};

/// A repository `name` that is a marketplace with one skill, beside `repo`.
pub(crate) struct Theirs(pub(crate) TestRepo);

impl Theirs {
    pub(crate) fn new(repo: &TestRepo, name: &str) -> Self {
        Market::write(repo, name, &[greeter()]);
        let theirs = Self(repo.at(&repo.root().join(name)));
        theirs.0.git(["init", "-q", "-b", "main"]);
        theirs.commit()
    }

    pub(crate) fn write(self, path: &str, text: &str) -> Self {
        self.0.write(path, text);
        self
    }

    pub(crate) fn commit(self) -> Self {
        self.0.git(["add", "-A"]);
        self.0.git(["commit", "-q", "--allow-empty", "-m", "change it"]);
        self
    }

    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.0.path().display())
    }

    fn head(&self) -> String {
        self.0.git(["rev-parse", "HEAD"])
    }
}

fn greeter() -> Skill {
    Skill::new("greeter", "Writes a greeting.", "echo hello > greeting.txt").writes("\"greeting.txt\"")
}

/// The screen with commits by turns: the first that it names is `<commit 1>`.
fn screen(ran: &Ran, commits: &[&str]) -> String {
    let mut text = ran.screen();
    for (number, commit) in commits.iter().enumerate() {
        text = text.replace(*commit, &format!("<commit {}>", number + 1));
        text = text.replace(&commit[..7], &format!("<commit {}>", number + 1));
    }
    text
}

fn kept(repo: &TestRepo) -> Vec<String> {
    let entries = std::fs::read_dir(repo.path().join(".git/orchestrate/marketplaces"));
    let mut names: Vec<String> = entries
        .map(|entries| entries.flatten().map(|it| it.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.retain(|name| name != "lock");
    names
}

#[test]
fn a_repository_is_fetched_once_and_pinned_to_its_commit() {
    let repo = TestRepo::new();
    let theirs = Theirs::new(&repo, "market");
    let first = theirs.head();
    let added = repo.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    assert_snapshot!(screen(&added, &[&first]), @"
    Added market: 1 plugin with 1 skill (at <commit 1>)
    not approved to run: 1 script
    ! fetching file:<root>/market
    ! hint: read what it would run, then `git orchestrate marketplace approve market`
    ! hint: `git orchestrate analyze market` keeps in git what it offers, for all who share it
    ");
    assert_eq!(repo.git(["config", "orchestrate.marketplace.market.pin"]), first);
    assert_eq!(repo.git(["config", "orchestrate.marketplace.market.source"]), theirs.url());
    assert_snapshot!(screen(&repo.orchestrate(["marketplace", "list"]).code(0), &[&first]), @"
    marketplace  plugins  components  source
    market             1           1  file:<root>/market at <commit 1>
    ");
    // What they do next is nothing to us before an update, and neither is their absence.
    let theirs =
        theirs.write("plugins/tools/skills/other/SKILL.md", "---\ndescription: is new\n---\n").commit();
    std::fs::rename(theirs.0.path(), repo.root().join("away")).expect("renamed");
    let list = repo.orchestrate(["marketplace", "list", "--json"]).code(0).json();
    assert_eq!((&list[0]["pin"], &list[0]["summary"]["components"]["skill"]), (&first.into(), &1.into()));
}

#[test]
fn an_update_shows_what_is_new_and_marks_what_runs() {
    let repo = TestRepo::new().commit("start");
    let theirs = Theirs::new(&repo, "market")
        .write("plugins/tools/skills/gone/SKILL.md", "---\ndescription: Goes away.\n---\n")
        .write("plugins/tools/.mcp.json", r#"{"files":{"command":"npx","args":["files@1"]}}"#)
        .commit();
    let first = theirs.head();
    repo.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    repo.orchestrate(["marketplace", "approve", "market"]).code(0);
    let same = repo.orchestrate(["marketplace", "update"]).code(0);
    assert_snapshot!(screen(&same, &[&first]), @"market <commit 1>: nothing new");

    std::fs::remove_dir_all(theirs.0.path().join("plugins/tools/skills/gone")).expect("removed");
    let skill = theirs.0.read("plugins/tools/skills/greeter/SKILL.md");
    let hooks = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"curl https://example.com"}]}]}}"#;
    let theirs = theirs
        .write(
            "plugins/tools/skills/greeter/SKILL.md",
            &skill.replace("Writes a greeting.", "Writes a warm greeting."),
        )
        .write("plugins/tools/skills/greeter/run.sh", "echo hello there > greeting.txt\n")
        .write("plugins/tools/skills/new/SKILL.md", "---\ndescription: Does something new.\n---\n")
        .write("plugins/tools/.mcp.json", r#"{"files":{"command":"npx","args":["files@2"]}}"#)
        .write("plugins/tools/hooks/hooks.json", hooks)
        .commit();
    let second = theirs.head();
    let shown = repo.orchestrate(["marketplace", "update", "market", "--dry-run"]).code(0);
    assert_snapshot!(screen(&shown, &[&first, &second]), @"
    market <commit 1> -> <commit 2>: 1 added, 1 removed, 2 changed, 1 hook added or removed
      added   market/tools/skill/new: Does something new.
      removed market/tools/skill/gone
      changed market/tools/skill/greeter
              Writes a {+warm +}greeting.
      runs    what it runs has changed
      changed market/tools/mcp/files
              MCP server: npx [-files@1-]{+files@2+}
      runs    what it runs has changed
      runs    hook of tools at Stop is new: curl https://example.com
    ! hint: `git orchestrate marketplace update market` takes it in
    ");
    assert_eq!(repo.git(["config", "orchestrate.marketplace.market.pin"]), first);

    let updated = repo.orchestrate(["marketplace", "update"]).code(0);
    assert_snapshot!(screen(&updated, &[&first, &second]), @"
    market <commit 1> -> <commit 2>: 1 added, 1 removed, 2 changed, 1 hook added or removed
      added   market/tools/skill/new: Does something new.
      removed market/tools/skill/gone
      changed market/tools/skill/greeter
              Writes a {+warm +}greeting.
      runs    what it runs has changed
      changed market/tools/mcp/files
              MCP server: npx [-files@1-]{+files@2+}
      runs    what it runs has changed
      runs    hook of tools at Stop is new: curl https://example.com
    not approved to run: 1 script
    ! hint: `git orchestrate analyze market` takes it into the catalog
    ! hint: read what it would run, then `git orchestrate marketplace approve market`
    ");
    assert_eq!(repo.git(["config", "orchestrate.marketplace.market.pin"]), second);
    // What was approved was the script as it was.
    repo.orchestrate(["run", "write a greeting", "--yes"]).code(5);
    let again = repo.orchestrate(["marketplace", "update", "--json"]).code(0).json();
    assert_eq!((&again[0]["from"], &again[0]["to"]), (&second.clone().into(), &second.into()));
    assert_eq!(again[0]["changes"]["added"], serde_json::json!([]));
}

#[test]
fn owner_and_repository_mean_github_and_a_folder_counts_first() {
    let repo = TestRepo::new();
    let theirs = Theirs::new(&repo, "agents.git");
    let to = format!("url.file://{}/.insteadOf", repo.root().display());
    repo.git(["config", "--global", &to, "https://github.com/somebody/"]);
    repo.orchestrate(["marketplace", "add", "somebody/agents#main", "--name", "theirs"]).code(0);
    assert_eq!(
        repo.git(["config", "orchestrate.marketplace.theirs.source"]),
        "https://github.com/somebody/agents.git#main"
    );
    let commit = theirs.head();
    let pinned = format!("somebody/agents#{commit}");
    repo.orchestrate(["marketplace", "add", &pinned, "--name", "pinned"]).code(0);
    let theirs = theirs.write("plugins/tools/skills/x/SKILL.md", "---\ndescription: x\n---\n").commit();
    let updated = repo.orchestrate(["marketplace", "update", "--json"]).code(0).json();
    assert_eq!(updated[0]["to"], commit.as_str(), "a commit that was named stays");
    assert_eq!(updated[1]["to"], theirs.head().as_str());
    std::fs::create_dir_all(repo.path().join("some/where/agents")).expect("a folder");
    repo.write("some/where/agents/poet.md", "---\ndescription: writes poems\n---\n");
    repo.orchestrate(["marketplace", "add", "some/where"]).code(0);
    assert_eq!(
        repo.git(["config", "orchestrate.marketplace.where.source"]),
        repo.path().join("some/where").canonicalize().expect("there").to_str().expect("UTF-8")
    );
}

#[test]
fn a_tree_without_a_manifest_is_called_as_its_repository() {
    let repo = TestRepo::new();
    let theirs = repo.at(&repo.root().join("home"));
    theirs.write("../poets/agents/poet.md", "---\nname: poet\ndescription: Writes poems\n---\n");
    let theirs = Theirs(repo.at(&repo.root().join("poets")));
    theirs.0.git(["init", "-q", "-b", "main"]);
    let theirs = theirs.commit();
    repo.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    let json = repo.orchestrate(["analyze", "--json"]).code(0).json();
    assert_eq!(json[0]["components"][0]["id"], "poets/poets/agent/poet");
}

#[test]
fn what_cannot_be_fetched_says_why_and_leaves_nothing_behind() {
    let repo = TestRepo::new();
    let theirs = Theirs::new(&repo, "market");
    repo.write("../none/readme", "nothing");
    let none = Theirs(repo.at(&repo.root().join("none")));
    none.0.git(["init", "-q", "-b", "main"]);
    let none = none.commit();
    let gone = format!("{}#1234567890123456789012345678901234567890", theirs.url());
    let branch = format!("{}#gone", theirs.url());
    let missing = format!("{}-gone", theirs.url());
    let tries = [
        missing.as_str(),
        &gone,
        &branch,
        &none.url(),
        "http://example.com/x.git",
        "ext::sh -c 'touch pwned'://x",
        "ssh://-oProxyCommand=touch%20pwned/x",
    ];
    let screens = tries.map(|url| {
        let ran = repo.orchestrate(["marketplace", "add", url]);
        format!(
            "{}: exit {}\n{}",
            url.replace(repo.root().to_str().expect("UTF-8"), "<root>"),
            ran.code.expect("a code"),
            ran.screen()
        )
    });
    assert_snapshot!(screens.join("\n"), @"
    file://<root>/market-gone: exit 4
    ! fetching file:<root>/market-gone
    ! error: cannot fetch file:<root>/market-gone: '<root>/market-gone' does not appear to be a git repository; Could not read from remote repository.
    ! hint: look whether the URL is right: `git ls-remote URL` has to work without asking anything

    file://<root>/market#1234567890123456789012345678901234567890: exit 4
    ! fetching file:<root>/market
    ! error: cannot fetch file:<root>/market: remote error: upload-pack: not our ref 1234567890123456789012345678901234567890
    ! hint: `git ls-remote URL` lists its branches and tags; what stands behind `#` has to be one of them, or a commit

    file://<root>/market#gone: exit 4
    ! fetching file:<root>/market
    ! error: cannot fetch file:<root>/market: couldn't find remote ref gone
    ! hint: `git ls-remote URL` lists its branches and tags; what stands behind `#` has to be one of them, or a commit

    file://<root>/none: exit 2
    ! fetching file:<root>/none
    ! error: marketplace `file:<root>/none` has no manifest and no agents, commands or skills
    ! hint: a marketplace has .claude-plugin/marketplace.json, or folders agents, commands, skills

    http://example.com/x.git: exit 4
    ! fetching http://example.com/x.git
    ! error: cannot fetch http://example.com/x.git: transport 'http' not allowed
    ! hint: give a URL that starts with https://, ssh://, git:// or file://, or USER@HOST:PATH

    ext::sh -c 'touch pwned'://x: exit 4
    ! fetching ext::sh -c 'touch pwned'://x
    ! error: cannot fetch ext::sh -c 'touch pwned'://x: it is no URL
    ! hint: give a URL that starts with https://, ssh://, git:// or file://, or USER@HOST:PATH

    ssh://-oProxyCommand=touch%20pwned/x: exit 4
    ! fetching ssh://-oProxyCommand=touch%20pwned/x
    ! error: cannot fetch ssh://-oProxyCommand=touch%20pwned/x: strange hostname '-oProxyCommand=touch pwned' blocked
    ! hint: look whether the URL is right: `git ls-remote URL` has to work without asking anything
    ");
    // What git says where nobody answers depends on the library that it asks with.
    let offline = repo.orchestrate(["marketplace", "add", "https://localhost:1/x/y.git"]).code(4);
    assert!(
        offline.stderr.contains("error: cannot fetch https://localhost:1/x/y.git: "),
        "{}",
        offline.stderr
    );
    assert!(offline.stderr.contains("hint: look whether you are online"), "{}", offline.stderr);
    assert_eq!(kept(&repo), Vec::<String>::new());
    assert!(!repo.path().join("pwned").exists());
    assert_eq!(repo.orchestrate(["marketplace", "list", "--json"]).json(), serde_json::json!([]));
}

#[test]
fn an_update_that_fails_leaves_the_pin_and_the_others_go_on() {
    let repo = TestRepo::new().starter();
    let (one, two) = (Theirs::new(&repo, "one"), Theirs::new(&repo, "two"));
    repo.orchestrate(["marketplace", "add", &one.url()]).code(0);
    repo.orchestrate(["marketplace", "add", &two.url()]).code(0);
    let first = one.head();
    std::fs::rename(one.0.path(), repo.root().join("away")).expect("renamed");
    let two = two.write("plugins/tools/skills/x/SKILL.md", "---\ndescription: Is new.\n---\n").commit();
    let updated = repo.orchestrate(["marketplace", "update"]).code(4);
    assert!(updated.stderr.contains("warning: one is as it was: cannot fetch file://"), "{}", updated.stderr);
    assert!(updated.stdout.contains("two/tools/skill/x: Is new."), "{}", updated.stdout);
    assert!(updated.stdout.contains("starter: read where it lies, nothing to fetch"), "{}", updated.stdout);
    assert_eq!(repo.git(["config", "orchestrate.marketplace.one.pin"]), first);
    assert_eq!(repo.git(["config", "orchestrate.marketplace.two.pin"]), two.head());
    assert_snapshot!(repo.orchestrate(["marketplace", "update", "three"]).code(2).screen(), @"
    ! error: no marketplace is called three here
    ! hint: `git orchestrate marketplace list` lists them
    ");
}

#[test]
fn a_repository_that_is_no_marketplace_any_more_is_not_taken_in() {
    let repo = TestRepo::new();
    let theirs = Theirs::new(&repo, "market");
    let first = theirs.head();
    repo.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    let _theirs =
        theirs.write(".claude-plugin/marketplace.json", r#"{"name":"market","plugins":[]}"#).commit();
    assert_snapshot!(repo.orchestrate(["marketplace", "update"]).code(2).screen(), @"
    ! error: file:<root>/market has no plugins
    ! hint: mend its .claude-plugin/marketplace.json, or give another one
    ");
    assert_eq!(repo.git(["config", "orchestrate.marketplace.market.pin"]), first);
    assert_eq!(repo.orchestrate(["analyze", "--json"]).json()[0]["summary"]["components"]["skill"], 1);
}

#[test]
fn what_was_fetched_can_be_deleted_and_fetched_again_and_goes_with_its_marketplace() {
    let repo = TestRepo::new();
    let theirs = Theirs::new(&repo, "market");
    repo.orchestrate(["marketplace", "add", &theirs.url()]).code(0);
    assert_eq!(kept(&repo).len(), 1);
    std::fs::remove_dir_all(repo.path().join(".git/orchestrate/marketplaces")).expect("removed");
    assert_snapshot!(repo.orchestrate(["catalog", "search", "greeting"]).code(0).screen(), @"
    none of 0 components speaks of that
    ! warning: market is passed over: file:<root>/market is not fetched here; `git orchestrate marketplace remove market` forgets it
    ! hint: `git orchestrate marketplace update market` fetches it
    ! hint: `git orchestrate marketplace add --starter` adds plugins that work without an agent
    ");
    repo.orchestrate(["marketplace", "update", "market"]).code(0);
    assert!(
        repo.orchestrate(["catalog", "search", "greeting"])
            .code(0)
            .stdout
            .contains("market/tools/skill/greeter")
    );
    repo.orchestrate(["marketplace", "remove", "market"]).code(0);
    assert_eq!(kept(&repo), Vec::<String>::new());
}

#[test]
fn plugins_from_elsewhere_are_fetched_only_when_asked() {
    let repo = TestRepo::new();
    let elsewhere = Theirs::new(&repo, "elsewhere.git");
    let first = elsewhere.head();
    let elsewhere = elsewhere
        .write("plugins/tools/skills/later/SKILL.md", "---\ndescription: Came later.\n---\n")
        .commit();
    let to = format!("url.file://{}/.insteadOf", repo.root().display());
    repo.git(["config", "--global", &to, "https://host/"]);
    let manifest = format!(
        r#"{{"name":"market","plugins":[
            {{"name":"floating","source":{{"source":"git-subdir","url":"https://host/elsewhere.git","path":"plugins/tools"}}}},
            {{"name":"pinned","source":{{"source":"git-subdir","url":"https://host/elsewhere.git","path":"plugins/tools","ref":"gone","sha":"{first}"}}}},
            {{"name":"package","source":{{"source":"npm","package":"@a/b"}}}},
            {{"name":"output","source":{{"source":"command","command":"touch pwned"}}}},
            {{"name":"own","source":{{"source":"url","url":"file:///etc"}}}},
            {{"name":"lost","source":{{"source":"url","url":"https://host/lost.git"}}}},
            {{"name":"outside","source":{{"source":"git-subdir","url":"https://host/elsewhere.git","path":"../.."}}}}]}}"#
    );
    repo.write("../market/.claude-plugin/marketplace.json", &manifest);
    assert_snapshot!(repo.orchestrate(["marketplace", "add", "../market"]).code(0).screen(), @"
    Added market: 7 plugins with no components
    ! hint: `git orchestrate marketplace update market --fetch` fetches 3 plugins from elsewhere
    ! hint: `git orchestrate analyze market --diagnostics` shows 1 diagnostic
    ");
    assert_eq!(kept(&repo), Vec::<String>::new(), "nothing was fetched");
    assert_snapshot!(repo.orchestrate(["marketplace", "update", "--fetch"]).code(4).screen(), @"
    market: 3 added
      added   market/floating/skill/greeter: Writes a greeting.
      runs    it brings something that runs
      added   market/floating/skill/later: Came later.
      added   market/pinned/skill/greeter: Writes a greeting.
      runs    it brings something that runs
    not approved to run: 2 scripts
    ! warning: plugin package is not fetched: git can't get it
    ! warning: plugin output is not fetched: git can't get it
    ! warning: plugin own is not fetched: git can't get it
    ! warning: plugin lost is not fetched: cannot fetch https://host/lost.git: '<root>/lost.git' does not appear to be a git repository; Could not read from remote repository.
    ! fetched 2 plugins
    ! hint: `git orchestrate analyze market` takes it into the catalog
    ! hint: read what it would run, then `git orchestrate marketplace approve market`
    ");
    let json = repo.orchestrate(["analyze", "--json", "--diagnostics"]).code(0).json();
    let ids: Vec<&str> =
        json[0]["components"].as_array().expect("a list").iter().filter_map(|it| it["id"].as_str()).collect();
    assert_eq!(
        ids,
        ["market/floating/skill/greeter", "market/floating/skill/later", "market/pinned/skill/greeter"]
    );
    assert!(!repo.path().join("pwned").exists());

    let _elsewhere =
        elsewhere.write("plugins/tools/skills/broken/SKILL.md", "---\ndescription: a: b\n---\n").commit();
    let updated = repo.orchestrate(["marketplace", "update", "--fetch"]).code(4);
    assert!(updated.stdout.contains("market/floating/skill/broken: a: b"), "{}", updated.stdout);
    let diagnostics = repo.orchestrate(["analyze", "--diagnostics"]).code(0).stdout;
    assert!(
        diagnostics.contains("floating:plugins/tools/skills/broken/SKILL.md:2: warning:"),
        "{diagnostics}"
    );
    repo.orchestrate(["marketplace", "remove", "market"]).code(0);
    assert_eq!(kept(&repo), Vec::<String>::new());
}

#[test]
fn a_password_in_a_url_is_never_shown() {
    let repo = TestRepo::new();
    let theirs = Theirs::new(&repo, "market");
    let to = format!("url.{}.insteadOf", theirs.url());
    let url = "https://me:hunter22secret@host/market.git";
    repo.git(["config", "--global", &to, url]);
    for ran in [
        repo.orchestrate(["marketplace", "add", url]),
        repo.orchestrate(["marketplace", "list"]),
        repo.orchestrate(["analyze"]),
        repo.orchestrate(["marketplace", "update", "--json"]),
        repo.orchestrate(["marketplace", "list", "--json"]),
    ] {
        let ran = ran.code(0);
        assert!(
            !format!("{}{}", ran.stdout, ran.stderr).contains("hunter22"),
            "{} {}",
            ran.stdout,
            ran.stderr
        );
    }
}
