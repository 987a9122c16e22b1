//! What others on the machine used while something was measured: on a busy machine no figure here means much.

use std::time::{Duration, Instant};

use crate::processes::{cpu_time, machine_time};

/// Processors that may be used by others without a remark.
pub(super) const TOLERATED: f64 = 0.1;

/// A moment, from which on they are watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct OtherLoad {
    since: Instant,
    machine: Duration,
    /// Of this process and the servers, which it has started.
    own: Duration,
}

impl OtherLoad {
    pub(super) fn watch() -> Self {
        OtherLoad {
            since: Instant::now(),
            machine: machine_time(),
            own: own_time(),
        }
    }

    /// How many processors they used since then, on average.
    pub(super) fn processors(self) -> f64 {
        processors(
            machine_time().saturating_sub(self.machine),
            own_time().saturating_sub(self.own),
            self.since.elapsed(),
        )
    }
}

fn own_time() -> Duration {
    cpu_time(std::process::id()).sum()
}

fn processors(machine: Duration, own: Duration, elapsed: Duration) -> f64 {
    machine.saturating_sub(own).as_secs_f64() / elapsed.as_secs_f64().max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_is_theirs() {
        let seconds = Duration::from_secs;
        assert!((processors(seconds(9), seconds(4), seconds(10)) - 0.5).abs() < 1e-9);
        assert!(processors(seconds(1), seconds(2), seconds(10)).abs() < 1e-9);
        assert!(OtherLoad::watch().processors() >= 0.0);
    }
}
