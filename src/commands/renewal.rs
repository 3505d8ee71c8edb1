//! `marketplace update`: what is new where marketplaces come from, shown before anything of it can run.

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::knowledge::unapproved;
use super::origin::{Origin, fetch, fetch_plugins, listing, require_plugins, sweep};
use super::{Context, Ended};
use crate::marketplace::compare::{Changes, compare};
use crate::marketplace::listing::Listing;
use crate::model::oid::Oid;
use crate::store::Store;
use crate::ui::{Failure, clip, count, exit, quoted};

/// What is to be done beside fetching the marketplaces themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// Fetch the plugins that are elsewhere, too.
    pub(super) plugins: bool,
    /// Show what would change, and leave everything as it is.
    pub(super) only_show: bool,
}

/// A marketplace before and after.
struct Renewed {
    before: Option<Oid>,
    after: Option<Oid>,
    /// `None`: it was not here before.
    changes: Option<Changes>,
    listing: Listing,
    /// Plugins that could not be fetched.
    missing: usize,
}

/// Updates these marketplaces one by one; what fails is named, and the others go on.
pub(super) fn update(cx: &Context, store: &Store<'_>, names: &[&String], wish: Wish) -> Ended {
    let mut code = exit::DONE;
    let mut settings = store.settings.clone();
    let mut shown: Vec<Value> = Vec::new();
    for name in names {
        let renewed = match renew(cx, store, name, wish) {
            Ok(renewed) => renewed,
            Err(failure) if names.len() == 1 => return Err(failure),
            Err(failure) => {
                cx.ui.warn(format!("{name} is as it was: {}", failure.message));
                failure.hints.iter().for_each(|hint| cx.ui.hint(hint));
                code = failure.code;
                continue;
            }
        };
        if let Some(after) = renewed.after.filter(|_| !wish.only_show) {
            settings.pins.insert((*name).clone(), after);
        }
        if renewed.missing > 0 {
            code = exit::ENVIRONMENT;
        }
        if cx.ui.is_json() {
            shown.push(as_json(name, &renewed));
        } else {
            show(cx, store, name, &renewed, wish);
        }
    }
    if cx.ui.is_json() {
        cx.ui.json(&shown);
    }
    sweep(store.repo, &settings)?;
    Ok(code)
}

fn renew(cx: &Context, store: &Store<'_>, name: &str, wish: Wish) -> Result<Renewed, Failure> {
    let source = store.settings.marketplaces.get(name).map_or("", String::as_str);
    let before = store.settings.pins.get(name).copied();
    let old = listing(store.repo, Some(name), source, before).ok();
    let after = match Origin::of(source) {
        Origin::Git(git) => Some(fetch(cx, store.repo, &git)?),
        Origin::Builtin | Origin::Folder(_) => None,
    };
    let mut new = listing(store.repo, Some(name), source, after)?;
    require_plugins(&new, source)?;
    let mut missing = 0;
    if wish.plugins {
        missing = fetch_plugins(cx, store.repo, &new);
        new = listing(store.repo, Some(name), source, after)?;
    }
    if let Some(after) = after.filter(|after| before != Some(*after) && !wish.only_show) {
        let section = format!("marketplace.{name}");
        store.repo.set_config("orchestrate", Some(&section), "pin", &[after.to_string()])?;
    }
    let changes = old.map(|old| compare(&old, &new));
    Ok(Renewed { before, after, changes, listing: new, missing })
}

fn as_json(name: &str, renewed: &Renewed) -> Value {
    json!({
        "v": 1, "name": name, "from": renewed.before, "to": renewed.after, "changes": renewed.changes,
        "summary": renewed.listing.summary(),
    })
}

fn show(cx: &Context, store: &Store<'_>, name: &str, renewed: &Renewed, wish: Wish) {
    let commits = match (renewed.before, renewed.after) {
        (Some(before), Some(after)) if before != after => format!(" {} -> {}", before.short(), after.short()),
        (_, Some(after)) => format!(" {}", after.short()),
        (_, None) => String::new(),
    };
    let Some(changes) = &renewed.changes else {
        cx.ui.headline(format!("{name}{commits}: fetched again"));
        return;
    };
    if changes.is_empty() {
        let state =
            if renewed.after.is_some() { "nothing new" } else { "read where it lies, nothing to fetch" };
        cx.ui.line(format!("{name}{commits}: {state}"));
        return;
    }
    cx.ui.headline(format!("{name}{commits}: {}", tally(changes)));
    differences(cx, changes);
    if wish.only_show {
        cx.ui.hint(format!("`git orchestrate marketplace update {}` takes it in", quoted(name)));
        return;
    }
    cx.ui.hint(format!("`git orchestrate analyze {}` takes it into the catalog", quoted(name)));
    let foreign = unapproved(store, &renewed.listing.components).len();
    if foreign > 0 {
        cx.ui.line(format!("not approved to run: {}", count(foreign, "script")));
        cx.ui.hint(format!(
            "read what it would run, then `git orchestrate marketplace approve {}`",
            quoted(name)
        ));
    }
}

/// `1 added, 2 changed`.
fn tally(changes: &Changes) -> String {
    let parts = [
        (changes.renamed.len(), "renamed"),
        (changes.added.len(), "added"),
        (changes.removed.len(), "removed"),
        (changes.changed.len(), "changed"),
    ];
    let mut parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let hooks = changes.hooks_added.len() + changes.hooks_removed.len();
    if hooks > 0 {
        parts.push(format!("{} added or removed", count(hooks, "hook")));
    }
    parts.join(", ")
}

fn differences(cx: &Context, changes: &Changes) {
    for (before, now) in &changes.renamed {
        cx.ui.line(format!("  renamed plugin {before} is {now} now"));
    }
    for added in &changes.added {
        cx.ui.good("  added  ", format!("{}: {}", added.component, clip(&added.description, 100)));
        if added.runs {
            cx.ui.doubtful("  runs   ", "it brings something that runs");
        }
    }
    for removed in &changes.removed {
        cx.ui.bad("  removed", removed.as_str());
    }
    for change in &changes.changed {
        cx.ui.line(format!("  changed {}", change.component));
        if let Some((before, now)) = &change.description {
            cx.ui.line(format!("          {}", word_diff(before, now)));
        }
        if change.runs {
            cx.ui.doubtful("  runs   ", "what it runs has changed");
        }
    }
    for hook in &changes.hooks_added {
        cx.ui.doubtful(
            "  runs   ",
            format!("hook of {} at {} is new: {}", hook.plugin, hook.event, hook.runs),
        );
    }
    for hook in &changes.hooks_removed {
        cx.ui.line(format!("  removed hook of {} at {}: {}", hook.plugin, hook.event, hook.runs));
    }
}

/// Both texts in one, as `git diff --word-diff` shows them: `[-was-]{+is+}`.
fn word_diff(before: &str, now: &str) -> String {
    let diff = TextDiff::from_words(before, now);
    let mut text = String::new();
    let mut open = ChangeTag::Equal;
    for change in diff.iter_all_changes() {
        if change.tag() != open {
            text.push_str(closing(open));
            text.push_str(opening(change.tag()));
            open = change.tag();
        }
        text.push_str(change.value());
    }
    text.push_str(closing(open));
    text
}

fn opening(tag: ChangeTag) -> &'static str {
    match tag {
        ChangeTag::Equal => "",
        ChangeTag::Delete => "[-",
        ChangeTag::Insert => "{+",
    }
}

fn closing(tag: ChangeTag) -> &'static str {
    match tag {
        ChangeTag::Equal => "",
        ChangeTag::Delete => "-]",
        ChangeTag::Insert => "+}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked_as_git_marks_them() {
        assert_eq!(word_diff("Writes bad poems", "Writes good poems"), "Writes [-bad-]{+good+} poems");
        assert_eq!(word_diff("", "new"), "{+new+}");
        assert_eq!(word_diff("same", "same"), "same");
    }
}
