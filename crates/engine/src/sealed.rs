//! Sealed bytes on their way out.
//!
//! Owns their memory, which is zeroed once and then used again and again. Never seals. Called by: who speaks TLS, which writes
//! them; `howth-connection`, which sends them.

use std::ops::Deref;

/// Bytes that were written one part behind the other.
#[derive(Debug, Default)]
pub struct Sealed {
    /// All of it may be written; only the first `length` bytes were.
    memory: Vec<u8>,
    length: usize,
}

impl Sealed {
    /// Room for so many bytes behind those that are there. What is written into it counts once it is [added](Self::add).
    #[inline]
    pub fn room(&mut self, bytes: usize) -> &mut [u8] {
        let end = self.length + bytes;
        if self.memory.len() < end {
            self.memory.resize(end, 0);
        }
        &mut self.memory[self.length..end]
    }

    /// Adds the first bytes of the room.
    ///
    /// # Panics
    /// When there was not so much room.
    #[inline]
    pub fn add(&mut self, bytes: usize) {
        let length = self.length + bytes;
        assert!(
            length <= self.memory.len(),
            "more was written than there is room for"
        );
        self.length = length;
    }

    /// Adds these bytes.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.add(bytes.len());
    }

    /// Forgets the bytes from a length on, and keeps their memory.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Forgets all bytes, and keeps their memory.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// How much memory it has.
    pub fn capacity(&self) -> usize {
        self.memory.capacity()
    }
}

impl Deref for Sealed {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.memory[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_nothing_of_before_is_seen() {
        let mut sealed = Sealed::default();
        sealed.room(100)[..3].copy_from_slice(b"one");
        assert!(sealed.is_empty());
        sealed.add(3);
        sealed.extend_from_slice(b", two");
        assert_eq!(&*sealed, b"one, two");
        let memory = sealed.as_ptr();
        sealed.clear();
        assert!(sealed.is_empty() && sealed.capacity() >= 100);
        sealed.extend_from_slice(b"three");
        assert_eq!((&*sealed, sealed.as_ptr()), (&b"three"[..], memory));
    }
}
