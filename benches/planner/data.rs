//! Tools and runs as JSON Lines, and longer requests that are put together from them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::plan::learned::outline::{Outline, Part};

#[derive(Clone, Deserialize)]
pub(crate) struct Tool {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) description: String,
}

#[derive(Deserialize)]
struct Line {
    request: String,
    nodes: Vec<String>,
    #[serde(default)]
    links: Vec<(String, String)>,
}

/// A request and what was right for it.
#[derive(Clone)]
pub(crate) struct Example {
    pub(crate) request: String,
    pub(crate) outline: Outline,
}

pub(crate) struct Data {
    pub(crate) tools: Vec<Tool>,
    pub(crate) numbers: HashMap<String, Part>,
}

impl Data {
    /// Reads the tools.
    pub(crate) fn read(tools: &Path) -> Self {
        let tools: Vec<Tool> = lines(tools);
        let numbers = tools.iter().enumerate().map(|(at, it)| (it.id.clone(), at as Part)).collect();
        Self { tools, numbers }
    }

    /// The same tools again.
    pub(crate) fn of(other: &Self) -> Self {
        Self { tools: other.tools.clone(), numbers: other.numbers.clone() }
    }

    /// Reads runs of these tools.
    pub(crate) fn examples(&self, path: &Path) -> Vec<Example> {
        let example = |line: Line| {
            let parts: Option<Vec<Part>> =
                line.nodes.iter().map(|it| self.numbers.get(it).copied()).collect();
            Some(Example { request: line.request, outline: outline(parts?, &line.nodes, &line.links)? })
        };
        lines(path).into_iter().filter_map(example).collect()
    }
}

fn outline(parts: Vec<Part>, nodes: &[String], links: &[(String, String)]) -> Option<Outline> {
    // A name that is there twice: the link means the places right behind each other, if there are such.
    let places = |(from, to): &(String, String)| {
        let pairs = (0..nodes.len()).flat_map(|a| (a + 1..nodes.len()).map(move |b| (a, b)));
        pairs.filter(|&(a, b)| nodes[a] == *from && nodes[b] == *to).min_by_key(|&(a, b)| (b - a, a))
    };
    let chain = nodes.windows(2).all(|two| links.contains(&(two[0].clone(), two[1].clone())));
    if chain && links.len() + 1 == nodes.len() {
        return Some(Outline::chain(parts));
    }
    Outline::new(parts, links.iter().filter_map(places).collect::<Vec<_>>())
}

fn lines<T: for<'a> Deserialize<'a>>(path: &Path) -> Vec<T> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    text.lines().filter(|line| !line.trim().is_empty()).map(parse).collect()
}

/// Numbers that look random and are the same every time: SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }
}

/// How the parts of a longer request hang together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Joint {
    /// One after the other, and it says so.
    Then,
    /// Side by side.
    Also,
}

/// One request out of several.
pub(crate) fn joined(examples: &[&Example], joint: Joint, dice: &mut Dice) -> Option<Example> {
    let mut request = String::new();
    let (mut parts, mut links): (Vec<Part>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
    let words: &[&str] = match joint {
        Joint::Then => &[" Then ", " After that, ", ", and then ", " Finally, ", ". Next, "],
        Joint::Also => &[" Also, ", " ", ", and ", " In addition, ", "; ", "\n- "],
    };
    for example in examples {
        let text = example.request.trim().trim_end_matches('.');
        if request.is_empty() {
            request.push_str(text);
        } else {
            let mut word = words[dice.below(words.len())].to_owned();
            if word.starts_with(' ') {
                word.insert(0, '.');
            }
            let small = !word.trim_end().ends_with(['.', '-']) && word.trim().len() > 1;
            request.push_str(&word);
            let mut letters = text.chars();
            let first = letters.next()?;
            let proper = letters.clone().next().is_some_and(|c| !c.is_lowercase()) || first == 'I';
            let shown = if small && !proper { first.to_lowercase().to_string() } else { first.to_string() };
            request.push_str(&shown);
            request.push_str(letters.as_str());
        }
        let start = parts.len();
        if joint == Joint::Then && start > 0 {
            links.push((start - 1, start));
        }
        links.extend(example.outline.places().map(|(from, to)| (start + from, start + to)));
        parts.extend(example.outline.parts());
    }
    request.push('.');
    Some(Example { request, outline: Outline::new(parts, links)? })
}
