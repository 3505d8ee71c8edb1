//! The threads that run the steps of one phase.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use super::event::Event;
use super::step::{self, Performed, Site, Task};
use crate::model::oid::Oid;

/// How long an interrupt may go unnoticed while every step is silent.
const SILENCE: Duration = Duration::from_millis(50);

/// What the crew reports.
pub(super) enum Report {
    Event(Event),
    /// The task of this index is done.
    Ended(usize, Performed),
    /// Nothing happened for a while.
    Silence,
}

/// At most as many threads at once as the order has jobs, one for each task that runs.
pub(super) struct Crew<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    site: &'env Site<'env>,
    tasks: &'env [Task<'env>],
    waiting: VecDeque<(usize, Oid)>,
    running: BTreeMap<usize, ScopedJoinHandle<'scope, Performed>>,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
}

enum Message {
    Event(Event),
    Ended(usize),
}

/// Says that a thread has ended, also when it panicked.
struct Bell {
    sender: Sender<Message>,
    index: usize,
}

impl Drop for Bell {
    fn drop(&mut self) {
        drop(self.sender.send(Message::Ended(self.index)));
    }
}

impl<'scope, 'env> Crew<'scope, 'env> {
    /// A crew that will run all tasks upon `base`.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        site: &'env Site<'env>,
        tasks: &'env [Task<'env>],
        base: Oid,
    ) -> Self {
        let (sender, receiver) = mpsc::channel();
        let waiting = (0..tasks.len()).map(|index| (index, base)).collect();
        Self { scope, site, tasks, waiting, running: BTreeMap::new(), sender, receiver }
    }

    /// Has a task run next, upon another base.
    pub(super) fn again(&mut self, index: usize, base: Oid) {
        self.waiting.push_front((index, base));
    }

    /// Starts what can be started, unless `stopping`, and waits for the next report. `None`: all is done.
    pub(super) fn next(&mut self, stopping: bool) -> Option<Report> {
        if stopping {
            self.waiting.clear();
        }
        while self.running.len() < self.site.order.jobs.max(1)
            && let Some((index, base)) = self.waiting.pop_front()
        {
            self.start(index, base);
        }
        if self.running.is_empty() {
            return None;
        }
        Some(match self.receiver.recv_timeout(SILENCE) {
            Ok(Message::Event(event)) => Report::Event(event),
            Ok(Message::Ended(index)) => {
                let thread = self.running.remove(&index).expect("only what runs can end");
                let performed = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                Report::Ended(index, performed)
            }
            Err(_) => Report::Silence,
        })
    }

    fn start(&mut self, index: usize, base: Oid) {
        let (site, task, sender) = (self.site, &self.tasks[index], self.sender.clone());
        let thread = self.scope.spawn(move || {
            let bell = Bell { sender, index };
            step::perform(site, task, base, &|event| drop(bell.sender.send(Message::Event(event))))
        });
        self.running.insert(index, thread);
    }
}
