//! An object id: the raw bytes of a SHA-1 or SHA-256 name, without any git library behind it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a git object, either hash function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Oid {
    len: u8,
    bytes: [u8; 32],
}

impl Oid {
    /// An id from its raw bytes: 20 for SHA-1, 32 for SHA-256, anything else is not an id.
    pub(crate) fn from_bytes(raw: &[u8]) -> Option<Self> {
        let len = u8::try_from(raw.len()).ok().filter(|len| matches!(len, 20 | 32))?;
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self { len, bytes })
    }

    /// The raw bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The first seven hex digits, for people.
    pub(crate) fn short(&self) -> String {
        self.to_string()[..7].to_owned()
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Oid({self})")
    }
}

/// The text is not 40 or 64 lower-case hex digits.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an object id")]
pub(crate) struct NotAnOid(String);

impl FromStr for Oid {
    type Err = NotAnOid;

    fn from_str(text: &str) -> Result<Self, NotAnOid> {
        let refuse = || NotAnOid(text.chars().take(80).collect());
        let digits = text.as_bytes();
        if !matches!(digits.len(), 40 | 64) {
            return Err(refuse());
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(refuse()),
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Self::from_bytes(&bytes[..digits.len() / 2]).ok_or_else(refuse)
    }
}

impl Serialize for Oid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Oid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_hash_functions_round_trip() {
        for text in ["4b825dc642cb6eb9a060e54bf8d69288fbee4904", &"ab".repeat(32)] {
            assert_eq!(text.parse::<Oid>().expect("valid").to_string(), text);
        }
    }

    #[test]
    fn upper_case_short_and_foreign_digits_are_refused() {
        for text in ["", "4B825DC642CB6EB9A060E54BF8D69288FBEE4904", "4b82", &"zz".repeat(20)] {
            assert!(text.parse::<Oid>().is_err(), "{text}");
        }
    }
}
