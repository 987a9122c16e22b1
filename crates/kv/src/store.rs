//! The table: entries by key, bounded in bytes.
//!
//! The crate `quick_cache` owns the table, its shards, their locks and what is evicted. Here lie the bounds, the ends
//! of entries and what makes a change atomic: whoever writes holds the shard's `Writer`, so that what it read is still
//! there when it writes. Readers take no such lock. Never waits but for that. Called by: the runtime's bridge.

use std::hash::RandomState;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use crate::value::Value;

/// Bytes of all entries together, unless something else is asked for.
pub const BYTES_MAX_DEFAULT: usize = 64 << 20;

/// The least bound a store takes.
pub const BYTES_MAX_LEAST: usize = 1 << 20;

/// Bytes of a key in UTF-8.
pub const KEY_BYTES_MAX: usize = 1024;

/// What an entry needs besides its key's and its value's bytes: its place in the table (88 bytes, and what a growing
/// table has not given out yet), the heads and the rounding of two allocations.
const ENTRY_BYTES: usize = 160;

/// A value may take this part of the store: then a shard, which evicts by itself, has room for two of them.
const VALUES_LEAST: usize = 64;

/// More shards than threads, so that two threads seldom want the same.
const SHARDS_PER_PROCESSOR: usize = 4;

/// What the table is sized for; it does not depend on it. The table remembers the hashes of half as many evicted entries.
const USUAL_ENTRY_BYTES: usize = 1024;

/// An entry that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What is stored.
    pub value: Value,
    /// Changes with every change of the entry; never comes again under this key.
    pub version: u64,
}

/// A key or a value beyond its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// The key.
    #[error("the key has {bytes} bytes, more than {KEY_BYTES_MAX}")]
    Key {
        /// In UTF-8.
        bytes: usize,
    },
    /// The value.
    #[error("the value has {bytes} bytes, more than {bytes_max}")]
    Value {
        /// As stored.
        bytes: usize,
        /// A part of the whole store.
        bytes_max: usize,
    },
}

/// A number could not be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IncrementError {
    /// Something else than a number is stored.
    #[error("what is stored under this key is not a number")]
    NotANumber,
    /// The key is too long.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// A bounded cache. Shared by reference; every method may be called on any thread at any time.
pub struct Store {
    table: Cache<Box<str>, Entry, EntryBytes, RandomState>,
    /// One for each shard of the table.
    writers: Box<[Writer]>,
    bytes_max: usize,
    value_bytes_max: usize,
}

#[derive(Clone)]
struct Entry {
    found: Found,
    /// `None`: stays until it is evicted.
    ends: Option<Instant>,
}

impl Entry {
    fn has_ended(&self) -> bool {
        self.ends.is_some_and(|ends| ends <= Instant::now())
    }
}

/// The version last given out in a shard. On a cache line of its own.
#[derive(Default)]
#[repr(align(64))]
struct Writer(Mutex<u64>);

impl Writer {
    fn lock(&self) -> MutexGuard<'_, u64> {
        // A number is never half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
struct EntryBytes;

impl Weighter<Box<str>, Entry> for EntryBytes {
    fn weight(&self, key: &Box<str>, entry: &Entry) -> u64 {
        (ENTRY_BYTES + key.len() + entry.found.value.bytes()) as u64
    }
}

impl Store {
    /// An empty store for at most `bytes_max` bytes of entries, and no less than [`BYTES_MAX_LEAST`].
    pub fn new(bytes_max: usize) -> Self {
        let bytes_max = bytes_max.max(BYTES_MAX_LEAST);
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // The table rounds up to a power of two.
        let shards = (processors * SHARDS_PER_PROCESSOR)
            .next_power_of_two()
            .min(VALUES_LEAST / 2);
        let options = OptionsBuilder::new()
            .shards(shards)
            // Shards round up as well, and the bound is one.
            .weight_capacity((bytes_max / shards * shards) as u64)
            .estimated_items_capacity(bytes_max / USUAL_ENTRY_BYTES)
            .build()
            .expect("both capacities are set");
        let table = Cache::with_options(
            options,
            EntryBytes,
            RandomState::new(),
            DefaultLifecycle::default(),
        );
        let writers = (0..table.num_shards()).map(|_| Writer::default()).collect();
        Store {
            table,
            writers,
            bytes_max,
            value_bytes_max: bytes_max / VALUES_LEAST,
        }
    }

    /// What is stored under a key.
    pub fn get(&self, key: &str) -> Option<Found> {
        let entry = self.table.get(key)?;
        if entry.has_ended() {
            // Another thread may have replaced it meanwhile.
            self.table.remove_if(key, Entry::has_ended);
            return None;
        }
        Some(entry.found)
    }

    /// Whether something is stored under a key. Does not count as a use of it.
    pub fn has(&self, key: &str) -> bool {
        self.peek(key).is_some()
    }

    /// Stores a value, for as long as `lifetime`, whatever was there.
    ///
    /// # Errors
    /// Key or value is too large; then nothing has changed.
    pub fn set(&self, key: &str, value: Value, lifetime: Option<Duration>) -> Result<(), TooLarge> {
        self.check(key, &value)?;
        let mut version = self.writer(key).lock();
        self.put(&mut version, key, value, end_of(lifetime));
        Ok(())
    }

    /// Stores a value if the key's version is still `expected` (`None`: nothing is stored), and says whether it was.
    ///
    /// # Errors
    /// Key or value is too large; then nothing has changed.
    pub fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: Value,
        lifetime: Option<Duration>,
    ) -> Result<bool, TooLarge> {
        self.check(key, &value)?;
        let mut version = self.writer(key).lock();
        let is_as_expected = self.peek(key).map(|entry| entry.found.version) == expected;
        if is_as_expected {
            self.put(&mut version, key, value, end_of(lifetime));
        }
        Ok(is_as_expected)
    }

    /// Adds to the number under a key and gives the sum. Where nothing is stored, it begins at 0 and lives for
    /// `lifetime`; what is there keeps its end.
    ///
    /// # Errors
    /// What is stored is not a number, or the key is too long; then nothing has changed.
    pub fn increment(
        &self,
        key: &str,
        delta: f64,
        lifetime: Option<Duration>,
    ) -> Result<f64, IncrementError> {
        self.check(key, &Value::Number(delta))?;
        let mut version = self.writer(key).lock();
        let (before, ends) = match self.peek(key) {
            None => (0.0, end_of(lifetime)),
            Some(entry) => match entry.found.value {
                Value::Number(number) => (number, entry.ends),
                _ => return Err(IncrementError::NotANumber),
            },
        };
        let sum = before + delta;
        self.put(&mut version, key, Value::Number(sum), ends);
        Ok(sum)
    }

    /// Removes what is stored under a key, and says whether there was something.
    pub fn delete(&self, key: &str) -> bool {
        let _version = self.writer(key).lock();
        let removed = self.table.remove(key);
        removed.is_some_and(|(_, entry)| !entry.has_ended())
    }

    /// Removes everything.
    pub fn clear(&self) {
        let _versions: Vec<_> = self.writers.iter().map(Writer::lock).collect();
        self.table.clear();
    }

    /// How many entries there are; those that have ended and that nobody has asked for since are counted.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Bytes of all entries: keys, values, and what an entry needs by itself.
    pub fn bytes(&self) -> usize {
        self.table.weight() as usize
    }

    /// The bound of [`Store::bytes`].
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// The bound of one value's bytes.
    pub fn value_bytes_max(&self) -> usize {
        self.value_bytes_max
    }

    /// Whether a value may have so many bytes: to be asked before it is made.
    ///
    /// # Errors
    /// It may not.
    pub fn admit(&self, bytes: usize) -> Result<(), TooLarge> {
        let bytes_max = self.value_bytes_max;
        if bytes > bytes_max {
            return Err(TooLarge::Value { bytes, bytes_max });
        }
        Ok(())
    }

    fn writer(&self, key: &str) -> &Writer {
        &self.writers[self.table.shard_index(key)]
    }

    /// Only for who holds the key's writer: `version` is what that guards.
    fn put(&self, version: &mut u64, key: &str, value: Value, ends: Option<Instant>) {
        *version += 1;
        let found = Found {
            value,
            version: *version,
        };
        self.table.insert(key.into(), Entry { found, ends });
    }

    fn peek(&self, key: &str) -> Option<Entry> {
        self.table.peek(key).filter(|entry| !entry.has_ended())
    }

    fn check(&self, key: &str, value: &Value) -> Result<(), TooLarge> {
        if key.len() > KEY_BYTES_MAX {
            return Err(TooLarge::Key { bytes: key.len() });
        }
        self.admit(value.bytes())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Store")
            .field("len", &self.len())
            .field("bytes", &self.bytes())
            .field("bytes_max", &self.bytes_max)
            .finish_non_exhaustive()
    }
}

/// A lifetime that ends after the clock does is none.
fn end_of(lifetime: Option<Duration>) -> Option<Instant> {
    lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime))
}

#[cfg(test)]
mod tests;
