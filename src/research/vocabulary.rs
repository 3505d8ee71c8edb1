//! The terms of all texts: their stems, numbered, each distinct word stemmed only once. Threads share it.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::terms::{split, stem};

/// A term's number.
pub(crate) type Term = u32;

/// The terms that were seen.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<String, Term>,
    /// Words as they are written, to their term; `None` for words that say nothing.
    words: HashMap<String, Option<Term>>,
}

impl Vocabulary {
    /// These terms, numbered in their order.
    pub(crate) fn of(terms: impl IntoIterator<Item = String>) -> Self {
        let numbers = terms.into_iter().zip(0..).collect();
        Self(RwLock::new(Known { numbers, words: HashMap::new() }))
    }

    /// All terms, by number.
    pub(crate) fn into_terms(self) -> Vec<String> {
        let known = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut terms: Vec<(Term, String)> =
            known.numbers.into_iter().map(|(term, number)| (number, term)).collect();
        terms.sort_unstable();
        terms.into_iter().map(|(_, term)| term).collect()
    }

    /// The terms of `text`, repetitions kept; new ones get a number.
    pub(super) fn read(&self, text: &str, mut each: impl FnMut(Term)) {
        let mut new = Vec::new();
        {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            for word in split(text) {
                match known.words.get(word) {
                    Some(term) => term.iter().copied().for_each(&mut each),
                    None => new.push(word),
                }
            }
        }
        if new.is_empty() {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for word in new {
            known.learn(word).into_iter().for_each(&mut each);
        }
    }
}

impl Known {
    fn learn(&mut self, word: &str) -> Option<Term> {
        if let Some(known) = self.words.get(word) {
            return *known;
        }
        let next = Term::try_from(self.numbers.len()).ok()?;
        let term = stem(word).map(|stem| *self.numbers.entry(stem).or_insert(next));
        self.words.insert(word.to_owned(), term);
        term
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words;

    #[test]
    fn reading_gives_what_the_model_gives() {
        let text = "The k8s-tests: writing C++ and c#, 2 reviews_of x";
        let vocabulary = Vocabulary::of(["review".to_owned()]);
        let mut seen = Vec::new();
        vocabulary.read("writing", |_| {});
        vocabulary.read(text, |term| seen.push(term));
        let terms = vocabulary.into_terms();
        let mut read: Vec<&str> = seen.iter().map(|term| terms[*term as usize].as_str()).collect();
        let mut stems = words::stems(text);
        read.sort_unstable();
        stems.sort_unstable();
        assert_eq!(read, stems);
        assert_eq!(terms[0], "review");
    }
}
