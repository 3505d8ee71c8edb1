//! Fits the two models: a logistic one, and a linear one that ranks candidates.

use rayon::prelude::*;

/// Rows of `N` numbers with what was wanted.
pub(crate) struct Rows<const N: usize> {
    pub(crate) rows: Vec<[f64; N]>,
    pub(crate) wanted: Vec<bool>,
    /// How much each counts.
    pub(crate) weights: Vec<f64>,
}

/// One request: candidates, and how much each is worth.
pub(crate) struct Choices<const N: usize> {
    pub(crate) rows: Vec<[f64; N]>,
    pub(crate) worth: Vec<f64>,
    /// How much it counts.
    pub(crate) weight: f64,
}

/// How sharply good candidates are told from the best.
const SHARP: f64 = 10.0;
const STEPS: usize = 25;

/// Weights of a logistic model, by Newton's method with a penalty on every weight relative to its scale.
pub(crate) fn logistic<const N: usize>(data: &Rows<N>, penalty: f64) -> [f64; N] {
    let scale = scales(data.rows.iter());
    let mut weights = [0.0; N];
    for _ in 0..STEPS {
        let mut gradient: [f64; N] = std::array::from_fn(|at| -penalty * weights[at] * scale[at] * scale[at]);
        let mut curve = vec![[0.0; N]; N];
        for ((row, wanted), weight) in data.rows.iter().zip(&data.wanted).zip(&data.weights) {
            let sum: f64 = row.iter().zip(&weights).map(|(a, b)| a * b).sum();
            let p = 1.0 / (1.0 + libm::exp(-sum));
            let miss = weight * (f64::from(u8::from(*wanted)) - p);
            let bend = weight * p * (1.0 - p);
            for i in 0..N {
                gradient[i] += miss * row[i];
                for j in 0..=i {
                    curve[i][j] += bend * row[i] * row[j];
                }
            }
        }
        for at in 0..N {
            curve[at][at] += penalty * scale[at] * scale[at] + 1e-9;
        }
        let step = solve(curve, gradient);
        let size = (0..N).map(|at| (step[at] * scale[at]).abs()).fold(0.0, f64::max);
        let short = (2.0 / size.max(1e-12)).min(1.0);
        (0..N).for_each(|at| weights[at] += short * step[at]);
        if size < 1e-6 {
            break;
        }
    }
    weights
}

/// Weights that give candidates a share by what they are worth.
pub(crate) fn ranking<const N: usize>(data: &[Choices<N>], penalty: f64) -> [f64; N] {
    let scale = scales(data.iter().flat_map(|it| &it.rows));
    let mut weights = [0.0; N];
    let mut best = f64::INFINITY;
    let mut step_size = 1.0;
    let mut accepted = weights;
    let mut direction = [0.0; N];
    for _ in 0..2 * STEPS {
        let (loss, gradient, curve) = slope(data, &weights, &scale, penalty);
        if loss > best {
            step_size *= 0.5;
            if step_size < 1e-3 {
                break;
            }
        } else {
            let gain = best - loss;
            best = loss;
            accepted = weights;
            if gain < 1e-9 {
                break;
            }
            direction = solve(curve, gradient);
            step_size = 1.0;
        }
        weights = std::array::from_fn(|at| accepted[at] + step_size * direction[at]);
    }
    accepted
}

fn slope<const N: usize>(
    data: &[Choices<N>],
    weights: &[f64; N],
    scale: &[f64; N],
    penalty: f64,
) -> Slope<N> {
    let all: f64 = data.iter().map(|it| it.weight).sum();
    let penalty = penalty / all;
    let mut loss = (0..N).map(|at| penalty * (weights[at] * scale[at]).powi(2) / 2.0).sum::<f64>();
    let mut gradient: [f64; N] = std::array::from_fn(|at| -penalty * weights[at] * scale[at] * scale[at]);
    let mut curve = vec![[0.0; N]; N];
    let sums: Vec<Slope<N>> = data.par_chunks(64).map(|chunk| partial(chunk, weights, all)).collect();
    for (part, slope, bend) in sums {
        loss += part;
        for i in 0..N {
            gradient[i] += slope[i];
            for j in 0..=i {
                curve[i][j] += bend[i][j];
            }
        }
    }
    for at in 0..N {
        curve[at][at] += penalty * scale[at] * scale[at] + 1e-9;
    }
    (loss, gradient, curve)
}

type Slope<const N: usize> = (f64, [f64; N], Vec<[f64; N]>);

fn partial<const N: usize>(data: &[Choices<N>], weights: &[f64; N], all: f64) -> Slope<N> {
    let (mut loss, mut gradient, mut curve) = (0.0, [0.0; N], vec![[0.0; N]; N]);
    for choices in data {
        let part = choices.weight / all;
        let scores = choices.rows.iter().map(|row| row.iter().zip(weights).map(|(a, b)| a * b).sum::<f64>());
        let shares = softmax(&scores.collect::<Vec<f64>>());
        let wanted = softmax(&choices.worth.iter().map(|worth| SHARP * worth).collect::<Vec<f64>>());
        let mut mean = [0.0; N];
        for ((row, share), want) in choices.rows.iter().zip(&shares).zip(&wanted) {
            loss -= part * want * libm::log(share.max(1e-300));
            for i in 0..N {
                mean[i] += share * row[i];
                gradient[i] += part * (want - share) * row[i];
                for j in 0..=i {
                    curve[i][j] += part * share * row[i] * row[j];
                }
            }
        }
        for i in 0..N {
            for j in 0..=i {
                curve[i][j] -= part * mean[i] * mean[j];
            }
        }
    }
    (loss, gradient, curve)
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = scores.iter().map(|score| libm::exp(score - best)).collect();
    let all: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / all).collect()
}

fn scales<'a, const N: usize>(rows: impl Iterator<Item = &'a [f64; N]>) -> [f64; N] {
    let (mut count, mut sum, mut squares) = (0.0, [0.0; N], [0.0; N]);
    for row in rows {
        count += 1.0;
        for at in 0..N {
            sum[at] += row[at];
            squares[at] += row[at] * row[at];
        }
    }
    let scale = |at: usize| (squares[at] / count - (sum[at] / count).powi(2)).max(0.0).sqrt();
    std::array::from_fn(|at| if scale(at) < 1e-6 { 0.1 } else { scale(at) })
}

/// Solves a symmetric system, of which the lower half is given, by Cholesky's method.
fn solve<const N: usize>(mut matrix: Vec<[f64; N]>, mut right: [f64; N]) -> [f64; N] {
    for i in 0..N {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - known;
            matrix[i][j] = if i == j { rest.max(1e-12).sqrt() } else { rest / matrix[j][j] };
        }
    }
    for i in 0..N {
        let known: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    for i in (0..N).rev() {
        let known: f64 = (i + 1..N).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
}
