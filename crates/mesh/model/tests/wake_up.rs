//! Every interleaving, and every value a load may see, of the protocol by which cores wake one another (`bell.rs`).
//!
//! The file is that of the mesh, with loom's atomics. A ring of messages is the counter that its producer publishes;
//! `rtrb` has models of its own. A wake-up that is lost leaves a core asleep for ever, which loom reports as a deadlock.

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread::{self, JoinHandle};

#[path = "../../src/bell.rs"]
mod bell;
#[path = "../../src/core_set.rs"]
mod core_set;

/// Loom's atomics. That a read-modify-write follows directly on the value it has read, so that a store that came after
/// that value comes after it as well, loom does not know: it would let a sender see its own exchange instead of what
/// the core has stored since. Where stores meet exchanges, a store is an exchange here too, of the same ordering.
mod atomic {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};

    #[derive(Debug)]
    pub(crate) struct AtomicU8(loom::sync::atomic::AtomicU8);

    impl AtomicU8 {
        pub(crate) fn new(value: u8) -> Self {
            AtomicU8(loom::sync::atomic::AtomicU8::new(value))
        }

        pub(crate) fn load(&self, order: Ordering) -> u8 {
            self.0.load(order)
        }

        pub(crate) fn store(&self, value: u8, order: Ordering) {
            self.0.swap(value, order);
        }

        pub(crate) fn compare_exchange(
            &self,
            current: u8,
            new: u8,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u8, u8> {
            self.0.compare_exchange(current, new, success, failure)
        }
    }
}

use bell::{Bell, Call};
use core_set::CoreSet;

/// Cores 1 and 2 send to core 0.
const CORES: usize = 3;

/// Errors in such protocols need two or three preemptions to show; with each one more, the executions multiply.
const PREEMPTIONS_MAX: usize = 3;

/// What the core and those who send to it share.
struct Shared {
    bell: Bell,
    /// By sender: how many messages it has put into its ring.
    sent: [AtomicUsize; CORES],
    wakes: Event,
    interrupts: Event,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Shared {
            bell: Bell::new(CORES),
            sent: std::array::from_fn(|_| AtomicUsize::new(0)),
            wakes: Event::default(),
            interrupts: Event::default(),
        })
    }
}

/// Sends `batches` of one message each, on a thread of its own, and calls whom the bell says.
fn send(shared: &Arc<Shared>, sender: usize, batches: usize) -> JoinHandle<()> {
    let shared = shared.clone();
    thread::spawn(move || {
        for sent in 1..=batches {
            shared.sent[sender].store(sent, Ordering::Release);
            match shared.bell.ring(sender) {
                Call::Nobody => {}
                Call::Waker => shared.wakes.signal(),
                Call::Interrupt => shared.interrupts.signal(),
            }
        }
    })
}

/// An eventfd: a signal stays until it was waited for.
#[derive(Default)]
struct Event {
    pending: Mutex<bool>,
    changed: Condvar,
    /// Of std: counting is no part of what is modelled.
    total: std::sync::atomic::AtomicUsize,
}

impl Event {
    fn signal(&self) {
        self.total.fetch_add(1, Ordering::Relaxed);
        *self.pending.lock().unwrap() = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let mut pending = self.pending.lock().unwrap();
        while !std::mem::take(&mut *pending) {
            pending = self.changed.wait(pending).unwrap();
        }
    }

    fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }
}

/// The core that receives, as `endpoint.rs` does it.
struct Core {
    shared: Arc<Shared>,
    received: [usize; CORES],
    unread: CoreSet,
    sleeps: usize,
    looks: usize,
}

impl Core {
    fn join(shared: &Arc<Shared>) -> Self {
        let mut unread = CoreSet::new(CORES);
        unread.insert(1);
        unread.insert(2);
        shared.bell.awake();
        Core {
            shared: shared.clone(),
            received: [0; CORES],
            unread,
            sleeps: 0,
            looks: 0,
        }
    }

    /// Receives until there is nothing.
    fn look(&mut self) {
        self.looks += 1;
        loop {
            while let Some(sender) = self.unread.next_after(0) {
                self.received[sender] = self.shared.sent[sender].load(Ordering::Acquire);
                self.unread.remove(sender);
            }
            if !self.shared.bell.take(&mut self.unread) {
                return;
            }
        }
    }

    /// Looks, and sleeps in between, until so many messages have come.
    fn look_until(&mut self, messages: usize) {
        loop {
            self.look();
            if self.received() == messages {
                return;
            }
            if self.unread.is_empty() && self.shared.bell.prepare_sleep(&mut self.unread) {
                self.sleeps += 1;
                self.shared.wakes.wait();
            }
            self.shared.bell.awake();
        }
    }

    fn received(&self) -> usize {
        self.received.iter().sum()
    }
}

/// Runs every execution in which a thread that could go on is made to wait `PREEMPTIONS_MAX` times at most; it still
/// waits for others wherever it has to.
fn explore(execution: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS_MAX);
    builder.check(execution);
}

fn join_all(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn no_wake_is_lost_between_two_senders_and_a_core_that_sleeps() {
    explore(|| {
        let shared = Shared::new();
        let mut core = Core::join(&shared);
        let senders = [send(&shared, 1, 1), send(&shared, 2, 1)];
        core.look_until(2);
        join_all(senders);
        assert!(shared.wakes.total() <= 2, "more than one wake for a batch");
    });
}

#[test]
fn a_batch_wakes_once_and_only_a_core_that_sleeps() {
    explore(|| {
        let shared = Shared::new();
        let mut core = Core::join(&shared);
        let sender = send(&shared, 1, 2);
        core.look_until(2);
        // Of a core that finds its mail while it prepares to sleep, too, a sender may believe that it sleeps.
        let announced = core.looks;
        join_all([sender]);
        assert!(shared.wakes.total() <= 2.min(announced));
        assert_eq!(shared.interrupts.total(), 0);
    });
}

#[test]
fn what_is_sent_during_the_application_is_seen_when_it_is_left() {
    explore(|| {
        let shared = Shared::new();
        let mut core = Core::join(&shared);
        let sender = send(&shared, 1, 2);
        shared.bell.enter_application();
        shared.bell.leave_application();
        core.look_until(2);
        join_all([sender]);
        assert!(shared.interrupts.total() <= 1, "interrupted twice without a look");
    });
}

#[test]
fn a_core_that_never_leaves_the_application_is_interrupted_for_every_message() {
    explore(|| {
        let shared = Shared::new();
        let mut core = Core::join(&shared);
        shared.bell.enter_application();
        let senders = [send(&shared, 1, 1), send(&shared, 2, 1)];
        while core.received() < 2 {
            shared.interrupts.wait();
            core.look();
        }
        join_all(senders);
        assert_eq!(shared.wakes.total(), 0);
    });
}

#[test]
fn a_core_that_does_not_look_is_interrupted_once() {
    explore(|| {
        let shared = Shared::new();
        let mut core = Core::join(&shared);
        shared.bell.enter_application();
        join_all([send(&shared, 1, 1), send(&shared, 2, 1)]);
        assert_eq!(shared.interrupts.total(), 1);
        shared.bell.leave_application();
        core.look();
        assert_eq!(core.received(), 2);
    });
}

#[test]
fn messages_outlive_the_core_that_was_told_of_them() {
    explore(|| {
        let shared = Shared::new();
        let mut core = Core::join(&shared);
        let sender = send(&shared, 1, 2);
        // It ends in the middle: it has taken the mail and reads nothing.
        shared.bell.take(&mut core.unread);
        shared.bell.enter_application();
        drop(core);
        shared.bell.leave();
        Core::join(&shared).look_until(2);
        join_all([sender]);
    });
}

#[test]
fn senders_may_end_before_and_after_the_core() {
    explore(|| {
        let shared = Shared::new();
        let mut core = Core::join(&shared);
        let senders = [send(&shared, 1, 1), send(&shared, 2, 1)];
        core.look();
        shared.bell.leave();
        drop(core);
        join_all(senders);
        let calls = shared.wakes.total() + shared.interrupts.total();
        assert_eq!(calls, 0, "a core was called that never slept");
        assert!(!shared.bell.is_joined());
    });
}
