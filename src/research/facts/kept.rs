//! Facts in the form that is kept: words of closed lists by their places there, which only the program
//! that wrote them knows.

use serde::{Deserialize, Serialize};

use super::artifacts::ARTIFACTS;
use super::domains::DOMAINS;
use super::programs::LANGUAGES;
use super::verbs::VERBS;
use crate::model::capability::{Claim, Effect, Fact, Form, Level, Method, Need, Place, Thing};

/// A closed list: its words, each with other names.
type List = &'static [(&'static str, &'static [&'static str])];

#[derive(Serialize, Deserialize)]
enum Kept {
    Purpose(String),
    Category(String),
    Domain(usize),
    Does(usize, usize),
    Input(Form, String, Option<usize>),
    Output(Form, String, Option<usize>),
    Language(usize),
    Requires(Need, String),
    Effect(Effect),
    Complexity(Level),
    Context(u64, u64),
}

/// These facts as bytes.
pub(crate) fn encode(facts: Vec<Fact>) -> Vec<u8> {
    let kept: Vec<(Kept, Place, Method)> =
        facts.into_iter().map(|fact| (Kept::of(fact.claim), fact.place, fact.method)).collect();
    postcard::to_stdvec(&kept).expect("plain values of known length")
}

/// The facts that `bytes` were made of; `None`: of none.
pub(crate) fn decode(bytes: &[u8]) -> Option<Vec<Fact>> {
    let kept: Vec<(Kept, Place, Method)> = postcard::from_bytes(bytes).ok()?;
    kept.into_iter().map(|(kept, place, method)| Some(Fact { claim: kept.claim()?, place, method })).collect()
}

impl Kept {
    fn of(claim: Claim) -> Self {
        let artifact = |name: Option<&str>| name.map(|name| place(ARTIFACTS, name));
        match claim {
            Claim::Purpose { text } => Self::Purpose(text),
            Claim::Category { name } => Self::Category(name),
            Claim::Domain { name } => Self::Domain(place(DOMAINS, name)),
            Claim::Does { verb, artifact } => Self::Does(place(VERBS, verb), place(ARTIFACTS, artifact)),
            Claim::Input(thing) => Self::Input(thing.form, thing.name, artifact(thing.artifact)),
            Claim::Output(thing) => Self::Output(thing.form, thing.name, artifact(thing.artifact)),
            Claim::Language { name } => Self::Language(place(LANGUAGES, name)),
            Claim::Requires { need, name } => Self::Requires(need, name),
            Claim::Effect { effect } => Self::Effect(effect),
            Claim::Complexity { level } => Self::Complexity(level),
            Claim::Context { always, on_invoke } => Self::Context(always, on_invoke),
        }
    }

    fn claim(self) -> Option<Claim> {
        let thing = |form, name, artifact: Option<usize>| {
            let artifact = match artifact {
                Some(place) => Some(word(ARTIFACTS, place)?),
                None => None,
            };
            Some(Thing { form, name, artifact })
        };
        Some(match self {
            Self::Purpose(text) => Claim::Purpose { text },
            Self::Category(name) => Claim::Category { name },
            Self::Domain(name) => Claim::Domain { name: word(DOMAINS, name)? },
            Self::Does(verb, artifact) => {
                Claim::Does { verb: word(VERBS, verb)?, artifact: word(ARTIFACTS, artifact)? }
            }
            Self::Input(form, name, artifact) => Claim::Input(thing(form, name, artifact)?),
            Self::Output(form, name, artifact) => Claim::Output(thing(form, name, artifact)?),
            Self::Language(name) => Claim::Language { name: word(LANGUAGES, name)? },
            Self::Requires(need, name) => Claim::Requires { need, name },
            Self::Effect(effect) => Claim::Effect { effect },
            Self::Complexity(level) => Claim::Complexity { level },
            Self::Context(always, on_invoke) => Claim::Context { always, on_invoke },
        })
    }
}

fn place(list: List, word: &str) -> usize {
    list.iter().position(|(name, _)| *name == word).expect("claims take their words out of the closed lists")
}

fn word(list: List, place: usize) -> Option<&'static str> {
    list.get(place).map(|(name, _)| *name)
}
