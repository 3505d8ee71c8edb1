//! `catalog graph`: which components go together, and why.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::knowledge::Knowledge;
use super::{Context, DONE, Ended};
use crate::model::capability::{Claim, Fact, Need, Place};
use crate::model::component::Card;
use crate::model::id::ComponentId;
use crate::model::pattern::Pattern;
use crate::report::diagram::{Arrow, Line, dot, mermaid};
use crate::research::classes::Class;
use crate::research::graph::{Edge, Graph, Kind, Said, Way, propose};
use crate::ui::{clip, thousands};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only links of this one: its id, or the end of it that names only one
    #[arg(value_name = "COMPONENT")]
    pub(super) component: Option<String>,
    /// How to print the graph
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json", "dot", "mermaid"])]
    format: String,
    /// At most this many links, the strongest: of each kind in text and of one component, else in all
    #[arg(short = 'n', long, value_name = "N")]
    max_count: Option<usize>,
}

/// How many links are shown: of each kind in text, and of all components in a diagram or to a program.
const OF_A_KIND: usize = 5;
const IN_A_DIAGRAM: usize = 100;

/// Columns of a terminal that everything fits.
const WIDTH: usize = 80;

/// Shows the graph, or what of it concerns `one`.
pub(super) fn run(args: &Args, cx: &Context, known: &Knowledge<'_>, one: Option<&Card>) -> Ended {
    let classes = known.stocks.classes()?;
    let graph = Graph::of(known.stocks.parts()?, &classes, &known.executions);
    let format = if cx.ui.is_json() { "json" } else { args.format.as_str() };
    let usual = match (one, format) {
        (_, "text") => OF_A_KIND,
        (Some(_), _) => usize::MAX,
        (None, _) => IN_A_DIAGRAM,
    };
    let most = args.max_count.unwrap_or(usual);
    let edges: Vec<Edge<'_>> = match one {
        Some(component) => of_each_kind(graph.edges_of(&component.id), most),
        None if format == "text" => of_each_kind(graph.edges().collect(), most),
        None => graph.edges().take(most).collect(),
    };
    match (format, one) {
        ("json", _) => cx.ui.json(&as_json(&graph, &classes, one, &edges)),
        ("dot", _) => dot(&arrows(&edges)).lines().for_each(|line| cx.ui.line(line)),
        ("mermaid", _) => mermaid(&arrows(&edges)).lines().for_each(|line| cx.ui.line(line)),
        (_, Some(component)) => of_one(cx, &graph, component, most),
        (_, None) => of_all(cx, &graph, &classes, &edges),
    }
    DONE
}

/// At most so many of each kind, the strongest first.
fn of_each_kind(mut edges: Vec<Edge<'_>>, most: usize) -> Vec<Edge<'_>> {
    let mut taken: BTreeMap<Kind, usize> = BTreeMap::new();
    edges.retain(|edge| {
        let number = taken.entry(edge.kind).or_default();
        *number += 1;
        *number <= most
    });
    edges
}

fn as_json(graph: &Graph, classes: &[Class], one: Option<&Card>, edges: &[Edge<'_>]) -> serde_json::Value {
    let links: Map<String, serde_json::Value> =
        graph.counts().into_iter().map(|(kind, number)| (kind.as_str().to_owned(), json!(number))).collect();
    let mut value = json!({
        "v": 1, "components": graph.len(), "distinct": classes.len(), "links": links, "precision": precision(),
        "edges": edges,
    });
    match one {
        Some(component) => {
            value["component"] = json!(component.id);
            value["requires"] = json!(required(graph.facts(&component.id)));
        }
        None => {
            let several: Vec<&Class> = classes.iter().filter(|class| !class.twins.is_empty()).collect();
            value["classes"] = json!(several);
            let proposed = propose(graph);
            let proposal = |it: &Pattern| json!({"id": it.id, "phases": it.phases, "inferred": it.inferred});
            value["proposals"] = proposed.iter().map(proposal).collect();
        }
    }
    value
}

/// How often links of each way were right when people checked them.
fn precision() -> Map<String, serde_json::Value> {
    Way::ALL.into_iter().map(|way| (way.as_str().to_owned(), json!(way.precision()))).collect()
}

/// What a component needs that is no component: programs, variables, services, servers.
fn required(facts: &[Fact]) -> Vec<&Fact> {
    let outside = |fact: &&Fact| matches!(&fact.claim, Claim::Requires { need, .. } if *need != Need::Tool);
    facts.iter().filter(outside).collect()
}

fn arrows<'g>(edges: &[Edge<'g>]) -> Vec<Arrow<'g>> {
    let arrow = |edge: &Edge<'g>| Arrow {
        from: edge.from.as_str(),
        to: edge.to.as_str(),
        label: format!("{} {:.2}", edge.kind.as_str(), edge.score),
        line: match edge.kind {
            Kind::CanFollow => Line::Arrow,
            Kind::Needs => Line::Dashed,
            Kind::CanRunBeside | Kind::Conflicts | Kind::Similar => Line::Plain,
        },
    };
    edges.iter().map(arrow).collect()
}

fn of_all(cx: &Context, graph: &Graph, classes: &[Class], edges: &[Edge<'_>]) {
    let (components, classes) = (graph.len() as u64, classes.len() as u64);
    if components == 0 {
        cx.ui.line("no components yet");
        cx.ui.hint("`git orchestrate marketplace add --starter` adds plugins that work without an agent");
        return;
    }
    let noun = if components == 1 { "component" } else { "components" };
    let copies = match components - classes {
        0 => String::new(),
        copies => format!(", {} of them copies of others", thousands(copies)),
    };
    cx.ui.headline(format!("{} {noun}{copies}", thousands(components)));
    let rows = graph.counts().into_iter().map(|(kind, number)| {
        vec![kind.as_str().to_owned(), thousands(number as u64), meaning(kind).to_owned()]
    });
    cx.ui.table(&["links", "", ""], &rows.collect::<Vec<_>>(), &[1]);
    for (kind, _) in graph.counts() {
        let mut of_kind = edges.iter().filter(|edge| edge.kind == kind).peekable();
        if of_kind.peek().is_some() {
            cx.ui.gap();
            cx.ui.headline(kind.as_str());
        }
        for edge in of_kind {
            let market = edge.from.marketplace();
            let (from, to) = (short(edge.from, market), short(edge.to, market));
            cx.ui.line(format!("{:.2}  {}", edge.score, clip(&from, WIDTH - 6)));
            cx.ui.line(format!("      {} {}", verb(kind), clip(&to, WIDTH - 7 - verb(kind).len())));
            because(cx, edge);
        }
    }
    cx.ui.hint("`git orchestrate catalog graph COMPONENT` shows the links of one");
}

fn of_one(cx: &Context, graph: &Graph, component: &Card, most: usize) {
    let id = &component.id;
    cx.ui.headline(id.as_str());
    cx.ui.line(clip(&component.description, WIDTH));
    let edges = graph.edges_of(id);
    let is_here = |end: &ComponentId| graph.is_one(id, end);
    let mut shown = 0;
    let mut section = |title: &str, kind: Kind, incoming: Option<bool>| {
        let fits = |edge: &&Edge<'_>| {
            edge.kind == kind
                && incoming.is_none_or(|incoming| is_here(if incoming { edge.to } else { edge.from }))
        };
        let found: Vec<&Edge<'_>> = edges.iter().filter(fits).collect();
        if found.is_empty() {
            return;
        }
        shown += found.len();
        cx.ui.gap();
        cx.ui.headline(title);
        for edge in found.iter().take(most) {
            let other = if is_here(edge.from) && edge.to != id { edge.to } else { edge.from };
            cx.ui.line(format!("{:.2}  {}", edge.score, clip(&short(other, id.marketplace()), WIDTH - 6)));
            because(cx, edge);
        }
        if found.len() > most {
            cx.ui.aside(format!("      and {} more (`-n`)", found.len() - most));
        }
    };
    section("follows", Kind::CanFollow, Some(true));
    section("feeds", Kind::CanFollow, Some(false));
    section("runs beside", Kind::CanRunBeside, None);
    section("needs", Kind::Needs, Some(false));
    section("is needed by", Kind::Needs, Some(true));
    section("conflicts", Kind::Conflicts, None);
    section("similar", Kind::Similar, None);
    let required = required(graph.facts(id));
    if !required.is_empty() {
        cx.ui.gap();
        cx.ui.headline("requires");
        for fact in required.iter().take(most) {
            let name = fact.claim.to_string();
            cx.ui.line(format!("      {}", clip(&format!("{name} ({})", fact.place), WIDTH - 6)));
        }
        if required.len() > most {
            cx.ui.aside(format!("      and {} more (`-n`)", required.len() - most));
        }
    }
    if shown == 0 {
        cx.ui.gap();
        cx.ui.line("no links to others");
    }
}

/// The facts of a link, one a line; that who is named has that name, goes without saying.
fn because(cx: &Context, edge: &Edge<'_>) {
    let telling = edge.because.iter().filter(|said| edge.way != Way::Name || said.place != Place::Path);
    for Said { component, says, place } in telling {
        let text = format!("{}: {says}", component.name());
        let place = format!(" ({place})");
        let room = (WIDTH - 8).saturating_sub(place.chars().count());
        cx.ui.aside(format!("        {}{place}", clip(&text, room)));
    }
}

/// An id without the marketplace where that is known.
fn short(id: &ComponentId, market: &str) -> String {
    let rest = id.as_str().strip_prefix(market).and_then(|rest| rest.strip_prefix('/'));
    rest.unwrap_or(id.as_str()).to_owned()
}

fn verb(kind: Kind) -> &'static str {
    match kind {
        Kind::CanFollow => "can be followed by",
        Kind::CanRunBeside => "can run beside",
        Kind::Needs => "needs",
        Kind::Conflicts => "conflicts with",
        Kind::Similar => "is similar to",
    }
}

fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::CanFollow => "one takes what the other leaves behind, or comes next",
        Kind::CanRunBeside => "somebody ran both at once, or says so",
        Kind::Needs => "one calls or requires the other",
        Kind::Conflicts => "both write the same, or one undoes the other",
        Kind::Similar => "either may do for the other",
    }
}
