//! When to look at a connection again: a hashed wheel of 100 ms slots.
//!
//! Entries are hints. A deadline that moves later leaves its entry where it is; when that fires the engine computes the
//! connection's real deadline and schedules it anew. So a request costs no entry at all, and the wheel needs no kernel
//! operation: its next expiry is the timeout of the engine's own wait. Owns the entries. Never reads a clock, and never
//! knows what is due: that is for `deadlines`, which calls it.

/// The width of a slot in milliseconds, and so the precision of every deadline.
pub(crate) const TICK_MS: u64 = 100;

const SLOTS: u64 = 512;

/// A wheel of `(index, generation)` pairs.
#[derive(Debug)]
pub(crate) struct TimerWheel {
    slots: Vec<Vec<Entry>>,
    /// The tick up to which (and with which) everything has fired.
    fired: u64,
    entries: usize,
}

/// Every idle connection has one.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The lower bits of its tick, which say in which turn of the wheel it is due.
    tick: u32,
    index: u32,
    generation: u32,
}

impl Entry {
    /// Whether it is due after `tick`, from which it is less than seven years away.
    fn is_after(self, tick: u64) -> bool {
        self.tick.wrapping_sub(tick as u32).cast_signed() > 0
    }
}

impl TimerWheel {
    /// An empty wheel that begins at `now_ms`.
    pub(crate) fn new(now_ms: u64) -> Self {
        TimerWheel {
            slots: (0..SLOTS).map(|_| Vec::new()).collect(),
            fired: now_ms / TICK_MS,
            entries: 0,
        }
    }

    /// Schedules a look at `(index, generation)` not before `at_ms`.
    #[inline]
    pub(crate) fn schedule(&mut self, at_ms: u64, index: u32, generation: u32) {
        let tick = at_ms.div_ceil(TICK_MS).max(self.fired + 1);
        self.slots[(tick % SLOTS) as usize].push(Entry {
            tick: tick as u32,
            index,
            generation,
        });
        self.entries += 1;
    }

    /// Moves everything due at `now_ms` to `due`.
    #[inline]
    pub(crate) fn expire(&mut self, now_ms: u64, due: &mut Vec<(u32, u32)>) {
        let now = now_ms / TICK_MS;
        if now <= self.fired {
            return;
        }
        // After a long sleep every slot is visited once at most.
        for tick in self.fired + 1..=now.min(self.fired + SLOTS) {
            let slot = &mut self.slots[(tick % SLOTS) as usize];
            let before = slot.len();
            slot.retain(|entry| {
                let keep = entry.is_after(now);
                if !keep {
                    due.push((entry.index, entry.generation));
                }
                keep
            });
            self.entries -= before - slot.len();
            // Connections that came together leave their slot together, and need a large one only then.
            if slot.is_empty() {
                *slot = Vec::new();
            }
        }
        self.fired = now;
    }

    /// The earliest moment, in milliseconds, at which something can be due.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        if self.entries == 0 {
            return None;
        }
        (self.fired + 1..=self.fired + SLOTS)
            .find(|tick| !self.slots[(tick % SLOTS) as usize].is_empty())
            .map(|tick| tick * TICK_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(wheel: &mut TimerWheel, now_ms: u64) -> Vec<u32> {
        let mut due = Vec::new();
        wheel.expire(now_ms, &mut due);
        due.into_iter().map(|(index, _)| index).collect()
    }

    #[test]
    fn nothing_fires_early_and_everything_fires_within_a_tick() {
        let mut wheel = TimerWheel::new(1_000);
        wheel.schedule(1_250, 1, 0);
        wheel.schedule(2_000, 2, 0);
        assert_eq!(wheel.next_ms(), Some(1_300));
        assert_eq!(due(&mut wheel, 1_249), [0u32; 0]);
        assert_eq!(due(&mut wheel, 1_300), [1]);
        assert_eq!(due(&mut wheel, 2_000), [2]);
        assert_eq!(wheel.next_ms(), None);
    }

    #[test]
    fn a_deadline_beyond_one_turn_of_the_wheel_waits_for_its_turn() {
        let mut wheel = TimerWheel::new(0);
        let far = TICK_MS * SLOTS + 500;
        wheel.schedule(far, 9, 0);
        assert_eq!(due(&mut wheel, 600), [0u32; 0]);
        assert_eq!(due(&mut wheel, far), [9]);
    }

    #[test]
    fn after_a_long_sleep_everything_overdue_fires_once() {
        let mut wheel = TimerWheel::new(0);
        for index in 0..1_000 {
            wheel.schedule(u64::from(index) * 90, index, 0);
        }
        let mut fired = due(&mut wheel, 10_000_000);
        fired.sort_unstable();
        assert_eq!(fired, (0..1_000).collect::<Vec<u32>>());
    }

    #[test]
    fn the_lower_bits_of_ticks_may_wrap() {
        let wrap_ms = (u64::from(u32::MAX) + 1) * TICK_MS;
        let mut wheel = TimerWheel::new(wrap_ms - 1_000);
        wheel.schedule(wrap_ms - 500, 1, 0);
        wheel.schedule(wrap_ms + 500, 2, 0);
        assert_eq!(due(&mut wheel, wrap_ms - 400), [1]);
        assert_eq!(due(&mut wheel, wrap_ms + 500), [2]);
    }

    #[test]
    fn an_empty_slot_owns_nothing() {
        let mut wheel = TimerWheel::new(0);
        (0..1_000).for_each(|index| wheel.schedule(500, index, 0));
        assert_eq!(due(&mut wheel, 500).len(), 1_000);
        assert!(wheel.slots.iter().all(|slot| slot.capacity() == 0));
    }

    #[test]
    fn a_deadline_in_the_past_fires_at_the_next_tick() {
        let mut wheel = TimerWheel::new(5_000);
        wheel.schedule(10, 3, 0);
        assert_eq!(due(&mut wheel, 5_100), [3]);
    }
}
