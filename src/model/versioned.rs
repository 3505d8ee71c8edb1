//! Files of the learning tree in TOML, each of which says its version, `v`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of such files that this version of the program reads and writes.
pub(super) const VERSION: u32 = 1;

/// Why a file can't be read.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) reason: String,
    /// A newer version of the program wrote it, and could read it.
    pub(super) newer: bool,
}

impl From<String> for Broken {
    fn from(reason: String) -> Self {
        Self { reason, newer: false }
    }
}

/// What every file of the tree says of itself.
#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

/// The text of a file.
pub(super) fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))
}

/// What a file says; `version` tells its version.
pub(super) fn from_toml<T: DeserializeOwned>(text: &str, version: impl Fn(&T) -> u32) -> Result<T, Broken> {
    let read = toml::from_str::<T>(text);
    // What makes no sense here may make sense to who knows its version.
    let v =
        read.as_ref().map_or_else(|_| toml::from_str::<Versioned>(text).map_or(VERSION, |it| it.v), version);
    if v > VERSION {
        let reason = format!("its version is {v}, and this version reads version {VERSION}");
        return Err(Broken { reason, newer: true });
    }
    read.map_err(|error| error.message().to_owned().into())
}

/// The file that says this.
pub(super) fn to_toml<T: Serialize>(value: &T) -> String {
    toml::to_string_pretty(value).expect("model types are tables of plain values")
}
