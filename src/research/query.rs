//! What a request asks for: its words, weighted by what they say about the work.

use super::synonyms;
use super::terms::{split, stem};

/// Verbs that ask for anything at all; what they govern says what is wanted.
const GENERIC: &[&str] = &[
    "add",
    "build",
    "change",
    "check",
    "create",
    "develop",
    "do",
    "ensure",
    "generate",
    "help",
    "implement",
    "improve",
    "make",
    "perform",
    "prepare",
    "produce",
    "provide",
    "run",
    "set",
    "start",
    "update",
    "write",
];
/// A generic verb's weight: enough to break ties between components that do the rest.
const GENERIC_WEIGHT: f64 = 0.15;

/// Words behind which a request says where or for whom, and no longer what.
const PREPOSITIONS: &[&str] =
    &["about", "against", "at", "by", "for", "from", "in", "into", "of", "on", "over", "to", "using", "with"];
/// The weight of what hangs on a preposition: a security review of payments is a security review.
const ATTACHED_WEIGHT: f64 = 0.4;
/// What is left of its weight where no component speaks of it: behind a preposition that is a name
/// ("a licence for Acme Corp"), and no work that nothing here can do.
pub(super) const UNKNOWN_ATTACHED: f64 = 0.25;
/// Words that begin the next thing that is wanted.
const BOUNDARIES: &[&str] = &["and", "but", "or", "so", "then", "that", "which"];

/// A word's other names count a little less than the word.
const SYNONYM_WEIGHT: f64 = 0.8;

/// One word of a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// In lower case, as it was written.
    pub(super) word: String,
    /// Its stem and those of its synonyms, with their weights.
    pub(super) stems: Vec<(String, f64)>,
    pub(super) weight: f64,
    /// It only says where or for whom.
    pub(super) attached: bool,
}

/// The content words of `request`, each stem once, in the order of the request.
pub(super) fn wanted(request: &str) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for clause in request.split([',', ';', '.', ':', '!', '?', '\n']) {
        let mut attached = false;
        for word in split(clause).map(str::to_lowercase) {
            if PREPOSITIONS.contains(&word.as_str()) {
                // Only behind a content word: "for the API, write docs" has no earlier work.
                attached = !wanted.is_empty();
            } else if BOUNDARIES.contains(&word.as_str()) {
                attached = false;
            }
            let Some(stem) = stem(&word) else { continue };
            let generic = GENERIC.contains(&word.as_str());
            let role = if attached { ATTACHED_WEIGHT } else { 1.0 };
            let weight = if generic { GENERIC_WEIGHT * role } else { role };
            match wanted.iter_mut().find(|known| known.stems[0].0 == stem) {
                Some(known) => {
                    known.weight = known.weight.max(weight);
                    known.attached &= attached;
                }
                None => wanted.push(Wanted { stems: with_others(&word, stem), word, weight, attached }),
            }
        }
    }
    wanted
}

/// A word's stem, that of its American spelling, and those of its synonyms.
fn with_others(word: &str, own: String) -> Vec<(String, f64)> {
    let american = american(word).and_then(|word| stem(&word)).filter(|other| *other != own);
    let synonyms = synonyms::others(&own, stem).into_iter().map(|other| (other, SYNONYM_WEIGHT));
    [(own, 1.0)].into_iter().chain(american.map(|other| (other, 1.0))).chain(synonyms).collect()
}

/// `optimise` and `optimisation` with their z, since descriptions are mostly American. What is no
/// such word (`exercise`) only gains a spelling that no text has.
fn american(word: &str) -> Option<String> {
    ["ise", "ises", "ised", "ising", "isation"].iter().find_map(|ending| {
        let stem = word.strip_suffix(ending)?;
        Some(format!("{stem}{}", ending.replacen('s', "z", 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(request: &str) -> String {
        let word = |wanted: &Wanted| format!("{} {}", wanted.word, wanted.weight);
        wanted(request).iter().map(word).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_work_weighs_more_than_its_place_and_generic_verbs() {
        assert_eq!(
            shown("review the security of the payments API"),
            "review 1, security 1, payments 0.4, api 0.4"
        );
        assert_eq!(shown("write tests for it"), "write 0.15, tests 1");
        assert_eq!(shown("For the API, create docs and test them"), "api 1, create 0.15, docs 1, test 1");
    }

    #[test]
    fn both_spellings_of_a_verb_meet() {
        let others = |word| with_others(word, stem(word).expect("a content word"));
        assert!(others("optimisation").contains(&(stem("optimization").expect("a content word"), 1.0)));
        assert_eq!(others("test").len(), 1);
    }

    #[test]
    fn abbreviations_meet_their_long_forms() {
        let stems =
            |request| wanted(request)[0].stems.iter().map(|(stem, _)| stem.clone()).collect::<Vec<_>>();
        assert_eq!(stems("docs"), ["doc", "document"]);
        assert_eq!(stems("documentation"), ["document", "doc"]);
        assert_eq!(stems("poem"), ["poem"]);
    }
}
