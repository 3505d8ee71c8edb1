//! How good planned workflows are against those that were right: the published measures of tool planning.
//!
//! Node-F1 and link-F1 are means over requests of the F1 of what was planned, by name; a part that is planned
//! twice counts twice in precision. Link-F1 is over requests whose right workflow has links, accuracy is the
//! share of requests whose node-F1 is at least 0.99 (the right set, in any order).

use std::collections::BTreeSet;

/// Nodes in order, and the links between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Workflow {
    pub(crate) nodes: Vec<String>,
    pub(crate) links: Vec<(String, String)>,
}

/// One prediction against what was right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    pub(crate) nodes: f64,
    /// `None` where the right workflow has no links.
    pub(crate) links: Option<f64>,
}

/// From this node-F1 on a plan has the right set.
const RIGHT: f64 = 0.99;

impl Score {
    /// Scores what was planned.
    pub(crate) fn of(planned: &Workflow, right: &Workflow) -> Self {
        let links = (!right.links.is_empty()).then(|| f1(&planned.links, &right.links));
        Self { nodes: f1(&planned.nodes, &right.nodes), links }
    }

    /// Whether the set is right.
    pub(crate) fn is_right(&self) -> bool {
        self.nodes >= RIGHT
    }
}

fn f1<T: Ord>(planned: &[T], right: &[T]) -> f64 {
    let (mine, theirs): (BTreeSet<&T>, BTreeSet<&T>) = (planned.iter().collect(), right.iter().collect());
    let hits = mine.intersection(&theirs).count() as f64;
    if hits == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (hits / planned.len() as f64, hits / right.len() as f64);
    2.0 * precision * recall / (precision + recall + 1e-9)
}

/// Means over many scores.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    pub(crate) cases: usize,
    pub(crate) nodes: f64,
    /// `None` where no right workflow has links.
    pub(crate) links: Option<f64>,
    pub(crate) accuracy: f64,
}

impl Summary {
    pub(crate) fn of(scores: &[Score]) -> Self {
        let linked: Vec<f64> = scores.iter().filter_map(|score| score.links).collect();
        let right: Vec<f64> = scores.iter().map(|score| f64::from(u8::from(score.is_right()))).collect();
        let nodes: Vec<f64> = scores.iter().map(|score| score.nodes).collect();
        Self {
            cases: scores.len(),
            nodes: mean(&nodes).unwrap_or(0.0),
            links: mean(&linked),
            accuracy: mean(&right).unwrap_or(0.0),
        }
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// How far predicted probabilities are from what happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Calibration {
    /// Mean squared error.
    pub(crate) brier: f64,
    /// Expected calibration error over ten bins of equal mass.
    pub(crate) ece: f64,
}

/// Bins of the calibration error.
const BINS: usize = 10;

impl Calibration {
    /// Of predicted probabilities with what happened; `None` without any.
    pub(crate) fn of(predictions: &[(f64, bool)]) -> Option<Self> {
        let happened = |it: &(f64, bool)| f64::from(u8::from(it.1));
        let brier = mean(&predictions.iter().map(|it| (it.0 - happened(it)).powi(2)).collect::<Vec<_>>())?;
        let mut sorted = predictions.to_vec();
        // Of equal predictions those first that did not happen: the order they came in must not matter.
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let count = sorted.len();
        let bin = |bin: usize| &sorted[bin * count / BINS..(bin + 1) * count / BINS];
        let gap = |bin: &[(f64, bool)]| bin.iter().map(|it| it.0 - happened(it)).sum::<f64>().abs();
        let ece = (0..BINS).map(|it| gap(bin(it))).sum::<f64>() / count as f64;
        Some(Self { brier, ece })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflow(nodes: &str, links: &[(&str, &str)]) -> Workflow {
        let links = links.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        Workflow { nodes: nodes.split_whitespace().map(str::to_owned).collect(), links }
    }

    #[test]
    fn a_part_too_many_costs_precision_and_one_too_few_recall() {
        let right = workflow("a b", &[("a", "b")]);
        let score = |nodes, links: &[_]| Score::of(&workflow(nodes, links), &right);
        assert!((score("a b", &[("a", "b")]).nodes - 1.0).abs() < 1e-8);
        assert!((score("a b c", &[]).nodes - 0.8).abs() < 1e-8);
        assert!((score("a", &[]).nodes - 2.0 / 3.0).abs() < 1e-8);
        assert!((score("a b b", &[]).nodes - 0.8).abs() < 1e-8, "a repetition is one too many");
        assert_eq!(score("", &[]), Score { nodes: 0.0, links: Some(0.0) });
        assert!(score("b a", &[("b", "a")]).is_right(), "the set is right, whatever the order");
        assert_eq!(score("b a", &[("b", "a")]).links, Some(0.0));
    }

    #[test]
    fn requests_without_links_are_left_out_of_the_mean_of_links() {
        let (linked, alone) = (workflow("a b", &[("a", "b")]), workflow("a", &[]));
        let scores = [Score::of(&linked, &linked), Score::of(&linked, &alone)];
        let summary = Summary::of(&scores);
        assert!((summary.links.expect("one has links") - 1.0).abs() < 1e-8);
        assert_eq!((summary.cases, summary.accuracy), (2, 0.5));
        assert_eq!(Summary::of(&scores[1..]).links, None);
        assert_eq!(Summary::of(&[]), Summary::default());
    }

    #[test]
    fn calibration_is_what_frequencies_miss() {
        let honest: Vec<(f64, bool)> = (0..100).map(|i| (0.5, i % 2 == 0)).collect();
        let proud: Vec<(f64, bool)> = (0..100).map(|i| (0.9, i % 2 == 0)).collect();
        let of = |predictions: &[(f64, bool)]| Calibration::of(predictions).expect("there are some");
        assert!((of(&honest).brier - 0.25).abs() < 1e-9);
        assert!((of(&proud).brier - 0.41).abs() < 1e-9);
        assert!(of(&proud).ece > 0.39);
        assert_eq!(Calibration::of(&[]), None);
    }
}
