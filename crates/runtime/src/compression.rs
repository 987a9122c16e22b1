//! Compressed responses: the threads that all cores share for them, and each core's way through.
//!
//! Owns the threads and their bound. Never decides what is compressed: `howth_compression` does. Where nothing is, nothing of
//! this is made. Called by: the program, which makes the threads; each core, between engine and application; its loop.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

use howth_compression::{CompressedExchanges, Policy, Room, Workers};
use howth_engine::Event;
use howth_engine::Exchanges;
use howth_scheduling::{Counters, Reception, Waiting, now_us};

use crate::bridge::Bridge;

/// Tasks of each thread, that which it does included.
const TASKS_PER_THREAD: usize = 4;

/// Bytes of all tasks together.
pub(crate) const TASK_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The threads of a process that encode large responses, as many as there are processors. They are made on the main thread,
/// and so run wherever the process may, also where cores are pinned.
pub(crate) struct WorkerThreads {
    runtime: Option<tokio::runtime::Runtime>,
    threads: usize,
    tasks: AtomicUsize,
    bytes: AtomicUsize,
}

impl WorkerThreads {
    /// Starts them.
    ///
    /// # Errors
    /// A thread could not be made.
    pub(crate) fn start() -> io::Result<Arc<Self>> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("compression")
            .build()?;
        Ok(Arc::new(WorkerThreads {
            runtime: Some(runtime),
            threads,
            tasks: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
        }))
    }
}

impl Drop for WorkerThreads {
    fn drop(&mut self) {
        // A core may be the last to have them, and must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A task that is not done.
struct Permit {
    threads: Arc<WorkerThreads>,
    bytes: usize,
}

impl Permit {
    fn new(threads: Arc<WorkerThreads>, bytes: usize) -> Self {
        threads.tasks.fetch_add(1, Ordering::Relaxed);
        threads.bytes.fetch_add(bytes, Ordering::Relaxed);
        Permit { threads, bytes }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.threads.tasks.fetch_sub(1, Ordering::Relaxed);
        self.threads.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The threads, as a core has them.
struct CoreWorkers {
    threads: Arc<WorkerThreads>,
    counters: Arc<Counters>,
}

impl Workers for CoreWorkers {
    fn room(&self, bytes: usize) -> Room {
        let tasks = self.threads.tasks.load(Ordering::Relaxed);
        let all_bytes = self.threads.bytes.load(Ordering::Relaxed);
        if tasks >= self.threads.threads * TASKS_PER_THREAD || all_bytes + bytes > TASK_BYTES_MAX {
            return Room::Full;
        }
        match tasks < self.threads.threads {
            true => Room::Free,
            false => Room::Busy,
        }
    }

    fn run(&self, bytes: usize, task: Box<dyn FnOnce() + Send>) {
        let permit = Permit::new(self.threads.clone(), bytes);
        if let Some(runtime) = &self.threads.runtime {
            runtime.spawn(async move {
                task();
                drop(permit);
            });
        }
    }

    fn wait_us(&self) -> u64 {
        self.counters.queue_delay_us.get()
    }
}

/// What all cores of a process have for it.
#[derive(Clone)]
pub(crate) struct SharedCompression {
    pub(crate) policy: Arc<Policy>,
    pub(crate) threads: Arc<WorkerThreads>,
}

/// What a core has for it.
pub(crate) struct Compression {
    shared: SharedCompression,
    counters: Arc<Counters>,
    /// Once there is an engine.
    exchanges: RefCell<Option<Rc<CompressedExchanges>>>,
}

impl Compression {
    pub(crate) fn new(shared: SharedCompression, counters: Arc<Counters>) -> Rc<Self> {
        Rc::new(Compression {
            shared,
            counters,
            exchanges: RefCell::default(),
        })
    }

    /// What the application is to use in the place of `own`.
    pub(crate) fn join(&self, own: Rc<dyn Exchanges>) -> Rc<dyn Exchanges> {
        let workers = CoreWorkers {
            threads: self.shared.threads.clone(),
            counters: self.counters.clone(),
        };
        let policy = self.shared.policy.clone();
        let exchanges = Rc::new(CompressedExchanges::new(own, policy, Box::new(workers)));
        self.exchanges.replace(Some(exchanges.clone()));
        exchanges
    }

    fn with<R: Default>(&self, ask: impl FnOnce(&CompressedExchanges) -> R) -> R {
        let exchanges = self.exchanges.borrow().clone();
        exchanges.as_deref().map(ask).unwrap_or_default()
    }

    /// Who is woken when a thread has done something.
    pub(crate) fn set_waker(&self, waker: &Waker) {
        self.with(|exchanges| exchanges.set_waker(waker));
    }

    /// Whether threads have something to do for this core, so that it must sleep where they can wake it.
    pub(crate) fn has_tasks(&self) -> bool {
        self.with(CompressedExchanges::has_tasks)
    }

    /// Whether [`deliver`](Self::deliver) has something to do.
    pub(crate) fn has_done(&self) -> bool {
        self.with(CompressedExchanges::has_done)
    }

    /// Hands to the engine what threads have done; true: there was something. `is_elsewhere`: whether an event is about a request
    /// that another core answers, which is told of it.
    pub(crate) fn deliver(
        &self,
        reception: &Reception<Bridge>,
        is_elsewhere: impl Fn(Event) -> bool,
    ) -> bool {
        let tell = &mut |event| {
            if !is_elsewhere(event) && reception.is_wanted(event) {
                reception.insert(Waiting {
                    event,
                    arrived_us: now_us(),
                });
            }
        };
        self.with(|exchanges| exchanges.deliver(tell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_tasks_wait_than_there_is_room_for() {
        let threads = WorkerThreads::start().expect("threads can be made");
        let workers = CoreWorkers {
            threads: threads.clone(),
            counters: Arc::default(),
        };
        assert_eq!(workers.room(1), Room::Free);
        assert_eq!(workers.room(TASK_BYTES_MAX + 1), Room::Full);
        let permit = |_| Permit::new(threads.clone(), 1);
        let mut permits: Vec<Permit> = (0..threads.threads).map(permit).collect();
        assert_eq!(workers.room(1), Room::Busy);
        permits.extend((threads.threads..threads.threads * TASKS_PER_THREAD).map(permit));
        assert_eq!(workers.room(1), Room::Full);
        drop(permits);
        assert_eq!(workers.room(1), Room::Free);
    }
}
