//! Content hashes: what an approval of a component covers.

use std::io;
use std::path::{Path, PathBuf};

use blake3::Hasher;
use serde_json::Value;

use super::diagnostic::Diagnostics;
use super::files::{Nature, Root, Walk};
use super::looks::Looks;
use crate::model::component::Card;

/// The most files of one component.
const MAX_FILES: usize = 1000;
/// The most bytes of one component.
const MAX_BYTES: u64 = 16 << 20;

/// The most words of a declaration that are looked at as paths.
const MAX_WORDS: usize = 200;
/// What hosts replace by the plugin's folder.
const PLUGIN_ROOTS: [&str; 3] = ["${CLAUDE_PLUGIN_ROOT}", "$CLAUDE_PLUGIN_ROOT", "${extensionPath}"];
/// Extensions of files that are run, whatever their mode.
const SCRIPTS: &[&str] =
    &["bash", "bat", "cjs", "cmd", "js", "lua", "mjs", "php", "pl", "ps1", "py", "rb", "sh", "ts", "zsh"];

/// The hash of what would run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// BLAKE3, the first 32 hex digits.
    pub(super) hash: String,
    /// Whether it covers everything; only then may anything be run by it.
    pub(super) whole: bool,
}

/// The hash of one file.
pub(super) fn of_file(root: &Root, file: &Path, diagnostics: &mut Diagnostics) -> Content {
    let folder = file.parent().unwrap_or(file);
    of(&root.looks, folder, &[file.to_owned()], diagnostics)
}

/// The hash of every file in a folder.
pub(super) fn of_folder(root: &Root, folder: &Path, diagnostics: &mut Diagnostics) -> Content {
    of_walk(root, &Walk::through(root, folder), folder, diagnostics)
}

/// The hash of a skill that scripts run of: its folder and its plugin's, where they may source
/// anything. git's own folder is left out: what an approved script fetches is its own doing.
pub(super) fn of_contract(
    root: &Root,
    folder: &Path,
    plugin: &Path,
    diagnostics: &mut Diagnostics,
) -> Content {
    if plugin == folder {
        return of_folder(root, folder, diagnostics);
    }
    let around = of_walk(root, &Walk::without(root, plugin, ".git"), plugin, diagnostics);
    // What is wrong with it was said of the plugin.
    let own = of_folder(root, folder, &mut Diagnostics::new(root.path()));
    let both = blake3::hash(format!("{} {}", own.hash, around.hash).as_bytes());
    Content { hash: both.to_hex()[..32].to_owned(), whole: own.whole && around.whole }
}

/// The hash of a program that a manifest declares: the declaration, and the files of the plugin that it
/// names.
pub(super) fn of_declared(
    root: &Root,
    folder: &Path,
    declared: &Value,
    diagnostics: &mut Diagnostics,
) -> String {
    let mut texts = Vec::new();
    collect(declared, &mut texts);
    let named =
        texts.iter().flat_map(|text| text.split(|c: char| c.is_whitespace() || "\"';&|()<>=".contains(c)));
    let mut files: Vec<PathBuf> = named
        .take(MAX_WORDS)
        .map(|word| PLUGIN_ROOTS.iter().find_map(|root| word.strip_prefix(root)).unwrap_or(word))
        .filter(|word| !word.is_empty())
        .filter_map(|word| root.resolve(folder, word.trim_start_matches('/')).ok())
        .filter(|path| root.looks.is_file(path))
        .collect();
    files.sort_unstable();
    files.dedup();
    let named = of(&root.looks, folder, &files, diagnostics);
    blake3::hash(format!("{declared} {}", named.hash).as_bytes()).to_hex()[..32].to_owned()
}

/// Every text inside `value`.
fn collect<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, texts)),
        _ => {}
    }
}

/// The hash of the files in a folder that can be run; `None`: there are none.
pub(super) fn of_scripts(root: &Root, folder: &Path) -> Option<String> {
    let mut walk = Walk::through(root, folder);
    walk.files.retain(|file| is_script(&root.looks, file));
    walk.files.truncate(MAX_FILES);
    let unsaid = &mut Diagnostics::new(root.path());
    (!walk.files.is_empty()).then(|| of(&root.looks, folder, &walk.files, unsaid).hash)
}

fn is_script(looks: &Looks, file: &Path) -> bool {
    let extension = file.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|it| SCRIPTS.contains(&it.as_str()))
        || looks.stamp(file).is_ok_and(|stamp| stamp.is_executable())
        || looks.bytes(file, 2).is_ok_and(|start| start == b"#!")
}

/// Whether what would run of a component with a contract is still what its hash says.
pub(super) fn is_unchanged(component: &Card) -> bool {
    let Ok(root) = Root::open(&component.roots.marketplace, Nature::Changing) else { return false };
    let mut unsaid = Diagnostics::new(root.path());
    let now = of_contract(&root, &component.folder, &component.roots.plugin, &mut unsaid);
    now.whole && now.hash == component.content
}

fn of_walk(root: &Root, walk: &Walk, folder: &Path, diagnostics: &mut Diagnostics) -> Content {
    walk.report(diagnostics);
    let files = &walk.files[..walk.files.len().min(MAX_FILES)];
    if files.len() < walk.files.len() {
        diagnostics.error(
            folder,
            None,
            format_args!("has more than {MAX_FILES} files; its hash covers the first"),
        );
    }
    let whole = files.len() == walk.files.len() && walk.obstacles.is_empty();
    let content = of(&root.looks, folder, files, diagnostics);
    Content { whole: whole && content.whole, ..content }
}

/// Sorted by path: relative path, NUL, executable or not, length, bytes.
fn of(looks: &Looks, folder: &Path, files: &[PathBuf], diagnostics: &mut Diagnostics) -> Content {
    let mut hasher = Hasher::new();
    let mut left = MAX_BYTES;
    let mut whole = true;
    for file in files {
        match read(looks, file, left) {
            Ok((bytes, executable)) => {
                left -= bytes.len() as u64;
                let path = file.strip_prefix(folder).unwrap_or(file);
                hasher.update(path.as_os_str().as_encoded_bytes()).update(&[0, u8::from(executable)]);
                hasher.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
            }
            Err(error) => {
                diagnostics.error(
                    file,
                    None,
                    format_args!("is not covered by the component's hash: {error}"),
                );
                whole = false;
            }
        }
    }
    Content { hash: hasher.finalize().to_hex()[..32].to_owned(), whole }
}

fn read(looks: &Looks, file: &Path, limit: u64) -> io::Result<(Vec<u8>, bool)> {
    let stamp = looks.stamp(file)?;
    if stamp.size > limit {
        let message = format!("the component is larger than {} MiB", MAX_BYTES >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok((looks.bytes(file, limit)?, stamp.is_executable()))
}
