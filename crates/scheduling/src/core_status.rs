//! What other threads may know of a core without asking it, and how they interrupt its application.
//!
//! Owns atomics and the way to interrupt. The core writes; the watchdog and the other cores read. Never waits.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use howth_engine::Place;

use crate::clock::now_us;

/// An application that has been running for so long keeps its core busy, whatever the core saw before.
const LATE_US: u64 = 20_000;

/// How the application of a core is interrupted, from any thread.
pub trait Interrupt: Send {
    /// Has the application, wherever it is, let the core's thread do something else for a moment. It may have returned by
    /// then.
    fn request(&self);
}

/// One core, as others see it.
#[derive(Default)]
pub struct CoreStatus {
    /// When the core entered the application, in microseconds of the shared clock; 0: it is not there.
    entered_us: AtomicU64,
    /// It is not asleep. The watchdog sleeps when nobody is awake.
    is_awake: AtomicBool,
    /// How long a request would wait for the application, were that not running: what waits already.
    queue_us: AtomicU64,
    /// For how much of the time it was busy when it last looked, in thousandths.
    utilization: AtomicU32,
    /// It takes requests of other cores.
    is_open: AtomicBool,
    /// Where it listens, as [`Place::bit`](howth_engine::Place::bit)s.
    places: AtomicU64,
    /// It has as many connections as it may have.
    is_full: AtomicBool,
    /// An interrupt was asked for and has not happened.
    is_requested: AtomicBool,
    /// While there is an application that can be interrupted.
    interrupt: Mutex<Option<Box<dyn Interrupt>>>,
}

impl CoreStatus {
    /// Who is interrupted; `None` when the application ends.
    pub fn set_interrupt(&self, interrupt: Option<Box<dyn Interrupt>>) {
        *self.interrupt.lock().unwrap_or_else(PoisonError::into_inner) = interrupt;
    }

    /// The core calls the application. Gives the moment.
    #[inline]
    pub fn enter(&self) -> u64 {
        let now_us = now_us();
        // The watchdog looks again and again; when it sees the store does not matter.
        self.entered_us.store(now_us, Ordering::Relaxed);
        now_us
    }

    /// The application has returned.
    #[inline]
    pub fn leave(&self) {
        self.entered_us.store(0, Ordering::Relaxed);
    }

    /// Since when the application has been running.
    #[inline]
    pub fn entered_us(&self) -> Option<u64> {
        match self.entered_us.load(Ordering::Relaxed) {
            0 => None,
            entered_us => Some(entered_us),
        }
    }

    /// What waits costs so long.
    #[inline]
    pub fn set_queue_us(&self, queue_us: u64) {
        if self.queue_us.load(Ordering::Relaxed) != queue_us {
            self.queue_us.store(queue_us, Ordering::Relaxed);
        }
    }

    /// How long a request would wait here. One that runs is taken to go on for as long as it has run.
    #[inline]
    pub fn wait_us(&self, now_us: u64) -> u64 {
        let running_us = self
            .entered_us()
            .map_or(0, |entered_us| now_us.saturating_sub(entered_us));
        self.queue_us.load(Ordering::Relaxed) + running_us
    }

    /// For how much of the time it was busy when it last looked, in thousandths.
    #[inline]
    pub fn set_utilization(&self, utilization: u32) {
        self.utilization.store(utilization, Ordering::Relaxed);
    }

    /// For how much of the time it is busy, in thousandths. Who sleeps is not, whatever it saw last, and who does not
    /// return from the application is.
    #[inline]
    pub fn utilization(&self, now_us: u64) -> u32 {
        let is_late = |entered_us: u64| now_us.saturating_sub(entered_us) > LATE_US;
        match self.is_awake() {
            _ if self.entered_us().is_some_and(is_late) => 1000,
            true => self.utilization.load(Ordering::Relaxed),
            false => 0,
        }
    }

    /// Whether it takes requests of other cores, from now on.
    #[inline]
    pub fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Relaxed);
    }

    /// Where it listens, from now on.
    pub fn set_places(&self, places: u64) {
        self.places.store(places, Ordering::Relaxed);
    }

    /// Whether it listens in a place, and so answers what comes in there.
    #[inline]
    pub fn is_in(&self, place: Place) -> bool {
        self.places.load(Ordering::Relaxed) & place.bit() != 0
    }

    /// Whether it takes requests of other cores.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Whether it has no room for another connection.
    #[inline]
    pub fn set_full(&self, is_full: bool) {
        if self.is_full() != is_full {
            self.is_full.store(is_full, Ordering::Relaxed);
        }
    }

    /// Whether it has no room for another connection, as far as it has seen.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Sequentially consistent with [`is_awake`](Self::is_awake): the watchdog relies on it when it goes to sleep.
    #[inline]
    pub fn set_awake(&self, is_awake: bool) {
        self.is_awake.store(is_awake, Ordering::SeqCst);
    }

    /// Whether it is not asleep.
    #[inline]
    pub fn is_awake(&self) -> bool {
        self.is_awake.load(Ordering::SeqCst)
    }

    /// Has the application interrupted, unless that was asked for and has not happened yet.
    pub fn interrupt(&self) {
        if self.is_requested.swap(true, Ordering::AcqRel) {
            return;
        }
        let interrupt = self.interrupt.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interrupt) = &*interrupt {
            interrupt.request();
        }
    }

    /// The interrupt has happened.
    #[inline]
    pub fn interrupted(&self) {
        self.is_requested.store(false, Ordering::Release);
    }
}

impl fmt::Debug for CoreStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CoreStatus")
            .field("entered_us", &self.entered_us())
            .field("is_awake", &self.is_awake())
            .field("is_open", &self.is_open())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    struct Counting(Arc<AtomicUsize>);

    impl Interrupt for Counting {
        fn request(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn an_interrupt_is_requested_once_until_it_has_happened() {
        let (core_status, requests) = (CoreStatus::default(), Arc::new(AtomicUsize::new(0)));
        core_status.set_interrupt(Some(Box::new(Counting(requests.clone()))));
        core_status.interrupt();
        core_status.interrupt();
        assert_eq!(requests.load(Ordering::Relaxed), 1);
        core_status.interrupted();
        core_status.interrupt();
        assert_eq!(requests.load(Ordering::Relaxed), 2);
        core_status.set_interrupt(None);
        core_status.interrupted();
        core_status.interrupt();
        assert_eq!(requests.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn an_application_that_runs_is_taken_to_go_on_as_long() {
        let core_status = CoreStatus::default();
        core_status.set_awake(true);
        core_status.set_queue_us(10);
        core_status.set_utilization(300);
        let entered_us = core_status.enter();
        assert_eq!(core_status.wait_us(entered_us + 500), 510);
        assert_eq!(core_status.utilization(entered_us + 500), 300);
        assert_eq!(core_status.utilization(entered_us + LATE_US + 1), 1000);
        core_status.leave();
        assert_eq!(core_status.wait_us(entered_us + 500), 10);
        core_status.set_awake(false);
        assert_eq!(core_status.utilization(entered_us), 0);
    }
}
