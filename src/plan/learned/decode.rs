//! The choice: not the candidate that is likeliest, but the one that is worth most on average.

use super::outline::Outline;

/// So many of the best candidates are weighed against each other.
const WEIGHED: usize = 20;

/// The place of the candidate that is expected to be worth most, where `scores` are log probabilities up to a
/// constant, and the share of candidates, by score, that have exactly its parts.
pub(crate) fn choose(candidates: &[Outline], scores: &[f64]) -> Option<(usize, f64)> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order.truncate(WEIGHED);
    let likeliest = *order.first()?;
    let shares: Vec<f64> = order.iter().map(|&at| libm::exp(scores[at] - scores[likeliest])).collect();
    let all: f64 = shares.iter().sum();
    let worth = |one: usize| -> f64 {
        let against = order.iter().zip(&shares);
        against.map(|(&other, share)| share / all * candidates[one].worth(&candidates[other])).sum()
    };
    // Of equals the one that scores higher.
    let worths = order.iter().map(|&at| (at, worth(at)));
    let (best, _) = worths.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let set = candidates[best].set();
    let same = order.iter().zip(&shares).filter(|(other, _)| candidates[**other].set() == set);
    Some((best, same.map(|(_, share)| share / all).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_candidates_agree_on_beats_the_single_best() {
        let candidates = [vec![9], vec![1, 2], vec![1, 2, 3], vec![1, 2, 4]].map(Outline::chain);
        let (best, right) = choose(&candidates, &[0.0, -0.1, -0.1, -0.1]).expect("a choice");
        assert_eq!(best, 1);
        assert!((0.2..0.3).contains(&right), "{right}");
        assert_eq!(choose(&[], &[]), None);
    }
}
