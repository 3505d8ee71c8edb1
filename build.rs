//! Lists the files of `templates/starter`, so that the binary can carry the starter marketplace, and hashes the
//! program's source, so that it knows which files it derived itself.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const STARTER: &str = "templates/starter";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={STARTER}");
    println!("cargo::rerun-if-changed=build.rs");
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo::rustc-env=GIT_ORCHESTRATE_SOURCE={:016x}", source(&home)?);
    let folder = home.join(STARTER);
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(&folder, &mut files)?;
    }
    let mut names: Vec<String> = files.iter().map(|file| relative(&folder, file)).collect();
    names.sort_unstable();
    let mut code = "&[\n".to_owned();
    for name in names {
        let path = format!("/{STARTER}/{name}");
        writeln!(code, "({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),")
            .expect("a string takes everything");
    }
    code.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("starter.rs"), code)
}

/// The hash of all that the program is made of.
fn source(home: &Path) -> io::Result<u64> {
    let mut files = vec![home.join("Cargo.toml"), home.join("Cargo.lock")];
    collect(&home.join("src"), &mut files)?;
    files.sort_unstable();
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rerun-if-changed=Cargo.lock");
    // FNV-1a: it tells versions apart, nobody's forgeries.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files.iter().filter(|file| file.is_file()) {
        let text = [relative(home, file).into_bytes(), fs::read(file)?].join(&0);
        for byte in text {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(hash)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// `file` below `folder`, with `/` on every system.
fn relative(folder: &Path, file: &Path) -> String {
    let below = file.strip_prefix(folder).expect("collected below it");
    let parts: Vec<&str> =
        below.iter().map(|part| part.to_str().expect("our file names are UTF-8")).collect();
    parts.join("/")
}
