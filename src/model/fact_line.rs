//! A fact as one line of text, `KIND PLACE METHOD: CLAIM`, so that `git diff` shows which facts changed.
//!
//! A fact has one line, and a line is read only where it is the one that its fact is written as. What runs
//! showed has none: that is for the notes to tell.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

use super::capability::{Claim, Effect, Fact, Form, LONGEST_TEXT, Method, Place, Thing};
use super::text::is_one_line;

/// The longest word of a closed list, in bytes.
const LONGEST_WORD: usize = 40;

impl Fact {
    /// The fact as a line; `None`: it is no fact of a text, or holds what no line can.
    pub(crate) fn line(&self) -> Option<String> {
        if self.method == Method::Observed {
            return None;
        }
        let (kind, place, method) = (self.claim.kind(), place_token(&self.place)?, self.method.as_str());
        Some(format!("{kind} {place} {method}: {}", claim_words(&self.claim)?))
    }

    /// The fact that a line says; `None`: it is none, or is written in another way.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let (kind, rest) = line.split_once(' ')?;
        let (place, rest) = rest.split_once(' ')?;
        let (method, words) = rest.split_once(": ")?;
        let fact = Self { claim: claim(kind, words)?, place: self::place(place)?, method: variant(method)? };
        (fact.line()? == line).then_some(fact)
    }

    /// The text in it that others wrote, if there is one.
    pub(crate) fn text_mut(&mut self) -> Option<&mut String> {
        match &mut self.claim {
            Claim::Purpose { text } => Some(text),
            Claim::Category { name } | Claim::Requires { name, .. } => Some(name),
            Claim::Input(thing) | Claim::Output(thing) => Some(&mut thing.name),
            _ => None,
        }
    }
}

/// `7`, `7-9`, `path`, or `@FILE` with spaces percent-encoded.
fn place_token(place: &Place) -> Option<Cow<'static, str>> {
    match place {
        Place::Lines { first, last } if *first == 0 || first > last => None,
        Place::Lines { first, last } if first == last => Some(first.to_string().into()),
        Place::Lines { first, last } => Some(format!("{first}-{last}").into()),
        Place::Path => Some("path".into()),
        Place::Manifest { file } => {
            plain(file).map(|file| format!("@{}", file.replace('%', "%25").replace(' ', "%20")).into())
        }
        Place::Runs { .. } => None,
    }
}

fn place(token: &str) -> Option<Place> {
    if token == "path" {
        return Some(Place::Path);
    }
    if let Some(file) = token.strip_prefix('@') {
        return Some(Place::Manifest { file: file.replace("%20", " ").replace("%25", "%") });
    }
    let (first, last) = token.split_once('-').unwrap_or((token, token));
    Some(Place::Lines { first: first.parse().ok()?, last: last.parse().ok()? })
}

fn claim_words(claim: &Claim) -> Option<Cow<'_, str>> {
    match claim {
        Claim::Purpose { text } | Claim::Category { name: text } => plain(text).map(Cow::Borrowed),
        Claim::Domain { name } | Claim::Language { name } => is_word(name).then_some(Cow::Borrowed(*name)),
        Claim::Does { verb, artifact } => {
            let fits = is_word(verb) && !verb.contains(' ') && is_word(artifact);
            fits.then(|| format!("{verb} {artifact}").into())
        }
        Claim::Input(thing) | Claim::Output(thing) => thing_words(thing).map(Cow::Owned),
        Claim::Requires { need, name } => plain(name).map(|name| format!("{} {name}", need.as_str()).into()),
        Claim::Effect { effect } => Some(effect_word(*effect).into()),
        Claim::Complexity { level } => Some(level.as_str().into()),
        Claim::Context { .. } => Some(claim.to_string().into()),
    }
}

fn claim(kind: &str, words: &str) -> Option<Claim> {
    let text = || words.to_owned();
    Some(match kind {
        "purpose" => Claim::Purpose { text: text() },
        "category" => Claim::Category { name: text() },
        "domain" => Claim::Domain { name: word(words)? },
        "language" => Claim::Language { name: word(words)? },
        "does" => {
            let (verb, artifact) = words.split_once(' ')?;
            Claim::Does { verb: word(verb)?, artifact: word(artifact)? }
        }
        "input" => Claim::Input(thing(words)?),
        "output" => Claim::Output(thing(words)?),
        "requires" => {
            let (need, name) = words.split_once(' ')?;
            Claim::Requires { need: variant(need)?, name: name.to_owned() }
        }
        "effect" => Claim::Effect { effect: variant(words)? },
        "complexity" => Claim::Complexity { level: variant(words)? },
        "context" => {
            let (always, on_invoke) = words.strip_suffix(" on invoke")?.split_once(" always, ")?;
            Claim::Context { always: always.parse().ok()?, on_invoke: on_invoke.parse().ok()? }
        }
        _ => return None,
    })
}

/// `FORM NAME`, or `FORM(ARTIFACT) NAME`.
fn thing_words(thing: &Thing) -> Option<String> {
    let form = match thing.form {
        Form::File => "file",
        Form::Argument => "argument",
        Form::Named => "named",
    };
    let name = plain(&thing.name)?;
    match thing.artifact {
        None => Some(format!("{form} {name}")),
        Some(artifact) => is_word(artifact).then(|| format!("{form}({artifact}) {name}")),
    }
}

fn thing(words: &str) -> Option<Thing> {
    let end = words.find([' ', '('])?;
    let (form, rest) = words.split_at(end);
    let (artifact, name) = match rest.strip_prefix('(') {
        None => (None, &rest[1..]),
        Some(rest) => {
            let (artifact, name) = rest.split_once(") ")?;
            (Some(word(artifact)?), name)
        }
    };
    Some(Thing { form: variant(form)?, name: name.to_owned(), artifact })
}

fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::ReadsOnly => "reads-only",
        Effect::CreatesFiles => "creates-files",
        Effect::ModifiesFiles => "modifies-files",
        Effect::DeletesFiles => "deletes-files",
        Effect::RunsCommands => "runs-commands",
        Effect::UsesNetwork => "uses-network",
        Effect::ChangesRepository => "changes-repository",
        Effect::Deploys => "deploys",
    }
}

/// The variant of this name.
fn variant<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
    let deserializer: serde::de::value::StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(deserializer).ok()
}

/// A text that facts can hold: one line, nothing hidden in it, and not too long.
fn plain(text: &str) -> Option<&str> {
    let fits = !text.is_empty() && text.len() <= 4 * LONGEST_TEXT && text.chars().count() <= LONGEST_TEXT;
    (fits && is_one_line(text)).then_some(text)
}

/// Whether a closed list may have this word. Which words it has is for its version to know: a word that
/// was taken out stays readable.
fn is_word(text: &str) -> bool {
    let usual = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b" +#./-".contains(&b);
    (1..=LONGEST_WORD).contains(&text.len())
        && text.bytes().all(usual)
        && !text.starts_with(' ')
        && !text.ends_with(' ')
}

/// A word of a closed list, kept for as long as the program runs; there are few, whatever is read.
fn word(text: &str) -> Option<&'static str> {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    if !is_word(text) {
        return None;
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(word) = known.get(text) {
        return Some(word);
    }
    if known.len() >= MOST_WORDS {
        return None;
    }
    let word: &'static str = Box::leak(text.to_owned().into_boxed_str());
    known.insert(word);
    Some(word)
}

/// More words than all closed lists will ever have.
const MOST_WORDS: usize = 10_000;

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::capability::{Level, Need};
    use crate::model::text::one_line;

    fn text() -> impl Strategy<Value = String> {
        let text = prop_oneof!["[ -~]{1,30}", "\\PC{1,20}", "file(a) b: c", "@a%20b [x] \\\\\""];
        text.prop_map(|text| one_line(&text)).prop_filter("something is left", |text| !text.is_empty())
    }

    fn listed() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["api", "ci pipeline", "c++", "c#", "node.js", "x-y"])
    }

    fn thing() -> impl Strategy<Value = Thing> {
        let form = prop::sample::select(vec![Form::File, Form::Argument, Form::Named]);
        (form, text(), prop::option::of(listed())).prop_map(|(form, name, artifact)| Thing {
            form,
            name,
            artifact,
        })
    }

    fn claim() -> impl Strategy<Value = Claim> {
        let needs = vec![Need::Program, Need::Variable, Need::Tool, Need::Mcp, Need::Service];
        let effects = vec![
            Effect::ReadsOnly,
            Effect::CreatesFiles,
            Effect::ModifiesFiles,
            Effect::DeletesFiles,
            Effect::RunsCommands,
            Effect::UsesNetwork,
            Effect::ChangesRepository,
            Effect::Deploys,
        ];
        let levels = vec![Level::Low, Level::Medium, Level::High];
        prop_oneof![
            text().prop_map(|text| Claim::Purpose { text }),
            text().prop_map(|name| Claim::Category { name }),
            listed().prop_map(|name| Claim::Domain { name }),
            listed().prop_map(|name| Claim::Language { name }),
            listed().prop_map(|artifact| Claim::Does { verb: "review", artifact }),
            thing().prop_map(Claim::Input),
            thing().prop_map(Claim::Output),
            (prop::sample::select(needs), text()).prop_map(|(need, name)| Claim::Requires { need, name }),
            prop::sample::select(effects).prop_map(|effect| Claim::Effect { effect }),
            prop::sample::select(levels).prop_map(|level| Claim::Complexity { level }),
            (0..9_u64, 0..9_999_u64).prop_map(|(always, on_invoke)| Claim::Context { always, on_invoke }),
        ]
    }

    fn place() -> impl Strategy<Value = Place> {
        prop_oneof![
            (1..99_usize, 0..9_usize).prop_map(|(first, more)| Place::Lines { first, last: first + more }),
            Just(Place::Path),
            text().prop_map(|file| Place::Manifest { file }),
        ]
    }

    /// Facts as texts give them.
    pub(in crate::model) fn fact() -> impl Strategy<Value = Fact> {
        let methods = vec![Method::Declared, Method::Section, Method::Terms, Method::Grant, Method::Counted];
        (claim(), place(), prop::sample::select(methods)).prop_map(|(claim, place, method)| Fact {
            claim,
            place,
            method,
        })
    }

    proptest! {
        #[test]
        fn every_fact_of_a_text_reads_back_from_its_line(fact in fact()) {
            let line = fact.line().expect("it is clean");
            prop_assert!(!line.contains(char::is_control), "{line}");
            prop_assert_eq!(Fact::from_line(&line), Some(fact));
        }

        #[test]
        fn what_is_read_from_any_line_is_written_as_that_line(
            line in prop_oneof!["\\PC{0,40}", "(does|input|context|effect) [0-9@path%-]{1,6} (grant|name): [ -~]{0,20}"],
        ) {
            if let Some(fact) = Fact::from_line(&line) {
                prop_assert_eq!(fact.line(), Some(line));
            }
        }
    }

    #[test]
    fn lines_say_what_where_and_how_it_was_read() {
        for line in [
            "purpose 3-4 declared: Reviews code: all of it.",
            "category @.claude-plugin/market%20place%25.json declared: ai-ml",
            "category @: declared: a: b",
            "domain path terms: devops",
            "does 3 description: review ci pipeline",
            "input 6 argument: argument --out <dir",
            "output 46 section: named(api documentation) Notes (short) of it",
            "requires 14 section: variable AUDIT_TOKEN",
            "effect 25 command: changes-repository",
            "complexity 2-35 counted: medium",
            "context 2-35 counted: 28 always, 117 on invoke",
        ] {
            assert_eq!(Fact::from_line(line).and_then(|fact| fact.line()).as_deref(), Some(line));
        }
    }

    #[test]
    fn every_other_way_to_write_a_fact_is_refused() {
        for line in [
            "",
            "purpose 3 declared:",
            "purpose 3 declared:  two",
            "purpose 3 declared: a\tb",
            "purpose 3 declared: a\u{202e}b",
            "purpose 03 declared: a",
            "purpose +3 declared: a",
            "purpose 0 declared: a",
            "purpose 4-3 declared: a",
            "purpose 3-3 declared: a",
            "purpose 3/5 observed: a",
            "purpose 3 observed: a",
            "purpose 3 guessed: a",
            "purpose @ declared: a",
            "purpose @a%2fb%2 x declared: a",
            "promise 3 declared: a",
            "domain path terms: DevOps",
            "does 3 description: review",
            "output 46 section: named()  x",
            "output 46 section: named(API) x",
            "output 46 section: folder x",
            "requires 14 section: friend x",
            "effect 25 command: may deploy",
            "complexity 2 counted: Medium",
            "context 2 counted: 01 always, 2 on invoke",
        ] {
            assert_eq!(Fact::from_line(line), None, "{line:?}");
        }
        assert_eq!(Fact::from_line(&format!("purpose 3 declared: {}", "a".repeat(LONGEST_TEXT + 1))), None);
    }
}
