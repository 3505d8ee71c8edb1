//! Terms of a text: its stems, numbered, each distinct word stemmed only once.

use std::collections::HashMap;

use crate::model::words;

/// A term's number.
pub(super) type Term = u32;

/// The numbers of all terms that were seen.
#[derive(Debug, Default)]
pub(super) struct Terms {
    numbers: HashMap<String, Term>,
    /// Words as they are written, to their term; `None` for words that say nothing.
    words: HashMap<String, Option<Term>>,
}

impl Terms {
    /// The terms of `text` in order, repetitions kept; new ones get a number.
    pub(super) fn read(&mut self, text: &str, mut each: impl FnMut(Term)) {
        for word in split(text) {
            let term = match self.words.get(word) {
                Some(known) => *known,
                None => self.learn(word),
            };
            if let Some(term) = term {
                each(term);
            }
        }
    }

    fn learn(&mut self, word: &str) -> Option<Term> {
        let next = Term::try_from(self.numbers.len()).ok()?;
        let term = stem(word).map(|stem| *self.numbers.entry(stem).or_insert(next));
        self.words.insert(word.to_owned(), term);
        term
    }

    /// The number of a stem, if any text has it.
    pub(super) fn number(&self, stem: &str) -> Option<Term> {
        self.numbers.get(stem).copied()
    }

    /// How many terms there are.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Forgets the spellings, which only reading needs.
    pub(super) fn settle(&mut self) {
        self.words = HashMap::new();
    }
}

/// The words of `text`, split where `model::words` splits.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '+' || c == '#')).filter(|word| !word.is_empty())
}

/// The stem of one word; `None` for a word that says nothing.
pub(super) fn stem(word: &str) -> Option<String> {
    words::stems(word).into_iter().next()
}

/// `codeReview_v2` as `code Review_v2`: a name's humps, apart.
pub(super) fn humps_apart(name: &str) -> String {
    let mut apart = String::with_capacity(name.len() + 8);
    let mut last_is_small = false;
    for c in name.chars() {
        if c.is_uppercase() && last_is_small {
            apart.push(' ');
        }
        last_is_small = c.is_lowercase();
        apart.push(c);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_gives_what_the_model_gives() {
        let text = "The k8s-tests: writing C++ and c#, 2 reviews_of x";
        let mut terms = Terms::default();
        let mut seen = Vec::new();
        terms.read(text, |term| seen.push(term));
        let numbers: Vec<Term> =
            words::stems(text).iter().map(|stem| terms.number(stem).expect("it was read")).collect();
        assert_eq!(seen, numbers);
    }

    #[test]
    fn humps_and_signs_part_a_name() {
        assert_eq!(
            split(&humps_apart("codeReview-v2_of HTTPServer")).collect::<Vec<_>>(),
            ["code", "Review", "v2", "of", "HTTPServer"]
        );
    }
}
