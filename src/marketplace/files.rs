//! Bounded reading below one root: no file outside it, no loops, no special or huge files.

use std::collections::HashSet;
use std::io;
use std::path::{Component as Part, Path, PathBuf};

use super::diagnostic::{Diagnostics, shown};
use super::looks::Looks;
use super::stamp::Kind;

/// The most that is read of a text, in bytes.
pub(super) const MAX_TEXT: u64 = 1 << 20;
/// The most that is read of a manifest, which cannot be cut, in bytes.
pub(super) const MAX_MANIFEST: u64 = 8 << 20;
/// The deepest folder that a walk enters.
const MAX_DEPTH: usize = 8;
/// The most files that one walk finds.
const MAX_FILES: usize = 10_000;

/// Why a path that a manifest or a contract names is not followed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("path `{0}` is absolute")]
    Absolute(String),
    #[error("path `{0}` leaves its folder through `..`")]
    Parent(String),
    #[error("path `{0}` leaves the marketplace through a symbolic link")]
    Outside(String),
    #[error("path `{0}` does not exist")]
    Missing(String),
}

/// A folder below which everything that is read lies.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
    /// What was looked at on behalf of whoever reads below it.
    pub(super) looks: Looks,
}

impl Root {
    /// The folder at `path`, without symbolic links.
    pub(super) fn open(path: &Path, nature: Nature) -> io::Result<Self> {
        let path = path.canonicalize()?;
        std::fs::read_dir(&path)?;
        let fixed = (nature == Nature::Fixed).then(|| path.clone());
        Ok(Self { looks: Looks::new(vec![path.clone()], fixed), path })
    }

    /// The same root, of which nothing was looked at yet.
    pub(super) fn anew(&self) -> Self {
        Self { path: self.path.clone(), looks: self.looks.anew() }
    }

    /// Its absolute path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What `text` names below `folder`, which lies in this root.
    pub(super) fn resolve(&self, folder: &Path, text: &str) -> Result<PathBuf, Refusal> {
        let path = folder.join(plain(text)?);
        let real = self.looks.real(&path).map_err(|_| Refusal::Missing(shown(text)))?;
        if real.starts_with(&self.path) { Ok(real) } else { Err(Refusal::Outside(shown(text))) }
    }

    /// The folder or file at `path` if it exists below this root.
    pub(super) fn existing(&self, path: &Path) -> Option<PathBuf> {
        self.looks.real(path).ok().filter(|real| real.starts_with(&self.path))
    }
}

/// Whether what lies in a folder may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// It is somebody's folder.
    Changing,
    /// It is what we fetched or unpacked, in a folder that is named for its content.
    Fixed,
}

/// `text` as a relative path without `..`.
pub(super) fn plain(text: &str) -> Result<PathBuf, Refusal> {
    // A backslash separates on other systems, and a drive letter is absolute there.
    let foreign = text.replace('\\', "/");
    let drive = foreign.as_bytes().get(1) == Some(&b':');
    if foreign.starts_with('/') || drive || Path::new(text).is_absolute() {
        return Err(Refusal::Absolute(shown(text)));
    }
    if foreign.split('/').any(|part| part == "..") {
        return Err(Refusal::Parent(shown(text)));
    }
    Ok(Path::new(text).components().filter(|part| matches!(part, Part::Normal(_))).collect())
}

/// What a walk could not follow.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Obstacle {
    #[error("is a symbolic link that leaves the marketplace or leads nowhere; it was not followed")]
    Outside,
    #[error("is reached a second time through a symbolic link; it was read once")]
    Again,
    #[error("lies more than {MAX_DEPTH} folders deep; it was not read")]
    TooDeep,
    #[error("holds more than {MAX_FILES} files; the rest were not read")]
    TooMany,
    #[error("is not a regular file or folder, or cannot be read")]
    Unreadable,
}

/// The files below a folder, sorted by path, and what was in the way.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) files: Vec<PathBuf>,
    pub(super) obstacles: Vec<(PathBuf, Obstacle)>,
    seen: HashSet<PathBuf>,
    skipped: Option<PathBuf>,
}

impl Walk {
    /// Walks through `folder`, following the symbolic links that stay below `root`.
    pub(super) fn through(root: &Root, folder: &Path) -> Self {
        Self::default().start(root, folder)
    }

    /// The same without what is directly inside `folder` and has this name.
    pub(super) fn without(root: &Root, folder: &Path, name: &str) -> Self {
        Self { skipped: Some(folder.join(name)), ..Self::default() }.start(root, folder)
    }

    fn start(mut self, root: &Root, folder: &Path) -> Self {
        match root.existing(folder) {
            Some(real) => self.enter(root, folder, real, 0),
            None => self.obstacles.push((folder.to_owned(), Obstacle::Outside)),
        }
        self
    }

    /// Notes everything that was in the way.
    pub(super) fn report(&self, diagnostics: &mut Diagnostics) {
        for (path, obstacle) in &self.obstacles {
            diagnostics.warn(path, None, obstacle);
        }
    }

    fn enter(&mut self, root: &Root, folder: &Path, real: PathBuf, depth: usize) {
        if !self.seen.insert(real) {
            return self.obstacles.push((folder.to_owned(), Obstacle::Again));
        }
        let Ok(mut names) = root.looks.entries(folder) else {
            return self.obstacles.push((folder.to_owned(), Obstacle::Unreadable));
        };
        names.sort_unstable();
        for path in names {
            if self.files.len() == MAX_FILES {
                return self.obstacles.push((folder.to_owned(), Obstacle::TooMany));
            }
            self.visit(root, path, depth);
        }
    }

    fn visit(&mut self, root: &Root, path: PathBuf, depth: usize) {
        if self.skipped.as_ref() == Some(&path) {
            return;
        }
        let Some(real) = root.existing(&path) else {
            return self.obstacles.push((path, Obstacle::Outside));
        };
        match root.looks.stamp(&real).map(|stamp| stamp.kind) {
            Ok(Kind::File) => self.files.push(path),
            Ok(Kind::Folder) if depth == MAX_DEPTH => self.obstacles.push((path, Obstacle::TooDeep)),
            Ok(Kind::Folder) => self.enter(root, &path, real, depth + 1),
            _ => self.obstacles.push((path, Obstacle::Unreadable)),
        }
    }
}

/// The text of a file: at most `limit` bytes, without byte order mark, NUL and carriage returns.
///
/// `None`, with a diagnostic, when it cannot be read at all.
pub(super) fn text(looks: &Looks, path: &Path, limit: u64, diagnostics: &mut Diagnostics) -> Option<String> {
    let bytes = match looks.bytes(path, limit + 1) {
        Ok(bytes) => bytes,
        Err(error) => {
            diagnostics.error(path, None, format_args!("cannot be read: {error}"));
            return None;
        }
    };
    let kept = &bytes[..bytes.len().min(usize::try_from(limit).unwrap_or(usize::MAX))];
    if kept.len() < bytes.len() {
        diagnostics.warn(
            path,
            None,
            format_args!("is longer than {} KiB; the rest was not read", limit >> 10),
        );
    }
    let text = String::from_utf8_lossy(kept);
    if matches!(text, std::borrow::Cow::Owned(_)) && kept.len() == bytes.len() {
        diagnostics.warn(path, None, "is not UTF-8; what could not be read became U+FFFD");
    }
    let marked = text.strip_prefix('\u{feff}');
    if marked.is_some() {
        diagnostics.info(path, Some(1), "starts with a byte order mark; it was dropped");
    }
    let mut text = marked.unwrap_or(&text).replace("\r\n", "\n");
    if text.contains('\0') {
        diagnostics.warn(path, None, "contains NUL; it became U+FFFD");
        text = text.replace('\0', "\u{fffd}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_paths_without_parents_are_plain() {
        assert_eq!(plain("./a//b/./c.md"), Ok(PathBuf::from("a/b/c.md")));
        assert_eq!(plain("./"), Ok(PathBuf::new()));
        for text in ["/etc/passwd", "\\\\host\\share", "C:\\x", "c:/x"] {
            assert_eq!(plain(text), Err(Refusal::Absolute(text.to_owned())));
        }
        for text in ["..", "a/../b", "..\\x", "a/.."] {
            assert_eq!(plain(text), Err(Refusal::Parent(text.to_owned())));
        }
        assert!(plain("a..b/..c").is_ok());
    }

    #[test]
    fn texts_lose_their_marks_and_keep_their_words() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.md");
        std::fs::write(&path, b"\xef\xbb\xbfone\r\ntwo\0\xff").expect("writable");
        let mut diagnostics = Diagnostics::new(folder.path());
        let looks = Looks::new(vec![folder.path().to_owned()], None);
        let text = text(&looks, &path, MAX_TEXT, &mut diagnostics).expect("readable");
        assert_eq!(text, "one\ntwo\u{fffd}\u{fffd}");
        let lines: Vec<String> = diagnostics.into_list().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        x.md: warning: is not UTF-8; what could not be read became U+FFFD
        x.md:1: info: starts with a byte order mark; it was dropped
        x.md: warning: contains NUL; it became U+FFFD
        ");
    }
}
