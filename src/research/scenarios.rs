//! What search finds, and that it is what the reference finds.

use std::collections::BTreeMap;
use std::ops::Range;

use proptest::prelude::*;

use super::classes::profile;
use super::index::{Entry, Index, index};
use super::reference;
use super::search::{Hit, Searcher};
use super::vector::vector;
use super::vocabulary::Vocabulary;
use crate::model::component::{Card, Component, Contract, RunnerKind, TokenCost};
use crate::model::id::ComponentId;
use crate::model::records::Records;

fn component(plugin: &str, name: &str, description: &str, body: &str) -> Component {
    let card = Card {
        id: ComponentId::new("m", plugin, "skill", name).expect("a valid sample"),
        description: description.to_owned(),
        contract: None,
        content: String::new(),
        folder: "/".into(),
        file: "/x".into(),
        roots: Default::default(),
        tokens: TokenCost::default(),
    };
    Component { card, headings: Vec::new(), body: body.to_owned(), declared: Default::default() }
}

/// The index of these components after others were known, and their vectors.
fn indexed(components: &[Component], known_before: &[Component]) -> (Index, Vec<Vec<u8>>) {
    let vocabulary = Vocabulary::of(["nobody", "says", "this"].map(str::to_owned));
    known_before.iter().for_each(|component| drop(vector(component, &vocabulary)));
    let kept = |component| (vector(component, &vocabulary), profile(component));
    let by_id: BTreeMap<&ComponentId, _> = components.iter().map(|it| (&it.id, kept(it))).collect();
    let entries: Vec<Entry<'_>> =
        by_id.iter().map(|(id, (vector, profile))| Entry { id, vector, profile }).collect();
    index(&entries, vocabulary.into_terms()).expect("our own vectors")
}

fn part(bytes: &[u8], range: Range<u64>) -> Option<Vec<u8>> {
    let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
    bytes.get(start..end).map(<[u8]>::to_vec)
}

fn searched(index: &Index, request: &str, limit: usize) -> Option<Vec<Hit>> {
    let (terms, postings) = (|range| part(&index.terms, range), |range| part(&index.postings, range));
    let classes = |range| part(&index.classes, range);
    let searcher = Searcher {
        terms: Records::open(&terms)?,
        postings: Records::open(&postings)?,
        classes: Records::open(&classes)?,
    };
    searcher.search(request, limit)
}

fn search(components: &[Component], request: &str, limit: usize) -> Vec<Hit> {
    searched(&indexed(components, &[]).0, request, limit).expect("an index that is intact")
}

fn market() -> Vec<Component> {
    let components = [
        ("guard", "security-review", "Reviews code for security holes", "Looks at every API."),
        ("guard", "secret-scan", "Finds secrets in code", "Security of payments, APIs and more."),
        ("pay", "payments", "Integrates payments", "Calls the payments API of a bank."),
        ("pay", "payments-report", "Reports on payments", "Sums up what the payments API says."),
        ("qa", "unit-tests", "Writes tests for code", "Runs them until they pass."),
        ("qa", "spec", "Writes a specification", "Write, write and write again. Then tests."),
        ("docs", "handbook", "Keeps the documentation", "Translates words into pages."),
        ("ops", "k8s", "Deploys to Kubernetes", ""),
        ("web", "a11y", "Checks pages", ""),
    ];
    components.map(|(plugin, name, description, body)| component(plugin, name, description, body)).into()
}

fn names(request: &str) -> Vec<String> {
    search(&market(), request, 3).iter().map(|hit| hit.component.name().to_owned()).collect()
}

#[test]
fn the_work_comes_before_the_thing_that_it_is_done_to() {
    let hits = search(&market(), "review the security of the payments API", 3);
    assert_eq!(hits[0].component.name(), "security-review");
    assert_eq!(hits[0].matched, ["review", "security", "api"]);
    assert!(hits[0].coverage > 0.5);
}

#[test]
fn a_generic_verb_does_not_outweigh_its_object() {
    assert_eq!(names("write tests for it")[0], "unit-tests");
    assert_eq!(names("write")[0], "spec", "alone it still finds something");
}

#[test]
fn what_nobody_speaks_of_is_not_covered() {
    let hits = search(&market(), "translate a poem into Klingon", 3);
    assert_eq!(hits[0].matched, ["translate"]);
    assert!(hits[0].coverage < 0.3, "{}", hits[0].coverage);
    assert_eq!(search(&market(), "", 3), []);
    assert_eq!(search(&market(), "the of and", 3), []);
    assert_eq!(search(&market(), "zzz", 3), []);
}

#[test]
fn long_and_short_forms_find_each_other() {
    assert_eq!(names("update the docs"), ["handbook"]);
    assert_eq!(names("kubernetes")[0], "k8s");
    assert_eq!(names("accessibility"), ["a11y"]);
}

#[test]
fn equal_texts_of_one_name_are_one_hit_with_fallbacks() {
    let first = component("a", "audit", "Audits", "The same text.");
    let prefixed = component("b", "b-audit", "Audits", "The same text.");
    let template = component("d", "check", "Audits", "The same text.");
    let empty = component("c", "audit", "Audits", "");
    let hits = search(&[prefixed, first, template, empty], "audit", 5);
    let shown: Vec<String> = hits.iter().map(|hit| format!("{} {:?}", hit.component, hit.also)).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    m/a/skill/audit [ComponentId("m/b/skill/b-audit")]
    m/c/skill/audit []
    m/d/skill/check []
    "#);
}

#[test]
fn equal_scores_are_ordered_by_id_and_an_empty_catalog_is_searched() {
    let sample = |name| component("p", name, "Does a thing", "");
    let hits = search(&["z", "b", "y"].map(sample), "thing", 2);
    let ids: Vec<String> = hits.iter().map(|hit| hit.component.to_string()).collect();
    assert_eq!(ids, ["m/p/skill/b", "m/p/skill/y"]);
    assert_eq!(search(&[], "thing", 2), []);
}

/// Words of which some are stems of others, some have other names, and some say nothing.
fn text(words: Range<usize>) -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "review",
        "reviews",
        "code",
        "security",
        "docs",
        "documentation",
        "k8s",
        "write",
        "the",
        "of",
        "API",
        "payments",
        "database",
        "db",
        "optimise",
        "optimize",
        "codeReview",
        "Ünïcode",
        "c++",
        "for",
        "and",
        ",",
    ]);
    prop::collection::vec(word, words).prop_map(|words| words.join(" "))
}

fn components() -> impl Strategy<Value = Vec<Component>> {
    let one = (
        prop::sample::select(vec!["p", "code", "security"]),
        prop::sample::select(vec!["review", "p-review", "docs", "codeReview", "x"]),
        text(0..6),
        prop::collection::vec(text(0..3), 0..3),
        prop_oneof![text(0..20), Just(String::new()), Just("The same text of review.".to_owned())],
        prop::option::of(0..2_u8),
    );
    let component = one.prop_map(|(plugin, name, description, headings, body, runs)| {
        let contract = Contract {
            runner: RunnerKind::Shell,
            script: "run.sh".into(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            gates: Vec::new(),
            fallback: None,
            timeout: None,
        };
        let mut component = Component { headings, ..component(plugin, name, &description, &body) };
        component.card.contract = runs.map(|_| contract);
        component.card.content = runs.map(|content| content.to_string()).unwrap_or_default();
        component
    });
    prop::collection::vec(component, 0..14)
}

proptest! {
    #[test]
    fn search_finds_what_the_reference_finds(
        components in components(), request in text(0..8), limit in 0..9_usize,
    ) {
        prop_assert_eq!(search(&components, &request, limit), reference::search(&components, &request, limit));
    }

    #[test]
    fn an_index_does_not_depend_on_what_was_known_before(now in components(), before in components()) {
        let (index, vectors) = indexed(&now, &before);
        prop_assert_eq!((&index, &vectors), (&indexed(&now, &[]).0, &indexed(&now, &[]).1));
    }

    #[test]
    fn a_damaged_index_gives_no_panic(
        components in components(), request in text(1..5), damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..9),
    ) {
        let (mut index, _) = indexed(&components, &[]);
        for (at, byte) in damage {
            let part = [&mut index.terms, &mut index.postings, &mut index.classes].into_iter().nth(at % 3);
            let part = part.expect("one of three");
            let length = part.len();
            part[at / 3 % length] ^= byte;
        }
        searched(&index, &request, 5);
    }
}
