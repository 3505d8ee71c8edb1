//! Many byte strings as one, of which each can be read alone: their number, where each begins, all of them.

use std::ops::Range;

/// Length of a number, in bytes.
const NUMBER: u64 = 8;

/// These byte strings as one.
pub(crate) fn encode<B: AsRef<[u8]>>(items: &[B]) -> Vec<u8> {
    let bytes: usize = items.iter().map(|item| item.as_ref().len()).sum();
    let mut all = Vec::with_capacity(bytes + (items.len() + 2) * NUMBER as usize);
    all.extend((items.len() as u64).to_le_bytes());
    let mut end = 0_u64;
    all.extend(end.to_le_bytes());
    for item in items {
        end += item.as_ref().len() as u64;
        all.extend(end.to_le_bytes());
    }
    items.iter().for_each(|item| all.extend(item.as_ref()));
    all
}

/// The byte strings that `all` consists of; `None` where it does not.
pub(crate) fn decode(all: &[u8]) -> Option<Vec<&[u8]>> {
    let (number, rest) = all.split_first_chunk()?;
    let number = usize::try_from(u64::from_le_bytes(*number)).ok()?;
    let (ends, bytes) = rest.split_at_checked(number.checked_add(1)?.checked_mul(NUMBER as usize)?)?;
    let ends: Vec<u64> = ends.chunks_exact(NUMBER as usize).filter_map(number_in).collect();
    let item = |pair: &[u64]| bytes.get(usize::try_from(pair[0]).ok()?..usize::try_from(pair[1]).ok()?);
    ends.windows(2).map(item).collect()
}

/// How parts of a byte string are had that lies somewhere else; `None` where it has no such part.
pub(crate) type Read<'r> = &'r dyn Fn(Range<u64>) -> Option<Vec<u8>>;

/// Byte strings that lie somewhere else. `None` is what something has that is not intact.
#[derive(Clone, Copy)]
pub(crate) struct Records<'r> {
    read: Read<'r>,
    number: u64,
}

impl<'r> Records<'r> {
    /// Those that `read` reads.
    pub(crate) fn open(read: Read<'r>) -> Option<Self> {
        let number = number_in(&read(0..NUMBER)?)?;
        let last = number.checked_add(1)?.checked_mul(NUMBER)?;
        // So many there are only where the last one ends somewhere.
        read(last..last.checked_add(NUMBER)?)?;
        Some(Self { read, number })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.number
    }

    /// One of them, counted from 0.
    pub(crate) fn get(&self, index: u64) -> Option<Vec<u8>> {
        if index >= self.number {
            return None;
        }
        let place = NUMBER + index * NUMBER;
        let ends = (self.read)(place..place + 2 * NUMBER)?;
        let (start, end) = (number_in(&ends)?, number_in(ends.get(NUMBER as usize..)?)?);
        let first = self.number.checked_add(2)?.checked_mul(NUMBER)?;
        let range = first.checked_add(start)?..first.checked_add(end)?;
        if range.is_empty() { Some(Vec::new()) } else { (self.read)(range) }
    }

    /// The place of `wanted` among byte strings that are sorted. `None` inside: it is not there.
    pub(crate) fn find(&self, wanted: &[u8]) -> Option<Option<u64>> {
        let (mut low, mut high) = (0, self.number);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle)?.as_slice().cmp(wanted) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(Some(middle)),
            }
        }
        Some(None)
    }
}

fn number_in(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|number| u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(all: &[u8], range: Range<u64>) -> Option<Vec<u8>> {
        let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
        all.get(start..end).map(<[u8]>::to_vec)
    }

    proptest! {
        #[test]
        fn each_reads_back_alone_and_with_the_others(items: Vec<Vec<u8>>) {
            let all = encode(&items);
            let whole: Vec<Vec<u8>> = decode(&all).expect("ours").iter().map(|item| item.to_vec()).collect();
            prop_assert_eq!(&whole, &items);
            let read = |range| part(&all, range);
            let records = Records::open(&read).expect("ours");
            prop_assert_eq!(records.len(), items.len() as u64);
            for (index, item) in (0..).zip(&items) {
                prop_assert_eq!(records.get(index), Some(item.clone()));
            }
            prop_assert_eq!(records.get(records.len()), None);
        }

        #[test]
        fn what_is_sorted_is_found(mut items: Vec<Vec<u8>>, other: Vec<u8>) {
            items.sort();
            items.dedup();
            let all = encode(&items);
            let read = |range| part(&all, range);
            let records = Records::open(&read).expect("ours");
            for (index, item) in (0..).zip(&items) {
                prop_assert_eq!(records.find(item), Some(Some(index)));
            }
            let there = items.iter().position(|item| *item == other).map(|index| index as u64);
            prop_assert_eq!(records.find(&other), Some(there));
        }

        #[test]
        fn nonsense_is_none_and_no_panic(all: Vec<u8>, number in 0..9_u64, index: u64) {
            let nonsense = [&number.to_le_bytes()[..], &all].concat();
            for all in [&all, &nonsense] {
                decode(all);
                let read = |range| part(all, range);
                if let Some(records) = Records::open(&read) {
                    records.get(index);
                    records.get(index % 9);
                    records.find(b"x");
                }
            }
        }
    }
}
