//! What is kept, of all cores together, bounded in bytes.
//!
//! The crate `quick_cache` owns the table, its shards, their locks and what is evicted. Here lie the bounds, what makes an entry
//! worth giving, and the memory of content that is being gathered, which counts as well. Never waits but for the lock of a shard.
//! Called by: `core`, on every core at once; the runtime, for a program's purges and numbers.

use std::hash::RandomState;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use howth_http1::RequestHead;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use crate::key;
use crate::purges::{Mark, Moment, Purge, Purges};
use crate::query::Query;
use crate::stored::{Freshness, Stored};

/// Bytes of everything together, unless something else is asked for.
pub const BYTES_MAX_DEFAULT: usize = 64 << 20;

/// The least bound a cache takes.
pub const BYTES_MAX_LEAST: usize = 1 << 20;

/// An entry may take this part of the whole: then a shard, which evicts by itself, has room for several.
const ENTRIES_LEAST: usize = 32;

/// Bytes of an entry, unless a route says something else.
const ENTRY_BYTES_USUAL: usize = 1 << 20;

/// Of the whole, this part is for content that is being gathered.
const GATHERED_PART: usize = 8;

/// Two threads seldom want the same, and each has room for entries of every size.
const SHARDS: usize = 8;

/// What an entry needs besides what is kept in it: its place in the table, and what is lost in the allocations of key, response
/// and content.
const ENTRY_BYTES: usize = 256;

/// What the table is sized for; it does not depend on it.
const USUAL_ENTRY_BYTES: usize = 4096;

/// Keys that are longer are not kept.
pub(crate) const KEY_BYTES_MAX: usize = 8 * 1024;

/// So many ways to choose of a query are remembered, for purges.
const QUERIES_MAX: usize = 256;

/// What is known under a key.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// A response.
    Response(Arc<Stored>),
    /// Responses that vary by these fields; each has a key that begins with this one.
    Varying(Arc<[String]>),
    /// The last response was one that is not kept, and the next may be: until then nobody waits for it.
    Passed { until_us: u64 },
}

/// What was found for a request.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// It is given.
    Fresh(Arc<Stored>),
    /// It is given while one is made anew.
    Stale(Arc<Stored>),
    /// It is given in the place of an error.
    Spare(Arc<Stored>),
    /// The request is the application's, and nobody waits for the response.
    Passed,
    /// There is nothing.
    Missing,
}

#[derive(Clone)]
struct EntryBytes;

impl Weighter<Box<[u8]>, Kept> for EntryBytes {
    fn weight(&self, key: &Box<[u8]>, kept: &Kept) -> u64 {
        (key.len() + kept.bytes()) as u64
    }
}

impl Kept {
    fn bytes(&self) -> usize {
        ENTRY_BYTES
            + match self {
                Kept::Response(stored) => stored.bytes(),
                Kept::Varying(names) => {
                    let names = names.iter().map(|name| size_of::<String>() + name.len());
                    names.sum()
                }
                Kept::Passed { .. } => 0,
            }
    }
}

/// Responses that all cores have in common. Shared by reference; every method may be called on any thread at any time.
pub struct ResponseCache {
    table: Cache<Box<[u8]>, Kept, EntryBytes, RandomState>,
    purges: Purges,
    /// What counts of queries, of the routes that there were.
    queries: Mutex<Vec<Query>>,
    gathered: AtomicUsize,
    bytes_max: usize,
}

impl ResponseCache {
    /// An empty cache for at most `bytes_max` bytes, and no less than [`BYTES_MAX_LEAST`].
    pub fn new(bytes_max: usize) -> Self {
        let bytes_max = bytes_max.max(BYTES_MAX_LEAST);
        let table_bytes = bytes_max - bytes_max / GATHERED_PART;
        let options = OptionsBuilder::new()
            .shards(SHARDS)
            // Shards round up, and the bound is one.
            .weight_capacity((table_bytes / SHARDS * SHARDS) as u64)
            .estimated_items_capacity(bytes_max / USUAL_ENTRY_BYTES)
            .build()
            .expect("both capacities are set");
        let table = Cache::with_options(
            options,
            EntryBytes,
            RandomState::new(),
            DefaultLifecycle::default(),
        );
        ResponseCache {
            table,
            purges: Purges::default(),
            queries: Mutex::default(),
            gathered: AtomicUsize::new(0),
            bytes_max,
        }
    }

    /// Bytes that an entry may have at most, whatever a route says.
    pub fn entry_bytes_max(&self) -> usize {
        self.bytes_max / ENTRIES_LEAST
    }

    /// Bytes that an entry may have where a route says nothing.
    pub fn entry_bytes_usual(&self) -> usize {
        self.entry_bytes_max().min(ENTRY_BYTES_USUAL)
    }

    /// How many entries there are; those that are over or were purged, and that nobody has asked for since, are counted.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Bytes of all entries and of all content that is being gathered.
    pub fn bytes(&self) -> usize {
        self.table.weight() as usize + self.gathered.load(Ordering::Relaxed)
    }

    /// The bound of [`bytes`](Self::bytes).
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Forgets what a program names, on all cores at once; what is being made is not kept either.
    pub fn purge(&self, purge: Purge<'_>) {
        let queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        self.purges.purge(purge, &queries);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        // Purges count one after the other, or the number of one would be that of another.
        let queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        self.purges.clear();
        drop(queries);
        self.table.clear();
    }

    /// Remembers what counts of a route's queries.
    pub(crate) fn note_query(&self, query: &Query) {
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        if queries.len() < QUERIES_MAX && !queries.contains(query) {
            queries.push(query.clone());
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        self.purges.moment()
    }

    pub(crate) fn is_purged(&self, began: Moment, marks: &[Mark]) -> bool {
        self.purges.is_purged(began, marks)
    }

    pub(crate) fn purges(&self) -> &Purges {
        &self.purges
    }

    /// What there is for a request with this key, which becomes that of its variant where responses vary by more.
    #[inline]
    pub(crate) fn find(&self, key: &mut Vec<u8>, head: &RequestHead, now_us: u64) -> Found {
        let mut kept = self.table.get(key.as_slice());
        if let Some(Kept::Varying(names)) = &kept {
            key::push_varying(key, head, names);
            kept = self.table.get(key.as_slice());
        }
        match kept {
            Some(Kept::Response(stored)) => self.found(key, stored, now_us),
            Some(Kept::Passed { until_us }) if now_us < until_us => Found::Passed,
            Some(Kept::Passed { .. } | Kept::Varying(_)) | None => Found::Missing,
        }
    }

    #[inline]
    fn found(&self, key: &[u8], stored: Arc<Stored>, now_us: u64) -> Found {
        let is_purged = self.is_purged(stored.began(), stored.marks());
        match stored.freshness(now_us) {
            Freshness::Fresh if !is_purged => Found::Fresh(stored),
            Freshness::Stale if !is_purged => Found::Stale(stored),
            Freshness::Spare if !is_purged => Found::Spare(stored),
            _ => {
                // Another thread may have replaced it meanwhile.
                let is_it = |kept: &Kept| matches!(kept, Kept::Response(own) if Arc::ptr_eq(own, &stored));
                self.table.remove_if(key, is_it);
                Found::Missing
            }
        }
    }

    /// Keeps something under a key.
    pub(crate) fn put(&self, key: &[u8], kept: Kept) {
        self.table.insert(key.into(), kept);
    }

    /// Sets memory aside for content that is being gathered.
    pub(crate) fn gather(self: &Arc<Self>) -> Gathered {
        Gathered {
            cache: self.clone(),
            content: Vec::new(),
        }
    }
}

impl std::fmt::Debug for ResponseCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ResponseCache")
            .field("len", &self.len())
            .field("bytes", &self.bytes())
            .field("bytes_max", &self.bytes_max)
            .finish_non_exhaustive()
    }
}

/// Content of a stream that is being gathered. Its memory counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Gathered {
    cache: Arc<ResponseCache>,
    content: Vec<u8>,
}

/// What became of a chunk that was to be gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    Taken,
    /// The content is larger than what is kept.
    TooLarge,
    /// Others gather as much as may be gathered at once.
    NoRoom,
}

impl Gathered {
    /// Adds a chunk.
    pub(crate) fn add(&mut self, chunk: &[u8], bytes_max: usize) -> Added {
        let length = self.content.len() + chunk.len();
        if length > bytes_max {
            return Added::TooLarge;
        }
        if length > self.content.capacity() {
            let more = length.max(2 * self.content.capacity()).min(bytes_max) - self.content.capacity();
            let gathered_max = self.cache.bytes_max / GATHERED_PART;
            let before = self.cache.gathered.fetch_add(more, Ordering::Relaxed);
            if before + more > gathered_max {
                self.cache.gathered.fetch_sub(more, Ordering::Relaxed);
                return Added::NoRoom;
            }
            let capacity = self.content.capacity();
            self.content.reserve_exact(capacity + more - self.content.len());
            // An allocator may give more than it was asked for.
            let given = self.content.capacity() - capacity - more;
            self.cache.gathered.fetch_add(given, Ordering::Relaxed);
        }
        self.content.extend_from_slice(chunk);
        Added::Taken
    }

    /// All of it.
    pub(crate) fn take(mut self) -> Vec<u8> {
        let content = std::mem::take(&mut self.content);
        self.cache
            .gathered
            .fetch_sub(content.capacity(), Ordering::Relaxed);
        content
    }
}

impl Drop for Gathered {
    fn drop(&mut self) {
        self.cache
            .gathered
            .fetch_sub(self.content.capacity(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
