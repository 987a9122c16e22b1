//! When a core hands requests to another, and how many. Numbers in, numbers out.
//!
//! What counts is time: how long the last of the waiting requests will wait, and how long it would wait elsewhere. Owns
//! what a move is worth. Never moves anything. Called by: `peer_cores`, `reception`.

/// A core begins to hand over when a request would wait for so long.
const BEHIND_US: u64 = 1000;
/// It stops when a request would wait for less than this.
const LEVEL_US: u64 = 250;
/// What a request gains by moving is at least this: below it the way there and back may cost more.
const GAIN_US_MIN: u64 = 500;
/// And at least this part of its waiting, so that cores that are behind alike leave each other alone.
const GAIN_PART_MIN: u64 = 4;

/// A new client goes where a request would wait for this part of the time at most: it stays there.
const NEW_PART_MAX: u64 = 4;

/// Whether a core is behind, with hysteresis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Behind(bool);

impl Behind {
    /// Takes note of how long a request would wait.
    #[inline]
    pub(crate) fn update(&mut self, wait_us: u64) -> bool {
        self.0 = wait_us >= if self.0 { LEVEL_US } else { BEHIND_US };
        self.0
    }
}

/// Whether a new client is better off on a core where a request would wait for `peer_us` than on one where it would wait
/// for `own_us`.
#[inline]
pub(crate) fn is_better_off(own_us: u64, peer_us: u64) -> bool {
    own_us >= BEHIND_US && peer_us <= own_us / NEW_PART_MAX
}

/// How many requests to hand to a core where a request would wait for `peer_us`, when one waits for `own_us` here and
/// each costs `cost_us`: so many that it is the same on both. Where this core cannot answer any meanwhile, that is as many
/// as fit into the difference; else half of them.
#[inline]
pub(crate) fn share(own_us: u64, peer_us: u64, cost_us: f32, is_stuck: bool) -> usize {
    let gap_us = own_us.saturating_sub(peer_us);
    if gap_us < GAIN_US_MIN.max(own_us / GAIN_PART_MIN) {
        return 0;
    }
    // What costs hardly anything is counted as costing what can be told from nothing.
    let fitting = gap_us as f32 / cost_us.max(1.0);
    (if is_stuck { fitting } else { fitting / 2.0 }) as usize
}

/// What most requests cost: the few that take very long do not count for more than others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct TypicalCost(f32);

/// How far one measurement moves what is expected.
const STEP: f32 = 1.1;

impl TypicalCost {
    /// In microseconds; 0 before anything was measured.
    #[inline]
    pub(crate) fn us(self) -> f32 {
        self.0
    }

    /// Takes a measurement. Half of them are above what this comes to, half below.
    #[inline]
    pub(crate) fn note(&mut self, us: f32) {
        self.0 = match self.0 {
            0.0 => us,
            known if us > known => (known * STEP).min(us),
            known => (known / STEP).max(us),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_is_behind_until_it_is_level_again() {
        let mut behind = Behind::default();
        assert!(!behind.update(999));
        assert!(behind.update(1000));
        assert!(behind.update(250));
        assert!(!behind.update(249));
        assert!(!behind.update(999));
    }

    #[test]
    fn a_new_client_leaves_a_core_that_is_behind_for_one_that_is_not() {
        assert!(is_better_off(1000, 0));
        assert!(!is_better_off(999, 0));
        assert!(is_better_off(100_000, 25_000));
        assert!(!is_better_off(100_000, 25_001), "both have something to do");
    }

    #[test]
    fn half_of_the_difference_is_handed_over() {
        let share = |own, peer, cost| share(own, peer, cost, false);
        assert_eq!(share(100_000, 0, 2000.0), 25);
        assert_eq!(share(100_000, 50_000, 2000.0), 12);
        assert_eq!(share(100_000, 99_600, 2000.0), 0, "it gains too little");
        assert_eq!(share(100_000, 80_000, 2000.0), 0, "both are behind");
        assert_eq!(share(1_000, 5_000, 10.0), 0);
        assert_eq!(share(2_000, 0, 0.0), 1000);
        // One request that takes longer than the gap stays where it is.
        assert_eq!(share(2_000, 0, 2_000.0), 0);
    }

    #[test]
    fn a_stuck_core_hands_over_all_that_is_answered_sooner() {
        assert_eq!(share(2_000, 0, 10.0, true), 200);
        assert_eq!(share(2_000, 1_600, 10.0, true), 0);
    }

    #[test]
    fn the_typical_cost_is_not_that_of_the_few() {
        let mut cost = TypicalCost::default();
        for number in 0..10_000 {
            cost.note(if number % 100 == 0 { 50_000.0 } else { 10.0 });
        }
        assert!((10.0..12.0).contains(&cost.us()), "{cost:?}");
        for _ in 0..100 {
            cost.note(2_000.0);
        }
        assert_eq!(cost.us(), 2_000.0);
    }
}
