//! How busy a core is over time, and how many of its connections should be another's.
//!
//! Numbers in, numbers out. What a core does while it is not asleep is all the same: receiving costs time as well.

/// One look covers so much time, in microseconds.
const WINDOW_US: u64 = 100_000;
/// A core gives connections away when it is busy for so much of the time, in thousandths,
const BUSY: u32 = 700;
/// and another one for so much less,
const DIFFERENCE: u32 = 300;
/// in so many looks in a row.
const LOOKS: u32 = 3;
/// No more than this at once: the next look sees what has come of it.
const GIVEN_MAX: usize = 256;

/// The books of one core.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utilization {
    began_us: u64,
    asleep_us: u64,
    looks: u32,
}

impl Utilization {
    /// Takes note of a sleep.
    pub(super) fn slept(&mut self, us: u64) {
        self.asleep_us += us;
    }

    /// Ends a window that is over: in thousandths, how busy the core was in it.
    pub(super) fn look(&mut self, now_us: u64) -> Option<u32> {
        let window_us = now_us.saturating_sub(self.began_us);
        if window_us < WINDOW_US {
            return None;
        }
        let asleep_us = std::mem::take(&mut self.asleep_us).min(window_us);
        self.began_us = now_us;
        Some(((window_us - asleep_us) * 1000 / window_us) as u32)
    }

    /// How many of so many connections are to go to a core that is busy for `peer` thousandths of the time.
    pub(super) fn surplus(&mut self, own: u32, peer: u32, connections: usize) -> usize {
        let is_uneven = own >= BUSY && own >= peer.saturating_add(DIFFERENCE);
        self.looks = if is_uneven { self.looks + 1 } else { 0 };
        if self.looks < LOOKS {
            return 0;
        }
        self.looks = 0;
        let half = (own - peer) as usize * connections / (2 * own as usize);
        half.min(GIVEN_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_tells_how_much_of_it_was_work() {
        let mut utilization = Utilization::default();
        assert_eq!(utilization.look(99_999), None);
        utilization.slept(50_000);
        assert_eq!(utilization.look(200_000), Some(750));
        assert_eq!(utilization.look(200_001), None);
        assert_eq!(utilization.look(300_000), Some(1000));
        // A sleep that began before the window is no more than all of it.
        utilization.slept(500_000);
        assert_eq!(utilization.look(400_000), Some(0));
    }

    #[test]
    fn half_of_the_difference_goes_once_it_lasts() {
        let mut utilization = Utilization::default();
        assert_eq!(utilization.surplus(1000, 0, 100), 0);
        assert_eq!(utilization.surplus(1000, 0, 100), 0);
        assert_eq!(utilization.surplus(1000, 0, 100), 50);
        assert_eq!(utilization.surplus(1000, 0, 100), 0, "it begins anew");
    }

    #[test]
    fn what_is_even_or_idle_stays() {
        let mut utilization = Utilization::default();
        for _ in 0..10 {
            assert_eq!(utilization.surplus(1000, 800, 100), 0);
            assert_eq!(utilization.surplus(600, 0, 100), 0);
        }
        // One connection cannot be divided.
        for _ in 0..10 {
            assert_eq!(utilization.surplus(1000, 0, 1), 0);
        }
    }
}
