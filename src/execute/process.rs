//! One process and all that it starts, held to a time limit and to bounded output.
//!
//! Guarantee: when [`run`] returns, no process of the group is left. Limit: what made itself a
//! session of its own (a daemon) has left the group; it lives on, but it can't hold us up.

use std::convert::Infallible;
use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use process_wrap::std::{ChildWrapper, CommandWrap, ProcessGroup};
use signal_hook::consts::{SIGCONT, SIGTERM};

use super::capture::Capture;
use super::interrupt::{Interrupt, Urgency};
use crate::host::Stopwatch;

/// How long a group has between being asked to end and being killed.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait for output that is still in the pipes when the process has ended.
const DRAIN: Duration = Duration::from_millis(300);
/// The shortest and the longest time between two looks at a process.
const PAUSE: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Exited(ExitStatus),
    /// It was stopped at the limit.
    TimedOut,
    /// It was stopped because the run is to end.
    Interrupted,
}

/// A process that ended, and what it printed.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ended {
    /// Whether it exited 0 by itself.
    pub(super) fn success(&self) -> bool {
        matches!(self.end, End::Exited(status) if status.success())
    }
}

/// Runs a command to its end, or to the limit, or until the run is to end.
pub(super) fn run(mut command: Command, limit: Duration, interrupt: &Interrupt) -> std::io::Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = CommandWrap::from(command).wrap(ProcessGroup::leader()).spawn()?;
    let (open, closed) = mpsc::channel();
    let stdout = child.stdout().take().map(|pipe| read(pipe, open.clone()));
    let stderr = child.stderr().take().map(|pipe| read(pipe, open));
    let end = wait(child.as_mut(), limit, interrupt, &closed);
    if matches!(end, Ok(End::TimedOut | End::Interrupted)) {
        ask_to_end(child.as_mut(), interrupt);
    }
    // Nobody is left to ask: what a script leaves in its group is killed. The error says that
    // nothing was left.
    drop(child.start_kill());
    drop(child.wait());
    let _closed = closed.recv_timeout(DRAIN);
    let text = |capture: Option<Arc<Mutex<Capture>>>| {
        capture.map_or_else(String::new, |it| it.lock().unwrap_or_else(PoisonError::into_inner).text())
    };
    Ok(Ended { end: end?, stdout: text(stdout), stderr: text(stderr) })
}

/// Reads a pipe in a thread of its own, which may outlive us: a daemon can hold the pipe open.
fn read(mut pipe: impl Read + Send + 'static, open: Sender<Infallible>) -> Arc<Mutex<Capture>> {
    let capture = Arc::new(Mutex::new(Capture::default()));
    let shared = Arc::clone(&capture);
    thread::spawn(move || {
        let mut buffer = vec![0; 32 << 10];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            shared.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..count]);
        }
        drop(open);
    });
    capture
}

/// Waits for the process itself. `closed` breaks when both pipes end, which is mostly just before.
fn wait(
    child: &mut dyn ChildWrapper,
    limit: Duration,
    interrupt: &Interrupt,
    closed: &Receiver<Infallible>,
) -> std::io::Result<End> {
    let started = Stopwatch::start();
    let mut pause = PAUSE.0;
    let mut pipes_open = true;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Exited(status));
        }
        if interrupt.is_raised() {
            return Ok(End::Interrupted);
        }
        let Some(left) = limit.checked_sub(started.elapsed()) else { return Ok(End::TimedOut) };
        if !pipes_open {
            thread::sleep(pause.min(left));
        } else if let Err(RecvTimeoutError::Disconnected) = closed.recv_timeout(pause.min(left)) {
            pipes_open = false;
            pause = PAUSE.0;
        }
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// Asks the whole group to end, and gives it the grace.
fn ask_to_end(child: &mut dyn ChildWrapper, interrupt: &Interrupt) {
    let asked = Stopwatch::start();
    drop(child.signal(SIGTERM));
    while asked.elapsed() < GRACE && interrupt.urgency() < Urgency::Now {
        // A signal that does nothing to those who run tells whether anyone is left. The leader
        // itself counts until it is waited for.
        let leader_ended = child.try_wait().is_ok_and(|status| status.is_some());
        if leader_ended && child.signal(SIGCONT).is_err() {
            return;
        }
        thread::sleep(PAUSE.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn ended(script: &str, limit_ms: u64) -> Ended {
        run(sh(script), Duration::from_millis(limit_ms), &Interrupt::deaf()).expect("starts")
    }

    /// Whether a process still runs after it had time to die: the system delivers a kill when the
    /// process is next to run. One that merely waits to be reaped does not run.
    fn lives(pid: &str) -> bool {
        let runs = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
            !matches!(stat.rsplit(") ").next().and_then(|rest| rest.chars().next()), None | Some('Z'))
        };
        (0..200).all(|_| {
            let alive = runs();
            if alive {
                thread::sleep(Duration::from_millis(10));
            }
            alive
        })
    }

    #[test]
    fn what_a_process_prints_and_how_it_exits_is_told() {
        let ended = ended("echo out; echo err >&2; exit 3", 5000);
        assert!(matches!(ended.end, End::Exited(status) if status.code() == Some(3)));
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("out\n", "err\n"));
    }

    #[test]
    fn a_script_that_hangs_is_stopped_with_its_children() {
        let ended = ended("sleep 1000 & echo $!; sleep 1000", 300);
        assert_eq!(ended.end, End::TimedOut);
        assert!(!lives(&ended.stdout), "{}", ended.stdout);
    }

    #[test]
    fn one_that_ignores_the_request_is_killed_after_the_grace() {
        let watch = Stopwatch::start();
        let ended = ended("trap '' TERM; echo $$; while :; do sleep 0.05; done", 100);
        assert_eq!(ended.end, End::TimedOut);
        assert!(watch.elapsed() >= GRACE && !lives(&ended.stdout));
    }

    #[test]
    fn what_a_script_leaves_running_is_killed() {
        let ended = ended("sleep 1000 & echo $!", 10_000);
        assert!(ended.success() && !lives(&ended.stdout));
    }

    #[test]
    fn a_daemon_that_holds_the_pipe_does_not_hold_us() {
        let watch = Stopwatch::start();
        let ended = ended("setsid sleep 5 & echo done", 10_000);
        assert!(ended.success() && watch.elapsed() < Duration::from_secs(3));
        assert_eq!(ended.stdout, "done\n");
    }

    #[test]
    fn endless_output_takes_bounded_memory() {
        let ended = ended("echo start; head -c 200000000 /dev/zero | tr '\\0' x; echo; echo end", 60_000);
        assert!(ended.success() && ended.stdout.len() < 140_000, "{}", ended.stdout.len());
        assert!(ended.stdout.starts_with("start\n") && ended.stdout.ends_with("\nend\n"));
    }

    #[test]
    fn an_interrupt_stops_it_and_a_second_one_at_once() {
        let interrupt = Interrupt::deaf();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(200));
                interrupt.raise();
                thread::sleep(Duration::from_millis(200));
                interrupt.raise();
            });
            let watch = Stopwatch::start();
            let script = "trap '' TERM; while :; do sleep 0.05; done";
            let ended = run(sh(script), Duration::from_secs(60), &interrupt).expect("starts");
            assert_eq!(ended.end, End::Interrupted);
            assert!(watch.elapsed() < GRACE);
        });
    }
}
