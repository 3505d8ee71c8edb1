//! What a text calls by a name that nothing else has: tools of MCP servers, and variables of its own.

use super::found::Found;
use super::outline::{Line, Part};
use super::section::Section;
use super::shell::is_variable;
use crate::model::capability::{Method, Need, Place};
use crate::model::component::Component;

/// How code of a fence reads a variable.
const READERS: &[&str] =
    &["process.env.", "os.environ[\"", "os.environ['", "os.environ.get(\"", "os.getenv(\"", "os.getenv('"];

/// Words that forbid a call.
const DENIALS: &[&str] = &["not ", "never ", "n't ", "avoid ", "without "];

/// Reads the servers whose tools are named as clients name them: `mcp__server__tool`.
pub(super) fn read(lines: &[Line<'_>], found: &mut Found) {
    let mut forbidden = false;
    for line in lines {
        let lower = line.text.to_lowercase();
        // "Do NOT:" forbids the list behind it.
        forbidden = match line.part {
            Part::Item { .. } => forbidden,
            _ => {
                lower.trim_end_matches('*').ends_with("not:")
                    || lower.trim_end_matches('*').ends_with("never:")
            }
        };
        let denied = forbidden || DENIALS.iter().any(|word| lower.contains(word));
        if denied || matches!(line.section, Section::Example | Section::Aside) {
            continue;
        }
        for rest in line.text.split("mcp__").skip(1) {
            let server =
                rest.split("__").next().filter(|server| rest.len() > server.len() && !server.is_empty());
            let plain =
                |server: &&str| server.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            if let Some(server) = server.filter(plain) {
                found.requires(Need::Mcp, server, Place::line(line.number), Method::Call);
            }
        }
    }
}

/// Reads the variables that code of fences reads, where they carry a word of the component's name or
/// its plugin's: others are those of a sample.
pub(super) fn variables(component: &Component, lines: &[Line<'_>], found: &mut Found) {
    let names = format!("{}-{}", component.id.name(), component.id.plugin()).to_uppercase();
    let words: Vec<&str> =
        names.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).collect();
    for line in lines.iter().filter(|line| matches!(line.part, Part::Code { .. })) {
        if matches!(line.section, Section::Example | Section::Aside) {
            continue;
        }
        for reader in READERS {
            for rest in line.text.split(reader).skip(1) {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let name = &rest[..end];
                // With a default it is no requirement: `process.env.X || '100'`, `os.getenv("X", "")`.
                let behind = rest[end..].trim_start_matches(['"', '\'', ']', ')']).trim_start();
                if ["||", "??", ","].iter().any(|sign| behind.starts_with(sign)) {
                    continue;
                }
                let own = name.split('_').next().is_some_and(|word| words.contains(&word));
                if own && is_variable(name) {
                    found.requires(Need::Variable, name, Place::line(line.number), Method::Code);
                }
            }
        }
    }
}
