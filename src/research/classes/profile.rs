//! What is kept of a component to tell what it is the same as, so that nobody reads its text again for that.

use super::names::{Said, naming_its_plugin};
use super::sketch::Sketch;
use crate::model::component::{Component, Contract};

/// A component as it is compared with others, together with its name and its vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    /// Equal for components that do the same, as far as their texts, or what would run, tell.
    pub(super) identity: [u8; 16],
    /// With a contract: globs of what it writes.
    pub(super) writes: Option<Vec<String>>,
    /// How often its texts name its plugin.
    pub(super) plugin_named: Said,
    /// Of what can be told from the text; nothing can of a check, since what it looks at is in its script.
    pub(super) sketch: Option<Sketch>,
}

/// The form that is kept.
type Kept = ([u8; 16], Option<Vec<String>>, Said, Option<Vec<u8>>);

/// The profile of a component as bytes.
pub(crate) fn profile(component: &Component) -> Vec<u8> {
    let naming = |text: &str| naming_its_plugin(&component.id, text);
    let writes = |contract: &Contract| contract.outputs.clone();
    let profile = Profile {
        identity: identity(component),
        writes: component.contract.as_ref().map(writes),
        plugin_named: Said { description: naming(&component.description), body: naming(&component.body) },
        sketch: if component.is_check() { None } else { Sketch::of(&component.body) },
    };
    profile.encode()
}

/// The profile of a component whose text is elsewhere, as bytes: of it only equality can be told.
pub(crate) fn profile_of_content(content: &str) -> Vec<u8> {
    let identity = hash(&[b"holds ", content.as_bytes()]);
    Profile { identity, writes: None, plugin_named: Said::default(), sketch: None }.encode()
}

/// By what would run, or else by text. An empty text is none that two components could share.
fn identity(component: &Component) -> [u8; 16] {
    match (&component.contract, component.body.trim()) {
        (Some(_), _) => hash(&[b"runs ", component.content.as_bytes()]),
        (None, "") => hash(&[b"is ", component.id.as_str().as_bytes()]),
        (None, text) => hash(&[b"says ", text.as_bytes()]),
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let mut hash = [0; 16];
    hasher.finalize_xof().fill(&mut hash);
    hash
}

impl Profile {
    pub(super) fn encode(self) -> Vec<u8> {
        let sketch = self.sketch.as_ref().map(Sketch::encode);
        let kept: Kept = (self.identity, self.writes, self.plugin_named, sketch);
        postcard::to_stdvec(&kept).expect("plain values of known length")
    }

    /// What `bytes` are of; `None`: of no component.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (identity, writes, plugin_named, sketch): Kept = postcard::from_bytes(bytes).ok()?;
        let sketch = match sketch {
            Some(bytes) => Some(Sketch::decode(&bytes)?),
            None => None,
        };
        Some(Self { identity, writes, plugin_named, sketch })
    }
}
