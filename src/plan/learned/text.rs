//! A request as numbered words, without what is different in every request: quotes, files, names, numbers.

use std::borrow::Cow;
use std::collections::HashSet;

use frostem::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

/// The words that a catalog speaks; a capitalised one of these is the point of a request, and no name.
pub(crate) type Vocabulary = HashSet<u32>;

/// Words that say nothing of what is wanted.
const STOP: &str = "a about all also am an and any are as at be been but by can could did do does for from had \
    has have he help her him his i if in into is it its just like me my need no not of on or our out please \
    shall she should so some that the their them then there these they this those to up us want was we were \
    will with would yes you your";
/// Of these the ones that say in which order things are wanted.
const ORDER: &str = "also and if then";

/// Endings of files whose names say nothing, while the ending does.
const FILES: &str = "c cfg conf cpp css csv doc docx go h html ini java jpeg jpg js json jsx log md pdf php png \
    pptx py rb rs sh sql svg toml ts tsx txt xls xlsx xml yaml yml zip";

/// The longest quote that is left out, in characters; what is longer is no name.
const QUOTE: usize = 200;
/// The longest word that is stemmed, in bytes.
const WORD: usize = 40;
/// Words of a request beyond these are not looked at.
const WORDS: usize = 2_000;

/// What stands for a quote, and for a name.
const QUOTED: &str = "\"";
const NAMED: &str = "^";

/// One word: its number, and what kind of word it is in the two highest bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token(pub(crate) u32);

impl Token {
    const STOP: u32 = 1 << 31;
    const ORDER: u32 = 1 << 30;

    /// The word's number.
    pub(crate) fn word(self) -> u32 {
        self.0 & !(Self::STOP | Self::ORDER)
    }

    /// Says something of what is wanted.
    pub(crate) fn is_content(self) -> bool {
        self.0 & Self::STOP == 0
    }

    /// Says what is wanted, or in which order.
    pub(crate) fn is_ordered(self) -> bool {
        self.is_content() || self.0 & Self::ORDER != 0
    }
}

/// Reads texts with one stemmer.
pub(crate) struct Reader {
    stemmer: Stemmer,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { stemmer: Stemmer::new(Algorithm::English) }
    }

    /// The words of a request. A capitalised word within a sentence is a name unless `vocabulary` has it.
    pub(crate) fn request(&self, text: &str, vocabulary: &Vocabulary) -> Vec<Token> {
        let mut scan = Scan { reader: self, text, at: 0, vocabulary: Some(vocabulary), tokens: Vec::new() };
        scan.run();
        scan.tokens
    }

    /// The words of a component's text, where nothing is a name.
    pub(crate) fn plain(&self, text: &str) -> Vec<Token> {
        let mut scan = Scan { reader: self, text, at: 0, vocabulary: None, tokens: Vec::new() };
        scan.run();
        scan.tokens
    }

    fn token(&self, word: &str) -> Token {
        let small = if word.bytes().all(|b| b.is_ascii_lowercase()) {
            Cow::Borrowed(word)
        } else {
            Cow::Owned(word.to_lowercase())
        };
        let among = |list: &str| list.split_ascii_whitespace().any(|it| it == small);
        if among(STOP) {
            let order = if among(ORDER) { Token::ORDER } else { 0 };
            return Token(hash(&small) | Token::STOP | order);
        }
        let stem = if small.len() > WORD { small.clone() } else { self.stemmer.stem(&small) };
        Token(hash(&stem))
    }
}

/// One way through a text.
struct Scan<'a> {
    reader: &'a Reader,
    text: &'a str,
    at: usize,
    vocabulary: Option<&'a Vocabulary>,
    tokens: Vec<Token>,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            if self.tokens.len() >= WORDS {
                return;
            }
            let masks = self.vocabulary.is_some();
            if masks && let Some(length) = self.quote(c) {
                self.push(QUOTED);
                self.at += length;
            } else if masks && let Some((length, ending)) = self.file(c) {
                self.push(ending);
                self.at += length;
            } else if is_letter(c) {
                self.word();
            } else if c.is_ascii_digit() {
                let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
                self.push(&format!("#{}", digits.min(6)));
                self.at += digits;
            } else if c.is_alphanumeric() {
                // A script without spaces: every character is a word, and two make a pair.
                self.push(&self.rest()[..c.len_utf8()]);
                self.at += c.len_utf8();
            } else {
                self.at += c.len_utf8();
            }
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    fn push(&mut self, word: &str) {
        let token = self.reader.token(word);
        self.tokens.push(token);
    }

    /// The bytes of the quote that starts here.
    fn quote(&self, c: char) -> Option<usize> {
        let closing: &[char] = match c {
            '"' | '“' | '”' => &['"', '“', '”'],
            '«' => &['»'],
            '\'' if !self.before().is_some_and(is_letter) => &['\''],
            _ => return None,
        };
        let inside = &self.rest()[c.len_utf8()..];
        let ends = |(at, end): (usize, char)| {
            let next = inside[at + end.len_utf8()..].chars().next();
            let whole = end != '\'' || !next.is_some_and(is_letter);
            (closing.contains(&end) && whole).then(|| (at, at + end.len_utf8()))
        };
        let (length, end) = inside.char_indices().take(QUOTE + 1).find_map(ends)?;
        (length > 0).then_some(c.len_utf8() + end)
    }

    /// The bytes of the file's name that starts here, and its ending.
    fn file(&self, c: char) -> Option<(usize, &'a str)> {
        if c.is_whitespace() || self.before().is_some_and(|c| !c.is_whitespace() && c != '(' && c != '`') {
            return None;
        }
        let chunk = self.rest().split(char::is_whitespace).next()?;
        let name = chunk.trim_end_matches(|c: char| !c.is_alphanumeric());
        let (stem, ending) = name.rsplit_once('.')?;
        let known = FILES.split_ascii_whitespace().any(|it| it.eq_ignore_ascii_case(ending));
        (known && !stem.is_empty()).then_some((name.len(), ending))
    }

    fn word(&mut self) {
        let word = self.letters(self.at);
        if self.vocabulary.is_none() || !self.within_sentence() {
            self.push(word);
            self.at += word.len();
            return;
        }
        // Names in a row are one name.
        let mut named = false;
        let mut next = Some(word);
        while let Some(word) = next.filter(|word| self.is_name(word)) {
            named = true;
            self.at += word.len();
            let following = self.rest().strip_prefix(' ').map(|_| self.letters(self.at + 1));
            next = following.filter(|word| self.is_name(word));
            self.at += usize::from(next.is_some());
        }
        if named {
            self.push(NAMED);
        } else {
            self.push(word);
            self.at += word.len();
        }
    }

    /// The run of letters from `at` on.
    fn letters(&self, at: usize) -> &'a str {
        let rest = &self.text[at..];
        &rest[..rest.find(|c| !is_letter(c)).unwrap_or(rest.len())]
    }

    fn within_sentence(&self) -> bool {
        let mut before = self.text[..self.at].chars().rev();
        before.next() == Some(' ') && before.next().is_some_and(|c| c.is_lowercase() || c == ',')
    }

    /// Capitalised, and nothing that the catalog speaks of.
    fn is_name(&self, word: &str) -> bool {
        let mut letters = word.chars();
        let capitalised =
            letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
        let known = || self.vocabulary.is_some_and(|it| it.contains(&self.reader.token(word).word()));
        capitalised && !known()
    }
}

/// A letter of a script that puts spaces between words.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c.is_lowercase() || c.is_uppercase()
}

/// FNV-1a in 30 bits: equal on every machine.
fn hash(text: &str) -> u32 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
    ((hash ^ (hash >> 32)) & 0x3fff_ffff) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let (reader, none) = (Reader::new(), Vocabulary::new());
        reader.request(one, &none) == reader.request(other, &none)
    }

    #[test]
    fn what_differs_in_every_request_is_left_out() {
        assert!(same("mail \"the report\" to Ann Lee", "mail \"a letter\" to Bob"));
        assert!(same("open notes/a.md at 10", "open plan.md at 42"));
        assert!(!same("open a.md", "open a.pdf"));
        assert!(!same("mail the report", "mail the letter"));
    }

    #[test]
    fn a_capitalised_word_of_the_catalog_is_no_name() {
        let reader = Reader::new();
        let known: Vocabulary =
            reader.plain("verifies a JWT, caches in Redis").iter().map(|it| it.word()).collect();
        let read = |text| reader.request(text, &known);
        assert_ne!(read("store it in Redis"), read("store it in Paris"));
        assert_eq!(read("store it in Rome"), read("store it in Paris"));
        assert_eq!(read("store it in New York"), read("store it in Paris"));
        assert_ne!(read("store it in Paris Redis"), read("store it in Paris"));
    }

    #[test]
    fn the_first_word_of_a_sentence_is_no_name() {
        assert!(!same("Deploy it", "Translate it"));
        assert!(!same("I am done. Deploy it", "I am done. Translate it"));
    }

    #[test]
    fn an_apostrophe_opens_no_quote() {
        assert!(!same("list the users' files and the team's plans", "list the users' files"));
        assert!(same("call 'one'", "call 'two'"));
    }

    #[test]
    fn every_script_is_read() {
        let reader = Reader::new();
        assert_eq!(reader.plain("翻译文件").len(), 4);
        assert_eq!(reader.plain("Übersetze die Datei").len(), 3);
        assert!(reader.plain(&"word ".repeat(50_000)).len() <= WORDS);
    }
}
