//! Components that tests of this room write.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::classes::{Class, classes, profile};
use super::facts::extract;
use super::graph::{Part, told};
use super::vector::{Vector, vector};
use super::vocabulary::Vocabulary;
use crate::model::component::{Card, Component, Declared, Roots, TokenCost};
use crate::model::id::ComponentId;

/// The component of this id (`plugin/kind/name` of the marketplace `m`), with this description and body.
pub(super) fn component(id: &str, description: &str, body: &str) -> Component {
    let fields = Map::from_iter([("description".to_owned(), Value::String(description.to_owned()))]);
    let front = format!("description: {description}\n");
    let card = Card {
        id: format!("m/{id}").parse().expect("a valid sample"),
        description: description.to_owned(),
        contract: None,
        content: String::new(),
        folder: "/m".into(),
        file: "/m/x.md".into(),
        roots: Roots { marketplace: "/m".into(), plugin: "/m".into() },
        tokens: TokenCost::default(),
    };
    Component {
        card,
        headings: Vec::new(),
        body: body.to_owned(),
        declared: Declared { fields, front, front_line: 2, body_line: 4, labels: Default::default() },
    }
}

/// Components that are written so.
pub(super) fn components<const N: usize>(all: [(&str, &str, &str); N]) -> Vec<Component> {
    all.into_iter().map(|(id, description, body)| component(id, description, body)).collect()
}

/// The classes of `components`, in the order of their first; of components of one id the last counts.
pub(super) fn classes_of(components: &[Component]) -> Vec<Class> {
    let vocabulary = Vocabulary::default();
    let kept = |it: &Component| (vector(it, &vocabulary), profile(it));
    let by_id: BTreeMap<&ComponentId, _> = components.iter().map(|it| (&it.id, kept(it))).collect();
    let terms = vocabulary.into_terms();
    let vectors: Vec<Vector<'_>> =
        by_id.values().map(|(vector, _)| Vector::decode(vector, terms.len()).expect("ours")).collect();
    let ids: Vec<&ComponentId> = by_id.keys().copied().collect();
    let members =
        by_id.iter().zip(&vectors).map(|((id, (_, profile)), vector)| (*id, vector, profile.as_slice()));
    let found = classes(members, &terms).expect("our own profiles");
    found.iter().map(|class| Class::of(class, |place| ids[place].clone())).collect()
}

/// What the graph of `components` is made from.
pub(super) fn parts_of(components: &[Component]) -> Vec<Part> {
    let part = |it: &Component| Part::new(it.card.clone(), extract(it), &told(it)).expect("our own sayings");
    let by_id: BTreeMap<&ComponentId, Part> = components.iter().map(|it| (&it.id, part(it))).collect();
    by_id.into_values().collect()
}
