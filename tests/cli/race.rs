//! Push races: clones that record and sync as fast as they can, through `git daemon`.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{Ran, TestRepo, execution};

const CLONES: usize = 3;
const RECORDS: usize = 5;

/// A `git daemon` that serves one folder until this is dropped.
struct Daemon {
    child: Child,
    port: u16,
}

impl Daemon {
    fn serve(repo: &TestRepo) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
        let child = repo
            .command("git")
            .args(["daemon", "--listen=127.0.0.1", "--reuseaddr", "--export-all", "--enable=receive-pack"])
            .args([format!("--port={port}"), format!("--base-path={}", repo.root().display())])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("git starts");
        let daemon = Self { child, port };
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return daemon;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("git daemon does not listen on port {port}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Asked, not killed: `git` passes that on to the process that listens.
        drop(Command::new("kill").args(["-s", "TERM", "--", &self.child.id().to_string()]).status());
        drop(self.child.wait());
    }
}

#[test]
fn clones_that_race_for_one_ref_lose_nothing() {
    let hub = TestRepo::bare();
    let daemon = Daemon::serve(&hub);
    let clone = |_| {
        let clone = TestRepo::nowhere().with_real_clock();
        clone.git(["clone", "-q", &format!("git://127.0.0.1:{}/project", daemon.port), "."]);
        let clone = clone.commit("start");
        clone.orchestrate(["sync", "--push", "--yes"]).code(0);
        clone
    };
    let clones: Vec<TestRepo> = (0..CLONES).map(clone).collect();
    for round in 0..RECORDS {
        let racing: Vec<Child> = clones
            .iter()
            .enumerate()
            .map(|(number, clone)| {
                let line = execution(&format!("add {round} of {number}"), ["a", "b"], "passed");
                clone.orchestrate_with(["record"], &line).code(0);
                let mut sync = clone.program();
                sync.args(["sync", "--json"]).stdin(Stdio::null());
                sync.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
            })
            .collect();
        for child in racing {
            let told = Ran::of(&child.wait_with_output().expect("it ends")).code(0);
            assert_eq!((told.json()["state"].as_str(), told.stderr.as_str()), (Some("shared"), ""));
        }
    }
    let fresh = TestRepo::clone_of(&hub);
    fresh.orchestrate(["init"]).code(0);
    assert_eq!(fresh.executions().len(), CLONES * RECORDS);
    fresh.orchestrate(["check"]).code(0);
    hub.git(["fsck", "--strict"]);
}
