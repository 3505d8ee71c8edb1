//! Phases: an order of steps that keeps every edge it can, and runs the rest side by side.

use super::relation::Edge;

/// An order of steps that has no circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Per step the steps right before it: what follows from others is left out.
    pub(super) needs: Vec<Vec<usize>>,
    /// Per step its phase, counted from 1.
    pub(super) phase: Vec<usize>,
}

impl Order {
    /// Orders `count` steps. The surest edges are kept first; an edge that would close a circle with
    /// those is dropped, so a circle opens where it is weakest, and there against the request's order.
    pub(super) fn of(count: usize, mut edges: Vec<Edge>) -> Self {
        edges.sort_by_key(|edge| (std::cmp::Reverse(edge.strength), edge.from > edge.to, edge.from, edge.to));
        let mut reach = Reach(vec![vec![false; count]; count]);
        for Edge { from, to, .. } in edges {
            reach.add(from, to);
        }
        let needs = (0..count).map(|step| reach.right_before(step)).collect();
        let phase = (0..count).map(|step| reach.depth(step)).collect();
        Self { needs, phase }
    }

    /// The steps by phase, in the request's order within each.
    pub(super) fn phases(&self) -> Vec<Vec<usize>> {
        let last = self.phase.iter().copied().max().unwrap_or(0);
        let steps_of = |phase| (0..self.phase.len()).filter(|&step| self.phase[step] == phase).collect();
        (1..=last).map(steps_of).collect()
    }
}

/// `[a][b]`: a comes before b, directly or through others.
struct Reach(Vec<Vec<bool>>);

impl Reach {
    fn add(&mut self, from: usize, to: usize) {
        if from == to || self.0[to][from] {
            return;
        }
        let before: Vec<usize> = (0..self.0.len()).filter(|&a| a == from || self.0[a][from]).collect();
        let after: Vec<usize> = (0..self.0.len()).filter(|&b| b == to || self.0[to][b]).collect();
        for a in before {
            for &b in &after {
                self.0[a][b] = true;
            }
        }
    }

    fn before(&self, step: usize) -> impl Iterator<Item = usize> {
        (0..self.0.len()).filter(move |&other| self.0[other][step])
    }

    fn right_before(&self, step: usize) -> Vec<usize> {
        let through = |need: usize| self.before(step).any(|middle| self.0[need][middle]);
        self.before(step).filter(|&need| !through(need)).collect()
    }

    /// One more than the longest way to `step`.
    fn depth(&self, step: usize) -> usize {
        let mut depth = vec![1; self.0.len()];
        let mut steps: Vec<usize> = self.before(step).chain([step]).collect();
        // A step comes after all that lead to it, and those are fewer.
        steps.sort_by_key(|&it| self.before(it).count());
        for &it in &steps {
            depth[it] = 1 + self.before(it).map(|before| depth[before]).max().unwrap_or(0);
        }
        depth[step]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::relation::Strength::{self, Artifact, Learned, Mention};
    use super::*;

    fn edge(strength: Strength, from: usize, to: usize) -> Edge {
        Edge { strength, from, to }
    }

    #[test]
    fn steps_without_a_relation_run_side_by_side() {
        assert_eq!(Order::of(3, Vec::new()).phases(), [vec![0, 1, 2]]);
    }

    #[test]
    fn what_follows_from_other_needs_is_left_out() {
        let order = Order::of(3, vec![edge(Mention, 0, 2), edge(Mention, 0, 1), edge(Mention, 1, 2)]);
        assert_eq!(order.needs, [vec![], vec![0], vec![1]]);
        assert_eq!(order.phase, [1, 2, 3]);
    }

    #[test]
    fn a_circle_opens_at_its_weakest_edge() {
        let circle = vec![edge(Mention, 0, 1), edge(Artifact, 1, 2), edge(Learned, 2, 0)];
        assert_eq!(Order::of(3, circle).phases(), [vec![1], vec![2], vec![0]]);
        let even = vec![edge(Artifact, 0, 1), edge(Artifact, 1, 2), edge(Artifact, 2, 0)];
        assert_eq!(Order::of(3, even).phases(), [vec![0], vec![1], vec![2]]);
    }

    fn arbitrary() -> impl Strategy<Value = (usize, Vec<Edge>)> {
        let strength = prop_oneof![Just(Mention), Just(Learned), Just(Artifact)];
        (1..9_usize).prop_flat_map(move |count| {
            let edges = (strength.clone(), 0..count, 0..count).prop_map(|(s, from, to)| edge(s, from, to));
            (Just(count), prop::collection::vec(edges, 0..24))
        })
    }

    proptest! {
        #[test]
        fn every_step_has_one_phase_behind_all_that_it_needs((count, edges) in arbitrary()) {
            let order = Order::of(count, edges.clone());
            let mut placed: Vec<usize> = order.phases().concat();
            placed.sort_unstable();
            prop_assert_eq!(placed, (0..count).collect::<Vec<_>>());
            for step in 0..count {
                prop_assert!(order.needs[step].iter().all(|&need| order.phase[need] < order.phase[step]));
                let right_before = order.needs[step].iter().map(|&need| order.phase[need]).max().unwrap_or(0);
                prop_assert_eq!(order.phase[step], right_before + 1);
            }
            prop_assert!(edges.iter().all(|e| e.from == e.to || order.phase[e.from] != order.phase[e.to]));
            let mut shuffled = edges;
            shuffled.reverse();
            prop_assert_eq!(Order::of(count, shuffled), order);
        }
    }
}
