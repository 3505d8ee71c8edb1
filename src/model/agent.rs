//! Agents by the traces that they leave: trailers of commits, variables of the environment.
//!
//! Only names of this table ever enter a record: a trailer's own words stay where they are.

use std::collections::BTreeSet;

/// An agent and what gives it away.
struct Agent {
    name: &'static str,
    /// In a `Co-authored-by` or `Generated-with` trailer, lower case.
    marks: &'static [&'static str],
    /// Variables that it sets for the programs that it starts.
    variables: &'static [&'static str],
}

const fn agent(
    name: &'static str,
    marks: &'static [&'static str],
    variables: &'static [&'static str],
) -> Agent {
    Agent { name, marks, variables }
}

const AGENTS: &[Agent] = &[
    agent("aider", &["aider"], &["AIDER_MODEL"]),
    agent("amp", &["amp@ampcode.com", "ampcode"], &["AMP_CURRENT_THREAD_ID"]),
    agent("claude-code", &["claude", "noreply@anthropic.com"], &["CLAUDECODE"]),
    agent("codex", &["codex", "noreply@openai.com"], &["CODEX_SANDBOX", "CODEX_THREAD_ID"]),
    agent("copilot", &["copilot"], &["COPILOT_AGENT_ID"]),
    agent("cursor", &["cursoragent", "cursor agent", "@cursor.com"], &["CURSOR_AGENT"]),
    agent("devin", &["devin-ai", "devin ai"], &[]),
    agent("gemini-cli", &["gemini"], &["GEMINI_CLI"]),
    agent("opencode", &["opencode"], &["OPENCODE"]),
];

/// Trailers that name who helped, lower case.
const TRAILERS: &[&str] = &["co-authored-by:", "generated-with:", "generated-by:", "assisted-by:"];

/// The agents that a commit's message names in its trailers, or in Claude Code's last line.
pub(crate) fn named_in(message: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for line in message.lines().map(|line| line.trim().to_lowercase()) {
        let credit = TRAILERS.iter().find_map(|trailer| line.strip_prefix(trailer));
        let Some(who) = credit.or_else(|| line.split_once("generated with [").map(|(_, who)| who)) else {
            continue;
        };
        let named = AGENTS.iter().filter(|agent| agent.marks.iter().any(|mark| who.contains(mark)));
        found.extend(named.map(|agent| agent.name));
    }
    found
}

/// The agents that variables of the environment name.
pub(crate) fn present(is_set: impl Fn(&str) -> bool) -> Vec<String> {
    let present = AGENTS.iter().filter(|agent| agent.variables.iter().any(|name| is_set(name)));
    present.map(|agent| agent.name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_name_agents_and_people_are_left_alone() {
        let message = "Teach claude to parse\n\nco-authored-by: Aider (gpt) <aider@aider.chat>\nCo-Authored-By: Ada <ada@example.org>\n\n🤖 Generated with [Claude Code](https://claude.com)\n";
        assert_eq!(named_in(message), BTreeSet::from(["aider", "claude-code"]));
        assert_eq!(named_in("Fix the cursor\n\nReviewed-by: Claude\n"), BTreeSet::new());
    }

    #[test]
    fn the_environment_names_the_agent_that_runs_us() {
        assert_eq!(present(|name| name == "CLAUDECODE"), ["claude-code"]);
        assert_eq!(present(|_| false), Vec::<String>::new());
    }
}
