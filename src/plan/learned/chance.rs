//! How probably a part is in the plan: one logistic model over all signs.
//!
//! Every sign is there twice, once multiplied with how much the past knows of the request, so that one set of
//! weights serves a repository without any history and one with a hundred thousand runs.

use super::evidence::{Evidence, Signs};

/// Signs by name, as in the file of weights.
pub(crate) const SIGNS: [&str; 14] = [
    "ridge_logit",
    "ridge",
    "nearby",
    "nearby_root",
    "spoken",
    "spoken_root",
    "loud",
    "whole",
    "clause",
    "named",
    "told",
    "prior",
    "new",
    "one",
];
/// Signs, and the same times what is known.
pub(crate) const COUNT: usize = 2 * SIGNS.len();
/// No part is surer than this, as a logit.
const SUREST: f64 = 6.0;

/// The signs of one part as numbers.
pub(crate) fn row(signs: &Signs, known: f64) -> [f64; COUNT] {
    let own = [
        logit(signs.ridge),
        signs.ridge,
        signs.nearby,
        signs.nearby.max(0.0).sqrt(),
        signs.spoken,
        signs.spoken.max(0.0).sqrt(),
        signs.loud,
        signs.whole,
        signs.clause,
        signs.named,
        signs.told,
        signs.prior,
        signs.new,
        1.0,
    ];
    std::array::from_fn(|at| if at < SIGNS.len() { own[at] } else { known * own[at - SIGNS.len()] })
}

/// The logit of every part that anything speaks for, in the order of `evidence.parts`.
pub(crate) fn logits(evidence: &Evidence, weights: &[f64; COUNT]) -> Vec<f64> {
    let logit = |signs: &Signs| {
        let row = row(signs, evidence.known);
        let sum: f64 = row.iter().zip(weights).map(|(sign, weight)| sign * weight).sum();
        sum.clamp(-SUREST, SUREST)
    };
    evidence.parts.iter().map(|(_, signs)| logit(signs)).collect()
}

/// The log odds of an estimate that may lie outside of 0 and 1.
pub(crate) fn logit(estimate: f64) -> f64 {
    let p = estimate.clamp(0.003, 0.997);
    libm::log(p / (1.0 - p))
}

/// The probability of a logit.
pub(crate) fn probability(logit: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-logit))
}
