//! What a CI system does with a template of ours: jobs in order, each in a place of its own, each step with the
//! environment that it would have there.
//!
//! Nothing is played but the runner: git, the shell and the program under test are real. Only `cargo` is a stand-in
//! that installs the program under test, and `uses:` steps are left out, as if a cache had nothing.

use assert_cmd::cargo::cargo_bin;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::hooks_scene::write_program;
use crate::support::{Ran, TestRepo};

/// What a job is given to authenticate with.
pub(crate) const TOKEN: &str = "t0ken-of-the-job";
/// What the user has set in the template.
const SOURCE: &str = "https://git.example/git-orchestrate";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A CI system that we have a template for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ci {
    Github,
    Gitlab,
}

/// How a job ended.
pub(crate) struct Job {
    pub(crate) passed: bool,
    /// What all steps printed.
    pub(crate) log: String,
    /// The machine that it ran on.
    pub(crate) machine: TestRepo,
}

/// How a run ended; jobs that had nothing to do did not start.
pub(crate) struct Pipeline {
    pub(crate) check: Job,
    pub(crate) merge: Option<Job>,
}

impl Ci {
    pub(crate) const ALL: [Self; 2] = [Self::Github, Self::Gitlab];

    /// The template as it is in the repository.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::Github => include_str!("../../templates/ci/github.yml"),
            Self::Gitlab => include_str!("../../templates/ci/gitlab.yml"),
        }
    }

    /// The template with what a user has to set.
    fn configured(self) -> Value {
        let set = |text: &str, key: &str, value: &str| {
            let (unset, set) = (format!("{key}: \"\""), format!("{key}: \"{value}\""));
            assert_eq!(text.matches(&unset).count(), 1, "{key} is set in one place");
            text.replace(&unset, &set)
        };
        let text = set(self.template(), "ORCHESTRATE_SOURCE", SOURCE);
        parse(&set(&text, "ORCHESTRATE_COMMIT", COMMIT))
    }

    /// Runs the template on what is at the remote.
    pub(crate) fn run(self, hub: &TestRepo) -> Pipeline {
        self.run_with(hub, || ())
    }

    /// Runs the template, with something that happens after the check and before the merge.
    pub(crate) fn run_with(self, hub: &TestRepo, meanwhile: impl FnOnce()) -> Pipeline {
        match self {
            Self::Github => github(&self.configured(), hub, meanwhile),
            Self::Gitlab => gitlab(&self.configured(), hub, meanwhile),
        }
    }
}

/// A YAML document as JSON.
pub(crate) fn parse(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}"))
}

/// A machine without a git identity, where `cargo install` installs the program under test.
fn machine() -> TestRepo {
    let machine = TestRepo::nowhere();
    std::fs::write(machine.root().join("home/.gitconfig"), "").expect("written");
    let bin = machine.root().join("bin");
    std::fs::create_dir(&bin).expect("a fresh folder");
    let program = cargo_bin!("git-orchestrate").display().to_string();
    let install = format!(
        "#!/bin/sh\necho \"cargo $*\"\nwhile [ \"$1\" != --root ]; do shift; done\n\
         mkdir -p \"$2/bin\" && ln -s '{program}' \"$2/bin/git-orchestrate\"\n"
    );
    write_program(&bin.join("cargo"), &install);
    write_program(&bin.join("rustup"), "#!/bin/sh\necho \"rustup $*\"\n");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    machine.with_variable("PATH", &path).with_variable("CI", "true")
}

fn variables(of: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a variable is text").to_owned();
    let all = of.as_object().into_iter().flatten();
    all.map(|(name, value)| (name.clone(), text(value))).collect()
}

/// What GitHub knows when it evaluates an expression: `steps.<id>.outputs.<name>` and the like.
type Known = BTreeMap<String, String>;

/// The values of expressions. One that is not listed here is unknown to the test, and that is an error.
fn evaluate(text: &str, known: &Known) -> String {
    let mut text = text.to_owned();
    while let Some((before, rest)) = text.split_once("${{") {
        let (expression, after) = rest.split_once("}}").expect("an expression ends");
        let value = known.get(expression.trim());
        let value = value.unwrap_or_else(|| panic!("unknown expression: {expression}"));
        text = format!("{before}{value}{after}");
    }
    text
}

/// Whether a job or a step is to run.
fn is_met(condition: &Value, known: &Known) -> bool {
    let Some(condition) = condition.as_str() else { return true };
    let output = |name: &str| known.get(name).cloned().unwrap_or_default();
    match condition.trim_start_matches("${{ ").trim_end_matches(" }}") {
        "github.event_name != 'push' || github.ref_name == github.event.repository.default_branch" => true,
        "steps.fetch.outputs.waiting != '0'" => output("steps.fetch.outputs.waiting") != "0",
        "!cancelled() && needs.check.outputs.green != ''" => !output("needs.check.outputs.green").is_empty(),
        unknown => panic!("unknown condition: {unknown}"),
    }
}

fn github(workflow: &Value, hub: &TestRepo, meanwhile: impl FnOnce()) -> Pipeline {
    let mut known = Known::from([
        ("github.token".to_owned(), TOKEN.to_owned()),
        // No step of the check has set it where there was nothing to check.
        ("steps.check.outputs.green".to_owned(), String::new()),
    ]);
    let check = github_job(workflow, "check", hub, &mut known);
    let green = evaluate(workflow["jobs"]["check"]["outputs"]["green"].as_str().expect("an output"), &known);
    known.insert("needs.check.outputs.green".to_owned(), green);
    meanwhile();
    let is_wanted = is_met(&workflow["jobs"]["merge"]["if"], &known);
    let merge = is_wanted.then(|| github_job(workflow, "merge", hub, &mut known));
    Pipeline { check, merge }
}

fn github_job(workflow: &Value, name: &str, hub: &TestRepo, known: &mut Known) -> Job {
    let job = &workflow["jobs"][name];
    let (server, repository) = {
        let path = hub.path();
        let root = hub.root().parent().expect("a folder");
        let below = path.strip_prefix(root).expect("below it").display().to_string();
        (format!("file://{}", root.display()), below)
    };
    let mut machine = machine()
        .with_variable("GITHUB_ACTIONS", "true")
        .with_variable("GITHUB_SERVER_URL", &server)
        .with_variable("GITHUB_REPOSITORY", &repository);
    for (name, value) in variables(&workflow["env"]).into_iter().chain(variables(&job["env"])) {
        machine = machine.with_variable(&name, &evaluate(&value, known));
    }
    let (mut passed, mut log) = (true, String::new());
    for step in job["steps"].as_array().expect("steps") {
        let Some(script) = step["run"].as_str() else { continue };
        if !passed || !is_met(&step["if"], known) {
            continue;
        }
        let files = ["output", "path", "summary"].map(|it| machine.root().join(it));
        let [output, path, summary] = &files;
        files.iter().for_each(|file| std::fs::write(file, "").expect("written"));
        let file = machine.root().join("step.sh");
        std::fs::write(&file, script).expect("written");
        let shell = workflow["defaults"]["run"]["shell"].as_str().expect("a shell");
        let mut words = shell.split(' ').filter(|word| *word != "{0}");
        let mut command = machine.command(words.next().expect("a program"));
        command.args(words).arg(&file).env("GITHUB_OUTPUT", output);
        command.env("GITHUB_PATH", path).env("GITHUB_STEP_SUMMARY", summary);
        for (name, value) in variables(&step["env"]) {
            command.env(name, evaluate(&value, known));
        }
        if let Some(folder) = step["working-directory"].as_str() {
            command.current_dir(machine.path().join(folder));
        }
        let ran = Ran::of(&command.output().expect("it starts"));
        log.push_str(&format!("# {}\n{}{}", step["name"], ran.stdout, ran.stderr));
        passed = ran.code == Some(0);
        let read = |file| std::fs::read_to_string(file).expect("written");
        if let Some(id) = step["id"].as_str() {
            for (key, value) in outputs(&read(output)) {
                known.insert(format!("steps.{id}.outputs.{key}"), value);
            }
        }
        for folder in read(path).lines() {
            let path = format!("{folder}:{}", machine.variable("PATH").expect("set"));
            machine = machine.with_variable("PATH", &path);
        }
        log.push_str(&read(summary));
    }
    Job { passed, log, machine }
}

/// What a step wrote to `GITHUB_OUTPUT`: `name=value`, or `name<<end`, lines, `end`.
fn outputs(text: &str) -> Known {
    let mut outputs = Known::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, end)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        } else {
            let (name, value) = line.split_once('=').expect("name=value");
            outputs.insert(name.to_owned(), value.to_owned());
        }
    }
    outputs
}

fn gitlab(jobs: &Value, hub: &TestRepo, meanwhile: impl FnOnce()) -> Pipeline {
    let check = gitlab_job(jobs, "learning-check", hub, "");
    let green = check.machine.read("green");
    meanwhile();
    let merge = gitlab_job(jobs, "learning-merge", hub, &green);
    let is_idle = green.is_empty();
    assert!(!is_idle || merge.passed, "{}", merge.log);
    Pipeline { check, merge: (!is_idle).then_some(merge) }
}

/// The scripts of a job one after the other in one shell, as a runner has them.
fn gitlab_job(jobs: &Value, name: &str, hub: &TestRepo, green: &str) -> Job {
    let (job, base) = (&jobs[name], &jobs[".orchestrate"]);
    assert_eq!(job["extends"], ".orchestrate");
    let url = hub.root().join("project");
    let with_suffix = hub.root().join("project.git");
    if !with_suffix.exists() {
        std::os::unix::fs::symlink(&url, &with_suffix).expect("linked");
    }
    let mut machine = machine()
        .with_variable("GITLAB_CI", "true")
        .with_variable("CI_JOB_TOKEN", TOKEN)
        .with_variable("CI_PROJECT_URL", &format!("file://{}", url.display()))
        .file("green", green);
    for (name, value) in variables(&base["variables"]) {
        machine = machine.with_variable(&name, &value);
    }
    let script: String = [&base["before_script"], &job["script"]]
        .into_iter()
        .flat_map(|lines| lines.as_array().expect("lines"))
        .map(|line| format!("{}\n", line.as_str().expect("a line of shell")))
        .collect();
    let ran = Ran::of(&machine.command("sh").args(["-e", "-c", &script]).output().expect("it starts"));
    if let Some(allowed) = job["allow_failure"]["exit_codes"].as_i64() {
        assert!([Some(0), i32::try_from(allowed).ok()].contains(&ran.code), "{}{}", ran.stdout, ran.stderr);
    }
    Job { passed: ran.code == Some(0), log: format!("{}{}", ran.stdout, ran.stderr), machine }
}
