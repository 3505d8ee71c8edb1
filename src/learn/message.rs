//! Messages of learning commits: the day's learning in a person's words, with trailers.

use super::catalog;
use crate::model::catalog_change::catalog_changes;
use crate::model::change::{Change, changes};
use crate::model::evidence::Tally;
use crate::model::library::Library;
use crate::model::record::{Execution, Measure, Outcome, StepOutcome};
use crate::model::text::{clip, one_line};

/// A subject line ends here, in characters.
const SUBJECT: usize = 72;
/// The most characters of a request or an error that a message quotes.
const QUOTED: usize = 400;
/// The most changes that a message lists.
const LISTED: usize = 20;

/// The message of the commit that follows one execution.
pub(crate) fn lesson(execution: &Execution, before: &Library, after: &Library) -> String {
    let changes = changes(before, after);
    let own = execution.pattern.as_ref().and_then(|id| changes.iter().find(|change| change.pattern == *id));
    let mut text = own.map_or_else(|| catch_up_subject(&changes), subject);
    text.push_str("\n\n");
    if let Some(request) = &execution.request {
        text.push_str(&format!("Request: {}\n", shown(request)));
    }
    text.push_str(&outcome_line(execution));
    for step in &execution.steps {
        if let Some(error) = step.error.as_ref().filter(|_| step.outcome == StepOutcome::Failed) {
            let name = step.component.name();
            let rescued = execution
                .steps
                .iter()
                .find(|other| other.id == step.id && other.outcome == StepOutcome::Passed);
            text.push_str(&format!("{name} failed: {}\n", shown(error)));
            if let Some(rescue) = rescued {
                text.push_str(&format!("{} did its work instead.\n", rescue.component.name()));
            }
        }
    }
    text.push_str(&predicted_against_actual(execution));
    if let Some(change) = own {
        text.push_str(&standing(change));
        text.push_str(&reusable(change));
    }
    text.push_str(&format!("\nOrchestrate-Execution: {}\n", execution.id));
    if let Some(pattern) = &execution.pattern {
        text.push_str(&format!("Orchestrate-Pattern: {pattern}\n"));
    }
    text.push_str(&promotions(&changes));
    text
}

/// The message of a commit that catches up with executions recorded by others.
pub(crate) fn catch_up(before: &Library, after: &Library) -> String {
    if before == after {
        return "Put the files of the library in their one form\n".to_owned();
    }
    let changes = changes(before, after);
    let body = match &changes[..] {
        [only] => format!("{}{}", standing(only), reusable(only)),
        several => listing(several),
    };
    let mut text = format!("{}\n\n{body}", catch_up_subject(&changes));
    let promotions = promotions(&changes);
    if !promotions.is_empty() {
        text.push_str(&format!("\n{promotions}"));
    }
    text
}

/// The message of a merge of a learning branch into the learning ref.
pub(crate) fn merge(branch: &str, before: &Library, after: &Library) -> String {
    let changes = changes(before, after);
    let mut text = format!("Merge learning branch '{branch}'\n\n");
    let (cataloged, proposed) = (catalog_changes(before, after), proposed(before, after));
    let is_told = !cataloged.is_empty() || !proposed.is_empty();
    if before == after {
        text.push_str("Nothing in it was new.\n");
    } else if !changes.is_empty() || before.components != after.components || !is_told {
        text.push_str(&listing(&changes));
    }
    text.push_str(&proposed);
    for change in &cataloged {
        text.push_str(&format!("Catalog of {}\n", catalog::lines(change)[0]));
    }
    let promotions = promotions(&changes);
    if !promotions.is_empty() {
        text.push_str(&format!("\n{promotions}"));
    }
    text
}

fn subject(change: &Change) -> String {
    let (verb, counts) = (change.verb(), counts(change.after.0));
    // The counts are what a reader looks for: where the line is too long, the shape gives way.
    let room = SUBJECT.saturating_sub(verb.len() + counts.len() + " ()".len() + 1);
    format!("{verb} {} ({counts})", clip(&change.shape, room))
}

fn catch_up_subject(changes: &[Change]) -> String {
    match changes {
        [] => "Note what components did".to_owned(),
        [only] => subject(only),
        many => format!("Learn from executions of {} patterns", many.len()),
    }
}

fn listing(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "No pattern changed; the track records of components did.\n".to_owned();
    }
    let line = |change: &Change| format!("{} {}: {}\n", change.verb(), change.shape, counts(change.after.0));
    let mut text: String = changes.iter().take(LISTED).map(line).collect();
    if changes.len() > LISTED {
        text.push_str(&format!("and {} more\n", changes.len() - LISTED));
    }
    text
}

/// How many patterns are proposed that were not, in one line; nothing where there are none.
pub(crate) fn proposed(before: &Library, after: &Library) -> String {
    match after.newly_proposed(before) {
        0 => String::new(),
        1 => "Propose 1 pattern that nobody ran yet.\n".to_owned(),
        new => format!("Propose {new} patterns that nobody ran yet.\n"),
    }
}

fn promotions(changes: &[Change]) -> String {
    let trailer = |promotion: String| format!("Orchestrate-Promotion: {promotion}\n");
    changes.iter().filter_map(Change::promotion).map(trailer).collect()
}

fn outcome_line(execution: &Execution) -> String {
    match execution.outcome {
        Outcome::Passed => "It passed.\n".to_owned(),
        Outcome::Failed => "It failed.\n".to_owned(),
        Outcome::Environment => {
            "The environment stopped it, which says nothing about the pattern.\n".to_owned()
        }
        Outcome::Aborted => "It was aborted, which says nothing about the pattern.\n".to_owned(),
    }
}

fn predicted_against_actual(execution: &Execution) -> String {
    let show = |measure: Option<&Measure>| {
        let success = measure.and_then(|it| it.success).map(|p| format!("success {:.0} %", p.get() * 100.0));
        let time = measure.and_then(|it| it.duration_ms).map(|ms| format!("{:.1} s", ms as f64 / 1_000.0));
        let parts: Vec<String> = success.into_iter().chain(time).collect();
        if parts.is_empty() { "not enough evidence".to_owned() } else { parts.join(", ") }
    };
    format!(
        "Predicted: {}. Actual: {}.\n",
        show(execution.predicted.as_ref()),
        show(execution.actual.as_ref())
    )
}

fn standing(change: &Change) -> String {
    let (tally, stage) = change.after;
    let bound =
        if tally.runs() == 0 { String::new() } else { format!(", lower bound {:.2}", tally.lower_bound()) };
    format!("Now {} with {}{bound}.\n", stage.as_str(), counts(tally))
}

fn reusable(change: &Change) -> String {
    if change.words.is_empty() {
        return String::new();
    }
    format!("Reusable for requests about: {}.\n", change.words.join(", "))
}

/// Text of others on one line, and not too long for a message.
fn shown(text: &str) -> String {
    clip(&one_line(text), QUOTED)
}

fn counts(tally: Tally) -> String {
    let runs = tally.runs();
    if runs == 0 {
        // What the environment broke counts neither way.
        return "no run counted yet".to_owned();
    }
    format!("{} of {} {} passed", tally.passed, runs, if runs == 1 { "run" } else { "runs" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::json::Number;
    use crate::model::record::Record;
    use crate::model::recount::{Records, recount};
    use crate::model::samples;

    fn library(executions: &[Execution]) -> Library {
        let records: Records = executions
            .iter()
            .map(|execution| (execution.id, vec![Record::Execution(Box::new(execution.clone()))]))
            .collect();
        recount(&records, &Library::default())
    }

    fn execution(n: u64, outcome: Outcome) -> Execution {
        let mut execution = Execution { outcome, ..samples::execution(n) };
        execution.pattern = crate::model::pattern::Shape::of(&execution).map(|shape| shape.id());
        execution
    }

    #[test]
    fn a_first_execution_discovers_its_pattern() {
        let first = execution(1, Outcome::Passed);
        insta::assert_snapshot!(lesson(&first, &Library::default(), &library(std::slice::from_ref(&first))), @"
        Discover licence → changelog (1 of 1 run passed)

        Request: add a licence and a changelog
        It passed.
        Predicted: not enough evidence. Actual: not enough evidence.
        Now discovered with 1 of 1 run passed, lower bound 0.38.
        Reusable for requests about: add, changelog, licens.

        Orchestrate-Execution: 01KAG4E1000000000000000001
        Orchestrate-Pattern: licence-changelog-94db6af0ba0e
        ");
    }

    #[test]
    fn a_failure_is_told_with_its_cause_and_its_cure() {
        let first = execution(1, Outcome::Passed);
        let mut second = execution(2, Outcome::Failed);
        second.steps[1].outcome = StepOutcome::Failed;
        second.steps[1].error = Some("no tags".to_owned());
        second.predicted = Some(Measure { success: Number::new(0.9), ..Measure::default() });
        second.actual =
            Some(Measure { success: Number::new(0.0), duration_ms: Some(1500), ..Measure::default() });
        let before = library(std::slice::from_ref(&first));
        let message = lesson(&second, &before, &library(&[first, second.clone()]));
        assert!(message.starts_with("Penalise licence → changelog (1 of 2 runs passed)\n"), "{message}");
        assert!(message.contains("changelog failed: no tags\n"), "{message}");
        assert!(message.contains("Predicted: success 90 %. Actual: success 0 %, 1.5 s.\n"), "{message}");
    }

    #[test]
    fn a_promotion_is_a_trailer() {
        let mut executions: Vec<Execution> = (0..5).map(|n| execution(n, Outcome::Passed)).collect();
        for (n, execution) in executions.iter_mut().enumerate() {
            execution.request = Some(format!("add licence {n}"));
        }
        let message = catch_up(&library(&executions[..4]), &library(&executions));
        assert!(message.contains(" discovered -> validated\n"), "{message}");
        assert!(message.starts_with("Promote licence → changelog (5 of 5 runs passed)\n"), "{message}");
    }
}
