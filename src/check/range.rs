//! Rules for a range of commits: whether each has at least what its parents have, and what is new in it.

use std::collections::BTreeSet;

use super::gap::Around;
use super::loss::{Known, Loss, losses};
use super::rules::MERGE;
use super::{Finding, Subject};
use crate::model::evidence::Cells;
use crate::model::library::Library;
use crate::model::plugin_file::plugin_path;
use crate::model::record::Record;
use crate::model::recount::recount;
use crate::model::time::Timestamp;
use crate::model::told::Told;
use crate::store::{NOTES, Secret, Step};

/// What comes first where a secret was found.
const REVOKE: &str = "change the secret where it is used, since it was written down;";

/// The history of the range is here.
pub(super) fn history(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let Some(range) = &subject.tree.range else { return Vec::new() };
    if range.missing.is_empty() {
        let message = match range.steps.len() {
            1 => "1 commit was looked at".to_owned(),
            steps => format!("{steps} commits were looked at"),
        };
        return vec![Finding::passed("history", &subject.name, message)];
    }
    range.missing.iter().map(|gap| around.not_checked("history", &subject.name, gap)).collect()
}

/// Nothing is lost that the parents of a commit have, or that the notes tell: a library only grows,
/// but for months before its epoch.
pub(super) fn join(subject: &Subject<'_>, counted: &Library) -> Vec<Finding> {
    let library = subject.library();
    let mut lost = Vec::new();
    if subject.is_known() {
        // Of cells the recount tells more.
        let told = losses(counted, library).into_iter();
        let told = told.filter(|loss| !matches!(loss.of, Known::Cell(..)));
        lost.extend(told.map(|loss| finding(subject, &loss, "the notes say", MERGE)));
    }
    let before = subject.before();
    let mut told = BTreeSet::new();
    for step in subject.steps() {
        let parents = step.parents.clone().since(&step.here.epoch);
        let lost_here = losses(&parents, &step.here);
        if lost_here.is_empty() {
            continue;
        }
        let still = losses(&parents.since(&library.epoch), library);
        for loss in lost_here {
            // A commit that puts it right, or takes back what no note tells, is the cure.
            let settled = match loss.of {
                Known::Epoch => before.as_ref().is_none_or(|before| before.epoch <= library.epoch),
                Known::Catalog(ref plugin) => {
                    let was = before.as_ref().and_then(|before| before.analyses.get(plugin));
                    was <= library.analyses.get(plugin)
                }
                _ => subject.is_known(),
            };
            if !settled && still.iter().any(|it| it.of == loss.of) && told.insert(loss.of.clone()) {
                let before = format!("in commit {}, before it", step.commit.short());
                lost.push(finding(subject, &loss, &before, &subject.revert_commit(step.commit)));
            }
        }
    }
    if lost.is_empty() {
        return vec![Finding::passed("join", &subject.name, "nothing that was known is lost")];
    }
    lost
}

fn finding(subject: &Subject<'_>, loss: &Loss, whose: &str, cure: &str) -> Finding {
    let message = format!("{} is {}, {whose} {}", loss.of.words(), loss.is, loss.was);
    Finding::failed("join", subject.object(&loss.file), message, cure).in_file(&loss.file)
}

/// Nothing new counts or stops counting that no note tells.
pub(super) fn evidence(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let Some(range) = &subject.tree.range else { return Vec::new() };
    let gap = subject.tree.counted.missing.first();
    if let Some(gap) = gap.filter(|_| subject.untold().is_some()) {
        return vec![subject.not_checked("evidence", gap, around)];
    }
    if range.steps.is_empty() {
        return vec![Finding::passed("evidence", &subject.name, "nothing is new")];
    }
    let (library, records) = (subject.library(), subject.tree.counted.told());
    let nothing = Library::default();
    let before = range.before.as_ref().map_or(&nothing, |held| &held.library);
    let mut findings = Vec::new();
    let new = library.decisions.beyond(&before.decisions);
    if !new.is_empty() {
        let told = recount(records, &Library { epoch: library.epoch.clone(), ..Library::default() });
        for claim in new.beyond(&told.decisions).claims() {
            let message =
                format!("no note tells what it says of execution {} in {}", claim.id, claim.subject);
            let finding = Finding::failed("evidence", subject.object("forgotten"), message, subject.revert());
            findings.push(finding.in_file("forgotten"));
        }
    }
    let told = Told::by(records).and(before);
    for pattern in library.patterns.values() {
        let path = library.pattern_path(pattern);
        let untold = told.untold_of_pattern(pattern);
        findings.extend(untold.into_iter().map(|field| invented(subject, &path, field, "it")));
    }
    for (id, record) in &library.components {
        let untold = told.untold_of_component(id, record);
        let path = plugin_path(&id.owner());
        findings.extend(untold.into_iter().map(|field| invented(subject, &path, field, id.as_str())));
    }
    if findings.is_empty() {
        return vec![Finding::passed("evidence", &subject.name, "the notes tell all that is new")];
    }
    findings
}

fn invented(subject: &Subject<'_>, path: &str, field: &str, of: &str) -> Finding {
    let message = format!("no note tells what `{field}` says of {of}");
    Finding::failed("evidence", subject.object(path), message, subject.revert()).in_file(path)
}

/// Nothing is counted before it can have happened.
pub(super) fn months(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        subject.steps().iter().flat_map(|step| too_late(subject, step)).collect();
    let limit = subject.tree.at.map(Timestamp::on_the_fastest_clock);
    for record in subject.tree.counted.records.values().flatten() {
        let at = match record {
            Record::Execution(execution) => execution.at,
            Record::Amendment(amendment) => amendment.at,
            // Of commits the project's own history tells.
            Record::Commit(_) | Record::Foreign(_) => continue,
        };
        if limit.is_some_and(|limit| at > limit) {
            let message =
                format!("its `at` is {at}, and commit {} counted it before", subject.tree.commit.short());
            let cure = format!(
                "set the clock right that wrote it, mend it with `git notes --ref=orchestrate edit`; {}",
                subject.anew()
            );
            findings.push(Finding::failed("months", format!("record {}", record.id()), message, cure));
        }
    }
    if findings.is_empty() {
        return vec![Finding::passed(
            "months",
            &subject.name,
            "nothing is later than the commit that brought it",
        )];
    }
    findings
}

/// What a commit brings that is later than itself, and that is still there.
fn too_late(subject: &Subject<'_>, step: &Step) -> Vec<Finding> {
    let limit = step.at.on_the_fastest_clock();
    let library = subject.library();
    let mut findings = Vec::new();
    let mut found = |path: String, what: String| {
        let message = format!("{what} is later than commit {} that brought it", step.commit.short());
        let cure = subject.revert_commit(step.commit);
        findings.push(Finding::failed("months", subject.object(&path), message, cure).in_file(&path));
    };
    let late = |here: &Cells, before: Option<&Cells>, tip: Option<&Cells>| {
        let is_new = |slot, count| before.is_none_or(|before| before.get(slot) < count);
        let stays = |slot| tip.is_some_and(|tip| tip.get(slot) > 0);
        let slots = here.iter().filter(|(slot, count)| slot.month > limit.month() && is_new(slot, *count));
        let months = slots.filter(|(slot, _)| stays(slot)).map(|(slot, _)| slot.month.as_str().to_owned());
        months.collect::<BTreeSet<_>>()
    };
    let is_late = |here: Timestamp, before: Option<Timestamp>, tip: Option<Timestamp>| {
        here > limit && before.is_none_or(|before| before < here) && tip >= Some(here)
    };
    for (id, here) in &step.here.patterns {
        let (before, tip) = (step.parents.patterns.get(id), library.patterns.get(id));
        let path = library.pattern_path(tip.unwrap_or(here));
        for month in late(&here.cells, before.map(|it| &it.cells), tip.map(|it| &it.cells)) {
            found(path.clone(), format!("the month {month}"));
        }
        if is_late(here.updated, before.map(|it| it.updated), tip.map(|it| it.updated)) {
            found(path, format!("`updated` ({})", here.updated));
        }
    }
    for (id, here) in &step.here.components {
        let (before, tip) = (step.parents.components.get(id), library.components.get(id));
        for month in late(&here.cells, before.map(|it| &it.cells), tip.map(|it| &it.cells)) {
            found(plugin_path(&id.owner()), format!("the month {month} of {id}"));
        }
        if is_late(here.updated, before.map(|it| it.updated), tip.map(|it| it.updated)) {
            found(plugin_path(&id.owner()), format!("`updated` ({}) of {id}", here.updated));
        }
    }
    for (plugin, here) in &step.here.analyses {
        let updated = |library: &Library| Some(library.analyses.get(plugin)?.stamp()?.updated);
        let here = here
            .stamp()
            .map(|stamp| stamp.updated)
            .filter(|here| is_late(*here, updated(&step.parents), updated(library)));
        if let Some(updated) = here {
            found(plugin_path(plugin), format!("the catalog of {plugin} ({updated})"));
        }
    }
    let epoch = &step.here.epoch;
    if *epoch > limit.month() && *epoch > step.parents.epoch && *epoch <= library.epoch {
        found("epoch".to_owned(), format!("the epoch {}", epoch.as_str()));
    }
    let policy = |library: &Library| library.policy.updated;
    if is_late(policy(&step.here), Some(policy(&step.parents)), Some(policy(library))) {
        found("policy.toml".to_owned(), format!("`updated` ({})", policy(&step.here)));
    }
    findings
}

/// No file, message or record that is new holds a secret.
pub(super) fn secrets(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(found) = subject.tree.range.as_ref().and_then(|range| range.secrets.as_ref()) else {
        return Vec::new();
    };
    if found.is_empty() {
        return vec![Finding::passed("secrets", &subject.name, "nothing new looks like a secret")];
    }
    let finding = |secret: &Secret| {
        let cure = if secret.is_noted {
            format!(
                "{REVOKE} `git notes --ref=orchestrate edit COMMIT` takes it out of a note, and \
                 `git update-ref {NOTES} $(git commit-tree -m anew {NOTES}^{{tree}})` leaves its \
                 history behind; then {}",
                subject.anew()
            )
        } else {
            format!("{REVOKE} {}", subject.anew())
        };
        let finding = Finding::failed("secrets", &secret.object, "it holds what looks like a secret", cure);
        Finding { file: secret.file.clone(), ..finding }
    };
    found.iter().map(finding).collect()
}
