//! How busy a core is over time, and how many of its connections should be another's.
//!
//! Numbers in, numbers out. What a core does while it is not asleep is all the same: receiving costs time as well. Owns
//! the average. Never reads a clock. Called by: `peer_cores/connections.rs`, with each turn.

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

/// Whether a core that is busy for `own` thousandths of the time is to give work to one that is for `peer`.
#[inline]
pub(crate) fn is_uneven(own: u32, peer: u32) -> bool {
    own >= BUSY && own >= peer.saturating_add(DIFFERENCE)
}

/// How busy a core will be that was `peer` before it was given so many connections. Each is taken to need as much as one
/// of the giver's, who is busy for `own` thousandths of the time with so many `connections`.
#[inline]
pub(crate) fn expected(peer: u32, given: u32, own: u32, connections: usize) -> u32 {
    let more = u64::from(given) * u64::from(own) / connections.max(1) as u64;
    peer.saturating_add(u32::try_from(more).unwrap_or(u32::MAX))
}

/// The books of one core.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Utilization {
    /// 0: no window has begun. What a core does before its first look, it does to start.
    began_us: u64,
    asleep_us: u64,
    looks: u32,
    last: u32,
}

impl Utilization {
    /// Takes note of a sleep.
    #[inline]
    pub(crate) fn slept(&mut self, us: u64) {
        self.asleep_us += us;
    }

    /// Ends a window that is over: in thousandths, how busy the core was in it.
    #[inline]
    pub(crate) fn look(&mut self, now_us: u64) -> Option<u32> {
        if self.began_us == 0 {
            self.began_us = now_us;
            self.asleep_us = 0;
        }
        let window_us = now_us.saturating_sub(self.began_us);
        if window_us < WINDOW_US {
            return None;
        }
        let asleep_us = std::mem::take(&mut self.asleep_us).min(window_us);
        self.began_us = now_us;
        self.last = ((window_us - asleep_us) * 1000 / window_us) as u32;
        Some(self.last)
    }

    /// What the last look saw.
    #[inline]
    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    /// How many of so many connections are to go to a core that is busy for `peer` thousandths of the time.
    #[inline]
    pub(crate) fn surplus(&mut self, own: u32, peer: u32, connections: usize) -> usize {
        self.looks = if is_uneven(own, peer) { self.looks + 1 } else { 0 };
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
        // Whatever was before the first look.
        utilization.slept(70_000);
        assert_eq!(utilization.look(1_000_000), None);
        assert_eq!(utilization.look(1_099_999), None);
        utilization.slept(50_000);
        assert_eq!(utilization.look(1_200_000), Some(750));
        assert_eq!(utilization.look(1_200_001), None);
        assert_eq!(utilization.look(1_300_000), Some(1000));
        // A sleep that began before the window is no more than all of it.
        utilization.slept(500_000);
        assert_eq!(utilization.look(1_400_000), Some(0));
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
    fn what_was_given_counts_before_the_peer_has_noticed() {
        let given = |own, connections| {
            (0..)
                .take_while(|&given| is_uneven(own, expected(0, given, own, connections)))
                .count()
        };
        // Each of these is a tenth of the giver's work: the peer is given another one while it has seven.
        assert_eq!(given(1000, 10), 8);
        assert_eq!(given(1000, 1000), 701);
        assert_eq!(given(600, 10), 0);
        // A core without a connection knows nothing of what one needs.
        assert_eq!(given(1000, 0), 1);
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
