//! Ready responses, each encoded once for each coding.
//!
//! Owns what is kept of them, up to a bound; they are known by where their bytes are, which stay there as long as they are
//! kept. Never encodes. Called by: `whole`.

use std::collections::HashMap;

use bytes::Bytes;

use crate::coding::Coding;

/// Bytes that are kept of ready responses, encoded or not.
pub(super) const BYTES_MAX: usize = 32 * 1024 * 1024;

/// The address of the bytes, and how many there are.
type Key = (usize, usize);

/// Ready responses of a core.
#[derive(Debug, Default)]
pub(super) struct ReadyBodies {
    by_key: HashMap<Key, Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    original: Bytes,
    /// `None`: it is sent as it is, since it would be no smaller, or is being encoded.
    encoded: Vec<(Coding, Option<Bytes>)>,
}

impl Kept {
    fn bytes(&self) -> usize {
        let encoded = self.encoded.iter();
        let encoded = encoded.filter_map(|(_, encoded)| encoded.as_ref().map(Bytes::len));
        self.original.len() + encoded.sum::<usize>()
    }
}

fn key(original: &Bytes) -> Key {
    (original.as_ptr() as usize, original.len())
}

impl ReadyBodies {
    /// What is known of a body: encoded, or that it is sent as it is.
    pub(super) fn find(&self, original: &Bytes, coding: Coding) -> Option<Option<Bytes>> {
        let kept = self.by_key.get(&key(original))?;
        let mut encoded = kept.encoded.iter();
        let (_, encoded) = encoded.find(|(own, _)| *own == coding)?;
        Some(encoded.clone())
    }

    /// Keeps what is known of a body, if there is room.
    pub(super) fn keep(&mut self, original: Bytes, coding: Coding, encoded: Option<Bytes>) {
        let key = key(&original);
        let mut kept = self.remove(key).unwrap_or(Kept {
            original,
            encoded: Vec::new(),
        });
        kept.encoded.retain(|(own, _)| *own != coding);
        kept.encoded.push((coding, encoded));
        if self.bytes + kept.bytes() > BYTES_MAX {
            self.forget_old();
        }
        if self.bytes + kept.bytes() <= BYTES_MAX {
            self.bytes += kept.bytes();
            self.by_key.insert(key, kept);
        }
    }

    /// Forgets those of servers that have ended: nobody else has their bytes.
    fn forget_old(&mut self) {
        let old = self.by_key.iter().filter(|(_, kept)| kept.original.is_unique());
        let old: Vec<Key> = old.map(|(key, _)| *key).collect();
        for key in old {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: Key) -> Option<Kept> {
        let kept = self.by_key.remove(&key)?;
        self.bytes -= kept.bytes();
        Some(kept)
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
        assert_eq!(ready.bytes, 107);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut ready = ReadyBodies::default();
        let large = || Bytes::from(vec![0; BYTES_MAX / 2 + 1]);
        let first = large();
        ready.keep(first.clone(), Coding::Gzip, None);
        let second = large();
        ready.keep(second.clone(), Coding::Gzip, None);
        assert_eq!(ready.find(&second, Coding::Gzip), None);
        drop(first);
        ready.keep(second.clone(), Coding::Gzip, None);
        assert_eq!(ready.find(&second, Coding::Gzip), Some(None));
    }
}
