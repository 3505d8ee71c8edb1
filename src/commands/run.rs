//! `run`: from a request to a learned pattern.

use std::path::PathBuf;

use serde_json::json;

use super::apply::Wish;
use super::approval;
use super::knowledge::Knowledge;
use super::outcome::{Applied, Carried};
use super::planner::Planned;
use super::{Context, Ended, apply, drain, outcome, plan};
use crate::execute::{Interrupt, Order, Ran, execute};
use crate::git::{Head, NewCommit, Writer};
use crate::learn;
use crate::marketplace;
use crate::model::component::Catalog;
use crate::model::id::RecordId;
use crate::model::oid::Oid;
use crate::model::plan::Plan;
use crate::model::record::{Execution, Outcome, Step};
use crate::model::time::Timestamp;
use crate::store::{Anchor, Apply, Defaults, Entry, Learned, Privacy, Store, author_hash, complete};
use crate::ui::{Failure, exit};

/// Plan a request, show the plan, run it, and learn from how it went
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate run --yes \"add a readme and a changelog\"

The plan runs in work trees of its own; your work tree changes only if the
whole result is there and you say `merge`. Exit codes: 0 it passed, 1 a step
failed, 4 the environment is to blame, 5 not approved, 130 interrupted.")]
pub(crate) struct Args {
    /// What you want, in your words
    #[arg(value_name = "REQUEST")]
    pub(super) request: String,
    /// Show the plan and stop
    #[arg(long)]
    pub(super) plan_only: bool,
    /// Record the execution, but commit no pattern
    #[arg(long)]
    pub(super) skip_learning: bool,
    /// Do not ask before running; approves nothing that is somebody else's code
    #[arg(long)]
    pub(super) yes: bool,
    /// Where the result goes [default: asked on a terminal, else branch]
    #[arg(long, value_name = "WHERE", value_enum)]
    pub(super) apply: Option<Apply>,
    /// Steps of one phase that run at once [default: number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) jobs: Option<u16>,
    /// Start from this revision, or from `worktree`: everything uncommitted is taken along
    #[arg(long, value_name = "REV")]
    pub(super) base: Option<String>,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    match carry_out(args, cx, &store)? {
        Some(carried) => outcome::tell(cx, &carried),
        None => super::DONE,
    }
}

/// The whole way: research, plan, execute, record, learn. `None`: only the plan was wanted.
pub(super) fn carry_out(args: &Args, cx: &Context, store: &Store<'_>) -> Result<Option<Carried>, Failure> {
    let known = Knowledge::read(cx, store)?;
    let Planned { plan, catalog, .. } = plan::make(cx, store, &known, &args.request, true)?;
    if args.plan_only && cx.ui.is_json() {
        cx.ui.json(&plan);
        return Ok(None);
    }
    if !cx.ui.is_json() {
        plan::show(cx, &plan, &known);
        cx.ui.gap();
    }
    if args.plan_only {
        return Ok(None);
    }
    let at = Timestamp(cx.host.now_ms());
    let id = RecordId::from_parts(at.0, cx.host.random());
    let uncommitted = args.base.as_deref() == Some("worktree");
    let request = (store.settings.privacy == Privacy::Text).then_some(plan.request.as_str());
    let wish = Wish { apply: args.apply.or(store.settings.apply), uncommitted };
    apply::require_target(wish, store)?;
    approval::require_runners(&plan, &catalog)?;
    let start = Start::find(args, store, id)?;
    approval::foreign(cx, store, &plan, &catalog)?;
    approval::plan(cx, args.yes)?;
    let target = apply::target(wish, cx, store);

    // Signals are listened to until the execution is recorded.
    let interrupt = Interrupt::listen()?;
    let ran = execute_plan(args, cx, store, &catalog, &plan, &start, &interrupt)?;
    let applied = apply::apply(request, target, cx, store, &ran, id);
    drain::beforehand(cx, store);
    let execution = record(store, &plan, &start, &ran, &applied, at)?;
    drop(interrupt);
    close_merged(store, &known.executions)?;
    let learned = if args.skip_learning { None } else { learn(store, &execution)? };
    Ok(Some(Carried { execution, ran, applied, learned, plan }))
}

/// Where a run starts.
pub(super) struct Start {
    id: RecordId,
    /// The commit that work trees are made from.
    base: Oid,
    /// What a failed run annotates: the base, or the empty tree where there was no commit yet.
    annotated: Oid,
}

impl Start {
    fn find(args: &Args, store: &Store<'_>, id: RecordId) -> Result<Self, Failure> {
        let repo = store.repo;
        let head = repo.head()?;
        if args.base.is_none() && repo.work_dir().is_some() {
            require_clean(&repo.dirty_paths()?)?;
        }
        let tip = head.tip();
        match (args.base.as_deref(), tip) {
            (Some("worktree"), _) => {
                let tree = repo.snapshot()?;
                let base = commit(store, tree, tip.as_slice(), "Take along uncommitted work", id)?;
                Ok(Self { id, base, annotated: tip.unwrap_or_else(|| repo.empty_tree()) })
            }
            (Some(rev), _) => {
                let base = repo.resolve(rev)?;
                repo.commit(base)?;
                Ok(Self { id, base, annotated: base })
            }
            (None, Some(tip)) => Ok(Self { id, base: tip, annotated: tip }),
            (None, None) => {
                debug_assert!(matches!(head, Head::Unborn { .. }), "only an unborn branch has no tip");
                let base = commit(store, repo.empty_tree(), &[], "Start the history", id)?;
                Ok(Self { id, base, annotated: repo.empty_tree() })
            }
        }
    }
}

fn require_clean(dirty: &[String]) -> Result<(), Failure> {
    if dirty.is_empty() {
        return Ok(());
    }
    Err(Failure::new(exit::REPOSITORY, format!("the work tree has uncommitted changes: {}", dirty.join(", ")))
        .hint("commit or stash them, or take them along with `--base worktree`, or leave them out with `--base HEAD`"))
}

/// A plumbing commit of ours: no hooks, unsigned.
fn commit(
    store: &Store<'_>,
    tree: Oid,
    parents: &[Oid],
    subject: &str,
    id: RecordId,
) -> Result<Oid, Failure> {
    let writer = Writer::new(store.repo);
    let author = store.repo.identity(store.host);
    let message = format!("{subject}\n\nOrchestrate-Execution: {id}\n");
    let at = Timestamp(store.host.now_ms());
    let oid = writer.commit(&NewCommit { tree, parents, message: &message, author: &author, at })?;
    writer.sync()?;
    Ok(oid)
}

fn execute_plan(
    args: &Args,
    cx: &Context,
    store: &Store<'_>,
    catalog: &Catalog,
    plan: &Plan,
    start: &Start,
    interrupt: &Interrupt,
) -> Result<Ran, Failure> {
    let repo = store.repo;
    let order = Order {
        id: start.id,
        plan,
        catalog,
        unchanged: marketplace::is_unchanged,
        base: start.base,
        project: repo.project(),
        quotes_request: store.settings.privacy == Privacy::Text,
        identity: repo.identity(store.host),
        jobs: args.jobs.map(usize::from).or(store.settings.jobs).unwrap_or_else(|| store.host.cores()),
        retries: store.settings.retries,
        timeout: store.settings.timeout,
        carry: store.settings.carry.clone(),
        worktrees: repo.worktree_root(&worktrees(store)),
    };
    let phases = plan.phases.len();
    Ok(execute(interrupt, repo, store.host, &order, &mut |event| cx.ui.event(&event, phases))?)
}

/// The folder for work trees: a relative one is seen from the top of the work tree, wherever in it we
/// were started.
fn worktrees(store: &Store<'_>) -> PathBuf {
    let repo = store.repo;
    repo.work_dir().unwrap_or_else(|| repo.common_dir()).join(&store.settings.worktrees)
}

/// Records the execution, however it ended, on what became of it.
fn record(
    store: &Store<'_>,
    plan: &Plan,
    start: &Start,
    ran: &Ran,
    applied: &Applied,
    at: Timestamp,
) -> Result<Execution, Failure> {
    let (repo, id) = (store.repo, start.id);
    let object = applied.commit().unwrap_or(start.annotated);
    let identity = repo.identity(store.host);
    let defaults = Defaults {
        id,
        at,
        replica: store.replica.clone(),
        author: author_hash(&identity.name, &identity.email),
        privacy: store.settings.privacy,
    };
    let patch = if repo.tree_of(object)? == object { None } else { repo.patch_id(object)? };
    let anchor = Anchor { object, tree: Some(repo.tree_of(object)?), patch };
    let predicted = &plan.predictions;
    let draft = json!({
        "request": plan.request,
        "source": if store.host.is_ci() { "ci" } else { "run" },
        "plan": plan.digest(),
        "arm": "learned",
        "steps": kept_steps(store, plan, &ran.steps),
        "outcome": ran.outcome,
        "predicted": {
            "success": predicted.success_probability,
            "duration_ms": predicted.duration_s.map(|seconds| (seconds.get() * 1000.0).round() as u64),
            "context": predicted.context_share,
        },
        "actual": {
            // What the environment or the user stopped says nothing about success.
            "success": match ran.outcome {
                Outcome::Passed => Some(1),
                Outcome::Failed => Some(0),
                Outcome::Environment | Outcome::Aborted => None,
            },
            "duration_ms": ran.duration_ms,
        },
        "tests": ran.tests,
    });
    let serde_json::Value::Object(fields) = draft else { unreachable!("json! with braces makes an object") };
    let execution = complete(fields, &defaults, &anchor).map_err(|error| {
        Failure::new(exit::FAILED, format!("the execution could not be recorded: {error}"))
    })?;
    store.append(&[Entry { object, id, line: execution.line() }])?;
    Ok(execution)
}

/// The steps as they are recorded: where a record must not say what was asked for, an error that a
/// component words with it must not either.
fn kept_steps(store: &Store<'_>, plan: &Plan, steps: &[Step]) -> Vec<Step> {
    let mut steps = steps.to_vec();
    if store.settings.privacy != Privacy::Text {
        let said: Vec<&str> = std::iter::once(plan.request.as_str())
            .chain(plan.steps.iter().map(|step| step.purpose.as_str()))
            .filter(|said| !said.trim().is_empty())
            .collect();
        for error in steps.iter_mut().filter_map(|step| step.error.as_mut()) {
            *error = said.iter().fold(error.clone(), |error, said| error.replace(said, "<request>"));
        }
    }
    steps
}

/// Forgets the refs of earlier runs whose results HEAD has by now. Those that have no record yet may
/// still be running.
fn close_merged(store: &Store<'_>, recorded: &[Execution]) -> Result<(), Failure> {
    let Some(head) = store.repo.head()?.tip() else { return Ok(()) };
    for run in store.open_runs()? {
        if recorded.iter().any(|it| it.id == run.id) && store.repo.is_ancestor(run.tip, head)? {
            store.close_run(run.id)?;
        }
    }
    Ok(())
}

fn learn(store: &Store<'_>, execution: &Execution) -> Result<Option<Learned>, Failure> {
    Ok(store.learn(&|before, after| learn::lesson(execution, before, after))?)
}
