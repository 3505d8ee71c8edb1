//! `check` raises no false alarm: clones that record, correct, forget, amend, merge and sync in many
//! orders make no commit that it objects to.

use crate::support::{TestRepo, execution};

const LEARNING: &str = "refs/orchestrate/learning";

/// Clones of one hub that have agreed to share, with hooks.
fn team(size: usize) -> (TestRepo, Vec<TestRepo>) {
    let seed = TestRepo::new().file("a.txt", "one\n").commit("start");
    let hub = TestRepo::bare();
    seed.git(["push", "-q", hub.path().to_str().expect("UTF-8"), "main"]);
    let member = |_| {
        let clone = TestRepo::clone_of(&hub).with_real_clock().with_program_on_path();
        clone.orchestrate(["hooks", "install"]).code(0);
        clone.orchestrate(["sync", "--push", "--yes"]).code(0);
        clone
    };
    let clones = (0..size).map(member).collect();
    (hub, clones)
}

/// Small numbers in an order that the seed decides.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

/// One thing that somebody does.
fn happens(clone: &TestRepo, dice: &mut Dice, number: usize) {
    let outcome = ["passed", "failed", "environment"][dice.roll(3)];
    let executions = clone.executions();
    let any = executions.get(dice.roll(executions.len().max(1))).map(|it| it["id"].to_string());
    match (dice.roll(8), any) {
        (0, Some(id)) => {
            let line = format!(r#"{{"kind":"correction","target":{id},"outcome":"{outcome}"}}"#);
            clone.orchestrate_with(["record"], &line).code(0);
        }
        (1, Some(id)) => {
            clone.orchestrate_with(["record"], &format!(r#"{{"kind":"forget","target":{id}}}"#)).code(0);
        }
        (2, _) => {
            clone.git(["commit", "-q", "--allow-empty", "-m", "work"]);
            clone.git(["commit", "-q", "--allow-empty", "--amend", "-m", "better"]);
        }
        (3, _) => drop(clone.orchestrate(["merge"]).code(0)),
        (4 | 5, _) => drop(clone.orchestrate(["sync"]).code(0)),
        _ => {
            let names = [["a", "b"], ["b", "c"]][dice.roll(2)];
            let line = execution(&format!("do {number}"), names, outcome).replace(
                r#""outcome":"failed"}],"#,
                r#""outcome":"failed","error":"it \u202e broke\u0007"}],"#,
            );
            clone.orchestrate_with(["record"], &line).code(0);
        }
    }
}

#[test]
fn whatever_clones_do_every_commit_of_theirs_passes() {
    for seed in 1..3 {
        let ((_hub, clones), mut dice) = (team(3), Dice(seed));
        for number in 0..16 {
            let clone = &clones[dice.roll(clones.len())];
            happens(clone, &mut dice, number);
            let ran = clone.orchestrate(["check"]);
            // Who has nothing yet has nothing to check.
            assert!(
                ran.code == Some(0) || ran.stdout.contains("neither notes nor learning"),
                "{}",
                ran.screen()
            );
        }
        for clone in clones.iter().chain(&clones) {
            clone.orchestrate(["merge"]).code(0);
            clone.orchestrate(["sync"]).code(0);
        }
        let commits = clones[0].git(["rev-list", "--reverse", LEARNING]);
        let root = commits.lines().next().expect("a root");
        assert!(commits.lines().count() > 5, "seed {seed}: {commits}");
        for commit in commits.lines() {
            clones[0].orchestrate(["check", &format!("{root}..{commit}")]).code(0);
        }
        for clone in &clones {
            let all = clone.orchestrate(["check", &format!("{root}..{LEARNING}")]).code(0).stdout;
            assert!(!all.contains("not checked") && !all.contains("failed"), "{all}");
        }
    }
}
