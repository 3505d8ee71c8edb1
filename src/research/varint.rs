//! Numbers that take a byte for each seven bits.

/// Puts a number behind `bytes`.
pub(super) fn push(bytes: &mut Vec<u8>, mut number: u32) {
    while number > 0x7f {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number off the front of `bytes`; `None` where there is none.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for shift in (0..u32::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_read_back_one_after_the_other(numbers: Vec<u32>, behind in 0..3_u8) {
            let mut bytes = Vec::new();
            numbers.iter().for_each(|number| push(&mut bytes, *number >> (number % 32)));
            bytes.push(behind);
            let mut rest = &bytes[..];
            for number in numbers {
                prop_assert_eq!(take(&mut rest), Some(number >> (number % 32)));
            }
            prop_assert_eq!(rest, [behind]);
        }
    }

    #[test]
    fn a_number_without_end_is_none() {
        assert_eq!(take(&mut &[0xff; 9][..]), None);
        assert_eq!(take(&mut &[0xff][..]), None);
    }
}
