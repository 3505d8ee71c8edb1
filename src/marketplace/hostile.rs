//! Marketplaces that mean harm, or are broken as if they did.

use super::listing::Resolution;
use super::samples::{Tree, shown, site};

#[test]
fn a_source_outside_the_root_is_refused() {
    let tree = Tree::new().file("../outside/skills/x/SKILL.md", "# X").entries(
        r#"{"name":"up","source":"../outside"},{"name":"sly","source":"./a/../../outside"},
           {"name":"absolute","source":"/etc"},{"name":"gone","source":"./gone"},{"name":"none"}"#,
    );
    let listing = tree.read();
    assert!(listing.plugins.iter().all(|plugin| matches!(plugin.resolution, Resolution::Broken { .. })));
    insta::assert_snapshot!(shown(&listing), @"
    .claude-plugin/marketplace.json: error: plugin `up` cannot be read: path `../outside` leaves its folder through `..`
    .claude-plugin/marketplace.json: error: plugin `sly` cannot be read: path `./a/../../outside` leaves its folder through `..`
    .claude-plugin/marketplace.json: error: plugin `absolute` cannot be read: path `/etc` is absolute
    .claude-plugin/marketplace.json: error: plugin `gone` cannot be read: path `./gone` does not exist
    .claude-plugin/marketplace.json: error: plugin `none` cannot be read: it has no `source`
    ");
}

#[test]
fn declared_paths_outside_the_root_are_refused() {
    let tree = Tree::new().entries(r#"{"name":"p","source":"./p"}"#).file(
        "p/.claude-plugin/plugin.json",
        r#"{"skills":"../../etc","agents":["/etc/passwd"],"commands":7}"#,
    );
    insta::assert_snapshot!(shown(&tree.read()), @"
    p/.claude-plugin/plugin.json: error: `skills`: path `../../etc` leaves its folder through `..`; it was ignored
    p/.claude-plugin/plugin.json: error: `agents`: path `/etc/passwd` is absolute; it was ignored
    p/.claude-plugin/plugin.json: warning: `commands` is not a path or a list of paths; the rest was ignored
    ");
}

#[cfg(unix)]
#[test]
fn links_out_of_the_root_are_not_followed_and_loops_end() {
    let tree = Tree::new()
        .entries(r#"{"name":"p","source":"./p"},{"name":"out","source":"./out"}"#)
        .file("../secret/SKILL.md", "# Secret\nwords")
        .file("../secret/secret.md", "# Secret\nwords")
        .file("p/agents/good.md", "---\ndescription: a good agent\n---\n")
        .skill("p", "plain")
        .link("out", "../secret")
        .link("p/agents/secret.md", "../../../secret/secret.md")
        .link("p/agents/loop", "../agents")
        .link("p/agents/nowhere", "nothing")
        .link("p/skills/secret", "../../../secret")
        .link("p/skills/alias", "plain");
    insta::assert_snapshot!(shown(&tree.read()), @"
    m/p/skill/alias: Does the work of plain
    m/p/agent/good: a good agent
    p: info: has no .claude-plugin/plugin.json; its folders were read
    p/skills/secret/SKILL.md: warning: leaves the marketplace through a symbolic link; it was ignored
    p/agents/loop: warning: is reached a second time through a symbolic link; it was read once
    p/agents/nowhere: warning: is a symbolic link that leaves the marketplace or leads nowhere; it was not followed
    p/agents/secret.md: warning: is a symbolic link that leaves the marketplace or leads nowhere; it was not followed
    p/skills/alias/SKILL.md:2: info: is named `plain`, not `alias` as its place; the latter counts
    .claude-plugin/marketplace.json: error: plugin `out` cannot be read: path `./out` leaves the marketplace through a symbolic link
    ");
}

#[test]
fn a_broken_manifest_leaves_the_folders() {
    let tree = Tree::new().file(".claude-plugin/marketplace.json", "{\"plugins\": [").skill("plugins/p", "s");
    insta::assert_snapshot!(shown(&tree.read()), @"
    market/p/skill/s: Does the work of s
    .claude-plugin/marketplace.json:1: error: is not valid JSON: EOF while parsing a list at line 1 column 13; it was ignored
    .: info: has no usable marketplace.json; its folders were read
    ");
}

#[test]
fn a_deeply_nested_manifest_is_an_error_and_not_a_crash() {
    let tree = Tree::new().file(".claude-plugin/marketplace.json", "[".repeat(500_000)).skill("p", "s");
    assert_eq!(tree.read().components.len(), 1);
}

#[test]
fn names_with_controls_and_separators_are_cleaned() {
    let tree = Tree::new()
        .entries(r#"{"name":"a/b\u001b[31m","source":"./p"},{"name":"..","source":"./p"},{"name":7}"#)
        .file("p/agents/x.md", "---\nname: \"evil\\e[2J/name\"\ndescription: \"red \\e[31m text\"\n---\n");
    insta::assert_snapshot!(shown(&tree.read()), @"
    m/a-b-[31m/agent/evil[2J-name: red [31m text
    .claude-plugin/marketplace.json: error: entry 2 of `plugins` has no usable name; it was ignored
    .claude-plugin/marketplace.json: error: entry 3 of `plugins` has no usable name; it was ignored
    p: info: has no .claude-plugin/plugin.json; its folders were read
    p/agents/x.md:2: info: is named `evil[2J/name`, not `x` as its place; the former counts
    p/agents/x.md: warning: name `evil[2J/name` cannot be used as it is
    ");
}

#[test]
fn a_file_of_ten_mebibytes_is_read_up_to_one() {
    let text = format!("---\ndescription: long but good\n---\n{}", "word ".repeat(2 << 20));
    let tree = Tree::new().file("agents/long.md", text);
    let listing = tree.read();
    assert!(listing.made[0].body.len() < 1 << 20);
    insta::assert_snapshot!(shown(&listing), @"
    market/market/agent/long: long but good
    .: info: has no usable marketplace.json; its folders were read
    agents/long.md: warning: is longer than 1024 KiB; the rest was not read
    ");
}

#[test]
fn an_alias_bomb_costs_a_diagnostic() {
    let bomb = "---\na: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\ndescription: ticks\n---\n";
    insta::assert_snapshot!(shown(&Tree::new().file("agents/bomb.md", bomb).read()), @"
    market/market/agent/bomb: ticks
    .: info: has no usable marketplace.json; its folders were read
    agents/bomb.md:5: warning: frontmatter is not valid YAML (alias replay limit exceeded: total_replayed_events=5001 > 5000); it was read line by line
    ");
}

#[test]
fn a_deep_tree_is_read_to_a_depth() {
    let tree = Tree::new()
        .file(&format!("commands/{}x.md", "d/".repeat(40)), "# X")
        .file("commands/y.md", "# Why not");
    insta::assert_snapshot!(shown(&tree.read()), @"
    market/market/command/y: Why not
    .: info: has no usable marketplace.json; its folders were read
    commands/d/d/d/d/d/d/d/d/d: warning: lies more than 8 folders deep; it was not read
    commands/y.md: info: has no frontmatter; its first heading and paragraph describe it
    ");
}

#[test]
fn odd_bytes_do_not_hide_a_component() {
    let tree = Tree::new()
        .file("agents/a.md", b"\xef\xbb\xbf---\r\nname: a\r\ndescription: with\xff bytes\r\n---\r\n# A\r\n")
        .file("agents/b.md", b"---\nname: b\ndescription: with \0 inside\n---\n")
        .file("agents/c.md", b"")
        .file("agents/README.md", "# About these");
    insta::assert_snapshot!(shown(&tree.read()), @"
    market/market/agent/a: with� bytes
    market/market/agent/b: with � inside
    market/market/agent/c: 
    .: info: has no usable marketplace.json; its folders were read
    agents/README.md: info: is a readme without frontmatter; it was not taken as a component
    agents/a.md: warning: is not UTF-8; what could not be read became U+FFFD
    agents/a.md:1: info: starts with a byte order mark; it was dropped
    agents/b.md: warning: contains NUL; it became U+FFFD
    agents/c.md: warning: has no description that says what it does
    ");
}

#[test]
fn only_a_root_with_nothing_in_it_is_an_error() {
    let tree = Tree::new();
    let error =
        |path: std::path::PathBuf| super::read(site(&path), None, &drop).expect_err("nothing").to_string();
    assert!(error(tree.root()).ends_with("/market` has no manifest and no agents, commands or skills"));
    assert!(error(tree.root().join("gone")).ends_with("/market/gone` cannot be read"));
    assert_eq!(tree.entries("").read().components, []);
}

#[cfg(unix)]
#[test]
fn names_on_disk_with_controls_are_cleaned_and_shown_escaped() {
    let tree = Tree::new()
        .file("skills/evil\u{1b}[2J/SKILL.md", "---\ndescription: a: b\n---\n")
        .file("agents/two\nlines.md", "---\ndescription: [1, 2]\n---\n");
    insta::assert_snapshot!(shown(&tree.read()), @r"
    market/market/skill/evil-[2J: a: b
    market/market/agent/two-lines: 1, 2
    .: info: has no usable marketplace.json; its folders were read
    skills/evil\u{1b}[2J/SKILL.md:2: warning: frontmatter is not valid YAML (mapping values are not allowed in this context); it was read line by line
    skills/evil\u{1b}[2J/SKILL.md: warning: name `evil\u{1b}[2J` cannot be used as it is
    skills/evil\u{1b}[2J/SKILL.md: warning: has no description that says what it does
    agents/two\nlines.md: warning: name `two\nlines` cannot be used as it is
    agents/two\nlines.md:2: warning: `description` is a list; it was read as text
    agents/two\nlines.md: warning: has no description that says what it does
    ");
}

#[test]
fn diagnostics_are_bounded_and_say_how_many_were_left_out() {
    let paths = vec!["\"../x\""; 900].join(",");
    let entries: Vec<String> = (0..40)
        .map(|n| format!(r#"{{"name":"p{n}","source":"./","strict":false,"agents":[{paths}]}}"#))
        .collect();
    let listing = Tree::new().entries(&entries.join(",")).read();
    assert_eq!(listing.diagnostics.len(), 20_001);
    let last = listing.diagnostics.last().map(ToString::to_string);
    assert_eq!(last.as_deref(), Some(".: error: 16000 more diagnostics were left out"));
}

#[test]
fn a_text_that_opens_with_a_rule_is_read_as_text() {
    let tree = Tree::new().file("agents/a.md", "---\n# Reviewer\nReads with care.\n---\nMore.\n");
    insta::assert_snapshot!(shown(&tree.read()), @"
    market/market/agent/a: Reviewer: Reads with care.
    .: info: has no usable marketplace.json; its folders were read
    agents/a.md:1: info: opens with `---`, but no field follows; it was read as text without frontmatter
    agents/a.md: info: has no frontmatter; its first heading and paragraph describe it
    ");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_bytes_a_file_holds_the_listing_is_made(
        which in 0..MANIFESTS.len(),
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
    ) {
        survives(MANIFESTS[which], &bytes);
    }

    #[test]
    fn whatever_json_a_manifest_holds_the_listing_is_made(
        which in 0..MANIFESTS.len(),
        json in json(),
    ) {
        survives(MANIFESTS[which], json.to_string().as_bytes());
    }
}

/// Every file that is read for what it declares.
const MANIFESTS: [&str; 9] = [
    ".claude-plugin/marketplace.json",
    "p/.claude-plugin/plugin.json",
    "p/.mcp.json",
    "p/hooks/hooks.json",
    "q/server.json",
    "q/gemini-extension.json",
    "q/commands/x.toml",
    "p/agents/x.md",
    "p/skills/good/SKILL.md",
];

fn survives(path: &str, bytes: &[u8]) {
    let tree = Tree::new()
        .skill("p", "good")
        .skill("q", "other")
        .file("q/gemini-extension.json", "{}")
        .file(path, bytes);
    let listing = tree.read();
    assert!(listing.diagnostics.len() < 300, "{} diagnostics", listing.diagnostics.len());
    let said: String = listing.diagnostics.iter().map(ToString::to_string).collect();
    assert!(!said.contains(|c: char| c.is_control()), "{said:?}");
}

/// JSON with the keys that manifests have.
fn json() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[-a-z./~$:@#{} \u{1b}\u{0}]{0,12}".prop_map(Into::into),
        "(\\./)?(p|q|skills|agents|\\.\\.)(/(good|x.md|SKILL.md))?".prop_map(Into::into),
    ];
    let keys = prop::sample::select(vec![
        "name",
        "plugins",
        "source",
        "skills",
        "agents",
        "commands",
        "hooks",
        "mcpServers",
        "command",
        "args",
        "url",
        "repo",
        "path",
        "sha",
        "ref",
        "strict",
        "renames",
        "metadata",
        "pluginRoot",
        "packages",
        "remotes",
        "identifier",
        "version",
        "description",
        "matcher",
        "Stop",
        "x",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::vec((keys.clone(), inner), 0..6).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}
