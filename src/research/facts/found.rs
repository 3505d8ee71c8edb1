//! The facts that were found of one component: clean, each once, the best, and not too many.

use globset::Glob;

use crate::model::capability::{
    Claim, Effect, Fact, Form, LONGEST_TEXT, MOST_FACTS, Method, Need, Place, Thing,
};
use crate::model::text::{clip, one_line};

/// The most facts of one kind; of requirements, of each need.
const MOST_OF_A_KIND: usize = 10;
/// The most inputs, and the most outputs.
const MOST_THINGS: usize = 16;

/// Facts in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Found(Vec<Fact>);

impl Found {
    /// Adds a fact, unless nothing is left of its text.
    pub(super) fn add(&mut self, claim: Claim, place: Place, method: Method) {
        self.0.push(Fact { claim, place, method });
    }

    /// Adds what is given or read.
    pub(super) fn input(
        &mut self,
        form: Form,
        name: &str,
        artifact: Option<&'static str>,
        at: usize,
        method: Method,
    ) {
        self.thing(Claim::Input, form, name, artifact, at, method);
    }

    /// Adds what is left behind.
    pub(super) fn output(
        &mut self,
        form: Form,
        name: &str,
        artifact: Option<&'static str>,
        at: usize,
        method: Method,
    ) {
        self.thing(Claim::Output, form, name, artifact, at, method);
    }

    fn thing(
        &mut self,
        claim: impl Fn(Thing) -> Claim,
        form: Form,
        name: &str,
        artifact: Option<&'static str>,
        at: usize,
        method: Method,
    ) {
        let name = cleaned(name);
        if !name.is_empty() {
            self.add(claim(Thing { form, name, artifact }), Place::line(at), method);
        }
    }

    /// Adds what has to be there.
    pub(super) fn requires(&mut self, need: Need, name: &str, place: Place, method: Method) {
        let name = cleaned(name);
        if !name.is_empty() {
            self.add(Claim::Requires { need, name }, place, method);
        }
    }

    /// Adds what it may do.
    pub(super) fn effect(&mut self, effect: Effect, place: Place, method: Method) {
        self.add(Claim::Effect { effect }, place, method);
    }

    /// The facts by kind, in each the surest first, of equal ones the earliest; equal claims once.
    pub(super) fn ranked(mut self) -> Vec<Fact> {
        // Stable: what was found first stays first among equals.
        self.0.sort_by(|a, b| {
            let rank = |fact: &Fact| (order(&fact.claim), -fact.confidence());
            let (a_rank, b_rank) = (rank(a), rank(b));
            a_rank.0.cmp(&b_rank.0).then(a_rank.1.total_cmp(&b_rank.1)).then(a.method.cmp(&b.method))
        });
        let mut kept: Vec<Fact> = Vec::new();
        for fact in self.0 {
            let known = kept.iter().any(|it| same(&it.claim, &fact.claim));
            let alike = kept.iter().filter(|it| order(&it.claim) == order(&fact.claim)).count();
            if !known && alike < most(&fact.claim) && kept.len() < MOST_FACTS {
                kept.push(fact);
            }
        }
        without_own_inputs(kept)
    }
}

/// Without the inputs that a component writes itself: its later steps read what its earlier ones wrote.
fn without_own_inputs(facts: Vec<Fact>) -> Vec<Fact> {
    let written: Vec<String> =
        facts.iter().filter_map(|fact| file(&fact.claim, true)).map(str::to_owned).collect();
    let covers = |glob: &str, path: &str| {
        let glob = if glob.ends_with('/') { format!("{glob}**") } else { glob.to_owned() };
        Glob::new(&glob).is_ok_and(|glob| glob.compile_matcher().is_match(path))
    };
    let own =
        |path: &str| written.iter().any(|glob| glob == path || covers(glob, path) || covers(path, glob));
    let declared = |fact: &Fact| fact.method == Method::Declared;
    facts.into_iter().filter(|fact| declared(fact) || !file(&fact.claim, false).is_some_and(own)).collect()
}

/// The file that an output, or an input, is.
fn file(claim: &Claim, output: bool) -> Option<&str> {
    match claim {
        Claim::Output(thing) if output && thing.form == Form::File => Some(&thing.name),
        Claim::Input(thing) if !output && thing.form == Form::File => Some(&thing.name),
        _ => None,
    }
}

/// `text` as facts hold it.
pub(super) fn cleaned(text: &str) -> String {
    clip(&one_line(text), LONGEST_TEXT)
}

fn same(one: &Claim, other: &Claim) -> bool {
    match (one, other) {
        (Claim::Input(a), Claim::Input(b)) | (Claim::Output(a), Claim::Output(b)) => {
            a.form == b.form && a.name.eq_ignore_ascii_case(&b.name)
        }
        // Of these there is one: the surest.
        (Claim::Purpose { .. }, Claim::Purpose { .. })
        | (Claim::Category { .. }, Claim::Category { .. })
        | (Claim::Complexity { .. }, Claim::Complexity { .. }) => true,
        _ => one == other,
    }
}

fn most(claim: &Claim) -> usize {
    match claim {
        Claim::Domain { .. } => 2,
        Claim::Language { .. } => 3,
        Claim::Does { .. } => 8,
        Claim::Input(_) | Claim::Output(_) => MOST_THINGS,
        _ => MOST_OF_A_KIND,
    }
}

/// Kinds as they are shown; requirements by need.
pub(super) fn order(claim: &Claim) -> usize {
    match claim {
        Claim::Purpose { .. } => 0,
        Claim::Category { .. } => 1,
        Claim::Domain { .. } => 2,
        Claim::Does { .. } => 3,
        Claim::Input(_) => 4,
        Claim::Output(_) => 5,
        Claim::Effect { .. } => 6,
        Claim::Complexity { .. } => 7,
        Claim::Context { .. } => 8,
        Claim::Requires { need: Need::Program, .. } => 9,
        Claim::Requires { need: Need::Variable, .. } => 10,
        Claim::Requires { need: Need::Service, .. } => 11,
        Claim::Requires { need: Need::Mcp, .. } => 12,
        Claim::Language { .. } => 13,
        Claim::Requires { need: Need::Tool, .. } => 14,
    }
}
