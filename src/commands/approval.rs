//! What has to be agreed to before anything runs: that it can run, the plan, and code of others.

use super::Context;
use super::knowledge::unapproved;
use super::marketplace::told;
use super::plan::runs_here;
use crate::model::component::{Card, Catalog};
use crate::model::plan::Plan;
use crate::store::Store;
use crate::ui::{Failure, count, exit, quoted};

/// Every step has a runner here.
pub(super) fn require_runners(plan: &Plan, catalog: &Catalog) -> Result<(), Failure> {
    let without: Vec<&str> = plan
        .steps
        .iter()
        .map(|step| &step.component)
        .filter(|id| !runs_here(id, catalog))
        .map(super::super::model::id::ComponentId::as_str)
        .collect();
    if without.is_empty() {
        return Ok(());
    }
    Err(Failure::new(exit::ENVIRONMENT, format!("nothing here can run {}", without.join(", ")))
        .hint("only components that name a script can run in this version; agents can't be driven yet")
        .hint("`git orchestrate plan` plans over all of them"))
}

/// The user approved the content of everything that may run: the steps' components and fallbacks.
/// `--yes` does not: it answers for the plan, not for somebody else's code.
pub(super) fn foreign(
    cx: &Context,
    store: &Store<'_>,
    plan: &Plan,
    catalog: &Catalog,
) -> Result<(), Failure> {
    let ids = plan.steps.iter().flat_map(|step| std::iter::once(&step.component).chain(&step.fallbacks));
    let foreign: Vec<&Card> = unapproved(store, ids.filter_map(|id| catalog.get(id)));
    if foreign.is_empty() {
        return Ok(());
    }
    for component in &foreign {
        cx.ui.talk(format!("not approved: {}", told(component)));
    }
    let question = format!("Run {} that somebody else wrote?", count(foreign.len(), "script"));
    if cx.ui.ask(&question, "yN") != Some('y') {
        let names: Vec<&str> = foreign.iter().map(|component| component.id.as_str()).collect();
        return Err(Failure::new(
            exit::NOT_APPROVED,
            format!("nobody approved the code of {}", names.join(", ")),
        )
        .hint(format!("read it, then `git orchestrate marketplace approve {}`", quoted(names[0]))));
    }
    let mut hashes = store.repo.config_all("orchestrate.approved");
    hashes.extend(foreign.iter().map(|component| component.content.clone()));
    Ok(store.repo.set_config("orchestrate", None, "approved", &hashes)?)
}

/// The user approved the plan.
pub(super) fn plan(cx: &Context, yes: bool) -> Result<(), Failure> {
    if yes || cx.ui.ask("Run this plan?", "Yn") == Some('y') {
        return Ok(());
    }
    let failure = Failure::new(exit::NOT_APPROVED, "nothing was run: the plan was not approved");
    Err(if cx.ui.can_ask() {
        failure
    } else {
        failure.hint("`--yes` approves the plan where nobody can be asked")
    })
}
