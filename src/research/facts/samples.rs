//! Components that tests write.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::model::component::{Card, Component, Declared, Roots, TokenCost};
use crate::model::samples;

/// A skill of this name with these lines of frontmatter, each `key: text`, and this body.
pub(super) fn component(name: &str, front: &str, body: &str) -> Component {
    let fields: Map<String, Value> = front
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(key, text)| (key.to_owned(), Value::String(text.to_owned())))
        .collect();
    let description = fields.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let folder = PathBuf::from("/market").join(name);
    let card = Card {
        id: samples::component(name),
        description,
        contract: None,
        content: String::new(),
        file: folder.join("SKILL.md"),
        roots: Roots { marketplace: "/market".into(), plugin: folder.clone() },
        folder,
        tokens: TokenCost { always: 1, on_invoke: body.len() as u64 / 4 },
    };
    Component {
        card,
        headings: Vec::new(),
        declared: Declared {
            fields,
            front: front.to_owned(),
            front_line: 2,
            body_line: front.lines().count() + 3,
            labels: Default::default(),
        },
        body: body.to_owned(),
    }
}
