//! `demo`: the whole way in a repository of its own, nothing of it rehearsed.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::outcome::Carried;
use super::{Context, DONE, Ended, init, marketplace, outcome, run};
use crate::git::Git;
use crate::model::record::{Execution, Outcome, StepOutcome};
use crate::store::{Apply, LEARNING, Store};
use crate::ui::{Failure, count, duration, exit};

/// See the whole way: a request planned, run, recorded and learned from, twice
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate demo

Makes a repository with three commits, adds the starter marketplace and runs
two requests in it. Whatever it prints was done and measured; the repository is
kept.")]
pub(crate) struct Args {
    /// Make the repository here; the folder must be empty or not there yet
    #[arg(long = "in", value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// At least five needs; none of the commits below follows the convention that one component wants.
const FIRST: &str = "set up a Rust library with tests, CI, a licence, a changelog and a readme";
/// Much the same, from the same starting point.
const SECOND: &str = "set up a Rust library with CI, a licence, a changelog, a readme and a gitignore";

const COMMITS: [(&str, &str, &str); 3] = [
    ("docs/idea.md", "# Idea\n\nA library that says hello in many languages.\n", "write down the idea"),
    ("docs/languages.md", "- English\n- French\n- Swahili\n", "list the languages to start with"),
    ("docs/languages.md", "- English\n- French\n- Swahili\n- Welsh\n", "Welsh, too"),
];

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let dir = make_folder(args, cx)?;
    let cx = &cx.inside(dir.clone());
    tell_command(cx, "git init, and three commits");
    let base = make_history(&dir)?;

    tell_command(cx, "git orchestrate init");
    let part = &cx.as_part();
    init::run(&init::Args { offline: true, ci: None }, part)?;
    tell_command(cx, "git orchestrate marketplace add --starter");
    marketplace::add(part, &cx.store(&cx.repository()?)?, None, None, marketplace::Elsewhere::Leave)?;

    let first = run_request(cx, FIRST)?;
    tell_command(cx, "git switch -c again <the same commit as before>");
    Git::within(&dir).args(["switch", "-q", "-c", "again", &base]).output()?;
    let second = run_request(cx, SECOND)?;

    if cx.ui.is_json() {
        cx.ui.json(&json!({"v": 1, "dir": dir, "first": measured(&first), "second": measured(&second)}));
    } else {
        compare(cx, &first, &second);
        where_it_is(cx, &cx.store(&cx.repository()?)?, &dir, &second)?;
    }
    let passed = [&first, &second].iter().all(|run| run.ran.outcome == Outcome::Passed);
    if passed { DONE } else { Ok(exit::FAILED) }
}

fn make_folder(args: &Args, cx: &Context) -> Result<PathBuf, Failure> {
    let dir = match &args.dir {
        Some(dir) => cx.path(dir),
        None => {
            cx.host.temp_dir().join(format!("git-orchestrate-demo-{:08x}", cx.host.random() & 0xffff_ffff))
        }
    };
    let failed = |error| Failure::new(exit::USAGE, format!("cannot make {}: {error}", dir.display()));
    std::fs::create_dir_all(&dir).map_err(failed)?;
    if std::fs::read_dir(&dir).map_err(failed)?.next().is_some() {
        return Err(Failure::new(exit::USAGE, format!("{} is not empty", dir.display()))
            .hint("`--in DIR` with an empty or new folder"));
    }
    dir.canonicalize().map_err(failed)
}

/// Three commits whose subjects follow no convention, as in many a young project. Gives the last.
fn make_history(dir: &Path) -> Result<String, Failure> {
    let git = || Git::within(dir);
    git().args(["init", "-q", "-b", "main", "--template=", "."]).output()?;
    // The user's hooks, signing and merge policy are for the user's own repositories.
    for (key, value) in [("core.hooksPath", "/dev/null"), ("commit.gpgSign", "false"), ("merge.ff", "true")] {
        git().args(["config", key, value]).output()?;
    }
    if git().args(["config", "user.name"]).text().unwrap_or_default().is_empty() {
        git().args(["config", "user.name", "Demo"]).output()?;
        git().args(["config", "user.email", "demo@localhost"]).output()?;
    }
    for (path, content, message) in COMMITS {
        let file = dir.join(path);
        let written = std::fs::create_dir_all(dir.join("docs")).and_then(|()| std::fs::write(&file, content));
        written.map_err(|error| {
            Failure::new(exit::USAGE, format!("cannot write {}: {error}", file.display()))
        })?;
        git().args(["add", "-A"]).output()?;
        git().args(["commit", "-q", "-m", message]).output()?;
    }
    Ok(git().args(["rev-parse", "HEAD"]).text()?)
}

fn run_request(cx: &Context, request: &str) -> Result<Carried, Failure> {
    tell_command(cx, &format!("git orchestrate run --yes --apply merge \"{request}\""));
    let args = run::Args {
        request: request.to_owned(),
        plan_only: false,
        skip_learning: false,
        yes: true,
        apply: Some(Apply::Merge),
        jobs: None,
        base: None,
    };
    let part = &cx.as_part();
    let carried = run::carry_out(&args, part, &cx.store(&cx.repository()?)?)?
        .ok_or_else(|| Failure::new(exit::FAILED, "the demo only planned, and should have run"))?;
    outcome::tell(part, &carried)?;
    Ok(carried)
}

/// The two runs side by side, as measured, and what made the second plan another one.
fn compare(cx: &Context, first: &Carried, second: &Carried) {
    tell_heading(cx, "What the second run knew");
    let row = |name: &str, run: &Carried| {
        let took = duration(run.ran.duration_ms);
        let (tried, failed) = tries(&run.execution);
        vec![name.to_owned(), run.plan.steps.len().to_string(), tried.to_string(), failed.to_string(), took]
    };
    cx.ui.table(
        &["run", "steps", "attempts", "failed", "took"],
        &[row("first", first), row("second", second)],
        &[1, 2, 3, 4],
    );
    cx.ui.gap();
    if second.plan.avoided.is_empty() {
        cx.ui.line("The second plan avoided nothing: no component had failed in the first run.");
    }
    for avoided in &second.plan.avoided {
        let (bad, good) = (avoided.component.name(), avoided.instead.name());
        cx.ui.line(format!("The second plan took {good} instead of {bad}, because {bad}"));
        cx.ui.line(format!("{}.", avoided.cause));
    }
    let ((_, before), (_, after)) = (tries(&first.execution), tries(&second.execution));
    if after >= before {
        cx.ui.line("The second run failed no less often than the first.");
    }
}

/// A run in numbers, for programs.
fn measured(run: &Carried) -> serde_json::Value {
    let (attempts, failed) = tries(&run.execution);
    json!({
        "execution": run.execution.id, "attempts": attempts, "failed": failed,
        "duration_ms": run.ran.duration_ms, "avoided": run.plan.avoided,
    })
}

/// Attempts of scripts, and how many of them failed.
fn tries(execution: &Execution) -> (u32, u32) {
    let tried = execution.steps.iter().filter(|step| step.outcome != StepOutcome::Skipped);
    tried.fold((0, 0), |(tried, failed), step| {
        let attempts = step.attempts.unwrap_or(1);
        // The last attempt of a step that passed is the one that passed.
        let lost = if step.outcome == StepOutcome::Passed { attempts - 1 } else { attempts };
        (tried + attempts, failed + lost)
    })
}

/// Plain git commands that show what is stored, each of them run here before it is named.
fn where_it_is(cx: &Context, store: &Store<'_>, dir: &Path, last: &Carried) -> Result<(), Failure> {
    let Some(learned) = &last.learned else { return Ok(()) };
    tell_command(cx, "git orchestrate merge");
    store.learn(&crate::learn::catch_up)?;
    let merged = store.merge(&crate::learn::merge)?;
    cx.ui.line(format!("{} merged into {LEARNING}", count(merged.merged.len(), "branch")));
    tell_heading(cx, "Everything is in git: see it with plain git");
    let pattern = last.execution.pattern.as_ref().map(ToString::to_string).unwrap_or_default();
    let files = Git::within(dir).args(["ls-tree", "-r", "--name-only", LEARNING, "patterns/"]).text()?;
    let file = files.lines().find(|path| path.contains(&pattern)).unwrap_or("format");
    let show = format!("{LEARNING}:{file}");
    for command in [
        &["log", "--notes=orchestrate", "-1"][..],
        &["log", LEARNING],
        &["show", &learned.commit.to_string()],
        &["show", &show],
    ] {
        Git::within(dir).args(command).output()?;
        cx.ui.line(format!("  git {}", command.join(" ")));
    }
    cx.ui.gap();
    cx.ui.line(format!("in {}", dir.display()));
    Ok(())
}

fn tell_command(cx: &Context, command: &str) {
    if !cx.ui.is_json() {
        cx.ui.gap();
        cx.ui.aside(format!("$ {command}"));
    }
}

fn tell_heading(cx: &Context, heading: &str) {
    if !cx.ui.is_json() {
        cx.ui.gap();
        cx.ui.headline(heading);
    }
}
