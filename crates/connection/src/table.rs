//! A table of reusable slots, each with a generation that tells its users apart.
//!
//! Slots are never freed, only reused: what a value has allocated serves its successor, until
//! [`shrink`](Table::shrink). They lie in chunks, so that a table that grows copies nothing and leaves no memory
//! behind. The bound is the caller's. Owns the slots and their generations. Called by: `connections`, whose tables
//! these are.

/// Slots of a chunk: a power of two, so that finding one takes a shift and a mask.
const CHUNK_SLOTS: usize = 64;

/// A table of `T`.
#[derive(Debug)]
pub struct Table<T> {
    chunks: Vec<Box<[Slot<T>; CHUNK_SLOTS]>>,
    /// Slots that were ever occupied.
    len: u32,
    free: Vec<u32>,
    first_generation: u32,
    generation_mask: u32,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    occupied: bool,
    value: T,
}

impl<T: Default> Table<T> {
    /// An empty table whose generations wrap at `generation_mask`, which is a power of two minus one.
    pub fn new(generation_mask: u32) -> Self {
        Self::starting_at(0, generation_mask)
    }

    /// Like [`new`](Self::new), with slots that begin at a generation of their own.
    pub fn starting_at(first_generation: u32, generation_mask: u32) -> Self {
        assert!((generation_mask.wrapping_add(1)).is_power_of_two());
        Table {
            chunks: Vec::new(),
            len: 0,
            free: Vec::new(),
            first_generation: first_generation & generation_mask,
            generation_mask,
        }
    }

    /// Occupies a slot; its value is as the last user left it.
    pub fn occupy(&mut self) -> u32 {
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.add(),
        };
        let slot = self.slot_mut(index);
        assert!(!slot.occupied, "a free slot is occupied");
        slot.occupied = true;
        index
    }

    fn add(&mut self) -> u32 {
        let index = self.len;
        if index as usize == self.chunks.len() * CHUNK_SLOTS {
            self.chunks.push(Box::new(std::array::from_fn(|_| Slot {
                generation: self.first_generation,
                occupied: false,
                value: T::default(),
            })));
        }
        self.len += 1;
        index
    }

    /// Frees what the values of free slots have allocated.
    pub fn shrink(&mut self) {
        for position in 0..self.free.len() {
            let index = self.free[position];
            self.slot_mut(index).value = T::default();
        }
    }
}

impl<T> Table<T> {
    /// Gives a slot back; ids with its generation are stale from now on.
    pub fn release(&mut self, index: u32) {
        let generation_mask = self.generation_mask;
        let slot = self.slot_mut(index);
        assert!(slot.occupied, "a slot is released twice");
        slot.occupied = false;
        slot.generation = slot.generation.wrapping_add(1) & generation_mask;
        self.free.push(index);
    }

    /// Moves an occupied slot to its next generation: ids with the old one are stale from now on.
    pub fn renew(&mut self, index: u32) {
        let generation_mask = self.generation_mask;
        let slot = self.slot_mut(index);
        slot.generation = slot.generation.wrapping_add(1) & generation_mask;
    }

    /// The slot's value if it is occupied by that generation.
    pub fn get(&self, index: u32, generation: u32) -> Option<&T> {
        self.chunks
            .get(index as usize / CHUNK_SLOTS)
            .map(|chunk| &chunk[index as usize % CHUNK_SLOTS])
            .filter(|slot| slot.occupied && slot.generation == generation)
            .map(|slot| &slot.value)
    }

    /// Whether the slot is occupied by that generation.
    pub fn contains(&self, index: u32, generation: u32) -> bool {
        self.get(index, generation).is_some()
    }

    /// Whether the slot is occupied.
    pub fn is_occupied(&self, index: u32) -> bool {
        index < self.len && self.slot(index).occupied
    }

    /// The generation of a slot.
    pub fn generation(&self, index: u32) -> u32 {
        self.slot(index).generation
    }

    /// How many slots are occupied.
    pub fn occupied(&self) -> usize {
        self.len as usize - self.free.len()
    }

    /// The indices of all occupied slots.
    pub fn indices(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len).filter(|&index| self.slot(index).occupied)
    }

    fn slot(&self, index: u32) -> &Slot<T> {
        &self.chunks[index as usize / CHUNK_SLOTS][index as usize % CHUNK_SLOTS]
    }

    fn slot_mut(&mut self, index: u32) -> &mut Slot<T> {
        &mut self.chunks[index as usize / CHUNK_SLOTS][index as usize % CHUNK_SLOTS]
    }
}

impl<T> std::ops::Index<u32> for Table<T> {
    type Output = T;

    fn index(&self, index: u32) -> &T {
        let slot = self.slot(index);
        debug_assert!(slot.occupied);
        &slot.value
    }
}

impl<T> std::ops::IndexMut<u32> for Table<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        let slot = self.slot_mut(index);
        debug_assert!(slot.occupied);
        &mut slot.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_slot_has_another_generation_and_the_old_value() {
        let mut table: Table<Vec<u8>> = Table::new(3);
        let first = table.occupy();
        let generation = table.generation(first);
        table[first].push(7);
        table.release(first);
        assert!(!table.contains(first, generation));
        assert_eq!(table.occupy(), first);
        assert!(!table.contains(first, generation));
        assert!(table.contains(first, generation + 1));
        assert_eq!(table[first], [7]);
        assert_eq!(table.occupied(), 1);
    }

    #[test]
    fn indices_are_dense_across_chunks() {
        let mut table: Table<u8> = Table::new(3);
        let count = 3 * CHUNK_SLOTS as u32;
        assert!((0..count).all(|index| table.occupy() == index));
        table.release(70);
        assert!(table.indices().eq((0..count).filter(|&index| index != 70)));
        assert!(!table.contains(count, 0));
    }

    #[test]
    fn shrinking_empties_free_slots_only() {
        let mut table: Table<Vec<u8>> = Table::new(3);
        let (kept, freed) = (table.occupy(), table.occupy());
        table[kept].push(7);
        table[freed].push(8);
        table.release(freed);
        let generation = table.generation(freed);
        table.shrink();
        assert_eq!(table[kept], [7]);
        assert_eq!(table.occupy(), freed);
        assert_eq!(
            (table[freed].capacity(), table.generation(freed)),
            (0, generation)
        );
    }

    #[test]
    fn generations_wrap_at_the_mask() {
        let mut table: Table<u8> = Table::new(1);
        for expected in [0, 1, 0, 1] {
            let index = table.occupy();
            assert_eq!((index, table.generation(index)), (0, expected));
            table.release(index);
        }
    }
}
