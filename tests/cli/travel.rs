//! Learning that travels: three clones and a bare remote, with all hooks, through what people do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::market::Skill;
use crate::support::{Ran, TestRepo, execution};

/// What each of the three is called; so is the branch that they work on.
const PEOPLE: [&str; 3] = ["ada", "ben", "cleo"];
/// Executions of each at first: two that are recorded, and a run.
const FIRST: usize = 3;

/// Three clones of a bare repository, each on a branch of its own, with hooks, a marketplace, and
/// somebody who agreed to share.
fn team() -> (TestRepo, Vec<TestRepo>) {
    let seed = TestRepo::new().file("a.txt", "one\n").commit("start");
    let hub = TestRepo::bare();
    seed.git(["push", "-q", hub.path().to_str().expect("UTF-8"), "main"]);
    let clones = PEOPLE.iter().map(|name| member(&hub, name)).collect();
    (hub, clones)
}

fn member(hub: &TestRepo, name: &str) -> TestRepo {
    let greeter = Skill::new("greeter", "Writes a greeting.", "cat a.txt > greeting.txt");
    let clone = TestRepo::clone_of(hub).with_real_clock().with_program_on_path();
    clone.orchestrate(["hooks", "install"]).code(0);
    let clone = clone.skills(&[greeter.writes("\"greeting.txt\"")]);
    clone.orchestrate(["sync", "--push", "--yes"]).code(0);
    clone.git(["checkout", "-q", "-b", name]);
    clone
}

/// A commit of a file of this name, and an execution of this name on it.
pub(crate) fn work(clone: &TestRepo, name: &str) {
    clone.write(name, &format!("{name}\n"));
    clone.git(["add", "-A"]);
    clone.git(["commit", "-q", "-m", name]);
    clone.orchestrate_with(["record"], &execution(name, ["a", "b"], "passed")).code(0);
}

/// All at once; each has to end well. Gives what each said.
pub(crate) fn race(commands: impl Iterator<Item = Command>) -> Vec<Ran> {
    let start = |mut command: Command| {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    };
    let racing: Vec<_> = commands.map(start).collect();
    let end = |child: std::process::Child| Ran::of(&child.wait_with_output().expect("it ends")).code(0);
    racing.into_iter().map(end).collect()
}

fn race_syncs(clones: &[TestRepo]) {
    race(clones.iter().map(|clone| {
        let mut sync = clone.program();
        sync.arg("sync");
        sync
    }));
}

/// Pushes of the branches, which share what was learned.
fn race_pushes(clones: &[TestRepo]) {
    let push = |(clone, name): (&TestRepo, &&str)| {
        let mut push = clone.command("git");
        push.args(["push", "-q", "--force", "origin", name]);
        push
    };
    for said in race(clones.iter().zip(&PEOPLE).map(push)) {
        // On a busy machine a hook may give up; then the next one shares what it did not.
        let gave_up = ["learning took longer than 5 s", "others kept moving"];
        assert!(
            said.stderr.is_empty() || gave_up.iter().any(|it| said.stderr.contains(it)),
            "{}",
            said.stderr
        );
    }
}

/// The requests that the note of a commit tells of, sorted, each as often as it does.
fn on(clone: &TestRepo, rev: &str) -> Vec<String> {
    let show = ["notes", "--ref=orchestrate", "show", rev];
    let note = clone.command("git").args(show).output().expect("git starts").stdout;
    let note = String::from_utf8_lossy(&note).into_owned();
    let records = note.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut requests: Vec<String> =
        records.filter_map(|it| it["request"].as_str().map(str::to_owned)).collect();
    requests.sort();
    requests
}

fn ids(clone: &TestRepo) -> Vec<String> {
    let mut ids: Vec<String> =
        clone.executions().iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

fn id_of(clone: &TestRepo, request: &str) -> String {
    let executions = clone.executions();
    let found = executions.iter().find(|it| it["request"] == request).expect("somebody recorded it");
    found["id"].as_str().expect("an id").to_owned()
}

fn learned(repo: &TestRepo) -> String {
    repo.git(["rev-parse", "refs/orchestrate/learning^{tree}"])
}

/// What would block the next writer: lock files of git, and files of ours that somebody still locks.
fn locks(git_dir: &Path) -> Vec<PathBuf> {
    let (mut open, mut found) = (vec![git_dir.to_path_buf()], Vec::new());
    let is_free = |path: &Path| std::fs::File::open(path).is_ok_and(|file| file.try_lock().is_ok());
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "lock")
                && !(dir.ends_with("orchestrate") && is_free(&path))
            {
                found.push(path);
            }
        }
    }
    found
}

/// Everybody knows the same executions, each once, counts them the same, and is in good order.
fn assert_in_step(hub: &TestRepo, clones: &[TestRepo], executions: usize) {
    for (clone, name) in clones.iter().zip(PEOPLE) {
        let ids = ids(clone);
        assert_eq!(
            (ids.len(), ids.iter().collect::<BTreeSet<_>>().len()),
            (executions, executions),
            "{name}"
        );
        assert_eq!(ids, self::ids(&clones[0]), "{name}");
        assert_eq!(learned(clone), learned(hub), "{name}");
        let patterns = clone.orchestrate(["patterns", "--json"]).code(0).json();
        let tallies = patterns.as_array().expect("a list").iter().map(|it| &it["tally"]);
        let runs = tallies.map(|it| it["passed"].as_u64().unwrap_or(0) + it["failed"].as_u64().unwrap_or(0));
        assert_eq!(runs.sum::<u64>(), executions as u64, "{name}");
        clone.orchestrate(["check"]).code(0);
        let root = clone.git(["rev-list", "--max-parents=0", "refs/orchestrate/learning"]);
        clone.orchestrate(["check", &format!("{root}..refs/orchestrate/learning")]).code(0);
        assert_eq!(clone.refs_below("refs/heads/learning"), Vec::<String>::new(), "{name}");
        assert_eq!(clone.refs_below("refs/orchestrate/runs"), Vec::<String>::new(), "{name}");
        clone.assert_nothing_left();
    }
    for (repo, git_dir) in clones.iter().map(|it| (it, it.path().join(".git"))).chain([(hub, hub.path())]) {
        repo.git(["fsck", "--strict", "--no-dangling"]);
        assert_eq!(locks(&git_dir), Vec::<PathBuf>::new());
    }
}

#[test]
fn three_clones_that_race_and_rewrite_history_end_with_one_library() {
    let (hub, clones) = team();
    let [ada, ben, cleo] = &clones[..] else { panic!("three clones") };

    for (clone, name) in clones.iter().zip(PEOPLE) {
        work(clone, &format!("{name} one"));
        work(clone, &format!("{name} two"));
        clone.orchestrate(["run", "write a greeting", "--yes", "--apply", "merge"]).code(0);
    }
    race_syncs(&clones);

    // Ada's branch is rebased onto a main that has moved; the hook knows.
    ada.git(["checkout", "-q", "main"]);
    work(ada, "meanwhile");
    ada.git(["push", "-q", "origin", "main"]);
    ada.git(["rebase", "-q", "main", "ada"]);

    // Ben amends and goes on.
    work(ben, "ben three");
    ben.git(["commit", "-q", "--amend", "-m", "better words"]);
    ben.git(["commit", "-q", "--amend", "-m", "best words"]);
    race_pushes(&clones);

    // Ben picks what Ada rebased, and says that Cleo was wrong.
    ben.git(["fetch", "-q"]);
    ben.git(["cherry-pick", "origin/ada~1"]);
    ben.orchestrate(["sync"]).code(0);
    ben.orchestrate(["reconcile"]).code(0);
    let wrong = id_of(ben, "cleo one");
    let correction = format!(r#"{{"kind":"correction","target":"{wrong}","outcome":"failed"}}"#);
    ben.orchestrate_with(["record"], &correction).code(0);

    // Cleo's branch is squashed onto main, and gone.
    cleo.git(["checkout", "-q", "main"]);
    cleo.git(["pull", "-q", "--ff-only"]);
    cleo.git(["merge", "-q", "--squash", "cleo"]);
    cleo.git(["commit", "-q", "-m", "All of it"]);
    cleo.git(["branch", "-q", "-D", "cleo"]);
    cleo.orchestrate(["reconcile"]).code(0);
    cleo.git(["branch", "-q", "cleo"]);
    work(ada, "ada three");
    race_pushes(&clones);
    race_syncs(&clones);

    for clone in clones.iter().chain(&clones) {
        clone.orchestrate(["sync"]).code(0);
    }
    assert_in_step(&hub, &clones, 3 * FIRST + 3);
    let newcomer = member(&hub, "dora");
    assert_eq!((learned(&newcomer), ids(&newcomer)), (learned(&hub), ids(ada)));
    newcomer.orchestrate(["check"]).code(0);
    assert_eq!(on(ada, "ada~2"), ["ada two"]);
    assert_eq!(on(ben, "ben~1"), ["ben three"]);
    assert_eq!(on(ada, "origin/ben~1"), Vec::<String>::new());
    assert_eq!(on(cleo, "main"), ["cleo one", "cleo two", "write a greeting"]);
}
