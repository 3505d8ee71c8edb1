//! Verb and artifact out of sentences and names.
//!
//! A word counts as a verb only where one must stand: at the start of a sentence or item, behind `to`,
//! as a gerund behind a preposition, or in line with such a verb. Its object is what follows up to a
//! preposition. Sentences that deny or forbid say nothing.

use super::artifacts::head;
use super::verbs::{Form, Verb, doer, verb};

/// A verb and an artifact.
pub(super) type Action = (&'static str, &'static str);

/// The most that is read of one text, in words.
const MOST_WORDS: usize = 400;
/// The most words of a phrase that is an object.
const LONGEST_OBJECT: usize = 8;

/// Words that turn what a sentence says around.
const DENIALS: &[&str] = &[
    "not", "never", "no", "without", "avoid", "avoids", "don't", "doesn't", "cannot", "can't", "won't",
    "instead", "rather", "neither", "nor", "skip", "refuse",
];

/// Words behind which an object ends.
const ENDS: &[&str] = &[
    "about",
    "across",
    "after",
    "against",
    "as",
    "at",
    "before",
    "between",
    "by",
    "during",
    "following",
    "for",
    "from",
    "in",
    "including",
    "inside",
    "into",
    "is",
    "like",
    "of",
    "on",
    "over",
    "per",
    "so",
    "such",
    "that",
    "through",
    "throughout",
    "to",
    "under",
    "until",
    "using",
    "via",
    "when",
    "where",
    "which",
    "while",
    "with",
    "within",
    "based",
    "are",
    "your",
    "meets",
    "meet",
    "has",
    "have",
    "follows",
    "follow",
    "works",
    "work",
    "adhering",
];

/// Prepositions behind which a gerund tells what is done.
const BEFORE_GERUNDS: &[&str] = &["by", "for", "in", "when", "while", "of"];

/// Nouns that only count what comes behind their `of`.
const MEASURES: &[&str] = &["collection", "list", "number", "range", "series", "set", "suite", "variety"];

/// What may stand between a verb and its object.
const PARTICLES: &[&str] =
    &["up", "out", "the", "a", "an", "any", "all", "your", "their", "its", "new", "existing"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// `.`, `!`, `?`, `;`, `:` and dashes.
    Stop,
    /// `,`, `/`, `&`, `and`, `or`.
    Join,
}

/// What the sentences of `text` say is done, in order, each once.
pub(super) fn of_text(text: &str) -> Vec<Action> {
    let lower = without_remarks(&unquoted(&text.to_lowercase()));
    let tokens = tokens(&lower);
    let mut actions = Vec::new();
    for sentence in tokens.split(|token| *token == Token::Stop) {
        if !sentence.iter().any(|token| matches!(token, Token::Word(word) if DENIALS.contains(word))) {
            read(sentence, &mut actions);
        }
    }
    actions
}

/// Pairs that are true of anything: `run task`.
const EMPTY: &[Action] = &[("run", "task"), ("run", "workflow"), ("automate", "task"), ("manage", "task")];

/// What a name such as `generate-api-docs`, `running-tests` or `code-reviewer` says is done.
pub(super) fn of_name(name: &str) -> Option<Action> {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.contains(&"multi") {
        // Of `multi-cook-review` the cooks review.
        return None;
    }
    let (first, rest) = words.split_first()?;
    let verb = verb(first).filter(|verb| verb.form != Form::Third);
    if let Some((verb, artifact)) = verb.zip(head(rest)) {
        return Some((verb.name, artifact));
    }
    let (last, before) = words.split_last()?;
    Some((doer(last)?, head(before)?))
}

fn read(sentence: &[Token<'_>], actions: &mut Vec<Action>) {
    let mut at = 0;
    while at < sentence.len() {
        match verb_at(sentence, at) {
            Some(verb) => at = governed(sentence, at, verb, actions),
            None => at += 1,
        }
    }
}

/// The verb that stands at `at`, where one can.
fn verb_at(sentence: &[Token<'_>], at: usize) -> Option<Verb> {
    let Token::Word(word) = sentence[at] else { return None };
    let verb = verb(word)?;
    let before = if at == 0 { None } else { Some(sentence[at - 1]) };
    let stands = match before {
        None => true,
        Some(Token::Word("to")) => verb.form == Form::Base,
        Some(Token::Word("that" | "which" | "who")) => verb.form == Form::Third,
        Some(Token::Word(before)) => verb.form == Form::Gerund && BEFORE_GERUNDS.contains(&before),
        _ => false,
    };
    stands.then_some(verb)
}

/// Reads what the verb at `start` and those in line with it govern; gives where to go on.
fn governed(sentence: &[Token<'_>], start: usize, first: Verb, actions: &mut Vec<Action>) -> usize {
    let mut verbs = vec![first.name];
    let mut at = start + 1;
    let mut found_object = false;
    loop {
        let mut phrase = object(sentence, &mut at);
        if found_object && phrase.first().is_some_and(|word| word.ends_with("ing") && verb_like(word)) {
            // "building models, handling requests": another verb, if none of the list, has its own object.
            phrase.clear();
            verbs.clear();
        }
        if let Some(artifact) = head(&phrase) {
            found_object = true;
            for verb in &verbs {
                if !actions.contains(&(*verb, artifact)) && !EMPTY.contains(&(*verb, artifact)) {
                    actions.push((verb, artifact));
                }
            }
        } else if !phrase.is_empty() {
            found_object = true;
        }
        // Behind a preposition nothing more is governed until the next joint that brings a verb.
        let joined = matches!(sentence.get(at), Some(Token::Join));
        if !joined {
            while at < sentence.len()
                && !(sentence[at] == Token::Join && next_verb(sentence, at, first.form).is_some())
            {
                if at > start && verb_at(sentence, at).is_some() {
                    return at;
                }
                at += 1;
            }
        }
        while matches!(sentence.get(at), Some(Token::Join)) {
            at += 1;
        }
        match sentence.get(at) {
            None => return at,
            Some(Token::Word(word)) => {
                if let Some(next) = verb(word).filter(|next| next.form == first.form) {
                    if found_object {
                        verbs.clear();
                        found_object = false;
                    }
                    verbs.push(next.name);
                    at += 1;
                }
            }
            Some(_) => {}
        }
    }
}

/// Whether a word in `-ing` stands where a verb would, rather than before a noun as in `unit testing`.
fn verb_like(word: &str) -> bool {
    !matches!(
        word,
        "existing"
            | "testing"
            | "training"
            | "pricing"
            | "alerting"
            | "caching"
            | "logging"
            | "monitoring"
            | "billing"
            | "landing"
            | "streaming"
    )
}

/// The verb of this form right behind the joints at `at`.
fn next_verb(sentence: &[Token<'_>], at: usize, form: Form) -> Option<Verb> {
    let word = sentence[at..].iter().find(|token| **token != Token::Join)?;
    let Token::Word(word) = word else { return None };
    verb(word).filter(|verb| verb.form == form)
}

/// The noun phrase at `at`, which moves behind it.
fn object<'a>(sentence: &[Token<'a>], at: &mut usize) -> Vec<&'a str> {
    let mut phrase: Vec<&str> = Vec::new();
    while let Some(Token::Word(word)) = sentence.get(*at) {
        // "scan for secrets", "a set of rules"
        let skipped = (phrase.is_empty() && (PARTICLES.contains(word) || *word == "for"))
            || (*word == "of" && phrase.last().is_some_and(|last| MEASURES.contains(last)));
        if skipped {
            phrase.clear();
        } else if ENDS.contains(word) {
            break;
        } else {
            phrase.push(word);
        }
        *at += 1;
    }
    if phrase.len() > LONGEST_OBJECT { Vec::new() } else { phrase }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for word in text.split_whitespace().take(MOST_WORDS) {
        split_word(word, &mut tokens);
    }
    tokens
}

fn split_word<'a>(word: &'a str, tokens: &mut Vec<Token<'a>>) {
    let mut start = 0;
    for (index, c) in word.char_indices() {
        // Dots inside a word belong to it: `node.js`.
        let inner_dot = c == '.' && word[index + 1..].starts_with(char::is_alphanumeric);
        if c.is_alphanumeric() || matches!(c, '\'' | '’' | '+' | '#' | '_') || inner_dot {
            continue;
        }
        push(&word[start..index], tokens);
        match c {
            '.' | '!' | '?' | ';' | ':' | '(' | ')' | '—' | '–' | '→' => tokens.push(Token::Stop),
            ',' | '/' | '&' => tokens.push(Token::Join),
            '-' if word.len() == 1 => tokens.push(Token::Stop),
            // `re-architecture` is not about architecture.
            '-' if matches!(&word[start..index], "re" | "pre" | "post" | "non" | "anti" | "de") => return,
            _ => {}
        }
        start = index + c.len_utf8();
    }
    push(&word[start..], tokens);
}

fn push<'a>(word: &'a str, tokens: &mut Vec<Token<'a>>) {
    match word {
        "" => {}
        "and" | "or" | "then" => tokens.push(Token::Join),
        word => tokens.push(Token::Word(word)),
    }
}

/// `text` with what stands in double quotes made a stop: those are words of users, not of the author.
fn unquoted(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if matches!(c, '"' | '“' | '”') {
            inside = !inside;
            kept.push_str(" ; ");
        } else if !inside {
            kept.push(c);
        }
    }
    kept
}

/// `text` without what stands in parentheses: `a quarterly (long) report` is about a report.
fn without_remarks(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    // One that never closes hides nothing.
    if depth == 0 { kept } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        of_text(text)
            .iter()
            .map(|(verb, artifact)| format!("{verb} {artifact}"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn verbs_in_line_share_their_object() {
        assert_eq!(said("Build and inspect neural networks on rainy days."), "create model, review model");
        assert_eq!(
            said("Writes unit tests, integration tests and docs with care"),
            "create unit test, create integration test, create documentation"
        );
        assert_eq!(
            said("Scans for forgotten credentials, then reports vulnerabilities"),
            "scan secret, summarize vulnerability"
        );
    }

    #[test]
    fn gerunds_tell_when_it_is_used() {
        assert_eq!(
            said("Expert in Rust. Use when debugging errors or reviewing code."),
            "fix error, review code"
        );
        assert_eq!(said("Helps to migrate databases"), "migrate database");
    }

    #[test]
    fn nouns_that_look_like_verbs_do_nothing() {
        for text in ["A build report", "Kubernetes test coverage", "The design of schemas", "Good code"] {
            assert_eq!(said(text), "", "{text}");
        }
    }

    #[test]
    fn what_is_denied_is_not_done() {
        assert_eq!(said("Never write code. Reviews code without fixing bugs; analyzes logs"), "analyze log");
        assert_eq!(said("Does not create files"), "");
        assert_eq!(said("Trigger with \"write tests\", \"review code\""), "");
    }

    #[test]
    fn names_say_what_is_done_first_or_last() {
        for (name, action) in [
            ("generate-api-docs", Some(("create", "api documentation"))),
            ("running-integration-tests", Some(("run", "integration test"))),
            ("code-reviewer", Some(("review", "code"))),
            ("sql-injection-detector", Some(("scan", "vulnerability"))),
            ("poetry", None),
            ("", None),
        ] {
            assert_eq!(of_name(name), action, "{name}");
        }
    }
}
