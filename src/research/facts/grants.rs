//! What the tools that a component is granted say: what it needs, and what it may do at most.

use serde_json::Value;

use super::declared::lines_of;
use super::found::Found;
use super::programs::program;
use crate::model::capability::{Effect, Method, Need, Place};
use crate::model::component::Component;

/// The fields that grant, as skills, commands and agents spell them.
const FIELDS: &[&str] = &["allowed-tools", "tools"];
/// The most grants that are read.
const MOST: usize = 60;

/// Tools by what they allow.
const EFFECTS: &[(Effect, &[&str])] = &[
    (Effect::CreatesFiles, &["Write"]),
    (Effect::ModifiesFiles, &["Edit", "MultiEdit", "NotebookEdit", "Write"]),
    (Effect::RunsCommands, &["Bash", "PowerShell"]),
    (Effect::UsesNetwork, &["WebFetch", "WebSearch"]),
];

/// Tools that change nothing outside the conversation.
const READERS: &[&str] =
    &["Read", "Glob", "Grep", "LS", "TodoWrite", "TodoRead", "AskUserQuestion", "NotebookRead"];

/// Reads the grants of `component`.
pub(super) fn read(component: &Component, found: &mut Found) {
    let declared = &component.declared;
    for field in FIELDS {
        let Some(value) = declared.fields.get(*field) else { continue };
        let (first, last) = lines_of(declared, field);
        let place = Place::Lines { first, last };
        let grants: Vec<String> = grants(value).into_iter().take(MOST).collect();
        let tools: Vec<&str> = grants.iter().map(|grant| tool(grant)).filter(|tool| is_name(tool)).collect();
        for tool in &tools {
            match server(tool) {
                Some(server) => found.requires(Need::Mcp, server, place.clone(), Method::Grant),
                None => found.requires(Need::Tool, tool, place.clone(), Method::Grant),
            }
        }
        for (effect, allow) in EFFECTS {
            if tools.iter().any(|tool| allow.contains(tool)) {
                found.effect(*effect, place.clone(), Method::Grant);
            }
        }
        if !tools.is_empty() && tools.iter().all(|tool| READERS.contains(tool)) {
            found.effect(Effect::ReadsOnly, place.clone(), Method::Grant);
        }
        for program in grants.iter().filter_map(|grant| command(grant)).filter_map(program) {
            found.requires(Need::Program, program, place.clone(), Method::Grant);
        }
    }
}

/// `Read, Bash(git:*)` or a list of such; commas inside parentheses do not part.
fn grants(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(grants).collect(),
        Value::String(text) => {
            let mut depth = 0_usize;
            let parts = text.split(|c| {
                match c {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                c == ',' && depth == 0
            });
            parts.map(|part| part.trim().trim_matches(['[', ']', '"', '\'']).to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

fn tool(grant: &str) -> &str {
    grant.split('(').next().unwrap_or(grant).trim()
}

/// Whether this looks like the name of a tool rather than a remark.
fn is_name(tool: &str) -> bool {
    tool.starts_with(|c: char| c.is_ascii_alphabetic())
        && tool.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*'))
}

/// The server of `mcp__server__tool`.
fn server(tool: &str) -> Option<&str> {
    tool.strip_prefix("mcp__")?.split("__").next().filter(|server| !server.is_empty())
}

/// The program that `Bash(git:*)` or `Bash(npm run test)` allows.
fn command(grant: &str) -> Option<&str> {
    let inner = grant.strip_prefix("Bash(")?;
    inner.split([':', ' ', ')', '*']).next().filter(|word| !word.is_empty())
}
