//! Paths in inline code, and what the verb before them does to them.

use std::collections::BTreeSet;

use super::found::Found;
use super::outline::{Line, Part};
use super::section::Section;
use crate::model::capability::{Effect, Form, Method, Place};

/// The longest path, in bytes.
const LONGEST: usize = 120;

/// Endings of files that components read and write.
const ENDINGS: &[&str] = &[
    "c", "conf", "cfg", "cpp", "cs", "css", "csv", "docx", "env", "example", "go", "gradle", "graphql", "h",
    "hcl", "html", "ini", "ipynb", "java", "jpg", "js", "json", "jsonl", "jsx", "key", "kt", "local", "lock",
    "log", "md", "mdx", "mjs", "mmd", "mod", "parquet", "pdf", "pem", "php", "png", "pptx", "prisma",
    "proto", "py", "rb", "rs", "rst", "scss", "sh", "sol", "sql", "svg", "swift", "tf", "tfvars", "toml",
    "ts", "tsv", "tsx", "txt", "vue", "xlsx", "xml", "yaml", "yml", "zip",
];

/// Names of files without an ending.
const NAMES: &[&str] = &[
    "Dockerfile",
    "Makefile",
    "LICENSE",
    "CODEOWNERS",
    "Gemfile",
    "Procfile",
    "Jenkinsfile",
    ".env",
    ".gitignore",
    ".dockerignore",
    ".gitattributes",
    ".editorconfig",
];

/// Folders that hold a component's own material.
const OWN: &[&str] = &[
    "references/",
    "resources/",
    "assets/",
    "scripts/",
    "templates/",
    "examples/",
    "reference/",
    "../",
    "skills/",
    "agents/",
    "commands/",
];

/// Names of libraries that look like files.
const LIBRARIES: &[&str] = &[
    "node.js",
    "next.js",
    "vue.js",
    "react.js",
    "three.js",
    "express.js",
    "d3.js",
    "chart.js",
    "nest.js",
    "nuxt.js",
];

/// Verbs that write what follows, in the forms of instructions and descriptions.
const WRITES: &[&str] = &[
    "write",
    "writes",
    "create",
    "creates",
    "creating",
    "save",
    "saves",
    "saved",
    "generate",
    "generates",
    "output",
    "outputs",
    "store",
    "stores",
    "export",
    "produce",
    "produces",
    "append",
    "written",
];
const MODIFIES: &[&str] = &["update", "updates", "edit", "edits", "modify", "modifies", "updating"];
const READS: &[&str] = &["read", "reads", "load", "loads", "parse", "parses", "reading"];

/// Words behind which what was said before does not reach a path.
const PARTS: &[&str] = &[
    "then", "and", "if", "when", "but", "from", "in", "using", "with", "because", "see", "like", "for",
    "based", "by", "that", "which",
];

/// Words that turn a verb around.
const DENIALS: &[&str] =
    &["not", "never", "don't", "without", "avoid", "cannot", "instead", "no", "nor", "already"];

/// How many words before a path its verb may stand.
const REACH: usize = 7;

/// What a verb does to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Writes,
    Modifies,
    Reads,
}

/// `text` as a path or glob inside a project, with `*` for what is left open; `None` for everything else.
pub(super) fn pathlike(text: &str) -> Option<String> {
    let text = text.trim_start_matches("./").trim_end_matches([',', ';', ':']);
    let plain = |c: char| c.is_alphanumeric() || "._/*-{}[]<>+".contains(c);
    let outside = text.starts_with(['/', '-', '$', '<', '{', '*', '['])
        && !text.starts_with("**/")
        && !text.starts_with("*.");
    let inside = text.strip_prefix("~/").unwrap_or(text);
    if text.is_empty()
        || text.len() > LONGEST
        || outside
        || !inside.chars().all(plain)
        || text.contains("..")
        || text.contains("//")
    {
        return None;
    }
    let glob = opened(text)?;
    let name = text.trim_end_matches('/').rsplit('/').next()?;
    let folder = text.ends_with('/') && text.len() > 2;
    let known =
        NAMES.contains(&name) || name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
    let library = LIBRARIES.contains(&text.to_lowercase().as_str());
    // An ending alone (`.md`) names no file.
    let bare = name.starts_with('.')
        && !NAMES.contains(&name)
        && name.matches('.').count() == 1
        && !text.contains('/');
    ((folder || known) && !library && !bare).then_some(glob)
}

/// Placeholders such as `{date}`, `<name>`, `[slug]` and `YYYY-MM-DD` as `*`; `None` where one never closes.
fn opened(text: &str) -> Option<String> {
    let mut glob = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '<', '[']) {
        glob.push_str(&rest[..at]);
        let close = match rest.as_bytes()[at] {
            b'{' => '}',
            b'<' => '>',
            _ => ']',
        };
        let end = rest[at..].find(close)?;
        glob.push('*');
        rest = &rest[at + end + 1..];
    }
    glob.push_str(rest);
    let glob =
        ["YYYY-MM-DD", "YYYYMMDD", "NNN", "XXX"].iter().fold(glob, |glob, open| glob.replace(open, "*"));
    let glob = glob.trim_end_matches(['>', '}', ']']).to_owned();
    Some(if glob.contains("**/") { glob } else { merged(&glob) })
}

/// `a***b` as `a*b`.
fn merged(glob: &str) -> String {
    let mut merged = String::with_capacity(glob.len());
    for c in glob.chars() {
        if c != '*' || !merged.ends_with('*') {
            merged.push(c);
        }
    }
    merged
}

/// Whether a path leads to what the component brings along.
pub(super) fn is_own(path: &str) -> bool {
    OWN.iter().any(|folder| path.starts_with(folder))
        || path.contains("CLAUDE_PLUGIN_ROOT")
        || path.ends_with("SKILL.md")
}

/// Code spans of a line with what stands before each.
pub(super) fn spans(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let open = at + text[at..].find('`')?;
        let close = open + 1 + text[open + 1..].find('`')?;
        at = close + 1;
        Some((&text[..open], &text[open + 1..close]))
    })
}

/// A bare name as the one path that the text has for it: `state.json` is `.work/state.json`.
fn whole<'a>(name: &'a str, known: &'a BTreeSet<String>) -> &'a str {
    let mut paths =
        known.iter().filter(|path| path.strip_suffix(name).is_some_and(|folder| folder.ends_with('/')));
    match (name.contains('/'), paths.next(), paths.next()) {
        (false, Some(path), None) => path,
        _ => name,
    }
}

/// Reads the paths in the prose and lists among `lines`.
pub(super) fn read(lines: &[Line<'_>], found: &mut Found) {
    let all =
        lines.iter().filter(|line| !matches!(line.part, Part::Code { .. })).flat_map(|line| spans(line.text));
    let known: BTreeSet<String> =
        all.filter_map(|(_, code)| pathlike(code)).filter(|path| path.contains('/')).collect();
    for line in lines {
        let told = matches!(line.part, Part::Prose | Part::Item { .. });
        if !told || matches!(line.section, Section::Example | Section::Aside) || line.text.starts_with('|') {
            continue;
        }
        for (before, code) in spans(line.text) {
            let Some(path) = pathlike(code).filter(|path| !is_own(path)) else { continue };
            let path = whole(&path, &known);
            let place = Place::line(line.number);
            match used(before) {
                Some(Use::Writes) => {
                    found.output(Form::File, path, None, line.number, Method::Path);
                    found.effect(Effect::CreatesFiles, place, Method::Path);
                }
                Some(Use::Modifies) => {
                    found.output(Form::File, path, None, line.number, Method::Path);
                    found.effect(Effect::ModifiesFiles, place, Method::Path);
                }
                Some(Use::Reads) => found.input(Form::File, path, None, line.number, Method::Path),
                None => {}
            }
        }
    }
}

/// What the nearest verb before a path does to it.
fn used(before: &str) -> Option<Use> {
    let clause = before.rsplit(['.', ';', '(', '!', '?']).next().unwrap_or(before).to_lowercase();
    let words: Vec<&str> =
        clause.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| DENIALS.contains(word)) {
        return None;
    }
    for word in words.iter().rev().take(REACH) {
        for (verbs, use_) in [(WRITES, Use::Writes), (MODIFIES, Use::Modifies), (READS, Use::Reads)] {
            if verbs.contains(word) {
                return Some(use_);
            }
        }
        // "and", "if" and the like part the verb from the path, but "save the plan in `x`" does not.
        let inside =
            *word == "in" && words.iter().any(|word| WRITES.contains(word) || MODIFIES.contains(word));
        if PARTS.contains(word) && !inside {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::outline::lines;
    use super::*;

    #[test]
    fn paths_are_told_from_everything_else() {
        for (text, path) in [
            ("docs/api.md", Some("docs/api.md")),
            ("./reports/{date}-<name>.json", Some("reports/*-*.json")),
            ("docs/YYYY-MM-DD.md", Some("docs/*.md")),
            (".github/workflows/", Some(".github/workflows/")),
            ("src/**/*.ts", Some("src/**/*.ts")),
            ("Dockerfile", Some("Dockerfile")),
            (".env", Some(".env")),
            ("/etc/passwd", None),
            ("../x.md", None),
            ("~/notes/a.md", Some("~/notes/a.md")),
            ("~user/a.md", None),
            ("https://a.b/c.md", None),
            ("Node.js", None),
            ("1.2.3", None),
            (".md", None),
            ("npm test", None),
            ("a{b.md", None),
        ] {
            assert_eq!(pathlike(text).as_deref(), path, "{text}");
        }
    }

    #[test]
    fn the_verb_before_a_path_says_what_becomes_of_it() {
        for (text, use_) in [
            ("Save the findings to ", Some(Use::Writes)),
            ("Save the plan in ", Some(Use::Writes)),
            ("First, read ", Some(Use::Reads)),
            ("Update the version in ", Some(Use::Modifies)),
            ("Do not write to ", None),
            ("Write tests based on ", None),
            ("Create it. The file ", None),
            ("", None),
        ] {
            assert_eq!(used(text), use_, "{text}");
        }
    }

    #[test]
    fn what_a_component_brings_along_is_no_input() {
        let mut found = Found::default();
        read(
            &lines("Read `references/more.md`, then read `Cargo.toml` and never write `x.md`.", 3),
            &mut found,
        );
        let facts: Vec<String> = found.ranked().iter().map(|fact| fact.claim.to_string()).collect();
        assert_eq!(facts, ["file Cargo.toml"]);
    }

    proptest! {
        #[test]
        fn a_path_that_was_read_reads_again_as_itself(text in "[a-c./*{}<>\\[\\]-]{1,20}(md|/)?") {
            if let Some(path) = pathlike(&text) {
                prop_assert_eq!(pathlike(&path), Some(path));
            }
        }
    }
}
