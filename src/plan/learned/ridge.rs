//! Kernel ridge regression around one request: a signed vote for every memory.

/// How much a vote costs: the more, the less single memories can decide.
const PENALTY: f64 = 0.15;
/// Steps of conjugate gradients; more change nothing that a plan shows.
const STEPS: usize = 10;

/// The votes `b` with (G + penalty / weight) b = near, where `gram` is G row by row.
pub(crate) fn votes(gram: &[f64], near: &[f64], weights: &[f64]) -> Vec<f64> {
    let count = near.len();
    let apply = |v: &[f64]| -> Vec<f64> {
        let row =
            |at: usize| product(&gram[at * count..][..count], v) + PENALTY / weights[at].max(0.01) * v[at];
        (0..count).map(row).collect()
    };
    let mut votes = vec![0.0; count];
    let mut rest = near.to_vec();
    let mut direction = rest.clone();
    let mut error = product(&rest, &rest);
    for _ in 0..STEPS {
        if error < 1e-12 {
            break;
        }
        let applied = apply(&direction);
        let step = error / product(&direction, &applied);
        for at in 0..count {
            votes[at] += step * direction[at];
            rest[at] -= step * applied[at];
        }
        let next = product(&rest, &rest);
        for at in 0..count {
            direction[at] = rest[at] + next / error * direction[at];
        }
        error = next;
    }
    votes
}

fn product(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_solve_the_equations() {
        let gram = [1.0, 0.5, 0.0, 0.5, 1.0, 0.2, 0.0, 0.2, 1.0];
        let (near, weights) = ([0.9, 0.4, 0.1], [1.0, 3.0, 0.3]);
        let votes = votes(&gram, &near, &weights);
        for row in 0..3 {
            let left = product(&gram[row * 3..][..3], &votes) + PENALTY / weights[row] * votes[row];
            assert!((left - near[row]).abs() < 1e-9, "row {row}: {left}");
        }
    }

    #[test]
    fn who_is_not_near_has_no_vote() {
        assert_eq!(votes(&[1.0], &[0.0], &[1.0]), [0.0]);
        assert_eq!(votes(&[], &[], &[]), Vec::<f64>::new());
    }
}
