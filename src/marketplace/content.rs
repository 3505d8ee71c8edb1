//! Content hashes: what an approval of a component covers.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use blake3::Hasher;

use super::diagnostic::Diagnostics;
use super::files::{Root, Walk};

/// The most files of one component.
const MAX_FILES: usize = 1000;
/// The most bytes of one component.
const MAX_BYTES: u64 = 16 << 20;

/// The hash of what would run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// BLAKE3, the first 32 hex digits.
    pub(super) hash: String,
    /// Whether it covers everything; only then may anything be run by it.
    pub(super) whole: bool,
}

/// The hash of one file.
pub(super) fn of_file(file: &Path, diagnostics: &mut Diagnostics) -> Content {
    let folder = file.parent().unwrap_or(file);
    of(folder, &[file.to_owned()], diagnostics)
}

/// The hash of every file in a folder.
pub(super) fn of_folder(root: &Root, folder: &Path, diagnostics: &mut Diagnostics) -> Content {
    let walk = Walk::through(root, folder);
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
    let content = of(folder, files, diagnostics);
    Content { whole: whole && content.whole, ..content }
}

/// Sorted by path: relative path, NUL, executable or not, length, bytes.
fn of(folder: &Path, files: &[PathBuf], diagnostics: &mut Diagnostics) -> Content {
    let mut hasher = Hasher::new();
    let mut left = MAX_BYTES;
    let mut whole = true;
    for file in files {
        match read(file, left) {
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

fn read(file: &Path, limit: u64) -> io::Result<(Vec<u8>, bool)> {
    let metadata = fs::metadata(file)?;
    if metadata.len() > limit {
        let message = format!("the component is larger than {} MiB", MAX_BYTES >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(limit).read_to_end(&mut bytes)?;
    Ok((bytes, is_executable(&metadata)))
}

/// Whether anyone may execute a file.
#[cfg(unix)]
pub(super) fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Whether anyone may execute a file: a system without such bits says no.
#[cfg(not(unix))]
pub(super) fn is_executable(_: &fs::Metadata) -> bool {
    false
}
