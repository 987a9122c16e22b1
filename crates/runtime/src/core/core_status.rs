//! What other threads may know of a core without asking it, and how they interrupt its JavaScript.
//!
//! Owns atomics and V8's handle of the isolate. The core writes; the watchdog and the other cores read. Never waits.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use deno_core::v8;

use super::clock::now_us;
use super::interrupt;

/// JavaScript that has been running for so long keeps its core busy, whatever the core saw before.
const LATE_US: u64 = 20_000;

/// One core, as others see it.
#[derive(Debug, Default)]
pub(crate) struct CoreStatus {
    /// When the core entered JavaScript, in microseconds of the shared clock; 0: it is not there.
    entered_us: AtomicU64,
    /// It is not asleep. The watchdog sleeps when nobody is awake.
    is_awake: AtomicBool,
    /// How long a request would wait for JavaScript, were it not running: what waits already.
    queue_us: AtomicU64,
    /// For how much of the time it was busy when it last looked, in thousandths.
    utilization: AtomicU32,
    /// It takes requests of other cores.
    is_open: AtomicBool,
    /// It has as many connections as it may have.
    is_full: AtomicBool,
    /// An interrupt was asked for and has not happened.
    is_requested: AtomicBool,
    isolate: Mutex<Option<v8::IsolateHandle>>,
}

impl CoreStatus {
    /// Who is interrupted; `None` when the isolate ends.
    pub(super) fn set_isolate(&self, isolate: Option<v8::IsolateHandle>) {
        *self.isolate.lock().unwrap_or_else(PoisonError::into_inner) = isolate;
    }

    /// The core calls JavaScript. Gives the moment.
    pub(super) fn enter(&self) -> u64 {
        let now_us = now_us();
        // The watchdog looks again and again; when it sees the store does not matter.
        self.entered_us.store(now_us, Ordering::Relaxed);
        now_us
    }

    /// JavaScript has returned.
    pub(super) fn leave(&self) {
        self.entered_us.store(0, Ordering::Relaxed);
    }

    /// Since when JavaScript has been running.
    pub(super) fn entered_us(&self) -> Option<u64> {
        match self.entered_us.load(Ordering::Relaxed) {
            0 => None,
            entered_us => Some(entered_us),
        }
    }

    /// What waits costs so long.
    pub(super) fn set_queue_us(&self, queue_us: u64) {
        if self.queue_us.load(Ordering::Relaxed) != queue_us {
            self.queue_us.store(queue_us, Ordering::Relaxed);
        }
    }

    /// How long a request would wait here. JavaScript that runs is taken to go on for as long as it has run.
    pub(super) fn wait_us(&self, now_us: u64) -> u64 {
        let running_us = self
            .entered_us()
            .map_or(0, |entered_us| now_us.saturating_sub(entered_us));
        self.queue_us.load(Ordering::Relaxed) + running_us
    }

    pub(super) fn set_utilization(&self, utilization: u32) {
        self.utilization.store(utilization, Ordering::Relaxed);
    }

    /// For how much of the time it is busy, in thousandths. Who sleeps is not, whatever it saw last, and who does not
    /// return from JavaScript is.
    pub(super) fn utilization(&self, now_us: u64) -> u32 {
        let is_late = |entered_us: u64| now_us.saturating_sub(entered_us) > LATE_US;
        match self.is_awake() {
            _ if self.entered_us().is_some_and(is_late) => 1000,
            true => self.utilization.load(Ordering::Relaxed),
            false => 0,
        }
    }

    pub(super) fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Relaxed);
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    pub(super) fn set_full(&self, is_full: bool) {
        if self.is_full() != is_full {
            self.is_full.store(is_full, Ordering::Relaxed);
        }
    }

    /// Whether it has no room for another connection, as far as it has seen.
    pub(super) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Sequentially consistent with [`is_awake`](Self::is_awake): the watchdog relies on it when it goes to sleep.
    pub(super) fn set_awake(&self, is_awake: bool) {
        self.is_awake.store(is_awake, Ordering::SeqCst);
    }

    pub(super) fn is_awake(&self) -> bool {
        self.is_awake.load(Ordering::SeqCst)
    }

    /// Has V8 call [`interrupt`] on the core's thread, when its JavaScript next enters a function.
    /// At a loop's end V8 looks only now and then below its last tier: after thousands of turns, and after millions while
    /// that tier is being compiled.
    pub(crate) fn interrupt(&self) {
        if self.is_requested.swap(true, Ordering::AcqRel) {
            return;
        }
        let isolate = self.isolate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(isolate) = &*isolate {
            isolate.request_interrupt(interrupt::interrupted, std::ptr::null_mut::<c_void>());
        }
    }

    /// The interrupt has happened.
    pub(super) fn interrupted(&self) {
        self.is_requested.store(false, Ordering::Release);
    }
}
