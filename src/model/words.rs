//! Keywords: the stemmed content words of a text, the common tongue of requests and components.

use frostem::{Algorithm, Stemmer};

use super::redact::unmarked;

/// English words that say nothing about what a request wants.
const STOP: &[&str] = &[
    "a", "about", "all", "also", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "could",
    "do", "does", "each", "for", "from", "get", "give", "has", "have", "how", "i", "if", "in", "into", "is",
    "it", "its", "just", "let", "like", "make", "me", "my", "need", "needs", "new", "of", "on", "or", "our",
    "out", "please", "should", "so", "some", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "those", "to", "up", "use", "us", "using", "want", "was", "we", "what", "when", "where",
    "which", "while", "who", "will", "with", "would", "you", "your",
];

/// Words longer than this are noise (hashes, base64), in characters.
const LONGEST: usize = 40;

/// The stems of the content words of `text`, in order, repetitions kept.
///
/// A word is a run of letters and digits, with `+` and `#` inside names such as `c++` and `c#`;
/// single letters count only when something is attached to them.
pub(crate) fn stems(text: &str) -> Vec<String> {
    let stemmer = Stemmer::new(Algorithm::English);
    unmarked(text)
        .split(|c: char| !(c.is_alphanumeric() || c == '+' || c == '#'))
        .map(|word| word.trim_start_matches(['+', '#']).to_lowercase())
        .filter(|word| (2..=LONGEST).contains(&word.chars().count()) && !STOP.contains(&word.as_str()))
        .map(|word| stem(&stemmer, &word))
        .collect()
}

/// Keywords of a request: its stems, sorted, each once.
pub(crate) fn keywords(text: &str) -> Vec<String> {
    let mut words = stems(text);
    words.sort_unstable();
    words.dedup();
    words
}

fn stem(stemmer: &Stemmer, word: &str) -> String {
    if word == "licence" {
        // The two spellings are one word, and the stemmer keeps them apart.
        return stemmer.stem("license").into_owned();
    }
    stemmer.stem(word).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_and_endings_go() {
        assert_eq!(keywords("Please set up the tests, and testing!"), ["set", "test"]);
    }

    #[test]
    fn both_spellings_of_licence_meet() {
        assert_eq!(keywords("licence"), keywords("a license"));
    }

    #[test]
    fn what_redaction_left_is_no_keyword() {
        assert_eq!(keywords("deploy with [redacted GitHub token]"), ["deploy"]);
    }

    #[test]
    fn names_with_signs_survive() {
        assert_eq!(stems("C++ and C#, not +x"), ["c++", "c#", "not"]);
    }

    #[test]
    fn greek_and_long_noise_do_no_harm() {
        assert_eq!(stems(&format!("Ελλάδα {}", "x".repeat(500))).len(), 1);
    }
}
