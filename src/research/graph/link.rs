//! Links between components: of which kind, how they were told, and how far each can be trusted.

use serde::Serialize;

use crate::model::capability::Place;
use crate::model::id::ComponentId;

/// What a link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// `to` can follow `from`: it takes what `from` leaves behind, or is what comes next.
    CanFollow,
    /// Both write, nowhere the same, and somebody ran them side by side or says so.
    CanRunBeside,
    /// `from` needs `to`.
    Needs,
    /// They write the same, or one undoes what the other does: not side by side.
    Conflicts,
    /// Either may do for the other.
    Similar,
}

impl Kind {
    /// The word that output uses.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CanFollow => "can-follow",
            Self::CanRunBeside => "can-run-beside",
            Self::Needs => "needs",
            Self::Conflicts => "conflicts",
            Self::Similar => "similar",
        }
    }

    /// Whether both ends are the same to it.
    pub(crate) fn is_mutual(self) -> bool {
        matches!(self, Self::CanRunBeside | Self::Conflicts | Self::Similar)
    }
}

/// How a link was told; of two that are equally sure the earlier counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    /// Executions that passed did it so.
    Runs,
    /// The texts are the same, or nearly.
    Text,
    /// A third component calls both.
    Caller,
    /// One names the other.
    Name,
    /// A file that both name.
    File,
    /// What one does to an artifact that the other makes or finds.
    Artifact,
    /// Both do the same to the same artifacts.
    Work,
    /// Their names say opposite things about the same.
    Opposite,
}

impl Way {
    /// Every way, the surest first.
    pub(crate) const ALL: [Self; 8] = [
        Self::Runs,
        Self::Text,
        Self::Caller,
        Self::Name,
        Self::File,
        Self::Artifact,
        Self::Work,
        Self::Opposite,
    ];

    /// The word that output uses.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Text => "text",
            Self::Caller => "caller",
            Self::Name => "name",
            Self::File => "file",
            Self::Artifact => "artifact",
            Self::Work => "work",
            Self::Opposite => "opposite",
        }
    }

    /// How often links that are told this way were right: (right + 1) / (judged + 2) of those that a person
    /// compared with both texts, of those by artifact and work only such as no rule was fitted to before.
    /// `benches/graph.tally.tsv` holds the verdicts, and `cargo bench --bench graph` compares them with these
    /// numbers. Of runs and of equal texts the link itself tells.
    pub(crate) const fn precision(self) -> f64 {
        match self {
            Self::Runs | Self::Text => 1.0,
            Self::Caller => 0.95,
            Self::Name => 0.97,
            Self::File => 0.89,
            Self::Artifact => 0.74,
            Self::Work => 0.86,
            Self::Opposite => 0.75,
        }
    }
}

/// What a link stands on, in little room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ground {
    /// A fact of each end, by its index.
    Facts(u16, u16),
    /// Lines of a third component, by its index, in which it calls the one and the other.
    Calls { caller: u32, first: u32, second: u32 },
    /// A line of `by` that names the other.
    Named { by: u32, line: u32 },
    /// A fact of `from` that requires `to`.
    Requires(u16),
    /// This many of so many executions that had both.
    Runs { seen: u32, of: u32 },
    /// Names, or texts as a whole.
    Whole,
}

/// A link between two components by their indexes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Link {
    pub(super) kind: Kind,
    pub(super) way: Way,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) score: f32,
    pub(super) ground: Ground,
}

impl Link {
    /// The link as it is kept: of a mutual one the lesser index is `from`.
    pub(super) fn settled(self) -> Self {
        if !self.kind.is_mutual() || self.from <= self.to {
            return self;
        }
        let ground = match self.ground {
            Ground::Facts(from, to) => Ground::Facts(to, from),
            Ground::Calls { caller, first, second } => Ground::Calls { caller, first: second, second: first },
            other => other,
        };
        Self { from: self.to, to: self.from, ground, ..self }
    }
}

/// A link as others see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Edge<'g> {
    pub(crate) kind: Kind,
    pub(crate) from: &'g ComponentId,
    pub(crate) to: &'g ComponentId,
    /// From 0 to 1: how often links of this way are right, times the confidence of both facts, times how
    /// rare what they share is among all components. Of runs: (seen + 1) / (of + 2). Of texts: the share
    /// that both have.
    pub(crate) score: f64,
    pub(crate) way: Way,
    /// The facts that it follows from, that of `from` first where each end has one.
    pub(crate) because: Vec<Said<'g>>,
}

/// What a component says, and where.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Said<'g> {
    pub(crate) component: &'g ComponentId,
    /// `writes a.md`, `calls code-reviewer`: one line without control characters.
    pub(crate) says: String,
    #[serde(serialize_with = "shown_place")]
    pub(crate) place: Place,
}

/// `line 3`, `lines 3-5`, `its path`, a manifest's path, `2 of 3 runs`.
fn shown_place<S: serde::Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(place)
}
