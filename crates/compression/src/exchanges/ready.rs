//! Bodies that many responses have in common, each encoded once for each coding: those of ready routes, and those that are kept.
//!
//! Owns what is kept of them, up to a bound; they are known by where their bytes are, which stay there as long as they are
//! kept. Beyond the bound those go that are asked for least. Never encodes. Called by: `whole`.

use std::hash::RandomState;

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::unsync::{Cache, DefaultLifecycle};

use crate::coding::Coding;

/// Bytes that are kept of such bodies, encoded or not.
pub(super) const BYTES_MAX: usize = 32 * 1024 * 1024;

/// What each needs besides.
const ENTRY_BYTES: usize = 256;

/// What the table is sized for; it does not depend on it.
const USUAL_BYTES: usize = 64 * 1024;

/// The address of the bytes, and how many there are.
type Key = (usize, usize);

/// Such bodies of a core.
pub(super) struct ReadyBodies(Cache<Key, Kept, KeptBytes, RandomState>);

#[derive(Clone, Debug)]
struct Kept {
    original: Bytes,
    /// `None`: it is sent as it is, since it would be no smaller, or is being encoded.
    encoded: Vec<(Coding, Option<Bytes>)>,
}

#[derive(Clone)]
struct KeptBytes;

impl Weighter<Key, Kept> for KeptBytes {
    fn weight(&self, _: &Key, kept: &Kept) -> u64 {
        let encoded = kept.encoded.iter();
        let encoded = encoded.filter_map(|(_, encoded)| encoded.as_ref().map(Bytes::len));
        (ENTRY_BYTES + kept.original.len() + encoded.sum::<usize>()) as u64
    }
}

fn key(original: &Bytes) -> Key {
    (original.as_ptr() as usize, original.len())
}

impl Default for ReadyBodies {
    fn default() -> Self {
        ReadyBodies(Cache::with(
            BYTES_MAX / USUAL_BYTES,
            BYTES_MAX as u64,
            KeptBytes,
            RandomState::new(),
            DefaultLifecycle::default(),
        ))
    }
}

impl ReadyBodies {
    /// What is known of a body: encoded, or that it is sent as it is.
    pub(super) fn find(&self, original: &Bytes, coding: Coding) -> Option<Option<Bytes>> {
        let kept = self.0.get(&key(original))?;
        let mut encoded = kept.encoded.iter();
        let (_, encoded) = encoded.find(|(own, _)| *own == coding)?;
        Some(encoded.clone())
    }

    /// Keeps what is known of a body, if there is room.
    pub(super) fn keep(&mut self, original: Bytes, coding: Coding, encoded: Option<Bytes>) {
        let key = key(&original);
        let known = self.0.remove(&key);
        let mut kept = known.map_or_else(
            || Kept {
                original,
                encoded: Vec::new(),
            },
            |(_, kept)| kept,
        );
        kept.encoded.retain(|(own, _)| *own != coding);
        kept.encoded.push((coding, encoded));
        self.0.insert(key, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_found_by_its_bytes_and_coding() {
        let mut ready = ReadyBodies::default();
        let body = Bytes::from(vec![b'a'; 100]);
        assert_eq!(ready.find(&body, Coding::Gzip), None);
        ready.keep(body.clone(), Coding::Gzip, None);
        assert_eq!(ready.find(&body, Coding::Gzip), Some(None));
        let encoded = Bytes::from_static(b"encoded");
        ready.keep(body.clone(), Coding::Gzip, Some(encoded.clone()));
        assert_eq!(ready.find(&body, Coding::Gzip), Some(Some(encoded)));
        assert_eq!(ready.find(&body, Coding::Zstd), None);
        ready.keep(body.clone(), Coding::Zstd, None);
        assert_eq!(ready.find(&body, Coding::Zstd), Some(None));
        assert_eq!(ready.0.weight(), (ENTRY_BYTES + 107) as u64);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut ready = ReadyBodies::default();
        let bodies: Vec<Bytes> = (0..100).map(|_| Bytes::from(vec![0; BYTES_MAX / 50])).collect();
        for body in &bodies {
            ready.keep(body.clone(), Coding::Gzip, None);
            assert!(ready.0.weight() <= BYTES_MAX as u64);
        }
        // Whoever else has them, what came last took the place of others.
        let is_known = |body: &&Bytes| ready.find(body, Coding::Gzip).is_some();
        assert!(bodies.last().as_ref().is_some_and(is_known));
        assert!((40..50).contains(&bodies.iter().filter(is_known).count()));
    }
}
