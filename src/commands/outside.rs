//! Tools and runs from outside, as JSON Lines: a catalog and executions that belong to no repository.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::shelf::Shelf;
use crate::model::component::{Card, Catalog, Component, TokenCost};
use crate::model::id::{ComponentId, RecordId};
use crate::model::plan::Plan;
use crate::model::record::{Execution, Outcome};
use crate::model::records::Records;
use crate::model::text::{clean, clip};
use crate::model::time::Timestamp;
use crate::plan::score::Workflow;
use crate::research::classes::profile;
use crate::research::index::{Entry, Index, index};
use crate::research::search::{Hit, Searcher};
use crate::research::vector::vector;
use crate::research::vocabulary::Vocabulary;
use crate::ui::{Failure, exit};

/// One tool.
#[derive(Debug, Deserialize)]
pub(super) struct Tool {
    id: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    inputs: Vec<String>,
    #[serde(default)]
    outputs: Vec<String>,
}

/// A request with the workflow that was right, or that ran.
#[derive(Debug, Deserialize)]
pub(super) struct Example {
    pub(super) id: Value,
    pub(super) request: String,
    #[serde(default)]
    nodes: Vec<String>,
    #[serde(default)]
    links: Vec<(String, String)>,
    #[serde(default)]
    at: Option<Timestamp>,
    #[serde(default)]
    outcome: Option<Outcome>,
}

/// The longest name of a component, in characters: within the bytes that an id may have.
const NAME: usize = 48;

/// Reads a file of JSON Lines; an empty one has none.
pub(super) fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Failure> {
    let shown = path.display();
    let unread = |error: std::io::Error| Failure::new(exit::USAGE, format!("{shown} can't be read: {error}"));
    let mut all = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(File::open(path).map_err(unread)?).lines()) {
        let line = line.map_err(unread)?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |error: serde_json::Error| {
            let error = error.to_string();
            let what = error.split(" at line ").next().unwrap_or(&error);
            Failure::new(exit::USAGE, format!("{shown}, line {number}: {what}"))
                .hint("`git orchestrate backtest --help` shows what a line has")
        };
        all.push(serde_json::from_str(&line).map_err(wrong)?);
    }
    Ok(all)
}

/// Tools as components, and which tool is which component.
pub(super) struct Tools {
    cards: BTreeMap<ComponentId, Card>,
    index: Index,
    components: HashMap<String, ComponentId>,
    names: BTreeMap<ComponentId, String>,
}

impl Tools {
    /// Reads `tools`; of several with one id the first counts.
    pub(super) fn of(tools: Vec<Tool>) -> Result<Self, Failure> {
        let (mut components, mut names, mut taken) = (HashMap::new(), BTreeMap::new(), BTreeSet::new());
        let (mut cards, mut given) = (BTreeMap::new(), BTreeMap::new());
        let vocabulary = Vocabulary::default();
        for tool in tools {
            if components.contains_key(&tool.id) {
                continue;
            }
            let id = component_id(&tool.id, &mut taken)?;
            let component = component(id.clone(), &tool);
            given.insert(id.clone(), (vector(&component, &vocabulary), profile(&component)));
            cards.insert(id.clone(), component.card);
            components.insert(tool.id.clone(), id.clone());
            names.insert(id, tool.id);
        }
        let entries: Vec<Entry<'_>> =
            given.iter().map(|(id, (vector, profile))| Entry { id, vector, profile }).collect();
        let (index, _) = index(&entries, vocabulary.into_terms()).expect("vectors of these very terms");
        Ok(Self { cards, index, components, names })
    }

    /// All of them, by id.
    pub(super) fn cards(&self) -> impl Iterator<Item = &Card> {
        self.cards.values()
    }

    /// What ran, as an execution: the `number`th.
    pub(super) fn execution(&self, number: u64, example: &Example) -> Result<Execution, Failure> {
        let at = example.at.unwrap_or(Timestamp(0));
        let steps: Vec<Value> = example
            .steps()
            .into_iter()
            .map(|(place, needs)| {
                let node = &example.nodes[place];
                // A tool that is not among the tools is a component that is gone.
                let component = self.components.get(node).map_or("gone/gone/mcp/gone", |id| id.as_str());
                json!({"component": component, "id": place.to_string(), "needs": needs, "outcome": "passed"})
            })
            .collect();
        let record = json!({
            "id": RecordId::from_parts(at.0, u128::from(number)).to_string(), "v": 1, "kind": "execution",
            "at": at, "request": example.request, "source": "record", "replica": "outside", "steps": steps,
            "outcome": example.outcome.map_or("passed", Outcome::as_str),
        });
        serde_json::from_value(record).map_err(|error| {
            Failure::new(exit::USAGE, format!("the run {} is no execution: {error}", example.id))
        })
    }

    /// A plan in the names of the tools.
    pub(super) fn workflow(&self, plan: &Plan) -> Workflow {
        let name = |id: &ComponentId| self.names.get(id).cloned().unwrap_or_default();
        workflow(plan, name)
    }
}

impl Shelf for Tools {
    fn search(&self, words: &str, limit: usize) -> Result<Vec<Hit>, Failure> {
        let Index { terms, postings, classes, .. } = &self.index;
        let (terms, postings) = (|range| part(terms, range), |range| part(postings, range));
        let classes = |range| part(classes, range);
        let opened = "an index that was just made";
        let searcher = Searcher {
            terms: Records::open(&terms).expect(opened),
            postings: Records::open(&postings).expect(opened),
            classes: Records::open(&classes).expect(opened),
        };
        Ok(searcher.search(words, limit).expect(opened))
    }

    fn catalog(&self, ids: Vec<ComponentId>) -> Result<Catalog, Failure> {
        Ok(ids.iter().filter_map(|id| self.cards.get(id)).cloned().collect())
    }

    fn is_empty(&self) -> Result<bool, Failure> {
        Ok(self.cards.is_empty())
    }
}

fn part(bytes: &[u8], range: Range<u64>) -> Option<Vec<u8>> {
    let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
    bytes.get(start..end).map(<[u8]>::to_vec)
}

/// A plan as nodes and links, by the names that `name` gives.
pub(super) fn workflow(plan: &Plan, name: impl Fn(&ComponentId) -> String) -> Workflow {
    let of_step: HashMap<&str, String> =
        plan.steps.iter().map(|step| (step.id.as_str(), name(&step.component))).collect();
    let nodes = plan.steps.iter().map(|step| name(&step.component)).collect();
    let links = plan.steps.iter().flat_map(|step| {
        let to = of_step[step.id.as_str()].clone();
        let from = step.needs.iter().filter_map(|need| of_step.get(need.as_str()).cloned());
        from.map(move |from| (from, to.clone()))
    });
    Workflow { nodes, links: links.collect() }
}

impl Example {
    /// What was right.
    pub(super) fn workflow(&self) -> Workflow {
        Workflow { nodes: self.nodes.clone(), links: self.links.clone() }
    }

    /// Every place in order, with the places that it waits for, as text.
    ///
    /// Links name tools. Where a tool is there twice, a link means the two places nearest to each other that no
    /// link means yet.
    fn steps(&self) -> Vec<(usize, Vec<String>)> {
        let mut links: BTreeSet<(usize, usize)> = BTreeSet::new();
        let count = self.nodes.len();
        for (from, to) in &self.links {
            let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
            let fits = |&(a, b): &(usize, usize)| self.nodes[a] == *from && self.nodes[b] == *to;
            let free = pairs.filter(fits).filter(|pair| !links.contains(pair));
            links.extend(free.min_by_key(|&(a, b)| (b - a, a)));
        }
        let needs =
            |to: usize| links.iter().filter(|link| link.1 == to).map(|link| link.0.to_string()).collect();
        (0..count).map(|place| (place, needs(place))).collect()
    }
}

fn component_id(id: &str, taken: &mut BTreeSet<String>) -> Result<ComponentId, Failure> {
    let plain = clip(clean(id).replace(['/', '…'], "-").trim(), NAME);
    let plain = if plain.is_empty() { "tool".to_owned() } else { plain };
    let numbered = (2..).map(|number| format!("{plain}-{number}"));
    let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !taken.contains(name));
    let name = free.expect("there are more numbers than tools");
    taken.insert(name.clone());
    ComponentId::new("outside", "tools", "mcp", &name)
        .map_err(|error| Failure::new(exit::USAGE, format!("a tool's id can't be used: {error}")))
}

fn component(id: ComponentId, tool: &Tool) -> Component {
    let listed =
        |what: &str, all: &[String]| (!all.is_empty()).then(|| format!("{what}: {}", all.join(", ")));
    let headings = [listed("inputs", &tool.inputs), listed("outputs", &tool.outputs)];
    let card = Card {
        id,
        description: clean(&tool.description),
        contract: None,
        content: String::new(),
        folder: Default::default(),
        roots: Default::default(),
        file: Default::default(),
        tokens: TokenCost::default(),
    };
    let headings = headings.into_iter().flatten().collect();
    Component { card, headings, body: String::new(), declared: Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(ids: &[&str]) -> Tools {
        let tool = |id: &&str| Tool {
            id: (*id).to_owned(),
            description: String::new(),
            inputs: vec![],
            outputs: vec![],
        };
        Tools::of(ids.iter().map(tool).collect()).expect("tools")
    }

    fn example(nodes: &[&str], links: &[(&str, &str)]) -> Example {
        let line = json!({"id": 1, "request": "do it", "nodes": nodes, "links": links});
        serde_json::from_value(line).expect("an example")
    }

    #[test]
    fn any_id_becomes_a_component_of_its_own() {
        let tools = tools(&["a/b", "a-b", "", "x\u{1b}[31m", "a/b", &"ü".repeat(500), &"ü".repeat(501)]);
        let names: Vec<&str> = tools.cards().map(|it| it.id.name()).collect();
        assert_eq!(names.len(), 6, "the one that is there twice counts once: {names:?}");
        assert_eq!(tools.names.len(), 6);
    }

    #[test]
    fn links_of_a_tool_that_is_there_twice_mean_neighbours() {
        let walk = example(&["a", "a", "b", "a"], &[("a", "a"), ("a", "b"), ("b", "a")]);
        let needs: Vec<Vec<String>> = walk.steps().into_iter().map(|it| it.1).collect();
        assert_eq!(needs, [vec![], vec!["0".to_owned()], vec!["1".to_owned()], vec!["2".to_owned()]]);
    }

    #[test]
    fn a_run_becomes_an_execution_with_its_order_and_outcome() {
        let tools = tools(&["a", "b"]);
        let mut run = example(&["a", "b", "c"], &[("a", "b")]);
        run.outcome = Some(Outcome::Failed);
        let execution = tools.execution(7, &run).expect("an execution");
        assert_eq!(execution.outcome, Outcome::Failed);
        assert_eq!(execution.steps[1].needs, Some(vec!["0".to_owned()]));
        assert_eq!(execution.steps[2].component.name(), "gone");
    }
}
