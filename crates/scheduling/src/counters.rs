//! What each core has counted, for all to read.
//!
//! Owns the numbers. Only the core itself writes its own; whoever reads sees each at some moment, not all at the same.
//! Never adds those of several cores up. Called by: the reception, `peer_cores`; the runtime, which shows them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// A number that one thread adds to.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds to it, on the one thread that does.
    #[inline]
    pub fn add(&self, more: u64) {
        // Relaxed, and not atomic as a whole: nobody else writes.
        self.0.store(self.get() + more, Ordering::Relaxed);
    }

    /// Puts another number in its place, on the one thread that does.
    #[inline]
    pub fn set(&self, value: u64) {
        if self.get() != value {
            self.0.store(value, Ordering::Relaxed);
        }
    }

    /// What it is at the moment.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! counters {
    ($($(#[$documentation:meta])+ $name:ident,)+) => {
        /// The numbers of one core.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$documentation])+ pub $name: Count,)+
        }

        /// The same at one moment, as the application gets them.
        #[derive(Clone, Copy, Debug, Default, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct CoreMetrics {
            $($(#[$documentation])+ pub $name: f64,)+
        }

        impl Counters {
            /// All of them, now.
            pub fn read(&self) -> CoreMetrics {
                CoreMetrics { $($name: self.$name.get() as f64,)+ }
            }
        }
    };
}

counters! {
    /// Requests that the application of this core was given.
    handled,
    /// Requests of this core that were handed to others.
    handed_over,
    /// Requests of others that were taken.
    taken,
    /// Requests of others that were given back unanswered.
    given_back,
    /// Requests that were refused with 503 because they would have waited too long.
    refused,
    /// Handlers that were ended because they ran too long.
    ended,
    /// Times the engine had to work while the application ran.
    interruptions,
    /// Idle connections that were given to other cores.
    connections_given,
    /// Connections that were given to other cores before their first request.
    connections_steered,
    /// Connections that came from other cores.
    connections_taken,
    /// Connections that were accepted.
    accepted,
    /// Connections that are open.
    connections,
    /// Requests that the engine refused by itself: what breaks a rule, is too large, or comes too slowly.
    rejected,
    /// Connections closed for the header of the PROXY protocol, which was malformed or did not come.
    headers_refused,
    /// Connections closed, and requests refused, of addresses that had as much open as they may.
    counted_out,
    /// Responses that broke off because their file ended before them, or could not be read.
    files_failed,
    /// Requests that were answered with a response that was kept.
    cache_hits,
    /// Requests that were given to the application because nothing was kept for them.
    cache_misses,
    /// Requests that waited for the response to another.
    cache_waited,
    /// How long a request waits for the application, in microseconds.
    queue_delay_us,
}
