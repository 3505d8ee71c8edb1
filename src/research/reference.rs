//! BM25F as the books have it, in memory and without a thought for speed: what search has to give.

use std::collections::{BTreeMap, BTreeSet};

use super::query::{UNKNOWN_ATTACHED, Wanted, wanted};
use super::samples::classes_of;
use super::search::Hit;
use super::terms::{humps_apart, split, stem};
use crate::model::component::Component;
use crate::model::id::ComponentId;

/// Boosts and b of name, plugin, description, headings and body.
const FIELDS: [(f64, f64); 5] = [(8.0, 0.6), (2.0, 0.6), (4.0, 0.6), (0.8, 0.75), (0.15, 0.75)];

/// One component of each class, with the ids of all.
struct Document {
    ids: Vec<ComponentId>,
    fields: Vec<Vec<String>>,
}

impl Document {
    fn of(class: &[&Component]) -> Self {
        let (id, first) = (&class[0].id, class[0]);
        let texts = [
            humps_apart(id.name()),
            humps_apart(id.plugin()),
            first.description.clone(),
            first.headings.join("\n"),
            first.body.clone(),
        ];
        Self {
            ids: class.iter().map(|component| component.id.clone()).collect(),
            fields: texts.iter().map(|text| split(text).filter_map(stem).collect()).collect(),
        }
    }

    fn count(&self, field: usize, stem: &str) -> f64 {
        self.fields[field].iter().filter(|other| *other == stem).count() as f64
    }
}

/// The best of `components` for a request.
pub(super) fn search(components: &[Component], request: &str, limit: usize) -> Vec<Hit> {
    let by_id: BTreeMap<&ComponentId, &Component> = components.iter().map(|it| (&it.id, it)).collect();
    let documents: Vec<Document> = classes_of(components)
        .into_iter()
        .map(|class| Document::of(&class.ids().map(|id| by_id[id]).collect::<Vec<_>>()))
        .collect();
    let means: Vec<f64> = (0..FIELDS.len())
        .map(|field| {
            let sum: usize = documents.iter().map(|document| document.fields[field].len()).sum();
            (sum as f64 / documents.len().max(1) as f64).max(0.1)
        })
        .collect();
    let wanted = wanted(request);
    let masses: Vec<f64> = wanted.iter().map(|want| mass(want, &documents)).collect();
    let asked: f64 = masses.iter().sum();
    let mut hits = Vec::new();
    for document in &documents {
        let (mut score, mut covered, mut matched) = (0.0, 0.0, Vec::new());
        for (want, mass) in wanted.iter().zip(&masses) {
            let Some((strongest, share)) = best(want, document, &documents, &means) else { continue };
            score += strongest;
            covered += share * (mass / want.weight);
            matched.push(want.word.clone());
        }
        if !matched.is_empty() {
            let mut ids = document.ids.iter().cloned();
            let component = ids.next().expect("a class has a component");
            let coverage = (covered / asked).clamp(0.0, 1.0);
            hits.push(Hit { component, score, coverage, matched, also: ids.collect() });
        }
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.component.cmp(&b.component)));
    hits.truncate(limit);
    hits
}

fn idf(stem: &str, documents: &[Document]) -> f64 {
    let has = |document: &&Document| (0..FIELDS.len()).any(|field| document.count(field, stem) > 0.0);
    let (all, with) = (documents.len() as f64, documents.iter().filter(has).count() as f64);
    libm::log(1.0 + (all - with + 0.5) / (with + 0.5))
}

fn mass(want: &Wanted, documents: &[Document]) -> f64 {
    let said: BTreeSet<&String> =
        documents.iter().flat_map(|document| document.fields.iter().flatten()).collect();
    let known = want.stems.iter().any(|(stem, _)| said.contains(stem));
    let least = want.stems.iter().map(|(stem, _)| want.weight * idf(stem, documents));
    let mass = least.fold(f64::INFINITY, f64::min);
    if want.attached && !known { mass * UNKNOWN_ATTACHED } else { mass }
}

/// The score of a word in a document, and its part of the word's weight; `None`: it does not have it.
fn best(want: &Wanted, document: &Document, all: &[Document], means: &[f64]) -> Option<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    for (stem, weight) in &want.stems {
        let tf = |field: usize| {
            let (boost, b) = FIELDS[field];
            let length = document.fields[field].len() as f64 / means[field];
            boost * document.count(field, stem) / (1.0 - b + b * length)
        };
        let tf: f64 = (0..FIELDS.len()).filter(|field| document.count(*field, stem) > 0.0).map(tf).sum();
        if tf > 0.0 {
            let part = want.weight * weight;
            let strength = f64::from((tf / (2.0 + tf)) as f32);
            let said = (0..4).any(|field| document.count(field, stem) > 0.0);
            let (score, share) = (part * idf(stem, all) * strength, if said { part } else { part * 0.5 });
            let (other, most) = best.unwrap_or_default();
            best = Some((score.max(other), share.max(most)));
        }
    }
    best
}
