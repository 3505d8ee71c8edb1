//! Reading again: whatever happened on disk, what is read with the help of an earlier reading is what is read
//! without.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use proptest::prelude::*;

use super::kept;
use super::samples::{Tree, site};
use super::stock::Stock;
use crate::model::component::Component;

/// What is older than this, nobody can change without a trace.
fn settle() {
    sleep(Duration::from_millis(25));
}

/// What a reading gives, and how many components were read for it.
fn read(root: &Path, before: Option<Stock<Component>>) -> (Stock<Component>, usize) {
    let count = AtomicUsize::new(0);
    let make = |component| {
        count.fetch_add(1, Ordering::Relaxed);
        component
    };
    let stock = super::read(site(root), before, &make).expect("a marketplace");
    (stock, count.into_inner())
}

fn market() -> Tree {
    Tree::new()
        .entries(
            r#"{"name":"p","source":"./p"},{"name":"q","source":"./q","description":"The other"},
               {"name":"r","source":"./r","strict":false,"skills":["./one","./two"]}"#,
        )
        .file("p/.claude-plugin/plugin.json", r#"{"name":"p","keywords":["x"]}"#)
        .skill("p", "a")
        .skill("p", "b")
        .file("p/skills/b/run.sh", "exit 0")
        .file("p/agents/team/critic.md", "---\nname: critic\ndescription: finds faults\n---\nLooks.")
        .file("q/commands/go.md", "# Go\nGoes there.")
        .file("q/.mcp.json", r#"{"files":{"command":"npx"}}"#)
        .file("q/hooks/hooks.json", r#"{"hooks":{"Stop":[{"hooks":[{"command":"q.sh"}]}]}}"#)
        .file("q/q.sh", "exit 0")
        .file("r/one/SKILL.md", "---\ndescription: is one\n---\n")
        .file("r/two/SKILL.md", "---\ndescription: is two\n---\n")
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    let tree = market();
    settle();
    let (first, all) = read(&tree.root(), None);
    assert_eq!(all, 7);
    let (second, none) = read(&tree.root(), Some(first));
    assert_eq!(none, 0);
    settle();
    let tree = tree.file("q/commands/go.md", "# No\nGoes there.");
    let (third, of_q) = read(&tree.root(), Some(second));
    assert_eq!(of_q, 2, "a command and a server of the one plugin that changed");
    assert_eq!(third.into_listing(), read(&tree.root(), None).0.into_listing());
}

#[test]
fn what_was_written_in_the_moment_of_reading_is_read_again() {
    let tree = market();
    let (first, _) = read(&tree.root(), None);
    // Of the same size, in the same tick of the clock: nothing tells the difference but the text.
    fs::write(tree.root().join("q/commands/go.md"), "# No\nGoes there.").expect("writable");
    let (second, _) = read(&tree.root(), Some(first));
    assert_eq!(second.into_listing(), read(&tree.root(), None).0.into_listing());
}

/// What may happen to a marketplace.
#[derive(Clone, Debug)]
enum Edit {
    Write(&'static str, &'static str),
    /// The same size, and the time of the content set back.
    Swap(&'static str),
    Touch(&'static str),
    Remove(&'static str),
    Rename(&'static str, &'static str),
    /// A link at the first place to the second, which may be nowhere or outside.
    Link(&'static str, &'static str),
    /// The first moves to the second and a link takes its place.
    MoveAndLink(&'static str, &'static str),
    Executable(&'static str),
}

const FILES: &[&str] = &[
    "p/.claude-plugin/plugin.json",
    "p/skills/a/SKILL.md",
    "p/skills/b/SKILL.md",
    "p/skills/b/run.sh",
    "p/skills/c/SKILL.md",
    "p/agents/team/critic.md",
    "p/agents/new.md",
    "p/commands/x.md",
    "p/.mcp.json",
    "q/.claude-plugin/plugin.json",
    "q/.codex-plugin/plugin.json",
    "q/commands/go.md",
    "q/commands/go/deep.md",
    "q/.mcp.json",
    "q/hooks/hooks.json",
    "q/q.sh",
    "r/one/SKILL.md",
    "r/two/data/more",
    "s/skills/new/SKILL.md",
    "SKILL.md",
    "../outside/x.md",
    "../outside/SKILL.md",
];
const PLACES: &[&str] = &[
    "p",
    "q",
    "p/skills",
    "p/skills/a",
    "p/skills/b",
    "p/agents",
    "p/agents/team",
    "p/agents/link.md",
    "q/commands",
    "q/commands/go.md",
    "r/one",
    "r/two",
    "s",
    "../outside",
    "../outside/x.md",
    "q/hooks",
    ".claude-plugin",
    "p/.claude-plugin",
    "p/skills/a/SKILL.md",
    "elsewhere",
    "../elsewhere",
];
const TEXTS: &[&str] = &[
    "---\nname: n\ndescription: does it\n---\n# Text\nWords.",
    "---\nname: m\ndescription: does it\n---\n# Text\nWords.",
    "---\nbroken: [\n---\nmore",
    "{\"name\":\"other\",\"skills\":\"./more\",\"description\":\"d\"}",
    "{\"mcpServers\":{\"s\":{\"command\":\"c\"}}}",
    "",
];
const MANIFESTS: &[&str] = &[
    r#"{"name":"m","plugins":[{"name":"p","source":"./p"},{"name":"q","source":"./q"}]}"#,
    r#"{"name":"m","plugins":[{"name":"q","source":"./q","category":"c"},{"name":"s","source":"./s"}]}"#,
    r#"{"name":"m","metadata":{"pluginRoot":"./r"},"plugins":[{"name":"one","source":"one"},{"name":"p","source":"./p"}]}"#,
    r#"{"name":"m","plugins":["#,
];

fn edit() -> impl Strategy<Value = Edit> {
    let file = || prop::sample::select(FILES);
    let place = || prop::sample::select(PLACES);
    let manifest = prop::sample::select(MANIFESTS);
    prop_oneof![
        4 => (file(), prop::sample::select(TEXTS)).prop_map(|(file, text)| Edit::Write(file, text)),
        1 => manifest.prop_map(|text| Edit::Write(".claude-plugin/marketplace.json", text)),
        3 => file().prop_map(Edit::Swap),
        1 => file().prop_map(Edit::Touch),
        2 => place().prop_map(Edit::Remove),
        1 => file().prop_map(Edit::Remove),
        2 => (place(), place()).prop_map(|(from, to)| Edit::Rename(from, to)),
        2 => (place(), place()).prop_map(|(at, to)| Edit::Link(at, to)),
        2 => (place(), place()).prop_map(|(from, to)| Edit::MoveAndLink(from, to)),
        1 => file().prop_map(Edit::Executable),
    ]
}

impl Edit {
    /// Does it as far as it can be done.
    fn apply(&self, root: &Path) -> Option<()> {
        let at = |path: &str| root.join(path);
        let file = |path: PathBuf| fs::OpenOptions::new().write(true).open(path).ok();
        match self {
            Self::Write(path, text) => {
                fs::create_dir_all(at(path).parent()?).ok()?;
                fs::write(at(path), text).ok()
            }
            Self::Swap(path) => {
                let modified = fs::metadata(at(path)).ok()?.modified().ok()?;
                let text = fs::read_to_string(at(path)).ok()?;
                fs::write(at(path), text.replace(['o', '{'], "x").replace('e', "o")).ok()?;
                file(at(path))?.set_modified(modified).ok()
            }
            Self::Touch(path) => file(at(path))?.set_modified(crate::host::file_time()).ok(),
            Self::Remove(path) => fs::remove_file(at(path)).or_else(|_| fs::remove_dir_all(at(path))).ok(),
            Self::Rename(from, to) => fs::rename(at(from), at(to)).ok(),
            Self::Link(path, to) => std::os::unix::fs::symlink(at(to), at(path)).ok(),
            Self::MoveAndLink(from, to) => {
                fs::rename(at(from), at(to)).ok()?;
                std::os::unix::fs::symlink(at(to), at(from)).ok()
            }
            Self::Executable(path) => {
                use std::os::unix::fs::PermissionsExt as _;
                fs::set_permissions(at(path), fs::Permissions::from_mode(0o755)).ok()
            }
        }
    }
}

/// The same stock after it was kept.
fn kept_and_found(stock: Stock<Component>) -> Result<Stock<Component>, TestCaseError> {
    let restored = || kept::stock(&stock.keep(), stock.made().cloned().collect()).expect("what was kept");
    let found = restored();
    prop_assert_eq!(kept::holds(&stock.keep().trails), kept::holds(&found.keep().trails));
    prop_assert!(restored().into_listing() == stock.into_listing());
    Ok(found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn reading_again_gives_what_reading_anew_gives(edits in prop::collection::vec((edit(), any::<bool>()), 1..12)) {
        let tree = market();
        settle();
        let mut before = read(&tree.root(), None).0;
        for (edit, settles) in edits {
            edit.apply(&tree.root());
            if settles {
                // A reading while everything is at rest takes over the most.
                settle();
            }
            let Ok(fresh) = super::read(site(&tree.root()), None, &|it| it) else { return Ok(()) };
            let again = read(&tree.root(), Some(kept_and_found(before)?)).0;
            prop_assert!(again.into_listing() == fresh.into_listing(), "after {edit:?}");
            before = read(&tree.root(), None).0;
        }
    }
}
