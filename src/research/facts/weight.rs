//! How much a component asks for: steps and text, counted.

use std::collections::BTreeMap;

use super::found::Found;
use super::outline::{Line, Part};
use super::paths::{is_own, spans};
use super::programs::of_fence;
use super::section::Section;
use crate::model::capability::{Claim, Level, Method, Place};
use crate::model::component::Component;

/// So many tokens of text weigh as much as a step.
const TOKENS_A_STEP: u64 = 300;
/// Below this many steps, or what weighs as much, it is little work; from that many on it is much.
const LITTLE: u64 = 6;
const MUCH: u64 = 16;

/// A language that this many fences have, and this share of all that have one, is the component's.
const ENOUGH_FENCES: usize = 2;
const MOST_FENCES: f64 = 0.6;

/// Reads how long `component` is and how many steps its `lines` have.
pub(super) fn read(component: &Component, lines: &[Line<'_>], found: &mut Found) {
    let tokens = component.tokens;
    let declared = &component.declared;
    let last = (declared.body_line + component.body.lines().count()).saturating_sub(1).max(1);
    // Of a prompt the description may stand behind the text.
    let first = declared.front_line.clamp(1, declared.body_line.max(1)).min(last);
    let place = Place::Lines { first, last };
    found.add(
        Claim::Context { always: tokens.always, on_invoke: tokens.on_invoke },
        place.clone(),
        Method::Counted,
    );
    if lines.is_empty() {
        return;
    }
    // A text that sends its reader on to files of its own is only the beginning of the work.
    let goes_on = lines.iter().any(|line| spans(line.text).any(|(_, code)| is_own(code)));
    let level = match steps(lines) as u64 + tokens.on_invoke / TOKENS_A_STEP {
        0..LITTLE if !goes_on => Level::Low,
        0..MUCH => Level::Medium,
        _ => Level::High,
    };
    found.add(Claim::Complexity { level }, place, Method::Counted);
}

/// Headings that number a step or phase, or the numbered items of instructions; of whichever there are more.
fn steps(lines: &[Line<'_>]) -> usize {
    let numbered = |text: &str| {
        let lower = text.to_lowercase();
        let rest = ["step ", "phase "].iter().find_map(|word| lower.strip_prefix(word).map(str::to_owned));
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let headings = lines.iter().filter(|line| line.part == Part::Heading && numbered(line.text)).count();
    let item = |line: &&Line<'_>| {
        line.part == Part::Item { numbered: true, nested: false } && line.section == Section::Steps
    };
    headings.max(lines.iter().filter(item).count())
}

/// Reads the language that most fences are in.
pub(super) fn language(lines: &[Line<'_>], found: &mut Found) {
    let mut fences: BTreeMap<usize, (&'static str, usize)> = BTreeMap::new();
    for line in lines {
        if let Part::Code { language, fence } = line.part
            && let Some(language) = of_fence(language)
        {
            fences.entry(fence).or_insert((language, line.number));
        }
    }
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (language, line) in fences.values() {
        counts.entry(language).or_insert((0, *line)).0 += 1;
    }
    for (language, (count, line)) in counts {
        if count >= ENOUGH_FENCES && count as f64 >= MOST_FENCES * fences.len() as f64 {
            found.add(Claim::Language { name: language }, Place::line(line), Method::Fence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::lines;
    use super::*;

    #[test]
    fn steps_are_numbered_headings_or_items() {
        assert_eq!(steps(&lines("## Step 1: a\n1. x\n## Phase 2\nstep 3", 1)), 2);
        assert_eq!(steps(&lines("## Steps\n1. a\n2. b\n   3. c\n## Example\n1. d", 1)), 2);
    }

    #[test]
    fn the_language_of_most_fences_is_the_components() {
        let mut found = Found::default();
        language(&lines("```py\nx\n```\n```python\ny\n```\n```go\nz\n```\n```text\n.\n```", 1), &mut found);
        assert_eq!(found.ranked().iter().map(|it| it.claim.to_string()).collect::<Vec<_>>(), ["python"]);
    }
}
