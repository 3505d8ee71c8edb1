//! A plan that past runs propose, where they know better than what components declare.

use crate::model::component::{Card, Catalog};
use crate::model::id::ComponentId;

use super::learned::outline::Part;
use super::learned::planner::{Proposal, Reason};

/// A proposal for which no part is likelier than this is none.
const LIKELY: f64 = 0.1;
/// From so much knowledge of a request on, past runs decide also between components that have a text.
const KNOWN: f64 = 0.3;

/// What the learned planner proposes, by component.
#[derive(Clone, Debug)]
pub(crate) struct Advice<'a> {
    steps: Vec<(&'a Card, Reason)>,
    links: Vec<(usize, usize)>,
    uncovered: Vec<usize>,
    /// What each past run is called, by number.
    runs: &'a [String],
}

impl<'a> Advice<'a> {
    /// The proposal as advice, where it should be followed.
    ///
    /// Components with a contract declare what they read and write, and patterns and track records choose among
    /// them. Of an agent, a tool or a skill without one only runs tell what works together. As long as there are
    /// none, words decide: for tools, which are a name and a line, those of name and line; for everything else
    /// search in the whole text, which this does not replace.
    pub(crate) fn of(
        proposal: Proposal,
        ids: &[ComponentId],
        catalog: &'a Catalog,
        runs: &'a [String],
    ) -> Option<Self> {
        let component = |part: &Part| catalog.get(ids.get(*part as usize)?);
        let chosen: Vec<&Card> = proposal.outline.parts().iter().map(component).collect::<Option<_>>()?;
        let likely = proposal.steps.iter().any(|reason| reason.chance >= LIKELY);
        let open = chosen.iter().all(|component| component.contract.is_none());
        let bare = chosen.iter().all(|component| component.tokens.on_invoke == 0);
        if !likely || !open || !(bare || proposal.known >= KNOWN) {
            return None;
        }
        let links = proposal.outline.places().collect();
        let steps = chosen.into_iter().zip(proposal.steps).collect();
        Some(Self { steps, links, uncovered: proposal.uncovered, runs })
    }

    /// The needs that no step serves.
    pub(super) fn uncovered(&self) -> &[usize] {
        &self.uncovered
    }

    /// The steps, each with the reasons for it.
    pub(super) fn steps(&self) -> &[(&'a Card, Reason)] {
        &self.steps
    }

    /// Which of them waits for which, by place.
    pub(super) fn links(&self) -> &[(usize, usize)] {
        &self.links
    }

    /// The runs that speak for a step, in a fragment.
    pub(super) fn why(&self, reason: &Reason) -> Option<String> {
        let named: Vec<&str> =
            reason.runs.iter().filter_map(|&run| self.runs.get(run as usize)).map(String::as_str).collect();
        (!named.is_empty()).then(|| format!("as in {}", named.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::learned::outline::Outline;
    use super::super::samples::{agent, skill};
    use super::*;
    use crate::model::component::TokenCost;

    /// `first`, then `second`, of which runs 0 and 7 speak for both.
    fn proposal(known: f64, chance: f64) -> Proposal {
        let outline = Outline::chain(vec![0, 1]);
        let reason = Reason { need: 0, chance, runs: vec![0, 7] };
        Proposal { outline, steps: vec![reason.clone(), reason], right: 0.5, known, uncovered: vec![1] }
    }

    /// A tool: a name and a line, and no text.
    fn tool(name: &str) -> Card {
        Card { tokens: TokenCost::default(), ..agent(name) }
    }

    fn is_followed(components: [Card; 2], proposal: Proposal) -> bool {
        let ids = [&components[0], &components[1]].map(|it| it.id.clone());
        Advice::of(proposal, &ids, &components.into_iter().collect(), &[]).is_some()
    }

    #[test]
    fn runs_decide_among_components_that_declare_nothing() {
        let tools = || ["first", "second"].map(tool);
        assert!(is_followed(tools(), proposal(0.0, 0.5)));
        assert!(!is_followed(tools(), proposal(0.0, 0.05)), "nothing of it is likely");
        let texts = || ["first", "second"].map(agent);
        assert!(!is_followed(texts(), proposal(0.1, 0.5)), "search in the whole text knows better");
        assert!(is_followed(texts(), proposal(0.5, 0.5)));
        let declared = [agent("first"), skill("second", &[], &["a.txt"])];
        assert!(!is_followed(declared, proposal(0.9, 0.9)));
    }

    #[test]
    fn a_step_names_the_runs_that_are_known() {
        let tools = ["first", "second"].map(tool);
        let ids = [&tools[0], &tools[1]].map(|it| it.id.clone());
        let (catalog, runs) = (tools.into_iter().collect(), ["run 12".to_owned()]);
        let advice = Advice::of(proposal(0.9, 0.9), &ids, &catalog, &runs).expect("advice");
        let reasons: Vec<_> = advice.steps().iter().map(|(_, reason)| advice.why(reason)).collect();
        assert_eq!(reasons, [Some("as in run 12".to_owned()), Some("as in run 12".to_owned())]);
        assert_eq!((advice.links(), advice.uncovered()), (&[(0, 1)][..], &[1][..]));
    }
}
