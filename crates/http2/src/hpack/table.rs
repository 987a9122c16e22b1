//! Fields that were seen on the connection, the newest first (RFC 7541 sections 2.3.2 and 4).
//!
//! Owns them and their bound. Called by: `decoder`.

use std::collections::VecDeque;

/// RFC 7541 section 4.1 counts so much for each field.
pub(crate) const ENTRY_OVERHEAD: usize = 32;

/// The dynamic table of one direction.
#[derive(Debug)]
pub(crate) struct Table {
    entries: VecDeque<Entry>,
    bytes: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Entry {
    /// Name, then value.
    bytes: Box<[u8]>,
    name_bytes: u32,
}

impl Entry {
    fn size(&self) -> usize {
        self.bytes.len() + ENTRY_OVERHEAD
    }
}

impl Table {
    pub fn new(bytes_max: usize) -> Self {
        Table {
            entries: VecDeque::new(),
            bytes: 0,
            bytes_max,
        }
    }

    /// The field at a position, name and value; 0 is the newest.
    pub fn get(&self, position: usize) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(position)?;
        entry.bytes.split_at_checked(entry.name_bytes as usize)
    }

    /// Adds a field, for which older ones go; one that is larger than the table empties it (RFC 7541 section 4.4).
    pub fn insert(&mut self, name: &[u8], value: &[u8]) {
        let size = name.len() + value.len() + ENTRY_OVERHEAD;
        self.evict(self.bytes_max.saturating_sub(size));
        if size <= self.bytes_max {
            self.entries.push_front(Entry {
                bytes: [name, value].concat().into(),
                name_bytes: name.len() as u32,
            });
            self.bytes += size;
        }
    }

    pub fn set_bytes_max(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max;
        self.evict(bytes_max);
    }

    fn evict(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some(oldest) = self.entries.pop_back() else {
                break;
            };
            self.bytes -= oldest.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_what_is_too_large_empties_it() {
        let mut table = Table::new(3 * (ENTRY_OVERHEAD + 2));
        for value in [b"1", b"2", b"3", b"4"] {
            table.insert(b"n", value);
        }
        assert_eq!(table.get(0), Some((&b"n"[..], &b"4"[..])));
        assert_eq!(table.get(2), Some((&b"n"[..], &b"2"[..])));
        assert_eq!(table.get(3), None);
        table.set_bytes_max(ENTRY_OVERHEAD + 2);
        assert_eq!((table.get(0).is_some(), table.get(1)), (true, None));
        table.insert(b"name", b"value");
        assert_eq!((table.get(0), table.bytes), (None, 0));
    }
}
