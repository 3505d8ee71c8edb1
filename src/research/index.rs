//! The index: BM25F over components, one class of equal components at a time.
//!
//! score = Σ w · idf · tf / (k1 + tf) over the request's words, where w is the word's weight, tf =
//! Σ over fields of boost · count / (1 − b + b · length / mean length), and idf = ln(1 + (N − n + ½) /
//! (n + ½)) for a word that n of N classes have in any field. Robertson and Zaragoza, "The
//! Probabilistic Relevance Framework: BM25 and Beyond", 2009, sections 3.4 and 3.6; the 1 inside the
//! logarithm keeps idf positive.

use std::collections::BTreeMap;

use super::fields::{BODY, Text, mean_lengths};
use super::query::{UNKNOWN_ATTACHED, Wanted, wanted};
use super::terms::Terms;
use crate::model::component::{Catalog, Component};
use crate::model::id::ComponentId;

/// How fast repetitions of a word stop counting.
const K1: f64 = 2.0;

/// How much a word counts towards coverage that only the body has.
const MENTIONED: f64 = 0.5;

/// A component that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) component: ComponentId,
    /// Comparable between hits of one search only.
    pub(crate) score: f64,
    /// From 0 to 1: the share of what was asked for, by idf and weight, that the component speaks
    /// of. A word that it says of itself (name, plugin, description, headings) counts whole, one
    /// that only its body mentions half. The one number that is comparable between searches.
    pub(crate) coverage: f64,
    /// The request's words that it has, in the request's order.
    pub(crate) matched: Vec<String>,
    /// Components of the same name and text, by id: each other's fallbacks.
    pub(crate) also: Vec<ComponentId>,
}

/// Components that are one thing; the first by id speaks for them.
#[derive(Debug)]
struct Class {
    first: ComponentId,
    also: Vec<ComponentId>,
}

/// A term in a class.
#[derive(Clone, Copy, Debug)]
struct Posting {
    class: u32,
    /// tf / (k1 + tf), from 0 to 1.
    strength: f32,
    /// Whether it is in a field before the body.
    said: bool,
}

/// What was built from a catalog.
#[derive(Debug)]
pub(crate) struct Index {
    classes: Vec<Class>,
    terms: Terms,
    /// By term; each list by class.
    postings: Vec<Vec<Posting>>,
}

impl Index {
    /// Reads every component once.
    pub(crate) fn build(catalog: &Catalog) -> Self {
        let groups = equal_texts(catalog);
        let mut terms = Terms::default();
        let texts: Vec<Text> = groups.iter().map(|group| Text::read(group[0], &mut terms)).collect();
        terms.settle();
        let mut postings = vec![Vec::new(); terms.len()];
        let means = mean_lengths(&texts);
        for (class, text) in (0..).zip(&texts) {
            for (term, counts) in &text.counts {
                let tf = text.frequency(counts, &means);
                let said = counts[..BODY].iter().any(|count| *count > 0);
                let strength = (tf / (K1 + tf)) as f32;
                postings[*term as usize].push(Posting { class, strength, said });
            }
        }
        let id = |component: &&Component| component.id.clone();
        let classes = groups
            .iter()
            .map(|group| Class { first: id(&group[0]), also: group[1..].iter().map(id).collect() })
            .collect();
        Self { classes, terms, postings }
    }

    /// The best components for `query`: by score, then by id. At most `limit`.
    pub(crate) fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        let wanted = wanted(query);
        let mut found: BTreeMap<u32, Found> = BTreeMap::new();
        let mut asked = 0.0;
        for (index, want) in wanted.iter().enumerate() {
            let (mass, matches) = self.matches(want);
            asked += mass;
            for (class, (score, covered)) in matches {
                let found = found.entry(class).or_default();
                found.score += score;
                found.covered += covered;
                found.matched.push(index);
            }
        }
        let mut hits: Vec<Hit> =
            found.into_iter().map(|(class, found)| self.hit(class, &found, &wanted, asked)).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.component.cmp(&b.component)));
        hits.truncate(limit);
        hits
    }

    /// A word's mass in the request, and by class its score and the mass that it covers. Of a word
    /// and its synonyms the best counts.
    fn matches(&self, want: &Wanted) -> (f64, BTreeMap<u32, (f64, f64)>) {
        let mut matches: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        let mut mass = f64::INFINITY;
        for (stem, weight) in &want.stems {
            let postings = self.terms.number(stem).map_or(&[][..], |term| &self.postings[term as usize]);
            let idf = self.idf(postings.len());
            mass = mass.min(want.weight * idf);
            for posting in postings {
                let best = matches.entry(posting.class).or_default();
                let part = want.weight * weight;
                best.0 = best.0.max(part * idf * f64::from(posting.strength));
                best.1 = best.1.max(if posting.said { part } else { part * MENTIONED });
            }
        }
        if want.attached && matches.is_empty() {
            mass *= UNKNOWN_ATTACHED;
        }
        // The commonest of the synonyms says how much there is to cover.
        let share = mass / want.weight;
        matches.values_mut().for_each(|(_, covered)| *covered *= share);
        (mass, matches)
    }

    fn idf(&self, classes_with: usize) -> f64 {
        let (all, with) = (self.classes.len() as f64, classes_with as f64);
        libm::log(1.0 + (all - with + 0.5) / (with + 0.5))
    }

    fn hit(&self, class: u32, found: &Found, wanted: &[Wanted], asked: f64) -> Hit {
        let Class { first, also } = &self.classes[class as usize];
        Hit {
            component: first.clone(),
            score: found.score,
            coverage: (found.covered / asked).clamp(0.0, 1.0),
            matched: found.matched.iter().map(|index| wanted[*index].word.clone()).collect(),
            also: also.clone(),
        }
    }
}

/// What a search knows of a class.
#[derive(Default)]
struct Found {
    score: f64,
    covered: f64,
    matched: Vec<usize>,
}

/// Groups of components that are one thing, by their first id.
fn equal_texts(catalog: &Catalog) -> Vec<Vec<&Component>> {
    let mut groups: Vec<Vec<&Component>> = Vec::new();
    let mut known = BTreeMap::new();
    for component in catalog.iter() {
        let group = *known.entry(identity(component)).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(component);
    }
    groups
}

/// Equal for components that do the same: by what would run, or else by name and text.
///
/// The text alone does not tell: published commands share a template's body, placeholders and all,
/// and differ in their names only. An empty body is no text that two components could share.
fn identity(component: &Component) -> String {
    let id = &component.id;
    match &component.contract {
        Some(_) => component.content.clone(),
        None if component.body.trim().is_empty() => id.to_string(),
        None => {
            let prefix = format!("{}-", id.plugin());
            let name = id.name().strip_prefix(&prefix).unwrap_or(id.name());
            format!("{name}/{}", blake3::hash(component.body.as_bytes()).to_hex())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::component::TokenCost;

    fn component(plugin: &str, name: &str, description: &str, body: &str) -> Component {
        Component {
            id: ComponentId::new("m", plugin, "skill", name).expect("a valid sample"),
            description: description.to_owned(),
            headings: Vec::new(),
            body: body.to_owned(),
            contract: None,
            content: String::new(),
            folder: "/".into(),
            file: "/x".into(),
            roots: Default::default(),
            declared: Default::default(),
            tokens: TokenCost::default(),
        }
    }

    fn market() -> Index {
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
        let read = |(plugin, name, description, body)| component(plugin, name, description, body);
        Index::build(&components.into_iter().map(read).collect())
    }

    fn names(request: &str) -> Vec<String> {
        market().search(request, 3).iter().map(|hit| hit.component.name().to_owned()).collect()
    }

    #[test]
    fn the_work_comes_before_the_thing_that_it_is_done_to() {
        let hits = market().search("review the security of the payments API", 3);
        assert_eq!(hits[0].component.name(), "security-review");
        assert_eq!(hits[0].matched, ["review", "security", "api"]);
        assert!(hits[0].coverage > MENTIONED);
    }

    #[test]
    fn a_generic_verb_does_not_outweigh_its_object() {
        assert_eq!(names("write tests for it")[0], "unit-tests");
        assert_eq!(names("write")[0], "spec", "alone it still finds something");
    }

    #[test]
    fn what_nobody_speaks_of_is_not_covered() {
        let hits = market().search("translate a poem into Klingon", 3);
        assert_eq!(hits[0].matched, ["translate"]);
        assert!(hits[0].coverage < 0.3, "{}", hits[0].coverage);
        assert_eq!(market().search("", 3), []);
        assert_eq!(market().search("the of and", 3), []);
        assert_eq!(market().search("zzz", 3), []);
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
        let index = Index::build(&[prefixed, first, template, empty].into_iter().collect());
        let hits = index.search("audit", 5);
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
        let index = Index::build(&["z", "b", "y"].map(sample).into_iter().collect());
        let ids: Vec<String> = index.search("thing", 2).iter().map(|hit| hit.component.to_string()).collect();
        assert_eq!(ids, ["m/p/skill/b", "m/p/skill/y"]);
        assert_eq!(Index::build(&Catalog::default()).search("thing", 2), []);
    }
}
