//! A marketplace of 50,000 components, made up: the same at each time.

use std::path::Path;
use std::{fs, io};

const PLUGINS: usize = 1_000;
const OF_EACH: [(&str, usize); 3] = [("agents", 10), ("commands", 15), ("skills", 25)];
/// How many words there are, and how many of them a text has.
const WORDS: u64 = 20_000;
const LENGTH: usize = 250;

pub(crate) fn components() -> usize {
    PLUGINS * OF_EACH.iter().map(|(_, number)| number).sum::<usize>()
}

/// A marketplace as people write them: every tenth text is no valid YAML, every seventh has no
/// frontmatter, skills bring a script.
pub(crate) fn generate(root: &Path) -> io::Result<()> {
    let mut entries = Vec::new();
    for plugin in 0..PLUGINS {
        let folder = root.join(format!("plugins/p{plugin}"));
        fs::create_dir_all(folder.join(".claude-plugin"))?;
        let own = format!(r#"{{"name":"p{plugin}","description":"Plugin number {plugin}"}}"#);
        fs::write(folder.join(".claude-plugin/plugin.json"), own)?;
        for (kind, number) in OF_EACH {
            for n in 0..number {
                let text = document(plugin * 50 + n, kind);
                if kind == "skills" {
                    let skill = folder.join(format!("skills/s{n}"));
                    fs::create_dir_all(&skill)?;
                    fs::write(skill.join("run.sh"), "#!/bin/sh\nexit 0\n")?;
                    fs::write(skill.join("SKILL.md"), text)?;
                } else {
                    fs::create_dir_all(folder.join(kind))?;
                    fs::write(folder.join(kind).join(format!("d{n}.md")), text)?;
                }
            }
        }
        entries.push(format!(r#"{{"name":"p{plugin}","source":"./plugins/p{plugin}"}}"#));
    }
    fs::create_dir_all(root.join(".claude-plugin"))?;
    let manifest = format!(r#"{{"name":"synthetic","plugins":[{}]}}"#, entries.join(","));
    fs::write(root.join(".claude-plugin/marketplace.json"), manifest)
}

const VERBS: [&str; 8] =
    ["Reviews", "Writes", "Tests", "Plans", "Deploys", "Measures", "Explains", "Migrates"];
const THINGS: [&str; 9] =
    ["a schema", "an API", "a changelog", "a licence", "a service", "a queue", "a page", "a report", "a key"];

fn document(seed: usize, kind: &str) -> String {
    let (verb, thing) = (VERBS[seed % VERBS.len()], THINGS[seed / 3 % THINGS.len()]);
    let colon = if seed.is_multiple_of(10) { ": always" } else { "" };
    let front = match seed % 7 {
        0 => String::new(),
        _ => format!("---\ndescription: {verb} {thing} for case {seed}{colon}\nmodel: inherit\n---\n"),
    };
    let mut dice = Dice(seed as u64);
    let words: Vec<String> = (0..LENGTH).map(|_| dice.word()).collect();
    let steps: Vec<String> =
        words.chunks(12).map(|words| format!("{verb} {thing}: {}.", words.join(" "))).collect();
    let steps = steps.join(" ");
    format!("{front}# {verb} {thing} ({kind} {seed})\n\n{steps}\n\n## Output\n\n- `out-{seed}.md`\n")
}

/// What somebody asks for: work that all speak of, and words of which most are rare.
pub(crate) fn query(number: usize) -> String {
    let mut dice = Dice(1_000_000 + number as u64);
    let (verb, thing) = (VERBS[number % VERBS.len()], THINGS[number / 8 % THINGS.len()]);
    let words: Vec<String> = (0..number % 4).map(|_| dice.word()).collect();
    format!("{verb} {thing} {}", words.join(" "))
}

/// Numbers without a pattern, the same at each time: SplitMix64 (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A word; as in any language few of them are most of what is said.
    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] =
            ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za"];
        let even = self.roll() as f64 / u64::MAX as f64;
        let mut number = (WORDS as f64 * even.powi(4)) as u64;
        let mut word = String::new();
        for _ in 0..4 {
            word.push_str(SYLLABLES[(number % 16) as usize]);
            number /= 16;
        }
        word
    }
}
