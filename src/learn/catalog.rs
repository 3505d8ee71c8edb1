//! What analyses changed in the catalog, in a person's words.

use crate::model::catalog_change::{CatalogChange, Changed};
use crate::model::redact::redact;
use crate::model::text::clip;

/// A subject line ends here, in characters.
const SUBJECT: usize = 72;
/// The most components of a marketplace that a message names.
const LISTED: usize = 20;
/// The most facts of a component that a message names.
const FACTS: usize = 3;
/// The longest line about a component, in characters.
const LINE: usize = 240;

/// The message of the commit of an analysis.
pub(crate) fn analysis(changes: &[CatalogChange]) -> String {
    let subject = match changes {
        [] => "Analyse marketplaces".to_owned(),
        [only] => {
            let sum = sum(changes);
            let room = SUBJECT.saturating_sub("Analyse : ".len() + sum.len());
            format!("Analyse {}: {sum}", clip(&only.marketplace, room))
        }
        many => format!("Analyse {} marketplaces: {}", many.len(), sum(many)),
    };
    let body: Vec<String> = changes.iter().map(|change| lines(change).join("\n")).collect();
    format!("{subject}\n\n{}\n", body.join("\n\n"))
}

/// What happened to a marketplace: how much of it there is, then component by component, unless all of
/// it is new.
pub(crate) fn lines(change: &CatalogChange) -> Vec<String> {
    let CatalogChange { marketplace, before, after, added, removed, changed } = change;
    let mut lines =
        vec![format!("{marketplace}: {}, {}", components(*after), tally(std::slice::from_ref(change)))];
    if *before == 0 {
        return lines;
    }
    let added = added.iter().map(|id| format!("added {id}"));
    let removed = removed.iter().map(|id| format!("removed {id}"));
    lines.extend(added.chain(removed).chain(changed.iter().map(told)));
    if lines.len() > LISTED + 1 {
        let more = lines.len() - LISTED - 1;
        lines.truncate(LISTED + 1);
        lines.push(format!("and {more} more"));
    }
    lines
}

/// How many components are new, gone or different.
pub(crate) fn tally(changes: &[CatalogChange]) -> String {
    let of = |number: fn(&CatalogChange) -> usize| changes.iter().map(number).sum::<usize>();
    let parts = [
        (of(|it| it.added.len()), "added"),
        (of(|it| it.removed.len()), "removed"),
        (of(|it| it.changed.len()), "changed"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if parts.is_empty() { "all as before".to_owned() } else { parts.join(", ") }
}

fn sum(changes: &[CatalogChange]) -> String {
    if changes.iter().all(|change| change.before == 0) {
        return components(changes.iter().map(|change| change.after).sum());
    }
    tally(changes)
}

fn components(number: usize) -> String {
    if number == 1 { "1 component".to_owned() } else { format!("{number} components") }
}

fn told(changed: &Changed) -> String {
    let Changed { component, new, gone } = changed;
    let plain = format!("changed {component}");
    if new.is_empty() && gone.is_empty() {
        return format!("{plain}: other files or lines, the same facts");
    }
    let new = new.iter().map(|fact| format!("+ {fact}"));
    let mut facts: Vec<String> = new.chain(gone.iter().map(|fact| format!("- {fact}"))).collect();
    if facts.len() > FACTS {
        let more = facts.len() - FACTS;
        facts.truncate(FACTS);
        facts.push(format!("and {more} more"));
    }
    let line = clip(&format!("{plain}: {}", facts.join("; ")), LINE);
    // A mark of redaction that was cut in two looks like a secret again.
    if redact(&line) == line { line } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::analysis::Analysis;
    use crate::model::capability::{EXTRACTOR, Fact};
    use crate::model::catalog_change::catalog_changes;
    use crate::model::catalog_entry::{Contents, Entry, Stamp};
    use crate::model::id::PluginId;
    use crate::model::library::Library;
    use crate::model::time::Timestamp;

    fn analysis(before: &Library, after: &Library) -> String {
        super::analysis(&catalog_changes(before, after))
    }

    /// A catalog of one plugin with these skills, each with these facts.
    fn catalog(marketplace: &str, skills: &[(&str, &[&str])]) -> Library {
        let plugin = PluginId::new(marketplace, "tools").expect("valid");
        let entry = |facts: &[&str]| {
            let facts = facts.iter().map(|line| Fact::from_line(line).expect("a fact")).collect();
            Entry::new("0".repeat(32), false, "does", facts)
        };
        let id = |name: &str| plugin.component(&format!("skill/{name}")).expect("valid");
        let components = skills.iter().map(|(name, facts)| (id(name), entry(facts))).collect();
        let stamp = Stamp { extractor: EXTRACTOR, updated: Timestamp(skills.len() as i64) };
        let analysis = Analysis::saying(stamp, &Contents { from: None, components });
        let mut library = Library::default();
        library.add_analysis(&plugin, &analysis);
        library
    }

    #[test]
    fn a_first_analysis_says_how_much_there_is() {
        let mut both = catalog("one", &[("a", &[]), ("b", &[])]);
        let one = both.clone();
        both.join(&catalog("other", &[("c", &[])]));
        insta::assert_snapshot!(analysis(&Library::default(), &one), @"
        Analyse one: 2 components

        one: 2 components, 2 added
        ");
        insta::assert_snapshot!(analysis(&Library::default(), &both), @"
        Analyse 2 marketplaces: 3 components

        one: 2 components, 2 added

        other: 1 component, 1 added
        ");
        let long = catalog(&"m".repeat(190), &[("a", &[])]);
        let message = analysis(&Library::default(), &long);
        assert_eq!(message.lines().next().map(|line| line.chars().count()), Some(SUBJECT));
    }

    #[test]
    fn a_later_one_says_which_components_and_facts_changed() {
        let before = catalog(
            "market",
            &[
                ("gone", &[]),
                ("poet", &["output 3 section: file a.md", "context 1 counted: 1 always, 2 on invoke"]),
                ("moved", &["output 3 section: file a.md"]),
            ],
        );
        let after = catalog(
            "market",
            &[
                ("moved", &["output 4 section: file a.md"]),
                ("new", &[]),
                (
                    "poet",
                    &[
                        "requires 3 section: program git",
                        "effect 3 command: deploys",
                        "domain path terms: arts",
                        "complexity 1 counted: low",
                        "context 1 counted: 9 always, 9 on invoke",
                    ],
                ),
                ("same", &[]),
            ],
        );
        insta::assert_snapshot!(analysis(&before, &after), @"
        Analyse market: 2 added, 1 removed, 2 changed

        market: 4 components, 2 added, 1 removed, 2 changed
        added market/tools/skill/new
        added market/tools/skill/same
        removed market/tools/skill/gone
        changed market/tools/skill/moved: other files or lines, the same facts
        changed market/tools/skill/poet: + requires program git; + effect may change a running system; + domain arts; and 2 more
        ");
    }

    #[test]
    fn a_message_is_bounded_and_holds_no_half_of_a_mark() {
        let names: Vec<String> = (0..40).map(|n| format!("s{n:02}")).collect();
        let skills: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
        let message = analysis(&catalog("market", &[("s00", &[])]), &catalog("market", &skills));
        assert!(message.ends_with("added market/tools/skill/s20\nand 19 more\n"), "{message}");

        let long = format!("purpose 1 declared: {}", "a".repeat(150));
        let mark = format!("category 1 declared: {} token=[redacted secret]", "b".repeat(20));
        let facts = [long.as_str(), mark.as_str()];
        let message =
            analysis(&catalog("market", &[("a", &[]), ("x", &[])]), &catalog("market", &[("a", &facts)]));
        assert_eq!(redact(&message), message);
        assert!(message.lines().all(|line| line.chars().count() <= LINE), "{message}");
    }
}
