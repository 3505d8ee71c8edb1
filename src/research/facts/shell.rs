//! What the commands of shell fences say: the programs and variables that they need, the files that they
//! write, and what they do to a repository, the network or a running system.

use std::collections::BTreeSet;

use super::found::Found;
use super::outline::{Line, Part};
use super::paths::pathlike;
use super::programs::program;
use super::section::Section;
use crate::model::capability::{Effect, Form, Method, Need, Place};

/// Marks of fences that hold commands.
const MARKS: &[&str] = &["bash", "sh", "shell", "zsh", "console", "shell-session", "!"];

/// Words in front of a command that are not the command.
const PREFIXES: &[&str] =
    &["sudo", "time", "exec", "if", "then", "else", "do", "while", "!", "env", "nohup", "$", "{", "("];

/// Variables that every machine or client sets.
const USUAL: &[&str] = &[
    "PLUGIN_ROOT",
    "CLAUDE_PLUGIN_ROOT",
    "CLAUDE_PROJECT_DIR",
    "GITHUB_OUTPUT",
    "GITHUB_ENV",
    "GITHUB_STEP_SUMMARY",
    "BASH_SOURCE",
    "PIPESTATUS",
    "BASH_REMATCH",
    "NODE_ENV",
];

/// Addresses that are no network.
const LOCAL: &[&str] = &["localhost", "127.0.0.1", "0.0.0.0"];

/// What sub-commands do, by program and the first word behind it that is no option; `""` is any.
const EFFECTS: &[(&str, &[&str], Effect)] = &[
    (
        "git",
        &[
            "commit",
            "push",
            "merge",
            "rebase",
            "tag",
            "reset",
            "checkout",
            "switch",
            "cherry-pick",
            "revert",
            "stash",
            "worktree",
        ],
        Effect::ChangesRepository,
    ),
    ("git", &["push", "fetch", "pull", "clone"], Effect::UsesNetwork),
    ("gh", &[""], Effect::UsesNetwork),
    ("curl", &[""], Effect::UsesNetwork),
    ("wget", &[""], Effect::UsesNetwork),
    ("rm", &[""], Effect::DeletesFiles),
    (
        "kubectl",
        &["apply", "delete", "create", "scale", "patch", "rollout", "drain", "cordon"],
        Effect::Deploys,
    ),
    ("helm", &["install", "upgrade", "rollback", "uninstall"], Effect::Deploys),
    ("terraform", &["apply", "destroy"], Effect::Deploys),
    ("docker", &["push"], Effect::Deploys),
    ("npm", &["publish"], Effect::Deploys),
    ("cargo", &["publish"], Effect::Deploys),
    ("vercel", &["deploy", "--prod"], Effect::Deploys),
    ("fly", &["deploy"], Effect::Deploys),
    ("wrangler", &["deploy", "publish"], Effect::Deploys),
    ("pulumi", &["up", "destroy"], Effect::Deploys),
];

/// Reads the shell fences among `lines`.
pub(super) fn read(lines: &[Line<'_>], found: &mut Found) {
    let commands = commands(lines);
    let assigned: BTreeSet<&str> = commands.iter().flat_map(Command::assigned).collect();
    for command in &commands {
        let place = Place::line(command.line);
        if let Some(program) = command.program().and_then(program) {
            found.requires(Need::Program, program, place.clone(), Method::Command);
        }
        for name in
            command.exported().into_iter().chain(command.used().filter(|name| !assigned.contains(name)))
        {
            found.requires(Need::Variable, name, place.clone(), Method::Command);
        }
        for effect in command.effects() {
            found.effect(effect, place.clone(), Method::Command);
        }
        for path in command.written() {
            found.output(Form::File, &path, None, command.line, Method::Redirect);
            found.effect(Effect::CreatesFiles, place.clone(), Method::Redirect);
        }
    }
}

/// One simple command.
#[derive(Debug)]
struct Command<'a> {
    line: usize,
    words: Vec<&'a str>,
}

impl<'a> Command<'a> {
    /// Where the command's own words start, behind assignments and prefixes.
    fn start(&self) -> usize {
        let mut start = 0;
        while let Some(word) = self.words.get(start) {
            // `sudo -u postgres psql`
            let option = start > 0 && self.words[0] == "sudo" && word.starts_with('-');
            if !(option || PREFIXES.contains(word) || assignment(word).is_some()) {
                break;
            }
            start += if option && matches!(*word, "-u" | "-g") { 2 } else { 1 };
        }
        start
    }

    fn program(&self) -> Option<&'a str> {
        self.words.get(self.start()).copied()
    }

    /// Names that the script itself gives a value.
    fn assigned(&self) -> impl Iterator<Item = &'a str> {
        let declares =
            matches!(self.program(), Some("export" | "local" | "declare" | "readonly" | "read" | "for"));
        let placeholder = self.exported();
        self.words
            .iter()
            .filter_map(move |word| match assignment(word) {
                Some((name, _)) => Some(name),
                None => declares.then_some(*word),
            })
            .filter(move |name| !placeholder.contains(name))
    }

    /// Names that the reader is to give a value: exported with a placeholder.
    fn exported(&self) -> Vec<&'a str> {
        if self.program() != Some("export") {
            return Vec::new();
        }
        let pairs = self.words.iter().filter_map(|word| assignment(word));
        pairs
            .filter(|(name, value)| is_variable(name) && is_placeholder(value))
            .map(|(name, _)| name)
            .collect()
    }

    /// Names whose value it uses.
    fn used(&self) -> impl Iterator<Item = &'a str> {
        self.words.iter().filter(|word| !word.starts_with('\'')).flat_map(|word| {
            word.split('$').skip(1).filter_map(|rest| {
                let rest = rest.strip_prefix('{').unwrap_or(rest);
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                // `${NAME:-default}` needs nothing.
                Some(&rest[..end]).filter(|name| is_variable(name) && !rest[end..].starts_with(":-"))
            })
        })
    }

    fn effects(&self) -> impl Iterator<Item = Effect> {
        let start = self.start();
        let program = self.program().unwrap_or_default();
        let verb =
            self.words.iter().skip(start + 1).find(|word| !word.starts_with('-') || **word == "--prod");
        let verb = verb.copied().unwrap_or_default();
        let local = self.words.iter().any(|word| LOCAL.iter().any(|host| word.contains(host)));
        EFFECTS
            .iter()
            .filter(move |(_, _, effect)| !(local && *effect == Effect::UsesNetwork))
            .filter(move |(name, verbs, _)| {
                *name == program && (verbs.contains(&"") || verbs.contains(&verb))
            })
            .map(|(_, _, effect)| *effect)
    }

    /// Files behind `>`, `>>` and `tee`.
    fn written(&self) -> Vec<String> {
        let mut written = Vec::new();
        for (index, word) in self.words.iter().enumerate() {
            let attached =
                word.strip_prefix(">>").or_else(|| word.strip_prefix('>')).filter(|rest| !rest.is_empty());
            let next = self.words.get(index + 1).copied();
            let target = match *word {
                ">" | ">>" => next,
                "tee" if index == self.start() => {
                    self.words[index + 1..].iter().copied().find(|word| !word.starts_with('-'))
                }
                _ => attached,
            };
            written.extend(target.map(|word| word.trim_matches(['"', '\''])).and_then(pathlike));
        }
        written
    }
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (plain && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, value))
}

/// `STRIPE_API_KEY`: capitals with an underscore between them, that not every machine has.
pub(super) fn is_variable(name: &str) -> bool {
    let parts: Vec<&str> = name.split('_').collect();
    parts.len() > 1
        && (5..=60).contains(&name.len())
        && parts.iter().all(|part| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        })
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !USUAL.contains(&name)
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.trim_matches(['"', '\'']).to_lowercase();
    lower.is_empty()
        || ["your", "xxx", "...", "<", "sk-", "sk_", "changeme", "key-here", "placeholder"]
            .iter()
            .any(|word| lower.contains(word))
}

/// The commands of all shell fences outside samples and what is to be avoided.
fn commands<'a>(lines: &[Line<'a>]) -> Vec<Command<'a>> {
    let mut commands = Vec::new();
    let mut script = Script::default();
    for line in lines {
        let Part::Code { language, fence } = line.part else { continue };
        let shell = MARKS.iter().any(|mark| language.eq_ignore_ascii_case(mark));
        if !shell || matches!(line.section, Section::Example | Section::Aside) {
            continue;
        }
        if fence != script.fence {
            script = Script { fence, ..Script::default() };
        }
        script.read(line, &mut commands);
    }
    commands
}

/// Where in a script a line stands.
#[derive(Default)]
struct Script<'a> {
    fence: usize,
    /// The word that ends a here-document.
    document: Option<&'a str>,
    /// Whether the line before goes on here.
    continued: bool,
    /// The quote that is still open.
    quote: Option<char>,
}

impl<'a> Script<'a> {
    fn read(&mut self, line: &Line<'a>, commands: &mut Vec<Command<'a>>) {
        let text = line.text.trim();
        if let Some(end) = self.document {
            self.document = Some(end).filter(|end| text != *end);
            return;
        }
        let goes_on = std::mem::replace(&mut self.continued, text.ends_with('\\'));
        let quoted = self.quote.is_some();
        let text = text.strip_prefix("$ ").unwrap_or(text).trim_end_matches('\\');
        if (text.starts_with('#') || text.to_lowercase().contains("# example")) && !quoted {
            return;
        }
        let mut words = Vec::new();
        for token in self.split(text) {
            match token {
                Token::Word(word) => words.push(word),
                Token::End => push(line.number, std::mem::take(&mut words), goes_on, commands),
                Token::Document(end) => self.document = Some(end),
            }
        }
        if !quoted {
            push(line.number, words, goes_on, commands);
        }
    }

    /// Words as they are written, with their quotes; what joins commands ends one.
    fn split(&mut self, text: &'a str) -> Vec<Token<'a>> {
        let mut tokens = Vec::new();
        let mut start = None;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if let Some(open) = self.quote {
                if c == open {
                    self.quote = None;
                }
                continue;
            }
            match c {
                '"' | '\'' => {
                    self.quote = Some(c);
                    start.get_or_insert(at);
                }
                ' ' | '\t' => tokens.extend(start.take().map(|from| Token::Word(&text[from..at]))),
                '|' | ';' | '&' if !text[..at].ends_with(['>', '<']) && !text[at + 1..].starts_with('>') => {
                    tokens.extend(start.take().map(|from| Token::Word(&text[from..at])));
                    tokens.push(Token::End);
                }
                '<' if text[at..].starts_with("<<") && !text[at..].starts_with("<<<") => {
                    let rest = text[at + 2..].trim_start_matches('-').trim_start();
                    let end = rest
                        .split([' ', ')', ';', '>', '|'])
                        .next()
                        .unwrap_or_default()
                        .trim_matches(['\'', '"']);
                    if !end.is_empty() {
                        tokens.push(Token::Document(end));
                    }
                    chars.next();
                }
                '#' if start.is_none() => break,
                _ => {
                    start.get_or_insert(at);
                }
            }
        }
        tokens.extend(start.map(|from| Token::Word(&text[from..])));
        tokens
    }
}

enum Token<'a> {
    Word(&'a str),
    End,
    /// A here-document starts behind this line and ends with this word.
    Document(&'a str),
}

/// The rest of a continued command belongs to it.
fn push<'a>(line: usize, words: Vec<&'a str>, goes_on: bool, commands: &mut Vec<Command<'a>>) {
    if words.is_empty() {
        return;
    }
    match commands.last_mut().filter(|_| goes_on) {
        Some(command) => command.words.extend(words),
        None => commands.push(Command { line, words }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::lines;
    use super::*;

    fn facts(script: &str) -> String {
        let body = format!("```bash\n{script}\n```\n");
        let mut found = Found::default();
        read(&lines(&body, 1), &mut found);
        found
            .ranked()
            .iter()
            .map(|fact| format!("{}: {}", fact.claim.kind(), fact.claim))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn commands_need_their_programs_and_variables() {
        insta::assert_snapshot!(facts("# curl nothing\n$ sudo npm ci && FOO_BAR=1 npx x | jq .\nexport STRIPE_KEY=\"your-key\"\n\
            OUT_DIR=x; ls $OUT_DIR\nsudo -u postgres psql\ncurl localhost:80\ngcloud run --project \"$GCP_PROJECT\" ${OPT_FLAG:-x} '$NOT_ME'"), @"
        requires: program npm
        requires: program npx
        requires: program jq
        requires: program psql
        requires: program curl
        requires: program gcloud
        requires: variable STRIPE_KEY
        requires: variable GCP_PROJECT
        ");
    }

    #[test]
    fn what_is_written_is_an_output_and_what_is_only_text_is_none() {
        insta::assert_snapshot!(facts("cat > docs/a.md <<'EOF'\nrm -rf x\nEOF\nls 2>&1 >/dev/null > \"$OUT\"\n\
            echo 'curl x > y.md' | tee -a log.txt\ngit push\nrm \\\n  terraform apply"), @"
        output: file docs/a.md
        output: file log.txt
        effect: may create files
        effect: may change the repository
        effect: may use the network
        effect: may delete files
        requires: program git
        ");
    }

    #[test]
    fn fences_of_other_languages_and_samples_say_nothing() {
        let body = "```python\nnpm x\n```\n## Example\n```bash\nnpm x\n```\n";
        let mut found = Found::default();
        read(&lines(body, 1), &mut found);
        assert_eq!(found.ranked(), []);
    }
}
