//! A table of reusable slots, each with a generation that tells its users apart.
//!
//! Slots are never freed, only reused: what a value has allocated serves its successor. Never shrinks; the
//! bound is the caller's.

/// A table of `T`.
#[derive(Debug)]
pub(crate) struct Table<T> {
    slots: Vec<Slot<T>>,
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
    pub(crate) fn new(generation_mask: u32) -> Self {
        Self::starting_at(0, generation_mask)
    }

    /// Like [`new`](Self::new), with slots that begin at a generation of their own.
    pub(crate) fn starting_at(first_generation: u32, generation_mask: u32) -> Self {
        assert!((generation_mask.wrapping_add(1)).is_power_of_two());
        Table {
            slots: Vec::new(),
            free: Vec::new(),
            first_generation: first_generation & generation_mask,
            generation_mask,
        }
    }

    /// Occupies a slot; its value is as the last user left it.
    pub(crate) fn occupy(&mut self) -> u32 {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.slots.push(Slot {
                    generation: self.first_generation,
                    occupied: false,
                    value: T::default(),
                });
                (self.slots.len() - 1) as u32
            }
        };
        let slot = &mut self.slots[index as usize];
        assert!(!slot.occupied, "a free slot is occupied");
        slot.occupied = true;
        index
    }

    /// Gives a slot back; ids with its generation are stale from now on.
    pub(crate) fn release(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        assert!(slot.occupied, "a slot is released twice");
        slot.occupied = false;
        slot.generation = slot.generation.wrapping_add(1) & self.generation_mask;
        self.free.push(index);
    }

    /// Moves an occupied slot to its next generation: ids with the old one are stale from now on.
    pub(crate) fn renew(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        slot.generation = slot.generation.wrapping_add(1) & self.generation_mask;
    }

    /// The slot's value if it is occupied by that generation.
    pub(crate) fn get(&self, index: u32, generation: u32) -> Option<&T> {
        self.slots
            .get(index as usize)
            .filter(|slot| slot.occupied && slot.generation == generation)
            .map(|slot| &slot.value)
    }

    /// Whether the slot is occupied by that generation.
    pub(crate) fn contains(&self, index: u32, generation: u32) -> bool {
        self.get(index, generation).is_some()
    }

    /// The generation of a slot.
    pub(crate) fn generation(&self, index: u32) -> u32 {
        self.slots[index as usize].generation
    }

    /// How many slots are occupied.
    pub(crate) fn occupied(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The indices of all occupied slots.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u32> + '_ {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.occupied)
            .map(|(index, _)| index as u32)
    }
}

impl<T> std::ops::Index<u32> for Table<T> {
    type Output = T;

    fn index(&self, index: u32) -> &T {
        let slot = &self.slots[index as usize];
        debug_assert!(slot.occupied);
        &slot.value
    }
}

impl<T> std::ops::IndexMut<u32> for Table<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        let slot = &mut self.slots[index as usize];
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
    fn generations_wrap_at_the_mask() {
        let mut table: Table<u8> = Table::new(1);
        for expected in [0, 1, 0, 1] {
            let index = table.occupy();
            assert_eq!((index, table.generation(index)), (0, expected));
            table.release(index);
        }
    }
}
