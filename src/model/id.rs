//! Names of records, components and patterns, each valid by construction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::text::is_hidden;

/// The id of a record: a ULID in its one canonical spelling. No rule depends on its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct RecordId(Ulid);

impl RecordId {
    /// Length of the text form, in bytes.
    pub(super) const LENGTH: usize = 26;

    /// An id from a moment in milliseconds and 80 bits of randomness.
    pub(crate) fn from_parts(millis: i64, random: u128) -> Self {
        Self(Ulid::from_parts(millis.max(0).unsigned_abs(), random))
    }

    /// The moment that it was made from, in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn millis(&self) -> i64 {
        i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX)
    }

    /// An id from its 16 bytes.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Ulid::from_bytes(bytes))
    }

    /// The 16 bytes, which sort as ids do.
    pub(crate) fn bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }

    /// The last eight characters, lower case: short enough for a branch name.
    pub(crate) fn short(&self) -> String {
        self.to_string()[18..].to_ascii_lowercase()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Why a name was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum NameError {
    /// Not 26 characters of Crockford's base 32, upper case.
    #[error("`{0}` is not a ULID (26 characters of 0-9A-Z without I, L, O, U)")]
    Ulid(String),
    /// Not four parts, or a part that is empty, too long or holds what nobody sees.
    #[error("`{0}` is not a component (marketplace/plugin/kind/name)")]
    Component(String),
    /// Not two parts as a component's id has them.
    #[error("`{0}` is not a plugin (marketplace/plugin)")]
    Plugin(String),
    /// A pattern id with anything but `a-z`, `0-9` and `-`.
    #[error("`{0}` is not a pattern id (a-z, 0-9 and - only)")]
    Pattern(String),
}

impl FromStr for RecordId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Ulid::from_string(text)
            .ok()
            .map(Self)
            .filter(|id| id.to_string() == text)
            .ok_or_else(|| NameError::Ulid(shown(text)))
    }
}

/// `marketplace/plugin/kind/name`: one thing inside a plugin that can do work.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct ComponentId(String);

impl ComponentId {
    /// The longest part that is accepted, in bytes.
    const MAX_PART: usize = 200;

    /// A component id from its four parts.
    pub(crate) fn new(marketplace: &str, plugin: &str, kind: &str, name: &str) -> Result<Self, NameError> {
        format!("{marketplace}/{plugin}/{kind}/{name}").parse()
    }

    /// The whole id.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The marketplace that it comes from.
    pub(crate) fn marketplace(&self) -> &str {
        self.part(0)
    }

    /// The plugin that it is part of.
    pub(crate) fn plugin(&self) -> &str {
        self.part(1)
    }

    /// `agent`, `command`, `skill`, `mcp` or `script`.
    pub(crate) fn kind(&self) -> &str {
        self.part(2)
    }

    /// Its own name.
    pub(crate) fn name(&self) -> &str {
        self.part(3)
    }

    fn part(&self, index: usize) -> &str {
        self.0.split('/').nth(index).unwrap_or_default()
    }

    /// The plugin that it is part of, with its marketplace.
    pub(crate) fn owner(&self) -> PluginId {
        PluginId { marketplace: self.marketplace().to_owned(), plugin: self.plugin().to_owned() }
    }
}

/// What a marketplace's entry names. Orders by marketplace first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct PluginId {
    marketplace: String,
    plugin: String,
}

impl PluginId {
    /// A plugin from its two parts, each as a component's id could hold it.
    pub(crate) fn new(marketplace: &str, plugin: &str) -> Result<Self, NameError> {
        let holds = ComponentId::new(marketplace, plugin, "any", "any").is_ok();
        let id = Self { marketplace: marketplace.to_owned(), plugin: plugin.to_owned() };
        if holds { Ok(id) } else { Err(NameError::Plugin(shown(&id.to_string()))) }
    }

    /// The marketplace that it comes from.
    pub(crate) fn marketplace(&self) -> &str {
        &self.marketplace
    }

    /// Its own name.
    pub(crate) fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The component `kind/name` of it.
    pub(crate) fn component(&self, key: &str) -> Result<ComponentId, NameError> {
        format!("{self}/{key}").parse()
    }
}

impl fmt::Display for PluginId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.marketplace, self.plugin)
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for ComponentId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let good = |part: &str| {
            !part.is_empty()
                && part.len() <= Self::MAX_PART
                && part.trim() == part
                && !part.chars().any(is_hidden)
                && !matches!(part, "." | "..")
        };
        if text.split('/').count() == 4 && text.split('/').all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Component(shown(text)))
        }
    }
}

/// A pattern's name: a readable slug and the hash of its shape.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct PatternId(String);

impl PatternId {
    /// The text form.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PatternId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for PatternId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let good = (1..=120).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-');
        if good { Ok(Self(text.to_owned())) } else { Err(NameError::Pattern(shown(text))) }
    }
}

/// At most 80 characters of a refused name, controls escaped, fit for an error message.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
as_text!(RecordId, ComponentId, PatternId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_has_no_name_that_nobody_sees() {
        assert!("market/plugin/skill/a b é".parse::<ComponentId>().is_ok());
        for name in ["a\u{200b}", "\u{202e}a", "a\u{1b}", "\u{feff}"] {
            assert!(format!("market/plugin/skill/{name}").parse::<ComponentId>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_ulid_has_one_spelling() {
        let id = RecordId::from_parts(1_763_625_600_000, 42);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().to_lowercase().parse::<RecordId>().is_err());
        assert!("".parse::<RecordId>().is_err());
    }

    #[test]
    fn a_component_has_four_clean_parts() {
        let id: ComponentId = "starter/ci/skill/ci-workflow".parse().expect("valid");
        assert_eq!(
            (id.marketplace(), id.plugin(), id.kind(), id.name()),
            ("starter", "ci", "skill", "ci-workflow")
        );
        for text in ["lint", "a/b/c", "a/b/c/d/e", "a//c/d", "a/../c/d", "a/b/c/\u{1b}[31m", " a/b/c/d"] {
            assert!(text.parse::<ComponentId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_plugin_has_the_first_two_parts_of_its_components() {
        let id: ComponentId = "starter/ci/skill/ci-workflow".parse().expect("valid");
        let plugin = PluginId::new("starter", "ci").expect("valid");
        assert_eq!((id.owner(), plugin.component("skill/ci-workflow")), (plugin.clone(), Ok(id)));
        for key in ["skill", "skill/a/b", "skill/", "/a"] {
            assert!(plugin.component(key).is_err(), "{key}");
        }
        for (marketplace, name) in [("", "ci"), ("a/b", "ci"), ("starter", ".."), ("starter", "\u{1b}")] {
            assert!(PluginId::new(marketplace, name).is_err(), "{marketplace}/{name}");
        }
    }

    #[test]
    fn a_refused_name_is_shown_without_its_escapes() {
        let error = "\u{1b}[31mred".parse::<ComponentId>().expect_err("refused");
        assert_eq!(error.to_string(), "`\\u{1b}[31mred` is not a component (marketplace/plugin/kind/name)");
    }

    #[test]
    fn a_pattern_id_is_safe_as_a_file_name() {
        assert!("ci-licence-0a1b2c3d4e5f".parse::<PatternId>().is_ok());
        for text in ["", "../x", "A", "-x", "a b"] {
            assert!(text.parse::<PatternId>().is_err(), "{text}");
        }
    }
}
