//! What a heading announces: outputs, inputs, requirements, steps, or what is to be passed over.

/// What stands under a heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::research) enum Section {
    Purpose,
    Work,
    Output,
    /// How an output is laid out: only what is named in bold, or as a path, is one.
    Layout,
    Input,
    Requirements,
    Steps,
    /// Samples of use or of results; what they show need not hold.
    Example,
    /// What is not to be done, and what others do.
    Aside,
    Other,
}

/// Sections by how their headings start or what they contain, in lower case; the first that fits counts.
const STARTS: &[(Section, &[&str])] = &[
    (
        Section::Aside,
        &[
            "when not",
            "don't",
            "donts",
            "do not",
            "anti-pattern",
            "antipattern",
            "limitation",
            "out of scope",
            "non-goal",
            "what not",
            "never",
            "common mistake",
            "common pitfall",
            "pitfall",
            "related",
            "resource",
            "reference",
            "see also",
            "next step",
            "integration",
            "support",
            "license",
            "troubleshoot",
            "error handling",
            "common issue",
            "version history",
            "alternative",
            "cost",
            "best practice",
            "faq",
            "further reading",
            "knowledge base",
        ],
    ),
    (
        Section::Example,
        &[
            "example",
            "sample",
            "demo",
            "scenario",
            "trigger",
            "code example",
            "use case",
            "worked",
            "usage example",
        ],
    ),
    (Section::Layout, &["output format", "report format", "response format", "output structure", "format"]),
    (
        Section::Output,
        &[
            "deliverable",
            "expected output",
            "what you get",
            "generated file",
            "generated artifact",
            "artifacts generated",
            "files created",
            "files generated",
            "what gets created",
            "what gets generated",
        ],
    ),
    (
        Section::Input,
        &[
            "required input",
            "required information",
            "parameter",
            "argument",
            "information needed",
            "what i need",
        ],
    ),
    (
        Section::Requirements,
        &[
            "prerequisite",
            "requirement",
            "dependenc",
            "installation",
            "install",
            "before you begin",
            "environment variable",
            "required tool",
            "system requirement",
            "required environment",
            "required permission",
        ],
    ),
    (
        Section::Work,
        &[
            "capabilit",
            "what this command does",
            "what this skill does",
            "what it does",
            "what you do",
            "focus area",
            "key feature",
            "core responsibilit",
            "responsibilit",
            "core capabilit",
            "your capabilit",
            "features",
        ],
    ),
    (
        Section::Steps,
        &[
            "instruction",
            "step",
            "workflow",
            "process",
            "phase",
            "implementation",
            "usage",
            "quick start",
            "how it works",
            "execution",
            "procedure",
            "task",
        ],
    ),
    (
        Section::Purpose,
        &["purpose", "overview", "mission", "goal", "expert purpose", "core purpose", "description"],
    ),
];

/// What may stand behind `output` and `input` in a heading that announces such; `Output encoding` is a subject.
const BEHIND: &[&str] = &[
    "",
    "artifact",
    "artifacts",
    "contract",
    "deliverables",
    "directory",
    "expectations",
    "file",
    "files",
    "folder",
    "location",
    "locations",
    "parameters",
    "path",
    "paths",
    "report",
    "reports",
    "requirements",
    "schema",
    "specification",
];

/// Words anywhere in a heading that make it steps.
const PROCESSES: &[&str] = &["process", "workflow", "procedure", "protocol", "steps"];

/// Words anywhere in a heading under which stands what is not to be done.
const FORBIDDEN: &[&str] =
    &["cannot", "can't", "must not", "not allowed", "forbidden", "prohibited", "off-limits"];

/// Words anywhere in a heading that make it a sample.
const SAMPLES: &[&str] = &["example", "sample output", "anti-pattern", "bad:", "bad practice"];

/// What the heading `title` announces.
pub(super) fn announced(title: &str) -> Section {
    let lower = title.to_lowercase();
    let text = lower.trim_start_matches(|c: char| !c.is_alphabetic());
    if SAMPLES.iter().any(|word| text.contains(word)) {
        return Section::Example;
    }
    if FORBIDDEN.iter().any(|word| text.contains(word)) {
        return Section::Aside;
    }
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    if BEHIND.contains(&rest.trim_matches(|c: char| !c.is_alphanumeric())) {
        match first.trim_end_matches(|c: char| !c.is_alphanumeric()) {
            "output" | "outputs" => return Section::Output,
            "input" | "inputs" => return Section::Input,
            _ => {}
        }
    }
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    let steps = || PROCESSES.iter().any(|word| text.contains(word)).then_some(Section::Steps);
    let found = STARTS.iter().find(|(_, words)| starts(words)).map(|(section, _)| *section);
    found.or_else(steps).unwrap_or(Section::Other)
}

/// Leads of lines that announce what their headings would, whole and in lower case.
const LEADS: &[(Section, &[&str])] = &[
    (Section::Output, &["output", "outputs", "deliverable", "deliverables", "produces"]),
    (Section::Input, &["input", "inputs", "arguments", "parameters"]),
    (Section::Requirements, &["prerequisite", "prerequisites", "requires", "dependencies"]),
];

/// Words before a colon at the end of a paragraph that announce a list of outputs.
const PROMISES: &[&str] = &[
    "provide",
    "provides",
    "deliver",
    "delivers",
    "generates",
    "produces",
    "returns",
    "provide report with",
];

/// Whether a paragraph announces a list of what is handed over, as in `For every wish, provide:`.
pub(super) fn promises(text: &str) -> bool {
    let Some(before) = text.trim_end_matches(['*', '_']).strip_suffix(':') else { return false };
    let lower = before.trim_end_matches(['*', '_']).to_lowercase();
    let denied = ["not ", "never ", "n't "].iter().any(|word| lower.contains(word));
    !denied && PROMISES.iter().any(|word| lower == *word || lower.ends_with(&format!(" {word}")))
}

/// How the lead of a list forbids what it lists: with these words in front, or at its end.
const FORBIDS: &[&str] = &[
    "do not",
    "don't",
    "never",
    "avoid",
    "must not",
    "you must not",
    "you never",
    "you cannot",
    "you do not",
];
const FORBID: &[&str] = &[" not", " never", " cannot", " don't", "forbidden", "prohibited", "not allowed"];

/// Whether a line announces a list of what is not to be done, as in `You NEVER:`.
pub(in crate::research) fn forbids(text: &str) -> bool {
    let Some(before) = text.trim().trim_end_matches(['*', '_']).strip_suffix(':') else { return false };
    let lower = before.trim_matches(['*', '_', ' ']).to_lowercase();
    let started = FORBIDS
        .iter()
        .any(|words| lower.strip_prefix(words).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)));
    (started && !lower.contains("forget")) || FORBID.iter().any(|words| lower.ends_with(words))
}

/// What a bold or plain lead such as `**Output:**` at the start of a line announces, and the rest of the line.
pub(super) fn lead(text: &str) -> Option<(Section, &str)> {
    let plain = text.trim_start_matches("**").trim_start_matches("__");
    let (title, rest) = plain.split_once(':')?;
    let title = title.trim_end_matches(['*', '_']).to_lowercase();
    let section =
        LEADS.iter().find(|(_, titles)| titles.contains(&title.as_str())).map(|(section, _)| *section)?;
    Some((section, rest.trim_start_matches(['*', '_']).trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_announce_by_their_first_words() {
        for (title, section) in [
            ("Output Format", Section::Layout),
            ("Output", Section::Output),
            ("Output files:", Section::Output),
            ("Output encoding", Section::Other),
            ("Input validation", Section::Other),
            ("📦 Deliverables", Section::Output),
            ("2. Prerequisites", Section::Requirements),
            ("Step 3: Deploy", Section::Steps),
            ("Example output", Section::Example),
            ("When NOT to use", Section::Aside),
            ("Mission", Section::Purpose),
            ("Weather", Section::Other),
        ] {
            assert_eq!(announced(title), section, "{title}");
        }
    }

    #[test]
    fn a_lead_may_forbid_what_it_lists() {
        for lead in [
            "You NEVER:",
            "Do NOT modify:",
            "**Never:**",
            "Agents must not:",
            "don't:",
            "DON'T use this when:",
        ] {
            assert!(forbids(lead), "{lead}");
        }
        for lead in
            ["If it does not exist, create:", "Do not forget to write:", "Never mind", "You ONLY:", "Notes:"]
        {
            assert!(!forbids(lead), "{lead}");
        }
        assert_eq!(announced("What Agents Cannot Do"), Section::Aside);
    }

    #[test]
    fn a_bold_lead_is_a_small_heading() {
        assert_eq!(lead("**Output:** a report"), Some((Section::Output, "a report")));
        assert_eq!(lead("**Prerequisites**: Node.js"), Some((Section::Requirements, "Node.js")));
        assert_eq!(lead("The output of this is long: very"), None);
        assert_eq!(lead("Note: x"), None);
        assert_eq!(lead("**Input validation**: all of it"), None);
        assert!(
            promises("For every wish, provide:")
                && !promises("Do not provide:")
                && !promises("It provides:x")
        );
    }
}
