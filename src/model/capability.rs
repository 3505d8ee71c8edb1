//! Capabilities: facts about a component, each with the place that says so, how it was read, and how
//! far that way of reading can be trusted.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// The version of the rules by which facts are read. It rises with every change of a rule, a table or a bound
/// that may give another fact of the same text: what lower versions read is then read again.
pub(crate) const EXTRACTOR: u32 = 1;
/// The most facts that are kept of one component.
pub(crate) const MOST_FACTS: usize = 64;
/// The longest text in a fact, in characters.
pub(crate) const LONGEST_TEXT: usize = 160;

/// One fact about a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) claim: Claim,
    pub(crate) place: Place,
    pub(crate) method: Method,
}

/// What a fact says. Texts in it are one line without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Claim {
    /// What it is for, in its own words.
    Purpose { text: String },
    /// What its marketplace puts it under.
    Category { name: String },
    /// The field of work, one of a closed list.
    Domain { name: &'static str },
    /// A verb and an artifact, each of a closed list.
    Does { verb: &'static str, artifact: &'static str },
    /// What it is given or reads.
    Input(Thing),
    /// What it leaves behind.
    Output(Thing),
    /// The language that its code is in, or that it is about.
    Language { name: &'static str },
    /// What has to be there for it to work.
    Requires { need: Need, name: String },
    /// What it may do to the world around it.
    Effect { effect: Effect },
    /// How much work it describes.
    Complexity { level: Level },
    /// Tokens (characters / 4) that it costs a session always, and when it is invoked.
    Context { always: u64, on_invoke: u64 },
}

/// An input or output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Thing {
    pub(crate) form: Form,
    pub(crate) name: String,
    /// The artifact of the closed list that it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) artifact: Option<&'static str>,
}

/// What an input or output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// A path or glob.
    File,
    /// What is typed behind a command.
    Argument,
    /// Something that has a name only.
    Named,
}

/// What a component may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Need {
    Program,
    /// An environment variable.
    Variable,
    /// A tool of the agent's client.
    Tool,
    /// An MCP server.
    Mcp,
    /// An account or API of somebody.
    Service,
}

/// What a component may do to the world around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Effect {
    /// It can only look.
    ReadsOnly,
    CreatesFiles,
    ModifiesFiles,
    DeletesFiles,
    RunsCommands,
    UsesNetwork,
    /// It changes the history or the branches of a repository.
    ChangesRepository,
    /// It changes what runs somewhere else.
    Deploys,
}

/// How much work a component describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Low,
    Medium,
    High,
}

/// Where a fact is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// Lines of the component's file, from 1, the last included.
    Lines { first: usize, last: usize },
    /// The path of the component's file.
    Path,
    /// A manifest, or a file of which no line is known, relative to the marketplace's root.
    Manifest { file: String },
    /// This many of so many runs.
    Runs { seen: u64, of: u64 },
}

impl Place {
    /// One line of the component's file.
    pub(crate) fn line(line: usize) -> Self {
        Self::Lines { first: line, last: line }
    }
}

impl fmt::Display for Place {
    /// `line 3`, `lines 3-5`, `its path`, the name of a manifest, `2 of 3 runs`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines { first, last } if first == last => write!(f, "line {first}"),
            Self::Lines { first, last } => write!(f, "lines {first}-{last}"),
            Self::Path => f.write_str("its path"),
            Self::Manifest { file } => f.write_str(file.rsplit('/').next().unwrap_or(file)),
            Self::Runs { seen, of } => write!(f, "{seen} of {of} runs"),
        }
    }
}

/// How a fact was read; of two that are equally sure the earlier counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Method {
    /// Runs did it.
    Observed,
    /// A contract, frontmatter or manifest says so in a field of its own.
    Declared,
    /// Counted in the text.
    Counted,
    /// A grant of tools allows it.
    Grant,
    /// An argument's hint or placeholder.
    Argument,
    /// An MCP server's entry.
    Server,
    /// The name of an MCP server's tool in the text.
    Call,
    /// The words of the description.
    Description,
    /// The component's name.
    Name,
    /// An item of a list under a heading that says what it lists.
    Section,
    /// A command of a code fence.
    Command,
    /// A file that a command of a code fence writes.
    Redirect,
    /// A path in inline code behind a verb that reads or writes.
    Path,
    /// The language that most of its code fences are in.
    Fence,
    /// A variable that code of a fence reads and that carries the component's name.
    Code,
    /// The first paragraph, where there is no description.
    Paragraph,
    /// The folder that it lies in.
    Folder,
    /// Several words that belong to one field of work.
    Terms,
}

impl Method {
    /// How often facts that were read this way were right: (right + 1) / (judged + 2) of those that a
    /// person compared with the text before any rule was fitted to them. `benches/facts.tally.tsv` holds
    /// the verdicts, and `cargo bench --bench facts` compares them with these numbers.
    const fn precision(self) -> f64 {
        match self {
            Self::Observed => 1.0,
            Self::Declared | Self::Grant => 0.97,
            Self::Counted => 0.92,
            Self::Argument | Self::Call | Self::Fence => 0.86,
            Self::Server => 0.83,
            Self::Description | Self::Redirect => 0.93,
            Self::Name | Self::Paragraph => 0.87,
            Self::Section | Self::Command | Self::Folder => 0.88,
            Self::Path | Self::Terms => 0.92,
            Self::Code => 0.69,
        }
    }
}

impl Fact {
    /// How far the fact can be trusted, from 0 to 1.
    pub(crate) fn confidence(&self) -> f64 {
        match self.place {
            Place::Runs { seen, of } => (seen + 1) as f64 / (of + 2) as f64,
            _ => self.method.precision(),
        }
    }
}

impl Claim {
    /// The word for what it is about.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Purpose { .. } => "purpose",
            Self::Category { .. } => "category",
            Self::Domain { .. } => "domain",
            Self::Does { .. } => "does",
            Self::Input(_) => "input",
            Self::Output(_) => "output",
            Self::Language { .. } => "language",
            Self::Requires { .. } => "requires",
            Self::Effect { .. } => "effect",
            Self::Complexity { .. } => "complexity",
            Self::Context { .. } => "context",
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Purpose { text } => f.write_str(text),
            Self::Category { name } => f.write_str(name),
            Self::Domain { name } | Self::Language { name } => f.write_str(name),
            Self::Does { verb, artifact } => write!(f, "{verb} {artifact}"),
            Self::Input(thing) | Self::Output(thing) => thing.fmt(f),
            Self::Requires { need, name } => write!(f, "{} {name}", need.as_str()),
            Self::Effect { effect } => f.write_str(effect.as_str()),
            Self::Complexity { level } => f.write_str(level.as_str()),
            Self::Context { always, on_invoke } => write!(f, "{always} always, {on_invoke} on invoke"),
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::File => write!(f, "file {}", self.name),
            Form::Argument => write!(f, "argument {}", self.name),
            Form::Named => f.write_str(&self.name),
        }
    }
}

impl Need {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Variable => "variable",
            Self::Tool => "tool",
            Self::Mcp => "mcp",
            Self::Service => "service",
        }
    }
}

impl Effect {
    /// What it may do, for a person.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ReadsOnly => "can only read",
            Self::CreatesFiles => "may create files",
            Self::ModifiesFiles => "may modify files",
            Self::DeletesFiles => "may delete files",
            Self::RunsCommands => "may run commands",
            Self::UsesNetwork => "may use the network",
            Self::ChangesRepository => "may change the repository",
            Self::Deploys => "may change a running system",
        }
    }
}

impl Level {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Method {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Declared => "declared",
            Self::Counted => "counted",
            Self::Grant => "grant",
            Self::Argument => "argument",
            Self::Server => "server",
            Self::Call => "call",
            Self::Description => "description",
            Self::Name => "name",
            Self::Section => "section",
            Self::Command => "command",
            Self::Redirect => "redirect",
            Self::Path => "path",
            Self::Fence => "fence",
            Self::Code => "code",
            Self::Paragraph => "paragraph",
            Self::Folder => "folder",
            Self::Terms => "terms",
        }
    }
}

/// `{"kind",…,"method","confidence","lines":[first,last]}`; `manifest` or `runs` instead of `lines`
/// where the fact is said there.
impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            #[serde(flatten)]
            claim: &'a Claim,
            method: Method,
            confidence: f64,
            #[serde(skip_serializing_if = "Option::is_none")]
            lines: Option<[usize; 2]>,
            #[serde(skip_serializing_if = "Option::is_none")]
            manifest: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            runs: Option<[u64; 2]>,
        }
        let (mut lines, mut manifest, mut runs) = (None, None, None);
        match &self.place {
            Place::Lines { first, last } => lines = Some([*first, *last]),
            Place::Manifest { file } => manifest = Some(file.as_str()),
            Place::Runs { seen, of } => runs = Some([*seen, *of]),
            Place::Path => {}
        }
        let confidence = (self.confidence() * 100.0).round() / 100.0;
        Form { claim: &self.claim, method: self.method, confidence, lines, manifest, runs }
            .serialize(serializer)
    }
}
