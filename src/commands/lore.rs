//! What past runs taught, kept in `orchestrate/lore` so that no plan learns it anew.
//!
//! Guarantee: what is kept gives the plans that learning anew gives. It holds for the very components that it was
//! made for, and for executions that begin with those that it was learned from; what came behind these is learned on
//! top of it. Otherwise all of it is learned anew. It is derived: it may be deleted at any time, and who can't
//! publish it goes on without.
//!
//! Limit: an execution that began earlier than one that is kept, as another clone may bring it, has everything
//! learned anew, and so has any change of a component.

use std::collections::HashMap;

use super::knowledge::Knowledge;
use crate::model::component::Card;
use crate::model::id::ComponentId;
use crate::model::record::{Execution, Step};
use crate::plan::history;
use crate::plan::learned::outline::Part;
use crate::plan::learned::planner::{Learned, Proposal};
use crate::plan::learned::weights::Weights;
use crate::store::{Derived, Store, section};
use crate::ui::Failure;

/// Days after which a past run says half as much of how things are now.
const HALF_LIFE: f64 = 90.0;
/// The file.
const LORE: &str = "lore";
/// So many executions behind those that are kept are learned by every plan; with more of them it is kept anew.
const MANY: usize = 64;

/// What past runs taught of some components.
pub(super) struct Lore {
    /// Of the components, by number.
    pub(super) ids: Vec<ComponentId>,
    /// What each run that was learned from is called.
    pub(super) runs: Vec<String>,
    learned: Learned,
    /// Made of `ids` when a run is learned.
    numbers: HashMap<ComponentId, Part>,
}

impl Lore {
    /// Of no run yet, with these components.
    pub(super) fn of<'c>(cards: impl IntoIterator<Item = &'c Card>) -> Self {
        let cards: Vec<&Card> = cards.into_iter().collect();
        let learned = Learned::new(
            cards.iter().map(|it| (it.id.name(), it.description.as_str())),
            HALF_LIFE,
            Weights::shipped(),
        );
        let ids = cards.iter().map(|card| card.id.clone()).collect();
        Self { ids, runs: Vec::new(), learned, numbers: HashMap::new() }
    }

    /// Learns from one more execution, if there is anything to learn.
    pub(super) fn learn(&mut self, execution: &Execution, called: impl FnOnce() -> String) {
        if self.numbers.is_empty() {
            self.numbers = self.ids.iter().cloned().zip(0..).collect();
        }
        if let Some(run) = history::run(execution, |id| self.numbers.get(id).copied()) {
            self.learned.add(&run);
            self.runs.push(called());
        }
    }

    /// What is proposed for a request of these needs; `None` if no word of it speaks for any component.
    pub(super) fn propose<'t>(
        &self,
        request: &str,
        needs: impl IntoIterator<Item = &'t str>,
    ) -> Option<Proposal> {
        self.learned.propose(&self.learned.ask(request, needs))
    }

    fn learn_all(&mut self, executions: &[&Execution]) {
        for execution in executions {
            self.learn(execution, || format!("run {}", execution.id));
        }
    }
}

/// What the executions here taught, in the order in which they began; `None` where there are none.
pub(super) fn lore(store: &Store<'_>, known: &Knowledge<'_>) -> Result<Option<Lore>, Failure> {
    if known.executions.is_empty() {
        return Ok(None);
    }
    let mut executions: Vec<&Execution> = known.executions.iter().collect();
    executions.sort_unstable_by_key(|execution| (execution.at, execution.id));
    let stamp = known.stocks.stamp()?;
    let (mut lore, learned) = match kept(store, stamp, &executions) {
        Some(kept) => kept,
        None => (Lore::of(&known.stocks.cards()?), 0),
    };
    lore.learn_all(&executions[learned..]);
    if executions.len() - learned > MANY {
        store.publish(LORE, &lore.sections(stamp, &executions));
    }
    Ok(Some(lore))
}

/// Names components, or executions in an order.
type Stamp = [u8; 32];

/// What is kept, and of how many of these executions; `None` if that holds no more.
fn kept(store: &Store<'_>, components: Stamp, executions: &[&Execution]) -> Option<(Lore, usize)> {
    let kept = store.derived(LORE)?;
    let (of, learned, stamp): (Stamp, usize, Stamp) = kept.value("head")?;
    (of == components && stamp_of(executions.get(..learned)?) == stamp).then_some(())?;
    let (ids, runs, learned_from) = (kept.value("ids")?, kept.value("runs")?, kept.value("learned")?);
    Some((Lore { ids, runs, learned: learned_from, numbers: HashMap::new() }, learned))
}

impl Lore {
    fn sections(&self, components: Stamp, executions: &[&Execution]) -> Derived {
        let head = (components, executions.len(), stamp_of(executions));
        let sections = [
            ("head", section(&head)),
            ("ids", section(&self.ids)),
            ("runs", section(&self.runs)),
            ("learned", section(&self.learned)),
        ];
        Derived::of(sections.map(|(name, bytes)| (name.to_owned(), bytes)).into())
    }
}

/// The stamp of all that is learned of executions.
fn stamp_of(executions: &[&Execution]) -> Stamp {
    let mut hasher = blake3::Hasher::new();
    let mut text = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    for execution in executions {
        let Execution { id, at, request, words, outcome, steps, .. } = execution;
        text(&format!("{id} {} {}", at.0, outcome.as_str()));
        text(request.as_deref().unwrap_or_default());
        words.iter().for_each(|word| text(word));
        for Step { component, id, needs, outcome, .. } in steps {
            text(component.as_str());
            text(id.as_deref().unwrap_or_default());
            text(if needs.is_some() { "waits for" } else { "follows" });
            needs.iter().flatten().for_each(|need| text(need));
            text(&format!("{outcome:?}"));
        }
    }
    *hasher.finalize().as_bytes()
}
