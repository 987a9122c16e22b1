//! Those who ask, and what is known of each: a table of a bounded size.
//!
//! The crate `quick_cache` owns the table, its shards, their locks and who has to make room: who has asked once goes before who
//! asks again and again, so that a flood of new ones does not drive out those that are held up. Who was driven out begins
//! anew. Names of clients are not kept, only what they are hashed to, by a key that no client knows. Called by: the runtime's
//! bridge.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, UnitWeighter};
use rustc_hash::FxBuildHasher;

use crate::rate::{Rate, Refused};

/// Clients that a table has room for, unless something else is asked for.
pub const KEYS_DEFAULT: usize = 10_000;

/// The least and the most that may be asked for.
pub const KEYS_MIN: usize = 100;
/// See there.
pub const KEYS_MAX: usize = 10_000_000;

/// What one takes of memory at most: its place in the table, what the table remembers of those that have made room, an allocation.
pub const KEY_BYTES: usize = 160;

/// More shards than threads, so that two threads seldom want the same.
const SHARDS_PER_PROCESSOR: usize = 4;
/// But each with room for so many: names fall unevenly into small ones.
const SHARD_KEYS_MIN: usize = 64;

/// The part of the table for those that have asked again. In the rest, the queue of new ones, one waits to be known again until as many
/// others have come as there is room for.
const KNOWN_PART: f64 = 0.5;

/// Who asks, in what they are hashed to.
type States = Cache<u64, Arc<AtomicU64>, UnitWeighter, FxBuildHasher>;

/// What is known of those who ask. Shared by reference; every method may be called on any thread at any time.
pub struct Table {
    states: States,
    hasher: RandomState,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Table({} of {})", self.len(), self.states.capacity())
    }
}

impl Table {
    /// An empty table with room for so many clients, from [`KEYS_MIN`] to [`KEYS_MAX`].
    pub fn new(keys_max: usize) -> Self {
        let keys_max = keys_max.clamp(KEYS_MIN, KEYS_MAX);
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // The table rounds up to a power of two.
        let wanted = (processors * SHARDS_PER_PROCESSOR).min(keys_max / SHARD_KEYS_MIN);
        let shards = (wanted + 1).next_power_of_two() / 2;
        let options = OptionsBuilder::new()
            .shards(shards.max(1))
            // Shards round up as well, and the bound is one.
            .weight_capacity((keys_max / shards.max(1) * shards.max(1)) as u64)
            .estimated_items_capacity(keys_max)
            .hot_allocation(KNOWN_PART)
            .build()
            .expect("both capacities are set");
        Table {
            states: Cache::with_options(options, UnitWeighter, FxBuildHasher, DefaultLifecycle::default()),
            hasher: RandomState::new(),
        }
    }

    /// Admits a request of a client at this time, or says when one would be. Who asks at the same time by another rate has the
    /// same allowance.
    ///
    /// # Errors
    /// It is beyond the rate.
    pub fn admit(&self, client: impl Hash, rate: Rate, now_ns: u64) -> Result<(), Refused> {
        let key = self.hasher.hash_one(client);
        if let Some(state) = self.states.get(&key) {
            return rate.admit(&state, now_ns);
        }
        // Of two threads that come with a new one, the second gets what the first has made.
        let made = self
            .states
            .get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Arc::default()));
        match made {
            Ok(state) => rate.admit(&state, now_ns),
            Err(never) => match never {},
        }
    }

    /// How many clients are known.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two counts, the number itself, and what an allocator rounds up.
    const STATE_BYTES: usize = 32;

    #[test]
    fn a_client_takes_no_more_memory_than_is_said() {
        let rate: Rate = "1/s".parse().expect("a rate");
        for keys in [KEYS_MIN, 1_000, KEYS_DEFAULT, 300_000] {
            let table = Table::new(keys);
            for client in 0..4 * keys {
                let _ = table.admit(client, rate, 1);
            }
            let bytes = table.states.memory_used().total() + keys * STATE_BYTES;
            assert!(bytes <= keys * KEY_BYTES, "{} bytes each of {keys}", bytes / keys);
        }
    }
}
