//! What a process prints, in bounded memory: its first and its last 64 KiB.

use std::collections::VecDeque;

/// How much is kept from the start, and how much from the end, in bytes.
const KEPT: usize = 64 << 10;

/// A stream's start and end.
#[derive(Debug, Default)]
pub(super) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    lost: u64,
}

impl Capture {
    /// Adds what was printed next.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(KEPT - self.head.len()));
        self.head.extend_from_slice(first);
        let rest_kept = &rest[rest.len().saturating_sub(KEPT)..];
        let surplus = (self.tail.len() + rest_kept.len()).saturating_sub(KEPT);
        self.tail.drain(..surplus);
        self.tail.extend(rest_kept);
        self.lost += (surplus + rest.len() - rest_kept.len()) as u64;
    }

    /// All that is kept, with a line in place of what is not.
    pub(super) fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        if self.lost == 0 {
            return String::from_utf8_lossy(&[self.head.as_slice(), &tail].concat()).into_owned();
        }
        let (head, tail) = (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&tail));
        format!("{head}\n[{} bytes left out]\n{tail}", self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_output_is_kept_whole() {
        let mut capture = Capture::default();
        capture.push(b"one\n");
        capture.push(&[b'x'; KEPT]);
        assert_eq!(capture.text(), format!("one\n{}", "x".repeat(KEPT)));
    }

    #[test]
    fn of_long_output_the_start_and_the_end_are_kept() {
        let mut capture = Capture::default();
        capture.push(b"start");
        for _ in 0..100 {
            capture.push(&[b'x'; 10_000]);
        }
        capture.push(&vec![b'y'; 3 * KEPT]);
        capture.push(b"end");
        let text = capture.text();
        assert!(text.starts_with("startx") && text.ends_with("yyyend"), "{}", text.len());
        assert!(text.len() < 2 * KEPT + 50 && capture.tail.capacity() <= 4 * KEPT);
        assert!(text.contains(&format!("[{} bytes left out]", 5 + 1_000_000 + 3 + KEPT)));
    }
}
