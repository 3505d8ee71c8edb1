//! A marketplace as one machine sees it, and what that makes of the catalog that others keep too.
//!
//! Who looks at the same state twice, or after somebody else, changes nothing. Who looks at an older
//! state than the catalog knows leaves it alone, so that two who are not equally far never undo each
//! other's work. What a machine can't see (a plugin that it did not fetch) it says nothing of.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::analysis::Analysis;
use super::capability::EXTRACTOR;
use super::catalog_entry::Stamp;
use super::catalog_text::Components;
use super::id::PluginId;
use super::library::Library;
use super::time::Timestamp;

/// A marketplace as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Survey {
    pub(crate) marketplace: String,
    /// Where others get it, if that is the same place for all.
    pub(crate) from: Option<String>,
    /// Of which moment it is: what it does not list had gone by then.
    pub(crate) as_of: Timestamp,
    pub(crate) plugins: BTreeMap<PluginId, Seen>,
    /// Plugins that it lists and that nobody could look into here.
    pub(crate) unseen: BTreeSet<PluginId>,
}

/// Why what is kept of a plugin is not what was seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Behind {
    /// Somebody saw a later state of the marketplace.
    State,
    /// Somebody has later rules.
    Rules,
}

/// A plugin as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) as_of: Timestamp,
    pub(crate) components: Components,
}

impl Seen {
    /// Why what `known` says of `plugin` counts more, where that is not what was seen.
    fn behind(&self, plugin: &PluginId, known: &Analysis) -> Option<Behind> {
        let stamp = known.stamp()?;
        let behind = match stamp.extractor.cmp(&EXTRACTOR) {
            Ordering::Less => return None,
            Ordering::Equal if stamp.updated <= self.as_of => return None,
            Ordering::Equal => Behind::State,
            Ordering::Greater => Behind::Rules,
        };
        let counts = behind == Behind::Rules || known.read(plugin).is_ok();
        (counts && !self.is_in(known, stamp)).then_some(behind)
    }

    /// Whether `known`, which bears `stamp`, says what was seen.
    fn is_in(&self, known: &Analysis, stamp: Stamp) -> bool {
        Analysis::new(stamp, known.from().as_deref(), &self.components) == *known
    }
}

impl Survey {
    /// The analyses that `known` does not have and that count more than those that it has.
    pub(crate) fn news(&self, known: &Library) -> BTreeMap<PluginId, Analysis> {
        let of_this = known.analyses.keys().filter(|plugin| plugin.marketplace() == self.marketplace);
        let gone = of_this.filter(|plugin| !self.plugins.contains_key(plugin));
        let gone = gone.filter(|plugin| !self.unseen.contains(plugin));
        let nothing = Seen { as_of: self.as_of, components: Components::default() };
        let seen = self.plugins.iter().chain(gone.map(|plugin| (plugin, &nothing)));
        let new = |(plugin, seen): (&PluginId, &Seen)| {
            Some((plugin.clone(), self.analysis(plugin, seen, known.analyses.get(plugin))?))
        };
        seen.filter_map(new).collect()
    }

    /// Why `known` tells of plugins what this one does not, though it saw them; `None`: it does not.
    pub(crate) fn behind(&self, known: &Library) -> Option<Behind> {
        let seen = self.plugins.iter();
        seen.filter_map(|(plugin, seen)| seen.behind(plugin, known.analyses.get(plugin)?)).max()
    }

    /// What is to be kept of a plugin, if it is not what is kept.
    fn analysis(&self, plugin: &PluginId, seen: &Seen, known: Option<&Analysis>) -> Option<Analysis> {
        let as_of = match known {
            None if seen.components.is_empty() => return None,
            None => seen.as_of,
            Some(known) => {
                let stamp = known.stamp().filter(|stamp| stamp.extractor >= EXTRACTOR);
                if seen.behind(plugin, known).is_some() || stamp.is_some_and(|it| seen.is_in(known, it)) {
                    return None;
                }
                // Of what was seen at one moment in two ways the later look counts.
                stamp.map_or(seen.as_of, |it| seen.as_of.max(Timestamp(it.updated.0.saturating_add(1))))
            }
        };
        let stamp = Stamp { extractor: EXTRACTOR, updated: as_of };
        Some(Analysis::new(stamp, self.from.as_deref(), &seen.components))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::model::analysis::tests::{contents, plugin};
    use crate::model::catalog_entry::{Contents, Entry};

    /// A marketplace of one plugin, or of none.
    fn at(as_of: i64, tools: Option<Contents>) -> Survey {
        let seen = |contents: Contents| Seen {
            as_of: Timestamp(as_of),
            components: Components::of(&contents.components),
        };
        let plugins = tools.map(|contents| (plugin("tools"), seen(contents)));
        Survey {
            marketplace: "market".to_owned(),
            from: None,
            as_of: Timestamp(as_of),
            plugins: plugins.into_iter().collect(),
            unseen: BTreeSet::new(),
        }
    }

    fn any_survey() -> impl Strategy<Value = Survey> {
        (0..4_i64, prop::option::of(contents("tools"))).prop_map(|(as_of, tools)| at(as_of, tools))
    }

    /// A marketplace at some moment, with one component that others analyze otherwise, or without.
    pub(crate) fn survey() -> impl Strategy<Value = Survey> {
        static ENTRIES: LazyLock<[Entry; 2]> = LazyLock::new(|| [entry('1'), entry('2')]);
        (0..4_i64, 0..3_usize).prop_map(|(as_of, which)| {
            at(as_of, ENTRIES.get(which).and_then(|entry| tools(&[("a", entry.clone())])))
        })
    }

    fn with(mut known: Library, survey: &Survey) -> Library {
        let news = Library { analyses: survey.news(&known), ..Library::default() };
        known.join(&news);
        known
    }

    fn names(library: &Library) -> Vec<String> {
        let components = |(plugin, analysis): (&PluginId, &Analysis)| {
            analysis.read(plugin).expect("ours").components.into_keys().map(|id| id.name().to_owned())
        };
        library.analyses.iter().flat_map(components).collect()
    }

    proptest! {
        #[test]
        fn who_looks_again_changes_nothing(first in any_survey(), second in any_survey()) {
            let known = with(Library::default(), &first);
            prop_assert_eq!(&with(known.clone(), &first), &known);
            let after = with(known, &second);
            prop_assert_eq!(&with(after.clone(), &second), &after);
        }

        #[test]
        fn all_who_look_come_to_rest_whatever_they_look_at(
            surveys in prop::collection::vec(any_survey(), 1..4),
        ) {
            let look = |known: Library| surveys.iter().fold(known, with);
            let after = look(look(Library::default()));
            prop_assert_eq!(look(after.clone()), after);
        }

        #[test]
        fn what_is_new_always_counts_more(first in any_survey(), second in any_survey()) {
            let known = with(Library::default(), &first);
            for (plugin, analysis) in second.news(&known) {
                prop_assert!(known.analyses.get(&plugin).is_none_or(|known| *known < analysis));
            }
        }
    }

    fn entry(content: char) -> Entry {
        Entry::new(content.to_string().repeat(32), false, "does", Vec::new())
    }

    fn tools(entries: &[(&str, Entry)]) -> Option<Contents> {
        let id = |name: &str| plugin("tools").component(&format!("skill/{name}")).expect("valid");
        let components = entries.iter().map(|(name, entry)| (id(name), entry.clone())).collect();
        Some(Contents { from: None, components })
    }

    #[test]
    fn what_has_gone_goes_and_what_nobody_could_look_into_stays() {
        let known = with(Library::default(), &at(1, tools(&[("a", entry('1')), ("b", entry('2'))])));
        assert_eq!(names(&known), ["a", "b"]);
        let one_less = at(2, tools(&[("a", entry('1'))]));
        assert_eq!(names(&with(known.clone(), &one_less)), ["a"]);
        assert_eq!((one_less.behind(&known), one_less.behind(&with(known.clone(), &one_less))), (None, None));
        let gone = at(2, None);
        let after = with(known.clone(), &gone);
        assert_eq!((names(&after), after.analyses.len()), (vec![], 1));
        // Whoever still knows them brings nothing back.
        let mut joined = known.clone();
        joined.join(&after);
        assert_eq!(joined, after);
        let unseen = Survey { unseen: BTreeSet::from([plugin("tools")]), ..gone };
        assert_eq!(with(known.clone(), &unseen), known);
        let elsewhere = Survey { marketplace: "other".to_owned(), ..at(2, None) };
        assert_eq!(with(known.clone(), &elsewhere), known);
    }

    #[test]
    fn an_older_state_takes_nothing_back() {
        let known = with(Library::default(), &at(5, tools(&[("a", entry('1')), ("b", entry('2'))])));
        let older = at(1, tools(&[("a", entry('9')), ("c", entry('3'))]));
        assert_eq!(with(known.clone(), &older), known);
        assert_eq!(older.behind(&known), Some(Behind::State));
        let same = at(1, tools(&[("a", entry('1')), ("b", entry('2'))]));
        assert_eq!((with(known.clone(), &same), same.behind(&known)), (known.clone(), None));
    }

    #[test]
    fn who_looks_at_the_same_moment_puts_a_wrong_reading_right() {
        let right = at(5, tools(&[("a", entry('1'))]));
        let known = with(Library::default(), &at(5, tools(&[("a", entry('9'))])));
        let after = with(known, &right);
        assert_eq!(
            after.analyses[&plugin("tools")].read(&plugin("tools")).expect("ours"),
            tools(&[("a", entry('1'))]).expect("some")
        );
    }

    #[test]
    fn later_rules_count_more_and_what_cannot_be_read_counts_less() {
        let seen = at(1, tools(&[("a", entry('1'))]));
        let with_text = |text: &str| {
            let analysis = Analysis::of_text(text);
            Library { analyses: BTreeMap::from([(plugin("tools"), analysis)]), ..Library::default() }
        };
        let head = |extractor: u32| {
            format!("[catalog]\nextractor = {extractor}\nupdated = \"2026-11-20T08:00:00.000Z\"\n")
        };
        for wrong in ["[catalog]\n".to_owned(), head(EXTRACTOR - 1), head(EXTRACTOR) + "rubbish\n"] {
            assert_eq!(names(&with(with_text(&wrong), &seen)), ["a"], "{wrong}");
        }
        let newer = with_text(&head(EXTRACTOR + 1));
        assert_eq!(with(newer.clone(), &seen), newer);
        assert_eq!(seen.behind(&newer), Some(Behind::Rules));
    }
}
