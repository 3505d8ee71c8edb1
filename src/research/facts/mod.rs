//! Facts about a component, out of its text alone: what it is for, does, takes, leaves behind, needs and
//! may do, each with the lines that say so.
//!
//! The same component gives the same facts, in the same order. Nothing is guessed from what a text
//! denies, from samples of use, or from what other components say; a wrong fact costs a plan more than
//! a missing one. Bounded in time and number whatever the text is.

mod actions;
pub(super) mod artifacts;
mod calls;
mod declared;
mod domains;
mod found;
mod grants;
pub(crate) mod kept;
mod lists;
mod observed;
pub(super) mod outline;
mod paths;
mod programs;
pub(super) mod section;
mod shell;
pub(super) mod verbs;
mod weight;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod samples;

pub(crate) use self::domains::of_keywords as domains_of;
use self::found::Found;
use self::observed::Observed;
use self::outline::{Line, Part};
use crate::model::capability::{Claim, Fact, Method, Place};
use crate::model::component::Component;
use crate::model::id::ComponentId;
use crate::model::record::Execution;

/// The facts of the text of a component, corrected by what `executions` showed of this content of it.
pub(crate) fn corrected<'e>(
    facts: Vec<Fact>,
    id: &ComponentId,
    content: &str,
    executions: impl IntoIterator<Item = &'e Execution>,
) -> Vec<Fact> {
    Observed::of(id, content, executions).correct(facts)
}

/// The facts of `component` by its text alone, by kind, in each the surest first.
pub(crate) fn extract(component: &Component) -> Vec<Fact> {
    let lines = outline::lines(&component.body, component.declared.body_line.max(1));
    let mut found = Found::default();
    declared::read(component, &mut found);
    grants::read(component, &mut found);
    domains::read(component, &mut found);
    purpose(component, &lines, &mut found);
    lists::read(&lines, &mut found);
    if component.id.kind() == "command" && !component.declared.fields.contains_key("argument-hint") {
        lists::arguments(&lines, &mut found);
    }
    shell::read(&lines, &mut found);
    paths::read(&lines, &mut found);
    weight::language(&lines, &mut found);
    weight::read(component, &lines, &mut found);
    calls::read(&lines, &mut found);
    calls::variables(component, &lines, &mut found);
    located(component, found.ranked())
}

/// Where lines of the text are not those of its file, as in an entry of a manifest or a quoted text with
/// escapes, a fact stands where the whole does.
fn located(component: &Component, mut facts: Vec<Fact>) -> Vec<Fact> {
    let declared = &component.declared;
    if declared.body_line > 0 {
        return facts;
    }
    let entry = component.body.is_empty() && declared.front_line > 0;
    let whole = if entry {
        Place::line(declared.front_line)
    } else {
        Place::Manifest { file: found::cleaned(&component.file_below_root()) }
    };
    for fact in &mut facts {
        if matches!(fact.place, Place::Lines { .. }) {
            fact.place = whole.clone();
        }
    }
    facts
}

/// Without a description the first paragraph says what it is for.
fn purpose(component: &Component, lines: &[Line<'_>], found: &mut Found) {
    if declared::own_description(component).is_some() {
        return;
    }
    let first =
        lines.iter().find(|line| line.part == Part::Prose && line.text.split_whitespace().count() > 2);
    if let Some(line) = first {
        let text = found::cleaned(declared::purpose(line.text));
        found.add(Claim::Purpose { text }, Place::line(line.number), Method::Paragraph);
        for (verb, artifact) in actions::of_text(line.text) {
            found.add(Claim::Does { verb, artifact }, Place::line(line.number), Method::Paragraph);
        }
    }
}
