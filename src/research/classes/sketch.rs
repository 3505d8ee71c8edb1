//! How much two texts have in common, out of a sketch of each that is small enough to be kept.
//!
//! A shingle is five words in a row, without case and punctuation. The likeness of two texts is Jaccard's
//! index of their sets of shingles, the resemblance of Broder, "On the resemblance and containment of
//! documents", 1997. A sketch is the one permutation hash of Li, Owen and Zhang, "One Permutation Hashing",
//! 2012: shingles fall into bins by their hash, and each bin keeps the least; what is empty then is filled
//! from a full bin that its number alone chooses (Shrivastava, "Optimal Densification for Fast and Accurate
//! Minwise Hashing", 2017). Two bins are equal with about the probability of the likeness.

/// Words of a shingle: few enough that a changed word leaves most of a text alone, enough that equal ones
/// are no coincidence.
const WORDS: usize = 5;
/// Bins of a sketch; a likeness that is told from them is off by 0.04 (one standard deviation at 0.7), and by
/// more where a text has fewer shingles than there are bins.
const BINS: usize = 128;
/// Equal bins in a row that make two texts worth comparing. Of two texts with a likeness of 0.7 one row of
/// the 32 is equal with a probability of 0.9998, at 0.3 of 0.23.
const ROW: usize = 4;
/// How many there are.
pub(super) const ROWS: usize = BINS / ROW;
/// The most bytes of a text that are looked at.
const LONGEST: usize = 1 << 18;
/// An odd number without a pattern in its bits: the golden ratio in 64 of them.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// What is left of a text to compare it with many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sketch([u16; BINS]);

impl Sketch {
    /// The sketch of a text; `None` of one without words.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut least = [None::<u32>; BINS];
        each_shingle(text, |hash| {
            // The high bits choose the bin, others are what it keeps.
            let bin = &mut least[(hash >> 57) as usize];
            *bin = Some(bin.map_or(hash as u32, |known| known.min(hash as u32)));
        });
        if least.iter().all(Option::is_none) {
            return None;
        }
        let donor = |bin: usize| {
            let tries = (0_u64..).map(|attempt| (mixed(bin as u64 ^ (attempt << 32)) >> 57) as usize);
            tries.into_iter().find_map(|donor| least[donor]).expect("one is full, and all are tried")
        };
        // Half of the bits tell two texts apart as well as all do: one bin in 65,536 is equal by chance.
        Some(Self(std::array::from_fn(|bin| least[bin].unwrap_or_else(|| donor(bin)) as u16)))
    }

    /// About the likeness of two texts.
    pub(super) fn likeness(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count() as f32 / BINS as f32
    }

    /// Texts that are alike have at least one equal row, nearly surely.
    pub(super) fn rows(&self) -> [u64; ROWS] {
        std::array::from_fn(|row| {
            let bins = &self.0[row * ROW..(row + 1) * ROW];
            bins.iter().fold(0, |row, bin| row << u16::BITS | u64::from(*bin))
        })
    }

    /// The sketch as bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(|bin| bin.to_le_bytes()).collect()
    }

    /// What `bytes` are of; `None`: of no sketch.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (bins, []) = bytes.as_chunks() else { return None };
        let bins: Vec<u16> = bins.iter().map(|bin| u16::from_le_bytes(*bin)).collect();
        Some(Self(bins.try_into().ok()?))
    }
}

/// Hashes of the shingles in order. A text of fewer words is one shingle.
fn each_shingle(text: &str, mut each: impl FnMut(u64)) {
    let bytes = &text.as_bytes()[..text.len().min(LONGEST)];
    let first_weight = (1..WORDS).fold(1_u64, |weight, _| weight.wrapping_mul(MIX));
    let mut last = [0_u64; WORDS];
    let (mut words, mut rolling, mut at) = (0, 0_u64, 0);
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| OF_WORDS[usize::from(**byte)]).count();
        if length > 0 {
            let hash = word_hash(&bytes[at..at + length]);
            // Of the polynomial over the last words the oldest term goes, and the new one comes.
            let oldest = std::mem::replace(&mut last[words % WORDS], hash);
            rolling = rolling.wrapping_sub(oldest.wrapping_mul(first_weight));
            rolling = rolling.wrapping_mul(MIX).wrapping_add(hash);
            words += 1;
            if words >= WORDS {
                each(mixed(rolling));
            }
        }
        at += length + 1;
    }
    if (1..WORDS).contains(&words) {
        each(mixed(rolling));
    }
}

/// Bytes of words: letters and digits, and whatever is not ASCII.
const OF_WORDS: [bool; 256] = {
    let mut of_words = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        of_words[byte] = byte >= 0x80 || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    of_words
};

/// A hash of a word that is the same for small and capital ASCII letters, which differ in one bit that
/// digits have set.
fn word_hash(word: &[u8]) -> u64 {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    word.chunks(8).fold(word.len() as u64, |hash, chunk| {
        let mut eight = [0; 8];
        eight[..chunk.len()].copy_from_slice(chunk);
        let hash = (hash ^ (u64::from_le_bytes(eight) | SMALL)).wrapping_mul(MIX);
        hash ^ (hash >> 32)
    })
}

/// All bits of `hash` in each of its bits: the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast
/// Splittable Pseudorandom Number Generators", 2014).
fn mixed(hash: u64) -> u64 {
    let hash = hash.wrapping_add(MIX);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Jaccard's index itself: the share of the shingles that either text has that both have.
    fn exactly(one: &str, other: &str) -> f32 {
        let [one, other] = [one, other].map(|text| {
            let mut all = BTreeSet::new();
            each_shingle(text, |hash| {
                all.insert(hash);
            });
            all
        });
        let either = one.union(&other).count();
        if either == 0 { 0.0 } else { one.intersection(&other).count() as f32 / either as f32 }
    }

    fn numbers(range: std::ops::Range<u32>) -> String {
        range.map(|n| format!("w{n} ")).collect()
    }

    fn sketch(text: &str) -> Sketch {
        Sketch::of(text).expect("it has words")
    }

    #[test]
    fn a_shingle_is_five_words_in_a_row_without_case_and_punctuation() {
        assert_eq!(exactly("one two three four five", "One, two;\nTHREE four-five!"), 1.0);
        assert_eq!(exactly("one two three four five", "one two three four six"), 0.0);
        // 6 of 16 shingles: words 10 to 19 make 6, each text has 11 (words 5 to 19 and 10 to 24).
        assert_eq!(exactly(&numbers(5..20), &numbers(10..25)), 6.0 / 16.0);
        assert_eq!(exactly("few words", "few words"), 1.0);
        assert_eq!(exactly("", "..."), 0.0);
        assert!(Sketch::of(" --- ").is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Five standard deviations.
        #[test]
        fn a_sketch_tells_the_likeness_closely_enough(start in 0..90_000_u32, words in 100..900_u32, share in 0.0..1.0_f32) {
            let shift = start + (words as f32 * share) as u32;
            let (one, other) = (numbers(start..start + words), numbers(shift..shift + words));
            let told = sketch(&one).likeness(&sketch(&other));
            prop_assert!((exactly(&one, &other) - told).abs() < 0.25, "{} is told as {told}", exactly(&one, &other));
        }

        #[test]
        fn texts_that_are_nearly_the_same_have_an_equal_row(start in 0..90_000_u32, words in 100..900_u32) {
            let (one, other) = (numbers(start..start + words), numbers(start + words / 12..start + words));
            let (one, other) = (sketch(&one).rows(), sketch(&other).rows());
            prop_assert!(one.iter().zip(&other).any(|(a, b)| a == b));
        }

        #[test]
        fn a_sketch_reads_back(text in "[a-z ]{0,300}", other in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(sketch) = Sketch::of(&text) {
                prop_assert_eq!(Sketch::decode(&sketch.encode()), Some(sketch));
            }
            prop_assert_eq!(Sketch::decode(&other).is_some(), other.len() == 2 * BINS);
        }
    }
}
