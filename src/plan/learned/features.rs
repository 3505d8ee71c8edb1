//! Features of a request: its words and pairs of neighbours, and every word with every later one.

use super::text::Token;

/// Features are numbered by hash, within each of two blocks.
const BITS: u32 = 20;
/// Features of one block.
pub(crate) const BLOCK: usize = 1 << BITS;

/// Content words that are paired, and how far apart the two of a pair may be.
const PAIRED: usize = 120;
const APART: usize = 60;

/// A feature's number: words and neighbours below [`BLOCK`], ordered pairs from there on.
pub(crate) type Feature = u32;

/// Whether a feature is of the block of ordered pairs.
pub(crate) fn is_pair(feature: Feature) -> bool {
    feature as usize >= BLOCK
}

/// The features of a request, sorted, each with how often it is there.
pub(crate) fn features(tokens: &[Token]) -> Vec<(Feature, u32)> {
    let mut all: Vec<Feature> = Vec::with_capacity(tokens.len() * 12);
    all.extend(tokens.iter().map(|token| fold(token.word())));
    all.extend(tokens.windows(2).map(|two| fold(joined(two[0].word(), two[1].word(), 1))));
    let ordered: Vec<u32> = tokens.iter().filter(|it| it.is_ordered()).map(|it| it.word()).collect();
    let second = |word| fold(word) | 1 << BITS;
    all.extend(ordered.iter().map(|word| second(*word)));
    let paired = &ordered[..ordered.len().min(PAIRED)];
    for (at, first) in paired.iter().enumerate() {
        let later = paired[at + 1..].iter().take(APART);
        all.extend(later.map(|other| second(joined(*first, *other, 2))));
    }
    counted(all)
}

/// Words of a clause for the lexicon: content words, and neighbours among them.
pub(crate) fn words(tokens: &[Token]) -> Vec<(u32, u32)> {
    let content: Vec<u32> = tokens.iter().filter(|it| it.is_content()).map(|it| it.word()).collect();
    let pairs = content.windows(2).map(|two| joined(two[0], two[1], 3));
    counted(content.iter().copied().chain(pairs).collect())
}

fn counted(mut all: Vec<u32>) -> Vec<(u32, u32)> {
    all.sort_unstable();
    all.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as u32)).collect()
}

fn joined(one: u32, other: u32, salt: u32) -> u32 {
    let mixed = (u64::from(one) << 32 | u64::from(other)).wrapping_add(u64::from(salt) << 62);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 34) as u32
}

fn fold(word: u32) -> u32 {
    (word ^ (word >> BITS)) & (BLOCK as u32 - 1)
}

#[cfg(test)]
mod tests {
    use super::super::text::{Reader, Vocabulary};
    use super::*;

    fn read(text: &str) -> Vec<(Feature, u32)> {
        features(&Reader::new().request(text, &Vocabulary::new()))
    }

    #[test]
    fn order_is_a_feature_and_repetition_is_counted() {
        let (one, other) = (read("build, test, deploy"), read("deploy, test, build"));
        let words = |all: &[(Feature, u32)]| all.iter().filter(|(it, _)| !is_pair(*it)).count();
        assert_eq!((words(&one), one.len()), (5, 11));
        let both = one.iter().filter(|it| other.contains(it)).count();
        assert_eq!(both, 6, "three words in each of the two blocks");
        assert!(read("test test").iter().any(|(_, count)| *count == 2));
    }

    #[test]
    fn long_requests_have_bounded_features() {
        let text: String = (0..5_000).map(|i| format!("w{} ", "x".repeat(i % 37))).collect();
        assert!(read(&text).len() < 12_000);
    }
}
