//! The choice: not the candidate that is likeliest, but the one that is worth most on average.

use super::outline::Outline;

/// So many of the best candidates are weighed against each other.
const WEIGHED: usize = 20;

/// A candidate that was weighed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) outline: Outline,
    /// How much it is expected to be worth, from 0 to 1.
    pub(crate) worth: f64,
    /// The share of candidates, by score, that have exactly its parts.
    pub(crate) right: f64,
}

/// The best candidates by expected worth, the best first, where `scores` are log probabilities up to a constant.
pub(crate) fn choose(candidates: &[Outline], scores: &[f64]) -> Vec<Choice> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order.truncate(WEIGHED);
    let Some(&best) = order.first() else { return Vec::new() };
    let shares: Vec<f64> = order.iter().map(|&at| libm::exp(scores[at] - scores[best])).collect();
    let all: f64 = shares.iter().sum();
    let worth = |one: usize| -> f64 {
        let against = order.iter().zip(&shares);
        against.map(|(&other, share)| share / all * candidates[one].worth(&candidates[other])).sum()
    };
    let right = |one: usize| -> f64 {
        let set = candidates[one].set();
        let same = order.iter().zip(&shares).filter(|(other, _)| candidates[**other].set() == set);
        same.map(|(_, share)| share / all).sum()
    };
    let choice = |&at: &usize| Choice { outline: candidates[at].clone(), worth: worth(at), right: right(at) };
    let mut choices: Vec<Choice> = order.iter().map(choice).collect();
    // Of equals the one that scores higher.
    choices.sort_by(|a, b| b.worth.total_cmp(&a.worth));
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_candidates_agree_on_beats_the_single_best() {
        let candidates = [vec![9], vec![1, 2], vec![1, 2, 3], vec![1, 2, 4]].map(Outline::chain);
        let chosen = choose(&candidates, &[0.0, -0.1, -0.1, -0.1]);
        assert_eq!(chosen[0].outline, Outline::chain(vec![1, 2]));
        assert!(chosen[0].worth > chosen[3].worth);
        assert_eq!(choose(&[], &[]), []);
    }
}
