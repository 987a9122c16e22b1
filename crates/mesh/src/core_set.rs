//! A set of cores, taken in turn.
//!
//! Owns the bits, one for each core. Never shared: what is shared is a word of it, in `bell.rs`. Called by: endpoints,
//! for those they have not flushed and those whose messages they have not read.

/// Cores in one word.
pub(crate) const BITS: usize = u64::BITS as usize;

/// A set of cores.
#[derive(Debug)]
pub(crate) struct CoreSet {
    words: Box<[u64]>,
}

impl CoreSet {
    /// An empty set for so many cores.
    pub(crate) fn new(cores: usize) -> Self {
        CoreSet {
            words: vec![0; cores.div_ceil(BITS)].into_boxed_slice(),
        }
    }

    #[inline]
    pub(crate) fn insert(&mut self, core: usize) {
        self.words[core / BITS] |= 1 << (core % BITS);
    }

    /// Inserts the cores whose bits are set in a word; false: none is.
    #[inline]
    pub(crate) fn insert_word(&mut self, word: usize, bits: u64) -> bool {
        self.words[word] |= bits;
        bits != 0
    }

    #[inline]
    pub(crate) fn remove(&mut self, core: usize) {
        self.words[core / BITS] &= !(1 << (core % BITS));
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The first member behind `core`, beginning anew behind the last one: `core` itself comes last.
    #[inline]
    pub(crate) fn next_after(&self, core: usize) -> Option<usize> {
        // The usual case: nobody has anything to say.
        if self.is_empty() {
            return None;
        }
        let (first, offset) = (core / BITS, core % BITS);
        // Shifted twice: by 64 at once is not defined.
        let behind = self.words[first] & (u64::MAX << offset << 1);
        if behind != 0 {
            return Some(first * BITS + behind.trailing_zeros() as usize);
        }
        let after = first + 1..self.words.len();
        let word = after.chain(0..=first).find(|word| self.words[*word] != 0)?;
        Some(word * BITS + self.words[word].trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_in_turn() {
        let mut set = CoreSet::new(130);
        assert_eq!(set.next_after(0), None);
        for core in [0, 63, 64, 129] {
            set.insert(core);
        }
        let mut core = 129;
        let turn: Vec<usize> = (0..5)
            .map(|_| {
                core = set.next_after(core).expect("it has members");
                core
            })
            .collect();
        assert_eq!(turn, [0, 63, 64, 129, 0]);
        assert_eq!(set.next_after(100), Some(129));
        for core in [0, 63, 129] {
            set.remove(core);
        }
        assert_eq!(set.next_after(64), Some(64));
        set.remove(64);
        assert!(set.is_empty());
    }

    #[test]
    fn a_word_of_members_is_inserted_at_once() {
        let mut set = CoreSet::new(70);
        assert!(!set.insert_word(0, 0));
        assert!(set.insert_word(1, 0b100));
        assert_eq!(set.next_after(0), Some(66));
    }
}
