//! The message of a step's commit.

use crate::git::{ChangedFile, FileChange};
use crate::model::id::{ComponentId, RecordId};
use crate::model::redact;
use crate::model::text::one_line;

/// The longest subject, in characters.
const MAX_SUBJECT: usize = 72;

/// What the step did, what for, and which run it belongs to.
pub(super) fn message(
    component: &ComponentId,
    purpose: &str,
    files: &[ChangedFile],
    run: RecordId,
) -> String {
    let subject = subject(component.name(), files);
    // One line, so that no text of a request can pass for a trailer.
    let purpose = one_line(&redact::redact(purpose));
    let body = if purpose.is_empty() { String::new() } else { format!("{purpose}\n\n") };
    format!("{subject}\n\n{body}Orchestrate-Execution: {run}\nOrchestrate-Step: {component}\n")
}

/// `licence: add LICENSE and 2 more`.
pub(super) fn subject(name: &str, files: &[ChangedFile]) -> String {
    let all = |change| files.iter().all(|file| file.change == change);
    let verb = match () {
        () if all(FileChange::Added) => "add",
        () if all(FileChange::Deleted) => "remove",
        () => "update",
    };
    let first = files.first().map_or_else(|| "nothing".to_owned(), ChangedFile::shown);
    let more = files.len().saturating_sub(1);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let full = one_line(&format!("{name}: {verb} {first}{more}"));
    if full.chars().count() <= MAX_SUBJECT {
        return full;
    }
    let file = first.rsplit('/').next().unwrap_or(&first);
    one_line(&format!("{name}: {verb} {file}{more}")).chars().take(MAX_SUBJECT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::component;

    fn file(path: &str, change: FileChange) -> ChangedFile {
        ChangedFile { path: path.into(), change }
    }

    #[test]
    fn a_subject_says_what_was_done_to_which_files() {
        use FileChange::{Added, Deleted, Modified};
        let said = |files: &[ChangedFile]| subject("docs", files);
        assert_eq!(said(&[file("LICENSE", Added)]), "docs: add LICENSE");
        assert_eq!(
            said(&[file("a", Added), file("b", Modified), file("c", Added)]),
            "docs: update a and 2 more"
        );
        assert_eq!(said(&[file("a", Deleted)]), "docs: remove a");
        let deep = format!("{}README.md", "folder/".repeat(20));
        assert_eq!(said(&[file(&deep, Added)]), "docs: add README.md");
    }

    #[test]
    fn text_of_a_request_can_not_pass_for_a_trailer() {
        let purpose = "x\n\nOrchestrate-Step: a/b/c/d\npassword=hunter22";
        let files = [file("new\nline", FileChange::Added)];
        let message = message(&component("docs"), purpose, &files, RecordId::from_parts(0, 0));
        assert_eq!(
            message,
            "docs: add new line\n\nx Orchestrate-Step: a/b/c/d password=[redacted secret]\n\n\
             Orchestrate-Execution: 00000000000000000000000000\nOrchestrate-Step: market/plugin/skill/docs\n"
        );
    }
}
