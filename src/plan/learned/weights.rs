//! The weights that the program ships: trained once, for every repository and every size of its history.
//!
//! `cargo bench --bench planner -- train` makes the file anew; the file says from what it was made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{chance, ranking};

/// Weights of both models.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    pub(crate) chance: [f64; chance::COUNT],
    pub(crate) ranking: [f64; ranking::COUNT],
}

/// The file: every weight by name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct File {
    /// How it was made.
    pub(crate) made: String,
    /// Of each sign its weight, and what is added to that times how much the past knows.
    pub(crate) chance: BTreeMap<String, (f64, f64)>,
    pub(crate) ranking: BTreeMap<String, (f64, f64)>,
}

/// The file that is shipped.
const SHIPPED: &str = include_str!("weights.json");

impl Weights {
    /// Those that are shipped.
    pub(crate) fn shipped() -> Self {
        Self::of(&serde_json::from_str(SHIPPED).expect("a test reads the file that is shipped"))
    }

    /// Those of a file; a name that it lacks weighs nothing.
    pub(crate) fn of(file: &File) -> Self {
        Self { chance: read(&chance::SIGNS, &file.chance), ranking: read(&ranking::NAMES, &file.ranking) }
    }
}

fn read<const N: usize>(names: &[&str], weights: &BTreeMap<String, (f64, f64)>) -> [f64; N] {
    let pair = |at: usize| weights.get(names[at % names.len()]).copied().unwrap_or_default();
    std::array::from_fn(|at| if at < names.len() { pair(at).0 } else { pair(at).1 })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_file_that_is_shipped_has_every_weight_and_no_other() {
        let file: File = serde_json::from_str(SHIPPED).expect("JSON");
        let of = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        let keys = |weights: &BTreeMap<String, (f64, f64)>| weights.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&file.chance), of(&chance::SIGNS));
        assert_eq!(keys(&file.ranking), of(&ranking::NAMES));
        assert!(Weights::shipped().ranking.iter().any(|weight| *weight != 0.0));
    }
}
