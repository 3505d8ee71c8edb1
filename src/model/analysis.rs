//! What the catalog keeps of a plugin: its components and their facts, as the latest analysis saw them.
//!
//! It is text, the end of the plugin's file in the learning tree, and stays text until somebody asks: a
//! library of thousands of components is read at every run, and their facts hardly ever are.
//!
//! ```toml
//! [catalog]
//! extractor = 1
//! updated = "2026-11-20T08:00:00.000Z"
//! from = "https://example.com/market.git"
//!
//! [catalog."skill/poet"]
//! content = "…"
//! description = "Writes poems."
//! facts = [
//!     "purpose 3 declared: Writes poems.",
//! ]
//! ```
//!
//! Of two analyses of one plugin the greater counts, whole: the one by later rules, then the one of the
//! later state of the marketplace. So a component that has gone stays gone, and a plugin that has gone is
//! one without components.

use std::sync::Arc;

use super::capability::EXTRACTOR;
use super::catalog_entry::{Contents, Stamp};
use super::catalog_text::{Components, Lines, MOST_BYTES, OPENS, names, write};
use super::id::{ComponentId, PluginId};

/// The analysis of a plugin. The order is what decides a join.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Analysis {
    /// `None`: the text has no such head, and any other counts more.
    stamp: Option<Stamp>,
    text: Arc<str>,
}

/// Why nobody can tell what an analysis says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("line {line} of its catalog {reason}")]
    Broken { line: usize, reason: &'static str },
    #[error("its facts were read by version {0} of the rules, and this version knows {EXTRACTOR}")]
    Newer(u32),
}

impl Analysis {
    /// The analysis that found these components.
    pub(crate) fn new(stamp: Stamp, from: Option<&str>, components: &Components) -> Self {
        Self { stamp: Some(stamp), text: write(stamp, from, components).into() }
    }

    /// The analysis that says this.
    #[cfg(test)]
    pub(crate) fn saying(stamp: Stamp, contents: &Contents) -> Self {
        Self::new(stamp, contents.from.as_deref(), &Components::of(&contents.components))
    }

    /// The analysis whose text this is.
    pub(super) fn of_text(text: &str) -> Self {
        Self { stamp: Lines::of(text).stamp().ok(), text: text.into() }
    }

    /// Where in a plugin's file the text of an analysis may begin: in front of it something may look like
    /// its first line, and in itself nothing does.
    pub(super) fn find(file: &str) -> impl Iterator<Item = usize> {
        let opens = format!("\n{OPENS}");
        let first = file.find(&opens);
        // Looked for only where the first was none.
        let last = std::iter::once_with(move || file.rfind(&opens)).flatten();
        first.into_iter().chain(last.filter(move |last| Some(*last) != first)).map(|at| at + 1)
    }

    /// The text, as a plugin's file has it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Which of two counts; `None`: it can't be read.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.stamp
    }

    /// Where others get the marketplace, if it says so.
    pub(crate) fn from(&self) -> Option<String> {
        Lines::of(&self.text).head().ok().and_then(|(_, from)| from)
    }

    /// The components that it names.
    pub(crate) fn ids(&self, plugin: &PluginId) -> impl Iterator<Item = ComponentId> {
        names(&self.text).filter_map(|name| plugin.component(&name).ok())
    }

    /// How many components it has.
    pub(crate) fn len(&self) -> usize {
        self.text.matches("\n[catalog.\"").count()
    }

    /// What it says of `plugin`.
    pub(crate) fn read(&self, plugin: &PluginId) -> Result<Contents, Unreadable> {
        let mut lines = Lines::of(&self.text);
        let read = if !self.text.ends_with('\n') {
            Err((lines.count(), "has no end"))
        } else if self.text.len() > MOST_BYTES {
            Err((lines.count(), "is more than may be kept of one plugin"))
        } else {
            lines.contents(plugin)
        };
        read.map_err(|(line, reason)| match self.stamp {
            // What later rules say may need later words.
            Some(Stamp { extractor, .. }) if extractor > EXTRACTOR => Unreadable::Newer(extractor),
            _ => Unreadable::Broken { line, reason },
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::capability::{Fact, MOST_FACTS};
    use crate::model::catalog_entry::Entry;
    use crate::model::fact_line::tests::fact;
    use crate::model::redact::redact;
    use crate::model::time::Timestamp;
    use std::collections::BTreeMap;

    pub(in crate::model) fn plugin(name: &str) -> PluginId {
        PluginId::new("market", name).expect("valid")
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let description = prop_oneof!["[ -~]{0,30}", "\\PC{0,20}", "token=[a-z0-9]{12}", "[a-z]{1200}"];
        let facts = prop::collection::vec(fact(), 0..4);
        ("[0-9a-f]{32}", any::<bool>(), description, facts).prop_map(
            |(content, contract, description, facts)| Entry::new(content, contract, &description, facts),
        )
    }

    /// What an analysis of the plugin `name` may say.
    pub(in crate::model) fn contents(name: &str) -> impl Strategy<Value = Contents> {
        let plugin = plugin(name);
        let key = prop::sample::select(vec!["skill/a", "agent/b \"c\\d\"", "mcp/é", "command/x:y"]);
        let components = prop::collection::btree_map(key, entry(), 0..4);
        let from = prop::option::of(Just("https://example.com/\"m\".git".to_owned()));
        (from, components).prop_map(move |(from, components)| {
            let id = |key: &str| plugin.component(key).expect("valid");
            let components = components.into_iter().map(|(key, entry)| (id(key), entry)).collect();
            Contents { from, components }
        })
    }

    pub(in crate::model) fn stamp(extractor: u32, updated: i64) -> Stamp {
        Stamp { extractor, updated: Timestamp(updated) }
    }

    proptest! {
        #[test]
        fn an_analysis_says_what_it_was_made_of(contents in contents("tools"), updated in 0..9_i64) {
            let analysis = Analysis::saying(stamp(EXTRACTOR, updated), &contents);
            prop_assert_eq!(analysis.len(), contents.components.len());
            prop_assert!(analysis.ids(&plugin("tools")).eq(contents.components.keys().cloned()));
            prop_assert_eq!(&Analysis::of_text(analysis.text()), &analysis);
            prop_assert_eq!(analysis.read(&plugin("tools")), Ok(contents));
            let toml = toml::from_str::<toml::Value>(analysis.text()).expect("TOML");
            let tables = toml["catalog"].as_table().expect("a table");
            prop_assert_eq!(tables.values().filter(|it| it.is_table()).count(), analysis.len());
            prop_assert!(!redact(analysis.text()).contains("token=a"), "{}", analysis.text());
        }

        #[test]
        fn a_text_that_was_changed_anywhere_is_refused_or_says_something_else(
            contents in contents("tools"),
            at in any::<prop::sample::Index>(),
            by in "[ -~\n\u{202e}]?",
        ) {
            let analysis = Analysis::saying(stamp(EXTRACTOR, 1), &contents);
            let mut text: Vec<char> = analysis.text().chars().collect();
            let at = at.index(text.len());
            text.splice(at..=at, by.chars());
            let changed = Analysis::of_text(&text.into_iter().collect::<String>());
            match changed.read(&plugin("tools")) {
                Err(Unreadable::Broken { line, .. }) => prop_assert!(line <= changed.text().lines().count() + 1),
                Err(Unreadable::Newer(_)) => {}
                // What is read has one form.
                Ok(said) => {
                    prop_assert_eq!(&Analysis::saying(changed.stamp().expect("it was read"), &said), &changed);
                }
            }
        }
    }

    fn sample() -> String {
        "[catalog]
extractor = 1
updated = \"2026-11-20T08:00:00.000Z\"
from = \"https://example.com/m.git\"

[catalog.\"skill/poet\"]
content = \"00112233445566778899aabbccddeeff\"
description = \"Writes \\\"poems\\\".\"
facts = [
    \"purpose 3 declared: Writes \\\"poems\\\".\",
]

[catalog.\"skill/prose\"]
content = \"00112233445566778899aabbccddeeff\"
contract = true
description = \"\"
facts = []
"
        .to_owned()
    }

    fn refused(text: &str) -> String {
        match Analysis::of_text(text).read(&plugin("tools")) {
            Ok(_) => panic!("{text} was read"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let sample = sample();
        Analysis::of_text(&sample).read(&plugin("tools")).expect("reads");
        let cases = [
            sample.replace("extractor = 1", "extractor = 01"),
            sample.replace("extractor = 1", "extractor = one"),
            sample.replace(".000Z", "Z"),
            sample.replace("from = \"https", "from = \" https"),
            sample.replace("00112233445566778899aabbccddeeff", "none"),
            sample.replace("purpose 3 declared", "purpose 3 observed"),
            sample.replace("Writes \\\"poems", "Writes \u{1b}[31mpoems"),
            sample.replace("skill/poet", "skill/zither"),
            sample.replace("contract = true", "contract = false"),
            sample.replace("facts = []\n", "facts = []\n\n"),
            sample.replace("facts = []\n", "facts = []"),
            sample.replace("facts = []\n", "facts = [\n"),
            sample.replace("[catalog.\"skill/poet\"]", "[catalog.\"poet\"]"),
            sample.replace("[catalog]", "[[catalog]]"),
            sample.replace("    \"purpose", "\"purpose"),
        ];
        insta::assert_snapshot!(cases.map(|text| refused(&text)).join("\n"), @"
        line 2 of its catalog has no version of the rules
        line 2 of its catalog has no version of the rules
        line 3 of its catalog has no time
        line 4 of its catalog is no address
        line 7 of its catalog is no hash
        line 10 of its catalog is no fact
        line 8 of its catalog is no description: too long, or with characters that nobody sees
        line 17 of its catalog ends a component that is out of order
        line 15 of its catalog is not the field that belongs there
        line 19 of its catalog names no component
        line 17 of its catalog has no end
        line 18 of its catalog is no fact
        line 6 of its catalog names no component
        line 1 of its catalog is not `[catalog]`
        line 10 of its catalog is no fact
        ");
        let facts = "    \"domain path terms: api\",\n".repeat(MOST_FACTS + 1);
        let many = sample.replace("facts = []", &format!("facts = [\n{facts}]"));
        assert_eq!(refused(&many), "line 82 of its catalog is one fact too many");
        let long = sample.replace("description = \"\"", &format!("description = \"{}\"", "a".repeat(1_001)));
        assert!(refused(&long).contains("is no description"), "{}", refused(&long));
    }

    #[test]
    fn what_newer_rules_say_is_for_newer_programs() {
        let newer = sample().replace("extractor = 1", "extractor = 99").replace("purpose", "promise");
        let said = "its facts were read by version 99 of the rules, and this version knows 1";
        assert_eq!(refused(&newer), said);
        // Where it says nothing new, it can be read.
        let same = sample().replace("extractor = 1", "extractor = 99");
        Analysis::of_text(&same).read(&plugin("tools")).expect("reads");
    }

    #[test]
    fn the_greater_of_two_is_by_later_rules_then_of_a_later_state_then_of_greater_bytes() {
        let said = |from: &str| Contents { from: Some(from.to_owned()), ..Contents::default() };
        let analysis = |extractor, updated, from| Analysis::saying(stamp(extractor, updated), &said(from));
        let ascending = [
            Analysis::of_text("[catalog]\nextractor = 999"),
            analysis(1, 8, "z"),
            analysis(1, 9, "a"),
            analysis(1, 9, "b"),
            analysis(2, 1, "a"),
        ];
        assert!(ascending.is_sorted());
    }

    #[test]
    fn no_secret_is_kept_whole_or_cut() {
        let secret = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        let fact = Fact::from_line("requires 3 section: variable X").expect("a fact");
        let with = |text: &str| {
            let mut fact = fact.clone();
            *fact.text_mut().expect("a text") = text.to_owned();
            fact
        };
        let long = format!("{} token={secret}", "a".repeat(150));
        let facts = vec![with(&format!("use {secret}")), with(&long), with("plain")];
        let description = format!("{} password: hunter22x", "a".repeat(985));
        let entry = Entry::new(String::new(), false, &description, facts);
        let lines: Vec<String> = entry.facts.iter().filter_map(Fact::line).collect();
        assert_eq!(
            lines,
            [
                "requires 3 section: variable use [redacted GitHub token]",
                "requires 3 section: variable plain"
            ]
        );
        assert_eq!(redact(&entry.description), entry.description);
        assert!(!entry.description.contains("hunter"));
    }

    #[test]
    fn what_has_no_room_is_left_out() {
        let facts: Vec<Fact> = (1..=MOST_FACTS)
            .filter_map(|line| Fact::from_line(&format!("purpose {line} declared: {}", "a".repeat(160))))
            .collect();
        let entry = Entry::new("0".repeat(32), false, "", facts);
        let id = |n: usize| plugin("tools").component(&format!("skill/s{n:04}")).expect("valid");
        let components: BTreeMap<_, _> = (0..2_000).map(|n| (id(n), entry.clone())).collect();
        let analysis = Analysis::saying(stamp(1, 1), &Contents { from: None, components });
        assert!(analysis.text().len() <= MOST_BYTES && analysis.len() < 2_000);
        assert_eq!(analysis.read(&plugin("tools")).expect("reads").components.len(), analysis.len());
    }
}
