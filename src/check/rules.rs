//! The rules: each looks at values and names what it finds wrong.

use std::collections::BTreeSet;

use similar::TextDiff;

use super::gap::{Around, NEWER};
use super::{Finding, Subject};
use crate::model::evidence::{Cells, Slot};
use crate::model::library::{Library, MOST_PROPOSALS};
use crate::model::oid::Oid;
use crate::model::plugin_file::plugin_path;
use crate::model::record::Record;
use crate::store::{Gap, LEARNING, NOTES, Noted, Unread};

/// The most lines of a difference that a message shows.
const SHOWN: usize = 6;
/// The cure for what follows from the evidence.
pub(super) const MERGE: &str = "`git orchestrate merge` puts it right";

/// Every line of every note is a record.
pub(super) fn notes_format(noted: &Noted, around: &Around<'_>) -> Vec<Finding> {
    let mut bad: Vec<Finding> = noted
        .bad
        .iter()
        .map(|bad| {
            if bad.is_whole_note() {
                let gap = Gap::Other { reason: bad.reason.clone() };
                return around.not_checked("format", &format!("note of {}", bad.object), &gap);
            }
            let object = format!("note of {}, line {}", bad.object, bad.line);
            let cure = format!(
                "it is skipped and kept; `git notes --ref=orchestrate edit {}` mends it",
                bad.object.short()
            );
            Finding::failed("format", object, bad.reason.clone(), cure)
        })
        .collect();
    let foreign = |lines: &&Vec<Record>| lines.iter().any(|it| matches!(it, Record::Foreign(_)));
    let records = noted.records.values().filter(foreign).count();
    if records > 0 {
        bad.push(around.not_checked("format", NOTES, &Gap::Newer { records }));
    }
    if bad.is_empty() {
        let message = format!("every line of the notes is a record ({} in all)", noted.records.len());
        return vec![Finding::passed("format", NOTES, message)];
    }
    bad
}

/// Every id has one line.
pub(super) fn one_bytes_per_id(noted: &Noted) -> Vec<Finding> {
    let twice: Vec<Finding> = noted
        .records
        .iter()
        .filter(|(_, lines)| lines.len() > 1)
        .map(|(id, lines)| {
            let message = format!(
                "{} lines have this id and differ; the one with the greater bytes counts",
                lines.len()
            );
            let on: Vec<String> = noted.objects[id].iter().map(Oid::short).collect();
            let cure =
                format!("`git notes --ref=orchestrate edit {}` takes the wrong line out", on.join(" "));
            Finding::failed("one-bytes-per-id", format!("record {id}"), message, cure)
        })
        .collect();
    if twice.is_empty() {
        return vec![Finding::passed("one-bytes-per-id", NOTES, "every id has one line")];
    }
    twice
}

/// The ref can't be looked into.
pub(super) fn unread(name: &str, unread: &Unread) -> Finding {
    match unread {
        Unread::Newer(reason) => {
            let cure = format!("{NEWER}, or `git revert` the commit that changed the file");
            Finding::failed("format", format!("{name}:format"), reason, cure).in_file("format")
        }
        Unread::Other(reason) => {
            let cure = if name == LEARNING || name == NOTES {
                format!("`git reflog {name}` tells what it was; `git update-ref` puts it back")
            } else {
                "name the learning ref or a learning branch".to_owned()
            };
            Finding::failed("format", name, reason, cure)
        }
        Unread::Boundless(reason) => {
            let cure = "`git revert` the commit that brought it; it is not read here";
            Finding::failed("paths", name, reason, cure)
        }
        Unread::Missing(reason) => Finding::not_checked("format", name, reason),
    }
}

/// Every file of the learning tree can be read.
pub(super) fn learning_format(subject: &Subject<'_>) -> Vec<Finding> {
    let broken: Vec<Finding> = subject
        .problems()
        .iter()
        .map(|problem| {
            let object = format!("{}:{}", subject.name, problem.path);
            let broken = "it is skipped and kept; `git revert` the commit that broke it";
            let cure = if problem.newer { NEWER } else { broken };
            Finding::failed("format", object, problem.reason.clone(), cure).in_file(&problem.path)
        })
        .chain((!subject.files().contains_key("format")).then(|| {
            Finding::failed(
                "format",
                format!("{}:format", subject.name),
                "not there: no learning tree",
                MERGE,
            )
            .in_file("format")
        }))
        .collect();
    if broken.is_empty() {
        let message = format!("every file can be read ({} in all)", subject.files().len());
        return vec![Finding::passed("format", &subject.name, message)];
    }
    broken
}

/// Every pattern is in the folder that follows from its cells and the policy.
pub(super) fn folders(subject: &Subject<'_>) -> Vec<Finding> {
    let mut wrong = Vec::new();
    for pattern in subject.library().patterns.values() {
        let right = subject.library().pattern_path(pattern);
        let file = format!("/{}.toml", pattern.id);
        for path in
            subject.files().keys().filter(|path| path.starts_with("patterns/") && path.ends_with(&file))
        {
            if *path != right {
                let message = format!("its evidence places it at {right}");
                let object = format!("{}:{path}", subject.name);
                wrong.push(Finding::failed("folder", object, message, MERGE).in_file(path));
            }
        }
    }
    if wrong.is_empty() {
        return vec![Finding::passed(
            "folder",
            &subject.name,
            "every pattern is where its evidence places it",
        )];
    }
    wrong
}

/// Every cell is the recount of the records that were counted.
///
/// Where some of them are not here, a cell that is higher than the recount may be right. Nothing hangs on
/// those that are missing where what is new is told all the same.
pub(super) fn cells(subject: &Subject<'_>, counted: &Library, around: &Around<'_>) -> Vec<Finding> {
    let missing = &subject.tree.counted.missing;
    let library = subject.library();
    let none = Cells::default();
    // Of a file that can't be read, that is said once.
    let unreadable = |path: &str| subject.problems().iter().any(|problem| problem.path == path);
    let mut wrong = Vec::new();
    let ids: BTreeSet<_> = library.patterns.keys().chain(counted.patterns.keys()).collect();
    for id in ids {
        let stored = library.patterns.get(id);
        let shown = stored.or_else(|| counted.patterns.get(id)).expect("it is in one of the two");
        let path = library.pattern_path(shown);
        if stored.is_none() && unreadable(&path) {
            continue;
        }
        let object = format!("{}:{path}", subject.name);
        let cells = |of: &Library| of.patterns.get(id).map_or_else(Cells::default, |it| it.cells.clone());
        let differences = differences(subject, &object, &cells(library), &cells(counted));
        wrong.extend(differences.into_iter().map(|it| it.in_file(&path)));
    }
    let ids: BTreeSet<_> = library.components.keys().chain(counted.components.keys()).collect();
    for id in ids {
        let path = plugin_path(&id.owner());
        if unreadable(&path) {
            continue;
        }
        let object = format!("{}:{path} ({id})", subject.name);
        let stored = library.components.get(id).map_or(&none, |it| &it.cells);
        let recounted = counted.components.get(id).map_or(&none, |it| &it.cells);
        let differences = differences(subject, &object, stored, recounted);
        wrong.extend(differences.into_iter().map(|it| it.in_file(&path)));
    }
    let is_elsewhere = |gap: &Gap| matches!(gap, Gap::Notes { .. } | Gap::History { .. });
    if !missing.iter().all(is_elsewhere) || subject.untold().is_some() {
        wrong.extend(missing.iter().map(|gap| subject.not_checked("cells", gap, around)));
    }
    if wrong.is_empty() {
        let records = subject.tree.counted.told().len();
        let message = format!("every cell equals the recount of the notes ({records} in all)");
        return vec![Finding::passed("cells", &subject.name, message)];
    }
    wrong
}

fn differences(subject: &Subject<'_>, object: &str, stored: &Cells, counted: &Cells) -> Vec<Finding> {
    let is_known = subject.is_known();
    let slots: BTreeSet<&Slot> = stored.iter().chain(counted.iter()).map(|(slot, _)| slot).collect();
    slots
        .into_iter()
        .filter(|slot| {
            stored.get(slot) < counted.get(slot) || (is_known && stored.get(slot) > counted.get(slot))
        })
        .map(|slot| {
            let Slot { replica, month, outcome } = slot;
            let cell = format!("{replica} {} {}", month.as_str(), outcome.as_str());
            let message =
                format!("the cell {cell} says {}, the notes say {}", stored.get(slot), counted.get(slot));
            let raised = stored.get(slot) > counted.get(slot);
            // Cells are joined by their maximum, so nothing that we do lowers one.
            let cure = if raised { subject.revert() } else { MERGE.to_owned() };
            Finding::failed("cells", object, message, cure)
        })
        .collect()
}

/// Every file has the bytes that follow from what it says.
pub(super) fn canonical_bytes(subject: &Subject<'_>, named: &BTreeSet<&str>) -> Vec<Finding> {
    let rendered = subject.library().files();
    let mut wrong = Vec::new();
    // Of patterns, the folder rule says where they are and where they should be.
    let is_pattern = |path: &str| path.starts_with("patterns/");
    for path in subject.files().keys().filter(|path| !is_pattern(path) && !rendered.contains_key(*path)) {
        let object = format!("{}:{path}", subject.name);
        let message = "what it says belongs into another file";
        wrong.push(Finding::failed("bytes", object, message, MERGE).in_file(path));
    }
    // A pattern that was read and is not there any more was only proposed, and better ones came.
    let unread = |path: &str| subject.problems().iter().any(|problem| problem.path == path);
    let dropped = |path: &&String| {
        let name = path.rsplit('/').next().and_then(|name| name.strip_suffix(".toml")).unwrap_or_default();
        is_pattern(path) && !unread(path) && subject.library().patterns.keys().all(|id| id.as_str() != name)
    };
    for path in subject.files().keys().filter(dropped) {
        let object = format!("{}:{path}", subject.name);
        let message = format!("only the best {MOST_PROPOSALS} proposals are kept, and it is none of them");
        wrong.push(Finding::failed("bytes", object, message, MERGE).in_file(path));
    }
    // What nobody reads is no function of what was learned.
    let unknown = subject.library().other.keys();
    for path in unknown.filter(|path| subject.problems().iter().all(|problem| problem.path != **path)) {
        let object = format!("{}:{path}", subject.name);
        if named.contains(object.as_str()) {
            continue;
        }
        let cure = "it is kept; `git revert` the commit that brought it, or install a newer git-orchestrate";
        let message = "no file of a learning tree that this version knows";
        wrong.push(Finding::failed("bytes", object, message, cure).in_file(path));
    }
    for (path, right) in &rendered {
        let object = format!("{}:{path}", subject.name);
        let Some(bytes) = subject.files().get(path) else {
            if !is_pattern(path) && !named.contains(object.as_str()) {
                wrong.push(Finding::failed("bytes", object, "the file is missing", MERGE).in_file(path));
            }
            continue;
        };
        if bytes[..] != right[..] && !named.iter().any(|name| name.starts_with(object.as_str())) {
            let message = format!("its bytes are not canonical: {}", difference(bytes, right));
            wrong.push(Finding::failed("bytes", object, message, MERGE).in_file(path));
        }
    }
    if wrong.is_empty() {
        return vec![Finding::passed("bytes", &subject.name, "every file has its one canonical form")];
    }
    wrong
}

/// The first changed lines, `-` as it is, `+` as it should be.
fn difference(is: &[u8], should: &[u8]) -> String {
    let (is, should) = (String::from_utf8_lossy(is), String::from_utf8_lossy(should));
    let diff = TextDiff::from_lines(&is, &should);
    let changed = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    let lines: Vec<String> =
        changed.take(SHOWN).map(|change| format!("{}{}", change.tag(), change.value().trim_end())).collect();
    lines.join(" ")
}
