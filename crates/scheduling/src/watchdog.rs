//! A thread that notices cores whose application does not return, and interrupts it.
//!
//! Owns the thread. Looks at every status every 20 ms while any core is awake, every 1.5 ms for a second after an
//! application was seen to take long, and sleeps otherwise. Decides nothing about what is done in the interruption:
//! that happens on the core's own thread. Called by: the runtime, which starts it; cores that wake.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread::Thread;
use std::time::Duration;

use crate::clock::now_us;
use crate::core_status::CoreStatus;

/// Between two looks.
const TICK: Duration = Duration::from_millis(20);
/// Between two looks while an application was seen to take long not long ago: it will again.
const ALERT_TICK: Duration = Duration::from_micros(1500);
const ALERT_US: u64 = 1_000_000;
/// What takes long. Handlers that take less do as well without being interrupted.
const LONG_US: u64 = 5_000;
/// An application that has been running for so long is interrupted, and again with each look.
const PATIENCE_US: u64 = 1000;
/// Looks at sleeping cores before it sleeps as well: waking it costs a core more than some looks.
const IDLE_TICKS_MAX: u32 = 5;

/// Who has a status, and the thread's handle.
#[derive(Debug, Default)]
pub struct Watchdog {
    core_statuses: Mutex<Vec<Weak<CoreStatus>>>,
    thread: OnceLock<Thread>,
    is_asleep: AtomicBool,
}

impl Watchdog {
    /// Has it look at a core, until the status is dropped. The first one starts the thread.
    ///
    /// # Errors
    /// The thread could not be made.
    pub fn watch(self: &Arc<Self>, core_status: &Arc<CoreStatus>) -> std::io::Result<()> {
        let mut core_statuses = self.core_statuses();
        core_statuses.push(Arc::downgrade(core_status));
        // Under the lock, so that two first cores at once make one thread.
        if self.thread.get().is_none() {
            let watchdog = self.clone();
            let thread = std::thread::Builder::new()
                .name("watchdog".to_owned())
                .stack_size(64 << 10)
                .spawn(move || watchdog.run())?;
            let _ = self.thread.set(thread.thread().clone());
        }
        drop(core_statuses);
        self.wake(core_status);
        Ok(())
    }

    /// A core is awake.
    pub fn wake(&self, core_status: &CoreStatus) {
        core_status.set_awake(true);
        if self.is_asleep.load(Ordering::SeqCst)
            && self.is_asleep.swap(false, Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    fn core_statuses(&self) -> std::sync::MutexGuard<'_, Vec<Weak<CoreStatus>>> {
        self.core_statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let (mut idle_ticks, mut alert_until_us) = (0, 0);
        loop {
            let now_us = now_us();
            let seen = self.look(now_us);
            if seen.is_any_late {
                alert_until_us = now_us + ALERT_US;
            }
            let is_alert = now_us < alert_until_us;
            idle_ticks = if seen.is_any_awake || is_alert {
                0
            } else {
                idle_ticks + 1
            };
            if idle_ticks < IDLE_TICKS_MAX {
                std::thread::sleep(if is_alert { ALERT_TICK } else { TICK });
                continue;
            }
            self.is_asleep.store(true, Ordering::SeqCst);
            // A core that woke up before the store, and did not see it, is seen here.
            if !self.look(now_us).is_any_awake {
                std::thread::park();
            }
            self.is_asleep.store(false, Ordering::SeqCst);
            idle_ticks = 0;
        }
    }

    /// Interrupts who has to be.
    fn look(&self, now_us: u64) -> Seen {
        let mut seen = Seen::default();
        self.core_statuses().retain(|core_status| {
            let Some(core_status) = core_status.upgrade() else {
                return false;
            };
            seen.is_any_awake |= core_status.is_awake();
            let running_us = core_status
                .entered_us()
                .map_or(0, |entered_us| now_us.saturating_sub(entered_us));
            seen.is_any_late |= running_us >= LONG_US;
            if running_us >= PATIENCE_US {
                core_status.interrupt();
            }
            true
        });
        seen
    }
}

/// What a look has shown.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    is_any_awake: bool,
    /// An application is taking long.
    is_any_late: bool,
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::core_status::Interrupt;

    struct Telling(Sender<()>);

    impl Interrupt for Telling {
        fn request(&self) {
            let _ = self.0.send(());
        }
    }

    #[test]
    fn an_application_that_does_not_return_is_interrupted_again_and_again() {
        const PATIENCE: Duration = Duration::from_secs(30);
        let (watchdog, core_status) = (Arc::new(Watchdog::default()), Arc::new(CoreStatus::default()));
        let (sender, requests) = channel();
        core_status.set_interrupt(Some(Box::new(Telling(sender))));
        watchdog.watch(&core_status).expect("a thread");
        core_status.enter();
        for _ in 0..3 {
            requests.recv_timeout(PATIENCE).expect("a request");
            core_status.interrupted();
        }
        core_status.leave();
        // A look that had begun may still ask.
        let mut late = 0;
        while requests.recv_timeout(5 * TICK).is_ok() {
            core_status.interrupted();
            late += 1;
        }
        assert!(late <= 1, "it has returned, and was interrupted {late} times");
    }
}
